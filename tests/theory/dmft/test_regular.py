"""Regular class graphs: closed forms against iteration, moments of the adjacency and integrals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import points_off_the_cut
from theory.dmft import LabelResponse
from theory.dmft.ensembles import Pairs
from theory.dmft.regular import angular_density, relaxation, relaxation_measure, slowest_rate, solve

cavities = st.builds(
    lambda n, c, q: Pairs("regular", n, c, q, "cavity"), st.integers(1, 20), st.integers(2, 30), st.floats(0.1, 2)
)


@given(cavities, points_off_the_cut(closest=0.1))
def test_closed_form_is_the_limit_of_the_cavity_iteration(pairs, s):
    """By samples and labels in turn: each is the response of a finite tree."""
    n, c, q = pairs.pure_per_class, pairs.links, pairs.weight
    label = 0
    for _ in range(4000):
        sample = 1 / (s + 2 * q - q * q * label)
        label = 1 / (s + n + c * q - n / (s + 1) - (c - 1) * q * q * sample)
    whole = 1 / (s + n + c * q - n / (s + 1) - c * q * q / (s + 2 * q - q * q * label))
    assert complex(solve(pairs, pairs.labels(s)).value) == pytest.approx(whole, rel=1e-8)


@given(cavities, points_off_the_cut(closest=0.1))
def test_closed_form_is_the_integral_over_the_spectrum(pairs, s):
    weights, rates = relaxation_measure(pairs, nodes=2000)
    assert complex(solve(pairs, pairs.labels(s)).value) == pytest.approx(np.sum(weights / (s + rates)), rel=1e-9)


@given(st.integers(2, 30))
def test_adjacency_has_the_closed_walks_of_a_tree(c):
    """1, 0, c, 0, c(2c - 1) of lengths 0 to 4."""
    pairs = Pairs("regular", 1, c)
    angles = np.pi * (np.arange(400) + 0.5) / 400
    weights = angular_density(pairs, np.cos(angles), np.pi) * np.pi / 400
    walks = [weights @ (2 * np.sqrt(c - 1) * np.cos(angles)) ** k for k in range(5)]
    assert walks == pytest.approx([1, 0, c, 0, c * (2 * c - 1)], abs=1e-9 * c * c)


@given(cavities.filter(lambda pairs: pairs.links > 2))
def test_late_times_keep_their_relative_accuracy(pairs):
    """R(t) falls like exp(-r t) t^(-3/2) at the lower end of the rates: its logarithm has the slope -r - 3/(2t)."""
    rate = slowest_rate(pairs)
    t = 400 / rate
    early, late = relaxation(pairs, np.array([t, 1.01 * t]))[0]
    slope = np.log(late / early) / (0.01 * t)
    expected = -rate - 1.5 / t
    assert slope == pytest.approx(expected, rel=1e-3)


def test_abscissa_is_where_the_response_stops_being_analytic():
    labels = LabelResponse("regular", 3, 4)
    heights = [abs(complex(labels.response(complex(labels.abscissa + shift, 1e-9))).imag) for shift in (1e-3, -1e-3)]
    assert heights[0] < 1e-4 < heights[1]
