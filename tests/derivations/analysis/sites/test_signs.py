"""Signs: what is concluded is never contradicted, and what cannot hold together is noticed."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st
from sympy import And, Eq, Mul, Ne, Poly, Rational, symbols

from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.sites.assumptions import signs_from
from derivations.analysis.sites.sign import NEGATIVE, NONNEGATIVE, NONPOSITIVE, NONZERO, POSITIVE, ZERO
from derivations.analysis.sites.signs import Signs
from tests.strategies import scalar_polynomials
from theory.errors import InputError

a, b, c = REAL = symbols("a b c", real=True)
p, q, r = POSITIVES = symbols("p q r", positive=True)
values = st.fractions(-3, 3, max_denominator=4).map(lambda v: Rational(v.numerator, v.denominator))
above_zero = st.fractions(Fraction(1, 4), 4, max_denominator=4).map(lambda v: Rational(v.numerator, v.denominator))


def sign(expr, at):
    value = expr.xreplace(at)
    return int(bool(value > 0)) - int(bool(value < 0))


def factored(variables):
    """Products of sparse polynomials of low degree, at times squared: what discriminants look like."""
    factors = scalar_polynomials(variables=variables, degree=2, most_terms=3)
    return st.lists(st.tuples(factors, st.sampled_from([1, 1, 2])), min_size=1, max_size=2).map(
        lambda parts: Mul(*(f**m for f, m in parts)).expand()
    )


ALLOWED = {1: [POSITIVE, NONNEGATIVE, NONZERO], -1: [NEGATIVE, NONPOSITIVE, NONZERO], 0: [ZERO, NONNEGATIVE, NONPOSITIVE]}


@st.composite
def true_facts(draw, variables, coordinates):
    """A point, and facts that hold there."""
    at = {s: draw(coordinates) for s in variables}
    about = draw(st.lists(st.one_of(factored(variables), scalar_polynomials(variables=variables, degree=1)), max_size=3))
    return at, [(e, draw(st.sampled_from(ALLOWED[sign(e, at)]))) for e in about if e != 0]


def check(signs, facts, at, expressions):
    ring = signs.ring
    for fact, allowed in facts:
        signs = signs.learn(ring.numerator(fact), allowed)
    assert signs.consistent
    for expr in expressions:
        found = signs.of(ring.numerator(expr))
        event(f"{len(found)} signs left")
        assert sign(expr, at) in found


@settings(max_examples=40)
@given(true_facts(REAL, values), st.lists(factored(REAL), min_size=1, max_size=3))
def test_conclusions_from_true_facts_are_true(known, expressions):
    at, facts = known
    check(Signs(Ring(REAL)), facts, at, expressions)


@settings(max_examples=40)
@given(true_facts(POSITIVES, above_zero), st.lists(factored(POSITIVES), min_size=1, max_size=3))
def test_conclusions_are_true_of_positive_symbols(known, expressions):
    at, facts = known
    check(signs_from(Ring(POSITIVES)), facts, at, expressions)


@settings(max_examples=25)
@given(st.tuples(values, values, values), values, st.lists(factored(REAL), min_size=1, max_size=3))
def test_conclusions_from_intervals_and_orders_are_true(ends, inside, expressions):
    low, middle, high = sorted(ends)
    assume(low < middle < high)
    at = {a: middle, b: high, c: inside}
    signs = signs_from(Ring(REAL), (low < a, a < high, And(a < b, b > low)))
    check(signs, [], at, [*expressions, (a - low) * (high - a), b - a, (a - low + 1) * (b - a) ** 3])
    assert signs.of(signs.ring.numerator(b - a)) == POSITIVE
    assert signs.of(signs.ring.numerator((a - low) * (high - a))) == POSITIVE


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (p * q + r, POSITIVE),
        (-p - q, NEGATIVE),
        (a**2, NONNEGATIVE),
        (a**2 + 1, POSITIVE),
        (-(a**2) * p - b**2, NONPOSITIVE),
        (a**2 - a * b + b**2 + p, POSITIVE),
        (p**2 + p * a**2, POSITIVE),
        (p - q, frozenset({-1, 0, 1})),
    ],
)
def test_signs_that_assumptions_on_symbols_decide(expression, expected):
    ring = Ring((*REAL, *POSITIVES))
    assert signs_from(ring).of(ring.numerator(expression)) == expected


@pytest.mark.parametrize(
    ("assumptions", "expression", "expected"),
    [
        ((p < 1,), 1 - p**2, POSITIVE),
        ((p > q, q > r), p - r, POSITIVE),
        ((p + q > 2, p < 1), q - 1, POSITIVE),
        ((p * q > 1, p < 1), q - 1, POSITIVE),
        ((Eq(a, 0),), a * b, ZERO),
        ((b > p,), p * a**2 + b**2 * c**2, NONNEGATIVE),
        ((Ne(a, 0),), a**2, POSITIVE),
        ((And(p > 0, p < 1),), p - p**2, POSITIVE),
    ],
)
def test_signs_that_inequalities_decide(assumptions, expression, expected):
    ring = Ring((*REAL, *POSITIVES))
    assert signs_from(ring, assumptions).of(ring.numerator(expression)) == expected


def test_a_product_tells_the_sign_of_its_last_factor():
    ring = Ring(REAL)
    signs = Signs(ring).learn(ring.numerator(a * b), POSITIVE)
    assert signs.of(ring.gen(a)) == NONZERO
    signs = signs.learn(ring.gen(a), NEGATIVE)
    assert signs.of(ring.gen(b)) == NEGATIVE
    assert signs.of(ring.numerator(a * b * c**2)) == NONNEGATIVE


@settings(max_examples=25)
@given(factored(REAL), values.filter(lambda v: v > 0))
@example(b * c * (b**2 + c**2), 1)
def test_a_polynomial_of_two_signs_is_a_contradiction(expression, scale):
    assume(not expression.is_number and Poly(expression, *REAL).total_degree() > 0)
    ring = Ring(REAL)
    signs = Signs(ring).learn(ring.numerator(expression), POSITIVE)
    assert not signs.learn(ring.numerator(-scale * expression), NONNEGATIVE).consistent


@pytest.mark.parametrize(
    "assumptions",
    [
        (a > 1, a < 0),
        (a > b, b > c, c > a),
        (p < 0,),
        (a * b > 0, a < 0, b > 0),
        (a**2 + b**2 < 0,),
        (Eq(p, 0),),
        (And(a > 0, a < 0),),
        (p + q < p,),
    ],
)
def test_contradictions_are_errors(assumptions):
    with pytest.raises(InputError, match="can hold together"):
        signs_from(Ring((*REAL, *POSITIVES)), assumptions)
