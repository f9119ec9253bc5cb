r"""The real points of a set of conjugates: their coordinates by one root :math:`\theta` of an irreducible polynomial.

Each coordinate is shown as a root of its own minimal polynomial, by radicals where these are short and else as ``CRootOf``; in
a field of high degree, as a fraction in :math:`\theta`.  Which root it is, balls that hold :math:`\theta` and no other root
decide, at as many digits as are needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import lcm, prod

from flint import acb, acb_poly, arb, arb_poly, ctx, fmpq, fmpq_mat, fmpq_poly, fmpz_poly, nmod_mat, nmod_poly
from sympy import QQ, CRootOf, Expr, Poly, Rational, Symbol, sqrt

from derivations.analysis.algebra import light_root
from derivations.analysis.algebra.light_root import LightRoot, RationalFunction, RootFraction
from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.vocabulary import x as unknown

BITS = 128  # of the first balls; doubled as long as they do not decide


PRIME = 2**61 - 1  # modulo which linear independence is seen
LARGE = 24  # degree from which coordinates stay fractions: their inverse denominators would be far longer


@dataclass(frozen=True)
class NumberField:
    r""":math:`\mathbb Q[\theta]/q(\theta)`, ``q`` irreducible, and a point with coordinates ``numerators[x] / denominator``."""

    modulus: fmpq_poly
    numerators: Mapping[Symbol, fmpq_poly]
    denominator: fmpq_poly

    @property
    def degree(self) -> int:
        return self.modulus.degree()

    @cached_property
    def coordinates(self) -> dict[Symbol, fmpq_poly]:
        """The coordinates as polynomials in the root."""
        scale, inverse, _ = self.denominator.xgcd(self.modulus)
        return {x: (n * inverse) % self.modulus / scale[0] for x, n in self.numerators.items()}

    @cached_property
    def separating(self) -> Symbol | None:
        """A coordinate that is the root itself."""
        root = self.denominator * fmpq_poly([0, 1])
        return next((x for x, n in self.numerators.items() if ((n - root) % self.modulus).is_zero()), None)

    def vanishes(self, ring: Ring, p: Polynomial) -> bool:
        """Whether a polynomial in the coordinates vanishes at the point.

        With a common denominator it is an integer polynomial in the root, which the primitive modulus divides exactly or not.
        """
        asked = ring.symbols, str(p)
        if asked not in self._answers:
            self._answers[asked] = self._divides(ring, p)
        return self._answers[asked]

    @cached_property
    def _answers(self) -> dict[tuple, bool]:
        return {}

    def _divides(self, ring: Ring, p: Polynomial) -> bool:
        """Whether the modulus divides a polynomial in the coordinates."""
        degree, places = int(p.total_degree()), [ring.place[x] for x in self.numerators]
        highest = [degree, *(int(p.degrees()[place]) for place in places)]
        below, *above = (_powers(n, most) for n, most in zip(self._integers, highest, strict=True))
        total = fmpz_poly([0])
        for powers, c in p.to_dict().items():
            exponents = [int(powers[place]) for place in places]
            held = (rows[k] for rows, k in zip(above, exponents, strict=True) if k)
            total += prod(held, start=below[degree - sum(exponents)] * c)
        return (total % self.modulus.numer()).is_zero()

    @cached_property
    def _integers(self) -> list[fmpz_poly]:
        """The denominator and the numerators, with integer coefficients by a common factor."""
        every = [self.denominator, *self.numerators.values()]
        common = lcm(*(int(n.denom()) for n in every))
        return [(n * common).numer() for n in every]

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
        if self.degree > LARGE and self.separating is not None:
            return self._linear_tower(ring, self.separating)
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

    def _linear_tower(self, ring: Ring, root: Symbol) -> tuple[tuple[Symbol, Polynomial], ...]:
        """The separating coordinate by the modulus, the others linear with the denominator as coefficient."""
        below, *above = (polynomial_at(ring, root, n) for n in self._integers)
        rows = ((x, below * ring.gen(x) - top) for x, top in zip(self.numerators, above, strict=True) if x != root)
        return (root, polynomial_at(ring, root, self.modulus.numer())), *((x, p.primitive()[1]) for x, p in rows)

    @cached_property
    def real_points(self) -> list[dict[Symbol, Expr]]:
        """The coordinates of every real point."""
        count = len(real_balls(self.modulus, BITS))
        if not count:
            return []
        columns = {x: self._values(x, count) for x in self.numerators}
        return [{x: column[place] for x, column in columns.items()} for place in range(count)]

    def _values(self, x: Symbol, count: int) -> list[Expr]:
        """A coordinate at the real roots of the modulus, in the order of these."""
        if x != self.separating and self.degree > LARGE and self._generates(x):
            roots = _roots(self.modulus, range(count))
            return [RootFraction.of(self._functions[x], root) for root in roots]
        minimal, bits = self._polynomial_of(x), BITS
        while True:
            with ctx.workprec(bits):
                top, bottom = arb_poly(self.numerators[x]), arb_poly(self.denominator)
                values = [top(root) / bottom(root) for root in real_balls(self.modulus, bits)]
            # One that generates the field takes each of the real roots of its polynomial once.
            roots = values if minimal.degree() == self.degree else real_balls(minimal, bits)
            met = [[k for k, root in enumerate(roots) if root.overlaps(value)] for value in values]
            if all(len(places) == 1 for places in met):
                order = sorted(range(len(roots)), key=lambda k: roots[k].mid())
                return _roots(minimal, [order.index(k) for (k,) in met])
            bits *= 2

    def _polynomial_of(self, x: Symbol) -> fmpq_poly:
        """The minimal polynomial of a coordinate."""
        if x == self.separating:
            return self.modulus / self.modulus.leading_coefficient()
        return self.minimal_polynomial(self.coordinates[x])

    def complex_point(self) -> dict[Symbol, acb]:
        """Balls around the coordinates of one of the conjugates, of the precision that is set."""
        root = light_root.root_balls(tuple(map(int, self.modulus.numer().coeffs())), ctx.prec)[0]
        bottom = acb_poly(self.denominator)(root)
        return {x: acb_poly(n)(root) / bottom for x, n in self.numerators.items()}

    @cached_property
    def _functions(self) -> dict[Symbol, RationalFunction]:
        """The coordinates as quotients in the root."""
        below, *above = (tuple(map(int, n.coeffs())) for n in self._integers)
        return {x: RationalFunction(n, below) for x, n in zip(self.numerators, above, strict=True)}

    def _generates(self, x: Symbol) -> bool:
        """Whether no power of a coordinate below the degree depends on lower ones in a finite field, nor then over the
        rationals: its minimal polynomial has the degree of the field."""
        modulus, top, bottom = (
            nmod_poly([int(c) % PRIME for c in p.coeffs()], PRIME)
            for p in (self.modulus.numer(), self._integers[[*self.numerators].index(x) + 1], self._integers[0])
        )
        common, inverse, _ = bottom.xgcd(modulus)
        if modulus.degree() < self.degree or common.degree() > 0:
            return False
        element, power, rows = (top * inverse) % modulus, nmod_poly([1], PRIME), []
        for _ in range(self.degree):
            held = [*map(int, power.coeffs())]
            rows.append(held + [0] * (self.degree - len(held)))
            power = (power * element) % modulus
        return nmod_mat(rows, PRIME).rank() == self.degree

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
    return light_root.real_balls(tuple(map(int, p.numer().coeffs())), bits)


@lru_cache(maxsize=1024)
def enclose(value: Expr, bits: int) -> arb:
    """A ball around a real number made of rational numbers, real roots of polynomials with such coefficients and radicals.

    It is not finite for any other number, so that nothing is decided by it.
    """
    with ctx.workprec(bits):
        if value.is_Rational:
            return arb(fmpq(int(value.p), int(value.q)))
        if isinstance(value, LightRoot | RootFraction):
            return value.ball()
        if isinstance(value, CRootOf):
            balls = real_balls(fmpq_poly([int(c) for c in reversed(value.poly.all_coeffs())]), bits)
            return balls[value.index] if value.index < len(balls) else arb("nan")
        if value.is_Pow and value.exp.is_Rational:
            base = enclose(value.base, bits)
            return (base if value.exp.q == 1 else base.root(int(value.exp.q))) ** int(value.exp.p)
        parts = [enclose(part, bits) for part in value.args]
        if value.is_Add:
            return sum(parts, arb(0))
        if value.is_Mul:
            return prod(parts, start=arb(1))
    return arb("nan")


def real_roots(p: fmpq_poly) -> list[Expr]:
    """The real roots of an irreducible polynomial, ascending: in radicals where they are short, else as ``CRootOf``."""
    return _roots(p, range(len(real_balls(p, BITS))))


def _roots(p: fmpq_poly, places: Iterable[int]) -> list[Expr]:
    """Some of the :func:`real_roots`, by their places."""
    coefficients = tuple(Rational(int(c.p), int(c.q)) for c in p.coeffs()) if p.degree() <= LARGE else ()
    if found := _radical_roots(coefficients):
        return [found[k] for k in places]
    whole = p.numer() * (1 if p.leading_coefficient() > 0 else -1)
    integers = tuple(map(int, whole.coeffs()))
    return [LightRoot.of(integers, k) for k in places]


@lru_cache(maxsize=512)
def _radical_roots(coefficients: tuple[Rational, ...]) -> list[Expr]:
    """The real roots, ascending, where they are written in radicals."""
    if len(coefficients) == 2:
        return [-coefficients[0] / coefficients[1]]
    if len(coefficients) == 3 or (len(coefficients) == 5 and _is_biquadratic(*coefficients)):
        return sorted((x for x in _in_radicals(coefficients) if x.is_real), key=lambda x: x.evalf(60))
    return []


def _is_biquadratic(e: Rational, d: Rational, c: Rational, b: Rational, a: Rational) -> bool:
    r"""Whether :math:`ax^4+bx^3+cx^2+dx+e` is quadratic in :math:`(x+b/4a)^2`."""
    return b**3 - 4 * a * b * c + 8 * a**2 * d == 0


def _in_radicals(coefficients: Sequence[Rational]) -> list[Expr]:
    if len(coefficients) == 3:
        c, b, a = coefficients
        return [-b / (2 * a) + sign * sqrt(b**2 - 4 * a * c) / (2 * a) for sign in (1, -1)]
    shift = -coefficients[3] / (4 * coefficients[4])
    moved = Poly(coefficients[::-1], unknown, domain=QQ).shift(shift).all_coeffs()
    squares = _in_radicals([moved[4], moved[2], moved[0]])
    return [shift + sign * sqrt(s) for s in squares for sign in (1, -1)]


def polynomial_at(ring: Ring, x: Symbol, p: fmpz_poly) -> Polynomial:
    """A polynomial in one symbol of the ring."""
    powers = [0] * len(ring.symbols)
    terms = {}
    for k, c in enumerate(p.coeffs()):
        powers[ring.place[x]] = k
        terms[tuple(powers)] = c
    return ring.context.from_dict(terms)


def _powers(p: fmpz_poly, highest: int) -> list[fmpz_poly]:
    found = [fmpz_poly([1])]
    for _ in range(highest):
        found.append(found[-1] * p)
    return found


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
