"""Numbers that the derivation ``teacher_student`` is held against, each found without the formulas it checks."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
from scipy.integrate import quad
from scipy.linalg import block_diag, eigh
from scipy.stats import norm
from sympy import Integral, Matrix, Rational, asin, pi, sin

from derivations.catalogue.points import column_matrix, diagonal_matrix
from derivations.checks import random_values
from derivations.lines import dot
from derivations.vocabulary import (
    E,
    M_xi,
    P,
    R_xi,
    Sigma,
    T_xi,
    e,
    e_K,
    mu,
    mu_k,
    other_mean,
    own_mean,
    p_xi,
    phi,
    t_K,
    v_k,
    x,
)
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import D_x, H_x, H_y, K, N, Xi, Y, beta, d, n_xi, u_x, u_y

FAR = 12.0  # standard deviations beyond which normal densities are zero in doubles


# -- points: a small sample and its moments ------------------------------------------------------------------------------


def sampled_point(rng, constant=None):
    """Random inputs with one-hot labels, every class present, and the moments of this sample."""
    sizes = {d: int(rng.integers(2, 4)), N: int(rng.integers(2, 5)), K: int(rng.integers(2, 4)), n_xi: int(rng.integers(6, 9))}
    inputs, own = random_values(rng, (sizes[N], sizes[n_xi]), -2, 2), one_hot(rng, sizes[n_xi], sizes[K])
    if constant is not None:
        inputs[-1] = constant
    moments = {Sigma: inputs @ inputs.T / sizes[n_xi], M_xi: inputs @ own / sizes[n_xi], P: own.T @ own / sizes[n_xi]}
    root = random_values(rng, (sizes[N], sizes[N]), -1, 1)
    mobilities = {
        H_x: root @ root.T + diagonal_matrix([mpmath.mpf(1)] * sizes[N]),
        H_y: diagonal_matrix(random_values(rng, (sizes[K],), 0.2, 2)),
    }
    state = {E: random_values(rng, (sizes[d], sizes[N]), -2, 2), Y: random_values(rng, (sizes[d], sizes[K]), -2, 2)}
    return Point(sizes | {Xi: inputs, T_xi: own} | moments | mobilities | state)


def point_with_constant(rng):
    """A sample whose last input is constant, and the patterns of the bias."""
    value = random_values(rng, (), 0.5, 2)
    at = sampled_point(rng, constant=value)
    sizes = at.values
    on_axis = column_matrix(np.arange(sizes[N]) == sizes[N] - 1) / value
    along = random_values(rng, (sizes[d], 1), -1, 1)
    return Point({**sizes, e: along, u_x: on_axis, u_y: column_matrix(np.ones(sizes[K]))})


def turned_point(rng, covariance):
    """A sample, random principal axes, and the covariance that they make by its formula."""
    at = sampled_point(rng).values
    size = at[N]
    turn = mpf_array(mpmath.qr(mpmath.matrix(random_values(rng, (size, size), -1, 1).tolist()))[0].tolist())
    whole = {**at, R_xi: turn, D_x: diagonal_matrix(random_values(rng, (size,), 0.2, 2))}
    return Point({**whole, Sigma: evaluate(covariance, Point(whole))})


def one_hot(rng, samples, classes):
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, samples - classes)])
    return np.array([[mpmath.mpf(int(a == b)) for b in range(classes)] for a in labels], dtype=object)


# -- modes ---------------------------------------------------------------------------------------------------------------


def mode_velocities(rng, premises, predicted):
    """Modes of both signs, from the principal angles between inputs and labels over the samples."""
    at = sampled_point(rng).values
    inputs, own = (np.array(m, dtype=float) for m in (at[Xi].T, at[T_xi]))
    (q_in, r_in), (q_own, r_own) = np.linalg.qr(inputs), np.linalg.qr(own)
    left, angles, right = np.linalg.svd(q_in.T @ q_own)
    here = Point({**at, **{H: evaluate(premises[H], Point(at)) for H in (H_x, H_y)}})
    moved = [np.array(evaluate(premises[dot(block)], here), dtype=float) for block in (E, Y)]
    state = [np.array(at[b], dtype=float) for b in (E, Y)]
    for k, angle in enumerate(angles):
        for sign in (1, -1):
            parts = (r_in.T @ left[:, k], sign * r_own.T @ right[k])
            now, speed = (sum(b @ part for b, part in zip(blocks, parts, strict=True)) for blocks in (state, moved))
            point = Point({d: len(now), v_k: mpf_array(now[:, None]), mu_k: mpmath.mpf(sign * angle)})
            yield speed, np.array(evaluate(predicted, point), dtype=float)[:, 0]


# -- the argmax teacher --------------------------------------------------------------------------------------------------


@cache
def expected_maximum(classes):
    """The mean of the maximum from its tails: E max = ∫ (1 - Φ^K) over positive less ∫ Φ^K over negative values."""
    above = quad(lambda s: 1 - norm.cdf(s) ** classes, 0, FAR, epsabs=1e-13)[0]
    return above - quad(lambda s: norm.cdf(s) ** classes, -FAR, 0, epsabs=1e-13)[0]


@cache
def tie_density(classes):
    """The density of a tie of two of them at the top."""
    return quad(lambda s: norm.pdf(s) ** 2 * norm.cdf(s) ** (classes - 2), -FAR, FAR, epsabs=1e-13)[0]


def maximum_density(rng, integrals, predicted):
    """The integral for the maximum and the tie's density by quadrature, against the maximum."""
    classes = int(rng.integers(2, 11))
    maximum, density = (_quadrature(integrals[name].subs(K, classes)) for name in (e_K, t_K))
    yield maximum, expected_maximum(classes)
    yield float(predicted.subs({K: classes, t_K: density})), expected_maximum(classes)


def _quadrature(integral):
    """An integral over all numbers, a number in front or not."""
    (inner,) = integral.atoms(Integral)
    value, _ = quad(lambda s: float(evaluate(inner.function, Point({x: mpmath.mpf(s)}))), -FAR, FAR, epsabs=1e-12)
    return float(integral.subs(inner, value))


def closed_forms(premises, closed):
    """The maximum by the tie and by its closed form, by the number of normals."""
    angle = asin(premises[sin(pi * beta)]) / pi
    for classes, value in closed.items():
        maximum = expected_maximum(classes)
        yield float(premises[e_K].subs({K: classes, t_K: tie_density(classes)})), maximum
        yield float(value.subs(beta, angle)), np.sqrt(np.pi) * maximum


def class_means(rng, maximum, means):
    """Means of the largest and of another input over the class of the largest, by Gauss-Legendre rules in both."""
    classes = int(rng.integers(3, 9))
    values = {K: classes, e_K: maximum.subs({K: classes, t_K: tie_density(classes)})}
    nodes, weights = np.polynomial.legendre.leggauss(120)
    a = FAR * nodes
    b = -FAR + np.multiply.outer(a + FAR, (nodes + 1) / 2)
    density = norm.pdf(a)[:, None] * norm.pdf(b) * norm.cdf(a)[:, None] ** (classes - 2)
    measure = np.multiply.outer(FAR * weights * (a + FAR) / 2, weights) * density
    for predicted, where in zip(means, (a[:, None], b), strict=True):
        yield float(predicted.subs(values)), np.sum(measure * where)


def correlations(rng, premises, after):
    """All singular values of the class means between the roots of both moments, of which the last, of the labels' mean, is
    zero; the rates of class modes; how many bounds hold, the one, without noise."""
    classes, noise, maximum = int(rng.integers(2, 11)), float(rng.uniform(0, 0.9)), float(rng.uniform(0.5, 2))
    own, other = (float(premises[mean].subs({K: classes, e_K: maximum})) for mean in (own_mean, other_mean))
    inputs, masses = (np.diag(evaluate(premises[m], Point({K: classes, N: classes}))).astype(float) for m in (Sigma, P))
    matrix = np.where(np.eye(classes, dtype=bool), own, other) * (1 - noise) / np.sqrt(np.outer(inputs, masses))
    found = float(after[mu].subs({K: classes, e_K: maximum, phi: noise}))
    signs = np.sign(np.trace(matrix))
    yield np.full(classes - 1, found), signs * np.linalg.svd(matrix, compute_uv=False)[:-1]
    rates = np.linalg.eigvalsh(np.block([[np.eye(classes), -matrix], [-matrix.T, np.eye(classes)]]))
    yield np.full(classes - 1, _rate(premises[dot(v_k)], found)), rates[: classes - 1]
    bounds, clean = after.of(1 - mu**2).bounds, after[mu].subs({K: classes, e_K: expected_maximum(classes), phi: 0})
    yield len(bounds) - len(bounds.violations({mu: clean})), 1


def _rate(velocity, correlation):
    """How fast a mode of this correlation decays."""
    return -float(evaluate(velocity, Point({d: 1, v_k: mpf_array([[1]]), mu_k: mpmath.mpf(correlation)}))[0, 0])


# -- samples -------------------------------------------------------------------------------------------------------------


def unexplained_share(rng, predicted, repeats=6000):
    """The mean square of what least squares leaves of a target with the correlation μ to one of its inputs."""
    samples, inputs, correlation = int(rng.integers(20, 40)), int(rng.integers(3, 12)), float(rng.uniform(0, 0.9))
    features = rng.standard_normal((repeats, samples, inputs))
    noise = rng.standard_normal((repeats, samples))
    target = correlation * features[:, :, 0] + np.sqrt(1 - correlation**2) * noise
    basis = np.linalg.qr(features)[0]
    left = target - np.einsum("rni,rmi,rm->rn", basis, basis, target, optimize=True)
    yield float(predicted.subs({mu: correlation, p_xi: inputs, n_xi: samples})), np.mean(left**2)


def label_mean(rng, predicted, repeats=6000):
    """The mean share of constant labels that least squares leaves."""
    samples, inputs = int(rng.integers(20, 40)), int(rng.integers(3, 12))
    basis = np.linalg.qr(rng.standard_normal((repeats, samples, inputs)))[0]
    left = 1 - np.mean(np.sum(basis.sum(axis=1) ** 2, axis=-1)) / samples
    yield float(predicted.subs({mu: 0, p_xi: inputs, n_xi: samples})), left


def class_modes(rng, correlation, predicted):
    """The average frustration of the class modes of argmax labels at a quarter as many inputs as samples: extrapolated from 40
    and 80 samples in 1/n; and whether its excess at 40 is two of them, give or take a fifth."""
    classes = int(rng.integers(2, 4))
    few, many = (_class_frustration(classes, samples) for samples in (40, 80))
    clean = correlation.subs({K: classes, e_K: expected_maximum(classes), phi: 0})
    limit = float(predicted.subs({mu: clean, p_xi: 10, n_xi: 40}))
    yield limit, 2 * many - few
    yield int(abs(20 * (few / limit - 1) - 1) < 0.2), 1


@cache
def _class_frustration(classes: int, samples: int, repeats=12000) -> float:
    """The mean over samples and class modes, which are orthogonal to the labels' mean."""
    rng = np.random.default_rng([classes, samples])
    features = rng.standard_normal((repeats, samples, samples // 4))
    own = np.eye(classes)[features[:, :, :classes].argmax(axis=2)]
    present = (own.sum(axis=1) > 0).all(axis=1)
    apart = (own - own.mean(axis=1, keepdims=True))[present, :, : classes - 1]
    inputs = features[present]
    turned = np.swapaxes(inputs, 1, 2)
    cross = turned @ apart
    explained = np.linalg.solve(turned @ inputs, cross) @ np.linalg.inv(np.swapaxes(apart, 1, 2) @ apart)
    return 1 - float(np.mean(np.sum(explained * cross, axis=(1, 2)))) / (classes - 1)


def meeting_dimensions(rng, premises, predicted):
    """The dimension in which two column spaces meet: the sum of their ranks less the rank of both; wherever the premises
    hold."""
    classes, inputs = int(rng.integers(2, 4)), int(rng.integers(4, 6))
    for excess in (-1, 0, 1, classes, classes + 1):
        samples = inputs + classes - excess
        sizes = {p_xi: inputs, K: classes, n_xi: samples}
        if premises.of(p_xi).violations(sizes):
            continue
        labels = np.concatenate([np.arange(classes), rng.integers(0, classes, samples - classes)])
        own = Matrix(samples, classes, lambda i, a, labels=labels: int(labels[i] == a))
        features = Matrix(samples, inputs, lambda i, j: Rational(int(rng.integers(-(10**6), 10**6)), 997))
        meeting = features.rank() + own.rank() - Matrix.hstack(features, own).rank()
        yield int(predicted.subs(sizes)), meeting


def sampled_rates(rng, velocity):
    """The rates of all modes of a sample, by the angles between inputs and labels and by the moments."""
    classes, inputs, samples = 3, 5, int(rng.integers(5, 9))
    own = np.eye(classes)[np.concatenate([np.arange(classes), rng.integers(0, classes, samples - classes)])]
    features = rng.standard_normal((samples, inputs))
    cosines = np.linalg.svd(np.linalg.qr(features)[0].T @ np.linalg.qr(own)[0], compute_uv=False)
    predicted = [_rate(velocity, mu) for mu in (*cosines, *np.zeros(inputs - classes), *-cosines[::-1])]
    joint = np.hstack([features, -own])
    moments = block_diag(features.T @ features, own.T @ own)
    yield predicted, eigh(joint.T @ joint, moments, eigvals_only=True)
