r"""Orthant probabilities: that all of n correlated centred normals are positive.

Up to three normals they are elementary.  Beyond, Plackett's identity (1954) for the derivative by a correlation, followed from
independence to the given correlations :math:`R(t)=1+t(R-1)`, leaves one integral over orthants of two normals fewer,

.. math:: P_n(R)=2^{-n}+\sum_{i<j}\int_0^1\frac{R_{ij}\,dt}{2\pi\sqrt{1-t^2R_{ij}^2}}\,P_{n-2}\big(R(t)\mid z_i=z_j=0\big).

>>> import numpy as np
>>> found = orthant_probability(np.eye(4) / 2 + 0.5)  # exchangeable with correlation one half: the largest of five is the first
>>> round(found.value, 12), found.error < 1e-10
(0.2, True)

When it fails: every two normals more cost some twenty times the time, so that more than :data:`MOST` are refused; so is a
singular covariance of more than three, whose correlations reach one on the way.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from theory.encoder.maxima import Bounded
from theory.errors import InputError, UnfinishedError

MOST = 5
SINGULAR = 1e-12  # smallest eigenvalue of correlations
TOLERANCE = 1e-11


def orthant_probability(covariance: NDArray) -> Bounded:
    """The probability that all of n centred normals of a covariance (n, n) are positive, and an estimate of its error.

    Raises
    ------
    InputError
        for a singular covariance of more than three, and for more than :data:`MOST` normals.
    UnfinishedError
        where the quadrature does not converge.
    """
    n = len(covariance)
    if n > MOST:
        raise InputError(f"at most {MOST} normals", str(n), "sample them")
    if n == 0:
        return Bounded(1.0, 0.0)
    scale = np.sqrt(np.diag(covariance))
    correlations = covariance / np.outer(scale, scale)
    if n > 3 and np.linalg.eigvalsh(correlations)[0] < SINGULAR:
        raise InputError("normals of which none is a combination of the others", "a singular covariance", "drop some")
    return _integrate_orthant(correlations)


def _integrate_orthant(r: NDArray) -> Bounded:
    n = len(r)
    if n <= 3:
        angles = sum(np.arcsin(r[i, j]) for i, j in combinations(range(n), 2))
        return Bounded(float(0.5**n + angles / (2 * np.pi) * 0.5 ** max(n - 2, 0)), 0.0)
    from scipy.integrate import quad

    value, error, *problem = quad(_probability_slope, 0, 1, args=(r,), epsabs=TOLERANCE, epsrel=0, full_output=True)
    if len(problem) > 1:
        raise UnfinishedError(f"the probability of an orthant of {n} normals was not found: {problem[1]}")
    return Bounded(0.5**n + value, error)


def _probability_slope(t: float, r: NDArray) -> float:
    """The derivative of the probability on the way from independence to the correlations."""
    here = np.eye(len(r)) + t * (r - np.eye(len(r)))
    total = 0.0
    for i, j in combinations(range(len(r)), 2):
        rho = here[i, j]
        rest = [k for k in range(len(r)) if k not in (i, j)]
        across = here[np.ix_(rest, [i, j])]
        left = here[np.ix_(rest, rest)] - across @ np.linalg.solve(here[np.ix_([i, j], [i, j])], across.T)
        scale = np.sqrt(np.diag(left))
        total += r[i, j] / (2 * np.pi * np.sqrt(1 - rho**2)) * _integrate_orthant(left / np.outer(scale, scale)).value
    return total
