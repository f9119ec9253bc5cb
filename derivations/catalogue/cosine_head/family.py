"""Steps of the derivation ``cosine_head`` on the family that treats all labels alike: angles that stay open."""

from __future__ import annotations

from sympy import Expr, cos, sin, sqrt, tan

from derivations.catalogue.cosine_head import angles
from derivations.catalogue.cosine_head.beyond import further_steps
from derivations.catalogue.cosine_head.stability import rates_of_closed_angles, rates_of_open_angles
from derivations.catalogue.written import ordered_sum
from derivations.checks import Identity, Numerics
from derivations.closed_forms.cosine_head import (
    cosine_of_samples,
    critical_fraction_of_ratio,
    critical_ratio,
    spread_of_labels,
    tangents_apart,
)
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import (
    L,
    aim_x,
    aim_y,
    angle_x,
    angle_y,
    apart_ab,
    delta,
    mu_k,
    n,
    phi,
    pull_x,
    pull_y,
    rate_g,
    rho_c,
    rho_W,
    s_1,
    s_2,
    tau,
    turn_x,
    turn_y,
    w_e,
    w_m,
)
from theory.models.vocabulary import K, gamma

AIMS = Lines((Line(tan(aim_y), w_e / w_m * tan(angle_y)), Line(tan(aim_x), w_e / w_m * tan(angle_x))))
PULLS = Lines(
    (
        Line(pull_y, ordered_sum((1 - phi) * sin(angle_x - aim_y), -phi * sin(aim_y))),
        Line(pull_x, sin(angle_y - aim_x)),
        Line(turn_y, sin(2 * aim_y) / sin(2 * angle_y)),
        Line(turn_x, sin(2 * aim_x) / sin(2 * angle_x)),
    )
)
RATIO = Line(rho_W, w_e / w_m)
CORRELATION = Line(mu_k, sqrt(1 - phi))
THRESHOLD = Line(rho_c, critical_ratio())


def _torque() -> Expr:
    """How predictions pull at the head across the common direction."""
    return ((1 - phi) * pull_x * sin(2 * aim_x) + pull_y * sin(2 * aim_y)) / 4


MOVING = Lines(
    (
        Line(dot(angle_y), turn_y * pull_y / (2 * n * K)),
        Line(dot(angle_x), turn_x * pull_x / (2 * n * K)),
        Line(dot(w_e), gamma * _torque() / (w_e * (K - 1))),
        Line(dot(w_m), -gamma * _torque() / w_m),
    )
)


def _agreement() -> Expr:
    """The mean of the cosines of predictions and targets, twice."""
    pure = ordered_sum(cos(aim_x - angle_y), cos(aim_y - angle_x))
    return ordered_sum((1 - phi) * pure, phi * ordered_sum(cos(angle_y), cos(aim_y)))


LOSS = Line(L, -_agreement() / 2)


def family_steps(at_degrees: Line, falling: Lines, rate: Line) -> tuple[Step, ...]:
    """Two angles and both parts of the head, from their flow to where they end."""
    resting = Lines((Line(cos(angle_x), cosine_of_samples()), Line(tan(angle_y), rho_W * tan(angle_x))))
    return (
        _angles_step(at_degrees),
        _rest_step(resting),
        _spread_step(resting),
        _threshold_step(resting),
        _collapsed_step(),
        _apart_step(),
        *further_steps(AIMS, PULLS, MOVING, resting, falling, LOSS, rate, THRESHOLD),
    )


def _angles_step(at_degrees: Line) -> Step:
    return Step(
        "angles",
        "On the family that couples frustrated samples to all labels alike: labels at $\\vartheta_y$ from the common "
        "direction, each towards its corner of a simplex, pure samples at $\\vartheta_x$, frustrated samples along it; a head "
        "that is $w_m$ along it and $w_e$ across. Predictions are at angles of their own, and what pulls at them pulls at all.",
        "The flow treats all labels alike. A prediction turns as the tangent of its angle is a multiple of that of its "
        "embedding.",
        given=(*AIMS, at_degrees),
        after=(LOSS, *PULLS, *MOVING),
        assumptions=("$n$ samples a class, a fraction $\\varphi$ of them frustrated; lengths are one.",),
        check=lambda given, after: (
            Numerics(lambda rng: angles.engine_velocities(rng, given, after), 1e-20, "the engine's flow of angles and head"),
            Numerics(lambda rng: angles.whole_velocities(rng, given, after), 1e-8, "all embeddings of the family and the head"),
        ),
    )


def _rest_step(resting: Lines) -> Step:
    return Step(
        "rest",
        "Acute angles rest at zero beside every head, and open beside a head whose ratio is small enough, one pair for each "
        "ratio; there the head rests, too.",
        "All fixed points by exhausted cases, the root of the tangent's square being an unknown of its own. Predictions of "
        "samples point at their labels; those of labels balance pure and frustrated samples.",
        before=PULLS[:2],
        given=(*AIMS, RATIO),
        after=(*resting, Line(rho_W**2, 1 - phi, "<")),
        uses=("angles",),
        check=lambda before, after: (
            Identity(
                (
                    (after[cos(angle_x)] ** 2 * (1 + tangents_apart()[1]), 1),
                    (after[tan(angle_y)].subs(tan(angle_x), sqrt(tangents_apart()[1])) ** 2, tangents_apart()[0]),
                )
            ),
            Numerics(lambda rng: angles.pulls_at_rest(rng, before, after), 1e-9, "what pulls at both angles"),
            Numerics(
                lambda rng: angles.open_angles(rng, before, after),
                1e-6,
                "roots of what pulls, on both sides of the bound",
                reads=after.bounds,
            ),
            Numerics(lambda rng: angles.whole_rest(rng, after), 1e-9, "the velocities of all embeddings and the head"),
        ),
    )


def _spread_step(resting: Lines) -> Step:
    return Step(
        "spread",
        "How far labels stay apart is a function of frustration and the ratio of the head: at right angles to the common "
        "direction beside a small ratio, closer as it grows.",
        "Two labels are at the angle of two corners of the simplex across the common direction.",
        before=resting,
        after=(Line(apart_ab, spread_of_labels()),),
        uses=("rest",),
        check=lambda before, after: (
            Identity(((angles.spread_by_angles(before), after[apart_ab]),)),
            Numerics(lambda rng: angles.spread_of_states(rng, before, after), 1e-9, "embeddings at these angles"),
        ),
    )


def _threshold_step(resting: Lines) -> Step:
    return Step(
        "threshold",
        "Classes stay apart below a ratio of the head which is the correlation of their modes.",
        "The angles close where the cosine of samples is one.",
        before=resting[:1],
        given=(CORRELATION,),
        after=(THRESHOLD,),
        uses=("rest",),
        check=lambda before, after: Identity(
            (
                (before[cos(angle_x)].subs(rho_W, critical_fraction_of_ratio()), 1),
                (before[cos(angle_x)].subs(rho_W, after[rho_c].subs(mu_k, before[mu_k])), 1),
                (after[rho_c].subs(mu_k, before[mu_k]), critical_fraction_of_ratio()),
            )
        ),
    )


def _collapsed_step() -> Step:
    return Step(
        "collapsed",
        "Closed angles are stable where the ratio of the head exceeds the correlation, and only there.",
        "The Jacobian at zero angles; the head does not move to first order.",
        before=MOVING[:2],
        given=(*AIMS, *PULLS, RATIO, CORRELATION),
        after=(
            Line(s_1, rho_W * ordered_sum(mu_k, -rho_W) / (2 * n * K)),
            Line(s_2, -rho_W * ordered_sum(mu_k, rho_W) / (2 * n * K)),
            Line(rho_W, mu_k, ">"),
        ),
        uses=("angles",),
        check=lambda before, after: (
            Identity(rates_of_closed_angles(before, after)),
            Numerics(
                lambda rng: angles.collapsed_rates(rng, before, after),
                1e-6,
                "dense Jacobians of all embeddings, and of both angles",
                reads=after.bounds,
            ),
        ),
    )


def _apart_step() -> Step:
    pure, single = (1 - phi) * cos(angle_x - aim_y), ordered_sum((1 - phi) * cos(angle_x - aim_y), phi * cos(aim_y))
    p, q = sin(2 * aim_x) / 2, sin(2 * aim_y) / 2
    held = turn_x * turn_y * phi * tan(angle_x) * sin(aim_y)
    moved = ordered_sum(single * (turn_x**2 * q**2 + (1 - phi) * p * (p * turn_y**2 + q * turn_y)), pure * turn_x * p * q)
    return Step(
        "apart",
        "Open angles are stable beside heads of every learning rate: of the four eigenvalues two are zero, for the head, and "
        "the others have a negative sum and a positive product.",
        "The pulls vanish at rest: the Jacobian has the eigenvalues of a matrix of two rows, whose determinant is a sum of "
        "terms of one sign for acute angles. That nothing else grows beside a fast head is seen in dense Jacobians; beside a "
        "slow one all turn together.",
        before=MOVING,
        given=(
            *AIMS,
            *PULLS,
            Line(rate_g, gamma * n * K * ordered_sum(w_m**2, (K - 1) * w_e**2) / ((K - 1) * w_e**2 * w_m**2)),
        ),
        after=(
            Line(
                tau,
                -ordered_sum(turn_x**2, turn_y**2 * single, rate_g * ordered_sum((1 - phi) * p**2, single * q**2))
                / (2 * n * K),
            ),
            Line(delta, ordered_sum(held, rate_g * moved) / (2 * n * K) ** 2),
        ),
        uses=("angles",),
        assumptions=("The state is one at rest, apart.",),
        check=lambda before, after: (
            Identity(lambda: rates_of_open_angles(before, after)),
            Numerics(
                lambda rng: angles.apart_rates(rng, before, after), 1e-7, "the Jacobian of angles and head, by differences"
            ),
            Numerics(
                lambda rng: angles.apart_signs(rng, before, after), 0, "their signs, and dense Jacobians of all embeddings"
            ),
        ),
    )
