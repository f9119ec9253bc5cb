r"""From a response to its course in time, with errors that are seen: two contours for every value (§6 of the notes).

>>> values, errors = by_hyperbola(lambda s: (1 / (s + 1))[None, :], np.array([0.0, 1.0, 30.0]), 0.0, "stop there")
>>> bool(np.all(np.abs(values - np.exp([0.0, -1.0, -30.0])) < 1e-11))
True

When it fails: as :mod:`theory.dmft.contour`; and late, where modes grow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

from theory.dmft import populations
from theory.dmft.contour import POINTS, Hyperbola, invert_precisely, time_windows
from theory.errors import UnfinishedError

CERTIFIED = 1e-11  # largest error of the fast path, relative to the response, and absolute for R(t), where R(0) = 1
LATEST = 100.0  # largest exponent of growing modes for which doubles are tried


def by_hyperbola(
    transform: Callable[[NDArray], NDArray], times: NDArray, abscissa: float, advice: str
) -> tuple[NDArray, NDArray]:
    """Values and errors (T,) at times, in double precision, of what is one at the start.

    Parameters
    ----------
    transform
        from points (n,) to responses of independent populations (P, n), whose spread enters the error where there are several.
    abscissa
        rightmost singularity.
    advice
        what to do where two contours disagree.

    Raises
    ------
    UnfinishedError
        there, and where modes have grown too far.
    """
    values, errors = np.ones(len(times)), np.zeros(len(times))
    for window in time_windows(times):
        now = times[window]
        if abscissa * now[-1] > LATEST:
            growing = f"the large-c closure has modes that grow at the rate {abscissa:.3g}, too far at t = {now[-1]:.4g}"
            raise UnfinishedError(f'{growing}; ask for earlier times, or use closure="cavity"')
        contours = [Hyperbola.of(now[-1], points, abscissa) for points in POINTS]
        found = transform(np.concatenate([contour.s for contour in contours]))
        coarse, fine = (c.invert(v, now) for c, v in zip(contours, np.split(found, [POINTS[0]], axis=1), strict=True))
        values[window], errors[window] = _compare_contours(coarse, fine, now, advice)
    return values, errors


def _compare_contours(coarse: NDArray, fine: NDArray, times: NDArray, advice: str) -> tuple[NDArray, NDArray]:
    """Means and errors over populations (rows), if two contours agree."""
    apart = np.max(np.abs(coarse - fine), axis=0)
    if not np.max(apart) < CERTIFIED:
        at = times[np.argmax(apart)]
        raise UnfinishedError(f"two contours differ by {np.max(apart):.0e} at t = {at:.4g}; {advice}")
    return fine.mean(axis=0), apart + (populations.summarise_means(fine).error if len(fine) > 1 else 0.0)


def by_talbot(transform: Callable[[Any], Any], times: NDArray, digits: int, abscissa: float) -> tuple[NDArray, NDArray]:
    """Values and errors (T,) as mpmath numbers, of what is one at the start.

    Raises
    ------
    UnfinishedError
        where two degrees disagree.
    """
    values = [invert_precisely(transform, mpmath.mpf(t), digits, abscissa) if t else mpmath.mpf(1) for t in times]
    return object_array(values), np.full(len(times), mpmath.mpf(10) ** -digits, dtype=object)


def object_array(values: list[Any]) -> NDArray:
    """An array of mpmath numbers (n,)."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
