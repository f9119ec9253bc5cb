"""The figure of two time scales: early gain, slow collapse, and what prevents it, theory over simulation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from derivations.experiment import ExperimentRun
from derivations.figures.style import COLOURS, STYLE, THEORY, name_time
from derivations.two_time_scales import TwoTimeScales
from theory.simulation.expected import ExpectedCurves

FLOOR = 1e-6
LOWEST = 1e-3  # distance that is drawn
WIDTHS = {"clean": 3.2, "frustrated": 1.7, "frustrated-head": 1.7}  # the first shows beneath the second
PLATEAU: dict[str, Any] = {"color": "black", "linestyle": (0, (1, 2)), "linewidth": 1.0}


def two_time_scales(study: TwoTimeScales) -> Figure:
    """Loss, accuracy, root mean square distance of the labels, and the head's eigenvalues, with what theory says of each."""
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 7))
        (loss, accuracy), (distance, head) = figure.subplots(2, 2, sharex=True)
        for run in study.runs:
            times, shown, colour = run.trajectory.times, run.trajectory.times > 0, COLOURS[run.name]
            for axis, values in (
                (loss, _relative_loss(run)),
                (accuracy, run.trajectory.accuracy),
                (distance, _mean_distance(run)),
            ):
                axis.plot(times[shown], values[shown], color=colour, label=run.title, linewidth=WIDTHS[run.name])
        for curves in study.expected:
            _draw_expected(loss, distance, curves)
        _draw_plateaus(loss, distance, study.expected[1])
        _draw_head(head, study.runs[2])
        _finish_axes((loss, accuracy, distance, head), study)
        return figure


def _relative_loss(run: ExperimentRun) -> NDArray:
    return np.maximum(run.trajectory.loss / run.trajectory.loss[0], FLOOR / 10)


def _mean_distance(run: ExperimentRun) -> NDArray:
    """The root of the squared distance of two labels, on average over all pairs (T,)."""
    return np.sqrt(2 / (run.coupling.labels - 1)) * run.trajectory.label_spread


def _draw_expected(loss: Axes, distance: Axes, curves: ExpectedCurves) -> None:
    shown = curves.times > 0
    loss.plot(curves.times[shown], curves.loss[shown] / curves.loss[0], **THEORY)
    distance.plot(curves.times[shown], np.sqrt(curves.separation[shown]), **THEORY)


def _draw_plateaus(loss: Axes, distance: Axes, curves: ExpectedCurves) -> None:
    loss.axhline(curves.plateau_loss / curves.loss[0], **PLATEAU)
    distance.axhline(np.sqrt(curves.plateau_separation), **PLATEAU)


def _draw_head(axis: Axes, run: ExperimentRun) -> None:
    shown = run.trajectory.times > 0
    for mu in np.unique(run.coupling.modes().round(12)):
        for value in (mu, -mu):
            axis.axhline(value, color="black", linewidth=0.8, alpha=0.5, linestyle=THEORY["linestyle"])
    axis.plot(run.trajectory.times[shown], run.trajectory.head_eigenvalues.real[shown], color=COLOURS[run.name], linewidth=1.1)


def _finish_axes(axes: Sequence[Axes], study: TwoTimeScales) -> None:
    loss, accuracy, distance, head = axes
    titles = ("loss, relative to the start", "accuracy", "distance of the labels", "eigenvalues of the head")
    for axis, title in zip(axes, titles, strict=True):
        axis.set_title(title, pad=16)
        axis.set_xscale("log")
        _mark_scales(axis, study.runs[1])
    loss.set(yscale="log", ylim=(FLOOR, 2))
    accuracy.set_ylim(0, 1.03)
    distance.set(yscale="log", ylim=(LOWEST, None))
    for axis in (distance, head):
        axis.set_xlabel("time (inverse mobility of a sample)")
    loss.plot([], [], **THEORY, label=r"theory: expected over starts; correlations $\pm\mu_k$")
    loss.plot([], [], **PLATEAU, label="theory: plateau between the scales")
    loss.figure.legend(*loss.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize="medium")
    loss.figure.suptitle(study.title, x=0.01, ha="left", fontsize=9, parse_math=False)


def _mark_scales(axis: Axes, run: ExperimentRun) -> None:
    """Thin lines at the fast and the slow time that the couplings predict."""
    for name, time in (("fast", run.coupling.fast_time()), ("slow", run.coupling.slow_time())):
        axis.axvline(time, color="#555555", linewidth=0.8)
        name_time(axis, time, rf"$\tau_{{\rm {name}}}={time:.3g}$")
