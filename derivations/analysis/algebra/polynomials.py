r"""Exact polynomials over the integers, in the state and the parameters together, on FLINT.

A :class:`Ring` translates between SymPy expressions and FLINT's sparse polynomials; what is not arithmetic (which variables
are state, what is known of signs) stands above.  Polynomials are kept primitive where only their zeros matter.
"""

from __future__ import annotations

import copyreg
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache, reduce
from itertools import compress
from math import gcd
from typing import TypeAlias

from flint import Ordering, fmpz_mpoly, fmpz_mpoly_ctx, fmpz_poly
from sympy import Add, Expr, Float, Integer, Mul, Poly, Rational, Symbol, symbols, sympify

from derivations.analysis.algebra.auxiliaries import Auxiliary, as_exponentials, put_auxiliaries
from theory.abridging import brief
from theory.errors import InputError
from theory.printing import READABLE, read_number

Polynomial: TypeAlias = fmpz_mpoly


@dataclass(frozen=True)
class Ring:
    """Polynomials with integer coefficients in ``symbols``, ordered lexicographically, the first symbol largest.

    ``auxiliaries`` say which symbols stand for roots and exponentials, and how expressions that hold these are read.
    """

    symbols: tuple[Symbol, ...]
    auxiliaries: tuple[Auxiliary, ...] = ()

    def __reduce__(self):
        return Ring, (self.symbols, self.auxiliaries)

    def extend(self, *symbols: Symbol) -> Ring:
        """The ring with more symbols, behind the others."""
        return Ring((*self.symbols, *symbols), self.auxiliaries)

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
        top, bottom = self._read_fraction(sympify(expr, strict=True))
        if top.is_zero():
            return top, self.constant(1)
        common = top.gcd(bottom)
        return top / common, bottom / common

    def numerator(self, expr: Expr) -> Polynomial:
        return self.fraction(expr)[0]

    def expr(self, p: Polynomial) -> Expr:
        """The polynomial as an expanded expression."""
        terms = p.to_dict().items()
        return Add(*(Mul(int(c), *(x ** int(m) for x, m in zip(self.symbols, k, strict=True) if m)) for k, c in terms))

    def factored_expression(self, p: Polynomial) -> Expr:
        """The polynomial as a product of irreducible factors."""
        content, factors = factor_polynomial(p)
        result: Expr = Integer(content)
        for f, power in factors:
            result *= self.expr(f) ** power
        return result

    def present(self, p: Polynomial) -> frozenset[Symbol]:
        """The symbols that occur."""
        return frozenset() if p.is_zero() else frozenset(compress(self.symbols, p.degrees()))

    def degree(self, p: Polynomial, symbol: Symbol) -> int:
        return int(p.degrees()[self.place[symbol]])

    def coefficients(self, p: Polynomial, symbol: Symbol) -> list[Polynomial]:
        """Coefficients by powers of one symbol, from the constant one upwards."""
        place, degree = self.place[symbol], self.degree(p, symbol)
        if degree == 1:  # without leaving FLINT
            slope = p.derivative(place)
            return [p - slope * self.context.gen(place), slope]
        rows: list[dict] = [{} for _ in range(max(degree, 0) + 1)]
        for powers, c in p.to_dict().items():
            rows[powers[place]][(*powers[:place], 0, *powers[place + 1 :])] = c
        return [self.context.from_dict(row) for row in rows]

    def leading(self, p: Polynomial, symbol: Symbol) -> Polynomial:
        """The coefficient of the highest power of one symbol."""
        place, degree = self.place[symbol], self.degree(p, symbol)
        if degree == 1:
            return p.derivative(place)
        top = {k: c for k, c in p.to_dict().items() if k[place] == degree}
        return self.context.from_dict({(*k[:place], 0, *k[place + 1 :]): c for k, c in top.items()})

    def derivative(self, p: Polynomial, symbol: Symbol) -> Polynomial:
        return p.derivative(self.place[symbol])

    def resultant(self, p: Polynomial, q: Polynomial, symbol: Symbol) -> Polynomial:
        return p.resultant(q, self.place[symbol])

    def discriminant(self, p: Polynomial, symbol: Symbol) -> Polynomial:
        return p.discriminant(self.place[symbol])

    def substitute(self, p: Polynomial, symbol: Symbol, top: Polynomial, bottom: Polynomial) -> Polynomial:
        """Numerator of ``p`` at ``symbol = top/bottom``: multiplied by the power of ``bottom`` that clears it."""
        if self.degree(p, symbol) <= 0:
            return p
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
        return [f for f, _ in factor_polynomial(p)[1]]

    def convert_from(self, p: Polynomial, source: Ring) -> Polynomial:
        """A polynomial of a ring whose symbols are all among those of this one."""
        places = [self.place[s] for s in source.symbols]
        terms = {}
        for powers, c in p.to_dict().items():
            wide = [0] * len(self.symbols)
            for place, m in zip(places, powers, strict=True):
                wide[place] = m
            terms[tuple(wide)] = c
        return self.context.from_dict(terms)

    def number(self, p: Polynomial) -> int:
        """The value of a constant polynomial."""
        return int(p.to_dict().get((0,) * len(self.symbols), 0))

    def _read_fraction(self, expr: Expr) -> tuple[Polynomial, Polynomial]:
        """Numerator and denominator of a rational expression, as it is built."""
        if expr in self.place:
            return self.gen(expr), self.constant(1)
        if expr.is_Rational:
            return self.constant(int(expr.p)), self.constant(int(expr.q))
        if expr.is_Add:
            return reduce(_add_fractions, map(self._read_fraction, expr.args))
        if expr.is_Mul:
            return reduce(lambda a, b: (a[0] * b[0], a[1] * b[1]), map(self._read_fraction, expr.args))
        if expr.is_Pow and expr.exp.is_Integer:
            top, bottom = self._read_fraction(expr.base)
            m = int(expr.exp)
            if m < 0 and top.is_zero():
                raise InputError("no division by zero", f"the term {brief(expr)}", "correct it")
            return (top**m, bottom**m) if m >= 0 else (bottom**-m, top**-m)
        written = as_exponentials(expr) if self.auxiliaries else None
        written = put_auxiliaries(expr, self.auxiliaries) if written is None else written
        if written is not None:
            return self._read_fraction(written)
        raise self._not_rational(expr)

    def _not_rational(self, expr: Expr) -> InputError:
        expected = "rational functions with rational coefficients of " + ", ".join(map(str, self.symbols))
        exact = expr.is_Float or expr.is_finite is False or expr.is_real is False
        remedy = "write numbers as real, exact fractions" if exact else "name it by a parameter of its own"
        return InputError(expected, f"the term {brief(expr)}", remedy)


def _add_fractions(a: tuple[Polynomial, Polynomial], b: tuple[Polynomial, Polynomial]) -> tuple[Polynomial, Polynomial]:
    if a[1] == b[1]:
        return a[0] + b[0], a[1]
    common = a[1].gcd(b[1])
    left, right = a[1] / common, b[1] / common
    return a[0] * right + b[0] * left, a[1] * right


def exact_number(value: object) -> Rational:
    """A rational number as it is written: 0.1 is one tenth.  Text is read as a number and never evaluated.

    Raises
    ------
    ValueError
        for anything else.
    """
    if isinstance(value, Rational):
        return value
    if isinstance(value, str) and len(value) > READABLE:
        return read_number(value)
    if isinstance(value, str | float | Float):
        number = Fraction(str(value))
    elif isinstance(value, numbers.Rational):
        number = Fraction(value)
    else:
        raise ValueError(f"{value!r} is no exact number")
    return Rational(number.numerator, number.denominator)


def factor_polynomial(p: Polynomial) -> tuple[int, list[tuple[Polynomial, int]]]:
    """Content and irreducible factors with their powers.

    python-flint (up to 0.9) compares coefficients as machine integers to sort the factors; where that overflows, polynomials
    in one variable are factored as such, those of degree one in a variable by the common factor of its two coefficients, and
    others by SymPy.
    """
    if len(p) == 1 and p.total_degree() == 1:
        c = p.leading_coefficient()
        return int(c), [(p if c == 1 else p / c, 1)]
    content, factors = _factor_once(_Known(p, (p.context().names(), str(p))))
    return content, list(factors)


@dataclass(frozen=True)
class _Known:
    """A polynomial told from others by its names and its text: FLINT's own have no hash."""

    polynomial: Polynomial = field(compare=False)
    key: tuple[tuple[str, ...], str]


@lru_cache(maxsize=2**14)
def _factor_once(known: _Known) -> tuple[int, list[tuple[Polynomial, int]]]:
    p = known.polynomial
    try:
        content, factors = p.factor()
        return int(content), [(f, int(m)) for f, m in factors]
    except OverflowError:
        context = p.context()
        present = [i for i, degree in enumerate(p.degrees()) if degree > 0]
        if len(present) == 1:
            return _factor_univariate(p, present[0])
        if linear := [i for i in present if p.degrees()[i] == 1]:
            return _factor_linear(p, linear[0])
        terms = {k: int(c) for k, c in p.to_dict().items()}
        content, factors = Poly.from_dict(terms, *symbols(context.names())).factor_list()
        return int(content), [(context.from_dict({k: int(c) for k, c in f.as_dict().items()}), m) for f, m in factors]


def _factor_univariate(p: Polynomial, place: int) -> tuple[int, list[tuple[Polynomial, int]]]:
    context, rows = p.context(), [0] * (int(p.degrees()[place]) + 1)
    for powers, c in p.to_dict().items():
        rows[powers[place]] = int(c)
    content, factors = fmpz_poly(rows).factor()
    x = context.gen(place)
    return int(content), [(sum((int(c) * x**k for k, c in enumerate(f.coeffs())), 0 * x), int(m)) for f, m in factors]


def _factor_linear(p: Polynomial, place: int) -> tuple[int, list[tuple[Polynomial, int]]]:
    slope = p.derivative(place)
    content = gcd(*map(int, p.coeffs())) * (1 if int(p.leading_coefficient()) > 0 else -1)
    p, slope = p / content, slope / content
    common = slope.gcd(p - slope * p.context().gen(place))
    return content, [*factor_polynomial(common)[1], (p / common, 1)]


def _rebuild_polynomial(names: tuple[str, ...], terms: dict) -> Polynomial:
    return fmpz_mpoly_ctx.get(names, Ordering.lex).from_dict(terms)


def _reduce_polynomial(p: Polynomial):
    return _rebuild_polynomial, (p.context().names(), {k: int(c) for k, c in p.to_dict().items()})


copyreg.pickle(fmpz_mpoly, _reduce_polynomial)  # FLINT's polynomials do not pickle by themselves


def distinct_members(items: Iterable[Polynomial]) -> tuple[Polynomial, ...]:
    """Distinct polynomials in their first order."""
    found: list[Polynomial] = []
    for p in items:
        if p not in found:
            found.append(p)
    return tuple(found)
