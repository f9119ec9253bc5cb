"""What all figures share: style, saving; on matplotlib, without its global state."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

STYLE: dict[Any, Any] = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
    "legend.framealpha": 0.85, "legend.edgecolor": "none", "legend.fancybox": False, "legend.fontsize": 7.5,
    "axes.titlelocation": "left", "axes.titleweight": "bold",
    "svg.hashsalt": "collapse", "lines.linewidth": 1.7, "figure.constrained_layout.use": True,
}  # fmt: skip
LONGEST_NAME = 18


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


def save_figure(figure: Figure, folder: Path, name: str) -> None:
    """Write a figure as SVG and PDF, without dates."""
    with warnings.catch_warnings():
        # a name in a script that no font here has is drawn as boxes
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        figure.set_layout_engine("none")  # the second time everything stands where it stood
        figure.savefig(folder / f"{name}.pdf", metadata={"CreationDate": None})


def read_svg(path: Path) -> str:
    """A picture without its XML head, to stand inside a page."""
    text = path.read_text(encoding="utf-8")
    return text[text.index("<svg") :]
