"""All embeddings beside the same in modes, for the checks of the derivation ``whitening``: velocities, Jacobians and runs."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
from numpy.typing import NDArray

from derivations.catalogue.points import diagonal_matrix
from derivations.catalogue.whole import amplitudes, eigenmodes, lower_loss
from derivations.checks import random_values
from derivations.lines import Lines
from derivations.vocabulary import N_Z, V, beta_c_decay, mu_k, mu_matrix, square_decay
from theory import Coupling, models, simulate
from theory.evaluate import Point, mpf_array
from theory.models.vocabulary import X, Y, beta, d, lam


def mode_point(rng: np.random.Generator) -> Point:
    """Random amplitudes, correlations and weight."""
    size, count = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    return point(random_values(rng, (size, count), -2, 2), random_values(rng, (count,), -1, 1), random_values(rng, (), 0.2, 2))


def point(modes: NDArray, correlations: NDArray, weight) -> Point:
    sizes = dict(zip((d, N_Z), modes.shape, strict=True))
    return Point(
        {
            **sizes,
            V: mpf_array(modes),
            mu_matrix: diagonal_matrix([mpmath.mpf(c) for c in correlations]),
            beta: mpmath.mpf(weight),
        }
    )


class WhitenedModel:
    """All embeddings of a coupling of three samples to three labels, whose correlations differ, and the same in modes."""

    def __init__(self, coupling: Coupling, weight: float, loss=models.whitening, dimension: int = 3):
        self.coupling, self.weight, self.dimension = coupling, weight, dimension
        self.correlations, self.vectors, self.degrees = eigenmodes(self.coupling)
        self.loss = loss()
        self.lowered = lower_loss(self.loss, coupling, dimension, {beta: weight})

    def modes(self, state: NDArray) -> NDArray:
        blocks = self.lowered.unpack(state)
        return amplitudes(blocks[X], blocks[Y], self.degrees, self.vectors)

    def state(self, modes: NDArray) -> NDArray:
        whole = modes @ self.vectors.T / np.sqrt(self.degrees)
        return self.lowered.pack({X: whole[:, :3], Y: whole[:, 3:]})

    def speeds(self, modes: NDArray) -> NDArray:
        """The velocities of all embeddings, as velocities of the amplitudes."""
        return self.modes(self.lowered.velocity(0, self.state(modes)))

    def eigenvalues(self, modes: NDArray) -> NDArray:
        """Those of the Jacobian of all embeddings, ascending."""
        return np.sort(np.linalg.eigvals(self.lowered.jacobian(0, self.state(modes))).real)

    def random_modes(self, rng: np.random.Generator) -> NDArray:
        return rng.standard_normal((self.dimension, len(self.correlations)))


def random_coupling(rng: np.random.Generator) -> Coupling:
    return Coupling(rng.uniform(0.1, 1, (3, 3)))


@cache
def _run_to_end(seed: int) -> tuple[WhitenedModel, NDArray]:
    """All embeddings at the end of a run from a random start, in modes; weights and dimensions at which some modes die."""
    rng = np.random.default_rng(seed)
    whole = WhitenedModel(random_coupling(rng), (0.4, 1.1, 1.6)[seed], dimension=(3, 4, 2)[seed])
    run = simulate(
        whole.loss,
        whole.coupling,
        dimension=whole.dimension,
        times=[0, 400],
        seed=seed,
        parameters={beta: whole.weight},
        method="direct",
        solver="LSODA",
    )
    return whole, whole.modes(whole.lowered.pack({block: run.end[block.name] for block in (X, Y)}))


def a_run(rng) -> tuple[WhitenedModel, NDArray]:
    return _run_to_end(int(rng.integers(3)))


def decaying_states(rng: np.random.Generator, lines: Lines):
    """That a mode of all embeddings beside a decay rests at its square, and is neutral without embeddings at its threshold."""
    rate, coupling = float(rng.uniform(0.05, 0.3)), random_coupling(rng)
    whole = WhitenedModel(coupling, float(rng.uniform(1.5, 2.5)))
    at = {mu_k: whole.correlations[-2], lam: rate, beta: whole.weight}
    along = np.zeros((whole.dimension, len(whole.correlations)))
    along[:, -2] = np.eye(whole.dimension)[0]
    here = np.sqrt(float(lines[square_decay].subs(at))) * along
    yield whole.speeds(here), rate * here
    critical = WhitenedModel(coupling, float(lines[beta_c_decay].subs(at)))
    yield critical.speeds(1e-8 * along), rate * 1e-8 * along
