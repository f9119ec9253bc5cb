r"""The real points of a set of conjugates: coordinates as polynomials in one root :math:`\theta` of an irreducible polynomial.

Each coordinate is shown as a root of its own minimal polynomial, by radicals where these are short and else as ``CRootOf``.
Which root it is, balls that hold :math:`\theta` and no other root decide, at as many digits as are needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from flint import arb, arb_poly, ctx, fmpq, fmpq_mat, fmpq_poly
from sympy import QQ, Expr, Poly, Rational, Symbol, rootof, sqrt

from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.vocabulary import x as unknown

BITS = 128  # of the first balls; doubled as long as they do not decide


@dataclass(frozen=True)
class NumberField:
    r""":math:`\mathbb Q[\theta]/q(\theta)` with ``q`` irreducible, and the coordinates of a point in it."""

    modulus: fmpq_poly
    coordinates: Mapping[Symbol, fmpq_poly]

    @property
    def degree(self) -> int:
        return self.modulus.degree()

    def minimal_polynomial(self, element: fmpq_poly) -> fmpq_poly:
        """The monic irreducible polynomial over the rationals that an element is a root of."""
        powers = self._element_powers(element, self.degree)
        for degree in _divisors_of(self.degree):
            relation = self._linear_relation(powers[:degree], powers[degree])
            if relation is not None:
                return fmpq_poly([*(-c for c in relation), 1])
        raise AssertionError("every element has a minimal polynomial")

    def tower(self, ring: Ring) -> tuple[tuple[Symbol, Polynomial], ...]:
        """The coordinates as a triangular set: each is a root of a polynomial in it and those before, of least degree."""
        degrees = {x: self.minimal_polynomial(e).degree() for x, e in self.coordinates.items()}
        names = sorted(self.coordinates, key=lambda x: (degrees[x], -ring.place[x]))
        basis: list[tuple[Polynomial, fmpq_poly]] = [(ring.constant(1), fmpq_poly([1]))]
        found = []
        for x in names:
            powers = self._element_powers(self.coordinates[x], self.degree // len(basis))
            for degree in _divisors_of(self.degree // len(basis)):
                spanned = [(m * ring.gen(x) ** k, (e * powers[k]) % self.modulus) for k in range(degree) for m, e in basis]
                relation = self._linear_relation([e for _, e in spanned], powers[degree])
                if relation is not None:
                    found.append((x, _clear_denominators(ring, ring.gen(x) ** degree, [m for m, _ in spanned], relation)))
                    basis = spanned
                    break
        return tuple(found)

    @cached_property
    def real_points(self) -> list[dict[Symbol, Expr]]:
        """The coordinates of every real point."""
        count = len(real_balls(self.modulus, BITS))
        if not count:
            return []
        candidates = {x: self.minimal_polynomial(e) for x, e in self.coordinates.items()}
        values = {x: real_roots(p) for x, p in candidates.items()}
        return [
            {x: values[x][self._root_index(place, self.coordinates[x], p)] for x, p in candidates.items()}
            for place in range(count)
        ]

    def _root_index(self, place: int, element: fmpq_poly, minimal: fmpq_poly) -> int:
        """Which real root of its minimal polynomial an element is at the real root number ``place`` of the modulus."""
        bits = BITS
        while True:
            with ctx.workprec(bits):
                value = arb_poly(element)(real_balls(self.modulus, bits)[place])
            met = [i for i, ball in enumerate(real_balls(minimal, bits)) if ball.overlaps(value)]
            if len(met) == 1:
                return met[0]
            bits *= 2

    def _element_powers(self, element: fmpq_poly, highest: int) -> list[fmpq_poly]:
        powers = [fmpq_poly([1])]
        for _ in range(highest):
            powers.append((powers[-1] * element) % self.modulus)
        return powers

    def _linear_relation(self, basis: Sequence[fmpq_poly], target: fmpq_poly) -> list[fmpq] | None:
        """The target as a combination of independent elements, or None."""
        rows, rank = fmpq_mat([[e[i] for e in (*basis, target)] for i in range(self.degree)]).rref()
        return [rows[i, len(basis)] for i in range(rank)] if rank == len(basis) else None


def real_balls(p: fmpq_poly, bits: int) -> list[arb]:
    """Disjoint balls around the real roots of an irreducible polynomial, ascending."""
    with ctx.workprec(bits):
        balls = [ball.real for ball, _ in p.numer().complex_roots() if ball.imag.is_zero()]  # type: ignore[has-type, misc]
        return sorted(balls, key=lambda ball: ball.mid())


def real_roots(p: fmpq_poly) -> list[Expr]:
    """The real roots of an irreducible polynomial, ascending: in radicals where they are short, else as ``CRootOf``."""
    count = len(real_balls(p, BITS))
    coefficients = [Rational(int(c.p), int(c.q)) for c in p.coeffs()]
    if len(coefficients) == 2:
        return [-coefficients[0] / coefficients[1]]
    if len(coefficients) == 3 or (len(coefficients) == 5 and _is_biquadratic(*coefficients)):
        found = _in_radicals(coefficients)
        return sorted((x for x in found if x.is_real), key=lambda x: x.evalf(60)) if count else []
    polynomial = Poly(coefficients[::-1], unknown, domain=QQ)
    return [rootof(polynomial, k) for k in range(count)]


def _is_biquadratic(e: Rational, d: Rational, c: Rational, b: Rational, a: Rational) -> bool:
    r"""Whether :math:`ax^4+bx^3+cx^2+dx+e` is quadratic in :math:`(x+b/4a)^2`."""
    return b**3 - 4 * a * b * c + 8 * a**2 * d == 0


def _in_radicals(coefficients: list[Rational]) -> list[Expr]:
    if len(coefficients) == 3:
        c, b, a = coefficients
        return [-b / (2 * a) + sign * sqrt(b**2 - 4 * a * c) / (2 * a) for sign in (1, -1)]
    shift = -coefficients[3] / (4 * coefficients[4])
    moved = Poly(coefficients[::-1], unknown, domain=QQ).shift(shift).all_coeffs()
    squares = _in_radicals([moved[4], moved[2], moved[0]])
    return [shift + sign * sqrt(s) for s in squares for sign in (1, -1)]


def _divisors_of(n: int) -> list[int]:
    return [k for k in range(1, n + 1) if n % k == 0]


def _clear_denominators(
    ring: Ring, top: Polynomial, monomials: Sequence[Polynomial], coefficients: Sequence[fmpq]
) -> Polynomial:
    """``top`` minus a combination, times the common denominator."""
    rows = fmpq_mat(1, len(coefficients), list(coefficients))
    numerators, scale = rows.numer_denom()
    result = top * int(scale)
    for m, c in zip(monomials, numerators.entries(), strict=True):
        result = result - m * int(c)
    return result
