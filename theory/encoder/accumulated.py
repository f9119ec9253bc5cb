r"""Moments of inputs and classes, piece by piece: what is kept of rows that are too many to hold.

Of rows :math:`\xi\in\mathbb R^p` with classes :math:`a` three things are kept about a fixed point :math:`c` (the *shift*): the
number of rows of each class, the class sums of :math:`\xi-c`, and the triangular factor :math:`R` of
:math:`[\mathbb 1,\ \Xi-c]=QR`, whose first row holds the mean and whose lower right block :math:`A` is a square root of the
scatter, :math:`\sum(\xi-\bar\xi)(\xi-\bar\xi)^T=A^TA`.  Two pieces are merged exactly: counts and sums add, and the factor of
rows stacked is the factor of the factors stacked.  A factor keeps twice the digits of a matrix of second moments, whatever the
scales of the columns; shifting by a row of the data keeps those of columns far from zero.

>>> import numpy as np
>>> rows, classes = np.array([[1e9], [1e9 + 2], [1e9 + 4]]), np.array([0, 1, 1])
>>> whole = class_moments(rows, classes, 2, shift=rows[0])
>>> parts = [class_moments(rows[:1], classes[:1], 2, rows[0]), class_moments(rows[1:], classes[1:], 2, rows[1])]
>>> [(float(m.mean[0]), round(float(m.scatter_root[0, 0] ** 2), 12)) for m in (whole, merge_moments(parts))]
[(1000000002.0, 8.0), (1000000002.0, 8.0)]

Reference: Demmel, Grigori, Hoemmen, Langou, SIAM J. Sci. Comput. 34, A206 (2012), for factors of factors.

When it fails: where differences between entries overflow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHARE = 4  # of the few rows, for each column
WELL_CONDITIONED = 1e4  # products that lose no more digits than their square root


@dataclass(frozen=True, eq=False)
class ClassMoments:
    """What is kept of rows (n, p) of K classes.

    Attributes
    ----------
    shift
        (p,): the point that sums and factor refer to.
    counts
        (K,): rows of each class.
    sums
        (K, p): class sums of the shifted rows.
    factor
        (at most p + 1, p + 1): the triangular factor of the shifted rows behind a column of ones.
    """

    shift: NDArray
    counts: NDArray
    sums: NDArray
    factor: NDArray

    @property
    def rows(self) -> int:
        return int(self.counts.sum())

    @property
    def mean(self) -> NDArray:
        """(p,): of all rows."""
        return self.shift + self.sums.sum(axis=0) / self.rows

    @property
    def scatter_root(self) -> NDArray:
        """A, of p columns and at most p rows, with AᵀA the scatter about the mean."""
        return self.factor[1:, 1:]

    @property
    def between(self) -> NDArray:
        """(K, p): class sums about the mean of all rows."""
        return self.sums - self.counts[:, None] * (self.sums.sum(axis=0) / self.rows)

    def recentre(self, shift: NDArray) -> ClassMoments:
        """The same moments about another point."""
        step = self.shift - shift
        factor = self.factor.copy()
        factor[:, 1:] += factor[:, :1] * step
        return ClassMoments(shift, self.counts, self.sums + self.counts[:, None] * step, factor)


def class_moments(features: NDArray, classes: NDArray, count: int, shift: NDArray) -> ClassMoments:
    """Moments of ``features`` (n, p) whose ``classes`` (n,) are numbers below ``count``, about ``shift`` (p,)."""
    from scipy.sparse import csr_array

    rows = np.empty((len(features), features.shape[1] + 1))
    rows[:, 0] = 1
    np.subtract(features, shift, out=rows[:, 1:])
    own = csr_array((np.ones(len(rows)), (classes, np.arange(len(rows)))), shape=(count, len(rows)))
    counts = np.bincount(classes, minlength=count)
    return ClassMoments(np.array(shift, dtype=float), counts, own @ rows[:, 1:], _factor_rows(rows))


def merge_moments(parts: Sequence[ClassMoments]) -> ClassMoments:
    """The moments of all rows of the parts; a part that knows fewer classes has no rows of the others."""
    if len(parts) == 1:
        return parts[0]
    moved = [part.recentre(parts[0].shift) if part.shift is not parts[0].shift else part for part in parts]
    count = max(len(part.counts) for part in moved)
    counts, sums = np.zeros(count, dtype=int), np.zeros((count, len(parts[0].shift)))
    for part in moved:
        counts[: len(part.counts)] += part.counts
        sums[: len(part.sums)] += part.sums
    factor = _factor_rows(np.vstack([part.factor for part in moved]))
    return ClassMoments(parts[0].shift, counts, sums, factor)


def _factor_rows(rows: NDArray) -> NDArray:
    """The triangular factor of rows: that of a few turns all to columns that are nearly orthonormal, the products of which lose
    no digits; where a few do not tell, the rows themselves are factored."""
    few = SHARE * rows.shape[1]
    if len(rows) >= 4 * few:
        first = _qr_triangle(rows[:: len(rows) // few])
        if np.diag(first).all():
            turned = rows @ np.linalg.inv(first)
            products = turned.T @ turned
            if np.isfinite(products).all() and np.linalg.cond(products) < WELL_CONDITIONED:
                return np.linalg.cholesky(products).T @ first
    return _qr_triangle(rows)


def _qr_triangle(rows: NDArray) -> NDArray:
    return np.asarray(np.linalg.qr(rows, mode="r"))
