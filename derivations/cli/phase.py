"""``collapse phase``: phase diagrams, cell by cell, resumable."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivations.cli.common import FAILED, FIGURES, JSON, NUMBER, OUT, QUIET, SEED, examples, folder_of, note_kept, publish, say
from theory import require
from theory.errors import InputError

if TYPE_CHECKING:
    from xarray import Dataset

    from derivations.phases import ParameterPlane, StartPlane

Range = tuple[float, float]
PLANES = ("phi-lambda", "phi-kappa", "start")
CHUNKS = "phase-chunks"
RANGES = {
    "phi-lambda": ((0.0, 1.0), (0.005, 0.26)),
    "phi-kappa": ((0.0, 1.0), (0.005, 0.305)),
    "start": ((-1.0, 2.0), (0.0, 2.0)),
}
FIXED = {"phi-lambda": 0.1, "phi-kappa": 0.05}
RESTED = 20.0  # decay times in the run of a start


def _range_option(side: str, of: str):
    text = f"{of}; the default shows all phases."
    return click.option(f"--{side}", type=float, nargs=2, metavar="LOW HIGH", help=text)


@click.command(
    "phase",
    epilog=examples(
        "collapse phase phi-lambda --grid 12", "collapse phase start --fraction 0.2 --decay 0.05 --head-decay 0.02"
    ),
)
@click.argument("plane", type=click.Choice(PLANES))
@click.option("--classes", type=int, default=4, show_default=True, help="Number of classes (phi planes).")
@click.option("--grid", type=int, default=20, show_default=True, help="Cells along each side.")
@_range_option("across", "Range of the horizontal axis: frustrated fraction, or head at the start")
@_range_option("up", "Range of the vertical axis: lambda, kappa/lambda, or amplitude at the start (from 0)")
@click.option("--at", type=float, help="The fixed kappa/lambda of phi-lambda [0.1], or lambda of phi-kappa [0.05].")
@click.option("--fraction", type=NUMBER, default=0.2, show_default=True, help="Frustrated fraction (start).")
@click.option("--decay", type=float, default=0.0, show_default=True, help="Decay of the embeddings (start).")
@click.option("--head-decay", type=float, default=0.0, show_default=True, help="Decay of the head (start).")
@click.option("--resume/--no-resume", default=True, show_default=True, help="Whether finished chunks of before are used.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes that work on chunks.")
@FIGURES
@JSON
@QUIET
@SEED
@OUT
def command(
    plane: str, grid: int, resume: bool, workers: int, formats: tuple[str, ...], as_json: bool, out: Path | None, **options
) -> None:
    """Which parameters, or starts, keep labels apart: closed forms over simulated cells.

    PLANE is phi-lambda, phi-kappa, or start (head and amplitude of one mode). Cells that are proved whole are hatched.

    Writes phase-PLANE.nc (every cell), and the figure. Finished chunks stay in the folder phase-chunks, also when the command
    is interrupted: the same command goes on from there.

    Ends with a verdict: whether every simulated outcome is the phase that closed forms have there, or that of a neighbouring
    cell; exit status 1 where one is not.
    """
    require.extra("sweep", "dask", "xarray")
    folder = folder_of(out, as_json)
    if folder:
        require.extra("report", "matplotlib")
    chosen, title = _build_plane(plane, **options)
    found = _compute_cells(plane, chosen, grid, {"resume": resume, "workers": workers}, folder and folder / CHUNKS)

    def build(scratch: Path) -> None:
        from derivations.figures import save_figure
        from derivations.figures.phases import phase_diagram

        found.to_netcdf(scratch / f"phase-{plane}.nc", engine="scipy", format="NETCDF3_64BIT")
        save_figure(phase_diagram(chosen, found, title), scratch, f"phase-{plane}", formats)

    summary = _summarise_diagram(plane, found) | {"files": publish(folder, build)}
    if as_json:
        click.echo(json.dumps(summary))
    else:
        say(_summary_text(summary))
    if summary["within_one_cell"] is False:
        sys.exit(FAILED)


def _compute_cells(
    name: str, plane: ParameterPlane | StartPlane, grid: int, how: dict[str, Any], folder: Path | None
) -> Dataset:
    """All cells; where that is interrupted, what is said of finished chunks is what there is of them."""
    from derivations.phases import compute_diagram
    from theory.progress import progress_bar

    try:
        with progress_bar(1.0, f"{grid * grid} cells of {name}") as progress:
            return compute_diagram(plane, grid, grid, folder=folder, progress=progress, notice=_print_notice, **how)
    except KeyboardInterrupt:
        if folder is not None and folder.is_dir() and any(folder.iterdir()):
            note_kept(f"finished chunks in {folder}, from which the same command goes on")
        raise


def _build_plane(
    name: str, across: Range, up: Range, classes: int, at: float | None, seed: int, **start
) -> tuple[ParameterPlane | StartPlane, str]:
    """The plane, and the title of its figure."""
    from derivations.phases import Outcomes, ParameterPlane

    across, up = (given or usual for given, usual in zip((across, up), RANGES[name], strict=True))
    if name == "start":
        if up[0] != 0:
            raise InputError("amplitudes from 0 on", f"{up[0]:g}", "let --up begin at 0")
        return _build_start_plane(across, up, **start)
    fixed = FIXED[name] if at is None else at
    vertical, other = ("lambda", r"$\kappa/\lambda$") if name == "phi-lambda" else ("k", r"$\lambda$")
    (left, right), (low, high) = across, up
    made = ParameterPlane(vertical, fixed, low, high, left, right, Outcomes(classes=classes, seed=seed))
    return made, f"uniform frustration, $K={classes}$, {other}$\\,={fixed:g}$"


def _build_start_plane(across: Range, up: Range, fraction: float, decay: float, head_decay: float) -> tuple[StartPlane, str]:
    from derivations.phases import StartOutcomes, StartPlane

    outcomes = StartOutcomes(fraction, decay, head_decay)
    if decays := [rate for rate in (decay, head_decay) if rate]:
        outcomes = replace(outcomes, duration=RESTED / min(decays))
    shown = rf", $\lambda={decay:g}$, $\kappa={head_decay:g}$" if decay or head_decay else ", no decay"
    return StartPlane(*across, up[1], outcomes), rf"one mode, $\varphi={fraction:g}${shown}"


def _print_notice(sentence: str) -> None:
    say(f"collapse: {sentence}", err=True)


def _summarise_diagram(plane: str, found: Dataset) -> dict:
    from derivations.phases import Phase, within_one_cell
    from derivations.phases.regions import CODES

    outcome, closed = found["outcome"].values, found["closed_form"].values
    known = bool((closed != CODES[Phase.UNDECIDED]).any())
    return {
        "plane": plane,
        "cells": outcome.size,
        "outcomes": {phase.value: int((outcome == CODES[phase]).sum()) for phase in Phase},
        "turning": _count_turning(found),
        "proved": int((found["proved"].values != CODES[Phase.UNDECIDED]).sum()),
        "agreement": found.attrs["agreement"] if known else None,
        "within_one_cell": (within := within_one_cell(closed, outcome) if known else None),
        "verdict": _verdict(within, float(found.attrs["agreement"])),
    }


def _count_turning(found: Dataset) -> dict[str, int]:
    """What labels do in cells that rotate."""
    from derivations.phases.regions import Turning

    kinds = list(enumerate(Turning))[1:] if "turning" in found else []
    return {kind.value: int((found["turning"] == code).sum()) for code, kind in kinds}


def _verdict(within: bool | None, share: float) -> str:
    """Whether simulated outcomes are those of the closed forms, in a sentence."""
    if within is None:
        return "not tested: closed forms decide no cell of this plane"
    agree = f"{share:.1%} of the cells agree with the closed form"
    if within:
        return f"held: {agree}, and boundaries lie within one cell of it"
    return f"did not hold here: {agree}, and some outcomes are NOT within one cell of it"


def _summary_text(summary: dict) -> str:
    cells = summary["cells"]
    counted = ", ".join(f"{count} {name}" for name, count in summary["outcomes"].items() if count)
    turning = ", ".join(f"{count} with {name}" for name, count in summary["turning"].items() if count)
    rotating = [f"where it rotates: {turning}"] if turning else []
    lines = [f"{cells} cells simulated: {counted}", *rotating, f"{summary['proved']} cells proved whole"]
    return "\n".join([*lines, "", *summary["files"], "", f"verdict: {summary['verdict']}"])
