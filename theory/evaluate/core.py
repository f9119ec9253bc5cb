"""Expressions evaluated at a point, in mpmath at any precision and by nothing but their definition.

This is the oracle of the checks: it shares no code with the calculus or the lowering.  Matrices are NumPy arrays of
``mpf``; sums over entries are done term by term; a stop-gradient marker can be held at another point, which is what a
frozen target is.  What has no evaluation here is a gap of the oracle, never a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.special import OneMatrix

from theory.abridging import brief
from theory.stopgrad import StopGradient, StopGradientMatrix

FUNCTIONS = frozenset((
    "exp", "log", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch", "asin", "acos",
    "atan", "acot", "asec", "acsc", "asinh", "acosh", "atanh", "acoth", "asech", "acsch", "erf", "erfc",
))  # fmt: skip
# those that the calculus differentiates; mpmath has them under the same names
RELATIONS = {sympy.Gt: gt, sympy.Ge: ge, sympy.Lt: lt, sympy.Le: le, sympy.Eq: eq, sympy.Ne: ne}
Values = Mapping[sympy.Basic, Any]


class NoEvaluationError(TypeError):
    """An expression that the oracle cannot evaluate, or that is no number."""


@dataclass(frozen=True)
class Point:
    """Values of symbols (numbers, and arrays of ``mpf`` for matrices); ``frozen`` holds those that markers see, if others."""

    values: Values
    frozen: Values = field(default_factory=dict)

    def with_state(self, changes: Values) -> Point:
        """The point with some values changed and the markers held where they were."""
        return Point({**self.values, **changes}, {**self.values, **self.frozen})

    def with_targets(self, changes: Values) -> Point:
        """The point with some values changed for the markers only."""
        return Point(self.values, {**self.values, **self.frozen, **changes})

    def __or__(self, changes: Values) -> Point:
        """The point with some values changed, for the markers too."""
        return Point({**self.values, **changes}, {**self.frozen, **changes} if self.frozen else {})

    @property
    def targets(self) -> Point:
        """The point as the markers see it."""
        return Point(self.frozen or self.values)


@singledispatch
def evaluate(expr: sympy.Basic, at: Point):
    """The value of a scalar or matrix expression at a point, to the working precision of mpmath.

    Raises
    ------
    NoEvaluationError
        for an expression that has no evaluation here.
    KeyError
        for a symbol without a value.
    """
    raise NoEvaluationError(f"no evaluation of {type(expr).__name__}: {brief(expr)}")


@evaluate.register(sympy.Symbol)
@evaluate.register(sympy.MatrixSymbol)
def _(expr, at):
    return at.values[expr]


@evaluate.register(sympy.Rational)
def _(expr, at):
    return mpmath.mpf(int(expr.p)) / int(expr.q)


@evaluate.register(sympy.Float)
def _(expr, at):
    if not expr.is_finite:
        raise NoEvaluationError(f"{brief(expr)} is no number")
    return mpmath.mpf(expr._mpf_)


@evaluate.register(sympy.NumberSymbol)
def _(expr, at):
    return mpmath.mpf(expr.evalf(mpmath.mp.dps + 5))


@evaluate.register(type(sympy.I))
def _(_expr, _at):
    return mpmath.mpc(0, 1)


@evaluate.register(sympy.Add)
def _(expr, at):
    return mpmath.fsum(evaluate(a, at) for a in expr.args)


@evaluate.register(sympy.Mul)
def _(expr, at):
    return mpmath.fprod(evaluate(a, at) for a in expr.args)


@evaluate.register(sympy.Pow)
def _(expr, at):
    return mpmath.power(evaluate(expr.base, at), evaluate(expr.exp, at))


@evaluate.register(sympy.Function)
def _(expr, at):
    name = type(expr).__name__
    if name not in FUNCTIONS:
        raise NoEvaluationError(f"no evaluation of {name}: {brief(expr)}")
    return getattr(mpmath, name)(*(evaluate(a, at) for a in expr.args))


@evaluate.register(sympy.Abs)
def _(expr, at):
    return mpmath.fabs(evaluate(expr.args[0], at))


@evaluate.register(sympy.sign)
def _(expr, at):
    return mpmath.sign(evaluate(expr.args[0], at))


@evaluate.register(sympy.Heaviside)
def _(expr, at):
    argument = _real(expr.args[0], at)
    return evaluate(expr.args[1], at) if argument == 0 else mpmath.mpf(argument > 0)


@evaluate.register(sympy.DiracDelta)
def _(expr, at):
    if _real(expr.args[0], at) == 0:
        raise NoEvaluationError(f"{brief(expr)} is no number at its pole")
    return mpmath.mpf(0)


@evaluate.register(sympy.Max)
@evaluate.register(sympy.Min)
def _(expr, at):
    return (max if isinstance(expr, sympy.Max) else min)(_real(a, at) for a in expr.args)


@evaluate.register(sympy.Piecewise)
def _(expr, at):
    for value, condition in expr.args:
        if _holds(condition, at):
            return evaluate(value, at)
    raise NoEvaluationError(f"no case of {brief(expr)} holds here")


def _real(expr: sympy.Basic, at: Point):
    value = evaluate(expr, at)
    if mpmath.im(value) != 0:
        raise NoEvaluationError(f"{brief(expr)} is not real here, and its sign is asked for")
    return mpmath.re(value)


def _holds(condition: sympy.Basic, at: Point) -> bool:
    if condition in (True, False):
        return bool(condition)
    if isinstance(condition, sympy.And | sympy.Or):
        return (all if isinstance(condition, sympy.And) else any)(_holds(a, at) for a in condition.args)
    if isinstance(condition, sympy.Not):
        return not _holds(condition.args[0], at)
    if type(condition) not in RELATIONS:
        raise NoEvaluationError(f"no evaluation of the condition {brief(condition)}")
    return bool(RELATIONS[type(condition)](_real(condition.lhs, at), _real(condition.rhs, at)))


@evaluate.register(sympy.Sum)
def _(expr, at):
    index, first, last = expr.limits[-1]
    inner = sympy.Sum(expr.function, *expr.limits[:-1]) if len(expr.limits) > 1 else expr.function
    numbers = range(int(evaluate(first, at)), int(evaluate(last, at)) + 1)
    return mpmath.fsum(evaluate(inner, at | {index: number}) for number in numbers)


@evaluate.register(MatrixElement)
def _(expr, at):
    return evaluate(expr.parent, at)[int(evaluate(expr.i, at)), int(evaluate(expr.j, at))]


@evaluate.register(sympy.Trace)
def _(expr, at):
    return mpmath.fsum(np.diag(evaluate(expr.arg, at)))


@evaluate.register(StopGradient)
@evaluate.register(StopGradientMatrix)
def _(expr, at):
    return evaluate(expr.args[0], at.targets)


@evaluate.register(sympy.MatAdd)
def _(expr, at):
    return sum(evaluate(a, at) for a in expr.args)


@evaluate.register(sympy.MatMul)
def _(expr, at):
    coefficient, factors = expr.as_coeff_matrices()
    result = evaluate(factors[0], at)
    for factor in factors[1:]:
        result = result @ evaluate(factor, at)
    return result * evaluate(coefficient, at)


@evaluate.register(sympy.MatPow)
def _(expr, at):
    power = evaluate(expr.exp, at)
    if power != int(power):
        raise NoEvaluationError(f"no evaluation of a fractional power of a matrix: {brief(expr)}")
    base = evaluate(expr.base if power >= 0 else sympy.Inverse(expr.base), at)
    return np.linalg.matrix_power(base, abs(int(power)))


@evaluate.register(sympy.Transpose)
def _(expr, at):
    return evaluate(expr.arg, at).T


@evaluate.register(sympy.Inverse)
def _(expr, at):
    inverse = mpmath.inverse(mpmath.matrix(evaluate(expr.arg, at).tolist()))
    return mpf_array(inverse.tolist())


@evaluate.register(sympy.Identity)
def _(expr, at):
    n = int(evaluate(expr.rows, at))
    return mpf_array([[int(i == j) for j in range(n)] for i in range(n)])


@evaluate.register(sympy.ZeroMatrix)
def _(expr, at):
    return mpf_array([[0] * int(evaluate(expr.cols, at)) for _ in range(int(evaluate(expr.rows, at)))])


@evaluate.register(OneMatrix)
def _(expr, at):
    return mpf_array([[1] * int(evaluate(expr.cols, at)) for _ in range(int(evaluate(expr.rows, at)))])


@evaluate.register(sympy.MatrixBase)
def _(expr, at):
    return mpf_array([[evaluate(e, at) for e in row] for row in expr.tolist()])


@evaluate.register(sympy.BlockMatrix)
def _(expr, at):
    return np.block([[evaluate(b, at) for b in row] for row in expr.blocks.tolist()])


def mpf_array(rows) -> np.ndarray:
    """Rows of numbers as an array of ``mpf``."""
    return np.array([[mpmath.mpf(x) for x in row] for row in rows], dtype=object)


def relative_distance(a, b):
    """The largest difference of two values, relative to the largest of their entries (absolute where both vanish).

    Infinite where an entry is not finite.
    """
    left, right = (np.asarray(v, dtype=object) for v in (a, b))
    if left.shape != right.shape:
        raise ValueError(f"expected values of one shape, got {left.shape} and {right.shape}")
    pairs = list(zip(left.reshape(-1), right.reshape(-1), strict=True))
    if not all(mpmath.isfinite(x) for pair in pairs for x in pair):
        return mpmath.inf
    size = max((abs(x) for pair in pairs for x in pair), default=mpmath.mpf(0))
    gap = max((abs(x - y) for x, y in pairs), default=mpmath.mpf(0))
    return gap / size if size else gap
