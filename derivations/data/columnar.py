"""Files of columns, read batch by batch by pyarrow: Parquet and Feather."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from derivations.data.chunks import chunk_rows
from derivations.data.reading import Columns
from theory.errors import InputError


def open_parquet(path: Path) -> Columns:
    """The columns of a Parquet file."""
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            header, rows = tuple(file.schema_arrow.names), file.metadata.num_rows
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError("a readable Parquet file", f"{path.name}: {error}", "export it again") from None

    def chunks() -> Iterator[tuple[list[NDArray], float]]:
        done = 0
        with parquet.ParquetFile(path, pre_buffer=False) as file:  # a buffer would grow with the file
            for batch in file.iter_batches(batch_size=chunk_rows(len(header))):
                done += batch.num_rows
                yield [_column_as_array(column) for column in batch.columns], done / rows

    return Columns(header, chunks)


def open_feather(path: Path) -> Columns:
    """The columns of a Feather file of the second version, which is Arrow's own format."""
    import pyarrow
    from pyarrow import ipc

    try:
        with pyarrow.memory_map(str(path)) as source, ipc.open_file(source) as file:
            header, batches = tuple(file.schema.names), file.num_record_batches
    except (pyarrow.ArrowException, OSError) as error:
        remedy = "export it again, as Feather version 2"
        raise InputError("a readable Feather file", f"{path.name}: {error}", remedy) from None

    def chunks() -> Iterator[tuple[list[NDArray], float]]:
        step = chunk_rows(len(header))
        with pyarrow.memory_map(str(path)) as source, ipc.open_file(source) as file:
            for number in range(batches):
                batch = file.get_batch(number)
                for start in range(0, batch.num_rows, step):
                    part = batch.slice(start, step)
                    share = (number + (start + part.num_rows) / batch.num_rows) / batches
                    yield [_column_as_array(column) for column in part.columns], share

    return Columns(header, chunks)


def _column_as_array(column: Any) -> NDArray:
    """Entries of an Arrow column, categories as their values."""
    if hasattr(column, "dictionary_decode"):
        column = column.dictionary_decode()
    return column.to_numpy(zero_copy_only=False)
