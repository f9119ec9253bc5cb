"""Directions of embeddings: classes along a simplex at an angle from what all have in common, and how far labels are apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.coupling.coupling import Coupling


def unit_columns(embeddings: NDArray) -> NDArray:
    """The columns divided by their lengths."""
    return embeddings / np.linalg.norm(embeddings, axis=0)


def simplex(classes: int) -> NDArray:
    """Unit vectors towards the corners of a simplex in one dimension less, one a column."""
    corners = np.linalg.svd(np.eye(classes) - 1 / classes)[2][: classes - 1]
    return corners / np.linalg.norm(corners, axis=0)


def symmetric_state(coupling: Coupling, of_labels: float, of_samples: float) -> NDArray:
    """Labels and pure samples at their angles from the last direction, frustrated samples along it."""
    weights = np.asarray(coupling.data["J"], dtype=float)
    classes, towards = weights.shape[1], simplex(weights.shape[1])
    pure = np.isclose(weights.max(axis=1), weights.sum(axis=1))
    own = np.argmax(weights, axis=1)
    columns = [_at_angle(towards[:, own[i]], of_samples if pure[i] else 0.0) for i in range(len(weights))]
    return np.stack([*columns, *(_at_angle(towards[:, a], of_labels) for a in range(classes))], axis=1)


def _at_angle(towards: NDArray, angle: float) -> NDArray:
    return np.append(np.sin(angle) * towards, np.cos(angle))


def mean_spread(labels: NDArray) -> float:
    """The mean over pairs of labels of one minus their cosine, as half the square of their chord; lengths do not enter."""
    directions = unit_columns(labels)
    first, second = np.triu_indices(labels.shape[1], 1)
    return float(((directions[:, first] - directions[:, second]) ** 2).sum(axis=0).mean() / 2)
