r"""Triangular sets of the zeros of a polynomial system at generic parameters.

From a Gröbner basis over :math:`\mathbb Q(p)` with finitely many zeros the lexicographic one follows by linear algebra in the
quotient algebra; where the minimal polynomial of a variable factors, the zeros are split.

Source: J. Faugère, P. Gianni, D. Lazard, T. Mora, J. Symb. Comput. 16, 329 (1993).

>>> from sympy.abc import a, x, y
>>> from derivations.analysis.algebra.polynomials import Ring
>>> ring = Ring((x, y, a))
>>> basis = generic_basis(ring, (x, y), [ring.numerator(x * (x - y)), ring.numerator(y**2 - a)])
>>> for zeros in split_irreducible(basis):
...     print([ring.expr(p) for _, p in triangular_set(zeros, (x, y))])
[-a + y**2, x]
[-a + y**2, x - y]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sympy import Symbol

from derivations.analysis.algebra.generic import (
    BUDGET,
    GenericBasis,
    Monomial,
    Terms,
    generic_basis,
    join_terms,
    make_primitive,
    monomial_divides,
    multiply_monomials,
)
from derivations.analysis.algebra.linear import OverBudget
from derivations.analysis.algebra.polynomials import Polynomial, Ring

Row = dict  # an identity: monomials of the staircase, and monomials of the new order under the key (NEW, m), add up to zero
NEW = "new"

TriangularSet = tuple[tuple[Symbol, Polynomial], ...]


MakeBasis = Callable[[Ring, Sequence[Symbol], Sequence[Polynomial]], GenericBasis]


def split_irreducible(basis: GenericBasis, make: MakeBasis = generic_basis) -> Iterator[GenericBasis]:
    """The zeros split until the minimal polynomial of every variable is irreducible."""
    if basis.is_one:
        return
    ring = basis.ring
    for x in basis.variables:
        p = minimal_polynomial(basis, x)
        factors = ring.factors(p)
        factors = [f for f in factors if ring.degree(f, x) > 0]
        if len(factors) > 1 or ring.degree(factors[0], x) < ring.degree(p, x):
            elements = [join_terms(ring, basis.variables, e.terms) for e in basis.elements]
            for f in factors:
                yield from split_irreducible(make(ring, basis.variables, [f, *elements]), make)
            return
    yield basis


def minimal_polynomial(basis: GenericBasis, x: Symbol) -> Polynomial:
    """The polynomial of least degree in one variable that vanishes in the quotient algebra, without content."""
    return _lexicographic_basis(basis, (x,))[0]


def triangular_set(basis: GenericBasis, order: Sequence[Symbol]) -> TriangularSet | None:
    """The zeros as roots of polynomials, one for each variable in it and those that come later in ``order``; None where
    the lexicographic Gröbner basis is not of that form."""
    found = _lexicographic_basis(basis, order)
    ring, last, roots = basis.ring, list(reversed(order)), []
    if len(found) != len(last):
        return None
    for i, x in enumerate(last):
        new = [p for p in found if ring.degree(p, x) > 0 and not ring.present(p) & set(last[i + 1 :])]
        if len(new) != 1:
            return None
        roots.append((x, new[0]))
    return tuple(roots)


def _lexicographic_basis(basis: GenericBasis, order: Sequence[Symbol]) -> list[Polynomial]:
    """The lexicographic Gröbner basis of the ideal in the variables of ``order``, the first one largest."""
    ring, count = basis.ring, len(order)
    normal: dict[Monomial, tuple[Terms, Polynomial]] = {}
    pivots: dict[Monomial, Row] = {}
    leads: list[Monomial] = []
    found: list[Polynomial] = []
    candidates = [(0,) * count]
    while candidates:
        m = min(candidates)
        candidates.remove(m)
        if any(monomial_divides(lead, m) for lead in leads):
            continue
        normal[m] = _normal_form(basis, order, m, normal)
        row = _eliminate_pivots({**normal[m][0], (NEW, m): -normal[m][1]}, pivots)
        if pivot := _choose_pivot(row):
            pivots[pivot] = row
            candidates += [c for i in range(count) if (c := _raise_power(m, i)) not in candidates]
        else:
            leads.append(m)
            sign = 1 if row[NEW, m].leading_coefficient() > 0 else -1
            found.append(join_terms(ring, order, {k[1]: sign * c for k, c in row.items()}))
    return found


def _normal_form(basis: GenericBasis, order: Sequence[Symbol], m: Monomial, known: dict) -> tuple[Terms, Polynomial]:
    """Normal form of a monomial, as terms over a common denominator."""
    zero, one = (0,) * len(basis.variables), basis.ring.constant(1)
    i = next((i for i in range(len(m)) if m[i] and _raise_power(m, i, -1) in known), None)
    if i is None:
        return basis.normal({zero: one})
    terms, scale = known[_raise_power(m, i, -1)]
    step = tuple(int(x == order[i]) for x in basis.variables)
    moved, multiple = basis.normal({multiply_monomials(k, step): c for k, c in terms.items()})
    joint, _ = make_primitive({**moved, NEW: scale * multiple})  # type: ignore[dict-item]
    scale = joint.pop(NEW)  # type: ignore[call-overload]
    return joint, scale


def _eliminate_pivots(row: Row, pivots: dict[Monomial, Row]) -> Row:
    """The identity with the monomials taken out that earlier ones express, without content."""
    for place, other in pivots.items():
        if place not in row:
            continue
        a, b = other[place], row[place]
        common = a.gcd(b)
        a, b = a / common, b / common
        total = {k: c * a for k, c in row.items()}
        for k, c in other.items():
            value = total[k] - b * c if k in total else -b * c
            if value.is_zero():
                del total[k]
            else:
                total[k] = value
        row, _ = make_primitive(total)
        if sum(map(len, row.values())) > BUDGET:
            raise OverBudget("linear algebra over the parameters grew beyond its budget")
    return row


def _choose_pivot(row: Row) -> Monomial | None:
    """The monomial of the staircase with the shortest coefficient."""
    return min((k for k in row if k[0] != NEW), key=lambda k: (len(row[k]), k), default=None)


def _raise_power(m: Monomial, i: int, by: int = 1) -> Monomial:
    return (*m[:i], m[i] + by, *m[i + 1 :])
