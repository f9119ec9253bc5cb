r"""A loss of matrices as an expression in their entries, for few of them: what the engine solves and linearises.

>>> from sympy import Matrix, Symbol, symbols
>>> from theory.models import vicreg
>>> from theory.models.vocabulary import D_x, D_y, J, X, Y
>>> x, y = symbols("x y", real=True)
>>> half = Matrix([[1, 0], [0, 1]]) / 2
>>> energy = write_out(vicreg().expression, {X: Matrix([[x, -x]]), Y: Matrix([[y, -y]]), J: half, D_x: half, D_y: half})
>>> print(energy.coeff(Symbol("alpha", positive=True), 0).factor())
(x - y)**2
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce, singledispatch
from operator import add, mul

from sympy import Basic, Expr, Identity, ImmutableMatrix, MatAdd, MatMul, MatrixExpr, MatrixSymbol, Trace, Transpose, eye, ones
from sympy.matrices.expressions.special import OneMatrix

from theory.nodes.elementwise import ENTRY, Elementwise
from theory.nodes.entries import Diagonal, DiagonalPart, Hadamard


def write_out(expression: Expr, values: Mapping[MatrixSymbol, ImmutableMatrix]) -> Expr:
    """An expression whose matrices have these entries.

    Shapes follow from them; a factor in front of a matrix that is the size of one keeps its letter.

    Raises
    ------
    TypeError
        for an operation that is none of sums, products, transposes, diagonals, products of entries and functions of them.
    """
    sizes = {size: number for symbol, value in values.items() for size, number in zip(symbol.shape, value.shape, strict=True)}
    return _entries_of(expression, {**sizes, **values})


@singledispatch
def _entries_of(expr: Basic, at: Mapping):
    if isinstance(expr, MatrixExpr):
        raise TypeError(f"no entries of {type(expr).__name__} are known")
    return expr.func(*(_entries_of(a, at) for a in expr.args)) if expr.args else expr


@_entries_of.register(MatrixSymbol)
def _(expr, at):
    return at[expr]


@_entries_of.register(Identity)
@_entries_of.register(OneMatrix)
def _(expr, at):
    rows, columns = (size.subs(at) for size in expr.shape)
    return (ones(rows, columns) if isinstance(expr, OneMatrix) else eye(rows)).as_immutable()


@_entries_of.register(Trace)
def _(expr, at):
    return _entries_of(expr.arg, at).trace()


@_entries_of.register(Transpose)
def _(expr, at):
    return _entries_of(expr.arg, at).T


@_entries_of.register(MatMul)
def _(expr, at):
    return reduce(mul, (_entries_of(a, at) for a in expr.args))


@_entries_of.register(MatAdd)
def _(expr, at):
    return reduce(add, (_entries_of(a, at) for a in expr.args))


@_entries_of.register(Elementwise)
def _(expr, at):
    body = _entries_of(expr.body, at)
    return _entries_of(expr.inner, at).applyfunc(lambda entry: body.xreplace({ENTRY: entry.expand()}))


@_entries_of.register(Hadamard)
def _(expr, at):
    return reduce(lambda a, b: a.multiply_elementwise(b), (_entries_of(a, at) for a in expr.args))


@_entries_of.register(Diagonal)
def _(expr, at):
    return ImmutableMatrix.diag(*_entries_of(expr.args[0], at))


@_entries_of.register(DiagonalPart)
def _(expr, at):
    return _entries_of(expr.args[0], at).diagonal().T
