"""Points at exact parameters: solved afresh, whatever the symbolic list leaves out."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational, Symbol, sqrt, symbols

from derivations.analysis.points.fixed_points import Completeness, fixed_points
from tests.derivations.analysis.points import systems
from tests.derivations.analysis.points.hermite import zeros
from tests.derivations.analysis.points.systems import duffing, parametron
from tests.strategies import scalar_polynomials
from theory import Flow
from theory.errors import InputError

x, y, w = symbols("x y w", real=True)
a, b = symbols("a b", real=True)
half = Rational(1, 2)


def test_the_parametron_at_its_degenerate_numbers_has_five_points():
    # From det M(R^2) = 0 for the linear system M (u, v) = 0: (Delta - A R^2)^2 = (lambda^2 - g^2)/4, so R^2 = 2 or 2/5.
    at = {systems.A: 1, systems.lam: 2, systems.Delta: Rational(6, 5), systems.g: Rational(6, 5)}
    found = fixed_points(parametron(eta=Integer(0)), time_limit=20).at(at)
    squares = sorted(p[systems.u] ** 2 + p[systems.v] ** 2 for p in found)
    assert [s.expand() for s in squares] == [0, Rational(2, 5), Rational(2, 5), 2, 2]


def test_the_undamped_limit_of_a_damped_list_is_solved_too():
    zero = Symbol("eta", nonnegative=True)
    found = fixed_points(parametron(eta=zero), time_limit=60)
    at = {systems.A: 1, systems.lam: 2, systems.Delta: Rational(6, 5), systems.g: Rational(6, 5), zero: 0}
    assert len(found.at(at)) == 5


def test_duffing_where_two_points_have_one_coordinate_in_common_has_three():
    at = {systems.g: 1, systems.F: 1, systems.Delta: Rational(3, 2), systems.A: half}
    found = fixed_points(duffing(), time_limit=20).at(at)
    expected = [(1, -1), *((s * sqrt(2) / 2, -1 + s * sqrt(2) / 2) for s in (1, -1))]
    assert len(found) == 3
    for first, second in expected:
        assert any((p[systems.u] - first).equals(0) and (p[systems.v] - second).equals(0) for p in found)


def test_values_in_an_exceptional_set_are_solved():
    found = fixed_points(Flow({x: (a**3 - b**2 - 1) * (x - y), y: x**2 + y**2 - 2}), time_limit=20)
    assert found.exceptional
    assert found.at({a: 1, b: 0}) == []  # a circle
    assert len(found.at({a: 2, b: 0})) == 2
    cubic = fixed_points(Flow({x: (a**3 - b**2 - 1) * x**2 + x - 1, y: y}), time_limit=20)
    assert cubic.exceptional
    assert cubic.at({a: 1, b: 0}) == [{x: 1, y: 0}]


def test_isolated_points_beside_a_family_are_listed_and_those_on_it_are_not():
    found = fixed_points(Flow({x: x * (x - 1) * (y - a), y: x * (y - b)}), time_limit=20)
    assert found.at({a: 1, b: 2}) == [{x: 1, y: 2}]
    assert found.at({a: 2, b: 2}) == []


def test_algebraic_points_beside_a_family_are_listed():
    velocity = {x: w * (x**3 - x - a), y: w * (y**2 - x), w: w * (w - 1)}
    found = fixed_points(Flow(velocity), time_limit=20).at({a: 1})
    assert len(found) == 2
    assert all(p[w] == 1 and abs((p[x] ** 3 - p[x] - 1).evalf(30)) < Rational(1, 10**25) for p in found)


@settings(max_examples=25)
@given(
    st.lists(scalar_polynomials(variables=(x, y, a, b), degree=3), min_size=2, max_size=2),
    st.sampled_from([0, 1, -1, half]),
    st.sampled_from([0, 1, 2]),
)
def test_points_are_as_many_as_the_trace_form_counts(equations, one, other):
    at = {a: Rational(one), b: Rational(other)}
    counted = zeros([e.subs(at) for e in equations], (x, y))
    assume(counted is not None)
    flow = Flow(dict(zip((x, y), equations, strict=True)))
    found = fixed_points(flow, time_limit=60)
    assert len(found.at({p: at[p] for p in flow.parameters})) == counted[1]


def test_the_list_need_not_be_complete():
    found = fixed_points(parametron(), time_limit=20)
    cut = type(found)(found.flow, (), Completeness.UNKNOWN, "nothing was looked at")
    at = {systems.A: 1, systems.lam: 2, systems.Delta: Rational(6, 5), systems.g: Rational(6, 5), systems.eta: Rational(1, 10)}
    assert len(cut.at(at)) == 5


def test_values_at_which_the_flow_is_not_defined_or_its_assumptions_fail_are_errors():
    found = fixed_points(Flow({x: x**2 / a - 1}), time_limit=20)
    with pytest.raises(InputError, match="division by zero"):
        found.at({a: 0})
    assumed = fixed_points(Flow({x: x**2 - a}, assumptions=(a > 1,)), time_limit=20)
    with pytest.raises(InputError, match="violate a > 1"):
        assumed.at({a: half})
    assert len(assumed.at({a: 2})) == 2
