"""Arrays X and y in NPZ files, streamed where rows lie one after the other; an array in Fortran order is read whole."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivations.data.chunks import Block, Table, chunk_rows
from theory.errors import InputError


def table_of_archive(path: Path) -> Table:
    """The table of an NPZ file with the arrays X and y."""
    try:
        with zipfile.ZipFile(path) as archive:
            held = {name: _npy_header(archive, name) for name in archive.namelist() if name in ("X.npy", "y.npy")}
    except Exception as error:  # a damaged archive makes NumPy, zipfile and zlib raise almost anything, which is told
        got = f"{path.name}: {type(error).__name__}: {error}"
        raise InputError("a readable NPZ file without pickled objects", got, "save it again with np.savez") from None
    if len(held) < 2:
        got = f"only {', '.join(held) or 'others'} in {path.name}"
        raise InputError("arrays X and y", got, "save them with np.savez(file, X=..., y=...)")
    (shape, fortran, dtype), (label_shape, _, label_dtype) = held["X.npy"], held["y.npy"]
    if dtype.hasobject or label_dtype.hasobject:
        raise InputError("arrays without pickled objects", f"objects in {path.name}", "save numbers, and labels as text")
    if len(shape) != 2 or 0 in shape or label_shape != shape[:1]:
        got = f"shapes {shape} and {label_shape} in {path.name}"
        raise InputError("X of shape (samples, features) and one label y for each sample", got, "save matching arrays")
    names, step = tuple(map(str, range(shape[1]))), chunk_rows(shape[1])

    def blocks() -> Iterator[tuple[Block, NDArray, float]]:
        try:
            with np.load(path, allow_pickle=False) as whole:
                labels, features = whole["y"], whole["X"] if fortran else None
            with zipfile.ZipFile(path) as archive, archive.open("X.npy") as stream:
                _read_header(stream)
                for start in range(0, shape[0], step):
                    stop = min(start + step, shape[0])
                    rows = features[start:stop] if features is not None else _read_rows(stream, dtype, (stop - start, shape[1]))
                    yield rows, labels[start:stop], stop / shape[0]
        except (zipfile.BadZipFile, EOFError, ValueError, OSError) as error:
            got = f"{path.name}: {error}"
            raise InputError("a readable NPZ file", got, "save it again with np.savez") from None

    return Table(path.name, names, blocks)


def _npy_header(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    with archive.open(name) as stream:
        return _read_header(stream)


def _read_header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    return np.lib.format.read_array_header_2_0(stream)


def _read_rows(stream: Any, dtype: np.dtype, shape: tuple[int, int]) -> NDArray:
    size = dtype.itemsize * shape[0] * shape[1]
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the array X ends too early")
    return np.frombuffer(data, dtype).reshape(shape)
