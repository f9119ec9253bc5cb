"""Deviations of the disorder-averaged theory: exponents within their error bars."""

import numpy as np
import pytest

from derivations.agreement import against_classes, against_links, sampled_deviations
from theory import UnfinishedError
from theory.dmft import LabelResponse, Pairs, PopulationSize


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
    few, many = (sampled_deviations(Pairs("regular", 1, 4, closure="large-c"), K, at, seeds) for K in (50, 200))
    exact = sampled_deviations(Pairs("regular", 1, 4), 200, at, seeds)
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


def test_deviations_within_the_error_of_the_theory_are_not_fitted():
    with pytest.raises(UnfinishedError, match="larger populations"):
        against_links("poisson", [40, 50, 60], 0.1, size=PopulationSize(20, 2, 0))
