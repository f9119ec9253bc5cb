r"""Rates at which combinations of monomials grow: :math:`Ac=rBc` for matrices over the field of the parameters.

B is injective.  On the largest space that :math:`T=B^{-1}A` maps into itself the rates are eigenvalues of T; those that are
rational in the parameters are roots of linear factors of its characteristic polynomial, so that none of them is missed.

>>> from sympy import Matrix, eye, symbols
>>> a, b = symbols("a b")
>>> for rate, vectors in rational_rates(Matrix([[a, 1], [0, b]]).tolist(), eye(2).tolist()):
...     print(rate, vectors)
a [[1, 0]]
b [[1, -a + b]]
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TypeAlias

from sympy import Dummy, Expr, Matrix, MatrixSymbol, Poly, Rational, S, cancel, factor_list, fraction, together

from theory.integrals import make_primitive, null_space

Table: TypeAlias = list[list[Expr]]
SAMPLES, LARGEST = 2, 10**6  # points at which rates are looked for first, and the largest integer in their coordinates


def rational_rates(moved: Table, still: Table, *, zero: bool = True) -> Iterator[tuple[Expr, Table]]:
    """Rates that are rational in the parameters, and bases of the combinations that grow at each; rows are monomials, columns
    candidates.  Without ``zero``, those at which nothing moves are not wanted."""
    if not _may_have_rates(moved, still, zero):
        return
    space = _invariant_space(moved, still)
    if space is None:
        return
    vectors, step = space
    for rate in sorted(_rational_eigenvalues(step), key=str):
        shifted = (step - rate * Matrix.eye(step.rows)).applyfunc(cancel)
        if rate == 0 and not zero:
            continue
        found = [list(vectors * Matrix(x)) for x in null_space(shifted.tolist(), step.cols)]
        yield rate, [make_primitive([cancel(e) for e in vector]) for vector in found]


def _may_have_rates(moved: Table, still: Table, zero: bool) -> bool:
    """Whether there are rational rates at random numbers, too, as there are wherever there are rates made of parameters."""
    symbols = sorted(set().union(*(e.free_symbols for row in (*moved, *still) for e in row)), key=str)
    if any(isinstance(s, MatrixSymbol) for s in symbols):
        return True
    generator = random.Random(0)
    for _ in range(SAMPLES):
        at = {s: Rational(generator.randint(2, LARGEST), generator.randint(2, LARGEST)) for s in symbols}
        tables = ([[e.xreplace(at) for e in row] for row in table] for table in (moved, still))
        space = _invariant_space(*tables)
        if space is not None and _rational_eigenvalues(space[1]) - (set() if zero else {S.Zero}):
            return True
    return False


def _invariant_space(moved: Table, still: Table) -> tuple[Matrix, Matrix] | None:
    """A basis of the largest space that is mapped into itself, as columns, and the map in this basis; None where it is zero."""
    width = len(moved[0]) if moved else 0
    pairs = null_space([[*a, *(-e for e in b)] for a, b in zip(moved, still, strict=True)], 2 * width)
    basis = Matrix([p[:width] for p in pairs]).T
    images = Matrix([p[width:] for p in pairs]).T
    while basis.cols:
        rows = [[*images.row(i), *(-basis.row(i))] for i in range(basis.rows)]
        inside = null_space(rows, 2 * basis.cols)
        chosen = Matrix([p[: basis.cols] for p in inside]).T
        step = Matrix([p[basis.cols :] for p in inside]).T
        if len(inside) == basis.cols:
            return basis, (step * chosen.inv()).applyfunc(cancel)
        basis, images = _product(basis, chosen, len(inside)), _product(images, chosen, len(inside))
    return None


def _product(left: Matrix, right: Matrix, width: int) -> Matrix:
    return (left * right).applyfunc(cancel) if width else Matrix.zeros(left.rows, 0)


def _rational_eigenvalues(step: Matrix) -> set[Expr]:
    """The roots of linear factors of the characteristic polynomial."""
    letter = Dummy("r")
    coefficients = step.charpoly().all_coeffs()
    polynomial = sum(c * letter ** (step.rows - k) for k, c in enumerate(coefficients))
    factors = (f for f, _ in factor_list(fraction(together(polynomial))[0], letter)[1])
    linear = (Poly(f, letter).all_coeffs() for f in factors if Poly(f, letter).degree() == 1)
    return {cancel(-c / b) for b, c in linear}
