"""Numbers that the derivation ``stop_gradient_stability`` is held against: dense Jacobians at states at rest, and runs."""

from __future__ import annotations

from itertools import combinations

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from sympy import Determinant, lambdify

from derivations.catalogue.dense_head import jacobian, random_orthogonal_state, velocity
from derivations.closed_forms.residual import APART
from derivations.lines import Lines, dot
from derivations.vocabulary import (
    N_Z,
    Q_t,
    V,
    a_j,
    dV,
    dv_j,
    dW,
    half_square_j,
    mu_j,
    mu_matrix,
    omega_l,
    q_V,
    s_absent,
    s_lj,
    sigma_least,
)
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import W, d, gamma


def _draw_rest_state(rng, survivors: int, size: int) -> tuple[NDArray, NDArray, NDArray]:
    """Surviving modes in general position, a head at rest with them, and their correlations."""
    basis = rng.standard_normal((size, size)) + 2 * np.eye(size)
    heads = rng.uniform(-1, 1, size)
    head = basis @ np.diag(heads) @ np.linalg.inv(basis)
    return basis[:, :survivors], head, heads[:survivors]


def _state_point(state, rate, more) -> Point:
    """A state in the symbols of the derivation, and more matrices."""
    modes, head, correlations = state
    size, count = modes.shape
    values = {V: modes, W: head, mu_matrix: np.diag(correlations), **more}
    return Point({d: size, N_Z: count, gamma: mpmath.mpf(rate), **{b: mpf_array(value) for b, value in values.items()}})


def _push_state(rng, state, rate) -> tuple[tuple[NDArray, NDArray], tuple[NDArray, NDArray]]:
    """A random perturbation, and how the Jacobian moves it."""
    modes, head, correlations = state
    size, count = modes.shape
    change = rng.standard_normal(size * (count + size))
    moved = jacobian(modes, head, correlations, (rate, 0.0, 0.0)) @ change
    return _split_entries(change, size, count), _split_entries(moved, size, count)


def _split_entries(entries, size, count) -> tuple[NDArray, NDArray]:
    return entries[: size * count].reshape(size, count), entries[size * count :].reshape(size, size)


def perturbed_velocities(rng, lines):
    """Both linear velocities at a state at rest, in general position."""
    state, rate = _draw_rest_state(rng, 2, 3), float(rng.uniform(0.2, 2))
    change, found = _push_state(rng, state, rate)
    at = _state_point(state, rate, dict(zip((dV, dW), change, strict=True)))
    at |= {q_V: evaluate(lines[q_V], at)}
    for block, matrix in zip((dV, dW), found, strict=True):
        yield evaluate(lines[dot(block)], at), matrix


def state_spectra(rng, lines):
    """All eigenvalues at an orthogonal state: rates of survivors, and of absent modes where there is one, by the formulas, and
    zeros."""
    has_absent = any(line.left == s_absent for line in lines)
    survivors, absent, size = int(rng.integers(1, 4)), has_absent * int(rng.integers(3)), int(rng.integers(3, 5))
    (modes, head, correlations), heads, amplitudes = random_orthogonal_state(rng, survivors, absent, size)
    rate = float(rng.uniform(0.2, 2))
    held = lambdify((omega_l, mu_j, a_j, gamma), lines[s_lj])
    predicted = [held(h, m, a, rate) for h in heads for m, a in zip(correlations[:survivors], amplitudes, strict=True)]
    if has_absent:
        missing = lambdify((omega_l, mu_j), lines[s_absent])
        predicted += [missing(h, m) for h in heads for m in correlations[survivors:]]
    found = np.linalg.eigvals(jacobian(modes, head, correlations, (rate, 0.0, 0.0)))
    zeros = np.zeros(found.size - len(predicted))
    yield np.sort(np.concatenate([predicted, zeros])), np.sort(found.real)
    yield 1 + np.abs(found.imag).max(), 1.0


def thresholds(rng, bounds):
    """Whether the first bound holds of a surviving mode and a free direction, and no dense eigenvalue grows; and the same of
    the second beside the head that asks for most."""
    needed, enough = (Lines((bound,)) for bound in bounds)
    for _ in range(20):
        head, correlation, rate = rng.uniform(-1, 1), rng.uniform(0.2, 1), float(rng.uniform(0.2, 1))
        amplitude = float(rng.uniform(0, 1))
        for bound, other in ((needed, head), (enough, correlation / 2)):
            at = {omega_l: other, mu_j: correlation, a_j: amplitude, gamma: rate}
            modes = np.array([[amplitude], [0.0]])
            dense = jacobian(modes, np.diag([correlation, other]), np.array([correlation]), (rate, 0.0, 0.0))
            yield int(not bound.violations(at)), int(np.linalg.eigvals(dense).real.max() < 1e-9)


def stable_splits(rng, rate, bounds):
    """For every choice of survivors, whether the bound holds of all absent modes, whether the survivors are the positive top
    and the negative bottom of the spectrum, and whether no dense eigenvalue is positive; if one is, the largest, by the rate.
    Then without survivors, beside a head of one and more everywhere: all rates."""
    correlations, size = np.sort(rng.uniform(-1, 1, 6)), 3
    absent_rate = lambdify((omega_l, mu_j), rate)
    for chosen in combinations(range(6), size):
        heads, absent = correlations[list(chosen)], np.delete(correlations, chosen)
        kept_out = not any(bounds.violations({omega_l: h, mu_j: m}) for h in heads for m in absent)
        extreme = all((h > absent.max()) if h > 0 else (h < absent.min()) for h in heads)
        modes = np.concatenate([2 * np.eye(size), np.zeros((size, 3))], axis=1)
        dense = jacobian(modes, np.diag(heads), np.concatenate([heads, absent]), (1.0, 0.0, 0.0))
        growth = np.linalg.eigvals(dense).real.max()
        yield [int(kept_out)] * 2, [int(extreme), int(growth < 1e-9)]
        if growth > 1e-9:
            yield max(absent_rate(h, m) for h in heads for m in absent), growth
    large = np.diag(rng.uniform(1, 2, size))
    alone = np.linalg.eigvals(jacobian(np.zeros((size, 6)), large, correlations, (1.0, 0.0, 0.0))).real
    rates = [absent_rate(h, m) for h in np.diag(large) for m in correlations]
    yield np.sort([*rates, *np.zeros(size * size)]), np.sort(alone)
    yield int(max(rates) < 0), 1


def residual_descent(rng, formula):
    """The change of half the square of the residual along the Jacobian, at a state in general position."""
    state, rate = _draw_rest_state(rng, 2, 3), float(rng.uniform(0.2, 2))
    modes, head, correlations = state
    change, moved = _push_state(rng, state, rate)
    here, there = (b @ modes + head @ a - a * correlations for a, b in (change, moved))
    yield evaluate(formula, _state_point(state, rate, {q_V: here})), np.sum(here * there)


def safe_states(rng):
    """The number of growing eigenvalues at states that satisfy the sufficient condition: none."""
    for _ in range(10):
        modes, head, correlations = _draw_rest_state(rng, 2, 3)
        needed = np.diag(correlations**2) / 4
        rate = 1.01 * np.linalg.eigvals(np.linalg.solve(modes.T @ modes, needed)).real.max()
        found = np.linalg.eigvals(jacobian(modes, head, correlations, (rate, 0.0, 0.0)))
        yield int(np.sum(found.real > 1e-7)), 0


def draw_absent_state(rng, absent: int = 2):
    """Two survivors of three directions in general position, a head at rest with them, and absent modes, amplitudes zero."""
    modes, head, correlations = _draw_rest_state(rng, 2, 3)
    more = rng.uniform(-1, 1, absent)
    return np.hstack([modes, np.zeros((3, absent))]), head, np.concatenate([correlations, more])


def _column_matrix(formula, head, correlation) -> NDArray:
    """The matrix of a linear velocity of one column."""
    at = {d: len(head), W: mpf_array(head), mu_j: mpmath.mpf(correlation)}
    columns = [evaluate(formula, Point(at | {dv_j: mpf_array(unit[:, None])})) for unit in np.eye(len(head))]
    return np.hstack(columns).astype(float)


def absent_spectra(rng, formula):
    """All eigenvalues with absent modes: those of the survivors alone, and those of the formula for each absent mode."""
    (modes, head, correlations), rate = draw_absent_state(rng), float(rng.uniform(0.2, 2))
    own = np.linalg.eigvals(jacobian(modes[:, :2], head, correlations[:2], (rate, 0.0, 0.0)))
    others = [np.linalg.eigvals(_column_matrix(formula, head, mu)) for mu in correlations[2:]]
    found = np.linalg.eigvals(jacobian(modes, head, correlations, (rate, 0.0, 0.0)))
    yield _polynomial_coefficients(np.concatenate([own, *others])), _polynomial_coefficients(found)


def _polynomial_coefficients(eigenvalues: NDArray) -> NDArray:
    """The coefficients of their polynomial, which rounding that parts repeated zeros does not change."""
    return np.poly(eigenvalues).real


def absent_descent(rng, lines):
    """The change of half the square along a random absent mode; whether the size of all falls, which is where the least
    singular value is large enough and only there, and then none grows; and the sign of the determinants, which is that of an
    even number of growing eigenvalues."""
    determinants, singular = (Lines((bound,)) for bound in lines.bounds)
    for _ in range(10):
        modes, head, correlations = draw_absent_state(rng, 1)
        mu, amplitude = correlations[2], rng.standard_normal(3)
        dense = jacobian(modes[:, 2:], head, correlations[2:], (1.0, 0.0, 0.0))[:3, :3]
        at = {d: 3, W: mpf_array(head), mu_j: mpmath.mpf(mu), dv_j: mpf_array(amplitude[:, None])}
        yield evaluate(lines[half_square_j], Point(at)), amplitude @ dense @ amplitude
        growing = int(np.sum(np.linalg.eigvals(dense).real > 0))
        least = np.linalg.svd(head - mu / 2 * np.eye(3), compute_uv=False)[-1]
        enough = not singular.violations({sigma_least: least, mu_j: mu})
        yield int(enough), int(np.linalg.eigvalsh(dense + dense.T).max() < 0)
        yield int(enough and growing > 0), 0
        both = {Determinant(W): np.linalg.det(head), Determinant(APART): np.linalg.det(head - mu * np.eye(3))}
        yield int(not determinants.violations(both)), int(growing % 2 == 0)


def protected_heads(rng, lines):
    """After a run from a positive conserved matrix: the square of the head by the formula, the sign of its determinant, and
    whether its square is within its bound, which it reaches without modes."""
    modes, head = 0.2 * rng.standard_normal((3, 4)), rng.standard_normal((3, 3)) + 1.5 * np.diag(rng.choice([-1, 1], 3))
    correlations = rng.uniform(-1, 1, 4)
    rate = 0.9 / np.linalg.eigvals(np.linalg.solve(head.T @ head, modes @ modes.T)).real.max()

    def flow(_, y):
        return velocity(y[:12].reshape(3, 4), y[12:].reshape(3, 3), correlations, (rate, 0.0, 0.0))

    start = np.concatenate([modes.ravel(), head.ravel()])
    last = solve_ivp(flow, (0, 100), start, method="LSODA", rtol=1e-10, atol=1e-12).y[:, -1]
    end = last[:12].reshape(3, 4), last[12:].reshape(3, 3), correlations
    matrix = head.T @ head - rate * modes @ modes.T
    yield evaluate(lines[W.T * W], _state_point(end, rate, {Q_t: matrix})), end[1].T @ end[1]
    yield np.sign(np.linalg.det(end[1])), np.sign(np.linalg.det(head))
    values = {Determinant(W): np.linalg.det(end[1]), Determinant(Q_t): np.linalg.det(matrix)}
    yield len(lines.violations(values)), 0
    (bound,) = lines.bounds
    alone = {Determinant(W): 2, Determinant(Q_t): 4}
    yield float(bound.left.subs(alone)), float(bound.right.subs(alone))
