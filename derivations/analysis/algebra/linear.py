r"""Exact matrices of polynomials: characteristic polynomials, adjugates, Hurwitz determinants.

Entries are numerators over one common denominator, so that all arithmetic is that of polynomials.
"""

from __future__ import annotations

from collections.abc import Sequence

from derivations.analysis.algebra.polynomials import Polynomial, Ring
from theory.errors import UnfinishedError

BUDGET = 1_000_000  # terms of polynomials held at one time

Matrix = list[list[Polynomial]]


class OverBudget(UnfinishedError):
    """An exact computation that was given up since it grew beyond its budget of terms."""


def check_budget(polynomials: Sequence[Polynomial], budget: int) -> None:
    """Raise :class:`OverBudget` for polynomials with more terms than the budget in all."""
    if sum(len(p) for p in polynomials) > budget:
        raise OverBudget(f"the exact analysis grew beyond its budget of {budget} terms")


def multiply_matrices(a: Matrix, b: Matrix) -> Matrix:
    columns = list(zip(*b, strict=True))
    return [[dot_product(row, column) for column in columns] for row in a]


def dot_product(a: Sequence[Polynomial], b: Sequence[Polynomial]) -> Polynomial:
    total = a[0] * b[0]
    for x, y in zip(a[1:], b[1:], strict=True):
        if not (x.is_zero() or y.is_zero()):
            total = total + x * y
    return total


def characteristic_coefficients(matrix: Matrix, ring: Ring, budget: int = BUDGET) -> tuple[list[Polynomial], list[Matrix]]:
    r"""Coefficients :math:`c_0=1,c_1,\ldots,c_n` of :math:`\det(s-M)=\sum_kc_ks^{n-k}`, and the matrices :math:`B_k` of
    :math:`\operatorname{adj}(s-M)=\sum_{k<n}B_ks^{n-1-k}` (Faddeev and LeVerrier)."""
    n = len(matrix)
    one, zero = ring.constant(1), ring.constant(0)
    adjugates = [[[one if i == j else zero for j in range(n)] for i in range(n)]]
    coefficients = [one]
    for k in range(1, n + 1):
        moved = multiply_matrices(matrix, adjugates[-1])
        check_budget([e for line in moved for e in line], budget)
        trace = sum((moved[i][i] for i in range(n)), zero)
        c = -trace / k
        coefficients.append(c)
        if k < n:
            adjugates.append([[moved[i][j] + c if i == j else moved[i][j] for j in range(n)] for i in range(n)])
    return coefficients, adjugates


def adjugate(matrix: Matrix, ring: Ring) -> tuple[Matrix, Polynomial]:
    """The adjugate of a matrix and its determinant: their quotient is the inverse."""
    coefficients, adjugates = characteristic_coefficients(matrix, ring)
    sign = 1 if len(matrix) % 2 else -1
    return [[sign * e for e in line] for line in adjugates[-1]], -sign * coefficients[-1]


def hurwitz_determinants(
    coefficients: Sequence[Polynomial], orders: Sequence[int], ring: Ring, budget: int = BUDGET
) -> list[Polynomial]:
    r"""The leading principal minors :math:`\Delta_k` of the Hurwitz matrix of :math:`c_0s^n+c_1s^{n-1}+\cdots+c_n`."""
    n = len(coefficients) - 1
    zero = ring.constant(0)

    def entry(i: int, j: int) -> Polynomial:
        k = 2 * (j + 1) - (i + 1)
        return coefficients[k] if 0 <= k <= n else zero

    return [determinant([[entry(i, j) for j in range(k)] for i in range(k)], ring, budget) for k in orders]


def determinant(matrix: Matrix, ring: Ring, budget: int = BUDGET) -> Polynomial:
    """The determinant by expansion over sets of columns: no division, and no term of higher degree than the result's."""
    minors: dict[frozenset[int], Polynomial] = {frozenset(): ring.constant(1)}
    for row in matrix:
        grown: dict[frozenset[int], Polynomial] = {}
        for used, minor in minors.items():
            for j, entry in enumerate(row):
                if j in used or entry.is_zero() or minor.is_zero():
                    continue
                sign = -1 if sum(k > j for k in used) % 2 else 1
                key = used | {j}
                term = sign * minor * entry
                grown[key] = grown[key] + term if key in grown else term
        check_budget(list(grown.values()), budget)
        minors = grown
    return minors.get(frozenset(range(len(matrix))), ring.constant(0))
