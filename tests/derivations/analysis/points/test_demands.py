"""States of known sign, and inequalities between them: they condition a point, a family, and roots that stay polynomials."""

from __future__ import annotations

import pickle
from functools import cache

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from sympy import Eq, Rational, S, Symbol, sqrt, symbols

from derivations import certify, stability
from derivations.analysis.points.fixed_points import Completeness, fixed_points
from derivations.analysis.points.numbers import sign_of
from derivations.analysis.points.point import PointKind
from tests.strategies import flows_with_families, grid_numbers, planted_flows
from theory import Flow
from theory.errors import InputError

x, y, z = symbols("x y z", real=True)
X, Y, Z = symbols("X Y Z", nonnegative=True)
P, Q = symbols("P Q", positive=True)
a, b, c, lam, mu = symbols("a b c lambda mu", positive=True)
t = Symbol("t", real=True)
half = Rational(1, 2)


def solved(velocity, *assumptions, time_limit=None):
    return fixed_points(Flow(velocity, assumptions=assumptions), time_limit=time_limit)


def competition(p, q):
    """Two competing species (Strogatz 6.4; Murray I, 3.5)."""
    return {p: p * (1 - p - a * q), q: q * (1 - q - b * p)}


def test_competing_species_that_are_not_negative():
    found = solved(competition(X, Y))
    assert found.completeness is Completeness.PROVED
    assert len(found) == 5
    (interior,) = [p for p in found if p.kind is PointKind.ISOLATED and 0 not in p.values.values()]
    assert {(a - 1) * (a * b - 1) >= 0, (b - 1) * (a * b - 1) >= 0} <= set(interior.conditions)
    at = {a: half, b: 3}
    assert {(p[X], p[Y]) for p in found.at(at)} == {(0, 0), (1, 0), (0, 1)}
    assert len(solved(competition(x, y)).at(at)) == 4
    assert len(found.at({a: half, b: half})) == len(found.at({a: 2, b: 2})) == 4
    assert len(found.at({a: 1, b: half})) == 3  # on the axis, where it meets another


def test_competing_species_that_are_positive():
    found = solved(competition(P, Q))
    (interior,) = [p for p in found if p.kind is PointKind.ISOLATED]
    assert {(a - 1) * (a * b - 1) > 0, (b - 1) * (a * b - 1) > 0} == set(interior.conditions)
    assert found.at({a: half, b: 3}) == found.at({a: 1, b: half}) == []
    assert found.at({a: 2, b: 2}) == [{P: Rational(1, 3), Q: Rational(1, 3)}]


def test_a_family_carries_the_signs_of_its_coordinates():
    (family,) = [p for p in solved(competition(X, Y)) if p.kind is PointKind.FAMILY]
    assert set(family.conditions) == {Eq(a, 1), Eq(b, 1), family.free[0] <= 1}
    (family,) = [p for p in solved(competition(P, Q)) if p.kind is PointKind.FAMILY]
    assert set(family.conditions) == {Eq(a, 1), Eq(b, 1), family.free[0] < 1}
    assert not solved({P: P + Q, Q: P + Q})
    (corner,) = solved({X: X + Y, Y: X + Y})
    assert corner.conditions == (Eq(corner.free[0], 0),)


def test_a_sign_that_is_proved_is_no_condition_and_one_that_fails_no_point():
    assert [p.conditions for p in solved({P: a - b * P})] == [()]
    assert not solved({P: a + b * P})
    assert [p.values[P] for p in solved({P: P * (P - 1) * (P + 1)})] == [1]
    assert "unknown" not in str(solved({P: P * (P - 1) * (P + 1)}))
    assert [p.values[X] for p in solved({X: X * (X**2 - 2)})] == [0, sqrt(2)]
    assert [p.values[X] for p in solved({X: X + a})] == []


@pytest.mark.parametrize("sign", ["positive", "nonnegative", "negative", "nonpositive", "nonzero"])
def test_roots_of_degree_two_by_sum_and_product(sign):
    q = Symbol("q", real=True, **{sign: True})
    found = solved({q: q**2 - c * q + t})
    for value in (Rational(-3), Rational(0), Rational(2), Rational(9, 4), Rational(5)):
        roots = {(3 + s * sqrt(9 - 4 * value)) / 2 for s in (1, -1) if 9 - 4 * value >= 0}
        expected = {r for r in roots if getattr(r, f"is_{sign}")}
        assert {p[q] for p in found.at({c: 3, t: value})} == expected
    if sign in ("positive", "nonnegative"):
        lower = next(p for p in found if p.values[q] == c / 2 - sqrt(c**2 - 4 * t) / 2)
        assert {k.rel_op for k in lower.conditions if k.free_symbols == {t}} == {">" if sign == "positive" else ">="}


def test_a_root_that_stays_a_polynomial_is_of_its_sign():
    (point,) = solved({P: P**5 - 3 * P + a - 1}, time_limit=60)
    assert "P a positive root of" in str(point)
    assert point.real_roots({a: 1}) == 1
    assert point.real_roots({a: 2}) == 2
    assert point.real_roots({a: half}) == 1
    found = solved({P: P**5 - 3 * P + a - 1})
    assert [len(found.at({a: value})) for value in (1, 2, 4, half)] == [1, 2, 0, 1]
    assert any("> 0" in str(row) for row in point.rows())
    assert pickle.loads(pickle.dumps(found)).at({a: 4}) == []


def test_other_states_condition_a_root_that_stays_a_polynomial():
    found = solved({x: x**5 - x - t, Y: x - 1 - Y})
    (point,) = found
    assert point.conditions == (x >= 1,)
    assert point.real_roots({t: 0}) == 1
    assert point.real_roots({t: -5}) == 0
    assert found.at({t: 0}) == [{x: 1, Y: 0}]
    assert len(found.at({t: 30})) == 1
    assert found.at({t: -5}) == []


def test_inequalities_between_states():
    flow = {x: x * (1 - x), y: y * (t - y)}
    assert {(p.values[x], p.values[y]) for p in solved(flow, x > y)} == {(1, 0), (0, t), (1, t)}
    found = solved(flow, x > y)
    assert {(p[x], p[y]) for p in found.at({t: half})} == {(1, 0), (1, half)}
    assert {(p[x], p[y]) for p in found.at({t: -half})} == {(1, 0), (0, -half), (1, -half)}
    inside = solved({x: x * (x - 1) * (x - 2), y: y**2 - t}, x**2 + y**2 < 3)
    assert {(p[x], p[y]) for p in inside.at({t: 1})} == {(0, 1), (0, -1), (1, 1), (1, -1)}
    assert inside.at({t: 3}) == []
    (family,) = solved({x: x - y, y: 0}, x + y <= t)
    assert any(k.has(t) for k in family.conditions)


# -- against filtering of all real points -----------------------------------------------------------------------------------


def sign_allows(q, value):
    return sign_of(value) in {"X": (0, 1), "Y": (0, 1), "P": (1,), "Q": (1,)}[q.name]


def moved(flow, names):
    return Flow({names[q]: v.xreplace(names) for q, v in flow.velocity.items()})


shifts = st.sampled_from([t, 1 - t, -t, S.One, S.Zero, -S.One, Rational(2)])


@st.composite
def coupled(draw):
    """Two equations that hold at crossings of lines and parabolas, which move with a parameter."""
    lines = [x - draw(shifts), y - draw(shifts), x + y - draw(shifts), x * y - draw(shifts), y - x**2 + draw(shifts)]
    one, other = draw(st.permutations(lines))[:2], draw(st.permutations(lines))[:2]
    return [draw(st.sampled_from([one[0], one[0] * one[1]])), draw(st.sampled_from([other[0], other[0] * other[1]]))]


@settings(max_examples=40)
@given(coupled(), grid_numbers, st.booleans())
def test_points_are_those_real_ones_whose_signs_are_allowed(polynomials, value, strictly):
    flow = Flow(dict(zip((x, y), polynomials, strict=True)))
    names = {x: P, y: Q} if strictly else {x: X, y: Y}
    every = fixed_points(flow, time_limit=None)
    assume(not any(p.kind is PointKind.FAMILY for p in every))  # points that lie on one at these numbers are not listed
    some = fixed_points(moved(flow, names), time_limit=None)
    expected = every.at(dict.fromkeys(flow.parameters, value))
    got = some.at(dict.fromkeys(some.flow.parameters, value))
    inside = [p for p in expected if all(sign_allows(names[q], v) for q, v in p.items())]
    event(f"{len(inside)} of {len(expected)}")
    assert len(got) == len(inside)
    for p in got:
        assert all(sign_allows(q, v) for q, v in p.items())
        assert any(all(abs((p[names[q]] - v).evalf(30)) < Rational(1, 10**20) for q, v in other.items()) for other in inside)


@settings(max_examples=25)
@given(planted_flows(variables=(x, y)), st.booleans())
def test_planted_points_are_found_iff_their_signs_are_allowed(planted, strictly):
    flow, places = planted
    names = {x: P, y: Q} if strictly else {x: X, y: Y}
    found = fixed_points(moved(flow, names), time_limit=None)
    listed = found.at({})
    for place in places:
        inside = all(sign_allows(names[q], S(v)) for q, v in place.items())
        is_listed = any(all((p[names[q]] - v).equals(0) for q, v in place.items()) for p in listed)
        assert is_listed == inside or any(p.kind is PointKind.FAMILY for p in found)


@settings(max_examples=15)
@given(flows_with_families(variables=(x, y)), grid_numbers, st.booleans())
def test_planted_curves_are_found_where_their_signs_are_allowed(planted, value, strictly):
    flow, running, curve = planted
    names = {x: P, y: Q} if strictly else {x: X, y: Y}
    place = {names[running]: value} | {names[q]: S(v).xreplace({running: value}) for q, v in curve.items()}
    found = fixed_points(moved(flow, names), time_limit=None)
    inside = all(sign_allows(q, v) for q, v in place.items())
    on_a_family = any(lies_on(p, place) for p in found if p.kind is PointKind.FAMILY)
    isolated = any(all((p.values[q] - v).equals(0) for q, v in place.items()) for p in found if p.kind is PointKind.ISOLATED)
    assert (on_a_family or isolated) == inside


def lies_on(family, place):
    here = {q: place[q] for q in (*family.free, *family.roots)}
    if not all(sign_allows(q, place[q]) for q in here):
        return False
    return (
        all(k.xreplace(here) == S.true for k in family.conditions)
        and all(v.xreplace(here).equals(place[q]) for q, v in family.values.items())
        and all(r.xreplace(here).expand() == 0 for r in family.roots.values())
    )


# -- what is made of the points ---------------------------------------------------------------------------------------------


def test_stability_uses_what_the_signs_say():
    # Murray I, 3.5: coexistence is stable iff a < 1 and b < 1, which within the positive quadrant is ab < 1.
    flow = Flow(competition(P, Q))
    (interior, *_) = fixed_points(flow, time_limit=None)
    answer = stability(flow, interior, time_limit=None)
    for at, expected in (({a: half, b: half}, True), ({a: 2, b: 3}, False)):
        assert all(k.xreplace(at) == S.true for k in interior.conditions)
        assert all(k.xreplace(at) == S.true for k in answer.conditions) == expected


@cache
def predators():
    return solved({X: X * (1 - X) - X * Y, Y: Y * (X - mu)})


def test_a_point_on_the_boundary_keeps_its_stability():
    found = predators()
    (alone,) = [p for p in found if p.values[X] == 1]
    assert stability(found.flow, alone, time_limit=None).conditions == (mu > 1,)
    (both,) = [p for p in found if p.values[X] == mu]
    assert both.conditions == (mu <= 1,)
    answer = stability(found.flow, both, time_limit=None)
    assert answer.verdict.value == "stable"
    assert [k.kind.value for k in answer.bifurcations] in ([], ["transcritical"])


def test_a_certificate_tells_where_a_point_leaves_the_allowed_states():
    found = predators()
    (both,) = [p for p in found if p.values[X] == mu]
    assert certify(found.flow, both, {mu: ("0.2", "0.8")}, time_limit=None).status.value == "proved stable"
    assert certify(found.flow, both, {mu: (2, 3)}, time_limit=None).status.value == "proved absent"


def test_a_point_given_outside_the_allowed_states_is_an_error():
    flow = Flow({P: P * (P - 1) * (P + 1)})
    assert stability(flow, {P: 1}, time_limit=None).verdict.value == "unstable"
    for value in (0, -1):
        with pytest.raises(InputError, match="assumptions on the state"):
            stability(flow, {P: value}, time_limit=None)
