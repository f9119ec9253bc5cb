"""``collapse simulate``: a model followed in time, to disk and as a figure."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

import click

from derivations.cli.common import DIMENSION, FAILED, JSON, OUT, SEED, UNFINISHED, print_claims, run_summary
from derivations.cli.couplings import KINDS, coupling_of, given_options, refuse_options, with_couplings
from derivations.cli.models import LOSSES, PLACED, SUMS, checked_parameters, is_model_file, model_of, start_of, with_models
from theory import require
from theory.errors import InputError, Interrupted, UnfinishedError
from theory.progress import progress_bar

LATE = 10.0  # slow times that a run lasts unless told otherwise
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


@click.command("simulate")
@click.argument("model", metavar="MODEL", type=_Model([*PLACED, "two-time-scales", *LOSSES]))
@with_models
@with_couplings
@DIMENSION
@click.option(
    "--until",
    type=float,
    help="Last time.  [default: ten slow times of the couplings, or 200; times their weight for means over pairs]",
)
@click.option("--points", type=click.IntRange(min=2), default=200, show_default=True, help="Number of recorded times.")
@click.option("--log/--linear", "logarithmic", default=True, show_default=True, help="How the times are spaced.")
@click.option("--method", default="auto", show_default=True, help="auto, direct, exact or order-parameters.")
@click.option("--step", type=float, help="Gradient descent in steps of this size, in place of the gradient flow.")
@click.option("--momentum", type=float, default=0.0, show_default=True, help="Of gradient descent (heavy ball).")
@click.option("--batch", type=int, help="Samples in a mini-batch of gradient descent.  [default: all]")
@click.option("--animation", type=click.Choice(["gif", "mp4"]), help="Also make a film of the labels (mp4 needs ffmpeg).")
@JSON
@SEED
@OUT
@click.pass_context
def command(ctx: click.Context, /, model: str, as_json: bool, out: Path, **options) -> None:
    """A model followed in time: trajectories to disk, and a figure.

    embedding: samples and labels that pull on each other.  head: through a linear head, with stop-gradient.  two-time-scales:
    three runs on one set of samples - none frustrated, a few, and the same with shared head and stop-gradient.  Losses by name:
    squared, cosine, simsiam, byol, barlow-twins, vicreg, info-nce, spectral-contrastive, coding-rate, softmax-classification
    and whitening, over samples and labels or over two views (--pairs, --augmentations, --signed), as in theory.models.
    FILE.toml: a model file with samples X and labels Y among its matrices.

    Writes trajectory.nc (NetCDF), the figure as SVG and PDF, and the film; two-time-scales writes a file for each run.
    Interrupted by Ctrl-C, it keeps what it has as a valid partial file.
    """
    from derivations.documents.publish import require_writable

    require.extra("report", "matplotlib")
    require.extra("data", "xarray")
    given = given_options(ctx, options)
    if model == "two-time-scales":
        refuse_options(given & OF_ONE_RUN, "two-time-scales")
    require_writable(out)
    found = _run_time_scales(options, given, out) if model == "two-time-scales" else _run_model(model, options, given, out)
    claims = found.pop("claims", ())
    if as_json:
        click.echo(json.dumps(found | ({"claims": [claim.to_dict() for claim in claims]} if claims else {})))
    else:
        _print_summary(found)
        if claims:
            print_claims(claims)
    if any(claim.fault for claim in claims):
        sys.exit(FAILED)
    if not found.get("complete", True):
        click.echo(f"collapse: could not finish: {found['stopped']}; what was recorded until then is kept", err=True)
        sys.exit(UNFINISHED)


# -- one run ----------------------------------------------------------------------------------------------------------


def _run_model(model: str, options: Mapping[str, Any], given: set[str], out: Path) -> dict:
    from derivations import figures
    from derivations.documents.publish import publish_files
    from theory import simulate

    chosen = model_of(model, options, given)
    parameters = checked_parameters(model, chosen, options["parameters"])
    words, coupling = coupling_of(options, given)
    film = f"labels.{options['animation']}" if options["animation"] else None
    if film:
        figures.check_film(Path(film))
    how = {"dimension": options["dimension"], "times": _recorded_times(options, chosen, coupling)}
    how |= {"seed": options["seed"], "optimiser": _chosen_optimiser(options, given)}
    how |= {"initial": start_of(model, chosen, coupling, options)}
    try:
        with progress_bar(1.0, "simulate") as done:
            run = simulate(chosen, coupling, parameters=parameters, method=options["method"], progress=done, **how)
    except (Interrupted, UnfinishedError) as error:
        run = _partial_run(error)
    run = replace(run, model=chosen)
    title = f"{model}, {words}, d = {options['dimension']}: {run.method}"
    files = _save_run(out, "trajectory", run, words)

    def draw(scratch: Path) -> None:
        predicted = coupling if model in (*PLACED, *SUMS) and coupling.attracts else None
        drawn = figures.trajectory(title, run, predicted, options["logarithmic"])
        figures.save_figure(drawn, scratch, "trajectory")
        if film:
            with progress_bar(1.0, "film") as done:
                figures.animate(title, run, scratch / film, done, options["logarithmic"])

    return _summarise_run(model, words, run, coupling) | {"files": [str(path) for path in files + publish_files(out, draw)]}


def _chosen_optimiser(options: Mapping[str, Any], given: set[str]):
    """Gradient descent where a step is given, and else None, for the flow."""
    from theory import GradientDescent

    if options["step"] is not None:
        return GradientDescent(options["step"], options["momentum"], options["batch"])
    if wrong := given & {"momentum", "batch"}:
        raise InputError("--step with --momentum and --batch", f"--{min(wrong)} alone", "give the size of the steps")
    return None


def _partial_run(error: Interrupted | UnfinishedError):
    """The run until it ended, which says so; the error again where there is none."""
    from theory import Trajectory

    if not isinstance(error.partial, Trajectory):
        raise error
    return replace(error.partial, complete=False, stopped=str(error))


def _save_run(out: Path, name: str, run, words: str) -> list[Path]:
    """Write a run, at once or not at all."""
    from derivations.documents.publish import publish_files

    def build(scratch: Path) -> None:
        run.save(scratch / f"{name}.nc", {"coupling": words})

    return publish_files(out, build)


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
        "loss": _finite_or_none(run.loss[-1]),
        "accuracy": float(run.accuracy[-1]),
        "accuracy_error": float(run.accuracy_error[-1]),
        "min_separation": _finite_or_none(run.min_separation[-1]),
        "spectrum": [_finite_or_none(value) for value in run.spectrum[-1]],
        "drift": {name: float(values.max()) for name, values in run.conserved.items()},
        "slow_time": None if slow is None else _finite_or_none(slow),
        "collapses": bool(gaps[-1] < CONTRACTED * gaps[0]) if run.times[0] == 0 else None,
    }


def _finite_or_none(value: float) -> float | None:
    """A number as JSON has it: infinities are null."""
    return float(value) if isfinite(value) else None


# -- two time scales --------------------------------------------------------------------------------------------------


def _run_time_scales(options: Mapping[str, Any], given: set[str], out: Path) -> dict:
    from derivations import figures
    from derivations.documents.publish import publish_files
    from derivations.two_time_scales import NAMES, two_time_scales

    words, frustrated = coupling_of(options, given)
    if frustrated.classifiable:
        raise InputError("some frustrated samples", words, "give a larger fraction, or a sample two labels")
    files: list[Path] = []

    def keep(run) -> None:
        files.extend(_save_run(out, run.name, run.trajectory, "none frustrated" if run.coupling.classifiable else words))

    try:
        with _Bars() as bars:
            study = two_time_scales(words, frustrated, options["dimension"], options["seed"], bars, keep)
    except (Interrupted, UnfinishedError) as error:
        run = _partial_run(error)
        files += _save_run(out, NAMES[len(files)], run, words)
        return {"complete": False, "stopped": run.stopped, "files": [str(path) for path in files]}
    files += publish_files(out, lambda scratch: figures.save_figure(figures.two_time_scales(study), scratch, "two-time-scales"))
    return {
        "coupling": words,
        "fast_time": frustrated.fast_time(),
        "slow_time": frustrated.slow_time(),
        "plateau_distance": study.expected[1].plateau_separation ** 0.5,
        "half_time": _finite_or_none(study.expected[1].half_time),
        "runs": [run_summary(run) for run in study.runs],
        "claims": study.claims,
        "files": [str(path) for path in files],
    }


class _Bars(ExitStack):
    """One bar for each piece of work, one after the other."""

    name = ""
    done: Callable[[float], None]

    def __call__(self, name: str, share: float) -> None:
        if name != self.name:
            self.close()
            self.name, self.done = name, self.enter_context(progress_bar(1.0, f"simulate: {name}"))
        self.done(share)


def _print_summary(found: dict) -> None:
    if "runs" in found:
        predicted = {"fast time": found["fast_time"], "slow time": found["slow_time"], "half time": found["half_time"]}
        click.echo(
            found["coupling"] + "\n" + "\n".join(f"{name:<12}{_value_text(value)}" for name, value in predicted.items()) + "\n"
        )
        click.echo(f"{'run':<20}{'measured':>10}{'ratio':>8}{'accuracy':>10}{'separation':>12}")
        for run in found["runs"]:
            times = ("-" if run[key] is None else f"{run[key]:.4g}" for key in ("slow_time_measured", "ratio"))
            click.echo("{:<20}{:>10}{:>8}{accuracy:>10.4f}{min_separation:>12.3g}".format(run["name"], *times, **run))
    elif "model" in found:
        shown = ("model", "coupling", "method", "last_time", "loss", "accuracy", "min_separation", "slow_time")
        click.echo("\n".join(f"{name.replace('_', ' '):<16}{_value_text(found[name])}" for name in shown))
        for name, value in found["drift"].items():
            click.echo(f"{'drift':<16}{value:.2g} of {name}")
    click.echo("\n".join(found["files"]))


def _value_text(value: Any) -> str:
    return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
