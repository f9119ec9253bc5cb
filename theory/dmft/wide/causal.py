r"""Two-time kernels step by step, each time from those before.

The flow is followed by steps of second order (Adams and Bashforth; the first one is Euler's), for the modes and for
:math:`e^{\kappa t}W` alike.  This discrete flow too is linear in :math:`\xi`, so that the theory closes on it *exactly*, at any
step: integrals are sums over earlier times with the weights :func:`memory_weights`, a step never needs what it is about to
find, and what is left to converge is the step alone.

Everything is linear in the starts and in the noise, so that amplitudes v and residuals r are held as matrices of their
responses to :math:`v(0),\varphi^0,\psi^0`; overlaps are these around the covariance of what they respond to.  A group of p
modes whose starts are correlated is one problem, with p components at each time.  All is products of a few rows with matrices:
:math:`O(p^3T^3)`.

The same code runs in mpmath's numbers, by a ``number`` that makes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.dmft.wide import equations
from theory.errors import UnfinishedError

EXCESS = 2  # over the bound of mean squares, beyond which steps are unstable


@dataclass(frozen=True, eq=False)
class Group:
    """Modes with correlated starts, and the head beside them.

    Attributes
    ----------
    correlations, covariance
        (p,), and of the starts, for each dimension (p, p).
    start, spread, gamma, lam, kappa
        as of :class:`theory.dmft.WideHead`.
    """

    correlations: NDArray
    covariance: NDArray
    start: Any
    spread: Any
    gamma: Any
    lam: Any
    kappa: Any


@dataclass(frozen=True, eq=False)
class Kernels:
    r"""Two-time functions of p modes at n times, arrays (n, p, n, p) in the order later time, its mode, earlier time, its mode.

    Attributes
    ----------
    times
        (n,), from 0.
    states, residuals, mixed
        :math:`\langle v(t)v(s)\rangle`, :math:`\langle r(t)r(s)\rangle`, :math:`\langle r(t)v(s)\rangle`; the last for
        :math:`s\le t`.
    to_psi, to_phi
        changes of :math:`v(t)` by :math:`\psi^0` and of :math:`r(t)` by :math:`\varphi^0` of one step: the responses A and B
        times a step, and the instantaneous part of B on the diagonal.
    """

    times: NDArray
    states: NDArray
    residuals: NDArray
    mixed: NDArray
    to_psi: NDArray
    to_phi: NDArray

    def one_time(self, name: str) -> NDArray:
        """Equal-time values (n, p, p) of one of these."""
        return np.einsum("tktl->tkl", getattr(self, name))


def memory_weights(times: NDArray) -> NDArray:
    """The weights of n earlier times in an integral up to the last of n + 1 times."""
    steps = np.diff(times)
    ratios = np.concatenate([steps[:1] * 0, steps[1:] / steps[:-1]])
    weights = steps * (1 + ratios / 2)
    weights[:-1] -= steps[1:] * ratios[1:] / 2
    return weights


@dataclass(frozen=True, eq=False)
class _Responses:
    """Rows of what responds, one for each time and mode, to the starts and to the fields phi and psi of each time."""

    start: NDArray
    phi: NDArray
    psi: NDArray

    @property
    def parts(self) -> dict[str, NDArray]:
        return {"start": self.start, "phi": self.phi, "psi": self.psi}


def solve_causally(group: Group, times: NDArray, number: Callable = float, exp: Callable = np.exp) -> Kernels:
    """The kernels at increasing times from 0 (n,).

    Raises
    ------
    UnfinishedError
        where they blow up; the time is named.
    """
    made = _Unfolding(group, times, number, exp)
    for now in range(len(times) - 1):
        made.find_residuals(now)
        made.move_states(now)
    made.find_residuals(len(times) - 1)
    shape = 2 * (len(times), made.modes)
    return Kernels(made.times, *(kernel.reshape(shape) for kernel in (made.C, made.R, made.X, made.v.psi, made.r.phi)))


class _Unfolding:
    """Kernels that are filled from one time to the next; a time has the rows :meth:`rows`."""

    def __init__(self, group: Group, times: NDArray, number: Callable, exp: Callable):
        self.exp, self.dtype, self.modes = exp, float if number is float else object, len(group.correlations)
        size, p = len(times) * self.modes, self.modes
        self.start, self.spread, self.gamma, self.lam, self.kappa = (
            number(x) for x in (group.start, group.spread, group.gamma, group.lam, group.kappa)
        )
        self.times = np.array([number(t) for t in times], self.dtype)
        self.mu = np.array([number(x) for x in group.correlations], self.dtype)[:, None]
        self.covariance = np.array([[number(x) for x in row] for row in group.covariance], self.dtype)
        self.v, self.r = (_Responses(*(np.zeros((size, n), self.dtype) for n in (p, size, size))) for _ in range(2))
        self.C, self.R, self.X = (np.zeros((size, size), self.dtype) for _ in range(3))
        self.unit = np.eye(p, dtype=self.dtype)
        self.v.start[:p], self.C[:p, :p] = self.unit, self.covariance
        self.moved: dict[str, NDArray] = {}

    def rows(self, now: int) -> slice:
        return slice(now * self.modes, (now + 1) * self.modes)

    def find_residuals(self, now: int) -> None:
        """What amplitudes up to now make of residuals now."""
        at, (head, spread) = self.rows(now), self._head(now)
        for noise, part in self.r.parts.items():
            field = self.v.psi[at, : at.start] @ part[: at.start]
            if noise == "phi":
                field[:, at] = equations.echoed(self.unit, field[:, at])
            memory = self._remember(self.C, now) @ part[: at.start]
            part[at] = equations.residual(self.mu, head, spread, self.gamma, self.v.parts[noise][at], field, memory)
        self._set_symmetric(self.R, at, self._overlaps(at, self.r, self.r, at.start))
        self.X[at, : at.stop] = self._overlaps(at, self.r, self.v, at.start)[:, : at.stop]

    def move_states(self, now: int) -> None:
        """Amplitudes one step on."""
        at, after, (head, spread) = self.rows(now), self.rows(now + 1), self._head(now)
        step, moved = self.times[now + 1] - self.times[now], {}
        ratio = step / (self.times[now] - self.times[now - 1]) if now else 0
        for noise, part in self.v.parts.items():
            field = self.r.phi[at, : at.stop] @ part[: at.stop]
            if noise == "psi":
                field[:, at] = equations.echoed(self.unit, field[:, at])
            memory = self._remember(self.R, now) @ part[: at.start]
            residual = self.r.parts[noise][at]
            moved[noise] = equations.velocity(head, spread, self.gamma, self.lam, part[at], residual, field, memory)
            change = (moved[noise] - self.moved[noise]) * ratio / 2 if now else 0
            part[after] = part[at] + step * (moved[noise] + change)
        self.moved = moved
        self._set_symmetric(self.C, after, self._overlaps(after, self.v, self.v, at.stop))
        self._check_bound(now + 1)

    def _head(self, now: int) -> tuple[Any, Any]:
        """What is left of the head's start, and of its spread."""
        head, spread = (equations.decayed(x, self.kappa, self.times[now], self.exp) for x in (self.start, self.spread))
        return head, spread

    def _remember(self, kernel: NDArray, now: int) -> NDArray:
        """A row of a kernel with the weights of its integral."""
        lags = self.times[now] - self.times[:now]
        weights = memory_weights(self.times[: now + 1]) * [equations.decayed(1, self.kappa, lag, self.exp) for lag in lags]
        return kernel[self.rows(now), : now * self.modes] * np.repeat(weights, self.modes)

    def _overlaps(self, rows: slice, one: _Responses, other: _Responses, known: int) -> NDArray:
        """Overlaps of some rows with all others up to them, where residuals are known up to a row."""
        seen = min(rows.stop, known + self.modes)  # amplitudes, whose noise residuals feel at once
        by_phi = one.phi[rows, :seen] @ self.C[:seen, :seen]
        by_psi = one.psi[rows, :known] @ self.R[:known, :known]
        to = slice(0, rows.stop)
        found = one.start[rows] @ self.covariance @ other.start[to].T
        return found + by_phi @ other.phi[to, :seen].T + by_psi @ other.psi[to, :known].T

    def _set_symmetric(self, kernel: NDArray, rows: slice, values: NDArray) -> None:
        kernel[rows, : rows.stop] = values
        kernel[: rows.stop, rows] = values.T

    def _check_bound(self, now: int) -> None:
        """Mean squares are below the bound of the flow, or steps are unstable."""
        at, time = self.rows(now), self.times[now]
        grown = [equations.growth_bound(mu, self.lam, time, self.exp) for mu in self.mu[:, 0]]
        if not np.all(np.diag(self.C[at, at]) <= EXCESS * np.diag(self.covariance) * np.array(grown)):
            raise UnfinishedError(
                f"the kernels blow up at t = {float(time):.4g}, where the flow does not: steps of "
                f"{float(time - self.times[now - 1]):.3g} are too long; ask for earlier times or a larger tolerance"
            )
