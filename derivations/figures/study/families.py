"""Families in a bifurcation diagram: a line where an amplitude is the same along the family, else a hatched band."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from derivations.figures.study.diagram import Diagram, Panel
from derivations.figures.study.formulas import formula
from derivations.figures.study.ranges import Range
from derivations.figures.study.shades import shade_of
from derivations.figures.study.values import point_along
from derivations.studies.findings import State

ACROSS, ALONG, MOST = 61, 41, 2000  # numbers of the parameter, of each coordinate of a family, and of all coordinates
UNIT = Range(-1.0, 1.0)


def family_line(diagram: Diagram, state: State, panel: Panel) -> NDArray | None:
    """What a panel shows of a family where that is the same for all of it, at each number of the parameter; None where not."""
    low, high = family_bounds(diagram, state, panel, UNIT)
    return None if _is_band(low, high) else low


def draw_families(axis: Axes, diagram: Diagram, up: Range, panel: Panel) -> list:
    """All families, as far as the panel reaches; and what the legend shows of them."""
    bounds = [(state, *family_bounds(diagram, state, panel, up)) for state in diagram.families]
    return [_draw_family(axis, diagram, *bound) for bound in bounds if np.isfinite(bound[1]).sum() > 1]


def family_bounds(diagram: Diagram, state: State, panel: Panel, up: Range) -> tuple[NDArray, NDArray]:
    """The least and the largest value that a panel shows of a family, its coordinates within the panel; at each number."""
    count = min(ALONG, int(MOST ** (1 / len(state.point.free))))
    coordinates = [g.ravel() for g in np.meshgrid(*[up.grid(count)] * len(state.point.free))]
    length = len(coordinates[0])
    columns = {s: np.full(ACROSS * length, float(v)) for s, v in diagram.findings.numbers.items()}
    columns[diagram.parameter] = np.repeat(diagram.across.grid(ACROSS), length)
    columns |= {y: np.tile(c, ACROSS) for y, c in zip(state.point.free, coordinates, strict=True)}
    tracks = [diagram.shown(panel, values).reshape(ACROSS, length) for values in point_along(state.point, columns)]
    table = np.concatenate([np.full((ACROSS, 1), np.nan), *tracks], axis=1)
    seen = np.isfinite(table).any(axis=1)
    low, high = np.full(ACROSS, np.nan), np.full(ACROSS, np.nan)
    low[seen], high[seen] = np.nanmin(table[seen], axis=1), np.nanmax(table[seen], axis=1)
    return low, high


def _is_band(low: NDArray, high: NDArray) -> bool:
    with np.errstate(invalid="ignore"):
        return bool((high - low > 1e-9 * (np.abs(high) + np.abs(low))).any())


def _draw_family(axis: Axes, diagram: Diagram, state: State, low: NDArray, high: NDArray):
    across, shade = diagram.across.grid(ACROSS), shade_of(state.number)
    words = f"state {state.number}: family,\n{', '.join(formula(y) for y in state.point.free)} arbitrary"
    if _is_band(low, high):
        return axis.fill_between(
            across, low, high, facecolor=f"{shade}18", edgecolor=f"{shade}55", hatch="//", linewidth=0, label=words, zorder=1
        )
    (line,) = axis.plot(across, low, color=shade, linewidth=3.5, alpha=0.6, label=words, zorder=2)
    return line
