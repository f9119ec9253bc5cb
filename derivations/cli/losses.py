"""``collapse losses``: which losses frustration collapses, at which threshold, and what is left otherwise."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from derivations.cli.common import FIGURES, JSON, OUT, QUIET, SEED, examples, folder_of, publish, say
from theory import require


@click.command("losses", epilog=examples("collapse losses", "collapse losses --simulate --format png"))
@click.option("--simulate", "simulated", is_flag=True, help="Run the whole model of every row, and draw the figure.")
@FIGURES
@JSON
@QUIET
@SEED
@OUT
def command(simulated: bool, formats: tuple[str, ...], as_json: bool, seed: int, out: Path | None) -> None:
    """Which losses frustration collapses: conditions, thresholds, sizes and slow rates in closed form.

    With --simulate runs of the whole models stand beside, and the figure survival is written.
    """
    from derivations.survival import survival_rows
    from theory.progress import progress_bar

    if not simulated:
        with progress_bar(1.0, "derive what survives under each loss"):
            rows = survival_rows()
        if as_json:
            click.echo(json.dumps({"losses": [row.to_dict() for row in rows]}))
        else:
            say("\n\n".join(map(str, rows)))
        return
    folder = folder_of(out, as_json)
    if folder:
        require.extra("report", "matplotlib")
    table = _simulate_rows(seed)

    def build(scratch: Path) -> None:
        from derivations import figures

        figures.save_figure(figures.survival(table), scratch, "survival", formats)

    files = publish(folder, build)
    if as_json:
        click.echo(json.dumps(json.loads(table.to_json()) | {"files": files}))
        return
    for row, witness in table:
        say(f"{row}\n{witness.row()}\n")
    say("\n".join(files))


def _simulate_rows(seed: int):
    """The table, with the name of each row on standard error while it runs on a terminal."""
    from derivations.survival import survival_table

    def tell(name: str) -> None:
        if sys.stderr.isatty():
            say(f"simulating {name}", err=True)

    return survival_table(seed, tell)
