"""The figure of a diagnosis: canonical correlations, what they predict of each mode, and which pairs of classes go first."""

from __future__ import annotations

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from derivations.diagnosis import Diagnosis
from derivations.figures.style import BLUE, DARK, GREEN, ORANGE, STYLE, short_name

NAMED_CLASSES = 40


def diagnosis(found: Diagnosis) -> Figure:
    """Correlations with errors, times and critical decays by mode, beside the frustration of each pair of classes."""
    with rc_context(STYLE):
        figure = Figure(figsize=(10, 5.4))
        grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.15))
        upper = figure.add_subplot(grid[0, 0])
        lower = figure.add_subplot(grid[1, 0], sharex=upper)
        _draw_correlations(upper, found)
        _draw_predictions(lower, found)
        _draw_pairs(figure.add_subplot(grid[:, 1]), found)
        sizes = f"{found.samples:,} samples, {found.features:,} features, {len(found.classes):,} classes"
        figure.suptitle(f"{found.name}: {sizes}", x=0.01, ha="left", fontsize=9, parse_math=False)
        return figure


def _draw_correlations(axis: Axes, found: Diagnosis) -> None:
    modes = np.arange(1, len(found.mu) + 1)
    errors = np.nan_to_num(found.standard_errors)
    axis.errorbar(
        modes, found.mu, errors, fmt="o", color=BLUE, markersize=4.5, linewidth=1, label=r"of these samples, $\pm1$ s.e."
    )
    if np.isfinite(found.population_mu).any():
        axis.plot(modes, found.population_mu, "_", color=ORANGE, markersize=11, label="corrected for their number")
    if found.mu_shrunk is not None:
        axis.plot(modes, found.mu_shrunk, "x", color=GREEN, markersize=5, label="with a ridge by shrinkage")
    axis.axhspan(0, found.noise_edge, color=DARK, alpha=0.12, linewidth=0, label="reached without any relation")
    axis.set(title="modes", ylabel=r"canonical correlation $\mu_k$", xlim=(0.5, len(modes) + 0.5), ylim=(0, 1.05))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.legend()


def _draw_predictions(axis: Axes, found: Diagnosis) -> None:
    modes, times = np.arange(1, len(found.mu) + 1), found.slow_times
    finite = np.isfinite(times)
    axis.set_yscale("log")
    axis.plot(modes[finite], times[finite], "o", color=ORANGE, markersize=4.5, label=r"slow time $1/(1-\mu_k)$")
    axis.plot(modes, found.fast_times, "v", color=BLUE, markersize=4.5, label=r"fast time $1/(1+\mu_k)$")
    survives = found.lambda_critical > 0
    axis.plot(modes[survives], found.lambda_critical[survives], "s", color=GREEN, markersize=4, label=r"$\lambda_c=\mu_k^2/4$")
    if not finite.all():
        endless = modes[~finite]
        top, name = np.full(len(endless), 0.96), f"never contract ({len(endless)})"
        where = axis.get_xaxis_transform()
        axis.plot(endless, top, "^", color="none", markeredgecolor=ORANGE, transform=where, label=name)
    axis.set_xlabel("mode $k$")
    axis.set_ylabel("time × mobility, decay / mobility")
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.legend()


def _draw_pairs(axis: Axes, found: Diagnosis) -> None:
    """Classes in the order of their mean frustration, the most frustrated first."""
    order = np.argsort(-found.pair_frustration.sum(axis=0), kind="stable")
    shown = np.ma.masked_array(found.pair_frustration[np.ix_(order, order)], np.eye(len(order), dtype=bool))
    picture = axis.imshow(shown, cmap="viridis_r", vmin=0, vmax=max(float(shown.max()), 1e-12), interpolation="nearest")
    axis.figure.colorbar(picture, ax=axis, label=r"frustration of a pair, $1-\mu_{ab}^2$", shrink=0.8)
    axis.grid(False)
    axis.spines[:].set_visible(True)
    first, second, _ = found.first_pairs[0]
    axis.set_title(
        f"pairs of classes: {short_name(first)} and {short_name(second)} go first", fontweight="normal", parse_math=False
    )
    if len(order) <= NAMED_CLASSES:
        names, size = [short_name(found.classes[a]) for a in order], min(8.0, 240 / len(order))
        axis.set_xticks(
            range(len(names)), names, rotation=90 if max(map(len, names)) > 3 else 0, fontsize=size, parse_math=False
        )
        axis.set_yticks(range(len(names)), names, fontsize=size, parse_math=False)
    else:
        axis.set(xlabel="classes, the most frustrated first", xticks=[], yticks=[])
