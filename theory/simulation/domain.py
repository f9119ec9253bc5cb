r"""Where a model is defined, watched along its runs.

:attr:`theory.Loss.conditions` says what must stay positive: lengths by which samples are divided, variances, determinants,
arguments of logarithms.  A start that violates a condition is refused.  Along a run a condition is *reached* where errors
within the tolerances may take it to zero or below,

.. math:: c(y)\le|c(y+\delta)-c(y)|,\qquad\delta=\pm(r|y|+a),

with tolerances r and a and one draw of signs: the length of a sample to which the tolerances leave no direction, a variance
that is lost in rounding.  The run then ends with an :class:`~theory.errors.UnfinishedError`.  Conditions are evaluated once
or twice for each step that is taken; they need no velocity.

When it fails: a condition that is violated and restored within one step passes unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from theory.errors import InputError, UnfinishedError, quote_value
from theory.lowering import LoweredFlow

EXACT_STEPS = 100 * float(np.finfo(float).eps)  # the tolerance of what is not integrated
SHOWN = 300  # characters of a condition in a sentence


@dataclass(frozen=True, eq=False)
class Domain:
    """The conditions of a run: an event for :class:`theory.simulation.events.Watch`, by its :meth:`margin`.

    Attributes
    ----------
    conditions
        what must stay positive, every entry of it.
    values
        a function from a state to their values.
    start
        the state at the start.
    rtol, atol
        what is left open of a state.
    """

    conditions: tuple[Expr, ...]
    values: Callable[[NDArray], list]
    start: NDArray
    rtol: float
    atol: float

    @classmethod
    def of(cls, conditions: Sequence[Expr], lowered: LoweredFlow, start: NDArray, rtol: float, atol: float) -> Domain:
        """The domain of a flow in NumPy, with the conditions in its symbols.

        Raises
        ------
        InputError
            for a start that is outside, or not inside by more than the tolerances.
        """
        tolerances = (rtol, atol) if np.isfinite(rtol) else (EXACT_STEPS, 0.0)
        found = cls(tuple(conditions), lowered.evaluate(conditions) if conditions else lambda _: [], start, *tolerances)
        if found.margin(start) <= 0:
            condition, value, place = found._worst(start)
            expected = f"a start at which {quote_value(condition, SHOWN)} is positive, as the loss is not defined elsewhere"
            remedy = "give another start in initial={...}, or other parameters"
            raise InputError(expected, f"{value:.3g}{place}", remedy)
        return found

    def margin(self, state: NDArray) -> float:
        """By how much the conditions hold beyond the tolerances: positive where all do."""
        return min((float(np.min(m)) for m in self._margins(state)), default=np.inf)

    def require_inside(self, time: float, state: NDArray) -> None:
        """Raise :class:`~theory.errors.UnfinishedError` for a state at which a condition is violated."""
        if not all(np.all(v > 0) for v in self._arrays(state)):
            raise UnfinishedError(self.sentence(time, state))

    def sentence(self, time: float, state: NDArray) -> str:
        """Which condition was reached, and when."""
        condition, value, place = self._worst(state)
        named = quote_value(condition, SHOWN)
        return (
            f"expected {named} to stay positive, got {value:.3g}{place} at t = {time:.6g}, which is not above zero by "
            "more than the tolerances of the run; the loss is not defined beyond: end the run earlier, or change its start or "
            "its parameters, such as decays"
        )

    def nearest(self, state: NDArray) -> str:
        """What is closest to being violated, relative to its start; empty where nothing has come closer."""
        pairs = zip(self._arrays(self.start), self._arrays(state), strict=True)
        shares = [float(now.min() / then.min()) for then, now in pairs]
        if not shares or not min(shares) < 1:
            return ""
        k = int(np.argmin(shares))
        named = quote_value(self.conditions[k], SHOWN)
        return f"{named}, which must stay positive, has come down to {shares[k]:.1g} of its start"

    def _arrays(self, state: NDArray) -> list[NDArray]:
        with np.errstate(all="ignore"):
            return [np.asarray(v, dtype=float) for v in self.values(state)]

    @cached_property
    def _signs(self) -> NDArray:
        return np.random.default_rng(0).choice((-1.0, 1.0), self.start.size)

    def _margins(self, state: NDArray) -> list[NDArray]:
        moved = self._arrays(state + self._signs * (self.rtol * np.abs(state) + self.atol)) if self.conditions else []
        pairs = zip(self._arrays(state), moved, strict=True)
        return [np.nan_to_num(v - np.abs(other - v), nan=-1.0) for v, other in pairs]

    def _worst(self, state: NDArray) -> tuple[Expr, float, str]:
        """The condition that holds least, its value there, and at which entry."""
        margins = self._margins(state)
        k = int(np.argmin([m.min() for m in margins]))
        value = self._arrays(state)[k]
        place = np.unravel_index(int(np.argmin(margins[k])), margins[k].shape)
        entry = f" at entry {', '.join(map(str, place))}" if value.size > 1 else ""
        return self.conditions[k], float(value[place]), entry
