r"""Puiseux expansions: the roots of a polynomial whose coefficients depend on a small parameter.

For :math:`\sum_i a_i(\varepsilon)s^i=0` and :math:`\varepsilon\to0^+` every root is a series in fractional powers of
:math:`\varepsilon`.  Its exponents are the slopes of Newton polygons, its coefficients the roots of their edge polynomials,
and valuations are decided exactly (:mod:`derivations.analysis.algebra.zero`).  The :math:`a_i` are algebraic in
:math:`\varepsilon` and in the parameters; these are generic, and what is assumed not to vanish is recorded.

A worked example: two roots meet at 0 and split like a square root.

>>> from sympy import symbols
>>> x = symbols("x", positive=True)
>>> for branch in puiseux([-x * (1 + x), 0, 1], x, order=2).branches:
...     print(branch.series(x), "+", f"O(x**({branch.next_exponent}))")
x**(3/2)/2 + sqrt(x) + O(x**(5/2))
-x**(3/2)/2 - sqrt(x) + O(x**(5/2))

Reference: R. J. Walker, *Algebraic Curves* (1950), chapter IV.  A series says nothing at a fixed :math:`\varepsilon`: where two
scales cross there, neither is small, and :mod:`derivations.analysis.expansions.remainder` measures it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import lcm

from sympy import Add, CRootOf, Dummy, Expr, Poly, Pow, Rational, S, Symbol, binomial, oo
from sympy.core.relational import Relational

from derivations.analysis.algebra.algebraic import factor_constant, normal_form
from derivations.analysis.algebra.zero import Region, assumed_factors, vanishes
from derivations.analysis.expansions.branch import ALL, Branch, PuiseuxExpansion, Wanted
from derivations.analysis.expansions.edges import Edge, Root, edge_roots, lower_hull
from derivations.analysis.expansions.identities import STILL, MovingSymbols, vanishes_along
from derivations.analysis.expansions.preparation import exact_coefficient as exact_expression
from derivations.analysis.expansions.preparation import polynomial_factors, primitive_coefficients
from derivations.analysis.expansions.real_edges import narrow_region, real_edge_roots
from derivations.analysis.expansions.series import Insufficient, Series, Term, collect_terms, expand_series, truncate_series
from derivations.typeset.any_root import AnyRoot
from derivations.vocabulary import c as letter
from theory import require
from theory.errors import UnfinishedError
from theory.printing import plain

LARGEST_PRECISION = 4096


def puiseux(
    coefficients: Sequence,
    small: Symbol,
    order: int = 2,
    assumptions: Sequence = (),
    moving: MovingSymbols = STILL,
    wanted: Wanted = ALL,
) -> PuiseuxExpansion:
    """The roots s(ε) of sum(a_i * s**i), ε → 0+, to ``order`` non-zero terms each.

    Parameters
    ----------
    coefficients
        a_0, a_1, ..., a_n: algebraic in ``small`` and in the parameters, without floats.
    assumptions
        inequalities between the parameters, beyond the assumptions of the symbols.
    moving
        symbols that depend on ``small``; the coefficients are to have no relation through these but what follows from
        their definitions.
    wanted
        which branches, and how far.

    Raises
    ------
    InputError
        for a polynomial without roots, an order that is no positive integer, or coefficients that are not algebraic.
    UnfinishedError
        where a valuation, or the number of real roots, is undecided.
    """
    check_order(order)
    exact = [exact_expression(a) for a in coefficients]
    region = Region(tuple(assumptions), small)
    polynomial, denominator = primitive_coefficients(exact, region)
    branches, assumed = [], {denominator}
    for part, power in polynomial_factors(polynomial):
        found, used = _expand_factor(part, order, region, moving, wanted)
        branches += [replace(b, power=power) for b in found]
        assumed |= used
    nonzero = frozenset().union(*(assumed_factors(e, region) for e in assumed))
    return PuiseuxExpansion(small, order, tuple(branches), tuple(sorted(nonzero, key=plain)))


def check_order(order: object) -> None:
    require.whole(order, "an order that is a positive integer", "give the number of terms wanted, as order=2", least=1)


# -- branches of one factor ---------------------------------------------------------------------------------------------


def _expand_factor(
    factor: tuple[Expr, ...], order: int, region: Region, moving: MovingSymbols, wanted: Wanted
) -> tuple[list[Branch], set[Expr]]:
    """The branches of a factor, with as many powers of ε as this takes."""
    precision = order + 1
    while precision <= LARGEST_PRECISION:
        try:
            start = _start_series(factor, region, S(precision), moving)
            return _grow_branches(_Stem(factor, start, region, len(factor) - 1, moving.definitions, wanted), order)
        except Insufficient:
            precision *= 2
    raise UnfinishedError(f"whether radicals vanish that agree to {LARGEST_PRECISION} powers of {region.small} is not decided")


def _start_series(factor: tuple[Expr, ...], region: Region, precision: Expr, moving: MovingSymbols) -> list[Series]:
    known = moving.series(precision)
    return [truncate_series(expand_series(a, region.small, precision, region, known), precision) for a in factor]


def _grow_branches(stem: _Stem, order: int) -> tuple[list[Branch], set[Expr]]:
    assumed: set[Expr] = set()
    return [b for grown in _grow(stem, order, assumed) for b in _number_branches(grown)], assumed


def _number_branches(branch: Branch) -> list[Branch]:
    """A branch over any root of a polynomial with rational coefficients, as one for each of its roots."""
    found = {a for _, c in branch.terms for a in c.atoms(AnyRoot) if not a.free_symbols}
    if len(found) != 1:
        return [branch]
    (root,) = found
    degree = Poly(*root.args).degree()
    roots = [{root: CRootOf(root.args[0].subs(root.args[1], letter), k)} for k in range(degree)]
    several = [tuple((e, c.xreplace(r)) for e, c in branch.terms) for r in roots]
    return [replace(branch, terms=terms, conjugates=branch.conjugates // degree) for terms in several]


@dataclass(frozen=True)
class _Stem:
    """Roots so far, ``size`` of them: their terms, and the polynomial of which what remains is a root."""

    factor: tuple[Expr, ...]
    rest: list[Series]
    region: Region
    size: int
    definitions: Mapping[Symbol, Expr]
    wanted: Wanted
    terms: tuple[Term, ...] = ()
    conjugates: int = 1
    assumed: tuple[Relational, ...] = ()

    def roots(self, edge: Edge) -> list[Root]:
        """Those of an edge that are wanted."""
        found = (real_edge_roots if self.wanted.real else edge_roots)(edge, self.region)
        return [root for root in found if self._is_wanted(edge.slope, root.value)]

    def _is_wanted(self, exponent: Rational, value: Expr) -> bool:
        """Whether a next term is one that is wanted; of any root of a polynomial that is not known here."""
        if len(self.terms) >= len(self.wanted.along):
            return True
        wanted, coefficient = self.wanted.along[len(self.terms)]
        return exponent == wanted and (value.has(AnyRoot) or factor_constant(value) == coefficient)

    def branch(self, next_exponent: Expr, count: int) -> Branch:
        terms = tuple((e, factor_constant(c)) for e, c in self.terms)
        return Branch(terms, next_exponent, self.factor, count, 1, self.conjugates, self.assumed)


def _grow(stem: _Stem, count: int, assumed: set[Expr]) -> Iterator[Branch]:
    """All branches that continue a stem by at most ``count`` terms, or by as many as tell them apart."""
    zeros = _identical_zeros(stem)
    if zeros:
        yield stem.branch(oo, zeros)
    for edge in _next_edges(stem, zeros):
        assumed |= _vertex_conditions(edge, bool(stem.terms))
        if count <= 0 and not (stem.wanted.apart and stem.size > 1):
            yield stem.branch(edge.slope, edge.length)
            continue
        for root in stem.roots(edge):
            yield from _grow(_extend_stem(stem, edge.slope, root), count - 1, assumed)


def _extend_stem(stem: _Stem, exponent: Rational, root: Root) -> _Stem:
    rest = _shift_polynomial(stem.rest, exponent, root.value)
    terms = (*stem.terms, (exponent, root.value))
    return replace(
        stem,
        rest=rest,
        terms=terms,
        size=root.multiplicity,
        conjugates=stem.conjugates * root.conjugates,
        assumed=(*stem.assumed, *root.assumed),
        region=narrow_region(stem.region, root.assumed),
    )


def _vertex_conditions(edge: Edge, later: bool) -> set[Expr]:
    """What must not vanish at an edge: not the next term of a simple root, whose absence spoils nothing."""
    simple = edge.length == 1 and later
    return {edge.coefficients[-1]} if simple else {edge.coefficients[0], edge.coefficients[-1]}


def _identical_zeros(stem: _Stem) -> int:
    """How often the terms so far are an exact root."""
    for k, coefficient in enumerate(stem.rest):
        if coefficient.leading(stem.region) is not None or not _is_zero(stem, k):
            return k
    raise UnfinishedError("a polynomial all of whose coefficients vanish has no branches")


def _is_zero(stem: _Stem, k: int) -> bool:
    """Whether a coefficient of what remains, of which no term is known, is zero."""
    coefficient, small = stem.rest[k], stem.region.small
    if coefficient.order is oo:
        return True
    fine = Dummy("t", positive=True)
    ramification = lcm(*(int(e.q) for e, _ in stem.terms)) if stem.terms else 1
    root = Add(*(c * fine ** (e * ramification) for e, c in stem.terms))
    factor = [a.subs(small, fine**ramification) for a in stem.factor]
    value = Add(*(binomial(i, k) * a * Pow(root, i - k) for i, a in enumerate(factor) if i >= k))
    if value.free_symbols.isdisjoint(stem.definitions):
        return vanishes(value, replace(stem.region, small=fine))
    definitions = {x: v.xreplace({small: fine**ramification}) for x, v in stem.definitions.items()}
    return vanishes_along(value, coefficient.order * ramification, fine, definitions)


def _next_edges(stem: _Stem, zeros: int) -> list[Edge]:
    """The edges whose slopes continue the stem."""
    leading = {i: a.leading(stem.region) for i, a in enumerate(stem.rest) if i >= zeros}
    points = {i: term for i, term in leading.items() if term is not None}
    if not points or min(points) > zeros:
        raise Insufficient
    edges = [e for e in lower_hull(points) if not stem.terms or e.slope > stem.terms[-1][0]]
    # A coefficient of unknown valuation lies above these edges.  With e the first exponent if negative, else 0, coefficient
    # i is known to O(ε**(N + e*(n - i))); both ends of an edge lie below that line, and edges are steeper than e.
    if sum(e.length for e in edges) != stem.size - zeros:
        raise Insufficient
    return edges


def _shift_polynomial(polynomial: list[Series], exponent: Rational, value: Expr) -> list[Series]:
    """The polynomial in y, after s = value * ε**exponent + y."""
    powers = [normal_form(value**k) for k in range(len(polynomial))]
    return [_shifted_column(polynomial, j, exponent, powers) for j in range(len(polynomial))]


def _shifted_column(polynomial: list[Series], j: int, exponent: Rational, powers: list[Expr]) -> Series:
    above = [(a, i - j, binomial(i, j)) for i, a in enumerate(polynomial) if i >= j]
    terms = [(e + k * exponent, choices * c * powers[k]) for a, k, choices in above for e, c in a.terms]
    return collect_terms(terms, min(a.order + k * exponent for a, k, _ in above))
