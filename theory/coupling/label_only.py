r"""Rates from matrices on the labels alone, for any mobility and any number of samples (§2 of the notes).

Eliminating the sample directions of :mod:`theory.coupling.reduction` at rate :math:`r` leaves K × K matrices

.. math:: F(r)=b-r-B^T(a-r)^{-1}B=R^TR-r\,M(r),\qquad M(r)=1+B^T\frac1{a\,(a-r)}B,

which cost one sparse product with the couplings.  A rate is where :math:`F` is singular.

* Below all :math:`a`, :math:`M` is positive and grows with :math:`r`, so that the j-th eigenvalue :math:`\rho_j(r)` of
  :math:`R^TRx=\rho M(r)x` falls, and the j-th rate is its one fixed point :math:`\rho_j(r)=r`, between
  :math:`\rho_j(\rho_j(0))` and :math:`\rho_j(0)`.  Nothing cancels in :math:`\rho=\lVert Rx\rVert^2/x^TMx`, so that small rates
  are accurate relative to themselves.
* The number of rates below any :math:`r` is that of negative entries of :math:`a-r` and of negative eigenvalues of :math:`F(r)`
  (Sylvester, Haynsworth); rates among the :math:`a` are found by bisection on it.  The K directions with :math:`a` closest to
  :math:`r` are not eliminated, which keeps the matrix finite.
* Above all :math:`a`, the largest eigenvalue of :math:`F` falls from infinity through zero at the largest rate.

Reference: Voss, A minmax principle for nonlinear eigenproblems, 2009.  When it fails: bisection takes some fifty matrices a
rate, so that many rates in the midst of the :math:`a` are dear.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from theory.coupling.reduction import EPS, CouplingReduction

ULP = 4 * EPS  # the smallest relative tolerance that SciPy's brentq takes
EDGE = 0.9  # of the smallest a: below it a - r is a tenth of a at least
Mode = tuple[float, NDArray]


def slow_modes(reduction: CouplingReduction, first: int, last: int) -> Iterator[Mode]:
    """Rates number ``first`` to ``last`` - 1 (0 is the slowest; none of them zero), each with its mode (M + K,)."""
    edge = EDGE * float(reduction.sample_rates.min())
    below = count_below(reduction, edge)
    for j in range(first, last):
        yield _fixed_point(reduction, j, edge) if j < below else _bisect_rate(reduction, j, edge)


def largest_mode(reduction: CouplingReduction) -> Mode:
    """The largest rate and its mode (M + K,)."""
    from scipy.optimize import brentq

    def largest_eigenvalue(rate: float) -> float:
        inner = _weighted_product(reduction, 1 / (reduction.sample_rates - rate))
        return float(np.linalg.eigvalsh(np.diag(reduction.label_rates - rate) - inner)[-1])

    low = float(reduction.sample_rates.max()) * (1 + ULP)
    high = 2 * (low + float(reduction.label_rates.max()))
    rate = brentq(largest_eigenvalue, low, high, xtol=ULP * low, rtol=ULP) if largest_eigenvalue(low) > 0 else low
    return rate, _mode_at(reduction, rate)


def count_below(reduction: CouplingReduction, rate: float) -> int:
    """The number of modes that move labels with a smaller rate."""
    far, _, bordered = _border_matrix(reduction, rate)
    return int(np.sum(reduction.sample_rates[far] < rate) + np.sum(np.linalg.eigvalsh(bordered) < 0))


def _fixed_point(reduction: CouplingReduction, j: int, edge: float) -> Mode:
    from scipy.linalg import eigh
    from scipy.optimize import brentq

    a, factor = reduction.sample_rates, reduction.frustration
    laplacian = factor.T @ factor

    def follow(rate: float) -> Mode:
        mass = _weighted_product(reduction, 1 / (a * (a - rate))) + np.eye(factor.shape[1])
        q = eigh(laplacian, mass, subset_by_index=[j, j])[1][:, 0]
        return float(np.sum((factor @ q) ** 2) / (q @ mass @ q)), q

    def excess(rate: float) -> float:
        return follow(rate)[0] - rate

    # Where the labels of a mode hardly feel the samples, the bracket is as narrow as rounding, and its low end is the rate.
    high = min(follow(0.0)[0], edge)
    rate = follow(high)[0]
    if rate < high and excess(rate) > 0:
        rate = brentq(excess, rate, high, xtol=ULP * rate, rtol=ULP)
    q = follow(rate)[1]
    return rate, np.concatenate([(reduction.links @ q) / (a - rate), q])


def _bisect_rate(reduction: CouplingReduction, j: int, low: float) -> Mode:
    high = float(reduction.sample_rates.max() + reduction.label_rates.max())
    while high - low > ULP * high:
        middle = (low + high) / 2
        low, high = (low, middle) if count_below(reduction, middle) > j else (middle, high)
    return high, _mode_at(reduction, high)


def _mode_at(reduction: CouplingReduction, rate: float) -> NDArray:
    """The mode (M + K,) of a known rate."""
    far, near, bordered = _border_matrix(reduction, rate)
    values, vectors = np.linalg.eigh(bordered)
    kept, q = np.split(vectors[:, np.argmin(np.abs(values))], [len(near)])
    p = np.empty(len(reduction.sample_rates))
    p[near], p[far] = kept, (reduction.links[far] @ q) / (reduction.sample_rates[far] - rate)
    return np.concatenate([p, q])


def _border_matrix(reduction: CouplingReduction, rate: float) -> tuple[NDArray, NDArray, NDArray]:
    """Directions that are eliminated, the K closest ones, and S - r on these and the labels."""
    left = reduction.sample_rates - rate
    near = np.argsort(np.abs(left), kind="stable")[: len(reduction.label_rates)]
    far = np.setdiff1d(np.arange(len(left)), near, assume_unique=True)
    weight = np.zeros(len(left))
    weight[far] = 1 / left[far]
    links = reduction.links[near]
    links = links if isinstance(links, np.ndarray) else links.toarray()
    corner = np.diag(reduction.label_rates - rate) - _weighted_product(reduction, weight)
    return far, near, np.block([[np.diag(left[near]), -links], [-links.T, corner]])


def _weighted_product(reduction: CouplingReduction, weight: NDArray) -> NDArray:
    """B^T diag(weight) B."""
    from scipy.sparse import diags_array

    inner = reduction.links.T @ (diags_array(weight) @ reduction.links)
    return inner if isinstance(inner, np.ndarray) else inner.toarray()
