"""All embeddings with a shared head beside the same in modes, for checks: a coupling of two components, and its runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.linalg import block_diag
from sympy import Symbol

from derivations.catalogue.points import diagonal_matrix
from derivations.closed_forms.reduced import shared_head
from derivations.lines import Lines, dot
from derivations.vocabulary import N_Z, L, V, mu_k, mu_matrix, v_k
from theory import Auto, Coupling, Flow, Loss, models, simulate
from theory.evaluate import Point, evaluate, mpf_array
from theory.lowering import LoweredFlow
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, W, X, Y, d, gamma, kappa, lam
from theory.state import parameters_of
from theory.stopgrad import erase


class WholeModel:
    """Two components of random weights with all their embeddings in two dimensions, the velocities, and the same in modes."""

    def __init__(self, rng: np.random.Generator, stop: str):
        self.coupling = Coupling(block_diag(rng.uniform(0.1, 1, (3, 2)), rng.uniform(0.1, 1, (3, 2))))
        self.mu, self.vectors, self.degrees = eigenmodes(self.coupling)
        self.rate = float(rng.uniform(0.2, 2))
        self.energy = shared_head(stop)
        self.lowered = self.energy.stop_gradient_flow().lower({**self.coupling.data, "gamma": self.rate, "d": 2})
        self.state = rng.standard_normal(self.lowered.size)
        self.blocks = self.lowered.unpack(self.state)
        self.head, self.amplitudes = self.blocks[W], self._to_modes(self.blocks)

    @cached_property
    def block_velocities(self):
        return self.lowered.unpack(self.lowered.velocity(0, self.state))

    @cached_property
    def speeds(self) -> NDArray:
        """The velocities of the amplitudes."""
        return self._to_modes(self.block_velocities)

    @cached_property
    def loss(self) -> float:
        return self.lowered.evaluate([self.energy.erased()])(self.state)[0]

    @property
    def frustrated_modes(self) -> NDArray:
        return np.abs(self.mu) < 1 - 1e-9

    @property
    def least_frustration(self) -> float:
        return float(1 - (self.mu[self.frustrated_modes] ** 2).max())

    def compare(self, premises: Lines, after: Lines) -> Iterator[tuple]:
        """Loss and velocities, and what lines say of them: for all embeddings, and in modes."""
        at = self.point()
        yield from ((self.loss, evaluate(erase(lines[L]), at)) for lines in (premises, after))
        whole = self.speeds_of(premises), evaluate(premises[dot(W)], at)
        inside = (evaluate(after[dot(b)], at) for b in (V, W))
        yield from (
            pair for formulas in (whole, inside) for pair in zip((self.speeds, self.block_velocities[W]), formulas, strict=True)
        )

    def speeds_of(self, premises: Lines, part: str = "") -> NDArray:
        """The velocities that lines give all embeddings with the mobilities that they name, as velocities of the amplitudes."""
        point = self.point()
        at = point | {H: evaluate(premises[H], point) for H in (H_x, H_y)}
        return self._to_modes({b: evaluate(premises[dot(b, part)], at) for b in (X, Y)})

    def point(self) -> Point:
        """All embeddings, their couplings, and the same in modes."""
        data = {J: mpf_array(self.coupling.data["J"])} | {D: diagonal_matrix(self.coupling.data[D.name]) for D in (D_x, D_y)}
        whole = {N: 6, K: 4, gamma: mpmath.mpf(self.rate), **data, **{b: mpf_array(v) for b, v in self.blocks.items()}}
        inside = {
            N_Z: len(self.mu),
            V: mpf_array(self.amplitudes),
            mu_matrix: diagonal_matrix([mpmath.mpf(m) for m in self.mu]),
        }
        return Point({d: 2, **whole, **inside})

    def mode(self, number: int) -> Point:
        """One mode and the head."""
        column = mpf_array(self.amplitudes[:, [number]])
        return Point({d: 2, v_k: column, W: mpf_array(self.head), mu_k: mpmath.mpf(self.mu[number])})

    def lone_state(self, number: int) -> NDArray:
        """A state of one mode alone, whose correlation is the head."""
        column = self.vectors[:, number] / np.sqrt(self.degrees)
        whole = np.outer(self.amplitudes[:, number], column)
        return self.lowered.pack({X: whole[:, :6], Y: whole[:, 6:], W: self.mu[number] * np.eye(2)})

    def course(self, start: NDArray, times) -> Iterator[tuple]:
        """Blocks and amplitudes along a run."""
        states = integrate_states(self.lowered, start, times)
        return ((blocks, self._to_modes(blocks)) for blocks in map(self.lowered.unpack, states))

    def _to_modes(self, blocks) -> NDArray:
        return amplitudes(blocks[X], blocks[Y], self.degrees, self.vectors)


@cache
def gradient_flow_of(loss: Loss) -> Flow:
    """Derived once for all couplings."""
    return loss.gradient_flow()


def lower_loss(loss: Loss, coupling: Coupling, dimension: int, parameters: Mapping[Symbol, float] | None = None) -> LoweredFlow:
    """The gradient flow of all embeddings of a coupling, with what the loss itself needs."""
    flow = gradient_flow_of(loss)
    known = {**coupling.data, **{p.name: value for p, value in (parameters or {}).items()}, d.name: dimension}
    needed = {d.name, *map(str, parameters_of([*flow.velocity.values(), loss.expression], flow.state))}
    return flow.lower({name: known[name] for name in needed}, also=[loss.expression])


def integrate_states(lowered, start: NDArray, times) -> NDArray:
    """States at times, one a row."""
    span = (times[0], times[-1])
    return solve_ivp(lowered.velocity, span, start, t_eval=times, method="LSODA", rtol=1e-10, atol=1e-12).y.T


def eigenmodes(coupling: Coupling) -> tuple[NDArray, NDArray, NDArray]:
    """Eigenvalues and eigenvectors of the normalised adjacency, and the degrees."""
    data, size = coupling.data, coupling.samples
    degrees = np.concatenate([data["D_x"], data["D_y"]])
    adjacency, weights = np.zeros((len(degrees), len(degrees))), np.asarray(data["J"])
    adjacency[:size, size:], adjacency[size:, :size] = weights, weights.T
    return *np.linalg.eigh(adjacency / np.sqrt(degrees[:, None] * degrees)), degrees


def amplitudes(samples: NDArray, labels: NDArray, degrees: NDArray, vectors: NDArray) -> NDArray:
    """All embeddings in modes, one a column."""
    return np.concatenate([samples, labels], axis=1) * np.sqrt(degrees) @ vectors


def head_at_rest(coupling: Coupling, rng: np.random.Generator) -> tuple[NDArray, dict[Symbol, float]]:
    """Labels (4, K) at the end of a run with a shared head, of random rates, and these."""
    rates = {gamma: 0.02 * float(rng.uniform(0.5, 2)), lam: 0.05, kappa: 0.05 * float(rng.uniform(0.5, 2))}
    how: dict[str, Any] = {"seed": int(rng.integers(100)), "initial": {"W": np.eye(4)}, "by": Auto("LSODA")}
    run = simulate(models.projection_head(), coupling, dimension=4, times=[0, 1500], parameters=rates, **how)
    return run.labels[-1], rates


def simplex_distances(found: NDArray, squared: float, known: Lines) -> Iterator[tuple]:
    """The squared distance of each two labels, and in how many dimensions they fit."""
    first, second = np.triu_indices(found.shape[1], 1)
    yield np.full(len(first), squared), np.sum((found[:, first] - found[:, second]) ** 2, axis=0)
    needed = np.linalg.matrix_rank(found - found.mean(axis=1, keepdims=True), tol=1e-4)
    for dimension in range(1, 5):
        yield int(not known.violations({d: dimension, K: found.shape[1]})), int(needed <= dimension)
