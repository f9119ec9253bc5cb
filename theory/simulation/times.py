"""Times at which a curve is recorded."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.errors import InputError


def checked_times(times: ArrayLike) -> NDArray:
    """Times as an array (T,), increasing from 0 on.

    Raises
    ------
    InputError
        for anything else.
    """
    try:
        times = np.asarray(times, dtype=float).reshape(-1)
    except (TypeError, ValueError):
        raise InputError("times as numbers", repr(times), "give an increasing sequence of numbers") from None
    if len(times) == 0 or not np.isfinite(times).all() or times[0] < 0 or any(a >= b for a, b in pairwise(times)):
        raise InputError(
            "finite, non-negative, increasing times", f"{np.array2string(times, threshold=6)}", "sort them and remove repeats"
        )
    return times
