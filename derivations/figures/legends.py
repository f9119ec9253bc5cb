"""Legends that cover no data: where one would, it goes where the fewest are, and below its axes if some are there as well."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.path import Path
from matplotlib.transforms import Bbox, ScaledTranslation

POINTS = 72.0
TICKS, NAME = 18.0, 13.0  # points below axes that tick labels take, and that a name of the axis takes


def clear_legends(figure: Figure) -> None:
    """Move legends that cover data."""
    for place in (_where_best, put_below):
        covering = [axis for axis, legend in _legends(figure) if covers_data(axis, legend)]
        for axis in covering:
            place(axis)


def _legends(figure: Figure) -> list[tuple[Axes, Legend]]:
    found = [(axis, legend) for axis in figure.axes if (legend := axis.get_legend()) is not None]
    if found:
        figure.draw_without_rendering()
    return found


def _where_best(axis: Axes) -> None:
    legend = axis.get_legend()
    assert legend is not None
    legend.set_loc("best")


def put_below(axis: Axes) -> None:
    """Place the legend of axes below them."""
    legend, figure = axis.get_legend(), axis.get_figure()
    assert legend is not None
    assert figure is not None
    drop = TICKS + (NAME if axis.get_xlabel() else 0.0)
    below = axis.transAxes + ScaledTranslation(0, -drop / POINTS, figure.dpi_scale_trans)
    legend.set_loc("upper center")
    legend.set_bbox_to_anchor((0.5, 0.0), transform=below)


def covers_data(axis: Axes, legend: Legend) -> bool:
    """Whether a legend lies over anything that is drawn inside axes."""
    box = Bbox.intersection(legend.get_window_extent(), axis.bbox)
    return box is not None and box.width > 0 and box.height > 0 and any(map(_crosses(box), _drawn_paths(axis)))


def _crosses(box: Bbox):
    def crosses(drawn: tuple[Path, bool]) -> bool:
        path, filled = drawn
        return np.size(path.vertices) > 0 and path.intersects_bbox(box, filled=filled)

    return crosses


def _drawn_paths(axis: Axes) -> Iterator[tuple[Path, bool]]:
    """Lines, areas and marks of axes in pixels, and whether they are filled."""
    for line in axis.lines:
        if line.get_visible():
            yield _finite(line.get_transform().transform(line.get_xydata())), False
    for patch in axis.patches:
        yield patch.get_transform().transform_path(patch.get_path()), True
    for collection in axis.collections:
        offsets = collection.get_offset_transform().transform(np.atleast_2d(collection.get_offsets()))
        for path in collection.get_paths():
            shown = collection.get_transform().transform_path(path)
            if collection.get_offset_transform() is axis.transData:
                yield from ((Path([place, place]), False) for place in offsets)
            else:
                yield _finite(shown.vertices), bool(len(collection.get_facecolor()))


def _finite(vertices) -> Path:
    return Path(vertices[np.isfinite(vertices).all(axis=1)])
