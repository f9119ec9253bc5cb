"""Numbers that the derivation ``decay_stability`` is held against: dense Jacobians of the flow of all entries."""

from __future__ import annotations

import mpmath
import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from sympy import Matrix, Poly, Rational, lambdify

from derivations.catalogue.dense_head import critical_ratio, entry_places, growth_rate, jacobian, pair_jacobian, velocity
from derivations.closed_forms import turning
from derivations.closed_forms.pair import PAIR
from derivations.lines import dot
from derivations.vocabulary import (
    A_z,
    Delta,
    c_0,
    c_1,
    c_2,
    c_z,
    chi_1,
    chi_2,
    chi_12,
    chi_J,
    delta,
    k,
    k_c,
    mu_1,
    mu_2,
    mu_3,
    mu_j,
    mu_l,
    nu,
    omega,
    omega_1,
    omega_2,
    omega_l,
    p,
    s,
    sigma,
    sigma_k,
    tau,
)

ROTATIONS = 3  # of two occupied directions and an empty one into each other


def own_sector(rng, given, lines):
    """Trace and determinant of head and amplitude of one mode in one dimension at rest; and whether the bound of the latter
    holds and no eigenvalue grows, which is where it is assumed and only there."""
    for _ in range(8):
        head, ratio = rng.uniform(0.5, 2) * rng.choice([-1, 1]), rng.uniform(0.1, 2)
        rest, at = np.array([[head]]), {omega: head, k: ratio}
        found = jacobian(rest, rest, np.array([head + 1 / head]), (ratio, 1.0, ratio))
        yield [float(lines[e].subs(at)) for e in (tau, delta)], [np.trace(found), np.linalg.det(found)]
        bounded = int(not lines.violations({delta: lines[delta].subs(at)}))
        returns = int(np.linalg.eigvals(found).real.max() < 0)
        yield [int(not given.violations(at))] * 2, [bounded, returns]


def pair_matrices(rng, lines, names):
    """The matrix of linear velocities of the entries of a pair, against the same entries of the dense Jacobian."""
    heads, ratio = rng.uniform(0.5, 3, 2) * rng.choice([-1, 1], 2), float(rng.uniform(0.1, 3))
    velocities = lines.of(*map(dot, names)).rights
    matrix = Matrix(velocities).jacobian(names).subs({omega_1: heads[0], omega_2: heads[1], k: ratio})
    found = pair_jacobian(heads, ratio)
    places = entry_places(names, 3)
    yield np.array(matrix.tolist(), dtype=float), found[np.ix_(places, places)]
    others = np.setdiff1d(np.arange(18), places)
    yield 1 + np.abs(found[np.ix_(others, places)]).max() + np.abs(found[np.ix_(places, others)]).max(), 1.0


def determinants(rng, known, lines):
    """det(s − Jacobian) at random points by the formulas, and by elimination."""
    heads, ratio, absent, at = rng.uniform(0.5, 2, 2), float(rng.uniform(0.1, 3)), float(rng.uniform(-2, 2)), 0.7
    values = {omega_1: heads[0], omega_2: heads[1], k: ratio, mu_3: absent, s: at}
    values |= {m: h + 1 / h for m, h in zip((mu_1, mu_2), heads, strict=True)}
    formula = lines[chi_J]
    for parts in (lines.of(chi_1, chi_2), known.of(chi_12), known.of(c_2, c_1, c_0), known.of(p, nu)):
        formula = formula.subs(parts.mapping)
    yield float(formula.subs(values)), float(np.linalg.det(at * np.eye(18) - pair_jacobian(heads, ratio, absent)))


def coefficient_signs(polynomials, variables) -> tuple:
    """How many coefficients of each polynomial are positive, and how many it has."""
    found = [Poly(polynomial.expand(), *variables).coeffs() for polynomial in polynomials]
    return tuple((sum(bool(e > 0) for e in signed), max(1, len(signed))) for signed in found)


def stability_verdicts(rng, rule, scaled):
    """Whether the rule holds of two occupied directions and an absent mode, and whether no dense eigenvalue grows but for the
    rotations."""
    determinant = lambdify((omega_1, omega_2, k), (rule[scaled] / p**2).subs(PAIR), "numpy")
    heads = rng.uniform(0.8, 4, (30, 2)) * rng.choice([-1, 1], (30, 2), p=(0.2, 0.8))
    for (first, second), ratio, absent in zip(heads, rng.uniform(0.01, 0.4, 30), rng.uniform(-4, 4, 30), strict=True):
        value, held = determinant(first, second, ratio), []
        for head in (first, second):
            held.append(not rule.violations({omega_l: head, mu_l: head + 1 / head, mu_j: absent, Delta: value}))
        found = np.linalg.eigvals(pair_jacobian((first, second), ratio, absent))
        yield int(all(held)), int(np.delete(found, np.abs(found).argsort()[:ROTATIONS]).real.max() < 0)


def limit_orders(rng, given, cubic, limit):
    """The observed order at which the root of the cubic reaches its limit as both heads grow in proportion, where the
    correlations are as assumed; and that it does not reach it where they are not."""
    ratio = Rational(int(rng.integers(1, 9)), 10)
    for pair_of_heads in ((ratio, Rational(1)), (Rational(1), ratio)):
        at = dict(zip((mu_1, mu_2), pair_of_heads, strict=True))
        with mpmath.workdps(50):
            truth = [critical_ratio(cubic, *(size * h for h in pair_of_heads)) for size in (1000, 10000)]
            value = limit.subs(at)
            gaps = [abs(root - mpmath.mpf(value.p) / value.q) for root in truth]
            yield int(not given.violations(at)), int(gaps[1] < 1e-6)
            if gaps[1] < 1e-6:
                yield float(mpmath.log10(gaps[0] / gaps[1])), 2


def crossings(rng, cubic):
    """The root of the cubic, and the ratio below which the dense eigenvalues of a pair grow; and its sign above."""
    first, second = np.sort(rng.choice(np.arange(11, 60, 6), 2, replace=False)) / 10
    found = brentq(lambda ratio: growth_rate((first, second), ratio), 1e-4, 1, xtol=1e-12)
    yield float(critical_ratio(cubic, Rational(str(first)), Rational(str(second)))), found
    above = {omega_1: first, omega_2: second, k: 1.1 * found}
    yield int(float(cubic.subs(above)) > 0), int(growth_rate((first, second), above[k]) < 0)


def crossings_below(rng, cubic, bounds):
    """How many roots for pairs of heads are not within the bounds: none."""
    for _ in range(10):
        first, second = (Rational(int(e), 100) for e in np.sort(rng.choice(np.arange(101, 2000), 2, replace=False)))
        yield len(bounds.violations({k_c: critical_ratio(cubic, first, second)})), 0


def cycles(rng, given, lines):
    """A little below the boundary the growth rate of a small swing, and the dense one; and the squared amplitude of the cycle,
    and that of the swing which the dense flow settles on from a smaller one."""
    heads = rng.uniform(3, 5) * np.array([rng.uniform(0.4, 0.8), 1])
    born, share = turning.birth(*heads), 0.02
    at = {k: (1 - share) * born.ratio, k_c: born.ratio, sigma_k: born.growth.real, c_z: born.coefficient.real}
    growth = growth_rate(heads, at[k])
    yield float(given[dot(A_z)].diff(A_z).subs(A_z, 0).subs(sigma, given[sigma]).subs(at)), growth
    q, *_ = turning.Rest(2, heads[0], heads[1], born.ratio, 1).eigenvectors(1j * born.frequency)
    swing = np.array([complex(q.get(x, 0)).real for x in turning.flow_of_entries(2).state])
    start = np.tile(np.diag(heads).ravel(), 2) + 1.6 * np.sqrt(born.square(share)) * swing

    def moved(t, y):
        return velocity(y[:4].reshape(2, 2), y[4:].reshape(2, 2), heads + 1 / heads, (at[k], 1.0, at[k]))

    times = 3 / growth + np.linspace(0, 4 * np.pi / born.frequency, 400)
    run = solve_ivp(moved, (0, times[-1]), start, t_eval=times, rtol=1e-5, atol=1e-7)
    yield float(lines[A_z**2].subs(at)), (np.ptp(run.y[5] - run.y[6]) / 4) ** 2


def coefficient_orders(rng, given, limit):
    """The observed order at which the coefficient reaches its limit as both heads grow in proportion, where the correlations
    are as assumed; and that it does not reach it where they are not."""
    share = Rational(int(rng.integers(2, 8)), 10)
    for pair_of_heads in ((share, Rational(1)), (Rational(1), share)):
        at = dict(zip((mu_1, mu_2), pair_of_heads, strict=True))
        with mpmath.workdps(50):
            value = limit.subs(at)
            truth = [_coefficient(*(mpmath.mpf(h.p) * size / h.q for h in pair_of_heads)) for size in (1000, 10000)]
            gaps = [abs(found - mpmath.mpf(value.p) / value.q) for found in truth]
            yield int(not given.violations(at)), int(gaps[1] < 1e-4)
            if gaps[1] < 1e-4:
                yield float(mpmath.log10(gaps[0] / gaps[1])), 2


def _coefficient(first: mpmath.mpf, second: mpmath.mpf) -> mpmath.mpf:
    """The real part of the cubic coefficient at the boundary, in the digits of mpmath."""
    roots = mpmath.polyroots(turning.determinant_coefficients(first, second), maxsteps=500, extraprec=500)
    (ratio,) = (z.real for z in roots if z.real > 0 and abs(z.imag) < mpmath.sqrt(mpmath.eps))
    rate = mpmath.mpc(0, mpmath.sqrt(turning.turning_square(first, second, ratio)))
    return turning.plane_coefficient(first, second, ratio, rate).real
