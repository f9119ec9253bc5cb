"""Numbers that the derivation ``decay_stability`` is held against: dense Jacobians of the flow of all entries."""

from __future__ import annotations

import mpmath
import numpy as np
from sympy import Matrix, Poly, Rational, lambdify

from derivations.catalogue.dense_head import critical, growth, jacobian, pair_jacobian, place
from derivations.vocabulary import k, mu_1, mu_2, mu_3, omega, omega_1, omega_2


def own_sector(rng, trace, determinant):
    """Trace and determinant of head and amplitude of one mode in one dimension at rest."""
    head, ratio = rng.uniform(0.5, 3) * rng.choice([-1, 1]), rng.uniform(0.1, 3)
    rest, at = np.array([[head]]), {omega: head, k: ratio}
    found = jacobian(rest, rest, np.array([head + 1 / head]), (ratio, 1.0, ratio))
    yield [float(trace.subs(at)), float(determinant.subs(at))], [np.trace(found), np.linalg.det(found)]


def pair(rng, velocities, names):
    """The matrix of linear velocities of the entries of a pair, against the same entries of the dense Jacobian."""
    heads, ratio = rng.uniform(0.5, 3, 2) * rng.choice([-1, 1], 2), float(rng.uniform(0.1, 3))
    matrix = Matrix(velocities).jacobian(names).subs({omega_1: heads[0], omega_2: heads[1], k: ratio})
    found = pair_jacobian(heads, ratio)
    places = np.array([place(str(name), 3) for name in names])
    yield np.array(matrix.tolist(), dtype=float), found[np.ix_(places, places)]
    others = np.setdiff1d(np.arange(18), places)
    yield 1 + np.abs(found[np.ix_(others, places)]).max() + np.abs(found[np.ix_(places, others)]).max(), 1.0


def determinants(rng, formula, owners, s, pairs):
    """det(s − Jacobian) at random points by the formula, and by elimination."""
    heads, ratio, absent, at = rng.uniform(0.5, 2, 2), float(rng.uniform(0.1, 3)), float(rng.uniform(-2, 2)), 0.7
    values = {omega_1: heads[0], omega_2: heads[1], k: ratio, mu_3: absent, s: at}
    values |= {m: h + 1 / h for m, h in zip((mu_1, mu_2), heads, strict=True)}
    filled = formula.subs({line.left: line.right for line in owners} | pairs)
    yield float(filled.subs(values)), float(np.linalg.det(at * np.eye(18) - pair_jacobian(heads, ratio, absent)))


def signs(polynomials, admissible, variables):
    """How many coefficients of each polynomial are negative for admissible heads: none; and how many there are at all."""
    for polynomial in polynomials:
        for heads in admissible:
            coefficients = Poly(polynomial.subs(heads).expand(), *variables).coeffs()
            yield sum(bool(e < 0) for e in coefficients), 0
            yield int(any(bool(e > 0) for e in coefficients)), 1


def verdicts(rng, condition, heads_of_pair):
    """Where a condition on a pair is positive, and where the eigenvalues of its sector but one are left of the axis."""
    heads = rng.uniform(1.05, 4, (40, 2)) * rng.choice([-1, 1], (40, 2), p=(0.2, 0.8))
    ratios = rng.uniform(0.01, 0.4, 40)
    predicted = lambdify((omega_1, omega_2, k), condition.subs(heads_of_pair), "numpy")(*heads.T, ratios) > 0
    found = [growth(row, ratio) < 0 for row, ratio in zip(heads, ratios, strict=True)]
    yield predicted.astype(int), np.array(found, dtype=int)


def limits(rng, cubic, limit):
    """The observed order at which the root of the cubic reaches its limit as both heads grow in proportion."""
    ratio = Rational(int(rng.integers(1, 9)), 10)
    with mpmath.workdps(50):
        truth = [critical(cubic, ratio * size, Rational(size)) for size in (1000, 10000)]
        value = limit.subs({mu_1: ratio, mu_2: 1})
        gaps = [abs(root - mpmath.mpf(value.p) / value.q) for root in truth]
        yield float(mpmath.log10(gaps[0] / gaps[1])), 2
