"""Grouped expressions: of the same value, and as a person would write them."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sympy import O, Rational, sqrt, symbols

from derivations.typeset.grouping import group_terms
from tests.derivations.formulas import a, assert_same_value, b, expressions, x, y
from theory.latex import tex

z, v, w, epsilon, offset = symbols("z v w epsilon I", real=True)
alpha, beta, gamma, kappa, lam, mu, rho = symbols("alpha beta gamma kappa lambda mu rho", positive=True)


@given(expressions(), st.integers(0, 2**32))
@example(sqrt(a) / sqrt(x), 0)  # where x is negative
@example(sqrt(x) * sqrt(y), 0)
@example((a + b) ** Rational(3, 2) * x, 0)
@example(a * sqrt(a + b) + b * sqrt(a + b), 0)  # whose common factor is a power of what it leaves
def test_grouping_keeps_the_value(expression, seed):
    shown = group_terms(expression)
    assert_same_value(shown, expression, seed)
    assert_same_value(group_terms(shown), expression, seed)


@given(expressions(), st.integers(0, 2**32))
def test_collecting_keeps_the_value(expression, seed):
    assert_same_value(group_terms(expression, (x,)), expression, seed)
    assert_same_value(group_terms(expression, (x, y)), expression, seed)


@given(expressions())
def test_no_factor_begins_with_a_minus(expression):
    shown = tex(group_terms(expression))
    assert not re.search(r"\\left\(- (?!.*\\right\)\^\{\\frac)", shown)


ROOT = sqrt(mu**2 - 4 * lam)
AS_A_PERSON_WRITES = [
    (-v * w * (w - mu), r"v w \left(\mu - w\right)"),
    (-v * w * (w - mu) / 2, r"\tfrac{1}{2} v w \left(\mu - w\right)"),
    ((x - 1) / (1 - x * y), r"\frac{x - 1}{1 - x y}"),
    (-(x - 1) / (x + y) ** 2, r"\frac{1 - x}{\left(x + y\right)^{2}}"),
    (x * (-y - z), r"- x \left(y + z\right)"),
    ((-x - y + z) ** 2, r"\left(x + y - z\right)^{2}"),
    (-x - y, "- x - y"),
    (mu / 2 + ROOT / 2, r"\frac{\mu + \sqrt{\mu^{2} - 4 \lambda}}{2}"),
    (-mu / 2 + ROOT / 2, r"\frac{\sqrt{\mu^{2} - 4 \lambda} - \mu}{2}"),
    (Rational(1, 4) - x / 4, r"\frac{1 - x}{4}"),
    (x / 2 + y, r"\tfrac{1}{2} x + y"),
    (x / 2 + y / 4, r"\tfrac{1}{2} x + \tfrac{1}{4} y"),
    (3 * x + 6 * y, r"3 \left(x + 2 y\right)"),
    (x**2 * y - x * y**2, r"x y \left(x - y\right)"),
    (x / (y + z) + w / (y + z), r"\frac{w + x}{y + z}"),
    (sqrt(kappa) / (sqrt(gamma) * sqrt(lam)), r"\sqrt{\frac{\kappa}{\gamma \lambda}}"),
    (1 / (sqrt(gamma) * sqrt(lam)), r"\frac{1}{\sqrt{\gamma \lambda}}"),
    (sqrt(beta) * sqrt(rho - 1), r"\sqrt{\beta \left(\rho - 1\right)}"),
    (sqrt(x / 4 + y), r"\tfrac{1}{2} \sqrt{x + 4 y}"),
    (sqrt(x / 2 + y), r"\sqrt{\tfrac{1}{2} x + y}"),
    (sqrt(-x - y), r"\sqrt{- x - y}"),
    (x - y / 3 + Rational(1, 2), r"x - \tfrac{1}{3} y + \tfrac{1}{2}"),
    (sqrt(x) * sqrt(y), r"\sqrt{x} \sqrt{y}"),  # which is no root of the product where both are negative
    (
        sqrt(kappa) * (mu / 2 + ROOT / 2) / (sqrt(gamma) * sqrt(lam)),
        r"\tfrac{1}{2} \sqrt{\frac{\kappa}{\gamma \lambda}} \left(\mu + \sqrt{\mu^{2} - 4 \lambda}\right)",
    ),
]


@pytest.mark.parametrize(("expression", "shown"), AS_A_PERSON_WRITES, ids=[str(e) for e, _ in AS_A_PERSON_WRITES])
def test_terms_are_grouped_as_a_person_would(expression, shown):
    assert tex(group_terms(expression)) == shown


def test_polynomials_are_collected_highest_power_first_and_series_lowest_first():
    polynomial = y * v**3 - 3 * y * v - 3 * offset * y + 3 * x + 3 * v
    assert tex(group_terms(polynomial, (v,))) == r"v^{3} y + 3 v \left(1 - y\right) + 3 \left(x - I y\right)"
    series = mu + epsilon * (alpha + beta) - epsilon**2 * alpha * beta + O(epsilon**3)
    assert tex(group_terms(series.expand(), (epsilon,))) == (
        r"\mu + \epsilon \left(\alpha + \beta\right) - \alpha \beta \epsilon^{2} + O\left(\epsilon^{3}\right)"
    )
