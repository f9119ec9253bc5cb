"""The phase line of one amplitude: its velocity as a function, with arrows along the axis."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from derivations.figures.study.branches import columns_along
from derivations.figures.study.formulas import formula, numbers_text, rate_of
from derivations.figures.study.plane_flow import rests_of
from derivations.figures.study.portrait_marks import MARKS, NAMES, window_along
from derivations.figures.study.ranges import FAR, Range, value_range
from derivations.figures.study.values import real_values
from derivations.figures.style import BLUE, DARK, STYLE
from derivations.studies.findings import Findings

FINE = 601
ARROWS = 15
BEYOND = 2.5  # times the largest velocity between fixed points that is drawn outside of them


def phase_line(findings: Findings) -> Figure:
    """The velocity of one amplitude at the numbers of the study, its zeros, and where the amplitude goes."""
    (x,), rests = findings.amplitudes.state, rests_of(findings)
    places = np.array([r.place[0] for r in rests])
    across = window_along(x, places, is_linear=False)
    grid = np.unique([*across.grid(FINE), *places])
    (values,) = real_values(list(findings.amplitudes.velocity.values()), {**columns_along(findings, None, grid), x: grid})
    with rc_context(STYLE):
        figure = Figure(figsize=(6.4, 3.6))
        axis = figure.subplots()
        across.put_on(axis, "x")
        speed_range(grid, values, places).put_on(axis, "y")
        axis.axhline(0, color=DARK, linewidth=0.8)
        axis.plot(grid, values, color=BLUE, gid="velocity")
        _draw_arrows(axis, across, grid, values)
        families = [s for s in findings.states if s.point.free]
        for state in families:
            axis.plot(grid, 0 * grid, color=DARK, linewidth=4, label=f"state {state.number}: every state at rest")
        for rest in rests:
            axis.plot(rest.place[0], 0, linestyle="none", color="black", markersize=7, **MARKS[rest.kind], zorder=6, gid="rest")
        axis.set(xlabel=formula(x), ylabel=rate_of(x))
        marks = [
            Line2D([], [], linestyle="none", color="black", markersize=7, **MARKS[kind], label=NAMES[kind])
            for kind in sorted({r.kind for r in rests})
        ]
        handles, told = [*marks, *axis.get_legend_handles_labels()[0]], numbers_text(findings.numbers)
        if handles or told:
            figure.legend(handles=handles, loc="outside right upper", title=told or None).set_alignment("left")
        return figure


def speed_range(grid: NDArray, values: NDArray, places: NDArray) -> Range:
    """The range of velocities that shows those between the outermost fixed points well; those far apart beside each other."""
    finite = np.isfinite(values)
    if len(places) < 2 or not finite.any():
        return value_range([values], always=[0.0])
    edges = np.sort(places)
    sizes = [np.nanmax(np.abs(values[(grid >= a) & (grid <= b)]), initial=0.0) for a, b in pairwise(edges)]
    largest, least = max(sizes), min(size for size in (*sizes, max(sizes)) if size > 0 or size == max(sizes))
    if not largest or not np.isfinite(largest):
        return value_range([values], always=[0.0])
    shown = np.clip(values[finite], -BEYOND * largest, BEYOND * largest)
    far = largest > FAR * least
    return value_range([shown, [least], [largest]] if far else [shown], always=[0.0])


def _draw_arrows(axis: Axes, across: Range, grid: NDArray, values: NDArray) -> None:
    for place in across.grid(2 * ARROWS + 1)[1::2]:
        speed = float(np.interp(place, grid, values))
        if np.isfinite(speed) and speed != 0:
            axis.plot(place, 0, ">" if speed > 0 else "<", color="#777777", markersize=4.5, zorder=3, gid="arrow")
