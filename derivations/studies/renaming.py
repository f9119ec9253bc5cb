"""Results in other symbols."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from sympy import Basic, Symbol


def put_symbols(result: Any, other: Callable[[Symbol], Symbol]) -> Any:
    """A result with other symbols, in whatever part of it they stand."""
    if isinstance(result, Basic):
        return result.xreplace({s: other(s) for s in result.atoms(Symbol)})
    if isinstance(result, tuple):
        return tuple(put_symbols(part, other) for part in result)
    if isinstance(result, Mapping):
        return {put_symbols(key, other): put_symbols(value, other) for key, value in result.items()}
    if is_dataclass(result) and not isinstance(result, type):
        return replace(result, **{f.name: put_symbols(getattr(result, f.name), other) for f in fields(result)})
    return result
