"""States that are images of each other: what is said of one holds of the other."""

from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import symbols

from derivations import fixed_points
from derivations.studies.mirrors import mirrored_states, sign_symmetries
from theory import Flow

x, y = symbols("x y", real=True)
a = symbols("a", positive=True)


def test_symmetries_are_those_of_the_velocities():
    assert sign_symmetries(Flow({x: x * y, y: x**2 - y})) == (frozenset({x}),)
    assert sign_symmetries(Flow({x: x**2})) == ()
    assert sign_symmetries(Flow({x: a * x - x**3, y: -y})) == (frozenset({x}), frozenset({y}), frozenset({x, y}))


def test_what_is_assumed_of_the_state_has_no_image():
    p = symbols("p", nonnegative=True)
    assert sign_symmetries(Flow({p: p - p**3})) == ()
    assert sign_symmetries(Flow({x: x - x**3}, assumptions=[x > -2])) == ()


def test_images_of_the_same_state_are_found_once():
    flow = Flow({x: a * x - x**3, y: y - y**3})
    points = fixed_points(flow, time_limit=None)
    images = mirrored_states(flow, points)
    assert len(points) == 9
    assert len(points) - len(images) == 4
    for place, first in images.items():
        assert first < place
        assert all(points[place].values[s] ** 2 == points[first].values[s] ** 2 for s in (x, y))


@settings(max_examples=20)
@given(st.tuples(*[st.integers(-2, 2)] * 4))
def test_a_flow_that_is_not_symmetric_has_no_images(coefficients):
    b, c, d, e = coefficients
    flow = Flow({x: 1 + x + b * x**2 + c * x**3, y: 1 + y + d * y**2 + e * x})
    assert sign_symmetries(flow) == ()
