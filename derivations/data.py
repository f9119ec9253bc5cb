"""Data sets for reports: scikit-learn's bundled digits, or a CSV or NPZ file."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from theory.errors import InputError


@dataclass(frozen=True, eq=False)
class DataSet:
    """Features (samples, inputs), the class number of each sample, and the names of the classes."""

    name: str
    features: NDArray
    classes: NDArray
    class_names: tuple[str, ...]

    @property
    def sizes(self) -> str:
        samples, inputs = self.features.shape
        return f"{samples:,} samples, {inputs} inputs, {len(self.class_names)} classes"


def load(source: str, label: str = "label") -> DataSet:
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
    path = Path(source)
    if not path.is_file():
        raise InputError("'digits' or a file", f"{source!r}, which is no file", "check the path")
    reader = {".csv": _read_csv, ".npz": _read_npz}.get(path.suffix.lower())
    if reader is None:
        raise InputError("a .csv or .npz file", path.name, "convert it to one of these")
    return _data_set(path.name, *reader(path, label))


def _read_csv(path: Path, label: str):
    import pandas

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pandas.errors.ParserWarning)
            table = pandas.read_csv(path, index_col=False)
    except pandas.errors.EmptyDataError:
        raise InputError("a CSV file with a header and rows", f"an empty file, {path.name}", "add the data") from None
    except (pandas.errors.ParserError, pandas.errors.ParserWarning, UnicodeDecodeError, OSError) as error:
        raise InputError("a readable CSV file", f"{path.name}: {str(error).strip()}", "repair or re-export it") from None
    if label not in table.columns:
        raise InputError(
            f"a label column {label!r} in {path.name}",
            f"columns {', '.join(map(str, table.columns[:12]))}",
            "name it with --label",
        )
    if table.empty:
        raise InputError("at least one row", f"only a header in {path.name}", "add the data")
    if table[label].isna().any():
        raise InputError(
            "a label in every row",
            f"none in row {int(table[label].isna().to_numpy().argmax()) + 2} of {path.name}",
            "fill or drop the row",
        )
    features = table.drop(columns=label)
    if features.shape[1] == 0:
        raise InputError("feature columns beside the label", f"only {label!r} in {path.name}", "add features")
    numbers = features.apply(pandas.to_numeric, errors="coerce")
    bad = ~np.isfinite(numbers.to_numpy(dtype=float))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        value = features.iloc[int(row), int(column)]
        raise InputError(
            "a finite number in every feature column",
            f"{value} in row {row + 2}, column {features.columns[column]!r} of {path.name}",
            "correct it",
        )
    return numbers.to_numpy(dtype=float), table[label].to_numpy()


def _read_npz(path: Path, label: str):
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
    from theory.coupling.moments import checked

    inputs, classes, names = checked(features, labels)
    return DataSet(name, inputs, classes, tuple(map(str, names)))
