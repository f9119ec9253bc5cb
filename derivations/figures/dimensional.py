"""The figure of dimensional collapse: what is foreseen as lines, runs as points with error bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from derivations.dimensional.runs import FollowedRun
from derivations.dimensional.starts import BETWEEN, IDENTITY, LARGE, RANDOM, StartKind
from derivations.dimensional.survey import DimensionalStudy, RankForecast, Share
from derivations.figures.style import BLUE, GREEN, ORANGE, STYLE

SHADES = {IDENTITY: BLUE, RANDOM: ORANGE, LARGE: GREEN}
SHIFTS = {IDENTITY: -0.22, RANDOM: 0.0, LARGE: 0.22}


def dimensional_collapse(study: DimensionalStudy) -> Figure:
    """The rank of the labels and the share of collapsed runs against the dimension, and the eigenvalues of heads at the end."""
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 6.6))
        grid = figure.add_gridspec(2, 2)
        rank, share = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
        heads = figure.add_subplot(grid[1, :])
        for kind, shade in SHADES.items():
            _draw_rank(rank, study, kind, shade)
            _draw_share(share, study, kind, shade, lambda f: f.ranks[0], lambda run: run.rank == 0)
            _draw_heads(heads, study, kind, shade)
        _draw_rank(rank, study, BETWEEN, "#999999")
        _draw_lost(share, study)
        for mu in study.shown.modes():
            for value in (mu, -mu):
                heads.axhline(value, color="black", linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
        top = study.shown.labels - 1
        rank.set(title="how many dimensions the labels keep", ylabel="rank of the labels around their mean")
        rank.set_ylim(-0.2, top + 0.2)
        share.set(title="how often they collapse", ylabel="share of starts", ylim=(-0.03, 1.03))
        heads.set(title=r"heads at the end; dashed: the spectrum $\pm\mu_k$", ylabel="eigenvalues of the head (real part)")
        for axis in figure.axes:
            axis.set_xlabel("dimension $d$")
        rank.legend(loc="upper left", title="head at the start")
        share.legend(loc="center right")
        return figure


def _draw_rank(axis: Axes, study: DimensionalStudy, kind: StartKind, shade: str) -> None:
    own = _forecasts_of_kind(study, kind)
    dimensions = sorted({run.dimension for run in study.runs_of(kind)})
    ranks = [np.array([run.rank for run in study.runs_of(kind, d)]) for d in dimensions]
    errors = [2 * r.std(ddof=1) / np.sqrt(len(r)) for r in ranks]
    axis.plot([f.dimension for f in own], [f.rank for f in own], color=shade, linewidth=1)
    axis.errorbar(
        dimensions, [r.mean() for r in ranks], yerr=errors, fmt="o", color=shade, markersize=4.5, capsize=2, linewidth=1,
        label=kind.name if own else f"{kind.name} (no forecast)",
    )  # fmt: skip


def _draw_share(
    axis: Axes,
    study: DimensionalStudy,
    kind: StartKind,
    shade: str,
    foreseen: Callable[[RankForecast], float],
    hit: Callable[[FollowedRun], bool],
    how: tuple[str, str, str] = ("-", "full", "labels at one point"),
) -> None:
    own, (line, fill, label) = _forecasts_of_kind(study, kind), how
    dimensions = np.array([f.dimension for f in own])
    shares = [Share.of([hit(run) for run in study.runs_of(kind, d)]) for d in dimensions]
    axis.plot(dimensions, [foreseen(f) for f in own], color=shade, linewidth=1, linestyle=line)
    axis.errorbar(
        dimensions, [s.value for s in shares], yerr=_error_bars(shares), fmt="o", color=shade, markersize=4.5, capsize=2,
        linewidth=1, fillstyle=fill, label=f"{kind.name}: {label}",
    )  # fmt: skip


def _draw_lost(axis: Axes, study: DimensionalStudy) -> None:
    """The share of noise-like starts that lose dimensions which others keep."""

    def possible(dimension: int) -> int:
        return min(dimension, study.shown.labels) - 1

    _draw_share(
        axis,
        study,
        RANDOM,
        SHADES[RANDOM],
        lambda f: sum(f.ranks[: possible(f.dimension)]),
        lambda run: run.rank < possible(run.dimension),
        (":", "none", "rank below min(d, K) − 1"),
    )


def _draw_heads(axis: Axes, study: DimensionalStudy, kind: StartKind, shade: str) -> None:
    rng = np.random.default_rng(0)
    for run in study.runs_of(kind):
        values = np.linalg.eigvals(run.end.head).real
        places = run.dimension + SHIFTS[kind] + rng.uniform(-0.08, 0.08)
        axis.plot(np.full(len(values), places), values, ".", color=shade, markersize=3, alpha=0.5)


def _forecasts_of_kind(study: DimensionalStudy, kind: StartKind) -> list[RankForecast]:
    return [f for f in study.forecasts if f.kind == kind]


def _error_bars(shares: Sequence[Share]) -> list[list[float]]:
    return [[s.value - s.low for s in shares], [s.high - s.value for s in shares]]
