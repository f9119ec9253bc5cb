"""Colours of states and styles of lines, which all figures of a study share."""

from __future__ import annotations

from typing import Any

from derivations.figures.study.branches import Kind
from derivations.figures.style import BLUE, DARK, GREEN, ORANGE, PINK

SHADES = (BLUE, ORANGE, GREEN, PINK, "#e69f00", "#56b4e9", DARK, "#8a6d00")
LINES: dict[Kind, Any] = {
    Kind.STABLE: "solid",
    Kind.UNSTABLE: (0, (4, 2)),
    Kind.SADDLE: (0, (4, 2)),
    Kind.MARGINAL: (0, (1, 1.5)),
}
WORDS = {
    Kind.STABLE: "stable",
    Kind.UNSTABLE: "unstable or saddle",
    Kind.SADDLE: "unstable or saddle",
    Kind.MARGINAL: "marginal, not decided",
}
CERTIFIED: dict[str, Any] = {
    "color": "#f0e442",
    "linewidth": 6,
    "alpha": 0.75,
    "solid_capstyle": "butt",
    "zorder": 2,
    "gid": "certified",
}


def shade_of(number: int) -> str:
    """The colour of a state, by its number from one."""
    return SHADES[(number - 1) % len(SHADES)]
