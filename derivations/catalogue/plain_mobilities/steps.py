"""The steps of the derivation, with their checks."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Determinant, Expr, Integer, Inverse, MatMul, MatrixExpr, Rational, S, limit, oo, sqrt
from sympy import Identity as Unit

from derivations.catalogue.plain_mobilities import equal_rates, evidence
from derivations.catalogue.plain_mobilities.sector import SQUARE, own_sector_step
from derivations.catalogue.plain_mobilities.states import complex_heads_step, label_steps
from derivations.catalogue.written import ordered_sum
from derivations.checks import Descent, Identity, Numerics
from derivations.closed_forms.any_mobilities import QUADRATIC, all_embeddings, head_squares, of_one_mode, pencil
from derivations.closed_forms.decaying import heads
from derivations.closed_forms.families import pairs_sectors, uniform_sectors
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    H,
    L,
    Z,
    alpha,
    chi_w,
    d_x,
    d_y,
    eta_x,
    eta_y,
    form_z,
    lam_c,
    lam_c_degrees,
    lam_c_many,
    lam_c_plain,
    lam_max,
    lam_z,
    mu,
    n,
    q,
    rho_x,
    rho_y,
    w,
    w_minus,
    w_plus,
)
from theory.models.vocabulary import W, beta, d, gamma, kappa, lam
from theory.words import scale_matrix


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    rest = _rest_steps()
    number = _one_number_steps(Lines(line for step in rest for line in step.after))
    known = Lines(line for step in (*rest, *number) for line in step.after)
    rates = _equal_rate_steps(known)
    known = Lines((*known, *(line for step in rates for line in step.after)))
    return (*rest, *number, *rates, *label_steps(known), complex_heads_step(known))


def _rest_steps() -> tuple[Step, ...]:
    loss = all_embeddings()
    flow = loss.stop_gradient_flow()
    return (
        Step(
            "flow",
            "Samples and labels side by side, with any mobilities. The decays are not multiplied by them.",
            "Matrix calculus with the marked parts as constants, and the decays added; $A$ holds the couplings.",
            given=(Line(L, loss.expression),),
            after=velocity_lines(flow),
            assumptions=("$Z=[X,Y]$; $D$, $H$ are diagonal and positive, as are both decays and the mobility of the head.",),
            check=lambda given, after: (
                Descent(
                    loss.with_parts(expression=given[L]), after.of(dot(Z), dot(W)).rights, evidence.joined_point, stopped=True
                ),
                Numerics(lambda rng: evidence.whole_velocities(rng, after), 1e-12, "the velocities of the model"),
            ),
        ),
        Step(
            "balance",
            "At rest the amplitudes make up the square of the head, in the metric of the inverse mobilities.",
            "In $W^T\\dot W-\\gamma\\dot ZH^{-1}Z^T$ all but the decays cancels.",
            before=velocity_lines(flow),
            after=(Line(SQUARE, scale_matrix(kappa / (gamma * lam), W.T * W)),),
            uses=("flow",),
            check=lambda before, after: Identity(
                ((_head_balance(before), gamma * lam * (SQUARE - after[SQUARE])),), flow.context
            ),
        ),
    )


def _head_balance(known: Lines) -> MatrixExpr:
    return W.T * known[dot(W)] - gamma * known[dot(Z)] * Inverse(H) * Z.T


def _one_number_steps(known: Lines) -> tuple[Step, ...]:
    zero = Line(Determinant(QUADRATIC), S.Zero)
    return (_quadratic_step(known, zero), _real_roots_step(zero))


def _quadratic_step(known: Lines, zero: Line) -> Step:
    context = all_embeddings().context
    moved = dot(Z) * Inverse(H)
    return Step(
        "quadratic",
        "Where the head is a number $w$ on all that survives, the rows of $Z$ are null vectors of one symmetric matrix, "
        "quadratic in $w$: its determinant vanishes. So it is in one dimension; and where classes are treated alike, on "
        "the directions of the class modes and on that of the common mode, each with a $w$ of its own.",
        "Insert the head. What the balance leaves of $\\dot W=0$ is then satisfied.",
        before=known.of(dot(Z), SQUARE),
        given=(Line(W, w * Unit(d)),),
        after=(
            Line(moved, scale_matrix(-1, MatMul(Z, QUADRATIC, evaluate=False))),
            zero,
            Line(SQUARE, scale_matrix(kappa * w**2 / (gamma * lam), Unit(d))),
        ),
        uses=("flow", "balance"),
        check=lambda before, after: (
            Identity(
                (
                    (before[dot(Z)].xreplace({W: before[W]}) * Inverse(H), after[moved]),
                    (before[SQUARE].xreplace({W: before[W]}), after[SQUARE]),
                    (_head_at_rest(after[SQUARE]), scale_matrix(0, Unit(d))),
                ),
                context,
            ),
            Numerics(
                lambda rng: evidence.run_end(rng, after[zero.left], after[SQUARE]),
                1e-8,
                "the end of runs of all embeddings in one dimension",
            ),
        ),
    )


def _real_roots_step(zero: Line) -> Step:
    square = (alpha**2 - 4 * lam * beta).factor()
    both = tuple((alpha + sign * sqrt(square)) / 2 for sign in (1, -1))
    return Step(
        "real_roots",
        "Such a state exists up to the largest $\\lambda_z$ of all $z$, and no further. Roots come as $\\pm w$.",
        "At a null vector $z$ the quadratic form vanishes. Conversely, the smallest eigenvalue of $Q_w$ is continuous in "
        "$w$ and positive for small and for large $w$; where some form is not positive between, it is not either, and "
        "has vanished on the way, on both sides. (The determinant need not change sign: eigenvalues that are alike cross "
        "zero together.) Turning the samples over turns $A$ over.",
        before=(zero,),
        given=(Line(form_z, w**2 - alpha * w + lam * beta),),
        after=(Line(w_plus, both[0]), Line(w_minus, both[1]), Line(lam_z, alpha**2 / (4 * beta)), Line(lam, lam_max, r"\le")),
        uses=("quadratic",),
        assumptions=(r"$Q_w=w^2D-wA+\lambda H^{-1}$, $\alpha=\tfrac{zAz^T}{zDz^T}$, $\beta=\tfrac{zH^{-1}z^T}{zDz^T}$.",),
        check=lambda before, after: (
            Identity(tuple((before[form_z].subs(w, after[root]), 0) for root in (w_plus, w_minus))),
            Identity((((after[w_plus] - after[w_minus]).subs(lam, after[lam_z]), 0),)),
            Numerics(
                lambda rng: evidence.existence_bounds(rng, before[form_z], before[zero.left], after),
                1e-7,
                "SciPy's eigenvalues of the linearised problem, below and above the largest decay",
                reads=after.bounds,
            ),
            Numerics(
                lambda rng: evidence.equal_eigenvalues(rng, after.of(w_plus, w_minus).rights),
                1e-7,
                "smallest eigenvalues between equal components, and for three classes treated alike, whose "
                "determinant keeps its sign",
            ),
        ),
    )


def _head_at_rest(product):
    """The velocity of the head where it is a number, the quadratic vanishes, and Z H⁻¹ Zᵀ is a product."""
    return scale_matrix(gamma * lam / w, product) - scale_matrix(kappa * w, Unit(d))


def _equal_rate_steps(known: Lines) -> tuple[Step, ...]:
    found = Line(chi_w, ordered_sum((rho_x * w**2 + lam) * (rho_y * w**2 + lam), -rho_x * rho_y * mu**2 * w**2))
    both = tuple(map(Line, (w_plus**2, w_minus**2), head_squares()))
    return (
        _equal_rates_step(known.of(Determinant(QUADRATIC))[0], found),
        _heads_step(found, both),
        own_sector_step(Lines((*known, found, *both))),
        _fold_step(both),
    )


def _equal_rates_step(zero: Line, found: Line) -> Step:
    return Step(
        "equal_rates",
        "Where all samples have one rate and all labels another, each canonical correlation has a quadratic in $w^2$ "
        "of its own. So it is for uniform frustration and for pairs of labels, half each, at any $K$, $n$ and $\\varphi$.",
        "In $ZH^{-1/2}$ the couplings are $\\sqrt{\\rho_x\\rho_y}$ times the normalised ones, which part into singular "
        "vectors.",
        before=(zero,),
        given=(Line(rho_x, eta_x * d_x), Line(rho_y, eta_y * d_y)),
        after=(found,),
        uses=("quadratic",),
        assumptions=(
            r"Degrees $d_x$ and $d_y$: plain mobilities $\rho_x=1$, $\rho_y=n$; inverse to the degrees $\rho_x=\rho_y=1$.",
        ),
        check=lambda before, after: (
            Identity(((after[chi_w], of_one_mode().det()),)),
            Identity(_family_pairs(before, after[chi_w])),
            Numerics(
                lambda rng: equal_rates.dense_roots(rng, before[zero.left], after[chi_w]),
                1e-8,
                "SciPy's eigenvalues of the linearised problem of all embeddings",
            ),
        ),
    )


def _heads_step(found: Line, both: tuple[Line, ...]) -> Step:
    return Step(
        "heads",
        "Each mode has two heads. With mobilities inverse to the degrees they are $w_\\pm=\\tfrac12(\\mu\\pm\\sqrt{\\mu^2-"
        "4\\lambda})$.",
        "Roots of the quadratic in $w^2$; at $\\rho_x=\\rho_y=1$ it is $(w^2+\\lambda)^2-\\mu^2w^2$.",
        before=(found,),
        after=both,
        uses=("equal_rates",),
        check=lambda before, after: (
            Identity(tuple((before[chi_w].expand().subs(w, sqrt(after[e])), 0) for e in (w_plus**2, w_minus**2))),
            Identity(((before[chi_w], of_one_mode().det()), *_equal_rate_pairs(after[w_plus**2], after[w_minus**2]))),
            Numerics(
                lambda rng: equal_rates.state_heads(rng, after[w_plus**2], after[w_minus**2]),
                1e-8,
                "the roots of couplings of both families",
            ),
        ),
    )


def _fold_step(both: Sequence[Line]) -> Step:
    born = rho_x * rho_y * mu**2 / (sqrt(rho_x) + sqrt(rho_y)) ** 2
    plain = born.subs({rho_x: 1, rho_y: n})
    return Step(
        "fold",
        "Both heads are born together, a stable one and a saddle. Unequal rates put the fold "
        "at a larger decay: with plain mobilities and many samples a label at four times that of equal rates, as if "
        "labels did not decay at all.",
        "The discriminant vanishes; $\\rho_x=\\rho_y=1$, then $\\rho_x=1$, $\\rho_y=n$, then $n\\to\\infty$.",
        before=both,
        after=(
            Line(lam_c, born),
            Line(lam_c_degrees, born.subs({rho_x: 1, rho_y: 1})),
            Line(lam_c_plain, plain),
            Line(lam_c_many, limit(plain, n, oo)),
        ),
        uses=("heads",),
        check=lambda before, after: (
            Identity(((((before[w_plus**2] - before[w_minus**2]) ** 2).subs(lam, after[lam_c]), 0),)),
            Identity(
                (
                    (after[lam_c].subs({rho_x: 1, rho_y: 1}), after[lam_c_degrees]),
                    (after[lam_c].subs({rho_x: 1, rho_y: n}), after[lam_c_plain]),
                    (limit(after[lam_c_plain], n, oo), after[lam_c_many]),
                )
            ),
            Numerics(
                lambda rng: equal_rates.state_births(rng, before.of(w_plus**2, w_minus**2).rights, after[lam_c]),
                1e-9,
                "dense Jacobians in the sector of a mode, below the fold",
            ),
        ),
    )


def _equal_rate_pairs(*found: Expr) -> tuple:
    """Sum and product of the squares at equal rates, against those of the heads of mobilities inverse to the degrees."""
    upper, lower = heads()
    one, two = (e.subs({rho_x: 1, rho_y: 1}) for e in found)
    return ((one + two, upper**2 + lower**2), (one * two, upper**2 * lower**2))


def _family_pairs(known: Lines, formula: Expr) -> tuple:
    """The determinants of the class-difference sectors of both families, against the formula at their rates and
    correlations; in pairs, frustrated samples whose differences no label sees are a factor of their own."""
    halves = {q: Rational(1, 2)}
    found = []
    for split, factor in ((uniform_sectors(), Integer(1)), (pairs_sectors(), eta_x * w**2 + lam)):
        degree = split.family.label_degree.subs(halves)
        whole = split.difference.matrix.subs(halves)
        psi = whole.subs({eta_x: 1, eta_y: 1 / degree}).det()
        at = {mu: sqrt(1 - psi), rho_x: known[rho_x].subs(d_x, 1), rho_y: known[rho_y].subs(d_y, degree)}
        found.append((pencil(whole).det(), factor * formula.subs(at)))
    return tuple(found)
