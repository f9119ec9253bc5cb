"""Classes as masses and frustrated samples as springs: the symbols of their matrices, and their modes at forty digits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import mpmath
import numpy as np

from derivations.catalogue.points import diagonal_matrix
from derivations.checks import random_values
from derivations.vocabulary import C_0, C_K, L_K, M_0, M_1, M_K, f, f_2, r, r_1
from theory.evaluate import Point, mpf_array
from theory.models.vocabulary import K

MANY = (10**3, 10**4)  # how often pure samples are repeated, where orders are observed
SIZE = 3  # classes, and frustrated samples


@lru_cache
def draw_graphs(seed: int) -> tuple[SpringGraph, SpringGraph]:
    """The same frustrated samples beside more and more pure ones."""
    few, many = (SpringGraph.draw_random(np.random.default_rng(seed), times) for times in MANY)
    return few, many


@dataclass(frozen=True, eq=False)
class SpringGraph:
    """Three classes of ``pure`` samples each, joined by three frustrated samples with ``weights`` (a row each).

    ``of_samples`` and ``of_labels`` are mobilities.
    """

    pure: np.ndarray
    weights: np.ndarray
    of_samples: mpmath.mpf
    of_labels: mpmath.mpf

    @classmethod
    def draw_random(cls, rng: np.random.Generator, times: int) -> SpringGraph:
        with mpmath.workdps(40):
            pure = mpf_array([[int(count) * times for count in rng.integers(1, 5, SIZE)]])[0]
            weights = random_values(rng, (SIZE, SIZE), 0.1, 1)
            return cls(pure, weights, random_values(rng, (), 0.3, 2), random_values(rng, (), 0.3, 2))

    @property
    def masses(self) -> np.ndarray:
        return 1 / self.of_labels + self.pure / self.of_samples

    @property
    def springs(self) -> np.ndarray:
        shared = self.weights.T / self.weights.sum(axis=1) @ self.weights
        return diagonal_matrix(self.weights.sum(axis=0)) - shared

    @cached_property
    def exact(self) -> tuple[list, np.ndarray]:
        """Rates of the means of all kinds of samples and of the labels, ascending, and the label part of their modes."""
        one = mpf_array([[1] * SIZE])[0]
        types, counts = np.concatenate([diagonal_matrix(one), self.weights]), np.concatenate([self.pure, one])
        within, between = self.of_samples * types.sum(axis=1), self.of_labels * (counts[:, None] * types).sum(axis=0)
        operator = diagonal_matrix(np.concatenate([within, between]))
        mixed = -_square_roots(counts * self.of_samples * self.of_labels)[:, None] * types
        operator[: len(counts), len(counts) :], operator[len(counts) :, : len(counts)] = mixed, mixed.T
        values, vectors = _eigenmodes(operator)
        return values, vectors[len(counts) :]

    @cached_property
    def leading(self) -> tuple[list, np.ndarray]:
        """Rates and patterns of masses joined by springs, ascending."""
        root = _square_roots(self.masses)
        values, vectors = _eigenmodes(self.springs / root[:, None] / root)
        return values, vectors / root[:, None]

    def point(self, mode: int) -> Point:
        """Matrices and one mode: exact and leading rate, leading pattern, and the difference of the exact one from it."""
        with mpmath.workdps(40):
            degrees = self.weights.sum(axis=1)
            shared = self.weights / degrees[:, None]
            mass, lag = shared.T @ shared / self.of_samples, shared.T / degrees @ shared / self.of_samples**2
            pure, lagging = diagonal_matrix(self.masses), diagonal_matrix(self.pure / self.of_samples**2)
            pattern, whole = self.leading[1][:, [mode]], self.exact[1][:, [mode]]
            whole = whole * ((pattern.T @ pure @ pattern) / (pattern.T @ pure @ whole))
            return Point(
                {K: SIZE, L_K: self.springs, M_K: pure + mass, C_K: lagging + lag, M_0: pure, C_0: lagging, M_1: mass}
                | {r: self.exact[0][mode], r_1: self.leading[0][mode], f: pattern, f_2: whole - pattern}
            )


def _square_roots(values: np.ndarray) -> np.ndarray:
    return mpf_array([[mpmath.sqrt(value) for value in values]])[0]


def _eigenmodes(symmetric: np.ndarray) -> tuple[list, np.ndarray]:
    """Eigenvalues, ascending, and eigenvectors in columns."""
    values, vectors = mpmath.eigsy(mpmath.matrix(symmetric.tolist()))
    return [values[k] for k in range(len(values))], mpf_array(vectors.tolist())
