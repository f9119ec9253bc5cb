"""Masses that the derivation ``mean_field_head`` is held against: of sampled couplings, and of the solver."""

from __future__ import annotations

import mpmath
import numpy as np

from derivations.catalogue.class_graphs import SampledGraph
from derivations.vocabulary import P_mu, Var_mu, c, mu, n_0, q
from theory.dmft import Band, Modes, outlier_mass
from theory.dmft.mode_measure import precise_nodes
from theory.evaluate import Point, evaluate
from theory.models.vocabulary import K, d


def mode_variances(rng, found):
    """The shares that pure samples have of the modes of a sampled coupling, and their initial variances."""
    sampled = SampledGraph.draw_regular(rng, classes=8, links=3)
    J = sampled.couplings
    samples, labels = J.sum(axis=1), J.sum(axis=0)
    u, values, v = np.linalg.svd(J / np.sqrt(np.outer(samples, labels)), full_matrices=False)
    of_samples, of_labels = (u**2).T @ samples, v**2 @ labels
    pure = np.sum(u[: 8 * sampled.pure] ** 2, axis=0)
    at = [Point({mu: value, n_0: sampled.pure, q: sampled.weight, c: 3}) for value in values]
    yield [evaluate(found[P_mu], here) for here in at], pure
    yield [evaluate(found[Var_mu], here) for here in at], (of_samples + of_labels) / 2


def solved_masses(rng, found):
    """The masses that the solver gives to nodes of a band, and those of all of its modes."""
    band = Band("regular", int(rng.integers(2, 5)), int(rng.integers(3, 7)), float(rng.uniform(0.3, 1)))
    modes, (nodes, weights) = Modes.of(band, 16), band.quadrature(16)
    sizes = {n_0: band.pure_per_class, q: band.weight, c: band.links}
    degree = band.pure_per_class + band.weight * band.links
    one_by_one = [evaluate(found[Var_mu], Point({**sizes, mu: mpmath.sqrt(node)})) for node in nodes]
    yield modes.masses[:16] * degree, weights * one_by_one
    yield modes.masses.sum(), 2
    yield precise_nodes(band, 16)[1], modes.masses


def outlier_masses(rng, formula):
    """From the degrees of a coupling whose classes have as many links, and the solver's."""
    sampled = SampledGraph.draw_regular(rng, classes=8, links=3)
    samples, labels = sampled.couplings.sum(axis=1), sampled.couplings.sum(axis=0)
    found = evaluate(formula, Point({d: 3, K: 8, n_0: sampled.pure, q: sampled.weight, c: 3}))
    yield found, 3 * (samples @ samples + labels @ labels) / (2 * samples.sum() ** 2)
    yield found, outlier_mass(Band("regular", sampled.pure, 3, sampled.weight), 3, 8)


def poisson_outliers(rng):
    """The solver's mean mass, and that of a large coupling."""
    classes, pure, links, weight = 20_000, 2, 5, float(rng.uniform(0.3, 1))
    labels = pure + weight * np.bincount(rng.integers(classes, size=links * classes), minlength=classes)
    of_samples = pure * classes + links * classes / 2 * (2 * weight) ** 2
    drawn = (of_samples + labels @ labels) / (2 * labels.sum() ** 2)
    yield outlier_mass(Band("poisson", pure, links, weight, "large-c"), 1, classes), drawn
