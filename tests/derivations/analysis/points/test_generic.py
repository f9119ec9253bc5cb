"""Generic parameters and the special ones, on systems of the literature and on planted ones."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Eq, Integer, Mul, Poly, Rational, S, groebner, symbols

from derivations.analysis.algebra import generic
from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.algebra.programs import installed_programs
from derivations.analysis.algebra.singular import minimal_primes
from derivations.analysis.points.fixed_points import Completeness, fixed_points
from tests.derivations.analysis.algebra.test_programs import needs_programs
from tests.derivations.analysis.points import systems
from tests.derivations.analysis.points.evaluated import agree, fresh, lies_on, near, real_points
from tests.derivations.analysis.points.planted import a, b, factors, x, y, z
from tests.derivations.analysis.points.systems import (
    brusselators,
    duffing,
    parametron,
    real_brusselators,
    real_duffing,
    real_parametron,
    repressilator,
)
from theory import Flow

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


# -- Singular where the own arithmetic is over its budget ---------------------------------------------------------------------


def same_places(one: list[tuple], other: list[tuple]) -> bool:
    return len(one) == len(other) and all(near(p, q) for p, q in zip(one, other, strict=True))


@needs_programs
@pytest.mark.parametrize("seed", range(12))
def test_bases_by_singular_give_the_points_that_our_own_do(monkeypatch, seed):
    """Own bases are made impossible; the points at random numbers are those of the flow at these numbers."""
    rng = random.Random(seed)
    rows = [
        rng.choice((a * x**2 + y - b, x**2 + y**2 - a, x * y - b * x + 1, a * x**2 - b * y**2 + 1, x**2 + a * x * y - 2)),
        rng.choice((y**2 - b * x, x * y - a, y**2 + x - a * b, x**2 - y + b, y**2 + x * y - a)),
    ]
    flow = Flow(dict(zip((x, y), rows, strict=True)))
    monkeypatch.setattr(generic, "STEPS", 0)
    found = fixed_points(flow, time_limit=None, backend="programs")
    assert found.completeness is Completeness.PROVED
    for _ in range(3):
        at = {p: Rational(rng.randint(1, 9), rng.randint(1, 5)) for p in (a, b)}
        alone = fixed_points(flow.xreplace(at), time_limit=None, backend="builtin")
        assert same_places(real_points(found, at), real_points(alone, {}))


@needs_programs
def test_the_statement_names_singular_where_its_bases_are_part_of_it(monkeypatch):
    monkeypatch.setattr(generic, "STEPS", 0)
    assert "Singular's Gröbner bases" in fixed_points(parametron(), time_limit=None).reason
    assert "Singular" not in fixed_points(parametron(), time_limit=None, backend="builtin").reason


@needs_programs
def test_components_by_singular_cover_the_zeros():
    ring = Ring((x, y, a))
    equations = [ring.numerator(e) for e in (x * (y - a) * (x - 1), y * (x**2 - a) * (y - a))]
    found = minimal_primes(installed_programs(), ring, (x, y), equations)
    assert len(found) == 5
    for prime in found:
        ideal = [ring.expr(p) for p in prime]
        basis = groebner(ideal, x, y, a)
        assert all(basis.contains(ring.expr(e)) for e in equations)
