"""Polynomials before they are expanded: exact, over one denominator, in factors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sympy import Add, Dummy, Expr, Poly, S, factor_list

from derivations.analysis.algebra.algebraic import extension_of, normal_form
from derivations.analysis.algebra.zero import Region, vanishes
from derivations.analysis.expansions.series import expand_series
from theory.abridging import brief
from theory.errors import InputError
from theory.stopgrad import as_expression

POWERS = 64  # of the small parameter that a denominator may have as factor


def exact_coefficient(value: Any) -> Expr:
    """A coefficient as an expression without floats."""
    expr = as_expression(value, "as coefficient")
    if any(a.is_Float for a in expr.atoms()):
        raise InputError("exact coefficients", brief(expr), "write decimal numbers as Rational")
    return expr


def primitive_coefficients(coefficients: list[Expr], region: Region) -> tuple[list[Expr], Expr]:
    """The coefficients times their common denominator, without leading ones that vanish; and what must not vanish."""
    while coefficients and vanishes(coefficients[-1], region):
        coefficients = coefficients[:-1]
    if len(coefficients) < 2:
        raise InputError("a polynomial of degree at least 1", brief(coefficients), "check its leading coefficient")
    s = Dummy("s")
    whole = Add(*(normal_form(a) * s**k for k, a in enumerate(coefficients)))
    (abstracted,), extended = extension_of([whole])
    numerator, denominator = extended.element(abstracted).as_expr().as_numer_denom()
    by_power = reversed(Poly(numerator, s).all_coeffs())
    below = _lowest_coefficient(extended.expression(denominator), region)
    return [extended.expression(a) for a in by_power], below


def _lowest_coefficient(expr: Expr, region: Region) -> Expr:
    """The leading coefficient of a denominator, whose zeros are excluded."""
    if region.small not in expr.free_symbols:
        return expr
    return next(c for k in range(1, POWERS) for _, c in expand_series(expr, region.small, S(k), region).terms)


def polynomial_factors(polynomial: list[Expr]) -> Iterator[tuple[tuple[Expr, ...], int]]:
    """Factors, with radicals as independent symbols: valid whatever relations they satisfy."""
    s = Dummy("s")
    (*abstracted,), extended = extension_of(polynomial)
    for part, power in factor_list(Add(*(a * s**k for k, a in enumerate(abstracted))))[1]:
        if part.has(s):
            yield tuple(extended.expression(a) for a in reversed(Poly(part, s).all_coeffs())), power
