r"""The finitely many zeros of polynomials with rational coefficients, through the quotient algebra :math:`\mathbb Q[x]/I`.

The algebra has a basis of monomials and, for each variable, a matrix of multiplication; its dimension counts the complex
zeros with multiplicity.  The trace form :math:`(f,g)\mapsto\operatorname{tr}(fg)` has as rank the number of distinct
complex zeros and as signature that of the real ones (Hermite 1856).  A linear form :math:`t` that separates the zeros gives
them all as rational functions of the roots of one polynomial (Rouillier 1999), a number field for each of its factors.

>>> from sympy.abc import x, y
>>> ring = Ring((x, y))
>>> circle = quotient_algebra(ring, [ring.numerator(x**2 + y**2 - 2), ring.numerator(x * (x - y))])
>>> circle.dimension, circle.distinct, circle.real
(4, 4, 4)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from math import prod

from flint import fmpq, fmpq_mat, fmpq_poly
from sympy import QQ, Dummy, Symbol, grevlex
from sympy.polys.groebnertools import groebner
from sympy.polys.rings import PolyRing

from derivations.analysis.algebra.number_field import NumberField
from derivations.analysis.algebra.polynomials import Polynomial, Ring

Monomial = tuple[int, ...]

_ORDER = lru_cache(maxsize=2**16)(grevlex)  # reduction asks for the same monomials over and over


@dataclass(frozen=True)
class QuotientAlgebra:
    """Polynomials modulo an ideal with finitely many zeros: the matrix of each variable on a basis of monomials, 1 first."""

    variables: tuple[Symbol, ...]
    basis: tuple[Monomial, ...]
    matrices: tuple[fmpq_mat, ...]

    @property
    def dimension(self) -> int:
        """The number of complex zeros, with multiplicity."""
        return len(self.basis)

    @cached_property
    def _products(self) -> list[fmpq_mat]:
        """Multiplication by each monomial of the basis."""
        found: dict[Monomial, fmpq_mat] = {(0,) * len(self.variables): _identity_matrix(self.dimension)}
        for m in self.basis[1:]:  # by degree, so that a divisor comes before
            i = next(i for i, power in enumerate(m) if power)
            found[m] = self.matrices[i] * found[_lower_power(m, i)]
        return [found[m] for m in self.basis]

    @cached_property
    def _traces(self) -> fmpq_mat:
        """The traces of the monomials of the basis, as a row."""
        return fmpq_mat(1, self.dimension, [_matrix_trace(m) for m in self._products])

    @cached_property
    def _form(self) -> fmpq_mat:
        return fmpq_mat([(self._traces * m).entries() for m in self._products])

    @cached_property
    def distinct(self) -> int:
        """The number of distinct complex zeros."""
        return self._form.rank() if self.basis else 0

    @cached_property
    def real(self) -> int:
        """The number of distinct real zeros."""
        if not self.basis:
            return 0
        terms = [(k, 1 if c > 0 else -1) for k, c in enumerate(self._form.charpoly().coeffs()) if c != 0]
        signs, mirrored = [c for _, c in terms], [c * (-1) ** k for k, c in terms]
        return _count_changes(signs) - _count_changes(mirrored)  # Descartes' rule is exact where all roots are real

    def fields(self) -> list[NumberField]:
        """The zeros, one number field for each set of conjugates."""
        if not self.basis:
            return []
        form, squarefree = self._separating_form()
        vector, powers = _unit_vector(self.dimension), []
        for _ in range(squarefree.degree()):
            powers.append(vector)
            vector = form * vector
        weight, *numerators = (
            self._numerator(m, powers, squarefree) for m in (_identity_matrix(self.dimension), *self.matrices)
        )
        tops = {x: n for x, n in zip(self.variables, numerators, strict=True) if not isinstance(x, Dummy)}
        moduli = [modulus for modulus, _ in squarefree.factor()[1]]
        return [NumberField(q, {x: n % q for x, n in tops.items()}, weight % q) for q in moduli]

    def _separating_form(self) -> tuple[fmpq_mat, fmpq_poly]:
        """Multiplication by a linear form that takes a value of its own at each zero, and the polynomial of these values."""
        for coefficients in _linear_forms(len(self.variables)):
            form = sum(
                (m * c for m, c in zip(self.matrices, coefficients, strict=True) if c), _identity_matrix(self.dimension) * 0
            )
            p = form.charpoly()
            squarefree = p / p.gcd(p.derivative())
            if squarefree.degree() == self.distinct:
                return form, squarefree / squarefree.leading_coefficient()
        raise AssertionError("one of the linear forms separates")

    def _numerator(self, matrix: fmpq_mat, powers: Sequence[fmpq_mat], squarefree: fmpq_poly) -> fmpq_poly:
        r""":math:`\sum_\alpha\mu_\alpha v(\alpha)\prod_{\beta\ne\alpha}(T-t(\beta))` over the distinct zeros, from traces of
        :math:`vt^i`."""
        row = self._traces * matrix
        traces = fmpq_poly([(row * v)[0, 0] for v in powers])
        size = squarefree.degree()
        mirrored = fmpq_poly(squarefree.coeffs()[::-1])
        product = (traces * mirrored).coeffs()[:size]
        return fmpq_poly((product + [fmpq(0)] * (size - len(product)))[::-1])


def quotient_algebra(ring: Ring, equations: Sequence[Polynomial], nonzero: Sequence[Polynomial] = ()) -> QuotientAlgebra | None:
    """The quotient by equations in those symbols that occur in them; None where they have infinitely many complex zeros.

    With ``nonzero``, only the zeros of the equations are meant at which none of these polynomials vanishes, and one variable
    more stands for the inverse of their product.
    """
    present = frozenset().union(*(ring.present(p) for p in equations))
    variables = tuple(s for s in ring.symbols if s in present)
    if len(equations) < len(variables):
        return None
    places = [ring.place[s] for s in variables]
    rationals = PolyRing([f"x{i}" for i in range(-len(nonzero[:1]), len(places))], QQ, _ORDER)

    def convert_polynomial(p: Polynomial):
        zeros = (0,) * len(nonzero[:1])
        return rationals.from_dict({(*zeros, *(k[i] for i in places)): QQ(int(c)) for k, c in p.to_dict().items()})

    given = [convert_polynomial(p) for p in equations if not p.is_zero()]
    if nonzero:
        given.append(prod(map(convert_polynomial, nonzero), start=rationals.gens[0]) - 1)
        variables = (Dummy("inverse"), *variables)
    basis = groebner(given, rationals)
    tails = {g.LM: {m: -c / g.LC for m, c in g.terms() if m != g.LM} for g in basis}
    if any(not sum(m) for m in tails):
        return QuotientAlgebra(variables, (), ())
    if any(not any(sum(m) == m[i] for m in tails) for i in range(len(variables))):
        return None
    return _multiplication_matrices(variables, tails, rationals.order)


def finite_dimension(ring: Ring, variables: Sequence[Symbol], basis: Iterable[Polynomial]) -> int | None:
    """The dimension of the quotient by a Gröbner basis, graded reverse lexicographic in ``variables``; None if infinite."""
    places = [ring.place[x] for x in variables]
    leads = [max((tuple(int(k[i]) for i in places) for k in p.to_dict()), key=grevlex) for p in basis]
    if any(not sum(m) for m in leads):
        return 0
    if any(not any(sum(m) == m[i] for m in leads) for i in range(len(variables))):
        return None
    return len(_staircase(len(variables), leads)[0])


def _multiplication_matrices(variables: tuple[Symbol, ...], tails: dict, order) -> QuotientAlgebra:
    basis, border = _staircase(len(variables), tails)
    basis.sort(key=order)
    place = {m: i for i, m in enumerate(basis)}
    columns: list[dict[Monomial, list]] = [{} for _ in variables]  # of multiplication, by monomials of the basis

    def times(i: int, vector: Sequence) -> list:
        total = [fmpq(0)] * len(basis)
        for m, c in zip(basis, vector, strict=True):
            if c != 0:
                total = [a + c * b for a, b in zip(total, columns[i][m], strict=True)]
        return total

    normal = {m: [fmpq(int(m == b)) for b in basis] for m in basis}
    for m in sorted([*basis, *border], key=order):
        if m in tails:
            normal[m] = _coordinate_vector(tails[m], place)
        elif m not in place:
            i = next(i for i, power in enumerate(m) if power and _lower_power(m, i) not in place)
            normal[m] = times(i, normal[_lower_power(m, i)])
        for i in range(len(variables)):
            if m[i] and _lower_power(m, i) in place:
                columns[i][_lower_power(m, i)] = normal[m]
    matrices = tuple(fmpq_mat([rows[m] for m in basis]).transpose() for rows in columns)
    return QuotientAlgebra(variables, tuple(basis), matrices)


def _staircase(count: int, leads: Iterable[Monomial]) -> tuple[list[Monomial], list[Monomial]]:
    """The monomials that no leading one divides, and those one step outside."""
    leads, basis, border = list(leads), [], []
    seen, stack = {(0,) * count}, [(0,) * count]
    while stack:
        m = stack.pop()
        if any(all(a <= b for a, b in zip(lead, m, strict=True)) for lead in leads):
            border.append(m)
            continue
        basis.append(m)
        for i in range(count):
            above = (*m[:i], m[i] + 1, *m[i + 1 :])
            if above not in seen:
                seen.add(above)
                stack.append(above)
    return basis, border


def _coordinate_vector(terms: dict, place: dict[Monomial, int]) -> list:
    vector = [fmpq(0)] * len(place)
    for m, c in terms.items():
        vector[place[m]] = fmpq(int(c.numerator), int(c.denominator))
    return vector


def _linear_forms(count: int) -> Iterator[tuple[int, ...]]:
    """Single variables, the last first, then enough forms that one of them separates any finite set."""
    for i in reversed(range(count)):
        yield tuple(int(i == j) for j in range(count))
    base = 1
    while True:
        yield tuple(base**j for j in range(count))
        base = -base if base > 0 else 1 - base


def _lower_power(m: Monomial, i: int) -> Monomial:
    return (*m[:i], m[i] - 1, *m[i + 1 :])


def _identity_matrix(size: int) -> fmpq_mat:
    return fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])


def _unit_vector(size: int) -> fmpq_mat:
    return fmpq_mat(size, 1, [int(i == 0) for i in range(size)])


def _matrix_trace(m: fmpq_mat) -> fmpq:
    return sum((m[i, i] for i in range(m.nrows())), fmpq(0))


def _count_changes(signs: Sequence[int]) -> int:
    return sum(a != b for a, b in pairwise(signs))
