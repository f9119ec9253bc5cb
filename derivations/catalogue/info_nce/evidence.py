"""Numbers that the derivation ``info_nce`` is held against: all embeddings on cones, and from anywhere."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Rational

from derivations.catalogue.points import coupled_point
from derivations.catalogue.views import with_mobilities
from derivations.catalogue.whole import lower_loss
from derivations.closed_forms.info_nce import SINES, angle_jacobian
from derivations.lines import Lines, dot, number
from derivations.vocabulary import (
    L,
    angle_x,
    angle_y,
    m,
    margin,
    margin_end,
    mu_k,
    p_other,
    p_own,
    phi,
    q_x,
    q_y,
    rho_x,
    rho_y,
    s_end,
    s_x,
    s_y,
    s_zero,
    temperature_c,
)
from theory import Coupling, Loss, models, simulate
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.two_views import temperature
from theory.models.vocabulary import D_x, D_y, J, K, N, X, Y, d
from theory.simulation import Direct

ANGLES, LENGTHS = (angle_x, angle_y), (rho_x, rho_y)
A_CLASS = 2  # samples


def random_numbers(rng: np.random.Generator) -> dict:
    """Classes, the fraction, the temperature, lengths and angles."""
    at = {K: int(rng.integers(2, 5)), phi: float(rng.uniform(0.2, 0.9)), temperature: float(rng.uniform(0.2, 1.5))}
    return at | dict(zip((*LENGTHS, *ANGLES), rng.uniform(0.5, 1.4, 4), strict=True))


def redrawn_weights(given: Lines | None, at: dict) -> NDArray:
    """How often each sample has each label, by the frequencies that are given, or by mixing."""
    classes, fraction = at[K], at[phi]
    if given is None:
        own, other = 1 - fraction + fraction / classes, fraction / classes
    else:
        own, other = (number(given[p], at) for p in (p_own, p_other))
    return np.repeat(other + (own - other) * np.eye(classes), A_CLASS, axis=0)


def partly_uniform_weights(at: dict) -> NDArray:
    """Samples of one label each, and their share phi that sees all alike; a class has as many of them as have its label."""
    classes = at[K]
    return np.concatenate([np.repeat(np.eye(classes), A_CLASS, axis=0), np.full((classes * A_CLASS, classes), 1 / classes)])


class Cosines:
    """All embeddings of a coupling under cosines at a temperature, and their states on cones."""

    def __init__(self, coupling: Coupling, at: dict, dimension: int | None = None):
        self.coupling, self.at = coupling, at
        self.weights = np.asarray(coupling.data["J"], dtype=float)
        self.dimension = dimension or self.weights.shape[1]
        loss = models.info_nce()
        self.lowered = lower_loss(loss, coupling, self.dimension, {temperature: at[temperature]})
        self.losses = self.lowered.evaluate([loss.expression])

    @property
    def mass(self) -> float:
        return float(self.weights.sum())

    @property
    def frames(self) -> tuple[NDArray, NDArray]:
        """The direction of the cones, and the unit vectors of classes along a simplex around it."""
        classes = self.weights.shape[1]
        simplex = np.eye(classes) - 1 / classes
        return np.ones(classes) / np.sqrt(classes), simplex / np.linalg.norm(simplex, axis=0)

    def on_cones(self, angles, lengths, turns: tuple[float, float] | None = None) -> NDArray:
        """Samples and labels on cones; with ``turns`` how they move as angles do.  Samples without a class point along the
        cones."""
        axis, corners = self.frames
        parts = []
        for side, (angle, length) in enumerate(zip(angles, lengths, strict=True)):
            along, around = (
                (np.cos(angle), np.sin(angle)) if turns is None else (-np.sin(angle) * turns[side], np.cos(angle) * turns[side])
            )
            parts.append(length * (along * axis[:, None] + around * corners))
        pure = np.repeat(parts[0], A_CLASS, axis=1)
        alike = len(self.weights) - pure.shape[1]
        still = np.tile(lengths[0] * axis[:, None] if turns is None else np.zeros((len(axis), 1)), (1, alike))
        return self.lowered.pack({X: np.concatenate([pure, still], axis=1), Y: parts[1]})

    def here(self, at: dict) -> NDArray:
        return self.on_cones([at[a] for a in ANGLES], [at[r] for r in LENGTHS])

    def moved(self, at: dict, turns) -> NDArray:
        return self.on_cones([at[a] for a in ANGLES], [at[r] for r in LENGTHS], tuple(turns))

    def eigenvalues(self, state: NDArray) -> NDArray:
        return np.sort(np.linalg.eigvals(self.lowered.jacobian(0, state)).real)


def whole_losses(rng, formula):
    """The loss of all embeddings by the formula and lowered."""
    weights = rng.uniform(0.1, 1, (4, 3))
    views = Cosines(Coupling(weights), random_numbers(rng), 2)
    state = rng.standard_normal(views.lowered.size)
    yield evaluate(formula, _whole_point(views, state)), views.losses(state)[0]


def _whole_point(views: Cosines, state: NDArray) -> Point:
    blocks = views.lowered.unpack(state)
    sizes = dict(zip((d, N, K), (views.dimension, *views.weights.shape), strict=True))
    degrees = {D: mpf_array(np.diag(views.weights.sum(axis=axis))) for D, axis in ((D_x, 1), (D_y, 0))}
    return Point(
        {**sizes, **degrees, J: mpf_array(views.weights), temperature: mpmath.mpf(views.at[temperature])}
        | {view: mpf_array(blocks[view]) for view in (X, Y)}
    )


def kept_lengths(rng, loss: Loss, after: Lines):
    """Squared lengths by the formulas and as sums; how they change along the flow."""
    with mpmath.workdps(30):
        at = Point({**coupled_point(rng).values, temperature: mpmath.mpf(float(rng.uniform(0.2, 2)))})
        flow = loss.gradient_flow()
        for q, view in ((q_x, X), (q_y, Y)):
            yield evaluate(after[q], at), (at.values[view] ** 2).sum(axis=0)[:, None]
            yield 1 + evaluate(flow.time_derivative(after[q]), at), 1 + evaluate(after[dot(q)], at)


def losses_on_cones(rng, given: Lines, after: Lines):
    """The loss of all embeddings on cones: by the margin, by the formula for all, and lowered."""
    at = random_numbers(rng)
    views = Cosines(Coupling(redrawn_weights(given, at)), at)
    found = views.losses(views.here(at))[0]
    yield number(after[L].subs(margin, after[margin]), at), found
    yield evaluate(given[L], _whole_point(views, views.here(at))), found


def velocities_on_cones(rng, known: Lines, after: Lines):
    """The velocities of all embeddings on cones, with mobilities that are functions of the degrees."""
    at = random_numbers(rng)
    views = Cosines(with_mobilities(known, redrawn_weights(None, at)), at)
    at |= {m: views.mass}
    at |= {margin: number(known[margin], at)}
    yield views.moved(at, [number(after[dot(a)], at) for a in ANGLES]), views.lowered.velocity(0, views.here(at))


def opening_cones(rng, known: Lines, moving: Lines, rate):
    """The largest eigenvalue of both angles where they are zero, and the rate by its formula."""
    at = random_numbers(rng) | {m: float(rng.uniform(1, 9))}
    matrix = angle_jacobian({a: moving[dot(a)] for a in ANGLES}, known[margin]).subs(at | dict.fromkeys(ANGLES, 0))
    yield np.linalg.eigvals(np.array(matrix, dtype=float)).real.max(), number(rate, at)


def collapsed_spectrum(rng, known: Lines, after: Lines):
    """All eigenvalues where all embeddings point in one direction: plus and minus what grows, for each frustrated mode and each
    other direction, and zero."""
    at, dimension = random_numbers(rng), int(rng.integers(2, 4))
    weights = rng.uniform(0.1, 1, (4, 3))
    coupling = with_mobilities(known, weights / weights.sum(axis=0))
    views, scaled = Cosines(coupling, at, dimension), weights / weights.sum(axis=0)
    scaled = scaled / np.sqrt(np.outer(scaled.sum(axis=1), scaled.sum(axis=0)))
    axis = np.eye(dimension)[:, :1]
    state = views.lowered.pack({X: at[rho_x] * np.tile(axis, 4), Y: at[rho_y] * np.tile(axis, 3)})
    growing = [number(after[s_zero], at | {mu_k: c, m: views.mass}) for c in np.linalg.svd(scaled, compute_uv=False)[1:]] * (
        dimension - 1
    )
    zeros = [0.0] * (views.lowered.size - 2 * len(growing))
    yield np.sort([*growing, *(-s for s in growing), *zeros]), views.eigenvalues(state)


def _at_rest(rng, known: Lines, share: float) -> tuple[Cosines, dict]:
    """Embeddings at rest at a share of the critical temperature, by the margin at rest and by cosines that cannot reach it."""
    at = random_numbers(rng)
    end = number(known[margin_end], at)
    at[temperature] = share * at[K] / ((at[K] - 1) * end)
    views = Cosines(Coupling(redrawn_weights(None, at)), at)
    sines = min(1.0, share)
    first = float(rng.uniform(np.arcsin(sines), np.pi / 2)) if share < 1 else np.pi / 2
    return views, at | {angle_x: first, angle_y: float(np.arcsin(min(1.0, sines / np.sin(first)))), m: views.mass}


def resting_cones(rng, known: Lines, after: Lines):
    """The sines at rest by the formula; that nothing moves there, and nothing grows; that right angles are left below the
    critical temperature."""
    for share in (0.5, 0.9, 1.1, 2.0):
        views, at = _at_rest(rng, known, share)
        yield number(after[SINES], at), np.sin(at[angle_x]) * np.sin(at[angle_y])
        yield number(after[temperature_c], at) * share, at[temperature]
        yield 1 + views.lowered.velocity(0, views.here(at)), np.ones(views.lowered.size)
        yield int(views.eigenvalues(views.here(at)).max() < 1e-9), 1
        for a in ANGLES:
            below = at | {a: 0.9 * at[a]}
            yield int(number(known[dot(a)], below | {margin: number(known[margin], below)}) > 0), 1
        right = views.here(at | dict.fromkeys(ANGLES, np.pi / 2))
        yield int(views.eigenvalues(right).max() > 1e-9), int(share < 1)


def dense_rates(rng, known: Lines, after: Lines):
    """The eigenvalues of both angles, among all of the dense Jacobian."""
    views, at = _at_rest(rng, known, 0.6)
    along = views.moved(at, [number(known[dot(a)].diff(margin), at | {margin: 0.0}) for a in ANGLES])
    yield views.lowered.jacobian(0, views.here(at)) @ along, number(after[s_end], at) * along
    views, at = _at_rest(rng, known, 1.5)
    for rate, turns in ((s_x, (1, 0)), (s_y, (0, 1))):
        along = views.moved(at, turns)
        yield views.lowered.jacobian(0, views.here(at)) @ along, number(after[rate], at) * along


@cache
def margins_at_end(weights: tuple[tuple[float, ...], ...], scale: float, seed: int, time: float = 20_000.0) -> NDArray:
    """The margins of the cosines of samples, the right label over each other one, at the end of a run from a random start."""
    run = simulate(
        models.info_nce(),
        Coupling(np.array(weights)),
        dimension=4,
        times=[0, time],
        seed=seed,
        parameters={temperature: scale},
        by=Direct(solver="LSODA"),
    )
    samples, labels = (run.end[name] / np.linalg.norm(run.end[name], axis=0) for name in "XY")
    cosines, own = samples.T @ labels, np.asarray(np.array(weights) > 1 / len(weights[0]) + 1e-9)
    others = np.logical_and(own.any(axis=1, keepdims=True), np.logical_not(own))
    return ((cosines * own).sum(axis=1, keepdims=True) - cosines)[others]


def margins_of_runs(rng, known: Lines, after: Lines):
    """The margins of all samples at the end of a run, on either side of the critical temperature."""
    seed = int(rng.integers(2))
    for share in (0.5, 1.5):
        at: dict = {K: 3, phi: (0.3, 0.6)[seed]}
        at[temperature] = share * number(after[temperature_c], at)
        margins = margins_at_end(tuple(map(tuple, redrawn_weights(None, at))), at[temperature], seed) / at[temperature]
        value = known[margin].subs(SINES, after[SINES])
        yield margins, np.full(len(margins), number(value, at))


def remainder_orders(rng, known: Lines, after: Lines):
    """The order in the fraction of what the leading order leaves out, times its logarithm."""
    ratio = (known[temperature_c] / after[temperature_c] - 1).subs(K, int(rng.integers(2, 6)))
    sizes = [Rational(1, 10**6), Rational(1, 10**5)]
    few, more = (abs(float(ratio.subs(phi, size).evalf(40))) * float(abs(np.log(float(size)))) for size in sizes)
    yield np.log10(more / few), 1


def uniform_cones(rng, given: Lines, after: Lines):
    """Loss and velocities where half of the samples see all labels alike, and the eigenvalues at right angles."""
    at = random_numbers(rng) | {phi: 0.5}
    views = Cosines(Coupling(partly_uniform_weights(at)), at)
    at |= {m: views.mass}
    at |= {margin: number(given[margin], at)}
    yield number(given[L], at), views.losses(views.here(at))[0]
    yield views.moved(at, [number(after[dot(a)], at) for a in ANGLES]), views.lowered.velocity(0, views.here(at))
    right = at | dict.fromkeys(ANGLES, np.pi / 2)
    yield int(views.eigenvalues(views.here(right)).max() < 1e-9), 1
    for rate, turns in ((s_x, (1, 0)), (s_y, (0, 1))):
        along = views.moved(right, turns)
        yield views.lowered.jacobian(0, views.here(right)) @ along, number(after[rate], at) * along


def uniform_runs(rng, after: Lines):
    """The margins of samples of one label at the end of a run, and those of right angles."""
    at, scale = {K: 3}, 0.8
    margins = margins_at_end(tuple(map(tuple, partly_uniform_weights(at))), scale, int(rng.integers(2)))
    yield margins, np.full(len(margins), at[K] / (at[K] - 1) * number(after[SINES], {}))
