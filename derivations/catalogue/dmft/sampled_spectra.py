"""Sampled spectra that the derivation ``dmft`` is held against: of correlations, class graphs, and the flow in time."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.sparse import block_array, coo_array, csr_array, diags_array
from scipy.sparse.linalg import expm_multiply

from derivations.catalogue import dense
from derivations.catalogue.class_graphs import SampledGraph, define_lines, draw_coefficients, regular_tree
from derivations.catalogue.dmft.evidence import DEPTH, add_branch, regular_point
from derivations.checks import Numerics, Remainder, random_values
from derivations.vocabulary import B_K, G_K, N_Z, G, G_b, b, c, n_0, q, rho, s, t, v_a, varrho, vartheta, z_minus, z_plus
from theory.dmft import Band, LabelResponse, Pairs, regular
from theory.evaluate import Point, evaluate
from theory.models.vocabulary import D_y

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
    found = [evaluate(formula, _sampled_point(sampled, each)) for each in np.linalg.eigvalsh(sampled.adjacency)]
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
        yield evaluate(formulas[edge], _sampled_point(sampled)), found


def solved_band(rng, formulas):
    """Ends of the solver's band, and its first moments: from a sampled coupling and from the sum rules and quadrature."""
    sampled = SampledGraph.draw_regular(rng, classes=12, links=3)
    band = Band("regular", sampled.pure, 3, sampled.weight)
    yield [evaluate(formulas[edge], _sampled_point(sampled)) for edge in (z_minus, z_plus)], band.edges
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
        matrix = evaluate(flow, _sampled_point(sampled, 2 * np.sqrt(2) * np.cos(angle))).astype(float)
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
        at = {**add_branch(of, Point(at)).values}

        def integrand(angle):
            here = Point({**at, vartheta: angle})
            here |= {b: evaluate(after[b], here)}
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
        Remainder(many, 1e-5, "the density of a million links", reads=(closed,)),
        Numerics(counts, 0.03, "the eigenvalues of a large sampled class graph"),
        Numerics(averages, 1e-10, "the closed form of the response"),
    )


def _sampled_point(sampled: SampledGraph, *eigenvalue) -> Point:
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
        mpmath.invertlaplace(lambda p: evaluate(transform, at | {s: p}), 2 * at.values[t], method="talbot"),
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
