"""Shapes that agree, inside expressions that SymPy does not check: with letters for dimensions it takes every product."""

from __future__ import annotations

from itertools import pairwise

from sympy import Add, Basic, Determinant, HadamardProduct, Inverse, MatAdd, MatMul, MatPow, Mul, Pow, Trace

from theory.errors import InputError, quote_value
from theory.nodes.entries import Hadamard

SQUARE = (Trace, Inverse, Determinant, MatPow)
ALIKE = (MatAdd, HadamardProduct, Hadamard)


def require_shapes(expr: Basic) -> None:
    """Shapes of factors, terms and products of entries that agree, or a sentence.

    Raises
    ------
    InputError
        for matrices whose shapes do not agree, and for sums of matrices and scalars.
    """
    seen, waiting = set(), [expr]
    while waiting:
        part = waiting.pop()
        if part not in seen:
            seen.add(part)
            _require_shape(part)
            waiting += part.args


def _require_shape(part: Basic) -> None:
    if isinstance(part, MatMul):
        factors = [a for a in part.args if a.is_Matrix]
        for left, right in pairwise(factors):
            if left.cols != right.rows:
                _refuse(part, "factors whose shapes agree", left, right)
    elif isinstance(part, ALIKE):
        for other in part.args[1:]:
            if other.shape != part.args[0].shape:
                _refuse(part, "matrices of one shape", part.args[0], other)
    elif isinstance(part, SQUARE):
        if part.args[0].rows != part.args[0].cols:
            _refuse(part, "a square matrix", part.args[0])
    elif isinstance(part, Add | Mul | Pow) and any(getattr(a, "is_Matrix", False) for a in part.args):
        matrix = next(a for a in part.args if getattr(a, "is_Matrix", False))
        _refuse(part, "scalars", matrix)


def _refuse(part: Basic, expected: str, *matrices: Basic) -> None:
    got = " and ".join(f"{quote_value(m, 200)} of shape {m.shape}" for m in matrices)
    raise InputError(f"{expected} in {quote_value(part, 200)}", got, "match the shapes, or transpose a matrix")
