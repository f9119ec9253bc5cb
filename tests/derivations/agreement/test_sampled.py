"""Drawn couplings have the weights of their ensemble, and labels the variance of theory."""

import numpy as np
import pytest

from derivations.agreement import expected_variances, sampled_coupling, simulated_variance
from theory import InputError
from theory.dmft import Pairs


@pytest.mark.parametrize("ensemble", ["regular", "poisson"])
def test_sampled_couplings_have_the_weights_and_numbers_of_their_ensemble(ensemble):
    pairs = Pairs(ensemble, 2, 4, weight=0.7)
    weights = np.asarray(sampled_coupling(pairs, 10, seed=3).data["J"], dtype=float)
    assert weights.shape == (10 * 2 + 20, 10)
    pure, shared = weights[np.count_nonzero(weights, axis=1) == 1], weights[np.count_nonzero(weights, axis=1) == 2]
    assert (len(pure), len(shared)) == (20, 20)
    assert set(np.unique(pure)) == {0, 1}
    assert set(np.unique(shared)) == {0, 0.7}
    if ensemble == "regular":
        assert np.all(np.count_nonzero(shared, axis=0) == 4)


def test_simulations_from_random_starts_have_the_expected_variance():
    pairs, times = Pairs("regular", 2, 3), np.array([0.3, 2.0])
    run = simulated_variance(pairs, 60, times, range(6), dimension=30)
    expected = expected_variances(pairs, 60, times, range(6)).mean(axis=0)
    assert np.all(np.abs(run.mean - expected) < 4 * run.error)
    assert np.all(run.error < 0.1 * run.mean)


@pytest.mark.parametrize(("links", "pure", "classes"), [(3, 2, 3), (3, 2, 5), (4, 1.5, 9)])
def test_ensembles_that_cannot_be_sampled_are_refused(links, pure, classes):
    with pytest.raises(InputError):
        sampled_coupling(Pairs("regular", pure, links), classes, 0)
