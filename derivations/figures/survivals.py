"""Which losses collapse under frustration: what is left of class modes against the frustrated fraction, one panel a loss."""

from __future__ import annotations

import re
from math import ceil
from textwrap import fill

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from derivations.figures.style import BLUE, ORANGE, STYLE
from derivations.survival import Survival, SurvivalTable, SurvivalWitness
from theory.latex import tex

COLUMNS = 4
STEEP = 3  # times the largest point: what is larger at few frustrated samples leaves the panel
FRACTIONS = np.linspace(0.005, 0.995, 100)


def survival(table: SurvivalTable) -> Figure:
    """Formulas as lines, the end of runs of the whole model as points; where class modes die is shaded."""
    rows = ceil(len(table.survivals) / COLUMNS)
    with rc_context(STYLE):
        figure = Figure(figsize=(3 * COLUMNS, 2.6 * rows))
        axes = figure.subplots(rows, COLUMNS, sharex=True, squeeze=False).ravel()
        for axis, (row, witness) in zip(axes, table, strict=False):
            _draw_row(axis, row, witness)
        free = axes[len(table.survivals) :]
        for axis in free:
            axis.set_axis_off()
        for axis in axes[: len(table.survivals)][-COLUMNS:]:
            axis.set_xlabel(r"frustrated fraction $\varphi$")
            axis.xaxis.set_tick_params(labelbottom=True)
        if len(free):
            free[0].legend(*axes[0].get_legend_handles_labels(), loc="center left")
        else:
            axes[0].legend(loc="upper right")
        return figure


def _draw_row(axis: Axes, row: Survival, witness: SurvivalWitness) -> None:
    sizes = np.array([row.predict(f) for f in FRACTIONS])
    axis.plot(FRACTIONS, sizes, color=BLUE, label="closed form")
    axis.plot(witness.fractions, witness.simulated, "o", color=ORANGE, fillstyle="none", label="simulated")
    dead = FRACTIONS[sizes == 0]
    if len(dead):
        axis.axvspan(row.critical_fraction() or 0, 1, color="0.92", zorder=0)
    seen = witness.simulated.max()
    top = min(max(sizes.max(), seen), STEEP * seen) if seen > row.tolerance else 1.0
    axis.set(xlim=(0, 1), ylim=(-0.06 * top, 1.12 * top), ylabel=f"${_in_mathtext(tex(row.size.left))}$")
    axis.set_title(fill(row.name, 30))


def _in_mathtext(formula: str) -> str:
    """A formula in the commands that matplotlib has."""
    norms = formula.replace(r"\lVert", r"\Vert").replace(r"\rVert", r"\Vert")
    return re.sub(r"\\tfrac\s*(\w)\s*(\w)", r"\\frac{\1}{\2}", norms)
