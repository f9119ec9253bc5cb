"""One pass over a table: moments in a few groups of rows, the classes found on the way, and every gap counted.

Row i goes to group i modulo the number of groups, so that the groups are alike also where rows are sorted by class.

When it fails: rows whose order repeats with the number of groups make groups that are not alike, and standard errors wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from derivations.data.chunks import chunk_rows
from derivations.data.encoding import Encoding
from derivations.data.examining import Gaps, Labels, Numbering
from theory.encoder.accumulated import ClassMoments, class_moments, merge_moments

MOST_GROUPS, FEWEST_GROUPS = 23, 8
KEPT_PARTS = 16  # of a group, before they are merged


@dataclass(frozen=True, eq=False)
class Accumulation:
    """Moments of groups of rows, the names of the classes in their order, and what to know of the table."""

    groups: tuple[ClassMoments, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()


def accumulate_moments(encoding: Encoding, progress: Callable[[float], None]) -> Accumulation:
    """The moments of all rows of a table.

    Raises
    ------
    InputError
        for gaps and infinities, fewer than two classes, labels that look continuous, or no rows.
    """
    labels, gaps, numbering = Labels(encoding.table), Gaps(encoding), Numbering(encoding)
    features_count = max(1, len(encoding.names))
    number = min(MOST_GROUPS, max(FEWEST_GROUPS, chunk_rows(features_count) // (2 * features_count)))
    groups: list[list[ClassMoments]] = [[] for _ in range(number)]
    row, shift = 0, None
    for block, given, share in encoding.table.blocks():
        features = encoding.encode_block(block, row)
        numbering.look_at(features)
        codes = labels.code_labels(given, row)
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
    gaps.refuse_gaps(row)
    names, place = labels.order_classes(row)
    parts = (merge_moments(group) for group in groups if group)
    moments = tuple(_reorder_classes(part, place, len(names)) for part in parts)
    return Accumulation(moments, names, (*encoding.table.notes, *numbering.notes()))


def _reorder_classes(part: ClassMoments, place: NDArray, classes: int) -> ClassMoments:
    """Moments by class, where those of codes with one class add up."""
    counts, sums = np.zeros(classes, part.counts.dtype), np.zeros((classes, part.sums.shape[1]))
    np.add.at(counts, place[: len(part.counts)], part.counts)
    np.add.at(sums, place[: len(part.counts)], part.sums)
    return replace(part, counts=counts, sums=sums)
