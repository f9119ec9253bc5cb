"""Results in other symbols, or in other words of mathematics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from sympy import Basic, Symbol


def put_symbols(result: Any, other: Callable[[Symbol], Symbol]) -> Any:
    """A result with other symbols, in whatever part of it they stand."""
    return change_formulas(result, lambda e: e.xreplace({s: other(s) for s in e.atoms(Symbol)}))


def change_formulas(result: Any, change: Callable[[Basic], Basic]) -> Any:
    """A result each of whose formulas is changed, in whatever part of it they stand."""
    if isinstance(result, Basic):
        return change(result)
    if isinstance(result, tuple):
        return tuple(change_formulas(part, change) for part in result)
    if isinstance(result, Mapping):
        return {change_formulas(key, change): change_formulas(value, change) for key, value in result.items()}
    if is_dataclass(result) and not isinstance(result, type):
        return replace(result, **{f.name: change_formulas(getattr(result, f.name), change) for f in fields(result)})
    return result
