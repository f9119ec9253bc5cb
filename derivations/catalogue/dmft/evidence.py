"""Numbers that the derivation ``dmft`` is held against: sampled couplings and trees, each found without what it checks."""

from __future__ import annotations

from functools import cache
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.optimize import brentq
from scipy.sparse import block_array, coo_array, csr_array, diags_array, eye_array
from scipy.sparse.linalg import expm_multiply, spsolve
from scipy.stats import poisson

from derivations.catalogue import dense
from derivations.catalogue.class_graphs import SampledGraph, define_lines, draw_coefficients, random_tree, regular_tree
from derivations.checks import Numerics, Remainder, random_values
from derivations.evaluate import Point, evaluate, mpf_array
from derivations.vocabulary import (
    B_K,
    G_0,
    G_K,
    N_Z,
    A,
    B,
    D,
    F,
    G,
    G_b,
    alpha,
    b,
    c,
    c_G,
    c_g,
    g,
    h,
    k,
    k_t,
    n_0,
    p_f,
    q,
    rho,
    s,
    t,
    u,
    v_a,
    varrho,
    vartheta,
    x,
    x_c,
    y_a,
    y_b,
    z_minus,
    z_plus,
)
from theory import Coupling
from theory.dmft import Band, LabelResponse, Pairs, PopulationSize, edges, fast, populations, regular, self_consistency
from theory.dmft.poisson import probabilities
from theory.models.vocabulary import D_y, K, beta

DEPTH = 9  # of regular trees, at whose root the leaves are not felt
MANY, FEW = 100, 20  # links of each class and classes, where sums are to be sharp
GENERATIONS = 4


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
    at = Point({**at.values, N_Z: len(matrix), D: mpf_array(degrees.tolist()), A: mpf_array((degrees - matrix).tolist())})
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
    at = Point({**at.values, alpha: rng.uniform(0.5, 2), beta: rng.uniform(0.3, 1), k: rng.uniform(0.2, 0.6)})
    responses: dict[int, Any] = {}
    for label in reversed(range(len(parents))):
        below = [responses[int(child)] for child in np.flatnonzero(parents == label)]
        responses[label] = _branch_response(lines, below, at, is_root=label == 0)
    yield responses[0], np.linalg.inv(evaluate(inverse, at).astype(float))[0, 0]


def _branch_response(lines, below, at: Point, is_root: bool):
    """The response of a label with branches below it."""
    count = c_G if is_root else c_g
    branches = np.array(below, dtype=object).reshape(-1, 1)
    return evaluate(lines[G if is_root else g], Point({**at.values, count: len(below), h: branches}))


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


def _with_branch(lines, at: Point) -> Point:
    """The point with the ratio and the response towards the root."""
    for name in (x_c, g):
        at = Point({**at.values, name: evaluate(lines[name], at)})
    return at


def bethe_responses(rng, lines):
    """The response of a branch and of the root of a regular tree, from closed forms and from sparse solutions."""
    links = int(rng.integers(2, 4))
    at = Point(draw_coefficients(rng, links))
    pairs, own, hop = regular_tree(links, DEPTH), float(at.values[alpha] + at.values[beta] * links), float(at.values[k])
    size = pairs.max() + 1
    one_way = coo_array((np.ones(len(pairs)), pairs.T), shape=(size, size))
    matrix = (own * eye_array(size) - hop * (one_way + one_way.T)).tocsc()
    at = _with_branch(lines, at)
    yield at.values[g], _first_entry(matrix[1:, 1:])
    yield evaluate(lines[G], at), _first_entry(matrix)


def solved_regular(rng, lines):
    """The response of a regular ensemble at a complex point, from the lines and from the solver."""
    pairs = Pairs("regular", int(rng.integers(1, 5)), int(rng.integers(2, 7)), float(rng.uniform(0.2, 1.5)))
    kernel = pairs.labels(complex(*rng.uniform(0.2, 2, 2)))
    at = Point({alpha: mpmath.mpmathify(kernel.alpha), beta: kernel.beta, k: kernel.hop, c: pairs.links})
    at = _with_branch(lines, at)
    yield evaluate(lines[G], at), regular.solve(pairs, kernel).value


def _first_entry(matrix) -> float:
    """The first entry of the inverse."""
    return float(spsolve(matrix, np.eye(1, matrix.shape[0])[0])[0])


# -- many links -------------------------------------------------------------------------------------------------------


def sharp_sums(rng, lines, closure):
    """The mean response of labels on a tree of many links, beside what the closure makes of it."""
    at = Point(draw_coefficients(rng, MANY))
    population = np.zeros(FEW)
    for _ in range(GENERATIONS):
        below = [rng.choice(population, size=count) for count in rng.poisson(MANY, FEW)]
        population = np.array([float(_branch_response(lines, each, at, is_root=False)) for each in below])
    around = [rng.choice(population, size=count) for count in rng.poisson(MANY, FEW)]
    mean = np.mean([float(_branch_response(lines, each, at, is_root=True)) for each in around])
    at = Point({**at.values, K: FEW, F: np.diag([len(each) for each in around]), G: mean})
    yield mean, evaluate(closure, at)


def gaussian_responses(rng, closure, classes=400):
    """The mean response under Gaussian couplings beside a diagonal of Poisson numbers, and what the closure makes of it."""
    links, degrees = 6, rng.poisson(6, classes)
    own, share, strength = 2.0, rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.4)
    at = {alpha: own * share, beta: own * (1 - share) / links, k: strength * own / np.sqrt(links), c: links}
    draws = rng.standard_normal((classes, classes))
    couplings = at[k] * np.sqrt(links / classes) * (draws + draws.T) / np.sqrt(2)
    mean = np.trace(np.linalg.inv(np.diag(at[alpha] + at[beta] * degrees) - couplings)) / classes
    point = Point({**at, K: classes, F: np.diag(degrees), G: mean})
    yield mean, evaluate(closure, point)


def sorted_classes(rng: np.random.Generator) -> Point:
    """Classes with their links, and the shares of those with 0, 1, ... links."""
    links = rng.integers(0, 5, size=int(rng.integers(2, 6)))
    shares = [[mpmath.mpf(int(count)) / len(links)] for count in np.bincount(links, minlength=5)]
    values = {K: len(links), F: mpf_array(np.diag(links).tolist()), N_Z: 5, p_f: np.array(shares, dtype=object)}
    return Point(draw_coefficients(rng, int(rng.integers(2, 9))) | values | {G: random_values(rng, (), 0.1, 0.3)})


def solved_poisson(rng, averaged):
    """Responses of a Poisson ensemble by both solvers, and what the equation makes of each."""
    pairs = Pairs("poisson", int(rng.integers(2, 9)), float(rng.uniform(3, 9)), float(rng.uniform(0.3, 1)), "large-c")
    place = complex(*rng.uniform(0.2, 2, 2))
    at = _averaged_point(pairs, pairs.labels(place))
    roots = (
        self_consistency.solve(pairs.labels, pairs.links, place, 15),
        fast.solve(pairs.labels, pairs.links, np.array([place])),
    )
    for root in roots:
        value = complex(np.ravel(root.value)[0])
        yield value, evaluate(averaged, Point({**at.values, G: value}))


def poisson_edges(rng, averaged):
    """Where the solver's band of a Poisson ensemble ends, two roots meet: where the slope says so, the equation holds."""
    pairs = Pairs("poisson", int(rng.integers(4, 12)), float(rng.uniform(8, 20)), 0.5, "large-c")
    end = edges.outer_edge(pairs.correlations, pairs.links, 1.0, 1.0 + (1 + 0.5 * pairs.links**0.5) / pairs.pure_per_class)
    (beyond,) = fast.solve(pairs.correlations, pairs.links, np.array([end * (1 + 1e-6)])).value.real
    kernel = pairs.correlations(end)
    at, pole = _averaged_point(pairs, kernel).values, kernel.alpha / (pairs.links * kernel.hop**2)

    def other_side(value):
        return evaluate(averaged, Point({**at, G: value}))

    meeting = brentq(lambda value: float(mpmath.diff(other_side, value)) - 1, beyond, pole * (1 - 1e-9), xtol=1e-15)
    yield other_side(meeting), meeting


def _averaged_point(pairs, kernel) -> Point:
    """A kernel with the probabilities of numbers of links."""
    shares = np.array(probabilities(pairs.links, 18)[0], dtype=object).reshape(-1, 1)
    return Point({alpha: kernel.alpha, beta: kernel.beta, k: kernel.hop, c: pairs.links, N_Z: len(shares), p_f: shares})


def remainders(rng, exact, closed, links=10**6):
    """What the closure misses, times the number of links."""
    with mpmath.workdps(40):
        at = define_lines((*exact[:2], *closed[:2]), Point(draw_coefficients(rng, links)))
        missed = [(evaluate(lines[G], at) - at.values[G_0]) * links for lines in (exact, closed)]
    yield tuple(missed)


# -- canonical correlations -------------------------------------------------------------------------------------------


def traces(rng, lines):
    """The resolvent of squared canonical correlations, from the class graph and one by one."""
    sampled, place = SampledGraph.draw_random(rng), float(rng.uniform(1.1, 2))
    at = define_lines(lines[1:], sampled.point(place))
    inverse = np.linalg.inv(evaluate(lines[B_K], at).astype(float))
    yield np.trace(at.values[D_y].astype(float) @ inverse), np.sum(1 / (place - sampled.coupling.modes() ** 2))


def correlations(rng, formula):
    """Squared canonical correlations of a regular graph, from the eigenvalues of its class graph and as singular values."""
    sampled = SampledGraph.draw_regular(rng, classes=12, links=3)
    found = [evaluate(formula, _regular_point(sampled, each)) for each in np.linalg.eigvalsh(sampled.adjacency)]
    yield np.sort(np.array(found, dtype=float)), np.sort(sampled.coupling.modes() ** 2)


@cache
def _large(seed: int) -> tuple[SampledGraph, NDArray]:
    """A large regular graph and its squared canonical correlations, ascending."""
    sampled = SampledGraph.draw_regular(np.random.default_rng(seed), classes=300, links=3)
    return sampled, sampled.squared_correlations


def band_widths(rng, formulas):
    """Lower and upper end of the band, and the outermost correlations of a large graph but the one that is outside."""
    sampled, spectrum = _large(int(rng.integers(3)))
    for edge, found in zip((z_minus, z_plus), (spectrum[0], spectrum[-2]), strict=True):
        yield evaluate(formulas[edge], _regular_point(sampled)), found


def solved_band(rng, formulas):
    """Ends of the solver's band, and its first moments: from a sampled coupling and from the sum rules and quadrature."""
    sampled = SampledGraph.draw_regular(rng, classes=12, links=3)
    band = Band("regular", sampled.pure, 3, sampled.weight)
    yield [evaluate(formulas[edge], _regular_point(sampled)) for edge in (z_minus, z_plus)], band.edges
    spectrum, (nodes, weights) = sampled.coupling.modes() ** 2, band.quadrature(64)
    for moments in (band.sum_rules(), [weights @ nodes**power for power in range(3)]):
        yield moments, [np.mean(spectrum**power) for power in range(3)]


def solved_relaxation(rng, flow):
    """The solver's rates and weights at eigenvalues of a regular graph, and those of the flow of three coordinates."""
    sampled = SampledGraph.draw_regular(rng, classes=6, links=3)
    pairs, count = Pairs("regular", sampled.pure, 3, sampled.weight), 4
    weights, rates = regular.relaxation_measure(pairs, count)
    angles = np.pi * (np.arange(count) + 0.5) / count
    for number, angle in enumerate(angles):
        matrix = evaluate(flow, _regular_point(sampled, 2 * np.sqrt(2) * np.cos(angle))).astype(float)
        values, modes = np.linalg.eigh(matrix)
        here = slice(3 * number, 3 * number + 3)
        yield rates[here], values
        yield weights[here] / weights[here].sum(), modes[0] ** 2


def densities(before, after) -> tuple[Numerics, ...]:
    """The response as an average over the density; and the density at many links."""
    exact, closed, of = after[1], after[2], before

    def averages(rng):
        at = {**regular_point(rng).values, c: int(rng.integers(3, 9))}
        at |= draw_coefficients(rng, at[c])
        at = {**_with_branch(of, Point(at)).values}

        def integrand(angle):
            here = Point({**at, vartheta: angle})
            here = Point({**here.values, b: evaluate(after[b], here)})
            return evaluate(after[:2][varrho], here) * evaluate(of[G_b], here)

        yield evaluate(of[G], Point(at)), mpmath.quad(integrand, [0, mpmath.pi / 2, mpmath.pi])

    def counts(rng):
        (sampled, _), angle = _large(int(rng.integers(3))), float(rng.uniform(0.6, 2.5))
        here = {c: 3, vartheta: angle}
        end = evaluate(after[b], Point(here))
        above = mpmath.quad(lambda x: evaluate(exact.right, Point({**here, vartheta: x})), [0, angle])
        yield above, np.mean(np.linalg.eigvalsh(sampled.adjacency) > float(end))

    def many(rng, links=10**6):
        here = Point({vartheta: random_values(rng, (), 0.3, 2.8), c: links})
        yield evaluate(exact.right, here), evaluate(after[2:][varrho], here)

    return (
        Numerics(averages, 1e-10, "the closed form of the response"),
        Numerics(counts, 0.03, "the eigenvalues of a large sampled class graph"),
        Remainder(many, 1e-5, "the density of a million links", reads=(closed,)),
    )


def _regular_point(sampled: SampledGraph, *eigenvalue) -> Point:
    values = {n_0: sampled.pure, q: sampled.weight, c: int(sampled.adjacency[0].sum())}
    return Point(values | dict(zip((b,), eigenvalue, strict=False)))


# -- in time ----------------------------------------------------------------------------------------------------------


def start_variances(rng, known, spread):
    """Response and variance of a label, from modes and from dense inverse and propagator."""
    at, matrix = _modes_of_a_label(rng)
    place, time = float(at.values[s]), float(at.values[t])
    response = np.linalg.inv(evaluate(known[G_K.I], at).astype(float))[-1, -1]
    yield [evaluate(known[G], at), response], [np.linalg.inv(matrix + place * np.eye(len(matrix)))[-1, -1]] * 2
    yield evaluate(spread, at), np.sum(expm(-matrix * time)[-1] ** 2)


def doubled_times(rng, transform, spread):
    """The inverse Laplace transform at twice the time."""
    at, _ = _modes_of_a_label(rng)
    yield (
        mpmath.invertlaplace(lambda p: evaluate(transform, Point({**at.values, s: p})), 2 * at.values[t], method="talbot"),
        evaluate(spread, at),
    )


def _modes_of_a_label(rng) -> tuple[Point, NDArray]:
    sampled, place = SampledGraph.draw_random(rng), float(rng.uniform(0.2, 2))
    matrix = dense.generator(sampled.coupling)
    rates, vectors = np.linalg.eigh(matrix)
    modes = {N_Z: len(rates), v_a: vectors[-1][:, None], rho: rates[:, None]}
    return Point({**sampled.point(place).values, **modes, t: rng.uniform(0.1, 1)}), matrix


@cache
def _tree_flow(links: int, depth: int, weight: float):
    """The generator of all embeddings on a regular tree of classes with one pure sample each, the root's label the first."""
    pairs = regular_tree(links, depth)
    classes = pairs.max() + 1
    shared = coo_array((np.full(2 * len(pairs), weight), (np.repeat(np.arange(len(pairs)), 2), pairs.ravel())))
    ones, both = csr_array(np.eye(classes)), shared.tocsr()
    J = block_array([[ones], [both]]).tocsr()
    degrees = np.concatenate([J.sum(axis=0), J.sum(axis=1)])
    return (diags_array(degrees) - block_array([[None, J.T], [J, None]])).tocsr()


def solved_variances(rng):
    """The variance of a label of a regular ensemble, from the solver and from the propagator at the root of a tree."""
    weight, times = (0.5, 0.8)[int(rng.integers(2))], (0.5, 2.0)
    flow = _tree_flow(3, DEPTH - 1, weight)
    root = np.eye(1, flow.shape[0])[0]
    solver = LabelResponse("regular", 1, 3, weight)
    yield solver.variance(times), [np.sum(expm_multiply(-flow * time, root) ** 2) for time in times]
