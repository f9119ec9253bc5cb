"""Where the axes of a figure begin and end, and how they are scaled, whatever the numbers are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import AsinhLocator
from numpy.typing import ArrayLike, NDArray
from sympy import Symbol

FAR = 50.0  # ratio of numbers that one linear axis no longer shows beside each other
MARGIN = 0.07  # of an axis beyond what it shows
OUTLYING = 3.0  # times the spread of nine tenths of the numbers: what lies beyond is cut off
LARGEST = 1e12
BESIDE, WIDE = 0.6, 1.5  # of the size of what a range shows: its room beside critical numbers, and where none is known
TICKS = 7  # of an axis that is logarithmic on both sides of zero


@dataclass(frozen=True)
class Range:
    """Both ends of an axis; ``width`` of the linear part of one that is logarithmic on both sides of zero, zero where it is
    linear, and infinite where it is logarithmic."""

    low: float
    high: float
    width: float = 0.0

    @property
    def is_logarithmic(self) -> bool:
        return bool(np.isinf(self.width))

    def grid(self, count: int) -> NDArray:
        """Numbers from end to end, evenly on the axis."""
        if self.is_logarithmic:
            return np.geomspace(self.low, self.high, count)
        if self.width:
            low, high = (float(np.arcsinh(end / self.width)) for end in (self.low, self.high))
            return self.width * np.sinh(np.linspace(low, high, count))
        return np.linspace(self.low, self.high, count)

    def share(self, value: float) -> float:
        """How far along the axis a number lies, from zero at the low end to one."""
        grid = self.grid(2001)
        return float(np.interp(value, grid, np.linspace(0, 1, len(grid))))

    def contains(self, value: float) -> bool:
        return self.low <= value <= self.high

    def within(self, low: float, high: float) -> Range:
        """The part between two ends, where there is any."""
        ends = max(self.low, low), min(self.high, high)
        return replace(self, low=ends[0], high=ends[1]) if ends[0] < ends[1] else self

    def widened(self, factor: float) -> Range:
        """A linear range with the same middle."""
        middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2
        return Range(middle - factor * half, middle + factor * half)

    def around(self, values: ArrayLike, margin: float) -> Range:
        """The smallest linear range that holds this one, and values with a margin of their spread."""
        shown = np.asarray(values, dtype=float)
        room = margin * float(np.ptp(shown))
        return Range(min(self.low, float(shown.min()) - room), max(self.high, float(shown.max()) + room))

    def put_on(self, axes: Axes, which: Literal["x", "y"]) -> None:
        """One axis of a figure with this range."""
        limits, scale = (axes.set_xlim, axes.set_xscale) if which == "x" else (axes.set_ylim, axes.set_yscale)
        if self.is_logarithmic:
            scale("log")
        elif self.width:
            scale("asinh", linear_width=self.width)
            axis = axes.xaxis if which == "x" else axes.yaxis
            axis.set_major_locator(AsinhLocator(self.width, numticks=TICKS))
        limits(self.low, self.high)


def parameter_range(symbol: Symbol, critical: Sequence[float], number: float | None) -> Range:
    """The range of a parameter around its critical values, or around its number where there are none."""
    shown = sorted({c for c in critical if np.isfinite(c) and abs(c) < LARGEST})
    if number is not None and (not shown or min(shown) / FAR < number < max(shown) * FAR):
        shown = sorted({*shown, float(number)})
    sizes = [abs(c) for c in shown if c]
    if symbol.is_positive and len(sizes) > 1 and max(sizes) > FAR * min(sizes):
        return Range(min(sizes) / 4, 4 * max(sizes), np.inf)
    low, high = (min(shown), max(shown)) if shown else (0.0, 0.0)
    beyond = BESIDE if len(critical) else WIDE
    room = max(beyond * (high - low), beyond * max(sizes, default=0.0)) or 1.0
    low, high = _within_sign(symbol, low - room, high + room, min(sizes, default=np.inf))
    if len(sizes) > 1 and max(sizes) > FAR * min(sizes):
        return Range(low, high, min(sizes))
    return Range(low, high)


def _within_sign(symbol: Symbol, low: float, high: float, least: float) -> tuple[float, float]:
    """Both ends within the sign of a symbol, zero itself only where that is allowed; the ``least`` size shown stays inside."""
    edge = min(1e-3 * (high - low), least / 2) * (symbol.is_zero is False)
    if symbol.is_nonnegative:
        return max(low, edge), max(high, 2 * edge, 1e-3 if high <= 0 else high)
    if symbol.is_nonpositive:
        return min(low, -2 * edge, low if low < 0 else -1e-3), min(high, -edge)
    return low, high


def value_range(groups: Sequence[ArrayLike], always: Sequence[float] = ()) -> Range:
    """The range of an axis that shows groups of numbers, such as branches.

    Runs to infinity are cut off, but not numbers that are ``always`` shown; groups that are far apart are shown on an axis that
    is logarithmic away from zero.
    """
    finite = [np.asarray(g, dtype=float)[np.isfinite(g)] for g in groups]
    finite = [g for g in finite if len(g)]
    kept = np.array([v for v in always if np.isfinite(v) and abs(v) < LARGEST])
    every = np.concatenate([*finite, kept])
    every = every[np.abs(every) < LARGEST]
    if not len(every):
        return Range(-1.0, 1.0)
    typical = [size for g in finite if (size := float(np.median(np.abs(g)))) > 0]
    if typical and max(typical) > FAR * 4 * min(typical):
        return _with_margin(float(every.min()), float(every.max()), min(typical))
    low, high = np.quantile(every, [0.05, 0.95])
    room = OUTLYING * (high - low)
    ends = max(every.min(), min(low - room, *kept)) if len(kept) else max(every.min(), low - room)
    tops = min(every.max(), max(high + room, *kept)) if len(kept) else min(every.max(), high + room)
    return _with_margin(float(ends), float(tops))


def _with_margin(low: float, high: float, width: float = 0.0) -> Range:
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-300):
        room = 0.5 * max(abs(low), abs(high)) or 1.0
        return Range(low - room, high + room)
    if width:
        a, b = np.arcsinh(np.array([low, high]) / width)
        ends = width * np.sinh([a - MARGIN * (b - a), b + MARGIN * (b - a)])
        return Range(float(ends[0]), float(ends[1]), width)
    return Range(low - MARGIN * (high - low), high + MARGIN * (high - low))
