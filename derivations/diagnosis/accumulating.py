"""One pass over a table: moments in a few groups of rows, the classes found on the way, and every gap counted.

Row i goes to group i modulo the number of groups, so that the groups are alike also where rows are sorted by class.

When it fails: rows whose order repeats with the number of groups make groups that are not alike, and standard errors wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from derivations.data import looks_continuous
from derivations.data.chunks import chunk_rows
from derivations.data.encoding import Encoding, as_text
from theory.encoder.accumulated import ClassMoments, class_moments, merge_moments
from theory.errors import InputError

MOST_GROUPS, FEWEST_GROUPS = 23, 8
NAMED_COLUMNS = 8
KEPT_PARTS = 16  # of a group, before they are merged


@dataclass(frozen=True, eq=False)
class Accumulation:
    """Moments of groups of rows, and the names of the classes in their order."""

    groups: tuple[ClassMoments, ...]
    classes: tuple[str, ...]


def accumulate_moments(encoding: Encoding, progress: Callable[[float], None]) -> Accumulation:
    """The moments of all rows of a table.

    Raises
    ------
    InputError
        for gaps and infinities, fewer than two classes, labels that look continuous, or no rows.
    """
    labels, gaps = _Labels(encoding.table.name), _Gaps(encoding)
    features_count = max(1, len(encoding.names))
    number = min(MOST_GROUPS, max(FEWEST_GROUPS, chunk_rows(features_count) // (2 * features_count)))
    groups: list[list[ClassMoments]] = [[] for _ in range(number)]
    row, shift = 0, None
    for block, given, share in encoding.table.blocks():
        features = encoding.encode_block(block, row)
        codes = labels.code_labels(given, row + encoding.table.first_row)
        if gaps.count_gaps(features, row) and len(features):
            shift = features[0].astype(float) if shift is None else shift
            for g, group in enumerate(groups):
                own = slice((g - row) % number, None, number)
                if len(codes[own]):
                    new = class_moments(features[own], codes[own], len(labels.known), shift)
                    group.append(new)
                    if len(group) == KEPT_PARTS:
                        group[:] = [merge_moments(group)]
        row += len(codes)
        progress(share)
    gaps.refuse_gaps()
    if row == 0:
        raise InputError("at least one row", f"only a header in {encoding.table.name}", "add the data")
    names, order = labels.order_names(row)
    parts = (merge_moments(group) for group in groups if group)
    return Accumulation(tuple(_reorder_classes(part, order) for part in parts), names)


def _reorder_classes(part: ClassMoments, order: NDArray) -> ClassMoments:
    missing = len(order) - len(part.counts)
    counts, sums = np.pad(part.counts, (0, missing)), np.pad(part.sums, ((0, missing), (0, 0)))
    return replace(part, counts=counts[order], sums=sums[order])


@dataclass
class _Labels:
    """Classes by the number of their first appearance."""

    table: str
    known: dict[str, int] = field(default_factory=dict)

    def code_labels(self, given: NDArray, row: int) -> NDArray:
        if given.dtype.kind in "biu":
            values, inverse = np.unique(given, return_inverse=True)
        else:
            values, inverse = np.unique(as_text(given), return_inverse=True)
            if values.size and values[0] == "":
                got = f"none in row {row + int(np.argmin(inverse))} of {self.table}"
                raise InputError("a label in every row", got, "fill or drop the row")
        return np.array([self.known.setdefault(str(v), len(self.known)) for v in values], dtype=int)[inverse]

    def order_names(self, rows: int) -> tuple[tuple[str, ...], NDArray]:
        """The names in order, by number where all are numbers, and the places of their codes."""
        names = list(self.known)
        if len(names) < 2:
            got = f"only {names[0]!r} in {self.table}"
            raise InputError("at least two classes", got, "add samples of another class or name the label column")
        numbers = _parse_numbers(names)
        if looks_continuous(len(names), rows) if numbers else rows < 2 * len(names):
            what = "numbers, as of a continuous quantity" if numbers else "names, as of rows"
            got = f"{len(names)} different {what}, in {rows} rows of {self.table}"
            raise InputError("a label of few classes", got, "bin it, or name another label column")
        keys = numbers or names
        order = sorted(range(len(names)), key=keys.__getitem__)
        return tuple(names[i] for i in order), np.array(order)


def _parse_numbers(names: list[str]) -> list[float]:
    """The names as numbers, or none."""
    try:
        return [float(name) for name in names]
    except ValueError:
        return []


@dataclass
class _Gaps:
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

    def refuse_gaps(self) -> None:
        if self.first is None:
            return
        names, table = self.encoding.names, self.encoding.table
        listed = [f"{count} in {names[j]!r}" for j, count in sorted(self.counts.items())]
        more = f" and {len(listed) - NAMED_COLUMNS} more columns" if len(listed) > NAMED_COLUMNS else ""
        where = f"{table.name} ({', '.join(listed[:NAMED_COLUMNS])}{more})"
        first = self.first[0] + table.first_row
        got = f"{sum(self.counts.values())} missing or infinite entries in {where}, the first in row {first}"
        raise InputError("finite numbers in every feature column", got, "fill them or drop their rows or columns")
