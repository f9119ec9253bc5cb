"""``collapse check``: theory against simulation, and derivations against their checks, in one table."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from derivations.cli.common import FAILED, JSON, QUIET, examples, say
from derivations.cli.studies import make_study, path_of, table_of, with_choices
from theory.progress import pieces


@click.command("check", epilog=examples("collapse check embedding stop_gradient", "collapse check model.toml --json"))
@click.argument("names", metavar="MODEL|NAME...", nargs=-1, required=True)
@with_choices
@JSON
@QUIET
def command(names: tuple[str, ...], as_json: bool, **choices: Any) -> None:
    """The table of agreement of a model, or the checks of derivations by name.

    Exit status 1 where a check fails or a simulation contradicts the theory.
    """
    from derivations import catalogue

    found, passed = [], True
    with pieces() as tell:
        for name in names:
            if name in catalogue.names():
                tell(name, 0.0)
                verification = catalogue.derive(name).verify()
                tell(name, 1.0)
                found.append((verification.to_dict(), str(verification)))
                passed &= not verification.failed
            else:
                made = make_study(path_of(name), choices, tell)
                found.append((made.to_dict(), table_of(made)))
                passed &= made.passed
    if as_json:
        click.echo(json.dumps({"checked": [plain for plain, _ in found]}, allow_nan=False))
    else:
        say("\n\n".join(text for _, text in found))
    if not passed:
        sys.exit(FAILED)
