r"""The finitely many zeros of polynomials with rational coefficients, by Singular and msolve.

msolve proposes zeros; whether a polynomial in their coordinates vanishes, exact division in their field tells, so that each
zero is one.  Singular counts them all by a Gröbner basis over :math:`\mathbb Q`: the dimension of the quotient algebra, of the
one by the radical where zeros are multiple; where as many simple zeros are found as Bézout's bound allows, these are all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from flint import acb, acb_mat, ctx, fmpq_poly
from sympy import Dummy, Symbol

from derivations.analysis.algebra.msolve import parametrize
from derivations.analysis.algebra.number_field import BITS, NumberField
from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.algebra.programs import Programs
from derivations.analysis.algebra.quotient import finite_dimension
from derivations.analysis.algebra.singular import block_basis, radical_basis


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
    found = _verified(programs, ring, variables, equations)
    if found and _are_all(ring, variables, equations, found):
        programs.note_answer(
            f"{_size(found)} distinct complex zeros by msolve were put back into the equations, all simple, and by Bézout's "
            "theorem there are no more"
        )
        return found
    basis = block_basis(programs, ring, variables, equations)
    count = None if basis is None else finite_dimension(ring, variables, basis)
    if basis is None or count is None:
        return None
    if count == 0:
        programs.note_answer("Singular finds no complex zero by a Gröbner basis over the rationals")
        return []
    if _size(found) < count and (reduced := radical_basis(programs, ring, variables, basis)) is not None:
        # Where zeros are multiple, msolve may miss some; of the radical it has them all.
        count = finite_dimension(ring, variables, reduced)
        if _size(found) != count:
            found = _verified(programs, ring, variables, equations, reduced)
    if _size(found) != count:
        programs.note_failure(f"Singular counts {count} complex zeros and msolve has {_size(found)}")
        return None
    programs.note_answer(
        f"Singular counts {count} distinct complex zeros by a Gröbner basis over the rationals, and as many by msolve "
        "were put back into the equations"
    )
    return found


def _are_all(ring: Ring, variables: Sequence[Symbol], equations: Sequence[Polynomial], found: Sequence[NumberField]) -> bool:
    r"""Whether zeros are all that there are, by Bézout's theorem: as many equations as variables have no component beside
    :math:`\prod\deg f_i` isolated zeros, and zeros with a regular Jacobian are isolated.

    Source: W. Fulton, Intersection Theory, Example 8.4.6.
    """
    bound = prod(int(p.total_degree()) for p in equations)
    if len(equations) != len(variables) or _size(found) != bound:
        return False
    jacobian = [[ring.derivative(p, x) for x in variables] for p in equations]
    return all(_is_regular(ring, jacobian, f) for f in found)


def _is_regular(ring: Ring, matrix: Sequence[Sequence[Polynomial]], field: NumberField) -> bool:
    """Whether the determinant at a point is proved not to be zero: at one of its conjugates, in ball arithmetic."""
    with ctx.workprec(BITS):
        values = field.complex_point()
        rows = [[_value_at(ring, p, values) for p in row] for row in matrix]
        return not acb_mat(rows).det().contains(0)


def _value_at(ring: Ring, p: Polynomial, values: Mapping[Symbol, acb]) -> acb:
    places = [(ring.place[x], v) for x, v in values.items()]
    terms = (prod((v ** int(powers[k]) for k, v in places), start=acb(c)) for powers, c in p.to_dict().items())
    return sum(terms, acb(0))


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


def _size(fields: Sequence[NumberField] | None) -> int:
    return sum(f.degree for f in fields or ())
