"""The figures of the report, one for each claim: theory in black and dashed, what is run or drawn in colours or as points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from derivations.agreement.like_data import SampledCouplings
from derivations.claims.advice import AdvisedRun, ratio_for_all
from derivations.claims.starts import LinearMotion
from derivations.claims.teacher import TeacherSamples
from derivations.closed_forms.decaying import critical_decays
from derivations.experiment import ExperimentRun
from derivations.figures.bands import draw_band
from derivations.figures.legends import put_below
from derivations.figures.style import COLOURS, SMALL_STYLE, THEORY, draw_bars, name_time, short_name
from derivations.figures.trajectories import principal_axes
from theory import Coupling

FLOOR = 1e-6
TIME = "time"
LINES = 12  # lines of labels, or of pairs, that are told apart
GRID = 12  # decays at which ratios are found
TOP = 0.5  # decay of the head up to which the plane is drawn, over the critical one of the embeddings
QUARTER = 0.25  # the ratio that is enough for any modes
BINS = 16
LAST = 25  # recorded times of the paths of labels


def solution(stepped: ExperimentRun) -> Figure | None:
    """Labels in time steps over the sum over modes, and how far they are apart."""
    path, linear = stepped.trajectory, LinearMotion.of(stepped)
    if linear is None:
        return None
    shown = path.times > 0
    times, closed = path.times[shown], linear.labels_at(path.times[shown])
    with rc_context(SMALL_STYLE):
        figure = Figure(figsize=(6.5, 2.2))
        left, right = figure.subplots(1, 2)
        few = slice(LINES)
        left.plot(times[::6], path.labels[shown][::6, 0, few], ".", color=COLOURS["frustrated"], markersize=4)
        left.plot(times, closed[:, 0, few], **THEORY)
        left.plot([], [], ".", color=COLOURS["frustrated"], label="time steps")
        left.plot([], [], **THEORY, label="sum over modes")
        left.set(xscale="log", xlabel=TIME, ylabel="first coordinate", title="labels")
        put_legend(left)
        off = np.abs(path.labels[shown] - closed).max(axis=(1, 2))
        right.plot(times, np.maximum(off, 1e-18), color=COLOURS["frustrated"])
        right.set(xscale="log", yscale="log", xlabel=TIME, ylabel="largest difference", title="steps less closed form")
        return figure


def contraction(clean: ExperimentRun, frustrated: ExperimentRun, pairs: Sequence[tuple[str, str, float]]) -> Figure:
    """The smallest distance of two labels with and without frustration, and the times of pairs of classes."""
    with rc_context(SMALL_STYLE):
        figure = Figure(figsize=(6.5, 2.3))
        left, right = figure.subplots(1, 2)
        for run, name in ((clean, "one label each"), (frustrated, "some with two")):
            shown = run.trajectory.times > 0
            left.plot(run.trajectory.times[shown], run.trajectory.min_separation[shown], color=COLOURS[run.name], label=name)
        linear = LinearMotion.of(clean)
        if linear is not None:
            rest = linear.rest
            gaps = [np.linalg.norm(rest[:, a] - rest[:, b]) for a in range(rest.shape[1]) for b in range(a)]
            left.axhline(min(gaps), **THEORY, label="at rest, in theory")
        left.set(xscale="log", yscale="log", xlabel=TIME, title="smallest distance of two labels", ylim=(FLOOR, None))
        put_legend(left)
        names = [f"{short_name(a)} – {short_name(b)}" for a, b, _ in pairs]
        right.barh(range(len(pairs))[::-1], [time for *_, time in pairs], color=COLOURS["clean"], height=0.6)
        right.set_yticks(range(len(pairs))[::-1], labels=names, parse_math=False)
        right.grid(visible=False, axis="y")
        right.set(xlabel="time", title="pairs that contract first")
        return figure


def time_scales(clean: ExperimentRun, frustrated: ExperimentRun, stepped: ExperimentRun, head: ExperimentRun) -> Figure:
    """Loss, accuracy and distance of labels on both scales: closed form, time steps, and with a head and stop-gradient."""
    with rc_context(SMALL_STYLE):
        figure = Figure(figsize=(6.5, 2.5))
        axes = figure.subplots(1, 3)
        named = ((clean, "one label each"), (stepped, "some with two, in time steps"), (head, "these, head and stop-gradient"))
        for run, name in named:
            for axis, values in zip(axes, _curves_of(run), strict=True):
                shown = run.trajectory.times > 0
                axis.plot(run.trajectory.times[shown], values[shown], color=COLOURS[run.name], label=name)
        for axis, values in zip(axes, _curves_of(frustrated), strict=True):
            shown = frustrated.trajectory.times > 0
            axis.plot(frustrated.trajectory.times[shown], values[shown], label="some with two, closed form", **THEORY)
        for axis, title in zip(axes, ("loss over that at the start", "accuracy", "distance of labels, mean"), strict=True):
            axis.set_title(title, pad=16)
            axis.set(xscale="log", xlabel=TIME)
            _mark_scales(axis, frustrated.coupling)
        axes[0].set(yscale="log", ylim=(FLOOR, 2))
        axes[1].set(ylim=(0, 1.05))
        axes[2].set(yscale="log", ylim=(1e-4, None))
        put_legend_below(figure, axes[0], 4)
        return figure


def _curves_of(run: ExperimentRun) -> tuple[NDArray, NDArray, NDArray]:
    path = run.trajectory
    distance = np.sqrt(2 / max(run.coupling.labels - 1, 1)) * path.label_spread
    return np.maximum(path.loss / path.loss[0], FLOOR / 10), path.accuracy, distance


def _mark_scales(axis: Axes, coupling: Coupling) -> None:
    for name, time in (("fast", coupling.fast_time()), ("slow", coupling.slow_time())):
        if np.isfinite(time):
            axis.axvline(time, color="#777777", linewidth=0.7)
            name_time(axis, time, rf"$\tau_{{\rm {name}}}$")


def prevention(head: ExperimentRun, advised: AdvisedRun | None, encoder: Coupling, names: Sequence[str]) -> Figure:
    """Eigenvalues of the head, labels of the run that was advised, and the plane of the decays with the place of the data."""
    with rc_context(SMALL_STYLE):
        figure = Figure(figsize=(6.5, 2.6))
        left, middle, right = figure.subplots(1, 3)
        draw_eigenvalues(left, head)
        left.set_title("eigenvalues of the head")
        _draw_simplex(middle, advised, names)
        _draw_decays(right, {"embeddings": head.coupling, "linear encoder": encoder})
        places = {"advised": advised and advised.trajectory.parameters, "this run": head.trajectory.parameters}
        _mark_places(right, places)
        put_legend_below(figure, right, 3)
        return figure


def draw_eigenvalues(axis: Axes, run: ExperimentRun) -> None:
    """Real parts over the time, above the correlations of either sign."""
    shown = run.trajectory.times > 0
    levels = np.unique(run.coupling.modes().round(9))[::-1][:LINES]
    for value in np.concatenate([levels, -levels]):
        axis.axhline(value, **THEORY | {"linewidth": 0.6})
    axis.plot(run.trajectory.times[shown], run.trajectory.head_eigenvalues.real[shown], color=COLOURS[run.name], linewidth=1.2)
    axis.set(xscale="log", xlabel=TIME)


def _draw_simplex(axis: Axes, advised: AdvisedRun | None, names: Sequence[str]) -> None:
    """The labels at the end in the plane in which they are furthest apart."""
    axis.set(title="labels with decay", xticks=[], yticks=[], aspect="equal")
    if advised is None:
        axis.text(0.5, 0.5, "not run", ha="center", va="center", transform=axis.transAxes)
        return
    paths, _ = principal_axes(advised.trajectory.labels[-LAST:])
    for a, name in enumerate(names):
        axis.plot(*paths[:, :, a].T, color=COLOURS["frustrated-head"], linewidth=0.7, alpha=0.6)
        axis.plot(*paths[-1, :, a], "o", color=COLOURS["frustrated-head"], markersize=4)
        if len(names) <= LINES:
            axis.annotate(
                short_name(name),
                tuple(paths[-1, :, a]),
                xytext=(3, 3),
                textcoords="offset points",
                fontsize=7,
                parse_math=False,
            )
    axis.margins(0.25)


def _draw_decays(axis: Axes, couplings: dict[str, Coupling]) -> None:
    """Where all modes are kept, between the decay that loses the weakest and the ratio below which two of them turn."""
    drawn = {"embeddings": COLOURS["frustrated-head"], "linear encoder": COLOURS["clean"]}
    weakest = {name: c.modes().min() for name, c in couplings.items() if c.normalised and c.modes().min() > 0}
    right_end = max((float(critical_decays(mode)) for mode in weakest.values()), default=0.0)
    if not weakest:
        axis.text(0.5, 0.5, "no decays\nkeep all modes", ha="center", va="center", transform=axis.transAxes)
    for name in weakest:
        modes = couplings[name].modes()
        critical = float(critical_decays(modes.min()))
        decays = critical * np.linspace(0, 0.98, GRID)
        few = len(np.unique(modes.round(9))) <= LINES
        ratios = [ratio_for_all(modes, decay) if few and decay else QUARTER for decay in decays]
        axis.fill_between(decays, ratios * decays, right_end, color=drawn[name], alpha=0.25, linewidth=0)
        axis.plot(decays, ratios * decays, color=drawn[name], label=f"{name}: all kept above")
        axis.axvline(critical, color=drawn[name], linestyle=(0, (1, 1.5)))
    axis.plot([0, 1], [0, QUARTER], **THEORY, label="a quarter of $\\lambda$ suffices")
    right_end = right_end or 0.01
    axis.set(xlim=(-0.05 * right_end, 1.1 * right_end), ylim=(-0.03 * right_end, TOP * right_end))
    axis.set(title="plane of the decays", xlabel=r"$\lambda$", ylabel=r"$\kappa$")


def _mark_places(axis: Axes, places: dict[str, Any]) -> None:
    """Where runs are in the plane of the decays."""
    for mark, (name, parameters) in zip("^s", places.items(), strict=True):
        if parameters is not None:
            decays = parameters.get("lambda", 0.0), parameters.get("kappa", 0.0)
            axis.plot(*decays, mark, color="black", markersize=5, label=name, linestyle="none", clip_on=False)
            axis.set_xlim(right=max(axis.get_xlim()[1], 1.1 * decays[0]))
            axis.set_ylim(top=max(axis.get_ylim()[1], 1.1 * decays[1]))


def couplings(found: SampledCouplings) -> Figure:
    """Variance of labels and squared correlations: averages over couplings in theory, and couplings that were drawn."""
    with rc_context(SMALL_STYLE):
        figure = Figure(figsize=(6.5, 2.4))
        left, right = figure.subplots(1, 2)
        for k, one in enumerate(found.variances):
            left.plot(found.times, one, color=COLOURS["clean"], linewidth=0.9, label="drawn couplings" if k == 0 else None)
        left.plot(found.times, found.theory, label="average in theory", **THEORY)
        mean = found.variances.mean(axis=0)
        draw_bars(left, found.times, mean, found.variances.std(axis=0, ddof=1) / np.sqrt(found.draws), COLOURS["frustrated"])
        left.set(xscale="log", yscale="log", xlabel="time (inverse mobility)", title="variance of labels")
        put_legend(left)
        draw_band(right, found.band.edges, found.band.density, found.spectra, legend=False, bins=BINS)
        right.set_title("squared correlations: band and draws")
        return figure


def teacher(encoder: ExperimentRun, head: ExperimentRun, found: TeacherSamples | None) -> Figure:
    """The linear encoder of the data, its head, and samples of a teacher of their size."""
    with rc_context(SMALL_STYLE):
        figure = Figure(figsize=(6.5, 2.4))
        left, middle, right = figure.subplots(1, 3)
        for run, name in ((encoder, "encoder"), (head, "with head")):
            shown = run.trajectory.times > 0
            left.plot(run.trajectory.times[shown], _curves_of(run)[2][shown], color=COLOURS[run.name], label=name)
        _mark_scales(left, encoder.coupling)
        left.set_title("distance of labels, mean", pad=16)
        left.set(xscale="log", yscale="log", xlabel=TIME, ylim=(1e-4, None))
        put_legend(left)
        draw_eigenvalues(middle, head)
        middle.set_title("eigenvalues of the head", pad=16)
        right.set_title("a teacher: mean $\\mu^2$", pad=16)
        if found is not None:
            right.plot(found.sizes, found.predicted, "s--", color="black", fillstyle="none", markersize=6, label="predicted")
            draw_bars(right, found.sizes, found.mean, found.error, COLOURS["frustrated"], "samples")
            right.set(xscale="log", xlabel="number of samples $N$")
            right.set_xticks(found.sizes, labels=[f"{size:,}" for size in found.sizes])
            right.xaxis.set_minor_formatter(NullFormatter())
            put_legend(right)
        return figure


def put_legend(axis: Axes) -> None:
    """A legend below the axes."""
    axis.legend(ncols=3, columnspacing=1.0, handlelength=1.8, borderaxespad=0.0)
    put_below(axis)


def put_legend_below(figure: Figure, axis: Axes, columns: int) -> None:
    """One legend for all axes, below them."""
    handles: tuple[Any, Any] = axis.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=columns, columnspacing=1.0, handlelength=1.8)
