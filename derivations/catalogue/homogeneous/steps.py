"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Inverse, Q, Trace, ZeroMatrix, exp

from derivations.catalogue.homogeneous import evidence
from derivations.catalogue.view_steps import modes_step, moving_views, stop_step
from derivations.checks import Identity, Numerics, Remainder
from derivations.closed_forms.families import in_fraction
from derivations.closed_forms.views import VIEWS, rate_of_mode, view_modes, with_decay
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import (
    C_H,
    G_L,
    S_0,
    S_H,
    H,
    L,
    Z,
    energy_J,
    g_least,
    g_most,
    mu_k,
    ones_Z,
    slow,
    slow_decay,
    t,
    tau_pairs,
    tau_uniform,
)
from theory import Flow, models
from theory.models.vocabulary import d, lam
from theory.words import Context

CONTEXT = Context((Q.diagonal(H),))
MOVING = Line(dot(Z), -G_L * H)
FALL = Line(dot(S_H), -2 * L)


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    squared = models.squared()
    return (
        _euler_step(),
        _centroid_step(),
        _bounds_step(),
        modes_step(squared, "Squared distances of coupled embeddings, half of them.", lambda rng: {}),
        _squared_step(moving_views(squared)),
        stop_step(squared),
    )


def _euler_step() -> Step:
    size = Trace(Z * Inverse(H) * Z.T) / 2
    return Step(
        "euler",
        "The squares of all embeddings, in the metric of their mobilities, fall at twice the loss.",
        "Euler's theorem: the slope along the state is twice a function that is homogeneous of degree two.",
        given=(MOVING, Line(Trace(G_L * Z.T), 2 * L)),
        after=(Line(S_H, size), FALL),
        assumptions=("$L(cZ)=c^2L(Z)$; $\\partial L$ is its slope.",),
        check=lambda given, after: (
            Identity(
                (
                    (_flow_of(given).time_derivative(after[S_H]), -Trace(G_L * Z.T)),
                    (after[dot(S_H)], -given[Trace(G_L * Z.T)]),
                ),
                CONTEXT,
            ),
            Numerics(lambda rng: evidence.falls(rng, given, after), 1e-8, "flows of losses of degree two, quadratic and not"),
        ),
    )


def _flow_of(known: Lines) -> Flow:
    return Flow({Z: known[dot(Z)]}, assumptions=(Q.diagonal(H),))


def _centroid_step() -> Step:
    return Step(
        "centroid",
        "A loss of distances keeps the centroid of each component, to which all of it falls: squares are those of what is "
        "around it.",
        "Nothing pulls at all embeddings together.",
        given=(MOVING, Line(G_L * ones_Z, ZeroMatrix(d, 1))),
        after=(Line(C_H, Z * Inverse(H) * ones_Z), Line(dot(C_H), ZeroMatrix(d, 1))),
        check=lambda given, after: (
            Identity(
                (
                    (
                        _flow_of(given).time_derivative(after[C_H]),
                        after[dot(C_H)] + given[G_L * ones_Z] - G_L * ones_Z,
                    ),
                ),
                CONTEXT,
            ),
            Numerics(lambda rng: evidence.centroids(rng, after), 1e-9, "flows of losses of distances"),
        ),
    )


def _bounds_step() -> Step:
    return Step(
        "bounds",
        "Where what a pair costs is between two multiples of its squared distance, all falls to the centroid: at least at a "
        "multiple of $1-\\mu_k$ from any start, and at most at one from a start in mode $k$. A frustrated coupling collapses, "
        "whatever the norm, in a time that its frustration sets.",
        "Half the squared distances are at least $1-\\mu_k$ times the squares around the centroid, where $\\mu_k$ is the "
        "largest correlation below one and $H=D^{-1}$, and equal to it in mode $k$. The ratio of loss and squares never "
        "grows: $(2L)^2$ is at most $2S_H$ times the square of the slope.",
        before=(FALL,),
        given=(Line(L, 2 * g_least * energy_J, r"\ge"), Line(L, 2 * g_most * energy_J, r"\le")),
        after=(
            Line(S_H, S_0 * exp(-4 * g_least * (1 - mu_k) * t), r"\le"),
            Line(S_H, S_0 * exp(-4 * g_most * (1 - mu_k) * t), r"\ge"),
        ),
        uses=("euler",),
        assumptions=("$S_H$ is that around the centroid. The coupling is connected. The last line from a start in mode $k$.",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.bounded_runs(rng, before, after),
            0,
            "runs of pairs that cost squares in other norms",
            reads=after,
        ),
    )


def _squared_step(moving: Lines) -> Step:
    return Step(
        "squared",
        "Squared distances: a mode falls at $1-\\mu_k$, and at $1-\\mu_k+\\lambda$ beside a decay. The slow time of class "
        "modes grows as one over the fraction of frustrated samples.",
        "Both views of a mode alike; expand.",
        before=moving,
        after=_rates(moving),
        uses=("modes",),
        assumptions=("Slow times of class modes of the uniform family and of pairs.",),
        check=lambda before, after: (
            after.same(_rates(before)),
            Identity(((rate_of_mode(with_decay(view_modes(models.squared())).gradient_flow()), after[slow_decay]),)),
            Remainder(
                lambda rng: evidence.slow_times(rng, before, after),
                2e-2,
                "gaps of correlations at two small fractions: relative remainders of order 2",
                reads=after[2:],
            ),
            Numerics(lambda rng: evidence.decays(rng, after), 1e-9, "velocities of all embeddings, with and without decay"),
        ),
    )


def _rates(known: Lines) -> Lines:
    """How fast a mode falls, without and with decay, and slow times to two orders."""
    rate = rate_of_mode(Flow({view: known[dot(view)] for view in VIEWS}))
    times = (in_fraction(1 / rate, mu_k, family, 1) for family in ("uniform", "pairs"))
    return Lines(
        (
            Line(slow, rate),
            Line(slow_decay, rate + lam),
            *(Line(tau, time, r"\simeq") for tau, time in zip((tau_uniform, tau_pairs), times, strict=True)),
        )
    )
