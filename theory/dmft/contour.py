r"""Inverse Laplace transforms, each taken twice so that its error is seen (§6 of the notes).

* At any precision: mpmath's ``invertlaplace`` (fixed Talbot), at two degrees for each time.
* In double precision, for all times of a window :math:`[t_0,\Lambda t_0]`, :math:`\Lambda=10`, at once: the midpoint rule on
  the hyperbola :math:`s=a+\mu(1+\sin(i\theta-\phi))`, with step and size that balance its three errors (Weideman & Trefethen,
  Math. Comp. 76, 2007, 1341): with
  :math:`A=\operatorname{arcosh}\frac{(\pi-2\phi)\Lambda+4\phi-\pi}{(4\phi-\pi)\sin\phi}`,

  .. math:: h=\frac AN,\qquad\mu=\frac{4\pi\phi-\pi^2}{A}\frac N{\Lambda t_0},\qquad
            \text{error}\sim e^{-N\pi(\pi-2\phi)/A},

  where :math:`\phi` is chosen to make the last largest; N is the number of points above the real axis.

Both assume that the transform is analytic off the real axis and right of a.

>>> contour = Hyperbola.of(10.0, points=24)
>>> bool(abs(contour.invert(1 / (contour.s + 1), [5.0])[0] - np.exp(-5)) < 1e-11)
True

When it fails: with singularities right of the contour the two disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from mpmath import mp
from numpy.typing import ArrayLike, NDArray

from theory.errors import UnfinishedError

WINDOW = 10.0  # ratio of the latest to the earliest time that share a contour
POINTS = (32, 36)  # beyond them rounding grows as the error falls
DEGREES = (1.8, 2.1)  # of Talbot's rule, for each digit


@dataclass(frozen=True, eq=False)
class Hyperbola:
    """Points of a contour above the real axis, and their weights.

    Attributes
    ----------
    s
        (N,).
    weights
        :math:`\\frac h\\pi\\frac{ds}{i\\,d\\theta}` (N,).
    """

    s: NDArray
    weights: NDArray

    @classmethod
    def of(cls, latest: float, points: int, right_of: float = 0.0) -> Hyperbola:
        """For times from a tenth of ``latest`` to it, with singularities on the real axis up to ``right_of``."""
        angle = _best_angle()
        reach = _reach(angle)
        step, size = reach / points, np.pi * (4 * angle - np.pi) / reach * points / latest
        theta = step * (np.arange(points) + 0.5)
        s = right_of + size * (1 + np.sin(1j * theta - angle))
        return cls(s, step / np.pi * size * np.cos(1j * theta - angle))

    def invert(self, values: ArrayLike, times: ArrayLike) -> NDArray:
        """The function at the times (..., T), from values at the points (..., N)."""
        factors = self.weights[:, None] * np.exp(np.multiply.outer(self.s, np.asarray(times, dtype=float)))
        return (np.asarray(values) @ factors).real


def time_windows(times: NDArray) -> list[NDArray]:
    """Indices of positive times, in groups that share a contour."""
    order = np.argsort(times)
    order = order[times[order] > 0]
    decades = np.log(times[order]) / np.log(WINDOW)
    group = np.floor(decades - decades[:1])
    return [order[group == g] for g in np.unique(group)]


def invert_precisely(transform: Callable[[Any], Any], time: Any, digits: int, right_of: float = 0.0) -> Any:
    """The inverse at a positive time, to ``digits`` digits: absolute below one, relative above.

    Raises
    ------
    UnfinishedError
        where two degrees disagree by more.
    """
    with mp.workdps(digits + 10):
        growth, degrees = mp.exp(right_of * mp.mpf(time)), [round(per * digits) + 4 for per in DEGREES]
        shifted = [mp.invertlaplace(lambda s: transform(s + right_of), time, method="talbot", degree=n) for n in degrees]
        coarse, fine = (growth * value for value in shifted)
        if not abs(fine - coarse) < mp.mpf(10) ** -digits * max(1, abs(fine)):
            at = f"at t = {mp.nstr(time, 5)} two degrees of the inverse Laplace transform differ by {mp.nstr(fine - coarse, 2)}"
            raise UnfinishedError(f"{at}, more than 1e-{digits}; raise digits")
    with mp.workdps(digits):
        return +fine


def _reach(angle: float) -> float:
    opening = 4 * angle - np.pi
    return float(np.arccosh(((np.pi - 2 * angle) * WINDOW + opening) / (opening * np.sin(angle))))


@lru_cache(maxsize=1)
def _best_angle() -> float:
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(lambda a: (2 * a - np.pi) / _reach(a), bounds=(np.pi / 4, np.pi / 2), method="bounded")
    return float(found.x)
