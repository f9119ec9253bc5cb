"""All embeddings beside the same in modes without means, for losses that centre both views: velocities, Jacobians, runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from sympy import Basic, Symbol

from theory import Coupling, models
from theory.loss import Loss
from theory.lowering import LoweredFlow
from theory.models.vocabulary import D_x, X, Y


@cache
def vicreg() -> Loss:
    """VICReg, made once."""
    return models.vicreg()


@cache
def barlow_twins() -> Loss:
    """Barlow Twins, made once."""
    return models.barlow_twins()


@cache
def _lowered(loss: Loss, samples: int, labels: int, dimension: int) -> LoweredFlow:
    """The flow as NumPy functions, with all numbers one."""
    flow = loss.stop_gradient_flow()
    data = Coupling(np.ones((samples, labels))).data
    given = {str(p): data.get(str(p), 1.0) for p in {*flow.parameters, D_x}}
    return flow.lower({**given, "d": dimension})


DIFFERENCES = {1: 3 / 4, -1: -3 / 4, 2: -3 / 20, -2: 3 / 20, 3: 1 / 60, -3: -1 / 60}  # of sixth order


class CentredModel:
    """All embeddings of a coupling, with mobilities of its own, and the same in canonical modes without the means."""

    def __init__(self, weights: NDArray, dimension: int, values: Mapping[Symbol, float], mobility=None, loss=None):
        self.weights, self.dimension, self.values = np.asarray(weights, dtype=float), dimension, dict(values)
        own = (lambda degrees, mass: mass / degrees) if mobility is None else mobility
        self.coupling = Coupling(self.weights, mobility=tuple(own(e, self.mass) for e in self.degrees))
        self.loss = loss or vicreg()

    @cached_property
    def lowered(self) -> LoweredFlow:
        shape = _lowered(self.loss, *self.weights.shape, self.dimension)
        given = {**self.coupling.data, **{str(symbol): value for symbol, value in self.values.items()}}
        return replace(shape, constants={symbol: given[str(symbol)] for symbol in shape.constants})

    @property
    def mass(self) -> float:
        return float(self.weights.sum())

    @property
    def degrees(self) -> tuple[NDArray, NDArray]:
        return self.weights.sum(axis=1), self.weights.sum(axis=0)

    @cached_property
    def _modes(self):
        """Canonical modes of both sides, the means first, and correlations."""
        roots = [np.sqrt(e) for e in self.degrees]
        left, correlations, right = np.linalg.svd(self.weights / np.outer(*roots))
        return (left, right.T), correlations, roots

    @property
    def correlations(self) -> NDArray:
        return self._modes[1][1:]

    def amplitudes(self, state: NDArray) -> tuple[NDArray, NDArray]:
        """Both views in modes without their means."""
        blocks, (sides, _, roots) = self.lowered.unpack(state), self._modes
        return tuple(
            blocks[b] * root / np.sqrt(self.mass) @ side[:, 1:] for b, side, root in zip((X, Y), sides, roots, strict=True)
        )

    def means(self, state: NDArray) -> tuple[NDArray, NDArray]:
        blocks = self.lowered.unpack(state)
        return tuple(blocks[b] @ e[:, None] / self.mass for b, e in zip((X, Y), self.degrees, strict=True))

    def state(self, of_x: NDArray, of_y: NDArray) -> NDArray:
        """All embeddings with these amplitudes in the first modes, and no mean."""
        sides, _, roots = self._modes
        views = (
            amplitudes @ side[:, 1 : 1 + amplitudes.shape[1]].T * np.sqrt(self.mass) / root
            for amplitudes, side, root in zip((of_x, of_y), sides, roots, strict=True)
        )
        return self.lowered.pack(dict(zip((X, Y), views, strict=True)))

    def random_state(self, rng: np.random.Generator, size: float = 0.4) -> NDArray:
        return size * rng.standard_normal(self.lowered.size)

    def energy(self, state: NDArray) -> float:
        return float(self.lowered.evaluate([self.loss.erased()])(state)[0])

    def speeds(self, state: NDArray) -> NDArray:
        """The velocities of all embeddings, as velocities of the state."""
        return self.lowered.velocity(0, state)

    def eigenvalues(self, of_x: NDArray, of_y: NDArray) -> NDArray:
        """Those of the Jacobian of all embeddings, by differences of their velocities, ascending."""
        state, step = self.state(of_x, of_y), 1e-3
        columns = [
            sum(c * self.speeds(state + k * step * e) for k, c in DIFFERENCES.items()) / step for e in np.eye(len(state))
        ]
        return np.sort(np.linalg.eigvals(np.column_stack(columns)).real)

    def end_of_run(self, start: NDArray, time: float, step: float = 0.1) -> NDArray:
        """Finite steps, finer towards the end, where what rests on a kink hops about it."""
        state = start.copy()
        for size, share in ((step, 0.9), (step / 10, 0.04), (step / 100, 0.004)):
            for _ in range(int(time * share / size)):
                state = state + size * self.lowered.velocity(0, state)
        return state

    def rest_from(self, start: NDArray, time: float) -> NDArray:
        """The end of a smooth run."""
        return solve_ivp(self.lowered.velocity, (0, time), start, method="LSODA", rtol=1e-9, atol=1e-11).y[:, -1]

    def moments(self, state: NDArray) -> tuple[NDArray, NDArray]:
        """Covariances of the dimensions of both views."""
        return tuple(a @ a.T for a in self.amplitudes(state))


def random_weights(rng: np.random.Generator, diagonal: float = 0.0) -> NDArray:
    """Of three samples and three labels."""
    return diagonal * np.eye(3) + rng.uniform(0.1, 1, (3, 3))


def weights_of(*correlations: float) -> NDArray:
    """A coupling of two or of four classes with these canonical correlations."""
    patterns = np.array([[1.0, 1], [1, -1]])
    if len(correlations) > 1:
        patterns = np.kron(patterns, patterns)
    padded = np.zeros(len(patterns))
    padded[: 1 + len(correlations)] = (1, *correlations)
    return patterns * padded @ patterns.T / len(patterns) ** 2


def number(formula: Basic, values: Mapping) -> float:
    return float(formula.subs(values))
