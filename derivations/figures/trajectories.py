"""The figure of one run: loss, accuracy, separation, head, drift of first integrals, spectrum, and the paths of the labels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from derivations.figures.style import BLUE, DARK, ORANGE, STYLE, name_time
from theory import Coupling, Trajectory

DECADES = 12  # of the loss and of distances that are drawn below their largest value
ROUNDING = 1e-17  # where drifts of zero are drawn
DRAWN_CORRELATIONS = 40
PANELS = 5  # beside the paths of the labels


def trajectory(title: str, run: Trajectory, coupling: Coupling | None = None, logarithmic: bool = True) -> Figure:
    r"""One run against time.

    Parameters
    ----------
    title
        names the run.
    coupling
        whose predictions are drawn over it: the two time scales over a run without a head, the canonical correlations
        :math:`\pm\mu_k` over the eigenvalues of a head.
    logarithmic
        times; the start is then left out.
    """
    drawn: dict[str, Callable[[Axes], None]] = {
        "loss": partial(_draw_loss, run=run),
        "accuracy": partial(_draw_accuracy, run=run),
    }
    if run.labels.shape[2] > 1:
        drawn["smallest distance of two labels"] = partial(_draw_separation, run=run)
    if run.head is not None:
        drawn["eigenvalues of the head"] = partial(_draw_head, run=run, coupling=coupling)
    drift = partial(_draw_drift, run=run)
    if run.conserved:
        drawn["drift of first integrals"] = drift
    if run.spectrum is not None and len(drawn) < PANELS:
        drawn["eigenvalues of second moments of samples"] = partial(_draw_spectrum, run=run)
    with rc_context(STYLE):
        figure = Figure(figsize=(11, 5.8))
        grid = figure.add_gridspec(2, 3)
        places = [grid[0, 0], grid[0, 1], grid[1, 0], grid[1, 1], grid[0, 2]]
        for place, (name, draw) in zip(places, drawn.items(), strict=False):
            axis = figure.add_subplot(place)
            draw(axis)
            axis.set(title=name, xscale="log" if logarithmic and run.times[-1] > 0 else "linear", xlabel="time")
            if coupling is not None and run.head is None and draw is not drift:
                _mark_time_scales(axis, coupling, run.times)
        _draw_paths(figure.add_subplot(grid[1, 2] if len(drawn) == len(places) else grid[:, 2]), run)
        figure.suptitle(title, x=0.01, ha="left", fontsize=9, parse_math=False)
        return figure


def principal_axes(labels: NDArray) -> tuple[NDArray, NDArray]:
    """Labels (T, d, K) in their two leading principal axes over all times (T, 2, K), and the share of each in the variance.

    Labels are taken from their mean at each time.  In one dimension the second coordinate is zero.
    """
    apart = labels - labels.mean(axis=2, keepdims=True)
    axes, sizes, _ = np.linalg.svd(np.concatenate(list(apart), axis=1), full_matrices=False)
    two = np.zeros((labels.shape[1], 2))
    two[:, : min(axes.shape[1], 2)] = axes[:, :2]
    share = np.zeros(2)
    share[: len(sizes[:2])] = sizes[:2] ** 2 / (np.sum(sizes**2) or 1.0)
    return np.einsum("di,tdk->tik", two, apart), share


def label_colours(count: int) -> NDArray:
    """A colour for each label (K, 4): distinct for up to ten, around the hue circle beyond."""
    return colormaps["tab10"](np.arange(count)) if count <= 10 else colormaps["turbo"](np.linspace(0.02, 0.98, count))


def log_scale(axis: Axes, values: NDArray) -> None:
    """A logarithmic scale where all values are positive, cut some decades below the largest."""
    finite = values[np.isfinite(values)]
    if finite.size and finite.min() > 0:
        axis.set_yscale("log")
        axis.set_ylim(max(finite.min() / 2, finite.max() * 10.0**-DECADES), finite.max() * 2)


def _shown_values(run: Trajectory, values: NDArray, floor: float = 0.0) -> tuple[NDArray, NDArray]:
    """Times and values after the start where there are any, values not below a floor."""
    later = (run.times > 0) | (run.times[-1] == 0)
    return run.times[later], np.maximum(values[later], floor) if floor else values[later]


def _draw_loss(axis: Axes, run: Trajectory) -> None:
    axis.plot(*_shown_values(run, run.loss), color=BLUE)
    log_scale(axis, run.loss)


def _draw_accuracy(axis: Axes, run: Trajectory) -> None:
    times, share = _shown_values(run, run.accuracy)
    _, error = _shown_values(run, run.accuracy_error)
    if error.any():
        axis.fill_between(times, share - 2 * error, share + 2 * error, color=BLUE, alpha=0.25, linewidth=0)
        axis.plot([], [], color=BLUE, alpha=0.25, linewidth=6, label=r"$\pm$ two standard errors")
        axis.legend(loc="lower right")
    axis.plot(times, share, color=BLUE)
    axis.set_ylim(0, 1.03)


def _draw_separation(axis: Axes, run: Trajectory) -> None:
    axis.plot(*_shown_values(run, run.min_separation), color=BLUE)
    log_scale(axis, run.min_separation)


def _draw_spectrum(axis: Axes, run: Trajectory) -> None:
    axis.plot(*_shown_values(run, run.spectrum), color=BLUE, linewidth=1)
    log_scale(axis, run.spectrum)


def _draw_head(axis: Axes, run: Trajectory, coupling: Coupling | None) -> None:
    times, values = _shown_values(run, run.head_eigenvalues.real)
    if coupling is not None:
        mu = np.unique(coupling.modes(min(DRAWN_CORRELATIONS, coupling.labels, coupling.samples)).round(12))
        for value in (*mu, *-mu):
            axis.axhline(value, color=ORANGE, linewidth=0.8, alpha=0.6)
        axis.plot([], [], color=ORANGE, linewidth=0.8, label=r"canonical correlations $\pm\mu_k$")
    axis.plot(times, values, color=DARK, linewidth=1)
    axis.plot([], [], color=DARK, linewidth=1, label="eigenvalues (real parts)")
    low, high = min(values.min(), 0.0), max(values.max(), 1.0)
    axis.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    axis.legend()


def _draw_drift(axis: Axes, run: Trajectory) -> None:
    for name, values in run.conserved.items():
        axis.plot(*_shown_values(run, values, ROUNDING), linewidth=1.2, label=name if len(name) <= 40 else name[:39] + "…")
    axis.set_yscale("log")
    low, high = axis.get_ylim()
    axis.set_ylim(low, high * (high / low) ** (0.08 + 0.08 * len(run.conserved)))
    legend = axis.legend(loc="upper left", fontsize=7, title="relative change of", title_fontsize=7, alignment="left")
    for text in legend.get_texts():
        text.set_parse_math(False)


def _draw_paths(axis: Axes, run: Trajectory) -> None:
    """Labels on their principal axes, from a ring where they start to a dot where they end; in one dimension against time."""
    places, share = principal_axes(run.labels)
    colours = label_colours(run.labels.shape[2])
    axis.set_title("paths of the labels")
    for k, colour in enumerate(colours):
        across, along = places[:, 0, k], places[:, 1, k]
        if run.labels.shape[1] == 1:
            across, along = np.arange(len(run.times)), across
        axis.plot(across, along, color=colour, linewidth=1)
        axis.plot(across[0], along[0], "o", color=colour, markersize=5, fillstyle="none")
        axis.plot(across[-1], along[-1], "o", color=colour, markersize=5)
    axis.plot([], [], "o", color="#555555", fillstyle="none", markersize=5, label="start")
    axis.plot([], [], "o", color="#555555", markersize=5, label="end")
    axis.legend()
    if run.labels.shape[1] == 1:
        axis.set(xlabel="recorded time, by its number", ylabel="label, from the mean")
    else:
        axis.set(xlabel=f"first principal axis ({share[0]:.0%})", ylabel=f"second ({share[1]:.0%})")
        axis.set_aspect("equal", adjustable="datalim")


def _mark_time_scales(axis: Axes, coupling: Coupling, times: NDArray) -> None:
    """Dashed lines at the predicted fast and slow time, where they lie within the recorded ones."""
    for name, time in (("fast", coupling.fast_time()), ("slow", coupling.slow_time())):
        if np.isfinite(time) and time < times[-1]:
            axis.axvline(time, color="black", linestyle=(0, (4, 3)), linewidth=0.9)
            name_time(axis, time, rf"$\tau_{{\rm {name}}}$", at_foot=True)
