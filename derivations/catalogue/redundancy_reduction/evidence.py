"""Numbers that the derivation ``redundancy_reduction`` is held against: all embeddings, runs, dense Jacobians."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, ImmutableMatrix, S

from derivations.catalogue.centred import (
    CentredModel,
    barlow_twins,
    compare_modes,
    mobilities_by,
    number,
    random_weights,
    weights_of,
    weights_of_two,
)
from derivations.closed_forms.redundancy_reduction import at_directions
from derivations.lines import Lines
from derivations.vocabulary import (
    C_on,
    L,
    U_x,
    U_y,
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
from theory import Loss
from theory.models.two_views import alpha
from theory.models.vocabulary import d

SIDES = (0.9, 1.1)


def whole_model(weights: NDArray, weight: float, dimension: int = 2, mobility=None) -> CentredModel:
    return CentredModel(weights, dimension, {alpha: weight}, mobility, barlow_twins())


def modal_velocities(rng, given: Lines, inside: Expr) -> Iterator[tuple]:
    """The loss and the velocities of all embeddings, whose mobilities are a function of the degrees, and those in modes; the
    means rest."""
    weights = random_weights(rng)
    whole = whole_model(weights, float(rng.uniform(0.2, 2)), mobility=mobilities_by(given, weights))
    state = whole.random_state(rng)
    yield from compare_modes(whole, state, Loss(inside, state=(U_x, U_y)))
    yield from ((1 + value, np.ones_like(value)) for value in whole.means(whole.speeds(state)))


def lengths_of_runs(rng, after: Lines) -> Iterator[tuple]:
    """How fast squares of rows change along a run, by the lines and found."""
    whole = whole_model(random_weights(rng), float(rng.uniform(0.2, 2)))
    start = whole.random_state(rng)
    end = whole.rest_from(start, 2)
    for left, before, later in zip((length_x, length_y), whole.moments(start), whole.moments(end), strict=True):
        yield 1 + (np.diag(later) - np.diag(before)) / 2, np.full(2, 1 + number(after[left], {}))


def _correlations_of(whole: CentredModel, state: NDArray) -> NDArray:
    """The cross-correlations of both views."""
    (first, second), size = whole.amplitudes(state), len(whole.correlations)
    first, second = (view / np.linalg.norm(view, axis=1, keepdims=True) for view in (first, second))
    return first[:, :size] * whole.correlations @ second[:, :size].T


@cache
def _run_of_equal_modes() -> tuple[CentredModel, NDArray]:
    """The end of a run of two dimensions where two modes have one correlation and a third one a smaller one."""
    whole = whole_model(weights_of(0.6, 0.6, 0.3), 0.3)
    return whole, whole.rest_from(whole.random_state(np.random.default_rng(0)), 80)


def equal_modes(rng, after: Lines) -> Iterator[tuple]:
    """How often cross-correlations of random embeddings are beyond the bound; that runs end on it, with the least loss."""
    whole, end = _run_of_equal_modes()
    at = {mu_k: whole.correlations[0], d: 2}
    for _ in range(5):
        found = np.diag(_correlations_of(whole, whole.random_state(rng)))
        yield sum(len(after.violations(at | {C_on: correlation})) for correlation in found), 0
    yield np.full(2, at[mu_k]), np.diag(_correlations_of(whole, end))
    for beyond in (0, 1):
        yield len(after.violations(at | {C_on: at[mu_k] + beyond * 1e-9})), beyond
    yield number(after[L], at), whole.energy(end)


def _draw(rng, low: float = 0.4, high: float = 0.8) -> dict:
    """Two correlations, and a third that leaves no weight of four classes negative."""
    first = float(rng.uniform(low, high))
    second = first - float(rng.uniform(0.15, 0.3))
    return {mu_1: first, mu_2: second}


def _four_classes(at: dict) -> CentredModel:
    weights = weights_of(at[mu_1], at[mu_2], at[mu_3]) if mu_3 in at else weights_of_two(at[mu_1], at[mu_2])
    return whole_model(weights, at[alpha])


def _is_stable(at: dict, rows: NDArray) -> int:
    """Whether both dimensions stay; each state is found once."""
    return _found_stable(tuple((x, at[x]) for x in (mu_1, mu_2, mu_3, alpha) if x in at), tuple(map(tuple, rows)))


@cache
def _found_stable(at: tuple, rows: tuple) -> int:
    return _four_classes(dict(at)).is_stable(np.array(rows))


def _on_both_sides(cosine: float) -> NDArray:
    """Two dimensions with an angle of that cosine, on both sides of the first mode."""
    first, second = np.sqrt((1 + cosine) / 2), np.sqrt((1 - cosine) / 2)
    return np.array([[first, second], [first, -second]])


def losses_of_angles(rng, formula: Expr) -> Iterator[tuple]:
    at = _draw(rng) | {alpha: float(rng.uniform(0.2, 2))}
    angles = rng.uniform(-3, 3, 2)
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(0.5, 2, (2, 1))
    whole = _four_classes(at)
    cosines = {u: np.cos(angles.sum()), v: np.cos(angles[0] - angles[1])}
    yield number(formula, at | cosines), whole.energy(whole.state(rows, rows))


def shared_modes(rng, energy: Expr, after: Lines) -> Iterator[tuple]:
    """Whether both dimensions stay along the first mode, by the bound, by the slopes of the loss and by dense eigenvalues."""
    for share in SIDES:
        at = _draw(rng)
        at[alpha] = share * number(after[alpha_c], at)
        stable = _is_stable(at, np.array([[1.0, 0], [1, 0]]))
        yield int(not after.violations(at | {alpha_c: number(after[alpha_c], at)})), stable
        yield int(all(number(energy.diff(c), at | {u: 1, v: 1}) < 0 for c in (u, v))), stable


def tilted_dimensions(rng, known: Lines, after: Lines) -> Iterator[tuple]:
    """Whether there are two dimensions on both sides of the first mode, and whether they stay: by the bound, by slopes, and
    by dense eigenvalues."""
    draws = (_draw(rng, 0.5, 0.8), _draw(rng, 0.8, 0.9), {mu_1: 0.5, mu_2: 0.2})
    for at, weights in zip(draws, ((0.9,), (2, 9), (1.21, 1.23)), strict=True):
        critical = number(known[alpha_c], at)
        for weight in (0.8 * critical, 1.1 * critical, *weights):
            here = at | {alpha: weight, alpha_c: critical}
            cosine = number(after[v], here)
            yield int(not known.bounds.violations(here)), int(cosine < 1)
            if not known.bounds.violations(here):
                stable = _is_stable(here, _on_both_sides(cosine))
                yield int(not after.violations(here | {v: cosine})), stable


@cache
def _run_to_end(seed: int) -> tuple[dict, NDArray]:
    """Two dimensions at the end of a run from a random start."""
    at = {mu_1: 0.7, mu_2: 0.4, mu_3: 0.11, alpha: (0.6, 0.9)[seed]}
    whole = _four_classes(at)
    end = whole.rest_from(whole.random_state(np.random.default_rng(seed)), 200)
    return at, whole.amplitudes(end)[0]


def angles_of_runs(rng, formula: Expr) -> Iterator[tuple]:
    """The angle of both dimensions at the end of runs, but for the sign of one of them."""
    at, rows = _run_to_end(int(rng.integers(2)))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    unit = unit * np.sign(unit[:, [0]])
    yield 2 + number(formula, at), 2 + unit[0] @ unit[1]


def separate_dimensions(rng, known: Lines, after: Lines) -> Iterator[tuple]:
    """Whether dimensions along modes of their own stay there, at weights near the threshold, or any where there is none."""
    for low, high in ((0.4, 0.5), (0.85, 0.95)):
        at = _draw(rng, low, high)
        critical = number(after[alpha_apart], at)
        for share in (*SIDES, 3):
            here = at | {alpha: share * abs(critical), alpha_apart: critical}
            assumed = not known.bounds.violations(here)
            yield int(assumed and not after.violations(here)), _is_stable(here, np.eye(2))


def states_between(energy: Expr, after: Lines) -> tuple[tuple[Expr, Expr], ...]:
    """That the slopes of the loss vanish: the sum in which their mixed terms cancel, and the square of one of them."""
    sum_of_slopes = (energy.diff(u) * u - energy.diff(v) * v).expand()
    slope = energy.diff(u).expand()
    root = 2 * v**2 + alpha - 1
    along = (slope.coeff(u, 1) / root).cancel()
    across = slope.coeff(u, 0) ** 2 - along**2 * after[root**2] * after[u**2]
    return (sum_of_slopes.subs(u**2, after[u**2]).together().cancel(), S.Zero), (across.together().cancel(), S.Zero)


def resting_between(rng, after: Lines) -> Iterator[tuple]:
    """That dimensions rest there, and stay."""
    at = {mu_1: 0.5, mu_2: 0.2, alpha: float(rng.uniform(1.225, 1.285))}
    root = 2 * v**2 + alpha - 1
    half = (np.sqrt(number(after[root**2], at)) - at[alpha] + 1) / 2
    first = np.sqrt(number(after[u**2], at | {v: np.sqrt(half)}))
    total, difference = np.arccos(first), np.arccos(np.sqrt(half))
    angles = np.array([total + difference, total - difference]) / 2
    yield _is_stable(at, np.stack([np.cos(angles), np.sin(angles)], axis=1)), 1


def third_modes(rng, known: Lines, after: Lines) -> Iterator[tuple]:
    """Whether dimensions on both sides of the first of three modes stay out of the third."""
    first = float(rng.uniform(0.5, 0.6))
    for gap in (-0.05, 0.05):
        at = {mu_1: first, mu_2: first - 0.2, mu_3: first - 0.2 + gap, alpha: float(rng.uniform(0.4, 1))}
        rows = _on_both_sides(number(known[v], at))
        stable = _is_stable_beside(at, rows)
        yield int(not after.violations(at)), stable
        yield int(_curvature(known[L], at, rows) > 0), stable


def _is_stable_beside(at: dict, rows: NDArray) -> int:
    """The third mode may be the second largest."""
    whole = _four_classes(at)
    order = np.argsort([-at[m] for m in (mu_1, mu_2, mu_3)])
    padded = np.concatenate([rows, np.zeros((2, 1))], axis=1)[:, order]
    return int(whole.eigenvalues(padded, padded)[-1] < 1e-9)


def _curvature(energy: Expr, at: dict, rows: NDArray) -> float:
    """The second difference of the loss in turns of both dimensions into a third mode, opposite ways."""
    correlations = ImmutableMatrix.diag(*(at[m] for m in (mu_1, mu_2, mu_3)))

    def loss(turn: float) -> float:
        turned = ImmutableMatrix(np.concatenate([rows, [[turn], [-turn]]], axis=1).tolist())
        return number(at_directions(energy, turned, turned, correlations), at)

    return loss(1e-3) - loss(0)
