r"""The real part of an exact constant, where it is the same expression at all admissible parameters.

A radical is conjugate to itself where its radicand is positive, and to a multiple of itself by a root of unity where that is
negative.  Which it is follows from what is known of signs; where that does not tell, the real part is that on the side where
admissible points were found, and the inequality is handed back beside it.  Where points on both sides are found there is no
answer.  Parameters are real.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import mpmath
from sympy import Expr, I, Pow, Rational, S, Symbol, re
from sympy.core.relational import Relational

from derivations.analysis.algebra.algebraic import Generator, abstract, generator_values, normal_form, numeric_value, roots_at
from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.algebra.zero import POINTS, TINY, Region, draw_point, vanishes
from derivations.analysis.sites.assumptions import RELATIONS, signs_from
from derivations.analysis.sites.sign import ZERO, multiply_signs
from derivations.typeset.any_root import AnyRoot
from theory.errors import InputError, UnfinishedError

DIGITS = 60

Assumed = frozenset[Relational]
NOTHING: Assumed = frozenset()


def real_part(constant: Expr, region: Region, given: Mapping[Symbol, Expr] | None = None) -> tuple[Expr | None, Assumed]:
    """The real part, zero only where it is proved to be, and the inequalities that it is so under; None where parameters
    decide.

    ``given`` are values of parameters that choose a side.
    """
    (abstracted,), generators = abstract([constant])
    if not generators:
        return constant, NOTHING
    points = _sample_points(constant, region, given or {})
    conjugated, assumed = _conjugate_expression(abstracted, generators, region, points)
    if conjugated is None:
        return (re(constant), NOTHING) if _is_nonzero(constant, generators, points) else (None, NOTHING)
    held = Region((*region.assumptions, *assumed), region.small)
    try:
        half = normal_form((constant + conjugated) / 2)
        return (S.Zero if vanishes(half, held) else half), assumed
    except UnfinishedError:
        return None, NOTHING


def _sample_points(constant: Expr, region: Region, given: Mapping[Symbol, Expr]) -> list[dict]:
    seeds = range(POINTS if constant.free_symbols - set(given) else 1)
    samples = [draw_point(constant.free_symbols, region, seed, given) for seed in seeds]
    return [{s: mpmath.mpf(v.p) / v.q for s, v in point.items()} for point in samples]


def _is_nonzero(constant: Expr, generators: Sequence[Generator], points: Iterable[dict]) -> bool:
    """Whether the real part, of every conjugate, is not zero at any of the points: then generically not."""
    with mpmath.workdps(DIGITS):
        values = [v for point in points for v in _conjugate_values(constant, generators, point)]
        return all(abs(mpmath.re(v)) > TINY * (1 + abs(v)) for v in values)


def _conjugate_values(constant: Expr, generators: Sequence[Generator], point: dict) -> list:
    for g in generators:
        if isinstance(g.value, AnyRoot):
            choices = roots_at(g, {**point, **generator_values(generators, point)})
            return [numeric_value(constant, {**point, g.value: choice}) for choice in choices]
    return [numeric_value(constant, point)]


def _conjugate_expression(
    abstracted: Expr, generators: Sequence[Generator], region: Region, points: Iterable[dict]
) -> tuple[Expr | None, Assumed]:
    """The complex conjugate, and the signs of radicands that it takes for granted."""
    with mpmath.workdps(DIGITS):
        values = [{**point, **generator_values(generators, point)} for point in points]
        turns = [{_conjugate_ratio(g, at) for at in values} for g in generators]
    if any(len(turn) > 1 or None in turn for turn in turns):
        return None, NOTHING
    assumed = {side for g, (turn,) in zip(generators, turns, strict=True) if (side := _radicand_sign(g, turn)) is not None}
    unproved = frozenset(side for side in assumed if not is_proved(side, region))
    return normal_form(
        abstracted.xreplace({g.symbol: g.value * t for g, (t,) in zip(generators, turns, strict=True)})
    ), unproved


def _conjugate_ratio(g: Generator, values: dict) -> Expr | None:
    """What the conjugate of a generator is a multiple of itself by, at a point; None if it is no multiple."""
    if g.value is I:
        return S.NegativeOne
    if abs(mpmath.im(values[g.symbol])) < TINY and not isinstance(g.value, AnyRoot):
        return S.One
    if isinstance(g.value, Pow):
        base = values[g.symbol] ** g.degree
        if abs(mpmath.im(base)) < TINY * (1 + abs(base)):
            return S.NegativeOne ** Rational(-2, g.degree)
    return None


def _radicand_sign(g: Generator, turn: Expr) -> Relational | None:
    """The sign of a radicand that depends on parameters, as an inequality."""
    if not isinstance(g.value, Pow) or not g.value.base.free_symbols:
        return None
    return g.value.base > 0 if turn is S.One else g.value.base < 0


def is_proved(relation: Relational, region: Region) -> bool:
    """Whether an inequality between an expression and zero follows from what is known of signs."""
    if relation in (S.true, S.false):
        return relation is S.true
    symbols = relation.free_symbols.union(*(a.free_symbols for a in region.assumptions))
    ring = Ring(tuple(sorted(symbols, key=str)))
    try:
        top, bottom = ring.fraction(relation.lhs - relation.rhs)
        signs = signs_from(ring, region.assumptions)
    except InputError:  # radicals
        return False
    return multiply_signs(signs.of(top), signs.of(bottom) - ZERO) <= RELATIONS[type(relation)]
