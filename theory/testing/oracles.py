"""What properties are held against: values by definition, differences at forty digits, and SciPy's integration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Basic, MatrixSymbol

from theory.calculus import State
from theory.errors import InputError
from theory.evaluate import Point, evaluate, mpf_array

DIGITS = 40
STEP = mpmath.mpf(10) ** -12  # central differences are exact to its square, roundings to 1e-28
STEEPEST = 1e3  # growth of a state, relative to its start, at which an integration ends
CALLS = 4000  # of the velocity in one integration


def to_point(values: Mapping) -> Point:
    """Values by symbol, numbers and arrays, as the oracle takes them."""
    return Point({s: _exact(v) for s, v in values.items()})


def _exact(value):
    if np.ndim(value) == 2:
        return mpf_array(np.asarray(value).tolist())
    if hasattr(value, "is_number"):  # exact; more digits than a float
        return evaluate(value, Point({}))
    return mpmath.mpf(value)


def entries_of(block: State, value) -> list[tuple[int, ...]]:
    """The places of the entries of a block; one empty place for a scalar."""
    return [*product(*map(range, np.shape(value)))] if isinstance(block, MatrixSymbol) else [()]


def move_entry(value, place: tuple[int, ...], by):
    """A value with one entry changed."""
    if not place:
        return value + by
    moved = np.array(value, dtype=object)
    moved[place] += by
    return moved


def differences(function: Callable[[Point], Any], at: Point, block: State) -> dict[tuple[int, ...], Any]:
    """How a function of a point changes with each entry of a block, what markers see being held."""
    here, found = at.values[block], {}
    for place in entries_of(block, here):
        ahead, behind = (function(at.with_state({block: move_entry(here, place, by)})) for by in (STEP, -STEP))
        found[place] = (ahead - behind) / (2 * STEP)
    return found


def gradient(expression: Basic, at: Point, block: State):
    """The gradient of a scalar by differences, in the shape of its block."""
    found = differences(lambda p: evaluate(expression, p), at, block)
    return np.reshape([*found.values()], np.shape(at.values[block])) if np.ndim(at.values[block]) else found[()]


def jacobian(velocity: Mapping[State, Basic], at: Point) -> NDArray:
    """The dense Jacobian of a velocity by differences; blocks row by row."""

    def moved(p: Point) -> NDArray:
        return np.concatenate([np.reshape(evaluate(v, p), -1) for v in velocity.values()])

    columns = [column for block in velocity for column in differences(moved, at, block).values()]
    return np.array(columns).T.astype(float)


class UnsteadyError(InputError):
    """An example that could not be integrated within its budget."""


def integrate(
    velocity: Callable, start: NDArray, time: float, rounding: float = 1e-11, method: str = "DOP853", patience: int = CALLS
) -> tuple[float, NDArray]:
    """Where a flow is after some time, or earlier where it runs away: that time, and the state.

    By a method of SciPy's ``solve_ivp``, explicit Runge–Kutta of eighth order unless told, and at most ``patience`` velocities.

    Raises
    ------
    UnsteadyError
        where the velocity is not finite, or asked for too often.
    """
    from scipy.integrate import solve_ivp

    calls = iter(range(patience))

    def counted(t, y):
        value = velocity(t, y)
        if next(calls, None) is None or not np.isfinite(value).all():
            raise UnsteadyError(
                "a flow that can be integrated", f"one that is stiff or not finite near t = {t:.3g}", "shorten the time"
            )
        return value

    def runs_away(t, y):
        return STEEPEST * (1 + np.max(np.abs(start))) - np.max(np.abs(y))

    runs_away.terminal = True  # type: ignore[attr-defined]
    found = solve_ivp(counted, (0, time), start, method=method, rtol=rounding, atol=rounding, events=runs_away)
    if not found.success:
        raise UnsteadyError("a flow to integrate", found.message, "shorten the time")
    return float(found.t[-1]), found.y[:, -1]
