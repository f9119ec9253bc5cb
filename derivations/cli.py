"""The command ``collapse``."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from typing import Literal

import click

from theory.errors import InputError, UnfinishedError

FAILED, BAD_INPUT, UNFINISHED = 1, 2, 3
PRINTED_MODES = 30
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
        width = max(map(len, catalogue.names())) + 2
        for name in catalogue.names():
            click.echo(f"{name:<{width}}{catalogue.derive(name).title}")
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


@main.command()
@click.argument("table", metavar="COUPLING.csv", type=click.Path(path_type=Path))
@click.option(
    "--mobility",
    type=click.Choice(["degree", "uniform"]),
    default="degree",
    show_default=True,
    help="Of every embedding: the inverse of its degree, or one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output, and write no files.")
@OUT
def spectrum(table: Path, mobility: Literal["degree", "uniform"], as_json: bool, out: Path) -> None:
    """From a table of couplings to its collapse time: modes, frustration, decay rates, class graph.

    COUPLING.csv has one row a sample, one column a label, a header of label names, and non-negative weights as entries.
    Lists have one value a mode, the smaller of the numbers of samples and of labels; rates are as many of the slowest.

    Writes the figure spectrum as SVG and PDF, with the extra [report].
    """
    if not as_json:
        _require("report", "matplotlib")
    from derivations.data import load_couplings
    from theory import Coupling

    couplings = load_couplings(table)
    coupling = Coupling(couplings.weights, mobility)
    if as_json:
        click.echo(json.dumps(_spectrum_summary(coupling)))
        return
    from derivations import figures
    from derivations.publish import publish, require_writable
    from theory.coupling.class_graph import class_graph

    require_writable(out)
    found, reduced = _spectrum_summary(coupling), class_graph(coupling)
    figure = figures.spectrum(couplings.name, couplings.labels, found, reduced)
    files = publish(out, lambda scratch: figures.save(figure, scratch, "spectrum"))
    _print_spectrum(couplings.name, coupling, found, reduced)
    click.echo("\n" + "\n".join(map(str, files)))


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


def _spectrum_summary(coupling) -> dict:
    mu, slow = coupling.modes(), coupling.slow_time()
    return {
        "mu": mu.tolist(),
        "frustration": coupling.frustration().tolist(),
        "rates": coupling.rates(len(mu)).tolist(),
        "components": coupling.components,
        "classifiable": coupling.classifiable,
        "slow_time": slow if isfinite(slow) else None,
        "collapses": isfinite(slow),
    }


def _print_spectrum(name: str, coupling, found: dict, reduced) -> None:
    modes, zero = len(found["mu"]), coupling.components
    sizes = {"samples": coupling.samples, "different rows": len(coupling.counts), "labels": coupling.labels}
    click.echo(f"{name}: {', '.join(f'{word} {size:,}' for word, size in sizes.items())}\n")
    click.echo(f"{'mode':>6}{'mu':>12}{'frustration':>14}{'slow rate':>14}{'its time':>12}")
    for k in range(min(modes, PRINTED_MODES)):
        mu, psi, rate = (1.0, 0.0, 0.0) if k < zero else (found[key][k] for key in ("mu", "frustration", "rates"))
        click.echo(f"{k + 1:>6}{mu:>12.6g}{psi:>14.6g}{rate:>14.6g}{1 / rate if rate else float('inf'):>12.4g}")
    if modes > PRINTED_MODES:
        click.echo(f"{'...':>6}  and {modes - PRINTED_MODES} more, which --json prints")
    click.echo("\n" + "\n".join(f"{word:<13}{meaning}" for word, meaning in _meanings(found, reduced).items()))


def _meanings(found: dict, reduced) -> dict[str, str]:
    """A line on each number that a spectrum prints."""
    slow, first, second = found["slow_time"], *(reduced.error(found["rates"], order) for order in (1, 2))
    joined = f"rates of masses and conductances alone: {first:.1%} off at leading order, {second:.1%} at the next"
    if first >= 1:
        joined = "frustration is too strong for masses and conductances alone"
    return {
        "mu": "canonical correlation between which sample and which label",
        "frustration": "1 - mu^2: the part of the loss of a mode that no linear head removes",
        "slow rate": f"the slowest decay rates without a head; {found['components']} zero, one for each component",
        "slow time": f"{slow:.6g}, in which the labels of a component contract" if slow else "infinite: no collapse",
        "class graph": joined if slow else "no conductances: every label has a component of its own",
    }
