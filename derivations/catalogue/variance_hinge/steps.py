"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import ImmutableMatrix, Inverse, Matrix, S, Trace, solve, sqrt

from derivations.catalogue.centred import both_losses
from derivations.catalogue.variance_hinge import evidence
from derivations.catalogue.variance_hinge.pairs import pair_steps
from derivations.catalogue.variance_hinge.rates import last_steps
from derivations.catalogue.written import ordered_sum
from derivations.checks import Identity, Numerics
from derivations.closed_forms.reduced import entries
from derivations.closed_forms.variance_hinge import (
    at_amplitudes,
    below_hinge,
    collapse_threshold,
    dimension_energy,
    dimension_flow,
    hinge_threshold,
    modes_energy,
    resting_variance,
)
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import (
    L_C,
    C_kk,
    D,
    H,
    L,
    mean_x_all,
    mean_y_all,
    mu_j,
    mu_k,
    s_against,
    s_angle,
    s_j0,
    s_kk,
    slope_above,
    slope_below,
    v,
)
from theory import Loss, models
from theory.models.two_views import alpha, epsilon
from theory.models.vocabulary import D_x, d

ENERGY = Line(L, modes_energy())
DIMENSION = Line(L_C, dimension_energy())
DEVIATION = evidence.DEVIATION
VARIANCE = Line(C_kk, resting_variance())
AT_REST = Line(DEVIATION, sqrt((resting_variance() + epsilon) * (1 - mu_k) ** 2) / (1 - mu_k))


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    moving = Lines((_moving(),))
    made = (
        _modes_step(),
        _means_step(),
        _dimension_step(),
        _velocity_step(moving),
        _rest_step(moving),
        _kink_step(),
        _spectrum_step(),
    )
    known = Lines(line for step in made for line in step.after)
    turns = (_survivor_step(known), _against_step(known))
    return (*made, *turns, *pair_steps(ENERGY, VARIANCE), *last_steps(moving, known.of(slope_above)[0]))


def _modes_step() -> Step:
    return Step(
        "modes",
        "The loss in canonical modes: columns of $U_x$ and $U_y$ are the amplitudes of both views, divided by the root of the "
        "total weight, in modes with the canonical correlations $\\mu_k$. The means of both views are by themselves.",
        "Covariances are those of the amplitudes without the mean, $V_xV_x^T$ and $V_yV_y^T$. Where one view has more modes "
        "than the other, the other has amplitude zero there, and $\\mu_k=0$.",
        given=(Line(L, models.vicreg().expression), Line(H, Trace(D_x) * Inverse(D))),
        after=(ENERGY,),
        assumptions=("$\\mu$ is the diagonal matrix of all $\\mu_k$.",),
        check=lambda given, after: (
            Identity((both_losses(given[L], after[L]),)),
            Numerics(lambda rng: evidence.modal_velocities(rng, given, after[L]), 1e-9, "the lowered flow of all embeddings"),
        ),
    )


def _means_step() -> Step:
    return Step(
        "means",
        "The means of both views fall together, whatever is coupled, and where they meet they stay: nothing pushes them.",
        "Variances are of what is centred.",
        before=(ENERGY,),
        after=_mean_velocities(Lines((ENERGY,))),
        uses=("modes",),
        check=lambda before, after: (
            after.same(_mean_velocities(before)),
            Numerics(lambda rng: evidence.moving_means(rng, after), 1e-9, "the velocities of all embeddings"),
        ),
    )


def _mean_velocities(known: Lines) -> Lines:
    flow = Loss(known[L], state=(mean_x_all, mean_y_all)).gradient_flow()
    return Lines(Line(dot(block), velocity.expand()) for block, velocity in flow.velocity.items())


def _dimension_step() -> Step:
    return Step(
        "dimension",
        "One dimension along one mode, equal in both views, as a function of its variance: two straight lines and a convex "
        "function. There is one least value, and nothing else is at rest beside zero.",
        "Without the covariances no dimension feels another one.",
        before=(ENERGY,),
        after=(DIMENSION,),
        uses=("modes",),
        check=lambda before, after: (
            Identity(((_along_a_mode(before[L]), after[L_C]),)),
            Numerics(lambda rng: evidence.lone_losses(rng, after[L_C]), 1e-9, "the loss of all embeddings"),
        ),
    )


def _along_a_mode(energy):
    row = ImmutableMatrix([[sqrt(C_kk)]])
    return at_amplitudes(energy, row, row, ImmutableMatrix([[mu_k]]))


def _moving() -> Line:
    """The velocity of the amplitude, what pushes first."""
    velocity = dimension_flow().velocity[v]
    push = velocity.coeff(alpha) * alpha
    return Line(dot(v), ordered_sum(push, -((push - velocity) / v).expand().factor() * v))


def _velocity_step(moving: Lines) -> Step:
    return Step(
        "velocity",
        "Below the hinge the amplitude $v$ is pushed away from zero, with a strength that falls with the standard deviation.",
        "Each view has half of the slope.",
        before=(DIMENSION,),
        given=(Line(C_kk, v**2), Line(DEVIATION, S.One, "<")),
        after=moving,
        uses=("dimension",),
        check=lambda before, after: (
            Identity(((-below_hinge(before[L_C].subs(C_kk, before[C_kk])).diff(v) / 2, after[dot(v)]),)),
            Numerics(
                lambda rng: evidence.slopes_below(rng, before, after[dot(v)]), 0, "the flow, where and only where it is assumed"
            ),
        ),
    )


def _rest_step(moving: Lines) -> Step:
    return Step(
        "rest",
        "A dimension rests below the hinge with a standard deviation in inverse proportion to $1-\\mu_k$. It dies where the "
        "couplings pull more strongly than the hinge pushes at zero, a threshold that the smallest scale $\\epsilon$ sets; and "
        "it leaves this state through the kink where they pull weakly.",
        "All fixed points by exhausted cases, with the root as an auxiliary variable; the variance lies between none and "
        "$1-\\epsilon$.",
        before=moving,
        given=(Line(C_kk, v**2),),
        after=(AT_REST, VARIANCE, Line(1 - mu_k, collapse_threshold(), "<"), Line(1 - mu_k, hinge_threshold(), ">")),
        uses=("velocity",),
        check=lambda before, after: (
            Identity(_rest_at(before, after)),
            Numerics(
                lambda rng: evidence.real_amplitudes(rng, before, after),
                1e-7,
                "roots of the velocity, from both sides of both thresholds",
                reads=after.bounds,
            ),
        ),
    )


def _rest_at(known: Lines, after: Lines) -> tuple[tuple, ...]:
    """That the velocity over the amplitude vanishes at a deviation, and that this is the root of the variance and epsilon."""
    speed = (known[dot(v)] / v).expand()
    return (
        (speed.subs(sqrt(epsilon + known[C_kk]), after[DEVIATION]), S.Zero),
        (after[C_kk], after[DEVIATION] ** 2 - epsilon),
    )


def _kink_step() -> Step:
    return Step(
        "kink",
        "With less frustration the dimension rests on the kink of the hinge: below it grows, above it falls, and zero is "
        "between both slopes. It gets there in finite time from below.",
        "A state at rest in the sense of Filippov: the velocity that slides along the kink is zero. The loss is convex in "
        "the variance and its one-sided slopes have opposite signs.",
        before=(DIMENSION,),
        given=(Line(1 - mu_k, hinge_threshold(), "<"), Line(1 - mu_k, S.Zero, ">")),
        after=(
            Line(C_kk, 1 - epsilon),
            Line(slope_below, 2 * (1 - mu_k) - alpha / d),
            Line(slope_above, 2 * (1 - mu_k)),
            Line(slope_below, S.Zero, "<"),
            Line(slope_above, S.Zero, ">"),
        ),
        uses=("dimension",),
        check=lambda before, after: (
            Identity(evidence.one_sided_slopes(before[L_C], after)),
            Numerics(
                lambda rng: evidence.signs_at_kink(rng, before, after),
                0,
                "differences of the loss, where and only where it is assumed",
                reads=after.bounds,
            ),
            Numerics(
                lambda _: evidence.variances_of_runs(before.bounds, after[C_kk]),
                1e-2,
                "finite steps of all embeddings from random starts",
            ),
        ),
    )


def _spectrum_step() -> Step:
    before = (ENERGY, AT_REST)
    return Step(
        "spectrum",
        "All eigenvalues of one dimension below the hinge: along its mode with both views alike, and one against the other; "
        "turned into another mode $j$; and at zero along a mode. Views against each other in mode $j$ have $-\\mu_j$.",
        "The Hessian, in both views and two modes.",
        before=before,
        after=_eigenvalues(Lines(before)),
        uses=("modes", "rest"),
        check=lambda before, after: (
            after.same(_eigenvalues(before)),
            Numerics(lambda rng: evidence.whole_spectrum(rng, after), 1e-8, "dense Jacobians of all embeddings"),
        ),
    )


def _eigenvalues(known: Lines) -> Lines:
    """From the Hessian of a dimension along mode k, and at zero."""
    views = entries("x", 1, 2), entries("y", 1, 2)
    names = [*views[0], *views[1]]
    correlations = ImmutableMatrix.diag(mu_k, mu_j)
    energy = below_hinge(at_amplitudes(known[L], views[0].as_immutable(), views[1].as_immutable(), correlations))
    slopes = -Matrix([energy]).jacobian(names).T.jacobian(names)
    here, nothing = slopes.subs(dict(zip(names, (v, 0, v, 0), strict=True))), slopes.subs(dict.fromkeys(names, 0))
    strength = solve(known[DEVIATION] - DEVIATION, alpha)[0]
    rest = {sqrt(epsilon + v**2): DEVIATION, v**2: C_kk, alpha: strength}
    here = here.applyfunc(lambda e: e.subs(rest).factor())
    own = 2 * (1 - mu_k) * C_kk / (C_kk + epsilon)
    found = (here[0, 0] + here[0, 2], here[0, 0] - here[0, 2], here[1, 1] + here[1, 3], nothing[1, 1] + nothing[1, 3])
    shown = -own, -4 * mu_k - own, -2 * (mu_k - mu_j), alpha / (d * sqrt(epsilon)) - 2 * (1 - mu_j)
    if any((a - b).simplify() != 0 for a, b in zip(found, shown, strict=True)):
        raise ArithmeticError("the Hessian has other eigenvalues")
    return Lines(map(Line, (s_kk, s_against, s_angle, s_j0), shown))


def _survivor_step(known: Lines) -> Step:
    return Step(
        "survivor",
        "A dimension that survives turns towards the least frustrated mode: stable is the state along the mode with the "
        "largest $\\mu$, and no other. All dimensions share it, unless modes have equal $\\mu$ or covariances count.",
        "No eigenvalue but that of the common mean is zero; all others are negative.",
        before=known.of(s_angle),
        after=(Line(mu_j, mu_k, "<"),),
        uses=("spectrum",),
        assumptions=("All $\\mu$ differ, and there are two or more; the mode $k$ survives below the hinge.",),
        check=lambda before, after: (
            Numerics(
                lambda rng: evidence.stable_modes(rng, before, after),
                0,
                "dense eigenvalues of the states along all modes",
                reads=after.bounds,
            ),
        ),
    )


def _against_step(known: Lines) -> Step:
    return Step(
        "against",
        "Views that point against each other are a state along a mode with $\\mu_k$ negative. Where no other mode is there to "
        "turn into, as for two classes with a sample and a label each, it can be stable: the hinge pushes both amplitudes "
        "away from zero, which they would have to cross.",
        "The eigenvalue of one view against the other is negative.",
        before=(known.of(s_against)[0], VARIANCE),
        given=(Line(C_kk, S.Zero, ">"),),
        after=(Line(alpha**2, (4 * d**2 * epsilon * (1 - mu_k) ** 3 / (1 + mu_k)), ">"),),
        uses=("spectrum", "rest"),
        check=lambda before, after: (
            Numerics(
                lambda rng: evidence.views_against(rng, before, after),
                0,
                "dense Jacobians of two classes, from both sides",
                reads=after.bounds,
            ),
        ),
    )
