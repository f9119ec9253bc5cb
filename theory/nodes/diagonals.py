r"""Diagonals in both senses: the diagonal matrix of a column, and the column of a diagonal."""

from __future__ import annotations

from sympy import Identity, MatrixExpr, S, ZeroMatrix
from sympy.matrices.expressions.special import OneMatrix

from theory.nodes.algebra import order, plus, terms_of, times, transposed
from theory.nodes.node import Node, matrix, require_column, require_square
from theory.nodes.operations import DiagonalColumn, DiagonalVector, RowSumsOfProduct
from theory.words import monomial


class Diagonal(Node):
    """The diagonal matrix of a column.  It is never built: in NumPy it scales rows or columns.

    >>> from sympy import MatrixSymbol
    >>> v = MatrixSymbol("v", 3, 1)
    >>> Diagonal(2 * v), Diagonal(OneMatrix(3, 1)), DiagonalPart(Diagonal(v))
    (2*diag(v), I, v)
    """

    is_symmetric_node = True
    written = "diag({})", r"\operatorname{{diag}}\left({}\right)"

    def __new__(cls, column: MatrixExpr):
        terms = terms_of(column)
        if not terms:
            return ZeroMatrix(column.rows, column.rows)
        if len(terms) > 1:
            return cls.made(column)
        ((word, number),) = terms.items()
        if not word or (len(word) == 1 and isinstance(word[0], OneMatrix)):
            return times(number, Identity(column.rows))
        return times(number, cls.made(monomial(word)))

    shape = property(lambda self: (self.args[0].rows, self.args[0].rows))

    def differential(self, *steps):
        return Diagonal(*steps)

    def adjoint(self, slope):
        return (DiagonalPart(slope),)

    def lowered(self, schedule):
        return schedule.emit(DiagonalVector(schedule.operand(self.args[0])), self.shape, diagonal=True)

    def sums(self):
        return self.args[0]


class DiagonalPart(Node):
    r"""The column of the diagonal of a square matrix, of :math:`AB` as the sums of :math:`A\circ B^T`."""

    written = "diagonal({})", r"\operatorname{{diag}}\left({}\right)"

    def __new__(cls, of: MatrixExpr):
        terms = terms_of(of)
        if not terms:
            return ZeroMatrix(of.rows, 1)
        return plus(*(times(number, _diagonal_of(word, of.rows)) for word, number in terms.items()))

    shape = property(lambda self: (self.args[0].rows, S.One))

    def differential(self, *steps):
        return DiagonalPart(*steps)

    def adjoint(self, slope):
        return (Diagonal(slope),)

    def lowered(self, schedule):
        if (halves := schedule.halves(self.args[0])) is None:
            return schedule.emit(DiagonalColumn(schedule.operand(self.args[0])), self.shape)
        return schedule.emit(RowSumsOfProduct(*halves), self.shape)


def diagonal_matrix(column: MatrixExpr) -> MatrixExpr:
    """The diagonal matrix of a column, of shape (n, n)."""
    column = matrix(column, "as diagonal")
    require_column(column, "as diagonal")
    return Diagonal(column)


def diagonal_of(square: MatrixExpr) -> MatrixExpr:
    """The diagonal of a square matrix as a column, of shape (n, 1)."""
    square = matrix(square, "of which the diagonal is taken")
    require_square(square, "of which the diagonal is taken")
    return DiagonalPart(square)


def _diagonal_of(word, rows) -> MatrixExpr:
    if not word:
        return OneMatrix(rows, 1)
    first, last = word[0], word[-1]
    if isinstance(first, Diagonal):
        return _entrywise(first.args[0], DiagonalPart(times(Identity(rows), *word[1:])))
    if isinstance(last, Diagonal):
        return _entrywise(last.args[0], DiagonalPart(times(*word[:-1])))
    if len(word) == 1 and isinstance(first, OneMatrix):
        return OneMatrix(rows, 1)
    cut = next((i for i in range(1, len(word)) if word[i].rows == 1), None)
    if cut:
        return _entrywise(times(*word[:cut]), transposed(times(*word[cut:])))
    backwards = tuple(transposed(f) for f in reversed(word))
    return DiagonalPart.made(monomial(min(word, backwards, key=order)))


def _entrywise(one: MatrixExpr, other: MatrixExpr) -> MatrixExpr:
    from theory.nodes.hadamard import Hadamard

    return Hadamard(one, other)
