"""Whether a mode comes back beside another that turns alone, against runs of the whole pair."""

import numpy as np
import pytest
import scipy

from derivations.closed_forms.turning import critical_ratio, flow_of_entries
from derivations.phases.cycles import follow_cycles
from derivations.phases.fading import fading_rate

HEADS = (4.23606797749979, 3.732050807568877)  # frustration .2 of four classes, decay .05


def late_amplitude(share):
    """Of the second mode in a run of both, relative to rest: the largest in the last fifth."""
    values = {"k": share * critical_ratio(*HEADS), "omega_1": HEADS[0], "omega_2": HEADS[1], "lambda": 1.0}
    flow = flow_of_entries(2).lower(values)
    start = np.tile(np.diag(HEADS).ravel(), 2) + 1e-2 * np.random.default_rng(0).standard_normal(8)
    times = np.linspace(800, 1000, 4000)
    run = scipy.integrate.solve_ivp(flow.velocity, (0, 1000), start, method="DOP853", t_eval=times, rtol=1e-7, atol=1e-12)
    return np.hypot(run.y[1], run.y[3]).max() / HEADS[1]


@pytest.mark.parametrize(("share", "comes_back"), [(0.65, True), (0.45, False)])
def test_the_sign_of_the_rate_says_whether_the_mode_comes_back(share, comes_back):
    rate, error = fading_rate(*HEADS, share * critical_ratio(*HEADS), duration=600)
    assert abs(rate) > 3 * error
    assert (rate > 0) == comes_back
    assert (late_amplitude(share) > 0.1) == comes_back


def test_at_rest_it_is_the_growth_rate_of_a_small_mode():
    """Above the Hopf line the head along the empty direction decays, and with it what would hold a mode."""
    rate, error = fading_rate(*HEADS, 0.5, duration=200)
    assert rate == pytest.approx(-1, abs=1e-3)
    assert error < 1e-3


def test_the_even_cycle_dies_out_where_its_mode_neither_grows_nor_fades():
    *_, last = follow_cycles(*HEADS, count=30)
    assert abs(last.multipliers - 1).min() < 1e-3
    rate, _ = fading_rate(*HEADS, last.ratio, duration=1500)
    assert abs(rate) < 0.06
