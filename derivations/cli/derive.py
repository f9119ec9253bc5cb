"""``collapse derive``: derivations alone."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derivations.cli.common import FAILED, JSON, LEVEL, OUT, QUIET, examples, folder_of, say
from theory import require
from theory.errors import InputError
from theory.progress import progress_bar
from theory.text_table import table_text

if TYPE_CHECKING:
    from derivations.documents.view import DerivationView
    from derivations.engine import Derivation
    from derivations.steps.account import Account
    from derivations.verification import Verification
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
@click.option("--time-limit", type=float, default=300.0, show_default=True, help="Seconds for a model file.")
@LEVEL
@JSON
@QUIET
@OUT
def command(
    names: tuple[str, ...],
    spec: Path | None,
    listed: bool,
    kind: str,
    time_limit: float,
    level: str,
    as_json: bool,
    out: Path | None,
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
    require.real(time_limit, "--time-limit as positive seconds", "give for example 300", above=0)
    chosen = dict.fromkeys(name for given in names for name in (catalogue.names() if given == "all" else (given,)))
    folder = folder_of(out, as_json or kind == "json")
    shown = folder is not None and kind != "json"
    works = [partial(_derive_within, time_limit, load_model(spec), spec.stem, level, shown)] if spec else []
    works += [partial(_verify_derivation, catalogue.derive(name), level, shown) for name in chosen]
    made = []
    with progress_bar(len(works), "derive and check") as done:
        for work in works:
            made.append(work())
            done(len(made))
    files = write_derivations([view for view, _ in made if view], kind, folder) if folder and shown else []
    if as_json or kind == "json":
        click.echo(json.dumps([verification.to_dict() for _, verification in made]))
    else:
        say("\n".join(map(str, files)))
        for _, verification in made:
            say(str(verification), err=True)
    if any(verification.failed for _, verification in made):
        sys.exit(FAILED)


def _derive_within(time_limit: float, loss: Loss, name: str, level: str, shown: bool):
    """:func:`derive_loss` under a time limit; what is conserved is sought before, for a fifth of it, and may be left open."""
    from derivations.analysis.limits import run_within
    from derivations.catalogue.model import quantities_account

    return run_within(time_limit, derive_loss, loss, name, quantities_account(loss, time_limit / 5), level, shown)


def derive_loss(
    loss: Loss, name: str, quantities: Account, level: str, shown: bool
) -> tuple[DerivationView | None, Verification]:
    """The derivation of a loss, as it is shown if it is to be, and its check, with the kinks of the loss said in every step and
    aloud."""
    from derivations.catalogue.model import derive_model

    derivation = derive_model(loss, name, quantities=quantities)
    return _verify_derivation(_say_kinks(derivation, loss) if loss.kinks else derivation, level, shown)


def _verify_derivation(derivation: Derivation, level: str, shown: bool) -> tuple[DerivationView | None, Verification]:
    found = derivation.verify(level)
    return (derivation.view(found) if shown else None), found


def _say_kinks(derivation: Derivation, loss: Loss) -> Derivation:
    from theory.latex import tex
    from theory.printing import plain

    places = " and ".join(f"{plain(e)} = 0" for e in loss.kinks)
    click.echo(f"{derivation.name}: the loss has kinks at {places}; its flows are derived away from them", err=True)
    said = f"Away from the kinks of the loss at {', '.join(f'${tex(e)}=0$' for e in loss.kinks)}."
    held = (s if said in s.assumptions else replace(s, assumptions=(*s.assumptions, said)) for s in derivation.steps)
    return replace(derivation, steps=tuple(held))
