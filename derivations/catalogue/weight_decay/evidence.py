"""Numbers that the derivation ``weight_decay`` is held against: runs to the end, and dense Jacobians."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
from scipy.integrate import solve_ivp

from derivations.catalogue import whole
from derivations.catalogue.dense_head import jacobian, velocity
from derivations.catalogue.mode_flow import mode_point
from derivations.catalogue.points import both_sides
from derivations.vocabulary import delta, distance_ab, lam_c, mu, mu_k, n, phi, s_1, s_2, tau, v, v_k, w, w_minus, w_plus
from theory import Coupling
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import K, W, d, gamma, kappa, lam


@cache
def _run_to_end(seed: int) -> tuple:
    """Amplitudes and head at the end of a run of five modes in three dimensions from a random start; their correlations, and
    the rates."""
    rng = np.random.default_rng(seed)
    correlations, rates = np.array([1.0, 0.8, 0.6, -0.5, 0.0]), (1.0, 0.05, 0.05 * rng.uniform(0.5, 2))

    def flow(_, y):
        return velocity(y[:15].reshape(3, 5), y[15:].reshape(3, 3), correlations, rates)

    start = np.concatenate([rng.standard_normal(15), (np.eye(3) + 0.1 * rng.standard_normal((3, 3))).ravel()])
    end = solve_ivp(flow, (0, 3000), start, method="LSODA", rtol=1e-9, atol=1e-11).y[:, -1]
    return end[:15].reshape(3, 5), end[15:].reshape(3, 3), correlations, dict(zip((gamma, lam, kappa), rates, strict=True))


def at_rest(rng, lines):
    """Both sides of lines at the end of a run."""
    at = mode_point(*_run_to_end(int(rng.integers(3))))
    yield from both_sides(lines, at)


def mode_orthogonality(rng, lines):
    """Products of the modes at the end of a run, and their diagonal; both sides of what holds of each that survives."""
    modes, head, correlations, rates = _run_to_end(int(rng.integers(3)))
    yield modes.T @ modes, np.diag(np.sum(modes**2, axis=0))
    for number in np.flatnonzero(np.linalg.norm(modes, axis=0) > 1e-3):
        of_one = {v_k: mpf_array(modes[:, [number]]), mu_k: mpmath.mpf(correlations[number])}
        yield from both_sides(lines, mode_point(modes, head, correlations, rates) | of_one)


def parameters_at_random(rng) -> dict:
    """Numbers for the parameters, at which both states exist."""
    value = float(rng.uniform(0.5, 1))
    return {
        mu: value,
        lam: value**2 / 4 * float(rng.uniform(0.2, 0.95)),
        **{rate: float(x) for rate, x in zip((gamma, kappa), rng.uniform(0.2, 2, 2), strict=True)},
    }


def ordered_heads(rng, given, heads):
    """Whether both heads are real, which is where it is assumed and only there; then the heads."""
    for _ in range(8):
        at = {mu: float(rng.uniform(0.2, 1)), lam: float(rng.uniform(0, 0.25))}
        found = np.roots([1, -at[mu], at[lam]])
        yield int(not given.violations(at)), int(np.isreal(found).all())
        if np.isreal(found).all():
            yield [float(heads[head].subs(at)) for head in (w_plus, w_minus)], np.sort(found.real)[::-1]


def own_jacobian(at: dict, head: float) -> np.ndarray:
    """The Jacobian of one mode in one dimension, at rest at a head."""
    amplitude = np.sqrt(at[kappa] / (at[gamma] * at[lam])) * head
    rates = tuple(np.array(at[rate]) for rate in (gamma, lam, kappa))
    return jacobian(np.array([[amplitude]]), np.array([[head]]), np.array([at[mu]]), rates)


def both_heads(at: dict) -> np.ndarray:
    return np.sort(np.roots([1, -at[mu], at[lam]]))[::-1]


def _rest(at: dict, head: float) -> dict:
    """Numbers of a state at rest along one direction."""
    return {**at, w: head, v: np.sqrt(at[kappa] / (at[gamma] * at[lam])) * head}


def own_sector(rng, own):
    at = parameters_at_random(rng)
    for head in both_heads(at):
        matrix, here = own_jacobian(at, head), _rest(at, head)
        yield [float(own[e].subs(here)) for e in (tau, delta)], [np.trace(matrix), np.linalg.det(matrix)]


def state_births(rng, known, critical):
    """Just below the critical decay the upper head is stable and the lower one a saddle, by the formulas too; just above it
    neither is real."""
    at = parameters_at_random(rng)
    for factor, real in ((0.99, 1), (1.01, 0)):
        here = {**at, lam: float(critical.subs(at)) * factor}
        found = [complex(known[head].subs(here)) for head in (w_plus, w_minus)]
        yield real, int(all(abs(e.imag) < 1e-12 for e in found))
        if real:
            growing = [int(np.sum(np.linalg.eigvals(own_jacobian(here, e.real)).real > 0)) for e in found]
            yield [0, 1], growing
            yield [_number_growing(known, _rest(here, e.real)) for e in found], growing


def _number_growing(known, here: dict) -> int:
    """Eigenvalues with a positive real part, by trace and determinant."""
    trace, determinant = (float(known[e].subs(here)) for e in (tau, delta))
    return 1 if determinant < 0 else 2 * int(trace > 0)


def collapsed_eigenvalues(rng, lines):
    """Eigenvalues of the Jacobian of all entries at the collapsed state, none of which grows."""
    at = parameters_at_random(rng)
    rates = tuple(np.array(at[rate]) for rate in (gamma, lam, kappa))
    found = np.linalg.eigvals(jacobian(np.zeros((2, 3)), np.zeros((2, 2)), rng.uniform(-1, 1, 3), rates))
    yield np.sort([float(lines[s_1].subs(at))] * 6 + [float(lines[s_2].subs(at))] * 4), np.sort(found.real)
    yield int((found.real > 0).sum()), 0


def mode_shrinkage(rng, known, formula):
    """The change of half the square of each mode of a random state; and of a mode beside the head at which it falls least: it
    does fall where it is assumed, and only there."""
    modes, head, correlations = rng.standard_normal((2, 3)), rng.standard_normal((2, 2)), rng.uniform(-1, 1, 3)
    decay = float(rng.uniform(0.1, 1))
    for number, correlation in enumerate(correlations):
        alone = modes[:, [number]], np.array([correlation])
        yield _mode_fall(alone, head, decay, formula)
        least, found = _mode_fall(alone, correlation / 2 * np.eye(2), decay / 10, formula)
        at = {lam: decay / 10, lam_c: known[lam_c].subs(mu, correlation)}
        yield int(not known.violations(at)), int(found < 0)
        yield least, found


def _mode_fall(alone, head, decay: float, formula) -> tuple:
    """The velocity of half the square of one mode, by a formula and by the velocities of all entries."""
    column, correlation = alone
    moved = velocity(column, head, correlation, (1.0, decay, 0.5))[:2]
    numbers = {mu_k: mpmath.mpf(correlation[0]), lam: mpmath.mpf(decay)}
    return evaluate(formula, Point({d: 2, v_k: mpf_array(column), W: mpf_array(head), **numbers})), column[:, 0] @ moved


@cache
def _labels_at_end(seed: int):
    """Labels at the end of a run of all embeddings with uniform frustration, and the numbers that made it."""
    coupling = Coupling.uniform(classes=3, samples=12, fraction=0.25)
    found, rates = whole.head_at_rest(coupling, np.random.default_rng(seed))
    return found, rates | {mu: coupling.modes()[1], n: 4}


def simplex_distances(rng, known, lines):
    """The squared distance of each two labels, and in how many dimensions they fit."""
    found, at = _labels_at_end(int(rng.integers(3)))
    yield from whole.simplex_distances(found, float(lines[distance_ab].subs(w_plus, known[w_plus]).subs(at)), known)


def family_frustrations(rng, uniform, pairs):
    """The frustration of all class modes of couplings of both families."""
    classes, pure = 3, int(rng.integers(1, 4))
    for formula, make in ((uniform, Coupling.uniform), (pairs, Coupling.pairs)):
        samples = classes * (pure + 2)
        coupling = make(classes=classes, samples=samples, fraction=3 * 2 / samples)
        at = {phi: 3 * 2 / samples, K: classes}
        yield np.full(classes - 1, float(formula.subs(at))), coupling.frustration()[1:]
