"""The steps of the derivation, with their checks."""

from __future__ import annotations

from functools import cache

from sympy import ImmutableMatrix, Matrix, Min, S, Trace, ZeroMatrix

from derivations.catalogue.spectral_contrastive import evidence
from derivations.catalogue.spectral_contrastive.beside import last_steps
from derivations.catalogue.view_steps import modes_step, moving_views, stop_step
from derivations.catalogue.written import ordered_sum
from derivations.checks import Identity, Numerics
from derivations.closed_forms.spectral_contrastive import contrasted_amplitude, contrasted_modes, survivor_product
from derivations.closed_forms.views import VIEWS, displaced_blocks, even_in, one_mode_of
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import (
    L,
    Q_t,
    V_x,
    V_y,
    a_1,
    a_2,
    m,
    mu_j,
    mu_k,
    mu_l,
    mu_xy,
    n_plus,
    null_J,
    product_k,
    rank_V,
    s_j0,
    s_jk,
    s_kk,
    s_kl,
    v,
)
from theory import Flow, models
from theory.models.vocabulary import d

LOSS = models.spectral_contrastive()
ENERGY = Line(L, contrasted_modes().expression.doit())
PRODUCT = Line(product_k, survivor_product())
GRAM = V_x.T * V_y
CONTEXT = contrasted_modes().context


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    moving = moving_views(LOSS)
    balance = Line(Q_t, V_x * V_x.T - V_y * V_y.T)
    rates = _eigenvalues(Lines((*moving, PRODUCT)))
    return (
        modes_step(LOSS, "The spectral contrastive loss of two views.", lambda rng: {}),
        _factorisation_step(),
        _descent_step(moving),
        _balance_step(moving, balance),
        _rest_step(moving),
        _spectrum_step(moving),
        _survivors_step(rates),
        *last_steps(moving, rates, PRODUCT),
        stop_step(LOSS),
    )


def _factorisation_step() -> Step:
    gap = GRAM - m * mu_xy
    return Step(
        "factorisation",
        "The loss says how far the products of samples and labels are from $m\\mu_{xy}$: its least value keeps the largest "
        "correlations, at most $d$ of them.",
        "Complete the square. The best approximation of lower rank is that of Eckart and Young.",
        before=(ENERGY,),
        after=(Line(L, ordered_sum(Trace(gap.T * gap) / m**2, -Trace(mu_xy.T * mu_xy))),),
        uses=("modes",),
        check=lambda before, after: (
            Identity(((before[L], after[L].doit()),), CONTEXT),
            Numerics(evidence.least_losses, 1e-6, "the loss at the end of runs of all embeddings"),
        ),
    )


def _descent_step(moving: Lines) -> Step:
    return Step(
        "descent",
        "The loss falls until all rests: every start comes to rest.",
        "A gradient flow. The loss bounds the products of samples and labels, and the next step the difference of their "
        "moments: trajectories are bounded, and by Łojasiewicz's inequality each has one limit.",
        before=(ENERGY, *moving),
        after=(Line(dot(L), ordered_sum(*(-Trace(dot(view) * dot(view).T) for view in VIEWS))),),
        uses=("modes",),
        check=lambda before, after: Identity(
            (
                (
                    _flow_of(before).time_derivative(before[L]),
                    after[dot(L)].xreplace({dot(view): before[dot(view)] for view in VIEWS}),
                ),
            ),
            CONTEXT,
        ),
    )


def _flow_of(known: Lines) -> Flow:
    return Flow({view: known[dot(view)] for view in VIEWS})


def _balance_step(moving: Lines, balance: Line) -> Step:
    return Step(
        "balance",
        "The difference of the moments of samples and labels is conserved: embeddings that start small have almost the same "
        "moments at all times.",
        "Both moments change by the same symmetric matrix.",
        before=moving,
        after=(balance, Line(dot(Q_t), ZeroMatrix(d, d))),
        uses=("modes",),
        check=lambda before, after: (
            Identity(((_flow_of(before).time_derivative(after[Q_t]), after[dot(Q_t)]),), CONTEXT),
            Numerics(lambda rng: evidence.conserved_moments(rng, after[Q_t]), 1e-6, "moments of all embeddings along runs"),
        ),
    )


def _rest_step(moving: Lines) -> Step:
    return Step(
        "rest",
        "At rest the products of samples and labels are those of the coupling, or none: a mode that survives is as large as "
        "its correlation, and its samples are orthogonal to labels of other modes.",
        "Multiply the velocities by the other view. Both products with $\\mu_{xy}$ are symmetric: $V_x^TV_y$ is diagonal where "
        "correlations differ, and each entry $p$ satisfies $p^2=m\\mu_kp$.",
        before=moving,
        after=(
            Line(GRAM * GRAM.T, m * GRAM * mu_xy.T),
            Line(GRAM.T * GRAM, m * GRAM.T * mu_xy),
            PRODUCT,
        ),
        uses=("modes",),
        assumptions=(
            "The mode $k$ survives: its product is not zero. Modes with equal $\\mu$ may be turned among each other.",
        ),
        check=lambda before, after: (
            Identity(
                (
                    (m**2 * V_x.T * before[dot(V_x)] / 2, after[GRAM * GRAM.T] - GRAM * GRAM.T),
                    (m**2 * V_y.T * before[dot(V_y)] / 2, after[GRAM.T * GRAM] - GRAM.T * GRAM),
                    (one_mode_of(_flow_of(before)).velocity[v].subs(v, (m * after[product_k]) ** (S.One / 2)), S.Zero),
                    (one_mode_of(_flow_of(before)).velocity[v], contrasted_amplitude().velocity[v]),
                ),
                CONTEXT,
            ),
            Numerics(lambda rng: evidence.at_rest(rng, after), 1e-5, "the end of runs of all embeddings"),
        ),
    )


def _spectrum_step(moving: Lines) -> Step:
    before, rank = Lines((*moving, PRODUCT)), rank_V
    return Step(
        "spectrum",
        "All eigenvalues where survivors lie along orthogonal directions, alike in both views: of an absent mode $j$ along a "
        "survivor $k$ and along an empty direction, of a survivor in its length, and, twice, of two survivors towards each "
        "other. The others are zero: what changes the moments of samples and labels, and not their products.",
        "Displacements of both views alike, or opposite, fall into blocks of one and two entries. What is opposite in an "
        "absent mode has $-\\mu_j$ for $\\mu_j$.",
        before=before,
        after=(*_eigenvalues(before), Line(null_J, rank * (2 * d - rank))),
        uses=("modes", "rest"),
        assumptions=("All $\\mu$ differ and none is zero but where a sample has no partner.",),
        check=lambda before, after: (
            after[:-1].same(_eigenvalues(before)),
            Numerics(lambda rng: evidence.whole_spectrum(rng, before, after), 1e-8, "dense Jacobians of all embeddings"),
        ),
    )


@cache
def _eigenvalues(known: Lines) -> Lines:
    """Those of the blocks of the Jacobian for two survivors, an absent mode and an empty direction."""
    sizes = {a_1: m * known[product_k], a_2: m * known[product_k].subs(mu_k, mu_l)}
    flow, rest = _flow_of(known), ImmutableMatrix.diag(a_1, a_2, 0)
    alike, opposite = (
        {names[0]: block for names, block in displaced_blocks(flow, rest, (mu_k, mu_l, mu_j), sign).items()} for sign in (1, -1)
    )

    def trace_of(block: Matrix):
        return even_in(block.trace(), sizes).factor()

    neutral = (trace_of(alike["v_31"]), trace_of(opposite["v_31"]), trace_of(opposite["v_11"]))
    products = (even_in(blocks["v_12"].det(), sizes) for blocks in (alike, opposite))
    turned = trace_of(alike["v_12"]) - trace_of(opposite["v_12"])
    if {*neutral, *(product.expand() for product in products), turned.expand()} != {0}:
        raise ArithmeticError("what keeps all products does not rest")
    return Lines(
        Line(name, trace_of(alike[block])) for name, block in ((s_jk, "v_13"), (s_j0, "v_33"), (s_kk, "v_11"), (s_kl, "v_12"))
    )


def _survivors_step(rates: Lines) -> Step:
    return Step(
        "survivors",
        "Stable is the state in which each absent mode $j$ has a smaller $\\mu$ than each survivor and, where a direction is "
        "empty, none that is positive: the largest correlations survive, as many as are positive and have a direction. No "
        "frustration is too strong.",
        "Both eigenvalues of absent modes are not positive. A linear change of both views that keeps all products takes each "
        "state at rest to one whose views are alike, and the second derivatives of the loss along with it: their signs are the "
        "same.",
        before=(*rates.of(s_jk, s_j0), PRODUCT),
        after=(
            Line(mu_j, mu_k, "<"),
            Line(mu_j, S.Zero, r"\le"),
            Line(rank_V, Min(d, n_plus)),
        ),
        uses=("rest", "spectrum"),
        assumptions=("All $\\mu$ differ. Samples without a partner may keep what they have along an empty direction.",),
        check=lambda before, after: (
            Numerics(
                lambda rng: evidence.stable_choices(rng, before, after),
                0,
                "dense eigenvalues of states of a coupling, alike in both views and changed",
                reads=after.bounds,
            ),
            Numerics(
                lambda rng: evidence.survivors_of_runs(rng, before, after[rank_V]),
                1e-5,
                "the end of runs of all embeddings from random starts",
            ),
        ),
    )
