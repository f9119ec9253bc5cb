"""Expressions with other parts in the places of some, and otherwise as they are written: nothing is evaluated.

>>> from sympy import symbols
>>> x, y = symbols("x y")
>>> replace_parts(2 * x + y, {y: x})
x + 2*x
>>> replace_numbers(x + 12345, 3, lambda n: y)
x + y
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sympy import (
    Add,
    Basic,
    CRootOf,
    Expr,
    Function,
    Integer,
    Inverse,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    Trace,
    Transpose,
)
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.function import Application
from sympy.core.relational import Relational

UNEVALUATED = (Add, Mul, Pow, MatAdd, MatMul, Application, Relational)


class Rebuildable:
    """A mark of other expressions that are rebuilt from their arguments, or from names of these, as they are."""

    __slots__ = ()


OPEN = (*UNEVALUATED, Rebuildable, CRootOf, ExprWithLimits, Trace, Transpose, Inverse)


def replace_parts(expr: Basic, table: Mapping[Basic, Basic]) -> Basic:
    """The expression with parts replaced."""
    if expr in table:
        return table[expr]
    return rebuild_with(expr, [replace_parts(a, table) for a in expr.args])


def rebuild_with(expr: Basic, args: Sequence[Basic]) -> Basic:
    """The expression with other arguments; products within products are one, and roots are not looked for again."""
    if all(new is old for new, old in zip(args, expr.args, strict=True)):
        return expr
    if isinstance(expr, Mul | MatMul):
        pairs = zip(args, expr.args, strict=True)
        args = [a for new, old in pairs for a in (new.args if new is not old and isinstance(new, expr.func) else (new,))]
    if isinstance(expr, CRootOf):
        return Function("CRootOf")(*args)
    if isinstance(expr, UNEVALUATED):
        return expr.func(*args, evaluate=False)
    return expr.func(*args)


def replace_numbers(expr: Basic, digits: int, name: Callable[[int], Expr]) -> Basic:
    """The expression with a name for each positive integer of more digits, signs and fractions written with them."""
    if not has_long_number(expr, digits):
        return expr
    if isinstance(expr, Rational):
        return _name_number(expr, 10**digits, name)
    return rebuild_with(expr, [replace_numbers(a, digits, name) for a in expr.args])


def replace_depths(expr: Basic, depth: int, name: Callable[[Basic], Expr]) -> Basic:
    """The expression with a name for what is deeper in it."""
    level = {expr}
    for _ in range(depth):
        level = {a for e in level for a in e.args}
        if not level:
            return expr
    return _cut_depth(expr, depth, name)


def _cut_depth(expr: Basic, depth: int, name: Callable[[Basic], Expr]) -> Basic:
    if depth <= 0 and expr.args and isinstance(expr, Expr):
        return name(expr)
    return rebuild_with(expr, [_cut_depth(a, depth - 1, name) for a in expr.args])


def has_long_number(expr: Basic, digits: int) -> bool:
    """Whether an integer of more digits stands in an expression."""
    bound = 10**digits
    return any(isinstance(leaf, Rational) and (abs(leaf.p) >= bound or leaf.q >= bound) for leaf in _leaves_of(expr))


def symbols_in(expr: Basic) -> set[Basic]:
    """The symbols of scalars and matrices, bound ones included."""
    return {leaf for leaf in _leaves_of(expr) if isinstance(leaf, Symbol | MatrixSymbol)}


def _leaves_of(expr: Basic) -> Iterator[Basic]:
    """Numbers and symbols, without recursion, for the expression may be deep; what stands in it often, mostly once."""
    seen, waiting = set(), [expr]
    while waiting:
        part = waiting.pop()
        if not part.args or isinstance(part, MatrixSymbol):
            yield part
        for a in part.args:
            if id(a) not in seen:
                seen.add(id(a))
                waiting.append(a)


def _name_number(number: Rational, bound: int, name: Callable[[int], Expr]) -> Expr:
    top, bottom = (Integer(n) if n < bound else name(n) for n in (abs(number.p), number.q))
    factors = [S.NegativeOne] if number.p < 0 else []
    if top != 1:
        factors.append(top)
    if bottom != 1:
        factors.append(Pow(bottom, -1, evaluate=False))
    return factors[0] if len(factors) == 1 else Mul(*factors, evaluate=False)
