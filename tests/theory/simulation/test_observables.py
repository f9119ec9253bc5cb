"""What is observed of a state, by brute force: the loss, accuracy, separation, drift of first integrals, head."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import couplings, seeds
from tests.theory.oracles import assert_close, head_loss
from tests.theory.simulation.common import TIGHT, UNSHRUNK, distances, few, start
from theory import Coupling, models, simulate

# -- observables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", ["none", "labels", "samples", "both"])
@pytest.mark.parametrize("head", ["none", "samples", "labels", "both", "shared"])
def test_recorded_loss_is_the_sum_over_pairs(head, stop):
    coupling = Coupling.uniform(2, 6, 1 / 3)
    rng = np.random.default_rng(1)
    initial = start(0, coupling, 2, None if head == "none" else rng.standard_normal((2, 2)))
    tr = simulate(models.projection_head(head, stop), coupling, dimension=2, times=[0], initial=initial)
    assert_close(tr.loss[0], head_loss(head, stop, coupling.data["J"], initial, initial))


@st.composite
def small_couplings(draw):
    return Coupling(draw(couplings().filter(lambda J: J.shape[1] > 1)))


def brute_force_accuracy(J, samples, labels):
    nearest = [min(range(labels.shape[1]), key=lambda a, x=x: np.sum((x - labels[:, a]) ** 2)) for x in samples.T]
    return np.mean([J[i, a] > 0 for i, a in enumerate(nearest)])


@settings(max_examples=8, phases=UNSHRUNK)
@given(small_couplings(), seeds, st.integers(1, 3))
def test_accuracy_is_the_share_of_samples_nearest_to_a_label_of_their_own(coupling, seed, dimension):
    initial = start(seed, coupling, dimension)
    tr = simulate(models.embedding_only(), coupling, dimension=dimension, times=[0], initial=initial)
    assert tr.accuracy[0] == pytest.approx(brute_force_accuracy(coupling.data["J"], initial["X"], initial["Y"]))
    assert tr.accuracy_error[0] == 0


@settings(max_examples=5, phases=UNSHRUNK)
@given(small_couplings(), seeds, st.sampled_from(["samples", "labels", "both", "shared"]))
def test_accuracy_with_a_head_compares_what_the_loss_pulls_together(coupling, seed, head):
    W = np.random.default_rng(seed).standard_normal((2, 2))
    initial = start(seed, coupling, 2, W)
    tr = simulate(models.projection_head(head, "both"), coupling, dimension=2, times=[0], initial=initial)
    left = W @ initial["X"] if head in ("samples", "both", "shared") else initial["X"]
    right = W @ initial["Y"] if head in ("labels", "both") else initial["Y"]
    assert tr.accuracy[0] == pytest.approx(brute_force_accuracy(coupling.data["J"], left, right))


@few
@given(seeds)
def test_accuracy_of_an_encoder_is_that_of_its_outputs(seed):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([[0, 1, 2], rng.integers(0, 3, 17)])
    features = rng.standard_normal((20, 4))
    coupling = Coupling.from_data(features, labels)
    initial = start(seed, coupling, 2)
    tr = simulate(models.embedding_only(), coupling, dimension=2, times=[0], initial=initial)
    J = np.eye(3)[labels]
    assert tr.accuracy[0] == pytest.approx(brute_force_accuracy(J, coupling.observe(initial["X"]), initial["Y"]))


@few
@given(small_couplings(), seeds, st.integers(1, 3))
def test_smallest_separation_is_that_of_the_closest_pair(coupling, seed, dimension):
    tr = simulate(models.embedding_only(), coupling, dimension=dimension, times=[0, 0.5], seed=seed)
    assert_close(tr.min_separation, distances(tr.labels).min(axis=0))


def test_single_label_has_no_separation_to_measure():
    coupling = Coupling([[1.0], [2.0]])
    tr = simulate(models.embedding_only(), coupling, dimension=2, times=[0, 60], seed=0, **TIGHT)
    assert tr.accuracy[-1] == 1
    assert tr.loss[-1] == pytest.approx(0, abs=1e-12)


def test_drift_of_an_integral_that_starts_at_zero_is_a_number():
    coupling = Coupling.uniform(2, 4, 0.5)
    zero = {"X": np.zeros((2, 4)), "Y": np.zeros((2, 2)), "W": np.zeros((2, 2))}
    tr = simulate(models.projection_head(), coupling, dimension=2, times=[0, 1], initial=zero)
    assert all(np.all(np.isfinite(drift)) for drift in tr.conserved.values())


@few
@given(seeds)
def test_head_eigenvalues_are_sorted_eigenvalues_of_the_head(seed):
    tr = simulate(
        models.projection_head(),
        Coupling.uniform(2, 4, 0.5),
        dimension=3,
        times=[0, 1],
        seed=seed,
        initial={"W": np.diag([0.1, 2.0, -1.0])},
    )
    assert_close(tr.head_eigenvalues[0], [2.0, 0.1, -1.0])
    for values, head in zip(tr.head_eigenvalues, tr.head, strict=True):
        assert np.all(np.diff(values.real) <= 0)
        assert_close(np.poly(values), np.poly(head))


def test_model_without_head_has_none():
    tr = simulate(models.embedding_only(), Coupling.uniform(2, 4, 0.5), dimension=2, times=[0])
    assert tr.head is None
    with pytest.raises(AttributeError, match="no head"):
        _ = tr.head_eigenvalues
