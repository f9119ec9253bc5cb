r"""Poisson probabilities at any precision, with a proved bound of what is cut off.

Terms fall at least like :math:`c/(F+2)` beyond F, so that :math:`\sum_{f>F}p_f\le p_{F+1}/(1-\frac c{F+2})` once
:math:`F+2>c`; and :math:`\sum_{f>F}p_f/|x+\beta f|` is at most this over the distance of :math:`-x` from the ray
:math:`\{\beta f:f>F\}`.

>>> p, tail = probabilities(2.0, 15)
>>> bool(abs(1 - sum(p)) <= tail < 1e-15)
True
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=16)
def probabilities(mean: float, digits: int) -> tuple[tuple[Any, ...], Any]:
    """Probabilities of 0, 1, ..., F and the bound of all others together, below :math:`10^{-digits}`."""
    with mpmath.workdps(digits + 5):
        goal, p = mpmath.mpf(10) ** -digits, [mpmath.exp(-mpmath.mpf(mean))]
        while True:
            following = p[-1] * mean / len(p)
            if len(p) + 1 > mean and (tail := following / (1 - mean / mpmath.mpf(len(p) + 1))) <= goal:
                return tuple(p), tail
            p.append(following)


def double_probabilities(mean: float) -> NDArray:
    """The probabilities to rounding (F + 1,)."""
    return np.array([float(p) for p in probabilities(mean, 18)[0]])


def distance_to_ray(x: Any, slope: Any, first: int) -> Any:
    """The least :math:`|x+\\beta f|` over real :math:`f\\ge` ``first``."""
    nearest = -(x * (slope / abs(slope)).conjugate()).real / abs(slope) if slope else first
    return abs(x + slope * max(nearest, first))
