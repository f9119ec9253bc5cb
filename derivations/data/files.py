"""Tables in files, read chunk by chunk: CSV by pandas, Parquet by pyarrow, NPZ (``X``, ``y``) straight from the archive.

CSV and Parquet differ in how a chunk of columns comes about, and in nothing else.  A file may be larger than memory.  Arrays in
an NPZ file are streamed where their rows lie one after the other; an array in Fortran order is read whole.

When it fails: labels of a CSV file are text, so that 1 and 1.0 are two classes.
"""

from __future__ import annotations

import csv
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivations.data.chunks import Block, Table, as_block, chunk_rows, frame_columns
from derivations.data.encoding import as_text
from theory import require
from theory.errors import InputError

Chunks = Callable[[], Iterator[tuple[list[NDArray], float]]]  # columns in the order of the header, share that is read
SEPARATORS = {";": "';'", "\t": "tab", "|": "'|'", " ": "' '", ",": "','"}


def table_of_file(path: Path, label: str = "label", delimiter: str = ",") -> Table:
    """The table in a CSV, Parquet or NPZ file; ``label`` names the column of classes, in NPZ files it is the array ``y``.

    Raises
    ------
    InputError
        for a file that cannot be read or is empty, a header without the label or with names missing or twice, or, while it is
        read, rows of another length.
    """
    require.file(path, "a file of features and labels")
    kind = path.suffix.lower()
    if kind not in (".csv", ".parquet", ".npz"):
        raise InputError("a .csv, .parquet or .npz file", path.name, "convert it to one of these")
    if path.stat().st_size == 0:
        raise InputError("a file of features and labels", f"an empty file, {path.name}", "add the data")
    if kind == ".npz":
        return _npz_table(path)
    header, chunks = _open_csv(path, label, delimiter) if kind == ".csv" else _open_parquet(path)
    names, place = _feature_names(header, label, path.name), header.index(label)

    def blocks() -> Iterator[tuple[Block, NDArray, float]]:
        for columns, share in chunks():
            labels = columns.pop(place)
            yield as_block(columns), labels, share

    return Table(path.name, names, blocks, first_row=2 if kind == ".csv" else 0)


# -- CSV -----------------------------------------------------------------------------------------------------------------


def _open_csv(path: Path, label: str, delimiter: str) -> tuple[list[str], Chunks]:
    header, size = _csv_header(path, delimiter), path.stat().st_size

    def chunks() -> Iterator[tuple[list[NDArray], float]]:
        import pandas

        try:
            with path.open("rb") as file, warnings.catch_warnings():
                warnings.simplefilter("error", pandas.errors.ParserWarning)
                frames = pandas.read_csv(
                    file, sep=delimiter, index_col=False, chunksize=chunk_rows(len(header)), low_memory=False,
                    encoding="utf-8-sig", header=0, names=header, converters={label: str.strip}, skipinitialspace=True,
                )  # fmt: skip
                for frame in frames:
                    columns = frame_columns(frame)
                    if _has_gaps(columns):
                        _refuse_ragged_rows(path, delimiter, len(header))
                    yield columns, min(1.0, file.tell() / size)
        except (pandas.errors.ParserError, pandas.errors.ParserWarning) as error:
            _refuse_ragged_rows(path, delimiter, len(header))
            raise InputError("a readable CSV file", f"{path.name}: {str(error).strip()}", "repair or re-export it") from None
        except UnicodeDecodeError as error:
            raise InputError("a readable CSV file in UTF-8", f"{path.name}: {error}", "re-export it in UTF-8") from None

    return header, chunks


def _csv_header(path: Path, delimiter: str) -> list[str]:
    if len(delimiter) != 1:
        raise InputError("a delimiter of one character", repr(delimiter), "give it with --delimiter")
    header = next(csv_rows(path, delimiter), (0, []))[1]
    names = [name.strip() for name in header]
    if not any(names):
        raise InputError("a header of column names", f"an empty first row in {path.name}", "name the columns in the first row")
    if len(names) == 1:
        for other, word in SEPARATORS.items():
            if other != delimiter and other in names[0]:
                got = f"one column, {names[0][:60]!r}, in {path.name}"
                raise InputError("columns of features and a label", got, f"the delimiter seems to be {word}: give --delimiter")
    return names


def csv_rows(path: Path, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its line."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
            for row in reader:
                if row:
                    yield reader.line_num, row
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise InputError("a readable CSV file", f"{path.name}: {error}", "repair or re-export it") from None


def _has_gaps(columns: list[NDArray]) -> bool:
    return any(bool((as_text(c) == "").any()) if c.dtype.kind == "O" else bool((c != c).any()) for c in columns)


def _refuse_ragged_rows(path: Path, delimiter: str, columns: int) -> None:
    """Read row by row, to say where the first row of another length is."""
    for line, row in csv_rows(path, delimiter):
        if len(row) != columns:
            got = f"{len(row)} in row {line} of {path.name}"
            raise InputError(f"{columns} entries in every row", got, "complete or cut this row")


def _feature_names(header: list[str], label: str, file: str) -> tuple[str, ...]:
    for column, name in enumerate(header):
        if not name:
            got = f"no name in column {column + 1} of {file}"
            raise InputError("a name for every column", got, "name it, or drop it where it only numbers the rows")
        if name in header[:column]:
            raise InputError("a name of its own for every column", f"{name!r} twice in {file}", "rename one of them")
    if label not in header:
        shown = ", ".join(header[:12]) + (", ..." if len(header) > 12 else "")
        raise InputError(f"a label column {label!r} in {file}", f"columns {shown}", "name it with --label")
    names = tuple(name for name in header if name != label)
    if not names:
        raise InputError("feature columns beside the label", f"only {label!r} in {file}", "add features")
    return names


# -- Parquet -------------------------------------------------------------------------------------------------------------


def _open_parquet(path: Path) -> tuple[list[str], Chunks]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            header, rows = list(file.schema_arrow.names), file.metadata.num_rows
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError("a readable Parquet file", f"{path.name}: {error}", "export it again") from None

    def chunks() -> Iterator[tuple[list[NDArray], float]]:
        done = 0
        with parquet.ParquetFile(path, pre_buffer=False) as file:  # a buffer would grow with the file
            for batch in file.iter_batches(batch_size=chunk_rows(len(header))):
                done += batch.num_rows
                yield [_arrow_column(column) for column in batch.columns], done / rows

    return header, chunks


def _arrow_column(column: Any) -> NDArray:
    """Entries of an Arrow column, categories as their values."""
    if hasattr(column, "dictionary_decode"):
        column = column.dictionary_decode()
    return column.to_numpy(zero_copy_only=False)


# -- NPZ -----------------------------------------------------------------------------------------------------------------


def _npz_table(path: Path) -> Table:
    try:
        with zipfile.ZipFile(path) as archive:
            held = {name: _npy_header(archive, name) for name in archive.namelist() if name in ("X.npy", "y.npy")}
    except Exception as error:  # a damaged archive makes NumPy, zipfile and zlib raise almost anything, which is told
        got = f"{path.name}: {type(error).__name__}: {error}"
        raise InputError("a readable NPZ file without pickled objects", got, "save it again with np.savez") from None
    if len(held) < 2:
        got = f"only {', '.join(held) or 'others'} in {path.name}"
        raise InputError("arrays X and y", got, "save them with np.savez(file, X=..., y=...)")
    (shape, fortran, dtype), (label_shape, _, label_dtype) = held["X.npy"], held["y.npy"]
    if dtype.hasobject or label_dtype.hasobject:
        raise InputError("arrays without pickled objects", f"objects in {path.name}", "save numbers, and labels as text")
    if len(shape) != 2 or 0 in shape or label_shape != shape[:1]:
        got = f"shapes {shape} and {label_shape} in {path.name}"
        raise InputError("X of shape (samples, features) and one label y for each sample", got, "save matching arrays")
    names, step = tuple(map(str, range(shape[1]))), chunk_rows(shape[1])

    def blocks() -> Iterator[tuple[Block, NDArray, float]]:
        try:
            with np.load(path, allow_pickle=False) as whole:
                labels, features = whole["y"], whole["X"] if fortran else None
            with zipfile.ZipFile(path) as archive, archive.open("X.npy") as stream:
                _read_header(stream)
                for start in range(0, shape[0], step):
                    stop = min(start + step, shape[0])
                    rows = features[start:stop] if features is not None else _read_rows(stream, dtype, (stop - start, shape[1]))
                    yield rows, labels[start:stop], stop / shape[0]
        except (zipfile.BadZipFile, EOFError, ValueError, OSError) as error:
            got = f"{path.name}: {error}"
            raise InputError("a readable NPZ file", got, "save it again with np.savez") from None

    return Table(path.name, names, blocks)


def _npy_header(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    with archive.open(name) as stream:
        return _read_header(stream)


def _read_header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    return np.lib.format.read_array_header_2_0(stream)


def _read_rows(stream: Any, dtype: np.dtype, shape: tuple[int, int]) -> NDArray:
    size = dtype.itemsize * shape[0] * shape[1]
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the array X ends too early")
    return np.frombuffer(data, dtype).reshape(shape)
