"""Power laws through numbers with errors.

>>> law = fit_power_law([10, 100, 1000], [0.2, 0.02, 0.002], [0.002, 0.0002, 0.0001])
>>> bool(law.agrees(-1.0)), bool(law.agrees(-0.9))
(True, False)

When it fails: where more than the leading correction is felt, which :attr:`PowerLaw.spread` above one shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.errors import InputError


@dataclass(frozen=True)
class PowerLaw:
    r""":math:`ax^p\exp(bx^{-r})`, by weighted least squares of the logarithms.

    Attributes
    ----------
    exponent, error
        p with its standard error, which is stretched by the root of ``spread`` where that is above one.
    prefactor, correction, order
        a, b and r.
    spread
        squared residuals in units of the squared errors, for each degree of freedom.
    """

    exponent: float
    error: float
    prefactor: float
    correction: float
    order: float
    spread: float

    def __call__(self, x: ArrayLike) -> NDArray:
        x = np.asarray(x, dtype=float)
        return self.prefactor * x**self.exponent * np.exp(self.correction / x**self.order)

    def agrees(self, exponent: float, errors: float = 2.0) -> bool:
        """Whether an exponent is within so many standard errors."""
        return abs(self.exponent - exponent) <= errors * self.error


def fit_power_law(x: ArrayLike, values: ArrayLike, errors: ArrayLike, order: float | None = None) -> PowerLaw:
    """A power law through positive values with standard errors, more of them than parameters; with a correction of that order.

    Raises
    ------
    InputError
        for fewer, or numbers that are not positive.
    """
    base, sizes, bars = (np.asarray(v, dtype=float) for v in (x, values, errors))
    least = 3 if order is None else 4
    if len(base) < least or not all(np.all(v > 0) for v in (base, sizes, bars)):
        got = f"{len(base)}, or some that are not"
        raise InputError(f"at least {least} positive values with positive errors", got, "take more sizes or couplings")
    columns = [np.log(base), np.ones(len(base)), *([] if order is None else [base**-order])]
    design, target = np.column_stack(columns) / (bars / sizes)[:, None], np.log(sizes) * sizes / bars
    found = np.linalg.lstsq(design, target)[0]
    spread = float(np.sum((target - design @ found) ** 2) / (len(base) - len(columns)))
    error = np.sqrt(np.linalg.inv(design.T @ design)[0, 0] * max(spread, 1.0))
    correction = (0.0, 1.0) if order is None else (float(found[2]), order)
    return PowerLaw(float(found[0]), float(error), float(np.exp(found[1])), *correction, spread)
