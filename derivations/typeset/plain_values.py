"""Results as values that JSON holds: expressions as text, whole; numbers that there are not are None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from math import isfinite
from typing import Any

import numpy as np
from sympy import Basic, MatrixBase

from theory.printing import exact_text


def plain_values(value: Any) -> Any:
    """A value of a result.

    >>> from sympy import Eq, Integer, Symbol
    >>> x = Symbol("x")
    >>> plain_values({x: (x / 2, 3)}), plain_values(Integer(3)), plain_values(float("inf"))
    ({'x': ['x/2', 3]}, '3', None)
    """
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, MatrixBase | np.ndarray | np.generic):
        return plain_values(value.tolist())
    if isinstance(value, Basic):
        return exact_text(value)
    if isinstance(value, Mapping):
        return {str(key): plain_values(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(held) for held in value]
    if is_dataclass(value):
        return plain_fields(value, tuple(f.name for f in fields(value)))
    return None if isinstance(value, float) and not isfinite(value) else value


def plain_fields(value: Any, names: tuple[str | tuple[str, str], ...]) -> dict[str, Any]:
    """Some of the attributes of a value, by their names or under others."""
    pairs = ((name, name) if isinstance(name, str) else name for name in names)
    return {name: plain_values(getattr(value, attribute)) for name, attribute in pairs}
