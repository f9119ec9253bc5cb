r"""A phase diagram: every cell of a plane in closed form, proved, and simulated, as one labelled dataset.

>>> from derivations.phases.parameter_plane import ParameterPlane
>>> plane = ParameterPlane(vertical="lambda", fixed=0.5, low=0.01, high=0.25)
>>> within_one_cell(plane.closed_form(*plane.centres(4, 4)), plane.closed_form(*plane.centres(4, 4)))
True

When it fails: the simulation of cells next to a boundary is undecided where the longest run is too short to tell.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from derivations.phases.cells import proved_codes
from derivations.phases.plane import Plane
from derivations.phases.regions import CODES, Phase, Turning
from derivations.sweeps import sweep
from theory import require

if TYPE_CHECKING:
    from xarray import Dataset

TOGETHER = 60  # runs in one call


def compute_diagram(
    plane: Plane,
    columns: int,
    rows: int,
    *,
    folder: Path | str | None = None,
    resume: bool = True,
    workers: int = 1,
    progress: Callable[[float], None] | None = None,
    notice: Callable[[str], None] = warnings.warn,
) -> Dataset:
    """All cells of a plane.

    Parameters
    ----------
    plane
        a :class:`~derivations.phases.parameter_plane.ParameterPlane` or :class:`~derivations.phases.start_plane.StartPlane`.
    columns, rows
        numbers of cells across and up.
    folder, resume, workers, progress, notice
        as for :func:`derivations.sweeps.sweep`; a chunk holds whole columns.

    Returns
    -------
    Dataset
        over the axes of the plane: ``closed_form``, ``proved`` and ``outcome``, numbers in
        :class:`~derivations.phases.regions.Phase`, and what the outcome was read off; of a plane of parameters also
        ``turning``, numbers in :class:`~derivations.phases.regions.Turning`.

    Raises
    ------
    InputError
        for fewer than two cells along a side.
    """
    for name, number in (("columns", columns), ("rows", rows)):
        require.whole(number, f"at least two {name}", least=2)
    across, up = plane.centres(columns, rows)
    grid = dict(zip(plane.axes, (across, up), strict=True)) | {name: np.array([v]) for name, v in plane.parameters.items()}
    how: dict[str, Any] = {"folder": folder, "resume": resume, "workers": workers, "progress": progress, "notice": notice}
    found = sweep(plane.outcomes, grid, chunk=rows * max(1, TOGETHER // rows), **how)
    found = found.squeeze(list(plane.parameters))
    edges = dict(zip(plane.axes, plane.edges(columns, rows), strict=True))
    found["closed_form"] = plane.axes, plane.closed_form(across, up).astype(np.int8)
    found["proved"] = plane.axes, proved_codes(plane.prove, edges)
    for name, kinds in (("outcome", Phase), ("closed_form", Phase), ("proved", Phase), ("turning", Turning)):
        if name in found:
            meanings = " ".join(kind.value.replace(" ", "_") for kind in kinds)
            found[name].attrs = {"flag_values": np.arange(len(kinds), dtype=np.int8), "flag_meanings": meanings}
    found.attrs = asdict(plane.outcomes) | {"version": version("collapse-theory"), "agreement": share_agreeing(found)}
    return found


def share_agreeing(found: Dataset) -> float:
    """The share of the cells that the closed form decides whose outcome is its phase."""
    closed, outcome = found["closed_form"].values, found["outcome"].values
    known = closed != CODES[Phase.UNDECIDED]
    return float((closed == outcome)[known].mean()) if known.any() else float("nan")


def within_one_cell(closed_form: NDArray, outcome: NDArray) -> bool:
    """Whether every outcome is the phase of its own cell or of one of the eight around it, and undecided only where these
    are not all alike."""
    padded = np.pad(closed_form, 1, mode="edge")
    rows, columns = closed_form.shape
    around = np.stack([padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)])
    crossed = (around != closed_form).any(axis=0)
    seen = (around == outcome).any(axis=0) | (crossed & (outcome == CODES[Phase.UNDECIDED]))
    return bool(seen.all())
