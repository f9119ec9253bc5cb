r"""Weak frustration of any kind: the samples eliminated, a graph of classes that a few frustrated samples join.

Section 2 of the notes.  The label-only equation is exact for any couplings and any mobilities; the graph of classes is its
limit for few frustrated samples, to leading and to next order in their number.
"""

from __future__ import annotations

from typing import cast

from sympy import Basic, BlockMatrix, Determinant, MatAdd, MatMul, Sum, Symbol, Trace, Transpose, ZeroMatrix, symbols

from derivations.catalogue import weak_frustration_evidence as evidence
from derivations.catalogue.kron import C_0, M_0, B, C, L, M, S, r_1, r_2, x, y, y_2
from derivations.catalogue.reduced import eta_x, eta_y, r
from derivations.checks import AtRandomPoints, Identity, Numerics, Together
from derivations.engine import Derivation, Line, Step, rights
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N

n_a = Symbol("n_a", positive=True)
i, a, b = symbols("i a b", integer=True, nonnegative=True)


def derive() -> Derivation:
    """The checked derivation."""
    return Derivation(
        name="weak_frustration",
        title="Weak frustration: classes as masses, frustrated samples as springs",
        summary=(
            "Samples can be eliminated exactly: every rate is a root of an equation between labels alone. Pure samples then "
            "only add to the mass of their label. Frustrated samples, as long as they are few, are springs between labels, "
            "with the conductances of a Kron reduction. The slow rates are those of a graph of classes; the next order in the "
            "number of frustrated samples follows by perturbation."
        ),
        steps=(*_elimination(), *_expansion(), *_orders()),
        references=(
            "The flow: see the derivation of the embedding-only model.",
            "The model is a reconstruction from the abstract of arXiv:2604.09979.",
            "F. Doerfler, F. Bullo, Kron reduction of graphs with applications to electrical networks, 2013, arXiv:1102.2950.",
        ),
    )


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
            "Insert $x\\,e^{-rt}$ and $y\\,e^{-rt}$ into the flow and solve for the samples, whose equations are not coupled.",
            before=(Line(D_x * x - J * y, r * H_x.I * x), Line(D_y * y - Transpose(J) * x, r * H_y.I * y)),
            after=(Line(x, _product(of_samples.I, J, y)),),
            assumptions=("$r$ is none of the rates $\\eta_id_i$ of single samples.",),
            check=lambda before, after: Together(
                (
                    AtRandomPoints((_solved(before[0], after[0]),), evidence.label_point),
                    Numerics(lambda rng: evidence.eigenvectors(rng, before), 1e-10, "dense eigenvectors of the whole graph"),
                )
            ),
        ),
        Step(
            "label_only",
            "What is left is an equation between labels, exact for any couplings.",
            "Insert the samples into the equation of the labels.",
            before=(Line(x, _product(of_samples.I, J, y)), Line(D_y * y - Transpose(J) * x, r * H_y.I * y)),
            after=(Line(S, schur), Line(S * y, ZeroMatrix(K, 1))),
            uses=("elimination",),
            check=lambda before, after: Together(
                (
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
                )
            ),
        ),
        Step(
            "characteristic_equation",
            "A rate is a root of the determinant of this $K\\times K$ matrix, or the rate of a single sample.",
            "Determinant of a block matrix by its Schur complement.",
            before=(Line(r"\det(D-A-rH^{-1})", Determinant(whole)),),
            after=(Line(r"\det(D-A-rH^{-1})", Determinant(of_samples) * Determinant(schur)),),
            uses=("label_only",),
            check=lambda before, after: Together(
                (
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
                )
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
    series = MatAdd(L, -r * M, -(r**2) * C, evaluate=False)
    laplacian = MatAdd(D_y, -through[0], evaluate=False)
    masses = MatAdd(H_y.I, through[1], evaluate=False)
    squares = Sum(J[i, a] * J[i, b] / D_x[i, i] * (y[a, 0] - y[b, 0]) ** 2, (b, 0, K - 1), (a, 0, K - 1), (i, 0, N - 1)) / 2
    return (
        Step(
            "slow_modes",
            "For rates that are slow against those of the samples, the samples are in equilibrium with the labels: a Laplacian "
            "$\\mathcal{L}$ between labels, masses $\\mathcal{M}$, and a correction for samples that lag behind.",
            "Neumann series of $(D_x-rH_x^{-1})^{-1}$ in $r$.",
            before=(Line(S, schur),),
            after=(
                Line(S, series, r"\simeq"),
                Line(L, laplacian),
                Line(M, masses),
                Line(C, through[2]),
            ),
            uses=("label_only",),
            check=lambda before, after: Together(
                (
                    Identity(((before[0].left, after[0].left),)),
                    Numerics(
                        lambda rng: evidence.series(rng, before[0], after),
                        1e-3,
                        "the whole equation at two small r: remainder of order 3",
                    ),
                )
            ),
        ),
        Step(
            "conductances",
            "$\\mathcal{L}$ is the Kron reduction of the sample-label graph: two labels are joined by the conductance "
            "$g_{ab}=\\sum_iJ_{ia}J_{ib}/d_i$. Pure samples, leaves of the graph, drop out.",
            "The rows of $J$ sum to $d_i$: complete the squares.",
            before=(Line(r"y^T\mathcal{L}y", Trace(_product(Transpose(y), laplacian, y))),),
            after=(Line(r"y^T\mathcal{L}y", squares),),
            uses=("slow_modes",),
            check=lambda before, after: AtRandomPoints(((before[0].right, after[0].right),), evidence.label_point),
        ),
        Step(
            "masses",
            "A class has the mass of its label and of its $n_a$ pure samples, each an inverse mobility. How much pure samples "
            "lag behind is in proportion to their number too.",
            "Insert pure samples of weight one, $J_{ia}=d_i=1$.",
            before=(Line(M, masses), Line(C, through[2])),
            after=(Line(r"(M_0)_{aa}", 1 / eta_y + n_a / eta_x), Line(r"(C_0)_{aa}", n_a / eta_x**2)),
            uses=("slow_modes",),
            assumptions=(
                "Equal mobilities $\\eta_x$ of samples and $\\eta_y$ of labels; $M_0$, $C_0$ are the parts of pure samples.",
            ),
            check=lambda before, after: Numerics(
                lambda rng: evidence.pure_masses(rng, before, rights(after), (M, C), n_a), 1e-12, "a coupling of pure samples"
            ),
        ),
    )


def _orders() -> tuple[Step, ...]:
    def form(matrix):
        return Trace(Transpose(y) * matrix * y)

    correction = -(r_1 * form(B) + r_1**2 * form(C_0)) / form(M_0)
    return (
        Step(
            "leading_order",
            "To leading order the slow rates are those of masses joined by springs: the class graph.",
            "With few frustrated samples $\\mathcal{L}$ and $r$ are small of first order, and $\\mathcal{M}=M_0+B$, where "
            "$B_{ab}=\\sum_iJ_{ia}J_{ib}/\\eta_id_i^2$ over the frustrated samples is small too.",
            before=(Line(L * y, r * M * y + r**2 * C * y, r"\simeq"),),
            after=(Line(L * y, r_1 * M_0 * y), Line(r, r_1, r"\simeq")),
            uses=("slow_modes", "conductances", "masses"),
            assumptions=("Few frustrated samples beside $n_a$ pure ones in each class.",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.leading(rng, before[0], *after),
                2e-2,
                "modes of the whole graph while pure samples multiply: relative remainders of order 2 and 1",
            ),
        ),
        Step(
            "next_order",
            "To next order frustrated samples have a mass as well, and pure samples lag behind: both slow the collapse down.",
            "Collect the second order, where $y+y_2$ is the pattern, and multiply by $y^T$, which removes $y_2$.",
            before=(Line(L * y_2 - r_1 * M_0 * y_2, r_1 * B * y + r_1**2 * C_0 * y + r_2 * M_0 * y),),
            after=(Line(r_2, correction), Line(r, r_1 + r_2, r"\simeq")),
            uses=("leading_order",),
            assumptions=(
                "$y$ and $r_1$ solve the leading order; where several $r_1$ are equal, $y$ diagonalises $B+r_1C_0$ among them.",
            ),
            check=lambda before, after: Together(
                (
                    AtRandomPoints((_multiplied(before[0].right, after[0]),), evidence.quadratic_point),
                    Numerics(
                        lambda rng: evidence.second(rng, before[0], *after),
                        2e-2,
                        "modes of the whole graph while pure samples multiply: relative remainders of order 1 and 2",
                    ),
                )
            ),
        ),
    )


def _multiplied(terms, correction: Line):
    """The terms of second order without y_2, times the leading pattern: nothing, compared beside its mass."""
    mass = Trace(Transpose(y) * M_0 * y)
    return Trace(Transpose(y) * terms).xreplace({correction.left: correction.right}) + mass, mass
