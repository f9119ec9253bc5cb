"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Expr, ImmutableMatrix, Inverse, S, Trace, hessian

from derivations.catalogue.centred import both_losses
from derivations.catalogue.redundancy_reduction import evidence
from derivations.catalogue.redundancy_reduction.rates import last_steps
from derivations.checks import Identity, Numerics
from derivations.closed_forms.reduced import entries
from derivations.closed_forms.redundancy_reduction import (
    apart_weight,
    at_directions,
    collapse_weight,
    in_cosines,
    modes_energy,
    pair_energy,
    tilted_cosine,
)
from derivations.engine import Step
from derivations.lines import Line
from derivations.vocabulary import (
    C_on,
    D,
    H,
    L,
    L_kl,
    alpha_apart,
    alpha_c,
    length_x,
    length_y,
    mu_1,
    mu_2,
    mu_3,
    mu_k,
    u,
    v,
)
from theory import models
from theory.models.two_views import alpha
from theory.models.vocabulary import D_x, d

ENERGY = Line(L, modes_energy())
LENGTHS = (Line(length_x, S.Zero), Line(length_y, S.Zero))
PAIR = Line(L_kl, pair_energy())


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (
        _modes_step(),
        _lengths_step(),
        _equal_modes_step(),
        _pair_step(),
        _shared_mode_step(),
        _tilted_step(),
        _apart_step(),
        _between_step(),
        _third_mode_step(),
        *last_steps(ENERGY, _collapse_line()),
    )


def _modes_step() -> Step:
    return Step(
        "modes",
        "The loss in canonical modes: columns of $U_x$ and $U_y$ are the amplitudes of both views, divided by the root of the "
        "total weight, in modes with the canonical correlations $\\mu_k$. The means of both views are in none of it and rest.",
        "Both views are centred, and cross-correlations and variances are those of the amplitudes.",
        given=(Line(L, models.barlow_twins().expression), Line(H, Trace(D_x) * Inverse(D))),
        after=(ENERGY,),
        assumptions=("$\\mu$ is the diagonal matrix of all $\\mu_k$.", "No variance is zero."),
        check=lambda given, after: (
            Identity((both_losses(given[L], after[L]),)),
            Numerics(lambda rng: evidence.modal_velocities(rng, given, after[L]), 1e-8, "the lowered flow of all embeddings"),
        ),
    )


def _lengths_step() -> Step:
    return Step(
        "lengths",
        "No dimension of either view grows or shrinks: nothing collapses that does not start so.",
        "The loss is of degree zero in each row of each view, and Euler's identity says that its slope is across.",
        before=(ENERGY,),
        after=LENGTHS,
        uses=("modes",),
        check=lambda before, after: (
            Identity(tuple((after[left], change) for left, change in _changes_of_lengths(before[L]).items())),
            Numerics(lambda rng: evidence.lengths_of_runs(rng, after), 1e-6, "runs of all embeddings"),
        ),
    )


def _changes_of_lengths(energy: Expr) -> dict[Expr, Expr]:
    """Those of the square of any dimension of each view, beside some other dimension."""
    others = ImmutableMatrix([[1, 2]]), ImmutableMatrix([[3, -1]])
    views = first, second = [entries(n, 1, 2).as_immutable().col_join(row) for n, row in zip("xy", others, strict=True)]
    lengths = at_directions(energy, first, second, ImmutableMatrix.diag(mu_1, mu_2))
    return {
        left: sum(-2 * entry * lengths.diff(entry) for entry in view[0, :]).together().expand()
        for left, view in zip((length_x, length_y), views, strict=True)
    }


def _equal_modes_step() -> Step:
    return Step(
        "equal_modes",
        "Where all modes have one correlation, as class modes of symmetric families do, no dimension has a larger correlation, "
        "and orthogonal dimensions, alike in both views, have it without any redundancy: that is the least loss. Frustration "
        "costs loss and collapses nothing.",
        "The scalar product of two directions is at most one; the other term is never negative.",
        before=(ENERGY,),
        after=(Line(C_on, mu_k, r"\le"), Line(L, d * (1 - mu_k) ** 2)),
        uses=("modes",),
        assumptions=("No more dimensions than such modes, which are the least frustrated ones.",),
        check=lambda before, after: (
            Identity(((_orthogonal(before[L]), after[L].subs(d, 2)),)),
            Numerics(
                lambda rng: evidence.equal_modes(rng, after),
                1e-6,
                "cross-correlations of random embeddings with two equal modes, and the end of their runs",
                reads=after.bounds,
            ),
        ),
    )


def _orthogonal(energy: Expr) -> Expr:
    unit = ImmutableMatrix.eye(2)
    return at_directions(energy, unit, unit, mu_k * unit)


def _pair_step() -> Step:
    return Step(
        "pair",
        "Two dimensions among two modes, both views alike, are two angles, as lengths do not matter. The loss is a function of "
        "the cosines $u$ of their sum and $v$ of their difference: $v$ is that of the angle between both dimensions.",
        "Products of sines and cosines as sums.",
        before=(ENERGY,),
        after=(PAIR,),
        uses=("modes",),
        check=lambda before, after: (
            Identity(((in_cosines(before[L]), after[L_kl]),)),
            Numerics(lambda rng: evidence.losses_of_angles(rng, after[L_kl]), 1e-9, "the loss of all embeddings"),
        ),
    )


def _collapse_line() -> Line:
    return Line(alpha_c, collapse_weight())


def _tilted_line() -> Line:
    return Line(v, tilted_cosine())


def _shared_mode_step() -> Step:
    return Step(
        "shared_mode",
        "With a small weight of redundancy both dimensions lie along the first mode: the spectrum of the embeddings loses a "
        "dimension. At equal correlations no weight is small enough.",
        "The loss is even in both angles, and its slopes in $u$ and $v$ are negative at one.",
        before=(PAIR,),
        after=(_collapse_line(), Line(alpha, alpha_c, "<")),
        uses=("pair",),
        assumptions=("$\\mu_2$ is between zero and $\\mu_1$.",),
        check=lambda before, after: (
            Identity(((before[L_kl].diff(v).subs({u: 1, v: 1}).subs(alpha, after[alpha_c]), S.Zero),)),
            Numerics(
                lambda rng: evidence.shared_modes(rng, before[L_kl], after),
                0,
                "dense Jacobians of all embeddings, from both sides",
                reads=after.bounds,
            ),
        ),
    )


def _tilted_step() -> Step:
    """On both sides of the first mode."""
    difference, total = mu_1 - mu_2, mu_1 + mu_2
    return Step(
        "tilted",
        "With a larger weight they lie on both sides of the first mode, with an angle that grows with the weight and can be "
        "larger than a right one. This is stable for all weights up to one, and beyond while the bound holds: frustration "
        "that is weak enough for the other state not to exist keeps them there.",
        "The loss is quadratic and convex in $v$ where $u$ is one; its slope in $u$ is negative there.",
        before=(PAIR, _collapse_line()),
        given=(Line(alpha, alpha_c, ">"),),
        after=(
            _tilted_line(),
            Line(v**2 * (alpha * total**2 - difference**2), (alpha - 1) * difference**2, ">"),
        ),
        uses=("pair", "shared_mode"),
        assumptions=("$\\mu_2$ is between zero and $\\mu_1$.",),
        check=lambda before, after: (
            Identity(((before[L_kl].diff(v).subs({u: 1, v: after[v]}), S.Zero),)),
            Numerics(
                lambda rng: evidence.tilted_dimensions(rng, before, after),
                0,
                "dense Jacobians of all embeddings, and whether there is an angle",
                reads=after.bounds,
            ),
            Numerics(lambda rng: evidence.angles_of_runs(rng, after[v]), 1e-4, "the end of runs from random starts"),
        ),
    )


def _apart_step() -> Step:
    return Step(
        "apart",
        "Along modes of their own two dimensions have no redundancy. This is stable for weights above a threshold, which "
        "exists only where frustration is strong: its denominator is negative where both correlations are near one.",
        "The determinant of the Hessian in $u$ and $v$, both zero: squares of the dimensions would become redundant at the "
        "second order only, but turning both towards the first mode lowers the loss at that order, too.",
        before=(PAIR,),
        given=(Line(mu_1 * (1 - mu_1) + mu_2 * (1 - mu_2), mu_1 * mu_2, ">"),),
        after=(Line(alpha_apart, apart_weight()), Line(alpha, alpha_apart, ">")),
        uses=("pair",),
        assumptions=("$\\mu_2$ is between zero and $\\mu_1$.",),
        check=lambda before, after: (
            Identity(((_in_turns(before[L_kl]).subs(alpha, after[alpha_apart]), S.Zero),)),
            Numerics(
                lambda rng: evidence.separate_dimensions(rng, before, after),
                0,
                "dense Jacobians of all embeddings, from both sides, where and only where it is assumed",
                reads=after.bounds,
            ),
        ),
    )


def _in_turns(energy: Expr) -> Expr:
    return hessian(energy, (u, v)).subs({u: 0, v: 0}).det()


def _between_step() -> Step:
    difference, total = mu_1 - mu_2, mu_1 + mu_2
    beyond = alpha * total**2 - difference**2
    return Step(
        "between",
        "One state leads from the one to the other: it leaves dimensions along modes of their own where these turn unstable, "
        "and ends on both sides of the first mode where that turns stable. There is no jump.",
        "Both slopes vanish with neither cosine at its end.",
        before=(PAIR,),
        after=(
            Line(u**2, v**2 * beyond / ((alpha - 1) * difference**2)),
            Line((2 * v**2 + alpha - 1) ** 2, (alpha - 1) * (2 - (1 + alpha) * total) ** 2 / beyond),
        ),
        uses=("pair",),
        assumptions=("$\\alpha$ is larger than one, and $u$ is not zero.",),
        check=lambda before, after: (
            Identity(evidence.states_between(before[L_kl], after)),
            Numerics(lambda rng: evidence.resting_between(rng, after), 0, "dense Jacobians of all embeddings"),
        ),
    )


def _third_mode_step() -> Step:
    return Step(
        "third_mode",
        "Of more modes those two with the largest correlations survive: dimensions on both sides of the first mode turn into a "
        "third one where it has a larger correlation than the second, whatever the weight.",
        "The Hessian in turns of both dimensions into the third mode, the same way.",
        before=(_tilted_line(), ENERGY),
        after=(Line(mu_3, mu_2, "<"),),
        uses=("modes", "tilted"),
        assumptions=("$\\mu_2$ is between zero and $\\mu_1$.",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.third_modes(rng, before, after),
            0,
            "second differences of the loss in modes, and dense Jacobians of all embeddings, from both sides",
            reads=after.bounds,
        ),
    )
