"""Matrix expressions with nodes at a rational point, in ball arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce, singledispatch
from operator import add, mul

from flint import arb, arb_mat
from sympy import Basic, Identity, Inverse, MatAdd, MatMul, MatPow, MatrixExpr, MatrixSymbol, Transpose
from sympy.matrices.expressions.special import OneMatrix

from theory.nodes.elementwise import ENTRY, Elementwise
from theory.nodes.entries import Diagonal, DiagonalPart, Hadamard
from theory.nodes.rows import LogSumExp, Softmax
from theory.nodes.selections import Centring, Selection


class Balls:
    """Balls of matrix expressions at one point.

    ``number`` gives the ball of a scalar expression in which some symbols stand for balls, ``matrix`` the rational matrix of a
    symbol, ``size`` the number of a dimension.
    """

    def __init__(self, number: Callable, matrix: Callable, size: Callable):
        self.number, self.matrix, self.size = number, matrix, size
        self._known: dict[Basic, arb_mat] = {}

    def of(self, expr: MatrixExpr) -> arb_mat:
        """The ball of a matrix; ``TypeError`` of what has none."""
        if expr not in self._known:
            self._known[expr] = _of(expr, self)
        return self._known[expr]


@singledispatch
def _of(expr: Basic, at: Balls) -> arb_mat:
    raise TypeError(f"no ball of {type(expr).__name__}")


def _fill_matrix(rows: int, columns: int, entry: Callable) -> arb_mat:
    return arb_mat(rows, columns, [entry(i, j) for i in range(rows) for j in range(columns)])


@_of.register(MatrixSymbol)
def _(expr, at):
    return arb_mat(at.matrix(expr))


@_of.register(MatAdd)
def _(expr, at):
    return reduce(add, (at.of(a) for a in expr.args))


@_of.register(MatMul)
def _(expr, at):
    coefficient, factors = expr.as_coeff_matrices()
    return reduce(mul, (at.of(f) for f in factors)) * at.number(coefficient, {})


@_of.register(MatPow)
def _(expr, at):
    return reduce(mul, [at.of(expr.base)] * int(expr.exp))


@_of.register(Inverse)
def _(expr, at):
    return at.of(expr.arg).inv()


@_of.register(Transpose)
def _(expr, at):
    return at.of(expr.arg).transpose()


@_of.register(Identity)
@_of.register(OneMatrix)
def _(expr, at):
    ones = isinstance(expr, OneMatrix)
    return _fill_matrix(at.size(expr.rows), at.size(expr.cols), lambda i, j: arb(int(ones or i == j)))


@_of.register(Elementwise)
def _(expr, at):
    inner = at.of(expr.inner)
    return _fill_matrix(inner.nrows(), inner.ncols(), lambda i, j: at.number(expr.body, {ENTRY: inner[i, j]}))


@_of.register(Hadamard)
def _(expr, at):
    first, *others = (at.of(f) for f in expr.args)
    return _fill_matrix(first.nrows(), first.ncols(), lambda i, j: reduce(mul, (f[i, j] for f in others), first[i, j]))


@_of.register(Diagonal)
def _(expr, at):
    column = at.of(expr.args[0])
    return _fill_matrix(column.nrows(), column.nrows(), lambda i, j: column[i, 0] if i == j else arb(0))


@_of.register(DiagonalPart)
def _(expr, at):
    square = at.of(expr.args[0])
    return _fill_matrix(square.nrows(), 1, lambda i, j: square[i, i])


@_of.register(Softmax)
def _(expr, at):
    inner = at.of(expr.args[0])
    sums = [_sum_of_exponentials(inner, i) for i in range(inner.nrows())]
    return _fill_matrix(inner.nrows(), inner.ncols(), lambda i, j: inner[i, j].exp() / sums[i])


@_of.register(LogSumExp)
def _(expr, at):
    inner = at.of(expr.args[0])
    return _fill_matrix(inner.nrows(), 1, lambda i, j: _sum_of_exponentials(inner, i).log())


def _sum_of_exponentials(inner: arb_mat, row: int) -> arb:
    return reduce(add, (inner[row, j].exp() for j in range(inner.ncols())))


@_of.register(Selection)
def _(expr, at):
    size, first, count, step = map(at.size, expr.args)
    return _fill_matrix(size, count, lambda i, j: arb(int(i == first + j * step)))


@_of.register(Centring)
def _(expr, at):
    n = at.size(expr.args[0])
    return _fill_matrix(n, n, lambda i, j: arb(int(i == j)) - arb(1) / n)
