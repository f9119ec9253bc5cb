"""Proved signs of the cubic coefficient against its values, and balls against the values that they are to hold."""

import numpy as np
import pytest

from derivations.analysis.linearisation.centred import over_boxes
from derivations.closed_forms.turning import birth, critical_ratio, plane_coefficient, turning_square
from derivations.phases.criticality import prove_criticality
from theory.errors import InputError


def born_at(rho, x):
    small = x**-0.5
    return birth(small, small / rho)


def test_cycles_are_proved_to_be_born_stable_over_a_rectangle():
    found = prove_criticality((0.5, 0.55), (0.5, 0.55), cells=16, depth=2)
    assert (found.supercritical, found.undecided) == (1, 0)


def test_cycles_are_proved_to_be_born_unstable_where_both_heads_are_near_one():
    found = prove_criticality((0.9, 0.9005), (0.92, 0.9205), cells=16, depth=1)
    assert (found.subcritical, found.undecided) == (1, 0)


def test_the_line_between_is_in_boxes_that_stay_open():
    rho = (0.695, 0.715)
    found = prove_criticality(rho, (0.92, 0.9201), cells=64, depth=2)
    assert found.supercritical > 0.2
    assert found.subcritical > 0.2
    ends = [born_at(r, 0.92005).is_supercritical for r in rho]
    assert ends == [True, False]
    low, high = rho
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if born_at(middle, 0.92005).is_supercritical else (low, middle)
    assert np.any((found.open[:, 0, 0] <= low + 1e-4) & (low - 1e-4 <= found.open[:, 0, 1]))


def test_balls_hold_the_values_of_every_point_of_their_box():
    rng, sides = np.random.default_rng(0), (np.array([[0.5, 0.501]]), np.array([[0.3, 0.301]]))
    rho, x = over_boxes(*sides)
    expression = lambda a, b: (a * a - b / (a + 2)) ** -2 + 3 / b - a  # noqa: E731
    ball, points = expression(rho, x).ball, rng.uniform([0.5, 0.3], [0.501, 0.301], (200, 2))
    gaps = np.abs(expression(*points.T) - ball.middle)
    assert gaps.max() <= ball.radius[0]
    assert gaps.max() > ball.radius[0] / 4
    roots = np.abs(np.sqrt(points.prod(axis=1)) - (rho * x).root().ball.middle)
    assert (rho * x).root().ball.radius[0] / 2 < roots.max() <= (rho * x).root().ball.radius[0]


@pytest.mark.parametrize(
    ("function", "exact"),
    [
        (lambda a: a * a, np.square),
        (lambda a: 1 / a, np.reciprocal),
        (lambda a: a.root(), np.sqrt),
        (lambda a: a**3, lambda a: a**3),
    ],
)
def test_slopes_are_those_of_the_whole_box_and_not_of_its_centre(function, exact):
    sides = np.array([[1.0, 1.5], [4.0, 6.0]])
    ball = function(*over_boxes(sides)).ball
    assert (np.abs(exact(sides) - ball.middle[:, None]).max(axis=1) <= ball.radius).all()
    assert np.isfinite(ball.radius).all()


def test_a_divisor_that_may_vanish_proves_nothing():
    (a,) = over_boxes(np.array([[-0.1, 0.2]]))
    assert np.isinf((1 / a).ball.radius[0])
    assert not (a.root().ball.radius[0] < np.inf)


def test_the_square_covers_pairs_of_heads_in_their_own_units():
    rho, x = 0.6, 0.3
    own, decay = born_at(rho, x), x * rho**2
    ratio = critical_ratio(rho, 1, decay)
    rate = 1j * turning_square(rho, 1, ratio, decay) ** 0.5
    assert plane_coefficient(rho, 1, ratio, rate, decay) == pytest.approx(own.coefficient)


@pytest.mark.parametrize("ranges", [((0, 0.5), (0.1, 0.2)), ((0.5, 0.4), (0.1, 0.2)), ((0.1, 0.2), (0.5, 1))])
def test_rectangles_outside_the_square_are_refused(ranges):
    with pytest.raises(InputError, match="between 0 and 1"):
        prove_criticality(*ranges)
