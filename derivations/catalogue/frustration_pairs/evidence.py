"""Numbers that the derivation ``frustration_pairs`` is held against, each found without the formulas it checks."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
from scipy.linalg import expm
from sympy import Integer, Matrix, Poly, Rational

from derivations.catalogue import dense
from derivations.evaluate import Point, array, evaluate
from derivations.vocabulary import B, b, c, m, n_0, phi, r, sigma, t
from theory import Coupling
from theory.models.vocabulary import K, d


def counted(rng, factor, with_a, with_both):
    """Pairs with one and with two given labels, and the sums over pairs of a random pattern lifted to them."""
    labels = int(rng.integers(3, 8))
    pattern, chosen = rng.standard_normal(labels), list(combinations(range(labels), 2))
    pattern -= pattern.mean()
    yield with_a.subs(K, labels), sum(0 in pair for pair in chosen)
    yield with_both.subs(K, labels), sum({0, 1} <= {*pair} for pair in chosen)
    sums = [sum(pattern[a] + pattern[b] for a, b in chosen if label in (a, b)) for label in range(labels)]
    yield float(factor.subs(K, labels)) * pattern, sums


def regular_graph(rng, matrices, numbers):
    """Both matrices and, in order, squared correlations and frustration."""
    labels, links, pure, seed = int(rng.integers(5, 9)) * 2, 3, int(rng.integers(1, 9)), int(rng.integers(2**31))
    adjacency = nx.to_numpy_array(nx.random_regular_graph(links, labels, seed=seed), nodelist=range(labels))
    coupling = Coupling.regular_pairs(labels, pure, links, seed=seed)
    J = np.asarray(coupling.data["J"])
    at = Point({K: labels, n_0: pure, c: links, B: array(adjacency)})
    for matrix, truth in zip(matrices, (J.T @ (J / J.sum(axis=1, keepdims=True)), np.diag(J.sum(axis=0))), strict=True):
        yield np.array(evaluate(matrix, at), dtype=float), truth
    eigenvalues = np.linalg.eigvalsh(adjacency)[::-1]
    values = [[dense.number(e, {n_0: pure, c: links, b: value}) for value in eigenvalues] for e in numbers]
    yield np.array(values), np.array([coupling.modes() ** 2, coupling.frustration()])


def roots(rng, family, polynomial):
    """The roots of the polynomial, each K − 1 times, stand among the dense rates; so does their sum."""
    coupling, values = dense.member(rng, family)
    found = dense.rates(coupling)
    predicted = _roots(polynomial.subs(values))
    nearest = [np.sort(found[np.argsort(np.abs(found - root))[: coupling.labels - 1]]) for root in predicted]
    yield np.repeat(predicted, coupling.labels - 1), np.concatenate(nearest)


def orders(rng, polynomial, leading):
    """The observed orders of the relative remainders in the number of frustrated samples: of the time, then of three rates."""
    others = sorted(polynomial.free_symbols - {m, r, K}, key=str)
    values = {s: Rational(int(rng.integers(1, 9)), prime) for s, prime in zip(others, (7, 11, 13, 17), strict=True)}
    values |= {K: Integer(int(rng.integers(3, 7)))}
    small = (Rational(1, 10**5), Rational(1, 10**6))
    times, *rates = leading
    errors = []
    for number in small:
        exact = _exact_roots(polynomial.subs({**values, m: number}))
        shown = [e.subs({**values, m: number}) for e in (1 / times, *rates)]
        places = [0, 0, *_matched(shown[2:], exact[1:])]
        errors.append([float(abs(1 - e / exact[place])) for e, place in zip(shown, places, strict=True)])
    for coarse, fine, order in zip(*errors, (1, 2, 1, 1), strict=True):
        yield float(np.log10(coarse / fine)), order


def correlations(rng, family, psi, frustration, slow, fast):
    """Frustration and rates of the class modes, with mobilities inverse to the degrees."""
    _, values = dense.member(rng, family)
    mu = family.coupling(values).modes()[1:]
    value = frustration.subs(values)
    yield np.full(len(mu), float(value)), 1 - mu**2
    yield np.full(len(mu), float(slow.subs(psi, value))), 1 - mu
    yield np.full(len(mu), float(fast.subs(psi, value))), 1 + mu


def frustration(rng, formula):
    """The frustration of a member of the family with pure samples and whole pairs."""
    labels, pure, each = (int(rng.integers(low, 6)) for low in (3, 1, 1))
    frustrated = each * labels * (labels - 1) // 2
    samples = labels * pure + frustrated
    coupling = Coupling.pairs(labels, samples, frustrated / samples)
    predicted = float(formula.subs({K: labels, phi: Rational(frustrated, samples)}))
    yield np.full(labels - 1, predicted), coupling.frustration()[1:]


def propagators(rng, velocities, row, amplitudes, rates):
    """The row of the labels (own, pure, frustrated) in the exponential of the matrix of the velocities."""
    jacobian = Matrix(velocities).jacobian(amplitudes)
    values = {s: Rational(int(rng.integers(1, 9)), 7) for s in sorted(jacobian.free_symbols - {K}, key=str)} | {K: Integer(5)}
    matrix, time = np.array(jacobian.subs(values).tolist(), dtype=float), Rational(int(rng.integers(1, 9)), 8)
    known = {**values, t: time, **dict(zip(rates, np.sort(-np.linalg.eigvals(matrix).real), strict=True))}
    yield [dense.number(e, known) for e in row], expm(matrix * float(time))[-1, [-1, 0, 1]]


def separations(rng, family, mean, row, sector, rates):
    """The mean square distance of each two labels, from the variance of all starts."""
    coupling, values = dense.member(rng, family)
    matrix = np.array(sector.matrix.subs(values).tolist(), dtype=float)
    known = {**values, **dict(zip(rates, np.sort(np.linalg.eigvals(matrix).real), strict=True))}
    for time in (Rational(1, 4), Rational(3)):
        parts = {symbol: dense.number(e, {**known, t: time}) for symbol, e in row.items()}
        found = dense.separation(coupling, float(time))
        yield np.full(len(found), dense.number(mean, {**known, **parts, d: 2, sigma: 3}) / 18), found


def _roots(polynomial) -> np.ndarray:
    """The real roots of a polynomial with rational coefficients, ascending."""
    return np.array([float(root) for root in _exact_roots(polynomial)])


def _exact_roots(polynomial):
    """The real roots to forty digits, ascending."""
    return sorted(root.as_real_imag()[0] for root in Poly(polynomial, r).nroots(n=40, maxsteps=200))


def _matched(shown, exact):
    """For each value the place, after the first, of the nearest exact one."""
    return [1 + min(range(len(exact)), key=lambda k: abs(exact[k] - value)) for value in shown]
