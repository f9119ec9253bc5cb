"""Columns as numbers: one-hot categories where they are asked for, and sentences that name what is no number.

>>> import numpy as np
>>> from derivations.data.chunks import Table
>>> rows = [np.array([1.0, 2.0, 3.0]), np.array(["red", "blue", "red"])]
>>> table = Table("colours", ("size", "colour"), lambda: iter([(rows, np.array([0, 1, 0]), 1.0)]))
>>> encoding = categories_of(table)
>>> encoding.names
('size', 'colour=red')
>>> encoding.encode_block(rows, 0)
array([[1., 1.],
       [2., 0.],
       [3., 1.]])

The first category of a column, by name, is the one without a feature of its own: with centred features it would be a
combination of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from shlex import quote

import numpy as np
from numpy.typing import NDArray

from derivations.data.chunks import Block, Table, columns_of
from theory.errors import InputError

MOST_CATEGORIES = 1000  # of one column
FEW_ROWS = 10  # in which every one may have a category of its own


@dataclass(frozen=True)
class Encoding:
    """The way from the columns of a table to features; ``categories`` by the number of their column."""

    table: Table
    categories: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def names(self) -> tuple[str, ...]:
        parts = (
            [f"{name}={category}" for category in self.categories[j][1:]] if j in self.categories else [name]
            for j, name in enumerate(self.table.names)
        )
        return tuple(name for part in parts for name in part)

    def source_of(self, feature: int) -> str:
        """The column of the table that a feature comes from."""
        sources = [
            name
            for j, name in enumerate(self.table.names)
            for _ in range(len(self.categories[j]) - 1 if j in self.categories else 1)
        ]
        return sources[feature]

    def encode_block(self, block: Block, first: int) -> NDArray:
        """The features (rows, features) of a block whose first row has this number; gaps are NaN.

        Raises
        ------
        InputError
            for text, dates or complex numbers in a column that is no category.
        """
        if isinstance(block, np.ndarray) and block.dtype.kind in "biuf" and not self.categories:
            return block
        return np.column_stack([self._encode_column(column, j, first) for j, column in enumerate(columns_of(block))])

    def _encode_column(self, column: NDArray, j: int, first: int) -> NDArray:
        if j in self.categories:
            known = np.array(self.categories[j])
            given = as_text(column)
            features = (given[:, None] == known[None, 1:]).astype(float)
            features[given == ""] = np.nan
            return features
        if column.dtype.kind in "mMcV":
            got = f"{column[0]} ({column.dtype}) in {self.table.describe_place(first, j)}"
            remedy = f"convert this column, or leave it out with --drop {quote(self.table.names[j])}"
            raise InputError("real numbers as features", got, remedy)
        try:
            return column.astype(float)
        except (TypeError, ValueError):
            row = next(i for i, value in enumerate(column) if not _is_number(value))
            got = f"{str(column[row])[:40]!r} in {self.table.describe_place(first + row, j)}"
            remedy = (
                f"correct it, leave the column out with --drop {quote(self.table.names[j])}, or make categories with --one-hot"
            )
            if re.fullmatch(r"\s*[+-]?\d+,\d+\s*", str(column[row])):
                remedy = f"give --decimal comma where that is one, or --drop {quote(self.table.names[j])}"
            raise InputError("numbers as features", got, remedy) from None


def categories_of(table: Table) -> Encoding:
    """Reads the table twice: which columns hold text, and which categories they have.

    Raises
    ------
    InputError
        for a column with more categories than could be features.
    """
    text = {j for block, _, _ in table.blocks() for j, column in _mixed_columns(block) if _is_text(column)}
    found: dict[int, set[str]] = {j: set() for j in sorted(text)}
    rows = 0
    for block, labels, _ in table.blocks() if text else ():
        rows += len(labels)
        for j, names in found.items():
            names |= set(as_text(columns_of(block)[j]).tolist()) - {""}
            if len(names) > MOST_CATEGORIES:
                raise _too_many_categories(table, j, f"more than {MOST_CATEGORIES}")
    for j, names in found.items():
        if len(names) == rows and rows > FEW_ROWS:
            raise _too_many_categories(table, j, f"as many as rows, {rows},")
    return Encoding(table, {j: tuple(sorted(names)) for j, names in found.items()})


def _too_many_categories(table: Table, j: int, how_many: str) -> InputError:
    got = f"{how_many} different texts in column {table.names[j]!r} of {table.name}"
    remedy = f"leave it out with --drop {quote(table.names[j])}, or correct its numbers"
    return InputError("columns of numbers or of few categories", got, remedy)


def _mixed_columns(block: Block) -> Iterator[tuple[int, NDArray]]:
    """The numbered columns of a block that may hold text."""
    if isinstance(block, list) or block.dtype.kind not in "biuf":
        yield from enumerate(columns_of(block))


def as_text(column: NDArray) -> NDArray:
    """Entries as text without blanks around it; gaps (None, NaN, empty) as the empty string."""
    if column.dtype.kind in "US":
        return np.char.strip(column.astype(str))
    if column.dtype.kind in "biu":
        return column.astype(str)
    return np.array(["" if _is_gap(value) else _number_as_text(value) for value in column.tolist()], dtype=str)


def _number_as_text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _is_gap(value: object) -> bool:
    return value is None or str(value) in ("nan", "NaT", "<NA>")


def _is_text(column: NDArray) -> bool:
    return column.dtype.kind in "USO" and not all(_is_number(value) for value in column.tolist())


def _is_number(value: object) -> bool:
    try:
        return value is None or np.isscalar(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return _is_gap(value)
