"""Numbers that the derivation ``homogeneous`` is held against: flows of losses of degree two, lowered, and their runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from sympy import Add, Expr, Rational, Trace, sqrt

from derivations.catalogue.views import TwoViews, order_of, random_views, unit_modes
from derivations.catalogue.whole import eigenmodes, lower_loss
from derivations.closed_forms.families import correlation_of
from derivations.closed_forms.views import with_decay
from derivations.lines import Lines, dot
from derivations.vocabulary import (
    C_H,
    G_L,
    N_Z,
    S_0,
    S_H,
    H,
    L,
    Z,
    energy_J,
    g_least,
    g_most,
    mu_k,
    phi,
    slow,
    slow_decay,
    t,
    tau_pairs,
    tau_uniform,
)
from theory import Coupling, Loss, models
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import H_x, H_y, J, K, X, Y, d, lam
from theory.nodes import column, elementwise, squared_norm, total

SAMPLES, LABELS, DIMENSION = 3, 2, 2
TRACE = Trace(G_L * Z.T)


def _pairs(cost: Callable[[Expr], Expr]) -> Expr:
    """The sum of what each pair costs by the difference of its embeddings."""
    differences = ((J[i, a], column(X, i) - column(Y, a)) for i in range(SAMPLES) for a in range(LABELS))
    return Add(*(weight * cost(difference) for weight, difference in differences))


@dataclass(frozen=True)
class PairLoss:
    """What a pair costs by its difference, and the multiples of the squared distance that bound it in two dimensions."""

    cost: Callable[[Expr], Expr]
    least: float
    most: float

    @cached_property
    def loss(self) -> Loss:
        return Loss(_pairs(self.cost), state=(X, Y), mobility={X: H_x, Y: H_y})


PAIR_LOSSES = (
    PairLoss(lambda z: sqrt(total(elementwise(lambda e: e**4, z))), 1 / np.sqrt(DIMENSION), 1.0),
    PairLoss(lambda z: total(elementwise(lambda e: e**6, z)) ** Rational(1, 3), DIMENSION ** (-2 / 3), 1.0),
    PairLoss(lambda z: squared_norm(z) / 2 + sqrt(total(elementwise(lambda e: e**4, z))), 0.5 + 1 / np.sqrt(DIMENSION), 1.5),
)


class Pairs:
    """All embeddings of a random coupling of three samples and two labels under a loss of pairs."""

    def __init__(self, rng: np.random.Generator, kind: PairLoss | None = None, mobility: tuple | None = None):
        self.kind = kind or PAIR_LOSSES[int(rng.integers(len(PAIR_LOSSES)))]
        weights = rng.uniform(0.1, 1, (SAMPLES, LABELS))
        self.coupling = Coupling(weights) if mobility is None else Coupling(weights, mobility=mobility)
        self.lowered = lower_loss(self.kind.loss, self.coupling, DIMENSION)
        self.losses = self.lowered.evaluate([self.kind.loss.expression])
        self.mobilities = np.concatenate([np.asarray(self.coupling.data[name]) for name in ("H_x", "H_y")])

    def embeddings(self, state: NDArray) -> NDArray:
        """All as columns, samples first."""
        blocks = self.lowered.unpack(state)
        return np.concatenate([blocks[X], blocks[Y]], axis=1)

    def state(self, embeddings: NDArray) -> NDArray:
        return self.lowered.pack({X: embeddings[:, :SAMPLES], Y: embeddings[:, SAMPLES:]})

    def loss_at(self, state: NDArray) -> float:
        return float(self.losses(state)[0])

    def moved(self, state: NDArray) -> NDArray:
        return self.embeddings(self.lowered.velocity(0, state))

    def energy(self, state: NDArray) -> float:
        """Half the squared distances."""
        embeddings, weights = self.embeddings(state), np.asarray(self.coupling.data["J"])
        apart = embeddings[:, :SAMPLES, None] - embeddings[:, None, SAMPLES:]
        return float(np.sum(weights * (apart**2).sum(axis=0)) / 2)

    def squares(self, state: NDArray) -> float:
        """Half the squares around the centroid, in the metric of the mobilities."""
        embeddings, weights = self.embeddings(state), 1 / self.mobilities
        centroid = embeddings @ weights / weights.sum()
        return float((weights * (embeddings - centroid[:, None]) ** 2).sum() / 2)

    def slowest(self, rng: np.random.Generator) -> NDArray:
        """A state of the slowest mode alone, in a random direction."""
        _, vectors, degrees = eigenmodes(self.coupling)
        return self.state(np.outer(rng.standard_normal(DIMENSION), vectors[:, -2] / np.sqrt(degrees)))

    def point(self, embeddings: NDArray) -> Point:
        return Point({d: DIMENSION, N_Z: SAMPLES + LABELS, Z: mpf_array(embeddings), H: mpf_array(np.diag(self.mobilities))})


def _any_mobilities(rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    return rng.uniform(0.2, 2, SAMPLES), rng.uniform(0.2, 2, LABELS)


def falls(rng, given: Lines, after: Lines):
    """Euler's theorem for the slope of a loss, the squares by the formula, and how they change along its flow."""
    pairs = Pairs(rng, mobility=_any_mobilities(rng))
    state = rng.standard_normal(pairs.lowered.size)
    here, moved, loss = pairs.embeddings(state), pairs.moved(state), pairs.loss_at(state)
    slope = -moved / pairs.mobilities
    values = {**pairs.point(here).values, G_L: mpf_array(slope)}
    yield evaluate(given[dot(Z)], Point(values)), moved
    yield (slope * here).sum(), float(given[TRACE].subs(L, loss))
    ahead, back = (evaluate(after[S_H], pairs.point(here + sign * 1e-5 * moved)) for sign in (1, -1))
    yield float((ahead - back) / 2e-5), float(after[dot(S_H)].subs(L, loss))


def centroids(rng, after: Lines):
    """The centroid of all embeddings by the formula, and how it changes."""
    pairs = Pairs(rng, mobility=_any_mobilities(rng))
    state = rng.standard_normal(pairs.lowered.size)
    here = pairs.embeddings(state)
    yield evaluate(after[C_H], pairs.point(here)), (here / pairs.mobilities).sum(axis=1)[:, None]
    yield 1 + evaluate(after[C_H], pairs.point(pairs.moved(state))), 1 + evaluate(after[dot(C_H)], pairs.point(here))


def bounded_runs(rng, known: Lines, after: Lines):
    """Whether costs are between the bounds that are assumed, and reach them; whether squares fall at twice the loss, and
    between the bounds that are claimed, which meet them at the start."""
    pairs = Pairs(rng)
    bounds = {g_least: pairs.kind.least, g_most: pairs.kind.most}
    yield len(known.bounds), 2
    yield len(after.bounds), 2
    state = rng.standard_normal(pairs.lowered.size)
    yield len(known.violations(_costs(pairs, state, bounds))), 0
    for line, direction in zip(known.bounds, (np.ones(DIMENSION), np.eye(DIMENSION)[0]), strict=True):
        along = pairs.state(np.outer(direction, rng.standard_normal(SAMPLES + LABELS)))
        yield round(float(line.right.subs(_costs(pairs, along, bounds))), 9), round(pairs.loss_at(along), 9)
    ahead, back = (pairs.squares(state + sign * 1e-6 * pairs.lowered.velocity(0, state)) for sign in (1, -1))
    yield round((ahead - back) / 2e-6, 4), round(float(known[dot(S_H)].subs(L, pairs.loss_at(state))), 4)
    at = bounds | {mu_k: float(pairs.coupling.modes()[1])}
    for start, lines in ((state, after.bounds[:1]), (pairs.slowest(rng), after.bounds)):
        at |= {S_0: pairs.squares(start)}
        for line in lines:
            yield round(float(line.right.subs(at | {t: 0})), 9), round(at[S_0], 9)
        run = solve_ivp(pairs.lowered.velocity, (0, 5), start, t_eval=[0.1, 1, 5], rtol=1e-9, atol=1e-14)
        for time, there in zip(run.t, run.y.T, strict=True):
            yield len(lines.violations(at | {t: float(time), S_H: pairs.squares(there)})), 0


def _costs(pairs: Pairs, state: NDArray, bounds: dict) -> dict:
    return bounds | {L: pairs.loss_at(state), energy_J: pairs.energy(state)}


def slow_times(rng, known: Lines, after: Lines):
    """The order in the fraction of what the slow times leave out, relative to them."""
    at = {K: int(rng.integers(2, 6))}
    for tau, family in ((tau_uniform, "uniform"), (tau_pairs, "pairs")):
        yield order_of((1 / after[slow]).subs(mu_k, correlation_of(family)), after[tau], at, phi), 2


def decays(rng, after: Lines):
    """How fast a mode of all embeddings falls."""
    rate = float(rng.uniform(0.1, 1))
    for loss, name, given in (
        (models.squared(), slow, {}),
        (with_decay(models.squared()), slow_decay, {lam: rate}),
    ):
        views = TwoViews(loss, random_views(rng), 2, given)
        alike = unit_modes(views, [1], 1.0, rng)
        speed = float(after[name].subs(given | {mu_k: views.correlations[1]}))
        for moved, here in zip(views.speeds(*alike), alike, strict=True):
            yield moved, -speed * here
