"""What stands in a product of a schedule: symbols and their transposes, diagonal matrices, ones, sums that stay open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sympy import (
    Basic,
    DiagMatrix,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    S,
    Transpose,
    ZeroMatrix,
    default_sort_key,
)
from sympy.matrices.expressions.special import OneMatrix

from theory.nodes.entries import Diagonal
from theory.nodes.selections import Centring, Constant


def with_thin_ones(factors: Sequence[MatrixExpr]) -> Iterator[MatrixExpr]:
    """Factors with a column times a row for each matrix of ones."""
    for factor in factors:
        thin = len(factors) == 1 or not isinstance(factor, OneMatrix) or 1 in factor.shape
        yield from (factor,) if thin else (OneMatrix(factor.rows, 1), OneMatrix(1, factor.cols))


def transpose_operand(operand: Basic) -> Basic:
    """The transpose of an operand."""
    if isinstance(operand, Transpose):
        return operand.arg
    if isinstance(operand, OneMatrix):
        return OneMatrix(operand.cols, operand.rows)
    if isinstance(operand, MatAdd):
        return in_order(map(_transpose_term, operand.args))
    return operand if isinstance(operand, DiagMatrix | Identity | Centring) else Transpose(operand)


def all_turned(operands: Sequence[Basic]) -> list[Basic] | None:
    """The transposes of operands that are transposes themselves, or diagonal; an operation on these has both senses."""
    if not any(isinstance(o, Transpose) for o in operands):
        return None
    return (
        [*map(transpose_operand, operands)]
        if all(isinstance(o, Transpose | DiagMatrix | Identity | OneMatrix) for o in operands)
        else None
    )


def _transpose_term(term: Basic) -> Basic:
    """The transpose of a term of a sum that stays open."""
    coefficient, factors = term.as_coeff_matrices() if isinstance(term, MatMul) else (S.One, [term])
    return MatMul(coefficient, *map(transpose_operand, reversed(factors)), evaluate=False)


def in_order(terms: Iterable[Basic]) -> MatAdd:
    """A sum as it is, its terms in one order."""
    products = (t if isinstance(t, MatMul) else MatMul(S.One, t, evaluate=False) for t in terms)
    return MatAdd(*sorted(products, key=default_sort_key), evaluate=False)


def symbol_of(operand: Basic) -> Basic:
    """The symbol of an operand, whichever way it is turned."""
    return operand.args[0] if isinstance(operand, Transpose | DiagMatrix) else operand


def scales(operand: Basic) -> bool:
    """Whether a product with an operand is no more work than copies."""
    return isinstance(operand.arg if isinstance(operand, Transpose) else operand, DiagMatrix | Constant | MatAdd)


def is_not_made(operand: Basic) -> bool:
    """Whether an operand is no array: ones, which are put in where they are read, open sums, selections."""
    return isinstance(operand.arg if isinstance(operand, Transpose) else operand, OneMatrix | MatAdd | Constant)


def is_made(factor: Basic) -> bool:
    """Whether a factor is an array that is made entry by entry."""
    inner = factor.arg if isinstance(factor, Transpose) else factor
    return not isinstance(inner, MatrixSymbol | DiagMatrix | Diagonal | Constant | Identity | OneMatrix | ZeroMatrix | MatAdd)
