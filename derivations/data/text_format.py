"""How a text file is written: its encoding, what stands between columns and before decimals; given, or found in its first part.

>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     path = Path(folder, "wines.csv")
...     _ = path.write_bytes("Säure;Zucker;label\\n1,5;2;weiß\\n0,25;3;rot\\n".encode("latin-1"))
...     found = find_format(path, Reading())
>>> found.encoding, found.delimiter, found.decimal
('cp1252', ';', ',')

When it fails: a file whose first part says nothing of what comes later; then the reader says what to give.
"""

from __future__ import annotations

import codecs
import csv
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from derivations.data.reading import Reading, open_stream
from theory.errors import InputError

SAMPLE = 1 << 22  # bytes from which the format is found
ROWS = 200  # likewise
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
WESTERN = "cp1252"
CONTROLS = bytes(set(range(32)) - {*b"\t\n\r\f"})
COMMA, POINT = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?"), re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


@dataclass(frozen=True)
class TextFormat:
    """Encoding, delimiter and decimal mark of a text file, and what to tell of those that were found."""

    encoding: str
    delimiter: str
    decimal: str
    notes: tuple[str, ...] = ()


def find_format(path: Path, how: Reading) -> TextFormat:
    """The format that is given, and what is found where none is.

    Raises
    ------
    InputError
        for what is no text, an encoding that is unknown or wrong, and a delimiter that is none.
    """
    sample, whole = _first_bytes(path)
    encoding = how.encoding or _find_encoding(path, sample, whole)
    text = _decode(path, sample, encoding, whole)
    rows = text.splitlines(keepends=True)
    rows = rows if whole else rows[:-1] or rows
    delimiter = how.separator or _find_delimiter(path, rows)
    decimal = how.decimal_mark or _find_decimal(rows, delimiter)
    if decimal == delimiter and how.decimal_mark:
        got, remedy = f"{decimal!r} for both in {path.name}", "give another --delimiter or --decimal"
        raise InputError("a delimiter that is not the decimal mark", got, remedy)
    notes = []
    if how.encoding is None and encoding == WESTERN:
        notes.append("is no UTF-8 and was read as Western European text (cp1252): give --encoding for another")
    if how.delimiter is None and delimiter != ("\t" if ".tsv" in path.name.lower() else ","):
        notes.append(f"was read with {DELIMITERS[delimiter]} between columns")
    if how.decimal is None and decimal == ",":
        notes.append("was read with decimal commas")
    return TextFormat(encoding, delimiter, decimal, tuple(f"The table {path.name} {note}." for note in notes))


def _first_bytes(path: Path) -> tuple[bytes, bool]:
    """The first part of a file, and whether that is all of it."""
    raw, stream = open_stream(path)
    with raw, stream:
        try:
            sample = stream.read(SAMPLE)
            return sample, not stream.read(1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError("a readable compressed file", f"{path.name}: {error}", "compress it again") from None


def _find_encoding(path: Path, sample: bytes, whole: bool) -> str:
    for mark, name in MARKS.items():
        if sample.startswith(mark):
            return name
    if sample.translate(None, CONTROLS) != sample:
        got, remedy = f"{path.name}, which is no text", "re-export it as text, or give its --encoding"
        raise InputError("a readable CSV file", got, remedy)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=whole)
        return "utf-8"
    except UnicodeDecodeError:
        return WESTERN


def _decode(path: Path, sample: bytes, encoding: str, whole: bool) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample, final=whole)
    except LookupError:
        remedy = "name one that Python knows, such as utf-8, latin-1, utf-16"
        raise InputError("a known encoding", repr(encoding), remedy) from None
    except UnicodeError as error:
        raise wrong_encoding(path, encoding, error) from None


def wrong_encoding(path: Path, encoding: str, error: UnicodeError) -> InputError:
    """What to say of bytes that an encoding does not have."""
    remedy = "give its own with --encoding, or re-export it in UTF-8"
    return InputError(f"a readable CSV file in {encoding}", f"{path.name}: {error}", remedy)


def split_rows(rows: list[str], delimiter: str) -> Iterator[list[str]]:
    """The rows that are not empty, as far as they can be read."""
    try:
        yield from (row for row in csv.reader(rows, delimiter=delimiter, skipinitialspace=delimiter != "\t") if row)
    except csv.Error:
        return


def _find_delimiter(path: Path, rows: list[str]) -> str:
    """That which divides the header and most rows into as many columns, more than one; among such, into the most columns."""
    best, found = (0.0, 1), "\t" if ".tsv" in path.name.lower() else ","
    for delimiter in DELIMITERS:
        if delimiter == " " and best[1] > 1:
            break  # blanks stand beside other delimiters too
        counts = [len(row) for row in islice(split_rows(rows, delimiter), ROWS)]
        if counts and counts[0] > 1:
            alike = sum(count == counts[0] for count in counts[1:]) / max(1, len(counts) - 1)
            if (alike, counts[0]) > best and (alike > 0 or len(counts) == 1):
                best, found = (alike, counts[0]), delimiter
    return found


def _find_decimal(rows: list[str], delimiter: str) -> str:
    """A comma where numbers have one and none has a point, unless it may stand between thousands."""
    cells = [cell.strip() for row in islice(split_rows(rows, delimiter), 1, ROWS) for cell in row]
    commas = [cell for cell in cells if COMMA.fullmatch(cell)]
    if not commas or any(map(POINT.fullmatch, cells)):
        return "."
    return "," if delimiter == ";" or not all(map(THOUSANDS.fullmatch, commas)) else "."
