"""The phase plane of a study: where simulated cells end, beside boundaries in closed form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray
from sympy import Expr, Poly, PolynomialError, Symbol, cancel, together

from derivations.figures.study.formulas import formula, is_short, numbers_text
from derivations.figures.study.shades import shade_of
from derivations.figures.style import STYLE
from derivations.studies.cells import Boundary, PhasePlane

FINE = 241  # places of a boundary along each side
LEVELS = 0.6, 0.93  # of grey, of the first and the last label
LUMA = np.array([0.299, 0.587, 0.114])  # what colours weigh in grey (ITU-R BT.601)
GREY = "#777777"
DASHES: tuple[Any, ...] = ("solid", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1)))


def phase_plane(plane: PhasePlane) -> Figure:
    """Cells in the colours of the states that they end in, and bifurcations as lines where they are known in closed form."""
    across, up = cell_edges(plane.xs), cell_edges(plane.ys)
    with rc_context(STYLE):
        figure = Figure(figsize=(7.4, 4.4))
        axis = figure.subplots()
        colours = ListedColormap(cell_colours(plane.labels))
        limits = BoundaryNorm(np.arange(len(plane.labels) + 1) - 0.5, len(plane.labels))
        axis.pcolormesh(across, up, plane.codes, cmap=colours, norm=limits, edgecolors="face", linewidth=0.1)
        axis.set(xscale="log" if is_geometric(plane.xs) else "linear", yscale="log" if is_geometric(plane.ys) else "linear")
        lines = _draw_boundaries(axis, plane, across, up)
        axis.set(xlim=across[[0, -1]], ylim=up[[0, -1]], xlabel=formula(plane.x), ylabel=formula(plane.y))
        axis.grid(False)
        told = numbers_text(plane.numbers, without=[plane.x, plane.y])
        handles = [*_cell_handles(plane), *lines]
        figure.legend(handles=handles, loc="outside right upper", title=told or None).set_alignment("left")
        return figure


def is_geometric(centres: NDArray) -> bool:
    """Whether cells are evenly spaced on a logarithmic axis, and not on a linear one."""
    if len(centres) < 3 or centres.min() <= 0:
        return False
    return not np.allclose(np.diff(centres, 2), 0, atol=1e-6 * np.ptp(centres)) and np.allclose(
        np.diff(np.log(centres), 2), 0, atol=1e-6
    )


def cell_edges(centres: NDArray) -> NDArray:
    """The edges of cells around their centres."""
    if is_geometric(centres):
        return np.exp(cell_edges(np.log(centres)))
    if len(centres) == 1:
        half = 0.5 * (abs(centres[0]) or 1.0)
        return np.array([centres[0] - half, centres[0] + half])
    inner = (centres[1:] + centres[:-1]) / 2
    return np.array([2 * centres[0] - inner[0], *inner, 2 * centres[-1] - inner[-1]])


def cell_colours(labels: Sequence[str]) -> list:
    """A colour for each label, of the first state that it names, grey for what names none; all differ in grey, too."""
    named = [re.search(r"states? (\d+)", label) for label in labels]
    shades = [shade_of(int(state[1])) if state else GREY for state in named]
    return [_at_level(to_rgb(shade), level) for shade, level in zip(shades, np.linspace(*LEVELS, len(labels)), strict=True)]


def _at_level(colour: tuple[float, float, float], level: float) -> tuple[float, ...]:
    """A colour mixed with white or black so that it prints as a grey of the level."""
    own = float(LUMA @ np.array(colour))
    if level < own:
        return tuple(level / own * c for c in colour)
    white = (level - own) / (1 - own)
    return tuple(white + (1 - white) * c for c in colour)


def _cell_handles(plane: PhasePlane) -> list[Artist]:
    colours = cell_colours(plane.labels)
    seen = [k for k in range(len(plane.labels)) if (plane.codes == k).any()]
    return [Patch(facecolor=colours[k], edgecolor=GREY, linewidth=0.5, label=f"{plane.labels[k]} (simulated)") for k in seen]


def _draw_boundaries(axis: Axes, plane: PhasePlane, across: NDArray, up: NDArray) -> list[Artist]:
    """Boundaries in black, those of one equation once; only what is seen within the plane."""
    along = [_fine(edges, is_geometric(c)) for edges, c in ((across, plane.xs), (up, plane.ys))]
    mesh = list(np.meshgrid(*along))
    groups: dict[Expr, list[Boundary]] = {}
    for boundary in plane.boundaries:
        groups.setdefault(_monic(boundary.equation), []).append(boundary)
    handles: list[Artist] = []
    for together_, dash in zip(groups.values(), cycle(DASHES), strict=False):
        seen = [b for b in together_ if _changes_sign(values := b.values(*mesh)) and _contour(axis, mesh, values, dash)]
        if seen:
            handles.append(Line2D([], [], color="black", linestyle=dash, linewidth=1.6, label=_label(seen)))
    return handles


def _fine(edges: NDArray, geometric: bool) -> NDArray:
    return np.geomspace(edges[0], edges[-1], FINE) if geometric else np.linspace(edges[0], edges[-1], FINE)


def _monic(equation: Expr) -> Expr:
    """An equation up to its sign."""
    return -equation if equation.could_extract_minus_sign() else equation


def _changes_sign(values: NDArray) -> bool:
    finite = values[np.isfinite(values)]
    return bool(finite.size and finite.min() < 0 < finite.max())


def _contour(axis: Axes, mesh: list[NDArray], values: NDArray, dash) -> bool:
    axis.contour(*mesh, values, levels=[0], colors="black", linestyles=[dash], linewidths=1.6)
    return True


def _label(boundaries: Sequence[Boundary]) -> str:
    """The names of boundaries, and their equation, solved where that is short."""
    first, kinds = boundaries[0], dict[str, list[str]]()
    for b in boundaries:
        kind, _, number = b.label.rpartition(" of state ")
        kinds.setdefault(kind or b.label, []).extend([number] if kind and number not in kinds.get(kind, ()) else [])
    shown = [f"{kind} of state{'s' * (len(n) > 1)} {', '.join(n)}" if n else kind for kind, n in kinds.items()]
    solved = solved_for(first.equation, (first.y, first.x))
    if solved is not None and is_short(solved[1]):
        shown.append(f"{formula(solved[0])} = {formula(solved[1])}")
    elif is_short(first.equation):
        shown.append(f"{formula(first.equation)} = 0")
    return "\n".join(shown)


def solved_for(equation: Expr, symbols: Sequence[Symbol]) -> tuple[Symbol, Expr] | None:
    """An equation solved for the first of the symbols that it is linear in; None where there is none."""
    for symbol in symbols:
        try:
            rows = Poly(together(equation).as_numer_denom()[0], symbol).all_coeffs()
        except PolynomialError:
            continue
        if len(rows) == 2:
            return symbol, cancel(-rows[1] / rows[0])
    return None
