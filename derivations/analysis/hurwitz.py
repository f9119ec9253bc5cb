r"""Which half plane the roots of a real polynomial lie in, decided by signs of polynomials.

A polynomial with positive leading coefficient is Hurwitz (all roots in the open left half plane) iff its coefficients of every
other order and every other Hurwitz determinant are positive.  A negative coefficient or determinant proves a root in the
open right half plane: where all roots have real parts of at most zero, none is negative.

Source: A. Liénard and M. H. Chipart, *J. Math. Pures Appl.* 10 (1914); Gantmacher, *Theory of Matrices* II, ch. XV.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sympy import Expr, S, Symbol
from sympy.core.relational import Gt, Relational

from derivations.analysis.characteristic import Factor
from derivations.analysis.conditions import reduced
from derivations.analysis.linear import BUDGET, hurwitz_determinants
from derivations.analysis.polynomials import Ring
from derivations.analysis.signs import NEGATIVE, ZERO
from derivations.analysis.site import Fraction, Site

LONG = 300  # terms of a condition beyond which it is stated in coefficients


@dataclass(frozen=True)
class Tests:
    """Polynomials of a factor on the site: it is Hurwitz iff all ``sufficient`` ones are positive; a ``necessary`` one that is
    negative proves a root in the open right half plane, a ``mirrored`` one a root in the left."""

    sufficient: tuple[Fraction, ...]
    necessary: tuple[Fraction, ...]
    mirrored: tuple[Fraction, ...]


def hurwitz_tests(site: Site, factor: Factor, budget: int = BUDGET) -> Tests:
    """Liénard and Chipart's polynomials."""
    c, n = factor.coefficients, factor.degree
    determinants = tuple(site.normal(d) for d in hurwitz_determinants(c, range(n - 1, 0, -2), site.ring, budget))
    every = [site.normal(p) for p in c[1:]]
    return Tests(
        sufficient=(*every[n - 1 :: -2], *determinants),
        necessary=(*every, *determinants),
        mirrored=tuple((top if k % 2 else -top, bottom) for k, (top, bottom) in enumerate(every)),
    )


@dataclass(frozen=True)
class HalfPlanes:
    """What is proved of the roots of a factor, and what is left to decide whether all are in the left half plane.

    A condition with more than :data:`LONG` terms is stated in coefficients of the factor, which ``names`` holds.
    """

    conditions: tuple[Relational, ...]
    left: bool
    right: bool
    marginal: bool
    names: Mapping[Symbol, Expr]


def hurwitz(site: Site, factor: Factor, budget: int = BUDGET) -> HalfPlanes:
    """The tests judged by what is known of signs on the site."""
    tests = hurwitz_tests(site, factor, budget)
    relations = [
        generic if len(value[0]) > LONG and len(site.chart.of(*value)) > 1 else reduced(site, value, strict=True)
        for value, generic in zip(tests.sufficient, _in_coefficients(factor), strict=True)
    ]
    used = frozenset().union(*(r.free_symbols for r in relations))
    names = {a: site.ring.expr(c) for a, c in zip(_names(factor), factor.coefficients, strict=True) if a in used}
    right = any(site.chart.of(*v) == NEGATIVE for v in tests.necessary)
    return HalfPlanes(
        conditions=tuple(r for r in relations if r is not S.true),
        left=any(site.chart.of(*v) == NEGATIVE for v in tests.mirrored) or all(r is S.true for r in relations),
        right=right,
        marginal=not right and any(site.chart.of(*v) == ZERO for v in tests.sufficient),
        names=names,
    )


def _in_coefficients(factor: Factor) -> list[Relational]:
    """The sufficient tests in symbols for the coefficients, in the same order."""
    ring, n = Ring(_names(factor)), factor.degree
    a = [ring.gen(s) for s in ring.symbols]
    tested = [*a[n:0:-2], *hurwitz_determinants(a, range(n - 1, 0, -2), ring)]
    return [Gt(ring.expr(p), 0) for p in tested]


@cache
def _symbols(degree: int) -> tuple[Symbol, ...]:
    return tuple(Symbol(f"a_{k}", real=True) for k in range(degree + 1))


def _names(factor: Factor) -> tuple[Symbol, ...]:
    r"""Symbols of :math:`a_0s^n+\dots+a_n`."""
    return _symbols(factor.degree)
