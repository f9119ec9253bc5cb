"""Tables in files, read chunk by chunk: text of any delimiter, Parquet and Feather, and NPZ with arrays X and y.

Kinds of files differ in how a chunk of columns comes about, and in nothing else.  A file may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from numpy.typing import NDArray

from derivations.data.archives import table_of_archive
from derivations.data.bins import bin_labels
from derivations.data.chunks import Block, Table, as_block
from derivations.data.columnar import open_feather, open_parquet
from derivations.data.delimited import open_delimited
from derivations.data.reading import Columns, Reading
from theory import require
from theory.errors import InputError

PACKED = (".gz", ".bz2", ".xz")
TEXT = (".csv", ".tsv", ".tab", ".txt")
COLUMNAR = {".parquet": open_parquet, ".feather": open_feather, ".arrow": open_feather}
KINDS = ".csv, .tsv or .txt file (also .gz, .bz2, .xz), or a .parquet, .feather or .npz file"


def kind_of_file(path: Path) -> str:
    """The suffix that says how a file is read.

    Raises
    ------
    InputError
        for a path without a file, an empty file, and one of another kind.
    """
    require.file(path, f"a {KINDS}")
    suffixes = [suffix.lower() for suffix in path.suffixes]
    kind = (suffixes[-2] if len(suffixes) > 1 else "") if suffixes[-1:] and suffixes[-1] in PACKED else "".join(suffixes[-1:])
    packed = bool(suffixes) and suffixes[-1] in PACKED
    if kind not in TEXT and (packed or kind not in (*COLUMNAR, ".npz")):
        raise InputError(f"a {KINDS}", path.name, "convert it to one of these")
    if path.stat().st_size == 0:
        raise InputError("a file with a table", f"an empty file, {path.name}", "add the data")
    return kind


def require_readers(path: Path) -> None:
    """The packages that read a file of this kind are installed."""
    suffixes = {suffix.lower() for suffix in path.suffixes}
    if suffixes & {*TEXT}:
        require.extra("data", "pandas")
    elif suffixes & {*COLUMNAR}:
        require.extra("data", "pyarrow")


def open_columns(path: Path, how: Reading, text: tuple[str, ...] = ()) -> Columns:
    """The columns of a file of text, Parquet or Feather; in files of text those of the names ``text`` stay text."""
    kind = kind_of_file(path)
    if kind == ".npz":
        raise InputError("a table with a header", path.name, "save it as CSV, Parquet or Feather")
    require_readers(path)
    return open_delimited(path, how, text) if kind in TEXT else COLUMNAR[kind](path)


def table_of_file(path: Path, how: Reading = Reading()) -> Table:  # noqa: B008 - frozen
    """The table in a file, of features and labels; in NPZ files the label is the array ``y``.

    Raises
    ------
    InputError
        for a file that cannot be read or is empty, a header without the label or with names missing or twice, columns to drop
        that are none, or, while it is read, rows of another length.
    """
    table = table_of_archive(path) if kind_of_file(path) == ".npz" else _table_of_columns(path, how)
    table = _without(table, how.drop)
    return table if how.bins is None else bin_labels(table, how.bins)


def _table_of_columns(path: Path, how: Reading) -> Table:
    columns = open_columns(path, how)
    names, place = _feature_names(columns.header, how, path.name), columns.header.index(how.label)

    def blocks() -> Iterator[tuple[Block, NDArray, float]]:
        for arrays, share in columns.chunks():
            labels = arrays.pop(place)
            yield as_block(arrays), labels, share

    return Table(path.name, names, blocks, columns.line_of, columns.notes)


def _feature_names(header: tuple[str, ...], how: Reading, file: str) -> tuple[str, ...]:
    for column, name in enumerate(header):
        if name and name in header[:column]:
            raise InputError("a name of its own for every column", f"{name!r} twice in {file}", "rename one of them")
    if how.label not in header:
        shown = ", ".join(header[:12]) + (", ..." if len(header) > 12 else "")
        raise InputError(f"a label column {how.label!r} in {file}", f"columns {shown}", "name it with --label")
    names = tuple(name or f"column {number}" for number, name in enumerate(header, 1) if name != how.label)
    if not names:
        raise InputError("feature columns beside the label", f"only {how.label!r} in {file}", "add features")
    for number, name in enumerate(header, 1):
        if not name and f"column {number}" not in how.drop:
            remedy = f"name it, or leave it out with --drop 'column {number}' where it only numbers the rows"
            raise InputError("a name for every column", f"no name in column {number} of {file}", remedy)
    return names


def _without(table: Table, drop: tuple[str, ...]) -> Table:
    """The table without columns of these names."""
    if not drop:
        return table
    if unknown := [name for name in drop if name not in table.names]:
        known = ", ".join(table.names[:12]) + (", ..." if len(table.names) > 12 else "")
        raise InputError(f"columns to drop among {known}", ", ".join(unknown), "correct the name; the label stays")
    kept = [j for j, name in enumerate(table.names) if name not in drop]
    if not kept:
        raise InputError("features that are left", f"all {len(table.names)} dropped", "keep at least one")

    def blocks() -> Iterator[tuple[Block, NDArray, float]]:
        for block, labels, share in table.blocks():
            yield as_block([block[j] for j in kept]) if isinstance(block, list) else block[:, kept], labels, share

    return table.with_columns(tuple(table.names[j] for j in kept), blocks)
