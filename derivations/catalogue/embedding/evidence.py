"""Numbers that the derivation ``embedding`` is held against, each found without the formulas it checks."""

from __future__ import annotations

import mpmath
import networkx as nx
import numpy as np
from mpmath import mpf
from sympy import BlockMatrix, Matrix, Rational, zeros

from derivations.catalogue.points import coupled_point, diagonal_matrix, measure_slope
from derivations.checks import random_values
from derivations.lines import dot
from derivations.vocabulary import (
    N_Z,
    A,
    D,
    D_root,
    Z,
    a,
    d_y,
    energy,
    f,
    i,
    mu_k,
    phi_k,
    sigma,
    v_k,
    variance,
    variance_of_pairs,
)
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, X, Y, d, u_x, u_y

NORMALISED = D ** Rational(-1, 2) * A * D ** Rational(-1, 2)


def random_pattern(rng):
    at = coupled_point(rng)
    patterns = {c: random_values(rng, np.shape(at.values[c]), -1, 1) for c in (u_x, u_y)}
    return at.with_state(patterns)


def energies(rng, premises):
    """What a pattern costs, by its velocity as one-dimensional embeddings with equal mobilities."""
    at = random_pattern(rng).values
    columns = (at[u_x], at[u_y])
    alone = {H: diagonal_matrix([mpf(1)] * len(column)) for H, column in zip((H_x, H_y), columns, strict=True)}
    velocity = evaluate(premises[dot(Z)], Point({**at, **alone, **dict(zip((X, Y), (c.T for c in columns), strict=True))}))
    yield evaluate(premises[energy], Point(at)), -(velocity @ np.concatenate(columns))[0, 0]


def slopes(rng, energy, equations):
    """Half the slope of the energy along a random pattern, and what the equations leave over along it."""
    with mpmath.workdps(40):
        at = random_pattern(rng)
        along = {c: random_values(rng, np.shape(at.values[c]), -1, 1) for c in (u_x, u_y)}
        left_over = [evaluate(line.left, at) - evaluate(line.right, at) for line in equations.of(D_x * u_x, D_y * u_y)]
        yield (
            measure_slope(energy, at, along) / 2,
            sum((c * part).sum() for c, part in zip(along.values(), left_over, strict=True)),
        )


def nullity_and_components(rng, premises):
    """The nullity and the components of random weights, and of a cycle that only a negative weight lets move."""
    links = rng.random((6, 4)) < 0.3
    links[range(4), range(4)] = True
    links[4:, 0] |= ~links[4:].any(axis=1)
    for weights in (
        Matrix(6, 4, lambda r, c: Rational(int(rng.integers(1, 9)), 7) if links[r, c] else 0),
        Matrix([[1, 1], [1, -Rational(1, 3)]]),
    ):
        if not premises.of(J[i, a]).violations({J[i, a]: min(weights)}):
            sums = [*(sum(weights.row(r)) for r in range(weights.rows)), *(sum(weights.col(c)) for c in range(weights.cols))]
            off = BlockMatrix([[zeros(weights.rows), weights], [weights.T, zeros(weights.cols)]]).as_explicit()
            graph = nx.from_numpy_array(np.array(off.tolist(), dtype=float) != 0)
            yield len(sums) - (Matrix.diag(*sums) - off).rank(), nx.number_connected_components(graph)


def mode_velocities(rng, premises, after):
    """The modes of a random coupling, what defines them, and their velocities beside those of all embeddings."""
    at = coupled_point(rng)
    weights = np.array(at.values[J], dtype=float)
    degrees = np.concatenate([weights.sum(axis=1), weights.sum(axis=0)])
    here = at.with_state({H: evaluate(premises[H], at) for H in (H_x, H_y)})
    moved = np.array(evaluate(premises[dot(Z)], here), dtype=float) * np.sqrt(degrees)
    whole = {
        d: len(moved),
        N_Z: len(degrees),
        D: diagonal_matrix(degrees),
        A: mpf_array(_whole_adjacency(weights)),
        D_root: diagonal_matrix(degrees**0.5),
    }
    (shown,) = (line for line in premises if line.left == NORMALISED * phi_k)
    defined, velocities = [], []
    for mu, phi in zip(*_normalised_modes(weights), strict=True):
        mode = {Z: np.hstack([at.values[X], at.values[Y]]), mu_k: mpf(mu), phi_k: mpf_array(phi[:, None])}
        point = Point(whole | mode)
        defined.append([evaluate(_insert_roots(side), point) for side in (shown.left, shown.right)])
        amplitude = evaluate(_insert_roots(after[v_k]), point)
        velocities.append([evaluate(after[dot(v_k)], point | {v_k: amplitude}), (moved @ phi)[:, None]])
    for pairs in (defined, velocities):
        yield tuple(np.hstack(sides) for sides in zip(*pairs, strict=True))


def mode_variances(rng, premises, after):
    """The squared coefficients of a start in a mode, by modes of a random coupling."""
    weights = rng.uniform(0.1, 1, (7, 3))
    rows = np.diag(evaluate(premises[D_x], Point({N: 7}))).astype(float)
    weights *= (rows / weights.sum(axis=1))[:, None]
    degrees = np.concatenate([rows, weights.sum(axis=0)])
    known = {sigma: mpf(2), N_Z: 10, N: 7, K: 3, d: 10, D: diagonal_matrix(degrees), D_y: diagonal_matrix(degrees[7:])}
    known |= {D_root: diagonal_matrix(degrees**0.5), Z: diagonal_matrix([mpf(1)] * 10)}
    for mu, phi in zip(*_normalised_modes(weights), strict=True):
        at = Point(known | {phi_k: mpf_array(phi[:, None]), f: mpf_array(phi[7:, None])})
        coefficients, truth = evaluate(_insert_roots(premises[v_k]), at)[:, 0], 4.0 * degrees @ phi**2
        yield coefficients, np.sqrt(degrees) * phi
        yield evaluate(after[variance], at), truth
        if not premises.of(mu_k).violations({mu_k: round(mu, 9)}):
            yield evaluate(after[variance_of_pairs], at | {d_y: evaluate(premises[d_y], at)}), truth


def _insert_roots(expression):
    """Roots of the degrees, which the oracle has not, as a matrix of its own."""
    return expression.xreplace({D ** Rational(1, 2): D_root, D ** Rational(-1, 2): D_root.I})


def _whole_adjacency(weights):
    """The adjacency of all samples and labels."""
    size = len(weights)
    adjacency = np.zeros((sum(weights.shape),) * 2)
    adjacency[:size, size:], adjacency[size:, :size] = weights, weights.T
    return adjacency


def _normalised_modes(weights):
    """Eigenvalues of D^(-1/2) A D^(-1/2), and its eigenvectors as rows."""
    values, vectors = np.linalg.eigh(_whole_adjacency(weights / np.sqrt(np.outer(weights.sum(axis=1), weights.sum(axis=0)))))
    return values, vectors.T
