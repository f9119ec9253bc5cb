"""Numbers that the derivation ``classifiable`` is held against, each found without the formulas it checks."""

from __future__ import annotations

import networkx as nx
import numpy as np
from sympy import Basic

from derivations.catalogue import dense
from derivations.catalogue.points import column_matrix, diagonal_matrix
from derivations.checks import Identity
from derivations.lines import Lines, dot
from derivations.vocabulary import eta_x, eta_y, n, x, x_0, y, y_0
from theory import Coupling, Flow, Loss
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import H_x, H_y, K, N, X, Y, d, u_x, u_y


def centroid_pairs(rng, formula):
    """The point where the first component ends."""
    coupling, at = _draw_components(rng)
    end = _run_to_end(coupling, at)
    at = _mark_component(at, coupling, (u_x, u_y), label=0)
    yield evaluate(formula, at), end[:, [coupling.samples]]


def label_limits(rng, others, first, second):
    """The place of label 0 in the end and that of each other one; as many places as components."""
    coupling, at = _draw_components(rng)
    end = _run_to_end(coupling, at)[:, coupling.samples :]
    at = _mark_component(at, coupling, (u_x, u_y), label=0)
    yield evaluate(first, at), end[:, [0]]
    yield np.hstack([evaluate(second, _mark_component(at, coupling, others, label)) for label in range(coupling.labels)]), end
    places = np.unique(np.round(end, 8), axis=1).shape[1]
    yield places, nx.number_connected_components(coupling.graph)


def _draw_components(rng) -> tuple[Coupling, Point]:
    """Four labels and six samples with a second label now and then, random mobilities and embeddings."""
    own = np.concatenate([np.arange(4), rng.integers(4, size=2)])
    J = np.zeros((6, 4))
    J[np.arange(6), own] = rng.uniform(0.2, 2, 6)
    shared = rng.random(6) < 0.3
    J[shared, rng.integers(4, size=6)[shared]] += 0.7
    coupling = Coupling(J, mobility=(rng.uniform(0.2, 2, 6), rng.uniform(0.2, 2, 4)))
    return coupling, _point(coupling, rng.standard_normal((2, 10)))


def _point(coupling: Coupling, start: np.ndarray) -> Point:
    """Samples and labels at the start, with their mobilities."""
    sizes = {d: len(start), N: coupling.samples, K: coupling.labels}
    mobilities = {H: diagonal_matrix(mpf_array([coupling.data[H.name]])[0]) for H in (H_x, H_y)}
    return Point(
        {**sizes, X: mpf_array(start[:, : coupling.samples]), Y: mpf_array(start[:, coupling.samples :]), **mobilities}
    )


def _mark_component(at: Point, coupling: Coupling, marks, label: int) -> Point:
    """The point with the component of a label marked."""
    nodes = nx.node_connected_component(coupling.graph, ("label", label))
    sides = zip(marks, ("sample", "label"), (coupling.samples, coupling.labels), strict=True)
    return at | {u: column_matrix([(side, k) in nodes for k in range(size)]) for u, side, size in sides}


def _run_to_end(coupling: Coupling, at: Point) -> np.ndarray:
    start = np.hstack([at.values[X], at.values[Y]]).astype(float)
    return start @ dense.rest_projector(coupling).T


def descent_check(loss: Loss, energy: Basic, after: Lines) -> Identity:
    """The velocities after are the gradient flow of the energy."""
    velocity = loss.with_parts(expression=energy).gradient_flow().velocity
    return after.of(*map(dot, velocity)).equal(velocity.values())


def star_velocities(rng, after):
    size, values, coupling = _star_coupling(rng)
    means, labels = rng.standard_normal(3), rng.standard_normal(3)
    moved = dense.velocity(coupling, np.repeat(means, size), labels)
    lowered = Flow({block: after[dot(block)] for block in (x, y)}).lower(
        {"n": size, "eta_x": float(values[eta_x]), "eta_y": float(values[eta_y])}
    )
    expected = lowered.velocity(0, np.array([means, labels]))
    yield np.concatenate([np.repeat(expected[0], size), expected[1]]), moved


def star_rates(rng, eigenvalues):
    size, values, coupling = _star_coupling(rng)
    predicted = [dense.number_at(e, {**values, n: size}) for e in eigenvalues]
    within = np.full(3 * (size - 1), float(values[eta_x]))
    yield np.sort(np.concatenate([np.repeat(predicted, 3), within])), dense.dense_rates(coupling)


def star_limits(rng, centroid, limit):
    """Where the labels end, by the centroids of their components and by means and starts."""
    size, values, coupling = _star_coupling(rng)
    start = rng.standard_normal((2, 3 * size + 3))
    means, own = start[:, :-3].reshape(2, 3, size).mean(axis=2), start[:, -3:]
    end = (start @ dense.rest_projector(coupling).T)[:, -3:]
    at = _point(coupling, start)
    yield np.hstack([evaluate(centroid, _mark_component(at, coupling, (u_x, u_y), label)) for label in range(3)]), end
    yield _values_at_starts(limit.subs({**values, n: size}), (x_0, y_0), means, own), end


def wrong_labels(rng, symbols, rate, limit):
    """Rates and limits of samples some of which carry the single label of another class."""
    size, mean, own = symbols
    values, true = dense.draw_mobilities(rng), np.repeat(np.arange(3), 4)
    labels = np.where(rng.random(12) < 0.3, rng.integers(3, size=12), true)
    labels[::4] = np.arange(3)
    coupling = Coupling.from_labels([{int(a)} for a in labels], mobility=(float(values[eta_x]), float(values[eta_y])))
    counts = np.bincount(labels)
    moved = [dense.number_at(rate, {**values, size: int(c)}) for c in counts]
    yield np.sort([*np.zeros(3), *moved, *np.full(9, float(values[eta_x]))]), np.maximum(dense.dense_rates(coupling), 0)
    start = rng.standard_normal(15)
    means = [start[:12][labels == b].mean() for b in range(3)]
    predicted = [
        float(limit.subs({**values, size: int(c), mean: at, own: y0}))
        for c, at, y0 in zip(counts, means, start[12:], strict=True)
    ]
    yield predicted, (dense.rest_projector(coupling) @ start)[12:]
    yield coupling.components, nx.number_connected_components(coupling.graph)
    yield len(np.unique(np.round(predicted, 8))), 3


def _star_coupling(rng):
    size, values = int(rng.integers(2, 6)), dense.draw_mobilities(rng)
    labels = [{c} for c in range(3) for _ in range(size)]
    return size, values, Coupling.from_labels(labels, mobility=(float(values[eta_x]), float(values[eta_y])))


def _values_at_starts(formula, symbols, *starts):
    """A formula at every entry of the starts."""
    rows = zip(*starts, strict=True)
    return [[float(formula.subs(dict(zip(symbols, pair, strict=True)))) for pair in zip(*row, strict=True)] for row in rows]
