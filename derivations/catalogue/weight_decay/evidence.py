"""Numbers that the derivation ``weight_decay`` is held against: runs to the end, and dense Jacobians."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import eig

from derivations.catalogue.dense_head import jacobian, velocity
from derivations.evaluate import Point, array, evaluate
from derivations.vocabulary import mu, mu_k, n, phi, v, v_k, w
from theory import Coupling, models, simulate
from theory.models.vocabulary import K, W, d, gamma, kappa, lam


@cache
def _end(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Amplitudes and head at the end of a run of five modes in three dimensions, two of them equal, from a random start."""
    rng = np.random.default_rng(seed)
    correlations, rates = np.array([1.0, 0.8, 0.6, -0.5, 0.0]), (1.0, 0.05, 0.05 * rng.uniform(0.5, 2))

    def flow(_, y):
        return velocity(y[:15].reshape(3, 5), y[15:].reshape(3, 3), correlations, rates)

    start = np.concatenate([rng.standard_normal(15), (np.eye(3) + 0.1 * rng.standard_normal((3, 3))).ravel()])
    end = solve_ivp(flow, (0, 3000), start, method="LSODA", rtol=1e-9, atol=1e-11).y[:, -1]
    return end[:15].reshape(3, 5), end[15:].reshape(3, 3)


def symmetry(rng):
    """A head at the end of a run, and its transpose."""
    _, head = _end(int(rng.integers(3)))
    yield head, head.T


def orthogonality(rng):
    """Products of the modes at the end of a run, and their diagonal."""
    modes, _ = _end(int(rng.integers(3)))
    yield modes.T @ modes, np.diag(np.sum(modes**2, axis=0))


def _values(rng) -> dict:
    """Numbers for the parameters, at which both states exist."""
    value = float(rng.uniform(0.5, 1))
    return {
        mu: value,
        lam: value**2 / 4 * float(rng.uniform(0.2, 0.95)),
        **{rate: float(x) for rate, x in zip((gamma, kappa), rng.uniform(0.2, 2, 2), strict=True)},
    }


def ordered_heads(rng, upper, lower):
    at = _values(rng)
    yield [float(e.subs(at)) for e in (upper, lower)], np.sort(np.roots([1, -at[mu], at[lam]]).real)[::-1]


def _own(at: dict, head: float) -> np.ndarray:
    """The Jacobian of one mode in one dimension, at rest at a head."""
    amplitude = np.sqrt(at[kappa] / (at[gamma] * at[lam])) * head
    rates = tuple(np.array(at[rate]) for rate in (gamma, lam, kappa))
    return jacobian(np.array([[amplitude]]), np.array([[head]]), np.array([at[mu]]), rates)


def _roots(at: dict) -> np.ndarray:
    return np.sort(np.roots([1, -at[mu], at[lam]]))[::-1]


def own_sector(rng, trace, determinant):
    at = _values(rng)
    for head in _roots(at):
        matrix, here = _own(at, head), {**at, w: head, v: np.sqrt(at[kappa] / (at[gamma] * at[lam])) * head}
        yield [float(trace.subs(here)), float(determinant.subs(here))], [np.trace(matrix), np.linalg.det(matrix)]


def births(rng, heads, critical):
    """Just below the critical decay the upper head is stable and the lower one a saddle; just above neither is real."""
    at = _values(rng)
    for factor, real in ((0.99, 1), (1.01, 0)):
        here = {**at, lam: float(critical.subs(at)) * factor}
        found = [complex(e.subs(here)) for e in heads]
        yield real, int(all(abs(e.imag) < 1e-12 for e in found))
        if real:
            growing = [int(np.sum(np.linalg.eigvals(_own(here, e.real)).real > 0)) for e in found]
            yield [0, 1], growing


def collapsed(rng, first, second):
    """Eigenvalues of the Jacobian of all entries at the collapsed state."""
    at = _values(rng)
    rates = tuple(np.array(at[rate]) for rate in (gamma, lam, kappa))
    found = np.linalg.eigvals(jacobian(np.zeros((2, 3)), np.zeros((2, 2)), rng.uniform(-1, 1, 3), rates))
    yield np.sort([float(first.subs(at))] * 6 + [float(second.subs(at))] * 4), np.sort(found.real)


def shrinking(rng, formula):
    """The change of half the square of each mode of a random state."""
    modes, head, correlations = rng.standard_normal((2, 3)), rng.standard_normal((2, 2)), rng.uniform(-1, 1, 3)
    decay = float(rng.uniform(0.1, 1))
    moved = velocity(modes, head, correlations, (1.0, decay, 0.5))[:6].reshape(2, 3)
    for number, correlation in enumerate(correlations):
        column = array(modes[:, [number]])
        at = Point({d: 2, v_k: column, W: array(head), mu_k: mpmath.mpf(correlation), lam: mpmath.mpf(decay)})
        yield evaluate(formula, at), modes[:, number] @ moved[:, number]


def basins(rng, flow, formulas, trace, determinant):
    """At the lower head the stable eigenvalue and its direction; then where runs end from both sides of its manifold, traced
    back from the saddle: the amplitude is zero, or that of the upper head."""
    at = _values(rng)
    upper, lower = _roots(at)
    matrix = _own(at, lower)
    at_saddle = {**at, w: lower, v: np.sqrt(at[kappa] / (at[gamma] * at[lam])) * lower}
    here = {**at_saddle, trace: np.trace(matrix), determinant: np.linalg.det(matrix)}
    values, vectors = eig(matrix)
    along = vectors[:, values.real.argmin()].real
    yield [float(e.subs(here)) for e in formulas], [values.real.min(), along[1] / along[0]]
    point, across = _traced_back(flow, at, at_saddle, along)
    scale = upper / lower * at_saddle[v]
    ends = [_end_of(flow, at, point + sign * 1e-3 * across) / scale for sign in (-1, 1)]
    yield np.round(ends, 6), [0, 1]


def every_end(rng, flow):
    """The speed at the end of runs from all over the half plane, against none; below and above the critical decay."""
    below = _values(rng)
    for at in (below, {**below, lam: 1.5 * below[mu] ** 2 / 4}):
        for _ in range(3):
            start = [rng.uniform(0.05, 3), rng.uniform(-3, 3)]
            end = solve_ivp(_lowered(flow, at), (0, 4000), start, method="LSODA", rtol=1e-9, atol=1e-12).y[:, -1]
            yield 1 + np.abs(_lowered(flow, at)(0, end)).max(), 1.0


def _lowered(flow, at):
    return flow.lower({str(name): value for name, value in at.items()}).velocity


def _traced_back(flow, at, saddle, along):
    """A point on the stable manifold with more amplitude than the saddle, and the direction across towards more of both."""
    start, moved = np.array([saddle[v], saddle[w]]), _lowered(flow, at)

    def reached(_, y):
        return y[0] - 1.3 * saddle[v]

    reached.terminal = True  # type: ignore[attr-defined]
    nearby = start + 1e-6 * saddle[v] * along / along[0]
    back = solve_ivp(lambda t, y: -moved(t, y), (0, 1e4), nearby, method="LSODA", rtol=1e-10, atol=1e-13, events=reached)
    tangent = moved(0, back.y[:, -1])
    across = np.array([-tangent[1], tangent[0]])
    return back.y[:, -1], across * np.sign(across[1]) / np.linalg.norm(across)


def _end_of(flow, at, start) -> float:
    """The amplitude in the end."""
    return float(solve_ivp(_lowered(flow, at), (0, 4000), start, method="LSODA", rtol=1e-9, atol=1e-12).y[0, -1])


@cache
def _labels(seed: int):
    """Labels at the end of a run of all embeddings with uniform frustration, and the numbers that made it."""
    rng = np.random.default_rng(seed)
    coupling = Coupling.uniform(classes=3, samples=12, fraction=0.25)
    rates = {"gamma": 0.02 * float(rng.uniform(0.5, 2)), "lambda": 0.05, "kappa": 0.05 * float(rng.uniform(0.5, 2))}
    run = simulate(
        models.projection_head(),
        coupling,
        dimension=4,
        times=[0, 1500],
        seed=seed,
        parameters=rates,
        initial={"W": np.eye(4)},
        solver="LSODA",
    )
    return run.labels[-1], rates, coupling.modes()[1]


def simplex(rng, squared, head):
    """The squared distance of each two labels."""
    found, rates, correlation = _labels(int(rng.integers(3)))
    value = (correlation + np.sqrt(correlation**2 - 4 * rates["lambda"])) / 2
    at = {gamma: rates["gamma"], lam: rates["lambda"], kappa: rates["kappa"], head: value, n: 4}
    first, second = np.triu_indices(3, 1)
    yield np.full(3, float(squared.subs(at))), np.sum((found[:, first] - found[:, second]) ** 2, axis=0)


def fractions(rng, uniform, pairs):
    """The frustration of all class modes of couplings of both families."""
    classes, pure = 3, int(rng.integers(1, 4))
    for formula, make in ((uniform, Coupling.uniform), (pairs, Coupling.pairs)):
        samples = classes * (pure + 2)
        coupling = make(classes=classes, samples=samples, fraction=3 * 2 / samples)
        at = {phi: 3 * 2 / samples, K: classes}
        yield np.full(classes - 1, float(formula.subs(at))), coupling.frustration()[1:]
