"""Data sets for reports: scikit-learn's bundled digits, or a CSV or NPZ file; tables of couplings."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import isfinite, isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from derivations.data.chunks import Block, Table, columns_of
from derivations.data.encoding import as_text
from derivations.data.files import csv_rows, table_of_file
from theory import require
from theory.errors import InputError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FEW_NUMBERS = 20  # different numbers that are taken for classes, however few rows each has
ROWS_OF_A_NUMBER = 10


@dataclass(frozen=True, eq=False)
class DataSet:
    """Features (samples, inputs), the class number of each sample, the names of the classes, and what to know of them."""

    name: str
    features: NDArray
    classes: NDArray
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def sizes(self) -> str:
        samples, inputs = self.features.shape
        return f"{samples:,} samples, {inputs} inputs, {len(self.class_names)} classes"


def load_data(source: str, label: str = "label", delimiter: str = ",") -> DataSet:
    """``"digits"``, a CSV file whose column ``label`` is the class and whose other columns are numbers, or an
    NPZ file with ``X``, ``y``.

    Raises
    ------
    InputError
        for a file that cannot be read, is empty, has no such column, rows of different length, entries that are missing or
        not numbers, or fewer than two classes.
    """
    if source == "digits":
        from sklearn.datasets import load_digits

        bunch = load_digits()
        return _data_set("scikit-learn's digits", bunch.data, bunch.target)
    path = require.file(Path(source), "'digits' or a file")
    kind = path.suffix.lower()
    if kind not in (".csv", ".npz"):
        raise InputError("a .csv or .npz file", path.name, "convert it to one of these")
    return _data_set(path.name, *(_collect_rows(table_of_file(path, label, delimiter)) if kind == ".csv" else _read_npz(path)))


def _collect_rows(table: Table) -> tuple[NDArray, NDArray]:
    """Features and labels of all rows."""
    blocks, labels, row = [], [], 0
    for block, given, _ in table.blocks():
        blocks.append(_finite_block(table, block, row))
        labels.extend(as_text(given).tolist())
        row += len(given)
    if not row:
        raise InputError("at least one row", f"only a header in {table.name}", "add the data")
    if "" in labels:
        got = f"none in row {labels.index('') + table.first_row} of {table.name}"
        raise InputError("a label in every row", got, "fill or drop the row")
    return np.concatenate(blocks), _as_numbers(labels)


def _finite_block(table: Table, block: Block, first: int) -> NDArray:
    """The numbers (rows, features) of a block whose first row has this number."""
    columns = columns_of(block)
    numbers = np.column_stack([_float_column(column) for column in columns])
    if (bad := ~np.isfinite(numbers)).any():
        row, column = map(int, np.argwhere(bad)[0])
        got = f"{columns[column][row]} in {table.describe_place(first + row, column)}"
        raise InputError("a finite number in every feature column", got, "correct it")
    return numbers


def _float_column(column: NDArray) -> NDArray:
    """NaN for what is no number."""
    if column.dtype.kind in "biuf":
        return column.astype(float)
    return np.array([parse_number(str(value)) for value in column], dtype=float)


def _as_numbers(labels: list[str]) -> NDArray:
    """Labels as the numbers that they spell, where all of them do."""
    numbers = [parse_number(label) for label in labels]
    if any(map(isnan, numbers)):
        return np.array(labels)
    try:
        return np.array([int(label) for label in labels])
    except ValueError:
        return np.array(numbers)


def _read_npz(path: Path) -> tuple[NDArray, NDArray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = archive.files
            held = {name: archive[name] for name in ("X", "y") if name in names}
    except Exception as error:  # a damaged archive makes NumPy, zipfile and zlib raise almost anything, which is told
        got = f"{path.name}: {type(error).__name__}: {error}"
        raise InputError("a readable NPZ file without pickled objects", got, "save it again with np.savez") from None
    if len(held) < 2:
        got = ", ".join(names) or "none"
        raise InputError(f"arrays X and y in {path.name}", got, "save it with np.savez(file, X=..., y=...)")
    return held["X"], held["y"]


def _data_set(name: str, features, labels) -> DataSet:
    from theory.encoder.moments import read_samples

    inputs, classes, names = read_samples(features, labels)
    return DataSet(name, inputs, classes, tuple(map(str, names)), tuple(_label_doubts(names, classes)))


def looks_continuous(classes: int, rows: int) -> bool:
    """Whether so many different numbers in so many rows are a quantity rather than names of classes."""
    return rows < (ROWS_OF_A_NUMBER if classes > FEW_NUMBERS else 2) * classes


def _label_doubts(names: NDArray, classes: NDArray) -> Iterator[str]:
    if names.dtype.kind in "iuf" and looks_continuous(len(names), len(classes)):
        alone = int(np.sum(np.bincount(classes) == 1))
        yield (
            f"The label takes {len(names)} different numbers in {len(classes)} rows, {alone} of them in one row only: it looks "
            "like a continuous quantity, whose every value is taken for a class here; bin it, or name another label column."
        )


# -- tables of couplings ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class CouplingTable:
    """Weights (samples, labels), sparse where pairs were listed, and the names of the labels, or of views."""

    name: str
    labels: tuple[str, ...]
    weights: NDArray | csr_array


def load_couplings(path: Path, signed: bool = False) -> CouplingTable:
    """A CSV file with one row a sample, one column a label, a header of label names, and weights as entries.

    Weights below zero are those of pairs that repel, where ``signed``.

    Raises
    ------
    InputError
        for a file that cannot be read or has no rows; names that are missing, numbers only or not distinct; rows of different
        length; weights that are no numbers, not finite or negative; a row or a column without weight.
    """
    line, header = next(csv_rows(require.file(path, "a CSV file of couplings")), (0, []))
    labels = column_names(header, path.name)
    try:
        with path.open(encoding="utf-8-sig") as lines, warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*contained no data", category=UserWarning)
            weights = np.loadtxt(lines, delimiter=",", comments=None, quotechar='"', ndmin=2, skiprows=line)
    except ValueError as error:
        _refuse_first_bad_row(path, labels, signed)
        raise InputError("rows of numbers", f"{path.name}: {error}", "repair or re-export it") from None
    if weights.size == 0:
        raise InputError("at least one row of weights", f"only a header in {path.name}", "add the samples")
    sound = weights.shape[1] == len(labels) and np.isfinite(weights).all() and (signed or (weights >= 0).all())
    if not sound or not weights.any(axis=1).all():
        _refuse_first_bad_row(path, labels, signed)
    if not (used := weights.any(axis=0)).all():
        unused = f"nothing but zeros in column {labels[int(np.argmin(used))]!r} of {path.name}"
        raise InputError("every label coupled to a sample", unused, "drop this column")
    return CouplingTable(path.name, labels, weights)


def column_names(header: list[str], file: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in header)
    remedy = "name each label once in the first row"
    if not names:
        raise InputError("a header of label names", f"an empty first row in {file}", remedy)
    if not any(map(isnan, map(parse_number, names))):
        raise InputError("a header of label names", f"only numbers in the first row of {file}", remedy)
    for column, name in enumerate(names):
        if not name or name in names[:column]:
            got = f"{name!r} again" if name else "no name"
            raise InputError("a name of its own for every label", f"{got} in column {column + 1} of {file}", remedy)
    return names


def _refuse_first_bad_row(path: Path, labels: tuple[str, ...], signed: bool) -> None:
    """Read row by row, to say where the first bad one is."""
    for line, row in islice(csv_rows(path), 1, None):
        place = f"row {line} of {path.name}"
        if len(row) != len(labels):
            raise InputError(f"{len(labels)} weights in every row", f"{len(row)} in {place}", "complete or cut this row")
        weights = [parse_number(cell) for cell in row]
        for name, cell, value in zip(labels, row, weights, strict=True):
            if not isfinite(value) or (value < 0 and not signed):
                got = f"{cell[:40]!r} in column {name!r}, {place}"
                wanted = f"finite {'' if signed else 'non-negative '}weights"
                raise InputError(wanted, got, "correct it, and write 0 for no coupling")
        if not any(weights):
            raise InputError("a weight in every row", f"nothing but zeros in {place}", "drop this sample or couple it")


def parse_number(cell: str) -> float:
    """NaN for what is no number."""
    try:
        return nan if "_" in cell else float(cell)
    except ValueError:
        return nan
