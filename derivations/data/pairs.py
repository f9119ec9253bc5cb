"""Tables of pairs of views: a symmetric matrix with a header of names, or a list of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from derivations.data.couplings import CouplingTable, column_names, load_couplings, parse_number, show_weight
from derivations.data.encoding import as_text
from derivations.data.files import open_columns
from derivations.data.reading import Reading
from theory.errors import InputError

WEIGHT = "weight"  # the name of the third column of a list


def load_pairs(path: Path, how: Reading = Reading()) -> CouplingTable:  # noqa: B008 - frozen
    """A table of positive pairs of views.

    Either a list of three columns, the third of which is called ``weight``: the names of two views, and how often they are a
    pair, in either order; what is listed again adds up.  Or a matrix: one column a view, a header of their names, rows in the
    same order.

    Raises
    ------
    InputError
        as of :func:`derivations.data.load_couplings`, and for rows of a list without two names and a weight.
    """
    if _is_list(path, how):
        return _read_list(path, how, signed=False)
    table = load_couplings(path, how=how)
    if len(table.weights) != len(table.labels):
        got = f"{len(table.weights)} rows for {len(table.labels)} views in {path.name}"
        remedy = f"give a row for each column, or a list of pairs whose third column is {WEIGHT}"
        raise InputError("a square matrix of pairs", got, remedy)
    return table


def load_signed(path: Path, how: Reading = Reading()) -> CouplingTable:  # noqa: B008 - frozen
    """A table of weights of either sign: a list of pairs of views, or a table of samples and labels."""
    return _read_list(path, how, signed=True) if _is_list(path, how) else load_couplings(path, signed=True, how=how)


def _is_list(path: Path, how: Reading) -> bool:
    names = column_names(open_columns(path, how).header, path.name)
    return len(names) == 3 and names[2] == WEIGHT


def _read_list(path: Path, how: Reading, signed: bool) -> CouplingTable:
    from scipy.sparse import coo_array

    number: dict[str, int] = {}
    entries = []
    for one, other, weight in _listed_pairs(path, how, signed):
        i, j = (number.setdefault(view, len(number)) for view in (one, other))
        entries += [(i, j, weight)] if i == j else [(i, j, weight), (j, i, weight)]
    if not entries:
        raise InputError("at least one pair", f"only a header in {path.name}", "add the pairs")
    first, second, weights = zip(*entries, strict=True)
    whole = coo_array((weights, (first, second)), shape=(len(number),) * 2).tocsr()
    return CouplingTable(path.name, tuple(number), whole)


def _listed_pairs(path: Path, how: Reading, signed: bool) -> Iterator[tuple[str, str, float]]:
    columns, row = open_columns(path, how, open_columns(path, how).header[:2]), 0
    for (first, second, given), _ in columns.chunks():
        views = as_text(first).tolist(), as_text(second).tolist()
        weights = given.tolist() if given.dtype.kind in "iuf" else [parse_number(text) for text in as_text(given).tolist()]
        for number, (one, other, weight) in enumerate(zip(*views, weights, strict=True)):
            if not one or not other:
                got = f"{one!r} and {other!r} in row {columns.line_of(row + number)} of {path.name}"
                raise InputError("two views and a weight in every row", got, "complete this row")
            if not np.isfinite(weight) or (weight < 0 and not signed):
                got = f"{show_weight(given, number)} in row {columns.line_of(row + number)} of {path.name}"
                raise InputError(f"finite {'' if signed else 'non-negative '}weights", got, "correct it")
            yield one, other, float(weight)
        row += len(given)
