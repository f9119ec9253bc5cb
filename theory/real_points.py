r"""Whether an expression is proved not to vanish, by its value at one admissible point.

The point is rational: numbers within the signs and inequalities that are assumed, matrices of small sizes that are symmetric
or diagonal where that is assumed, and for which assumed equations between products hold exactly.  Traces are then rational
numbers, and what stands around them is evaluated in ball arithmetic over the reals; a ball that does not hold zero is a proof.
A point at which the expression is no real number says nothing and is drawn anew.

>>> from sympy import cos, sin, symbols
>>> x = symbols("x", real=True)
>>> proved_nonzero(sin(x) ** 2 + cos(x) ** 2 - 1), proved_nonzero(sin(x) ** 2 - cos(x) ** 2)
(False, True)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat
from sympy import (
    Abs,
    Add,
    Basic,
    Determinant,
    Eq,
    Expr,
    Function,
    Heaviside,
    Identity,
    Integer,
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
    Q,
    Rational,
    S,
    Symbol,
    Trace,
    Transpose,
    exp,
    log,
    sign,
)
from sympy.assumptions import AppliedPredicate
from sympy.core.relational import Relational
from sympy.matrices.expressions.special import OneMatrix

from theory.ball_matrices import Balls
from theory.nodes.node import Node
from theory.scalars import logistic, softplus
from theory.words import PLAIN, Context

POINTS = 4  # that must all give zero before the search ends
DRAWS = 60  # of points, most of them outside the domain
BITS = 160
SMALLEST = 4  # size of a matrix whose size is a symbol: no relation between traces of few factors holds there
BALLS = frozenset((
    "exp", "log", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch", "asin", "acos",
    "atan", "asinh", "acosh", "atanh", "erf", "erfc",
))  # fmt: skip


class _NoValueError(Exception):
    """No real value here: outside the domain, or nothing that is evaluated."""


def proved_nonzero(expr: Expr, context: Context = PLAIN) -> bool:
    """Whether a scalar expression is proved to be non-zero at some admissible point; False says that no proof was found."""
    rng, tested, precision = np.random.default_rng(0), 0, ctx.prec
    try:
        ctx.prec = BITS
        for draw in range(DRAWS):
            value = _draw_ball(expr, context, rng, others=draw % 2 == 0)
            if value is not None and value != 0:
                return True
            tested += value is not None
            if tested == POINTS:
                break
    finally:
        ctx.prec = precision
    return False


def _draw_ball(expr: Expr, context: Context, rng: np.random.Generator, others: bool) -> arb | None:
    """The ball of an expression at a random point; a ball around zero is zero, and None is no value.

    Matrices that stand in assumed equations alone are zero unless ``others``, so that more equations hold.
    """
    try:
        ball = _evaluate_ball(expr, _draw_point(expr, context, rng, others))
    except (_NoValueError, ZeroDivisionError):
        return None
    if not ball.is_finite():
        return None
    return arb(0) if ball.contains(0) else ball


@dataclass(frozen=True)
class _Point:
    scalars: Mapping[Basic, Any]
    matrices: Mapping[Basic, fmpq_mat]

    def size(self, dimension: Expr) -> int:
        return int(dimension.xreplace(self.scalars))


def _draw_point(expr: Expr, context: Context, rng: np.random.Generator, others: bool) -> _Point:
    statements = context.assumptions
    matrices = sorted(expr.atoms(MatrixSymbol).union(*(a.atoms(MatrixSymbol) for a in statements)), key=str)
    lengths = sorted({s for m in matrices for n in m.shape for s in n.free_symbols}, key=str)
    scalars = {s: Integer(SMALLEST + k) for k, s in enumerate(lengths)}
    used = expr.free_symbols - {*matrices, *lengths}
    for symbol in sorted(used, key=str):
        scalars[symbol] = _draw_number(symbol, statements, rng)
    bounds = [a for a in statements if isinstance(a, Relational) and not a.atoms(MatrixSymbol)]
    if any(a.free_symbols <= set(scalars) and a.xreplace(scalars) != S.true for a in bounds):
        raise _NoValueError
    sizes = _Point(scalars, {})
    values = {m: _draw_matrix(m, statements, sizes, rng, others or m in expr.free_symbols) for m in matrices}
    return _Point(scalars, _solve_equations(statements, values, scalars))


def _draw_number(symbol: Symbol, statements: Iterable, rng: np.random.Generator) -> Rational:
    """A rational number, never zero, of the sign that is assumed of a symbol; large ones and small ones."""
    assumed = {a.function for a in statements if isinstance(a, AppliedPredicate) and a.arguments[0] == symbol}
    if symbol.is_extended_real is False:
        raise _NoValueError
    value = Rational(int(rng.integers(1, 40)), 1 if symbol.is_integer else int(rng.choice([3, 7, 16, 41])))
    if symbol.is_nonnegative or assumed & {Q.positive, Q.nonnegative}:
        return value
    return value * (-1 if symbol.is_nonpositive or assumed & {Q.negative, Q.nonpositive} else int(rng.choice([1, -1])))


def _draw_matrix(m: MatrixSymbol, statements: Iterable, sizes: _Point, rng: np.random.Generator, used: bool) -> fmpq_mat:
    """A random matrix as it is assumed, zero where it is not used; symmetric ones are positive definite."""
    shape = sizes.size(m.rows), sizes.size(m.cols)
    assumed = {a.function for a in statements if isinstance(a, AppliedPredicate) and a.arguments[0] == m}
    if used and not assumed <= {Q.symmetric, Q.diagonal, Q.positive_definite, Q.invertible, Q.square, Q.real_elements}:
        raise _NoValueError
    entries = rng.integers(-3, 4, shape) if used else np.zeros(shape, dtype=int)
    if Q.diagonal in assumed:
        entries = np.diag(rng.integers(1, 9, shape[0])) if used else entries
    elif assumed & {Q.symmetric, Q.positive_definite}:
        entries = entries @ entries.T + np.eye(shape[0], dtype=int) * int(used)
    return fmpq_mat(*shape, [int(e) for e in entries.ravel()])


def _solve_equations(statements: Iterable, values: dict, scalars: Mapping) -> dict:
    """Values for which every assumed equation holds: where one side is a symbol alone, it gets the value of the other."""
    equations = [a for a in statements if isinstance(a, Eq) and isinstance(a.lhs, MatrixExpr)]
    constrained = {a.arguments[0] for a in statements if isinstance(a, AppliedPredicate)}
    for equation in equations:
        for one, other in ((equation.lhs, equation.rhs), (equation.rhs, equation.lhs)):
            if isinstance(one, MatrixSymbol) and one not in constrained and one not in other.free_symbols:
                values[one] = _exact_matrix(other, _Point(scalars, values))
    at = _Point(scalars, values)
    if any(_exact_matrix(a.lhs, at) != _exact_matrix(a.rhs, at) for a in equations):
        raise _NoValueError
    return values


# -- values in balls --------------------------------------------------------------------------------------------------


@singledispatch
def _evaluate_ball(expr: Basic, at: _Point) -> arb:
    raise _NoValueError


@_evaluate_ball.register(Symbol)
def _(expr, at):
    return _evaluate_ball(at.scalars[expr], at)


@_evaluate_ball.register(Rational)
def _(expr, at):
    return arb(fmpq(int(expr.p), int(expr.q)))


@_evaluate_ball.register(type(S.Pi))
def _(expr, at):
    return arb.pi()


@_evaluate_ball.register(type(S.Exp1))
def _(expr, at):
    return arb(1).exp()


@_evaluate_ball.register(Add)
def _(expr, at):
    return sum((_evaluate_ball(a, at) for a in expr.args), arb(0))


@_evaluate_ball.register(Mul)
def _(expr, at):
    product = arb(1)
    for a in expr.args:
        product *= _evaluate_ball(a, at)
    return product


@_evaluate_ball.register(Pow)
def _(expr, at):
    base = _evaluate_ball(expr.base, at)
    if expr.exp.is_Integer:
        if expr.exp < 0 and base.contains(0):
            raise _NoValueError
        return base ** int(expr.exp)
    if not base > 0:
        raise _NoValueError
    return base ** _evaluate_ball(expr.exp, at)


@_evaluate_ball.register(Function)
def _(expr, at):
    name = type(expr).__name__
    if name not in BALLS or len(expr.args) != 1:
        raise _NoValueError
    return getattr(_evaluate_ball(expr.args[0], at), name)()


@_evaluate_ball.register(Abs)
def _(expr, at):
    return abs(_evaluate_ball(expr.args[0], at))


@_evaluate_ball.register(sign)
@_evaluate_ball.register(Heaviside)
def _(expr, at):
    argument = _evaluate_ball(expr.args[0], at)
    if argument.contains(0):
        raise _NoValueError
    return arb(1) if argument > 0 else arb(-1 if isinstance(expr, sign) else 0)


@_evaluate_ball.register(Max)
@_evaluate_ball.register(Min)
def _(expr, at):
    first, *others = (_evaluate_ball(a, at) for a in expr.args)
    for other in others:
        first = first.max(other) if isinstance(expr, Max) else first.min(other)
    return first


@_evaluate_ball.register(logistic)
@_evaluate_ball.register(softplus)
def _(expr, at):
    return _evaluate_ball(expr.rewrite(exp if isinstance(expr, logistic) else log), at)


@_evaluate_ball.register(arb)
def _(expr, at):
    return expr


@_evaluate_ball.register(Trace)
@_evaluate_ball.register(Determinant)
def _(expr, at):
    if isinstance(expr, Determinant) or expr.has(Node):
        balls = _balls(expr.arg, at)
        return balls.det() if isinstance(expr, Determinant) else sum((balls[i, i] for i in range(balls.nrows())), arb(0))
    matrix = _exact_matrix(expr.arg, at)
    return arb(sum((matrix[i, i] for i in range(matrix.nrows())), fmpq(0)))


def _balls(expr: MatrixExpr, at: _Point) -> arb_mat:
    def number(scalar: Expr, bound: Mapping) -> arb:
        return _evaluate_ball(scalar, _Point({**at.scalars, **bound}, at.matrices))

    try:
        return Balls(number, lambda m: _exact_matrix(m, at), at.size).of(expr)
    except TypeError:
        raise _NoValueError from None


# -- exact values of matrices -----------------------------------------------------------------------------------------


def _exact_matrix(expr: MatrixExpr, at: _Point) -> fmpq_mat:
    if isinstance(expr, MatrixSymbol):
        return at.matrices[expr]
    if isinstance(expr, Transpose):
        return _exact_matrix(expr.arg, at).transpose()
    if isinstance(expr, Inverse):
        return _exact_matrix(expr.arg, at).inv()
    if isinstance(expr, MatPow) and expr.exp.is_Integer:
        return _exact_matrix(expr.base if expr.exp >= 0 else Inverse(expr.base), at) ** abs(int(expr.exp))
    if isinstance(expr, MatMul):
        coefficient, factors = expr.as_coeff_matrices()
        product = _exact_matrix(factors[0], at) * _to_fraction(coefficient.xreplace(at.scalars))
        for factor in factors[1:]:
            product *= _exact_matrix(factor, at)
        return product
    if expr.is_MatAdd:
        first, *others = (_exact_matrix(a, at) for a in expr.args)
        return sum(others, first)
    return _constant_matrix(expr, at)


def _constant_matrix(expr: MatrixExpr, at: _Point) -> fmpq_mat:
    shape = at.size(expr.rows), at.size(expr.cols)
    if isinstance(expr, MatrixBase):
        return fmpq_mat(*shape, [_to_fraction(e.xreplace(at.scalars)) for e in expr])
    if expr.is_ZeroMatrix:
        return fmpq_mat(*shape)
    if isinstance(expr, Identity):
        return fmpq_mat(*shape, [int(i == j) for i in range(shape[0]) for j in range(shape[1])])
    if isinstance(expr, OneMatrix):
        return fmpq_mat(*shape, [1] * (shape[0] * shape[1]))
    raise _NoValueError


def _to_fraction(value: Expr) -> fmpq:
    if not value.is_Rational:
        raise _NoValueError
    return fmpq(int(value.p), int(value.q))
