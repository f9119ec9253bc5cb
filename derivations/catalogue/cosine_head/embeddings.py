"""All embeddings and the head under cosines of predictions, for the checks of the derivation ``cosine_head``."""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from derivations.catalogue.points import diagonal_matrix
from derivations.catalogue.whole import integrate_states
from derivations.vocabulary import N_Z, P_W, A, D, H, dw_m, dZ, mass, w_m
from theory import Coupling, Flow, Loss, models
from theory.coupling.directions import symmetric_state, unit_columns
from theory.evaluate import Point, mpf_array
from theory.models.vocabulary import W, X, Y, d, gamma


@cache
def simsiam() -> Loss:
    return models.simsiam()


@cache
def byol() -> Loss:
    return models.byol()


@cache
def _flow_of(loss: Loss) -> Flow:
    return loss.stop_gradient_flow()


class HeadModel:
    """All embeddings of a coupling and the head, with learning rate and decays."""

    def __init__(self, coupling: Coupling, dimension: int, rate: float, decays=(0.0, 0.0), loss: Loss | None = None, **more):
        self.coupling, self.dimension, self.loss = coupling, dimension, loss or simsiam()
        self.flow = flow = _flow_of(self.loss)
        given = {**coupling.data, "gamma": rate, **dict(zip(("lambda", "kappa"), decays, strict=True)), **more}
        needed = set(map(str, flow.parameters))
        self.lowered = flow.lower({name: v for name, v in given.items() if name in needed} | {"d": dimension})

    @cached_property
    def losses(self):
        return self.lowered.evaluate([self.loss.erased()])

    @cached_property
    def weights(self) -> NDArray:
        return np.asarray(self.coupling.data["J"], dtype=float)

    @property
    def mass(self) -> float:
        return float(self.weights.sum())

    @cached_property
    def adjacency(self) -> NDArray:
        samples, labels = self.weights.shape
        return np.block([[np.zeros((samples, samples)), self.weights], [self.weights.T, np.zeros((labels, labels))]])

    def state(self, embeddings: NDArray, head: NDArray) -> NDArray:
        """The state of all embeddings, samples first, one a column, and the head; targets where they are."""
        samples = len(self.weights)
        blocks = {X: embeddings[:, :samples], Y: embeddings[:, samples:], W: head}
        targets = {b: blocks[X if b.name.endswith("X") else Y] for b in self.flow.state if b not in blocks}
        return self.lowered.pack(blocks | targets)

    def parts(self, state: NDArray) -> tuple[NDArray, NDArray]:
        """All embeddings, and the head."""
        blocks = self.lowered.unpack(state)
        return np.concatenate([blocks[X], blocks[Y]], axis=1), blocks[W]

    def velocity(self, embeddings: NDArray, head: NDArray) -> tuple[NDArray, NDArray]:
        return self.parts(self.lowered.velocity(0, self.state(embeddings, head)))

    def slope(self, embeddings: NDArray, head: NDArray, along: NDArray, turned: NDArray) -> tuple[NDArray, NDArray]:
        """The dense Jacobian of all embeddings and the head, along displacements of both."""
        return self.parts(self.lowered.jacobian(0, self.state(embeddings, head)) @ self.state(along, turned))

    def eigenvalues(self, embeddings: NDArray, head: NDArray) -> NDArray:
        """Those of the dense Jacobian."""
        return np.linalg.eigvals(self.lowered.jacobian(0, self.state(embeddings, head)))

    def course(self, start: NDArray, times) -> list[tuple[NDArray, NDArray]]:
        return [self.parts(s) for s in integrate_states(self.lowered, start, times)]


def diagonal_head(dimension: int, across: float, along: float) -> NDArray:
    """The head with one entry along the last direction, another across it."""
    return np.diag([*[across] * (dimension - 1), along])


def symmetric_start(model: HeadModel, angles, parts) -> NDArray:
    """Two angles of labels and pure samples, and both parts of the head."""
    return model.state(symmetric_state(model.coupling, *angles), diagonal_head(model.dimension, *parts))


class Aligned:
    """All embeddings along a direction that the head keeps, with displacements of their unit vectors and of the head."""

    def __init__(self, rng: np.random.Generator, even: bool = False, loss: Loss | None = None, **more):
        weights = rng.uniform(0.1, 1, (3, 2))
        self.sizes, own = np.ones(5) if even else rng.uniform(0.5, 2, 5), rng.uniform(0.5, 2, 5)
        self.rate, self.along = float(rng.uniform(0.1, 1)), float(rng.uniform(0.5, 2))
        coupling = Coupling(weights) if even else Coupling(weights, mobility=(own[:3], own[3:]))
        self.model = HeadModel(coupling, 3, self.rate, loss=loss, **more)
        self.degrees = self.model.adjacency.sum(axis=0)
        self.mobility = (1 / self.degrees if even else own) / self.sizes**2
        basis = np.linalg.qr(rng.standard_normal((3, 3)))[0]
        self.common, self.plane = basis[:, :1], basis[:, 1:]
        self.embeddings = self.common * self.sizes
        inside = np.diag(rng.uniform(0.2, 1.5, 2)) if even else rng.standard_normal((2, 2))
        self.ratios = np.diag(inside)
        self.across = self.plane @ inside @ self.plane.T
        self.head = self.along * (self.common @ self.common.T + self.across)
        self.turned, self.tilt = self.plane @ rng.standard_normal((2, 5)), self.plane @ rng.standard_normal((2, 1))

    def point(self) -> Point:
        """What lines on displacements are evaluated at."""
        return Point(
            {N_Z: 5, d: 3, A: mpf_array(self.model.adjacency), D: diagonal_matrix(self.degrees), mass: self.model.mass}
            | {H: diagonal_matrix(self.mobility), dZ: mpf_array(self.turned), dw_m: mpf_array(self.tilt)}
            | {P_W: mpf_array(self.across), w_m: self.along, gamma: self.rate}
        )


@cache
def _aligned(seed: int, even: bool, follow: float) -> Aligned:
    rng = np.random.default_rng(seed)
    return Aligned(rng, even, byol(), beta=follow) if follow else Aligned(rng, even)


def draw_aligned(rng: np.random.Generator, even: bool = False, follow: float = 0.0) -> Aligned:
    """One of a few cases, each made once."""
    return _aligned(int(rng.integers(1000)) % 3, even, follow)


def random_embeddings(rng: np.random.Generator, model: HeadModel) -> NDArray:
    return unit_columns(rng.standard_normal((model.dimension, sum(model.weights.shape))))
