"""The figure of linear encoders on real data: what their moments predict as dashed lines, training as drawn ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from derivations.encoders import MOBILITIES, EncoderStudy, HeadedTraining, Training
from derivations.figures.style import BLUE, GREEN, ORANGE, STYLE

COLOURS = {"degree": BLUE, "uniform": ORANGE}
TITLES = {"degree": "inverse moments", "uniform": "plain"}
THEORY: dict[str, Any] = {"color": "black", "linestyle": (0, (4, 3)), "linewidth": 1.0}


def encoder_training(study: EncoderStudy) -> Figure:
    """One row a data set: the distance of the labels over that at the start, the accuracy, and the eigenvalues of a shared head
    with stop-gradient, dashed: canonical correlations of either sign."""
    names = list(dict.fromkeys(t.forecast.split.name for t in study.trainings))
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 2.6 * len(names) + 0.6))
        grid = figure.subplots(len(names), 3, squeeze=False)
        for axes, name in zip(grid, names, strict=True):
            runs = [t for t in study.trainings if t.forecast.split.name == name]
            _draw_distances(axes[0], runs)
            _draw_accuracies(axes[1], runs)
            for headed in study.headed:
                if headed.forecast.split.name == name:
                    _draw_heads(axes[2], headed)
            axes[0].set_ylabel(name, fontweight="bold")
        titles = ("distance of the labels", "accuracy", "eigenvalues of the head")
        for axis, title in zip(grid[0], titles, strict=True):
            axis.set_title(title)
        for axis in grid[-1]:
            axis.set_xlabel("time")
        grid[0][0].legend(loc="lower left", fontsize=7)
        grid[0][1].legend(loc="lower left", fontsize=7)
        return figure


def _draw_distances(axis: Axes, runs: list[Training]) -> None:
    for run in runs:
        mobility, shown = run.forecast.mobility, run.run.times > 0
        first = run.optimiser is None
        style: dict[str, Any] = dict(linewidth=2.2, alpha=0.45) if first else dict(linewidth=0.9)
        label = f"mobilities: {TITLES[mobility]}" if first else None
        axis.plot(run.run.times[shown], run.distance[shown], color=COLOURS[mobility], label=label, **style)
    for found in {run.forecast.mobility: run.forecast for run in runs}.values():
        axis.plot(found.times[1:], found.distance[1:], **THEORY)
    axis.plot([], [], **THEORY, label="predicted before training")
    axis.set(xscale="log", yscale="log", ylim=(5e-3, 1.5))


def _draw_accuracies(axis: Axes, runs: list[Training]) -> None:
    for mobility in MOBILITIES:
        for run in (r for r in runs if r.forecast.mobility == mobility and r.optimiser is None):
            shown, colour = run.run.times > 0, COLOURS[mobility]
            axis.plot(run.run.times[shown], run.run.accuracy[shown], color=colour, label=f"{TITLES[mobility]}, training")
            axis.plot(run.run.times[shown], run.held_out[shown], color=colour, linestyle=":", label="held out")
    axis.set(xscale="log", ylim=(0, 1.03))


def _draw_heads(axis: Axes, headed: HeadedTraining) -> None:
    shown = headed.run.times > 0
    heads, mu = headed.run.head_eigenvalues.real[shown], headed.forecast.coupling.modes()
    for value in np.unique(np.concatenate([mu, -mu[-mu > heads.min() - 0.1]]).round(12)):
        axis.axhline(value, **THEORY)
    axis.plot(headed.run.times[shown], heads, color=GREEN, linewidth=1.1)
    axis.set(xscale="log")
