"""Numbers that the derivation ``projection_head`` is held against, each found without the formulas it checks."""

from __future__ import annotations

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from derivations.catalogue.points import unit_point
from derivations.catalogue.whole import WholeModel
from derivations.checks import count_violations
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import S, S_k, V, d_a, d_b, mu_k, mu_matrix, psi, psi_k, t, v_k, v_k0
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import W, X, Y, d


def compare_modes(rng, premises, after):
    """Loss and velocities of all embeddings against those of the modes; and each column of the amplitudes by itself."""
    whole = WholeModel(rng, "none")
    yield from whole.compare(premises, after)
    for number in range(len(whole.mu)):
        yield whole.speeds[:, [number]], evaluate(after[dot(v_k)], whole.mode(number))


def sum_modes(rng, energy, one, mass):
    """The loss of all modes, against the sum of its parts."""
    with mpmath.workdps(40):
        at = unit_point(rng)
        values = at.values[mu_matrix].diagonal()
        parts = [Point({d: at.values[d], W: at.values[W], v_k: at.values[V][:, [j]], mu_k: m}) for j, m in enumerate(values)]
        masses = (part | {psi_k: evaluate(mass, part)} for part in parts)
        yield evaluate(energy, at), mpmath.fsum(evaluate(one, part) for part in masses)


def bound_frustrations(rng, assumption: Line, mass: Expr, bound: Line):
    """Whether all frustrations keep to the bound: where couplings are as assumed, and one reaches it; not where one coupling
    is more negative than the others together make up for."""
    weights = rng.uniform(0.5, 1, (3, 3))
    for first in (weights[0, 0], -0.9):
        weights[0, 0] = first
        root = np.sqrt(np.outer(weights.sum(axis=1), weights.sum(axis=0)))
        found = np.array([float(mass.subs(mu_k, m)) for m in np.linalg.svd(weights / root, compute_uv=False)])
        admissible = not Lines([assumption]).violations({assumption.left: weights.min()})
        yield int(admissible), int(count_violations(found, bound, np.full(3, float(bound.right))) == 0)
        if first > 0:
            yield 1 + found.min(), 1


def compare_decay(rng, slope):
    """The change of half the square of each mode along the gradient flow of all embeddings, against its formula."""
    whole = WholeModel(rng, "none")
    for number in range(len(whole.mu)):
        at = Point({**whole.mode(number).values, psi_k: 1 - mpmath.mpf(whole.mu[number]) ** 2})
        yield whole.amplitudes[:, number] @ whole.speeds[:, number], evaluate(slope, at)


def count_larger_modes(rng, premises, bound: Line):
    """How many squares of modes exceed the bound along a run: none."""
    whole, times = WholeModel(rng, "none"), np.array([0, 0.1, 1, 3])
    squares = np.array([(amplitudes**2).sum(axis=0) for _, amplitudes in whole.course(whole.state, times)])
    allowed = [_bound_mode(whole, premises, bound, whole.amplitudes[:, [k]], k, times) for k in range(len(whole.mu))]
    yield count_violations(squares, bound, np.transpose(allowed)), 0


def follow_lone_modes(rng, premises, bound: Line):
    """Squares of single modes along runs from a head that is their correlation, against the bound, at all times."""
    whole, times = WholeModel(rng, "none"), np.array([0, 0.1, 1, 3])
    for number in map(int, np.flatnonzero(whole.frustrated_modes)):
        course = [amplitudes[:, [number]] for _, amplitudes in whole.course(whole.lone_state(number), times)]
        yield [(column**2).sum() for column in course], _bound_mode(whole, premises, bound, course[0], number, times)


def _bound_mode(whole: WholeModel, premises, bound: Line, start: NDArray, number: int, times) -> list[float]:
    """The bound on the square of one mode at all times, from its start."""
    size = evaluate(premises[S_k], Point({d: 2, v_k0: start}))
    known = {S_k: float(size), psi_k: premises[psi_k].subs(mu_k, whole.mu[number])}
    return [float(bound.right.subs({**known, t: time})) for time in times]


def weigh_terms(rng, mass: Lines, slope: Expr, terms: Lines):
    """Whether neither term of the slope outweighs it, so that it vanishes only with both: where the frustration is as it is."""
    for frustration in (-1, -0.3, 0, 0.4, 0.9):
        at = Point({d: 2, v_k: mpf_array(rng.standard_normal((2, 1))), W: mpf_array(rng.standard_normal((2, 2)))})
        at |= {mu_k: mpmath.mpf(rng.uniform(-1, 1)), psi_k: mpmath.mpf(frustration)}
        rest = evaluate(terms[0].left, at) - evaluate(terms[0].right, at)
        yield int(not mass.violations({psi_k: frustration})), int(-evaluate(slope, at) >= (rest**2).sum())


def compare_survivors(rng, line):
    """Both sides of W v = μ v at the end of a run, for all modes of components; all other modes are gone.

    From some starts those of components die too, so that sizes are compared with one.
    """
    whole = WholeModel(rng, "none")
    *_, (blocks, amplitudes) = whole.course(whole.state, [0, 5000])
    sides = []
    for number in np.flatnonzero(~whole.frustrated_modes):
        at = Point({d: 2, v_k: mpf_array(amplitudes[:, [number]]), W: mpf_array(blocks[W]), mu_k: mpmath.mpf(whole.mu[number])})
        sides.append([evaluate(side, at) for side in (line.left, line.right)])
    left, right = (np.hstack(side) for side in zip(*sides, strict=True))
    yield 1 + left, 1 + right
    yield 1, 1 + np.abs(amplitudes[:, whole.frustrated_modes]).max()


def count_larger_distances(rng, bound: Line):
    """How many distances of two labels of one component exceed the bound along a run: none."""
    whole = WholeModel(rng, "none")
    times = np.array([0, 0.1, 1, 5]) / whole.least_frustration
    runs = list(whole.course(whole.state, times))
    for a, b in ((0, 1), (2, 3)):
        allowed = _bound_distances(whole, bound.right, runs, times, (a, b))
        yield count_violations(_square_distances(runs, a, b), bound, allowed), 0


def reach_bound(rng, bound: Expr):
    """The bound at a start in the pattern of two labels, against their distance; and how both fall from a start in the least
    frustrated mode alone, with a head that is its correlation."""
    whole = WholeModel(rng, "none")
    weights, times = np.asarray(whole.coupling.data["D_y"]), np.array([0, 0.1, 1, 5]) / whole.least_frustration
    apart = np.where(np.arange(4) == 0, 1 / weights[0], np.where(np.arange(4) == 1, -1 / weights[1], 0.0))
    pattern = whole.lowered.pack({X: np.zeros((2, 6)), Y: np.outer(rng.standard_normal(2), apart), W: whole.head})
    runs = list(whole.course(pattern, times))
    yield _square_distances(runs, 0, 1)[0], _bound_distances(whole, bound, runs, times, (0, 1))[0]
    least = int(np.argmax(np.where(whole.frustrated_modes, np.abs(whole.mu), 0)))
    labels = (0, 1) if np.abs(whole.vectors[6:8, least]).max() > np.abs(whole.vectors[8:, least]).max() else (2, 3)
    runs = list(whole.course(whole.lone_state(least), times))
    distances, allowed = _square_distances(runs, *labels), _bound_distances(whole, bound, runs, times, labels)
    yield distances / distances[0], allowed / allowed[0]


def _square_distances(runs, a: int, b: int) -> NDArray:
    """Squared distances of two labels along a run."""
    return np.array([((blocks[Y][:, a] - blocks[Y][:, b]) ** 2).sum() for blocks, _ in runs])


def _bound_distances(whole: WholeModel, bound: Expr, runs, times, labels: tuple[int, int]) -> NDArray:
    """The bound on their distance."""
    size, weights = (runs[0][1][:, whole.frustrated_modes] ** 2).sum(), np.asarray(whole.coupling.data["D_y"])
    values = [(size, whole.least_frustration, time, *weights[list(labels)]) for time in times]
    return np.array([float(bound.subs(dict(zip((S, psi, t, d_a, d_b), v, strict=True)))) for v in values])
