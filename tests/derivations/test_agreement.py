"""Deviations of the disorder-averaged theory: exponents within their error bars, and fits that recover known laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.agreement import (
    against_classes,
    against_links,
    expected_variances,
    fit,
    levels,
    sampled_coupling,
    simulated_variance,
)
from theory import InputError, UnfinishedError
from theory.dmft import LabelResponse, Pairs, PopulationSize

SIZES = np.array([20, 40, 80, 160, 320])


def test_regular_couplings_approach_the_cavity_with_the_exponent_of_theory():
    found = against_classes(LabelResponse("regular", 2, 3), [20, 32, 50, 80, 126, 200], 2.0, range(6))
    assert found.law.agrees(found.expected)
    assert found.law.error < 0.05
    assert found.values[-1] < found.values[0] / 8


def test_poisson_couplings_fluctuate_around_the_cavity_with_the_exponent_of_theory():
    response = LabelResponse("poisson", 2, 3, closure="cavity", size=PopulationSize(1000, 6, 0))
    found = against_classes(response, [40, 60, 90, 135, 200], 1.0, range(24))
    assert found.law.agrees(found.expected)
    assert found.law.error < 0.2


def test_large_c_closure_levels_off_where_the_cavity_does_not():
    at, seeds = np.array([6.0]), range(4)
    few, many = (levels(Pairs("regular", 1, 4, closure="large-c"), K, at, seeds) for K in (50, 200))
    exact = levels(Pairs("regular", 1, 4), 200, at, seeds)
    level = LabelResponse("regular", 1, 4).variance(at) / LabelResponse("regular", 1, 4, closure="large-c").variance(at) - 1
    assert abs(many.mean - level) < abs(few.mean - level) / 3
    assert abs(exact.mean) < abs(few.mean - level) / 3


def test_level_of_the_large_c_closure_falls_like_one_over_the_links():
    found = against_links("regular", [16, 24, 32, 48, 64, 96, 128], 3.0)
    assert found.law.agrees(found.expected)
    assert found.law.error < 0.2


def test_level_of_the_poisson_closure_falls_like_one_over_the_links():
    found = against_links("poisson", [4, 8, 16, 32], 1.0, size=PopulationSize(500, 5, 0))
    assert found.law.agrees(found.expected)


@given(st.floats(-2, 0), st.floats(0.1, 10), st.floats(-1, 1), st.sampled_from([None, 0.5, 1.0]))
def test_fit_recovers_a_law_without_noise(exponent, prefactor, correction, order):
    values = prefactor * SIZES**exponent * (1 if order is None else np.exp(correction / SIZES**order))
    law = fit(SIZES, values, 0.01 * values, order)
    assert law.exponent == pytest.approx(exponent, abs=1e-9)
    np.testing.assert_allclose(law(SIZES), values, rtol=1e-9)


def test_error_bar_of_the_exponent_is_its_scatter_under_noise():
    rng = np.random.default_rng(0)
    bars = np.array([0.02, 0.1, 0.02, 0.1, 0.02])
    laws = [fit(SIZES, np.exp(bars * rng.standard_normal(5)) / SIZES, bars / SIZES) for _ in range(400)]
    quiet = [law.error for law in laws if law.spread <= 1]
    assert np.std([law.exponent for law in laws]) == pytest.approx(np.mean(quiet), rel=0.15)


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


def test_deviations_within_the_error_of_the_theory_are_not_fitted():
    with pytest.raises(UnfinishedError, match="larger populations"):
        against_links("poisson", [40, 50, 60], 0.1, size=PopulationSize(20, 2, 0))


@pytest.mark.parametrize("x", [[1, 2], [0, 1, 2], [-1, 2, 3]])
def test_too_few_or_impossible_points_are_refused(x):
    with pytest.raises(InputError):
        fit(x, [1.0] * len(x), [0.1] * len(x))


@pytest.mark.parametrize(("links", "pure", "classes"), [(3, 2, 3), (3, 2, 5), (4, 1.5, 9)])
def test_ensembles_that_cannot_be_sampled_are_refused(links, pure, classes):
    with pytest.raises(InputError):
        sampled_coupling(Pairs("regular", pure, links), classes, 0)
