"""Guards: what is asked of a value, each in one spelling.

A guard takes the value and the words that complete "expected ...", and returns the value as a plain number or array.

>>> whole(3, "a dimension of at least 1", least=1)
3
>>> real(0.5, "a momentum from 0 on and below 1", least=0, below=1)
0.5
>>> whole(2.5, "a dimension of at least 1", least=1)
Traceback (most recent call last):
    ...
theory.errors.InputError: expected a dimension of at least 1, got 2.5; give a whole number

When it fails: True and False are no numbers here, and neither is text.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from importlib.util import find_spec
from math import inf, nan
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING

from theory.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

CORRECT = "correct it"


def whole(value: object, expected: str, remedy: str = "give a whole number", *, least: float = 0, most: float = inf) -> int:
    """A whole number from ``least`` to ``most``."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= value <= most:  # type: ignore[operator]
        raise InputError(expected, _show_value(value), remedy)
    return int(value)


def real(
    value: object,
    expected: str,
    remedy: str = CORRECT,
    *,
    least: float = -inf,
    most: float = inf,
    above: float = -inf,
    below: float = inf,
) -> float:
    """A finite number from ``least`` to ``most``, larger than ``above`` and smaller than ``below``."""
    number = _as_float(value)
    if not (-inf < number < inf and least <= number <= most and above < number < below):
        raise InputError(expected, _show_value(value), remedy)
    return number


def positive(value: object, name: str, remedy: str = CORRECT) -> float:
    """A finite number above zero; ``name`` without an article."""
    return real(value, f"a positive {name}", remedy, above=0)


def finite(
    values: ArrayLike,
    expected: str,
    remedy: str = CORRECT,
    *,
    shape: tuple[int | None, ...] | None = None,
    least: float = -inf,
    most: float = inf,
) -> NDArray:
    """An array of finite numbers from ``least`` to ``most``; a length of None in its ``shape`` is any but zero."""
    import numpy as np

    found = _as_array(values, expected, remedy)
    if shape is not None and (
        found.ndim != len(shape) or any(m == 0 if n is None else m != n for m, n in zip(found.shape, shape, strict=True))
    ):
        raise InputError(expected, f"an array {found.shape}", remedy)
    inside = np.isfinite(found) & (found >= least) & (found <= most)
    if not inside.all():
        raise InputError(expected, f"{found[~inside][0]} among them", remedy)
    return found


def times(values: ArrayLike) -> NDArray:
    """Times as an array (T,), increasing from 0 on; a number is one time."""
    import numpy as np

    found = np.atleast_1d(_as_array(values, "times as numbers", "give an increasing sequence of numbers"))
    if found.ndim != 1 or not found.size or not np.isfinite(found).all() or found[0] < 0 or (found[1:] <= found[:-1]).any():
        got = np.array2string(found, threshold=6)
        raise InputError("finite, non-negative, increasing times", got, "sort them and remove repeats")
    return found


def one_of(value: object, choices: Iterable, expected: str, remedy: str = "choose one of these") -> None:
    """A value among some, which the sentence lists."""
    choices = tuple(choices)
    if not isinstance(value, Hashable) or value not in choices:
        raise InputError(f"{expected} among {', '.join(map(str, choices))}", repr(value), remedy)


def complete(missing: Iterable[object], expected: str, remedy: str = "add it") -> None:
    """Nothing is missing of what needs a value."""
    if names := ", ".join(sorted(map(str, missing))):
        raise InputError(expected, f"none for {names}", remedy)


def file(path: Path, expected: str) -> Path:
    """A path at which there is a file."""
    if not path.is_file():
        raise InputError(expected, f"{str(path)!r}, which is no file", "check the path")
    return path


def extra(name: str, *packages: str) -> None:
    """The packages of an optional extra are installed."""
    if missing := [package for package in packages if find_spec(package) is None]:
        remedy = f"pip install 'collapse-theory[{name}]'"
        raise InputError(f"the packages of the extra [{name}]", f"no {', '.join(missing)}", remedy)


def _show_value(value: object) -> str:
    return str(value) if isinstance(value, Real) else repr(value)


def _as_array(values: ArrayLike, expected: str, remedy: str) -> NDArray:
    """An array of floats, from anything but text and complex numbers."""
    import numpy as np

    try:
        found = np.asarray(values)
        if found.dtype.kind in "biufO":
            return found.astype(float)
    except (TypeError, ValueError):
        pass
    raise InputError(expected, repr(values), remedy)


def _as_float(value: object) -> float:
    """NaN for what is no real number."""
    if isinstance(value, bool) or not (isinstance(value, Real) or getattr(value, "is_number", False)):
        return nan
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):  # not real, or beyond floats
        return nan
