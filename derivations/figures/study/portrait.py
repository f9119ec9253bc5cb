"""The phase portrait of a study: the plane of two amplitudes, or the line of one."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from sympy import Expr

from derivations.figures.study.branches import Kind, kind_stretches
from derivations.figures.study.formulas import formula, numbers_text, rate_of
from derivations.figures.study.phase_line import phase_line
from derivations.figures.study.plane_flow import PlaneFlow, Rest, family_pieces, near_zero, rests_of
from derivations.figures.study.portrait_marks import MARKS, NAMES, window_along
from derivations.figures.study.ranges import Range
from derivations.figures.study.shades import LINES, WORDS
from derivations.figures.style import BLUE, DARK, GREEN, ORANGE, PINK, STYLE
from derivations.studies.findings import Findings

FINE, COARSE = 201, 41  # places along each side: of contours, and of streamlines
STARTS = ((0.11, 0.46, 0.87), (0.14, 0.57, 0.9))  # of simulated curves, as shares of the window
WIDE = 10.0  # windows in which attractors are looked for
BESIDE_CYCLE = 0.15  # of the size of a cycle
LEVELS = 9
NULLCLINES = (BLUE, ORANGE)
SEPARATRIX: dict[str, Any] = {"color": "#000000", "linewidth": 1.9}
OUTGOING: dict[str, Any] = {"color": "#000000", "linewidth": 0.9, "linestyle": (0, (1, 1.5))}
SIMULATED: dict[str, Any] = {"color": GREEN, "linewidth": 1.2}
INTEGRAL: dict[str, Any] = {"color": PINK, "linewidth": 1.0}


def phase_portrait(findings: Findings) -> Figure | None:
    """The plane of two amplitudes at the numbers of the study: streamlines, nullclines, fixed points, separatrices, what is
    conserved, and simulated curves; of one amplitude its velocity.  None for more amplitudes, which no plane shows."""
    if len(findings.amplitudes.state) == 1:
        return phase_line(findings)
    if len(findings.amplitudes.state) != 2:
        return None
    rests = rests_of(findings)
    plane = PlaneFlow(findings, *window_of(findings, rests))
    with rc_context(STYLE):
        figure = Figure(figsize=(6.6, 4.6))
        axis = figure.subplots()
        plane.across.put_on(axis, "x")
        plane.up.put_on(axis, "y")
        _draw_streams(axis, plane)
        handles = [*_draw_nullclines(axis, plane), *_draw_integrals(axis, plane)]
        handles += [*_draw_separatrices(axis, plane, rests), *_draw_curves(axis, plane)]
        handles += [*_draw_families(axis, plane), *_draw_rests(axis, rests)]
        axis.set(xlabel=formula(plane.state[0]), ylabel=formula(plane.state[1]))
        axis.grid(False)
        told = "\n".join(filter(None, (numbers_text(findings.numbers), "fixed points by number of state" * bool(rests))))
        figure.legend(handles=handles, loc="outside right upper", title=told or None).set_alignment("left")
        return figure


def window_of(findings: Findings, rests: list[Rest]) -> tuple[Range, Range]:
    """Both ranges of a window around fixed points, what of families is nearest to zero, and cycles around unstable points."""
    families = [near_zero(findings, s) for s in findings.states if len(s.point.free) == 1]
    places = np.concatenate([np.array([r.place for r in rests]).reshape(-1, 2), *families])
    size = float(np.abs(places).max(initial=0.0))
    across, up = (window_along(x, row, size) for x, row in zip(findings.amplitudes.state, places.T, strict=True))
    wide = PlaneFlow(findings, across.widened(WIDE), up.widened(WIDE))
    cycles = [c for r in rests if r.kind is Kind.UNSTABLE and (c := _attractor(wide, r, across, up)) is not None]
    for curve in cycles:
        across, up = across.around(curve[0], BESIDE_CYCLE), up.around(curve[1], BESIDE_CYCLE)
    return across, up


def _attractor(wide: PlaneFlow, rest: Rest, across: Range, up: Range) -> NDArray | None:
    """The end (2, T) of a curve from near an unstable point, maybe a cycle; None where it leaves even a wide window."""
    step = 0.01 * np.array([across.high - across.low, up.high - up.low])
    curve = wide.curve(rest.place + step * np.array([1.0, 0.6]))
    end = curve[:, curve.shape[1] // 2 :]
    stays = end.size and wide.across.contains(end[0, -1]) and wide.up.contains(end[1, -1])
    return end if stays else None


def _draw_streams(axis: Axes, plane: PlaneFlow) -> None:
    velocity = plane.velocity(plane.mesh(COARSE)) / plane.size[:, None, None]
    speed = np.linalg.norm(velocity, axis=0)
    if not (speed[np.isfinite(speed)] > 0).any():
        return
    with np.errstate(all="ignore"):
        u, v = np.ma.masked_invalid(velocity / speed)
    axis.streamplot(
        plane.across.grid(COARSE), plane.up.grid(COARSE), u * plane.size[0], v * plane.size[1], color="#b5b5b5", linewidth=0.6,
        arrowsize=0.7, density=1.1, zorder=1,
    )  # fmt: skip
    axis.set(xlim=(plane.across.low, plane.across.high), ylim=(plane.up.low, plane.up.high))


def _draw_nullclines(axis: Axes, plane: PlaneFlow) -> list[Artist]:
    places = plane.mesh(FINE)
    handles: list[Artist] = []
    for x, values, colour in zip(plane.state, plane.nullclines(places), NULLCLINES, strict=True):
        if _changes_sign(values):
            axis.contour(*places, values, levels=[0], colors=[colour], linewidths=1.3, linestyles=[(0, (4, 1.5))], zorder=2)
            handles.append(Line2D([], [], color=colour, linewidth=1.3, linestyle=(0, (4, 1.5)), label=f"{rate_of(x)} = 0"))
    return handles


def _changes_sign(values: NDArray) -> bool:
    finite = values[np.isfinite(values)]
    return bool(finite.size and finite.min() < 0 < finite.max())


def _draw_integrals(axis: Axes, plane: PlaneFlow) -> list[Artist]:
    """Levels of what is conserved; of what shrinks or grows, its zero, which the flow does not leave."""
    handles: list[Artist] = []
    for conserved in dict.fromkeys((*plane.findings.conserved_amplitudes, *plane.findings.conserved)):
        quantity = conserved.quantity
        if not isinstance(quantity, Expr) or not quantity.free_symbols <= {*plane.state, *plane.findings.numbers}:
            continue
        places = plane.mesh(FINE)
        (values,) = plane.values([quantity])(places)
        finite = values[np.isfinite(values)]
        stays = conserved.rate == 0
        levels = np.unique(np.quantile(finite, np.linspace(0.06, 0.94, LEVELS))) if stays and finite.size else np.zeros(1)
        if finite.size and finite.min() < finite.max():
            axis.contour(*places, values, levels=levels, colors=[INTEGRAL["color"]], linewidths=1, linestyles="solid", zorder=2)
            words = "conserved" if stays else "invariant"
            label = f"{words}: {formula(quantity)}" + ("" if stays else " = 0")
            handles.append(Line2D([], [], **INTEGRAL, label=label))
    return handles


def _draw_separatrices(axis: Axes, plane: PlaneFlow, rests: list[Rest]) -> list[Artist]:
    saddles = [r for r in rests if r.kind is Kind.SADDLE]
    for saddle in saddles:
        for style, backwards in ((OUTGOING, False), (SEPARATRIX, True)):
            for curve in plane.separatrices(saddle, backwards):
                axis.plot(*curve, **style, zorder=3, gid="separatrix" if backwards else "outgoing")
    if not saddles:
        return []
    named = ((SEPARATRIX, "separatrix: stable manifold"), (OUTGOING, "unstable manifold"))
    return [Line2D([], [], **style, label=words) for style, words in named]


def _draw_curves(axis: Axes, plane: PlaneFlow) -> list[Artist]:
    """Simulated runs from places spread over the window."""
    for a, b in product(*STARTS):
        start = np.array([plane.across.low, plane.up.low]) + plane.size * np.array([a, b])
        if np.isfinite(plane.velocity(start)).all():
            axis.plot(*plane.curve(start), **SIMULATED, zorder=3, gid="simulated")
            axis.plot(*start, ".", color=SIMULATED["color"], markersize=4, zorder=3)
    return [Line2D([], [], **SIMULATED, marker=".", markersize=4, label="simulated, from dots")]


def _draw_families(axis: Axes, plane: PlaneFlow) -> list[Artist]:
    handles: list[Artist] = []
    for state in plane.findings.states:
        if len(state.point.free) != 1:
            continue
        along = plane.across if state.point.free[0] == plane.state[0] else plane.up
        values, kinds = family_pieces(plane.findings, state, along.grid(FINE))
        for kind, piece in kind_stretches(kinds):
            axis.plot(*values[:, piece], color=DARK, linewidth=3, linestyle=LINES[kind], zorder=4, gid="family")
            label = f"state {state.number}: family, {WORDS[kind]}"
            if label not in [h.get_label() for h in handles]:
                handles.append(Line2D([], [], color=DARK, linewidth=3, linestyle=LINES[kind], label=label))
    return handles


def _draw_rests(axis: Axes, rests: list[Rest]) -> list[Artist]:
    for rest in rests:
        axis.plot(
            *rest.place, linestyle="none", color="black", markersize=7, **MARKS[rest.kind], zorder=6, clip_on=False, gid="rest"
        )
        axis.annotate(
            str(rest.state.number), tuple(rest.place), xytext=(5, 5), textcoords="offset points", fontsize=8, zorder=7,
            bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7},
        )  # fmt: skip
    return [
        Line2D([], [], linestyle="none", color="black", markersize=7, **MARKS[kind], label=NAMES[kind])
        for kind in sorted({r.kind for r in rests})
    ]
