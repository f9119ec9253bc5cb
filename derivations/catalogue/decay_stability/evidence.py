"""Numbers that the derivation ``decay_stability`` is held against: dense Jacobians of the flow of all entries.

The flow is written once more, in NumPy, and differentiated by complex steps, which are exact to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Matrix, Poly, Rational, lambdify

from derivations.catalogue.points import diagonal
from derivations.checks import random_values
from derivations.evaluate import Point
from derivations.vocabulary import N_Z, V, k, mu_1, mu_2, mu_3, mu_matrix, omega_1, omega_2
from theory.models.vocabulary import W, d, gamma, kappa, lam

STEP = 1e-150  # of a complex step; nothing is subtracted


def unit_point(rng: np.random.Generator) -> Point:
    """Random amplitudes, head and correlations, mobility and decays."""
    size, count = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    return Point(
        {d: size, N_Z: count, V: random_values(rng, (size, count), -2, 2), W: random_values(rng, (size, size), -2, 2)}
        | {mu_matrix: diagonal(random_values(rng, (count,), -1, 1))}
        | {rate: random_values(rng, (), 0.2, 2) for rate in (gamma, lam, kappa)}
    )


def velocity(modes: NDArray, head: NDArray, correlations: NDArray, rates: tuple) -> NDArray:
    """The velocities of V (d × M, by rows) and then of W in one row, for many states at once; the mobility of the head, the
    decay of the modes and that of the head may be one for each."""
    mobility, decay, head_decay = (np.asarray(rate)[..., None, None] for rate in rates)
    rest = head @ modes - modes * correlations[..., None, :]
    moved = -np.swapaxes(head, -1, -2) @ rest - decay * modes
    turned = -mobility * rest @ np.swapaxes(modes, -1, -2) - head_decay * head
    return np.concatenate([part.reshape(*part.shape[:-2], -1) for part in (moved, turned)], axis=-1)


def jacobian(modes: NDArray, head: NDArray, correlations: NDArray, rates: tuple) -> NDArray:
    """Its Jacobian, for many states at once: the last index is that of the entry moved."""
    size, count = modes.shape[-2:]
    columns = []
    for step in np.eye(size * (count + size)) * STEP * 1j:
        moved = step[: size * count].reshape(size, count), step[size * count :].reshape(size, size)
        columns.append(velocity(modes + moved[0], head + moved[1], correlations, rates).imag / STEP)
    return np.stack(columns, axis=-1)


def pair_jacobian(heads: Sequence[float], ratio: float, absent: float = 0.0) -> NDArray:
    """In own units at rest: modes 1 and 2 along two directions, a third one empty, mode 3 absent."""
    first, second = heads
    rest, correlations = np.diag([first, second, 0]), np.array([first + 1 / first, second + 1 / second, absent])
    return jacobian(rest, rest, correlations, (ratio, 1.0, ratio))


def pair(rng, velocities, names):
    """The matrix of linear velocities of the entries of a pair, against the same entries of the dense Jacobian."""
    heads, ratio = rng.uniform(0.5, 3, 2) * rng.choice([-1, 1], 2), float(rng.uniform(0.1, 3))
    matrix = Matrix(velocities).jacobian(names).subs({omega_1: heads[0], omega_2: heads[1], k: ratio})
    found = pair_jacobian(heads, ratio)
    places = np.array([_place(str(name), 3) for name in names])
    yield np.array(matrix.tolist(), dtype=float), found[np.ix_(places, places)]
    others = np.setdiff1d(np.arange(18), places)
    yield 1 + np.abs(found[np.ix_(others, places)]).max() + np.abs(found[np.ix_(places, others)]).max(), 1.0


def _place(name: str, size: int) -> int:
    """The place of an entry of V or W, named by its letter, row and column."""
    return size * size * (name[0] == "W") + size * (int(name[2]) - 1) + int(name[3]) - 1


def determinants(rng, formula, owners, s, pairs):
    """det(s − Jacobian) at random points by the formula, and by elimination."""
    heads, ratio, absent, at = rng.uniform(0.5, 2, 2), float(rng.uniform(0.1, 3)), float(rng.uniform(-2, 2)), 0.7
    values = {omega_1: heads[0], omega_2: heads[1], k: ratio, mu_3: absent, s: at}
    values |= {m: h + 1 / h for m, h in zip((mu_1, mu_2), heads, strict=True)}
    filled = formula.subs({line.left: line.right for line in owners} | pairs)
    yield float(filled.subs(values)), float(np.linalg.det(at * np.eye(18) - pair_jacobian(heads, ratio, absent)))


def signs(polynomials, admissible, variables):
    """How many coefficients of each polynomial are negative for admissible heads: none; and how many there are at all."""
    for polynomial in polynomials:
        for heads in admissible:
            coefficients = Poly(polynomial.subs(heads).expand(), *variables).coeffs()
            yield sum(bool(e < 0) for e in coefficients), 0
            yield int(any(bool(e > 0) for e in coefficients)), 1


def verdicts(rng, condition, heads_of_pair):
    """Where a condition on a pair is positive, and where the eigenvalues of its sector but one are left of the axis."""
    heads = rng.uniform(1.05, 4, (40, 2)) * rng.choice([-1, 1], (40, 2), p=(0.2, 0.8))
    ratios = rng.uniform(0.01, 0.4, 40)
    predicted = lambdify((omega_1, omega_2, k), condition.subs(heads_of_pair), "numpy")(*heads.T, ratios) > 0
    found = [growth(row, ratio) < 0 for row, ratio in zip(heads, ratios, strict=True)]
    yield predicted.astype(int), np.array(found, dtype=int)


def growth(heads: Sequence[float], ratio: float) -> float:
    """The largest real part in the sector of a pair, but for its zero."""
    return float(_moving(heads, ratio).real.max())


def _moving(heads: Sequence[float], ratio: float) -> NDArray:
    places = np.array([_place(name, 3) for name in ("W_12", "W_21", "v_12", "v_21")])
    eigenvalues = np.linalg.eigvals(pair_jacobian(heads, ratio)[np.ix_(places, places)])
    return np.delete(eigenvalues, np.abs(eigenvalues).argmin())


def critical(cubic, first, second) -> mpmath.mpf:
    """The positive root of a cubic in k at given heads, in the digits of mpmath."""
    roots = Poly(cubic.subs({omega_1: first, omega_2: second}), k).nroots(n=50)
    (positive,) = (mpmath.mpf(z) for z in roots if z.is_real and z > 0)
    return positive


def boundary(rng, cubic, square):
    """The eigenvalues of the dense sector at the root of the cubic: two on the axis, at the predicted square."""
    heads = [Rational(int(e), 10) for e in np.sort(rng.choice(np.arange(11, 40), 2, replace=False))]
    root = float(critical(cubic, *heads))
    eigenvalues = _moving([float(h) for h in heads], root)
    swinging = eigenvalues[np.argsort(np.abs(eigenvalues.real))[:2]]
    at = dict(zip((omega_1, omega_2, k), (*heads, root), strict=True))
    yield float(square.subs(at)), swinging[0] ** 2
    yield 1 + np.abs(swinging.real).max(), 1.0


def limits(rng, cubic, limit):
    """The observed order at which the root of the cubic reaches its limit as both heads grow in proportion."""
    ratio = Rational(int(rng.integers(1, 9)), 10)
    with mpmath.workdps(50):
        truth = [critical(cubic, ratio * size, Rational(size)) for size in (1000, 10000)]
        value = limit.subs({mu_1: ratio, mu_2: 1})
        gaps = [abs(root - mpmath.mpf(value.p) / value.q) for root in truth]
        yield float(mpmath.log10(gaps[0] / gaps[1])), 2
