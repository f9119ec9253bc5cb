"""Numbers that the derivation ``frustration_pairs`` is held against, each found without the formulas it checks."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
from scipy.linalg import expm
from sympy import Integer, Matrix, Poly, Rational, solve

from derivations.catalogue import dense
from derivations.lines import dot
from derivations.vocabulary import (
    B,
    E_us,
    E_uu,
    E_uv,
    b,
    c,
    chi,
    fast,
    m,
    mu,
    n_0,
    phi,
    psi,
    q,
    r,
    r_1,
    r_2,
    r_3,
    sigma,
    slow,
    t,
    tau_slow,
    with_both,
    with_one,
)
from theory import Coupling
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import D_x, D_y, J, K, d


def pair_counts(rng, given, factor):
    """Pairs with one and with two given labels, and the sums over pairs of a random pattern lifted to them."""
    labels = int(rng.integers(3, 8))
    pattern, chosen = rng.standard_normal(labels), list(combinations(range(labels), 2))
    pattern -= pattern.mean()
    yield given[with_one].subs(K, labels), sum(0 in pair for pair in chosen)
    yield given[with_both].subs(K, labels), sum({0, 1} <= {*pair} for pair in chosen)
    sums = [sum(pattern[a] + pattern[b] for a, b in chosen if label in (a, b)) for label in range(labels)]
    yield float(factor.subs(K, labels)) * pattern, sums


def regular_graph(rng, given, found):
    """Both matrices and, in order, squared correlations, frustration and slow rates."""
    labels, links, pure, seed = int(rng.integers(5, 9)) * 2, 3, int(rng.integers(1, 9)), int(rng.integers(2**31))
    adjacency = nx.to_numpy_array(nx.random_regular_graph(links, labels, seed=seed), nodelist=range(labels))
    coupling = Coupling.regular_pairs(labels, pure, links, seed=seed)
    weights = np.asarray(coupling.data["J"])
    at = Point({K: labels, n_0: pure, c: links, B: mpf_array(adjacency), q: evaluate(given[q], Point({}))})
    through = weights.T @ (weights / weights.sum(axis=1, keepdims=True))
    for name, truth in ((J.T * D_x.I * J, through), (D_y, np.diag(weights.sum(axis=0)))):
        yield np.array(evaluate(given[name], at), dtype=float), truth
    eigenvalues = np.linalg.eigvalsh(adjacency)[::-1]
    for formula, truth in (
        (found[mu**2], coupling.modes() ** 2),
        (found[psi], coupling.frustration()),
        (given[slow].subs(psi, found[psi]), 1 - coupling.modes()),
    ):
        yield [dense.number_at(formula, {n_0: pure, c: links, b: value}) for value in eigenvalues], truth


def roots(rng, family, polynomial):
    """The roots of the polynomial, each K - 1 times, stand among the dense rates; its first coefficient is one."""
    coupling, values = dense.draw_member(rng, family)
    found, at = dense.dense_rates(coupling), polynomial.subs(values)
    predicted = _real_roots(at)
    nearest = [np.sort(found[np.argsort(np.abs(found - root))[: coupling.labels - 1]]) for root in predicted]
    yield np.repeat(predicted, coupling.labels - 1), np.concatenate(nearest)
    yield Poly(at, r).LC(), 1


def roots_where_they_hold(rng, family, premises):
    """The same at each number of labels that the premises allow, from two on."""
    for labels in (2, int(rng.integers(3, 6))):
        if not premises.of(K).violations({K: labels}):
            yield from roots(rng, family.at({K: labels}), premises[chi].subs(K, labels))


def remainder_orders(rng, premises, leading):
    """The observed orders of the relative remainders in the number of frustrated samples: of the time, then of three rates;
    also where the fast rates meet, if the premises allow it."""
    polynomial = premises[chi]
    others = sorted(polynomial.free_symbols - {m, r, K}, key=str)
    values = {s: Rational(int(rng.integers(1, 9)), prime) for s, prime in zip(others, (7, 11, 13, 17), strict=True)}
    values |= {K: Integer(int(rng.integers(3, 7)))}
    (meeting,) = solve((leading[r_2] - leading[r_3]).subs({s: value for s, value in values.items() if s != q}), q)
    for at in (values, values | {q: meeting}):
        if not premises.of(r_2).violations({rate: leading[rate].subs(at) for rate in (r_2, r_3)}):
            formulas = [e.subs(at) for e in (1 / leading[tau_slow], leading[r_1], leading[r_2], leading[r_3])]
            yield from _orders(polynomial.subs(at), formulas)


def _orders(polynomial, formulas):
    errors = []
    for few in (Rational(1, 10**5), Rational(1, 10**6)):
        exact, shown = _exact_roots(polynomial.subs(m, few)), [e.subs(m, few) for e in formulas]
        places = [0, 0, *_match_nearest(shown[2:], exact[1:])]
        errors.append([float(abs(1 - e / exact[place])) for e, place in zip(shown, places, strict=True)])
    for coarse, fine, order in zip(*errors, (1, 2, 1, 1), strict=True):
        yield float(np.log10(coarse / fine)), order


def correlations(rng, family, found):
    """Frustration and rates of the class modes, with mobilities inverse to the degrees."""
    _, values = dense.draw_member(rng, family)
    mu = family.coupling(values).modes()[1:]
    value = found[psi].subs(values)
    for formula, truth in ((value, 1 - mu**2), (found[slow], 1 - mu), (found[fast], 1 + mu)):
        yield np.full(len(mu), float(formula.subs(psi, value))), truth


def frustration(rng, formula):
    """The frustration of a member of the family with pure samples and whole pairs."""
    labels, pure, each = (int(rng.integers(low, 6)) for low in (3, 1, 1))
    frustrated = each * labels * (labels - 1) // 2
    samples = labels * pure + frustrated
    coupling = Coupling.pairs(labels, samples, frustrated / samples)
    predicted = float(formula.subs({K: labels, phi: Rational(frustrated, samples)}))
    yield np.full(labels - 1, predicted), coupling.frustration()[1:]


def propagators(rng, premises, row, amplitudes, rates):
    """The row of the labels (own, pure, frustrated) in the exponential of the matrix of the velocities, and its determinant."""
    jacobian = _jacobian(premises, amplitudes)
    values = {s: Rational(int(rng.integers(1, 9)), 7) for s in sorted(jacobian.free_symbols - {K}, key=str)} | {K: Integer(5)}
    matrix, time, at = _floats(jacobian.subs(values)), Rational(int(rng.integers(1, 9)), 8), float(rng.uniform(0, 3))
    known = {**values, t: time, r: at, **_decays(matrix, rates)}
    yield dense.number_at(premises[chi], known), np.linalg.det(at * np.eye(len(matrix)) + matrix)
    yield [dense.number_at(row[e], known) for e in (E_uu, E_uv, E_us)], expm(matrix * float(time))[-1, [-1, 0, 1]]


def separations(rng, family, premises, mean, amplitudes, rates):
    """The mean square distance of each two labels, from the variance of all starts."""
    coupling, values = dense.draw_member(rng, family)
    known = {**values, **_decays(_floats(_jacobian(premises, amplitudes).subs(values)), rates)}
    for time in (Rational(1, 4), Rational(3)):
        parts = {e: dense.number_at(premises[e], {**known, t: time}) for e in (E_uu, E_uv, E_us)}
        found = dense.separation(coupling, float(time))
        yield np.full(len(found), dense.number_at(mean, {**known, **parts, d: 2, sigma: 3}) / 18), found


def _jacobian(lines, amplitudes) -> Matrix:
    return Matrix([lines[dot(a)] for a in amplitudes]).jacobian(amplitudes)


def _floats(matrix) -> np.ndarray:
    return np.array(matrix.tolist(), dtype=float)


def _decays(matrix, rates) -> dict:
    """The rates at which the exponential of a matrix decays, ascending."""
    return dict(zip(rates, np.sort(-np.linalg.eigvals(matrix).real), strict=True))


def _real_roots(polynomial) -> np.ndarray:
    """The real roots of a polynomial with rational coefficients, ascending."""
    return np.array([float(root) for root in _exact_roots(polynomial)])


def _exact_roots(polynomial):
    """The real roots to forty digits, ascending."""
    return sorted(root.as_real_imag()[0] for root in Poly(polynomial, r).nroots(n=40, maxsteps=200))


def _match_nearest(shown, exact):
    """The place, after the first, of the exact value nearest to each one."""
    return [1 + min(range(len(exact)), key=lambda k: abs(exact[k] - value)) for value in shown]
