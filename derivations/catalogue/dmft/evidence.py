"""Numbers that the first steps of the derivation ``dmft`` are held against: sampled couplings and trees, found on their own."""

from __future__ import annotations

from functools import cache
from typing import Any

import mpmath
import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array, eye_array
from scipy.sparse.linalg import spsolve
from scipy.stats import poisson

from derivations.catalogue import dense
from derivations.catalogue.class_graphs import SampledGraph, define_lines, draw_coefficients, random_tree, regular_tree
from derivations.checks import random_values
from derivations.vocabulary import N_Z, A, B, D, F, G, alpha, b, c, c_G, c_g, g, h, k, k_t, n_0, q, s, t, u, x, x_c, y_a, y_b
from theory import Coupling
from theory.dmft import Pairs, PopulationSize, populations, regular
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import K, beta

DEPTH = 9  # of regular trees, at whose root the leaves are not felt


def sample_point(rng: np.random.Generator) -> Point:
    """A point s, a weight, and two labels."""
    return Point({symbol: random_values(rng, (), 0.2, 2) for symbol in (s, q, y_a, y_b)})


def regular_point(rng: np.random.Generator) -> Point:
    """Coefficients of a regular ensemble whose responses are real, and its pure samples and weight."""
    pure = {n_0: int(rng.integers(1, 5)), q: random_values(rng, (), 0.2, 2), b: random_values(rng, (), -2, 2)}
    return Point(draw_coefficients(rng, int(rng.integers(2, 9))) | pure)


# -- samples ----------------------------------------------------------------------------------------------------------


def velocities(rng, equations):
    """The velocity of a pure and of a frustrated sample, as the engine lowers the flow."""
    weight, *places = rng.uniform(0.2, 2, 5)
    found = dense.velocity(
        Coupling(np.array([[1, 0], [weight, weight]]), "uniform"), np.array(places[:2]), np.array(places[2:])
    )
    at = Point({q: weight, **dict(zip((u, x, y_a, y_b), places, strict=True))})
    for line, velocity in zip(equations, found[:2], strict=True):
        yield evaluate(line.right, at), velocity


def label_pull(shared, kernel):
    """How a frustrated sample pulls at one of its labels, from the sample and from the kernel."""
    return q * shared[x], kernel[k] * (y_a + y_b)


def transforms(rng, kernels):
    """The kernel at s, and the Laplace integral of that in time."""
    at = sample_point(rng).values
    in_time = lambda time: evaluate(kernels[k_t], Point({**at, t: time}))  # noqa: E731
    integral = mpmath.quad(lambda time: in_time(time) * mpmath.exp(-at[s] * time), [0, mpmath.inf])
    yield evaluate(kernels[k], Point(at)), integral


def label_block(rng, whole, inverse):
    """The generator with s on its diagonal, and what stands between labels in its inverse."""
    sampled, place = SampledGraph.draw_random(rng), float(rng.uniform(0.2, 2))
    at, matrix = sampled.point(place), dense.generator(sampled.coupling)
    shifted = matrix + place * np.eye(len(matrix))
    degrees = np.diag(np.diag(matrix))
    at |= {N_Z: len(matrix), D: mpf_array(degrees.tolist()), A: mpf_array((degrees - matrix).tolist())}
    for side in (whole.left, whole.right):
        yield evaluate(side, at), shifted
    labels = slice(-sampled.classes, None)
    yield evaluate(inverse, at), np.linalg.inv(np.linalg.inv(shifted)[labels, labels])


def class_graphs(rng, before, after, name):
    """What stands between labels, from couplings and from their class graph."""
    at = define_lines((*before[1:], *after[1:]), SampledGraph.draw_random(rng).point(float(rng.uniform(1.1, 2))))
    yield evaluate(before[name], at), evaluate(after[name], at)


# -- trees ------------------------------------------------------------------------------------------------------------


def tree_responses(rng, inverse, lines):
    """The response of the root of a random tree, from the leaves up, and from a dense inverse."""
    parents, adjacency = random_tree(rng, 12)
    at = Point({K: len(parents), B: mpf_array(adjacency.tolist()), F: mpf_array(np.diag(adjacency.sum(axis=0)).tolist())})
    at |= {alpha: rng.uniform(0.5, 2), beta: rng.uniform(0.3, 1), k: rng.uniform(0.2, 0.6)}
    responses: dict[int, Any] = {}
    for label in reversed(range(len(parents))):
        below = [responses[int(child)] for child in np.flatnonzero(parents == label)]
        responses[label] = branch_response(lines, below, at, is_root=label == 0)
    yield responses[0], np.linalg.inv(evaluate(inverse, at).astype(float))[0, 0]


def branch_response(lines, below, at: Point, is_root: bool):
    """The response of a label with branches below it."""
    count = c_G if is_root else c_g
    branches = np.array(below, dtype=object).reshape(-1, 1)
    return evaluate(lines[G if is_root else g], at | {count: len(below), h: branches})


@cache
def _drawn_response(seed: int) -> tuple[Pairs, float, float, float]:
    """A Poisson ensemble, a point s, and the response there of labels that do not reach each other; and what reaching each
    other adds in one large coupling, which hardly depends on the numbers of links that were drawn."""
    rng, classes, links = np.random.default_rng(seed), 1000, 3
    sampled, place = SampledGraph.draw_random(rng, classes, links * classes // 2), float(rng.uniform(0.2, 0.5))
    J = csr_array(sampled.couplings)
    samples = diags_array(1 / (place + J.sum(axis=1)))
    inverse = np.diag(place + J.sum(axis=0)) - (J.T @ samples @ J).toarray()
    own, each = place + sampled.pure * place / (place + 1), sampled.weight * (place + sampled.weight)
    each /= place + 2 * sampled.weight
    added = np.trace(np.linalg.inv(inverse)) / classes - np.mean(1 / (own + each * sampled.adjacency.sum(axis=0)))
    alone = poisson(links).expect(lambda count: 1 / (own + each * count))
    return Pairs("poisson", sampled.pure, links, sampled.weight), place, alone, added


def populations_of_trees(rng):
    """What neighbours add to the mean response of labels of a Poisson graph, in populations and in one large coupling."""
    pairs, place, alone, added = _drawn_response(int(rng.integers(3)))
    values = populations.sample_responses(pairs, np.array([place]), PopulationSize(members=1000, populations=4))
    yield populations.summarise_means(values).value[0].real - alone, added


def add_branch(lines, at: Point) -> Point:
    """The point with the ratio and the response towards the root."""
    for name in (x_c, g):
        at |= {name: evaluate(lines[name], at)}
    return at


def bethe_responses(rng, lines):
    """The response of a branch and of the root of a regular tree, from closed forms and from sparse solutions."""
    links = int(rng.integers(2, 4))
    at = Point(draw_coefficients(rng, links))
    pairs, own, hop = regular_tree(links, DEPTH), float(at.values[alpha] + at.values[beta] * links), float(at.values[k])
    size = pairs.max() + 1
    one_way = coo_array((np.ones(len(pairs)), pairs.T), shape=(size, size))
    matrix = (own * eye_array(size) - hop * (one_way + one_way.T)).tocsc()
    at = add_branch(lines, at)
    yield at.values[g], _first_entry(matrix[1:, 1:])
    yield evaluate(lines[G], at), _first_entry(matrix)


def solved_regular(rng, lines):
    """The response of a regular ensemble at a complex point, from the lines and from the solver."""
    pairs = Pairs("regular", int(rng.integers(1, 5)), int(rng.integers(2, 7)), float(rng.uniform(0.2, 1.5)))
    kernel = pairs.labels(complex(*rng.uniform(0.2, 2, 2)))
    at = Point({alpha: mpmath.mpmathify(kernel.alpha), beta: kernel.beta, k: kernel.hop, c: pairs.links})
    at = add_branch(lines, at)
    yield evaluate(lines[G], at), regular.solve(pairs, kernel).value


def _first_entry(matrix) -> float:
    """The first entry of the inverse."""
    return float(spsolve(matrix, np.eye(1, matrix.shape[0])[0])[0])
