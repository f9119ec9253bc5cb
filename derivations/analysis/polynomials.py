r"""Exact polynomials over the integers, in the state and the parameters together, on FLINT.

A :class:`Ring` translates between SymPy expressions and FLINT's sparse polynomials; what is not arithmetic (which variables
are state, what is known of signs) stands above.  Polynomials are kept primitive where only their zeros matter.
"""

from __future__ import annotations

import copyreg
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from flint import Ordering, fmpz_mpoly, fmpz_mpoly_ctx
from sympy import QQ, CoercionFailed, Expr, Float, Poly, PolynomialError, Symbol, fraction, ilcm, together

from theory.errors import InputError

Polynomial: TypeAlias = fmpz_mpoly


@dataclass(frozen=True)
class Ring:
    """Polynomials with integer coefficients in ``symbols``, ordered lexicographically, the first symbol largest."""

    symbols: tuple[Symbol, ...]

    def __reduce__(self):
        return Ring, (self.symbols,)

    @cached_property
    def context(self) -> fmpz_mpoly_ctx:
        # Numbered names: two symbols may print alike, and FLINT's names are its own.
        return fmpz_mpoly_ctx.get([f"x{i}" for i in range(len(self.symbols))], Ordering.lex)

    @cached_property
    def place(self) -> Mapping[Symbol, int]:
        return {s: i for i, s in enumerate(self.symbols)}

    def gen(self, symbol: Symbol) -> Polynomial:
        return self.context.gen(self.place[symbol])

    def constant(self, value: int) -> Polynomial:
        return self.context.constant(value)

    def fraction(self, expr: Expr) -> tuple[Polynomial, Polynomial]:
        """Numerator and denominator of a rational expression, without common factor.

        Raises
        ------
        InputError
            naming the term that is not rational in the symbols of the ring with rational coefficients.
        """
        numerator, denominator = (self._polynomial(part) for part in fraction(together(expr)))
        (top, top_scale), (bottom, bottom_scale) = numerator, denominator
        common = top.gcd(bottom) if not top.is_zero() else bottom
        top, bottom = top / common, bottom / common
        top, bottom = top * bottom_scale, bottom * top_scale
        content = self.constant(0)
        for p in (top, bottom):
            content = content.gcd(self.constant(int(p.content()))) if not p.is_zero() else content
        return (top / content, bottom / content) if not content.is_zero() else (top, bottom)

    def numerator(self, expr: Expr) -> Polynomial:
        return self.fraction(expr)[0]

    def expr(self, p: Polynomial) -> Expr:
        """The polynomial as an expanded expression."""
        return Poly.from_dict({k: int(c) for k, c in p.to_dict().items()} or {(0,) * len(self.symbols): 0}, *self.symbols).as_expr()

    def factored(self, p: Polynomial) -> Expr:
        """The polynomial as a product of irreducible factors."""
        content, factors = p.factor()
        result = Poly(int(content), *self.symbols).as_expr()
        for factor, power in factors:
            result *= self.expr(factor) ** int(power)
        return result

    def present(self, p: Polynomial) -> frozenset[Symbol]:
        """The symbols that occur."""
        return frozenset(s for s, degree in zip(self.symbols, p.degrees(), strict=True) if degree > 0)

    def degree(self, p: Polynomial, symbol: Symbol) -> int:
        return int(p.degrees()[self.place[symbol]])

    def coefficients(self, p: Polynomial, symbol: Symbol) -> list[Polynomial]:
        """Coefficients by powers of one symbol, from the constant one upwards."""
        place = self.place[symbol]
        rows: list[dict] = [{} for _ in range(max(self.degree(p, symbol), 0) + 1)]
        for powers, c in p.to_dict().items():
            rows[powers[place]][(*powers[:place], 0, *powers[place + 1 :])] = c
        return [self.context.from_dict(row) for row in rows]

    def leading(self, p: Polynomial, symbol: Symbol) -> Polynomial:
        return self.coefficients(p, symbol)[-1]

    def derivative(self, p: Polynomial, symbol: Symbol) -> Polynomial:
        return p.derivative(self.place[symbol])

    def resultant(self, p: Polynomial, q: Polynomial, symbol: Symbol) -> Polynomial:
        return p.resultant(q, self.place[symbol])

    def discriminant(self, p: Polynomial, symbol: Symbol) -> Polynomial:
        return p.discriminant(self.place[symbol])

    def substitute(self, p: Polynomial, symbol: Symbol, top: Polynomial, bottom: Polynomial) -> Polynomial:
        """Numerator of ``p`` at ``symbol = top/bottom``: multiplied by the power of ``bottom`` that clears it."""
        rows = self.coefficients(p, symbol)
        result, power = self.constant(0), self.constant(1)
        for row in reversed(rows):
            result = result * top + row * power
            power = power * bottom
        return result

    def remainder(self, p: Polynomial, q: Polynomial, symbol: Symbol) -> tuple[Polynomial, Polynomial]:
        """``r`` of lower degree than ``q`` in ``symbol``, and ``m`` made of factors of q's leading coefficient, such that
        :math:`mp=r` where ``q`` vanishes."""
        bottom, steps = self.leading(q, symbol), self.degree(q, symbol)
        x, multiple = self.gen(symbol), self.constant(1)
        while not p.is_zero() and (gap := self.degree(p, symbol) - steps) >= 0:
            top = self.leading(p, symbol)
            common = top.gcd(bottom)
            p = p * (bottom / common) - q * (top / common) * x**gap
            multiple = multiple * (bottom / common)
        return p, multiple

    def factors(self, p: Polynomial) -> list[Polynomial]:
        """The distinct irreducible factors of positive degree, signs fixed by FLINT."""
        return [factor for factor, _ in p.factor()[1]]

    def number(self, p: Polynomial) -> int:
        """The value of a constant polynomial."""
        return int(p.to_dict().get((0,) * len(self.symbols), 0))

    def _polynomial(self, expr: Expr) -> tuple[Polynomial, int]:
        """A polynomial and the integer that it was multiplied by."""
        try:
            if expr.has(Float):
                raise PolynomialError("floating-point numbers are not exact")
            terms = Poly(expr, *self.symbols, domain=QQ).as_dict()
        except (PolynomialError, CoercionFailed):
            raise InputError(
                "polynomials with rational coefficients in " + ", ".join(map(str, self.symbols)),
                f"the term {_offender(expr, self.symbols)}",
                "substitute a variable for it, or write numbers as exact fractions",
            ) from None
        scale = int(ilcm(1, *(c.q for c in terms.values())))
        return self.context.from_dict({k: int(c.p * (scale // c.q)) for k, c in terms.items() if c}), scale


def _offender(expr: Expr, symbols: Sequence[Symbol]) -> Expr:
    """The first smallest part of an expression that is no polynomial over the rationals."""
    for part in expr.args:
        if not part.is_polynomial(*symbols) or part.has(Float) or not part.free_symbols <= set(symbols):
            return _offender(part, symbols)
    return expr


def _rebuilt(names: tuple[str, ...], terms: dict) -> Polynomial:
    return fmpz_mpoly_ctx.get(names, Ordering.lex).from_dict(terms)


def _taken_apart(p: Polynomial):
    return _rebuilt, (p.context().names(), {k: int(c) for k, c in p.to_dict().items()})


copyreg.pickle(fmpz_mpoly, _taken_apart)  # FLINT's polynomials do not pickle by themselves


def members(items: Iterable[Polynomial]) -> tuple[Polynomial, ...]:
    """Distinct polynomials in their first order."""
    found: list[Polynomial] = []
    for p in items:
        if p not in found:
            found.append(p)
    return tuple(found)
