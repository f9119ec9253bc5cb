r"""The finitely many zeros of polynomials with rational coefficients, by Singular and msolve.

msolve proposes zeros; whether a polynomial in their coordinates vanishes, exact division in their field tells, so that each
zero is one.  Singular counts them all by a Gröbner basis over :math:`\mathbb Q`: the dimension of the quotient algebra, of the
one by the radical where zeros are multiple.  As many are found, and none is missing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import prod

from flint import fmpq_poly
from sympy import Dummy, Symbol

from derivations.analysis.algebra.msolve import parametrize
from derivations.analysis.algebra.number_field import LARGE, NumberField, polynomial_at
from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.algebra.programs import Programs
from derivations.analysis.algebra.quotient import finite_dimension
from derivations.analysis.algebra.singular import block_basis, radical_basis

SHORTER = 10  # times, that the polynomial which keeps other zeros away is to be shorter than the one that has its own


def finite_zeros(programs: Programs, ring: Ring, equations: Sequence[Polynomial]) -> list[NumberField] | None:
    """All complex zeros in the symbols that occur, a field for each set of conjugates.

    None where there are infinitely many, or where the programs have no answer (noted).
    """
    if programs.singular is None or programs.msolve is None:
        return None
    present = frozenset().union(*map(ring.present, equations))
    variables = tuple(s for s in ring.symbols if s in present)
    if len(equations) < len(variables):
        return None
    basis = block_basis(programs, ring, variables, equations)
    count = None if basis is None else finite_dimension(ring, variables, basis)
    if basis is None or count is None:
        return None
    if count == 0:
        programs.note_answer("Singular finds no complex zero by a Gröbner basis over the rationals")
        return []
    found = _verified(programs, ring, variables, equations)
    if found is None:
        return None
    if _size(found) < count and (reduced := radical_basis(programs, ring, variables, basis)) is not None:
        # Where zeros are multiple, msolve may miss some; of the radical it has them all.
        count = finite_dimension(ring, variables, reduced)
        if _size(found) != count:
            found = _verified(programs, ring, variables, equations, reduced) or found
    if _size(found) != count:
        programs.note_failure(f"Singular counts {count} complex zeros and msolve has {_size(found)}")
        return None
    fields = [_with_polynomials(programs, ring, equations, found, f) if f.degree > LARGE else f for f in found]
    programs.note_answer(
        f"Singular counts {count} distinct complex zeros by a Gröbner basis over the rationals, and as many by msolve "
        "were put back into the equations"
    )
    return fields


def _verified(
    programs: Programs,
    ring: Ring,
    variables: Sequence[Symbol],
    equations: Sequence[Polynomial],
    more: Sequence[Polynomial] = (),
) -> list[NumberField] | None:
    """The zeros that msolve has of the equations and more, each of which is proved to be one of the equations."""
    given = parametrize(programs, ring, variables, (*equations, *more))
    if given is None:
        return None
    below = fmpq_poly(given.denominator)
    above = {x: fmpq_poly(n) for x, n in given.numerators.items() if not isinstance(x, Dummy)}
    moduli = [fmpq_poly(f) for f, _ in given.modulus.factor()[1]]
    fields = [NumberField(q, {x: n % q for x, n in above.items()}, below % q) for q in moduli]
    if all(not f.denominator.is_zero() and f.vanishes(ring, p) for f in fields for p in equations):
        return fields
    programs.note_failure("a point of msolve's is no zero of the equations")
    return None


def _size(fields: Sequence[NumberField]) -> int:
    return sum(f.degree for f in fields)


def _with_polynomials(
    programs: Programs, ring: Ring, equations: Sequence[Polynomial], found: Sequence[NumberField], large: NumberField
) -> NumberField:
    """A large field with the minimal polynomials of its coordinates.

    Other zeros are kept away by its own polynomial, or by those of the others, where these are short.  Each coordinate that
    separates what is left takes the part of the root: its values are the roots of msolve's polynomial.
    """
    root, inverse = large.separating, Dummy("inverse")
    if root is None:
        return large
    wide = ring.extend(inverse)
    others = [polynomial_at(wide, root, f.modulus.numer()) for f in found if f is not large]
    apart = prod(others, start=wide.constant(1))
    is_short = SHORTER * int(apart.total_degree()) < large.degree
    own = apart * wide.gen(inverse) - 1 if is_short else polynomial_at(wide, root, large.modulus.numer())
    is_told = all(f.degree != large.degree for f in found if f is not large)
    system = [wide.convert_from(p, ring) for p in equations]

    def polynomial_of(x: Symbol) -> fmpq_poly | None:
        unknowns = [y for y in (inverse, *large.numerators) if y != x and (y != inverse or is_short)]
        again = _verified(programs, wide, (*unknowns, x), system, [own] if others else [])
        if again is None or [(f.degree, f.separating) for f in again] != [(large.degree, x)]:
            return None
        if not is_told and again[0].vanishes(wide, apart):
            return None
        return again[0].modulus / again[0].modulus.leading_coefficient()

    wanted = [x for x in large.numerators if x != root]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # each waits for a process of its own
        found_polynomials = zip(wanted, pool.map(polynomial_of, wanted), strict=True)
    return replace(large, known={x: p for x, p in found_polynomials if p is not None})
