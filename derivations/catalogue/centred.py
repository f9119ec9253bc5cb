"""All embeddings beside the same in modes without means, for losses that centre both views: velocities, Jacobians, runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from sympy import Basic, Expr, ImmutableMatrix, Symbol, eye

from derivations.analysis.modes.entries import write_out
from derivations.catalogue.points import diagonal_matrix
from derivations.lines import Lines
from derivations.vocabulary import N_Z, D, H, U_x, U_y, mean_x_all, mean_y_all, mu_1, mu_2, mu_3, mu_matrix
from theory import Coupling, Flow, models
from theory.evaluate import Point, evaluate
from theory.loss import Loss
from theory.lowering import LoweredFlow
from theory.models.vocabulary import D_x, D_y, J, X, Y, lam


@cache
def vicreg() -> Loss:
    """VICReg with a decay of all embeddings, made once."""
    return models.vicreg().with_parts(decay={X: lam, Y: lam})


@cache
def barlow_twins() -> Loss:
    """Barlow Twins with a decay of all embeddings, made once."""
    return models.barlow_twins().with_parts(decay={X: lam, Y: lam})


@cache
def _flow_of(loss: Loss) -> Flow:
    return loss.stop_gradient_flow()


@cache
def _lowered(loss: Loss, samples: int, labels: int, dimension: int) -> LoweredFlow:
    """The flow as NumPy functions, with all numbers one."""
    flow = _flow_of(loss)
    data = Coupling(np.ones((samples, labels))).data
    given = {str(p): data.get(str(p), 1.0) for p in {*flow.parameters, D_x}}
    return flow.lower({**given, "d": dimension})


PATTERNS = ImmutableMatrix([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])  # of four classes, or two
DIFFERENCES = {1: 3 / 4, -1: -3 / 4, 2: -3 / 20, -2: 3 / 20, 3: 1 / 60, -3: -1 / 60}  # of sixth order


class CentredModel:
    """All embeddings of a coupling, with mobilities of its own, and the same in canonical modes without the means.

    They do not decay where no decay is among the values.
    """

    def __init__(self, weights: NDArray, dimension: int, values: Mapping[Symbol, float], mobility=None, loss=None):
        self.weights, self.dimension, self.values = np.asarray(weights, dtype=float), dimension, {lam: 0.0, **values}
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

    def is_stable(self, rows: NDArray) -> int:
        """Whether nothing grows from these amplitudes of both views, at which all embeddings rest.

        Raises
        ------
        ArithmeticError
            where they do not.
        """
        moved = np.abs(self.speeds(self.state(rows, rows))).max()
        if moved > 1e-9:
            raise ArithmeticError(f"what should be at rest moves at {moved}")
        return int(self.eigenvalues(rows, rows)[-1] < 1e-9)

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
    patterns = np.array(PATTERNS if len(correlations) > 1 else PATTERNS[:2, :2], dtype=float)
    padded = np.zeros(len(patterns))
    padded[: 1 + len(correlations)] = (1, *correlations)
    return patterns * padded @ patterns.T / len(patterns) ** 2


def weights_of_two(first: float, second: float) -> NDArray:
    """A coupling of four classes with two correlations; the third is as small as leaves no weight negative."""
    return weights_of(first, second, max(0.0, first + second - 0.99))


def both_losses(whole: Expr, inside: Expr) -> tuple[Expr, Expr]:
    """The loss of some embeddings in two dimensions of four classes with any correlations, by all of them and in modes."""
    views = ImmutableMatrix([[3, 1, -2, 2], [1, -1, 4, 1]]), ImmutableMatrix([[2, 2, 1, -1], [-1, 3, 1, 2]]) / 2
    correlations = ImmutableMatrix.diag(mu_1, mu_2, mu_3)
    quarter = (eye(4) / 4).as_immutable()
    data = {
        X: views[0] * PATTERNS.T,
        Y: views[1] * PATTERNS.T,
        J: (PATTERNS * ImmutableMatrix.diag(1, correlations) * PATTERNS.T / 16).as_immutable(),
        D_x: quarter,
        D_y: quarter,
    }
    modes = dict(zip((U_x, U_y), (view[:, 1:] for view in views), strict=True))
    means = dict(zip((mean_x_all, mean_y_all), (view[:, :1] for view in views), strict=True))
    return write_out(whole, data).expand(), write_out(inside, {**modes, **means, mu_matrix: correlations}).expand()


def compare_modes(whole: CentredModel, state: NDArray, inside: Loss) -> Iterator[tuple]:
    """The loss and the velocities of all embeddings, and those of a loss in modes, with the means or without."""
    values = {str(symbol): value for symbol, value in whole.values.items() if symbol in inside.expression.free_symbols}
    lowered = _flow_of(inside).lower({mu_matrix.name: np.diag(whole.correlations), "d": 2, "N_Z": 2, **values})
    there = lowered.pack(dict(zip(inside.state, (*whole.amplitudes(state), *whole.means(state)), strict=False)))
    yield float(lowered.evaluate([inside.expression])(there)[0]), whole.energy(state)
    moved, found = lowered.unpack(lowered.velocity(0, there)), whole.speeds(state)
    for block, value in zip(inside.state, (*whole.amplitudes(found), *whole.means(found)), strict=False):
        yield moved[block], value


def mobilities_by(given: Lines, weights: NDArray):
    """The function of the degrees that a line gives for the mobilities."""

    def own(degrees: NDArray, _mass: float) -> NDArray:
        at = Point({N_Z: len(degrees), D: diagonal_matrix(degrees), D_x: diagonal_matrix(weights.sum(axis=1))})
        return np.diag(evaluate(given[H], at)).astype(float)

    return own


def number(formula: Basic, values: Mapping) -> float:
    return float(formula.subs(values))
