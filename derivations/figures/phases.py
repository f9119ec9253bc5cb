"""The figure of a phase diagram: simulated outcomes as cells, closed forms as lines, proved cells hatched."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from derivations.figures.style import STYLE
from derivations.phases.plane import Plane
from derivations.phases.regions import CODES, Phase, Turning

if TYPE_CHECKING:
    from xarray import Dataset

COLOURS = {
    Phase.NON_COLLAPSED: "#8fcfb5",
    Phase.BISTABLE: "#9ecae9",
    Phase.ROTATING: "#fdd49a",
    Phase.COLLAPSED: "#e6a5a1",
    Phase.UNDECIDED: "#ffffff",
}
TURNING = {Turning.APART: "#fdd49a", Turning.RETURNING: "#ee9d3c", Turning.TOGETHER: "#b3651b"}  # of rotating cells
LINES: tuple[Any, ...] = ("solid", (0, (5, 2)))
NUMERICAL: dict[str, Any] = {"color": "#7b3294", "linestyle": (0, (1, 1.5)), "linewidth": 2.2}
NAMES = {
    "phi": r"frustrated fraction $\varphi$",
    "lambda": r"decay of the embeddings $\lambda$",
    "k": r"decay of the head over that of the embeddings $\kappa/\lambda$",
    "w_0": r"head at the start $w_0$",
    "v_0": r"amplitude at the start $\sqrt{\gamma}\,v_0$",
}


def phase_diagram(plane: Plane, found: Dataset, title: str = "") -> Figure:
    """A diagram made by :func:`derivations.phases.diagram`.

    Parameters
    ----------
    plane
        what was drawn of.
    found
        the dataset of its cells.
    title
        above the axes.
    """
    columns, rows = found["outcome"].shape
    across, up = plane.edges(columns, rows)
    with rc_context(STYLE):
        figure = Figure(figsize=(7.6, 4.6))
        axis = figure.subplots()
        colours = ListedColormap([*(COLOURS[phase] for phase in Phase), *TURNING.values()])
        limits = BoundaryNorm(np.arange(colours.N + 1) - 0.5, colours.N)
        axis.pcolormesh(across, up, _coloured_codes(found).T, cmap=colours, norm=limits, edgecolors="face")
        for low, high, bottom, top in _proved_stretches(found["proved"].values != CODES[Phase.UNDECIDED], across, up):
            axis.add_patch(_hatch_rectangle((low, bottom), high - low, top - bottom))
        handles = _draw_boundaries(axis, plane)
        axis.set(xlim=across[[0, -1]], ylim=up[[0, -1]], xlabel=NAMES[plane.axes[0]], ylabel=NAMES[plane.axes[1]])
        axis.grid(False)
        axis.set_title(title)
        figure.legend(handles=[*_legend_patches(found), *handles], loc="outside right upper", fontsize=8)
        return figure


def _coloured_codes(found: Dataset) -> NDArray:
    """The places of the cells in the row of colours: phases, and behind them what labels do where it rotates."""
    outcome = found["outcome"].values.astype(int)
    turning = found["turning"].values if "turning" in found else np.zeros_like(outcome)
    return np.where(turning > 0, len(Phase) - 1 + turning, outcome)


def _draw_boundaries(axis: Axes, plane: Plane) -> list[Line2D]:
    """Closed forms in black, what is integrated in another colour and dotted; their entries in the legend."""
    handles = []
    for style, (name, (across, up, values)) in zip(LINES, plane.boundaries().items(), strict=False):
        axis.contour(across, up, values.T, levels=[0], colors="black", linestyles=[style], linewidths=1.6)
        handles.append(Line2D([], [], color="black", linestyle=style, linewidth=1.6, label=f"{name}\n(closed form)"))
    for name, (across, up) in plane.numerical_boundaries().items():
        axis.plot(across, up, **NUMERICAL)
        handles.append(Line2D([], [], label=name, **NUMERICAL))
    return handles


def _legend_patches(found: Dataset) -> list[Patch]:
    """What stands for each outcome that occurs, and for what is proved."""
    codes = _coloured_codes(found)
    named = [(phase.value, shade) for phase, shade in COLOURS.items()]
    named += [(f"{Phase.ROTATING.value}, {kind.value}", shade) for kind, shade in TURNING.items()]
    seen = [pair for code, pair in enumerate(named) if (codes == code).any()]
    patches = [Patch(facecolor=shade, edgecolor="#777777", linewidth=0.5, label=f"{name} (simulated)") for name, shade in seen]
    if (found["proved"] != CODES[Phase.UNDECIDED]).any():
        patches.append(_hatch_rectangle((0, 0), 1, 1, label="the whole cell is proved"))
    return patches


def _hatch_rectangle(corner: tuple[float, float], width: float, height: float, **named) -> Rectangle:
    return Rectangle(corner, width, height, facecolor="none", edgecolor="#55555588", hatch="////", linewidth=0, **named)


def _proved_stretches(proved: NDArray, across: NDArray, up: NDArray) -> Iterator[tuple[float, float, float, float]]:
    """The proved cells, those of a column that follow each other as one: left, right, bottom, top."""
    for column, cells in enumerate(proved):
        for is_proved, run in groupby(range(len(cells)), key=cells.__getitem__):
            places = list(run)
            if is_proved:
                yield across[column], across[column + 1], up[places[0]], up[places[-1] + 1]
