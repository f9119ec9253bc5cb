"""Numbers that the derivation ``redrawn_labels`` is held against: all embeddings on a simplex, and from anywhere."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from derivations.catalogue.points import order_left_out
from derivations.catalogue.whole import lower_loss
from derivations.lines import Lines, dot
from derivations.vocabulary import N_Z, D, L, L_least, margin, margin_end, n, p_other, p_own, phi, s_end, s_zero, u, v
from theory import Coupling, models, simulate
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import K, X, Y


def _frequencies(classes: int, fraction: float) -> NDArray:
    """Of the labels, in columns, of a sample of each class."""
    return (1 - fraction) * np.eye(classes) + fraction * np.full((classes, classes), 1 / classes)


def mixed_frequencies(rng, lines: Lines):
    at = _numbers(rng)
    found = _frequencies(at[K], at[phi])
    yield [float(lines[p].subs(at)) for p in (p_own, p_other)], found[0, :2]


def _numbers(rng) -> dict:
    """Of classes, of samples in each, and the redrawn fraction."""
    return {K: int(rng.integers(2, 5)), n: int(rng.integers(1, 4)), phi: float(rng.uniform(0.3, 0.9))}


class _RedrawnModel:
    """All embeddings of samples that see redrawn labels, in as many dimensions as classes."""

    def __init__(self, at: dict, mobility=None):
        self.classes, self.samples = at[K], at[n]
        self.weights = np.repeat(_frequencies(at[K], at[phi]), at[n], axis=0)
        own = {} if mobility is None else {"mobility": mobility(self.degrees)}
        self.coupling = Coupling(self.weights, **own)
        loss = models.softmax_classification()
        self.lowered = lower_loss(loss, self.coupling, at[K])
        self.losses = self.lowered.evaluate([loss.expression])

    @property
    def degrees(self) -> NDArray:
        return np.concatenate([self.weights.sum(axis=1), self.weights.sum(axis=0)])

    @property
    def simplex(self) -> NDArray:
        return np.eye(self.classes) - 1 / self.classes

    def state(self, of_samples: float, of_labels: float) -> NDArray:
        return self.lowered.pack({X: of_samples * np.repeat(self.simplex, self.samples, axis=1), Y: of_labels * self.simplex})


def losses_on_simplex(rng, known: Lines, after: Lines):
    """The loss of all embeddings on a simplex: by the formula, by the cross-entropy at the frequencies, and lowered."""
    at = _numbers(rng)
    apart = rng.uniform(0.3, 2, 2)
    found = _RedrawnModel(at).losses(_RedrawnModel(at).state(*apart))[0]
    at[margin] = float(np.prod(apart))
    scores = rng.uniform(-1, 1) + np.array([at[margin], *np.zeros(at[K] - 1)])
    chances = [float(known[p].subs(at)) for p in (p_own, *[p_other] * (at[K] - 1))]
    yield float(after[L].subs(at)), found
    yield np.log(np.exp(scores).sum()) - np.dot(chances, scores), found


def slopes(rng, known: Lines, after: Lines):
    """Both velocities against differences of the loss, in the ratio of what moves: n(K - 1) of each amplitude's square."""
    at = _numbers(rng) | {u: float(rng.uniform(0.3, 1.5)), v: float(rng.uniform(0.3, 1.5))}
    energy = known[L].subs(margin, known[margin])
    for letter in (u, v):
        there, back = (float(energy.subs({**at, letter: at[letter] + step})) for step in (1e-5, -1e-5))
        yield float(after[dot(letter)].subs(at)) * at[n] * (at[K] - 1), (back - there) / 2e-5


def velocities_on_simplex(rng, mobility, after: Lines):
    """The velocities of all embeddings on a simplex, with mobilities that are a function of the degrees."""
    at = _numbers(rng)

    def own(degrees):
        values = np.diag(degrees).astype(float)
        found = np.diag(evaluate(mobility, Point({N_Z: len(degrees), D: mpf_array(values)}))).astype(float)
        return found[: -at[K]], found[-at[K] :]

    whole, apart = _RedrawnModel(at, own), rng.uniform(0.3, 1.5, 2)
    moved = [float(after[dot(a)].subs(at | dict(zip((u, v), apart, strict=True)))) for a in (u, v)]
    yield whole.state(*moved), whole.lowered.velocity(0, whole.state(*apart))


def resting_margins(rng, known: Lines, after: Lines):
    """That amplitudes rest at the margin, and grow at half of it where that is positive, which is where it is assumed and only
    there."""
    for fraction in rng.uniform(0.3, 1.2, 6):
        at = _numbers(rng) | {phi: float(fraction)}
        end = float(after[margin_end].subs(at))
        assumed = not known.violations(at)
        yield int(assumed), int(not after.violations({margin_end: end}))
        for letter, other in ((u, v), (v, u)):
            here, below = (at | {letter: 0.7, other: share * end / 0.7} for share in (1, 0.5))
            yield float(known[margin].subs(here)), end
            yield 1 + float(known[dot(letter)].subs(here)), 1
            if assumed:
                yield int(float(known[dot(letter)].subs(below)) > 0), 1


@cache
def _run_to_end(seed: int) -> tuple[dict, NDArray]:
    """The margins of each sample over each other label at the end of a run from a random start."""
    at: dict = {K: (2, 3, 4)[seed], n: 2, phi: (0.3, 0.5, 0.7)[seed]}
    whole = _RedrawnModel(at)
    run = simulate(
        models.softmax_classification(),
        whole.coupling,
        dimension=at[K],
        times=[0, 20_000],
        seed=seed,
        method="direct",
        solver="LSODA",
    )
    scores = run.end["X"].T @ run.end["Y"]
    own = np.repeat(np.eye(at[K]), at[n], axis=0) > 0
    return at, (scores[own][:, None] - scores)[~own]


def margins_of_runs(rng, formula):
    at, margins = _run_to_end(int(rng.integers(3)))
    yield np.full(len(margins), float(formula.subs(at))), margins


def entropies(rng, known: Lines, after: Lines):
    """The loss at the margin at rest, the least loss, and the entropy of the frequencies."""
    at = _numbers(rng)
    least = _least(known, after, at)
    yield float(known[L].subs(margin, known[margin_end]).subs(at)), least
    chances = [float(known[p].subs(at)) for p in (p_own, *[p_other] * (at[K] - 1))]
    yield -np.dot(chances, np.log(chances)), least


def _least(known: Lines, after: Lines, at: dict) -> float:
    return float(after[L_least].subs({p: known[p] for p in (p_own, p_other)}).subs(at))


def higher_losses(rng, known: Lines, after: Lines):
    """How often the loss of random embeddings is on the wrong side of the least one, which a little less is not on."""
    at = _numbers(rng)
    whole, least = _RedrawnModel(at), _least(known, after, at)
    for _ in range(20):
        found = float(whole.losses(0.5 * rng.standard_normal(whole.lowered.size))[0])
        yield len(after.violations({L: found, L_least: least})), 0
    yield len(after.violations({L: least - 1e-9, L_least: least})), 1
    yield len(after.violations({L: least, L_least: least})), 0


def dense_rates(rng, known: Lines, after: Lines):
    """The largest eigenvalue without embeddings, and on the simplex at rest that of the margin, among all of the Jacobian."""
    at = _numbers(rng)
    whole, of_samples = _RedrawnModel(at), float(rng.uniform(0.5, 2))
    yield float(after[s_zero].subs(at)), _dense_jacobian(whole, 0, 0)[1].max()
    here = at | {u: of_samples, v: float(known[margin_end].subs(at)) / of_samples}
    matrix, found = _dense_jacobian(whole, here[u], here[v])
    along = whole.state(here[v], here[u])
    yield matrix @ along, float(after[s_end].subs(here)) * along
    yield int(found.max() < 1e-9), 1


def _dense_jacobian(whole: _RedrawnModel, *amplitudes: float) -> tuple[NDArray, NDArray]:
    """The Jacobian of all embeddings, and the real parts of its eigenvalues."""
    matrix = whole.lowered.jacobian(0, whole.state(*amplitudes))
    return matrix, np.linalg.eigvals(matrix).real


def remainder_orders(rng, known: Lines, after: Lines):
    """The order in the fraction of what the leading order leaves out."""
    labels = int(rng.integers(2, 6))
    yield order_left_out(known[margin_end].subs(K, labels), after[margin_end].subs(K, labels), phi), 1
