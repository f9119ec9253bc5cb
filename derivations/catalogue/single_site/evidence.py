"""Numbers that the derivation ``single_site`` is held against: losses of all embeddings, sampled classes, the solvers."""

from __future__ import annotations

from functools import cache
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy.special import erf
from sympy import lambdify

from derivations.checks import random_values
from derivations.vocabulary import (
    N_Z,
    felt,
    g_of,
    m_j,
    mean_x,
    mean_z,
    mu_of,
    phi,
    w_by,
    w_dot,
    w_of_x,
    w_of_y,
    w_of_z,
    x_dot,
    zeta_K,
)
from theory.dmft import ERF, LINEAR, TANH, MeanFieldHead, SingleSite
from theory.dmft.single_site import Starts, mean_felt, start_quadrature
from theory.evaluate import Point, evaluate
from theory.models.component import w, x, y
from theory.models.vocabulary import K, gamma, kappa, lam

STEP = 1e-100  # of a complex step
CLASSES, PURE, FRUSTRATED, SIZE = 3, 3, 1, 2  # of the whole model: classes, samples of each, dimensions
FRACTION = FRUSTRATED / (PURE + FRUSTRATED)


def component_point(rng: np.random.Generator) -> Point:
    """A component, a head, a target and a decay."""
    return Point({name: random_values(rng, (), -2, 2) for name in (x, w, y)} | {lam: random_values(rng, (), 0.1, 1)})


def lowered_velocities(rng, found):
    """Velocities of a component and of the head, as the solver has them and by differences of the loss."""
    at = component_point(rng).values
    place, head, target, decay = (at[name] for name in (x, w, y, lam))
    for function, f in ((TANH, mpmath.tanh), (ERF, mpmath.erf)):
        moved = -mpmath.diff(lambda x, f=f: (f(head * x) - target) ** 2 / 2, place) - decay * place
        turned = -mpmath.diff(lambda w, f=f: (f(w * place) - target) ** 2 / 2, head)
        numbers = [float(number) for number in (place, head, target, decay)]
        yield function.velocities(*numbers), [moved, turned]
        if function is TANH:
            yield [evaluate(found[name], Point(at)) for name in (x_dot, w_by)], [moved, turned]


# -- all embeddings ---------------------------------------------------------------------------------------------------


class _UniformModel:
    """Embeddings of uniform couplings behind a multiple of the identity, and the derivatives of their loss."""

    def __init__(self, rng: np.random.Generator):
        self.labels = rng.standard_normal((SIZE, CLASSES))
        self.samples = rng.standard_normal((SIZE, CLASSES * (PURE + FRUSTRATED)))
        self.rates = dict(zip((gamma, lam, kappa), rng.uniform(0.1, 1, 3), strict=True))
        self.head, self.pure = float(rng.uniform(0.3, 1.5)), CLASSES * PURE
        owners = np.repeat(np.eye(CLASSES), PURE, axis=0)
        self.J = np.vstack([owners, np.full((CLASSES * FRUSTRATED, CLASSES), 1 / CLASSES)])

    def loss(self, head, samples, labels):
        """Half the squared distances of predictions from targets that stay, with the couplings as weights."""
        of_samples, of_labels = np.tanh(head @ samples), np.tanh(head @ labels)
        from_labels = (of_samples[:, :, None] - self.labels[:, None, :]) ** 2
        from_samples = (of_labels[:, None, :] - self.samples[:, :, None]) ** 2
        return np.sum(self.J * (from_labels + from_samples)) / 2

    def velocities(self):
        """Velocities of head, samples and labels: by complex steps, which subtract nothing."""
        blocks = [self.head * np.eye(SIZE), self.samples, self.labels]
        slopes = []
        for place, block in enumerate(blocks):
            found = np.zeros(block.shape)
            for index in np.ndindex(block.shape):
                moved = [b.astype(complex) for b in blocks]
                moved[place][index] += 1j * STEP
                found[index] = self.loss(*moved).imag / STEP
            slopes.append(found)
        head, samples, labels = slopes
        decay, degrees = self.rates[lam], (self.J.sum(axis=1), self.J.sum(axis=0))
        turned = -self.rates[gamma] / self.J.sum() * head - self.rates[kappa] * blocks[0]
        return turned, -samples / degrees[0] - decay * self.samples, -labels / degrees[1] - decay * self.labels

    def component(self, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Labels, pure samples of each, and frustrated samples."""
        row = self.samples[place]
        return self.labels[place], row[: self.pure].reshape(CLASSES, PURE), row[self.pure :]


def _of_each(formula, head, decay):
    """A velocity of components x against targets y, as a function of arrays of both."""
    return lambdify((x, y), formula.subs({w: head, lam: decay}), "numpy")


def whole_velocities(rng, known, found):
    """The diagonal of the head and the velocities of all embeddings, from those of components with means as targets."""
    model = _UniformModel(rng)
    turned, of_samples, of_labels = model.velocities()
    moved, turning = (_of_each(known[name], model.head, model.rates[lam]) for name in (x_dot, w_by))
    for place in range(SIZE):
        labels, pure, frustrated = model.component(place)
        means = [{phi: FRACTION, mean_x: one.mean(), mean_z: frustrated.mean()} for one in pure]
        targets = np.array([float(evaluate(found[felt], Point(at))) for at in means])
        kinds = ((w_of_y, labels, targets), (w_of_x, pure, labels[:, None]), (w_of_z, frustrated, labels.mean()))
        yield (
            np.concatenate([moved(at, y).ravel() for _, at, y in kinds]),
            np.concatenate([of_labels[place], of_samples[place]]),
        )
        at = {name: turning(values, target).mean() for name, values, target in kinds}
        yield evaluate(found[w_dot], Point({**at, **model.rates, phi: FRACTION, w: model.head})), turned[place, place]


def whole_solver(rng):
    """Velocities of the solver, and of all embeddings."""
    model = _UniformModel(rng)
    turned, samples, labels = model.velocities()
    solver = SingleSite(TANH, FRACTION, *(model.rates[rate] for rate in (gamma, lam, kappa)))
    for place in range(SIZE):
        parts = model.component(place)
        starts = Starts(*parts, *(np.full(part.shape[-1], 1 / part.shape[-1]) for part in parts))
        head, of_labels, pure, frustrated = solver.velocity(starts, np.array([model.head]), *parts)
        yield head, [turned[place, place]]
        yield np.concatenate([of_labels, pure.ravel(), frustrated]), np.concatenate([labels[place], samples[place]])


@cache
def _head_velocities(seed: int, classes=20, samples=400, draws=200) -> tuple[dict, list[NDArray]]:
    """Mobility, head, fraction and classes; mean velocities of a head by each kind of embedding, over draws of embeddings."""
    rng, size = np.random.default_rng(seed), 4
    rate, head = (float(number) for number in rng.uniform(0.5, 1.5, 2))
    fraction = float(rng.uniform(0, 1))

    def by(at, target):
        """Minus the mean of what comes through the head times each component."""
        through = 2 / np.sqrt(np.pi) * np.exp(-((head * at) ** 2)) * (erf(head * at) - target)
        return -through.reshape(size, -1) @ at.reshape(size, -1).T / at[0].size

    found = []
    for _ in range(draws):
        labels, pure, frustrated = (
            rng.standard_normal((size, *counts)) for counts in ((classes,), (classes, samples), (classes * samples,))
        )
        targets = mean_felt(fraction, pure.mean(axis=2), frustrated.mean(axis=1, keepdims=True))
        found.append((by(labels, targets), by(pure, labels[:, :, None]), by(frustrated, labels.mean(axis=1, keepdims=True))))
    return {gamma: rate, w: head, K: classes, phi: fraction}, [np.array(kind) for kind in zip(*found, strict=True)]


def off_diagonal(rng, known, found):
    """The mean square of what turns the head off the diagonal at the start, where its entries are zero."""
    at, means = _head_velocities(int(rng.integers(3)))
    turned = lambdify((w_of_y, w_of_x, w_of_z), known[w_dot].subs(w, 0).subs(at), "numpy")(*means)
    yield evaluate(found[zeta_K], Point(at)), float(np.mean(turned[:, ~np.eye(turned.shape[1], dtype=bool)] ** 2))


def grown_modes(rng: np.random.Generator) -> Point:
    """A fraction, a head and its rates, and how three modes have grown."""
    numbers = {name: random_values(rng, (), 0.1, 0.9) for name in (phi, w, gamma, kappa)}
    return Point(numbers | {N_Z: 3, g_of: random_values(rng, (3, 1), 0.2, 2)})


# -- solvers ----------------------------------------------------------------------------------------------------------


def linear_heads(rng, found):
    """The head of single sites with a linear function, and of modes."""
    at, time = {phi: float(rng.uniform(0, 1))}, [0.5]
    rates: dict[str, Any] = {"gamma": float(rng.uniform(0.3, 2)), "lam": 0.1, "kappa": 0.2, "w0": 0.8}
    modes = [tuple(float(evaluate(found[name[j, 0]], Point(at))) for name in (mu_of, m_j)) for j in range(3)]
    head = MeanFieldHead([(correlation, mass, 1.0) for correlation, mass in modes], **rates)
    yield head.trajectory(time).head, SingleSite(LINEAR, at[phi], **rates).trajectory(time).head


def _draw_start(rng: np.random.Generator) -> dict:
    return {name: float(rng.uniform(0.2, 1)) for name in (phi, gamma, kappa, w)}


def gaussian_means(rng, before, after):
    """The velocity of the head at the start, from its means over normal starts."""
    at = _draw_start(rng)

    def integrand(place):
        value = mpmath.erf(at[w] * place)
        slope = 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-((at[w] * place) ** 2))
        return -value * slope * place * mpmath.npdf(place)

    mean = 2 * mpmath.quad(integrand, [0, 1, 3, 12])
    means = dict.fromkeys((w_of_x, w_of_y, w_of_z), mean)
    yield evaluate(before[w_dot], Point(at | means)), evaluate(after[w_dot], Point(at))


def first_velocities(rng, found):
    """The velocity of the head at the start, from the nodes of the solver."""
    at = _draw_start(rng)
    solver, starts = SingleSite(ERF, at[phi], at[gamma], 0.0, at[kappa]), start_quadrature(64)
    velocity, *_ = solver.velocity(starts, np.array([at[w]]), starts.labels, starts.pure, starts.frustrated)
    yield [evaluate(found[w_dot], Point(at))], velocity
