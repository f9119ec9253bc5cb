"""The band of squared canonical correlations over a histogram of sampled ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from derivations.figures.style import BLUE, STYLE, draw_bars
from theory.dmft.ensembles import Pairs

BINS = 30

Density = Callable[[NDArray], NDArray]


def band_figure(pairs: Pairs, edges: tuple[float, float], density: Density, spectra: NDArray | None = None) -> Figure:
    """The density of squared canonical correlations, its edges, and a histogram of sampled ones without the outlier."""
    with rc_context(STYLE):
        figure = Figure(figsize=(6.4, 4.2))
        axis = figure.subplots()
        draw_band(axis, edges, density, spectra)
        axis.set_title(title_of_pairs(pairs))
        return figure


def draw_band(
    axis: Axes, edges: tuple[float, float], density: Density, spectra: NDArray | None, legend: bool = True, bins: int = BINS
) -> None:
    """The density in theory between its edges, and a histogram of what was drawn."""
    low, high = map(float, edges)
    inside = (low + high) / 2 - (high - low) / 2 * np.cos(np.linspace(0, np.pi, 400)[1:-1])
    axis.plot(inside, density(inside), color=BLUE, label="theory")
    for edge in (low, high):
        axis.axvline(edge, color=BLUE, linewidth=0.9, linestyle=(0, (1, 2)))
    if spectra is not None:
        counts, ends = np.histogram(spectra, bins)
        widths = np.diff(ends) * len(spectra)
        middles = (ends[1:] + ends[:-1]) / 2
        draw_bars(axis, middles, counts / widths, np.sqrt(counts) / widths, "black", "sampled, two standard errors of counts")
    axis.set(xlabel=r"$\mu^2$", ylabel="density", ylim=(0, None))
    if legend:
        axis.legend()


def title_of_pairs(pairs: Pairs) -> str:
    """The ensemble, its closure and its numbers, above a figure."""
    numbers = f"$n_0={pairs.pure_per_class:g}$, $c={pairs.links:g}$, $q={pairs.weight:g}$"
    return f"{pairs.ensemble} pairs, {pairs.closure}: {numbers}"
