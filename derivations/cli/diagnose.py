"""``collapse diagnose``: from a file of features and classes to what a linear encoder of them will do."""

from __future__ import annotations

import json
from pathlib import Path

import click

from derivations.cli.common import DELIMITER, JSON, OUT, read_parameters
from theory import require

NEEDED = {".csv": ("data", "pandas"), ".parquet": ("data", "pyarrow")}


@click.command("diagnose")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--label", default="label", show_default=True, help="Column of the classes; in NPZ files it is the array y.")
@DELIMITER
@click.option("--one-hot", is_flag=True, help="Make a feature of each category, but the first, of text columns.")
@click.option(
    "--ridge", type=float, default=0.0, show_default=True, help="Added to the variance of each feature, in units of it."
)
@click.option("--decay", type=float, help="Of the embeddings, in units of the mobility, for k_c.  [default: as it tends to 0]")
@click.option("--dimension", type=int, help="Of a stop-gradient head, to be told which modes it keeps.")
@click.option("--loss", help="One of the table of losses, to be told the fate of each mode.")
@click.option("--set", "parameters", metavar="NAME=VALUE", multiple=True, help="A parameter of that loss; may be repeated.")
@JSON
@OUT
def command(
    file: Path,
    label: str,
    delimiter: str,
    one_hot: bool,
    ridge: float,
    decay: float | None,
    dimension: int | None,
    loss: str | None,
    parameters: tuple[str, ...],
    as_json: bool,
    out: Path,
) -> None:
    """From features and classes to what a linear encoder of them will do, before it is trained.

    FILE is CSV, Parquet, or NPZ with arrays X and y; it is read in chunks and may be larger than memory. Every column but the
    label is a feature. Features are centred; their scale is of no consequence.

    Prints canonical correlations with their errors, frustration, slow and fast times, the decays that a stop-gradient head
    survives, what each named loss would do, and which pairs of classes contract first. Writes the figure diagnosis as SVG
    and PDF, and diagnosis.json.
    """
    extra, *packages = NEEDED.get(file.suffix.lower(), ("data",))
    require.extra(extra, *packages)
    require.extra("report", "matplotlib")
    from derivations.diagnosis import diagnose_table, table_of_file
    from derivations.documents.publish import publish_files, require_writable
    from derivations.figures import save_figure
    from derivations.figures.diagnosis import diagnosis
    from theory.progress import progress_bar

    require_writable(out)
    table = table_of_file(file, label, delimiter)
    with progress_bar(1.0, f"read {table.name}") as progress:
        found = diagnose_table(
            table, one_hot=one_hot, ridge=ridge, decay=decay, dimension=dimension, loss=loss,
            parameters=read_parameters(parameters), progress=progress,
        )  # fmt: skip
    numbers = found.to_dict()

    def build(scratch: Path) -> None:
        save_figure(diagnosis(found), scratch, "diagnosis")
        (scratch / "diagnosis.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")

    files = list(map(str, publish_files(out, build)))
    click.echo(json.dumps(numbers | {"files": files}) if as_json else f"{found}\n\n" + "\n".join(files))
