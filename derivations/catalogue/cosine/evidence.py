"""Numbers that the derivation ``cosine`` is held against: all embeddings, their runs and their dense Jacobians."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
from numpy.typing import NDArray

from derivations.catalogue.directions import CosineModel, ring, turned_ring
from derivations.catalogue.points import coupled_point, diagonal_matrix, measure_slope
from derivations.catalogue.whole import eigenmodes
from derivations.lines import Lines, dot
from derivations.vocabulary import (
    N_Z,
    A,
    C_xy,
    D,
    H,
    L,
    alpha,
    bend,
    clock,
    dZ,
    fall_x,
    i,
    j,
    mass,
    mu_k,
    rate_k,
    s_out,
    s_ring,
    square_x,
    square_x0,
    t,
)
from theory import Coupling
from theory.coupling.directions import unit_columns
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, X, Y, d, lam


def lengths(rng, known: Lines, after: Lines):
    """The change of the square of each length, by the velocities and by its formula."""
    with mpmath.workdps(40):
        at = coupled_point(rng)
        for block in (X, Y):
            moved = evaluate(known[dot(block)], at)
            for column, speed in zip(at.values[block].T, moved.T, strict=True):
                square = Point({lam: at.values[lam], square_x: column @ column})
                yield 2 * column @ speed, evaluate(after[fall_x], square)


def clocks(rng, after: Lines):
    """Directions and lengths of a run with decay, against those of a run without at the time of their clock."""
    coupling, decay, time = Coupling(rng.uniform(0.1, 1, (3, 2))), float(rng.uniform(0.05, 0.2)), float(rng.uniform(3, 6))
    start = rng.standard_normal((3, 5))
    at = {lam: decay, t: time}
    (_, late), (_, still) = (
        CosineModel(coupling, 3, rate).course(start, [0, end])
        for rate, end in ((decay, time), (0.0, float(after[clock].subs(at))))
    )
    yield unit_columns(late), unit_columns(still)
    squares = (start**2).sum(axis=0)
    yield [float(after[square_x].subs(at | {square_x0: s})) for s in squares], (late**2).sum(axis=0)


class _Aligned:
    """All embeddings along one direction with random lengths and mobilities, and displacements of their unit vectors."""

    def __init__(self, rng: np.random.Generator, even: bool = False):
        weights = rng.uniform(0.1, 1, (3, 2))
        self.sizes = np.ones(5) if even else rng.uniform(0.5, 2, 5)
        own = rng.uniform(0.5, 2, 5)
        self.model = CosineModel(Coupling(weights, **({} if even else {"mobility": (own[:3], own[3:])})), 3)
        self.degrees = self.model.adjacency.sum(axis=0)
        self.mobility = (1 / self.degrees if even else own) / self.sizes**2
        self.common = unit_columns(rng.standard_normal((3, 1)))
        self.embeddings = self.common * self.sizes
        across = rng.standard_normal((3, 5))
        self.turned = across - self.common * (self.common.T @ across)

    def point(self) -> Point:
        """What lines on displacements are evaluated at."""
        return Point(
            {N_Z: 5, d: 3, A: mpf_array(self.model.adjacency), D: diagonal_matrix(self.degrees), mass: self.model.mass}
            | {H: diagonal_matrix(self.mobility), dZ: mpf_array(self.turned)}
        )


def displacements(rng, known: Lines, after: Lines):
    """How displacements of unit vectors move, by differences of the velocities and by their formula."""
    with mpmath.workdps(40):
        case = _Aligned(rng)
        data, decay = case.model.coupling.data, mpmath.mpf(1) / 8
        whole = {N: 3, K: 2, d: 3, lam: decay, J: mpf_array(data["J"])} | {
            matrix: diagonal_matrix([mpmath.mpf(v) for v in np.asarray(data[matrix.name])]) for matrix in (D_x, D_y, H_x, H_y)
        }
        at = Point(whole | _split(mpf_array(case.common) * _exact(case.sizes)))
        along = _split(_across(case) * _exact(case.sizes))
        moved = np.concatenate([measure_slope(known[dot(b)], at, along) for b in (X, Y)], axis=1) / _exact(case.sizes)
        yield moved + decay * _across(case), evaluate(after[dot(dZ)], case.point())


def _exact(values: NDArray) -> NDArray:
    return np.array([mpmath.mpf(v) for v in values], dtype=object)


def _across(case: _Aligned) -> NDArray:
    return mpf_array(case.turned)


def _split(embeddings: NDArray) -> dict:
    return {X: embeddings[:, :3], Y: embeddings[:, 3:]}


def dense_displacements(rng, after: Lines):
    case = _Aligned(rng)
    moved = case.model.slope(case.embeddings, case.turned * case.sizes) / case.sizes
    yield evaluate(after[dot(dZ)], case.point()), moved


def modes_of_angles(rng, known: Lines, after: Lines):
    """Each mode of a coupling as displacements, whose velocity is a multiple of them."""
    case = _Aligned(rng, even=True)
    correlations, vectors, degrees = eigenmodes(case.model.coupling)
    at = case.point()
    own = evaluate(known[H], at)
    across = np.linalg.svd(case.common.T)[2][1]
    for correlation, vector in zip(correlations, vectors.T, strict=True):
        turned = np.outer(across, vector / np.sqrt(degrees))
        moved = evaluate(known[dot(dZ)], Point({**at.values, H: own, dZ: mpf_array(turned)}))
        yield (1 + _rate(after, correlation, case)) * turned, turned - moved


def _rate(lines: Lines, correlation: float, case: _Aligned) -> float:
    return float(lines[rate_k].subs({mu_k: correlation, mass: case.model.mass}))


def dense_rates(rng, after: Lines):
    """All eigenvalues at the aligned state: each mode in each direction across, and one zero for each length."""
    case = _Aligned(rng, even=True)
    correlations, *_ = eigenmodes(case.model.coupling)
    yield np.sort([*(2 * [-_rate(after, c, case) for c in correlations]), *[0.0] * 5]), case.model.eigenvalues(case.embeddings)


def bent_losses(rng, known: Lines, after: Lines):
    """Second differences of the loss along great circles towards each direction of a basis, summed, and their formula."""
    with mpmath.workdps(40):
        at = coupled_point(rng)
        at = Point({**at.values, **{b: _unit(at.values[b]) for b in (X, Y)}})
        basis = np.eye(at.values[d], dtype=int)
        bent = mpmath.fsum(_second_difference(known[L], at, basis[:, [axis]]) for axis in range(at.values[d]))
        yield bent, evaluate(after[bend], Point({**at.values, C_xy: evaluate(known[C_xy], at)}))


def _unit(embeddings: NDArray) -> NDArray:
    return embeddings / np.array([mpmath.sqrt(z @ z) for z in embeddings.T], dtype=object)


def _second_difference(loss, at: Point, towards: NDArray):
    step = mpmath.mpf(10) ** -10

    def turned(embeddings: NDArray, angle) -> NDArray:
        """Each unit vector along its great circle towards a direction, at the speed of its part across."""
        across = towards - embeddings * (towards.T @ embeddings)
        speeds = [mpmath.sqrt(a @ a) for a in across.T]
        columns = [
            z * mpmath.cos(angle * speed) + a / speed * mpmath.sin(angle * speed)
            for z, a, speed in zip(embeddings.T, across.T, speeds, strict=True)
        ]
        return np.stack(columns, axis=1)

    def value(angle):
        return evaluate(loss, Point({**at.values, **{b: turned(at.values[b], angle) for b in (X, Y)}}))

    return (value(step) + value(-step) - 2 * evaluate(loss, at)) / step**2


def signs_of_bends(rng, known: Lines, after: Lines):
    """Whether no state bends the loss up, which is where it is assumed and only there; twisted rings among them."""
    coupling = ring(4)
    for dimension in (2, 3, 4):
        states = (turned_ring(4, 1, dimension)[1], *(unit_columns(rng.standard_normal((dimension, 8))) for _ in range(3)))
        bends = (_bend_of(coupling, z, known, after) for z in states)
        up = any(len(after.violations({bend: found})) for found in bends)
        yield int(not known.violations({d: dimension})), int(not up)


def _bend_of(coupling: Coupling, embeddings: NDArray, known: Lines, after: Lines) -> float:
    weights = np.asarray(coupling.data["J"])
    at = Point({N: 4, K: 4, d: len(embeddings), J: mpf_array(weights), X: embeddings[:, :4], Y: embeddings[:, 4:]})
    cosines = mpf_array(embeddings[:, :4].T @ embeddings[:, 4:])
    return float(evaluate(after[bend], Point({**at.values, C_xy: cosines})))


def ring_spectra(rng, known: Lines, after: Lines):
    """All eigenvalues of a twisted ring by the formulas and dense, in two dimensions and in three; whether it is stable."""
    pairs = int(rng.integers(3, 7))
    turns = next(k for k in rng.permutation(np.arange(1, pairs)) if 2 * k != pairs)
    own = float(evaluate(known[H], Point({N_Z: 1, D: diagonal_matrix([mpmath.mpf(2)])}))[0, 0])
    coupling = Coupling(np.asarray(ring(pairs).data["J"]), mobility=(np.full(pairs, own), np.full(pairs, own)))
    step = float(known[alpha].subs({j: int(turns), N_Z: 2 * pairs}))
    at = {alpha: step, mass: known[mass].subs(N_Z, 2 * pairs), N_Z: 2 * pairs}
    waves = {s: [float(after[s].subs(at | {i: k})) for k in range(2 * pairs)] for s in (s_ring, s_out)}
    circle = np.sort([*waves[s_ring], *[0.0] * 2 * pairs])
    plane, space = (CosineModel(coupling, size).eigenvalues(turned_ring(pairs, turns, size)[1]) for size in (2, 3))
    yield circle, plane
    yield np.sort([*circle, *waves[s_out]]), space
    yield int(not after.violations(at)), int(plane.max() < 1e-9)
    yield 1, int(space.max() > 1e-3)


@cache
def _twisted_end() -> tuple[NDArray, float]:
    """The end of a run from near a ring of five samples and five labels that goes round once, and its step."""
    _, start = turned_ring(5, 1, 2)
    near = start + 0.1 * np.random.default_rng(0).standard_normal(start.shape)
    model = CosineModel(ring(5), 2)
    return model.course(near, [0, 4000])[-1], float(model.losses(model.state(start))[0])


def twisted_ends(rng, known: Lines):
    """The loss at the end of that run against minus the cosine of the step, which one twist keeps."""
    end, _ = _twisted_end()
    model = CosineModel(ring(5), 2)
    yield float(model.losses(model.state(end))[0]), -np.cos(float(known[alpha].subs({j: 1, N_Z: 10})))
