"""``collapse report``: the main job."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from derivations.cli.common import (
    DIMENSION,
    FAILED,
    FIGURES,
    JSON,
    LEVEL,
    NUMBER,
    OUT,
    QUIET,
    SEED,
    examples,
    folder_of,
    print_claims,
    run_summary,
    say,
)
from derivations.cli.tables import reading_of, with_features
from theory import require
from theory.progress import pieces, progress_bar
from theory.text_table import table_text


@click.command(
    "report", epilog=examples("collapse report", "collapse report --data wines.csv --label quality --bins 3 --dimension 2")
)
@click.option(
    "--data", default="digits", show_default=True, help="'digits' (bundled with scikit-learn), or a file as of diagnose."
)
@with_features
@click.option("--fraction", type=NUMBER, default=0.05, show_default=True, help="Share of the samples that get a second label.")
@DIMENSION
@click.option("--decay", type=float, default=0.0, show_default=True, help="Decay of embeddings and head under stop-gradient.")
@LEVEL
@FIGURES
@JSON
@QUIET
@SEED
@OUT
def command(
    data: str,
    fraction: float,
    dimension: int,
    decay: float,
    level: str,
    formats: tuple[str, ...],
    as_json: bool,
    seed: int,
    out: Path | None,
    **reading: Any,
) -> None:
    """The main job: check the derivations, diagnose a data set, lay theory over simulation.

    Ends with what the runs let one claim: held, did not hold here, or not tested, with the numbers and with what theory says of
    these data. Exit status 1 where a check fails, or a run contradicts the theory.

    Writes a paper of at most six pages with the derivations as its appendix: report.html (opens offline, without scripts),
    report.tex, report.bib, figures as SVG and PDF, which these hold, and in each --format, and report.pdf where pdflatex is
    found.
    """
    require.extra("report", "matplotlib", "sklearn", "pandas", "py_mini_racer")
    from derivations.data import load_data
    from derivations.report import make_report, write_report

    folder = folder_of(out, as_json)
    with progress_bar(1.0, f"read {data}") as done:
        source = load_data(data, reading_of(reading), done)
    with pieces() as progress:
        made = make_report(
            source, dimension=dimension, fraction=fraction, seed=seed, level=level, progress=progress, decay=decay,
            formats=formats if folder else (),
        )  # fmt: skip
        files = write_report(made, folder, progress) if folder else []
    if as_json:
        click.echo(json.dumps(_summarise_report(made, files)))
    else:
        _print_summary(made, files)
    if not made.passed:
        sys.exit(FAILED)


def _summarise_report(made, files) -> dict:
    return {
        "data": made.data.name,
        "passed": made.passed,
        "notes": list(made.data.notes),
        "claims": [claim.to_dict() for claim in made.claims],
        "steps": {d.name: {row.step: row.outcome.status.value for row in v} for d, v in made.derivations},
        "runs": [run_summary(run) for run in made.runs],
        "files": [str(path) for path in files],
    }


def _print_summary(made, files) -> None:
    from derivations.checks import Status

    say()
    for _, verification in made.derivations:
        total = len(verification.rows)
        say(f"{verification.derivation}: {verification.passed_steps} of {total} steps passed their check")
        for row in verification:
            if row.outcome.status is not Status.PASSED:
                say(f"  {row.step}: {row.outcome.status.value}: {row.outcome.detail}")
    head = ("run", "slow time", "measured", "ratio", "accuracy", "separation")
    say(f"\n{table_text(map(_row_of_run, made.runs), 'lrrrrr', head)}")
    say("\n" + "\n".join(str(path) for path in files) + "\n")
    for note in made.data.notes:
        say(note)
    print_claims(made.claims)


def _row_of_run(run) -> tuple[str, ...]:
    times = ("-" if value is None else f"{value:.4g}" for value in (run.predicted_slow, run.measured_slow))
    ratio = "" if run.ratio is None else f"{run.ratio:.3f}"
    return run.title, *times, ratio, f"{run.trajectory.accuracy[-1]:.3f}", f"{run.trajectory.min_separation[-1]:.3g}"
