r"""Numbers of the field that a site spans, with the arithmetic of fractions in normal form.

Arithmetic that grows beyond :data:`SIZE` raises :class:`~derivations.analysis.algebra.linear.OverBudget`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from sympy import Expr, Symbol

from derivations.analysis.algebra.linear import OverBudget
from derivations.analysis.algebra.polynomials import Polynomial
from derivations.analysis.sites.sign import Sign
from derivations.analysis.sites.site import Site, cancel_fraction

SIZE = 200_000  # bits of a number before it is reduced, 64 a term beside its coefficient


@dataclass(frozen=True)
class Number:
    """``top / bottom`` on a site, with no quadratic root in the denominator; zero iff ``top`` is."""

    site: Site
    top: Polynomial
    bottom: Polynomial

    @classmethod
    def of(cls, site: Site, expr: Expr) -> Number:
        return cls(site, *site.rational(site.fraction(expr)))

    @classmethod
    def integer(cls, site: Site, value: int) -> Number:
        return cls(site, site.ring.constant(value), site.ring.constant(1))

    @classmethod
    def product(cls, factors: Sequence[Number]) -> Number:
        """The product of numbers, however long."""
        first, *others = factors
        if not others:
            return first
        top, bottom = prod((n.top for n in others), start=first.top), prod((n.bottom for n in others), start=first.bottom)
        return cls(first.site, *first.site.rational(first.site.normal_fraction(top, bottom)))

    def __add__(self, other: Number) -> Number:
        return self._make_number(self.top * other.bottom + other.top * self.bottom, self.bottom * other.bottom)

    def __neg__(self) -> Number:
        return Number(self.site, -self.top, self.bottom)

    def __sub__(self, other: Number) -> Number:
        return self + (-other)

    def __mul__(self, other: Number | int) -> Number:
        if isinstance(other, int):
            return self._make_number(self.top * other, self.bottom)
        return self._make_number(self.top * other.top, self.bottom * other.bottom)

    __rmul__ = __mul__

    def __truediv__(self, other: Number) -> Number:
        top, bottom = self.top * other.bottom, self.bottom * other.top
        _check_size(top, bottom)
        return Number(self.site, *self.site.rational(self.site.normal_fraction(top, bottom)))

    @property
    def is_zero(self) -> bool:
        return bool(self.top.is_zero())

    @property
    def sign(self) -> Sign:
        return self.site.chart.of(self.top, self.bottom)

    def conjugate(self, imaginary: Symbol) -> Number:
        """The number with the imaginary unit, a root of the site, turned round."""
        ring = self.site.ring
        turned = (ring.substitute(p, imaginary, -ring.gen(imaginary), ring.constant(1)) for p in (self.top, self.bottom))
        return Number(self.site, *turned)

    def real(self, imaginary: Symbol) -> Number:
        """The real part of a number whose denominator is real."""
        return (self + self.conjugate(imaginary)) * self._make_number(self.bottom / self.bottom, 2 * self.bottom / self.bottom)

    def expr(self) -> Expr:
        top, bottom = self.site.rational((self.top, self.bottom))
        return self.site.ring.factored_expression(top) / self.site.ring.factored_expression(bottom)

    def _make_number(self, top: Polynomial, bottom: Polynomial) -> Number:
        _check_size(top, bottom)
        return Number(self.site, *(cancel_fraction if top.is_zero() else self.site.normal_fraction)(top, bottom))


def _check_size(*polynomials: Polynomial) -> None:
    size = sum(64 + int(c).bit_length() for p in polynomials for c in p.coeffs())
    if size > SIZE:
        raise OverBudget(f"a number grew beyond its budget of {SIZE} bits")


def dot(a: Sequence[Number], b: Sequence[Number]) -> Number:
    """The bilinear product, without conjugation."""
    first, *others = (x * y for x, y in zip(a, b, strict=True))
    for term in others:
        first = first + term
    return first


def solve(matrix: Sequence[Sequence[Number]], right: Sequence[Number]) -> list[Number]:
    """The solution of a linear system by elimination; ZeroDivisionError where it is singular."""
    rows = [[*line, b] for line, b in zip(matrix, right, strict=True)]
    n = len(rows)
    for k in range(n):
        pivot = min((i for i in range(k, n) if not rows[i][k].is_zero), key=lambda i: len(rows[i][k].top), default=None)
        if pivot is None:
            raise ZeroDivisionError("a singular matrix")
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [e / rows[k][k] for e in rows[k]]
        for i in range(n):
            if i != k and not rows[i][k].is_zero:
                factor = rows[i][k]
                rows[i] = [e - factor * f for e, f in zip(rows[i], rows[k], strict=True)]
    return [row[n] for row in rows]


def null_vector(matrix: Sequence[Sequence[Number]]) -> list[Number] | None:
    """A vector that spans the kernel of a square matrix; None where the kernel is not a line."""
    n = len(matrix)
    rows, pivots, k = [list(line) for line in matrix], [], 0
    for column in range(n):
        pivot = next((i for i in range(k, n) if not rows[i][column].is_zero), None)
        if pivot is None:
            continue
        rows[k], rows[pivot] = rows[pivot], rows[k]
        lead = rows[k][column]
        rows[k] = [e / lead for e in rows[k]]
        for i in range(n):
            if i != k and not rows[i][column].is_zero:
                factor = rows[i][column]
                rows[i] = [e - factor * f for e, f in zip(rows[i], rows[k], strict=True)]
        pivots.append(column)
        k += 1
    if len(pivots) != n - 1:
        return None
    (free,) = set(range(n)) - set(pivots)
    site = matrix[0][0].site
    vector = [Number.integer(site, 0)] * n
    vector[free] = Number.integer(site, 1)
    for i, column in enumerate(pivots):
        vector[column] = -rows[i][free]
    return vector
