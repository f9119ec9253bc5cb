"""``collapse losses``: which losses frustration collapses, at which threshold, and what is left otherwise."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from derivations.cli.common import JSON, OUT, SEED
from theory import require


@click.command("losses")
@click.option("--simulate", "simulated", is_flag=True, help="Run the whole model of every row, and draw the figure.")
@JSON
@SEED
@OUT
def command(simulated: bool, as_json: bool, seed: int, out: Path) -> None:
    """Which losses frustration collapses: conditions, thresholds, sizes and slow rates in closed form.

    With --simulate runs of the whole models stand beside, and the figure survival is written as SVG and PDF, with the extra
    [report]; with --json one object is printed and nothing is written.
    """
    from derivations.survival import survival_rows

    if not simulated:
        rows = survival_rows()
        click.echo(json.dumps({"losses": [row.to_dict() for row in rows]}) if as_json else "\n\n".join(map(str, rows)))
        return
    if not as_json:
        require.extra("report", "matplotlib")
    table = _simulate_rows(seed)
    if as_json:
        click.echo(table.to_json())
        return
    from derivations import figures
    from derivations.documents.publish import publish_files, require_writable

    require_writable(out)
    files = publish_files(out, lambda scratch: figures.save_figure(figures.survival(table), scratch, "survival"))
    for row, witness in table:
        click.echo(f"{row}\n{witness.row()}\n")
    click.echo("\n".join(map(str, files)))


def _simulate_rows(seed: int):
    """The table, with the name of each row on standard error while it runs on a terminal."""
    from derivations.survival import survival_table

    def say(name: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"simulating {name}", err=True)

    return survival_table(seed, say)
