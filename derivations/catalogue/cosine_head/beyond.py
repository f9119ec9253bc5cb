"""The last steps of the derivation ``cosine_head``: which state a start ends in, few frustrated samples, decay, no stop."""

from __future__ import annotations

from sympy import S, cos, exp, sin, sqrt

from derivations.catalogue.cosine_head import ends
from derivations.catalogue.written import ordered_sum, rising_series
from derivations.checks import Numerics, Remainder
from derivations.closed_forms.cosine_head import square_across
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import (
    Q_e,
    aim_x,
    aim_y,
    angle_x,
    angle_y,
    clock,
    d_angle_x,
    d_angle_y,
    d_rho,
    mass,
    mu_k,
    n,
    phi,
    rate_g,
    rate_k,
    rho_c,
    rho_W,
    slope_L,
    spread_a,
    square_W,
    t,
    turn_x,
    turn_y,
    w_e,
    w_m,
)
from theory.models.vocabulary import K, gamma, kappa, lam

SPREAD = Line(spread_a, ordered_sum((1 - phi) * sin(angle_x) ** 2, sin(angle_y) ** 2))
SHARE = gamma * n * K / (K - 1)


def further_steps(
    aims: Lines, pulls: Lines, moving: Lines, resting: Lines, falling: Lines, loss: Line, rate: Line, threshold: Line
) -> tuple[Step, ...]:
    """What follows for starts, for few frustrated samples, beside decay and without the stop."""
    conserved = Lines((Line(Q_e, w_e**2 - SHARE * spread_a), Line(square_W, ordered_sum(w_m**2, (K - 1) * w_e**2))))
    return (
        _integrals_step(pulls[2:], moving, conserved),
        _ends_step(resting),
        _few_frustrated_step(rate, threshold),
        _decay_step(falling),
        _without_stop_step(aims, pulls, loss),
    )


def _integrals_step(turns: Lines, moving: Lines, conserved: Lines) -> Step:
    return Step(
        "integrals",
        "Of the balance of head and embeddings, and of the length of the head, two numbers are left: a start moves on a "
        "surface on which each ratio of the head belongs to one spread of the angles.",
        "The entries of the balance across the common direction; squares of sines change as twice the products of sines, "
        "cosines and velocities.",
        before=moving,
        given=(*turns, SPREAD, *conserved),
        after=(Line(dot(Q_e), S.Zero), Line(dot(square_W), S.Zero)),
        uses=("angles",),
        check=lambda before, after: Numerics(
            lambda rng: ends.changes(rng, before, after), 1e-20, "differences along the velocities"
        ),
    )


def _ends_step(resting: Lines) -> Step:
    least = (1 - phi) * square_W / (1 + (K - 1) * (1 - phi))
    spread = (1 - phi) * (1 - resting[cos(angle_x)] ** 2) + square_across()
    return Step(
        "ends",
        "Which state a start ends in: classes stay apart where the conserved balance is small enough, at the one ratio of the "
        "head that has it, and else close. Never are both stable.",
        "On such a surface closed angles have the ratio with $w_e^2=Q_e$, which exceeds the correlation or does not; the "
        "square of the head across grows with the ratio, and the spread of angles at rest falls: they meet once, or not.",
        before=resting,
        after=(
            Line(Q_e, least, "<"),
            Line(square_W, (1 + (K - 1) * rho_W**2) * ordered_sum(Q_e, SHARE * spread) / rho_W**2),
        ),
        uses=("rest",),
        assumptions=(
            "The start is symmetric, with acute angles and both parts of the head positive. That it comes to rest is seen in "
            "runs.",
        ),
        check=lambda before, after: (
            Numerics(
                lambda rng: ends.crossings(rng, before, after),
                1e-9,
                "closed angles, and states at rest on the same surface, on both sides of the bound",
                reads=after.bounds,
            ),
            Numerics(lambda rng: ends.ends_of_runs(rng, after), 1e-5, "the end of runs of all embeddings and the head"),
        ),
    )


def _few_frustrated_step(rate: Line, threshold: Line) -> Step:
    before, given = (rate, threshold), (Line(mu_k, sqrt(1 - phi)), Line(mass, n * K))
    return Step(
        "few_frustrated",
        "With few frustrated samples closed angles beside a head near the identity close slowly, at half the rate without a "
        "head; and classes stay apart up to a ratio a little below one.",
        "Expand the correlation.",
        before=before,
        given=given,
        after=_few(Lines((*before, *given))),
        uses=("rates", "threshold"),
        check=lambda before, after: (
            after.same(_few(before)),
            Remainder(
                lambda rng: ends.remainders(rng, before, after),
                2e-2,
                "both at two small fractions: remainders of order 3",
                reads=after,
            ),
        ),
    )


def _few(known: Lines) -> Lines:
    """The rate of the class modes, whose total weight and correlation are those of the family, and the ratio that they bear."""
    correlation = known[mu_k].series(phi, 0, 3).removeO()
    rate = (known[rate_k] / rho_W).subs({mu_k: correlation, mass: known[mass]}) * (2 * n * K)
    ratio = known[rho_c].subs(mu_k, correlation)
    return Lines(
        (
            Line(rate_k, rho_W * rising_series(rho_W - 1, rate, phi) / (2 * n * K), r"\simeq"),
            Line(rho_c, rising_series(S.One, ratio, phi), r"\simeq"),
        )
    )


def _decay_step(falling: Lines) -> Step:
    return Step(
        "decay",
        "Decay changes clocks alone: directions move as without it, ever faster, beside a head whose learning rate grows or "
        "falls by the difference of both decays. Angles at rest and the threshold stay; only which of them a start ends at may "
        "change.",
        "The loss has degree zero in each embedding and in the head: where lengths have fallen gradients are larger by as "
        "much, and directions move by its square.",
        before=falling,
        after=(Line(dot(clock), exp(2 * lam * t)), Line(rate_g, gamma * exp(2 * (kappa - lam) * t))),
        uses=("lengths",),
        assumptions=("Lengths are one at the start.",),
        check=lambda before, after: (
            Numerics(lambda rng: ends.scaled_velocities(rng, before, after), 1e-9, "velocities of all embeddings and the head"),
            Numerics(ends.ends_with_decay, 1e-5, "the end of runs of all embeddings with both decays, and angles at rest"),
        ),
    )


def _without_stop_step(aims: Lines, pulls: Lines, loss: Line) -> Step:
    p, q = sin(2 * aim_x) / (2 * rho_W), sin(2 * aim_y) / (2 * rho_W)
    moved = (
        Line(d_angle_x, ordered_sum(turn_y * p, q)),
        Line(d_angle_y, ordered_sum(p, turn_x * q)),
        Line(d_rho, ordered_sum(S.One, -turn_x * turn_y)),
    )
    opened = ordered_sum(sin(angle_y) * ordered_sum(p, turn_x * q), sin(aim_y) * ordered_sum(turn_y * p, q))
    return Step(
        "without_stop",
        "Without the stop no acute angles rest but closed ones: from all others the loss falls as angles and head turn "
        "together so that each prediction keeps its angle to its target.",
        "What couples pure samples to their labels does not change along this displacement; what couples labels to frustrated "
        "samples does. A gradient flow with this loss has no other state at rest.",
        before=(loss,),
        given=(*aims, *pulls[2:], Line(rho_W, w_e / w_m), *moved, Line(angle_x * angle_y, S.Zero, ">")),
        after=(Line(slope_L, phi / 2 * opened), Line(slope_L, S.Zero, ">")),
        uses=("angles",),
        assumptions=("Both parts of the head are positive.",),
        check=lambda before, after: (
            Numerics(
                lambda rng: ends.slopes_of_loss(rng, before, after),
                1e-12,
                "differences of the loss, where and only where it is assumed",
                reads=after.bounds,
            ),
            Numerics(ends.ends_without_stop, 1e-5, "the end of runs of all embeddings and the head from random starts"),
        ),
    )
