"""Numbers that the derivation ``dmft`` is held against: sampled couplings and trees, each found without what it checks."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import sqrt

from derivations.catalogue import dense
from derivations.catalogue.class_graphs import Sampled, coefficients, known, random_tree, regular_tree
from derivations.checks import random_values
from derivations.evaluate import Point, array, evaluate
from derivations.vocabulary import (
    G_0,
    N_Z,
    B,
    F,
    G,
    alpha,
    b,
    c,
    c_G,
    c_g,
    g,
    h,
    k,
    n_0,
    q,
    rho,
    s,
    t,
    u,
    v_a,
    x,
    y_a,
    y_b,
    z,
)
from theory import Coupling
from theory.models.vocabulary import D_y, K, beta

DEPTH = 9  # of regular trees, at whose root the leaves are not felt
MANY, FEW = 100, 20  # links of each class and classes, where sums are to be sharp
GENERATIONS = 4


def sample_point(rng: np.random.Generator) -> Point:
    """A point s, a weight, and two labels."""
    return Point({symbol: random_values(rng, (), 0.2, 2) for symbol in (s, q, y_a, y_b)})


def regular_point(rng: np.random.Generator) -> Point:
    """Coefficients of a regular ensemble whose responses are real, and its pure samples and weight."""
    pure = {n_0: int(rng.integers(1, 5)), q: random_values(rng, (), 0.2, 2)}
    return Point(coefficients(rng, int(rng.integers(2, 9))) | pure)


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


def pull(shared, kernel):
    """How a frustrated sample pulls at one of its labels, from the sample and from the kernel."""
    return (q * shared.left).xreplace({x: shared.right}), (kernel.left * (y_a + y_b)).xreplace({k: kernel.right})


def transforms(rng, kernels):
    """The kernel at s, and the Laplace integral of that in time."""
    at = sample_point(rng).values
    in_time = lambda time: evaluate(kernels[1].right, Point({**at, t: time}))  # noqa: E731
    integral = mpmath.quad(lambda time: in_time(time) * mpmath.exp(-at[s] * time), [0, mpmath.inf])
    yield evaluate(kernels[0].right, Point(at)), integral


def label_block(rng, whole, inverse):
    """The generator with s on its diagonal, and what stands between labels in its inverse."""
    sampled, place = Sampled.at_random(rng), float(rng.uniform(0.2, 2))
    at, matrix = sampled.point(place), dense.generator(sampled.coupling)
    shifted = matrix + place * np.eye(len(matrix))
    yield evaluate(whole, at), shifted
    labels = slice(-sampled.classes, None)
    yield evaluate(inverse, at), np.linalg.inv(np.linalg.inv(shifted)[labels, labels])


def class_graphs(rng, before, after):
    """What stands between labels, from couplings and from their class graph."""
    at = known((*before[1:], *after[1:]), Sampled.at_random(rng).point(float(rng.uniform(0.2, 2))))
    yield evaluate(before[0].right, at), evaluate(after[0].right, at)


# -- trees ------------------------------------------------------------------------------------------------------------


def trees(rng, inverse, lines):
    """The response of the root of a random tree, from the leaves up, and from a dense inverse."""
    parents, adjacency = random_tree(rng, 12)
    at = Point({K: len(parents), B: array(adjacency.tolist()), F: array(np.diag(adjacency.sum(axis=0)).tolist())})
    at = Point({**at.values, alpha: rng.uniform(0.5, 2), beta: rng.uniform(0.3, 1), k: rng.uniform(0.2, 0.6)})
    responses: dict[int, Any] = {}
    for label in reversed(range(len(parents))):
        below = [responses[int(child)] for child in np.flatnonzero(parents == label)]
        responses[label] = _response(lines, below, at, is_root=label == 0)
    yield responses[0], np.linalg.inv(evaluate(inverse, at).astype(float))[0, 0]


def _response(lines, below, at: Point, is_root: bool):
    """Of a label with branches below it."""
    count = c_G if is_root else c_g
    branches = np.array(below, dtype=object).reshape(-1, 1)
    return evaluate(lines[is_root].right, Point({**at.values, count: len(below), h: branches}))


def bethe(rng, lines):
    """The response of a branch and of the root of a regular tree, from closed forms and from sparse solutions."""
    from scipy.sparse import coo_array, eye_array

    links = int(rng.integers(2, 4))
    at = Point(coefficients(rng, links))
    pairs, own, hop = regular_tree(links, DEPTH), float(at.values[alpha] + at.values[beta] * links), float(at.values[k])
    size = pairs.max() + 1
    one_way = coo_array((np.ones(len(pairs)), pairs.T), shape=(size, size))
    matrix = (own * eye_array(size) - hop * (one_way + one_way.T)).tocsc()
    at = known(lines[:1], at)
    yield at.values[g], _corner(matrix[1:, 1:])
    yield evaluate(lines[1].right, at), _corner(matrix)


def _corner(matrix) -> float:
    """The first entry of the inverse."""
    from scipy.sparse.linalg import spsolve

    return float(spsolve(matrix, np.eye(1, matrix.shape[0])[0])[0])


# -- many links -------------------------------------------------------------------------------------------------------


def sharp_sums(rng, lines, closure):
    """The mean response of labels on a tree of many links, beside what the closure makes of it."""
    at = Point(coefficients(rng, MANY))
    population = np.zeros(FEW)
    for _ in range(GENERATIONS):
        below = [rng.choice(population, size=count) for count in rng.poisson(MANY, FEW)]
        population = np.array([float(_response(lines, each, at, is_root=False)) for each in below])
    around = [rng.choice(population, size=count) for count in rng.poisson(MANY, FEW)]
    mean = np.mean([float(_response(lines, each, at, is_root=True)) for each in around])
    at = Point({**at.values, K: FEW, F: np.diag([len(each) for each in around]), G: mean})
    yield evaluate(closure[0].left, at), evaluate(closure[0].right, at)


def gaussian(rng, closure, classes=400):
    """The mean response under Gaussian couplings beside a diagonal of Poisson numbers, and what the closure makes of it."""
    links, degrees = 6, rng.poisson(6, classes)
    own, share, strength = 2.0, rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.4)
    at = {alpha: own * share, beta: own * (1 - share) / links, k: strength * own / np.sqrt(links), c: links}
    draws = rng.standard_normal((classes, classes))
    couplings = at[k] * np.sqrt(links / classes) * (draws + draws.T) / np.sqrt(2)
    mean = np.trace(np.linalg.inv(np.diag(at[alpha] + at[beta] * degrees) - couplings)) / classes
    point = Point({**at, K: classes, F: np.diag(degrees), G: mean})
    yield evaluate(closure.left, point), evaluate(closure.right, point)


def remainders(rng, exact, closed, links=10**6):
    """What the closure misses, times the number of links."""
    with mpmath.workdps(40):
        at = known((exact[0], closed[0]), Point(coefficients(rng, links)))
        missed = [(evaluate(line.right, at) - at.values[G_0]) * links for line in (exact[1], closed[1])]
    yield tuple(missed)


# -- canonical correlations -------------------------------------------------------------------------------------------


def pencils(rng, before, after):
    """What stands between labels at z, from couplings and from their class graph."""
    at = known(after[1:], Sampled.at_random(rng).point(float(rng.uniform(1.1, 2))))
    yield evaluate(before[0].right, at), evaluate(after[0].right, at)


def traces(rng, lines):
    """The resolvent of squared canonical correlations, from the class graph and one by one."""
    sampled, place = Sampled.at_random(rng), float(rng.uniform(1.1, 2))
    at = known(lines[1:], sampled.point(place))
    inverse = np.linalg.inv(evaluate(lines[0].right, at).astype(float))
    yield np.trace(at.values[D_y].astype(float) @ inverse), np.sum(1 / (place - sampled.coupling.modes() ** 2))


def ends(kernel, edges):
    """Both sides of the condition for an end, that the two roots of the quadratic equation meet: at the lower, at the upper."""
    own, hop = (symbol.xreplace({line.left: line.right for line in kernel}) for symbol in (alpha + beta * c, k))
    signed = zip((-1, 1), edges, strict=True)
    return tuple((own.subs(z, edge.right), (sign * 2 * sqrt(c - 1) * hop).subs(z, edge.right)) for sign, edge in signed)


def correlations(rng, formula):
    """Squared canonical correlations of a regular graph, from the eigenvalues of its class graph and as singular values."""
    sampled = Sampled.regular(rng, classes=12, links=3)
    found = [evaluate(formula, _of_regular(sampled, each)) for each in np.linalg.eigvalsh(sampled.adjacency)]
    yield np.sort(np.array(found, dtype=float)), np.sort(sampled.coupling.modes() ** 2)


def widths(rng, edges):
    """Lower and upper end of the band, and the outermost correlations of a large graph but the one that is outside."""
    sampled = Sampled.regular(rng, classes=300, links=3)
    spectrum = np.sort(sampled.coupling.modes() ** 2)
    for edge, found in zip(edges, (spectrum[0], spectrum[-2]), strict=True):
        yield evaluate(edge.right, _of_regular(sampled)), found


def _of_regular(sampled: Sampled, *eigenvalue) -> Point:
    values = {n_0: sampled.pure, q: sampled.weight, c: int(sampled.adjacency[0].sum())}
    return Point(values | dict(zip((b,), eigenvalue, strict=False)))


# -- in time ----------------------------------------------------------------------------------------------------------


def starts(rng, transform, spread):
    """Response and variance of a label, from modes and from dense inverse and propagator."""
    from scipy.linalg import expm

    at, matrix = _modes_of_a_label(rng)
    place, time = float(at.values[s]), float(at.values[t])
    yield evaluate(transform, at), np.linalg.inv(matrix + place * np.eye(len(matrix)))[-1, -1]
    yield evaluate(spread, at), np.sum(expm(-matrix * time)[-1] ** 2)


def doubled(rng, transform, spread):
    """The inverse Laplace transform at twice the time."""
    at, _ = _modes_of_a_label(rng)
    yield (
        mpmath.invertlaplace(lambda p: evaluate(transform, Point({**at.values, s: p})), 2 * at.values[t], method="talbot"),
        evaluate(spread, at),
    )


def _modes_of_a_label(rng) -> tuple[Point, NDArray]:
    matrix = dense.generator(Sampled.at_random(rng).coupling)
    rates, vectors = np.linalg.eigh(matrix)
    modes = {N_Z: len(rates), v_a: vectors[-1][:, None], rho: rates[:, None]}
    return Point({**modes, s: rng.uniform(0.2, 2), t: rng.uniform(0.1, 1)}), matrix
