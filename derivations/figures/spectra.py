"""The figure of a spectrum: modes, rates and the class graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter
from numpy.typing import NDArray

from derivations.figures.style import BLUE, DARK, ORANGE, STYLE, short_name
from theory.coupling.class_graph import ClassGraph

DRAWN_LABELS = 30  # up to which the class graph is drawn as a graph
NAMED_LABELS = 60  # up to which its heat map carries names


def spectrum(title: str, labels: Sequence[str], numbers: Mapping[str, Any], reduced: ClassGraph) -> Figure:
    """Canonical correlations, frustration and slowest rates by mode, beside the class graph.

    ``numbers`` are those that ``collapse spectrum --json`` prints.
    """
    names = list(map(short_name, labels))
    with rc_context(STYLE):
        figure = Figure(figsize=(10, 5.4))
        grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.15))
        upper = figure.add_subplot(grid[0, 0])
        lower = figure.add_subplot(grid[1, 0], sharex=upper)
        _draw_correlations(upper, numbers["mu"])
        _draw_rates(lower, numbers)
        axis = figure.add_subplot(grid[:, 1])
        if len(names) <= DRAWN_LABELS:
            _draw_class_graph(axis, names, reduced)
        else:
            _draw_conductances(axis, names, reduced)
        axis.set_title("class graph")
        figure.suptitle(title, x=0.01, ha="left", fontsize=9, parse_math=False)
        return figure


def spectrum_of_views(title: str, numbers: Mapping[str, Any]) -> Figure:
    """Signed correlations and rates of one encoder by mode, where there are any, above the rates of all embeddings.

    ``numbers`` are those that ``collapse spectrum --json`` prints of two views, or of pairs that repel.
    """
    titles = {
        "signed_correlations": r"signed correlations $\nu_k$",
        "shared_rates": "rates of one encoder",
        "rates": "slowest rates of all embeddings",
    }
    drawn = {name: said for name, said in titles.items() if numbers[name] is not None}
    with rc_context(STYLE):
        figure = Figure(figsize=(7, 2.2 * len(drawn) + 0.6))
        for axis, (name, said) in zip(np.atleast_1d(figure.subplots(len(drawn), sharex=True)), drawn.items(), strict=True):
            values = numbers[name]
            axis.axhline(0, color="black", linewidth=0.6)
            axis.plot(np.arange(1, len(values) + 1), values, ".", color=BLUE, markersize=_marker_size(len(values)))
            axis.set_title(said)
        axis.set_xlabel("mode $k$")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.suptitle(title, x=0.01, ha="left", fontsize=9, parse_math=False)
        return figure


def _draw_correlations(axis: Axes, mu: Sequence[float]) -> None:
    axis.plot(np.arange(1, len(mu) + 1), mu, ".", color=BLUE, markersize=_marker_size(len(mu)))
    axis.set(title="modes", ylabel=r"canonical correlation $\mu_k$", xlim=(0.5, len(mu) + 0.5), ylim=(0, 1.05))


def _draw_rates(axis: Axes, numbers: Mapping[str, Any]) -> None:
    """Frustration and rates on a logarithmic scale, on the floor of which lie those that are zero."""
    zero, psi, rates = numbers["components"], numbers["frustration"], numbers["rates"]
    modes, size = np.arange(1, len(psi) + 1), _marker_size(len(psi))
    axis.set_yscale("log")
    axis.plot(modes[zero:], psi[zero:], ".", color=ORANGE, markersize=size, label=r"frustration $\psi_k=1-\mu_k^2$")
    axis.plot(modes[zero:], rates[zero:], "x", color=DARK, markersize=size / 2, label="slowest decay rates")
    shown = np.concatenate([psi[zero:], rates[zero:]])
    axis.set_ylim(*(shown.min() / 4, shown.max() * 8) if shown.size else (1e-3, 1))
    floor = f"zero, one for each component ({zero})"
    where = axis.get_xaxis_transform()
    axis.plot(modes[:zero], np.full(zero, 0.03), "v", color="none", markeredgecolor=DARK, transform=where, label=floor)
    if slow := numbers["slow_time"]:
        label = rf"$1/\tau_{{\rm slow}}$, $\tau_{{\rm slow}}={slow:.3g}$"
        axis.axhline(1 / slow, color="black", linestyle=(0, (4, 3)), linewidth=0.9, label=label)
    axis.set_xlabel("mode $k$")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.legend()


def _marker_size(count: int) -> float:
    return 9 if count <= 100 else 4


def _draw_class_graph(axis: Axes, names: Sequence[str], reduced: ClassGraph) -> None:
    """Labels on a circle, component by component, the slowest mode ascending in each."""
    import networkx

    order = _label_order(reduced)
    at = networkx.circular_layout(order.tolist())
    places = np.array([at[a] for a in range(len(names))])
    ends = np.argwhere(np.triu(reduced.conductances))
    strongest = reduced.conductances.max()
    if len(ends):
        share = reduced.conductances[tuple(ends.T)] / strongest
        axis.add_collection(LineCollection(list(places[ends]), linewidths=6 * share, colors=BLUE, alpha=0.45, zorder=1))
    diameter = min(34.0, 500 / len(names))
    heaviest = reduced.masses.max()
    areas = diameter**2 * reduced.masses / heaviest
    axis.scatter(places[:, 0], places[:, 1], s=areas, color=ORANGE, edgecolors="white", zorder=2)
    for place, name in zip(places, names, strict=True):
        side = "left" if place[0] > 0.1 else "right" if place[0] < -0.1 else "center"
        level = "bottom" if place[1] > 0.5 else "top" if place[1] < -0.5 else "center"
        where = {"xytext": (diameter / 2 + 3) * place, "textcoords": "offset points", "ha": side, "va": level}
        axis.annotate(name, place, **where, fontsize=8, parse_math=False)
    axis.grid(False)
    axis.set(aspect="equal", xlim=(-1.5, 1.5), ylim=(-1.3, 1.3), xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    joined = f"width of a line: conductance, at most {strongest:.3g}" if len(ends) else "no conductances: classifiable"
    axis.set_xlabel(f"area of a label: mass, at most {heaviest:.4g}\n{joined}", fontsize=8)


def _draw_conductances(axis: Axes, names: Sequence[str], reduced: ClassGraph) -> None:
    """Conductances between labels as a picture, component by component, the slowest mode ascending in each."""
    order = _label_order(reduced)
    shown = reduced.conductances[np.ix_(order, order)]
    axis.grid(False)
    axis.spines[:].set_visible(True)
    joined = shown[shown > 0]
    wide = joined.size and joined.max() > 20 * joined.min()
    norm = LogNorm(joined.min(), joined.max()) if wide else Normalize(0, joined.max(initial=0.0) or 1)
    picture = axis.imshow(np.ma.masked_equal(shown, 0), cmap="viridis_r", norm=norm, interpolation="nearest")
    if joined.size:
        axis.figure.colorbar(picture, ax=axis, label="conductance", shrink=0.8)
    else:
        axis.text(0.5, 0.5, "no conductances: classifiable", transform=axis.transAxes, ha="center")
    if len(names) <= NAMED_LABELS:
        ordered = [names[a] for a in order]
        size = min(8.0, 240 / len(names))
        axis.set_xticks(range(len(names)), ordered, rotation=90, fontsize=size, parse_math=False)
        axis.set_yticks(range(len(names)), ordered, fontsize=size, parse_math=False)
    else:
        axis.set(xlabel="labels, in the order of the slowest mode of each component", xticks=[], yticks=[])


def _label_order(reduced: ClassGraph) -> NDArray:
    from scipy.sparse.csgraph import connected_components

    _, component = connected_components(reduced.conductances, directed=False)
    place = np.zeros(len(component))
    for number in np.unique(component):
        members = np.flatnonzero(component == number)
        values, vectors = np.linalg.eigh(reduced.laplacian[np.ix_(members, members)])
        if len(members) > 2 and values[2] > 1.001 * values[1]:
            place[members] = vectors[:, 1]
    return np.lexsort((place, component))
