"""The figures of the report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from derivations.experiment import ExperimentRun
from derivations.figures.style import STYLE, name_time

COLOURS = {
    "clean": "#0072b2",
    "frustrated": "#d55e00",
    "frustrated-head": "#009e73",
    "encoder": "#d55e00",
    "encoder-head": "#009e73",
}
GROUPS = {"embeddings": "one embedding for each sample", "encoder": "linear encoder on the inputs"}
FLOOR = 1e-6


def curves(runs: Sequence[ExperimentRun]) -> Figure:
    """Loss, accuracy and smallest separation of labels against time, with the predicted time scales."""
    with rc_context(STYLE):
        figure = Figure(figsize=(9, 7.6))
        axes = figure.subplots(3, len(GROUPS), sharex="col", sharey="row")
        for column, (group, title) in zip(axes.T, GROUPS.items(), strict=True):
            members = [run for run in runs if run.group == group]
            for run in members:
                _draw_run(column, run)
            _draw_time_scales(column, members)
            column[0].set_title(title, pad=22)
            column[2].set_xlabel("time (inverse mobility of a sample)")
            column[2].legend(loc="lower left")
        axes[0, 0].set(ylabel="loss, relative to the start", ylim=(FLOOR, 2))
        axes[1, 0].set(ylabel="accuracy", ylim=(0, 1.05))
        axes[2, 0].set(ylabel="smallest distance of two labels", ylim=(FLOOR, None))
        return figure


def head_eigenvalues(runs: Sequence[ExperimentRun]) -> Figure:
    """Real parts of the head's eigenvalues against time, over the canonical correlations of the data."""
    members = [run for run in runs if run.trajectory.head is not None]
    with rc_context(STYLE):
        figure = Figure(figsize=(9, 3.9))
        for axis, run in zip(figure.subplots(1, len(members), sharey=True, squeeze=False)[0], members, strict=True):
            shown = run.trajectory.times > 0
            for mu in run.coupling.modes():
                for value in (mu, -mu):
                    axis.axhline(value, color="#d55e00", linewidth=0.9, alpha=0.8 if value > 0 else 0.3)
            axis.plot(run.trajectory.times[shown], run.trajectory.head_eigenvalues.real[shown], color="#333333", linewidth=1)
            axis.set(xscale="log", xlabel="time (inverse mobility of a sample)")
            axis.set_title(run.title, fontsize=9)
            axis.plot([], [], color="#333333", label="eigenvalues of the head (real parts)")
            axis.plot([], [], color="#d55e00", label=r"canonical correlations $\pm\mu_k$ of the data")
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize="medium")
        figure.axes[0].set_ylabel("eigenvalue")
        return figure


def _draw_run(column: Sequence[Axes], run: ExperimentRun) -> None:
    trajectory, colour = run.trajectory, COLOURS[run.name]
    shown = trajectory.times > 0
    times = trajectory.times[shown]
    loss = np.maximum(trajectory.loss[shown] / trajectory.loss[0], FLOOR / 10)
    for axis, values, scale in zip(
        column, (loss, trajectory.accuracy[shown], trajectory.min_separation[shown]), ("log", "linear", "log"), strict=True
    ):
        axis.plot(times, values, color=colour, label=run.title)
        axis.set(xscale="log", yscale=scale)


def _draw_time_scales(column: Sequence[Axes], members: Sequence[ExperimentRun]) -> None:
    """Vertical lines at the predicted times, and the predicted decay through the last point of the collapsing run."""
    for run in members:
        if run.predicted_slow is None or not np.isfinite(run.predicted_slow):
            continue
        for time, name in ((run.coupling.fast_time(), "fast"), (run.predicted_slow, "slow")):
            for axis in column:
                axis.axvline(time, color="black", linestyle=(0, (4, 3)), linewidth=0.9)
            name_time(column[0], time, rf"$\tau_{{\rm {name}}}={time:.3g}$")
        times, gaps = run.trajectory.times, run.trajectory.min_separation
        late = times >= run.predicted_slow
        line = gaps[-1] * np.exp((times[-1] - times[late]) / run.predicted_slow)
        label = r"predicted rate $1/\tau_{\rm slow}$, through the last point"
        column[2].plot(times[late], line, color="black", linestyle=":", linewidth=1.3, label=label)
