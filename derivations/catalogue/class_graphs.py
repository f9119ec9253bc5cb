"""Frustrated pairs drawn at random: the symbols of their response, and points made of sampled couplings and trees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import mpmath
import numpy as np
from numpy.typing import NDArray

from derivations.checks import random_values
from derivations.lines import Line
from derivations.vocabulary import B, F, alpha, c, k, n_0, q, s, z
from theory import Coupling
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import D_x, D_y, J, K, N, beta


@dataclass(frozen=True, eq=False)
class SampledGraph:
    """Classes joined by ``links`` (pairs of classes, double ones allowed) of one weight, beside pure samples."""

    classes: int
    pure: int
    weight: float
    links: NDArray

    @classmethod
    def draw_random(cls, rng: np.random.Generator, classes: int = 5, links: int = 7) -> SampledGraph:
        one = rng.integers(classes, size=links)
        other = (one + rng.integers(1, classes, size=links)) % classes
        return cls(classes, int(rng.integers(1, 4)), float(rng.uniform(0.2, 1.5)), np.column_stack([one, other]))

    @classmethod
    def draw_regular(cls, rng: np.random.Generator, classes: int, links: int) -> SampledGraph:
        """Each class with so many links."""
        from networkx import random_regular_graph

        graph = random_regular_graph(links, classes, seed=int(rng.integers(2**31)))
        return cls(classes, 1, float(rng.uniform(0.5, 1.5)), np.array(graph.edges))

    @cached_property
    def couplings(self) -> NDArray:
        shared = np.zeros((len(self.links), self.classes))
        for end in self.links.T:
            shared[np.arange(len(self.links)), end] += self.weight
        return np.vstack([np.repeat(np.eye(self.classes), self.pure, axis=0), shared])

    @cached_property
    def adjacency(self) -> NDArray:
        matrix = np.zeros((self.classes, self.classes))
        np.add.at(matrix, tuple(self.links.T), 1)
        return matrix + matrix.T

    @property
    def coupling(self) -> Coupling:
        return Coupling(self.couplings, mobility="uniform")

    @property
    def squared_correlations(self) -> NDArray:
        """Ascending, from the dense matrix of labels."""
        degrees = self.couplings.sum(axis=1), self.couplings.sum(axis=0)
        scaled = self.couplings / np.sqrt(np.outer(*degrees))
        return np.linalg.eigvalsh(scaled.T @ scaled)

    def point(self, at: float) -> Point:
        """The point of both resolvents at s = z = ``at``, without alpha, beta and k."""
        weights, adjacency = self.couplings, self.adjacency
        matrices = {D_x: np.diag(weights.sum(axis=1)), D_y: np.diag(weights.sum(axis=0)), J: weights}
        matrices |= {B: adjacency, F: np.diag(adjacency.sum(axis=0))}
        values = {N: len(weights), K: self.classes, n_0: self.pure, q: self.weight, s: at, z: at}
        return Point({**values, **{name: mpf_array(matrix.tolist()) for name, matrix in matrices.items()}})


def random_tree(rng: np.random.Generator, classes: int) -> tuple[NDArray, NDArray]:
    """A random tree: the parent of each class, -1 for the root, which is the first, and the adjacency."""
    parents = np.array([-1, *(rng.integers(label) for label in range(1, classes))])
    adjacency = np.zeros((classes, classes))
    adjacency[parents[1:], np.arange(1, classes)] = 1
    return parents, adjacency + adjacency.T


def regular_tree(links: int, depth: int) -> NDArray:
    """The links of the tree in which every class but the leaves has so many."""
    pairs, level, size = [], [0], 1
    for generation in range(depth):
        children = links - (generation > 0)
        following = list(range(size, size + children * len(level)))
        pairs += [(level[i // children], label) for i, label in enumerate(following)]
        level, size = following, size + len(following)
    return np.array(pairs)


def draw_coefficients(rng: np.random.Generator, links: int) -> dict:
    """alpha, beta, k of a random ensemble with real responses, at forty digits."""
    strength = random_values(rng, (), 0.2, 0.3)
    own = random_values(rng, (), 1, 3)
    share = random_values(rng, (), 0.2, 0.8)
    return {alpha: own * share, beta: own * (1 - share) / links, k: strength * own / mpmath.sqrt(links), c: links}


def define_lines(lines: Iterable[Line], at: Point) -> Point:
    """The point with what lines define, one after the other."""
    for line in lines:
        at |= {line.left: evaluate(line.right, at)}
    return at
