"""Numbers that the derivation ``variance_hinge`` is held against: all embeddings, their runs and their dense Jacobians."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from sympy import Expr, Max, S, lambdify, sqrt

from derivations.catalogue.centred import CentredModel, compare_modes, mobilities_by, number, random_weights, weights_of
from derivations.closed_forms.variance_hinge import resting_variance
from derivations.lines import Lines, dot
from derivations.vocabulary import (
    C_kk,
    U_x,
    U_y,
    mean_x_all,
    mean_y_all,
    mu_j,
    mu_k,
    s_against,
    s_angle,
    s_j0,
    s_kk,
    slope_above,
    slope_below,
    v,
)
from theory import Loss
from theory.evaluate import Point, evaluate
from theory.models.two_views import alpha, epsilon, zeta
from theory.models.vocabulary import d

DEVIATION = sqrt(C_kk + epsilon)


def draw_parameters(rng: np.random.Generator) -> dict:
    return {alpha: float(rng.uniform(0.5, 4)), zeta: float(rng.uniform(0.2, 2)), epsilon: float(rng.uniform(0.01, 0.2))}


def modal_velocities(rng, given: Lines, inside: Expr) -> Iterator[tuple]:
    """The loss and the velocities of all embeddings, whose mobilities are a function of the degrees, and those in modes."""
    weights = random_weights(rng)
    whole = CentredModel(weights, 2, draw_parameters(rng), mobilities_by(given, weights))
    yield from compare_modes(whole, whole.random_state(rng), Loss(inside, state=(U_x, U_y, mean_x_all, mean_y_all)))


def moving_means(rng, after: Lines):
    """The velocities of the means of all embeddings, which hinges and covariances leave alone."""
    whole = CentredModel(random_weights(rng), 2, draw_parameters(rng))
    state = whole.random_state(rng)
    at = Point({d: 2, **dict(zip((mean_x_all, mean_y_all), whole.means(state), strict=True))})
    for block, found in zip((mean_x_all, mean_y_all), whole.means(whole.speeds(state)), strict=True):
        yield np.array(evaluate(after[dot(block)], at), dtype=float), found


def _lone(rng, size: float = 1.5) -> tuple[CentredModel, dict]:
    """One dimension of two classes, and a variance on either side of the hinge."""
    correlation = float(rng.uniform(-0.9, 0.9))
    whole = CentredModel(weights_of(abs(correlation)), 1, draw_parameters(rng))
    return whole, {**whole.values, d: 1, mu_k: correlation, C_kk: float(rng.uniform(0, size))}


def _views(at: dict) -> tuple[NDArray, NDArray]:
    """Amplitudes of two classes, in views that are against each other where the correlation is negative."""
    amplitude = np.array([[np.sqrt(at[C_kk])]])
    return amplitude, np.sign(at[mu_k]) * amplitude


def lone_losses(rng, formula: Expr):
    for _ in range(2):
        whole, at = _lone(rng)
        yield number(formula, at), whole.energy(whole.state(*_views(at)))


def slopes_below(rng, known: Lines, velocity: Expr):
    """Whether the velocity of all embeddings is that of the formula, where it is assumed and only there."""
    for size in (0.6, 3):
        whole, at = _lone(rng, size)
        moved = whole.amplitudes(whole.speeds(whole.state(*_views(at))))[0][0, 0]
        predicted = number(velocity, {**at, v: np.sqrt(at[C_kk])})
        yield int(not known.bounds.violations(at)), int(abs(predicted - moved) < 1e-9)


def real_amplitudes(rng, known: Lines, after: Lines):
    """Whether and where the velocity has a root beside zero below the hinge: between both thresholds and only there."""
    letters = (v, alpha, d, mu_k, epsilon)
    speed = lambdify(letters, known[dot(v)] / v)
    for _ in range(3):
        at = {**draw_parameters(rng), d: int(rng.integers(1, 4)), mu_k: 0.0}
        low, high = (number(line.right, at) for line in reversed(after.bounds))
        for gap in (0.9 * low, 1.1 * low, 0.99 * high, 1.01 * high):
            here = at | {mu_k: 1 - gap}
            roots = _roots(partial(speed, **{str(x): here[x] for x in letters[1:]}), at[epsilon])
            yield int(not after.violations(here)), len(roots)
            for root in roots:
                yield root**2, number(after[C_kk], here)
                yield np.sqrt(root**2 + at[epsilon]), number(after[DEVIATION], here)


def _roots(speed: Callable[[float], float], scale: float) -> list[float]:
    """Where a function changes its sign between no variance and the hinge."""
    ends = 1e-9, float(np.sqrt(1 - scale))
    return [brentq(speed, *ends, xtol=1e-14)] if speed(ends[0]) > 0 > speed(ends[1]) else []


def one_sided_slopes(energy: Expr, after: Lines) -> tuple[tuple[Expr, Expr], ...]:
    """The slopes of a loss at the kink with the hinge open and closed, and that it is the kink."""
    (hinge,) = energy.atoms(Max)
    (inside,) = set(hinge.args) - {S.Zero}
    kink = {sqrt(C_kk + epsilon): S.One}
    return (
        (inside.subs(C_kk, after[C_kk]), S.Zero),
        (energy.subs(hinge, inside).diff(C_kk).subs(kink), after[slope_below]),
        (energy.subs(hinge, S.Zero).diff(C_kk), after[slope_above]),
    )


def signs_at_kink(rng, known: Lines, after: Lines):
    """Whether the loss has its least value at the kink, by differences, where and only where it is assumed."""
    values = draw_parameters(rng) | {d: int(rng.integers(1, 4))}
    for share in (-0.5, 0.5, 0.99, 1.01, 2):
        at = values | {mu_k: 1 - share * values[alpha] / (2 * values[d])}
        here = number(after[C_kk], at)
        below, middle, above = (number(_energy(known), {**at, C_kk: here + step}) for step in (-1e-6, 0, 1e-6))
        slopes = {left: number(after[left], at) for left in (slope_below, slope_above)}
        yield int(not known.bounds.violations(at)), int(below > middle < above)
        yield int(not after.violations(slopes)), int(below > middle < above)


def _energy(known: Lines) -> Expr:
    (line,) = (line for line in known if line.relation == "=")
    return line.right


@cache
def _run_to_kink(share: float) -> tuple[dict, NDArray]:
    """Variances at the end of a run of two dimensions without a term on their covariances, from a random start."""
    rng = np.random.default_rng(0)
    weights = random_weights(rng, 2.0)
    gap = 1 - CentredModel(weights, 2, {}).correlations[0]
    values = {alpha: 4 * gap / share, zeta: 0.0, epsilon: 0.01}
    whole = CentredModel(weights, 2, values)
    end = whole.moments(whole.end_of_run(whole.random_state(rng), 20))
    return {**values, d: 2, mu_k: 1 - gap}, np.concatenate([np.diag(c) for c in end])


def variances_of_runs(known: Lines, formula: Expr):
    """Whether all dimensions end on the kink, which they do where it is assumed and only there."""
    for share in (0.6, 1.5):
        at, found = _run_to_kink(share)
        yield int(not known.violations(at)), int(np.allclose(found, number(formula, at), atol=1e-2))


def lone_dimension(rng) -> tuple[CentredModel, dict]:
    """One dimension of three samples and three labels, pushed less strongly than the slowest mode is pulled at the kink."""
    weights = random_weights(rng, 1.0)
    gap = 1 - CentredModel(weights, 1, {}).correlations[0]
    values = {alpha: 2 * gap * float(rng.uniform(0.6, 0.9)), zeta: 1.0, epsilon: 0.005}
    return CentredModel(weights, 1, values), {**values, d: 1}


def signed_modes(whole: CentredModel) -> list[tuple[float, NDArray, NDArray]]:
    """Each mode with both views alike and against each other: its correlation, and unit amplitudes of both views."""
    return [(sign * c, np.eye(2)[[k]], sign * np.eye(2)[[k]]) for k, c in enumerate(whole.correlations) for sign in (1.0, -1.0)]


def whole_spectrum(rng, after: Lines):
    """All eigenvalues of one dimension at each state along a mode and at zero, from dense Jacobians of all embeddings."""
    whole, at = lone_dimension(rng)
    modes = signed_modes(whole)
    for k, square, state in _states_at_rest(whole, at):
        others = (number(after[s_angle], {mu_k: k, mu_j: j}) for j, *_ in modes if abs(j) != abs(k))
        own = (number(after[s], at | {mu_k: k, C_kk: square}) for s in (s_kk, s_against))
        yield np.sort([0.0, -4.0, *own, *others]), whole.eigenvalues(*state)
    grown = (number(after[s_j0], at | {mu_j: j}) for j, *_ in modes)
    nothing = np.zeros((1, 2))
    yield np.sort([0.0, -4.0, *grown]), whole.eigenvalues(nothing, nothing)


def _states_at_rest(whole: CentredModel, at: dict) -> Iterator[tuple[float, float, tuple[NDArray, NDArray]]]:
    """Each state along a mode below the hinge: its correlation, the variance, amplitudes of both views."""
    for k, of_x, of_y in signed_modes(whole):
        square = number(resting_variance(), at | {mu_k: k})
        if 0 < square < 1 - at[epsilon]:
            yield k, square, (np.sqrt(square) * of_x, np.sqrt(square) * of_y)


def stable_modes(rng, known: Lines, after: Lines):
    """Whether the state along a mode is stable, by the bound, by the eigenvalues of turns, and by all dense ones."""
    whole, at = lone_dimension(rng)
    for k, _, state in _states_at_rest(whole, at):
        stable = int(whole.eigenvalues(*state)[-1] < 1e-9)
        turned = [{mu_k: k, mu_j: j} for j, *_ in signed_modes(whole) if abs(j) != abs(k)]
        yield int(not any(after.violations(pair) for pair in turned)), stable
        yield int(all(number(known[s_angle], pair) < 0 for pair in turned)), stable


def views_against(rng, known: Lines, after: Lines):
    """Whether the state along a mode of two classes is stable, at strengths of the hinge near what the bound asks for."""
    for sign, shares in ((-1, (0.95, 1.05)), (1, (0.95, 2))):
        at = {epsilon: float(rng.uniform(0.005, 0.05)), d: 1, mu_k: sign * float(rng.uniform(0.05, 0.5)), zeta: 1.0}
        critical = abs(number(after.bounds[0].right, at)) ** 0.5
        for share in shares:
            here = at | {alpha: share * critical}
            here[C_kk] = number(known[C_kk], here)
            if not known.bounds.violations(here):
                whole = CentredModel(weights_of(abs(here[mu_k])), 1, {p: here[p] for p in (alpha, zeta, epsilon)})
                stable = int(whole.eigenvalues(*_views(here))[-1] < 1e-9)
                yield int(not after.violations(here)), stable
                yield int(number(known[s_against], here) < 0), stable
