"""The steps of the derivation, with their checks."""

from __future__ import annotations

from typing import cast

from sympy import Basic, BlockMatrix, Determinant, MatAdd, MatMul, Sum, Trace, Transpose, ZeroMatrix

from derivations.catalogue.weak_frustration import evidence
from derivations.checks import AtRandomPoints, Identity, Numerics, Remainder
from derivations.engine import Step
from derivations.lines import Line
from derivations.vocabulary import C_0, C_K, L_K, M_0, M_1, M_K, S_K, F_x, a, eta_x, eta_y, f, f_2, i, j, n_a, r, r_1, r_2
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (*_elimination(), *_expansion(), *_orders())


def _pencils():
    """Samples alone, labels alone, and labels once the samples are eliminated, at the rate r."""
    of_samples, of_labels = MatAdd(D_x, -r * H_x.I, evaluate=False), MatAdd(D_y, -r * H_y.I, evaluate=False)
    return of_samples, of_labels, MatAdd(D_y, -r * H_y.I, _product(-1, Transpose(J), of_samples.I, J), evaluate=False)


def _product(*factors):
    """A product as written: SymPy would reorder the sums inside."""
    return MatMul(*factors, evaluate=False)


def _elimination() -> tuple[Step, ...]:
    of_samples, of_labels, schur = _pencils()
    whole = BlockMatrix([[of_samples, -J], [-Transpose(J), of_labels]])
    return (
        Step(
            "elimination",
            "In a mode that decays at the rate $r$ the samples follow the labels.",
            "Insert $F_x\\,e^{-rt}$ and $f\\,e^{-rt}$ into the flow and solve for the samples, whose equations are not "
            "coupled.",
            before=(Line(D_x * F_x - J * f, r * H_x.I * F_x), Line(D_y * f - Transpose(J) * F_x, r * H_y.I * f)),
            after=(Line(F_x, _product(of_samples.I, J, f)),),
            assumptions=("$r$ is none of the rates $\\eta_id_i$ of single samples.",),
            check=lambda before, after: (
                AtRandomPoints((_solved(before[0], after[0]),), evidence.label_point),
                Numerics(lambda rng: evidence.eigenvectors(rng, before), 1e-10, "dense eigenvectors of the whole graph"),
            ),
        ),
        Step(
            "label_only",
            "What is left is an equation between labels, exact for any couplings.",
            "Insert the samples into the equation of the labels.",
            before=(Line(F_x, _product(of_samples.I, J, f)), Line(D_y * f - Transpose(J) * F_x, r * H_y.I * f)),
            after=(Line(S_K, schur), Line(S_K * f, ZeroMatrix(K, 1))),
            uses=("elimination",),
            check=lambda before, after: (
                AtRandomPoints(
                    (
                        (
                            _solved(before[1], before[0])[0] - before[1].right,
                            _solved(after[1], after[0])[0],
                        ),
                    ),
                    evidence.label_point,
                ),
                Numerics(
                    lambda rng: evidence.null_labels(rng, before[0], after[1], {after[0].left: after[0].right}),
                    1e-10,
                    "dense eigenvectors of the whole graph",
                ),
            ),
        ),
        Step(
            "characteristic_equation",
            "A rate is a root of the determinant of this $K\\times K$ matrix, or the rate of a single sample.",
            "Determinant of a block matrix by its Schur complement.",
            before=(Line(r"\det(D-A-rH^{-1})", Determinant(whole)),),
            after=(Line(r"\det(D-A-rH^{-1})", Determinant(of_samples) * Determinant(schur)),),
            uses=("label_only",),
            check=lambda before, after: (
                Numerics(
                    lambda rng: evidence.determinants(rng, before[0].right, after[0].right),
                    1e-25,
                    "elimination at 40 digits",
                ),
                Numerics(
                    lambda rng: evidence.singular(rng, schur),
                    1e-10,
                    "dense rates, at each of which the matrix is singular",
                ),
            ),
        ),
    )


def _solved(equation: Line, solution: Line):
    """Both sides of an equation with a solution put in."""
    known = {solution.left: solution.right}
    return cast(Basic, equation.left).xreplace(known), equation.right.xreplace(known)


def _expansion() -> tuple[Step, ...]:
    *_, schur = _pencils()
    lag = H_x.I * D_x.I
    through = [Transpose(J) * D_x.I * J, Transpose(J) * D_x.I * lag * J, Transpose(J) * D_x.I * lag * lag * J]
    series = MatAdd(L_K, -r * M_K, -(r**2) * C_K, evaluate=False)
    laplacian = MatAdd(D_y, -through[0], evaluate=False)
    masses = MatAdd(H_y.I, through[1], evaluate=False)
    squares = Sum(J[i, a] * J[i, j] / D_x[i, i] * (f[a, 0] - f[j, 0]) ** 2, (j, 0, K - 1), (a, 0, K - 1), (i, 0, N - 1)) / 2
    return (
        Step(
            "slow_modes",
            "For rates that are slow against those of the samples, the samples are in equilibrium with the labels: a Laplacian "
            "$\\mathcal{L}$ between labels, masses $\\mathcal{M}$, and a correction for samples that lag behind.",
            "Neumann series of $(D_x-rH_x^{-1})^{-1}$ in $r$.",
            before=(Line(S_K, schur),),
            after=(
                Line(S_K, series, r"\simeq"),
                Line(L_K, laplacian),
                Line(M_K, masses),
                Line(C_K, through[2]),
            ),
            uses=("label_only",),
            check=lambda before, after: (
                Identity(((before[0].left, after[0].left),)),
                Remainder(
                    lambda rng: evidence.series(rng, before[0], after),
                    1e-3,
                    "the whole equation at two small r: remainder of order 3",
                    reads=after[:1],
                ),
            ),
        ),
        Step(
            "conductances",
            "$\\mathcal{L}$ is the Kron reduction of the sample-label graph: two labels are joined by the conductance "
            "$g_{aj}=\\sum_iJ_{ia}J_{ij}/d_i$. Pure samples, leaves of the graph, drop out.",
            "The rows of $J$ sum to $d_i$: complete the squares.",
            before=(Line(r"f^T\mathcal{L}f", Trace(_product(Transpose(f), laplacian, f))),),
            after=(Line(r"f^T\mathcal{L}f", squares),),
            uses=("slow_modes",),
            check=lambda before, after: AtRandomPoints(((before[0].right, after[0].right),), evidence.label_point),
        ),
        Step(
            "masses",
            "A class has the mass of its label and of its $n_a$ pure samples, each an inverse mobility. How much pure samples "
            "lag behind is in proportion to their number too.",
            "Insert pure samples of weight one, $J_{ia}=d_i=1$.",
            before=(Line(M_K, masses), Line(C_K, through[2])),
            after=(Line(r"(M_0)_{aa}", 1 / eta_y + n_a / eta_x), Line(r"(C_0)_{aa}", n_a / eta_x**2)),
            uses=("slow_modes",),
            assumptions=(
                "Equal mobilities $\\eta_x$ of samples and $\\eta_y$ of labels; $M_0$, $C_0$ are the parts of pure samples.",
            ),
            check=lambda before, after: Numerics(
                lambda rng: evidence.pure_masses(rng, before, after.rights, (M_K, C_K), n_a),
                1e-12,
                "a coupling of pure samples",
            ),
        ),
    )


def _orders() -> tuple[Step, ...]:
    def form(matrix):
        return Trace(Transpose(f) * matrix * f)

    correction = -(r_1 * form(M_1) + r_1**2 * form(C_0)) / form(M_0)
    return (
        Step(
            "leading_order",
            "To leading order the slow rates are those of masses joined by springs: the class graph.",
            "With few frustrated samples $\\mathcal{L}$ and $r$ are small of first order, and $\\mathcal{M}=M_0+M_1$, where "
            "$(M_1)_{aj}=\\sum_iJ_{ia}J_{ij}/\\eta_id_i^2$ over the frustrated samples is small too.",
            before=(Line(L_K * f, r * M_K * f + r**2 * C_K * f, r"\simeq"),),
            after=(Line(L_K * f, r_1 * M_0 * f), Line(r, r_1, r"\simeq")),
            uses=("slow_modes", "conductances", "masses"),
            assumptions=("Few frustrated samples beside $n_a$ pure ones in each class.",),
            check=lambda before, after: Remainder(
                lambda rng: evidence.leading(rng, before[0], *after),
                2e-2,
                "modes of the whole graph while pure samples multiply: relative remainders of order 2 and 1",
                reads=(before[0], after[1]),
            ),
        ),
        Step(
            "next_order",
            "To next order frustrated samples have a mass as well, and pure samples lag behind: both slow the collapse down.",
            "Collect the second order, where $f+f_2$ is the pattern, and multiply by $f^T$, which removes $f_2$.",
            before=(Line(L_K * f_2 - r_1 * M_0 * f_2, r_1 * M_1 * f + r_1**2 * C_0 * f + r_2 * M_0 * f),),
            after=(Line(r_2, correction), Line(r, r_1 + r_2, r"\simeq")),
            uses=("leading_order",),
            assumptions=(
                "$f$ and $r_1$ solve the leading order; where several $r_1$ are equal, $f$ diagonalises $M_1+r_1C_0$ among "
                "them.",
            ),
            check=lambda before, after: (
                AtRandomPoints((_multiplied(before[0].right, after[0]),), evidence.quadratic_point),
                Remainder(
                    lambda rng: evidence.second(rng, before[0], *after),
                    2e-2,
                    "modes of the whole graph while pure samples multiply: relative remainders of order 1 and 2",
                    reads=after[1:],
                ),
            ),
        ),
    )


def _multiplied(terms, correction: Line):
    """The terms of second order without f_2, times the leading pattern: nothing, compared beside its mass."""
    mass = Trace(Transpose(f) * M_0 * f)
    return Trace(Transpose(f) * terms).xreplace({correction.left: correction.right}) + mass, mass
