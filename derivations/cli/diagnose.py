"""``collapse diagnose``: from a file of features and classes to what a linear encoder of them will do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from derivations.cli.common import FIGURES, JSON, OUT, QUIET, examples, folder_of, publish, read_parameters, say
from derivations.cli.tables import reading_of, with_features
from theory import require


@click.command(
    "diagnose",
    epilog=examples(
        "collapse diagnose wines.csv --label colour",
        "collapse diagnose people.tsv.gz --label group --drop id --one-hot",
        "collapse diagnose house.parquet --label price --bins 5 --json",
    ),
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@with_features
@click.option(
    "--ridge",
    type=float,
    default=0.0,
    show_default=True,
    help="Ridge that is added to the variance of each feature, in units of it.",
)
@click.option(
    "--decay", type=float, help="Decay of the embeddings in units of the mobility, for k_c.  [default: as it tends to 0]"
)
@click.option("--dimension", type=int, help="Dimension of a stop-gradient head, to be told which modes it keeps.")
@click.option("--loss", help="A loss of the table, to be told the fate of each mode.")
@click.option("--set", "parameters", metavar="NAME=VALUE", multiple=True, help="A parameter of that loss; may be repeated.")
@FIGURES
@JSON
@QUIET
@OUT
def command(
    file: Path,
    ridge: float,
    decay: float | None,
    dimension: int | None,
    loss: str | None,
    parameters: tuple[str, ...],
    formats: tuple[str, ...],
    as_json: bool,
    out: Path | None,
    **reading: Any,
) -> None:
    """From features and classes to what a linear encoder of them will do, before it is trained.

    FILE is text with columns (CSV, TSV; also compressed), Parquet, Feather, or NPZ with arrays X and y; it is read in chunks
    and may be larger than memory. Every column but the label is a feature. Features are centred; their scale is of no
    consequence.

    Prints canonical correlations with their errors, frustration, slow and fast times, the decays that a stop-gradient head
    survives, what each named loss would do, and which pairs of classes contract first. Writes the figure diagnosis as SVG
    and PDF, and diagnosis.json.
    """
    folder = folder_of(out, as_json)
    if folder:
        require.extra("report", "matplotlib")
    from derivations.data import table_of_file
    from derivations.diagnosis import diagnose_table
    from theory.progress import progress_bar

    how = reading_of(reading)
    table = table_of_file(file, how)
    with progress_bar(1.0, f"read {table.name}") as progress:
        found = diagnose_table(
            table, one_hot=how.one_hot, ridge=ridge, decay=decay, dimension=dimension, loss=loss,
            parameters=read_parameters(parameters), progress=progress,
        )  # fmt: skip
    with progress_bar(1.0, "derive what each loss would do"):
        numbers = found.to_dict()

    def build(scratch: Path) -> None:
        from derivations.figures import save_figure
        from derivations.figures.diagnoses import diagnosis

        save_figure(diagnosis(found), scratch, "diagnosis", formats)
        (scratch / "diagnosis.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")

    files = publish(folder, build)
    if as_json:
        click.echo(json.dumps(numbers | {"files": files}))
    else:
        say(f"{found}\n\n" + "\n".join(files))
