r"""Canonical correlations between inputs and classes from accumulated moments, with a jackknife (§7 of the notes).

With centred inputs the modes are those of :math:`\Sigma^{-1/2}MP^{-1/2}` without the class-independent one: :math:`K-1` class
modes.  The scatter :math:`A^TA` of :mod:`theory.encoder.accumulated` has its columns scaled to one, which changes no
correlation, and is turned to its principal axes by the singular values of :math:`A`; axes within rounding of zero are linear
combinations of the others and are left out.  A ridge :math:`\rho` adds :math:`\rho` times its variance to that of each input,
which is the loss with a penalty on the encoder.

*Jackknife*: in whitened coordinates the scatter of all rows is the identity, so that the scatter without one group of rows is
the identity less that of the group, and the correlations without it cost one small eigenproblem.

>>> import numpy as np
>>> from theory.encoder.accumulated import class_moments
>>> rng = np.random.default_rng(0)
>>> classes = np.arange(600) % 3
>>> rows = rng.standard_normal((600, 4)) + np.eye(3, 4)[classes]
>>> groups = [class_moments(rows[g::10], classes[g::10], 3, rows[0]) for g in range(10)]
>>> modes = canonical_modes(groups)
>>> modes.correlations.round(2), modes.standard_errors.round(2)
(array([0.55, 0.46]), array([0.03, 0.02]))

When it fails: nothing is known of errors where the rows without a group are no more than the inputs; inputs that are nearly
combinations of others cost digits, as ``rounding`` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory import require
from theory.encoder.accumulated import ClassMoments, merge_moments
from theory.errors import InputError

EPS = float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class CanonicalModes:
    r"""The K - 1 class modes of inputs and classes, by falling correlation.

    Attributes
    ----------
    correlations
        (K - 1,): :math:`\mu_k`, zero beyond the rank of the inputs.
    vectors
        (K - 1, K): orthonormal; the label of class a has the amplitude ``vectors[k, a] / sqrt(P_a)`` in mode k.
    standard_errors
        (K - 1,): by the jackknife over groups of rows; NaN where it is not defined.
    rank
        of the centred inputs.
    dependent
        numbers of inputs that are linear combinations of the others, one choice of them.
    constant
        numbers of inputs that do not vary.
    interpolated
        how many correlations are 1 whatever the labels: max(0, rank + K - N).
    rounding
        bound on what rounding may have done to the correlations.
    """

    correlations: NDArray
    vectors: NDArray
    standard_errors: NDArray
    rank: int
    dependent: NDArray
    constant: NDArray
    interpolated: int
    rounding: float


@dataclass(frozen=True, eq=False)
class _Axes:
    """Principal axes of the scaled inputs: ``turn`` (p, r) leads there, ``variances`` (r,) add up to the number of inputs."""

    turn: NDArray
    variances: NDArray
    dependent: NDArray
    constant: NDArray


def canonical_modes(groups: Sequence[ClassMoments], ridge: float = 0.0) -> CanonicalModes:
    """The class modes of all rows of the groups, which are alike but for chance.

    Raises
    ------
    InputError
        for fewer than two classes, inputs that do not vary or overflow, or a negative ridge.
    """
    require.real(ridge, "a ridge of zero or more", "give it in units of the variance of a feature", least=0)
    whole = merge_moments(groups)
    if len(whole.counts) < 2:
        raise InputError("at least two classes", f"{len(whole.counts)}", "add samples of another class")
    axes = _principal_axes(whole)
    white = axes.turn / np.sqrt(axes.variances + ridge)
    mu, vectors = _class_modes(white.T @ whole.between.T, whole.counts)
    interpolated = max(0, len(axes.variances) + len(whole.counts) - whole.rows) if ridge == 0 else 0
    mu[:interpolated] = 1.0
    rounding = 64 * EPS * float(np.sqrt(axes.variances.max() / axes.variances.min()))
    mu[mu > 1 - rounding] = 1.0
    errors = _standard_errors(whole, groups, white, axes.variances, ridge)
    return CanonicalModes(mu, vectors, errors, len(axes.variances), axes.dependent, axes.constant, interpolated, rounding)


def shrinkage_ridge(groups: Sequence[ClassMoments]) -> float:
    """A ridge from the data: the intensity, at most 1, of the oracle-approximating shrinkage of the correlations of inputs.

    Reference: Chen, Wiesel, Eldar, Hero, IEEE Trans. Signal Process. 58, 5016 (2010).
    """
    whole = merge_moments(groups)
    variances = _principal_axes(whole).variances
    total, square, p = variances.sum(), float(variances @ variances), whole.scatter_root.shape[1]
    spread = (whole.rows + 1 - 2 / p) * (square - total**2 / p)
    return min(1.0, float(((1 - 2 / p) * square + total**2) / spread)) if spread > 0 else 1.0


def _principal_axes(moments: ClassMoments) -> _Axes:
    from scipy.linalg import qr

    root = moments.scatter_root
    if not np.isfinite(root).all():
        raise InputError("features of moderate size", "squares that overflow", "divide large features by their scale")
    peaks = np.abs(root).max(axis=0, initial=np.finfo(float).tiny)
    scales = peaks * np.linalg.norm(root / peaks, axis=0)  # no square overflows
    varying = scales > EPS * np.sqrt(moments.rows) * np.abs(moments.factor[0, 1:])
    if not varying.any():
        raise InputError("features that vary", "constant columns only", "check the feature columns")
    scaled = root[:, varying] / scales[varying]
    _, singular, axes = np.linalg.svd(scaled, full_matrices=False)
    kept = singular > singular[0] * max(moments.rows, len(scales)) * EPS
    turn = np.zeros((len(scales), int(kept.sum())))
    turn[varying] = axes[kept].T / scales[varying, None]
    _, order = qr(scaled, mode="r", pivoting=True)
    dependent = np.sort(np.flatnonzero(varying)[order[int(kept.sum()) :]])
    return _Axes(turn, singular[kept] ** 2, dependent, np.flatnonzero(~varying))


def _class_modes(between: NDArray, counts: NDArray) -> tuple[NDArray, NDArray]:
    """Correlations (K - 1,) and label vectors (K - 1, K) from whitened class sums (r, K)."""
    present = counts > 0
    scaled = between / np.sqrt(np.where(present, counts, 1)) * present
    _, mu, vectors = np.linalg.svd(scaled, full_matrices=len(between) < len(counts))
    return np.pad(np.minimum(mu, 1.0), (0, max(0, len(counts) - len(mu))))[: len(counts) - 1], vectors[: len(counts) - 1]


def _standard_errors(
    whole: ClassMoments, groups: Sequence[ClassMoments], white: NDArray, variances: NDArray, ridge: float
) -> NDArray:
    without = [
        _correlations_without(whole, group.recentre(whole.mean), white, variances, ridge) for group in groups if group.rows
    ]
    if len(without) < 2:
        return np.full(len(whole.counts) - 1, np.nan)
    return np.sqrt((len(without) - 1) * np.var(without, axis=0))


def _correlations_without(
    whole: ClassMoments, group: ClassMoments, white: NDArray, variances: NDArray, ridge: float
) -> NDArray:
    """Correlations of the rows that are not in a group, whose moments are about the mean of all."""
    count, rows = len(whole.counts), whole.rows - group.rows
    counts, sums = whole.counts.copy(), whole.between
    counts[: len(group.counts)] -= group.counts
    sums[: len(group.sums)] -= group.sums
    if ridge == 0 and len(variances) >= rows:
        return np.full(count - 1, np.nan)
    moved, sums = group.factor[:, 1:] @ white, sums @ white
    mean = sums.sum(axis=0) / rows
    scatter = np.diag((variances + ridge * rows / whole.rows) / (variances + ridge)) - moved.T @ moved
    scatter -= rows * np.outer(mean, mean)
    variances, axes = np.linalg.eigh(scatter)
    kept = variances > len(variances) * rows * EPS  # an input may vary in one group alone
    return _class_modes((axes[:, kept] / np.sqrt(variances[kept])).T @ (sums - counts[:, None] * mean).T, counts)[0]
