"""Rings of exact polynomials: translation to and from expressions, division, resultants, factors."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Poly, Rational, factor_list, fraction, gcd, sqrt, subresultants, symbols, together

from derivations.analysis.algebra.elimination import linear_subresultant
from derivations.analysis.algebra.polynomials import Ring, distinct_members, factor_polynomial
from tests.strategies import SCALARS, rationals, scalar_polynomials, small_integers
from theory.errors import InputError

x, y, w = SCALARS
ring = Ring(SCALARS)


def polynomials(**kwargs):
    return scalar_polynomials(**kwargs).map(lambda e: e.expand()).filter(lambda e: e != 0)


@given(polynomials(), polynomials(), rationals)
def test_fractions_are_those_of_sympy_without_common_factor(top, bottom, scale):
    p, q = ring.fraction(scale * top / bottom)
    assert (ring.expr(p) * bottom - scale * top * ring.expr(q)).expand() == 0
    assert p.gcd(q).is_constant()
    assert gcd(Poly(ring.expr(p), *SCALARS).content(), Poly(ring.expr(q), *SCALARS).content()) == 1


@given(polynomials(), polynomials())
def test_factors_multiply_to_the_polynomial(p, q):
    product = ring.numerator(p * q)
    assert (ring.factored_expression(product) - ring.expr(product)).expand() == 0
    assert len(ring.factors(product)) == len(factor_list(ring.expr(product))[1])


@given(st.integers(10, 40), small_integers, small_integers)
def test_factors_with_large_coefficients_are_found(size, shift, other):
    assume(shift != other)
    found = factor_polynomial(ring.numerator((x - 10**size * shift) * (3**size * x + other * y) ** 2))
    assert sorted(m for _, m in found[1]) == [1, 2]


@given(st.integers(20, 5000), small_integers, st.sampled_from([-6, 1, 4]))
def test_polynomials_of_degree_one_are_factored_whatever_their_numbers(size, other, content):
    big = 10**size + 7
    product = ring.numerator(content * (x - big) * (x + 2) * (w * y - big * y + other + big**2))
    found, factors = factor_polynomial(product)
    assert found in (content, -content)
    assert len(factors) == 3
    for f, m in factors:
        found *= f**m
    assert found == product


@given(polynomials(), polynomials(), polynomials())
def test_a_substituted_fraction_is_cleared_of_its_denominator(p, top, bottom):
    assume(bottom.subs(x, y).expand() != 0)
    image = ring.substitute(ring.numerator(p), x, ring.numerator(top.subs(x, y)), ring.numerator(bottom.subs(x, y)))
    inner = fraction(together(ring.expr(ring.numerator(p)).subs(x, top.subs(x, y) / bottom.subs(x, y))))
    assert Poly(inner[0], *SCALARS).is_zero == image.is_zero()
    degree = max(ring.degree(ring.numerator(p), x), 0)
    numerators = [ring.expr(ring.numerator(e.subs(x, y))) for e in (top, bottom)]
    expected = ring.expr(ring.numerator(p)).subs(x, numerators[0] / numerators[1]) * numerators[1] ** degree
    assert (together(expected - ring.expr(image))).expand() == 0 or together(expected - ring.expr(image)).simplify() == 0


@given(polynomials(), polynomials())
def test_a_remainder_is_one(p, q):
    p, q = ring.numerator(p), ring.numerator(q)
    assume(ring.degree(q, x) > 0)
    rest, multiple = ring.remainder(p, q, x)
    assert rest.is_zero() or ring.degree(rest, x) < ring.degree(q, x)
    assert divmod(multiple * p - rest, q)[1].is_zero()
    assert all(divmod(ring.leading(q, x), f)[1].is_zero() for f in ring.factors(multiple))


@given(polynomials(), polynomials(), rationals)
def test_the_linear_subresultant_vanishes_at_a_single_common_zero(p, q, zero):
    p, q = (ring.numerator((x - y - zero) * e) for e in (p, q))
    first, second = sorted((p, q), key=lambda e: -ring.degree(e, x))
    found = linear_subresultant(ring, first, second, x)
    assume(found is not None)
    assert ring.degree(found, x) == 1
    assert ring.expr(found).subs(x, y + zero).expand() == 0


@given(st.lists(st.lists(small_integers, min_size=3, max_size=4), min_size=2, max_size=2))
def test_the_linear_subresultant_is_that_of_sympy(rows):
    p, q = sorted((Poly([c * y**i + i for i, c in enumerate(row)], x) for row in rows), key=lambda e: -e.degree())
    expected = [e for e in subresultants(p, q) if e.degree() == 1]
    found = linear_subresultant(ring, ring.numerator(p.as_expr()), ring.numerator(q.as_expr()), x)
    if found is not None:
        assert expected
        ratio = (ring.expr(found) / expected[0].as_expr()).cancel()
        assert ratio.is_number


@given(polynomials())
def test_polynomials_and_rings_cross_processes(p):
    p = ring.numerator(p)
    assert pickle.loads(pickle.dumps(p)) == p
    assert pickle.loads(pickle.dumps(ring)) == ring


def test_symbols_of_one_name_are_told_apart():
    positive, other = symbols("x", positive=True), symbols("x", negative=True)
    both = Ring((positive, other))
    assert both.present(both.numerator(positive + 1)) == {positive}


def test_members_are_distinct_in_their_first_order():
    p, q = ring.numerator(x + 1), ring.numerator(y)
    assert distinct_members([p, q, p]) == (p, q)


@pytest.mark.parametrize(
    ("expression", "term"),
    [(x + sqrt(2) * y, "sqrt(2)"), (x + 0.25, "0.25"), (x + symbols("k"), "k"), (sqrt(x) + y, "sqrt(x)")],
)
def test_what_is_no_polynomial_over_the_rationals_is_named(expression, term):
    with pytest.raises(InputError) as error:
        ring.fraction(expression)
    assert f"the term {term}" in str(error.value)


def test_numbers_are_kept_exact():
    p, q = ring.fraction(x / 3 + Rational(1, 10**30))
    assert ring.expr(p) / ring.expr(q) == x / 3 + Rational(1, 10**30)
