r"""Rates near states, measured in runs of the whole model.

A state is displaced a little along an eigenvector, and the velocity is followed while it falls or grows by a few factors of e.
It then obeys :math:`F(t+h)=zF(t)`, or where the eigenvalue is complex :math:`F(t+2h)=\alpha F(t+h)+\beta F(t)` in all its
entries, whose coefficients are found by least squares (Prony, 1795): :math:`s=\ln(z)/h`.

>>> import numpy as np
>>> found = measure_rate(lambda t, y: np.array([-2 * y[0] + y[0]**2]), np.zeros(1), np.ones(1), -2, lambda F: F)
>>> bool(abs(found.rate + 2) < found.tolerance < 1e-4)
True

When it fails: where other small changes grow so much faster that they take over; such a rate is not measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivations.studies.following import Velocity
from theory.errors import UnfinishedError

DISPLACED = 1e-5  # the largest displacement, relative to the state
FOLDS, TURNS = 3.0, 40.0  # by which the velocity falls or grows, or turns if that takes less time
FEWEST = 0.1  # the share of that time below which no rate is taken
SLOWEST = 1e-3  # the least real part that the time is made for, relative to an eigenvalue
SAMPLES = 40
RTOL, ATOL = 1e-12, 1e-15
SEEN = 1e-2  # the share of other changes that may grow from what terms of second order feed them


@dataclass(frozen=True)
class MeasuredRate:
    """A rate, complex where the run turns, and how far off it may be."""

    rate: complex
    tolerance: float


def measure_rate(
    velocity: Velocity,
    rest: NDArray,
    direction: NDArray,
    expected: complex,
    observe: Callable[[NDArray], NDArray],
    fastest: float = 0.0,
) -> MeasuredRate:
    """The rate of a displacement from a state at rest.

    Parameters
    ----------
    expected
        about what is expected: it sets the time that is followed, and whether a turn is looked for.
    observe
        what is looked at of a velocity.
    fastest
        growth of other small changes, which terms of second order start.

    Raises
    ------
    UnfinishedError
        where these take over, or the run stops.
    """
    size = max(1.0, float(np.linalg.norm(rest))) * DISPLACED / float(np.linalg.norm(direction))
    turns = abs(expected.imag) > 1e-9 * abs(expected)
    duration = min(FOLDS / max(abs(expected.real), SLOWEST * abs(expected)), TURNS / abs(expected.imag) if turns else np.inf)
    others = max(0.0, fastest - max(0.0, expected.real))
    allowed = np.log(SEEN / DISPLACED) / others if others else np.inf
    if allowed < FEWEST * duration:
        raise UnfinishedError("other small changes grow so much faster that they would take over")
    duration = min(duration, allowed)
    folds = duration * abs(expected.real)
    start = rest + direction * (size * np.exp(-folds) if expected.real > 0 else size)
    steps = max(SAMPLES, int(np.ceil(duration * abs(expected.imag) / 0.7))) if turns else SAMPLES
    times = np.linspace(0, duration, steps + 1)
    states, calls = _states(velocity, start, times)
    observed = np.array([observe(velocity(t, y)) for t, y in zip(times, states, strict=True)])
    fit = _fit_turning if turns else _fit_straight
    halves = observed[: steps // 2 + 1], observed[steps // 2 :]
    rate, early, late = (fit(part, times[1]) for part in (observed, *halves))
    smallest = size * np.exp(-folds) * float(np.linalg.norm(direction))
    largest = float(np.linalg.norm(rest)) + size * float(np.linalg.norm(direction))
    noise = calls * (RTOL * largest + ATOL) / smallest / duration
    return MeasuredRate(rate, 2 * abs(early - late) + noise)


def _states(velocity: Velocity, start: NDArray, times: NDArray) -> tuple[NDArray, int]:
    """The states at some times, and a bound on the number of steps: how often the velocity was asked for."""
    from scipy.integrate import solve_ivp

    with np.errstate(all="ignore"):
        found = solve_ivp(velocity, (0, times[-1]), start, method="LSODA", t_eval=times, rtol=RTOL, atol=ATOL)
    if not found.success or len(found.t) < len(times) or not np.isfinite(found.y).all():
        raise UnfinishedError(f"the run that measures it stopped: {found.message}")
    return found.y.T, found.nfev


def _fit_straight(observed: NDArray, h: float) -> complex:
    """The slope of the logarithm of the part along the first velocity."""
    along = observed @ observed[0]
    if not (along > 0).all():
        raise UnfinishedError("the velocity turns round, where it was expected to fall or to grow")
    return complex(np.polyfit(h * np.arange(len(along)), np.log(along), 1)[0])


def _fit_turning(observed: NDArray, h: float) -> complex:
    """The root in the upper half plane of the recurrence, each sample in units of its own size."""
    size = np.linalg.norm(observed[:-2], axis=1)[:, None]
    first, second, third = (observed[i : len(observed) - 2 + i] / size for i in range(3))
    matrix = np.stack([second.ravel(), first.ravel()], axis=1)
    (alpha, beta), *_ = np.linalg.lstsq(matrix, third.ravel(), rcond=None)
    roots = np.log(np.roots([1, -alpha, -beta]).astype(complex)) / h
    return complex(max(roots, key=lambda s: s.imag))
