"""The figure of a study of frustration: theory as lines, simulations as points with error bars."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from derivations.figures.style import BLUE, GREEN, ORANGE, PINK, STYLE, draw_bars
from derivations.frustration import FrustrationStudy, Plateaus, SlowTimes

FLOOR = 1e-5
SHADES = (ORANGE, PINK, BLUE, GREEN)


def frustration(study: FrustrationStudy) -> Figure:
    """Separation and loss with their plateaus, the accuracy with its peak, and the slow time against the fraction."""
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 7))
        (upper, right), (lower, corner) = figure.subplots(2, 2)
        for shade, row in zip(SHADES, study.plateaus, strict=False):
            _draw_plateaus(upper, lower, shade, row)
        time = "time (inverse mobility of a sample)"
        upper.set(title="labels: distance, with its plateaus", ylabel=r"$E\,\Vert y_a-y_b\Vert^2$", xlabel=time)
        lower.set(title="loss, with its plateaus", ylabel="$E\\,L$", xlabel=time)
        upper.legend(loc="lower left", title="frustrated fraction")
        lower.legend(*_legend_marks(lower), loc="lower left")
        _draw_accuracy(right, study)
        _draw_slow_times(corner, study.slow_times)
        return figure


def _draw_plateaus(upper: Axes, lower: Axes, shade: str, row: Plateaus) -> None:
    curves, shown = row.curves, row.curves.times > 0
    label = rf"$\varphi={row.fraction:g}$"
    for axis, values, plateau, points in (
        (upper, curves.separation, curves.plateau_separation, row.separation),
        (lower, curves.loss, curves.plateau_loss, row.loss),
    ):
        axis.plot(curves.times[shown], values[shown], color=shade, label=label)
        axis.axhline(plateau, color=shade, linestyle=(0, (1, 2)), linewidth=1)
        draw_bars(axis, points.times, points.mean, points.error, shade)
        axis.set(xscale="log", yscale="log", xlim=(0.02, points.times[-1]), ylim=(FLOOR, 4 * values[0]))
    upper.axvline(curves.half_time, color=shade, linestyle=(0, (4, 3)), linewidth=0.8)


def _legend_marks(axis: Axes) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """What the lines and points of all fractions are, as handles and labels of a legend."""
    (plateau,) = axis.plot([], [], color="black", linestyle=(0, (1, 2)), linewidth=1)
    (halved,) = axis.plot([], [], color="black", linestyle=(0, (4, 3)), linewidth=0.8)
    points = axis.errorbar([], [], yerr=[], fmt=".", color="black", markersize=5)
    said = "plateau: slow modes alone", "above: the distance has halved", r"simulation, mean $\pm$ two standard errors"
    return (plateau, halved, points), said


def _draw_accuracy(axis: Axes, study: FrustrationStudy) -> None:
    found, shown = study.accuracy, study.accuracy.times > 0
    times = found.times[shown]
    axis.fill_between(
        times, (found.accuracy - 2 * found.error)[shown], (found.accuracy + 2 * found.error)[shown], color=BLUE, alpha=0.25
    )
    axis.plot(times, found.accuracy[shown], color=BLUE, label=r"mean $\pm$ two standard errors")
    if np.isfinite(found.peak_time):
        axis.axvline(found.peak_time, color=ORANGE, linewidth=1, label=f"peak, $t={found.peak_time:.3g}$")
    slow = study.slow_time_of_the_accuracy
    axis.axvline(slow, color="black", linestyle=(0, (4, 3)), linewidth=0.9, label=rf"$\tau_{{\rm slow}}={slow:.3g}$")
    axis.set(xscale="log", ylim=(0, 1.02), xlabel="time (inverse mobility of a sample)", ylabel="accuracy")
    axis.set_title("random pairs, 10 %: accuracy")
    axis.legend(loc="lower center")


def _draw_slow_times(axis: Axes, found: SlowTimes) -> None:
    axis.axhline(1, color="black", linestyle=(0, (4, 3)), linewidth=0.9, label=r"predicted constant, $\varphi\to0$")
    axis.plot(found.fractions, found.exact, "o-", color=BLUE, markersize=6, linewidth=0.8, fillstyle="none", label="spectrum")
    axis.plot(found.measured_fractions, found.measured, "x", color=ORANGE, markersize=6, label="simulated decay")
    axis.set(xscale="log", xlabel=r"frustrated fraction $\varphi$", ylabel=r"$\tau_{\rm slow}\,\varphi$ / predicted constant")
    axis.set_title("the slow time")
    axis.legend(loc="lower left")
