"""The last steps of the derivation ``whitening``: squared distances alone, frustration, stop-gradient with decay beside it."""

from __future__ import annotations

from sympy import S, Trace, sqrt

from derivations.catalogue.class_modes import CORRELATION, critical_fraction_step
from derivations.catalogue.whitening import evidence
from derivations.checks import Identity, Numerics, Remainder
from derivations.closed_forms.decaying import critical_decay
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import (
    beta_c,
    lam_c,
    mu,
    mu_k,
    psi,
    slope_k,
    square_k,
    v_k,
)
from theory.models.vocabulary import beta

ROOM = (
    "A critical fraction above one says that all samples may be frustrated; they may, too, where the weight is larger than "
    "assumed."
)


def frustration_steps(known: Lines) -> tuple[Step, ...]:
    """What is left without the second moments, and what frustration does beside them and beside decay."""
    least, square = known.of(beta_c), known.of(square_k)
    fraction = critical_fraction_step(
        least[0], beta, "the second moments", ROOM, evidence.random_weights, evidence.family_thresholds
    )
    return (
        _squared_distances_step(known.of(slope_k)),
        fraction,
        _weak_frustration_step(Lines((fraction.after[0], *square))),
        _beside_decay_step(least),
    )


def _squared_distances_step(slope: Lines) -> Step:
    return Step(
        "squared_distances",
        "Without the second moments every mode with $\\mu$ other than one dies, at the rate $1-\\mu$: no frustration is "
        "too weak to collapse.",
        "Nothing pushes.",
        before=slope,
        given=(Line(beta, S.Zero),),
        after=(Line(slope_k, -(1 - mu_k) * Trace(v_k.T * v_k)),),
        uses=("collapse",),
        check=lambda before, after: (
            Identity(((before[slope_k].subs(beta, before[beta]), after[slope_k]),)),
            Numerics(lambda rng: evidence.pulled_modes(rng, after[slope_k]), 1e-10, "squared distances of all embeddings"),
        ),
    )


def _weak_frustration_step(known: Lines) -> Step:
    return Step(
        "weak_frustration",
        "To leading order the weight has to exceed half the frustration, and what survives is shorter by as much over the "
        "weight.",
        "Expand the root.",
        before=known,
        given=(CORRELATION,),
        after=_leading_order(Lines((*known, CORRELATION))),
        uses=("critical_fraction", "rest"),
        assumptions=("$\\psi$ is small.",),
        check=lambda before, after: (
            after.same(_leading_order(before)),
            Remainder(
                lambda rng: evidence.leading_orders(rng, before, after),
                2e-2,
                "both at two small frustrations: remainders of order 2",
                reads=after,
            ),
        ),
    )


def _beside_decay_step(least: Lines) -> Step:
    return Step(
        "beside_decay",
        "Stop-gradient with decay has a threshold, too: the critical decay of a mode and its critical weight follow from "
        "each other. There the collapsed state is always stable and the start decides; here it does not.",
        "Both are functions of $\\mu$ alone.",
        before=least,
        given=(Line(lam_c, critical_decay().subs(mu, mu_k)), Line(mu_k, S.Zero, r"\ge")),
        after=(Line(beta_c, 1 - 2 * sqrt(lam_c)),),
        uses=("threshold",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.both_thresholds(rng, before, after),
            1e-9,
            "heads that are real up to the critical decay, where and only where it is assumed",
        ),
    )


def _leading_order(known: Lines) -> Lines:
    """The critical weight and the square of a survivor, to first order in the frustration."""
    exact = {left: known[left].subs(mu_k, known[mu_k]) for left in (beta_c, square_k)}
    return Lines(Line(left, e.series(psi, 0, 2).removeO(), r"\simeq") for left, e in exact.items())
