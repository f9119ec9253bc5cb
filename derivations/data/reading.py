"""How a table is to be read: what is told of it, and nothing where it is to be found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from numpy.typing import NDArray

from theory.errors import InputError

WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|"}
DECIMALS = {"point": ".", "comma": ",", ".": ".", ",": ","}


@dataclass(frozen=True)
class Reading:
    """What is told of a table.

    Attributes
    ----------
    label
        the column of classes.
    delimiter
        between columns of text files: one character or its name (``tab``); found where it is None.
    encoding
        of text files; found where it is None.
    decimal
        ``"."`` or ``","``, or its name; found where it is None.
    drop
        columns that are left out.
    one_hot
        whether columns of text become one feature for each category but the first.
    bins
        the number of classes that a label of numbers is divided into, of as many rows each.
    """

    label: str = "label"
    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    drop: tuple[str, ...] = ()
    one_hot: bool = False
    bins: int | None = None

    @property
    def separator(self) -> str | None:
        """The delimiter as a character."""
        if self.delimiter is None:
            return None
        found = WORDS.get(self.delimiter, self.delimiter)
        if len(found) != 1:
            remedy = f"give one with --delimiter, or name it: {', '.join(word for word in WORDS if word.isalpha())}"
            raise InputError("a delimiter of one character", repr(self.delimiter), remedy)
        return found

    @property
    def decimal_mark(self) -> str | None:
        """What stands before decimals, as a character."""
        if self.decimal is not None and self.decimal not in DECIMALS:
            raise InputError("a decimal point or comma", repr(self.decimal), "give --decimal point, or --decimal comma")
        return None if self.decimal is None else DECIMALS[self.decimal]


Chunks = Callable[[], Iterator[tuple[list[NDArray], float]]]  # columns in the order of the header, share that is read


@dataclass(frozen=True)
class Columns:
    """The columns of a file before any is taken for a feature.

    Attributes
    ----------
    header
        their names.
    chunks
        iterator over (an array for each column, share of the file that is read).
    line_of
        the number that messages give to a row.
    notes
        what was found of how the file is written, in sentences.
    """

    header: tuple[str, ...]
    chunks: Chunks
    line_of: Callable[[int], int] = int
    notes: tuple[str, ...] = ()


def open_stream(path: Path) -> tuple[IO[bytes], IO[bytes]]:
    """The bytes of a file, as they are and without compression."""
    import bz2
    import gzip
    import lzma

    raw = path.open("rb")
    unpack: dict[str, Callable[..., IO[bytes]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}  # type: ignore[dict-item]
    way = unpack.get(path.suffix.lower())
    return raw, raw if way is None else way(raw, "rb")
