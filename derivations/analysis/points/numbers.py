"""Exact numbers: their signs, and the real roots of polynomials."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Basic, Expr, Poly, Rational, S, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derivations.analysis.algebra.polynomials import exact_number
from derivations.analysis.algebra.zero import vanishes
from derivations.analysis.sites.assumptions import RELATIONS, symbol_signs
from theory.abridging import brief
from theory.errors import InputError, UnfinishedError

DIGITS = 60  # from which the sign of a number is looked for


def exact_numbers(parameters: Mapping) -> dict[Basic, Expr]:
    """Values of parameters as rational numbers."""
    given = {}
    for symbol, value in parameters.items():
        try:
            given[symbol] = exact_number(value)
        except ValueError:
            raise InputError(f"an exact rational value for {symbol}", brief(value), "write it as a fraction") from None
    return given


def isolate_roots(polynomial: Expr, x: Symbol) -> list[Expr]:
    p = Poly(polynomial, x)
    if p.domain.is_ZZ or p.domain.is_QQ:
        return sorted(set(p.real_roots()))
    raise UnfinishedError(f"real roots of {brief(polynomial)}, whose coefficients are no rational numbers, are not isolated")


def has_sign(x: Symbol, value: Expr) -> bool:
    """Whether an algebraic number has a sign that the assumptions on a symbol allow."""
    return sign_of(value) in symbol_signs(x)


def is_true(condition: Boolean) -> bool:
    """Whether a relation between algebraic numbers holds."""
    if condition in (S.true, S.false) or not isinstance(condition, Relational):
        return condition == S.true
    difference = condition.lhs - condition.rhs
    return difference.is_finite is not False and sign_of(difference) in RELATIONS[type(condition)]


def sign_of(value: Expr) -> int | None:
    """The sign of an algebraic number, exactly; None of what is not real."""
    digits = DIGITS
    while True:
        near = value.evalf(digits)
        real, imaginary = near.as_real_imag()
        if abs(near) > Rational(1, 10 ** (digits // 2)):
            if abs(imaginary) > Rational(1, 10 ** (digits // 2)):
                return None
            return 1 if real > 0 else -1
        if value == 0 or vanishes(value):
            return 0
        digits *= 2
