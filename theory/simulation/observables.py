"""What is observed of a state: accuracy, separation of the labels, drift of first integrals; means over runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.coupling import Coupling
from theory.errors import InputError

BLOCK = 10**6  # distances that are held at once
MANY = 500  # labels beyond which not every two are compared
FOLLOWED = 10**8  # distances between samples and labels in a whole run, up to which every sample is looked at


def accuracy(coupling: Coupling, samples: NDArray, targets: NDArray, chosen: NDArray | None = None) -> float:
    """The share of observed samples (d, .), all or those ``chosen``, whose nearest target (d, K) is one of their own.

    Distances are taken from the middle of the targets, so that they keep their accuracy when targets are close together.
    """
    middle = targets.mean(axis=1, keepdims=True)
    near, off = targets - middle, samples - middle
    own, block = np.sum(near**2, axis=0)[:, None], max(1, BLOCK // targets.shape[1])
    parts = (off[:, i : i + block] for i in range(0, samples.shape[1], block))
    nearest = np.concatenate([np.argmin(own - 2 * near.T @ part, axis=0) for part in parts])
    return float(np.mean(coupling.is_own(nearest, chosen)))


def draw_followed(coupling: Coupling, times: int, seed: int) -> NDArray | None:
    """The observed samples that are looked at, drawn without replacement, or None for all where that is affordable."""
    number = FOLLOWED // max(times * coupling.labels, 1)
    if coupling.observed <= number:
        return None
    return np.sort(np.random.default_rng([seed, 1]).choice(coupling.observed, size=max(number, 2), replace=False))


def accuracy_error(share: NDArray, chosen: NDArray | None, observed: int) -> NDArray:
    """The standard error of a share in a subsample without replacement; zero where all were looked at."""
    if chosen is None:
        return np.zeros_like(share)
    return np.sqrt(share * (1 - share) / (len(chosen) - 1) * (1 - len(chosen) / observed))


def relative_drift(now: NDArray, then: NDArray, size: float) -> float:
    """The change of a first integral, relative to its size where that is not zero."""
    return float(np.linalg.norm(now - then) / (size or 1.0))


def min_separation(labels: NDArray) -> NDArray:
    """Smallest distance between two columns, over the last two axes (d, K); infinite for a single column."""
    if labels.shape[-1] > MANY:
        each = [_closest_pair(columns.T) for columns in labels.reshape(-1, *labels.shape[-2:])]
        return np.array(each).reshape(labels.shape[:-2])
    found = np.full(labels.shape[:-2], np.inf)
    for a in range(1, labels.shape[-1]):
        apart = np.linalg.norm(labels[..., :a] - labels[..., a : a + 1], axis=-2)
        found = np.minimum(found, apart.min(axis=-1))
    return found


def _closest_pair(points: NDArray) -> float:
    """The smallest distance of two of many points (K, d), by a tree, within the smallest along any axis."""
    from scipy.spatial import KDTree

    if not np.isfinite(points).all():
        return float("nan")
    along = (points[order] for order in np.argsort(points, axis=0).T)
    bound = min(np.linalg.norm(np.diff(ordered, axis=0), axis=1).min() for ordered in along)
    if bound == 0:
        return 0.0
    return float(min(bound, KDTree(points).query(points, k=2, distance_upper_bound=bound)[0][:, 1].min()))


def label_spread(labels: NDArray) -> NDArray:
    """Root of the summed squared distances of columns from their mean, over the last two axes (d, K)."""
    return np.linalg.norm(labels - labels.mean(axis=-1, keepdims=True), axis=(-2, -1))


def spectrum(moments: NDArray) -> NDArray:
    """Eigenvalues of second moments (..., d, d), the largest first, to rounding of the largest."""
    return np.maximum(np.linalg.eigvalsh(moments)[..., ::-1], 0.0)


@dataclass(frozen=True, eq=False)
class StartPoints:
    """Means over runs and their standard errors (T,), at times (T,)."""

    times: NDArray
    mean: NDArray
    error: NDArray


def points_of_runs(times: NDArray, runs: NDArray) -> StartPoints:
    """What runs (R, T) are on average."""
    return StartPoints(times, runs.mean(axis=0), runs.std(axis=0, ddof=1) / np.sqrt(len(runs)))


def checked_samples(chosen: ArrayLike, samples: int) -> NDArray:
    """Numbers of samples as an array (F,).

    Raises
    ------
    InputError
        for what are no whole numbers from 0 on and below the number of samples.
    """
    found = np.asarray(chosen)
    if found.ndim != 1 or (found.size and (found.dtype.kind not in "iu" or found.min() < 0 or found.max() >= samples)):
        raise InputError(f"a list of samples from 0 to {samples - 1}", str(chosen), "correct it")
    return found.astype(int)
