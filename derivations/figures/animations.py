"""The geometry of the labels as a film, for talks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from derivations.figures.style import BLUE, ORANGE, STYLE
from derivations.figures.trajectories import label_colours, log_scale, principal_axes
from theory import Trajectory
from theory.errors import InputError

FRAMES, RATE, TRAIL, DPI = 100, 20, 10, 100  # frames at most, frames a second, frames that a trail lasts, dots an inch


def animate(
    title: str, run: Trajectory, path: Path, progress: Callable[[float], None] = lambda share: None, logarithmic: bool = True
) -> None:
    """Write the labels on their two leading principal axes, which stay fixed, beside accuracy and separation.

    Parameters
    ----------
    path
        ends in ``.gif`` or ``.mp4``; the latter needs ffmpeg.
    progress
        called with the share of frames done.
    logarithmic
        times of the curves.

    Raises
    ------
    InputError
        for another ending, and where ffmpeg is missing.
    """
    writer, film = check_film(path), _Film(title, run, logarithmic)
    frames = np.unique(np.linspace(0, len(run.times) - 1, FRAMES).round().astype(int))
    with rc_context(STYLE), writer.saving(film.figure, path, dpi=DPI):
        for done, k in enumerate(frames, 1):
            film.show(k)
            writer.grab_frame()
            progress(done / len(frames))


def check_film(path: Path) -> Any:
    """The writer for a film of this name, or an :class:`InputError` that says what is missing."""
    from matplotlib.animation import FFMpegWriter, PillowWriter

    if path.suffix == ".gif":
        return PillowWriter(fps=RATE)
    if path.suffix != ".mp4":
        raise InputError("a film as .gif or .mp4", path.name, "choose one of these endings")
    if not FFMpegWriter.isAvailable():
        raise InputError("ffmpeg, which makes MP4", "none on the search path", "install it, or ask for gif")
    return FFMpegWriter(fps=RATE)


class _Film:
    """The picture, and how it changes from one recorded time to another."""

    def __init__(self, title: str, run: Trajectory, logarithmic: bool):
        self.run, self.colours = run, label_colours(run.labels.shape[2])
        self.places, self.share = principal_axes(run.labels)
        with rc_context(STYLE):
            self.figure = Figure(figsize=(8.4, 4.4))
            canvas = FigureCanvasAgg(self.figure)
            self._lay_out(title, logarithmic)
            canvas.draw()
            canvas.draw()
        # The frame stands still from here on.
        self.figure.set_layout_engine("none")

    def show(self, k: int) -> None:
        """The labels at recorded time k, with the way that they have come."""
        now, past = self.places[k], self.places[max(k - TRAIL, 0) : k + 1]
        self.dots.set_offsets(now.T)
        for label, trail in enumerate(self.trails):
            trail.set_data(past[:, 0, label], past[:, 1, label])
        self.clock.set_text(f"t = {self.run.times[k]:.3g}")
        for line in self.cursors:
            line.set_xdata([self.run.times[k]] * 2)

    def _lay_out(self, title: str, logarithmic: bool) -> None:
        grid = self.figure.add_gridspec(2, 2, width_ratios=(1.25, 1))
        self._draw_labels(self.figure.add_subplot(grid[:, 0]))
        upper, lower = (self.figure.add_subplot(grid[row, 1]) for row in (0, 1))
        self.cursors = [
            self._draw_curve(upper, "accuracy", self.run.accuracy, logarithmic),
            self._draw_curve(lower, "smallest distance of two labels", self.run.min_separation, logarithmic),
        ]
        upper.set_ylim(0, 1.03)
        lower.set_xlabel("time")
        log_scale(lower, self.run.min_separation)
        self.figure.suptitle(title, x=0.01, ha="left", fontsize=10, parse_math=False)

    def _draw_labels(self, axis: Axes) -> None:
        reach = 1.1 * np.abs(self.places).max() or 1.0
        axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        axis.set_xlabel(f"first principal axis ({self.share[0]:.0%})")
        if self.run.labels.shape[1] == 1:
            axis.set_yticks([])
        else:
            axis.set_ylabel(f"second ({self.share[1]:.0%})")
        self.trails = [axis.plot([], [], color=c, linewidth=1.2, alpha=0.45)[0] for c in self.colours]
        self.dots = axis.scatter(self.places[0, 0], self.places[0, 1], s=60, c=self.colours, edgecolors="white", zorder=3)
        self.clock = axis.text(0.03, 0.96, "", transform=axis.transAxes, va="top", fontsize=11, family="monospace")

    def _draw_curve(self, axis: Axes, name: str, values, logarithmic: bool):
        logarithmic = logarithmic and self.run.times[-1] > 0
        shown = self.run.times > 0 if logarithmic else slice(None)
        axis.plot(self.run.times[shown], values[shown], color=BLUE)
        axis.set(title=name, xscale="log" if logarithmic else "linear")
        return axis.axvline(self.run.times[-1], color=ORANGE, linewidth=1)
