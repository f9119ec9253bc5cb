r"""The real roots of the polynomials of edges whose coefficients are real, with the inequalities under which they are real.

An irreducible factor of degree 1, a quadratic one and a pure binomial have roots in radicals; an odd root of what may have
either sign is the one real root of its binomial, and of any other factor the real roots are counted
(:mod:`derivations.analysis.expansions.real_counts`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import gcd

from sympy import CRootOf, Expr, Poly, Pow, Rational, S
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derivations.analysis.algebra.algebraic import normal
from derivations.analysis.algebra.zero import Region
from derivations.analysis.expansions.edges import C, Edge, Root, extracted, in_c, irreducible
from derivations.analysis.expansions.real_counts import cases
from derivations.analysis.expansions.sides import possible, side
from derivations.typeset.any_root import RealRoot
from derivations.vocabulary import c as letter

Value = tuple[Expr, tuple[Boolean | Relational, ...]]
"""A root, and what must hold for it to be real."""


def real_edge_roots(edge: Edge, region: Region) -> list[Root]:
    """The non-zero real roots of an edge polynomial, without those whose inequalities contradict what is known."""
    if edge.length == 1:
        return [Root(normal(-edge.coefficients[0] / edge.coefficients[1]), 1)]
    found = []
    for factor, multiplicity in irreducible(edge, region):
        for value, conditions in _real_roots(factor, region):
            assumed = tuple(c for c in conditions if c is not S.true)
            if S.false not in assumed and possible(narrowed(region, assumed)):
                found.append(Root(value, multiplicity, assumed=assumed))
    return found


def narrowed(region: Region, assumed: tuple[Relational, ...]) -> Region:
    """A region with more inequalities."""
    return replace(region, assumptions=(*region.assumptions, *assumed)) if assumed else region


def _real_roots(factor: list[Expr], region: Region) -> Iterator[Value]:
    degree = len(factor) - 1
    powers = [k for k, a in enumerate(factor) if a != 0]
    if gcd(*powers) == degree:
        yield from _radicals(normal(-factor[0] / factor[-1]), degree, region)
    elif degree == 2:
        yield from _quadratic(factor, region)
    elif all(a.is_Rational for a in factor):
        polynomial = Poly(in_c(factor), C).as_expr().xreplace({C: letter})
        yield from ((CRootOf(polynomial, k), ()) for k in range(Poly(polynomial).count_roots()))
    else:
        yield from (
            (RealRoot(in_c(factor), C, k, case.count), case.conditions)
            for case in cases(factor, region)
            for k in range(case.count)
        )


def _quadratic(factor: list[Expr], region: Region) -> Iterator[Value]:
    c, b, a = factor
    for root, conditions in _radicals(normal(b**2 - 4 * a * c), 2, region):
        yield normal((-b + root) / (2 * a)), conditions


def _radicals(value: Expr, degree: int, region: Region) -> Iterator[Value]:
    """The real roots of c**degree = value."""
    if degree == 1:
        yield value, ()
        return
    outside, inside = extracted(value, degree)
    above = side(inside, region)
    if degree % 2 == 0:
        # an even power outside leaves the sign of what is inside
        yield from ((sign * normal(outside * Pow(inside, Rational(1, degree))), (above,)) for sign in (1, -1))
    elif above in (S.true, S.false):
        sign = 1 if above is S.true else -1
        yield sign * normal(outside * Pow(normal(sign * inside), Rational(1, degree))), ()
    else:
        yield normal(outside * RealRoot(in_c([-inside, *[S.Zero] * (degree - 1), S.One]), C, 0, 1)), ()
