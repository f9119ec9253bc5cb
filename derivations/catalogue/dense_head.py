"""Dense numbers of the flow of all modes and a shared head under stop-gradient, for checks.

The flow is written once more, in NumPy, and differentiated by complex steps, which are exact to rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Poly, Rational, Symbol

from derivations.closed_forms.reduced import entries
from derivations.vocabulary import k, omega_1, omega_2

STEP = 1e-150  # of a complex step; nothing is subtracted


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
    """The Jacobian at rest, in own units: modes 1 and 2 along two directions, a third one empty, mode 3 absent."""
    first, second = heads
    rest, correlations = np.diag([first, second, 0]), np.array([first + 1 / first, second + 1 / second, absent])
    return jacobian(rest, rest, correlations, (ratio, 1.0, ratio))


def random_orthogonal_state(rng, survivors: int, absent: int, size: int):
    """Orthogonal survivors, free directions and absent modes in a random basis: the state (modes, head, correlations), the
    eigenvalues of the head, and the amplitudes."""
    basis, _ = np.linalg.qr(rng.standard_normal((size, size)))
    heads, amplitudes = rng.uniform(-1.2, 1.2, size), rng.uniform(0.1, 1.5, survivors)
    correlations = np.concatenate([heads[:survivors], rng.uniform(-1, 1, absent)])
    modes = np.concatenate([basis[:, :survivors] * amplitudes, np.zeros((size, absent))], axis=1)
    return (modes, basis @ np.diag(heads) @ basis.T, correlations), heads, amplitudes


def entry_places(names: Iterable[Symbol], size: int) -> NDArray:
    """The places of entries of V or W, both of this size, among all of them."""
    every = [*entries("v", size, size), *entries("W", size, size)]
    return np.array([every.index(name) for name in names])


def growth_rate(heads: Sequence[float], ratio: float) -> float:
    """The largest real part in the sector of a pair, but for its zero."""
    return float(_pair_eigenvalues(heads, ratio).real.max())


def _pair_eigenvalues(heads: Sequence[float], ratio: float) -> NDArray:
    modes, directions = entries("v", 3, 3), entries("W", 3, 3)
    places = entry_places((directions[0, 1], directions[1, 0], modes[0, 1], modes[1, 0]), 3)
    eigenvalues = np.linalg.eigvals(pair_jacobian(heads, ratio)[np.ix_(places, places)])
    return np.delete(eigenvalues, np.abs(eigenvalues).argmin())


def critical_ratio(cubic, first, second) -> mpmath.mpf:
    """The positive root of a cubic in k at given heads, in the digits of mpmath."""
    roots = Poly(cubic.subs({omega_1: first, omega_2: second}), k).nroots(n=50)
    (positive,) = (mpmath.mpf(z) for z in roots if z.is_real and z > 0)
    return positive


def boundary_pairs(rng, cubic, square):
    """The eigenvalues of the dense sector at the root of the cubic: two on the axis, at the predicted square."""
    heads = [Rational(int(e), 10) for e in np.sort(rng.choice(np.arange(11, 40), 2, replace=False))]
    root = float(critical_ratio(cubic, *heads))
    eigenvalues = _pair_eigenvalues([float(h) for h in heads], root)
    swinging = eigenvalues[np.argsort(np.abs(eigenvalues.real))[:2]]
    at = dict(zip((omega_1, omega_2, k), (*heads, root), strict=True))
    yield float(square.subs(at)), swinging[0] ** 2
    yield 1 + np.abs(swinging.real).max(), 1.0
