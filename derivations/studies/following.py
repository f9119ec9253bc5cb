r"""A flow followed until it rests, blows up, or has been followed for long enough.

Steps are those of LSODA, which become implicit where the flow is stiff.  A run *rests* where its speed has fallen to ``REST``
of the largest on the way.  It *blows up* where the state has grown beyond ``BEYOND`` times its start (``GROWN`` times, where no
step is short enough to follow it further) and would grow as much again in ``SOON`` of the time that has passed.  A *cycle* is a
run that comes back to the same point again and again.

>>> import numpy as np
>>> print(follow(lambda t, y: y**2, np.array([1.0]), horizon=10).ending)
blew up at t = 1
>>> print(follow(lambda t, y: np.array([y[1], -y[0]]), np.array([1.0, 0.0]), horizon=100).ending)
did not come to rest: returns after T = 6.28319

When it fails: a state that is approached like a power of time is not reached within the horizon, and said not to rest; neither
is one that takes more than ``STEPS`` steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

RTOL, ATOL = 1e-9, 1e-12
REST = 1e-9  # of the largest speed
BEYOND, GROWN, SOON = 1e8, 10.0, 1e-3
STEPS = 12_000
LOOK = 2000  # steps after which a cycle is looked for
FALLEN = 1e3  # times the last speed from which on the last rate is taken
RETURNS, SAME = 4, 1e-4  # how often a cycle has come back, and how close, relative to its size

Velocity = Callable[[float, NDArray], NDArray]


class Outcome(Enum):
    """How a run ends."""

    REST = "at rest"
    CYCLE = "did not come to rest: returns"
    MOVING = "did not come to rest"
    GROWTH = "grows without bound"
    BLOW_UP = "blew up"
    STOPPED = "stopped: outside of where the flow is defined, or steps too small"


@dataclass(frozen=True)
class Ending:
    """How a run ended: the time, the speed that was left, and the period of one that returns."""

    outcome: Outcome
    time: float
    speed: float
    period: float | None = None

    def __str__(self):
        if self.outcome is Outcome.CYCLE:
            return f"{self.outcome.value} after T = {self.period:.6g}"
        by = "up to" if self.outcome is Outcome.MOVING else "at"
        return f"{self.outcome.value} {by} t = {self.time:.6g}"


@dataclass(frozen=True, eq=False)
class Followed:
    """The path of a run at the steps of the integrator: times (T,), states (T, n), speeds (T,) and how it ended."""

    times: NDArray
    states: NDArray
    speeds: NDArray
    ending: Ending

    @property
    def end(self) -> NDArray:
        return self.states[-1]

    @property
    def last_rate(self) -> float:
        """At which the speed of a run that comes to rest falls at its end."""
        (before,) = np.nonzero(self.speeds >= FALLEN * self.speeds[-1])
        if not len(before) or self.speeds[-1] == 0:
            return np.inf
        k = before[-1]
        return float(np.log(self.speeds[k] / self.speeds[-1]) / (self.times[-1] - self.times[k]))

    @property
    def end_error(self) -> float:
        """How far the end of a run that comes to rest may be from where it rests: twice the way that is left at its last
        rate, and the errors of the steps within the last relaxation time, each of them the tolerance of the integrator."""
        rate = self.last_rate
        steps = int((self.times > self.times[-1] - 1 / rate).sum())
        return float(2 * self.speeds[-1] / rate) + RTOL * (1 + steps) * float(np.linalg.norm(self.end)) + ATOL * (1 + steps)


def follow(velocity: Velocity, start: NDArray, horizon: float, rtol: float = RTOL, atol: float = ATOL) -> Followed:
    """A flow from a start, up to the horizon at the latest."""
    from scipy.integrate import LSODA

    times, states, speeds = [0.0], [start], [float(np.linalg.norm(velocity(0.0, start)))]
    stepper, outcome = LSODA(velocity, 0.0, start, horizon, rtol=rtol, atol=atol), None
    near, far = (factor * (1 + float(np.linalg.norm(start))) for factor in (GROWN, BEYOND))
    with np.errstate(all="ignore"):
        while outcome is None:
            failed = stepper.step() or stepper.t == times[-1] or not np.isfinite(stepper.y).all()
            if not failed:
                times.append(float(stepper.t))
                states.append(stepper.y.copy())
                speeds.append(float(np.linalg.norm(velocity(stepper.t, stepper.y))))
            size = float(np.linalg.norm(states[-1]))
            is_soon = size < SOON * times[-1] * speeds[-1]
            if size > far:
                outcome = Outcome.BLOW_UP if is_soon else Outcome.GROWTH
            elif failed:
                outcome = Outcome.BLOW_UP if is_soon and size > near else Outcome.STOPPED
            elif speeds[-1] <= REST * max(speeds):
                outcome = Outcome.REST
            elif stepper.status != "running" or len(times) > STEPS or _has_returned(times, states):
                outcome = Outcome.MOVING
    return _followed(np.array(times), np.array(states), np.array(speeds), outcome)


def _followed(times: NDArray, states: NDArray, speeds: NDArray, outcome: Outcome) -> Followed:
    period = find_period(times, states) if outcome is Outcome.MOVING else None
    ending = Ending(outcome if period is None else Outcome.CYCLE, float(times[-1]), float(speeds[-1]), period)
    return Followed(times, states, speeds, ending)


def _has_returned(times: list[float], states: list[NDArray]) -> bool:
    return len(times) % LOOK == 0 and find_period(np.array(times), np.array(states)) is not None


def find_period(times: NDArray, states: NDArray) -> float | None:
    """The time after which the later half of a run returns to the same state; None where it does not.

    Returns are looked for where the coordinate that varies most rises through the middle of its range.
    """
    late = times >= times[-1] / 2
    t, y = times[late], states[late]
    size = float(np.ptp(y, axis=0).max()) if len(t) > 1 else 0.0
    if len(t) < 8 * RETURNS or size <= 1e-6 * float(np.abs(y).max()):
        return None
    chosen = int(np.argmax(np.ptp(y, axis=0)))
    level = (y[:, chosen].max() + y[:, chosen].min()) / 2
    (rising,) = np.nonzero((y[:-1, chosen] < level) & (y[1:, chosen] >= level))
    if len(rising) <= RETURNS:
        return None
    at, where = _crossings(t, y, chosen, level, rising)
    for back in range(1, len(at) // RETURNS + 1):  # a cycle may cross more than once
        periods = at[back:] - at[:-back]
        apart = np.linalg.norm(where[back:] - where[:-back], axis=1)
        if apart.max() <= SAME * size and np.ptp(periods) <= SAME * 10 * periods.mean():
            return float(periods[-1])
    return None


def _crossings(t: NDArray, y: NDArray, chosen: int, level: float, rising: NDArray) -> tuple[NDArray, NDArray]:
    """Times and states at which a coordinate rises through a level, by cubics through four neighbouring steps."""
    from scipy.interpolate import CubicSpline

    inside = rising[(rising >= 2) & (rising < len(t) - 3)]
    at, where = [], []
    for k in inside:
        near = slice(k - 2, k + 4)
        path = CubicSpline(t[near], y[near])
        low, high = t[k], t[k + 1]
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if path(middle)[chosen] < level else (low, middle)
        at.append(high)
        where.append(path(high))
    return np.array(at), np.array(where)
