"""Numbers on the family ``uniform`` that the derivation ``cosine_head`` is held against: angles, head, all embeddings."""

from __future__ import annotations

from functools import cache
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Expr, cos, lambdify, tan

from derivations.catalogue.cosine_head.embeddings import HeadModel, byol, diagonal_head
from derivations.catalogue.points import diagonal_matrix
from derivations.checks import random_values
from derivations.closed_forms.cosine_head import cosine_of_samples, head_angles
from derivations.lines import Lines, dot
from derivations.vocabulary import (
    N_Z,
    D,
    H,
    L,
    aim_x,
    aim_y,
    angle_x,
    angle_y,
    apart_ab,
    delta,
    mu_k,
    n,
    phi,
    pull_x,
    pull_y,
    rate_g,
    rho_W,
    s_1,
    s_2,
    tau,
    turn_x,
    turn_y,
    w_e,
    w_m,
)
from theory import Coupling, Flow, Loss
from theory.coupling.directions import mean_spread, symmetric_state
from theory.evaluate import Point, evaluate
from theory.models.vocabulary import K, gamma

ANGLES, PARTS = (angle_y, angle_x), (w_e, w_m)


def draw_numbers(rng) -> dict[Any, Any]:
    """Classes, samples a class, a fraction, and the learning rate of the head: one of a few cases."""
    classes, fraction, rate = ((2, 0.5, 0.4), (3, 0.25, 1.5), (2, 0.75, 0.9), (3, 0.5, 0.6))[int(rng.integers(4))]
    return {K: classes, n: 4, phi: fraction, gamma: rate}


def family_model(at: dict) -> HeadModel:
    """All embeddings at these numbers, made once."""
    return _family_model(at[K], at[n], at[phi], at[gamma])


@cache
def _family_model(classes: int, samples: int, fraction: float, rate: float, decays=(0.0, 0.0), loss=None) -> HeadModel:
    return HeadModel(Coupling.uniform(classes, classes * samples, fraction), classes, rate, decays, loss)


def with_aims(at: dict, known: Lines) -> dict:
    """The angles of predictions, too, on the side of their embeddings."""
    aims = {a: mpmath.atan(evaluate(known[tan(a)], Point(at))) for a in (aim_y, aim_x)}
    return at | aims


def with_pulls(at: dict, known: Lines, turns_only: bool = False) -> dict:
    """What pulls, and how predictions turn with their embeddings, or the latter alone."""
    pulls = () if turns_only else (pull_y, pull_x)
    return at | {line: evaluate(known[line], Point(at)) for line in (*pulls, turn_y, turn_x)}


@cache
def _engine_flow() -> tuple[Loss, Flow]:
    return head_angles(), head_angles().stop_gradient_flow()


def engine_velocities(rng, known: Lines, after: Lines):
    """The loss and all velocities that the engine finds, and those of lines."""
    with mpmath.workdps(40):
        loss, flow = _engine_flow()
        at = {K: 3, n: 4} | {x: random_values(rng, (), 0.1, 1.4) for x in (*ANGLES, *PARTS, phi, gamma)}
        here = with_pulls(with_aims(at, known), after)
        at[phi] = here[phi] = mpmath.mpf(1) / 3
        here = with_pulls(here, after)
        yield evaluate(loss.erased(), Point(at)), evaluate(after[L], Point(here))
        for block in (*ANGLES, *PARTS):
            yield evaluate(flow.velocity[block], Point(at)), evaluate(after[dot(block)], Point(here))


def whole_velocities(rng, known: Lines, after: Lines):
    """The velocities of all embeddings and the head, with mobilities that are a function of the degrees."""
    at = draw_numbers(rng) | {x: float(rng.uniform(0.2, 1.3)) for x in (*ANGLES, *PARTS)}
    here = with_pulls(with_aims(at, known), after)
    speed = {b: float(evaluate(after[dot(b)], Point(here))) for b in (*ANGLES, *PARTS)}
    model = family_model(at)
    degrees = model.adjacency.sum(axis=0)
    own = np.diag(evaluate(known[H], Point({N_Z: len(degrees), D: diagonal_matrix(degrees)}))).astype(float)
    samples = len(model.weights)
    model = HeadModel(Coupling(model.weights, mobility=(own[:samples], own[samples:])), at[K], at[gamma])
    (there, _), (back, _) = (_state_at(model, at, speed, sign * 1e-5) for sign in (1, -1))
    moved, turned = model.velocity(*_state_at(model, at, speed, 0))
    yield 1 + (there - back) / 2e-5, 1 + moved
    yield diagonal_head(at[K], speed[w_e], speed[w_m]), turned


def _state_at(model: HeadModel, at: dict, speed: dict, time: float) -> tuple[NDArray, NDArray]:
    """All embeddings and the head, a little later."""
    labels, samples, across, along = (at[b] + time * speed[b] for b in (*ANGLES, *PARTS))
    return symmetric_state(model.coupling, labels, samples), diagonal_head(at[K], across, along)


def draw_ratio(rng, low: float = 0.1, high: float = 0.95) -> dict[Any, Any]:
    """Numbers with a head whose ratio is that share of the correlation."""
    at = draw_numbers(rng)
    ratio = float(rng.uniform(low, high)) * np.sqrt(1 - at[phi])
    along = float(rng.uniform(0.5, 1.5))
    return at | {rho_W: ratio, w_m: along, w_e: ratio * along}


def resting(at: dict, lines: Lines) -> dict:
    """The angles at rest that lines name, beside the numbers."""
    samples = float(np.arccos(float(lines[cos(angle_x)].subs(at))))
    return at | {angle_x: samples, angle_y: float(np.arctan(float(lines[tan(angle_y)].subs(at | {angle_x: samples}))))}


def pulls_at_rest(rng, known: Lines, after: Lines):
    at = draw_ratio(rng)
    at[rho_W] = float(known[rho_W].subs(at))
    here = with_aims(resting(at, after), known)
    for pull in (pull_y, pull_x):
        yield 1 + evaluate(known[pull], Point(here)), 1.0


def open_angles(rng, known: Lines, after: Lines):
    """Whether what pulls at labels changes its sign at an acute angle where nothing pulls at samples, and at which."""
    for share in (0.4, 0.8, 0.98, 1.02, 1.3, 1.8):
        at = draw_ratio(rng, share, share)
        grid = np.linspace(1e-3, np.pi / 2 - 1e-9, 2001)
        ratio = float(known[rho_W].subs(at))
        labels = np.arctan(ratio * np.tan(grid))
        aims = [
            np.arctan(lambdify((w_e, w_m, angle), known[tan(aim)])(at[w_e], at[w_m], found))
            for aim, angle, found in ((aim_y, angle_y, labels), (aim_x, angle_x, grid))
        ]
        values = {angle_y: labels, angle_x: grid, aim_y: aims[0], aim_x: aims[1]}
        pulls = [lambdify((phi, *values), known[pull])(at[phi], *values.values()) for pull in (pull_y, pull_x)]
        yield 1 + np.abs(pulls[1]), np.ones(len(grid))
        crossed = np.flatnonzero(np.diff(np.sign(pulls[0])))
        yield int(not after.violations(at)), len(crossed)
        for place in crossed:
            yield round(resting(at, after)[angle_x] - grid[place], 2), 0


def whole_rest(rng, after: Lines):
    """The velocities of all embeddings and the head, and beside targets that follow."""
    at = resting(draw_ratio(rng), after)
    for model in (family_model(at), _following_model()):
        at |= {K: model.dimension, phi: float(1 - _pure(model).mean())}
        at = resting(at | {rho_W: 0.6 * np.sqrt(1 - at[phi])}, after)
        head = diagonal_head(at[K], at[rho_W], 1.0)
        for part in model.velocity(symmetric_state(model.coupling, at[angle_y], at[angle_x]), head):
            yield 1 + np.abs(part).max(), 1.0


@cache
def _following_model() -> HeadModel:
    return HeadModel(Coupling.uniform(2, 8, 0.5), 2, 0.5, loss=byol(), beta=0.3)


def _pure(model: HeadModel) -> NDArray:
    return np.isclose(model.weights.max(axis=1), model.weights.sum(axis=1))


def _head(at: dict) -> NDArray:
    return diagonal_head(at[K], at[w_e], at[w_m])


def spread_by_angles(known: Lines) -> Expr:
    """One minus the cosine of two labels, by the angles at rest."""
    square = known[tan(angle_y)] ** 2
    samples = 1 / known[cos(angle_x)] ** 2 - 1
    found = square.subs(tan(angle_x) ** 2, samples)
    return (K / (K - 1) * found / (1 + found)).factor()


def spread_of_states(rng, known: Lines, after: Lines):
    at = resting(draw_ratio(rng), known)
    state = symmetric_state(Coupling.uniform(at[K], at[K] * at[n], at[phi]), at[angle_y], at[angle_x])
    yield float(after[apart_ab].subs(at)), mean_spread(state[:, -at[K] :])


def collapsed_rates(rng, known: Lines, after: Lines):
    """Both rates among the dense eigenvalues at closed angles and of both angles, and whether the class modes die."""
    at = draw_ratio(rng, 0.3, 1.8)
    at |= {mu_k: float(known[mu_k].subs(at)), rho_W: float(known[rho_W].subs(at))}
    rates = [float(after[rate].subs(at)) for rate in (s_1, s_2)]
    model = family_model(at)
    found = model.eigenvalues(symmetric_state(model.coupling, 0, 0), _head(at)).real
    yield from ((1 + np.abs(found - rate).min(), 1.0) for rate in rates)
    small = np.array([_speeds(at | {angle_y: y, angle_x: x}, known, ANGLES) for y, x in ((1e-4, 1e-12), (1e-12, 1e-4))])
    yield np.sort(rates), np.sort(np.linalg.eigvals(small.T.astype(float) / 1e-4).real)
    yield int(not after.violations(at)), int(max(rates) < 0)


def _speeds(at: dict, known: Lines, blocks) -> list:
    here = Point(with_pulls(with_aims(at, known), known))
    return [evaluate(known[dot(b)], here) for b in blocks]


def _resting_case(rng) -> dict:
    """Numbers and angles of a state at rest, apart."""
    at = draw_ratio(rng, 0.15, 0.9)
    samples = float(np.arccos(float(cosine_of_samples().subs(at))))
    return at | {angle_x: samples, angle_y: float(np.arctan(at[rho_W] * np.tan(samples)))}


def apart_rates(rng, known: Lines, after: Lines):
    """Sum and product of the eigenvalues of angles and head that are not zero, by formulas and by differences."""
    at, blocks = _resting_case(rng), (*ANGLES, *PARTS)
    with mpmath.workdps(40):
        columns = [_slope(at, known, block, blocks) for block in blocks]
    found = np.poly(np.stack(columns, axis=1))
    trace, product = _predicted(at, known, after)
    yield np.array([1, -trace, product]), found[:3]
    yield 1 + abs(found[3]) + abs(found[4]), 1.0


def _slope(at: dict, known: Lines, block, blocks) -> NDArray:
    """The derivative of velocities by one block, by central differences."""
    step = mpmath.mpf(10) ** -12
    there, back = (_speeds(at | {block: at[block] + sign * step}, known, blocks) for sign in (1, -1))
    return np.array([float((x - y) / (2 * step)) for x, y in zip(there, back, strict=True)])


def _predicted(at: dict, known: Lines, after: Lines) -> tuple[float, float]:
    here = with_pulls(with_aims(at, known), known)
    here[rate_g] = evaluate(known[rate_g], Point(here))
    return float(evaluate(after[tau], Point(here))), float(evaluate(after[delta], Point(here)))


def apart_signs(rng, known: Lines, after: Lines):
    """That the sum is negative and the product positive for random heads; that nothing grows beside a fast head, and something
    beside a slow one."""
    for _ in range(4):
        trace, product = _predicted(_resting_case(rng), known, after)
        yield int(trace < 0 < product), 1
    at = _resting_case(rng)
    model = family_model(at)
    found = model.eigenvalues(symmetric_state(model.coupling, at[angle_y], at[angle_x]), _head(at)).real
    yield int(found.max() < 1e-9), 1
    yield int((np.abs(found) < 1e-9).sum()), model.weights.shape[0] + at[K] + at[K] ** 2
    yield int(_growth_beside_slow_head() > 1e-3), 1


@cache
def _growth_beside_slow_head() -> float:
    at = {K: 3, n: 4, phi: 0.25, gamma: 1e-4, w_m: 1.0, rho_W: 0.5, w_e: 0.5}
    samples = float(np.arccos(float(cosine_of_samples().subs(at))))
    model = family_model(at)
    state = symmetric_state(model.coupling, np.arctan(0.5 * np.tan(samples)), samples)
    return float(model.eigenvalues(state, _head(at)).real.max())
