"""Small changes that cost nothing, taken out of a linear flow."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Matrix, cancel, eye


def take_out(matrix: Matrix, null: Iterable[Matrix]) -> tuple[Matrix, int]:
    r"""A matrix on what is left of its space once null vectors are taken out, and how many of them are independent.

    With :math:`Mv=0` and :math:`v_i\ne0` the numbers :math:`x_j-(v_j/v_i)x_i` move by themselves, by
    :math:`M_{jk}-(v_j/v_i)M_{ik}`.
    """
    count, vectors = 0, [v.applyfunc(cancel) for v in null]
    if any(not (matrix * v).applyfunc(cancel).is_zero_matrix for v in vectors):
        raise ArithmeticError("a change that should cost nothing moves")
    while vectors:
        vector, *vectors = vectors
        pivot = next((i for i, x in enumerate(vector) if x != 0), None)
        if pivot is not None:
            rows = [j for j in range(matrix.rows) if j != pivot]
            left = eye(matrix.rows)
            left[:, pivot] = -vector / vector[pivot]
            left = left[rows, :]
            matrix, vectors = (left * matrix)[:, rows].applyfunc(cancel), [(left * v).applyfunc(cancel) for v in vectors]
            count += 1
    return matrix, count
