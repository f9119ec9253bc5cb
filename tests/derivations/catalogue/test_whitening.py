"""Which modes survive beside second moments that are held near the identity, against runs written once more in NumPy."""

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from derivations.closed_forms.whitening import critical_weight, survivor_square
from derivations.vocabulary import mu_k
from tests.strategies import seeds
from theory.models.vocabulary import beta

GRID = np.round(np.arange(-0.9, 1.01, 0.19), 2)  # correlations that are apart


def at_end(modes, correlations, weight):
    """Modes after a long time."""
    size, count = modes.shape

    def flow(_, y):
        V = y.reshape(size, count)
        return (-V * (1 - correlations) - weight * (V @ V.T - np.eye(size)) @ V).ravel()

    run = scipy.integrate.solve_ivp(flow, (0, 3000), modes.ravel(), method="LSODA", rtol=1e-9, atol=1e-12)
    return run.y[:, -1].reshape(size, count)


def squares(correlations, weight):
    """What is shown of each mode: its square, or zero below its threshold."""
    alive = [weight > float(critical_weight().subs(mu_k, c)) for c in correlations]
    return np.where(alive, [float(survivor_square().subs({mu_k: c, beta: weight})) for c in correlations], 0.0)


@given(st.sets(st.sampled_from(list(GRID)), min_size=3, max_size=5), st.integers(1, 4), st.floats(0.2, 2.2), seeds)
def test_the_largest_correlations_survive_from_any_start(correlations, size, weight, seed):
    correlations = np.sort(list(correlations))[::-1]
    if np.abs(weight - 1 + correlations).min() < 0.02:
        return  # a mode at its threshold takes as long as one likes
    expected = squares(correlations, weight)
    expected[size:] = 0
    end = at_end(np.random.default_rng(seed).standard_normal((size, len(correlations))), correlations, weight)
    assert end.T @ end == pytest.approx(np.diag(expected), abs=1e-5)


@given(st.floats(-0.9, 0.9), st.floats(0.1, 2), seeds)
def test_equal_correlations_share_a_subspace(correlation, weight, seed):
    """Lengths are those of any orthogonal turn of them: only their sum is settled."""
    if abs(weight - 1 + correlation) < 0.02:
        return
    start = np.random.default_rng(seed).standard_normal((2, 3))
    end = at_end(start, np.full(3, correlation), weight)
    square = squares([correlation], weight)[0]
    assert end @ end.T == pytest.approx(square * np.eye(2), abs=1e-5)


@given(st.sets(st.sampled_from(list(GRID)), min_size=3, max_size=3), st.integers(1, 2), st.floats(0.5, 2.2), seeds)
def test_every_state_at_rest_has_orthogonal_modes_of_their_own_lengths(correlations, size, weight, seed):
    """Not stable ones only: roots of all velocities from random starts."""
    correlations = np.array(sorted(correlations))
    if np.abs(weight - 1 + correlations).min() < 0.05:
        return  # roots that meet are found slowly

    def moved(y):
        V = y.reshape(size, -1)
        return (-V * (1 - correlations) - weight * (V @ V.T - np.eye(size)) @ V).ravel()

    found = scipy.optimize.root(moved, 1.5 * np.random.default_rng(seed).standard_normal(3 * size), method="lm", tol=1e-14)
    if np.abs(moved(found.x)).max() > 1e-12:
        return  # no root from here
    gram = found.x.reshape(size, -1).T @ found.x.reshape(size, -1)
    allowed = squares(correlations, weight)
    kept = np.diag(gram) > 1e-6
    assert gram == pytest.approx(np.diag(np.where(kept, allowed, 0)), abs=1e-5)
