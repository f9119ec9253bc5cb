"""``collapse report``: the main job."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from derivations.cli.common import DELIMITER, DIMENSION, FAILED, JSON, LEVEL, OUT, SEED, print_claims, run_summary
from theory import require
from theory.progress import pieces


@click.command("report")
@click.option("--data", default="digits", show_default=True, help="'digits' (bundled with scikit-learn), or a CSV or NPZ file.")
@click.option("--label", default="label", show_default=True, help="Column of a CSV file that holds the class.")
@DELIMITER
@click.option("--fraction", type=float, default=0.05, show_default=True, help="Share of the samples that get a second label.")
@DIMENSION
@click.option("--decay", type=float, default=0.0, show_default=True, help="Of embeddings and head under stop-gradient.")
@LEVEL
@JSON
@SEED
@OUT
def command(
    data: str,
    label: str,
    delimiter: str,
    fraction: float,
    dimension: int,
    decay: float,
    level: str,
    as_json: bool,
    seed: int,
    out: Path,
) -> None:
    """The main job: check the derivations, diagnose a data set, lay theory over simulation.

    Ends with what the runs let one claim: held, did not hold here, or not tested, with the numbers and with what theory says of
    these data. Exit status 1 where a check fails, or a run contradicts the theory.

    Writes report.html (opens offline), report.tex, figures as SVG and PDF, and report.pdf where pdflatex is found.
    """
    require.extra("report", "matplotlib", "sklearn", "pandas")
    from derivations.data import load_data
    from derivations.documents.publish import require_writable
    from derivations.report import make_report, write_report

    source = load_data(data, label, delimiter)
    require_writable(out)
    with pieces() as progress:
        made = make_report(
            source, dimension=dimension, fraction=fraction, seed=seed, level=level, progress=progress, decay=decay
        )
        files = write_report(made, out, progress)
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

    click.echo()
    for _, verification in made.derivations:
        total = len(verification.rows)
        click.echo(f"{verification.derivation}: {verification.passed_steps} of {total} steps passed their check")
        for row in verification:
            if row.outcome.status is not Status.PASSED:
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
    click.echo("\n" + "\n".join(str(path) for path in files) + "\n")
    for note in made.data.notes:
        click.echo(note)
    print_claims(made.claims)
