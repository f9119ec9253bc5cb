"""Numbers that modes of the derivation ``plain_mobilities`` are held against where samples have one rate and labels another."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from sympy import Poly, lambdify

# -- the flow ---------------------------------------------------------------------------------------------------------
from derivations.catalogue import whole
from derivations.catalogue.plain_mobilities.evidence import dense_matrices, linearised_eigenvalues, quadratic
from derivations.vocabulary import eta_y, mu, n, phi, rho_x, rho_y, w
from theory import Coupling, models
from theory.coupling.heads import head_states
from theory.models.vocabulary import K, W, X, Y, kappa, lam


def draw_member(rng) -> tuple[Coupling, dict]:
    """A coupling of either family with random or plain mobilities, and its rates and class correlation."""
    make = (Coupling.uniform, Coupling.pairs)[int(rng.integers(2))]
    own, label = rng.choice([1.0, rng.uniform(0.3, 2)], 2)
    coupling = make(classes=3, samples=12, fraction=0.25, mobility=(float(own), float(label)))
    return coupling, {rho_x: own, rho_y: 4 * label, mu: coupling.modes()[1], eta_y: label}


def _fold_decay(at) -> float:
    """The decay at which the discriminant of the quadratic in the square of the head vanishes."""
    one, other, correlation = (at[symbol] for symbol in (rho_x, rho_y, mu))
    return float(brentq(lambda x: one * other * correlation**2 - x * (one + other) - 2 * x * (one * other) ** 0.5, 0, 10))


def dense_roots(rng, zero, formula):
    """The roots of the formula in w, each as often as there are class modes; at each the determinant vanishes."""
    coupling, at = draw_member(rng)
    decay = float(rng.uniform(0.2, 0.9)) * _fold_decay(at)
    found = linearised_eigenvalues(coupling, decay)
    for head in np.roots([float(c) for c in Poly(formula.subs({**at, lam: decay}).expand(), w).all_coeffs()]):
        yield np.full(2, head.real), found[np.abs(found - head).argsort()[:2]].real
        yield 1 + float(zero), 1 + np.abs(np.linalg.eigvalsh(quadratic(dense_matrices(coupling), head.real, decay))).min()


def state_heads(rng, upper, lower):
    """The heads of all modes, common and class modes."""
    coupling, at = draw_member(rng)
    decay = float(rng.uniform(0.2, 0.9)) * _fold_decay(at)
    heads = head_states(coupling, decay).heads
    for formula, part in ((upper, heads[:3]), (lower, heads[3:])):
        yield np.sort([float(formula.subs({**at, mu: m, lam: decay})) for m in coupling.modes()]), np.sort(part**2)


def state_births(rng, heads, critical):
    """Just below the fold the upper state is stable in its sector and the lower one grows in one direction; above it there
    is none."""
    coupling, at = draw_member(rng)
    decay = float(critical.subs(at))
    yield [int(abs(complex(e.subs({**at, lam: 1.01 * decay})).imag) < 1e-9) for e in heads], [0, 0]
    found = [_dense_sector(coupling, at, float(e.subs({**at, lam: 0.9 * decay})), 0.9 * decay) for e in heads]
    yield [int(np.sum(matrix.real > 0)) for _, matrix in found], [0, 1]
    yield 1 + max(speed for speed, _ in found), 1.0


def sector_eigenvalues(rng, characteristic, root):
    """The eigenvalues at both heads, and how many of them grow: none at the upper one, one at the lower one."""
    coupling, at = draw_member(rng)
    decay = float(rng.uniform(0.2, 0.9)) * _fold_decay(at)
    middle = at[rho_x] * at[rho_y] * at[mu] ** 2 - decay * (at[rho_x] + at[rho_y])
    reach = (middle**2 - 4 * at[rho_x] * at[rho_y] * decay**2) ** 0.5
    for sign, growing in ((1, 0), (-1, 1)):
        square = (middle + sign * reach) / (2 * at[rho_x] * at[rho_y])
        values = {**at, lam: decay, kappa: 1.0, w: square**0.5}
        expected = np.roots([float(e) for e in Poly(characteristic.subs(values).expand(), root).all_coeffs()])
        _, found = _dense_sector(coupling, at, square, decay)
        yield np.poly(expected), np.poly(found).real
        yield growing, int(np.sum(found.real > 0))


def _dense_sector(coupling: Coupling, at, square: float, decay: float) -> tuple[float, NDArray]:
    """The speed at a state of a class mode in one dimension, and the eigenvalues of the dense Jacobian in its sector."""
    head, data = np.sqrt(square), coupling.data
    states = head_states(coupling, decay, mobility=1.0)
    labels = states.labels[np.abs(states.heads - head).argmin()]
    samples = head * data["H_x"] * (data["J"] @ labels) / (square * at[rho_x] + decay)
    flow = models.projection_head().stop_gradient_flow()
    lowered = flow.lower({**data, "d": 1, "gamma": 1.0, "lambda": decay, "kappa": 1.0})
    parts = {X: samples[None], Y: labels[None], W: np.array([[head]])}
    state, still = lowered.pack(parts), {block: np.zeros_like(value) for block, value in parts.items()}
    basis = np.stack([lowered.pack(still | {block: v / np.linalg.norm(v)}) for block, v in parts.items()], axis=1)
    inside = basis.T @ lowered.jacobian(0.0, state) @ basis
    return float(np.abs(lowered.velocity(0.0, state)).max()), np.linalg.eigvals(inside)


@cache
def _labels_at_end(seed: int):
    """Labels at the end of a run of uniform frustration with random mobilities, and its numbers."""
    rng = np.random.default_rng(seed)
    own, label = map(float, rng.uniform(0.5, 1.5, 2))
    coupling = Coupling.uniform(classes=3, samples=12, fraction=0.25, mobility=(own, label))
    found, rates = whole.head_at_rest(coupling, rng)
    return found, rates | {rho_x: own, rho_y: 4 * label, eta_y: label, w: head_states(coupling, rates[lam]).heads[1]}


def simplex_distances(rng, known, squared):
    """The squared distance of each two labels, and in how many dimensions they fit."""
    found, at = _labels_at_end(int(rng.integers(3)))
    yield from whole.simplex_distances(found, float(squared.subs(at)), known)


def critical_fractions(rng, frustrations, critical):
    """The frustration of couplings of both families; and the number of their heads on both sides of the decay at which
    their fraction is critical."""
    classes, pure = 3, int(rng.integers(1, 4))
    samples = classes * (pure + 2)
    share, size = 6 / samples, pure + 2
    for psi, border, make in zip(frustrations, critical, (Coupling.uniform, Coupling.pairs), strict=True):
        coupling = make(classes=classes, samples=samples, fraction=share, mobility="uniform")
        at = {phi: share, n: size, K: classes}
        yield np.full(2, float(psi.subs(at))), coupling.frustration()[1:]
        beyond = lambdify(lam, border.subs(at) - share)
        decay = brentq(beyond, 1e-6, 2)
        yield [len(head_states(coupling, f * decay).heads) for f in (0.999, 1.001)], [6, 2]
