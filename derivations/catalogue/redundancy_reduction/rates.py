"""The last steps of the derivation ``redundancy_reduction``: views against each other, slow rates, weak frustration, decay."""

from __future__ import annotations

from sympy import Dummy, Expr, ImmutableMatrix, S, diff, sqrt

from derivations.catalogue.class_modes import CORRELATION, frustrations
from derivations.catalogue.redundancy_reduction import rate_evidence as evidence
from derivations.catalogue.view_steps import whole_stop_step
from derivations.checks import Identity, Numerics, Remainder
from derivations.closed_forms.redundancy_reduction import at_directions, resting_rate
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import (
    C_on,
    L,
    L_kl,
    U_x,
    U_y,
    alpha_c,
    length_x,
    mu_1,
    mu_2,
    mu_j,
    mu_k,
    psi,
    psi_1,
    psi_2,
    psi_pairs,
    psi_uniform,
    slow_turn,
    square_row,
)
from theory import Loss
from theory.models.two_views import alpha
from theory.models.vocabulary import K, d, lam

TURN = Line(slow_turn, resting_rate() / square_row)
TWO = (Line(mu_1, sqrt(1 - psi_1)), Line(mu_2, sqrt(1 - psi_2)))


def last_steps(energy: Line, collapsed: Line) -> tuple[Step, ...]:
    """What else there is, how fast dimensions turn, and what few frustrated samples and decay do."""
    return (
        _against_step(energy),
        _more_dimensions_step(energy),
        _turn_step(energy),
        _slow_step(),
        _weak_step(collapsed),
        _decay_step(energy),
        whole_stop_step(Loss(energy.right, state=(U_x, U_y))),
    )


def _against_step(energy: Line) -> Step:
    return Step(
        "against",
        "Parallel dimensions can also give way by turning both views against each other, until all cross-correlations are "
        "$1/(1+\\alpha)$. They rest there, with a larger loss than that of orthogonal dimensions; for large weights and two "
        "modes starts nearby end there, though views that are alike would not.",
        "All cross-correlations of parallel dimensions are equal; the loss as a function of their value.",
        before=(energy,),
        after=(Line(C_on, 1 / (1 + alpha)), Line(L_kl, 2 * alpha / (1 + alpha))),
        uses=("modes",),
        assumptions=("No correlation that is asked for is larger than the largest $\\mu$.",),
        check=lambda before, after: (
            Identity(_parallel(before[L], after)),
            Numerics(lambda rng: evidence.views_against(rng, after), 1e-5, "the end of runs of all embeddings"),
        ),
    )


def _parallel(energy: Expr, after: Lines) -> tuple[tuple[Expr, Expr], ...]:
    """The loss of two parallel dimensions along one mode of any correlation: where it is least, and how large."""
    row = ImmutableMatrix([[1], [1]])
    loss = at_directions(energy, row, row, ImmutableMatrix([[mu_k]])).expand()
    return (diff(loss, mu_k).subs(mu_k, after[C_on]), S.Zero), (loss.subs(mu_k, after[C_on]), after[L_kl])


def _more_dimensions_step(energy: Line) -> Step:
    share = (d - K + 1) / (K - 1)
    return Step(
        "more_dimensions",
        "More dimensions than modes of one correlation cannot be orthogonal. Where the weight is small enough for views "
        "to keep alike, they end on a tight frame: each has the correlation of the modes, and the redundancy that is left is "
        "spread.",
        "The sum of the squares of all scalar products of $d$ directions in $K-1$ dimensions is at least $d^2/(K-1)$ (Welch); "
        "with views against each other all cross-correlations are smaller by one factor, and the loss is quadratic in it.",
        before=(energy,),
        given=(Line(alpha * share, (1 - mu_k) / mu_k, "<"),),
        after=(Line(C_on, mu_k), Line(L, d * (1 - mu_k) ** 2 + alpha * mu_k**2 * d * share)),
        uses=("modes",),
        assumptions=("$K-1$ class modes of one correlation, as in symmetric families.",),
        check=lambda before, after: (
            Identity(evidence.tight_frame(before[L], after)),
            Numerics(
                lambda rng: evidence.frames_of_runs(rng, before, after), 0, "the end of runs, from both sides of the bound"
            ),
        ),
    )


def _turn_step(energy: Line) -> Step:
    return Step(
        "turn",
        "A dimension of length $\\ell$ along mode $k$ turns back out of a mode $j$ at a rate that vanishes with its "
        "frustration. Views against each other in mode $j$ have $-\\mu_j$, and what only one view has is $\\mu_j=0$.",
        "The second derivative of the loss.",
        before=(energy,),
        after=(TURN,),
        uses=("modes",),
        check=lambda before, after: (
            Identity(((_second_derivative(before[L]), after[slow_turn]),)),
            Numerics(lambda rng: evidence.dense_rates(rng, after[slow_turn]), 1e-7, "dense Jacobians of all embeddings"),
        ),
    )


def _second_derivative(energy: Expr) -> Expr:
    t, length = (Dummy(name, positive=True) for name in ("t", "length"))
    row = ImmutableMatrix([[length, t]])
    lengths = at_directions(energy, row, row, ImmutableMatrix.diag(mu_k, mu_j))
    return (lengths.diff(t, 2).subs(t, 0) / 2).simplify().subs(length, sqrt(square_row))


def _slow_step() -> Step:
    before, given = (TURN,), (CORRELATION, *frustrations(), Line(mu_j, S.Zero))
    return Step(
        "slow",
        "The class modes of symmetric families have one correlation, and dimensions turn freely among them. What turns back "
        "most slowly is what one view has and the other has not.",
        "Expand the root, with the frustration of each family.",
        before=before,
        given=given,
        after=_slow_rates(Lines((*before, *given))),
        uses=("turn",),
        assumptions=("$\\varphi$ is small.",),
        check=lambda before, after: (
            after.same(_slow_rates(before)),
            Remainder(
                lambda rng: evidence.slow_rates(rng, before, after),
                2e-2,
                "the rate at two small fractions: remainders of order 2",
                reads=after,
            ),
        ),
    )


def _slow_rates(known: Lines) -> Lines:
    rate = known[slow_turn].subs(mu_j, known[mu_j]).subs(mu_k, known[mu_k])
    series = rate.series(psi, 0, 2).removeO()
    return Lines(Line(slow_turn, series.subs(psi, known[family]), r"\simeq") for family in (psi_uniform, psi_pairs))


def _weak_step(collapsed: Line) -> Step:
    before, given = (collapsed,), TWO
    return Step(
        "weak_frustration",
        "With little frustration the weight at which two dimensions share a mode is of the second order: a given small weight "
        "keeps them apart until the frustrations of both modes, and their difference, exceed its root.",
        "Expand both roots.",
        before=before,
        given=given,
        after=(_leading_weight(Lines((*before, *given))),),
        uses=("shared_mode",),
        assumptions=("Both $\\psi$ are small and of one order.",),
        check=lambda before, after: (
            after.same(Lines((_leading_weight(before),))),
            Remainder(
                lambda rng: evidence.leading_weights(rng, before, after),
                2e-2,
                "the weight at two small frustrations: a remainder of order 3",
                reads=after,
            ),
        ),
    )


def _leading_weight(known: Lines) -> Line:
    small = Dummy("small", positive=True)
    exact = known[alpha_c].subs({mu_1: known[mu_1], mu_2: known[mu_2]}).subs({psi_1: small * psi_1, psi_2: small * psi_2})
    (leading,) = (exact.diff(small, 2).subs(small, 0) / 2,)
    return Line(alpha_c, leading.factor(), r"\simeq")


def _decay_step(energy: Line) -> Step:
    return Step(
        "decay",
        "Decay of the embeddings shortens all dimensions alike, and turns none: it changes how fast they turn, not where to.",
        "The loss does not feel lengths, and decay changes nothing else.",
        before=(Line(length_x, S.Zero),),
        after=(Line(length_x, -2 * lam * square_row),),
        uses=("lengths",),
        check=lambda before, after: (
            Identity(((before[length_x] - 2 * lam * square_row, after[length_x]),)),
            Numerics(
                lambda rng: evidence.decaying_lengths(rng, after), 1e-9, "velocities of all embeddings with decay and without"
            ),
        ),
    )
