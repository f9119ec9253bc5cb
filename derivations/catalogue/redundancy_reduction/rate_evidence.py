"""Numbers that the last steps of the derivation ``redundancy_reduction`` are held against."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from sympy import Expr, ImmutableMatrix, Rational, sqrt

from derivations.catalogue.centred import CentredModel, barlow_twins, number, random_weights
from derivations.closed_forms.redundancy_reduction import at_directions
from derivations.lines import Lines
from derivations.vocabulary import (
    C_on,
    L,
    L_kl,
    alpha_c,
    length_x,
    mu_1,
    mu_2,
    mu_j,
    mu_k,
    phi,
    psi,
    psi_1,
    psi_2,
    psi_pairs,
    psi_uniform,
    slow_turn,
    square_row,
)
from theory import Coupling
from theory.models.two_views import alpha
from theory.models.vocabulary import K, d, lam

LEVEL, BENT = np.array([1, 0, -1]) * np.sqrt(3 / 2), np.array([1, -2, 1]) * np.sqrt(1 / 2)  # two patterns on three classes


def views_against(rng, after: Lines) -> Iterator[tuple]:
    """Cross-correlations and loss at the end of a run, from views that are nearly parallel and against each other."""
    at = {alpha: float(rng.uniform(3, 6))}
    weights = (1 + 0.7 * np.outer(LEVEL, LEVEL) + 0.3 * np.outer(BENT, BENT)) / 9
    whole = CentredModel(weights, 2, at, loss=barlow_twins())
    apart, together = (np.arccos(1 / (1 + at[alpha]) / total) for total in (0.7 + 0.3, 0.7 - 0.3))
    angles = np.array([together + apart, together - apart])[:, None] / 2 + 0.02 * rng.standard_normal((2, 2))
    views = (np.stack([np.cos(view), np.sin(view)], axis=1) for view in angles)
    end = whole.rest_from(whole.state(*views), 300)
    of_x, of_y = whole.amplitudes(end)
    units = [view / np.linalg.norm(view, axis=1, keepdims=True) for view in (of_x, of_y)]
    yield np.full((2, 2), number(after[C_on], at)), units[0] * whole.correlations @ units[1].T
    yield number(after[L_kl], at), whole.energy(end)


def dense_rates(rng, formula: Expr) -> Iterator[tuple]:
    """All eigenvalues of two dimensions along the first mode that redundancy does not couple: none of lengths and means, rates
    of turns into other modes."""
    whole = CentredModel(random_weights(rng, 1.0), 2, {alpha: 0.0}, loss=barlow_twins())
    lengths = rng.uniform(0.5, 2, 2)
    first, second = whole.correlations
    rows = np.outer(lengths, [1, 0])
    rates = [-number(formula, {mu_k: first, mu_j: j, square_row: length**2}) for j in (second, -second) for length in lengths]
    yield 1 + np.sort([*rates, *[0.0] * 8]), 1 + whole.eigenvalues(rows, rows)


def slow_rates(rng, known: Lines, after: Lines) -> Iterator[tuple]:
    """The order in the fraction of what the leading orders leave out."""
    for line, family in zip(after, (psi_uniform, psi_pairs), strict=True):
        exact = known[slow_turn].subs(mu_j, known[mu_j]).subs(mu_k, known[mu_k]).subs(psi, known[family])
        gap = (exact - line.right).subs({K: int(rng.integers(3, 6)), square_row: 1})
        few, more = (abs(float(gap.subs(phi, small).evalf(30))) for small in (Rational(1, 1000), Rational(1, 100)))
        yield np.log10(more / few), 2


def leading_weights(rng, known: Lines, after: Lines) -> Iterator[tuple]:
    """The order in both frustrations of what the leading order leaves out."""
    gap = known[alpha_c].subs({m: known[m] for m in (mu_1, mu_2)}) - after[alpha_c]
    few, more = (
        abs(float(gap.subs({psi_1: small, psi_2: 3 * small}).evalf(40))) for small in (Rational(1, 10000), Rational(1, 1000))
    )
    yield np.log10(more / few), 3


def decaying_lengths(rng, after: Lines) -> Iterator[tuple]:
    """How fast squares of rows change with decay of all embeddings, and that directions move as without it."""
    decay, weights = float(rng.uniform(0.1, 1)), random_weights(rng)
    whole = CentredModel(weights, 2, {alpha: 1.0, lam: decay}, loss=barlow_twins())
    start = whole.random_state(rng)
    (view, _), (moved, _) = whole.amplitudes(start), whole.amplitudes(whole.speeds(start))
    for row, change in zip(view, moved, strict=True):
        yield number(after[length_x], {square_row: row @ row, lam: decay}), 2 * row @ change
    still = CentredModel(weights, 2, {alpha: 1.0}, loss=barlow_twins())
    yield moved + decay * view, still.amplitudes(still.speeds(start))[0]


def tight_frame(energy: Expr, after: Lines) -> tuple[tuple[Expr, Expr], ...]:
    """The loss of three dimensions along the corners of a triangle, both views alike, and of one of them."""
    corners = ImmutableMatrix([[1, 0], [Rational(-1, 2), sqrt(3) / 2], [Rational(-1, 2), -sqrt(3) / 2]])
    modes = mu_k * ImmutableMatrix.eye(2)
    loss = at_directions(energy, corners, corners, modes).expand()
    own = (corners[0, :] * modes * corners[0, :].T)[0, 0]
    return (loss.subs(d, 3), after[L].subs({K: 3, d: 3})), (own, after[C_on])


@cache
def _run_to_frame(weight: float) -> tuple[dict, float]:
    """The loss at the end of a run of three dimensions of a symmetric family of three classes."""
    coupling = Coupling.uniform(classes=3, samples=6, fraction=0.5)
    whole = CentredModel(np.asarray(coupling.data["J"]), 3, {alpha: weight}, loss=barlow_twins())
    end = whole.rest_from(whole.random_state(np.random.default_rng(0)), 60)
    return {alpha: weight, d: 3, K: 3, mu_k: whole.correlations[0]}, whole.energy(end)


def frames_of_runs(rng, known: Lines, after: Lines) -> Iterator[tuple]:
    """Whether runs end with that loss, which they do where it is assumed and only there."""
    for weight in (0.5, 1.2):
        at, found = _run_to_frame(weight)
        yield int(not known.bounds.violations(at)), int(abs(number(after[L], at) - found) < 1e-6)
