"""All embeddings of two views beside the same in modes, for checks: velocities, dense Jacobians, runs."""

from __future__ import annotations

from collections.abc import Mapping

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Rational, Symbol

from derivations.catalogue.points import diagonal_matrix
from derivations.catalogue.whole import lower_loss
from derivations.checks import random_values
from derivations.lines import Lines, dot
from derivations.vocabulary import L, V_x, V_y, m, mu_xy
from theory import Coupling, Loss, simulate
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, X, Y, d
from theory.simulation import Direct


class TwoViews:
    """All embeddings of a coupling under a loss of two views, and the same in modes, by falling correlation.

    Samples without a partner among the labels are modes without correlation.
    """

    def __init__(self, loss: Loss, coupling: Coupling, dimension: int, parameters: Mapping[Symbol, float]):
        self.loss, self.coupling, self.dimension, self.parameters = loss, coupling, dimension, parameters
        self.weights = np.asarray(coupling.data["J"], dtype=float)
        self.degrees = self.weights.sum(axis=1), self.weights.sum(axis=0)
        scaled = self.weights / np.sqrt(np.outer(*self.degrees))
        self.left, self.correlations, right = np.linalg.svd(scaled)
        self.right = right.T
        self.lowered = lower_loss(loss, coupling, dimension, parameters)

    @property
    def shapes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return (self.dimension, len(self.left)), (self.dimension, len(self.right))

    @property
    def mass(self) -> float:
        return float(self.weights.sum())

    def random_modes(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        of_samples, of_labels = map(rng.standard_normal, self.shapes)
        return of_samples, of_labels

    def state(self, of_samples: NDArray, of_labels: NDArray) -> NDArray:
        (D, E) = map(np.sqrt, self.degrees)
        return self.lowered.pack({X: of_samples @ self.left.T / D, Y: of_labels @ self.right.T / E})

    def modes(self, state: NDArray) -> tuple[NDArray, NDArray]:
        return self.of_blocks(self.lowered.unpack(state))

    def of_blocks(self, blocks: Mapping) -> tuple[NDArray, NDArray]:
        (D, E) = map(np.sqrt, self.degrees)
        return blocks[X] * D @ self.left, blocks[Y] * E @ self.right

    def speeds(self, *modes: NDArray) -> tuple[NDArray, NDArray]:
        """The velocities of all embeddings, as velocities of the amplitudes."""
        return self.modes(self.lowered.velocity(0, self.state(*modes)))

    def jacobian(self, *modes: NDArray) -> NDArray:
        """That of all embeddings, as a matrix of the amplitudes of samples, then of labels, each row by row."""
        shapes, size = self.shapes, self.lowered.size
        cut = int(np.prod(shapes[0]))
        units = np.eye(size)
        inward = np.stack([self.state(e[:cut].reshape(shapes[0]), e[cut:].reshape(shapes[1])) for e in units], axis=1)
        moved = self.lowered.jacobian(0, self.state(*modes)) @ inward
        return np.stack([np.concatenate([part.ravel() for part in self.modes(column)]) for column in moved.T], axis=1)

    def end_of_run(self, seed: int, time: float) -> tuple[NDArray, NDArray]:
        """All amplitudes at the end of a run from a random start."""
        run = simulate(
            self.loss,
            self.coupling,
            dimension=self.dimension,
            times=[0, time],
            seed=seed,
            parameters=dict(self.parameters),
            by=Direct(solver="LSODA"),
        )
        return self.of_blocks({X: run.end["X"], Y: run.end["Y"]})

    def point(self, modes: tuple[NDArray, NDArray]) -> Point:
        """The state, in modes, and the parameters."""
        numbers = np.zeros((len(self.left), len(self.right)))
        np.fill_diagonal(numbers, self.correlations)
        return Point(
            {d: self.dimension, N: len(self.left), K: len(self.right), m: mpmath.mpf(self.mass), mu_xy: mpf_array(numbers)}
            | {view: mpf_array(amplitudes) for view, amplitudes in zip((V_x, V_y), modes, strict=True)}
            | {p: mpmath.mpf(value) for p, value in self.parameters.items()}
        )


def random_views(rng: np.random.Generator, samples: int = 4, labels: int = 3) -> Coupling:
    """Random weights, mobilities inverse to the degrees."""
    return Coupling(rng.uniform(0.1, 1, (samples, labels)))


def close_views(rng: np.random.Generator) -> Coupling:
    """Four samples and three labels whose frustrated correlations are close."""
    return Coupling(np.eye(4, 3) + rng.uniform(0.1, 0.3, (4, 3)))


def with_mobilities(given: Lines, weights: NDArray) -> Coupling:
    """The coupling whose mobilities are functions of its degrees."""
    at = Point(dict(zip((N, K), weights.shape, strict=True)) | _degree_values(weights))
    of_samples, of_labels = (np.diag(evaluate(given[H], at)).astype(float) for H in (H_x, H_y))
    return Coupling(weights, mobility=(of_samples, of_labels))


def _degree_values(weights: NDArray) -> dict:
    return {D_x: diagonal_matrix(weights.sum(axis=1)), D_y: diagonal_matrix(weights.sum(axis=0))}


def outer_point(views: TwoViews, modes: tuple[NDArray, NDArray], given: Lines) -> Point:
    """All embeddings and their coupling beside the same in modes; the total weight as it is given."""
    blocks = views.lowered.unpack(views.state(*modes))
    data = {J: mpf_array(views.weights), X: mpf_array(blocks[X]), Y: mpf_array(blocks[Y]), **_degree_values(views.weights)}
    known = Point({**views.point(modes).values, **data})
    mass = {line.left: evaluate(line.right, known) for line in given if line.left == m}
    return Point({x: value for x, value in known.values.items() if x != m} | mass)


def compare_with_all(loss: Loss, rng, given: Lines, after: Lines, parameters: Mapping[Symbol, float]):
    """Loss and velocities of all embeddings, with mobilities that are functions of the degrees, and what lines say of them."""
    views = TwoViews(loss, with_mobilities(given, rng.uniform(0.1, 1, (4, 3))), 3, parameters)
    modes = views.random_modes(rng)
    at = outer_point(views, modes, given)
    found = views.lowered.evaluate([loss.expression])(views.state(*modes))[0]
    yield from ((evaluate(lines[L], at), found) for lines in (given, after))
    yield from zip((evaluate(after[dot(view)], at) for view in (V_x, V_y)), views.speeds(*modes), strict=True)


def mode_point(rng: np.random.Generator, parameters) -> Point:
    """Random amplitudes, correlations and parameters."""
    size, samples, labels = int(rng.integers(2, 4)), int(rng.integers(3, 5)), int(rng.integers(2, 4))
    numbers = np.full((samples, labels), mpmath.mpf(0), dtype=object)
    np.fill_diagonal(numbers, random_values(rng, (min(samples, labels),), -1, 1))
    return Point(
        {d: size, N: samples, K: labels, mu_xy: numbers}
        | {V_x: random_values(rng, (size, samples), -2, 2), V_y: random_values(rng, (size, labels), -2, 2)}
        | {p: random_values(rng, (), 0.5, 2) for p in (m, *parameters)}
    )


def unit_modes(views: TwoViews, chosen, lengths, rng) -> tuple[NDArray, NDArray]:
    """Modes along orthogonal random directions, with given lengths, both views alike."""
    basis, _ = np.linalg.qr(rng.standard_normal((views.dimension, views.dimension)))
    of_samples, of_labels = map(np.zeros, views.shapes)
    for view in (of_samples, of_labels):
        view[:, chosen] = basis[:, : len(chosen)] * lengths
    return of_samples, of_labels


def order_of(exact: Expr, leading: Expr, at: Mapping, variable: Symbol) -> float:
    """The order in a small variable of what a leading order leaves out, relative to it, observed at two small values."""
    few, more = (
        abs(float((leading / exact - 1).subs(at).subs(variable, size).evalf(40)))
        for size in (Rational(1, 10**5), Rational(1, 10**4))
    )
    return float(np.log10(more / few))
