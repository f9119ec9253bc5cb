r"""Sweeps: a function, or the runs of a model, over a grid of parameters, to a labelled dataset.

A function takes one array (n,) for each parameter and returns one array (n, ...) for each quantity: a chunk of the grid is one
call.  A model is followed by :func:`theory.simulation.ensembles.ensemble`, whose runs of a chunk are integrated as one.  Chunks
are tasks of Dask's local scheduler.  With a ``folder`` each is kept there as soon as it is done, under a hash of all that
defines it: a sweep that was interrupted, or is asked for again on a larger grid, computes only what is missing.

>>> found = sweep(lambda a, b: {"sum": a + b}, {"a": [0, 1, 2], "b": [10, 20]}, chunk=4)
>>> print(found["sum"].sel(a=2, b=20).item(), dict(found.sizes))
22 {'a': 3, 'b': 2}

When it fails: a function is known by its text; what it reaches beside its arguments has to be named in ``key``, or results kept
in a folder may be older than it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivations.analysis.limits import run_within
from derivations.sweeps.runs import Runs
from derivations.sweeps.store import Columns, Store, identity_of
from theory import require
from theory.coupling import Coupling
from theory.errors import InputError
from theory.loss import Loss

if TYPE_CHECKING:
    from xarray import Dataset

NO_LIMIT = 1e9  # seconds: a worker is needed for its process, not for its clock


def sweep(
    what: Callable[..., Mapping] | Loss,
    grid: Mapping[str, ArrayLike],
    *,
    coupling: Coupling | Callable[..., Coupling] | None = None,
    dimension: int | None = None,
    times: ArrayLike | None = None,
    seed: int = 0,
    coordinates: Mapping[str, ArrayLike] | None = None,
    folder: Path | str | None = None,
    resume: bool = True,
    key: str | None = None,
    chunk: int = 64,
    workers: int = 1,
    progress: Callable[[float], None] | None = None,
    notice: Callable[[str], None] = warnings.warn,
) -> Dataset:
    """Every combination of the values of a grid.

    Parameters
    ----------
    what
        a function of arrays (n,), one for each parameter by name, that returns a mapping from names to arrays (n, ...), or to
        pairs of the names of further dimensions and such an array; or a model, whose loss, smallest separation and spread of
        the labels are recorded at ``times``.
    grid
        values of each parameter: those of the model by name; "seed"; and the arguments of ``coupling`` where it is a function.
    coupling, dimension, times, seed
        of a model; couplings made by a function have the same numbers of types, labels and rates.
    coordinates
        values along further dimensions.
    folder
        where finished chunks are kept; made where it is missing.
    resume
        whether kept chunks are looked for.
    key
        what tells this function from others beside its text, such as the values that it closes over.
    chunk
        points of the grid in one call.
    workers
        1 works in this process; more are processes that work on a chunk each.
    progress
        called with the share of the chunks that is done.
    notice
        called with a sentence for each kept chunk that cannot be read; it is computed anew.

    Raises
    ------
    InputError
        for a grid that is empty or has repeated values, a function that returns something else than one row for each point, a
        function with a closure that is to be kept without a ``key``, and a missing extra.
    """
    require.extra("sweep", "dask", "xarray")
    axes = _grid_axes(grid)
    count = int(np.prod([len(v) for v in axes.values()]))
    for name, number in (("chunk", chunk), ("workers", workers)):
        require.whole(number, f"a positive whole number as {name}", "correct it", least=1)
    if isinstance(what, Loss):
        what = Runs.of(what, coupling, dimension, times, seed, key)
        coordinates = {"time": what.times, **(coordinates or {})}
    points = dict(zip(axes, (a.ravel() for a in np.meshgrid(*axes.values(), indexing="ij")), strict=True))
    parts = [{name: v[start : start + chunk] for name, v in points.items()} for start in range(0, count, chunk)]
    store = Store(Path(folder), identity_of(what, key), resume, notice) if folder is not None else None
    columns = _compute_columns(what, parts, store, workers, progress)
    return _build_dataset(axes, columns, coordinates or {})


# The grid, and what comes back ---------------------------------------------------------------------------------------


def _grid_axes(grid: Mapping[str, ArrayLike]) -> dict[str, NDArray]:
    axes = {str(name): np.asarray(values) for name, values in grid.items()}
    for name, values in axes.items():
        if values.ndim != 1 or not len(values) or values.dtype.hasobject or len(np.unique(values)) < len(values):
            raise InputError(f"different values of {name} in one row", repr(grid[name]), "remove repeats, or drop it")
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise InputError(f"finite values of {name}", repr(grid[name]), "correct them")
    if not axes:
        raise InputError("values of at least one parameter", "none", "write {name: values}")
    return axes


def _check_columns(found: Mapping, size: int) -> Columns:
    """Each quantity with the names of its further dimensions."""
    if not isinstance(found, Mapping):
        raise InputError("a mapping from names to arrays as what the function returns", repr(type(found)), "return a dict")
    columns = {}
    for name, value in found.items():
        extra, array = value if isinstance(value, tuple) else (None, value)
        array = np.asarray(array)
        extra = tuple(f"{name}_{n}" for n in range(1, array.ndim)) if extra is None else tuple(map(str, extra))
        if array.ndim != 1 + len(extra) or len(array) != size or array.dtype.hasobject:
            raise InputError(f"{name} as an array with a row for each of {size} points", f"shape {array.shape}", "correct it")
        columns[str(name)] = extra, array
    return columns


def _build_dataset(axes: Mapping[str, NDArray], columns: Sequence[Columns], coordinates: Mapping[str, ArrayLike]) -> Dataset:
    import xarray

    shape = tuple(map(len, axes.values()))
    if any({n: (e, a.shape[1:]) for n, (e, a) in c.items()} != _column_shapes(columns[0]) for c in columns):
        raise InputError("the same quantities of the same shapes in every chunk", "others", "correct the function")
    variables = {}
    for name, (extra, _) in columns[0].items():
        array = np.concatenate([c[name][1] for c in columns])
        variables[name] = ((*axes, *extra), array.reshape(*shape, *array.shape[1:]))
    return xarray.Dataset(variables, {**axes, **coordinates})


def _column_shapes(columns: Columns) -> dict:
    return {name: (extra, array.shape[1:]) for name, (extra, array) in columns.items()}


# Chunks --------------------------------------------------------------------------------------------------------------


def _compute_columns(
    function: Callable, parts: Sequence[Mapping], store: Store | None, workers: int, progress: Callable[[float], None] | None
) -> list[Columns]:
    """Those of every part, in order: kept ones are read, the others are tasks."""
    from dask.base import compute
    from dask.callbacks import Callback
    from dask.delayed import delayed

    found = {n: c for n, part in enumerate(parts) if store is not None and (c := store.read(part)) is not None}
    missing = [n for n in range(len(parts)) if n not in found]
    done = iter(range(len(found) + 1, len(parts) + 1))

    def tell_progress(*_) -> None:
        if progress is not None:
            progress(next(done) / len(parts))

    if progress is not None:
        progress(len(found) / len(parts))
    call = partial(_compute_chunk, function, store, workers > 1)
    tasks = [delayed(call, traverse=False)(parts[n]) for n in missing]
    with Callback(posttask=tell_progress), _open_threads(workers) as threads:
        how: dict[str, Any] = {"scheduler": "synchronous"} if threads is None else {"scheduler": "threads", "pool": threads}
        computed = compute(*tasks, optimize_graph=False, **how)
    found |= dict(zip(missing, computed, strict=True))
    return [found[n] for n in range(len(parts))]


@contextmanager
def _open_threads(count: int) -> Iterator[ThreadPoolExecutor | None]:
    """Threads for work beside each other, none for one; they are not waited for where the work is cut short."""
    if count == 1:
        yield None
        return
    pool = ThreadPoolExecutor(count)
    finished = False
    try:
        yield pool
        finished = True
    finally:
        pool.shutdown(wait=finished, cancel_futures=not finished)


def _compute_chunk(function: Callable, store: Store | None, elsewhere: bool, part: Mapping[str, NDArray]) -> Columns:
    """One chunk, kept where there is a store."""
    size = len(next(iter(part.values())))
    columns = _check_columns(run_within(NO_LIMIT if elsewhere else None, partial(function, **part)), size)
    if store is not None:
        store.write(part, columns)
    return columns
