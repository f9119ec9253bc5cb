"""Numbers that the derivation ``cosine_head`` is held against near one direction: all embeddings and the head."""

from __future__ import annotations

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import MatrixSymbol

from derivations.catalogue.cosine_head.embeddings import Aligned, draw_aligned
from derivations.catalogue.points import coupled_point, diagonal_matrix, measure_slope
from derivations.catalogue.whole import eigenmodes
from derivations.lines import Lines, dot
from derivations.vocabulary import (
    H,
    chi_k,
    dw_m,
    dZ,
    fall_W,
    fall_x,
    mass,
    mu_k,
    rate_k,
    rho_W,
    s,
    s_turn,
    square_W,
    square_x,
    w_m,
)
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, W, X, Y, beta, d, gamma, kappa, lam


def lengths(rng, known: Lines, after: Lines):
    """The change of the square of each length and of the head, by the velocities and by their formulas."""
    with mpmath.workdps(40):
        at = coupled_point(rng)
        for block in (X, Y):
            moved = evaluate(known[dot(block)], at)
            for column, speed in zip(at.values[block].T, moved.T, strict=True):
                yield 2 * column @ speed, evaluate(after[fall_x], Point({lam: at.values[lam], square_x: column @ column}))
        head, speed = at.values[W], evaluate(known[dot(W)], at)
        yield 2 * (head * speed).sum(), evaluate(after[fall_W], Point({kappa: at.values[kappa], square_W: (head**2).sum()}))


def balances(rng, known: Lines, after: Lines):
    """Both sides of the balance, at the velocities of all embeddings and the head."""
    with mpmath.workdps(40):
        at = coupled_point(rng)
        at = Point({**at.values, **{dot(b): evaluate(known[dot(b)], at) for b in (X, Y, W)}})
        yield evaluate(W.T * dot(W), at), evaluate(after[W.T * dot(W)], at)


def displacements(rng, known: Lines, after: Lines):
    """How displacements of unit vectors and the tilt of the head move, by differences of the velocities and by formulas."""
    with mpmath.workdps(40):
        case = draw_aligned(rng)
        at, along = Point(_whole(case) | _blocks(case)), _moved_blocks(case)
        sizes = _exact(case.sizes)
        moved = np.concatenate([measure_slope(known[dot(b)], at, along) for b in (X, Y)], axis=1) / sizes
        turned = measure_slope(known[dot(W)], at, along) @ mpf_array(case.common) / case.along
        inside = case.point()
        yield _without(case, moved), evaluate(after[dot(dZ)], inside)
        yield _without(case, turned), evaluate(after[dot(dw_m)], inside)


def _without(case: Aligned, moved: NDArray) -> NDArray:
    """What is across the common direction."""
    return moved - case.common @ (case.common.T @ moved)


def _exact(values: NDArray) -> NDArray:
    return np.array([mpmath.mpf(v) for v in values], dtype=object)


def _whole(case: Aligned) -> dict:
    data, none = case.model.coupling.data, mpmath.mpf(0)
    matrices = {m: diagonal_matrix([mpmath.mpf(v) for v in np.asarray(data[m.name])]) for m in (D_x, D_y, H_x, H_y)}
    return {N: 3, K: 2, d: 3, lam: none, kappa: none, gamma: mpmath.mpf(case.rate), J: mpf_array(data["J"])} | matrices


def _blocks(case: Aligned) -> dict:
    return {X: mpf_array(case.embeddings[:, :3]), Y: mpf_array(case.embeddings[:, 3:]), W: mpf_array(case.head)}


def _moved_blocks(case: Aligned) -> dict:
    moved = case.turned * case.sizes
    return {X: mpf_array(moved[:, :3]), Y: mpf_array(moved[:, 3:]), W: mpf_array(_tilt(case, case.tilt))}


def _tilt(case: Aligned, tilt: NDArray) -> NDArray:
    """A displacement of the head that tilts its image of the common direction."""
    return case.along * tilt @ case.common.T


def dense_displacements(rng, after: Lines):
    case = draw_aligned(rng)
    moved, turned = case.model.slope(case.embeddings, case.head, case.turned * case.sizes, _tilt(case, case.tilt))
    yield _without(case, evaluate(after[dot(dZ)], case.point()).astype(float)), _without(case, moved / case.sizes)
    yield evaluate(after[dot(dw_m)], case.point()), _without(case, turned @ case.common / case.along)


def _moved(case: Aligned, known: Lines, turned: NDArray, tilt: NDArray, left: MatrixSymbol) -> NDArray:
    """The velocity of displacements, or of the tilt, with mobilities that lines name."""
    at = case.point()
    own = evaluate(known[H], at)
    return evaluate(known[left], Point({**at.values, H: own, dZ: mpf_array(turned), dw_m: mpf_array(tilt)})).astype(float)


def modes_of_angles(rng, known: Lines, after: Lines):
    """Each mode of a coupling along each axis of the head, whose velocity is a multiple of it."""
    case = draw_aligned(rng, even=True)
    correlations, vectors, degrees = eigenmodes(case.model.coupling)
    for ratio, axis in zip(case.ratios, case.plane.T, strict=True):
        for correlation, vector in zip(correlations[:-1], vectors.T[:-1], strict=True):
            turned = np.outer(axis, vector / np.sqrt(degrees))
            moved = _moved(case, known, turned, np.zeros((3, 1)), dot(dZ))
            rate = _number(after[rate_k], case, {rho_W: ratio, mu_k: correlation})
            yield (1 + rate) * turned, turned - moved


def _number(formula, case: Aligned, values: dict) -> float:
    return float(formula.subs({mass: case.model.mass, gamma: case.rate, w_m: case.along, **values}))


def dying_modes(rng, after: Lines):
    """Whether each mode falls, by the bound and by the rate."""
    case = draw_aligned(rng, even=True)
    for ratio in case.ratios:
        for correlation in eigenmodes(case.model.coupling)[0]:
            at = {rho_W: ratio, mu_k: correlation}
            yield int(not after.violations(at)), int(_number(after[rate_k], case, at) > 0)


def turns(rng, known: Lines, after: Lines):
    """How the tilt and a turn of all embeddings together part from each other, along each axis of the head."""
    case = draw_aligned(rng, even=True)
    for ratio, axis in zip(case.ratios, case.plane.T, strict=True):
        turn, tilt = rng.uniform(-1, 1, 2)
        state = turn * np.outer(axis, np.ones(5)), tilt * axis[:, None]
        moved, tilted = _moved(case, known, *state, dot(dZ)), _moved(case, known, *state, dot(dw_m))
        missed = (1 - ratio) * turn - tilt
        speed = (1 - ratio) * moved.T @ axis - float(tilted[:, 0] @ axis)
        yield _number(after[s_turn], case, {rho_W: ratio}) * missed * np.ones(5), speed


def whole_spectrum(rng, after: Lines):
    """All eigenvalues at the aligned state: modes, turns, and zeros of lengths, of rotations and of the head."""
    case = draw_aligned(rng, even=True)
    correlations = eigenmodes(case.model.coupling)[0][:-1]
    alive = [-ratio * (ratio - c) / (2 * case.model.mass) for ratio in case.ratios for c in correlations]
    turned = [_number(after[s_turn], case, {rho_W: ratio}) for ratio in case.ratios]
    found = case.model.eigenvalues(case.embeddings, case.head)
    yield np.sort([*alive, *turned, *[0.0] * (len(found) - len(alive) - 2)]), np.sort(found.real)


def followed_modes(rng, known: Lines, after: Lines):
    """The roots of the polynomial of each mode, among the eigenvalues of all embeddings, targets and the head."""
    follow = (0.05, 0.4)[int(rng.integers(2))]
    case = draw_aligned(rng, even=True, follow=follow)
    found = case.model.eigenvalues(case.embeddings, case.head)
    for ratio in case.ratios:
        for correlation in eigenmodes(case.model.coupling)[0][:-1]:
            at = {rho_W: ratio, mu_k: correlation, mass: case.model.mass, beta: follow}
            polynomial = after[chi_k].subs(rate_k, known[rate_k]).subs(at).as_poly(s)
            yield float(polynomial.LC()), 1.0
            for root in np.roots([float(c) for c in polynomial.all_coeffs()]):
                yield 1 + abs(found - root).min(), 1.0
