r"""Truncated Puiseux series with exact constants: :math:`\sum_k c_k\varepsilon^{e_k}+O(\varepsilon^{N})`, rational :math:`e_k`.

>>> from sympy import sqrt, symbols
>>> a, x = symbols("a x", positive=True)
>>> expand_series(sqrt(a**2 + x), x, 2, Region()).terms
((0, a), (1, 1/(2*a)))
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from sympy import Add, Expr, Integer, Mul, Pow, Rational, S, Symbol, binomial, oo

from derivations.analysis.algebra.algebraic import normal_form
from derivations.analysis.algebra.zero import Region, vanishes
from theory.abridging import brief
from theory.errors import InputError

Term = tuple[Rational, Expr]


class Insufficient(Exception):
    """More terms are needed to know a valuation."""


@dataclass(frozen=True)
class Series:
    """Terms (exponent, coefficient) by rising exponent, all below ``order``; unknown from ``order`` on, exact if that is oo."""

    terms: tuple[Term, ...]
    order: Expr = oo

    def __add__(self, other: Series) -> Series:
        return collect_terms([*self.terms, *other.terms], min(self.order, other.order))

    def __mul__(self, other: Series) -> Series:
        order = min(self.order + other.beginning, other.order + self.beginning)
        return collect_terms([(d + e, a * b) for d, a in self.terms for e, b in other.terms if d + e < order], order)

    @property
    def beginning(self) -> Expr:
        """The first exponent that may occur."""
        return self.terms[0][0] if self.terms else self.order

    def leading(self, region: Region) -> Term | None:
        """The first term that is not zero, or None where all those known are."""
        return next((term for term in self.terms if not vanishes(term[1], region)), None)


Known = Mapping[Symbol, Series]
NONE: Known = {}


def constant_series(value: Expr) -> Series:
    return Series(((S.Zero, value),)) if value != 0 else Series(())


def collect_terms(terms: Iterable[Term], order: Expr) -> Series:
    """Like terms together, without those that reduce to zero."""
    sums: dict[Rational, list[Expr]] = defaultdict(list)
    for exponent, coefficient in terms:
        sums[exponent].append(coefficient)
    reduced = {e: normal_form(Add(*sums[e])) for e in sorted(sums) if e < order}
    return Series(tuple((e, c) for e, c in reduced.items() if c != 0), order)


def expand_series(expr: Expr, small: Symbol, order: Expr, region: Region, known: Known = NONE) -> Series:
    """The series of an algebraic function at 0+, to at least what ``order`` leaves after cancellation.

    ``known`` are symbols that depend on the small one, and their series.

    Raises
    ------
    InputError
        for what is no algebraic function of the small symbol.
    Insufficient
        where a radicand or denominator is not seen to be non-zero to this order.
    """
    if expr == small:
        return Series(((S.One, S.One),))
    if expr in known:
        return known[expr]
    if expr.free_symbols.isdisjoint({small, *known}):
        return constant_series(expr)
    if isinstance(expr, Add | Mul):
        parts = [expand_series(a, small, order, region, known) for a in expr.args]
        return reduce(Series.__add__ if isinstance(expr, Add) else Series.__mul__, parts)
    if isinstance(expr, Pow) and isinstance(expr.exp, Rational):
        return power_series(expand_series(expr.base, small, order, region, known), expr.exp, order, region)
    raise InputError(f"an algebraic function of {small}", brief(expr), "expand it in powers first")


def power_series(series: Series, exponent: Rational, order: Expr, region: Region) -> Series:
    """A rational power by the binomial series about the leading term."""
    if isinstance(exponent, Integer) and exponent >= 0:
        return reduce(Series.__mul__, [series] * int(exponent), constant_series(S.One))
    first = series.leading(region)
    if first is None:
        raise Insufficient
    start, coefficient = first
    rest = collect_terms([(e - start, c / coefficient) for e, c in series.terms if e > start], series.order - start)
    return _shift_series(_binomial_series(rest, exponent, order), start * exponent, normal_form(coefficient**exponent))


def _binomial_series(rest: Series, exponent: Rational, order: Expr) -> Series:
    """(1 + rest)**exponent to O(ε^order), exact where nothing is left."""
    total, term, k = constant_series(S.One), constant_series(S.One), 0
    while rest.terms and term.terms:
        k += 1
        term = truncate_series(term * rest, order)
        total += Series(tuple((e, binomial(exponent, k) * c) for e, c in term.terms), term.order)
    return Series(total.terms, min(total.order, rest.order))


def _shift_series(series: Series, exponent: Rational, factor: Expr) -> Series:
    return collect_terms([(e + exponent, factor * c) for e, c in series.terms], series.order + exponent)


def truncate_series(series: Series, order: Expr) -> Series:
    """The series without the terms from an order on; one that ends below stays exact."""
    kept = tuple(t for t in series.terms if t[0] < order)
    return series if len(kept) == len(series.terms) and series.order is oo else Series(kept, min(series.order, order))
