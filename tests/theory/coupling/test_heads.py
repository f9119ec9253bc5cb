"""Heads of states at rest, against all eigenvalues of the dense quadratic problem, closed forms and the flow itself."""

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import seeds
from theory import Coupling, InputError, models
from theory.coupling.heads import head_states


def random_coupling(rng, mobility):
    """Few samples with a few repeated rows, no label left alone."""
    weights = rng.uniform(0, 1, (4, 3)) * (rng.random((4, 3)) < 0.7)
    weights[np.arange(3), np.arange(3)] += 0.5
    weights[3, 0] += 0.1
    return Coupling(np.repeat(weights, rng.integers(1, 3, 4), axis=0), mobility=mobility)


def mobilities(rng, kind):
    return {"degree": "degree", "uniform": "uniform"}.get(kind, tuple(float(e) for e in rng.uniform(0.2, 2, 2)))


def dense_heads(coupling, decay):
    """Positive real eigenvalues of w²D − wA + λH⁻¹, all embeddings written out."""
    data = coupling.data
    weights = np.asarray(data["J"], dtype=float)
    size = coupling.samples + coupling.labels
    adjacency = np.zeros((size, size))
    adjacency[: coupling.samples, coupling.samples :] = weights
    adjacency += adjacency.T
    degrees = np.concatenate([data["D_x"], data["D_y"]])[:, None]
    inverse = np.diag(1 / np.concatenate([data["H_x"], data["H_y"]]))
    roots = scipy.linalg.eigvals(
        np.block([[np.zeros((size, size)), np.eye(size)], [-decay * inverse / degrees, adjacency / degrees]])
    )
    return np.sort(roots[(np.abs(roots.imag) < 1e-7) & (roots.real > 1e-9)].real)[::-1]


@given(seeds, st.sampled_from(["degree", "uniform", "numbers"]), st.floats(0.001, 0.24) | st.floats(0.26, 0.3))
def test_heads_are_all_real_roots_of_the_quadratic_problem(seed, kind, decay):
    rng = np.random.default_rng(seed)
    coupling = random_coupling(rng, mobilities(rng, kind))
    assert head_states(coupling, decay).heads == pytest.approx(dense_heads(coupling, decay), abs=1e-6)


@given(seeds, st.floats(0.001, 0.24))
def test_with_mobilities_inverse_to_the_degrees_heads_are_those_of_the_canonical_correlations(seed, decay):
    coupling = random_coupling(np.random.default_rng(seed), "degree")
    mu = coupling.modes()
    mu = mu[mu**2 > 4 * decay * (1 + 1e-6)]
    root = np.sqrt(mu**2 - 4 * decay)
    found = head_states(coupling, decay).heads
    expected = np.sort(np.concatenate([(mu + root) / 2, (mu - root) / 2]))[::-1]
    assert found[: len(mu)] == pytest.approx(expected[: len(mu)], abs=1e-8)


@given(seeds, st.sampled_from(["degree", "uniform", "numbers"]), st.floats(0.01, 0.1))
def test_each_state_is_at_rest_in_one_dimension(seed, kind, decay):
    rng = np.random.default_rng(seed)
    coupling = random_coupling(rng, mobilities(rng, kind))
    found, data = head_states(coupling, decay, head_decay=0.3, mobility=0.2), coupling.data
    values = {**data, "d": 1, "gamma": 0.2, "lambda": decay, "kappa": 0.3}
    lowered = models.projection_head().stop_gradient_flow().lower(values)
    for w, labels in zip(found.heads, found.labels, strict=True):
        samples = w * (data["J"] @ labels) / (w**2 * data["D_x"] + decay / data["H_x"])
        state = np.concatenate([samples, labels, [w]])
        assert np.abs(lowered.velocity(0, state)).max() < 1e-7 * max(1, np.abs(state).max())


@pytest.mark.parametrize("mobility", ["degree", "uniform"])
def test_the_cost_does_not_grow_with_the_samples(mobility):
    small, large = (
        head_states(Coupling.uniform(classes=4, samples=size, fraction=0.1, mobility=mobility), 0.1).heads
        for size in (400, 10**6)
    )
    assert len(small) == len(large) == 8
    if mobility == "degree":
        assert small == pytest.approx(large)


@given(st.integers(2, 5), st.sampled_from([0.1, 0.5]))
def test_labels_of_one_head_are_orthogonal_so_that_classes_stand_on_a_simplex(classes, fraction):
    coupling = Coupling.uniform(classes=classes, samples=20 * classes, fraction=fraction, mobility="uniform")
    found = head_states(coupling, 0.05)
    labels = found.labels[1:classes]
    assert np.ptp(found.heads[1:classes]) < 1e-9
    distances = np.linalg.norm(labels[:, :, None] - labels[:, None, :], axis=0)[np.triu_indices(classes, 1)]
    assert distances == pytest.approx(np.full(len(distances), distances.mean()))


def test_beyond_the_largest_decay_there_is_no_state():
    coupling = Coupling.uniform(classes=3, samples=30, fraction=0.2)
    found = head_states(coupling, 0.26)
    assert found.heads.shape == (0,)
    assert found.labels.shape == (0, 3)


@pytest.mark.parametrize("rates", [{"decay": 0}, {"decay": -1}, {"decay": np.nan}, {"decay": 1, "head_decay": 0}])
def test_rates_that_are_not_positive_are_refused(rates):
    with pytest.raises(InputError, match="positive"):
        head_states(Coupling(np.eye(2)), **rates)
