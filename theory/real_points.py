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

import numpy as np
from flint import arb, ctx, fmpq_mat
from sympy import Eq, Expr, Integer, MatrixExpr, MatrixSymbol, Q, Rational, S, Symbol
from sympy.assumptions import AppliedPredicate
from sympy.core.relational import Relational

from theory.ball_values import ExactPoint, NoValueError, evaluate_ball, exact_matrix
from theory.words import PLAIN, Context

POINTS = 4  # that must all give zero before the search ends
DRAWS = 60  # of points, most of them outside the domain
BITS = 160
SMALLEST = 4  # size of a matrix whose size is a symbol: no relation between traces of few factors holds there


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
        ball = evaluate_ball(expr, _draw_point(expr, context, rng, others))
    except (NoValueError, ZeroDivisionError):
        return None
    if not ball.is_finite():
        return None
    return arb(0) if ball.contains(0) else ball


def _draw_point(expr: Expr, context: Context, rng: np.random.Generator, others: bool) -> ExactPoint:
    statements = context.assumptions
    matrices = sorted(expr.atoms(MatrixSymbol).union(*(a.atoms(MatrixSymbol) for a in statements)), key=str)
    lengths = sorted({s for m in matrices for n in m.shape for s in n.free_symbols}, key=str)
    scalars = {s: Integer(SMALLEST + k) for k, s in enumerate(lengths)}
    used = expr.free_symbols - {*matrices, *lengths}
    for symbol in sorted(used, key=str):
        scalars[symbol] = _draw_number(symbol, statements, rng)
    bounds = [a for a in statements if isinstance(a, Relational) and not a.atoms(MatrixSymbol)]
    if any(a.free_symbols <= set(scalars) and a.xreplace(scalars) != S.true for a in bounds):
        raise NoValueError
    sizes = ExactPoint(scalars, {})
    values = {m: _draw_matrix(m, statements, sizes, rng, others or m in expr.free_symbols) for m in matrices}
    return ExactPoint(scalars, _solve_equations(statements, values, scalars))


def _draw_number(symbol: Symbol, statements: Iterable, rng: np.random.Generator) -> Rational:
    """A rational number, never zero, of the sign that is assumed of a symbol; large ones and small ones."""
    assumed = {a.function for a in statements if isinstance(a, AppliedPredicate) and a.arguments[0] == symbol}
    if symbol.is_extended_real is False:
        raise NoValueError
    value = Rational(int(rng.integers(1, 40)), 1 if symbol.is_integer else int(rng.choice([3, 7, 16, 41])))
    if symbol.is_nonnegative or assumed & {Q.positive, Q.nonnegative}:
        return value
    return value * (-1 if symbol.is_nonpositive or assumed & {Q.negative, Q.nonpositive} else int(rng.choice([1, -1])))


def _draw_matrix(m: MatrixSymbol, statements: Iterable, sizes: ExactPoint, rng: np.random.Generator, used: bool) -> fmpq_mat:
    """A random matrix as it is assumed, zero where it is not used; symmetric ones are positive definite."""
    shape = sizes.size(m.rows), sizes.size(m.cols)
    assumed = {a.function for a in statements if isinstance(a, AppliedPredicate) and a.arguments[0] == m}
    if used and not assumed <= {Q.symmetric, Q.diagonal, Q.positive_definite, Q.invertible, Q.square, Q.real_elements}:
        raise NoValueError
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
                values[one] = exact_matrix(other, ExactPoint(scalars, values))
    at = ExactPoint(scalars, values)
    if any(exact_matrix(a.lhs, at) != exact_matrix(a.rhs, at) for a in equations):
        raise NoValueError
    return values
