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

from derivations.analysis.algebra.algebraic import normal_form
from derivations.analysis.algebra.zero import Region
from derivations.analysis.expansions.edges import C, Edge, Root, edge_polynomial, extract_power, irreducible_factors
from derivations.analysis.expansions.real_counts import root_counts
from derivations.analysis.expansions.sides import is_consistent, positive_condition
from derivations.typeset.any_root import RealRoot
from derivations.vocabulary import c as letter

Value = tuple[Expr, tuple[Boolean | Relational, ...]]
"""A root, and what must hold for it to be real."""


def real_edge_roots(edge: Edge, region: Region) -> list[Root]:
    """The non-zero real roots of an edge polynomial, without those whose inequalities contradict what is known."""
    if edge.length == 1:
        return [Root(normal_form(-edge.coefficients[0] / edge.coefficients[1]), 1)]
    found = []
    for factor, multiplicity in irreducible_factors(edge, region):
        for value, conditions in _real_roots(factor, region):
            assumed = tuple(c for c in conditions if c is not S.true)
            if S.false not in assumed and is_consistent(narrow_region(region, assumed)):
                found.append(Root(value, multiplicity, assumed=assumed))
    return found


def narrow_region(region: Region, assumed: tuple[Relational, ...]) -> Region:
    """A region with more inequalities."""
    return replace(region, assumptions=(*region.assumptions, *assumed)) if assumed else region


def _real_roots(factor: list[Expr], region: Region) -> Iterator[Value]:
    degree = len(factor) - 1
    powers = [k for k, a in enumerate(factor) if a != 0]
    if gcd(*powers) == degree:
        yield from _radical_roots(normal_form(-factor[0] / factor[-1]), degree, region)
    elif degree == 2:
        yield from _quadratic_roots(factor, region)
    elif all(a.is_Rational for a in factor):
        polynomial = Poly(edge_polynomial(factor), C).as_expr().xreplace({C: letter})
        yield from ((CRootOf(polynomial, k), ()) for k in range(Poly(polynomial).count_roots()))
    else:
        yield from (
            (RealRoot(edge_polynomial(factor), C, k, case.count), case.conditions)
            for case in root_counts(factor, region)
            for k in range(case.count)
        )


def _quadratic_roots(factor: list[Expr], region: Region) -> Iterator[Value]:
    c, b, a = factor
    for root, conditions in _radical_roots(normal_form(b**2 - 4 * a * c), 2, region):
        yield normal_form((-b + root) / (2 * a)), conditions


def _radical_roots(value: Expr, degree: int, region: Region) -> Iterator[Value]:
    """The real roots of c**degree = value."""
    if degree == 1:
        yield value, ()
        return
    outside, inside = extract_power(value, degree)
    above = positive_condition(inside, region)
    if degree % 2 == 0:
        # an even power outside leaves the sign of what is inside
        yield from ((sign * normal_form(outside * Pow(inside, Rational(1, degree))), (above,)) for sign in (1, -1))
    elif above in (S.true, S.false):
        sign = 1 if above is S.true else -1
        yield sign * normal_form(outside * Pow(normal_form(sign * inside), Rational(1, degree))), ()
    else:
        yield normal_form(outside * RealRoot(edge_polynomial([-inside, *[S.Zero] * (degree - 1), S.One]), C, 0, 1)), ()
