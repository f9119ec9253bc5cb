"""The steps of the derivation ``variance_hinge`` on two dimensions and the term on their covariances."""

from __future__ import annotations

from sympy import Dummy, Expr, ImmutableMatrix, Rational, S, sqrt

from derivations.catalogue.variance_hinge import pair_evidence
from derivations.checks import AtRandomPoints, Identity, Numerics
from derivations.closed_forms.variance_hinge import (
    apart_threshold,
    at_amplitudes,
    below_hinge,
    equal_threshold,
    opposite_hessian,
    pair_energy,
    shared_covariance,
)
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import C_11, C_22, C_kk, C_kl, L, L_kl, a_1, a_2, det_turns, mu_1, mu_2, mu_k
from theory.models.two_views import alpha, epsilon, zeta
from theory.models.vocabulary import d

PAIR = Line(L_kl, pair_energy())
SHARED = Line(C_kl, shared_covariance())
DEVIATION = sqrt(C_kk + epsilon)
MEAN_PULL = Line(DEVIATION, alpha / (d * (2 - mu_1 - mu_2)))
MOMENTS = (Line(C_kk, a_1**2 + a_2**2), Line(C_kl, a_1**2 - a_2**2))
TILTED = "Two dimensions on both sides of the slowest mode: $a_1$ along it, $a_2$ and $-a_2$ along the next one"


def pair_steps(energy: Line, variance: Line) -> tuple[Step, ...]:
    """How two dimensions share modes, and when that is stable."""
    return (_pair_step(energy), _shared_step(), _tilt_step(), _equal_step(energy), _apart_step(energy, variance))


def _pair_step(energy: Line) -> Step:
    return Step(
        "pair",
        f"{TILTED}. The loss of both is a function of their variance plus one of their covariance, and each is convex.",
        "Squares of the amplitudes are half the sum and half the difference of both moments.",
        before=(energy,),
        given=MOMENTS,
        after=(PAIR,),
        uses=("modes",),
        check=lambda before, after: AtRandomPoints(
            ((_two_rows(before[L]), _by_amplitudes(after[L_kl], before)),), pair_evidence.two_dimensions
        ),
    )


def _two_rows(energy: Expr) -> Expr:
    rows = ImmutableMatrix([[a_1, a_2], [a_1, -a_2]])
    return at_amplitudes(energy, rows, rows, ImmutableMatrix.diag(mu_1, mu_2))


def _by_amplitudes(formula: Expr, known: Lines) -> Expr:
    return formula.subs({moment: known[moment] for moment in (C_kk, C_kl)}, simultaneous=True)


def _shared_step() -> Step:
    return Step(
        "shared",
        "At rest these dimensions share what the difference of both correlations asks for, whatever their variance: they are "
        "not orthogonal. Below the hinge their variance is that of a mode with the mean of both correlations; above, they "
        "rest on the kink.",
        "Both slopes vanish.",
        before=(PAIR,),
        after=(SHARED, MEAN_PULL),
        uses=("pair",),
        check=lambda before, after: (
            Identity(_slopes(before[L_kl], after)),
            Numerics(
                lambda _: pair_evidence.covariances_of_runs(after),
                1e-2,
                "finite steps of all embeddings from random starts, below the hinge and on its kink",
            ),
        ),
    )


def _slopes(energy: Expr, after: Lines) -> tuple[tuple[Expr, Expr], ...]:
    """Those of the loss below the hinge, at the moments of rest."""
    opened = below_hinge(energy)
    along = opened.diff(C_kk).subs(DEVIATION, after[DEVIATION])
    return (opened.diff(C_kl).subs(C_kl, after[C_kl]), S.Zero), (along, S.Zero)


def _tilt_step() -> Step:
    return Step(
        "tilt",
        "This needs a variance larger than the covariance. With a weaker term on the covariances both dimensions lie along "
        "the slowest mode, and turn out of it where the term is strong enough.",
        "The square of the amplitude along the second mode is half the difference of both moments.",
        before=(SHARED,),
        after=(Line(zeta, d * (mu_1 - mu_2) / (4 * C_kk), ">"),),
        uses=("shared",),
        check=lambda before, after: Numerics(
            lambda rng: pair_evidence.tilted_dimensions(rng, before[C_kl], after),
            0,
            "dense Jacobians where both dimensions lie along the slowest mode, from both sides",
            reads=after.bounds,
        ),
    )


def _equal_step(energy: Line) -> Step:
    return Step(
        "equal",
        "Below the hinge a still stronger term makes one of both dimensions outgrow the other. On the kink nothing does: it "
        "holds both variances.",
        "The determinant of the Hessian in opposite changes of both dimensions.",
        before=(energy, SHARED, MEAN_PULL),
        after=(Line(zeta, equal_threshold(), "<"),),
        uses=("modes", "shared"),
        check=lambda before, after: (
            Identity(((_opposite_changes(before, after.bounds[0].right), S.Zero),)),
            Numerics(
                lambda rng: pair_evidence.equal_dimensions(rng, before, after),
                0,
                "dense Jacobians of two dimensions on both sides of a mode, from both sides",
                reads=after.bounds,
            ),
        ),
    )


def _opposite_changes(known: Lines, weight: Expr) -> Expr:
    """The determinant of the Hessian in opposite changes, at a weight of the covariances and some exact numbers."""
    numbers = {mu_1: Rational(3, 5), mu_2: Rational(2, 5), d: 2, epsilon: Rational(1, 50), alpha: Rational(3, 2)}
    deviation, shared = (known[left].subs(zeta, weight).subs(numbers) for left in (DEVIATION, C_kl))
    variance = deviation**2 - numbers[epsilon]
    matrix = opposite_hessian(known[L], (a_1, a_2, a_1, -a_2)).subs(zeta, weight).subs(numbers)
    return matrix.subs({a_1: sqrt((variance + shared) / 2), a_2: sqrt((variance - shared) / 2)}).det()


def _apart_step(energy: Line, variance: Line) -> Step:
    first, second = (variance.right.subs(mu_k, correlation) for correlation in (mu_1, mu_2))
    return Step(
        "apart",
        "Dimensions along modes of their own are stable only where the first has much the larger variance, below the hinge "
        "and with a strong term on the covariances. This begins before the other state ends: in between the start decides. "
        "On the kink variances are equal, and it never is.",
        "The determinant of the Hessian in turns of each dimension into the mode of the other is positive. That both "
        "thresholds are in this order is the inequality of arithmetic and geometric means.",
        before=(energy, variance),
        given=(Line(C_11, first), Line(C_22, second)),
        after=(_turns(Lines((energy,))), Line(zeta, apart_threshold(), ">")),
        uses=("modes", "rest"),
        check=lambda before, after: (
            Identity(((before[C_kk].subs(mu_k, mu_1), before[C_11]), (before[C_kk].subs(mu_k, mu_2), before[C_22]))),
            Identity(((_turns(before).right, after[det_turns]), (_at_weight(before, after), S.Zero))),
            Numerics(
                lambda rng: pair_evidence.separate_dimensions(rng, before, after),
                0,
                "dense Jacobians of two dimensions along modes of their own, from both sides",
                reads=after.bounds,
            ),
        ),
    )


def _turns(known: Lines) -> Line:
    """The determinant of the Hessian in turns, by both variances: each is at rest along its mode, below the hinge or on it."""
    push_1, push_2 = (Dummy(name, positive=True) for name in "pq")
    matrix = opposite_hessian(known[L], (a_1, 0, 0, a_2))
    for amplitude, push in ((a_1, push_1), (a_2, push_2)):
        matrix = matrix.subs(sqrt(amplitude**2 + epsilon), alpha / push)
    found = matrix.subs({push_1: 2 * d * (1 - mu_1), push_2: 2 * d * (1 - mu_2)}).det().expand()
    found = found.subs({a_1**2: C_11, a_2**2: C_22}).factor()
    gap = mu_1 - mu_2
    return Line(det_turns, (found / gap).cancel().expand().collect(zeta, Expr.factor) * gap)


def _at_weight(known: Lines, after: Lines) -> Expr:
    """The determinant at the weight of the bound, where both variances are those of rest."""
    squares = {C: known[C] for C in (C_11, C_22)}
    return after[det_turns].subs(zeta, after.bounds[0].right).subs(squares).factor()
