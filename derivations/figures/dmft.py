"""The figures of the disorder-averaged theory: theory as lines, simulations as points with two standard errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from derivations.agreement import AgreementStudy, Deviations, HeadPoints, NonlinearStudy, StartPoints, WidePlanes
from derivations.figures.bands import draw_band
from derivations.figures.style import BLUE, GREEN, ORANGE, PINK, STYLE, draw_bars
from theory.dmft import HeadCurve, MeanFieldHead, Pairs, WideCurve
from theory.dmft.ensembles import EnsembleName

SHADES: dict[EnsembleName, str] = {"regular": BLUE, "poisson": ORANGE}
NAMES: dict[EnsembleName, str] = {"regular": "regular", "poisson": "Poisson"}
SITES = {"linear": "#555555", "tanh": GREEN, "erf": PINK}

TIME = "time (inverse mobility)"


def agreement(study: AgreementStudy) -> Figure:
    """Label variance, band, and deviations against the numbers of classes and of links."""
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 7.4))
        (upper, right), (lower, corner) = figure.subplots(2, 2)
        _draw_curves(upper, study.times, study.curves)
        for name, points in study.points.items():
            draw_bars(upper, points.times, points.mean, points.error, SHADES[name], f"simulation, {NAMES[name]}")
        upper.set_title("variance of labels")
        upper.legend()
        draw_band(right, study.band.edges, study.band.density, study.spectra)
        right.set_title("band of canonical correlations, regular")
        _draw_laws(lower, [(_name_pairs(p), SHADES[p.ensemble], found) for p, found in study.classes.items()], "K")
        level, classes, apart = study.level
        lower.axhline(level, color="black", linewidth=1, linestyle=(0, (5, 2)), label="large-c, regular: its level")
        means, errors = (np.array([getattr(p, name)[0] for p in apart]) for name in ("mean", "error"))
        draw_bars(lower, classes, np.abs(means), errors, "black", "large-c, regular: sampled")
        lower.set_xticks(ticks := [50, 100, 200, 400], labels=map(str, ticks))
        lower.xaxis.set_minor_formatter(NullFormatter())
        lower.set(title="exact closures converge, large-c levels off", xlabel="number of classes $K$")
        lower.set_ylabel("relative deviation of the variance")
        lower.legend(fontsize=7)
        _draw_laws(corner, [(NAMES[name], SHADES[name], found) for name, found in study.links.items()], "c")
        corner.set(title="the level of the large-c closure", xlabel="links of a class $c$")
        corner.set_ylabel(r"relative deviation, $K\to\infty$, $t\propto\sqrt{c}$")
        corner.legend()
        return figure


def variance_figure(title: str, times: NDArray, curves: Mapping[Pairs, NDArray], points: StartPoints | None = None) -> Figure:
    """Label variances of ensembles in their closures over times, and points of a simulation."""
    with rc_context(STYLE):
        figure = Figure(figsize=(6.4, 4.2))
        axis = figure.subplots()
        _draw_curves(axis, times, curves)
        if points is not None:
            draw_bars(axis, points.times, points.mean, points.error, "black", r"simulation, mean $\pm$ two standard errors")
        axis.set_title(title)
        axis.legend(fontsize=8)
        return figure


def response_figure(
    title: str, s: NDArray, values: NDArray, errors: NDArray, points: tuple[NDArray, NDArray] | None = None
) -> Figure:
    """The response at positive s, a band of two errors, and means and standard errors of sampled couplings."""
    with rc_context(STYLE):
        figure = Figure(figsize=(6.4, 4.2))
        axis = figure.subplots()
        axis.plot(s, values, color=SHADES["regular"], label="theory")
        axis.fill_between(s, values - 2 * errors, values + 2 * errors, color=SHADES["regular"], alpha=0.25)
        if points is not None:
            draw_bars(axis, s, *points, "black", r"sampled couplings, mean $\pm$ two standard errors")
        axis.set(title=title, xscale="log", yscale="log", xlabel="$s$", ylabel="$G(s)$")
        axis.legend(fontsize=8)
        return figure


def head_figure(
    title: str,
    of: MeanFieldHead,
    curve: HeadCurve,
    largest: HeadCurve,
    points: HeadPoints | None = None,
    line: tuple[NDArray, NDArray] | None = None,
) -> Figure:
    """The head and its largest eigenvalue over times, and points of simulations; and the line of critical decays of the head
    over those of embeddings, with where these are."""
    with rc_context(STYLE):
        figure = Figure(figsize=(6.4 if line is None else 9.6, 4.2))
        axis, *others = figure.subplots(1, 1 if line is None else 2, squeeze=False)[0]
        for name, one, side, shade in (
            ("w(t)", curve, "rest", SHADES["regular"]),
            ("along the mode 1: the largest", largest, "outlier", SHADES["poisson"]),
        ):
            axis.plot(one.times, one.head, color=shade, label=name)
            if points is not None:
                each = getattr(points, side)
                draw_bars(axis, each.times, each.mean, each.error, shade, "simulation")
        if line is not None:
            _draw_line(others[0], of, *line)
        axis.set(title=title, xscale="log", xlabel="time (mobilities one over degrees)", ylabel="eigenvalue of the head")
        axis.legend()
        return figure


def wide_figure(curve: WideCurve, points: Mapping[str, tuple[NDArray, NDArray]] | None = None) -> Figure:
    """The variance of labels and the loss beside a wide random head over times, and points of simulations."""
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 4.2))
        for axis, name, values, shade in zip(
            figure.subplots(1, 2),
            ("variance", "loss"),
            (curve.label_variance, curve.loss),
            (SHADES["regular"], SHADES["poisson"]),
            strict=True,
        ):
            axis.plot(curve.times, values, color=shade, label="two-time theory")
            if points is not None:
                draw_bars(axis, curve.times, *points[name], shade, r"simulation, mean $\pm$ two standard errors")
            axis.set(title=f"{name}, for each dimension", xlabel="time (mobilities one over degrees)")
            axis.set_ylim(bottom=0)
            axis.legend(fontsize=8)
        return figure


def wide_planes(study: WidePlanes) -> Figure:
    """What random heads leave of a mode, with the lines of the closed forms: of small labels, and of what is conserved."""
    with rc_context(STYLE):
        figure = Figure(figsize=(10.8, 4.0))
        axes, fine = figure.subplots(1, len(study.kept), sharey=True), np.linspace(0, study.spreads[-1], 200)
        for axis, (name, kept) in zip(axes, study.kept.items(), strict=True):
            shown = axis.pcolormesh(study.starts, study.spreads, kept, cmap="Blues", vmin=0, vmax=1.2, shading="nearest")
            if (mass := study.masses[name]) is not None:
                axis.plot(study.correlation + fine, fine, color=ORANGE, label=r"small labels grow: $-g<w_0<\mu+g$")
                axis.plot(-fine, fine, color=ORANGE)
                root = np.sqrt(fine**2 + mass)
                axis.plot(root, fine, color="black", linestyle=(0, (5, 2)), label=r"kept: $w_0^2<g^2+\gamma\sigma^2$")
                axis.plot(-root, fine, color="black", linestyle=(0, (5, 2)))
                axis.legend(fontsize=7, loc="lower right")
            axis.set(title=name, xlabel="head at the start $w_0$", xlim=study.starts[[0, -1]], ylim=study.spreads[[0, -1]])
        axes[0].set_ylabel("spread $g$")
        figure.colorbar(shown, ax=axes, label=rf"variance of the mode $\mu={study.correlation:g}$ at $t={study.time:g}$")
        return figure


def nonlinear(study: NonlinearStudy) -> Figure:
    """Heads of single sites over times with simulations, and deviations against classes over dimensions."""
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 4.2))
        axis, right = figure.subplots(1, 2)
        for name, curve in study.curves.items():
            axis.plot(curve.times, curve.head, color=SITES[name], label=f"single sites, {name}")
            points = study.points[name].head
            draw_bars(axis, points.times, points.mean, points.error, SITES[name], f"simulation, {name}")
        axis.set(title="a nonlinear head", xlabel="time (mobilities one over degrees)", ylabel="mean diagonal of the head")
        axis.legend()
        _draw_laws(right, [(name, SITES[name], found) for name, found in study.classes.items()], "(K/d)")
        ratios = sorted({x for one in study.classes.values() for x in one.x.tolist()})
        right.set_xticks(ratios, labels=map(str, ratios))
        right.xaxis.set_minor_formatter(NullFormatter())
        right.set(title="where single sites close", xlabel="classes over dimensions $K/d$")
        right.set_ylabel("relative deviation of the head")
        right.legend()
        return figure


def _draw_line(axis: Axes, of: MeanFieldHead, decays: NDArray, ratios: NDArray) -> None:
    """The line above which class modes at the edge survive beside the mode 1."""
    axis.plot(decays, ratios, color="black", label=r"head decays too slowly below: $k_c$")
    axis.axvline(of.critical_decay, color="black", linestyle=(0, (5, 2)), linewidth=1.1, label=r"no state beyond: $\mu_e^2/4$")
    top = 1.4 * ratios.max()
    if of.lam > 0:
        ratio = of.kappa / of.lam
        axis.plot(of.lam, min(ratio, 0.97 * top), "o" if ratio <= top else "^", color=GREEN, label=f"here: {ratio:.3g}")
    axis.set(title="class modes beside the mode 1", xlim=(0, 1.15 * of.critical_decay), ylim=(0, top))
    axis.set(xlabel=r"decay of embeddings $\lambda$", ylabel=r"decay of the head $\kappa/\lambda$")
    axis.legend()


def _draw_curves(axis: Axes, times: NDArray, curves: Mapping[Pairs, NDArray]) -> None:
    for pairs, values in curves.items():
        dashes: Any = "-" if pairs.closure == "cavity" else (0, (4, 2))
        axis.plot(times, values, color=SHADES[pairs.ensemble], linestyle=dashes, label=_name_pairs(pairs))
    lowest = min(float(np.min(values[values > 0])) for values in curves.values())
    axis.set(xscale="log", yscale="log", xlabel=TIME, ylabel=r"variance of a label / $\sigma^2$", ylim=(lowest / 2, 2))


def _draw_laws(axis: Axes, found: Iterable[tuple[str, str, Deviations]], symbol: str) -> None:
    """Deviations and their laws, each under a name and in a colour."""
    for name, shade, one in found:
        law = one.law
        fine = np.geomspace(one.x[0], one.x[-1], 100)
        said = f"{name}: ${symbol}^{{{law.exponent:.3f}\\pm{law.error:.3f}}}$, theory ${one.expected:g}$"
        axis.plot(fine, law(fine), color=shade, linewidth=1.1, label=said)
        draw_bars(axis, one.x, one.values, one.errors, shade)
    axis.set(xscale="log", yscale="log")


def _name_pairs(pairs: Pairs) -> str:
    return f"{NAMES[pairs.ensemble]}, {pairs.closure}"
