"""The last steps of the derivation ``spectral_contrastive``: frustration, room, and a decay beside."""

from __future__ import annotations

from sympy import S, solve

from derivations.catalogue.class_modes import CORRELATION, critical_fractions, frustrations, meet_thresholds
from derivations.catalogue.spectral_contrastive import evidence
from derivations.checks import Identity, Numerics, Remainder
from derivations.closed_forms.families import in_fraction
from derivations.closed_forms.spectral_contrastive import critical_decay, return_rate, survivor_product
from derivations.closed_forms.views import VIEWS
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import (
    Q_t,
    V_x,
    V_y,
    lam_c,
    m,
    mu_j,
    mu_k,
    product_decay,
    product_k,
    psi,
    s_jk,
    s_kk,
    slow,
    tau_pairs,
    tau_uniform,
)
from theory import Flow
from theory.models.vocabulary import lam


def last_steps(moving: Lines, rates: Lines, product: Line) -> tuple[Step, ...]:
    """What frustration does to what survives, what dies for want of room, and what changes beside a decay."""
    return _frustration_step(Lines((*rates.of(s_kk), product))), _room_step(rates.of(s_jk)), _decay_step(moving, product)


def _frustration_step(known: Lines) -> Step:
    return Step(
        "frustration",
        "Frustration shrinks class modes and slows them down by half of what it is, to leading order, and collapses none.",
        "Insert the correlation of the class modes; expand.",
        before=known,
        given=(CORRELATION,),
        after=_in_frustration(Lines((*known, CORRELATION))),
        uses=("rest", "spectrum"),
        check=lambda before, after: (
            after.same(_in_frustration(before)),
            Identity(((-before[s_kk], return_rate()),)),
            Remainder(
                lambda rng: evidence.leading_orders(rng, before, after),
                2e-2,
                "both at two small frustrations: remainders of order 2",
                reads=after,
            ),
        ),
    )


def _in_frustration(known: Lines) -> Lines:
    """The product of a survivor and the rate at which it returns to it, to first order in the frustration."""
    exact = ((product_k, known[product_k]), (slow, -known[s_kk]))
    return Lines(Line(left, formula.subs(mu_k, known[mu_k]).series(psi, 0, 2).removeO(), r"\simeq") for left, formula in exact)


def _room_step(known: Lines) -> Step:
    return Step(
        "room",
        "Where there is one direction only, the mean has it, and class modes die beside it: slowly, if few samples are "
        "frustrated.",
        "The mean has the correlation one.",
        before=known,
        given=(Line(mu_k, S.One),),
        after=_beside_mean(Lines((*known, Line(mu_k, S.One)))),
        uses=("spectrum",),
        assumptions=("Slow times of class modes of the uniform family and of pairs, $j$ one of them.",),
        check=lambda before, after: (
            after.same(_beside_mean(before)),
            Remainder(
                lambda rng: evidence.slow_times(rng, after),
                2e-2,
                "the gap of correlations at two small fractions: relative remainders of order 1",
                reads=after[1:],
            ),
        ),
    )


def _beside_mean(known: Lines) -> Lines:
    """How fast a class mode dies beside the mean, and its slow time in both families to leading order."""
    rate = -known[s_jk].subs(mu_k, known[mu_k])
    times = (in_fraction(1 / rate, mu_j, family, 0) for family in ("uniform", "pairs"))
    return Lines(
        (
            Line(slow, rate),
            *(Line(tau, time, r"\simeq") for tau, time in zip((tau_uniform, tau_pairs), times, strict=True)),
        )
    )


def _decay_step(moving: Lines, product: Line) -> Step:
    pulled = (Line(dot(view, "decaying"), dot(view) - lam * view) for view in VIEWS)
    (lost,) = solve(critical_decay() - lam, mu_k)
    return Step(
        "decay",
        "A decay of all embeddings beside the loss makes both views alike, takes $\\tfrac12\\lambda m$ off the products, and "
        "so has a threshold: class modes end at a critical fraction of frustrated samples.",
        "What was conserved decays. One mode along a direction, both views alike, and where it loses its stability.",
        before=(*moving, product),
        given=(*pulled, *frustrations(), Line(lam, critical_decay().subs(mu_k, S.One), "<")),
        after=(
            Line(dot(Q_t, "decaying"), -2 * lam * (V_x * V_x.T - V_y * V_y.T)),
            Line(lam_c, critical_decay()),
            Line(lam, lam_c, "<"),
            Line(product_decay, survivor_product(lam)),
            *critical_fractions(lost),
        ),
        uses=("modes", "rest"),
        check=lambda before, after: (
            Identity(
                (
                    (_decaying(before).time_derivative(V_x * V_x.T - V_y * V_y.T), after[dot(Q_t, "decaying")]),
                    (before[product_k].subs(mu_k, mu_k - lam * m / 2), after[product_decay]),
                    (after[product_decay].subs(lam, after[lam_c]), S.Zero),
                )
            ),
            Numerics(
                lambda rng: meet_thresholds(
                    rng, before, after, after[lam_c].subs(mu_k, CORRELATION.right) / lam, evidence.random_decays
                ),
                1e-9,
                "where and only where it is assumed",
            ),
            Numerics(
                lambda rng: evidence.decaying_runs(rng, before, after),
                1e-5,
                "runs of all embeddings of both families beside a decay, from both sides of the threshold",
                reads=after.bounds,
            ),
        ),
    )


def _decaying(known: Lines) -> Flow:
    """The flow with the decay that is given."""
    return Flow({view: known[dot(view, "decaying")].xreplace({dot(view): known[dot(view)]}) for view in VIEWS})
