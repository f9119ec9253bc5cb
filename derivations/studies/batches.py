r"""Many starts of a flow of scalars, each with parameters of its own, followed at once until they rest.

Parameters that differ are state that does not move, so that one call of the lowered flow serves all columns.  Steps are those
of a linearly implicit method of order three that damps what is stiff (Rodas3: Sandu et al., 1997), of a length for each column:

.. math:: \Big(\frac{1}{\gamma h}-J\Big)k_i=F\Big(y+\sum_ja_{ij}k_j\Big)+\frac1h\sum_jc_{ij}k_j .

When it fails: columns that have not come to rest after ``STEPS`` steps, or at the horizon, are said not to rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import Symbol

from derivations.studies.placed import Numbers
from theory.flow import Flow

RTOL, ATOL = 1e-5, 1e-9
REST = 1e-7  # of the largest speed
BEYOND = 1e6  # times the start
STEPS = 800
GAMMA = 0.5
INNER = ((), (), (2.0, 0.0), (2.0, 0.0, 1.0))  # a_ij
MIXED = ((), (4.0,), (1.0, -1.0), (1.0, -1.0, -8 / 3))  # c_ij
WEIGHTS = (2.0, 0.0, 1.0, 1.0)  # the last stage is what the method of order two lacks

Batch = Callable[[NDArray], NDArray]


@dataclass(frozen=True, eq=False)
class BatchFlow:
    """A flow in which some parameters are rows of the state: ``velocity`` (n, m) and ``jacobian`` (n, n, m) of columns."""

    velocity: Batch
    jacobian: Batch
    moving: int

    @classmethod
    def of(cls, flow: Flow, numbers: Numbers, varied: tuple[Symbol, ...]) -> BatchFlow:
        """With numbers for the parameters that do not vary."""
        whole = Flow({**flow.velocity, **dict.fromkeys(varied, 0)})
        lowered = whole.lower({p: float(numbers[p]) for p in whole.parameters})
        moving = len(flow.state)
        entries = lowered.evaluate([whole.jacobian()[i, j] for i in range(moving) for j in range(moving)])

        def jacobian(y: NDArray) -> NDArray:
            found = [np.broadcast_to(np.asarray(e, dtype=float), y.shape[1:]) for e in entries(y)]
            return np.reshape(found, (moving, moving, y.shape[1]))

        return cls(lambda y: lowered.velocity(0.0, y)[:moving], jacobian, moving)


@dataclass(frozen=True, eq=False)
class BatchEnds:
    """Where columns ended (n, m), and which of them rest, and which have left every bound."""

    ends: NDArray
    rests: NDArray
    leaves: NDArray


def follow_batch(flow: BatchFlow, start: NDArray, horizon: float) -> BatchEnds:
    """All columns of a start (n, m), with the rows of varied parameters last, up to the horizon."""
    y, active = start.astype(float).copy(), np.arange(start.shape[1])
    rests, leaves = np.zeros(len(active), dtype=bool), np.zeros(len(active), dtype=bool)
    with np.errstate(all="ignore"):
        speed = np.linalg.norm(flow.velocity(y), axis=0)
        most, far = speed.copy(), BEYOND * (1 + np.linalg.norm(start[: flow.moving], axis=0))
        time, step = np.zeros(len(active)), np.full(len(active), 1e-3 * horizon)
        step = np.minimum(step, 0.01 * (1e-3 + np.linalg.norm(start[: flow.moving], axis=0)) / np.maximum(speed, 1e-300))
        for _ in range(STEPS):
            if not len(active):
                break
            new, error = _step(flow, y[:, active], step[active])
            accepted = error <= 1
            moved = active[accepted]
            y[:, moved] = new[:, accepted]
            time[moved] += step[moved]
            speed = np.linalg.norm(flow.velocity(y[:, active]), axis=0)
            most[active] = np.maximum(most[active], speed)
            size = np.linalg.norm(y[: flow.moving, active], axis=0)
            rests[active] = accepted & (speed <= REST * most[active])
            leaves[active] = (size > far[active]) | (step[active] < 1e-14 * horizon)
            step[active] *= np.clip(0.9 * np.maximum(error, 1e-10) ** (-1 / 3), 0.2, 5.0)
            step[active] = np.minimum(step[active], np.maximum(horizon - time[active], 1e-3 * horizon))
            active = active[~(rests[active] | leaves[active] | (time[active] >= horizon))]
    return BatchEnds(y[: flow.moving], rests, leaves)


def _step(flow: BatchFlow, y: NDArray, h: NDArray) -> tuple[NDArray, NDArray]:
    """The state after a step of each column, and its error in units of what is allowed; infinite where it is no number."""
    n = flow.moving
    matrix = np.eye(n)[:, :, None] / (GAMMA * h) - flow.jacobian(y)
    bad = ~np.isfinite(matrix).all(axis=(0, 1))
    matrix[:, :, bad] = np.eye(n)[:, :, None]
    inverse = _inverses(matrix)
    stages: list[NDArray] = []
    for inner, mixed in zip(INNER, MIXED, strict=True):
        at = y.copy()
        for a, k in zip(inner, stages, strict=False):
            at[:n] += a * k
        right = flow.velocity(at) + sum((c * k for c, k in zip(mixed, stages, strict=False)), np.zeros_like(y[:n])) / h
        stages.append(np.einsum("ijm,jm->im", inverse, right))
    new = y.copy()
    new[:n] += sum(w * k for w, k in zip(WEIGHTS, stages, strict=True))
    allowed = ATOL + RTOL * np.maximum(np.abs(y[:n]), np.abs(new[:n]))
    error = np.sqrt(np.mean((stages[-1] / allowed) ** 2, axis=0))
    return new, np.where(bad | ~np.isfinite(error), np.inf, error)


def _inverses(matrix: NDArray) -> NDArray:
    """Inverses along the last axis; a singular matrix gives no number."""
    try:
        return np.moveaxis(np.linalg.inv(np.moveaxis(matrix, -1, 0)), 0, -1)
    except np.linalg.LinAlgError:
        return np.stack([_inverse(matrix[:, :, k]) for k in range(matrix.shape[2])], axis=-1)


def _inverse(matrix: NDArray) -> NDArray:
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return np.full_like(matrix, np.nan)
