"""Numbers that the derivation ``plain_mobilities`` is held against: dense quadratic eigenvalue problems, Jacobians and runs."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag, eigvals
from scipy.optimize import brentq, minimize_scalar
from sympy import Poly, lambdify

from derivations.catalogue.points import coupled_point
from derivations.evaluate import Point, array, evaluate
from derivations.lines import dot
from derivations.vocabulary import (
    N_Z,
    A,
    D,
    H,
    Z,
    alpha,
    eta_y,
    lam_max,
    lam_z,
    mu,
    n,
    phi,
    rho_x,
    rho_y,
    w,
    w_minus,
    w_plus,
)
from theory import Coupling, models, simulate
from theory.coupling.heads import head_states
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, W, X, Y, beta, d, gamma, kappa, lam
from theory.simulation.resting import state_at_rest

# -- the flow ---------------------------------------------------------------------------------------------------------


def point(rng) -> Point:
    """A random state of a coupled model, and the same with samples and labels side by side."""
    known = dict(coupled_point(rng).values)
    weights = known[J]
    rows, columns = weights.shape
    above = np.hstack([np.zeros((rows, rows), dtype=int), weights])
    whole = {Z: np.hstack([known[X], known[Y]]), A: np.vstack([above, np.hstack([weights.T, np.zeros((columns,) * 2, int)])])}
    whole |= {D: block_diag(known[D_x], known[D_y]), H: block_diag(known[H_x], known[H_y])}
    return Point(known | {N_Z: rows + columns} | {e: array(value) for e, value in whole.items()})


def whole(rng, moving):
    """The velocities of the model, samples and labels side by side."""
    at, flow = point(rng), models.projection_head().stop_gradient_flow().velocity
    yield evaluate(moving[dot(Z)], at), np.hstack([evaluate(flow[block], at) for block in (X, Y)])
    yield evaluate(moving[dot(W)], at), evaluate(flow[W], at)


# -- one number as head -----------------------------------------------------------------------------------------------


def _coupling(rng) -> Coupling:
    """Three labels, of which two samples each prefer one, with plain mobilities."""
    return Coupling(
        rng.uniform(0.05, 0.3, (6, 3)) + np.repeat(np.eye(3), 2, axis=0) * rng.uniform(0.5, 3, 3), mobility="uniform"
    )


def matrices(coupling: Coupling) -> tuple[NDArray, NDArray, NDArray]:
    """Degrees, adjacency and inverse mobilities of all embeddings, dense."""
    data = {name: np.asarray(value, dtype=float) for name, value in coupling.data.items()}
    weights, size = data["J"], coupling.samples
    adjacency = np.zeros((size + coupling.labels,) * 2)
    adjacency[:size, size:], adjacency[size:, :size] = weights, weights.T
    inverse = 1 / np.concatenate([data["H_x"], data["H_y"]])
    return np.diag(np.concatenate([data["D_x"], data["D_y"]])), adjacency, np.diag(inverse)


def linearised(coupling: Coupling, decay: float) -> NDArray:
    """All eigenvalues of the quadratic problem, from twice as many first-order equations."""
    degrees, adjacency, inverse = matrices(coupling)
    unit, zero = np.eye(len(degrees)), np.zeros_like(degrees)
    return eigvals(np.block([[zero, unit], [-decay * inverse, adjacency]]), block_diag(unit, degrees))


def _real(roots: NDArray) -> NDArray:
    """The positive ones, ascending."""
    return np.sort(roots[(np.abs(roots.imag) < 1e-9) & (roots.real > 1e-9)].real)


def _quadratic(parts, head: float, decay: float) -> NDArray:
    degrees, adjacency, inverse = parts
    return head**2 * degrees - head * adjacency + decay * inverse


@cache
def _end(seed: int):
    """The last embeddings (N + K,) and head of a run in one dimension."""
    rng = np.random.default_rng(seed)
    coupling = _coupling(rng)
    rates = {"gamma": float(rng.uniform(0.1, 0.5)), "lambda": 0.05, "kappa": float(rng.uniform(0.03, 0.1))}
    run = simulate(
        models.projection_head(), coupling, dimension=1, times=[0, 1000], seed=seed, parameters=rates,
        initial={"W": [[1.0]]}, method="direct", solver="LSODA", rtol=1e-11, atol=1e-13,
    )  # fmt: skip
    last = run.end
    return coupling, rates, np.concatenate([last["X"][0], last["Y"][0]]), float(last["W"][0, 0])


def end_of_a_run(rng, zero, product):
    """The eigenvalue of the quadratic next to zero, and the sum of squares, at the end of a run."""
    coupling, rates, embeddings, head = _end(int(rng.integers(3)))
    parts = matrices(coupling)
    values = np.linalg.eigvalsh(_quadratic(parts, head, rates["lambda"]))
    yield 1 + float(zero), 1 + float(values[np.abs(values).argmin()])
    named = {gamma: rates["gamma"], lam: rates["lambda"], kappa: rates["kappa"], w: head}
    at = Point({d: 1, **{s: mpmath.mpf(v) for s, v in named.items()}})
    yield evaluate(product, at), np.array([[embeddings @ parts[2] @ embeddings]])


def existence(rng, form, zero, lines):
    """The quadratic form of a vector; roots, at which the determinant vanishes, by the quotients of their null vectors; and the
    largest decay, as the largest eigenvalue of wA − w²D in the metric of the inverse mobilities: the roots of the linearised
    problem end where the bound does."""
    coupling = _coupling(rng)
    parts = degrees, adjacency, inverse = matrices(coupling)
    root = np.diag(inverse) ** -0.5

    def bears(head: float):
        return np.linalg.eigh(root[:, None] * (head * adjacency - head**2 * degrees) * root)

    anything, size = rng.standard_normal(len(root)), float(rng.uniform(0, 1))
    at = _quotients(parts, anything) | {w: size, lam: 0.3}
    yield float(form.subs(at)), anything @ _quadratic(parts, size, 0.3) @ anything / (anything @ degrees @ anything)
    best = minimize_scalar(lambda head: -bears(head)[0][-1], bounds=(0, 1), method="bounded", options={"xatol": 1e-10})
    largest = -best.fun
    yield float(lines[lam_z].subs(_quotients(parts, root * bears(best.x)[1][:, -1]))), largest
    for decay in (0.6 * largest, 0.999 * largest, 1.001 * largest):
        exist = int(len(_real(linearised(coupling, decay))) > 0)
        yield int(not lines.violated({lam: decay, lam_max: largest})), exist
    found = _real(linearised(coupling, largest / 2))
    for formula, head in ((lines[w_plus], found[-1]), (lines[w_minus], found[0])):
        null = np.linalg.eigh(_quadratic(parts, head, largest / 2))
        z = null.eigenvectors[:, np.abs(null.eigenvalues).argmin()]
        yield 1 + float(zero), 1 + np.abs(null.eigenvalues).min()
        yield float(formula.subs(_quotients(parts, z)).subs(lam, largest / 2)), head


def alike(rng, heads):
    """Where eigenvalues are alike: two equal components, and the class modes of three classes.  At the outer and at the inner
    root of the smallest and of the second eigenvalue the formulas hold, two eigenvalues cross, and the determinant keeps its
    sign."""
    pure, mobility = rng.uniform(0.5, 2, (3, 2)), (float(rng.uniform(0.5, 2)), float(rng.uniform(0.2, 1)))
    twins = Coupling(block_diag(pure, pure), mobility=mobility)
    classes = Coupling.uniform(classes=3, samples=12, fraction=0.25, mobility=mobility)
    for coupling, number in ((twins, 0), (classes, 1)):
        parts = matrices(coupling)
        decay = 0.5 * _largest(parts, number)
        for formula, root in zip(heads, _roots_of(parts, decay, number), strict=True):
            null = np.linalg.eigh(_quadratic(parts, root, decay)).eigenvectors[:, number]
            yield float(formula.subs(_quotients(parts, null)).subs(lam, decay)), root
            sides = [_quadratic(parts, f * root, decay) for f in (0.999, 1.001)]
            negative = [int(np.sum(np.linalg.eigvalsh(matrix) < 0)) for matrix in sides]
            yield sorted(negative), [number, number + 2]
            first, second = (int(np.linalg.slogdet(matrix)[0]) for matrix in sides)
            yield first, second


def _largest(parts, number: int) -> float:
    """The largest decay at which so many eigenvalues, and one more, of the quadratic are not positive at some head."""
    degrees, adjacency, inverse = parts
    root = np.diag(inverse) ** -0.5

    def borne(head: float) -> float:
        return float(np.linalg.eigvalsh(root[:, None] * (head * adjacency - head**2 * degrees) * root)[-1 - number])

    return -minimize_scalar(lambda head: -borne(head), bounds=(0, 1), method="bounded").fun


def _roots_of(parts, decay: float, number: int) -> tuple[float, float]:
    """The largest and the smallest head at which an eigenvalue of the quadratic, counted from below, vanishes."""

    def value(head: float) -> float:
        return float(np.linalg.eigvalsh(_quadratic(parts, head, decay))[number])

    inside = minimize_scalar(value, bounds=(0, 1), method="bounded").x
    return brentq(value, inside, 2, xtol=1e-14), brentq(value, 1e-9, inside, xtol=1e-14)


def _quotients(parts, z: NDArray) -> dict:
    degrees, adjacency, inverse = (float(z @ part @ z) for part in parts)
    return {alpha: adjacency / degrees, beta: inverse / degrees}


# -- equal rates ------------------------------------------------------------------------------------------------------


def member(rng) -> tuple[Coupling, dict]:
    """A coupling of either family with random or plain mobilities, and its rates and class correlation."""
    make = (Coupling.uniform, Coupling.pairs)[int(rng.integers(2))]
    own, label = rng.choice([1.0, rng.uniform(0.3, 2)], 2)
    coupling = make(classes=3, samples=12, fraction=0.25, mobility=(float(own), float(label)))
    return coupling, {rho_x: own, rho_y: 4 * label, mu: coupling.modes()[1], eta_y: label}


def _fold(at) -> float:
    """The decay at which the discriminant of the quadratic in the square of the head vanishes."""
    one, other, correlation = (at[symbol] for symbol in (rho_x, rho_y, mu))
    return float(brentq(lambda x: one * other * correlation**2 - x * (one + other) - 2 * x * (one * other) ** 0.5, 0, 10))


def dense_roots(rng, zero, formula):
    """The roots of the formula in w, each as often as there are class modes; at each the determinant vanishes."""
    coupling, at = member(rng)
    decay = float(rng.uniform(0.2, 0.9)) * _fold(at)
    found = linearised(coupling, decay)
    for head in np.roots([float(c) for c in Poly(formula.subs({**at, lam: decay}).expand(), w).all_coeffs()]):
        yield np.full(2, head.real), found[np.abs(found - head).argsort()[:2]].real
        yield 1 + float(zero), 1 + np.abs(np.linalg.eigvalsh(_quadratic(matrices(coupling), head.real, decay))).min()


def states(rng, upper, lower):
    """The heads of all modes, common and class modes."""
    coupling, at = member(rng)
    decay = float(rng.uniform(0.2, 0.9)) * _fold(at)
    heads = head_states(coupling, decay).heads
    for formula, part in ((upper, heads[:3]), (lower, heads[3:])):
        yield np.sort([float(formula.subs({**at, mu: m, lam: decay})) for m in coupling.modes()]), np.sort(part**2)


def births(rng, heads, critical):
    """Just below the fold the upper state is stable in its sector and the lower one grows in one direction; above it there
    is none."""
    coupling, at = member(rng)
    decay = float(critical.subs(at))
    yield [int(abs(complex(e.subs({**at, lam: 1.01 * decay})).imag) < 1e-9) for e in heads], [0, 0]
    found = [_sector(coupling, at, float(e.subs({**at, lam: 0.9 * decay})), 0.9 * decay) for e in heads]
    yield [int(np.sum(matrix.real > 0)) for _, matrix in found], [0, 1]
    yield 1 + max(speed for speed, _ in found), 1.0


def sector(rng, characteristic, root):
    """The eigenvalues at both heads, and how many of them grow: none at the upper one, one at the lower one."""
    coupling, at = member(rng)
    decay = float(rng.uniform(0.2, 0.9)) * _fold(at)
    middle = at[rho_x] * at[rho_y] * at[mu] ** 2 - decay * (at[rho_x] + at[rho_y])
    reach = (middle**2 - 4 * at[rho_x] * at[rho_y] * decay**2) ** 0.5
    for sign, growing in ((1, 0), (-1, 1)):
        square = (middle + sign * reach) / (2 * at[rho_x] * at[rho_y])
        values = {**at, lam: decay, kappa: 1.0, w: square**0.5}
        expected = np.roots([float(e) for e in Poly(characteristic.subs(values).expand(), root).all_coeffs()])
        _, found = _sector(coupling, at, square, decay)
        yield np.poly(expected), np.poly(found).real
        yield growing, int(np.sum(found.real > 0))


def _sector(coupling: Coupling, at, square: float, decay: float) -> tuple[float, NDArray]:
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
def _labels(seed: int):
    """Labels at the end of a run of uniform frustration with random mobilities, and its numbers."""
    rng = np.random.default_rng(seed)
    own, label = rng.uniform(0.5, 1.5, 2)
    coupling = Coupling.uniform(classes=3, samples=12, fraction=0.25, mobility=(float(own), float(label)))
    rates = {"gamma": 0.02 * float(rng.uniform(0.5, 2)), "lambda": 0.05, "kappa": 0.05 * float(rng.uniform(0.5, 2))}
    run = simulate(
        models.projection_head(), coupling, dimension=4, times=[0, 1500], seed=seed, parameters=rates,
        initial={"W": np.eye(4)}, solver="LSODA",
    )  # fmt: skip
    known = {rho_x: own, rho_y: 4 * label, eta_y: label, gamma: rates["gamma"], lam: rates["lambda"], kappa: rates["kappa"]}
    return run.labels[-1], known | {w: head_states(coupling, 0.05).heads[1]}


def simplex(rng, known, squared):
    """The squared distance of each two labels, and in how many dimensions they fit."""
    found, at = _labels(int(rng.integers(3)))
    first, second = np.triu_indices(3, 1)
    yield np.full(3, float(squared.subs(at))), np.sum((found[:, first] - found[:, second]) ** 2, axis=0)
    needed = np.linalg.matrix_rank(found - found.mean(axis=1, keepdims=True), tol=1e-4)
    for dimension in range(1, 5):
        yield int(not known.violated({d: dimension, K: 3})), int(needed <= dimension)


def fractions(rng, frustrations, critical):
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


# -- two dimensions ---------------------------------------------------------------------------------------------------

WEIGHTS = np.array([[3, 1, 0], [1, 0, 0], [0, 2, 1], [0, 1, 2.0]])


def at_rest(rng, line):
    """Both sides of the equation of the head at a state at rest, which is not symmetric."""
    coupling = Coupling(WEIGHTS + rng.uniform(0, 0.05, WEIGHTS.shape), mobility="uniform")
    state, reduction = state_at_rest(coupling, dimension=2, decay=0.05, head_decay=0.05, mobility=0.1), coupling.reduction
    links = np.asarray(reduction.links)
    adjacency = np.block([[np.zeros((len(links),) * 2), links], [links.T, np.zeros((links.shape[1],) * 2)]])
    own = np.diag(np.concatenate([reduction.sample_rates, reduction.label_rates]))
    values = {Z: state.felt, W: state.head, D: own, A: adjacency}
    at = Point(
        {d: 2, N_Z: len(own), gamma: mpmath.mpf(0.1), kappa: mpmath.mpf(0.05), **{e: array(v) for e, v in values.items()}}
    )
    yield evaluate(line.left, at), evaluate(line.right, at)
    yield int(np.abs(state.head - state.head.T).max() > 1e-4), 1


def orders(rng):
    """The observed orders, in the distance of the mobilities from the inverse degrees, of what is not symmetric in the head and
    of the distance of its eigenvalues from the roots of the determinant."""
    weights = WEIGHTS + rng.uniform(0, 0.05, WEIGHTS.shape)
    found = []
    for power in (0.004, 0.002):
        mobilities = weights.sum(axis=1) ** (power - 1), weights.sum(axis=0) ** (power - 1)
        coupling = Coupling(weights, mobility=mobilities)
        head = state_at_rest(coupling, dimension=2, decay=0.05, head_decay=0.05, mobility=0.1).head
        roots = head_states(coupling, 0.05).heads
        gaps = np.abs(np.linalg.eigvals(head)[:, None] - roots).min(axis=1)
        found.append([np.abs(head - head.T).max(), gaps.max()])
    yield np.log2(np.array(found[0]) / found[1]), [1, 2]
