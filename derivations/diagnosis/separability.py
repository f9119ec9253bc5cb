r"""What a softmax over classes does to a linear encoder: whether its margins are bounded.

Scores are :math:`s_a(\xi)=b_a\cdot\xi` of centred features, :math:`b_a=A^Ty_a`, and the cross-entropy is convex in them.  A
pair of a sample i and another class c than its own, a, is *separable* where some scores have :math:`\xi_i\cdot(b_a-b_c)>0` and
no pair is on the wrong side,

.. math:: \max\sum t_{ic}\quad\text{with}\quad\xi_i\cdot(b_a-b_c)\ge t_{ic},\quad0\le t_{ic}\le1,

a linear program in which every t is 0 or 1 at best, since scores of two choices add up.  Where no pair is separable the least
loss is at finite scores; the margins of those that are grow without bound, and where all are, the loss tends to zero (Albert,
Anderson, Biometrika 71, 1, 1984; Konis, *Linear programming algorithms for detecting separated data*, 2007).

>>> import numpy as np
>>> classes = np.array([0, 0, 1, 1])
>>> separate_classes(np.array([[-2.0], [-1.0], [1.0], [2.0]]), classes)
Separation(pairs=4, separable=4, margin=inf)
>>> found = separate_classes(np.array([[-2.0], [1.0], [-1.0], [2.0]]), classes)
>>> found.separable, round(found.margin, 3)
(0, 0.21)

When it fails: scores without a constant, of embeddings of at least as many dimensions as there are classes less one; of fewer
the problem is not convex.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.errors import UnfinishedError

NEWTON_STEPS = 100
AT_REST = 1e-10  # largest slope of the cross-entropy at its minimum
RIDGE = 1e-12  # of the mean curvature: scores that grow without bound have none at last
MOST_ENTRIES = 3 * 10**6  # of the constraints, up to which the linear program is solved


@dataclass(frozen=True)
class Separation:
    """How many pairs of a sample and another class there are, how many of them are separable, and the mean margin of the right
    class at the least cross-entropy, which is infinite where any is."""

    pairs: int
    separable: int
    margin: float


def separate_classes(features: NDArray, classes: NDArray) -> Separation:
    """Whether centred features (n, p) tell classes (n,), numbered from zero, apart by linear scores.

    Raises
    ------
    UnfinishedError
        where there are too many samples for the linear program, or it comes to no end.
    """
    axes, singular, _ = np.linalg.svd(features, full_matrices=False)
    inputs = axes[:, singular > singular[0] * max(features.shape) * np.finfo(float).eps] * np.sqrt(len(features))
    margins, slope = _least_margins(inputs, classes)
    if margins.min() > 0:
        return Separation(margins.size, margins.size, np.inf)
    separable = _count_separable(inputs, classes)
    if not separable and slope > AT_REST:
        raise UnfinishedError(f"the least cross-entropy is not reached: its slope is still {slope:.1e}; scale the features")
    return Separation(margins.size, separable, np.inf if separable else float(margins.mean()))


def too_many_samples(count: int) -> str:
    """Why it is not decided whether classes of many samples are separated."""
    return f"{count:,} samples are too many to decide whether linear scores separate their classes"


def _least_margins(inputs: NDArray, classes: NDArray) -> tuple[NDArray, float]:
    """Margins (n, K - 1) at the least cross-entropy, or at the first scores on the way there of which all margins are positive,
    and the largest slope there; the scores of the last class are zero."""
    count = int(classes.max()) + 1
    others = np.array([[c for c in range(count) if c != a] for a in range(count)])[classes]
    own, weights = np.eye(count)[classes], np.zeros((inputs.shape[1], count - 1))
    loss, shares, margins = _cross_entropy(inputs @ weights, classes, others)
    for _ in range(NEWTON_STEPS):
        slope = inputs.T @ (shares - own)[:, :-1] / len(inputs)
        if margins.min() > 0 or np.abs(slope).max() < AT_REST:
            break
        step, before = _newton_step(inputs, shares[:, :-1], slope), loss
        while True:
            loss, shares, margins = _cross_entropy(inputs @ (weights - step), classes, others)
            if loss <= before:
                break
            step = step / 2
        weights = weights - step
    return margins, float(np.abs(slope).max())


def _cross_entropy(scores: NDArray, classes: NDArray, others: NDArray) -> tuple[float, NDArray, NDArray]:
    """The mean cross-entropy of scores (n, K - 1), probabilities (n, K) and margins (n, K - 1) of the right class."""
    scores = np.pad(scores, ((0, 0), (0, 1)))
    margins = np.take_along_axis(scores, classes[:, None], 1) - np.take_along_axis(scores, others, 1)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    loss = float(np.logaddexp.reduce(np.pad(-margins, ((0, 0), (0, 1))), axis=1).mean())
    return loss, shares / shares.sum(axis=1, keepdims=True), margins


def _newton_step(inputs: NDArray, shares: NDArray, slope: NDArray) -> NDArray:
    """The slope (p, K - 1) in the metric of the curvature."""
    axes, count = slope.shape
    curvature = np.empty((axes, count, axes, count))
    for a in range(count):
        for b in range(a + 1):
            weight = shares[:, a] * ((a == b) - shares[:, b])
            curvature[:, a, :, b] = curvature[:, b, :, a] = (inputs * weight[:, None]).T @ inputs / len(inputs)
    flat = curvature.reshape(axes * count, -1)
    flat[np.diag_indices(len(flat))] += RIDGE * np.trace(flat) / len(flat)
    return np.linalg.solve(flat, slope.ravel()).reshape(slope.shape)


def _count_separable(inputs: NDArray, classes: NDArray) -> int:
    """How many pairs of a sample and another class are separable."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack

    count = int(classes.max()) + 1
    own = np.eye(count)[classes]
    sample, other = np.nonzero(own == 0)
    if len(sample) * inputs.shape[1] * count > MOST_ENTRIES:
        raise UnfinishedError(too_many_samples(len(inputs)))
    towards = own[sample] - np.eye(count)[other]
    gaps = csr_array((inputs[sample][:, :, None] * towards[:, None, :]).reshape(len(sample), -1))
    constraints = hstack([-gaps, eye_array(len(sample))]).tocsr()
    goal = np.concatenate([np.zeros(gaps.shape[1]), -np.ones(len(sample))])
    bounds = [(None, None)] * gaps.shape[1] + [(0, 1)] * len(sample)
    found = linprog(goal, A_ub=constraints, b_ub=np.zeros(len(sample)), bounds=bounds)
    if found.status != 0:
        raise UnfinishedError(f"the linear program that separates classes came to no end: {found.message}")
    return int(np.sum(found.x[gaps.shape[1] :] > 0.5))
