r"""Two-time kernels as a fixed point: whole kernels in, whole kernels out.

With integrals up to each time as a matrix :math:`\Omega` on the grid, kernels C, R, A and B turn the equations into one linear
system for all times, whose solution has new kernels.  They are repeated until they stay: memory only reaches backwards, so that
each round settles some more of the time.

It shares no code with :mod:`theory.dmft.wide.causal`.  With the weights of that scheme (:func:`explicit_weights`) both find the
same numbers, to rounding; with :func:`trapezoidal_weights`, which need not be explicit, they differ by the errors of both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.dmft.wide.causal import Group, Kernels
from theory.errors import UnfinishedError

ROUNDS = 400


def explicit_weights(times: NDArray) -> NDArray:
    """Integrals up to each of n times (n, n) by the steps of Adams and Bashforth."""
    steps, n = np.diff(times), len(times)
    moves = np.zeros((n, n))
    for end in range(1, n):
        bend = steps[end - 1] / steps[end - 2] / 2 if end > 1 else 0.0
        moves[end, end - 1] = steps[end - 1] * (1 + bend)
        if end > 1:
            moves[end, end - 2] = -steps[end - 1] * bend
    return np.cumsum(moves, axis=0)


def trapezoidal_weights(times: NDArray) -> NDArray:
    """Integrals up to each of n times (n, n) by the trapezoidal rule."""
    n = len(times)
    moves = np.zeros((n, n))
    moves[range(1, n), range(n - 1)] = moves[range(1, n), range(1, n)] = np.diff(times) / 2
    return np.cumsum(moves, axis=0)


def solve_whole(group: Group, times: NDArray, weights: NDArray, tolerance: float = 1e-12, rounds: int = ROUNDS) -> Kernels:
    """The kernels at increasing times from 0 (n,), for weights (n, n) of integrals.

    Raises
    ------
    UnfinishedError
        where they still change by more than ``tolerance``, relative to the starts, after so many rounds.
    """
    n, p = len(times), len(group.correlations)
    scale, change = np.abs(group.covariance).max(), np.inf
    C, R, A, B = np.kron(np.ones((n, n)), group.covariance), *(np.zeros((n * p, n * p)) for _ in range(3))
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(rounds):
            v, r = _respond(group, times, weights, (C, R, A, B))
            C_new, R_new, X = (_overlap(one, other, group.covariance, C, R) for one, other in ((v, v), (r, r), (r, v)))
            change = max(np.abs(C_new - C).max(), np.abs(R_new - R).max()) / scale
            C, R, A, B = C_new, R_new, v[2], r[1]
            if change < tolerance:
                mixed = np.where(np.kron(np.tri(n), np.ones((p, p))) > 0, X, 0)
                return Kernels(times, *(kernel.reshape(n, p, n, p) for kernel in (C, R, mixed, A, B)))
            if not np.isfinite(change):
                break
    raise UnfinishedError(
        f"kernels still change by {change:.1e} after {rounds} rounds up to t = {times[-1]:.4g}; ask for earlier times"
    )


Parts = tuple[NDArray, NDArray, NDArray]


def _respond(group: Group, times: NDArray, weights: NDArray, kernels: tuple[NDArray, ...]) -> tuple[Parts, Parts]:
    """Responses of amplitudes and residuals to the starts and both fields, at fixed kernels."""
    n, p = len(times), len(group.correlations)
    C, R, A, B = kernels
    one, left = np.eye(n * p), np.repeat(np.exp(-group.kappa * times), p)[:, None]
    lagged = np.kron(weights * np.exp(-group.kappa * np.subtract.outer(times, times)), np.ones((p, p)))
    whole = np.kron(weights, np.eye(p))
    of_v = one + whole @ (group.spread * left * B - group.gamma * lagged * R + group.lam * one)
    pull = np.diag((group.start * left)[:, 0] - np.tile(group.correlations, n))
    of_r = one - group.spread * left * A + group.gamma * lagged * C
    system = np.block([[of_v, whole * (group.start * left)[:, 0]], [-pull, of_r]])
    noise, none = group.spread * left[:, 0], np.zeros((n * p, n * p))
    driven = np.block([[np.kron(np.ones((n, 1)), np.eye(p)), none, -whole * noise], [none[:, :p], np.diag(noise), none]])
    found, cuts = np.linalg.solve(system, driven), [p, p + n * p]
    return tuple(tuple(np.split(half, cuts, axis=1)) for half in np.split(found, 2))  # type: ignore[return-value]


def _overlap(one: Parts, other: Parts, covariance: NDArray, C: NDArray, R: NDArray) -> NDArray:
    return one[0] @ covariance @ other[0].T + one[1] @ C @ other[1].T + one[2] @ R @ other[2].T
