r"""Newton polygons, and the exact roots of the polynomials of their edges.

A root of an edge polynomial is given by radicals where its irreducible factor is :math:`R(c^g)` with :math:`R` of degree at
most 2, and else by ``AnyRoot``, which stands for all its conjugates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd

from sympy import Add, Dummy, Expr, I, Poly, Rational, S, cos, factor_list, pi, sin
from sympy.core.relational import Relational
from sympy.functions.elementary.trigonometric import TrigonometricFunction

from derivations.analysis.algebra.algebraic import extension_of, normal_form
from derivations.analysis.algebra.zero import Region, is_negative, vanishes
from derivations.typeset.any_root import AnyRoot

C = Dummy("c")


@dataclass(frozen=True)
class Edge:
    """Roots of size ε**slope, ``length`` of them: coefficients of their leading constants by power, from 0 on."""

    slope: Rational
    coefficients: tuple[Expr, ...]

    @property
    def length(self) -> int:
        return len(self.coefficients) - 1


@dataclass(frozen=True)
class Root:
    """A non-zero root of an edge polynomial; ``conjugates`` is how many roots its expression stands for, ``assumed`` are the
    inequalities between parameters under which it is real, if that was asked."""

    value: Expr
    multiplicity: int
    conjugates: int = 1
    assumed: tuple[Relational, ...] = ()


def lower_hull(points: Mapping[int, tuple[Rational, Expr]]) -> list[Edge]:
    """The edges of the Newton polygon of points power -> (valuation, leading coefficient), left to right."""
    vertex, last, edges = min(points), max(points), []
    while vertex < last:
        slope = max((points[vertex][0] - points[i][0]) / Rational(i - vertex) for i in points if i > vertex)
        on_edge = {i for i in points if i >= vertex and points[vertex][0] - points[i][0] == slope * (i - vertex)}
        end = max(on_edge)
        edges.append(Edge(slope, tuple(points[i][1] if i in on_edge else S.Zero for i in range(vertex, end + 1))))
        vertex = end
    return edges


def edge_roots(edge: Edge, region: Region) -> list[Root]:
    """The non-zero roots of an edge polynomial."""
    if edge.length == 1:
        return [Root(normal_form(-edge.coefficients[0] / edge.coefficients[1]), 1)]
    return [root for factor, k in irreducible_factors(edge, region) for root in _irreducible_roots(factor, k, region)]


def irreducible_factors(edge: Edge, region: Region) -> list[tuple[list[Expr], int]]:
    """(irreducible factor, multiplicity) of an edge polynomial."""
    return [(f, k) for part, k in squarefree_factors(list(edge.coefficients), region) for f in _rational_factors(part)]


def edge_polynomial(coefficients: list[Expr]) -> Expr:
    return Add(*(a * C**k for k, a in enumerate(coefficients)))


# -- square-free parts, by Yun's algorithm with exact tests for zero ----------------------------------------------------


def squarefree_factors(coefficients: list[Expr], region: Region) -> list[tuple[list[Expr], int]]:
    """(square-free factor, multiplicity) of a polynomial, coefficients by rising power."""
    derivative = _derivative(coefficients)
    common = _gcd(coefficients, derivative, region)
    left, right = _quotient(coefficients, common, region), _quotient(derivative, common, region)
    parts, multiplicity = [], 1
    while len(left) > 1:
        right = _trim_leading(_subtract_polynomials(right, _derivative(left)), region)
        factor = _gcd(left, right, region)
        if len(factor) > 1:
            parts.append((factor, multiplicity))
        left, right = _quotient(left, factor, region), _quotient(right, factor, region)
        multiplicity += 1
    return parts


def _derivative(p: list[Expr]) -> list[Expr]:
    return [k * a for k, a in enumerate(p)][1:]


def _subtract_polynomials(p: list[Expr], q: list[Expr]) -> list[Expr]:
    size = max(len(p), len(q))
    return [normal_form(a - b) for a, b in zip(*(r + [S.Zero] * (size - len(r)) for r in (p, q)), strict=True)]


def _trim_leading(p: list[Expr], region: Region) -> list[Expr]:
    while p and vanishes(p[-1], region):
        p = p[:-1]
    return p


def _divide_polynomials(p: list[Expr], q: list[Expr], region: Region) -> tuple[list[Expr], list[Expr]]:
    quotient = [S.Zero] * max(len(p) - len(q) + 1, 0)
    while len(p) >= len(q):
        shift, factor = len(p) - len(q), normal_form(p[-1] / q[-1])
        quotient[shift] = factor
        p = _trim_leading(_subtract_polynomials(p, [S.Zero] * shift + [factor * a for a in q])[:-1], region)
    return quotient, p


def _quotient(p: list[Expr], q: list[Expr], region: Region) -> list[Expr]:
    return _divide_polynomials(p, q, region)[0]


def _gcd(p: list[Expr], q: list[Expr], region: Region) -> list[Expr]:
    while q:
        p, q = q, _divide_polynomials(p, q, region)[1]
    return [normal_form(a / p[-1]) for a in p]


# -- roots --------------------------------------------------------------------------------------------------------------


def _rational_factors(coefficients: list[Expr]) -> list[list[Expr]]:
    """Factors over the rational functions of parameters and radicals, these as independent symbols."""
    abstracted, field = extension_of(coefficients)
    numerator = edge_polynomial(abstracted).together().as_numer_denom()[0]
    factors = (Poly(f, C) for f, _ in factor_list(numerator)[1] if f.has(C))
    return [[normal_form(field.expression(a)) for a in reversed(f.all_coeffs())] for f in factors]


def _irreducible_roots(factor: list[Expr], multiplicity: int, region: Region) -> list[Root]:
    degree = len(factor) - 1
    fold = gcd(*(k for k, a in enumerate(factor) if a != 0))
    inner = factor[::fold]
    if len(inner) <= 3:
        return [Root(v, multiplicity) for value in _quadratic_roots(inner, region) for v in _radical_roots(value, fold, region)]
    return [Root(AnyRoot(edge_polynomial(factor), C), multiplicity, degree)]


def _quadratic_roots(coefficients: list[Expr], region: Region) -> list[Expr]:
    if len(coefficients) == 2:
        return [normal_form(-coefficients[0] / coefficients[1])]
    c, b, a = coefficients
    return [normal_form((-b + root) / (2 * a)) for root in _radical_roots(normal_form(b**2 - 4 * a * c), 2, region)]


def _radical_roots(value: Expr, degree: int, region: Region) -> list[Expr]:
    """All the roots of c**degree = value."""
    if degree == 1:
        return [value]
    turned = is_negative(value, region)
    outside, inside = extract_power(-value if turned else value, degree)
    root = outside * inside ** Rational(1, degree)
    half = Rational(1, 2) if turned else S.Zero
    return [normal_form(root * _on_circle((k + half) / degree)) for k in range(degree)]


def _on_circle(turn: Rational) -> Expr:
    """exp(2πi turn), by radicals where SymPy has them."""
    value = cos(2 * pi * turn) + I * sin(2 * pi * turn)
    return S.NegativeOne ** (2 * turn) if value.has(TrigonometricFunction) else value


def extract_power(value: Expr, degree: int) -> tuple[Expr, Expr]:
    """value = outside**degree * inside, with nothing to extract inside and no denominator there; up to a root of unity."""
    (abstracted,), field = extension_of([value])
    numerator, denominator = normal_form(abstracted).as_numer_denom()
    content, factors = factor_list(numerator * denominator ** (degree - 1))
    outside, inside = 1 / denominator, S.One
    for factor, k in factors:
        outside *= factor ** (k // degree)
        inside *= factor ** (k % degree)
    return field.expression(outside), field.expression(content * inside.expand())
