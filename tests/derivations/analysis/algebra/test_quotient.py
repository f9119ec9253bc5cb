"""The quotient algebra and the number fields in it, on systems whose zeros are known."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import CRootOf, Mul, Rational, Symbol, rootof, sqrt

from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.algebra.quotient import quotient_algebra
from tests.derivations.analysis.points.hermite import zeros
from tests.strategies import SCALARS, grid_numbers, scalar_polynomials

x, y, w = SCALARS
half = Rational(1, 2)


# -- the quotient algebra --------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(st.lists(scalar_polynomials(variables=(x, y), degree=3), min_size=2, max_size=3))
def test_zeros_are_counted_as_by_reduction_in_sympy(equations):
    ring = Ring((x, y))
    assume(frozenset().union(*(e.free_symbols for e in equations)) == {x, y})
    algebra, counted = quotient_algebra(ring, [ring.numerator(e) for e in equations]), zeros(equations, (x, y))
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
    algebra = quotient_algebra(ring, [ring.numerator(e.expand()) for e in equations])
    assert algebra.dimension == 2 * len(places) ** 2
    found = [p for f in algebra.fields() for p in f.real_points]
    assert all({x: p, y: q} in found for p, q in places)


def test_zeros_at_which_a_polynomial_vanishes_can_be_left_out():
    ring = Ring((x, y))
    line = [ring.numerator(e) for e in (x * (x - 1), x * (y - 2))]
    assert quotient_algebra(ring, line) is None
    algebra = quotient_algebra(ring, line, [ring.gen(x)])
    assert [f.real_points for f in algebra.fields()] == [[{x: 1, y: 2}]]


def test_towers_describe_their_points_and_no_others():
    ring = Ring((x, y))
    equations = [x**2 - 2, (y**2 - 2) * (y - x)]
    algebra = quotient_algebra(ring, [ring.numerator(e) for e in equations])
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
    fields = quotient_algebra(ring, [ring.numerator(polynomial.expand())]).fields()
    found = [p[x] for f in fields for p in f.real_points]
    assert all((u - v).equals(0) for u, v in zip(found, expected, strict=True))
    assert all(u.has(CRootOf) == v.has(CRootOf) for u, v in zip(found, expected, strict=True))
