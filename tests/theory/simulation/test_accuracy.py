"""Expected accuracy: for two labels against its closed form, and where it peaks."""

import numpy as np
import pytest
import scipy

from tests.theory.oracles import dense_mobility
from theory import Coupling, InputError
from theory.simulation.accuracy import expected_accuracy

TIMES = np.array([0.0, 0.3, 1.0, 3.0])
TWO = Coupling.from_labels([{0}] * 6 + [{1}] * 9 + [{0, 1}] * 3)


def two_labels(J, mobility, time, dimension):
    r"""For Gaussian x and labels y, y' the nearer is y with probability :math:`I_{(1+\rho)/2}(d/2,d/2)`, ρ the correlation of
    y − y' and 2x − y − y': the sign of the inner product of two vectors of correlated normal entries."""
    n = len(J)
    laplacian = np.diag(np.concatenate([J.sum(axis=1), J.sum(axis=0)]))
    laplacian[:n, n:], laplacian[n:, :n] = -J, -J.T
    gram = scipy.linalg.expm(-laplacian * dense_mobility(J, mobility) * time)
    gram = gram.T @ gram
    right = []
    for i, row in enumerate(J):
        if np.all(row > 0):
            right.append(1.0)
            continue
        own = n + int(np.argmax(row))
        apart, beside = np.zeros(n + 2), np.zeros(n + 2)
        apart[n:], beside[n:], beside[i] = -1, -1, 2
        apart[own] = 1
        rho = apart @ gram @ beside / np.sqrt(apart @ gram @ apart * (beside @ gram @ beside))
        right.append(scipy.special.betainc(dimension / 2, dimension / 2, (1 + rho) / 2))
    return np.mean(right)


@pytest.mark.parametrize("dimension", [1, 3])
@pytest.mark.parametrize("samples", [18, 5])
def test_two_labels_have_the_accuracy_of_the_incomplete_beta_function(dimension, samples):
    found = expected_accuracy(TWO, TIMES, dimension, starts=1500, samples=samples, seed=3)
    exact = [two_labels(TWO.data["J"], "degree", t, dimension) for t in TIMES]
    assert np.all(found.error < 0.02)
    assert np.all(np.abs(found.accuracy - exact) < 4.5 * found.error)


def test_the_accuracy_peaks_before_one_mode_alone_is_left():
    coupling = Coupling.random_pairs(8, 800, 0.1, seed=1)
    slow = coupling.slow_time()
    found = expected_accuracy(coupling, [0.0, 1.0, slow, 40 * slow], dimension=4, starts=30)
    assert found.peak_time == slow
    assert found.accuracy[0] < found.accuracy[1] < found.accuracy[2]


def test_classifiable_samples_find_their_label_for_ever():
    coupling = Coupling.from_labels([{0}] * 5 + [{1}] * 5 + [{2}] * 5)
    found = expected_accuracy(coupling, [0.0, 30.0, 1e4], dimension=3, starts=50)
    assert found.peak_time == np.inf
    assert found.accuracy[1:].tolist() == [1.0, 1.0]


def test_a_seed_makes_the_same_run_again():
    runs = [expected_accuracy(TWO, TIMES, 2, starts=4, samples=7, seed=s).runs for s in (5, 5, 6)]
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dimension": 0}, "dimension"),
        ({"starts": 1}, "starts"),
        ({"samples": 0}, "samples"),
        ({"samples": 2.5}, "samples"),
        ({"times": [2, 1]}, "increasing"),
        ({"coupling": Coupling.from_data(np.eye(3)[[0, 1, 2, 0]], [0, 1, 1, 0])}, "an encoder"),
    ],
)
def test_bad_input_is_one_sentence(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        expected_accuracy(**{"coupling": TWO, "times": TIMES, "dimension": 2, **changes})
