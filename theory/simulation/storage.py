r"""Runs as labelled arrays, and on disk as NetCDF (64-bit offset), which xarray, Julia, R and ``ncdump`` read.

A file holds everything that :class:`theory.Run` does, what is needed to make the run again (model, parameters, seed) and
the versions that made it.  It appears at once or not at all; one that is not complete is valid all the same, and says why it
ends.  What was saved comes back bit for bit.

>>> import tempfile
>>> from pathlib import Path
>>> from theory import Coupling, Run, models, simulate
>>> run = simulate(models.projection_head(), Coupling.uniform(3, 12, 0.25), dimension=2, times=[0, 1], seed=0)
>>> with tempfile.TemporaryDirectory() as folder:
...     again = Run.load(run.save(Path(folder) / "run.nc"))
>>> bool((again.labels == run.labels).all()), again.seed, again.complete
(True, 0, True)
>>> dict(run.to_xarray()["labels"].sizes)
{'time': 2, 'dimension': 2, 'label': 3}

When it fails: a series of more than 4 GiB does not fit into this format; the coupling is not in the file, only what a caller
writes into its attributes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from theory import require
from theory.errors import InputError
from theory.scratch import move_together, scratch_folder
from theory.simulation.model_text import read_json, readable_text, write_json

if TYPE_CHECKING:
    import xarray

    from theory.simulation.trajectory import Run

FORMAT, VERSION = "collapse-theory trajectory", 1
ENGINE: Any = "scipy"
MADE_WITH = ("collapse-theory", "numpy", "scipy", "sympy")
TIME = {"long_name": "time", "units": "inverse mobility"}
SERIES = {
    "labels": (("time", "dimension", "label"), "label embeddings"),
    "head": (("time", "dimension", "dimension_2"), "head"),
    "loss": (("time",), "loss, its markers erased"),
    "accuracy": (("time",), "share of samples whose nearest label is one of their own"),
    "accuracy_error": (("time",), "standard error of the accuracy"),
    "min_separation": (("time",), "smallest distance between two label embeddings"),
    "means": (("time", "dimension", "type"), "means of the sample types"),
    "spectrum": (("time", "mode"), "eigenvalues of the second moments of the samples"),
}
OPTIONAL = ("head", "accuracy", "accuracy_error", "means", "spectrum")
AXIS, DRIFT, END = "run", "drift", "end_"


def to_xarray(run: Run) -> xarray.Dataset:
    """A run as a dataset over ``time``, ``dimension`` and ``label`` (``dimension_2`` for the columns of a head).

    First integrals are rows of ``drift``, over ``integral``; blocks of the last state are variables ``end_X`` and so on.  Many
    runs are the axis ``run``, with their seeds and parameters as coordinates.

    Raises
    ------
    InputError
        where xarray is not installed.
    """
    lead = (AXIS,) * (run.labels.ndim - 3)
    found: dict[str, Any] = {
        name: ((*lead, *dims), getattr(run, name), {"long_name": words, "units": "1"})
        for name, (dims, words) in SERIES.items()
        if getattr(run, name) is not None
    }
    coords: dict[str, Any] = {"time": ("time", run.times, TIME)}
    *_, dimension, labels = run.labels.shape
    sizes = {"dimension": dimension, "label": labels} | ({} if run.head is None else {"dimension_2": dimension})
    coords |= {name: np.arange(size) for name, size in sizes.items()}
    if run.conserved:
        words = {"long_name": "change of a first integral, relative to the size of its terms at the start", "units": "1"}
        found[DRIFT] = ("integral", *lead, "time"), np.array(list(run.conserved.values())), words
        coords["integral"] = list(run.conserved)
    for name, value in run.end.items():
        axes = (f"{name}_axis_{k}" for k in range(np.ndim(value) - len(lead)))
        found[END + name] = (*lead, *axes), value, {"long_name": f"last {name}"}
    if lead:
        coords |= {"seed": (lead, run.seed)} | {name: (lead, values) for name, values in run.parameters.items()}
    return _import_package("xarray").Dataset(found, coords, _attributes_of(run))


def save(run: Run, path: str | Path, attributes: Mapping[str, str] | None = None) -> Path:
    """Write a run as a NetCDF file, at once or not at all; gives back its path.

    Parameters
    ----------
    attributes
        further texts by name, such as what the coupling was.

    Raises
    ------
    InputError
        where the packages of the extra [data] are not installed.
    OSError
        where the file cannot be written.
    """
    path, dataset = Path(path), to_xarray(run)
    if AXIS in dataset.dims:  # their numbers are in the attributes, which hold integers of any size
        dataset = dataset.drop_vars(["seed", *run.parameters])
    dataset.attrs = {**(attributes or {}), **dataset.attrs}
    plain = {name: {"_FillValue": None} for name in dataset.variables}
    with scratch_folder(path.resolve().parent) as scratch:
        dataset.to_netcdf(scratch / path.name, engine=ENGINE, format="NETCDF3_64BIT", encoding=plain)
        move_together(scratch, path.resolve().parent)
    return path


def load_fields(path: str | Path) -> dict[str, Any]:
    """The fields of the run, or the runs, in a file.

    Raises
    ------
    InputError
        for a file that is none, is no trajectory, lacks something, or was written by a newer version, and where the packages
        of the extra [data] are not installed.
    """
    path = Path(path)
    data = _open_dataset(path)
    attributes = data.attrs
    if attributes.get("format") != FORMAT:
        raise InputError("a trajectory", f"something else in {path.name}", "give a file that Trajectory.save has written")
    if not 1 <= _read_json(path, attributes, "format_version", int) <= VERSION:
        got = f"{attributes['format_version']} in {path.name}"
        raise InputError(f"a format version of at most {VERSION}", got, "load it with a newer collapse-theory")
    lead = (AXIS,) if AXIS in data.dims else ()
    whole = {name for name in SERIES if name in data or name not in (OPTIONAL if lead else ("head", "means", "spectrum"))}
    wanted = {name: (*lead, *SERIES[name][0]) for name in whole} | {"time": ("time",)}
    lacking = [name for name, dims in wanted.items() if name not in data.variables or data[name].dims != dims]
    if lacking or (DRIFT in data and data[DRIFT].dims != ("integral", *lead, "time")):
        raise InputError("a whole trajectory", f"none of {', '.join(lacking or [DRIFT])} in {path.name}", "save it again")
    return _fields_in(path, data)


def _fields_in(path: Path, data: xarray.Dataset) -> dict[str, Any]:
    columns: dict[str, Any] = {name: data[name].values if name in data else None for name in SERIES}
    drifts = dict(zip(data["integral"].values, data[DRIFT].values, strict=True)) if DRIFT in data else {}
    model, many = data.attrs.get("model"), AXIS in data.dims
    parameters, seed = (_read_json(path, data.attrs, n, t) for n, t in (("parameters", dict), ("seed", list if many else int)))
    return dict(
        times=data["time"].values,
        **columns,
        conserved={str(name): drift for name, drift in drifts.items()},
        method=_read_json(path, data.attrs, "method", str),
        parameters={name: np.array(values) for name, values in parameters.items()} if many else parameters,
        seed=np.array(seed) if many else seed,
        model=None if model is None else read_json(model),
        stopped=_read_json(path, data.attrs, "stopped", str),
        complete=_read_json(path, data.attrs, "complete", bool),
        end={str(name).removeprefix(END): data[name].values for name in data.data_vars if str(name).startswith(END)},
    )


def _attributes_of(run: Run) -> dict[str, str]:
    """Everything that is no array, as texts; JSON but for those that are meant for people."""
    values = {
        "method": run.method,
        "seed": np.asarray(run.seed).tolist(),
        "parameters": {name: np.asarray(value, dtype=float).tolist() for name, value in run.parameters.items()},
        "stopped": run.stopped,
        "complete": bool(run.complete),
    }
    made = {"format": FORMAT, "format_version": str(VERSION)} | {name: json.dumps(value) for name, value in values.items()}
    made["versions"] = json.dumps({package: _package_version(package) for package in MADE_WITH})
    if run.model is not None:
        made["model_in_words"] = readable_text(run.model)
        if (tree := write_json(run.model)) is not None:
            made["model"] = tree
    return made


def _open_dataset(path: Path) -> xarray.Dataset:
    require.file(path, "a file with a trajectory")
    try:
        with _import_package("xarray").open_dataset(path, engine=ENGINE, decode_times=False) as opened:
            return opened.load()
    except (OSError, TypeError, ValueError, KeyError, IndexError) as error:
        raise InputError("a readable NetCDF file", f"{path.name}: {error}", "save the trajectory again") from None


def _read_json(path: Path, attributes: Mapping, name: str, kind: type) -> Any:
    try:
        value = json.loads(attributes[name])
    except (KeyError, TypeError, ValueError):
        value = None
    if type(value) is not kind:
        raise InputError(f"{name} as {kind.__name__} in JSON", f"another or none in {path.name}", "save the trajectory again")
    return value


def _import_package(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        remedy = "pip install 'collapse-theory[data]'"
        raise InputError("the packages of the extra [data]", f"no {name}", remedy) from None


def _package_version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed as a package"
