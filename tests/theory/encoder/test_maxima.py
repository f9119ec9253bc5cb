"""Expected maxima and orthant probabilities, against other integrals and counting arguments."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import seeds
from theory import InputError
from theory.encoder import closed_maximum, expected_maximum
from theory.encoder.orthants import orthant_probability


def by_definition(classes):
    """The integral of x against the density of the maximum."""
    return float(mpmath.quad(lambda x: x * classes * mpmath.npdf(x) * mpmath.ncdf(x) ** (classes - 1), [-12, 0, 12]))


@given(st.integers(2, 60))
def test_the_expected_maximum_is_the_mean_of_its_density(classes):
    found = expected_maximum(classes)
    assert found.value == pytest.approx(by_definition(classes), rel=1e-12)
    assert found.error <= 1e-20


@pytest.mark.parametrize("classes", range(1, 6))
def test_closed_forms_are_the_integral(classes):
    assert float(closed_maximum(classes)) == pytest.approx(expected_maximum(classes).value, rel=1e-15)


def test_there_is_no_closed_form_beyond_five():
    assert closed_maximum(6) is None


@given(st.integers(2, 8))
def test_more_normals_have_a_larger_maximum(classes):
    assert expected_maximum(classes + 1).value > expected_maximum(classes).value


@pytest.mark.parametrize("classes", [0, 1.5, True])
def test_classes_are_whole_numbers(classes):
    with pytest.raises(InputError, match="at least 1"):
        expected_maximum(classes)


@given(st.integers(1, 4), seeds)
def test_the_orthants_of_a_permutation_of_scaled_normals_are_the_same(n, seed):
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((n, n)) + 2 * np.eye(n)
    order, scale = rng.permutation(n), rng.uniform(0.2, 5, n)
    covariance = root @ root.T
    other = (scale[:, None] * covariance * scale)[np.ix_(order, order)]
    assert orthant_probability(other).value == pytest.approx(orthant_probability(covariance).value, abs=1e-9)


@given(st.integers(1, 5))
def test_the_first_of_exchangeable_normals_is_the_largest_as_often_as_any(n):
    assert orthant_probability((np.eye(n) + 1) / 2).value == pytest.approx(1 / (n + 1), abs=1e-9)


@given(st.integers(2, 4), seeds)
def test_all_orthants_together_have_probability_one(n, seed):
    root = np.random.default_rng(seed).standard_normal((n, n)) + 2 * np.eye(n)
    covariance = root @ root.T
    signs = np.array(np.meshgrid(*[[1, -1]] * n)).reshape(n, -1).T
    assert sum(orthant_probability(s[:, None] * covariance * s).value for s in signs) == pytest.approx(1, abs=1e-8)


def test_orthants_agree_with_sampled_normals():
    rng = np.random.default_rng(5)
    root = rng.standard_normal((5, 5)) + np.eye(5)
    share = np.mean(np.all(rng.standard_normal((400_000, 5)) @ root.T > 0, axis=1))
    found = orthant_probability(root @ root.T).value
    assert abs(share - found) < 5 * np.sqrt(found * (1 - found) / 400_000)


def test_what_would_take_too_long_or_is_singular_is_refused():
    with pytest.raises(InputError, match="at most 5"):
        orthant_probability(np.eye(6))
    with pytest.raises(InputError, match="singular"):
        orthant_probability(np.ones((4, 4)))
