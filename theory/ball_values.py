r"""Values at a rational point: those of matrices exactly, of scalars around their traces in ball arithmetic over the reals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat
from sympy import (
    Abs,
    Add,
    Basic,
    Determinant,
    Expr,
    Function,
    Heaviside,
    Identity,
    Inverse,
    MatMul,
    MatPow,
    MatrixBase,
    MatrixExpr,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    Trace,
    Transpose,
    exp,
    log,
    sign,
)
from sympy.matrices.expressions.special import OneMatrix

from theory.ball_matrices import Balls
from theory.nodes.node import Node
from theory.scalars import logistic, softplus

BALLS = frozenset((
    "exp", "log", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch", "asin", "acos",
    "atan", "asinh", "acosh", "atanh", "erf", "erfc",
))  # fmt: skip


class NoValueError(Exception):
    """No real value here: outside the domain, or nothing that is evaluated."""


@dataclass(frozen=True)
class ExactPoint:
    """Numbers of scalars, sizes among them, and matrices of fractions."""

    scalars: Mapping[Basic, Any]
    matrices: Mapping[Basic, fmpq_mat]
    known: dict[Basic, arb] = field(default_factory=dict, compare=False)

    def size(self, dimension: Expr) -> int:
        return int(dimension.xreplace(self.scalars))


def evaluate_ball(expr: Basic, at: ExactPoint) -> arb:
    """A ball that holds the value of a scalar, each part of it evaluated once at a point."""
    if expr not in at.known:
        at.known[expr] = _ball_of(expr, at)
    return at.known[expr]


@singledispatch
def _ball_of(expr: Basic, at: ExactPoint) -> arb:
    raise NoValueError


@_ball_of.register(Symbol)
def _(expr, at):
    value = at.scalars[expr]
    return value if isinstance(value, arb) else evaluate_ball(value, at)


@_ball_of.register(Rational)
def _(expr, at):
    return arb(fmpq(int(expr.p), int(expr.q)))


@_ball_of.register(type(S.Pi))
def _(expr, at):
    return arb.pi()


@_ball_of.register(type(S.Exp1))
def _(expr, at):
    return arb(1).exp()


@_ball_of.register(Add)
def _(expr, at):
    return sum((evaluate_ball(a, at) for a in expr.args), arb(0))


@_ball_of.register(Mul)
def _(expr, at):
    product = arb(1)
    for a in expr.args:
        product *= evaluate_ball(a, at)
    return product


@_ball_of.register(Pow)
def _(expr, at):
    base = evaluate_ball(expr.base, at)
    if expr.exp.is_Integer:
        if expr.exp < 0 and base.contains(0):
            raise NoValueError
        return base ** int(expr.exp)
    if not base > 0:
        raise NoValueError
    return base ** evaluate_ball(expr.exp, at)


@_ball_of.register(Function)
def _(expr, at):
    name = type(expr).__name__
    if name not in BALLS or len(expr.args) != 1:
        raise NoValueError
    return getattr(evaluate_ball(expr.args[0], at), name)()


@_ball_of.register(Abs)
def _(expr, at):
    return abs(evaluate_ball(expr.args[0], at))


@_ball_of.register(sign)
@_ball_of.register(Heaviside)
def _(expr, at):
    argument = evaluate_ball(expr.args[0], at)
    if argument.contains(0):
        raise NoValueError
    return arb(1) if argument > 0 else arb(-1 if isinstance(expr, sign) else 0)


@_ball_of.register(Max)
@_ball_of.register(Min)
def _(expr, at):
    first, *others = (evaluate_ball(a, at) for a in expr.args)
    for other in others:
        first = first.max(other) if isinstance(expr, Max) else first.min(other)
    return first


@_ball_of.register(logistic)
@_ball_of.register(softplus)
def _(expr, at):
    return evaluate_ball(expr.rewrite(exp if isinstance(expr, logistic) else log, deep=False), at)


@_ball_of.register(Trace)
@_ball_of.register(Determinant)
def _(expr, at):
    if isinstance(expr, Determinant) or expr.has(Node):
        balls = _balls(expr.arg, at)
        return balls.det() if isinstance(expr, Determinant) else sum((balls[i, i] for i in range(balls.nrows())), arb(0))
    matrix = exact_matrix(expr.arg, at)
    return arb(sum((matrix[i, i] for i in range(matrix.nrows())), fmpq(0)))


def _balls(expr: MatrixExpr, at: ExactPoint) -> arb_mat:
    def number(scalar: Expr, bound: Mapping) -> arb:
        return evaluate_ball(scalar, ExactPoint({**at.scalars, **bound}, at.matrices))

    try:
        return Balls(number, lambda m: exact_matrix(m, at), at.size).of(expr)
    except TypeError:
        raise NoValueError from None


# -- exact values of matrices -----------------------------------------------------------------------------------------


def exact_matrix(expr: MatrixExpr, at: ExactPoint) -> fmpq_mat:
    """The value of a matrix that is made of sums, products, transposes and inverses."""
    if isinstance(expr, MatrixSymbol):
        return at.matrices[expr]
    if isinstance(expr, Transpose):
        return exact_matrix(expr.arg, at).transpose()
    if isinstance(expr, Inverse):
        return exact_matrix(expr.arg, at).inv()
    if isinstance(expr, MatPow) and expr.exp.is_Integer:
        return exact_matrix(expr.base if expr.exp >= 0 else Inverse(expr.base), at) ** abs(int(expr.exp))
    if isinstance(expr, MatMul):
        coefficient, factors = expr.as_coeff_matrices()
        product = exact_matrix(factors[0], at) * _to_fraction(coefficient.xreplace(at.scalars))
        for factor in factors[1:]:
            product *= exact_matrix(factor, at)
        return product
    if expr.is_MatAdd:
        first, *others = (exact_matrix(a, at) for a in expr.args)
        return sum(others, first)
    return _constant_matrix(expr, at)


def _constant_matrix(expr: MatrixExpr, at: ExactPoint) -> fmpq_mat:
    shape = at.size(expr.rows), at.size(expr.cols)
    if isinstance(expr, MatrixBase):
        return fmpq_mat(*shape, [_to_fraction(e.xreplace(at.scalars)) for e in expr])
    if expr.is_ZeroMatrix:
        return fmpq_mat(*shape)
    if isinstance(expr, Identity):
        return fmpq_mat(*shape, [int(i == j) for i in range(shape[0]) for j in range(shape[1])])
    if isinstance(expr, OneMatrix):
        return fmpq_mat(*shape, [1] * (shape[0] * shape[1]))
    raise NoValueError


def _to_fraction(value: Expr) -> fmpq:
    if not value.is_Rational:
        raise NoValueError
    return fmpq(int(value.p), int(value.q))
