"""Tables of pairs of views: a symmetric matrix with a header of names, or a list of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import isfinite
from pathlib import Path

from derivations.data.files import csv_rows
from derivations.data.tables import CouplingTable, column_names, load_couplings, parse_number
from theory import require
from theory.errors import InputError

WEIGHT = "weight"  # the name of the third column of a list


def load_pairs(path: Path) -> CouplingTable:
    """A CSV file of positive pairs of views.

    Either a list of three columns, the third of which is called ``weight``: the names of two views, and how often they are a
    pair, in either order; what is listed again adds up.  Or a matrix: one column a view, a header of their names, rows in the
    same order.

    Raises
    ------
    InputError
        as of :func:`derivations.data.load_couplings`, and for rows of a list without two names and a weight.
    """
    if _is_list(path):
        return _read_list(path, signed=False)
    table = load_couplings(path)
    if len(table.weights) != len(table.labels):
        got = f"{len(table.weights)} rows for {len(table.labels)} views in {path.name}"
        remedy = f"give a row for each column, or a list of pairs whose third column is {WEIGHT}"
        raise InputError("a square matrix of pairs", got, remedy)
    return table


def load_signed(path: Path) -> CouplingTable:
    """A CSV file of weights of either sign: a list of pairs of views, or a table of samples and labels."""
    return _read_list(path, signed=True) if _is_list(path) else load_couplings(path, signed=True)


def _is_list(path: Path) -> bool:
    _, header = next(csv_rows(require.file(path, "a CSV file of pairs")), (0, []))
    names = column_names(header, path.name)
    return len(names) == 3 and names[2] == WEIGHT


def _read_list(path: Path, signed: bool) -> CouplingTable:
    from scipy.sparse import coo_array

    number: dict[str, int] = {}
    entries = []
    for one, other, weight in _listed_pairs(path, signed):
        i, j = (number.setdefault(view, len(number)) for view in (one, other))
        entries += [(i, j, weight)] if i == j else [(i, j, weight), (j, i, weight)]
    if not entries:
        raise InputError("at least one pair", f"only a header in {path.name}", "add the pairs")
    first, second, weights = zip(*entries, strict=True)
    whole = coo_array((weights, (first, second)), shape=(len(number),) * 2).tocsr()
    return CouplingTable(path.name, tuple(number), whole)


def _listed_pairs(path: Path, signed: bool) -> Iterator[tuple[str, str, float]]:
    for line, row in islice(csv_rows(path), 1, None):
        place = f"row {line} of {path.name}"
        if len(row) != 3 or not all(view.strip() for view in row[:2]):
            raise InputError("two views and a weight in every row", f"{','.join(row)[:40]!r} in {place}", "complete this row")
        weight = parse_number(row[2])
        if not isfinite(weight) or (weight < 0 and not signed):
            wanted = f"finite {'' if signed else 'non-negative '}weights"
            raise InputError(wanted, f"{row[2][:40]!r} in {place}", "correct it")
        yield row[0].strip(), row[1].strip(), weight
