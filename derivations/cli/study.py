"""``collapse study``: a model from its loss to a checked paper."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivations.cli.common import FAILED, JSON, OUT
from derivations.cli.studies import make_study, path_of, table_of, with_choices
from theory import require
from theory.progress import pieces

if TYPE_CHECKING:
    from derivations.studies.study import Study


@click.command("study")
@click.argument("model", metavar="MODEL", required=False)
@click.option("--list", "listed", is_flag=True, help="List the models of published papers and stop.")
@with_choices
@JSON
@OUT
def command(model: str | None, listed: bool, as_json: bool, out: Path, **choices: Any) -> None:
    """All that can be derived of a model, as a checked paper: MODEL is a file (TOML) or the name of a published model.

    Writes study.html (opens offline), study.tex, study.json, figures as SVG and PDF, test_study.py, which runs by itself, and
    study.pdf where pdflatex is found.  Exit status 1 where a check fails or a simulation contradicts the theory.
    """
    if listed:
        _list_models()
        return
    require.extra("report", "matplotlib")
    from derivations.documents.publish import require_writable
    from derivations.papers import write_study

    path = path_of(model)
    require_writable(out)
    with pieces() as tell:
        made = make_study(path, choices, tell)
        files = write_study(made, out, tell, path)
    if as_json:
        click.echo(json.dumps(made.to_dict() | {"files": [str(file) for file in files]}, allow_nan=False))
    else:
        _print_study(made)
        click.echo("\n".join(map(str, files)))
    if not made.passed:
        sys.exit(FAILED)


def _print_study(made: Study) -> None:
    click.echo(f"{made.findings.subject.title}\n")
    if made.findings.points:
        click.echo(f"{made.findings.points}\n")
    click.echo(table_of(made))


def _list_models() -> None:
    from derivations.spec import read_model
    from theory.models.published import names_of_published, published

    width = max(map(len, names_of_published())) + 2
    for name in names_of_published():
        subject = read_model(published(name))
        click.echo(f"{name:<{width}}{subject.title} ({subject.source})")
