r"""What turns a fixed point: rotations of embedding space, along which noise carries the state.

The flow is the same in every basis of embedding space.  Noise along the zero modes that rotations generate turns the state, and
what is left of it, turned back, drifts by the curvature of the turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from theory.lowering import LoweredFlow
from theory.models.vocabulary import d

ZERO = 1e-7  # of the largest eigenvalue, below which one is that of a zero mode


def turning_drift(lowered: LoweredFlow, point: NDArray, lost: NDArray, noise: NDArray) -> NDArray | None:
    """The drift c of turning back (n,), per unit of the step; None where rotations do not generate all zero modes."""
    turns = list(_rotation_generators(lowered))
    tangents = np.array([turn(point) for turn in turns]).T.reshape(len(point), -1)
    parts = np.linalg.lstsq(tangents, lost, rcond=ZERO)[0]
    if np.linalg.norm(tangents @ parts - lost) > ZERO ** (1 / 2) * np.linalg.norm(lost):
        return None
    onto = np.eye(len(point)) - lost
    sizes, crossed = parts @ noise @ parts.T, onto @ noise @ parts.T
    drift = np.zeros(len(point))
    for j, turn in enumerate(turns):
        drift -= onto @ turn(crossed[:, j])
        for k, other in enumerate(turns):
            drift -= sizes[j, k] / 2 * onto @ turn(other(point))
    return drift


def _rotation_generators(lowered: LoweredFlow) -> Iterator[Callable[[NDArray], NDArray]]:
    """The generators of the rotations of embedding space, on state vectors: a head turns on both sides."""
    size = lowered.sizes.get(d, 1)
    for i, j in combinations(range(size), 2):
        G = np.zeros((size, size))
        G[i, j], G[j, i] = -1.0, 1.0

        def turn(vector: NDArray, G: NDArray = G) -> NDArray:
            moved = {b: G @ v if b.rows == d else np.zeros_like(v) for b, v in lowered.unpack(vector).items()}
            return lowered.pack({b: m - lowered.unpack(vector)[b] @ G if b.cols == d else m for b, m in moved.items()})

        yield turn
