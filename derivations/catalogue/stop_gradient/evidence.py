"""Numbers that the derivation ``stop_gradient`` is held against, each found without the formulas it checks."""

from __future__ import annotations

import mpmath
import numpy as np
from sympy import ImmutableMatrix, Trace

from derivations.catalogue.points import coupled_point, diagonal_matrix, measure_slope
from derivations.catalogue.whole import WholeModel, amplitudes, eigenmodes, integrate_states
from derivations.checks import count_violations, random_values, relation_holds
from derivations.closed_forms.reduced import shared_head
from derivations.lines import Lines, dot
from derivations.vocabulary import B_V, C_V, N_Z, P_W, Q_0, S_W, Q_t, R, V, det_W, mu_k, mu_matrix, psi_matrix, q_0, s, t, v_k
from theory import Coupling, models
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import H_x, H_y, K, N, W, X, Y, d, gamma, kappa, lam


def point_with_other_targets(rng: np.random.Generator) -> Point:
    """A random point at which the markers see other embeddings, so that it matters where they stand."""
    at = coupled_point(rng)
    return at.with_targets({b: random_values(rng, np.shape(at.values[b]), -2, 2) for b in (X, Y)})


def single_mode_point(rng: np.random.Generator) -> Point:
    """A point with a single mode, in both notations."""
    size, value = int(rng.integers(2, 4)), random_values(rng, (), -1, 1)
    amplitude, head = random_values(rng, (size, 1), -2, 2), random_values(rng, (size, size), -2, 2)
    return Point({d: size, N_Z: 1, V: amplitude, v_k: amplitude, W: head, mu_matrix: mpf_array([[value]]), mu_k: value})


def compare_parts(rng, conserved, velocities):
    """The change of the part of Q with the head, against the opposite change of the rest."""
    with mpmath.workdps(40):
        at = coupled_point(rng)
        speeds = {b: evaluate(velocity, at) for b, velocity in velocities.items()}
        head = [part for part in conserved.args if part.has(W)]
        rest = [part for part in conserved.args if not part.has(W)]
        yield sum(measure_slope(part, at, speeds) for part in head), -sum(measure_slope(part, at, speeds) for part in rest)


def follow_decay(rng, quantity, formula):
    """Q along a run with equal decays, against its formula."""
    whole = _DecayingRun(rng, 1.0)
    Q = [evaluate(quantity, whole.point(blocks)) for blocks in whole.course]
    for time, found in zip(whole.times, Q, strict=True):
        yield found, evaluate(formula, Point({d: 2, lam: whole.rate, t: time, Q_0: Q[0]}))


def follow_determinants(rng, premises, bound):
    """Squares of determinants below the bound, and signs that change, in a run with Q(0) positive definite: none.

    Without embeddings there is nothing beside Q, and the bound is reached at all times.
    """
    for size in (1.0, 0.0):
        whole = _DecayingRun(rng, size)
        values = {lam: float(whole.rate), d: 2, q_0: float(premises[q_0].xreplace({Q_0: ImmutableMatrix(whole.Q)}).doit())}
        bounds = np.array([float(bound.right.subs({**values, t: float(time)})) for time in whole.times])
        found = np.linalg.det([blocks[W] for blocks in whole.course])
        yield count_violations(found**2, bound, bounds, 1e-7) + int((np.sign(found) != np.sign(found[0])).sum()), 0
    yield found**2, bounds
    for time, blocks in zip(whole.times, whole.course, strict=True):
        at = Point({lam: whole.rate, t: time, Q_0: mpf_array(whole.Q)})
        yield blocks[W].T @ blocks[W], evaluate(premises[Q_t], at)


def compare_deleted_forces(rng, premises, after, part):
    """The difference of the velocities of all embeddings without and with stop-gradient, in modes, against all formulas."""
    seed = int(rng.integers(2**32))
    free, stopped = (WholeModel(np.random.default_rng(seed), stop) for stop in ("none", "both"))
    yield free.speeds - stopped.speeds, free.speeds_of(premises, part)
    yield free.speeds - stopped.speeds, evaluate(after[dot(V, part)], free.point())
    for number in range(len(free.mu)):
        yield (free.speeds - stopped.speeds)[:, [number]], evaluate(after[dot(v_k, part)], free.mode(number))


def count_resting(rng, assumption, velocity, rest):
    """Whether as many amplitudes have no velocity as no rest: with a head as assumed, and with one that is not."""
    for second in (rng.uniform(0.2, 1), 0.0):
        head, values = np.array([[rng.uniform(1, 2), rng.uniform(0.2, 1)], [0, second]]), rng.uniform(-1, 1, 2)
        at = {d: 2, N_Z: 2, W: mpf_array(head), mu_matrix: diagonal_matrix([mpmath.mpf(head[0, 0]), mpmath.mpf(values[1])])}
        ranks = [np.linalg.matrix_rank(_matrix_of(part, at)) for part in (velocity, rest)]
        yield int(not Lines([assumption]).violations({det_W: np.linalg.det(head)})), int(ranks[0] == ranks[1])


def _matrix_of(part, at) -> np.ndarray:
    """The matrix of an expression that is linear in the amplitudes, of a point without them."""
    basis = np.eye(4).reshape(4, 2, 2)
    return np.array([evaluate(part, Point({**at, V: mpf_array(one)})).reshape(-1) for one in basis], dtype=float)


def compare_surviving_modes(rng, whole, single):
    """Both sides of W V = V mu at the end of a run, and of W v_k = mu_k v_k for each surviving mode."""
    end = _ModalEnd(rng)
    yield evaluate(whole.left, end.point()), evaluate(whole.right, end.point())
    for number in end.survivors:
        at = Point(
            {d: end.size, v_k: mpf_array(end.amplitudes[:, [number]]), W: mpf_array(end.head), mu_k: mpmath.mpf(end.mu[number])}
        )
        yield evaluate(single.left, at), evaluate(single.right, at)


def count_survivors(rng, bound):
    """Whether any mode survives, and how many surviving correlations are no eigenvalue of the head, or too many: none.

    The bound is reached by modes along all eigenvectors of a head, beside which no other correlation survives.
    """
    end = _ModalEnd(rng)
    distinct = np.unique(np.round(end.mu[end.survivors], 6))
    eigenvalues = np.linalg.eigvals(end.head)
    strangers = sum(np.min(np.abs(eigenvalues - value)) > 1e-5 for value in distinct)
    yield int(len(distinct) > 0), 1
    yield (
        int(strangers) + count_violations(np.array([len(distinct)]), bound, np.array([float(bound.right.subs(d, end.size))])),
        0,
    )
    size, basis = int(rng.integers(2, 5)), rng.standard_normal((5, 5))
    values, vectors = rng.uniform(-1, 1, 5), basis[:size, :size]
    head = vectors @ np.diag(values[:size]) @ np.linalg.inv(vectors)
    surviving = sum(np.linalg.svd(head - m * np.eye(size))[1][-1] < 1e-9 for m in values)
    yield float(surviving), float(bound.right.subs(d, size))


def compare_residual_loss(rng, energy, rest, left, mass):
    """At the end of a run: both sides of W V = V mu; the loss of all embeddings, against that of modes and what is left."""
    end = _ModalEnd(rng)
    at = end.point()
    yield evaluate(rest.left, at), evaluate(rest.right, at)
    yield end.loss, evaluate(energy, at)
    yield end.loss, evaluate(left, at | {psi_matrix: evaluate(mass, at)})


def compare_unstable_heads(rng, premises, after):
    """Both sides of each line at a left eigenvector of the Jacobian at W = 0, its real eigenvalue the largest: of states with
    large and with small modes; and whether one without correlations, which is not as assumed, has no such eigenvalue."""
    for size in (1.0, 0.1):
        at = _zero_head(rng, size, premises[W])
        largest, P = _find_largest(premises, at)
        modes, m, rate = (np.array(at.values[key], dtype=float) for key in (V, mu_matrix, gamma))
        B, C = modes @ m @ m @ modes.T, modes @ modes.T
        inverse = np.linalg.inv(largest**2 * np.eye(2) + rate * largest * C)
        found = {B_V: B, C_V: C, R: inverse, P_W: P, S_W: P + P.T}
        here = at | {s: mpmath.mpf(largest), **{symbol: mpf_array(value) for symbol, value in found.items()}}
        yield int(relation_holds(largest, after.of(s)[0], float(after.of(s)[0].right))), 1
        for line in (*premises.of(V * mu_matrix * V.T), *after.of(*found)):
            yield 1 + evaluate(line.left, here), 1 + evaluate(line.right, here)
    for trace, state in ((np.trace(B), at), (0.0, at | {mu_matrix: diagonal_matrix([0] * 5)})):
        admissible = not premises.of(Trace(B_V)).violations({Trace(B_V): trace})
        yield int(admissible), int(_find_largest(premises, state)[0] > 1e-6)


def _find_largest(premises, at: Point) -> tuple[float, np.ndarray]:
    """The largest real eigenvalue of the Jacobian of the velocities of modes and head, and the head's part of its left
    eigenvector."""
    with mpmath.workdps(30):
        values, vectors = np.linalg.eig(_difference_jacobian([premises[dot(b)] for b in (V, W)], at).T)
    place = np.argmax(np.where(np.abs(values.imag) < 1e-9, values.real, -np.inf))
    return values[place].real, vectors[-4:, place].real.reshape(2, 2)


def _zero_head(rng, size: float, head) -> Point:
    """Two pairs of modes of a size that cancel along two directions, one that does not count, and a head that is zero."""
    positive, negative, along = rng.uniform(0.2, 1, 2), rng.uniform(0.2, 1, 2), size * rng.standard_normal((2, 3))
    columns = np.hstack([along[:, :2] / np.sqrt(positive), along[:, :2] / np.sqrt(negative), along[:, 2:]])
    values = [mpmath.mpf(m) for m in (*positive, *-negative, 0.0)]
    rest = {gamma: mpmath.mpf(rng.uniform(0.2, 2)), W: evaluate(head, Point({d: 2}))}
    return Point({d: 2, N_Z: 5, V: mpf_array(columns), mu_matrix: diagonal_matrix(values), **rest})


def _difference_jacobian(velocities, at: Point) -> np.ndarray:
    """The Jacobian of the velocities of modes and head, by central differences."""

    def shift_entry(block, entry):
        push = mpf_array(np.eye(1, at.values[block].size, entry).reshape(at.values[block].shape))
        return np.concatenate([np.reshape(measure_slope(v, at, {block: push}), -1) for v in velocities])

    return np.array([shift_entry(b, k) for b in (V, W) for k in range(at.values[b].size)], dtype=float).T


class _DecayingRun:
    """A run with equal decays and random mobilities: embeddings of a size, a head that makes Q(0) positive definite."""

    def __init__(self, rng: np.random.Generator, size: float):
        self.data = Coupling(rng.uniform(0.1, 1, (4, 3)), mobility=(rng.uniform(0.2, 2, 4), rng.uniform(0.2, 2, 3))).data
        self.rate, self.gamma = mpmath.mpf(rng.uniform(0.05, 0.3)), float(rng.uniform(0.2, 2))
        start = {b: size * rng.standard_normal((2, count)) for b, count in ((X, 4), (Y, 3))}
        metric = self.gamma * sum(Z / np.asarray(self.data[f"H_{b.name.lower()}"]) @ Z.T for b, Z in start.items())
        root, (turn, _) = rng.standard_normal((2, 2)), np.linalg.qr(rng.standard_normal((2, 2)))
        self.Q = root @ root.T
        flow = models.projection_head(stop="both").xreplace({kappa: lam}).stop_gradient_flow()
        lowered = flow.lower({**self.data, "gamma": self.gamma, "lambda": float(self.rate), "d": 2})
        times = np.array([0, 0.3, 2])
        self.times = [mpmath.mpf(time) for time in times]
        states = integrate_states(lowered, lowered.pack({**start, W: turn @ np.linalg.cholesky(self.Q + metric).T}), times)
        self.course = [lowered.unpack(state) for state in states]

    def point(self, blocks) -> Point:
        mobilities = {H: diagonal_matrix(self.data[H.name]) for H in (H_x, H_y)}
        state = {b: mpf_array(value) for b, value in blocks.items()}
        return Point({d: 2, N: 4, K: 3, gamma: mpmath.mpf(self.gamma), **mobilities, **state})


class _ModalEnd:
    """Modes and head at the end of a run with stop-gradient from a positive head."""

    def __init__(self, rng: np.random.Generator):
        coupling = Coupling(rng.uniform(0, 1, (6, 3)) ** 4 + 1e-3)
        self.size = 4
        loss = shared_head("both")
        lowered = loss.stop_gradient_flow().lower({**coupling.data, "gamma": 1 / coupling.total_weight, "d": self.size})
        start = lowered.pack({X: rng.standard_normal((4, 6)), Y: rng.standard_normal((4, 3)), W: np.eye(4)})
        state = integrate_states(lowered, start, [0, 1e4])[-1]
        end = lowered.unpack(state)
        self.loss = lowered.evaluate([loss.erased()])(state)[0]
        self.head = end[W]
        self.mu, vectors, degrees = eigenmodes(coupling)
        self.amplitudes = amplitudes(end[X], end[Y], degrees, vectors)

    @property
    def survivors(self):
        return np.flatnonzero(np.linalg.norm(self.amplitudes, axis=0) > 1e-3)

    def point(self) -> Point:
        correlations = diagonal_matrix([mpmath.mpf(m) for m in self.mu])
        blocks = {V: mpf_array(self.amplitudes), W: mpf_array(self.head), mu_matrix: correlations}
        return Point({d: self.size, N_Z: len(self.mu), **blocks})
