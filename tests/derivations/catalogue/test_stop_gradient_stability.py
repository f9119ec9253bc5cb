"""Stability without decay: spectra, conditions and protected signs, against dense eigenvalues and direct runs."""

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from sympy import lambdify

from derivations import derive
from derivations.catalogue.dense_head import jacobian, random_orthogonal_state, velocity
from derivations.vocabulary import a_j, mu_j, omega_l
from theory.models.vocabulary import gamma

COUNT = 4000


def in_general_position(rng):
    """Two surviving modes of three directions, not orthogonal, with a head at rest, for many states."""
    basis = rng.standard_normal((COUNT, 3, 3)) + 0.5 * np.eye(3)
    heads, rates = rng.uniform(-1, 1, (COUNT, 3)), rng.uniform(0.2, 2, COUNT)
    head = basis @ (heads[:, :, None] * np.linalg.inv(basis))
    modes = basis[:, :, :2] * rng.uniform(0.1, 1, (COUNT, 1, 2))
    growth = np.linalg.eigvals(jacobian(modes, head, heads[:, :2], (rates, 0.0, 0.0))).real.max(axis=1)
    return modes, heads, rates, growth, head


@given(st.integers(0, 2**32 - 1))
def test_the_spectrum_at_an_orthogonal_state_is_that_of_dense_jacobians(seed):
    rng = np.random.default_rng(seed)
    survivors, absent = int(rng.integers(1, 4)), int(rng.integers(0, 3))
    state, heads, amplitudes = random_orthogonal_state(rng, survivors, absent, 4)
    rate = rng.uniform(0.2, 2)
    of_survivor, of_absent = (line.right for line in derive("stop_gradient_stability")["spectrum"].after)
    held, missing = lambdify((omega_l, mu_j, a_j, gamma), of_survivor), lambdify((omega_l, mu_j), of_absent)
    one, two = np.split(state[2], [survivors])
    predicted = np.concatenate([held(heads[:, None], one, amplitudes, rate).ravel(), missing(heads[:, None], two).ravel()])
    found = np.linalg.eigvals(jacobian(*state, (rate, 0.0, 0.0)))
    zeros = np.zeros(found.size - predicted.size)
    assert np.sort(found.real) == pytest.approx(np.sort(np.concatenate([predicted, zeros])), abs=1e-9)


def test_large_amplitudes_in_any_position_are_stable():
    modes, heads, rates, growth, _ = in_general_position(np.random.default_rng(0))
    size = rates[:, None, None] * np.swapaxes(modes, 1, 2) @ modes
    safe = np.linalg.eigvalsh(size - heads[:, None, :2] ** 2 / 4 * np.eye(2)).min(axis=1) > 0
    assert safe.sum() > 1000
    assert growth[safe].max() < 1e-6
    assert growth[~safe].max() > 0.01


def test_the_thresholds_of_orthogonal_modes_are_neither_necessary_nor_sufficient_for_others():
    modes, heads, rates, growth, _ = in_general_position(np.random.default_rng(0))
    needed = np.max(heads[:, :, None] * (heads[:, None, :2] - heads[:, :, None]), axis=1)
    above = np.all(rates[:, None] * np.sum(modes**2, axis=1) > needed, axis=1)
    assert growth[above].max() > 1e-3
    assert np.any(growth[~above] < 1e-9)


def beside_an_absent_mode(rng):
    """The same states with one absent mode: eigenvalues of the head, the head, the correlation of the absent mode, and the
    growth of that mode alone, of the survivors, and of all entries."""
    modes, heads, rates, held, head = in_general_position(rng)
    correlations = rng.uniform(-1, 1, (COUNT, 1))
    whole = np.concatenate([modes, np.zeros((COUNT, 3, 1))], axis=2)
    growth = np.linalg.eigvals(jacobian(whole, head, np.hstack([heads[:, :2], correlations]), (rates, 0.0, 0.0))).real.max(
        axis=1
    )
    alone = -np.swapaxes(head, 1, 2) @ (head - correlations[:, :, None] * np.eye(3))
    return heads, head, correlations, np.linalg.eigvals(alone).real.max(axis=1), held, growth


def test_states_in_any_position_are_stable_iff_survivors_hold_and_absent_modes_are_kept_out():
    *_, alone, held, growth = beside_an_absent_mode(np.random.default_rng(1))
    decided = (np.abs(alone) > 1e-6) & (np.abs(growth) > 1e-6) | (alone < -1e-6)
    stable = (alone < 0) & (held < 1e-6)
    assert decided.mean() > 0.95
    assert np.array_equal(stable[decided], growth[decided] < 1e-6)
    assert 0.02 < stable.mean() < 0.98


def test_eigenvalues_of_a_head_that_is_not_symmetric_do_not_tell_which_absent_modes_are_kept_out():
    heads, head, correlations, alone, *_ = beside_an_absent_mode(np.random.default_rng(1))
    by_eigenvalues = np.all(heads * (heads - correlations) > 0, axis=1)
    assert np.any(by_eigenvalues & (alone > 1e-3))
    assert np.any(~by_eigenvalues & (alone < -1e-3))
    distance = np.linalg.svd(head - correlations[:, :, None] / 2 * np.eye(3), compute_uv=False)[:, -1]
    enough = distance > np.abs(correlations[:, 0]) / 2
    assert enough.sum() > 100
    assert alone[enough].max() < 0


def end(rng, size, head):
    """Modes, head and correlations at the end of a run of three pairs of modes from random amplitudes."""
    correlations = np.array([1, 0.8, 0.6, -0.6, -0.8, -1])

    def flow(_, y):
        return velocity(y[: 6 * size].reshape(size, 6), y[6 * size :].reshape(size, size), correlations, (0.5, 0.0, 0.0))

    start = np.concatenate([rng.standard_normal(6 * size), head.ravel()])
    last = scipy.integrate.solve_ivp(flow, (0, 1e4), start, method="LSODA", rtol=1e-9, atol=1e-11).y[:, -1]
    return last[: 6 * size].reshape(size, 6), last[6 * size :].reshape(size, size), correlations


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("identity", [True, False])
def test_every_run_ends_where_no_dense_eigenvalue_grows(size, seed, identity):
    rng = np.random.default_rng(seed)
    modes, head, correlations = end(rng, size, np.eye(size) / 2 if identity else rng.standard_normal((size, size)) / 2)
    assert np.abs(head @ modes - modes * correlations).max() < 1e-4
    assert np.linalg.eigvals(jacobian(modes, head, correlations, (0.5, 0.0, 0.0))).real.max() < 1e-4


@pytest.mark.parametrize("turned", [1, -1])
@pytest.mark.parametrize("seed", range(5))
def test_a_head_that_is_large_against_the_amplitudes_keeps_the_sign_of_its_determinant(turned, seed):
    start, amplitudes = np.diag([4.0, 4.0, 4.0 * turned]), np.random.default_rng(seed).standard_normal((3, 6))
    assert np.linalg.eigvalsh(start.T @ start - 0.5 * amplitudes @ amplitudes.T).min() > 0
    _, head, _ = end(np.random.default_rng(seed), 3, start)
    assert np.sign(np.linalg.det(head)) == turned
