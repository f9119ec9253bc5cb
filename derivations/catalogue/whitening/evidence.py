"""Numbers that the derivation ``whitening`` is held against: all embeddings, their runs and their dense Jacobians."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations

import mpmath
import numpy as np
from numpy.typing import NDArray

from derivations.catalogue.class_modes import FAMILIES, half_frustrated
from derivations.catalogue.points import both_sides, diagonal_matrix, measure_slope, order_left_out
from derivations.catalogue.whitening.embeddings import WhitenedModel, a_run, mode_point, point, random_coupling
from derivations.lines import Lines, dot, number
from derivations.vocabulary import (
    N_Z,
    T_V,
    A,
    D,
    H,
    L,
    V,
    Z,
    beta_c,
    lam_c,
    mu_j,
    mu_k,
    mu_l,
    n_beta,
    null_J,
    phi,
    psi,
    rank_V,
    s_j0,
    s_jk,
    s_kk,
    s_kl,
    square_k,
    v,
    v_k,
)
from theory import Coupling, models, simulate
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import K, X, Y, beta, d


def compare_modes(rng, given: Lines, after: Lines) -> Iterator[tuple]:
    """Loss and velocities of all embeddings, whose mobilities are a function of the degrees, and what lines say of them."""
    weights = rng.uniform(0.1, 1, (3, 3))
    degrees = np.concatenate([weights.sum(axis=1), weights.sum(axis=0)])
    adjacency = np.block([[np.zeros((3, 3)), weights], [weights.T, np.zeros((3, 3))]])
    own = np.diag(evaluate(given[H], Point({N_Z: 6, D: diagonal_matrix(degrees)}))).astype(float)
    whole = WhitenedModel(Coupling(weights, mobility=(own[:3], own[3:])), float(rng.uniform(0.2, 2)))
    modes = whole.random_modes(rng)
    blocks = whole.lowered.unpack(whole.state(modes))
    embeddings = mpf_array(np.concatenate([blocks[X], blocks[Y]], axis=1))
    inside = point(modes, whole.correlations, whole.weight)
    outside = inside | {Z: embeddings, D: diagonal_matrix(degrees), A: mpf_array(adjacency)}
    found = whole.lowered.evaluate([whole.loss.expression])(whole.state(modes))[0]
    yield from ((evaluate(lines[L], at), found) for lines, at in ((given, outside), (after, inside)))
    yield evaluate(after[dot(V)], inside), whole.speeds(modes)


def compare_squares(rng, known: Lines, after: Lines):
    with mpmath.workdps(40):
        at = mode_point(rng)
        at |= {T_V: evaluate(known[T_V], at)}
        yield evaluate(known[L], at), evaluate(after[L], at)


def loss_changes(rng, known: Lines, after: Lines):
    """The change of the loss along the velocities, by differences and by the formula."""
    with mpmath.workdps(40):
        at = mode_point(rng)
        moved = evaluate(known[dot(V)], at)
        yield measure_slope(known[L], at, {V: moved}), evaluate(after[dot(L)], at | {dot(V): moved})


def final_speeds(rng):
    """The speed at the end of a run, against none."""
    whole, modes = a_run(rng)
    yield 1 + np.abs(whole.speeds(modes)).max(), 1.0


def at_rest(rng, known: Lines, after: Lines):
    """Both sides of lines at the end of a run; lengths of each mode that survives."""
    whole, modes = a_run(rng)
    at = point(modes, whole.correlations, whole.weight)
    at |= {T_V: evaluate(known[T_V], at)}
    yield from both_sides(after[:2], at)
    squares = (modes**2).sum(axis=0)
    for k in np.flatnonzero(squares > 1e-6):
        yield squares[k], number(after[square_k], {beta: whole.weight, mu_k: whole.correlations[k]})


def real_amplitudes(rng, square, lines: Lines):
    """Whether the velocity of one mode has roots beside zero, which is above the threshold and only there, and their squares;
    the threshold is where that at zero turns stable."""
    correlation = float(rng.uniform(-1, 0.9))
    for share in (*rng.uniform(0.2, 2, 3), 0.999, 1.001):
        at = {mu_k: correlation, beta: float(share) * (1 - correlation)}
        roots = np.roots(_coefficients(lines[dot(v)].subs(at)))
        alive = roots[(np.abs(roots.imag) < 1e-12) & (np.abs(roots.real) > 1e-9)].real
        critical = number(lines[beta_c], at)
        yield int(not lines.violations(at | {beta_c: critical})), int(len(alive) > 0)
        yield from ((number(square, at), root**2) for root in alive)


def _coefficients(polynomial) -> list[float]:
    return [float(c) for c in polynomial.as_poly(v).all_coeffs()]


def _states_at_rest(whole: WhitenedModel, square) -> Iterator[tuple[NDArray, NDArray]]:
    """Each choice of orthogonal survivors that there is room for, and the amplitudes in a random basis."""
    rng = np.random.default_rng(0)
    squares = np.array([number(square, {beta: whole.weight, mu_k: c}) for c in whole.correlations])
    basis, _ = np.linalg.qr(rng.standard_normal((whole.dimension, whole.dimension)))
    possible = np.flatnonzero(squares > 0)
    for count in range(min(whole.dimension, len(possible)) + 1):
        for chosen in map(list, combinations(possible, count)):
            modes = np.zeros((whole.dimension, len(squares)))
            modes[:, chosen] = basis[:, :count] * np.sqrt(squares[chosen])
            yield np.isin(np.arange(len(squares)), chosen), modes


def whole_spectrum(rng, square, lines: Lines):
    """All eigenvalues at each state at rest, by the formulas and from the dense Jacobian of all embeddings."""
    whole = WhitenedModel(random_coupling(rng), float(rng.uniform(0.6, 1.6)))
    for alive, modes in _states_at_rest(whole, square):
        zeros = int(lines[null_J].subs({rank_V: int(alive.sum()), d: whole.dimension}))
        predicted = [*_predict(whole, alive, lines), *[0.0] * zeros]
        yield len(predicted), modes.size
        yield np.sort(predicted), whole.eigenvalues(modes)


def _predict(whole: WhitenedModel, alive: NDArray, lines: Lines) -> Iterator[float]:
    """All eigenvalues but those of turns."""
    survivors, absent = whole.correlations[alive], whole.correlations[~alive]
    for k in survivors:
        yield number(lines[s_kk], {beta: whole.weight, mu_k: k})
        yield from (number(lines[s_jk], {mu_j: j, mu_k: k, beta: whole.weight}) for j in absent)
    yield from (number(lines[s_kl], {beta: whole.weight, mu_k: k, mu_l: other}) for k, other in combinations(survivors, 2))
    for j in absent:
        yield from [number(lines[s_j0], {beta: whole.weight, mu_j: j})] * (whole.dimension - len(survivors))


def stable_choices(rng, known: Lines, after: Lines):
    """Whether nothing grows at a state at rest: by its bounds, by the eigenvalues of absent modes, and by the dense ones.

    Where there are two directions the third largest correlation is close to the second."""
    for dimension, weight in ((2, rng.uniform(0.8, 1.4)), (3, rng.uniform(0.2, 1)), (3, rng.uniform(0.6, 1.6))):
        whole = WhitenedModel(Coupling(np.eye(3) + rng.uniform(0.1, 0.4, (3, 3))), float(weight), dimension=dimension)
        for alive, modes in _states_at_rest(whole, known[square_k]):
            stable = int(whole.eigenvalues(modes).max() < 1e-9)
            pairs, empty = _absent_modes(whole, alive)
            beyond = (after.of(left).bounds.violations(at) for left, each in ((mu_j, pairs), (beta, empty)) for at in each)
            yield int(not any(beyond)), stable
            grown = (number(known[s], at) > 0 for s, each in ((s_jk, pairs), (s_j0, empty)) for at in each)
            yield int(not any(grown)), stable


def _absent_modes(whole: WhitenedModel, alive: NDArray) -> tuple[list[dict], list[dict]]:
    """Numbers of each absent mode along each survivor, and along an empty direction if there is one."""
    absent = whole.correlations[~alive]
    empty = alive.sum() < whole.dimension
    return (
        [{mu_j: j, mu_k: k} for j in absent for k in whole.correlations[alive]],
        [{mu_j: j, beta: whole.weight} for j in absent if empty],
    )


def survivors_of_runs(rng, known: Lines, count):
    """How many directions are left at the end of a run, and the second moments along them: those of the largest modes."""
    whole, modes = a_run(rng)
    found = np.linalg.eigvalsh(modes @ modes.T)[::-1]
    squares = np.array([number(known[square_k], {beta: whole.weight, mu_k: c}) for c in whole.correlations])
    left = int(count.subs({d: whole.dimension, n_beta: int((whole.correlations > 1 - whole.weight).sum())}))
    yield left, int((found > 1e-6).sum())
    yield np.sort(squares)[::-1][:left], found[:left]


def mode_changes(rng, known: Lines, formula):
    """The change of half the square of each mode, by the formula, by the velocities in modes and by those of all embeddings."""
    whole = WhitenedModel(random_coupling(rng), float(rng.uniform(0.2, 2)))
    modes = whole.random_modes(rng)
    at, moved = point(modes, whole.correlations, whole.weight), whole.speeds(modes)
    inside = evaluate(known[dot(V)], at)
    for k in range(len(whole.correlations)):
        shown = evaluate(formula, _with_mode(at, modes, whole, k))
        yield shown, modes[:, k] @ moved[:, k]
        yield shown, modes[:, k] @ inside[:, k]


def _with_mode(at: Point, modes: NDArray, whole: WhitenedModel, k: int) -> Point:
    return at | {v_k: mpf_array(modes[:, [k]]), mu_k: mpmath.mpf(whole.correlations[k])}


def small_modes(rng, known: Lines, formula):
    """Whether each of small modes falls, which it does where it is assumed and only there."""
    whole = WhitenedModel(random_coupling(rng), float(rng.uniform(0.2, 2)))
    modes = 1e-6 * whole.random_modes(rng)
    moved = whole.speeds(modes)
    for k, correlation in enumerate(whole.correlations):
        falls = int(modes[:, k] @ moved[:, k] < 0)
        yield int(not known.violations({beta: whole.weight, mu_k: correlation})), falls


def pulled_modes(rng, formula):
    """The change of half the square of each mode by squared distances alone."""
    whole = WhitenedModel(random_coupling(rng), 0.0, models.squared)
    modes = whole.random_modes(rng)
    at, moved = point(modes, whole.correlations, 0), whole.speeds(modes)
    numbers = range(len(whole.correlations))
    yield mpf_array([[evaluate(formula, _with_mode(at, modes, whole, k)) for k in numbers]]), (modes * moved).sum(axis=0)[None]


def random_weights(rng: np.random.Generator) -> dict:
    """Of second moments, and how many classes there are."""
    return {beta: float(rng.uniform(0.1, 1.9)), K: int(rng.integers(2, 6))}


def family_thresholds(rng, known: Lines, after: Lines):
    """The critical weight of the class modes of couplings, and how many survive runs with a little more and a little less."""
    classes = int(rng.integers(2, 4))
    for family, critical, make in FAMILIES:
        weight = number(after[beta_c], {psi: number(known[family], {phi: 0.5, K: classes})})
        yield weight, 1 - half_frustrated(make, classes).modes()[1]
        yield number(after[critical], {beta: weight, K: classes}), 0.5
        for share, left in ((0.9, 1), (1.1, classes)):
            yield _directions_left(make, classes, share * weight, 200 / weight), left


@cache
def _directions_left(make: Callable, classes: int, weight: float, time: float) -> int:
    """How many directions embeddings have at the end of a run."""
    run = simulate(
        models.whitening(),
        half_frustrated(make, classes),
        dimension=classes + 1,
        times=[0, time],
        parameters={beta: weight},
        solver="LSODA",
    )
    return int((np.linalg.svd(run.labels[-1], compute_uv=False) > 1e-3).sum())


def both_thresholds(rng, known: Lines, after: Lines):
    """The critical weight by the critical decay, where correlations are as assumed and only there; whether heads are real up
    to that decay."""
    for correlation in (*rng.uniform(0.1, 1, 2), *rng.uniform(-1, -0.1, 2)):
        at = {mu_k: float(correlation)}
        decay = number(known[lam_c], at)
        met = abs(number(after[beta_c], {lam_c: decay}) - number(known[beta_c], at)) < 1e-9
        yield int(not known.violations(at)), int(met)
        for share, real in ((0.99, 1), (1.01, 0)):
            yield int(np.isreal(np.roots([1, -at[mu_k], share * decay])).all()), real


def leading_orders(rng, known: Lines, after: Lines):
    """The order in the frustration of what the leading order leaves out."""
    weight = float(rng.uniform(0.5, 2))
    for left in (beta_c, square_k):
        exact = known[left].subs(mu_k, known[mu_k]).subs(beta, weight)
        yield order_left_out(exact, after[left].subs(beta, weight), psi), 2
