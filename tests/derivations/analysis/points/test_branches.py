"""The tree of cases, and the quotient algebra and number fields below it, on systems whose zeros are known."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import CRootOf, Mul, Rational, S, Symbol, rootof, sqrt, symbols

from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.algebra.quotient import quotient
from derivations.analysis.points import splitter as module
from derivations.analysis.points.closed_form import solutions
from derivations.analysis.points.containment import without_contained
from derivations.analysis.points.splitter import Splitter
from derivations.analysis.sites.branches import Leaf, Substitution
from derivations.analysis.sites.signs import signs_from
from derivations.analysis.sites.site import Site
from tests.derivations.analysis.points.hermite import zeros
from tests.strategies import SCALARS, flows_with_families, grid_numbers, scalar_polynomials

x, y, w = SCALARS
a, b = symbols("a b", real=True)
half = Rational(1, 2)


def tree(equations, state=(x, y), parameters=(a, b), assumptions=()):
    ring = Ring((*state, *parameters))
    splitter = Splitter(ring, state, signs_from(ring, assumptions))
    return splitter.search([ring.numerator(e) for e in equations]), splitter


def sites(found, splitter):
    return [Site(splitter.ring, splitter.state, f.roots, f.solved, f.special, splitter.signs) for f in found.leaves]


@settings(max_examples=20)
@given(st.lists(scalar_polynomials(variables=(x, y, a), degree=2), min_size=2, max_size=2))
def test_the_equations_hold_on_every_leaf(equations):
    found, splitter = tree(equations, parameters=(a,))
    assert not found.unsolved
    assert all(site.is_zero(e) for site in sites(found, splitter) for e in equations)


@settings(max_examples=6)
@given(flows_with_families(variables=(x, y)))
def test_the_equations_hold_on_every_family(planted):
    equations = list(planted[0].velocity.values())
    found, splitter = tree(equations, parameters=())
    assert all(site.is_zero(e) for site in sites(found, splitter) for e in equations)


def test_a_degenerate_case_is_substituted_or_named():
    found, _ = tree([a * x - b, y - 1])
    assert sorted(len(leaf.special) for leaf in found.leaves) == [0, 2]
    assert not found.exceptional
    named, splitter = tree([(a**3 - b**2 - 1) * x, y])
    assert [[splitter.ring.expr(p) for p in together] for together in named.exceptional] == [[a**3 - b**2 - 1]]


def test_degenerate_cases_without_real_parameters_are_closed():
    assert not tree([(a**4 + 1) * x - 1, y])[0].exceptional
    assert not tree([(a**4 - a + 1) * x - 1, y])[0].exceptional
    assert not tree([(a**3 - 3 * a + 3) * x, y], assumptions=(a > 0,))[0].exceptional
    assert tree([(a**3 - 3 * a + 3) * x, y])[0].exceptional


def test_degenerate_values_that_assumptions_exclude_are_closed():
    found, _ = tree([(a - b) * x, y])
    assert len(found.leaves) == 2
    found, _ = tree([(a - b) * x, y], assumptions=(a > b,))
    assert len(found.leaves) == 1
    found, _ = tree([(a + b - 3) * x, y], assumptions=(a**2 + b**2 < 1,))
    assert len(found.leaves) == 1


def test_branches_beyond_the_limit_are_returned_unsolved(monkeypatch):
    monkeypatch.setattr(module, "CASES", 3)
    found, _ = tree([x * (x - 1) * (x - 2) * (x - 3), y])
    assert found.unsolved


def test_hard_branches_wait_for_the_easy_ones():
    reports = []
    ring = Ring((x, y, a))
    hard = (x - 1) * (x**3 * y**2 + a * x * y + y**3 - a), (x - 1) * (y**3 - x**2 * y + a * x - 2) * (y - 2)
    Splitter(ring, (x, y), signs_from(ring)).search([ring.numerator(e) for e in hard], reports.append)
    assert reports
    assert reports[0].leaves
    assert reports[0].unsolved


def test_a_denominator_is_made_rational_only_where_its_conjugate_does_not_vanish():
    ring = Ring((x, y, a, b))
    roots = ((x, ring.numerator(x**2 - b)),)
    for bottom, positive in ((x - a, ()), (x**2 + a**2 + x + 1, (b > 0,))):
        solved = (Substitution(y, ring.constant(1), ring.numerator(bottom)),)
        found = solutions(Leaf(roots, solved, (), ()), (x, y), signs_from(ring, positive))
        at = {a: 1, b: 1}
        here = [s for s in found if all(c.subs(at) == S.true for c in s.conditions)]
        expected = {value for value in (1, -1) if bottom.subs({x: value, a: 1}) != 0}
        assert {s.values[x].subs(at) for s in here} == expected
        assert all(s.values[y].subs(at) == 1 / bottom.subs({x: s.values[x].subs(at), a: 1}) for s in here)


def test_a_leaf_within_another_is_dropped():
    found, splitter = tree([w * (w - 1) * y, (w - 1) * y**2, x - w], state=(x, y, w), parameters=())
    kept = without_contained(found.leaves, splitter.state, splitter.signs)
    assert len(kept) < len(found.leaves)
    assert {len(leaf.roots) + len(leaf.solved) for leaf in kept} == {2}


# -- the quotient algebra --------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(st.lists(scalar_polynomials(variables=(x, y), degree=3), min_size=2, max_size=3))
def test_zeros_are_counted_as_by_reduction_in_sympy(equations):
    ring = Ring((x, y))
    assume(frozenset().union(*(e.free_symbols for e in equations)) == {x, y})
    algebra, counted = quotient(ring, [ring.numerator(e) for e in equations]), zeros(equations, (x, y))
    assert (algebra is None) == (counted is None)
    if algebra is not None:
        assert (algebra.distinct, algebra.real) == counted
        fields = algebra.fields()
        assert sum(f.degree for f in fields) == algebra.distinct
        assert sum(len(f.real_points) for f in fields) == algebra.real


@settings(max_examples=15)
@given(st.lists(st.tuples(grid_numbers, grid_numbers), min_size=1, max_size=3, unique=True))
def test_rational_zeros_are_found_with_their_multiplicity(places):
    ring = Ring((x, y))
    equations = [Mul(*(x - p for p, _ in places)) ** 2, Mul(*(x - p + 2 * (y - q) for p, q in places))]
    algebra = quotient(ring, [ring.numerator(e.expand()) for e in equations])
    assert algebra.dimension == 2 * len(places) ** 2
    found = [p for f in algebra.fields() for p in f.real_points]
    assert all({x: p, y: q} in found for p, q in places)


def test_zeros_at_which_a_polynomial_vanishes_can_be_left_out():
    ring = Ring((x, y))
    line = [ring.numerator(e) for e in (x * (x - 1), x * (y - 2))]
    assert quotient(ring, line) is None
    algebra = quotient(ring, line, [ring.gen(x)])
    assert [f.real_points for f in algebra.fields()] == [[{x: 1, y: 2}]]


def test_towers_describe_their_points_and_no_others():
    ring = Ring((x, y))
    equations = [x**2 - 2, (y**2 - 2) * (y - x)]
    algebra = quotient(ring, [ring.numerator(e) for e in equations])
    assert (algebra.dimension, algebra.distinct) == (6, 4)
    for field in algebra.fields():
        (first, p), (second, q) = field.tower(ring)
        assert ring.degree(p, first) * ring.degree(q, second) == field.degree == 2
        assert all(ring.expr(q).subs(point).expand() == 0 for point in field.real_points)
    assert {tuple(p.values()) for f in algebra.fields() for p in f.real_points} == {
        (s * sqrt(2), t * sqrt(2)) for s in (1, -1) for t in (1, -1)
    }


@pytest.mark.parametrize(
    ("polynomial", "expected"),
    [
        (2 * x - 3, [Rational(3, 2)]),
        (x**2 - x - 1, [(1 - sqrt(5)) / 2, (1 + sqrt(5)) / 2]),
        (x**2 + 1, []),
        (x**4 - 2 * x**3 + x - 1, [half - sqrt(3 + 2 * sqrt(5)) / 2, half + sqrt(3 + 2 * sqrt(5)) / 2]),
        (
            (x - 1) ** 4 - 10 * (x - 1) ** 2 + 1,
            [1 + s * sqrt(5 + t * 2 * sqrt(6)) for s, t in ((-1, 1), (-1, -1), (1, -1), (1, 1))],
        ),
        (x**3 - x - 1, [rootof(Symbol("x") ** 3 - Symbol("x") - 1, 0)]),
    ],
)
def test_values_are_radicals_where_these_are_short(polynomial, expected):
    ring = Ring((x,))
    fields = quotient(ring, [ring.numerator(polynomial.expand())]).fields()
    found = [p[x] for f in fields for p in f.real_points]
    assert all((u - v).equals(0) for u, v in zip(found, expected, strict=True))
    assert all(u.has(CRootOf) == v.has(CRootOf) for u, v in zip(found, expected, strict=True))
