"""What is found of rows while a table is read: classes, gaps counted by column, columns that number the rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivations.data.chunks import Table
from derivations.data.encoding import Encoding, as_text
from theory.errors import InputError

FEW_NUMBERS = 20  # different numbers that are taken for classes, however few rows each has
ROWS_OF_A_NUMBER = 10
NAMED_COLUMNS = 8
NUMBERED = 20  # rows, of which a column that numbers them is noticed
LOOKED_AT = 100_000  # rows, in which it is looked for


def looks_continuous(classes: int, rows: int) -> bool:
    """Whether so many different numbers in so many rows are a quantity rather than names of classes."""
    return rows < (ROWS_OF_A_NUMBER if classes > FEW_NUMBERS else 2) * classes


@dataclass
class Labels:
    """Classes by the number of their first appearance."""

    table: Table
    known: dict[str, int] = field(default_factory=dict)

    def code_labels(self, given: NDArray, row: int) -> NDArray:
        """The codes of labels whose first row has this number."""
        if given.dtype.kind in "biu":
            values, inverse = np.unique(given, return_inverse=True)
        else:
            values, inverse = np.unique(as_text(given), return_inverse=True)
            if values.size and values[0] == "":
                missing = row + int(np.argmin(inverse))
                got = f"none in row {self.table.line_of(missing)} of {self.table.name}"
                raise InputError("a label in every row", got, "fill or drop the row")
        return np.array([self.known.setdefault(str(v), len(self.known)) for v in values], dtype=int)[inverse]

    def order_classes(self, rows: int) -> tuple[tuple[str, ...], NDArray]:
        """The names of the classes in order, by number where all are numbers, and the class of each code.

        Raises
        ------
        InputError
            for no rows, one class, and labels that look continuous or like names of rows.
        """
        names = list(self.known)
        if not rows:
            raise InputError("at least one row", f"only a header in {self.table.name}", "add the data")
        keys: list[Any] = _parse_numbers(names) or names
        found = sorted(set(keys))
        if len(found) < 2:
            got = f"only {names[0]!r} in {self.table.name}"
            raise InputError("at least two classes", got, "add samples of another class, or name the label column with --label")
        self._refuse_continuous(len(found), rows, numbers=keys is not names)
        place = {key: number for number, key in enumerate(found)}
        return tuple(map(str, found)), np.array([place[key] for key in keys])

    def _refuse_continuous(self, classes: int, rows: int, numbers: bool) -> None:
        if numbers and looks_continuous(classes, rows):
            got = f"{classes} different numbers, as of a continuous quantity, in {rows} rows of {self.table.name}"
            raise InputError(
                "a label of few classes", got, "divide it into classes with --bins 5, or name another --label column"
            )
        if not numbers and rows < 2 * classes:
            got = f"{classes} different names, as of rows, in {rows} rows of {self.table.name}"
            raise InputError("a label of few classes", got, "name another --label column, or merge classes")


def _parse_numbers(names: list[str]) -> list[Any]:
    """The names as whole numbers, or as finite numbers; none where one is no number."""
    if any("_" in name for name in names):
        return []
    for kind in (int, float):
        try:
            found = [kind(name) for name in names]
        except ValueError:
            continue
        return found if np.isfinite(np.array(found, dtype=float)).all() else []
    return []


@dataclass
class Gaps:
    """Entries that are missing or infinite, counted by column."""

    encoding: Encoding
    counts: dict[int, int] = field(default_factory=dict)
    first: tuple[int, int] | None = None

    def count_gaps(self, features: NDArray, row: int) -> bool:
        """Whether there are none so far and none here."""
        if features.dtype.kind == "f" and not (finite := np.isfinite(features)).all():
            for j in np.flatnonzero(~finite.all(axis=0)):
                self.counts[int(j)] = self.counts.get(int(j), 0) + int((~finite[:, j]).sum())
            if self.first is None:
                place = np.argwhere(~finite)[0]
                self.first = (row + int(place[0]), int(place[1]))
        return not self.counts

    def refuse_gaps(self, rows: int) -> None:
        """An :class:`InputError` with all counts, where there are any."""
        if self.first is None:
            return
        names, table = self.encoding.names, self.encoding.table
        listed = [f"{count} in {names[j]!r}" for j, count in sorted(self.counts.items())]
        more = f" and {len(listed) - NAMED_COLUMNS} more columns" if len(listed) > NAMED_COLUMNS else ""
        where = f"{table.name} ({', '.join(listed[:NAMED_COLUMNS])}{more})"
        row = table.line_of(self.first[0])
        got = f"{sum(self.counts.values())} missing or infinite entries in {where}, the first in row {row}"
        empty = [names[j] for j, count in self.counts.items() if count == rows]
        worst = max(self.counts, key=self.counts.__getitem__)
        column = self.encoding.source_of(worst)
        remedy = f"fill them, drop their rows, or leave columns out, as with --drop {quote(column)}"
        if empty:
            remedy = f"leave out what is empty with {' '.join(f'--drop {quote(name)}' for name in empty[:NAMED_COLUMNS])}"
        raise InputError("finite numbers in every feature column", got, remedy)


@dataclass
class Numbering:
    """Columns that have another whole number in every row, as identifiers have."""

    encoding: Encoding
    seen: int = 0
    columns: tuple[int, ...] = ()

    def look_at(self, features: NDArray) -> None:
        """Look at the first rows of a table, once."""
        if self.seen or len(features) < NUMBERED:
            return
        part = features[:LOOKED_AT]
        self.seen = len(part)
        self.columns = tuple(j for j in range(part.shape[1]) if _numbers_rows(part[:, j]))

    def notes(self) -> list[str]:
        """A sentence for each such column."""
        names = [self.encoding.names[j] for j in self.columns]
        return [
            f"Column {name!r} has another whole number in each of the first {self.seen} rows, as an identifier has: "
            f"leave it out with --drop {quote(name)} unless it is a measurement."
            for name in names
        ]


def _numbers_rows(column: NDArray) -> bool:
    """Whether all are whole numbers and no two are the same, and they lie about as close as numbers of rows do."""
    if not np.isfinite(column).all() or (column != np.floor(column)).any():
        return False
    steps = np.diff(np.sort(column))
    return bool((steps > 0).all() and np.median(steps) == 1)
