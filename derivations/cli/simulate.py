"""``collapse simulate``: a model followed in time, to disk and as a figure."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any

import click

from derivations.cli.claims import claims_of_run
from derivations.cli.common import (
    DIMENSION,
    FAILED,
    FIGURES,
    JSON,
    OUT,
    QUIET,
    SEED,
    examples,
    figure_files,
    folder_of,
    print_claims,
    publish,
    say,
    status_of,
)
from derivations.cli.couplings import KINDS, coupling_of, given_options, refuse_options, with_couplings
from derivations.cli.models import LOSSES, PLACED, SUMS, checked_parameters, is_model_file, model_of, start_of, with_models
from derivations.cli.runs import finite_or_none, partial_run, print_summary, run_time_scales, save_run
from theory import require
from theory.errors import InputError, Interrupted, UnfinishedError
from theory.progress import progress_bar

FILMS = ["gif", "mp4"]
UNPREDICTED = "nothing that this run could be held against is predicted in closed form"
LATE = 12.0  # slow times that a run lasts unless told otherwise: until the slowest mode is measured
GROWING = 5.0  # times in which what repels grows by a factor e, likewise
SETTLED = 200.0  # the same where nothing collapses
OF_ONE_RUN = {
    *(
        *KINDS,
        "head",
        "stop",
        "symmetric",
        "shared",
        "until",
        "points",
        "logarithmic",
        "parameters",
        "method",
        "step",
        "momentum",
        "batch",
        "animation",
    ),
}


class _Model(click.Choice):
    """The name of a model, or a model file."""

    def convert(self, value, param, ctx):
        return value if is_model_file(str(value)) else super().convert(value, param, ctx)


@click.command(
    "simulate",
    epilog=examples(
        "collapse simulate embedding --classes 5 --samples 500 --fraction 0.1",
        "collapse simulate head --data wines.csv --label colour --dimension 4",
        "collapse simulate info-nce --parameter temperature=0.5 --coupling couplings.csv",
    ),
)
@click.argument("model", metavar="MODEL", type=_Model([*PLACED, "two-time-scales", *LOSSES]))
@with_models
@with_couplings
@DIMENSION
@click.option(
    "--until",
    type=float,
    help="Last time.  [default: twelve slow times of the couplings, or 200; times their weight for means over pairs]",
)
@click.option("--points", type=click.IntRange(min=2), default=200, show_default=True, help="Number of recorded times.")
@click.option("--log/--linear", "logarithmic", default=True, show_default=True, help="How the times are spaced.")
@click.option(
    "--method",
    type=click.Choice(["auto", "direct", "exact", "order-parameters"]),
    default="auto",
    show_default=True,
    help="How the flow is followed.",
)
@click.option("--step", type=float, help="Gradient descent in steps of this size, in place of the gradient flow.")
@click.option("--momentum", type=float, default=0.0, show_default=True, help="Momentum of gradient descent (heavy ball).")
@click.option("--batch", type=int, help="Samples in a mini-batch of gradient descent.  [default: all]")
@click.option("--animation", type=click.Choice(FILMS), help="Also make a film of the labels (mp4 needs ffmpeg).")
@FIGURES
@JSON
@QUIET
@SEED
@OUT
@click.pass_context
def command(ctx: click.Context, /, model: str, as_json: bool, out: Path | None, **options) -> None:
    """A model followed in time: trajectories to disk, and a figure.

    embedding: samples and labels that pull on each other.  head: through a linear head, with stop-gradient.  two-time-scales:
    three runs on one set of samples - none frustrated, a few, and the same with shared head and stop-gradient.  Losses by name:
    squared, cosine, simsiam, byol, barlow-twins, vicreg, info-nce, spectral-contrastive, coding-rate, softmax-classification
    and whitening, over samples and labels or over two views (--pairs, --augmentations, --signed), as in theory.models.
    FILE.toml: a model file with samples X and labels Y among its matrices.

    Writes trajectory.nc (NetCDF), the figure, and the film; two-time-scales writes a file for each run.  Interrupted by Ctrl-C,
    it keeps what it has as a valid partial file.

    Ends with what theory predicts of the run, and whether it held; exit status 1 where a run contradicts the theory.
    """
    folder = folder_of(out, as_json)
    if folder:
        require.extra("report", "matplotlib")
        require.extra("data", "xarray")
    given = given_options(ctx, options)
    if model == "two-time-scales":
        refuse_options(given & OF_ONE_RUN, "two-time-scales")
    run = run_time_scales if model == "two-time-scales" else _run_model
    found = run(model, options, given, folder)
    claims, status = found.pop("claims", ()), found.pop("status", None)
    if as_json:
        click.echo(json.dumps(found | {"claims": [claim.to_dict() for claim in claims]}))
    else:
        print_summary(found)
        if claims:
            print_claims(claims)
        elif found.get("complete", True):
            say(f"verdict: not tested: {UNPREDICTED}")
    if any(claim.fault for claim in claims):
        sys.exit(FAILED)
    if not found.get("complete", True):
        kept = "; what was recorded until then is kept" if found["files"] else ""
        click.echo(f"collapse: could not finish: {found['stopped']}{kept}", err=True)
        sys.exit(status)


# -- one run ----------------------------------------------------------------------------------------------------------


def _run_model(model: str, options: Mapping[str, Any], given: set[str], out: Path | None) -> dict:
    from theory import simulate

    chosen = model_of(model, options, given)
    parameters = checked_parameters(model, chosen, options["parameters"])
    words, coupling = coupling_of(options, given)
    film = f"labels.{options['animation']}" if options["animation"] else None
    if film:
        from derivations import figures

        figures.check_film(Path(film))
    how = {"dimension": options["dimension"], "times": _recorded_times(options, chosen, coupling)}
    how |= {"seed": options["seed"], "optimiser": _chosen_optimiser(options, given)}
    how |= {"initial": start_of(model, chosen, coupling, options)}
    follow = partial(simulate, chosen, coupling, parameters=parameters, method=options["method"], **how)
    status = None
    try:
        with progress_bar(1.0, "simulate") as done:
            run = follow(progress=done)
    except (Interrupted, UnfinishedError) as error:
        run, status = partial_run(error), status_of(error)
    run = replace(run, model=chosen)
    title = f"{model}, {words}, d = {options['dimension']}: {run.method}"
    later = (*figure_files("trajectory"), *(f"labels.{kind}" for kind in FILMS))
    files = save_run(out, "trajectory", run, words, later)

    def draw(scratch: Path) -> None:
        from derivations import figures

        predicted = coupling if model in (*PLACED, *SUMS) and coupling.attracts else None
        drawn = figures.trajectory(title, run, predicted, options["logarithmic"])
        figures.save_figure(drawn, scratch, "trajectory", options["formats"])
        if film:
            with progress_bar(1.0, "film") as done:
                figures.animate(title, run, scratch / film, done, options["logarithmic"])

    with progress_bar(1.0, "claims") as done:
        claims = claims_of_run(model, options, coupling, run, partial(follow, progress=done))
    said = {"files": files + publish(out, draw), "claims": claims, "status": status}
    return _summarise_run(model, words, run, coupling) | said


def _chosen_optimiser(options: Mapping[str, Any], given: set[str]):
    """Gradient descent where a step is given, and else None, for the flow."""
    from theory import GradientDescent

    if options["step"] is not None:
        return GradientDescent(options["step"], options["momentum"], options["batch"])
    if wrong := given & {"momentum", "batch"}:
        raise InputError("--step with --momentum and --batch", f"--{min(wrong)} alone", "give the size of the steps")
    return None


def _recorded_times(options: Mapping[str, Any], loss, coupling) -> Any:
    """Times from zero to the last; a loss that is a mean over pairs is slower by their weight than one that is a sum."""
    import numpy as np

    from theory.models.two_views import MASS

    unit = coupling.total_weight if loss.expression.has(MASS) else 1.0
    until = unit * _lasting(coupling) if options["until"] is None else options["until"]
    require.real(until, "--until as a positive time", "give a later one", above=0)
    if not options["logarithmic"]:
        return np.linspace(0, until, options["points"])
    first = min(unit * coupling.fast_time() / 50 if coupling.attracts else until, until / 100)
    return np.concatenate([[0.0], np.geomspace(first, until, options["points"] - 1)]) if options["points"] > 2 else [0.0, until]


def _lasting(coupling) -> float:
    """Ten slow times, or times in which the fastest mode grows by a factor e, where there are any."""
    if not coupling.attracts:
        slowest = float(coupling.rates(1)[0])
        return GROWING / -slowest if slowest < 0 else SETTLED
    slow = coupling.slow_time()
    return LATE * slow if isfinite(slow) else SETTLED


def _summarise_run(model: str, words: str, run, coupling) -> dict:
    """What is said of a run in JSON: its last values, and for squared distances the slow time that the couplings predict.

    ``collapses`` is whether the smallest distance of two labels has fallen below a hundredth of that at the start.
    """
    from derivations.experiment import CONTRACTED

    slow = coupling.slow_time() if model in SUMS and coupling.attracts else None
    gaps = run.min_separation
    return {
        "model": model,
        "coupling": words,
        "method": run.method,
        "times": len(run.times),
        "last_time": float(run.times[-1]),
        "complete": run.complete,
        "stopped": run.stopped,
        "loss": finite_or_none(run.loss[-1]),
        "accuracy": float(run.accuracy[-1]),
        "accuracy_error": float(run.accuracy_error[-1]),
        "min_separation": finite_or_none(run.min_separation[-1]),
        "spectrum": [finite_or_none(value) for value in run.spectrum[-1]],
        "drift": {name: float(values.max()) for name, values in run.conserved.items()},
        "slow_time": None if slow is None else finite_or_none(slow),
        "collapses": bool(gaps[-1] < CONTRACTED * gaps[0]) if run.times[0] == 0 else None,
    }
