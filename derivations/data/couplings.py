"""Tables of couplings: one row a sample, one column a label, weights as entries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from derivations.data.encoding import as_text
from derivations.data.files import open_columns
from derivations.data.reading import Columns, Reading
from theory.errors import InputError

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class CouplingTable:
    """Weights (samples, labels), sparse where pairs were listed, and the names of the labels, or of views."""

    name: str
    labels: tuple[str, ...]
    weights: NDArray | csr_array
    notes: tuple[str, ...] = ()


def load_couplings(path: Path, signed: bool = False, how: Reading = Reading()) -> CouplingTable:  # noqa: B008 - frozen
    """A table with one row a sample, one column a label, a header of label names, and weights as entries.

    Weights below zero are those of pairs that repel, where ``signed``.

    Raises
    ------
    InputError
        for a file that cannot be read or has no rows; names that are missing, numbers only or not distinct; rows of different
        length; weights that are no numbers, not finite or negative; a row or a column without weight.
    """
    columns = _kept_columns(open_columns(path, how), how, path.name)
    names = column_names(columns.header, path.name)
    parts, row = [], 0
    for arrays, _ in columns.chunks():
        parts.append(np.column_stack([_weights_of(arrays, j, row, (columns, path.name, signed)) for j in range(len(arrays))]))
        row += len(parts[-1])
    if not row:
        raise InputError("at least one row of weights", f"only a header in {path.name}", "add the samples")
    weights = np.concatenate(parts)
    if not (coupled := weights.any(axis=1)).all():
        empty = columns.line_of(int(np.argmin(coupled)))
        got = f"nothing but zeros in row {empty} of {path.name}"
        raise InputError("a weight in every row", got, "drop this sample or couple it")
    if not (used := weights.any(axis=0)).all():
        unused = f"nothing but zeros in column {names[int(np.argmin(used))]!r} of {path.name}"
        raise InputError("every label coupled to a sample", unused, "drop this column")
    return CouplingTable(path.name, names, weights, columns.notes)


def _kept_columns(columns: Columns, how: Reading, file: str) -> Columns:
    """The columns that are not dropped."""
    if not how.drop:
        return columns
    if unknown := [name for name in how.drop if name not in columns.header]:
        raise InputError(f"columns to drop among those of {file}", ", ".join(unknown), "correct the name")
    kept = [j for j, name in enumerate(columns.header) if name not in how.drop]

    def chunks() -> Iterator[tuple[list[NDArray], float]]:
        for arrays, share in columns.chunks():
            yield [arrays[j] for j in kept], share

    return Columns(tuple(columns.header[j] for j in kept), chunks, columns.line_of, columns.notes)


def _weights_of(arrays: list[NDArray], j: int, first: int, of: tuple[Columns, str, bool]) -> NDArray:
    """The numbers in a column of some rows, or a sentence on the first that is none."""
    columns, file, signed = of
    given = arrays[j]
    if given.dtype.kind in "iuf":
        found = given.astype(float)
    else:
        found = np.array([parse_number(text) for text in as_text(given).tolist()])
    bad = ~np.isfinite(found) | ((found < 0) if not signed else False)
    if bad.any():
        row = int(np.argmax(bad))
        text = show_weight(given, row)
        got = f"{text} in column {columns.header[j]!r}, row {columns.line_of(first + row)} of {file}"
        raise InputError(f"finite {'' if signed else 'non-negative '}weights", got, "correct it, and write 0 for no coupling")
    return found


def show_weight(given: NDArray, row: int) -> str:
    """An entry in words."""
    return "a gap" if as_text(given[row : row + 1])[0] == "" else repr(str(given[row])[:40])


def column_names(header: tuple[str, ...], file: str) -> tuple[str, ...]:
    """The names of labels, each of which has its own."""
    remedy = "name each label once in the first row"
    if not any(map(isnan, map(parse_number, header))):
        raise InputError("a header of label names", f"only numbers in the first row of {file}", remedy)
    for column, name in enumerate(header):
        if not name or name in header[:column]:
            got = f"{name!r} again" if name else "no name"
            raise InputError("a name of its own for every label", f"{got} in column {column + 1} of {file}", remedy)
    return header


def parse_number(cell: str) -> float:
    """NaN for what is no number."""
    try:
        return nan if "_" in cell else float(cell)
    except ValueError:
        return nan
