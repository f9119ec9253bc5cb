"""Numbers that the derivation ``embedding`` is held against, each found without the formulas it checks."""

from __future__ import annotations

import networkx as nx
import numpy as np
from mpmath import mpf
from sympy import Matrix, Rational

from derivations.catalogue.points import coupled_point, diagonal
from derivations.checks import random_values
from derivations.evaluate import Point, array, evaluate
from derivations.vocabulary import N_Z, D, d_y, mu_k, phi_k, sigma, v_k
from theory.models.vocabulary import H_x, H_y, J, X, Y, d, u_x, u_y


def any_pattern(rng):
    at = coupled_point(rng)
    patterns = {c: random_values(rng, np.shape(at.values[c]), -1, 1) for c in (u_x, u_y)}
    return at.moved(patterns)


def nullity_and_components(rng):
    links = rng.random((6, 4)) < 0.3
    links[range(4), range(4)] = True
    links[4:, 0] |= ~links[4:].any(axis=1)
    weights = Matrix(6, 4, lambda r, c: Rational(int(rng.integers(1, 9)), 7) if links[r, c] else 0)
    laplacian = Matrix.diag(*(sum(weights[r, :]) for r in range(6)), *(sum(weights[:, c]) for c in range(4)))
    laplacian[:6, 6:], laplacian[6:, :6] = -weights, -weights.T
    graph = nx.bipartite.from_biadjacency_matrix(_sparse(links))
    yield 10 - laplacian.rank(), nx.number_connected_components(graph)


def mode_velocities(rng, velocities, predicted):
    """v = Z D^(1/2) φ moves as predicted, for every mode of a random coupling."""
    at = coupled_point(rng)
    weights = np.array(at.values[J], dtype=float)
    size, degrees = len(weights), np.concatenate([weights.sum(axis=1), weights.sum(axis=0)])
    here = at.moved({H: diagonal(1 / part) for H, part in ((H_x, degrees[:size]), (H_y, degrees[size:]))})
    values, modes = _normalised_modes(weights)
    whole = [np.hstack([np.array(evaluate(e, here), dtype=float) for e in parts]) for parts in (velocities, (X, Y))]
    moved, state = (columns * np.sqrt(degrees) @ modes.T for columns in whole)
    points = (Point({d: len(v), v_k: array(v[:, None]), mu_k: mpf(mu)}) for v, mu in zip(state.T, values, strict=True))
    yield moved, np.hstack([np.array(evaluate(predicted, point), dtype=float) for point in points])


def mode_variances(rng, of_any, of_classes):
    """The squared coefficients of a start in a mode, by modes of a random coupling with unit rows."""
    weights = rng.uniform(0.1, 1, (7, 3))
    weights /= weights.sum(axis=1, keepdims=True)
    degrees = np.concatenate([np.ones(7), weights.sum(axis=0)])
    for mu, phi in zip(*_normalised_modes(weights), strict=True):
        coefficients = np.sqrt(degrees) * phi
        truth = 4.0 * coefficients @ coefficients
        values = {sigma: mpf(2), N_Z: 10, D: diagonal(degrees), phi_k: array(phi[:, None])}
        yield float(evaluate(of_any, Point(values))), truth
        if abs(mu) > 1e-3:
            mean = phi[7:] ** 2 @ degrees[7:] / (phi[7:] ** 2).sum()
            yield float(of_classes.subs({sigma: 2, d_y: mean})), truth


def _normalised_modes(weights):
    """Eigenvalues of D^(-1/2) A D^(-1/2), and its eigenvectors as rows."""
    size = len(weights)
    scaled = weights / np.sqrt(np.outer(weights.sum(axis=1), weights.sum(axis=0)))
    adjacency = np.zeros((sum(weights.shape),) * 2)
    adjacency[:size, size:], adjacency[size:, :size] = scaled, scaled.T
    values, vectors = np.linalg.eigh(adjacency)
    return values, vectors.T


def _sparse(links):
    from scipy.sparse import csr_array

    return csr_array(links.astype(int))
