"""Numbers on the family ``uniform`` that the derivation ``cosine`` is held against: two angles beside all embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from sympy import Matrix, Rational, S, lambdify, pi, sin, tan
from sympy import N as numeric

from derivations.catalogue.directions import CosineModel
from derivations.catalogue.points import diagonal_matrix
from derivations.closed_forms.cosine import angle_flow, resting_angles
from derivations.lines import Lines, dot
from derivations.vocabulary import N_Z, D, H, L, angle_x, angle_y, angle_y0, apart_ab, cos_x, cos_y, delta, n, phi, slow, t, tau
from theory import Coupling
from theory.coupling.directions import mean_spread, symmetric_state, unit_columns
from theory.evaluate import Point, evaluate
from theory.models.vocabulary import K


def _draw_family(rng) -> tuple[dict[Any, Any], Coupling]:
    """Classes, samples a class, a fraction, and the coupling."""
    at: dict[Any, Any] = {K: int(rng.integers(2, 4)), n: 4, phi: int(rng.integers(1, 4)) / 4}
    return at, Coupling.uniform(at[K], at[K] * at[n], at[phi])


def symmetric_velocities(rng, known: Lines, after: Lines):
    """Loss and velocities of all embeddings at two angles, with mobilities that are a function of the degrees."""
    at, coupling = _draw_family(rng)
    weights = np.asarray(coupling.data["J"])
    degrees = np.concatenate([weights.sum(axis=1), weights.sum(axis=0)])
    own = np.diag(evaluate(known[H], Point({N_Z: len(degrees), D: diagonal_matrix(degrees)}))).astype(float)
    model = CosineModel(Coupling(weights, mobility=(own[: len(weights)], own[len(weights) :])), at[K])
    angles = rng.uniform(-3, 3, 2)
    at |= dict(zip((angle_y, angle_x), map(float, angles), strict=True))
    state = symmetric_state(coupling, *angles)
    yield float(after[L].subs(at)), model.losses(model.state(state))[0]
    yield float(after[apart_ab].subs(at)), mean_spread(state[:, -at[K] :])
    speeds = [float(after[dot(a)].subs(at)) for a in (angle_y, angle_x)]
    there, back = (symmetric_state(coupling, *(angles + sign * 1e-6 * np.array(speeds))) for sign in (1, -1))
    yield 1e3 + (there - back) / 2e-6, 1e3 + model.velocity(state)


STRAIGHT = tuple(product((0, pi), repeat=2))


def resting_jacobians(known: Lines, after: Lines) -> Iterator[tuple]:
    """At each state at rest that the engine lists: lines hold, velocities vanish, and what the Jacobian says."""
    matrix = Matrix([known[dot(a)] for a in (angle_y, angle_x)]).jacobian([angle_y, angle_x])
    listed = {(p.values[cos_y], p.values[cos_x]) for p in resting_angles()}
    yield len(listed ^ {tuple(1 - 2 * (a / pi) for a in s) for s in STRAIGHT}), S.Zero
    for labels, samples in STRAIGHT:
        at = {angle_y: labels, angle_x: samples}
        for left in (sin(angle_y), sin(angle_x - angle_y)):
            yield left.subs(at), after[left]
        yield from ((known[dot(a)].subs(at), 0) for a in (angle_y, angle_x))
        yield matrix.subs(at).trace(), after[tau].subs(at)
        yield matrix.subs(at).det(), after[delta].subs(at)


def stable_ends(rng, after: Lines):
    """Whether nothing grows at each of the four states, by trace and determinant, and by the dense Jacobian."""
    at, coupling = _draw_family(rng)
    model = CosineModel(coupling, at[K])
    for labels, samples in STRAIGHT:
        here = at | {angle_y: labels, angle_x: samples}
        stable = after[tau].subs(here) < 0 and after[delta].subs(here) > 0
        dense = model.eigenvalues(symmetric_state(coupling, float(labels), float(samples)))
        yield int(bool(stable)), int(dense.max() < 1e-9)


@cache
def _late_rate(seed: int) -> tuple[dict, float]:
    """How fast angles between labels fall at the end of a run from a random start."""
    rng = np.random.default_rng(seed)
    at, coupling = _draw_family(rng)
    model, weight = CosineModel(coupling, 3), at[K] * at[n]
    start = unit_columns(rng.standard_normal((3, model.count)))
    times = [0, 12 * weight / at[phi], 14 * weight / at[phi]]
    _, one, two = (mean_spread(z[:, -at[K] :]) for z in model.course(start, times))
    return at, float(np.log(one / two) / (times[2] - times[1]) / 2)


def late_rates(rng, after: Lines):
    at, found = _late_rate(int(rng.integers(3)))
    yield float(after[slow].subs(at)), found


def rate_orders(rng, known: Lines, after: Lines):
    """The order in the fraction of what the series leaves out."""
    gap = (known[slow] - after[slow]).subs({n: 4, K: int(rng.integers(2, 5))})
    few, more = (abs(float(numeric(gap.subs(phi, small), 30))) for small in (Rational(1, 1000), Rational(1, 100)))
    yield np.log10(more / few), 3


FRACTIONS = (0.0025, 0.005)


@cache
def _angles_after(velocities: tuple, fraction: float, start: float, time: float) -> NDArray:
    """Both angles after a time, one sample for two classes."""
    formulas = [v.subs({n: 1, K: 2, phi: fraction}) for v in velocities]
    moved = lambdify((angle_y, angle_x), formulas)
    found = solve_ivp(lambda _, z: moved(*z), (0, time), [start, start], method="DOP853", rtol=1e-13, atol=1e-14)
    return found.y[:, -1]


def stages(rng, known: Lines, after: Lines):
    """The orders in the fraction of what both series leave out, at the same angle past the fast stage."""
    velocities = known.of(dot(angle_y), dot(angle_x)).rights
    start = float(rng.uniform(0.5, 1.5))
    gaps: dict = {angle_x: [], dot(angle_y): []}
    for fraction in FRACTIONS:
        labels, samples = _angles_after(velocities, fraction, start, 40.0)
        at = {n: 1, K: 2, phi: fraction, angle_y: labels, angle_x: samples}
        for left, found in ((angle_x, samples), (dot(angle_y), float(velocities[0].subs(at)))):
            gaps[left].append(abs(float(after.of(left)[0].right.subs(at)) - found) / np.sin(labels))
    yield from ((np.log2(more / few), 3) for few, more in gaps.values())


def closing_orders(rng, after: Lines):
    """The order in the fraction of what the exponential leaves out, when it has fallen to a third."""
    start = float(rng.uniform(0.5, 1.5))
    law, gaps = after.of(tan(angle_y / 2))[0], []
    velocities = tuple(angle_flow().velocity.values())
    for fraction in FRACTIONS:
        at = {n: 1, K: 2, phi: fraction, angle_y0: start, t: 4 / fraction}
        labels, _ = _angles_after(velocities, fraction, start, 4 / fraction)
        gaps.append(abs(float(law.right.subs(at)) - np.tan(labels / 2)))
    yield np.log2(gaps[1] / gaps[0]), 1
