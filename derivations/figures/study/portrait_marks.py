"""Marks of fixed points in phase portraits, and the windows around them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Symbol

from derivations.figures.study.branches import Kind
from derivations.figures.study.ranges import Range, value_range

ROOM = 0.45  # beyond the outermost fixed points, of the distance between them
ALONE = 1.5  # beyond a single fixed point, of its size
EDGE = 0.04  # of the window beyond the sign of an amplitude
MARKS: dict[Kind, dict[str, Any]] = {
    Kind.STABLE: {"marker": "o", "markerfacecolor": "black"},
    Kind.UNSTABLE: {"marker": "o", "markerfacecolor": "white"},
    Kind.SADDLE: {"marker": "D", "markerfacecolor": "white"},
    Kind.MARGINAL: {"marker": "s", "markerfacecolor": "#bbbbbb"},
}
NAMES = {Kind.STABLE: "stable", Kind.UNSTABLE: "unstable", Kind.SADDLE: "saddle", Kind.MARGINAL: "marginal, not decided"}


def window_along(symbol: Symbol, places: NDArray, otherwise: float = 0.0, is_linear: bool = True) -> Range:
    """The range of an amplitude around its fixed points; ``otherwise`` is its size where they tell none."""
    places = places[np.isfinite(places)]
    spread = float(np.ptp(places)) if len(places) else 0.0
    if spread:
        shown = value_range([places] if is_linear else [[place] for place in places], always=places.tolist())
        if shown.width:
            return shown
        room = ROOM * (shown.high - shown.low)
        return _within_sign(symbol, shown.low - room, shown.high + room)
    middle = float(places[0]) if len(places) else 0.0
    room = ALONE * (abs(middle) or otherwise or 1.0)
    return _within_sign(symbol, middle - room, middle + room)


def _within_sign(symbol: Symbol, low: float, high: float) -> Range:
    """The range within the sign of an amplitude, with a narrow edge so that points on the axis are seen whole."""
    edge = EDGE * (high - low)
    if symbol.is_nonnegative:
        return Range(max(low, -edge), high)
    return Range(low, min(high, edge)) if symbol.is_nonpositive else Range(low, high)
