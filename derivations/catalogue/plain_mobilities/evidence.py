"""Numbers that the derivation ``plain_mobilities`` is held against: dense quadratic eigenvalue problems, Jacobians and runs."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag, eigvals
from scipy.optimize import brentq, minimize_scalar

from derivations.catalogue.points import coupled_point
from derivations.lines import dot
from derivations.vocabulary import N_Z, A, D, H, Z, alpha, lam_max, lam_z, w, w_minus, w_plus
from theory import Coupling, models, simulate
from theory.coupling.heads import head_states
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, W, X, Y, beta, d, gamma, kappa, lam
from theory.simulation.resting import state_at_rest

# -- the flow ---------------------------------------------------------------------------------------------------------


def joined_point(rng) -> Point:
    """A random state of a coupled model, and the same with samples and labels side by side."""
    known = dict(coupled_point(rng).values)
    weights = known[J]
    rows, columns = weights.shape
    above = np.hstack([np.zeros((rows, rows), dtype=int), weights])
    whole = {Z: np.hstack([known[X], known[Y]]), A: np.vstack([above, np.hstack([weights.T, np.zeros((columns,) * 2, int)])])}
    whole |= {D: block_diag(known[D_x], known[D_y]), H: block_diag(known[H_x], known[H_y])}
    return Point(known | {N_Z: rows + columns} | {e: mpf_array(value) for e, value in whole.items()})


def whole_velocities(rng, moving):
    """The velocities of the model, samples and labels side by side."""
    at, flow = joined_point(rng), models.projection_head().stop_gradient_flow().velocity
    yield evaluate(moving[dot(Z)], at), np.hstack([evaluate(flow[block], at) for block in (X, Y)])
    yield evaluate(moving[dot(W)], at), evaluate(flow[W], at)


# -- one number as head -----------------------------------------------------------------------------------------------


def _draw_coupling(rng) -> Coupling:
    """Three labels, of which two samples each prefer one, with plain mobilities."""
    return Coupling(
        rng.uniform(0.05, 0.3, (6, 3)) + np.repeat(np.eye(3), 2, axis=0) * rng.uniform(0.5, 3, 3), mobility="uniform"
    )


def dense_matrices(coupling: Coupling) -> tuple[NDArray, NDArray, NDArray]:
    """Degrees, adjacency and inverse mobilities of all embeddings, dense."""
    data = {name: np.asarray(value, dtype=float) for name, value in coupling.data.items()}
    weights, size = data["J"], coupling.samples
    adjacency = np.zeros((size + coupling.labels,) * 2)
    adjacency[:size, size:], adjacency[size:, :size] = weights, weights.T
    inverse = 1 / np.concatenate([data["H_x"], data["H_y"]])
    return np.diag(np.concatenate([data["D_x"], data["D_y"]])), adjacency, np.diag(inverse)


def linearised_eigenvalues(coupling: Coupling, decay: float) -> NDArray:
    """All eigenvalues of the quadratic problem, from twice as many first-order equations."""
    degrees, adjacency, inverse = dense_matrices(coupling)
    unit, zero = np.eye(len(degrees)), np.zeros_like(degrees)
    return eigvals(np.block([[zero, unit], [-decay * inverse, adjacency]]), block_diag(unit, degrees))


def _positive_roots(roots: NDArray) -> NDArray:
    """The positive ones, ascending."""
    return np.sort(roots[(np.abs(roots.imag) < 1e-9) & (roots.real > 1e-9)].real)


def quadratic(parts, head: float, decay: float) -> NDArray:
    degrees, adjacency, inverse = parts
    return head**2 * degrees - head * adjacency + decay * inverse


@cache
def _run_to_end(seed: int):
    """The last embeddings (N + K,) and head of a run in one dimension."""
    rng = np.random.default_rng(seed)
    coupling = _draw_coupling(rng)
    rates = {"gamma": float(rng.uniform(0.1, 0.5)), "lambda": 0.05, "kappa": float(rng.uniform(0.03, 0.1))}
    run = simulate(
        models.projection_head(), coupling, dimension=1, times=[0, 1000], seed=seed, parameters=rates,
        initial={"W": [[1.0]]}, method="direct", solver="LSODA", rtol=1e-11, atol=1e-13,
    )  # fmt: skip
    last = run.end
    return coupling, rates, np.concatenate([last["X"][0], last["Y"][0]]), float(last["W"][0, 0])


def run_end(rng, zero, product):
    """The eigenvalue of the quadratic next to zero, and the sum of squares, at the end of a run."""
    coupling, rates, embeddings, head = _run_to_end(int(rng.integers(3)))
    parts = dense_matrices(coupling)
    values = np.linalg.eigvalsh(quadratic(parts, head, rates["lambda"]))
    yield 1 + float(zero), 1 + float(values[np.abs(values).argmin()])
    named = {gamma: rates["gamma"], lam: rates["lambda"], kappa: rates["kappa"], w: head}
    at = Point({d: 1, **{s: mpmath.mpf(v) for s, v in named.items()}})
    yield evaluate(product, at), np.array([[embeddings @ parts[2] @ embeddings]])


def existence_bounds(rng, form, zero, lines):
    """The quadratic form of a vector; roots, at which the determinant vanishes, by the quotients of their null vectors; and the
    largest decay, as the largest eigenvalue of wA − w²D in the metric of the inverse mobilities: the roots of the linearised
    problem end where the bound does."""
    coupling = _draw_coupling(rng)
    parts = degrees, adjacency, inverse = dense_matrices(coupling)
    root = np.diag(inverse) ** -0.5

    def bears(head: float):
        return np.linalg.eigh(root[:, None] * (head * adjacency - head**2 * degrees) * root)

    anything, size = rng.standard_normal(len(root)), float(rng.uniform(0, 1))
    at = _head_quotients(parts, anything) | {w: size, lam: 0.3}
    yield float(form.subs(at)), anything @ quadratic(parts, size, 0.3) @ anything / (anything @ degrees @ anything)
    best = minimize_scalar(lambda head: -bears(head)[0][-1], bounds=(0, 1), method="bounded", options={"xatol": 1e-10})
    largest = -best.fun
    yield float(lines[lam_z].subs(_head_quotients(parts, root * bears(best.x)[1][:, -1]))), largest
    for decay in (0.6 * largest, 0.999 * largest, 1.001 * largest):
        exist = int(len(_positive_roots(linearised_eigenvalues(coupling, decay))) > 0)
        yield int(not lines.violations({lam: decay, lam_max: largest})), exist
    found = _positive_roots(linearised_eigenvalues(coupling, largest / 2))
    for formula, head in ((lines[w_plus], found[-1]), (lines[w_minus], found[0])):
        null = np.linalg.eigh(quadratic(parts, head, largest / 2))
        z = null.eigenvectors[:, np.abs(null.eigenvalues).argmin()]
        yield 1 + float(zero), 1 + np.abs(null.eigenvalues).min()
        yield float(formula.subs(_head_quotients(parts, z)).subs(lam, largest / 2)), head


def equal_eigenvalues(rng, heads):
    """Where eigenvalues are alike: two equal components, and the class modes of three classes.  At the outer and at the inner
    root of the smallest and of the second eigenvalue the formulas hold, two eigenvalues cross, and the determinant keeps its
    sign."""
    pure, mobility = rng.uniform(0.5, 2, (3, 2)), (float(rng.uniform(0.5, 2)), float(rng.uniform(0.2, 1)))
    twins = Coupling(block_diag(pure, pure), mobility=mobility)
    classes = Coupling.uniform(classes=3, samples=12, fraction=0.25, mobility=mobility)
    for coupling, number in ((twins, 0), (classes, 1)):
        parts = dense_matrices(coupling)
        decay = 0.5 * _largest_decay(parts, number)
        for formula, root in zip(heads, _roots_of(parts, decay, number), strict=True):
            null = np.linalg.eigh(quadratic(parts, root, decay)).eigenvectors[:, number]
            yield float(formula.subs(_head_quotients(parts, null)).subs(lam, decay)), root
            sides = [quadratic(parts, f * root, decay) for f in (0.999, 1.001)]
            negative = [int(np.sum(np.linalg.eigvalsh(matrix) < 0)) for matrix in sides]
            yield sorted(negative), [number, number + 2]
            first, second = (int(np.linalg.slogdet(matrix)[0]) for matrix in sides)
            yield first, second


def _largest_decay(parts, number: int) -> float:
    """The largest decay at which so many eigenvalues, and one more, of the quadratic are not positive at some head."""
    degrees, adjacency, inverse = parts
    root = np.diag(inverse) ** -0.5

    def decay_at(head: float) -> float:
        return float(np.linalg.eigvalsh(root[:, None] * (head * adjacency - head**2 * degrees) * root)[-1 - number])

    return -minimize_scalar(lambda head: -decay_at(head), bounds=(0, 1), method="bounded").fun


def _roots_of(parts, decay: float, number: int) -> tuple[float, float]:
    """The largest and the smallest head at which an eigenvalue of the quadratic, counted from below, vanishes."""

    def value(head: float) -> float:
        return float(np.linalg.eigvalsh(quadratic(parts, head, decay))[number])

    inside = minimize_scalar(value, bounds=(0, 1), method="bounded").x
    return brentq(value, inside, 2, xtol=1e-14), brentq(value, 1e-9, inside, xtol=1e-14)


def _head_quotients(parts, z: NDArray) -> dict:
    degrees, adjacency, inverse = (float(z @ part @ z) for part in parts)
    return {alpha: adjacency / degrees, beta: inverse / degrees}


# -- two dimensions ---------------------------------------------------------------------------------------------------

WEIGHTS = np.array([[3, 1, 0], [1, 0, 0], [0, 2, 1], [0, 1, 2.0]])


def rest_balance(rng, line):
    """Both sides of the equation of the head at a state at rest, which is not symmetric."""
    coupling = Coupling(WEIGHTS + rng.uniform(0, 0.05, WEIGHTS.shape), mobility="uniform")
    state, reduction = state_at_rest(coupling, dimension=2, decay=0.05, head_decay=0.05, mobility=0.1), coupling.reduction
    links = np.asarray(reduction.links)
    adjacency = np.block([[np.zeros((len(links),) * 2), links], [links.T, np.zeros((links.shape[1],) * 2)]])
    own = np.diag(np.concatenate([reduction.sample_rates, reduction.label_rates]))
    values = {Z: state.felt, W: state.head, D: own, A: adjacency}
    at = Point(
        {d: 2, N_Z: len(own), gamma: mpmath.mpf(0.1), kappa: mpmath.mpf(0.05), **{e: mpf_array(v) for e, v in values.items()}}
    )
    yield evaluate(line.left, at), evaluate(line.right, at)
    yield int(np.abs(state.head - state.head.T).max() > 1e-4), 1


def asymmetry_orders(rng):
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
