"""Generic parameters and the special ones, symmetry, and lists that are cut short."""

from __future__ import annotations

import random
from itertools import permutations

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import QQ, Eq, Integer, Mul, Poly, Rational, S, Symbol, groebner, symbols

from derivations.analysis.algebra.generic import generic_basis
from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.algebra.triangular import irreducible, triangular
from derivations.analysis.points import fixed_points as module
from derivations.analysis.points import splitter
from derivations.analysis.points.fixed_points import Completeness, fixed_points
from derivations.analysis.points.point import Kind
from derivations.analysis.points.trivial import invariant_spaces, symmetries
from tests.derivations.analysis.points import systems
from tests.derivations.analysis.points.evaluated import agree, fresh, lies_on, real_points
from tests.derivations.analysis.points.systems import brusselators, duffing, parametron, repressilator
from theory import Flow

x, y, z, u, v = symbols("x y z u v", real=True)
a, b = symbols("a b", real=True)
real = {name: Symbol(name, real=True) for name in ("A", "Delta", "lambda", "g", "eta", "F", "D", "E", "a", "b")}
real_parametron = parametron(*(real[name] for name in ("A", "Delta", "lambda", "g", "eta")))
real_brusselators = brusselators(*(real[name] for name in ("E", "a", "b", "D")))
real_duffing = duffing(*(real[name] for name in ("A", "Delta", "g", "F")))

# generic points, exceptional sets
FINISHED = {
    "parametron with nonlinear damping": (parametron(), 2),
    "parametron": (parametron(eta=Integer(0)), 5),
    "Duffing": (duffing(), 1),
    "two Brusselators, one coupled variable": (brusselators(), 1),
    "two Brusselators": (brusselators(E=systems.E), 2),
    "repressilator, n = 2": (repressilator(2), 1),
    "repressilator, n = 3": (repressilator(3), 1),
    "repressilator, n = 3, any signs": (repressilator(3, (x, y, z)), 2),
    "laser with saturable absorber": (systems.LASER, 3),
    "Hindmarsh-Rose": (systems.HINDMARSH_ROSE, 1),
    "Lorenz-84": (systems.LORENZ_84, 1),
}


@pytest.mark.parametrize("name", FINISHED)
def test_systems_of_the_literature_finish_without_exceptional_sets(name):
    flow, generic = FINISHED[name]
    found = fixed_points(flow, time_limit=20)
    assert found.completeness is Completeness.PROVED
    assert found.exceptional == ()
    assert len([p for p in found if not any(isinstance(c, Eq) for c in p.conditions)]) == generic
    check_against_solving_afresh(found, seed=1, count=6)


@pytest.mark.parametrize(
    "flow",
    [real_parametron, real_brusselators, real_duffing, systems.RABINOVICH_FABRIKANT],
    ids=["parametron", "Brusselators", "Duffing", "Rabinovich-Fabrikant"],
)
def test_exceptional_sets_of_unsigned_parameters_are_of_higher_codimension(flow):
    found = fixed_points(flow, time_limit=60)
    assert found.completeness is Completeness.PROVED
    assert all(len(together) > 2 for together in found.exceptional)
    assert all(len(str(together)) < 100 for together in found.exceptional)
    check_against_solving_afresh(found, seed=2, count=30)


def test_lorenz_84_is_a_cubic_in_x():
    (point,) = fixed_points(systems.LORENZ_84, time_limit=20)
    ((root, polynomial),) = point.roots.items()
    assert root == systems.x
    assert Poly(polynomial, root).degree() == 3
    assert point.conditions == ()


def check_against_solving_afresh(found, seed, count):
    """The list at small numbers, where many coincidences happen, against the flow solved at these numbers."""
    draw = random.Random(seed)
    compared = 0
    for _ in range(count):
        given = {p: number(draw, p) for p in found.flow.parameters}
        if any(all(e.xreplace(given) == S.true for e in together) for together in found.exceptional):
            continue
        listed, solved = real_points(found, given), fresh(found, given)
        if any(p.free for p in found):  # points of a family are listed at numbers where it has others
            families = [p for p in found if p.free]
            assert all(
                any(agree([place], [other]) for other in listed) or any(lies_on(f, place, given) for f in families)
                for place in solved
            )
            assert all(rests(found.flow, place, given) for place in listed)
        else:
            assert agree(listed, solved), given
        compared += 1
    assert compared > count / 2


def number(draw, parameter):
    if parameter.is_positive:
        return Rational(draw.choice([1, 2, 3, 4, Rational(1, 2), Rational(6, 5)]))
    return Rational(draw.choice([0, 0, 1, -1, 2, -2, 3, Rational(1, 2), Rational(-1, 2)]))


def rests(flow, place, given):
    at = {s: S(str(value)) for s, value in zip(flow.state, place, strict=True)} | given
    return all(abs(velocity.xreplace(at).evalf(30)) < Rational(1, 10**12) for velocity in flow.velocity.values())


# -- relabelling ---------------------------------------------------------------------------------------------------------

lines = st.tuples(st.sampled_from([1, 2]), st.sampled_from([0, 1, -1]), st.sampled_from([S(0), a, b, 1 - a, Integer(2)]))
factors = st.one_of(
    lines.map(lambda n: n[0] * x + n[1] * y - n[2]),
    lines.map(lambda n: n[0] * y + n[1] * x - n[2]),
    lines.map(lambda n: x**2 + n[0] * y**2 - n[2] - 1),
    lines.map(lambda n: x * y + n[1] * x - n[2]),
    lines.map(lambda n: n[0] * x**2 + n[1] * x * y - y - n[2]),
)
planted = st.lists(factors, min_size=1, max_size=2).map(lambda chosen: Mul(*chosen))


@settings(max_examples=40)
@given(
    planted,
    planted,
    st.sampled_from([2, 3, Rational(-1, 2)]),
    st.sampled_from([0, 1, 2, Rational(1, 2)]),
    st.sampled_from([0, 1, -3]),
)
def test_names_and_units_change_nothing(first, second, scale, one, other):
    other_x, other_y = symbols("y x", real=True)  # the names exchanged, and the order with them
    names = {x: other_x, y: other_y}
    found = fixed_points(Flow({x: first, y: second}), time_limit=None)
    moved = fixed_points(
        Flow({names[y]: second.subs(a, scale * a).xreplace(names), names[x]: first.subs(a, scale * a).xreplace(names)}),
        time_limit=None,
    )
    assert found.completeness is moved.completeness is Completeness.PROVED
    given_values = {a: Rational(one), b: Rational(other)}
    at = found.at({p: given_values[p] for p in found.flow.parameters})
    moved_values = {a: Rational(one) / scale, b: Rational(other)}
    moved_at = moved.at({p: moved_values[p] for p in moved.flow.parameters})
    assert len(at) == len(moved_at)
    exchanged = [{s: place[names[s]] for s in (x, y)} for place in moved_at]
    assert all(any(all((p[s] - q[s]).equals(0) for s in (x, y)) for q in exchanged) for p in at)
    assert hypersurfaces(found, {}) == hypersurfaces(moved, {a: a / scale})


def hypersurfaces(found, scaled):
    """The exceptional sets of codimension one, in common units."""
    alone = [(e.lhs - e.rhs).subs(scaled) for together in found.exceptional if len(together) == 1 for e in together]
    return {Poly(e, a, b).monic().as_expr() for e in alone}


@settings(max_examples=25)
@given(planted, planted, st.integers(0, 10**6))
def test_the_list_at_numbers_is_that_of_the_flow_at_numbers(first, second, seed):
    found = fixed_points(Flow({x: first, y: second}), time_limit=None)
    assert found.completeness is Completeness.PROVED
    check_against_solving_afresh(found, seed, 4)


@pytest.mark.parametrize("order", list(permutations((0, 1, 2))))
def test_three_variables_in_any_order(order):
    velocity = list(systems.LORENZ_84.velocity.items())
    found = fixed_points(Flow(dict(velocity[i] for i in order)), time_limit=20)
    assert (len(found), found.exceptional) == (1, ())


# -- generic parameters ------------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(planted, planted)
def test_a_generic_basis_is_one_over_the_field_of_the_parameters(first, second):
    ring = Ring((x, y, a, b))
    basis = generic_basis(ring, (x, y), [ring.numerator(first), ring.numerator(second)])
    expected = groebner([first, second], x, y, order="grevlex", domain=QQ.frac_field(a, b))
    assert {e.lead for e in basis.elements} == {Poly(p, x, y).monoms(order="grevlex")[0] for p in expected.exprs}


@settings(max_examples=25)
@given(planted, planted)
def test_where_no_denominator_vanishes_there_are_finitely_many_zeros(first, second):
    ring = Ring((x, y, a, b))
    basis = generic_basis(ring, (x, y), [ring.numerator(first), ring.numerator(second)])
    if not basis.is_finite:
        return
    for one in (0, 1, 2, -1):
        for other in (0, 1, -1):
            at = {a: one, b: other}
            if all(ring.expr(p).subs(at) != 0 for p in basis.denominators):
                here = groebner([first.subs(at), second.subs(at)], x, y, order="grevlex")
                assert here.exprs == [1] or here.is_zero_dimensional


def test_triangular_sets_add_up_to_the_generic_number_of_zeros():
    ring = Ring((x, y, a))
    basis = generic_basis(ring, (x, y), [ring.numerator(x * (x**2 + y**2 - a)), ring.numerator(y * (x - a * y - 1))])
    sets = [triangular(zeros, (x, y)) for zeros in irreducible(basis)]
    degrees = [Mul(*(ring.degree(p, s) for s, p in found)) for found in sets]
    assert sum(degrees) == basis.dimension == 6


# -- symmetry ------------------------------------------------------------------------------------------------------------


def in_ring(flow):
    ring = Ring((*flow.state, *flow.parameters))
    return ring, flow.state, [ring.numerator(velocity) for velocity in flow.velocity.values()]


def test_symmetries_and_invariant_spaces_are_seen():
    assert {order for order, sign in symmetries(*in_ring(repressilator(3))) if sign == 1} == {(1, 2, 0), (2, 0, 1)}
    assert [order for order, _ in symmetries(*in_ring(brusselators()))] == [(2, 3, 0, 1)]
    assert list(symmetries(*in_ring(systems.LORENZ_84))) == []
    ring, state, equations = in_ring(parametron())
    assert next(invariant_spaces(ring, state, equations)) == (ring.gen(u), ring.gen(v))


def test_a_ring_of_repressors_rests_where_all_are_equal():
    # x = f(f(f(x))) with f decreasing has one solution, whatever the power.
    for power in (1, 2, 3, 5):
        (point,) = fixed_points(repressilator(power), time_limit=20)
        assert len({*point.values.values()}) == 1


def test_mirror_pairs_are_not_lost_to_symmetry():
    # T. Gardner, C. Cantor, J. Collins, Nature 403, 339 (2000): a toggle has two states beside the even one.
    alpha = Symbol("alpha", positive=True)
    first, second = symbols("x y", nonnegative=True)
    found = fixed_points(Flow({first: alpha - first * (1 + second**2), second: alpha - second * (1 + first**2)}), time_limit=20)
    assert len(found.at({alpha: 3})) == 3
    assert len(found.at({alpha: 1})) == 1


# -- lists that are cut short --------------------------------------------------------------------------------------------

ORIGIN = (parametron(), real_parametron)


@pytest.mark.parametrize("flow", ORIGIN)
def test_the_origin_is_known_before_anything_else(flow):
    reports = []
    module._fixed_points(flow, reports.append)
    (first,) = reports[0]
    assert set(first.values.values()) == {0}
    assert first.conditions == ()
    assert reports[0].completeness is Completeness.LOWER_BOUND


def test_homogeneous_states_are_known_before_anything_else():
    reports = []
    module._fixed_points(brusselators(E=systems.E), reports.append)
    (first,) = reports[0]
    assert dict(first.values) == {systems.x1: systems.a, systems.x2: systems.a} | dict.fromkeys(
        (systems.y1, systems.y2), systems.b / systems.a
    )


def test_what_is_trivial_stays_in_a_list_that_is_given_up(monkeypatch):
    monkeypatch.setattr(splitter, "CASES", 0)
    reports = []
    found = module._fixed_points(real_parametron, reports.append)
    assert found.completeness is Completeness.LOWER_BOUND
    assert [set(p.values.values()) for p in found] == [{0}]


@pytest.mark.parametrize("flow", [real_parametron, real_brusselators], ids=["parametron", "Brusselators"])
@pytest.mark.parametrize("rules", ["quick", "without generic parameters"])
def test_every_report_holds_fixed_points_only(monkeypatch, flow, rules):
    monkeypatch.setattr(splitter.Splitter, "_solved", lambda self, branch: None)
    if rules == "quick":
        monkeypatch.setattr(splitter.Splitter, "slow", ())
    else:
        monkeypatch.setattr(splitter, "CASES", 150)
    reports = []
    reports.append(module._fixed_points(flow, reports.append))
    listed = {str(point): point for found in reports for point in found}
    assert listed
    for point in listed.values():
        assert S.false not in point.conditions
        check_rests(flow, point)


def check_rests(flow, point):
    """The values put into the velocity, by numbers, at parameters that obey the conditions of special cases."""
    ring = point.site.ring
    special = {step.symbol: ring.expr(step.top) / ring.expr(step.bottom) for step in point.site.special}
    free = [*point.free, *(s for s in flow.parameters if s not in special)]
    draw = random.Random(0)
    at = {s: Rational(draw.randint(100, 900), draw.choice([-97, 101])) for s in free}
    for _ in range(3):
        special = {s: e.subs({**special, **at}) for s, e in special.items()}
    at |= special
    for roots in roots_at(point, at):
        place = {**at, **roots}
        values = {s: e.xreplace(place).evalf(50) for s, e in point.values.items()}
        assert not any(e.free_symbols for e in values.values()), f"{point} leaves state in its values"
        size = 1 + max(abs(e) for e in values.values()) ** 4
        assert all(abs(f.xreplace({**at, **values}).evalf(40)) < size * Rational(1, 10**12) for f in flow.velocity.values())


def roots_at(point, at):
    places = [{}]
    for s, p in point.roots.items():
        places = [{**place, s: root} for place in places for root in complex_roots(p.xreplace({**at, **place}), s)]
    return places


def complex_roots(p, s):
    with mpmath.workdps(50):
        coefficients = [mpmath.mpmathify(c.evalf(50)) for c in Poly(p, s).all_coeffs()]
        return [S(mpmath.re(r)) + S.ImaginaryUnit * S(mpmath.im(r)) for r in mpmath.polyroots(coefficients, 500, extraprec=400)]


def test_conditions_that_cannot_hold_together_are_not_listed():
    # x = -a c with a, c > 0 is no positive state's square, and a**2 <= 0 fails for a > 0
    c = Symbol("c", positive=True)
    assert len(fixed_points(Flow({x: x**2 + c**2}), time_limit=20)) == 0
    assert all(p.kind is Kind.ISOLATED for p in fixed_points(Flow({x: x * (x**2 + c)}), time_limit=20))
    nonzero = Symbol("q", real=True, nonzero=True)
    assert len(fixed_points(Flow({x: x**2 + nonzero**2}), time_limit=20)) == 0
