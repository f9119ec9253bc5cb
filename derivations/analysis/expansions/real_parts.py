r"""The real part of an exact constant, where it is the same expression at all admissible parameters.

A radical is conjugate to itself where its radicand is positive, and to a multiple of itself by a root of unity where that is
negative; whether it is one or the other is read off at admissible points, and where these disagree there is no answer.
Parameters are real.
"""

from __future__ import annotations

from collections.abc import Sequence

import mpmath
from sympy import Expr, I, Pow, Rational, S, re

from derivations.analysis.algebra.algebraic import AnyRoot, Generator, abstract, generator_values, normal, numeric, roots_at
from derivations.analysis.algebra.zero import POINTS, TINY, Region, sample, vanishes
from theory.errors import UnfinishedError

DIGITS = 60


def real_part(constant: Expr, region: Region) -> Expr | None:
    """The real part, zero only where it is proved to be; None where parameters decide."""
    (abstracted,), generators = abstract([constant])
    if not generators:
        return constant
    conjugated = _conjugate(constant, abstracted, generators, region)
    if conjugated is None:
        return re(constant) if _nonzero(constant, generators, region) else None
    try:
        half = normal((constant + conjugated) / 2)
        return S.Zero if vanishes(half, region) else half
    except UnfinishedError:
        return None


def _points(constant: Expr, region: Region) -> list[dict]:
    seeds = range(POINTS if constant.free_symbols else 1)
    samples = [sample(constant.free_symbols, region, seed) for seed in seeds]
    return [{s: mpmath.mpf(v.p) / v.q for s, v in point.items()} for point in samples]


def _nonzero(constant: Expr, generators: Sequence[Generator], region: Region) -> bool:
    """Whether the real part, of every conjugate, is not zero at any of the points: then generically not."""
    with mpmath.workdps(DIGITS):
        values = [v for point in _points(constant, region) for v in _conjugates(constant, generators, point)]
        return all(abs(mpmath.re(v)) > TINY * (1 + abs(v)) for v in values)


def _conjugates(constant: Expr, generators: Sequence[Generator], point: dict) -> list:
    for g in generators:
        if isinstance(g.value, AnyRoot):
            choices = roots_at(g, {**point, **generator_values(generators, point)})
            return [numeric(constant, {**point, g.value: choice}) for choice in choices]
    return [numeric(constant, point)]


def _conjugate(constant: Expr, abstracted: Expr, generators: Sequence[Generator], region: Region) -> Expr | None:
    with mpmath.workdps(DIGITS):
        values = [(point, generator_values(generators, point)) for point in _points(constant, region)]
        turns = [{_turn(g, {**point, **found}) for point, found in values} for g in generators]
    if any(len(turn) > 1 or None in turn for turn in turns):
        return None
    return normal(abstracted.xreplace({g.symbol: g.value * turn.pop() for g, turn in zip(generators, turns, strict=True)}))


def _turn(g: Generator, values: dict) -> Expr | None:
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
