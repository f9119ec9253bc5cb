"""All embeddings under cosines, for checks: states, velocities, Jacobians and runs."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from derivations.catalogue.whole import integrate_states
from derivations.closed_forms.cosine import decaying_cosine
from theory import Coupling, Loss
from theory.models.vocabulary import X, Y, lam


class CosineModel:
    """All embeddings of a coupling in a dimension, with decay or without."""

    def __init__(self, coupling: Coupling, dimension: int, decay: float = 0.0, loss: Loss | None = None):
        self.coupling, self.dimension, self.loss = coupling, dimension, loss or decaying_cosine()
        flow = self.loss.stop_gradient_flow()
        given = {**coupling.data, lam.name: decay}
        self.lowered = flow.lower(
            {name: v for name, v in given.items() if name in map(str, flow.parameters)} | {"d": dimension}
        )

    @cached_property
    def weights(self) -> NDArray:
        return np.asarray(self.coupling.data["J"], dtype=float)

    @cached_property
    def mass(self) -> float:
        return float(self.weights.sum())

    @property
    def count(self) -> int:
        return sum(self.weights.shape)

    @cached_property
    def adjacency(self) -> NDArray:
        samples, labels = self.weights.shape
        return np.block([[np.zeros((samples, samples)), self.weights], [self.weights.T, np.zeros((labels, labels))]])

    @cached_property
    def losses(self):
        return self.lowered.evaluate([self.loss.erased()])

    def state(self, embeddings: NDArray) -> NDArray:
        """The state of all embeddings, samples first, one a column."""
        samples = len(self.weights)
        return self.lowered.pack({X: embeddings[:, :samples], Y: embeddings[:, samples:]})

    def embeddings(self, state: NDArray) -> NDArray:
        blocks = self.lowered.unpack(state)
        return np.concatenate([blocks[X], blocks[Y]], axis=1)

    def velocity(self, embeddings: NDArray) -> NDArray:
        return self.embeddings(self.lowered.velocity(0, self.state(embeddings)))

    def slope(self, embeddings: NDArray, along: NDArray) -> NDArray:
        """The dense Jacobian of all embeddings, along a displacement."""
        return self.embeddings(self.lowered.jacobian(0, self.state(embeddings)) @ self.state(along))

    def eigenvalues(self, embeddings: NDArray) -> NDArray:
        """Those of the dense Jacobian, ascending."""
        return np.sort(np.linalg.eigvals(self.lowered.jacobian(0, self.state(embeddings))).real)

    def course(self, start: NDArray, times) -> list[NDArray]:
        return [self.embeddings(s) for s in integrate_states(self.lowered, self.state(start), times)]


def ring(pairs: int) -> Coupling:
    """As many samples as labels, each between two of the others."""
    return Coupling(np.eye(pairs) + np.roll(np.eye(pairs), 1, axis=1))


def turned_ring(pairs: int, turns: int, dimension: int) -> tuple[float, NDArray]:
    """The angle from each embedding of a ring to the next, and all of them, in a plane."""
    step = np.pi * turns / pairs
    angles = step * np.concatenate([2 * np.arange(pairs), 2 * np.arange(pairs) - 1])
    plane = np.stack([np.cos(angles), np.sin(angles)])
    return step, np.concatenate([plane, np.zeros((dimension - 2, 2 * pairs))])
