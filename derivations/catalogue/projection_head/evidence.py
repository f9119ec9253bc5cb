"""Numbers that the derivation ``projection_head`` is held against, each found without the formulas it checks."""

from __future__ import annotations

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from derivations.catalogue.points import mode_point
from derivations.catalogue.whole import Whole
from derivations.checks import violations
from derivations.evaluate import Point, array, evaluate
from derivations.lines import Line
from derivations.vocabulary import S_k, V, mu_k, mu_matrix, psi_k, t, v_k
from theory.models.vocabulary import W, X, Y, d


def modes(rng, whole, energy, *velocities):
    """Loss and velocities of all embeddings, turned into modes, against those of the modes."""
    run = Whole(rng, "none")
    yield run.loss, evaluate(whole, run.point())
    yield from run.against(energy, *velocities)


def sum_over_modes(rng, energy, one, mass):
    """The loss of all modes, against the sum of its parts."""
    with mpmath.workdps(40):
        at = mode_point(rng)
        values = at.values[mu_matrix].diagonal()
        parts = [Point({d: at.values[d], W: at.values[W], v_k: at.values[V][:, [j]], mu_k: m}) for j, m in enumerate(values)]
        masses = (Point({**part.values, psi_k: evaluate(mass, part)}) for part in parts)
        yield evaluate(energy, at), mpmath.fsum(evaluate(one, part) for part in masses)


def decay(rng, slope):
    """The change of half the square of each mode along the gradient flow of all embeddings, against its formula."""
    whole = Whole(rng, "none")
    for number in range(len(whole.mu)):
        at = Point({**whole.mode(number).values, psi_k: 1 - mpmath.mpf(whole.mu[number]) ** 2})
        yield whole.amplitudes[:, number] @ whole.speeds[:, number], evaluate(slope, at)


def mode_sizes(rng, bound: Line):
    """How many squares of modes exceed the bound along a run: none."""
    whole, times = Whole(rng, "none"), np.array([0, 0.1, 1, 3])
    squares = np.array([(amplitudes**2).sum(axis=0) for _, amplitudes in whole.course(whole.state, times)])
    allowed = [
        [float(bound.right.subs({S_k: s, psi_k: 1 - m**2, t: time})) for s, m in zip(squares[0], whole.mu, strict=True)]
        for time in times
    ]
    yield violations(squares, bound, np.array(allowed)), 0


def survivors(rng, line):
    """At the end of a run: both sides of W v = μ v, for all modes of components; all other modes are gone.

    From some starts those of components die too, so that sizes are compared with one.
    """
    whole = Whole(rng, "none")
    *_, (blocks, amplitudes) = whole.course(whole.state, [0, 5000])
    sides = []
    for number in np.flatnonzero(~whole.frustrated):
        at = Point({d: 2, v_k: array(amplitudes[:, [number]]), W: array(blocks[W]), mu_k: mpmath.mpf(whole.mu[number])})
        sides.append([evaluate(side, at) for side in (line.left, line.right)])
    left, right = (np.hstack(side) for side in zip(*sides, strict=True))
    yield 1 + left, 1 + right
    yield 1, 1 + np.abs(amplitudes[:, whole.frustrated]).max()


def slowest_modes(rng, bound: Expr):
    """Squares of single modes along runs from a head that is their correlation, against the bound, at all times."""
    whole, times = Whole(rng, "none"), np.array([0, 0.1, 1, 3])
    for number in map(int, np.flatnonzero(whole.frustrated)):
        run = list(whole.course(whole.alone(number), times))
        squares = [(amplitudes[:, number] ** 2).sum() for _, amplitudes in run]
        at = {S_k: squares[0], psi_k: 1 - whole.mu[number] ** 2}
        yield squares, [float(bound.subs({**at, t: time})) for time in times]


def label_distances(rng, bound: Line, symbols):
    """How many distances of two labels of one component exceed the bound along a run: none."""
    whole = Whole(rng, "none")
    times = np.array([0, 0.1, 1, 5]) / whole.least_frustration
    runs = list(whole.course(whole.state, times))
    for a, b in ((0, 1), (2, 3)):
        allowed = _allowed(whole, bound.right, symbols, runs, times, (a, b))
        yield violations(_apart(runs, a, b), bound, allowed), 0


def reached(rng, bound: Expr, symbols):
    """The bound at a start in the pattern of two labels, against their distance; and how both fall from a start in the least
    frustrated mode alone, with a head that is its correlation."""
    whole = Whole(rng, "none")
    weights, times = np.asarray(whole.coupling.data["D_y"]), np.array([0, 0.1, 1, 5]) / whole.least_frustration
    apart = np.where(np.arange(4) == 0, 1 / weights[0], np.where(np.arange(4) == 1, -1 / weights[1], 0.0))
    pattern = whole.lowered.pack({X: np.zeros((2, 6)), Y: np.outer(rng.standard_normal(2), apart), W: whole.head})
    runs = list(whole.course(pattern, times))
    yield _apart(runs, 0, 1)[0], _allowed(whole, bound, symbols, runs, times, (0, 1))[0]
    least = int(np.argmax(np.where(whole.frustrated, np.abs(whole.mu), 0)))
    labels = (0, 1) if np.abs(whole.vectors[6:8, least]).max() > np.abs(whole.vectors[8:, least]).max() else (2, 3)
    runs = list(whole.course(whole.alone(least), times))
    distances, allowed = _apart(runs, *labels), _allowed(whole, bound, symbols, runs, times, labels)
    yield distances / distances[0], allowed / allowed[0]


def _apart(runs, a: int, b: int) -> NDArray:
    """Squared distances of two labels along a run."""
    return np.array([((blocks[Y][:, a] - blocks[Y][:, b]) ** 2).sum() for blocks, _ in runs])


def _allowed(whole: Whole, bound: Expr, symbols, runs, times, labels: tuple[int, int]) -> NDArray:
    """The bound on their distance."""
    size, weights = (runs[0][1][:, whole.frustrated] ** 2).sum(), np.asarray(whole.coupling.data["D_y"])
    values = [(size, whole.least_frustration, time, *weights[list(labels)]) for time in times]
    return np.array([float(bound.subs(dict(zip(symbols, v, strict=True)))) for v in values])
