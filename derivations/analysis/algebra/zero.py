r"""Whether a constant is zero, decided exactly for generic parameters.

Three tests, each sound: what reduces to nothing is zero; what is not small at an admissible point is not; for what is small
but does not reduce, the norm polynomial :math:`P(t)=t^kQ(t)`, :math:`Q(0)\ne0`, annihilates it, so that it is zero where it
is smaller than every root of :math:`Q`: at the point, near it, and by analyticity wherever its radicals keep their branches.
(D5 for towers that may not be fields: Della Dora, Dicrescenzo, Duval 1985.)

>>> from sympy import sqrt, symbols
>>> a, b = symbols("a b", positive=True)
>>> vanishes(sqrt(a + b) * sqrt(a + 2 * b) - sqrt(a**2 + 3 * a * b + 2 * b**2))
True
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import prod

import mpmath
from sympy import Expr, Mul, Rational, Symbol, factor_list, resultant, together
from sympy.core.relational import Relational, StrictGreaterThan, StrictLessThan, Unequality
from sympy.polys.fields import FracElement
from sympy.polys.matrices import DomainMatrix

from derivations.analysis.algebra.algebraic import Extension, Generator, extension_of, generator_values
from theory.abridging import brief
from theory.errors import UnfinishedError

DIGITS, POINTS, LARGEST_NORM, TRIES, PATIENCE = 90, 3, 32, 500, 100
TINY = mpmath.mpf(10) ** -50  # far above the rounding of 90 digits, far below a generic value
BEGINNING = Rational(1, 1000)  # the size of the small symbol at a sample point


@dataclass(frozen=True)
class Region:
    """Where identities are meant: ``small`` tends to 0 from above, ``assumptions`` are inequalities that hold."""

    assumptions: tuple = ()
    small: Symbol | None = None


def draw_point(
    symbols: Iterable[Symbol], region: Region, seed: int = 0, fixed: Mapping | None = None
) -> dict[Symbol, Rational]:
    """Random rationals that respect the assumptions of the symbols and the inequalities of the region.

    Inequalities that mention other symbols are left aside; the small symbol, if asked for, is of order 1/1000.

    Raises
    ------
    UnfinishedError
        where no admissible point is found.
    """
    fixed = dict(fixed or {})
    free = sorted(set(symbols) - set(fixed), key=str)
    generator = random.Random(seed)
    for tried in range(TRIES):
        point = {**fixed, **{s: _draw_number(s, region, generator, tried // PATIENCE) for s in free}}
        if holds_at(region, point):
            return point
    wanted = ", ".join(map(brief, region.assumptions))
    raise UnfinishedError(f"no values of the parameters were found where {wanted}: give some under parameters=")


def _draw_number(symbol: Symbol, region: Region, generator: random.Random, spread: int = 0) -> Rational:
    """A number about one, or up to so many powers of four above or below it."""
    size = Rational(generator.randint(2, 9)) if symbol.is_integer else Rational(generator.randint(200, 2500), 997)
    if spread:
        size *= Rational(4) ** generator.randint(0 if symbol.is_integer else -spread, spread)
    if symbol == region.small:
        return size * BEGINNING
    negative = symbol.is_negative or (not symbol.is_nonnegative and generator.random() < 0.5)
    return -size if negative else size


def holds_at(region: Region, point: Mapping) -> bool:
    """Whether the inequalities of a region hold at numbers, those that mention other symbols left aside."""
    return all(_is_satisfied(a, point) for a in region.assumptions)


def _is_satisfied(assumption, point: Mapping) -> bool:
    if not isinstance(assumption, Relational) or not assumption.free_symbols <= set(point):
        return True
    return bool(assumption.xreplace(dict(point)) == True)  # noqa: E712  (a SymPy Boolean)


@cache
def vanishes(expr: Expr, region: Region = Region()) -> bool:
    """Whether a constant is zero for generic admissible parameters.

    Raises
    ------
    UnfinishedError
        where that differs between admissible parameters (the branches of a radical), or the norm is too large.
    """
    (abstracted,), field = extension_of([expr])
    element = field.field(field.element(abstracted).numer)
    if not element:
        return True
    if not field.generators:
        return False
    small = [_is_small(element, field, point) for point in admissible_points(field, region)]
    if not any(small):
        return False
    if all(small) and all(_zero_by_norm(element, field, point) for point in admissible_points(field, region)):
        return True
    raise UnfinishedError(
        f"whether {brief(expr)} is zero depends on the parameters: add inequalities to the assumptions of the flow"
    )


def admissible_points(field: Extension, region: Region) -> list[dict]:
    """Admissible points for the symbols of a field."""
    symbols = set(field.field.symbols) - {g.symbol for g in field.generators}
    return [draw_point(symbols, region, seed) for seed in range(POINTS if symbols else 1)]


def _is_small(element: FracElement, field: Extension, point: Mapping) -> bool:
    with mpmath.workdps(DIGITS):
        values = _symbol_values(field, point)
        terms = [_term_value(t, values) for t in element.numer.terms()]
        return bool(abs(mpmath.fsum(terms)) < TINY * max(map(abs, terms)))


def _symbol_values(field: Extension, point: Mapping) -> list:
    values = {s: mpmath.mpf(q.p) / q.q if isinstance(q, Rational) else q for s, q in point.items()}
    values |= generator_values(field.generators, values)
    return [values[s] for s in field.field.symbols]


def _term_value(term, values: list):
    monomial, coefficient = term
    number = mpmath.mpf(int(coefficient.numerator)) / int(coefficient.denominator)
    return number * mpmath.fprod(v**k for v, k in zip(values, monomial, strict=True))


def is_negative(expr: Expr, region: Region) -> bool:
    """Whether a constant is negative at all of a few admissible points: a hint at how to write it, no proof."""
    (abstracted,), field = extension_of([expr])
    element = field.element(abstracted)
    with mpmath.workdps(DIGITS):
        values = [_element_value(element, _symbol_values(field, point)) for point in admissible_points(field, region)]
        return all(abs(mpmath.im(v)) < TINY * abs(v) and mpmath.re(v) < 0 for v in values)


# -- the norm -----------------------------------------------------------------------------------------------------------


def _zero_by_norm(element: FracElement, field: Extension, point: Mapping) -> bool:
    coefficients = norm_polynomial(element, field)
    lowest = max(i for i, c in enumerate(coefficients) if c)
    if lowest == len(coefficients) - 1:
        return False
    with mpmath.workdps(DIGITS):
        values = _symbol_values(field, point)
        sizes = [abs(_element_value(c, values)) for c in coefficients[: lowest + 1]]
        # Cauchy: no root of a_0 + ... + a_n t^n is smaller than |a_0| / (|a_0| + max |a_i|).
        bound = sizes[-1] / (sizes[-1] + max(sizes))
        return bool(abs(_element_value(element, values)) < bound / 2)


def _element_value(element: FracElement, values: list):
    numerator, denominator = (mpmath.fsum(_term_value(t, values) for t in p.terms()) for p in (element.numer, element.denom))
    return numerator / denominator


def norm_polynomial(element: FracElement, field: Extension) -> list[FracElement]:
    """The characteristic polynomial, leading coefficient first, of multiplication by an element."""
    generators = field.algebraic
    size = prod(g.degree for g in generators)
    if size > LARGEST_NORM:
        raise UnfinishedError(f"whether {brief(field.restore(element))} is zero: its radicals have {size} conjugates")
    basis = list(product(*(range(g.degree) for g in generators)))
    columns = [_basis_coordinates(element, exponents, basis, field) for exponents in basis]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return DomainMatrix(rows, (size, size), field.field.to_domain()).charpoly()


def _basis_coordinates(element: FracElement, exponents: tuple, basis: list, field: Extension) -> list[FracElement]:
    shift = Mul(*(g.symbol**k for g, k in zip(field.algebraic, exponents, strict=True)))
    moved = field.element((element * field.read(shift)).as_expr())
    indices = [field.field.symbols.index(g.symbol) for g in field.algebraic]
    found = dict.fromkeys(basis, field.field.zero)
    for monomial, coefficient in moved.numer.terms():
        rest = tuple(0 if i in indices else k for i, k in enumerate(monomial))
        found[tuple(monomial[i] for i in indices)] += field.field(field.field.ring({rest: coefficient}))
    denominator = field.field(moved.denom)
    return [found[b] / denominator for b in basis]


# -- what is assumed not to vanish --------------------------------------------------------------------------------------


def assumed_factors(expr: Expr, region: Region) -> frozenset[Expr]:
    """Polynomials in the parameters whose being non-zero is assumed if a generically non-zero constant is to be non-zero.

    They are factors of its norm over the parameters, without those that assumptions guarantee.
    """
    (abstracted,), field = extension_of([expr])
    element = field.element(abstracted)
    factors = {f for p in (element.numer, element.denom) for f in _norm_factors(p.as_expr(), field.algebraic[::-1])}
    restored = (_orient_sign(field.expression(f)) for f in factors)
    return frozenset(f for f in restored if f.free_symbols and not _is_guaranteed(f, region))


def _norm_factors(polynomial: Expr, generators: tuple[Generator, ...]) -> set[Expr]:
    """Irreducible factors of the iterated resultant with the relations, the factor itself where it divides zero."""
    factors = {f for f, _ in factor_list(polynomial)[1]}
    for k, g in enumerate(generators):
        for factor in [f for f in factors if f.has(g.symbol)]:
            norm = resultant(factor, together(g.relation).as_numer_denom()[0], g.symbol)
            if norm.expand() != 0:
                factors = (factors - {factor}) | _norm_factors(norm, generators[k + 1 :])
    return factors


def _orient_sign(factor: Expr) -> Expr:
    return -factor if factor.could_extract_minus_sign() else factor


def _is_guaranteed(factor: Expr, region: Region) -> bool:
    if factor.is_zero is False:
        return True
    strict = [a for a in region.assumptions if isinstance(a, StrictGreaterThan | StrictLessThan | Unequality)]
    return any(_is_proportional(factor, a.lhs - a.rhs) for a in strict)


def _is_proportional(factor: Expr, positive: Expr) -> bool:
    return bool((positive / factor).cancel().is_number)
