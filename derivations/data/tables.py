"""Data sets that are held whole: scikit-learn's bundled digits, or the table in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from derivations.data.chunks import Table
from derivations.data.encoding import Encoding, categories_of
from derivations.data.examining import Gaps, Labels, Numbering
from derivations.data.files import table_of_file
from derivations.data.reading import Reading
from theory import require


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


def load_data(
    source: str,
    how: Reading = Reading(),  # noqa: B008 - frozen
    progress: Callable[[float], None] = lambda share: None,
) -> DataSet:
    """``"digits"``, or a file as of :func:`derivations.data.table_of_file`; ``progress`` is told the share that is read.

    Raises
    ------
    InputError
        for a file that cannot be read, is empty, has no such column, rows of different length, entries that are missing or
        not numbers, fewer than two classes, or labels that look continuous.
    """
    if source == "digits":
        from sklearn.datasets import load_digits

        bunch = load_digits()
        return DataSet("scikit-learn's digits", bunch.data, bunch.target, tuple(map(str, bunch.target_names)))
    return collect_rows(table_of_file(require.file(Path(source), "'digits' or a file"), how), how.one_hot, progress)


def collect_rows(table: Table, one_hot: bool = False, progress: Callable[[float], None] = lambda share: None) -> DataSet:
    """All rows of a table at once."""
    encoding = categories_of(table) if one_hot else Encoding(table)
    labels, gaps, numbering = Labels(table), Gaps(encoding), Numbering(encoding)
    features, codes, row = [], [], 0
    for block, given, share in table.blocks():
        part = encoding.encode_block(block, row)
        gaps.count_gaps(part, row)
        numbering.look_at(part)
        features.append(part.astype(float, copy=False))
        codes.append(labels.code_labels(given, row))
        row += len(given)
        progress(share)
    gaps.refuse_gaps(row)
    names, place = labels.order_classes(row)
    notes = (*table.notes, *numbering.notes())
    return DataSet(table.name, np.concatenate(features), place[np.concatenate(codes)], names, notes)
