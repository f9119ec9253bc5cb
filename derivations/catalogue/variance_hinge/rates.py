"""The last steps of the derivation ``variance_hinge``: families of couplings, slow rates, decay and stop-gradient beside it."""

from __future__ import annotations

from sympy import Q, S, Trace, sqrt

from derivations.catalogue.variance_hinge import family_evidence as evidence
from derivations.checks import Descent, Identity, Numerics, Remainder
from derivations.closed_forms.families import frustration
from derivations.closed_forms.variance_hinge import collapse_threshold, fall_above_kink, hinge_threshold
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import (
    L,
    U_x,
    U_y,
    alpha_c,
    alpha_h,
    fall_rate,
    mu_k,
    mu_matrix,
    phi,
    phi_c_pairs,
    phi_c_uniform,
    psi,
    psi_pairs,
    psi_uniform,
    slope_above,
    v,
)
from theory import Loss, sg
from theory.models.two_views import alpha, epsilon
from theory.models.vocabulary import d, lam

CORRELATION = Line(mu_k, sqrt(1 - psi))
FAMILIES = (Line(psi_uniform, frustration("uniform")), Line(psi_pairs, frustration("pairs")))
WEIGHTS = tuple(
    Line(weight, alpha * (1 - CORRELATION.right) / threshold())
    for weight, threshold in ((alpha_c, collapse_threshold), (alpha_h, hinge_threshold))
)
ALIVE = Line(1 - mu_k, collapse_threshold(), "<")
BELOW = Line(1 - mu_k, hinge_threshold(), ">")
FALL = Line(fall_rate, fall_above_kink())


def last_steps(moving: Lines, slope: Line) -> tuple[Step, ...]:
    """Critical weights and fractions, slow rates, what decay and stop-gradient change."""
    return (_fraction_step(), _slow_step(slope), _weak_frustration_step(), _decay_step(moving), _stopped_step())


def _fraction_step() -> Step:
    return Step(
        "critical_fraction",
        "The weight of the hinge at which a mode survives, and at which it reaches the kink, in terms of its frustration; and "
        "the fraction of frustrated samples at which class modes die. For usual weights none is large enough.",
        "Insert the frustration of the class modes into both thresholds and solve.",
        before=(ALIVE, BELOW),
        given=(CORRELATION, *FAMILIES, Line(alpha, 2 * d * sqrt(epsilon), "<")),
        after=(*WEIGHTS, *_critical_fractions()),
        uses=("rest",),
        check=lambda before, after: (
            Identity(_at_thresholds(before, after)),
            Numerics(lambda rng: evidence.critical_fractions(rng, before, after), 1e-9, "where and only where it is assumed"),
            Numerics(
                lambda rng: evidence.family_thresholds(rng, before, after),
                0,
                "runs of all embeddings of both families, from both sides of the threshold",
            ),
        ),
    )


def _critical_fractions() -> tuple[Line, ...]:
    gap = alpha / (2 * d * sqrt(epsilon))
    return tuple(
        Line(x, (gap * (2 - gap)).factor() * (phi / line.right).cancel())
        for x, line in zip((phi_c_uniform, phi_c_pairs), FAMILIES, strict=True)
    )


def _at_thresholds(known: Lines, after: Lines) -> tuple[tuple, ...]:
    """That both bounds are met at the weights."""
    gap, pull = 1 - known[mu_k], 1 - mu_k
    ends = tuple(zip(known.of(pull).rights, (alpha_c, alpha_h), strict=True))
    return (pull.subs(mu_k, known[mu_k]), gap), *((end.subs(alpha, after[weight]), gap) for end, weight in ends)


def _slow_step(slope: Line) -> Step:
    return Step(
        "slow",
        "From above the kink the variance falls slowly: the pull is all that moves it.",
        "The hinge is closed; the amplitude falls as half of the logarithm of the variance.",
        before=(slope,),
        after=(FALL,),
        uses=("kink",),
        check=lambda before, after: (
            Identity(((before[slope_above], after[fall_rate]),)),
            Numerics(lambda rng: evidence.falling_variances(rng, after), 1e-9, "the flow of all embeddings above the hinge"),
        ),
    )


def _weak_frustration_step() -> Step:
    before = (*WEIGHTS, FALL)
    return Step(
        "weak_frustration",
        "To leading order both critical weights are in proportion to the frustration, and so is the slow rate.",
        "Expand the root.",
        before=before,
        given=(CORRELATION,),
        after=_leading_order(Lines((*before, CORRELATION))),
        uses=("critical_fraction", "slow"),
        assumptions=("$\\psi$ is small.",),
        check=lambda before, after: (
            after.same(_leading_order(before)),
            Remainder(
                lambda rng: evidence.leading_orders(rng, before, after),
                2e-2,
                "all three at two small frustrations: remainders of order 2, of the rate of order 3",
                reads=after,
            ),
        ),
    )


def _leading_order(known: Lines) -> Lines:
    orders = {alpha_c: 2, alpha_h: 2, fall_rate: 3}
    exact = {left: known[left].subs(mu_k, known[mu_k]) for left in orders}
    return Lines(Line(left, e.series(psi, 0, orders[left]).removeO(), r"\simeq") for left, e in exact.items())


def _decay_step(moving: Lines) -> Step:
    return Step(
        "decay",
        "Decay of the embeddings does what more frustration does: it adds $\\lambda/2$ to $1-\\mu_k$, in all that is said of "
        "one dimension.",
        "The pull is linear, and so is decay.",
        before=moving,
        after=(Line(dot(v), moving[dot(v)].subs(mu_k, mu_k - lam / 2).expand().collect(v)),),
        uses=("velocity",),
        check=lambda before, after: (
            Identity(((before[dot(v)] - lam * v, after[dot(v)]),)),
            Numerics(lambda rng: evidence.decaying_velocities(rng, after[dot(v)]), 1e-9, "the flow of all embeddings"),
        ),
    )


def _stopped_loss() -> Loss:
    terms = [_distance(U_x, sg(U_y)), _distance(sg(U_x), U_y)]
    return Loss(sum(terms) / 2, state=(U_x, U_y), assumptions=(Q.diagonal(mu_matrix),))


def _distance(a, b):
    return Trace(a * a.T) - 2 * Trace(a * mu_matrix * b.T) + Trace(b * b.T)


def _stopped_step() -> Step:
    loss = _stopped_loss()
    flow = loss.stop_gradient_flow()
    return Step(
        "stopped",
        "Stop-gradient on the other view, in both halves of the squared distances, halves the pull of the couplings and "
        "changes nothing else: all holds with twice the weights of hinge and covariances, at half the speed.",
        "Each half has half of the slope, and each view is moved by one of them.",
        given=(Line(L, loss.expression),),
        after=tuple(Line(dot(block), flow.velocity[block]) for block in (U_x, U_y)),
        assumptions=("$\\mu$ is diagonal.",),
        check=lambda given, after: (
            Identity(tuple((after[dot(block)], half) for block, half in _half_the_slopes().items()), loss.context),
            Descent(
                loss.with_parts(expression=given[L]),
                after.of(dot(U_x), dot(U_y)).rights,
                evidence.two_views_point,
                stopped=True,
            ),
        ),
    )


def _half_the_slopes():
    whole = Loss(_distance(U_x, U_y), state=(U_x, U_y), assumptions=(Q.diagonal(mu_matrix),)).gradient_flow()
    return {block: S.Half * whole.velocity[block] for block in (U_x, U_y)}
