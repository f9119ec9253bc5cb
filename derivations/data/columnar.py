"""Files of columns, read batch by batch by pyarrow: Parquet and Feather."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from derivations.data.chunks import chunk_rows
from derivations.data.reading import Columns
from theory.errors import InputError

LONGEST = 200  # characters of what a library says of a damaged file


def open_parquet(path: Path) -> Columns:
    """The columns of a Parquet file."""
    from pyarrow import parquet

    place = Place(path.name)
    with _damage_told("a readable Parquet file", place, "export it again"), parquet.ParquetFile(path) as file:
        header, rows = tuple(file.schema_arrow.names), file.metadata.num_rows

    def chunks() -> Iterator[tuple[list[NDArray], float]]:
        place, done = Place(path.name), 0
        with (
            _damage_told("a readable Parquet file", place, "export it again"),
            parquet.ParquetFile(path, pre_buffer=False) as file,  # a buffer would grow with the file
        ):
            for batch in file.iter_batches(batch_size=chunk_rows(len(header))):
                done += batch.num_rows
                columns = [_column_at(place, name, column) for name, column in zip(header, batch.columns, strict=True)]
                place.column, place.row = "", done
                yield columns, done / rows

    return Columns(header, chunks)


def open_feather(path: Path) -> Columns:
    """The columns of a Feather file of the second version, which is Arrow's own format."""
    import pyarrow
    from pyarrow import ipc

    remedy = "export it again, as Feather version 2"
    with (
        _damage_told("a readable Feather file", Place(path.name), remedy),
        pyarrow.memory_map(str(path)) as source,
        ipc.open_file(source) as file,
    ):
        header, batches = tuple(file.schema.names), file.num_record_batches

    def chunks() -> Iterator[tuple[list[NDArray], float]]:
        step, place = chunk_rows(len(header)), Place(path.name)
        with (
            _damage_told("a readable Feather file", place, remedy),
            pyarrow.memory_map(str(path)) as source,
            ipc.open_file(source) as file,
        ):
            for number in range(batches):
                batch = file.get_batch(number)
                for start in range(0, batch.num_rows, step):
                    part = batch.slice(start, step)
                    share = (number + (start + part.num_rows) / batch.num_rows) / batches
                    columns = [_column_at(place, name, column) for name, column in zip(header, part.columns, strict=True)]
                    place.column, place.row = "", place.row + part.num_rows
                    yield columns, share

    return Columns(header, chunks)


@dataclass
class Place:
    """How far a file was read."""

    file: str
    row: int = 0
    column: str = ""

    def __str__(self):
        return f"{self.file}{f', behind row {self.row}' if self.row else ''}{f', column {self.column}' if self.column else ''}"


@contextmanager
def _damage_told(expected: str, place: Place, remedy: str) -> Iterator[None]:
    """What a library raises over a damaged file is bad input."""
    import pyarrow

    try:
        yield
    except InputError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(expected, f"{place}: {reason[:LONGEST]}", remedy) from None


def _column_at(place: Place, name: str, column: Any) -> NDArray:
    """Entries of an Arrow column, categories as their values."""
    place.column = name
    if hasattr(column, "dictionary_decode"):
        column = column.dictionary_decode()
    return column.to_numpy(zero_copy_only=False)
