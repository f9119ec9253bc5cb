"""Numbers that the derivation ``stop_gradient_stability`` is held against: dense Jacobians at states at rest, and runs."""

from __future__ import annotations

from itertools import combinations

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from sympy import lambdify

from derivations.catalogue.dense_head import jacobian, random_orthogonal_state, velocity
from derivations.evaluate import Point, array, evaluate
from derivations.vocabulary import N_Z, V, mu_matrix
from theory.models.vocabulary import W, d, gamma


def _at_rest(rng, survivors: int, size: int) -> tuple[NDArray, NDArray, NDArray]:
    """Surviving modes in general position, a head at rest with them, and their correlations."""
    basis = rng.standard_normal((size, size)) + 2 * np.eye(size)
    heads = rng.uniform(-1, 1, size)
    head = basis @ np.diag(heads) @ np.linalg.inv(basis)
    return basis[:, :survivors], head, heads[:survivors]


def _point(state, rate, more) -> Point:
    """A state in the symbols of the derivation, and more matrices."""
    modes, head, correlations = state
    size, count = modes.shape
    values = {V: modes, W: head, mu_matrix: np.diag(correlations), **more}
    return Point({d: size, N_Z: count, gamma: mpmath.mpf(rate), **{b: array(value) for b, value in values.items()}})


def _pushed(rng, state, rate) -> tuple[tuple[NDArray, NDArray], tuple[NDArray, NDArray]]:
    """A random perturbation, and how the Jacobian moves it."""
    modes, head, correlations = state
    size, count = modes.shape
    change = rng.standard_normal(size * (count + size))
    moved = jacobian(modes, head, correlations, (rate, 0.0, 0.0)) @ change
    return _split(change, size, count), _split(moved, size, count)


def _split(entries, size, count) -> tuple[NDArray, NDArray]:
    return entries[: size * count].reshape(size, count), entries[size * count :].reshape(size, size)


def perturbed(rng, lines, changes):
    """Both linear velocities at a state at rest, in general position."""
    residual, *moved = lines
    state, rate = _at_rest(rng, 2, 3), float(rng.uniform(0.2, 2))
    change, found = _pushed(rng, state, rate)
    at = _point(state, rate, dict(zip(changes, change, strict=True)))
    at = Point({**at.values, residual.left: evaluate(residual.right, at)})
    for line, matrix in zip(moved, found, strict=True):
        yield evaluate(line.right, at), matrix


def spectra(rng, rates, names):
    """All eigenvalues at an orthogonal state: rates of survivors and of absent modes by the formulas, and zeros."""
    survivors, absent, size = int(rng.integers(1, 4)), int(rng.integers(3)), int(rng.integers(3, 5))
    (modes, head, correlations), heads, amplitudes = random_orthogonal_state(rng, survivors, absent, size)
    rate = float(rng.uniform(0.2, 2))
    held, missing = (lambdify((*names, gamma), e) for e in rates)
    predicted = [held(h, m, a, rate) for h in heads for m, a in zip(correlations[:survivors], amplitudes, strict=True)]
    predicted += [missing(h, m, 0, rate) for h in heads for m in correlations[survivors:]]
    found = np.linalg.eigvals(jacobian(modes, head, correlations, (rate, 0.0, 0.0)))
    zeros = np.zeros(found.size - len(predicted))
    yield np.sort(np.concatenate([predicted, zeros])), np.sort(found.real)
    yield 1 + np.abs(found.imag).max(), 1.0


def splits(rng, rate, names):
    """For every choice of survivors, whether all rates of absent modes are negative, whether the survivors are the positive top
    and the negative bottom of the spectrum, and whether no dense eigenvalue is positive; if one is, the largest.  Then without
    survivors, beside a head of one and more everywhere: all rates."""
    correlations, size = np.sort(rng.uniform(-1, 1, 6)), 3
    absent_rate = lambdify(names, rate)
    for chosen in combinations(range(6), size):
        heads, absent = correlations[list(chosen)], np.delete(correlations, chosen)
        largest = max(absent_rate(h, m) for h in heads for m in absent)
        extreme = all((h > absent.max()) if h > 0 else (h < absent.min()) for h in heads)
        modes = np.concatenate([2 * np.eye(size), np.zeros((size, 3))], axis=1)
        dense = jacobian(modes, np.diag(heads), np.concatenate([heads, absent]), (1.0, 0.0, 0.0))
        growth = np.linalg.eigvals(dense).real.max()
        yield [int(largest < 0)] * 2, [int(extreme), int(growth < 1e-9)]
        if largest > 0:
            yield largest, growth
    large = np.diag(rng.uniform(1, 2, size))
    alone = np.linalg.eigvals(jacobian(np.zeros((size, 6)), large, correlations, (1.0, 0.0, 0.0))).real
    rates = [absent_rate(h, m) for h in np.diag(large) for m in correlations]
    yield np.sort([*rates, *np.zeros(size * size)]), np.sort(alone)
    yield int(max(rates) < 0), 1


def falling(rng, formula, residual):
    """The change of half the square of the residual along the Jacobian, at a state in general position."""
    state, rate = _at_rest(rng, 2, 3), float(rng.uniform(0.2, 2))
    modes, head, correlations = state
    change, moved = _pushed(rng, state, rate)
    here, there = (b @ modes + head @ a - a * correlations for a, b in (change, moved))
    yield evaluate(formula, _point(state, rate, {residual: here})), np.sum(here * there)


def safe(rng):
    """The number of growing eigenvalues at states that satisfy the sufficient condition: none."""
    for _ in range(10):
        modes, head, correlations = _at_rest(rng, 2, 3)
        needed = np.diag(correlations**2) / 4
        rate = 1.01 * np.linalg.eigvals(np.linalg.solve(modes.T @ modes, needed)).real.max()
        found = np.linalg.eigvals(jacobian(modes, head, correlations, (rate, 0.0, 0.0)))
        yield int(np.sum(found.real > 1e-7)), 0


def with_absent(rng, absent: int = 2):
    """Two survivors of three directions in general position, a head at rest with them, and absent modes, amplitudes zero."""
    modes, head, correlations = _at_rest(rng, 2, 3)
    more = rng.uniform(-1, 1, absent)
    return np.hstack([modes, np.zeros((3, absent))]), head, np.concatenate([correlations, more])


def _matrix(formula, head, column, symbol, correlation) -> NDArray:
    """The matrix of a linear velocity of one column."""
    at = {d: len(head), W: array(head), symbol: mpmath.mpf(correlation)}
    columns = [evaluate(formula, Point(at | {column: array(unit[:, None])})) for unit in np.eye(len(head))]
    return np.hstack(columns).astype(float)


def beside(rng, formula, column, symbol):
    """All eigenvalues with absent modes: those of the survivors alone, and those of the formula for each absent mode."""
    (modes, head, correlations), rate = with_absent(rng), float(rng.uniform(0.2, 2))
    own = np.linalg.eigvals(jacobian(modes[:, :2], head, correlations[:2], (rate, 0.0, 0.0)))
    others = [np.linalg.eigvals(_matrix(formula, head, column, symbol, mu)) for mu in correlations[2:]]
    found = np.linalg.eigvals(jacobian(modes, head, correlations, (rate, 0.0, 0.0)))
    yield _coefficients(np.concatenate([own, *others])), _coefficients(found)


def _coefficients(eigenvalues: NDArray) -> NDArray:
    """Of their polynomial, which rounding that parts repeated zeros does not change."""
    return np.poly(eigenvalues).real


def kept_out(rng, formula, column, symbol):
    """The change of half the square along a random absent mode; the number of its growing eigenvalues where the least singular
    value is large enough: none; and where an odd number grows, the sign of the determinants."""
    for _ in range(10):
        modes, head, correlations = with_absent(rng, 1)
        mu, amplitude = correlations[2], rng.standard_normal(3)
        dense = jacobian(modes[:, 2:], head, correlations[2:], (1.0, 0.0, 0.0))[:3, :3]
        at = {d: 3, W: array(head), symbol: mpmath.mpf(mu), column: array(amplitude[:, None])}
        yield evaluate(formula, Point(at)), amplitude @ dense @ amplitude
        growing = int(np.sum(np.linalg.eigvals(dense).real > 0))
        if np.linalg.svd(head - mu / 2 * np.eye(3), compute_uv=False)[-1] > abs(mu) / 2:
            yield growing, 0
        yield (-1) ** growing, np.sign(np.linalg.det(head) * np.linalg.det(head - mu * np.eye(3)))


def protected(rng, formula, conserved):
    """After a run from a positive conserved matrix: the square of the head by the formula, and the sign of its determinant."""
    modes, head = 0.2 * rng.standard_normal((3, 4)), rng.standard_normal((3, 3)) + 1.5 * np.diag(rng.choice([-1, 1], 3))
    correlations = rng.uniform(-1, 1, 4)
    rate = 0.9 / np.linalg.eigvals(np.linalg.solve(head.T @ head, modes @ modes.T)).real.max()

    def flow(_, y):
        return velocity(y[:12].reshape(3, 4), y[12:].reshape(3, 3), correlations, (rate, 0.0, 0.0))

    start = np.concatenate([modes.ravel(), head.ravel()])
    last = solve_ivp(flow, (0, 100), start, method="LSODA", rtol=1e-10, atol=1e-12).y[:, -1]
    end = last[:12].reshape(3, 4), last[12:].reshape(3, 3), correlations
    matrix = head.T @ head - rate * modes @ modes.T
    yield evaluate(formula, _point(end, rate, {conserved: matrix})), end[1].T @ end[1]
    yield np.sign(np.linalg.det(end[1])), np.sign(np.linalg.det(head))
    yield int(np.linalg.det(end[1]) ** 2 >= np.linalg.det(matrix)), 1
