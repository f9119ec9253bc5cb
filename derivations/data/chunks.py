"""Tables in memory, chunk by chunk: arrays, and frames of pandas or polars, which are asked for what both know.

A *block* is some rows of a table: an array (rows, columns) of numbers, or one array for each column.

>>> import numpy as np
>>> table = table_of_arrays(np.eye(3), np.array(["a", "b", "a"]))
>>> table.names, [(block.shape, labels.tolist()) for block, labels, _ in table.blocks()]
(('0', '1', '2'), [((3, 3), ['a', 'b', 'a'])])

When it fails: a frame is recognised by its ``columns`` and ``to_numpy``; anything else has to be an array of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.errors import InputError

CHUNK_BYTES = 1 << 27
Block = NDArray | list[NDArray]


@dataclass(frozen=True)
class Table:
    """Features and labels, read as often as asked for.

    Attributes
    ----------
    name
        of the table, for messages.
    names
        of its feature columns.
    blocks
        iterator over (block, labels of its rows, share of the table that is read).
    line_of
        the number that messages give to a row of the data.
    notes
        what is to be known of how it was read, in sentences.
    """

    name: str
    names: tuple[str, ...]
    blocks: Callable[[], Iterator[tuple[Block, NDArray, float]]]
    line_of: Callable[[int], int] = int
    notes: tuple[str, ...] = ()

    def describe_place(self, row: int, column: int) -> str:
        return f"row {self.line_of(row)}, column {self.names[column]!r} of {self.name}"

    def with_columns(
        self, names: tuple[str, ...], blocks: Callable[[], Iterator[tuple[Block, NDArray, float]]], *notes: str
    ) -> Table:
        """The same rows with other columns or labels, and more notes."""
        return replace(self, names=names, blocks=blocks, notes=(*self.notes, *notes))


def chunk_rows(columns: int) -> int:
    """Rows whose numbers fill one chunk."""
    return max(1, CHUNK_BYTES // (8 * max(1, columns)))


def table_of_arrays(features: Any, labels: Any, name: str = "the features") -> Table:
    """A table of an array or a frame of features and one label a row.

    Raises
    ------
    InputError
        for features that are not two-dimensional, or labels that are not one a row.
    """
    is_frame = hasattr(features, "columns") and hasattr(features, "to_numpy")
    values = features if is_frame else _feature_array(features)
    rows, columns = values.shape
    given = _label_array(labels, rows)
    names = tuple(map(str, features.columns)) if is_frame else tuple(map(str, range(columns)))
    step = chunk_rows(columns)

    def blocks() -> Iterator[tuple[Block, NDArray, float]]:
        for start in range(0, rows, step):
            part = slice(start, min(start + step, rows))
            block = as_block(frame_columns(_slice_rows(values, part))) if is_frame else values[part]
            yield block, given[part], part.stop / rows

    return Table(name, names, blocks)


def _feature_array(features: Any) -> NDArray:
    try:
        values = np.asarray(features)
    except ValueError as error:
        raise InputError("rows of one length", str(error), "make every row as long") from None
    if values.ndim != 2 or 0 in values.shape:
        raise InputError("features of shape (samples, features), none empty", f"shape {values.shape}", "give one row a sample")
    return values


def _label_array(labels: Any, rows: int) -> NDArray:
    given = labels.to_numpy() if hasattr(labels, "to_numpy") else np.asarray(labels)
    if given.ndim == 2 and given.shape[1] == 1:
        given = given[:, 0]
    if given.ndim != 1 or len(given) != rows or rows == 0:
        raise InputError(f"one label for each of {rows} samples", f"labels of shape {given.shape}", "match features and labels")
    return given


def _slice_rows(frame: Any, part: slice) -> Any:
    return frame.iloc[part] if hasattr(frame, "iloc") else frame[part]


def frame_columns(frame: Any) -> list[NDArray]:
    """The columns of a frame as arrays."""
    columns = frame.iloc if hasattr(frame, "iloc") else frame
    return [np.asarray(columns[:, number]) for number in range(frame.shape[1])]


def columns_of(block: Block) -> list[NDArray]:
    """The columns of a block."""
    return list(block.T) if isinstance(block, np.ndarray) else block


def as_block(columns: Sequence[NDArray]) -> Block:
    """Columns of numbers as one array (rows, columns), others as they are."""
    if all(column.dtype.kind in "biuf" for column in columns):
        return np.stack(columns, axis=1, dtype=float) if columns else np.empty((0, 0))
    return list(columns)
