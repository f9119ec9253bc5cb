r"""Grids of times that are halved until what is extrapolated from them settles.

Values of second order in the step are extrapolated to zero from a grid and its half, :math:`(4x_{h/2}-x_h)/3`; the error is the
change of that at the next halving.  Steps grow smoothly along a grid, as residuals fall fast at first; so halved, errors keep
their expansion in the step.

>>> graded_times(1.0, 4).round(3)
array([0.   , 0.097, 0.261, 0.537, 1.   ])

When it fails: the first grids can be unstable, and have no values; the error is then known one halving later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.errors import UnfinishedError

GRADING = 8.0  # of the last step over the first one
GAIN = 16  # by which an error of third order falls at a halving, with a factor two to spare
LONGEST = (1 - 1 / GRADING) / float(np.log(GRADING))  # what n steps reach whose last one is 1, over n


@dataclass(frozen=True, eq=False)
class Halved:
    """Values at zero step (T, m), their errors (T,), the steps of the finest grid, and what it was solved to."""

    values: NDArray
    errors: NDArray
    steps: int
    finest: Any


def graded_times(until: float, steps: int) -> NDArray:
    """Times from 0 on whose steps grow smoothly; those of half as many steps are among them."""
    return until * np.expm1(np.linspace(0, np.log(GRADING), steps + 1)) / (GRADING - 1)


def halve_steps(
    observe: Callable[[int], tuple[NDArray | None, Any]], steps: int, halvings: int, scale: float, tolerance: float
) -> Halved:
    """Values that have settled to a tolerance, in units of a scale.

    Parameters
    ----------
    observe
        values (T, m) on so many steps, and what they are from; None where steps are too long.
    steps, halvings
        to begin with, and how often at most they are halved.

    Raises
    ------
    UnfinishedError
        where they do not settle, or are foreseen not to.
    """
    rows, found, error = [observe(steps)[0]], [], np.inf
    for left in reversed(range(halvings)):
        steps *= 2
        fine, finest = observe(steps)
        rows.append(fine)
        if fine is None or rows[-2] is None:
            continue
        found.append((4 * fine - rows[-2]) / 3)
        if len(found) < 2:
            continue
        errors = np.abs(found[-1] - found[-2]).max(axis=1) / scale
        error = float(errors.max())
        if error < tolerance:
            return Halved(found[-1], errors, steps, finest)
        if len(found) > 2 and error / GAIN**left > tolerance:  # the first error can be that of unstable steps
            break
    raise UnfinishedError(
        f"kernels are known to {error:.1e} with {steps} steps, and more would not reach the tolerance {tolerance:.1e}; "
        "raise it, or ask for earlier times"
    )
