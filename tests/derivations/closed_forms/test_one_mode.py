"""Every start of one mode under stop-gradient ends where the closed form says."""

import numpy as np
import pytest
import scipy
from hypothesis import assume, given
from hypothesis import strategies as st

from derivations.closed_forms.one_mode import fates, reduction
from derivations.vocabulary import mu, v_0, w_0
from theory.models.vocabulary import gamma

BAND = 0.05  # of the squared correlation around the boundary, where the approach takes longer than is integrated
FLOW, FATES = reduction().flow, fates()


@given(
    correlation=st.floats(0.3, 1),
    rate=st.floats(0.3, 3),
    amplitude=st.floats(0.05, 2).flatmap(lambda size: st.sampled_from([-size, size])),
    head=st.floats(-2, 2),
)
def test_a_mode_ends_where_the_closed_form_says(correlation, rate, amplitude, head):
    boundary = head**2 - (correlation**2 if head >= 0 else 0)
    assume(abs(rate * amplitude**2 - boundary) > BAND * correlation**2)
    at = {v_0: amplitude, w_0: head, mu: correlation, gamma: rate}
    (fate,) = [fate for fate in FATES if bool(fate.condition.subs(at))]
    lowered = FLOW.lower({"mu": correlation, "gamma": rate})
    span, how = (0, 2000 / correlation**2), dict(rtol=1e-10, atol=1e-13, method="LSODA")
    end = scipy.integrate.solve_ivp(lowered.velocity, span, [amplitude, head], **how).y[:, -1]
    assert [float(fate.square.subs(at)), float(fate.head.subs(at))] == pytest.approx([end[0] ** 2, end[1]], abs=1e-6)
    assert np.sign(end[0]) in (0, np.sign(amplitude)) or abs(end[0]) < 1e-6


@given(amplitude=st.floats(0.1, 2), head=st.floats(-2, 2), correlation=st.floats(0.1, 1), rate=st.floats(0.3, 3))
def test_every_start_has_exactly_one_fate(amplitude, head, correlation, rate):
    at = {v_0: amplitude, w_0: head, mu: correlation, gamma: rate}
    assert sum(bool(fate.condition.subs(at)) for fate in FATES) == 1
