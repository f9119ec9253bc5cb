"""Numbers that the derivation ``stop_gradient`` is held against, each found without the formulas it checks."""

from __future__ import annotations

import mpmath
import numpy as np
from scipy.integrate import solve_ivp

from derivations.catalogue.points import coupled_point, diagonal
from derivations.catalogue.reduced import M, V, all_modes, mu, mu_k, mu_matrix, psi_k, shared_head, v, v_k, w
from derivations.checks import random_values
from derivations.evaluate import Point, array, evaluate
from theory import Coupling
from theory.flow import direction
from theory.models.vocabulary import H_x, H_y, W, X, Y, d, gamma
from theory.stopgrad import erase


def point_with_other_targets(rng: np.random.Generator) -> Point:
    """A random point at which the markers see other embeddings, so that it matters where they stand."""
    at = coupled_point(rng)
    return at.with_targets({b: random_values(rng, np.shape(at.values[b]), -2, 2) for b in (X, Y)})


def mode_point(rng: np.random.Generator) -> Point:
    """Random amplitudes, head and correlations."""
    size, count = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    return Point(
        {
            d: size,
            M: count,
            V: random_values(rng, (size, count), -2, 2),
            W: random_values(rng, (size, size), -2, 2),
            mu_matrix: diagonal(random_values(rng, (count,), -1, 1)),
            gamma: random_values(rng, (), 0.2, 2),
        }
    )


def single_mode_point(rng: np.random.Generator) -> Point:
    """A point with a single mode, in both notations."""
    size, value = int(rng.integers(2, 4)), random_values(rng, (), -1, 1)
    amplitude, head = random_values(rng, (size, 1), -2, 2), random_values(rng, (size, size), -2, 2)
    return Point({d: size, M: 1, V: amplitude, v_k: amplitude, W: head, mu_matrix: array([[value]]), mu_k: value})


def balance(rng, conserved, velocities):
    """The change of the part of Q with the head, against the opposite change of the rest."""
    with mpmath.workdps(40):
        at = coupled_point(rng)
        head = [part for part in conserved.args if part.has(W)]
        rest = [part for part in conserved.args if not part.has(W)]
        speeds = {b: evaluate(velocity, at) for b, velocity in zip((X, Y, W), velocities, strict=True)}
        yield sum(_slope(part, at, speeds) for part in head), -sum(_slope(part, at, speeds) for part in rest)


def asymmetry(rng, witness, velocities):
    """The curl form between X and Y by differences of the velocities, against the witness."""
    with mpmath.workdps(40):
        at = coupled_point(rng)
        dX, dY = (random_values(rng, np.shape(at.values[b]), -1, 1) for b in (X, Y))
        forwards = _slope(velocities[0], at, {Y: dY}) @ _inverse(at.values[H_x]) * dX
        backwards = _slope(velocities[1], at, {X: dX}) @ _inverse(at.values[H_y]) * dY
        directions = Point({**at.values, direction(X): dX, direction(Y, second=True): dY})
        yield forwards.sum() - backwards.sum(), evaluate(witness, directions)


def modes_of_the_whole(rng, energy, velocities):
    """Loss and velocities of all embeddings, turned into modes, against those of the modes."""
    whole = _Whole(rng, "both")
    at = whole.point()
    yield whole.loss, evaluate(erase(energy), at)
    yield whole.speeds, evaluate(velocities[0], at)
    yield whole.head_speed, evaluate(velocities[1], at)


def decay_without(rng, bound):
    """The change of half the square of each mode along the gradient flow of all embeddings, against its formula."""
    whole = _Whole(rng, "none")
    for number, value in enumerate(whole.mu):
        column = whole.amplitudes[:, [number]]
        at = Point({d: 2, v_k: array(column), W: array(whole.head), mu_k: mpmath.mpf(value), psi_k: 1 - mpmath.mpf(value) ** 2})
        yield whole.amplitudes[:, number] @ whole.speeds[:, number], evaluate(bound, at)


def surviving_modes(rng, whole, single):
    """At the end of a run: both sides of W V = V mu, and of W v_k = mu_k v_k for each surviving mode."""
    end = _End(rng)
    at = Point(
        {
            d: end.size,
            M: len(end.mu),
            V: array(end.amplitudes),
            W: array(end.head),
            mu_matrix: diagonal([mpmath.mpf(x) for x in end.mu]),
        }
    )
    yield evaluate(whole.left, at), evaluate(whole.right, at)
    for number in end.survivors:
        at = Point({d: end.size, v_k: array(end.amplitudes[:, [number]]), W: array(end.head), mu_k: mpmath.mpf(end.mu[number])})
        yield evaluate(single.left, at), evaluate(single.right, at)


def count_survivors(rng):
    """How many surviving correlations are no eigenvalue of the head, or more than d: none."""
    end = _End(rng)
    distinct = np.unique(np.round(end.mu[end.survivors], 6))
    eigenvalues = np.linalg.eigvals(end.head)
    strangers = sum(np.min(np.abs(eigenvalues - value)) > 1e-5 for value in distinct)
    yield int(strangers) + max(0, len(distinct) - end.size), 0


def scalar_modes(rng, velocities):
    """The scalar velocities, against those of the lowered mode flow with one mode in one dimension."""
    amplitude, head, value, rate = (float(x) for x in rng.uniform(0.2, 2, 4))
    lowered = all_modes().stop_gradient_flow().lower({mu_matrix: [[value]], "gamma": rate, "d": 1})
    found = lowered.velocity(0, np.array([amplitude, head]))
    yield [float(f.subs({v: amplitude, w: head, mu: value, gamma: rate})) for f in velocities], found


def final_amplitudes(rng, formula, flow, start):
    """The squared amplitude and the head at the end of an integration from a random start with a positive head."""
    value, rate, head = float(rng.uniform(0.3, 1)), float(rng.uniform(0.5, 2)), float(rng.uniform(0.1, 1.2))
    least = max(0.0, (head**2 - value**2) / rate)
    amplitude = float(np.sqrt(least + rng.uniform(0.1, 1)))
    lowered = flow.lower({"mu": value, "gamma": rate})
    end = solve_ivp(lowered.velocity, (0, 2000), [amplitude, head], rtol=1e-10, atol=1e-12, method="LSODA").y[:, -1]
    yield float(formula.subs({**dict(zip(start, (amplitude, head), strict=True)), mu: value, gamma: rate})), end[0] ** 2
    yield value, end[1]


class _Whole:
    """A random coupling with all its embeddings and their velocities, and the same in modes."""

    def __init__(self, rng: np.random.Generator, stop: str):
        coupling = Coupling(rng.uniform(0.1, 1, (4, 2)))
        self.mu, self.vectors, self.degrees = _eigenmodes(coupling)
        self.rate = float(rng.uniform(0.2, 2))
        loss = shared_head(stop)
        lowered = loss.stop_gradient_flow().lower({**coupling.data, "gamma": self.rate, "d": 2})
        state = rng.standard_normal(lowered.size)
        blocks, moved = lowered.unpack(state), lowered.unpack(lowered.velocity(0, state))
        self.loss = lowered.evaluate([loss.erased()])(state)[0]
        self.head, self.head_speed = blocks[W], moved[W]
        self.amplitudes, self.speeds = (_amplitudes(b[X], b[Y], self.degrees, self.vectors) for b in (blocks, moved))

    def point(self) -> Point:
        values = {V: array(self.amplitudes), W: array(self.head), mu_matrix: diagonal([mpmath.mpf(x) for x in self.mu])}
        return Point({d: 2, M: len(self.mu), gamma: mpmath.mpf(self.rate), **values})


class _End:
    """Modes and head at the end of a run with stop-gradient from a positive head."""

    def __init__(self, rng: np.random.Generator):
        coupling = Coupling(rng.uniform(0, 1, (6, 3)) ** 4 + 1e-3)
        self.size = 4
        lowered = (
            shared_head("both")
            .stop_gradient_flow()
            .lower({**coupling.data, "gamma": 1 / coupling.total_weight, "d": self.size})
        )
        start = lowered.pack({X: rng.standard_normal((4, 6)), Y: rng.standard_normal((4, 3)), W: np.eye(4)})
        end = lowered.unpack(solve_ivp(lowered.velocity, (0, 1e4), start, method="LSODA", rtol=1e-10, atol=1e-12).y[:, -1])
        self.head = end[W]
        self.mu, vectors, degrees = _eigenmodes(coupling)
        self.amplitudes = _amplitudes(end[X], end[Y], degrees, vectors)

    @property
    def survivors(self):
        return np.flatnonzero(np.linalg.norm(self.amplitudes, axis=0) > 1e-3)


def _eigenmodes(coupling):
    """Eigenvalues and eigenvectors of the normalised adjacency, and the degrees."""
    data, size = coupling.data, coupling.samples
    degrees = np.concatenate([data["D_x"], data["D_y"]])
    adjacency = np.zeros((len(degrees), len(degrees)))
    adjacency[:size, size:], adjacency[size:, :size] = data["J"], data["J"].T
    return *np.linalg.eigh(adjacency / np.sqrt(degrees[:, None] * degrees)), degrees


def _amplitudes(samples, labels, degrees, vectors):
    return np.concatenate([samples, labels], axis=1) * np.sqrt(degrees) @ vectors


def _slope(expression, at: Point, speeds):
    """The derivative of an expression along given speeds, by central differences at 40 digits."""
    step = mpmath.mpf(10) ** -12
    there, back = (Point({**at.values, **{b: at.values[b] + sign * step * s for b, s in speeds.items()}}) for sign in (1, -1))
    return (evaluate(expression, there) - evaluate(expression, back)) / (2 * step)


def _inverse(matrix):
    return array(mpmath.inverse(mpmath.matrix(matrix.tolist())).tolist())
