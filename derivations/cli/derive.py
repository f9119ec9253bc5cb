"""``collapse derive``: derivations alone."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derivations.cli.common import FAILED, JSON, LEVEL, OUT, QUIET, examples, folder_of, say
from theory.errors import InputError
from theory.progress import progress_bar
from theory.text_table import table_text

if TYPE_CHECKING:
    from derivations.engine import Derivation
    from theory.loss import Loss


@click.command(
    "derive",
    epilog=examples(
        "collapse derive --list",
        "collapse derive embedding stop_gradient --format pdf",
        "collapse derive --spec model.toml --json",
    ),
)
@click.argument("names", nargs=-1)
@click.option("--spec", type=click.Path(path_type=Path), help="A model file (TOML) to derive the flows of.")
@click.option("--list", "listed", is_flag=True, help="List the derivations and stop.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["tex", "html", "pdf", "json"]),
    default="html",
    show_default=True,
    help="Kind of document to make.",
)
@LEVEL
@JSON
@QUIET
@OUT
def command(
    names: tuple[str, ...], spec: Path | None, listed: bool, kind: str, level: str, as_json: bool, out: Path | None
) -> None:
    """Derivations alone, checked: NAME... or all, or those of a model file.

    JSON goes to standard output, other formats to files.  The exit status is 1 where a step failed or has no check; a step
    whose check has a gap is said to be unchecked.
    """
    from derivations import catalogue

    if listed:
        click.echo(table_text(catalogue.titles().items(), "ll"))
        return
    from derivations.documents.publish import write_derivations
    from derivations.spec import load_model

    if not names and spec is None:
        raise InputError("the name of a derivation, all, or --spec FILE", "none", "see collapse derive --list")
    derivations = [_derive_model_file(load_model(spec), spec.stem)] if spec else []
    chosen = {name: None for given in names for name in (catalogue.names() if given == "all" else (given,))}
    derivations += map(catalogue.derive, chosen)
    folder = folder_of(out, as_json or kind == "json")
    made = []
    with progress_bar(len(derivations), "derive and check") as done:
        for derivation in derivations:
            made.append((derivation, derivation.verify(level)))
            done(len(made))
    views = [derivation.view(found) for derivation, found in made] if folder and kind != "json" else []
    files = write_derivations(views, kind, folder) if folder and kind != "json" else []
    if as_json or kind == "json":
        click.echo(json.dumps([verification.to_dict() for _, verification in made]))
    else:
        say("\n".join(map(str, files)))
        for _, verification in made:
            say(str(verification), err=True)
    if any(verification.failed for _, verification in made):
        sys.exit(FAILED)


def _derive_model_file(loss: Loss, name: str) -> Derivation:
    """The derivation of a model file, with the kinks of its loss said in every step and aloud."""
    from derivations.catalogue.model import derive_model
    from theory.latex import tex
    from theory.printing import plain

    derivation = derive_model(loss, name)
    if not loss.kinks:
        return derivation
    places = " and ".join(f"{plain(e)} = 0" for e in loss.kinks)
    click.echo(f"{name}: the loss has kinks at {places}; its flows are derived away from them", err=True)
    said = f"Away from the kinks of the loss at {', '.join(f'${tex(e)}=0$' for e in loss.kinks)}."
    held = (s if said in s.assumptions else replace(s, assumptions=(*s.assumptions, said)) for s in derivation.steps)
    return replace(derivation, steps=tuple(held))
