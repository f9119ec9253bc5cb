"""Text files of columns, read chunk by chunk by pandas: CSV and TSV, also compressed."""

from __future__ import annotations

import csv
import warnings
import zlib
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import islice
from pathlib import Path

from numpy.typing import NDArray

from derivations.data.chunks import chunk_rows, frame_columns
from derivations.data.encoding import as_text
from derivations.data.reading import Columns, Reading, open_stream
from derivations.data.text_format import TextFormat, find_format, wrong_encoding
from theory.errors import InputError

GAPS = ["?"]  # beside those that pandas knows


def open_delimited(path: Path, how: Reading, text: tuple[str, ...] = ()) -> Columns:
    """The columns of a text file; those of the names ``text`` stay text, and so does a label."""
    written = find_format(path, how)
    header = _read_header(path, written)
    kept = {*text, how.label} & {*header}

    def chunks() -> Iterator[tuple[list[NDArray], float]]:
        import pandas

        raw, stream = open_stream(path)
        size = path.stat().st_size
        try:
            with raw, stream, warnings.catch_warnings():
                warnings.simplefilter("error", pandas.errors.ParserWarning)
                frames = pandas.read_csv(
                    stream, sep=written.delimiter, index_col=False, chunksize=chunk_rows(len(header)), low_memory=False,
                    encoding=written.encoding, decimal=written.decimal, header=0, names=header, na_values=GAPS,
                    converters=dict.fromkeys(kept, str.strip), skipinitialspace=written.delimiter != "\t",
                )  # fmt: skip
                for frame in frames:
                    columns = frame_columns(frame)
                    if _has_gaps(columns):
                        _refuse_ragged_rows(path, written, len(header))
                    yield columns, min(1.0, raw.tell() / size)
        except (pandas.errors.ParserError, pandas.errors.ParserWarning, pandas.errors.EmptyDataError) as error:
            _refuse_ragged_rows(path, written, len(header))
            raise InputError("a readable CSV file", f"{path.name}: {str(error).strip()}", "repair or re-export it") from None
        except UnicodeError as error:
            raise wrong_encoding(path, written.encoding, error) from None
        except (EOFError, zlib.error) as error:
            raise InputError("a readable compressed file", f"{path.name}: {error}", "compress it again") from None

    return Columns(tuple(header), chunks, lambda row: _line_of(path, written, row), written.notes)


def _read_header(path: Path, written: TextFormat) -> list[str]:
    names = [name.strip() for name in next(csv_rows(path, written), (0, []))[1]]
    if not any(names):
        raise InputError("a header of column names", f"an empty first row in {path.name}", "name the columns in the first row")
    return names


def csv_rows(path: Path, written: TextFormat) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its line."""
    raw, stream = open_stream(path)
    blanks = written.delimiter != "\t"
    try:
        with raw, stream, TextIOWrapper(stream, encoding=written.encoding, newline="") as lines:
            reader = csv.reader(lines, delimiter=written.delimiter, skipinitialspace=blanks, strict=True)
            for row in reader:
                if row:
                    yield reader.line_num, row
    except (UnicodeError, csv.Error, OSError, EOFError, zlib.error) as error:
        raise InputError("a readable CSV file", f"{path.name}: {error}", "repair or re-export it") from None


def _line_of(path: Path, written: TextFormat, row: int) -> int:
    """The line on which a row of data stands, the header being a row; rows that Python cannot read count as one line each."""
    try:
        return next(islice(csv_rows(path, written), row + 1, None), (row + 2, []))[0]
    except InputError:
        return row + 2


def _has_gaps(columns: list[NDArray]) -> bool:
    return any(bool((as_text(c) == "").any()) if c.dtype.kind == "O" else bool((c != c).any()) for c in columns)


def _refuse_ragged_rows(path: Path, written: TextFormat, columns: int) -> None:
    """Read row by row, to say where the first row of another length is."""
    for line, row in csv_rows(path, written):
        if len(row) != columns:
            got = f"{len(row)} in row {line} of {path.name}"
            raise InputError(f"{columns} entries in every row", got, "complete or cut this row, or give the --delimiter")
