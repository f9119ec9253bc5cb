"""Numbers that the derivation ``weak_frustration`` is held against, each found without the formulas it checks."""

from __future__ import annotations

import mpmath
import numpy as np
from sympy import Determinant, Dummy

from derivations.catalogue import dense
from derivations.catalogue.kron import SIZE, graphs
from derivations.catalogue.points import coupled_point, diagonal
from derivations.checks import random_values
from derivations.evaluate import Point, array, evaluate
from derivations.vocabulary import C_0, M_0, M_1, F_x, eta_x, eta_y, f, f_2, r, r_1
from theory import Coupling
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N


def label_point(rng: np.random.Generator) -> Point:
    """Random weights with their degrees, random mobilities and patterns, and a rate slower than every sample."""
    at = coupled_point(rng).values
    size = (at[N], at[K])
    weights = random_values(rng, size, 0.1, 2)
    patterns = {z: random_values(rng, (count, 1), -1, 1) for z, count in zip((F_x, f), size, strict=True)}
    degrees = {J: weights, D_x: diagonal(weights.sum(axis=1)), D_y: diagonal(weights.sum(axis=0))}
    return Point({**at, **degrees, **patterns, r: random_values(rng, (), 0.01, 0.02)})


def quadratic_point(rng: np.random.Generator) -> Point:
    """Random matrices between labels, rates and a pattern."""
    matrices = {m: random_values(rng, (3, 3), 0, 1) for m in (M_0, C_0, M_1)}
    return Point({K: 3, **matrices, f: random_values(rng, (3, 1), 0, 1), r_1: random_values(rng, (), 0, 1)})


def eigenvectors(rng, equations):
    """Both sides of the equations of samples and labels, beside one, for every mode of a random coupling."""
    for at in _modes(rng):
        for line in equations:
            yield 1 + evaluate(line.left, at), 1 + evaluate(line.right, at)


def null_labels(rng, samples, labels, parts):
    """Samples from labels, and the label equation beside the pattern itself, for every mode of a random coupling."""
    for at in _modes(rng):
        yield evaluate(samples.left, at), evaluate(samples.right, at)
        beside = at.values[f]
        yield evaluate(labels.left.xreplace(parts), at) + beside, evaluate(labels.right, at) + beside


def determinants(rng, whole, product):
    """Both sides, each determinant by elimination."""
    with mpmath.workdps(40):
        at = label_point(rng)
        yield _with_determinants(whole, at), _with_determinants(product, at)


def singular(rng, schur):
    """One plus the smallest over the largest eigenvalue of the label matrix at every rate."""
    for at in _modes(rng):
        values = np.abs(np.linalg.eigvals(evaluate(schur, at).astype(float)))
        yield 1 + values.min() / values.max(), 1


def series(rng, whole, lines):
    """The observed order in r of what a series leaves out."""
    first, *definitions = lines
    with mpmath.workdps(40):
        at = label_point(rng)
        at = Point({**at.values, **{line.left: evaluate(line.right, at) for line in definitions}})
        errors = []
        for small in ("1e-5", "1e-6"):
            here = Point({**at.values, r: mpmath.mpf(small)})
            errors.append(max(abs(evaluate(whole.right, here) - evaluate(first.right, here)).reshape(-1)))
        yield mpmath.log10(errors[0] / errors[1]), 3


def pure_masses(rng, lines, formulas, matrices, count):
    """Masses and lags of a coupling with pure samples only."""
    sizes, values = rng.integers(1, 5, 3), dense.mobilities_at_random(rng)
    labels = [{a} for a, size in enumerate(sizes) for _ in range(size)]
    at = _data(Coupling.from_labels(labels, mobility=(float(values[eta_x]), float(values[eta_y]))))
    found = {line.left: evaluate(line.right, at) for line in lines}
    for matrix, formula in zip(matrices, formulas, strict=True):
        yield np.diag([dense.number(formula, {**values, count: int(size)}) for size in sizes]), found[matrix]


def leading(rng, expanded, problem, rate):
    """Orders of the relative remainders: of the expanded equation at the exact mode, and of the leading rate."""
    both = graphs(int(rng.integers(10**6)))
    with mpmath.workdps(40):
        for mode in range(1, SIZE):
            points = [graph.point(mode) for graph in both]
            yield from (_sides(problem, at) for at in points)
            exact = [_moved(at, {f: at.values[f] + at.values[f_2]}) for at in points]
            yield _order(expanded, exact), 2
            yield _order(rate, points), 1


def second(rng, collected, correction, rate):
    """Orders of the relative remainders: of the second order at the exact change of the pattern, and of the rate."""
    both = graphs(int(rng.integers(10**6)))
    with mpmath.workdps(40):
        for mode in range(1, SIZE):
            points = [graph.point(mode) for graph in both]
            points = [_moved(at, {correction.left: evaluate(correction.right, at)}) for at in points]
            yield _order(collected, points), 1
            yield _order(rate, points), 2


def _sides(line, at: Point):
    return evaluate(line.left, at), evaluate(line.right, at)


def _order(line, points):
    """The exponent of the difference of both sides, relative to the left one, in the inverse of the number of pure samples."""
    few, many = (_gap(*_sides(line, at)) for at in points)
    return mpmath.log10(few / many)


def _moved(at: Point, changes) -> Point:
    return Point({**at.values, **changes})


def _gap(left, right):
    """The difference of two values relative to the first."""
    left, right = (np.reshape(np.asarray(side, dtype=object), -1) for side in (left, right))
    return max(abs(left - right)) / max(abs(left))


def _modes(rng):
    """The modes of a random coupling with random mobilities, each as a point with its rate."""
    coupling = Coupling(rng.uniform(0.1, 1, (4, 3)), mobility=(rng.uniform(0.3, 2, 4), rng.uniform(0.3, 2, 3)))
    rates, vectors = np.linalg.eig(dense.generator(coupling))
    at = _data(coupling)
    for rate, vector in zip(rates.real, vectors.real.T, strict=True):
        mode = {r: mpmath.mpf(rate), F_x: array(vector[:4, None]), f: array(vector[4:, None])}
        yield _moved(at, mode)


def _data(coupling: Coupling) -> Point:
    """The data of a coupling as a point."""
    data = {name: np.asarray(value) for name, value in coupling.data.items()}
    return Point(
        {N: coupling.samples, K: coupling.labels, J: array(data["J"])}
        | {D: array(np.diag(data[D.name])) for D in (D_x, D_y, H_x, H_y)}
    )


def _with_determinants(expr, at: Point):
    """The value of an expression of determinants."""
    known = {det: Dummy() for det in expr.atoms(Determinant)}
    values = {symbol: mpmath.det(mpmath.matrix(evaluate(det.arg, at).tolist())) for det, symbol in known.items()}
    return evaluate(expr.xreplace(known), Point(values))
