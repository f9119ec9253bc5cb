"""Where starts end under cosines with a head: numbers that the derivation ``cosine_head`` is held against."""

from __future__ import annotations

from functools import cache
from typing import Any

import mpmath
import numpy as np
from scipy.optimize import brentq
from sympy import N as numeric
from sympy import Rational, lambdify

from derivations.catalogue.cosine_head.angles import (
    ANGLES,
    PARTS,
    draw_numbers,
    draw_ratio,
    family_model,
    resting,
    with_aims,
    with_pulls,
)
from derivations.catalogue.cosine_head.embeddings import HeadModel, diagonal_head, random_embeddings
from derivations.checks import random_values
from derivations.closed_forms.cosine_head import cosine_of_samples
from derivations.lines import Lines, dot
from derivations.vocabulary import (
    L,
    Q_e,
    aim_x,
    aim_y,
    angle_x,
    angle_y,
    clock,
    d_angle_x,
    d_angle_y,
    d_rho,
    fall_W,
    fall_x,
    mass,
    mu_k,
    n,
    phi,
    pull_x,
    pull_y,
    rate_g,
    rate_k,
    rho_c,
    rho_W,
    slope_L,
    spread_a,
    square_W,
    square_x,
    t,
    w_e,
    w_m,
)
from theory import Coupling, models
from theory.coupling.directions import mean_spread, symmetric_state, unit_columns
from theory.evaluate import Point, evaluate
from theory.models.vocabulary import K, gamma, kappa, lam


def changes(rng, known: Lines, after: Lines):
    """The change of both numbers along the velocities, by differences, whatever the predictions and what pulls at them."""
    with mpmath.workdps(40):
        at: dict[Any, Any] = {K: 3, n: 4, phi: mpmath.mpf(1) / 3, gamma: random_values(rng, (), 0.2, 2)}
        at |= {x: random_values(rng, (), 0.1, 1.4) for x in (*ANGLES, *PARTS, aim_y, aim_x, pull_y, pull_x)}
        here = Point(with_pulls(at, known, turns_only=True))
        moved = {b: evaluate(known[dot(b)], here) for b in (*ANGLES, *PARTS)}
        step = mpmath.mpf(10) ** -12
        there, back = (at | {b: at[b] + sign * step * v for b, v in moved.items()} for sign in (1, -1))
        for number in (Q_e, square_W):
            slope = (_number(known, number, there) - _number(known, number, back)) / (2 * step)
            yield 1 + slope, 1 + evaluate(after[dot(number)], Point({}))


def _number(known: Lines, number, at: dict):
    return evaluate(known[number], Point(at | {spread_a: evaluate(known[spread_a], Point(at))}))


def _start(rng) -> dict:
    """Numbers, acute angles and both parts of the head."""
    angles = {x: float(rng.uniform(0.2, 1.3)) for x in ANGLES}
    return draw_numbers(rng) | angles | {x: float(rng.uniform(0.3, 1.5)) for x in PARTS}


def _surface(at: dict) -> dict:
    """The balance and the square of the head at a state."""
    spread = (1 - at[phi]) * np.sin(at[angle_x]) ** 2 + np.sin(at[angle_y]) ** 2
    balance = at[w_e] ** 2 - at[gamma] * at[n] * at[K] / (at[K] - 1) * spread
    return at | {Q_e: balance, square_W: at[w_m] ** 2 + (at[K] - 1) * at[w_e] ** 2}


def _ratio_at_rest(at: dict, after: Lines) -> float:
    """The ratio at which the line for the square of the head holds; nan where there is none below the correlation."""
    left = lambdify(rho_W, after[square_W].subs({x: at[x] for x in (K, n, phi, gamma, Q_e)}) - at[square_W])
    low, high = 1e-3, float(np.sqrt(1 - at[phi])) * (1 - 1e-12)
    return brentq(left, low, high, xtol=1e-14) if left(low) * left(high) < 0 else np.nan


def crossings(rng, known: Lines, after: Lines):
    """Whether angles at rest lie on the surface of a start, which is below the bound and only there, and on that of the state;
    closed angles then have a ratio below the correlation."""
    for _ in range(12):
        at = _surface(_start(rng) | {x: float(rng.uniform(0.02, 0.4)) for x in ANGLES})
        apart = not after.violations(at)
        yield int(apart), int(np.isfinite(_ratio_at_rest(at, after)))
        closed = at[Q_e] / (at[square_W] - (at[K] - 1) * at[Q_e])
        yield int(apart), int(closed < 1 - at[phi])
    at = _surface(resting(draw_ratio(rng, 0.3, 0.9), known))
    yield float(after[square_W].subs(at)), at[square_W]


STARTS = ((0.5, 0.7, 2.5, 0.8, 0.2), (1.0, 0.8, 0.6, 1.0, 1.0), (0.6, 1.2, 1.0, 1.0, 0.5))


@cache
def _end_of_run(number: int) -> tuple[dict, float, float]:
    """Numbers of a start, the ratio of the head at the end of a run of all embeddings, and the spread of its labels."""
    at = {K: 2, n: 4, phi: 0.5} | dict(zip((*ANGLES, *PARTS, gamma), STARTS[number], strict=True))
    model = family_model(at)
    start = model.state(symmetric_state(model.coupling, at[angle_y], at[angle_x]), diagonal_head(2, at[w_e], at[w_m]))
    embeddings, head = model.course(start, [0, 200])[-1]
    return _surface(at), float(head[0, 0] / head[1, 1]), mean_spread(embeddings[:, -2:])


def ends_of_runs(rng, after: Lines):
    """The ratio at the end of runs by the line for the square of the head; whether classes are apart, by the bound."""
    at, ratio, spread = _end_of_run(2 - int(rng.integers(3)))
    apart = not after.violations(at)
    yield int(apart), int(spread > 1e-3)
    if apart:
        yield _ratio_at_rest(at, after), ratio


def remainders(rng, known: Lines, after: Lines):
    """The orders in the fraction of what both series leave out."""
    for left in (rate_k, rho_c):
        exact = known[left].subs({mu_k: known[mu_k], mass: known[mass]})
        gap = (exact - after[left]).subs({n: 4, K: 3, rho_W: float(rng.uniform(0.8, 1.2))})
        few, more = (abs(float(numeric(gap.subs(phi, small), 30))) for small in (Rational(1, 1000), Rational(1, 100)))
        yield np.log10(more / few), 3


def scaled_velocities(rng, known: Lines, after: Lines):
    """Velocities of directions at lengths that have fallen, with decay, and at lengths one without, beside another rate."""
    weights = rng.uniform(0.1, 1, (3, 2))
    at = {x: float(rng.uniform(0.1, 0.5)) for x in (lam, kappa)} | {t: float(rng.uniform(0.5, 2)), gamma: 0.7}
    shrunk = [
        np.exp(float(known[fall].subs({square: 1, **at})) * at[t] / 2)
        for fall, square in ((fall_x, square_x), (fall_W, square_W))
    ]
    decaying = HeadModel(Coupling(weights), 3, at[gamma], (at[lam], at[kappa]))
    plain = HeadModel(Coupling(weights), 3, float(after[rate_g].subs(at)))
    embeddings, head = random_embeddings(rng, plain), rng.standard_normal((3, 3))
    late = decaying.velocity(shrunk[0] * embeddings, shrunk[1] * head)
    speed = float(after[dot(clock)].subs(at))
    parts = zip(late, shrunk, (embeddings, head), (at[lam], at[kappa]), plain.velocity(embeddings, head), strict=True)
    for moved, size, part, decay, still in parts:
        yield moved / size + decay * part, speed * still


@cache
def _end_with_decay(seed: int) -> tuple[float, float]:
    """The ratio of the head at the end of a run with both decays, and the cosine of pure samples with the common direction."""
    at = {K: 2, n: 4, phi: 0.5, gamma: 0.5}
    decays = ((0.02, 0.01), (0.01, 0.02), (0.01, 0.01))[seed]
    model = HeadModel(Coupling.uniform(2, 8, 0.5), 2, at[gamma], decays)
    start = model.state(symmetric_state(model.coupling, 0.8, 1.0), diagonal_head(2, 0.3, 1.0))
    embeddings, head = model.course(start, [0, 150])[-1]
    return float(head[0, 0] / head[1, 1]), float(np.abs(unit_columns(embeddings)[1, :8]).min())


def ends_with_decay(rng):
    ratio, found = _end_with_decay(int(rng.integers(3)))
    yield float(cosine_of_samples().subs({phi: 0.5, rho_W: ratio})), found


def slopes_of_loss(rng, known: Lines, after: Lines):
    """The slope of the loss along the displacement, by differences and by the formula, and its sign."""
    box = {angle_y: (-1.5, 1.5), angle_x: (-1.5, 1.5)}
    yield int(not known.violations(dict.fromkeys(ANGLES, 0.1))), 1
    with mpmath.workdps(40):
        for _ in range(12):
            at = {x: mpmath.mpf(v) for x, v in known.draw(rng, box).items()} | {phi: mpmath.mpf(1) / 3, w_m: mpmath.mpf(1)}
            at[w_e] = random_values(rng, (), 0.1, 2)
            at[rho_W] = evaluate(known[rho_W], Point(at))
            here = Point(with_pulls(with_aims(at, known), known, turns_only=True))
            moved = {b: evaluate(known[d], here) for b, d in ((angle_y, d_angle_y), (angle_x, d_angle_x), (w_e, d_rho))}
            step = mpmath.mpf(10) ** -12
            there, back = (_loss(at | {b: at[b] + sign * step * v for b, v in moved.items()}, known) for sign in (1, -1))
            slope = evaluate(after[slope_L], here)
            yield (there - back) / (2 * step), slope
            yield int(not after.violations({slope_L: float(slope)})), 1


def _loss(at: dict, known: Lines):
    return evaluate(known[L], Point(with_aims(at, known)))


@cache
def _end_without_stop(seed: int) -> tuple[float, float]:
    """The loss and the spread of labels at the end of a run without the stop from a random start."""
    loss = models.simsiam()
    at = {K: 3, n: 2, phi: 0.5, gamma: 0.5}
    rng = np.random.default_rng(seed)
    model = HeadModel(Coupling.uniform(3, 6, 0.5), 3, at[gamma], loss=loss.with_parts(expression=loss.erased()))
    start = model.state(random_embeddings(rng, model), rng.standard_normal((3, 3)))
    embeddings, head = model.course(start, [0, 600])[-1]
    return float(model.losses(model.state(embeddings, head))[0]), mean_spread(embeddings[:, -3:])


def ends_without_stop(rng):
    loss, spread = _end_without_stop(int(rng.integers(2)))
    yield loss, -1.0
    yield 1 + spread, 1.0
