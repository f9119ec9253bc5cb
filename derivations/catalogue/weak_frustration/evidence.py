"""Numbers that the derivation ``weak_frustration`` is held against, each found without the formulas it checks."""

from __future__ import annotations

import mpmath
import numpy as np
from sympy import Determinant, Dummy

from derivations.catalogue import dense
from derivations.catalogue.kron import SIZE, draw_graphs
from derivations.catalogue.points import coupled_point, diagonal_matrix
from derivations.checks import random_values
from derivations.vocabulary import C_0, C_K, L_K, M_0, M_1, M_K, S_K, F_x, a, eta_x, eta_y, f, f_2, n_a, r, r_1, r_2
from theory import Coupling
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N


def label_point(rng: np.random.Generator) -> Point:
    """Random weights with their degrees, random mobilities and patterns, and a rate slower than every sample."""
    at = coupled_point(rng).values
    size = (at[N], at[K])
    weights = random_values(rng, size, 0.1, 2)
    patterns = {z: random_values(rng, (count, 1), -1, 1) for z, count in zip((F_x, f), size, strict=True)}
    degrees = {J: weights, D_x: diagonal_matrix(weights.sum(axis=1)), D_y: diagonal_matrix(weights.sum(axis=0))}
    return Point({**at, **degrees, **patterns, r: random_values(rng, (), 0.01, 0.02)})


def quadratic_point(rng: np.random.Generator) -> Point:
    """Random matrices between labels, rates and a pattern."""
    matrices = {m: random_values(rng, (3, 3), 0, 1) for m in (M_0, C_0, M_1)}
    return Point({K: 3, **matrices, f: random_values(rng, (3, 1), 0, 1), r_1: random_values(rng, (), 0, 1)})


def eigenvectors(rng, left, right):
    """Both sides of an equation, beside one, for every mode of a random coupling."""
    for at in _draw_modes(rng):
        yield 1 + evaluate(left, at), 1 + evaluate(right, at)


def null_labels(rng, premises, after):
    """Samples from labels, and the label equation beside the pattern itself, for every mode of a random coupling."""
    for at in _draw_modes(rng):
        beside = at.values[f]
        yield at.values[F_x], evaluate(premises[F_x], at)
        yield evaluate(after[S_K] * f, at) + beside, evaluate(after[S_K * f], at) + beside


def determinants(rng, whole, product):
    """Both sides, each determinant by elimination."""
    with mpmath.workdps(40):
        at = label_point(rng)
        yield _evaluate_determinants(whole, at), _evaluate_determinants(product, at)


def singular_labels(rng, schur):
    """One plus the smallest over the largest eigenvalue of the label matrix at every rate."""
    for at in _draw_modes(rng):
        values = np.abs(np.linalg.eigvals(evaluate(schur, at).astype(float)))
        yield 1 + values.min() / values.max(), 1


def series_orders(rng, whole, lines):
    """The observed order in r of what a series leaves out."""
    with mpmath.workdps(40):
        at = label_point(rng)
        at |= {matrix: evaluate(lines[matrix], at) for matrix in (L_K, M_K, C_K)}
        errors = []
        for small in ("1e-5", "1e-6"):
            here = at | {r: mpmath.mpf(small)}
            errors.append(max(abs(evaluate(whole, here) - evaluate(lines[S_K], here)).reshape(-1)))
        yield mpmath.log10(errors[0] / errors[1]), 3


def pure_masses(rng, whole, own):
    """Masses and lags of a coupling with pure samples only."""
    sizes, values = rng.integers(1, 5, 3), dense.draw_mobilities(rng)
    labels = [{label} for label, size in enumerate(sizes) for _ in range(size)]
    at = _data_point(Coupling.from_labels(labels, mobility=(float(values[eta_x]), float(values[eta_y]))))
    for matrix, part in ((M_K, M_0), (C_K, C_0)):
        found = [dense.number_at(own[part[a, a]], {**values, n_a: int(size)}) for size in sizes]
        yield np.diag(found), evaluate(whole[matrix], at)


def leading_orders(rng, known, after):
    """Masses; orders of the relative remainders: of the expanded equation at the exact mode, and of the leading rate."""
    both = draw_graphs(int(rng.integers(10**6)))
    expanded = L_K * f - known[S_K] * f + known[S_K * f]
    with mpmath.workdps(40):
        for graph in both:
            rates = {eta_x: graph.of_samples, eta_y: graph.of_labels}
            yield [evaluate(known[M_0[a, a]], Point({**rates, n_a: pure})) for pure in graph.pure], graph.masses
        for mode in range(1, SIZE):
            points = [graph.point(mode) for graph in both]
            yield from ((evaluate(L_K * f, at), evaluate(after[L_K * f], at)) for at in points)
            exact = [at | {f: at.values[f] + at.values[f_2]} for at in points]
            yield _observed_order(L_K * f, expanded, exact), 2
            yield _observed_order(r, after[r], points), 1


def slowed_rates(rng, after):
    """How many bounds on the change of the rate hold, the one, for every mode of a class graph."""
    bounds = after.of(-r_2).bounds
    for graph in draw_graphs(int(rng.integers(10**6))):
        for mode in range(1, SIZE):
            yield len(bounds) - len(bounds.violations({r_2: evaluate(after[r_2], graph.point(mode))})), 1


def second_orders(rng, premises, left, after):
    """The leading order; orders of the relative remainders: of the second order at the exact change of the pattern, and of
    the rate."""
    both = draw_graphs(int(rng.integers(10**6)))
    with mpmath.workdps(40):
        for mode in range(1, SIZE):
            points = [graph.point(mode) for graph in both]
            yield from ((evaluate(L_K * f, at), evaluate(premises[L_K * f], at)) for at in points)
            points = [at | {r_2: evaluate(after[r_2], at)} for at in points]
            yield _observed_order(left, premises[left], points), 1
            yield _observed_order(r, after[r], points), 2


def _observed_order(left, right, points):
    """The exponent of the difference of both sides, relative to the left one, in the inverse of the number of pure samples."""
    few, many = (_relative_gap(evaluate(left, at), evaluate(right, at)) for at in points)
    return mpmath.log10(few / many)


def _relative_gap(left, right):
    """The difference of two values relative to the first."""
    left, right = (np.reshape(np.asarray(side, dtype=object), -1) for side in (left, right))
    return max(abs(left - right)) / max(abs(left))


def _draw_modes(rng):
    """The modes of a random coupling with random mobilities, each as a point with its rate."""
    coupling = Coupling(rng.uniform(0.1, 1, (4, 3)), mobility=(rng.uniform(0.3, 2, 4), rng.uniform(0.3, 2, 3)))
    rates, vectors = np.linalg.eig(dense.generator(coupling))
    at = _data_point(coupling)
    for rate, vector in zip(rates.real, vectors.real.T, strict=True):
        mode = {r: mpmath.mpf(rate), F_x: mpf_array(vector[:4, None]), f: mpf_array(vector[4:, None])}
        yield at | mode


def _data_point(coupling: Coupling) -> Point:
    """The data of a coupling as a point."""
    data = {name: np.asarray(value) for name, value in coupling.data.items()}
    return Point(
        {N: coupling.samples, K: coupling.labels, J: mpf_array(data["J"])}
        | {D: mpf_array(np.diag(data[D.name])) for D in (D_x, D_y, H_x, H_y)}
    )


def _evaluate_determinants(expr, at: Point):
    """The value of an expression of determinants."""
    known = {det: Dummy() for det in expr.atoms(Determinant)}
    values = {symbol: mpmath.det(mpmath.matrix(evaluate(det.arg, at).tolist())) for det, symbol in known.items()}
    return evaluate(expr.xreplace(known), Point(values))
