"""Fits recover known laws, with an error bar that is their scatter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.agreement import fit_power_law
from theory import InputError

SIZES = np.array([20, 40, 80, 160, 320])


@given(st.floats(-2, 0), st.floats(0.1, 10), st.floats(-1, 1), st.sampled_from([None, 0.5, 1.0]))
def test_fit_recovers_a_law_without_noise(exponent, prefactor, correction, order):
    values = prefactor * SIZES**exponent * (1 if order is None else np.exp(correction / SIZES**order))
    law = fit_power_law(SIZES, values, 0.01 * values, order)
    assert law.exponent == pytest.approx(exponent, abs=1e-9)
    np.testing.assert_allclose(law(SIZES), values, rtol=1e-9)


def test_error_bar_of_the_exponent_is_its_scatter_under_noise():
    rng = np.random.default_rng(0)
    bars = np.array([0.02, 0.1, 0.02, 0.1, 0.02])
    laws = [fit_power_law(SIZES, np.exp(bars * rng.standard_normal(5)) / SIZES, bars / SIZES) for _ in range(400)]
    quiet = [law.error for law in laws if law.spread <= 1]
    assert np.std([law.exponent for law in laws]) == pytest.approx(np.mean(quiet), rel=0.15)


@pytest.mark.parametrize("x", [[1, 2], [0, 1, 2], [-1, 2, 3]])
def test_too_few_or_impossible_points_are_refused(x):
    with pytest.raises(InputError):
        fit_power_law(x, [1.0] * len(x), [0.1] * len(x))
