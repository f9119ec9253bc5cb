"""``collapse study``: a model from its loss to a checked paper."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivations.cli.common import FAILED, FIGURES, JSON, OUT, QUIET, examples, folder_of, say
from derivations.cli.studies import make_study, path_of, table_of, with_choices
from theory import require
from theory.progress import Tell, pieces
from theory.text_table import table_text

if TYPE_CHECKING:
    from derivations.studies.study import Study


@click.command(
    "study",
    epilog=examples(
        "collapse study --list", "collapse study direct_predictor --time-limit 120", "collapse study model.toml --set b=4/5"
    ),
)
@click.argument("model", metavar="MODEL", required=False)
@click.option("--list", "listed", is_flag=True, help="List the models of published papers and stop.")
@with_choices
@FIGURES
@JSON
@QUIET
@OUT
def command(model: str | None, listed: bool, formats: tuple[str, ...], as_json: bool, out: Path | None, **choices: Any) -> None:
    """All that can be derived of a model, as a checked paper: MODEL is a file (TOML) or the name of a published model.

    Writes study.html (opens offline, without scripts), study.tex, study.json, figures as SVG and PDF, which these hold, and in
    each --format, test_study.py, which runs by itself, and study.pdf where pdflatex is found.  Exit status 1 where a check
    fails or a simulation contradicts the theory.
    """
    if listed:
        _list_models()
        return
    path, folder = path_of(model), folder_of(out, as_json)
    if folder:
        require.extra("report", "matplotlib", "py_mini_racer")
    with pieces() as tell:
        made = make_study(path, choices, tell)
        files = _write_study(made, folder, tell, path, formats) if folder else []
    if as_json:
        click.echo(json.dumps(made.to_dict() | {"files": [str(file) for file in files]}, allow_nan=False))
    else:
        _print_study(made)
        say("\n".join(map(str, files)))
    if not made.passed:
        sys.exit(FAILED)


def _write_study(made: Study, folder: Path, tell: Tell, path: Path, formats: tuple[str, ...]) -> list[Path]:
    from derivations.papers import write_study

    return write_study(made, folder, tell, path, formats)


def _print_study(made: Study) -> None:
    say(f"{made.findings.subject.title}\n")
    if made.findings.points:
        say(f"{made.findings.points}\n")
    say(table_of(made))


def _list_models() -> None:
    import tomllib

    from theory.models.published import names_of_published, published

    about = {name: tomllib.loads(published(name).read_text(encoding="utf-8")) for name in names_of_published()}
    click.echo(table_text([(name, f"{of['title']} ({of['source']})") for name, of in about.items()], "ll"))
