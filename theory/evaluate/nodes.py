"""Nodes of losses evaluated entry by entry, as they are defined, without their differentials and their lowering."""

from __future__ import annotations

import mpmath
import numpy as np
from sympy import Determinant, DiagMatrix, DiagonalMatrix, DiagonalOf, DotProduct, HadamardPower, HadamardProduct
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.slice import MatrixSlice

from theory.abridging import brief
from theory.evaluate.core import NoEvaluationError, evaluate, mpf_array
from theory.nodes.elementwise import ENTRY, Elementwise
from theory.nodes.entries import Diagonal, DiagonalPart, Hadamard
from theory.nodes.rows import LogSumExp, Softmax
from theory.nodes.selections import Centring, Selection
from theory.scalars import logistic, softplus


def _by_entries(shape, entry) -> np.ndarray:
    return mpf_array([[entry(i, j) for j in range(shape[1])] for i in range(shape[0])])


@evaluate.register(logistic)
def _(expr, at):
    return 1 / (1 + mpmath.exp(-evaluate(expr.args[0], at)))


@evaluate.register(softplus)
def _(expr, at):
    return mpmath.log(1 + mpmath.exp(evaluate(expr.args[0], at)))


@evaluate.register(Elementwise)
def _(expr, at):
    inner = evaluate(expr.inner, at)
    return _real_entries(expr, inner.shape, lambda i, j: evaluate(expr.body, at | {ENTRY: inner[i, j]}))


@evaluate.register(ElementwiseApplyFunction)
def _(expr, at):
    inner = evaluate(expr.expr, at)
    return _real_entries(expr, inner.shape, lambda i, j: evaluate(expr.function(ENTRY), at | {ENTRY: inner[i, j]}))


@evaluate.register(HadamardPower)
def _(expr, at):
    base, power = (evaluate(a, at) for a in expr.args)
    return _real_entries(expr, base.shape, lambda i, j: mpmath.power(base[i, j], power))


def _real_entries(expr, shape, entry) -> np.ndarray:
    values = [[entry(i, j) for j in range(shape[1])] for i in range(shape[0])]
    if any(mpmath.im(x) != 0 for row in values for x in row):
        raise NoEvaluationError(f"{brief(expr)} is not real here")
    return mpf_array([[mpmath.re(x) for x in row] for row in values])


@evaluate.register(Hadamard)
@evaluate.register(HadamardProduct)
def _(expr, at):
    factors = [evaluate(a, at) for a in expr.args]
    return _by_entries(factors[0].shape, lambda i, j: mpmath.fprod(f[i, j] for f in factors))


@evaluate.register(Diagonal)
@evaluate.register(DiagMatrix)
def _(expr, at):
    values = evaluate(expr.args[0], at).reshape(-1)
    return _by_entries((len(values), len(values)), lambda i, j: values[i] if i == j else 0)


@evaluate.register(DiagonalPart)
@evaluate.register(DiagonalOf)
def _(expr, at):
    square = evaluate(expr.args[0], at)
    return mpf_array([[square[i, i]] for i in range(len(square))])


@evaluate.register(DiagonalMatrix)
def _(expr, at):
    square = evaluate(expr.args[0], at)
    return _by_entries(square.shape, lambda i, j: square[i, j] if i == j else 0)


@evaluate.register(Softmax)
def _(expr, at):
    weights = [[mpmath.exp(x) for x in row] for row in evaluate(expr.args[0], at)]
    return mpf_array([[x / mpmath.fsum(row) for x in row] for row in weights])


@evaluate.register(LogSumExp)
def _(expr, at):
    return mpf_array([[mpmath.log(mpmath.fsum(map(mpmath.exp, row)))] for row in evaluate(expr.args[0], at)])


@evaluate.register(Determinant)
def _(expr, at):
    return mpmath.det(mpmath.matrix(evaluate(expr.arg, at).tolist()))


@evaluate.register(DotProduct)
def _(expr, at):
    left, right = (evaluate(a, at).reshape(-1) for a in expr.args)
    return mpmath.fsum(x * y for x, y in zip(left, right, strict=True))


@evaluate.register(MatrixSlice)
def _(expr, at):
    rows, columns = (slice(*(int(evaluate(n, at)) for n in run)) for run in (expr.rowslice, expr.colslice))
    return evaluate(expr.parent, at)[rows, columns]


@evaluate.register(Selection)
def _(expr, at):
    size, first, count, step = (int(evaluate(a, at)) for a in expr.args)
    return _by_entries((size, count), lambda i, j: int(i == first + j * step))


@evaluate.register(Centring)
def _(expr, at):
    n = int(evaluate(expr.args[0], at))
    return _by_entries((n, n), lambda i, j: int(i == j) - mpmath.mpf(1) / n)
