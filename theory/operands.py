"""What stands in a product of a schedule: symbols, transposed or not, diagonal matrices, ones, open sums; and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sympy import (
    Basic,
    Determinant,
    DiagMatrix,
    Expr,
    Identity,
    Integer,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    S,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
    default_sort_key,
    log,
)
from sympy.matrices.expressions.special import OneMatrix

from theory.nodes.algebra import terms_of, times
from theory.nodes.entries import Diagonal
from theory.nodes.selections import Centring, Constant
from theory.words import Polynomial, add_term


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


def turned_run(run: Sequence[Basic]) -> tuple[Basic, ...]:
    """The factors of the transpose of a product."""
    return tuple(map(transpose_operand, reversed(run)))


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
    coefficient, factors = _number_and_factors(term)
    return MatMul(coefficient, *map(transpose_operand, reversed(factors)), evaluate=False)


def in_order(terms: Iterable[Basic]) -> MatAdd:
    """A sum as it is, its terms in one order and each with one number in front."""
    numbered = ((coefficient, *factors) for coefficient, factors in map(_number_and_factors, terms))
    return MatAdd(*sorted((MatMul(*term, evaluate=False) for term in numbered), key=default_sort_key), evaluate=False)


def _number_and_factors(term: Basic) -> tuple[Expr, Sequence[Basic]]:
    return term.as_coeff_matrices() if isinstance(term, MatMul) else (S.One, [term])


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


def numbers_of_matrices(expr: Basic) -> Iterator[Expr]:
    """The outermost traces and determinants of a scalar, and logarithms of determinants."""
    if isinstance(expr, Trace | Determinant) or (isinstance(expr, log) and isinstance(expr.args[0], Determinant)):
        yield expr
    else:
        for a in expr.args:
            yield from numbers_of_matrices(a)


def runs_of(best: Mapping, i: int, j: int) -> Iterator[tuple[int, int]]:
    """The runs of operands whose products are made, those that cost nothing without what they are made of."""
    yield i, j
    if best[i, j][0] > 0:
        k = best[i, j][1]
        yield from (*runs_of(best, i, k), *runs_of(best, k + 1, j))


class Sizes:
    """Dimensions as numbers, and what products cost at these."""

    def __init__(self, sizes: Mapping[Symbol, int]):
        self.sizes = {s: Integer(n) for s, n in sizes.items()}

    def dimension_size(self, dimension: Expr) -> int:
        return int(dimension.xreplace(self.sizes))

    def count_entries(self, operand: Basic) -> int:
        rows, columns = map(self.dimension_size, operand.shape)
        return rows if isinstance(operand, DiagMatrix) else rows * columns

    def stays_open(self, factor: MatrixExpr, bound: int) -> bool:
        """Whether a factor is a sum of more entries than ``bound``, none of whose terms has a factor that is so large."""
        if not isinstance(factor, MatAdd) or self.count_entries(factor) <= bound:
            return False
        inner = (f for term in factor.args for f in (term.as_coeff_matrices()[1] if isinstance(term, MatMul) else [term]))
        return not any(is_made(f) and self.count_entries(f) >= self.count_entries(factor) for f in inner)

    def entries_of_run(self, operands: list[Basic], i: int, j: int) -> int:
        if all(isinstance(o, DiagMatrix) for o in operands[i : j + 1]):
            return self.dimension_size(operands[i].rows)
        return self.dimension_size(operands[i].rows) * self.dimension_size(operands[j].cols)

    def product_cost(self, operands: list[Basic], i: int, k: int, j: int) -> float:
        rows, inner, columns = map(self.dimension_size, (operands[i].rows, operands[k].cols, operands[j].cols))
        is_copy = all(map(scales, operands[i : k + 1])) != all(map(scales, operands[k + 1 : j + 1]))
        is_copy |= all(isinstance(o, DiagMatrix) for o in operands[i : j + 1])
        return rows * columns * (1 if is_copy else 2 * inner)

    def thin_words(self, terms: Polynomial) -> Polynomial:
        """Words without sums that are larger than all else."""
        found: Polynomial = {}
        for word, coefficient in terms.items():
            sizes = [self.dimension_size(f.rows) for f in word]
            bound = min(sizes, default=1) * max(sizes, default=1)
            place = next((i for i, f in enumerate(word) if self.stays_open(f, bound)), None)
            if place is None:
                add_term(found, word, coefficient)
                continue
            for term in word[place].args:
                inner = terms_of(times(*word[:place], term, *word[place + 1 :]))
                for w, c in self.thin_words(inner).items():
                    add_term(found, w, coefficient * c)
        return found
