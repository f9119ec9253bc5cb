"""Numbers that closed forms of the derivation ``wide_head`` are held against: dense heads, the solver, exact flows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import mpmath
import numpy as np
from numpy.typing import NDArray

from derivations.catalogue.points import measure_slope
from derivations.checks import random_values
from derivations.lines import Lines, dot
from derivations.vocabulary import (
    N_Z,
    Q_0,
    A_s,
    A_t,
    B_s,
    B_t,
    C_end,
    C_t,
    Delta_c,
    Delta_s,
    F_t,
    G_s,
    M_t,
    N_t,
    Omega_t,
    R_end,
    R_t_t,
    V,
    g,
    mu,
    mu_matrix,
    n_t,
    omega,
    r_v,
    s,
    s_c,
    sigma,
    v,
    w_0,
    x_C,
)
from theory.dmft import WideHead
from theory.evaluate import Point, evaluate
from theory.models.vocabulary import W, d, gamma, kappa, lam

SIZE = 400
HEADS = ((0.8, 0.5, 0.5), (0.8, 1.6, 0.4), (0.5, -0.2, 0.6), (0.9, 0.2, 1.0))


@cache
def _noise(seed: int) -> NDArray:
    return np.random.default_rng(seed).standard_normal((SIZE, SIZE)) / SIZE**0.5


def _start(head: float, spread: float, seed: int = 0) -> NDArray:
    return head * np.eye(SIZE) + spread * _noise(seed)


def _draw_plane(rng: np.random.Generator) -> dict:
    return {mu: float(rng.uniform(0.2, 1)), w_0: float(rng.uniform(-0.5, 1.5)), g: float(rng.uniform(0.2, 1))}


def _numbers(values: dict) -> dict:
    """Numbers as one by one matrices, which is what a rate makes of matrices over times."""
    return {name: np.array([[value]], dtype=object) for name, value in values.items()}


# -- a head at rest ---------------------------------------------------------------------------------------------------


def _at_rate(values: dict, rate, response, back) -> dict:
    one = {Omega_t: 1 / mpmath.mpf(rate), F_t: 1, A_t: response, B_t: back, C_t: 0, R_t_t: 0}
    return {**values, gamma: 1.0, lam: 0.0, sigma: 1.0, n_t: 1, **_numbers(one)}


def _propagated(known: Lines, at: dict) -> dict:
    """The values with both propagators."""
    at = at | {M_t: evaluate(known[M_t], Point(at))}
    return at | {N_t: evaluate(known[N_t], Point(at))}


def transforms(rng: np.random.Generator, known: Lines, found: Lines) -> Iterator[tuple]:
    """Responses at one rate, and what the equations make of them there."""
    values = _draw_plane(rng) | {Delta_s: float(rng.uniform(4, 9))}
    rate = evaluate(found[s], Point(values))
    response, back, mean = (evaluate(found[name], Point(values | {s: rate})) for name in (A_s, B_s, G_s))
    at = _propagated(known, _at_rate(values, rate, response, back))
    yield evaluate(known[A_t], Point(at)), np.array([[response]])
    yield evaluate(known[B_t], Point(at)), np.array([[back]])
    yield at[N_t] / rate, np.array([[mean]])


def dense_responses(rng: np.random.Generator, found: Lines) -> Iterator[tuple]:
    """Mean responses of a mode in dense heads."""
    place, head = int(rng.integers(3)), _draw_plane(rng)
    matrix = _start(head[w_0], head[g], place)
    parameter = float(rng.uniform(4, 9))
    rate = float(evaluate(found[s], Point(head | {Delta_s: parameter})))
    dense = np.trace(np.linalg.inv(rate * np.eye(SIZE) + matrix.T @ (matrix - head[mu] * np.eye(SIZE)))) / SIZE
    yield dense, evaluate(found[G_s], Point(head | {Delta_s: parameter}))


def _largest_pole(found: Lines, head: dict):
    """The largest root of the cubic, whose other side is linear."""
    with mpmath.workdps(40):
        level, tilted = (evaluate(found[Delta_c**3], Point({**head, Delta_c: value})) for value in (0, 1))
        return max(mpmath.re(root) for root in mpmath.polyroots([1, 0, level - tilted, -level], maxsteps=200, extraprec=200))


def singular_overlaps(rng: np.random.Generator, known: Lines, found: Lines) -> Iterator[tuple]:
    """The determinant of the equations of both overlaps at one rate, where their pole is and beside it."""
    head = _draw_plane(rng)
    with mpmath.workdps(40):
        pole = _largest_pole(found, head)
        yield _determinant(known, head, pole) / _determinant(known, head, 2 * pole) + 1, 1


def _determinant(known: Lines, head: dict, parameter):
    """Of what the equations for C and R leave, as a share."""
    rate = evaluate(known[s], Point({**head, Delta_s: parameter}))
    mass = parameter - mpmath.mpf(head[g]) ** 2
    response, back = -mpmath.mpf(head[g]) / mass, mpmath.mpf(head[g]) * rate / mass
    inner = parameter / mass
    pull = mpmath.mpf(head[w_0]) - mpmath.mpf(head[mu])
    propagator = 1 / (1 + (mpmath.mpf(head[g]) * back + head[w_0] / inner * pull) / rate)
    at = _at_rate(head, rate, response, back) | _numbers({M_t: 1 / inner, N_t: propagator})

    def made(C, R):
        values = Point(at | _numbers({C_t: mpmath.mpf(C), R_t_t: mpmath.mpf(R)}))
        return [evaluate(known[name], values)[0, 0] for name in (C_t, R_t_t)]

    (c, r), (c_c, r_c), (c_r, r_r) = made(0, 0), made(1, 0), made(0, 1)
    return (1 - (c_c - c)) * (1 - (r_r - r)) - (c_r - c) * (r_c - r)


def dense_growth(rng: np.random.Generator, found: Lines) -> Iterator[tuple]:
    """The largest rates of growth in dense heads, and of the solver."""
    for seed, (correlation, start, spread) in enumerate(HEADS):
        head = {mu: correlation, w_0: start, g: spread}
        rate = float(evaluate(found[s_c], Point({**head, Delta_c: _largest_pole(found, head)})))
        matrix = _start(start, spread, seed % 3)
        yield 1 - np.linalg.eigvals(matrix.T @ (matrix - correlation * np.eye(SIZE))).real.min(), 1 + rate
        yield rate, WideHead(correlation, start=start, spread=spread).growth_rates()[0]


def growing_labels(rng: np.random.Generator, found: Lines) -> Iterator[tuple]:
    """Whether labels grow, by the sign of the rate and by the bounds."""
    for _ in range(24):
        head = {mu: float(rng.uniform(0.2, 1)), w_0: float(rng.uniform(-2, 3)), g: float(rng.uniform(0.2, 1))}
        rate = evaluate(found[s_c], Point({**head, Delta_c: _largest_pole(found, head)}))
        yield int(not found.violations(head)), int(rate > 1e-12)


# -- without decay, and with ------------------------------------------------------------------------------------------


def _draw_start(rng: np.random.Generator) -> dict:
    values = {name: random_values(rng, shape, -1, 1) for name, shape in ((V, (3, 2)), (W, (3, 3)))}
    rates = {gamma: random_values(rng, (), 0.2, 2), lam: 0, kappa: 0, d: 3, N_Z: 2}
    correlations = np.diag(random_values(rng, (2,), 0.2, 1))
    return {**values, **rates, mu_matrix: np.where(np.eye(2) > 0, correlations, mpmath.mpf(0))}


def conserved(rng: np.random.Generator, known: Lines) -> Iterator[tuple]:
    """The change of what is conserved, by differences along the flow."""
    with mpmath.workdps(40):
        values = _draw_start(rng)
        at = Point(values | {gamma: values[gamma] / 3})  # the mobility of the head is gamma/d
        moved = {block: evaluate(known[dot(block)], at) for block in (V, W)}
        slope = measure_slope(known[Q_0], Point(values), moved)
        yield np.array(slope, dtype=float) + np.eye(3), np.eye(3)


def negative_starts(rng: np.random.Generator, known: Lines, found: Lines) -> Iterator[tuple]:
    """Whether the conserved matrix of a dense start has a negative eigenvalue, and by the bound, away from equality."""
    (line,) = found
    for _ in range(6):
        head = {w_0: float(rng.uniform(0.6, 2)), g: float(rng.uniform(0.1, 0.5)), gamma: 1.0}
        room = float(evaluate(line.right, Point(head)))
        mass = abs(head[w_0] ** 2 - head[g] ** 2) * float(rng.choice([0.6, 1.6]))
        values = {**head, sigma: mass**0.5}
        start = _start(head[w_0], head[g], int(rng.integers(3)))
        mode = mass**0.5 * rng.standard_normal((SIZE, 1))
        form = _quadratic_form(known, start, mode)
        yield int(not found.violations(values)), int(np.linalg.eigvalsh(form)[0] < 0)
        yield room, head[w_0] ** 2 - head[g] ** 2


def _quadratic_form(known: Lines, head: NDArray, mode: NDArray) -> NDArray:
    """The conserved matrix, by its two terms at the numbers one."""
    units = {d: 1, N_Z: 1, gamma: 1.0}
    whole, rest = (
        float(np.array(evaluate(known[Q_0], Point({**units, W: np.array([[a]]), V: np.array([[b]])}))).reshape(-1)[0])
        for a, b in ((1.0, 0.0), (0.0, 1.0))
    )
    return whole * head.T @ head + rest * mode @ mode.T / SIZE


def resting_point(rng: np.random.Generator) -> Point:
    """A state by its ratio, and rates."""
    return Point({name: random_values(rng, (), 0.2, 2) for name in (mu, x_C, gamma, kappa, v)})


def resting_pairs(known: Lines, found: Lines) -> tuple:
    """The residual and the balance of the embedding at a constant state, and its head."""
    state = found[C_end]
    residual = -found[lam] * (1 + x_C) / (mu * x_C)
    return (
        (known[r_v].subs(C_end, state).subs(r_v, residual), residual),
        (known[lam * v].subs(R_end, residual**2 * state), found[lam] * v),
        (found[omega], residual + mu),
    )


def late_modes(rng: np.random.Generator, found: Lines) -> Iterator[tuple]:
    """States of the solver, and its late times."""
    values = {mu: 0.9, gamma: 1.0, kappa: float(rng.uniform(0.3, 0.6)), x_C: float(rng.uniform(3, 6))}
    decay, head, variance = (float(evaluate(found[name], Point(values))) for name in (lam, omega, C_end))
    theory = WideHead(0.9, start=head, spread=0.2, gamma=1.0, lam=decay, kappa=values[kappa], variance=variance)
    late = theory.trajectory([20.0])
    yield [late.variance[0], late.eigenvalue[0]], [variance, head]
    (states,) = theory.steady_states()
    yield [states[0].variance, states[0].eigenvalue], [variance, head]
