"""Runs of the whole model, and what is left of its class modes at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.coupling import Coupling
from theory.errors import UnfinishedError
from theory.loss import Loss
from theory.simulation import Direct, Run, simulate

DIMENSION = 4
RESTED = 1e-4  # how far a label at rest may still move in the last tenth of the time


def run_to_rest(
    loss: Loss,
    coupling: Coupling,
    seed: int,
    parameters: Mapping,
    *,
    time: float = 2000.0,
    dimension: int = DIMENSION,
    initial: Mapping[str, ArrayLike] | None = None,
    watched: Callable[[NDArray], NDArray] = np.asarray,
) -> Run:
    """A run that has come to rest, in what of the labels is watched.

    Raises
    ------
    UnfinishedError
        for one that still moves at its end.
    """
    run = simulate(
        loss,
        coupling,
        dimension=dimension,
        times=[0.0, 0.9 * time, time],
        by=Direct(solver="LSODA"),
        seed=seed,
        parameters=parameters,
        initial=initial,
    )
    moved = np.abs(watched(run.labels[-1]) - watched(run.labels[-2])).max()
    if moved > RESTED:
        raise UnfinishedError(f"a run of {time:g} still moves by {moved:.1e} in the last tenth of it; give it more time")
    return run


def class_squares(run: Run, coupling: Coupling) -> NDArray:
    r"""The squared lengths :math:`\lVert v_k\rVert^2` of the class modes at the end (K - 1,), by falling correlation.

    A mode is the projection of all embeddings, times the roots of their degrees, on an eigenvector of the normalised adjacency.
    """
    degrees, vectors = class_modes(coupling)
    whole = np.concatenate([run.end["X"], run.end["Y"]], axis=1)
    return ((whole * np.sqrt(degrees) @ vectors) ** 2).sum(axis=0)


def class_views(run: Run, coupling: Coupling) -> tuple[NDArray, NDArray]:
    """The amplitudes of samples and of labels in the class modes at the end, a mode in each column."""
    degrees, vectors = class_modes(coupling)
    both = np.concatenate([run.end["X"], run.end["Y"]], axis=1) * np.sqrt(2 * degrees)
    return both[:, : coupling.samples] @ vectors[: coupling.samples], both[:, coupling.samples :] @ vectors[coupling.samples :]


def class_modes(coupling: Coupling) -> tuple[NDArray, NDArray]:
    """The degrees of samples and labels (N + K,), and the eigenvectors of the class modes (N + K, K - 1)."""
    weights = np.asarray(coupling.data["J"])
    of_samples, of_labels = weights.sum(axis=1), weights.sum(axis=0)
    scaled = weights / np.sqrt(np.outer(of_samples, of_labels))
    left, _, right = np.linalg.svd(scaled, full_matrices=False)
    return np.concatenate([of_samples, of_labels]), np.concatenate([left, right.T])[:, 1 : coupling.labels] / np.sqrt(2)
