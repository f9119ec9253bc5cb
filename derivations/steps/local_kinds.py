r"""Which bifurcation happens at a critical point, from numbers alone: states near by are counted on both sides, and the first
Lyapunov coefficient is taken from finite differences (Kuznetsov, *Elements of Applied Bifurcation Theory*, §5.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Matrix, lambdify

from derivations.analysis.linearisation.kinds import BifurcationKind
from derivations.steps.drawing import Numbers, value_at
from derivations.steps.places import ShownState

BALL = 0.05  # distance up to which states are near, of a state of size one
STARTS, NEWTON = 24, 40  # of Newton's method, and its steps
FINE = mpmath.mpf(10) ** -8  # step of third differences at forty digits
COUNTS = {
    BifurcationKind.SADDLE_NODE: {(0, 2), (2, 0)},
    BifurcationKind.TRANSCRITICAL: {(2, 2)},
    BifurcationKind.PITCHFORK: {(1, 3), (3, 1)},
}


class NearbyStates:
    """States at rest near a critical one, by Newton's method from random starts."""

    def __init__(self, shown: ShownState, centre: Numbers, rng: np.random.Generator):
        self.state = shown.flow.state
        self.centre = np.array([float(mpmath.re(centre[x])) for x in self.state])
        self.parameters = shown.domain.symbols
        velocities = Matrix(list(shown.velocities.values()))
        self.velocity, self.slopes = (
            lambdify([self.state, self.parameters], f, "numpy", cse=True) for f in (velocities, velocities.jacobian(self.state))
        )
        self.size, self.rng = 1 + np.abs(self.centre).max(), rng

    def found(self, at: Numbers) -> list[NDArray]:
        """The different states within a small ball at parameters beside the critical ones."""
        numbers = [float(at[x]) for x in self.parameters]
        different: list[NDArray] = []
        for _ in range(STARTS):
            reach = BALL * self.size * 10 ** self.rng.uniform(-4, 0)
            end = self._newton(self.centre + reach * self.rng.standard_normal(len(self.state)), numbers)
            if end is not None and all(np.abs(end - other).max() > 1e-7 * self.size for other in different):
                different.append(end)
        return different

    def centre_rate(self, place: NDArray, at: Numbers) -> float:
        """The real part of the eigenvalue next to zero at a state."""
        values = np.linalg.eigvals(self.slopes(place, [float(at[x]) for x in self.parameters]))
        return float(values[np.argmin(np.abs(values))].real)

    def _newton(self, place: NDArray, numbers: Sequence[float]) -> NDArray | None:
        for _ in range(NEWTON):
            step = np.linalg.lstsq(self.slopes(place, numbers), self.velocity(place, numbers)[:, 0], rcond=None)[0]
            place = place - step
            if not np.isfinite(place).all() or np.abs(place - self.centre).max() > BALL * self.size:
                return None
            if np.abs(step).max() < 1e-11 * self.size:
                return place
        return None


def first_lyapunov_coefficient(shown: ShownState, at: Numbers):
    """The first Lyapunov coefficient at a critical state, and the squared frequency."""
    matrix = shown.jacobian(at)
    values, left, right = mpmath.eig(matrix, left=True, right=True)
    place = min((k for k, v in enumerate(values) if mpmath.im(v) > 0), key=lambda k: abs(mpmath.re(values[k])))
    omega, q, p = mpmath.im(values[place]), right[:, place], left[place, :]
    q /= mpmath.norm(q)
    p /= (p * q)[0]
    bar = q.apply(mpmath.conj)
    d = Differences(shown, at)
    unit = mpmath.eye(matrix.rows)
    mixed = d.second(q, mpmath.lu_solve(matrix, d.second(q, bar)))
    twice = d.second(bar, mpmath.lu_solve(2j * omega * unit - matrix, d.second(q, q)))
    total = p * (d.third(q, bar) - 2 * mixed + twice)
    return mpmath.re(total[0]) / (2 * omega), omega**2


class Differences:
    """Second and third derivatives of velocities in complex directions."""

    def __init__(self, shown: ShownState, at: Numbers):
        self.state, self.velocities = shown.flow.state, tuple(shown.velocities.values())
        self.at = {x: mpmath.re(v) for x, v in at.items()}

    def second(self, u, v):
        """The symmetric bilinear form."""
        return (self._along(u + v, (1, -2, 1), 2) - self._along(u - v, (1, -2, 1), 2)) / 4

    def third(self, u, v):
        """The symmetric trilinear form, twice in one direction and once in another."""
        weights = (-0.5, 1, 0, -1, 0.5)
        terms = self._along(u + v, weights, 3) - self._along(u - v, weights, 3) - 2 * self._along(v, weights, 3)
        return terms / 6

    def _along(self, direction, weights: tuple, order: int):
        middle = len(weights) // 2
        total = mpmath.matrix(len(self.state), 1)
        for place, weight in enumerate(weights):
            if weight:
                total += weight * self._rates((place - middle) * FINE * direction)
        return total / FINE**order

    def _rates(self, change) -> Any:
        there = {**self.at, **{x: self.at[x] + change[i] for i, x in enumerate(self.state)}}
        return mpmath.matrix([value_at(f, there) for f in self.velocities])
