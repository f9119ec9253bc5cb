"""State blocks: symbols and matrix symbols, what is given for each of them, and the parameters beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from sympy import Expr, MatrixExpr, MatrixSymbol, Symbol, Tuple

from theory.calculus import State
from theory.errors import InputError
from theory.stopgrad import as_expression

Pairs: TypeAlias = Mapping | Iterable[tuple]  # of a block and what is given for it


def expression_pairs(given: Pairs, role: str) -> dict[State, Expr | MatrixExpr]:
    """What is given for each block, as SymPy expressions."""
    return {block: as_expression(value, f"as {role} of {block}") for block, value in dict(given).items()}


def sort_by_state(given: Mapping[State, Expr | MatrixExpr], state: Iterable[State]) -> Tuple:
    """Pairs in the order of the state."""
    first = [block for block in state if block in given]
    return Tuple(*(Tuple(block, given[block]) for block in [*first, *sorted(given.keys() - {*first}, key=str)]))


def check_state(state: Iterable) -> tuple[State, ...]:
    """The state as a tuple of distinct symbols, or an :class:`InputError`."""
    state = tuple(state)
    for block in state:
        if not isinstance(block, Symbol | MatrixSymbol):
            raise InputError("state blocks that are symbols or matrix symbols", repr(block), "name each block by one symbol")
    if not state or len({str(b) for b in state}) < len(state):
        raise InputError("at least one state block, each with its own name", names_of(state) or "none", "rename or add blocks")
    return state


def names_of(symbols: Iterable) -> str:
    return ", ".join(map(str, symbols))


def parameters_of(expressions: Iterable[Expr | MatrixExpr], state: Iterable[State]) -> tuple[State, ...]:
    """The symbols of expressions that are neither state nor a dimension of a matrix, by name."""
    found = set(state).union(*(scalar_or_matrix_symbols(e) for e in expressions))
    dimensions = {n for m in found if isinstance(m, MatrixSymbol) for length in m.shape for n in length.free_symbols}
    return tuple(sorted(found - dimensions - set(state), key=str))


def scalar_or_matrix_symbols(expr) -> set[State]:
    """Symbols of an expression without the dimensions of its matrices."""
    return {s for s in expr.free_symbols if isinstance(s, Symbol | MatrixSymbol)}
