"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Basic, BlockMatrix, Determinant, Expr, MatAdd, MatrixExpr, S, Sum, Trace, Transpose, ZeroMatrix

from derivations.catalogue.weak_frustration import evidence
from derivations.catalogue.written import ordered_product
from derivations.checks import AtRandomPoints, Numerics, Remainder
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import (
    C_0,
    C_K,
    L_K,
    M_0,
    M_1,
    M_K,
    S_K,
    F_x,
    a,
    det_r,
    eta_x,
    eta_y,
    f,
    f_2,
    form_L,
    i,
    j,
    n_a,
    r,
    r_1,
    r_2,
)
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    of_samples, of_labels = MatAdd(D_x, -r * H_x.I, evaluate=False), MatAdd(D_y, -r * H_y.I, evaluate=False)
    schur = Line(S_K, MatAdd(D_y, -r * H_y.I, ordered_product(-1, Transpose(J), of_samples.I, J), evaluate=False))
    null, lag = Line(S_K * f, ZeroMatrix(K, 1)), H_x.I * D_x.I
    series = Line(S_K, MatAdd(L_K, -r * M_K, -(r**2) * C_K, evaluate=False), r"\simeq")
    laplacian = Line(L_K, MatAdd(D_y, -Transpose(J) * D_x.I * J, evaluate=False))
    masses = Line(M_K, MatAdd(H_y.I, Transpose(J) * D_x.I * lag * J, evaluate=False))
    lags = Line(C_K, Transpose(J) * D_x.I * lag * lag * J)
    own = (Line(M_0[a, a], 1 / eta_y + n_a / eta_x), Line(C_0[a, a], n_a / eta_x**2))
    return (
        *_elimination_steps(of_samples, of_labels, schur, null),
        _slow_modes(schur, (series, laplacian, masses, lags)),
        _conductances(laplacian),
        _masses((masses, lags), own),
        *_order_steps((series, null, own[0])),
    )


def _elimination_steps(of_samples: MatAdd, of_labels: MatAdd, schur: Line, null: Line) -> tuple[Step, ...]:
    followed = Line(F_x, ordered_product(of_samples.I, J, f))
    return (
        _elimination_step(followed),
        _label_only_step(followed, schur, null),
        _characteristic_equation_step(of_samples, of_labels, schur),
    )


def _elimination_step(followed: Line) -> Step:
    samples = Line(D_x * F_x - J * f, r * H_x.I * F_x)
    return Step(
        "elimination",
        "In a mode that decays at the rate $r$ the samples follow the labels.",
        "Insert $F_x\\,e^{-rt}$ and $f\\,e^{-rt}$ into the flow and solve for the samples, whose equations are not coupled.",
        given=(samples,),
        after=(followed,),
        assumptions=("$r$ is none of the rates $\\eta_id_i$ of single samples.",),
        check=lambda premises, after: (
            AtRandomPoints((_insert_solution(premises, samples.left, after[F_x]),), evidence.label_point),
            Numerics(
                lambda rng: evidence.eigenvectors(rng, samples.left, premises[samples.left]),
                1e-10,
                "dense eigenvectors of the whole graph",
            ),
        ),
    )


def _label_only_step(followed: Line, schur: Line, null: Line) -> Step:
    labels = Line(D_y * f - Transpose(J) * F_x, r * H_y.I * f)
    return Step(
        "label_only",
        "What is left is an equation between labels, exact for any couplings.",
        "Insert the samples into the equation of the labels.",
        before=(followed,),
        given=(labels,),
        after=(schur, null),
        uses=("elimination",),
        check=lambda premises, after: (
            AtRandomPoints(
                (
                    (
                        (labels.left - premises[labels.left]).xreplace({F_x: premises[F_x]}),
                        (S_K * f - after[S_K * f]).xreplace({S_K: after[S_K]}),
                    ),
                ),
                evidence.label_point,
            ),
            Numerics(lambda rng: evidence.null_labels(rng, premises, after), 1e-10, "dense eigenvectors of the whole graph"),
        ),
    )


def _characteristic_equation_step(of_samples: MatAdd, of_labels: MatAdd, schur: Line) -> Step:
    whole = BlockMatrix([[of_samples, -J], [-Transpose(J), of_labels]])
    return Step(
        "characteristic_equation",
        "A rate is a root of the determinant of this $K\\times K$ matrix, or the rate of a single sample.",
        "Determinant of a block matrix by its Schur complement.",
        before=(schur,),
        given=(Line(det_r, Determinant(whole)),),
        after=(Line(det_r, Determinant(of_samples) * Determinant(S_K)),),
        uses=("label_only",),
        check=lambda premises, after: (
            Numerics(
                lambda rng: evidence.determinants(rng, premises[det_r], after[det_r].xreplace({S_K: premises[S_K]})),
                1e-25,
                "elimination at 40 digits",
            ),
            Numerics(
                lambda rng: evidence.singular_labels(rng, premises[S_K]),
                1e-10,
                "dense rates, at each of which the matrix is singular",
            ),
        ),
    )


def _insert_solution(equations: Lines, left: MatrixExpr, samples: Basic) -> tuple[Basic, Basic]:
    """Both sides of an equation with the samples put in."""
    return left.xreplace({F_x: samples}), equations[left].xreplace({F_x: samples})


def _slow_modes(schur: Line, expanded: tuple[Line, ...]) -> Step:
    return Step(
        "slow_modes",
        "For rates that are slow against those of the samples, the samples are in equilibrium with the labels: a Laplacian "
        "$\\mathcal{L}$ between labels, masses $\\mathcal{M}$, and a correction for samples that lag behind.",
        "Neumann series of $(D_x-rH_x^{-1})^{-1}$ in $r$.",
        before=(schur,),
        after=expanded,
        uses=("label_only",),
        check=lambda before, after: Remainder(
            lambda rng: evidence.series_orders(rng, before[S_K], after),
            1e-3,
            "the whole equation at two small r: remainder of order 3",
            reads=after.of(S_K),
        ),
    )


def _conductances(laplacian: Line) -> Step:
    squares = Sum(J[i, a] * J[i, j] / D_x[i, i] * (f[a, 0] - f[j, 0]) ** 2, (j, 0, K - 1), (a, 0, K - 1), (i, 0, N - 1)) / 2
    return Step(
        "conductances",
        "$\\mathcal{L}$ is the Kron reduction of the sample-label graph: two labels are joined by the conductance "
        "$g_{aj}=\\sum_iJ_{ia}J_{ij}/d_i$. Pure samples, leaves of the graph, drop out.",
        "The rows of $J$ sum to $d_i$: complete the squares.",
        before=(laplacian,),
        given=(Line(form_L, Trace(Transpose(f) * L_K * f)),),
        after=(Line(form_L, squares),),
        uses=("slow_modes",),
        check=lambda premises, after: AtRandomPoints(
            ((premises[form_L].xreplace({L_K: premises[L_K]}), after[form_L]),), evidence.label_point
        ),
    )


def _masses(whole: tuple[Line, ...], own: tuple[Line, ...]) -> Step:
    return Step(
        "masses",
        "A class has the mass of its label and of its $n_a$ pure samples, each an inverse mobility. How much pure samples "
        "lag behind is in proportion to their number too.",
        "Insert pure samples of weight one, $J_{ia}=d_i=1$.",
        before=whole,
        after=own,
        uses=("slow_modes",),
        assumptions=(
            "Equal mobilities $\\eta_x$ of samples and $\\eta_y$ of labels; $M_0$, $C_0$ are the parts of pure samples.",
        ),
        check=lambda before, after: Numerics(
            lambda rng: evidence.pure_masses(rng, before, after), 1e-12, "a coupling of pure samples"
        ),
    )


def _order_steps(known: tuple[Line, ...]) -> tuple[Step, ...]:
    problem = Line(L_K * f, r_1 * M_0 * f)
    return (_leading_order_step(known, problem), _next_order_step(problem))


def _leading_order_step(known: tuple[Line, ...], problem: Line) -> Step:
    return Step(
        "leading_order",
        "To leading order the slow rates are those of masses joined by springs: the class graph.",
        "With few frustrated samples $\\mathcal{L}$ and $r$ are small of first order, and $\\mathcal{M}=M_0+M_1$, where "
        "$(M_1)_{aj}=\\sum_iJ_{ia}J_{ij}/\\eta_id_i^2$ over the frustrated samples is small too.",
        before=known,
        after=(problem, Line(r, r_1, r"\simeq")),
        uses=("label_only", "slow_modes", "masses"),
        assumptions=("Few frustrated samples beside $n_a$ pure ones in each class.",),
        check=lambda before, after: Remainder(
            lambda rng: evidence.leading_orders(rng, before, after),
            2e-2,
            "modes of the whole graph while pure samples multiply: relative remainders of order 2 and 1",
            reads=after.of(r),
        ),
    )


def _next_order_step(problem: Line) -> Step:
    collected = Line(L_K * f_2 - r_1 * M_0 * f_2, r_1 * M_1 * f + r_1**2 * C_0 * f + r_2 * M_0 * f)
    correction = -(r_1 * _form_on_labels(M_1) + r_1**2 * _form_on_labels(C_0)) / _form_on_labels(M_0)
    return Step(
        "next_order",
        "To next order frustrated samples have a mass as well, and pure samples lag behind: both slow the collapse down.",
        "Collect the second order, where $f+f_2$ is the pattern, and multiply by $f^T$, which removes $f_2$.",
        before=(problem,),
        given=(collected,),
        after=(Line(r_2, correction), Line(r, r_1 + r_2, r"\simeq"), Line(-r_2, S.Zero, ">")),
        uses=("leading_order",),
        assumptions=(
            "$f$ and $r_1$ solve the leading order; where several $r_1$ are equal, $f$ diagonalises $M_1+r_1C_0$ among them.",
        ),
        check=lambda premises, after: (
            AtRandomPoints((_project_on_leading(premises[collected.left], after[r_2]),), evidence.quadratic_point),
            Numerics(lambda rng: evidence.slowed_rates(rng, after), 0, "the sign at modes of class graphs", reads=after.bounds),
            Remainder(
                lambda rng: evidence.second_orders(rng, premises, collected.left, after),
                2e-2,
                "modes of the whole graph while pure samples multiply: relative remainders of order 1 and 2",
                reads=after.of(r),
            ),
        ),
    )


def _form_on_labels(matrix: MatrixExpr) -> Expr:
    """The quadratic form of a matrix at the pattern of the labels."""
    return Trace(Transpose(f) * matrix * f)


def _project_on_leading(terms: MatrixExpr, correction: Expr) -> tuple[Expr, Expr]:
    """The terms of second order without f_2, times the leading pattern: nothing, compared beside its mass."""
    mass = _form_on_labels(M_0)
    return Trace(Transpose(f) * terms).xreplace({r_2: correction}) + mass, mass
