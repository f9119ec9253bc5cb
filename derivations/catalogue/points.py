"""Random admissible points of the shared vocabulary, for checks, and slopes there."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import numpy as np
from sympy import Expr, Rational, Symbol

from derivations.checks import random_values
from derivations.lines import Lines
from derivations.vocabulary import N_Z, V, mu_matrix
from theory.evaluate import Point, evaluate
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, W, X, Y, d, gamma, kappa, lam, u_x, u_y


def coupled_point(rng: np.random.Generator) -> Point:
    """Two components of random weights, their degrees, random mobilities and embeddings; u marks the first component."""
    sizes = {d: int(rng.integers(2, 4)), N: int(rng.integers(4, 6)), K: int(rng.integers(2, 4))}
    weights = random_values(rng, (sizes[N], sizes[K]), 0.1, 2)
    first_samples, first_labels = np.arange(sizes[N]) < 2, np.arange(sizes[K]) < 1
    weights = np.where(first_samples[:, None] == first_labels, weights, mpmath.mpf(0))
    shapes = {X: (sizes[d], sizes[N]), Y: (sizes[d], sizes[K]), W: (sizes[d], sizes[d])}
    return Point(
        sizes
        | {block: random_values(rng, shape, -2, 2) for block, shape in shapes.items()}
        | {rate: random_values(rng, (), 0.2, 2) for rate in (gamma, lam, kappa)}
        | {J: weights, D_x: diagonal_matrix(weights.sum(axis=1)), D_y: diagonal_matrix(weights.sum(axis=0))}
        | {H: diagonal_matrix(random_values(rng, (sizes[n],), 0.2, 2)) for H, n in ((H_x, N), (H_y, K))}
        | {u_x: column_matrix(first_samples), u_y: column_matrix(first_labels)}
    )


def unit_point(rng: np.random.Generator) -> Point:
    """Random amplitudes, head and correlations, mobility and decays."""
    size, count = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    return Point(
        {d: size, N_Z: count, V: random_values(rng, (size, count), -2, 2), W: random_values(rng, (size, size), -2, 2)}
        | {mu_matrix: diagonal_matrix(random_values(rng, (count,), -1, 1))}
        | {rate: random_values(rng, (), 0.2, 2) for rate in (gamma, lam, kappa)}
    )


def diagonal_matrix(values) -> np.ndarray:
    """A diagonal matrix of ``mpf``."""
    matrix = np.full((len(values), len(values)), mpmath.mpf(0), dtype=object)
    np.fill_diagonal(matrix, values)
    return matrix


def column_matrix(values) -> np.ndarray:
    """A column of ``mpf``."""
    return np.array([[mpmath.mpf(int(v))] for v in values], dtype=object)


def both_sides(lines: Lines, at: Point) -> Iterator[tuple]:
    """Left and right sides of lines at a point."""
    return ((evaluate(line.left, at), evaluate(line.right, at)) for line in lines)


def measure_slope(expression, at: Point, speeds):
    """The derivative of an expression along given speeds, by central differences at 40 digits."""
    step = mpmath.mpf(10) ** -12
    there, back = (at | {b: at.values[b] + sign * step * s for b, s in speeds.items()} for sign in (1, -1))
    return (evaluate(expression, there) - evaluate(expression, back)) / (2 * step)


def measure_drift(rng: np.random.Generator, quantity, velocities, formula):
    """The change of a quantity along velocities, by block, at a random point of a coupling, against its formula."""
    with mpmath.workdps(40):
        at = coupled_point(rng)
        yield measure_slope(quantity, at, {b: evaluate(v, at) for b, v in velocities.items()}), evaluate(formula, at)


def order_left_out(exact: Expr, leading: Expr, small: Symbol) -> float:
    """The order in a small symbol of what leading terms leave out, from two values of it."""
    few, more = (abs(float((exact - leading).subs(small, value).evalf(30))) for value in (Rational(1, 1000), Rational(1, 100)))
    return np.log10(more / few)
