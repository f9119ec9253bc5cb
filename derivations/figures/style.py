"""What all figures share: style, saving; on matplotlib, without its global state."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

STYLE: dict[Any, Any] = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
    "legend.framealpha": 0.85, "legend.edgecolor": "none", "legend.fancybox": False,
    "svg.hashsalt": "collapse", "lines.linewidth": 1.7, "figure.constrained_layout.use": True,
}  # fmt: skip


def save(figure: Figure, folder: Path, name: str) -> None:
    """As SVG and PDF, without dates."""
    with warnings.catch_warnings():
        # a name in a script that no font here has is drawn as boxes
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        figure.savefig(folder / f"{name}.pdf", metadata={"CreationDate": None})
