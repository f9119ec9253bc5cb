"""A flow of two amplitudes at numbers, on the window of a phase portrait: velocities, and curves along it.

Curves are followed by their length, with the window as the unit: nothing blows up, and slow stretches take no longer than fast
ones.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from sympy import Expr, Symbol, together

from derivations.figures.study.branches import Kind, columns_along, kinds_of
from derivations.figures.study.ranges import Range
from derivations.figures.study.values import numeric_function, point_along
from derivations.studies.findings import Findings, State
from theory.lowering import LoweredFlow

LENGTH = 6.0  # of a curve, in windows
OUTSIDE = 0.6  # windows beyond the window at which a curve ends
SLOW = 1e-4  # of the typical speed: where a curve has arrived
AWAY = 1e-3  # of the window: how far from a saddle a separatrix begins
SEARCHED, NEAR = (1e-3, 1e3), 1.1  # sizes of coordinates of a family, and of what is nearest to zero relative to the least
FINE, DRAWN = 20_000, 1201  # evaluations of the velocity along one curve, and places that are drawn


@dataclass(frozen=True, eq=False)
class Rest:
    """A fixed point at numbers."""

    state: State
    place: NDArray
    kind: Kind
    jacobian: NDArray


@dataclass(frozen=True, eq=False)
class PlaneFlow:
    """Velocities at places (2, …) of a window."""

    findings: Findings
    across: Range
    up: Range

    @property
    def state(self) -> tuple[Symbol, Symbol]:
        x, y = self.findings.amplitudes.state
        return x, y

    @property
    def size(self) -> NDArray:
        return np.array([self.across.high - self.across.low, self.up.high - self.up.low])

    def values(self, expressions: Sequence[Expr]) -> Callable[[NDArray], NDArray]:
        """A function from places (2, …) to the values of expressions in amplitudes and parameters; NaN where not real."""
        numbers = {s: np.array(float(v)) for s, v in self.findings.numbers.items()}
        function = numeric_function(expressions, (*self.state, *numbers))

        def at(places: NDArray) -> NDArray:
            found = np.array(function({self.state[0]: places[0], self.state[1]: places[1], **numbers}))
            return np.where(np.isfinite(found) & (np.abs(found.imag) <= 1e-9 * (1 + np.abs(found.real))), found.real, np.nan)

        return at

    @cached_property
    def velocity(self) -> Callable[[NDArray], NDArray]:
        return self.values(list(self.findings.amplitudes.velocity.values()))

    @cached_property
    def _lowered(self) -> LoweredFlow:
        return self.findings.amplitudes.lower({s: float(v) for s, v in self.findings.numbers.items()})

    @cached_property
    def _slow(self) -> float:
        """The speed in windows at which a curve has arrived."""
        speeds = np.linalg.norm(self.velocity(self.mesh(15)).reshape(2, -1) / self.size[:, None], axis=0)
        moving = speeds[np.isfinite(speeds) & (speeds > 0)]
        return SLOW * float(np.median(moving)) if moving.size else SLOW

    @property
    def nullclines(self) -> Callable[[NDArray], NDArray]:
        """What vanishes where a velocity does, without the poles of that velocity."""
        return self.values([together(v).as_numer_denom()[0] for v in self.findings.amplitudes.velocity.values()])

    def mesh(self, count: int) -> NDArray:
        return np.array(np.meshgrid(self.across.grid(count), self.up.grid(count)))

    def curve(self, start: NDArray, backwards: bool = False) -> NDArray:
        """The curve (2, T) through a place, to where it rests or leaves the surroundings of the window."""
        size, sign, calls = self.size, -1.0 if backwards else 1.0, [0]
        middle = np.array([self.across.low + self.across.high, self.up.low + self.up.high]) / (2 * size)

        def direction(_, place):
            calls[0] += 1
            moved = self._lowered.velocity(0.0, size * place) / size
            speed = np.linalg.norm(moved)
            return sign * moved / np.hypot(speed, self._slow) if np.isfinite(speed) and calls[0] < FINE else np.zeros(2)

        def inside(_, place):
            return 0.5 + OUTSIDE - np.abs(place - middle).max()

        inside.terminal = True  # type: ignore[attr-defined]
        shown = np.linspace(0, LENGTH, DRAWN)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="scipy")  # a curve that cannot be followed on ends where it is
            run = solve_ivp(
                direction, (0, LENGTH), start / size, method="LSODA", t_eval=shown, events=inside, rtol=1e-6, atol=1e-8
            )
        return run.y * size[:, None]

    def separatrices(self, saddle: Rest, backwards: bool = True) -> list[NDArray]:
        """The two halves of the stable manifold of a saddle, or of the unstable one, from the saddle on."""
        values, vectors = np.linalg.eig(saddle.jacobian)
        chosen = int(np.argmin(values.real) if backwards else np.argmax(values.real))
        vector = vectors[:, chosen].real
        step = AWAY * vector / np.linalg.norm(vector / self.size)
        return [self.curve(saddle.place + side * step, backwards) for side in (1, -1)]


def rests_of(findings: Findings) -> list[Rest]:
    """The isolated fixed points at the numbers of the study."""
    columns, flow = columns_along(findings), findings.amplitudes
    found = []
    for state in findings.states:
        for place in [] if state.point.free else point_along(state.point, columns):
            kind = Kind(kinds_of(flow, state, place, columns)[0])
            if kind is not Kind.ABSENT:
                by_symbol = {**columns, **dict(zip(flow.state, place, strict=True))}
                entries = numeric_function(list(flow.jacobian()), tuple(by_symbol))(by_symbol)
                jacobian = np.array(entries).real.reshape(len(flow.state), -1)
                found.append(Rest(state, place[:, 0], kind, jacobian))
    return found


def family_pieces(findings: Findings, state: State, coordinate: NDArray) -> tuple[NDArray, NDArray]:
    """A family with one coordinate in numbers (n, T), and its kinds (T,)."""
    columns = {**columns_along(findings, None, coordinate), state.point.free[0]: coordinate}
    tracks = point_along(state.point, columns)
    values = tracks[0] if tracks else np.full((len(findings.amplitudes.state), len(coordinate)), np.nan)
    parameters = {s: c for s, c in columns.items() if s not in state.point.free}
    return values, kinds_of(findings.amplitudes, state, values, parameters)


def near_zero(findings: Findings, state: State) -> NDArray:
    """The states (T, n) of a family with one coordinate that are nearest to zero."""
    coordinate = np.concatenate([-np.geomspace(*SEARCHED, 400), [0.0], np.geomspace(*SEARCHED, 400)])
    values, kinds = family_pieces(findings, state, coordinate)
    there = values[:, kinds != Kind.ABSENT]
    sizes = np.linalg.norm(there, axis=0)
    return there[:, sizes <= NEAR * sizes.min(initial=np.inf)].T.reshape(-1, len(findings.amplitudes.state))
