"""The steps of the derivation, with their checks."""

from __future__ import annotations

from functools import cache

from sympy import Expr, ImmutableMatrix, Matrix, Min, S, sqrt

from derivations.catalogue.coding_rates import evidence
from derivations.catalogue.coding_rates.beside import last_steps
from derivations.catalogue.view_steps import modes_step, moving_views, stop_step
from derivations.checks import Identity, Numerics
from derivations.closed_forms.coding_rates import coding_amplitude, critical_alpha, survivor_moment
from derivations.closed_forms.views import VIEWS, by_distance, displaced_blocks, even_in, one_mode_of
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import (
    a_1,
    a_2,
    alpha_c,
    delta_kl,
    m,
    moment_k,
    mu_j,
    mu_k,
    mu_l,
    n_alpha,
    null_J,
    rank_V,
    s_j0,
    s_jk,
    s_kk,
    s_kl,
    s_opposite,
    s_turned,
    tau_kl,
    v,
)
from theory import Flow, models
from theory.models.two_views import alpha
from theory.models.vocabulary import d

LOSS = models.coding_rate()
MOMENT, CRITICAL = Line(moment_k, survivor_moment()), Line(alpha_c, critical_alpha())


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    moving = moving_views(LOSS)
    amplitude = Line(dot(v), coding_amplitude().velocity[v])
    rates = _eigenvalues(Lines((*moving, MOMENT)))
    return (
        modes_step(
            LOSS, "Squared distances of coupled embeddings against the coding rates of both views.", evidence.random_parameters
        ),
        _threshold_step(moving, amplitude),
        _spectrum_step(moving),
        _survivors_step(rates),
        *last_steps(amplitude, rates.of(s_kk), Lines((CRITICAL, MOMENT))),
        stop_step(LOSS),
    )


def _threshold_step(moving: Lines, amplitude: Line) -> Step:
    return Step(
        "threshold",
        "A mode survives only if the rates push it more than its couplings pull: the threshold is linear in its correlation, "
        "and what survives is the larger the less frustrated it is.",
        "One mode along a direction, both views alike: all states at rest by exhausted cases, and where the one at zero loses "
        "its stability.",
        before=moving,
        after=(amplitude, CRITICAL, Line(alpha, alpha_c, ">"), MOMENT),
        uses=("modes",),
        check=lambda before, after: (
            Identity(
                (
                    (one_mode_of(_flow_of(before)).velocity[v], after[dot(v)]),
                    (after[dot(v)].subs(v, sqrt(m * after[moment_k])), S.Zero),
                    (after[moment_k].subs(alpha, after[alpha_c]), S.Zero),
                )
            ),
            Numerics(
                lambda rng: evidence.real_amplitudes(rng, after),
                1e-7,
                "the real roots of the velocity, from both sides of the threshold",
                reads=after.bounds,
            ),
        ),
    )


def _flow_of(known: Lines) -> Flow:
    return Flow({view: known[dot(view)] for view in VIEWS})


def _spectrum_step(moving: Lines) -> Step:
    before, rank = Lines((*moving, MOMENT)), rank_V
    return Step(
        "spectrum",
        "All eigenvalues where survivors lie along orthogonal directions: of an absent mode $j$ along a survivor $k$ and along "
        "an empty direction, of a survivor in its length, of two survivors towards each other; then, where both views are "
        "displaced against each other, of a survivor in its length and along an empty direction, and trace and determinant "
        "of two survivors. The others are zero: turns of all modes together.",
        "Displacements of both views alike, or opposite, fall into blocks of one and two entries. What is opposite in an "
        "absent mode has $-\\mu_j$ for $\\mu_j$.",
        before=before,
        after=(*_eigenvalues(before), Line(null_J, rank * (rank - 1) / 2 + rank * (d - rank))),
        uses=("modes", "threshold"),
        assumptions=(
            "All $\\mu$ differ and none is zero but where a sample has no partner. A survivor whose views are opposed has "
            "$-\\mu_k$ for $\\mu_k$.",
        ),
        check=lambda before, after: (
            after[:-1].same(_eigenvalues(before)),
            Numerics(
                lambda rng: evidence.whole_spectrum(rng, before[moment_k], after),
                1e-8,
                "dense Jacobians of all embeddings",
            ),
        ),
    )


@cache
def _eigenvalues(known: Lines) -> Lines:
    """Those of the blocks of the Jacobian for two survivors, an absent mode and an empty direction."""
    sizes = {a_1: m * known[moment_k], a_2: m * known[moment_k].subs(mu_k, mu_l)}
    flow, rest = _flow_of(known), ImmutableMatrix.diag(a_1, a_2, 0)
    alike, opposite = (
        {names[0]: block for names, block in displaced_blocks(flow, rest, (mu_k, mu_l, mu_j), sign).items()} for sign in (1, -1)
    )

    def at_rest(entry: Expr) -> Expr:
        return by_distance(even_in(entry, sizes))

    def trace_of(block: Matrix) -> Expr:
        return at_rest(block.trace())

    if {at_rest(alike["v_12"].det()), trace_of(alike["v_31"]), trace_of(alike["v_32"])} != {0}:
        raise ArithmeticError("a turn of all modes together does not rest")
    together = ((s_jk, "v_13"), (s_j0, "v_33"), (s_kk, "v_11"), (s_kl, "v_12"))
    apart = ((s_opposite, "v_11"), (s_turned, "v_31"), (tau_kl, "v_12"))
    return Lines(
        (
            *(Line(name, trace_of(alike[block])) for name, block in together),
            *(Line(name, trace_of(opposite[block])) for name, block in apart),
            Line(delta_kl, at_rest(opposite["v_12"].det())),
        )
    )


def _survivors_step(rates: Lines) -> Step:
    return Step(
        "survivors",
        "Stable is the state in which each absent mode $j$ has a smaller $\\mu$ than each survivor $k$ and, where a direction "
        "is empty, is below its threshold: the largest $\\mu$ survive, as many as are above their threshold and have a "
        "direction.",
        "Both eigenvalues of absent modes are negative; the others are never positive. Where views of a survivor are opposed, "
        "an absent mode, or an empty direction, has room to turn them.",
        before=(*rates.of(s_jk, s_j0), MOMENT),
        after=(
            Line(mu_j, mu_k, "<"),
            Line(alpha, critical_alpha().subs(mu_k, mu_j), "<"),
            Line(rank_V, Min(d, n_alpha)),
        ),
        uses=("threshold", "spectrum"),
        assumptions=(
            "More samples than directions. All $\\mu$ differ, none of them is at its threshold. A mode without frustration is "
            "a survivor that still grows.",
        ),
        check=lambda before, after: (
            Numerics(
                lambda rng: evidence.stable_choices(rng, before, after),
                0,
                "dense eigenvalues of states of a coupling",
                reads=after.bounds,
            ),
            Numerics(
                lambda rng: evidence.survivors_of_runs(rng, before, after[rank_V]),
                1e-5,
                "the end of runs of all embeddings from random starts",
            ),
        ),
    )
