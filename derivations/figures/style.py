"""What all figures share: style, saving; on matplotlib, without its global state."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from derivations.figures.legends import clear_legends

STYLE: dict[Any, Any] = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
    "legend.framealpha": 0.85, "legend.edgecolor": "none", "legend.fancybox": False, "legend.fontsize": 7.5,
    "axes.titlelocation": "left", "axes.titleweight": "bold", "axes.titlesize": 9, "hatch.linewidth": 0.6,
    "svg.hashsalt": "collapse", "pdf.fonttype": 42, "ps.fonttype": 42, "lines.linewidth": 1.7,
    "figure.constrained_layout.use": True,
}  # fmt: skip
SMALL_STYLE: dict[Any, Any] = STYLE | {
    "font.size": 7.5, "axes.titlesize": 7.5, "legend.fontsize": 7, "lines.linewidth": 1.3, "axes.titlepad": 4,
}  # fmt: skip
# Colours that most who do not tell all colours tell apart (Okabe and Ito).
BLUE, ORANGE, GREEN, PINK, DARK = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#333333"
# From light to dark, so that they differ in grey, and in hue for most who do not tell all colours.
COLOURS = {
    "clean": "#56b4e9",
    "frustrated": ORANGE,
    "frustrated-head": "#00563f",
    "encoder": ORANGE,
    "encoder-head": "#00563f",
}
THEORY: dict[str, Any] = {"color": "black", "linestyle": (0, (4, 2)), "linewidth": 1.1}
LONGEST_NAME = 18
EMBEDDED = ("svg", "pdf")  # what pages, and what documents in LaTeX, hold
UNDATED: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}  # metadata


def short_name(name: str) -> str:
    """A name of a label, or as much of it as stands beside a picture."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def name_time(axis: Axes, time: float, label: str, at_foot: bool = False) -> None:
    """The name of a time above the axes, or beside the foot of its line."""
    height, shift, side = (0, (3, 3), "left") if at_foot else (1, (0, 3), "center")
    axis.annotate(
        label, (time, height), xycoords=("data", "axes fraction"), xytext=shift, textcoords="offset points", ha=side, fontsize=8
    )


def draw_bars(axis: Axes, x: NDArray, mean: NDArray, error: NDArray, shade: str, label: str | None = None) -> None:
    """Means as points, with two standard errors."""
    axis.errorbar(x, mean, yerr=2 * error, fmt=".", color=shade, markersize=5, linewidth=1, label=label)


def letter_panels(figure: Figure) -> None:
    """Letters in front of the titles of axes, where there are several and all of them have one."""
    panels = [axis for axis in figure.axes if axis.get_label() != "<colorbar>" and axis.axison]
    titles = [axis.get_title(loc="left") for axis in panels]
    if len(panels) < 2 or not all(titles) or any(title.startswith("(") for title in titles):
        return
    for letter, axis, title in zip(ascii_lowercase, panels, titles, strict=False):
        shown = next(one for one in axis.get_children() if isinstance(one, Text) and one.get_text() == title)
        shown.set_text(f"({letter}) {title}")


def finish_figure(figure: Figure) -> None:
    """Give panels their letters, and move legends that lie over data."""
    letter_panels(figure)
    clear_legends(figure)


def save_figure(figure: Figure, folder: Path, name: str, formats: Sequence[str] = EMBEDDED) -> None:
    """Write a figure in formats among SVG, PDF and PNG, without dates, with letters of panels and legends beside the data."""
    with rc_context({"pdf.fonttype": 42, "svg.hashsalt": "collapse"}), warnings.catch_warnings():
        # a name in a script that no font here has is drawn as boxes
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        finish_figure(figure)
        for kind in formats:
            figure.savefig(folder / f"{name}.{kind}", metadata=UNDATED[kind])
            figure.set_layout_engine("none")  # the second time everything stands where it stood


def save_embedded(figure: Figure, folder: Path, name: str, formats: Sequence[str]) -> None:
    """Write a figure of a document in the formats that documents hold, and in those that are wanted beside."""
    save_figure(figure, folder, name, tuple(dict.fromkeys((*EMBEDDED, *formats))))
