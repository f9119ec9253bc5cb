"""Inverse Laplace transforms of functions whose inverse is known."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory import UnfinishedError
from theory.dmft.contour import POINTS, WINDOW, Hyperbola, invert_precisely, time_windows


@given(st.floats(0, 100), st.floats(1e-3, 1e3))
def test_hyperbola_inverts_an_exponential_over_its_window(rate, latest):
    times = np.geomspace(latest / WINDOW, latest, 9)
    for points in POINTS:
        contour = Hyperbola.of(latest, points)
        np.testing.assert_allclose(contour.invert(1 / (contour.s + rate), times), np.exp(-rate * times), atol=2e-13)


def test_error_of_the_hyperbola_falls_geometrically_with_its_points():
    times = np.geomspace(1, 10, 9)
    contours = [Hyperbola.of(10.0, points) for points in (8, 14, 20)]
    errors = [np.max(np.abs(c.invert(1 / np.sqrt(c.s), times) - 1 / np.sqrt(np.pi * times))) for c in contours]
    assert errors[1] < errors[0] / 30
    assert errors[2] < errors[1] / 30


def test_hyperbola_moves_right_of_growing_modes():
    contour = Hyperbola.of(5.0, POINTS[0], right_of=2.0)
    assert contour.invert(1 / (contour.s - 1.9), [5.0])[0] == pytest.approx(np.exp(9.5), rel=1e-11)


@given(st.lists(st.floats(0, 1e4), max_size=20))
def test_windows_hold_every_positive_time_once_and_span_at_most_a_decade(times):
    times = np.array(times)
    found = time_windows(times)
    assert sorted(i for window in found for i in window) == sorted(np.flatnonzero(times > 0))
    assert all(times[w[-1]] <= WINDOW * times[w[0]] * (1 + 1e-9) for w in found)


@given(st.floats(0.1, 5), st.integers(15, 50))
def test_talbot_gives_the_digits_claimed(time, digits):
    with mpmath.workdps(70):
        expected = mpmath.exp(-mpmath.mpf(time)) * mpmath.besseli(0, mpmath.mpf(time))
        found = invert_precisely(lambda s: 1 / (mpmath.sqrt(s) * mpmath.sqrt(s + 2)), mpmath.mpf(time), digits)
        assert abs(found - expected) < mpmath.mpf(10) ** -digits


def test_singularities_right_of_the_contour_are_noticed():
    with pytest.raises(UnfinishedError, match="raise digits"):
        invert_precisely(lambda s: 1 / (s * s + 900), mpmath.mpf(1), 15)
