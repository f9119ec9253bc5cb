"""Runs of the whole model, and what is left of its class modes at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sympy import Symbol

from theory.coupling import Coupling
from theory.errors import UnfinishedError
from theory.loss import Loss
from theory.models.vocabulary import d
from theory.simulation import Direct, Run, simulate
from theory.simulation.setting import Setting

DIMENSION = 4
RESTED = 1e-4  # how far a label at rest may still move in the last tenth of the time


@dataclass(frozen=True, eq=False)
class Experiment:
    """Runs of a whole model from random starts, or those that ``start`` makes of a coupling and a seed, for a ``time``.

    ``watched`` is what of the labels has to rest; ``relaxing`` makes of the end of a run the state at which the slow rate is
    looked for, of which the loss may not tell the scale.
    """

    loss: Loss
    parameters: Mapping[Symbol, float] = field(default_factory=dict)
    time: float = 2000.0
    dimension: int = DIMENSION
    start: Callable[[Coupling, int], Mapping[str, NDArray]] = lambda coupling, seed: {}
    watched: Callable[[Coupling, NDArray], NDArray] = lambda coupling, labels: labels
    relaxing: Callable[[Coupling, dict[str, NDArray]], dict[str, NDArray]] = lambda coupling, end: end

    def run(self, coupling: Coupling, seed: int) -> Run:
        """A run that has come to rest, in what of the labels is watched.

        Raises
        ------
        UnfinishedError
            for one that still moves at its end.
        """
        run = simulate(
            self.loss,
            coupling,
            dimension=self.dimension,
            times=[0.0, 0.9 * self.time, self.time],
            by=Direct(solver="LSODA"),
            seed=seed,
            parameters=self.parameters,
            initial=self.start(coupling, seed),
        )
        late, end = (self.watched(coupling, labels) for labels in run.labels[-2:])
        if (moved := np.abs(end - late).max()) > RESTED:
            raise UnfinishedError(
                f"a run of {self.time:g} still moves by {moved:.1e} in the last tenth of it; give it more time"
            )
        return run

    def rates(self, coupling: Coupling, run: Run) -> NDArray:
        """How fast perturbations of all embeddings fall at the end of a run: minus the real parts of all eigenvalues."""
        setting = Setting.of(self.loss, coupling, self.dimension, self.parameters)
        needed = {str(d), *map(str, setting.flow.parameters)}
        lowered = setting.flow.lower({name: value for name, value in setting.values.items() if name in needed})
        end = self.relaxing(coupling, {name: np.asarray(block) for name, block in run.end.items()})
        state = lowered.pack({block: end[str(block)] for block in lowered.flow.state})
        return -np.linalg.eigvals(lowered.jacobian(0.0, state)).real


def both_alike(coupling: Coupling, end: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """The products of all embeddings without those of the means over the pairs, with both views alike."""
    roots = {name: np.sqrt(np.asarray(coupling.data[D], dtype=float)) for name, D in (("X", "D_x"), ("Y", "D_y"))}
    views = {name: end[name] * root for name, root in roots.items()}
    for name, root in roots.items():
        views[name] = views[name] - np.outer(views[name] @ root, root) / (root @ root)
    left, sizes, right = np.linalg.svd(views["X"].T @ views["Y"], full_matrices=False)
    rank = min(len(end["X"]), len(sizes))
    found = {}
    for name, modes in (("X", left.T), ("Y", right)):
        found[name] = np.zeros(end[name].shape)
        found[name][:rank] = np.sqrt(sizes[:rank, None]) * modes[:rank] / roots[name]
    return found


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
