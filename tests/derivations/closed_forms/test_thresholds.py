"""The least decay of a head, against the eigenvalues of the sector of a pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.catalogue.dense_head import growth_rate
from derivations.closed_forms.decaying import critical_decays
from derivations.closed_forms.pair import largest_ratio
from derivations.closed_forms.thresholds import least_ratio


@given(st.floats(0.3, 0.95), st.floats(0.3, 1.0), st.floats(0.005, 0.02))
def test_below_the_least_ratio_a_pair_turns_and_above_it_rests(one, other, decay):
    if abs(one - other) < 0.02:
        return
    heads = [(m + (m**2 - 4 * decay) ** 0.5) / 2 / decay**0.5 for m in sorted((one, other))]
    ratio = least_ratio(one, other, decay)
    assert 0 < ratio < largest_ratio()
    assert growth_rate(heads, 0.98 * ratio) > 0 > growth_rate(heads, 1.02 * ratio)


@given(st.floats(0.05, 0.9), st.floats(0.1, 0.95))
def test_the_limit_is_that_of_slow_decay(upper, share):
    assert np.isclose(least_ratio(share * upper, upper), share * (1 - share))
    assert np.isclose(least_ratio(share * upper, upper, decay=1e-9 * upper**2 * share**2), share * (1 - share), atol=1e-5)


def test_modes_without_frustration_alike_or_lost():
    assert least_ratio(0.5, 0.5) == least_ratio(0.5, 0.5, decay=0.01) == 0
    assert np.isnan(least_ratio(0.2, 0.9, decay=0.011))
    assert np.isnan(least_ratio(0.0, 0.9))
    assert critical_decays(np.array([1.0, 0.2])) == pytest.approx([0.25, 0.01])
