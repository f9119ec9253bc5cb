"""The command ``collapse``."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from importlib.util import find_spec
from math import isfinite
from pathlib import Path

import click

from theory.errors import InputError, UnfinishedError

FAILED, BAD_INPUT, UNFINISHED = 1, 2, 3
OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("collapse-out"),
    show_default=True,
    help="Folder for all files.",
)
SEED = click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of every random draw.")


class Commands(click.Group):
    """Turns the package's errors into one sentence and an exit status."""

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except InputError as error:
            click.echo(f"collapse: {error}", err=True)
            ctx.exit(BAD_INPUT)
        except UnfinishedError as error:
            click.echo(f"collapse: could not finish: {error}", err=True)
            ctx.exit(UNFINISHED)
        except (OSError, MemoryError) as error:
            click.echo(f"collapse: could not finish: {str(error) or 'out of memory'}", err=True)
            ctx.exit(UNFINISHED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("collapse-theory"), prog_name="collapse")
def main() -> None:
    """Why learned representations collapse, and what prevents it: derivations checked against numbers."""


@main.command()
@click.option("--data", default="digits", show_default=True, help="'digits' (bundled with scikit-learn), or a CSV or NPZ file.")
@click.option("--label", default="label", show_default=True, help="Column of a CSV file that holds the class.")
@click.option("--fraction", type=float, default=0.05, show_default=True, help="Share of the samples that get a second label.")
@click.option("--dimension", type=click.IntRange(min=1), default=16, show_default=True, help="Dimension of the embeddings.")
@click.option(
    "--level", type=click.Choice(["quick", "full"]), default="quick", show_default=True, help="How many cases each check takes."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output and nothing else there.")
@SEED
@OUT
def report(data: str, label: str, fraction: float, dimension: int, level: str, as_json: bool, seed: int, out: Path) -> None:
    """The main job: check the derivations, diagnose a data set, lay theory over simulation.

    Writes report.html (opens offline), report.tex, figures as SVG and PDF, and report.pdf where pdflatex is found.
    """
    _require("report", "matplotlib", "sklearn", "pandas")
    from derivations.data import load
    from derivations.publish import require_writable
    from derivations.report import make_report, write_report

    source = load(data, label)
    require_writable(out)
    with _Bars() as bars:
        made = make_report(source, dimension=dimension, fraction=fraction, seed=seed, level=level, progress=bars)
        files = write_report(made, out, bars)
    if as_json:
        click.echo(json.dumps(_summary(made, files)))
    else:
        _print_summary(made, files)
    if not made.passed:
        sys.exit(FAILED)


@main.command(name="derive")
@click.argument("names", nargs=-1)
@click.option("--spec", type=click.Path(path_type=Path), help="A model file (TOML) to derive the flows of.")
@click.option("--list", "listed", is_flag=True, help="List the derivations and stop.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["tex", "html", "pdf", "json"]),
    default="html",
    show_default=True,
    help="What to make.",
)
@click.option(
    "--level", type=click.Choice(["quick", "full"]), default="quick", show_default=True, help="How many cases each check takes."
)
@OUT
def derive_command(names: tuple[str, ...], spec: Path | None, listed: bool, kind: str, level: str, out: Path) -> None:
    """Derivations alone, checked: NAME... or all, or those of a model file.

    JSON goes to standard output, other formats to files.
    """
    from derivations import catalogue
    from derivations.catalogue.model import derive_model
    from derivations.publish import write_derivations
    from derivations.spec import load_model

    if listed:
        for name in catalogue.names():
            click.echo(f"{name:<16}{catalogue.derive(name).title}")
        return
    if not names and spec is None:
        raise InputError("the name of a derivation, all, or --spec FILE", "none", "see collapse derive --list")
    derivations = [derive_model(load_model(spec), spec.stem)] if spec else []
    chosen = {name: None for given in names for name in (catalogue.names() if given == "all" else (given,))}
    derivations += map(catalogue.derive, chosen)
    made = [(derivation, derivation.verify(level)) for derivation in derivations]
    if kind == "json":
        click.echo(json.dumps([verification.to_dict() for _, verification in made]))
    else:
        for path in write_derivations(made, kind, out):
            click.echo(path)
        for _, verification in made:
            click.echo(str(verification), err=True)
    if not all(verification.passed for _, verification in made):
        sys.exit(FAILED)


class _Bars:
    """Progress on standard error, one bar for each piece of work."""

    def __enter__(self):
        self.name, self.bar, self.done = "", None, 0
        return self

    def __call__(self, name: str, share: float) -> None:
        if name != self.name:
            self._close()
            self.name, self.done = name, 0
            self.bar = click.progressbar(length=100, label=f"{name:<62}", file=sys.stderr, show_eta=False)
            self.bar.__enter__()
        if self.bar is not None:
            self.bar.update(round(100 * share) - self.done)
        self.done = round(100 * share)

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.__exit__(None, None, None)
            self.bar = None

    def __exit__(self, *exception) -> None:
        self._close()


def _require(extra: str, *modules: str) -> None:
    missing = [m for m in modules if find_spec(m) is None]
    if missing:
        raise InputError(
            f"the packages of the extra [{extra}]", f"no {', '.join(missing)}", f"pip install 'collapse-theory[{extra}]'"
        )


def _summary(made, files) -> dict:
    return {
        "data": made.data.name,
        "passed": made.passed,
        "steps": {d.name: {row.step: row.outcome.status.value for row in v} for d, v in made.derivations},
        "runs": [_run_summary(run) for run in made.runs],
        "files": [str(path) for path in files],
    }


def _run_summary(run) -> dict:
    times = {"predicted": run.predicted_slow, "measured": run.measured_slow, "ratio": run.ratio}
    finite = {name: value if value is not None and isfinite(value) else None for name, value in times.items()}
    return {
        "name": run.name,
        "collapses": run.collapsed,
        "slow_time_predicted": finite["predicted"],
        "slow_time_measured": finite["measured"],
        "ratio": finite["ratio"],
        "accuracy": float(run.trajectory.accuracy[-1]),
        "min_separation": float(run.trajectory.min_separation[-1]),
        "remark": run.remark,
    }


def _print_summary(made, files) -> None:
    click.echo()
    for _, verification in made.derivations:
        good = sum(row.outcome.status.value == "passed" for row in verification)
        click.echo(f"{verification.derivation}: {good} of {len(verification.rows)} steps passed their check")
        for row in verification:
            if row.outcome.status.value != "passed":
                click.echo(f"  {row.step}: {row.outcome.status.value}: {row.outcome.detail}")
    click.echo(f"\n{'run':<46}{'slow time':>10}{'measured':>10}{'ratio':>8}{'accuracy':>10}{'separation':>12}")
    for run in made.runs:
        times = ("-" if value is None else f"{value:.4g}" for value in (run.predicted_slow, run.measured_slow))
        ratio = "" if run.ratio is None else f"{run.ratio:.3f}"
        end = run.trajectory
        click.echo(
            "{:<46}{:>10}{:>10}{:>8}{:>10.3f}{:>12.3g}".format(
                run.title, *times, ratio, end.accuracy[-1], end.min_separation[-1]
            )
        )
    click.echo("\n" + "\n".join(str(path) for path in files))
