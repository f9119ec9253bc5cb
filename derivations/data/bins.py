"""Labels that are numbers, divided into classes of as many rows each.

>>> import numpy as np
>>> from derivations.data.chunks import table_of_arrays
>>> binned = bin_labels(table_of_arrays(np.eye(6), np.array([3.0, 1.0, 2.0, 7.0, 5.0, 9.0])), 3)
>>> [labels[:4].tolist() for _, labels, _ in binned.blocks()]
[['2: 2.66667 to 5.66667', '1: below 2.66667', '1: below 2.66667', '3: from 5.66667 on']]

When it fails: a number that many rows share can be all of a class, so that there are fewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from derivations.data.chunks import Block, Table
from derivations.data.encoding import as_text
from theory.errors import InputError

FEWEST, MOST = 2, 100


def bin_labels(table: Table, bins: int) -> Table:
    """The table with classes in place of numbers; it is read once for the quantiles.

    Raises
    ------
    InputError
        for a number of bins out of range, a label that is no number or takes one value only.
    """
    if not FEWEST <= bins <= MOST:
        raise InputError(f"{FEWEST} to {MOST} bins", str(bins), "give for example --bins 5")
    row, parts = 0, []
    for _, labels, _ in table.blocks():
        parts.append(_numbers(table, labels, row))
        row += len(labels)
    values = np.concatenate(parts) if parts else np.empty(0)
    if not row:
        raise InputError("at least one row", f"only a header in {table.name}", "add the data")
    edges = np.unique(np.quantile(values, np.arange(1, bins) / bins))
    edges = edges[(edges > values.min()) & (edges <= values.max())]
    if not edges.size:
        got = f"hardly any but {values[0]:g} in {table.name}"
        raise InputError("a label of several numbers", got, "give more --bins, or name another --label")
    names = _names_of_bins(edges)

    def blocks() -> Iterator[tuple[Block, NDArray, float]]:
        first = 0
        for block, labels, share in table.blocks():
            yield block, names[np.searchsorted(edges, _numbers(table, labels, first), side="right")], share
            first += len(labels)

    return table.with_columns(
        table.names, blocks, f"The label of {table.name} was divided into {len(names)} classes at {_list_edges(edges)}."
    )


def _names_of_bins(edges: NDArray) -> NDArray:
    """Names whose order as text is that of the numbers."""
    width = len(str(len(edges) + 1))
    shown = [f"{edge:g}" for edge in edges]
    within = [f"{low} to {high}" for low, high in pairwise(shown)]
    spans = [f"below {shown[0]}", *within, f"from {shown[-1]} on"]
    return np.array([f"{number:0{width}d}: {span}" for number, span in enumerate(spans, 1)])


def _list_edges(edges: NDArray) -> str:
    return ", ".join(f"{edge:g}" for edge in edges)


def _numbers(table: Table, labels: NDArray, first: int) -> NDArray:
    if labels.dtype.kind in "biuf":
        found = labels.astype(float)
    else:
        text = as_text(labels)
        try:
            found = text.astype(float)
        except ValueError:
            row = next(i for i, value in enumerate(text.tolist()) if not _is_number(value))
            got = f"{str(text[row])[:40]!r} in row {table.line_of(first + row)} of {table.name}"
            raise InputError("a label of numbers for --bins", got, "leave --bins out, or name another --label") from None
    if not np.isfinite(found).all():
        row = int(np.argmin(np.isfinite(found)))
        got = f"{found[row]} in row {table.line_of(first + row)} of {table.name}"
        raise InputError("a finite label in every row", got, "correct or drop the row")
    return found


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
