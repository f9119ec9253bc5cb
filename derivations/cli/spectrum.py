"""``collapse spectrum``: from a table of couplings to its collapse time."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import click

from derivations.cli.common import FIGURES, JSON, MOBILITY, OUT, QUIET, examples, folder_of, publish, say
from derivations.cli.couplings import KINDS, given_options, read_coupling, with_kinds
from derivations.cli.spectrum_of_views import print_views, summarise_views
from derivations.cli.tables import with_format
from theory import require
from theory.text_table import table_text

PRINTED_MODES = 30


@click.command(
    "spectrum",
    epilog=examples(
        "collapse spectrum couplings.csv",
        "collapse spectrum pairs.tsv --pairs --format png",
        "collapse spectrum couplings.csv --json",
    ),
)
@click.argument("table", metavar="COUPLINGS", type=click.Path(path_type=Path))
@with_kinds
@with_format
@MOBILITY
@FIGURES
@JSON
@QUIET
@OUT
@click.pass_context
def command(ctx: click.Context, /, table: Path, formats: tuple[str, ...], as_json: bool, out: Path | None, **options) -> None:
    """From a table of couplings to its collapse time: modes, frustration, decay rates, class graph.

    COUPLINGS is text with columns (CSV, TSV; also compressed), Parquet or Feather: one row a sample, one column a label, a
    header of label names, and non-negative weights as entries.
    Lists have one value a mode, the smaller of the numbers of samples and of labels; rates are as many of the slowest.

    Of two views (--pairs, --augmentations, or symmetric weights that are --signed) also the signed correlations and the rates
    of one encoder; of more than 2,500 views the 30 slowest.  Where pairs repel there are rates alone, below zero those of
    growth.

    Writes the figure spectrum as SVG and PDF, with the extra [report].
    """
    folder = folder_of(out, as_json)
    if folder:
        require.extra("report", "matplotlib")
    words, names, coupling = read_coupling(table, options, given_options(ctx, options))
    of_views = any(options[kind] for kind in KINDS)
    found = summarise_views(coupling) if of_views else coupling.summarise()

    @cache
    def reduced():
        from theory.coupling.class_graph import class_graph

        return class_graph(coupling)

    files = publish(
        folder, lambda scratch: _draw_spectrum(scratch, words if of_views else table.name, names, reduced, (found, formats))
    )
    if as_json:
        click.echo(json.dumps(found | {"files": files}))
    elif of_views:
        print_views(words, coupling, found)
    else:
        _print_spectrum(table.name, coupling, reduced(), found)
    if not as_json:
        say("\n" + "\n".join(files))


def _draw_spectrum(
    scratch: Path, title: str, names: tuple[str, ...], reduced: Callable, made: tuple[dict, tuple[str, ...]]
) -> None:
    """The figure of a spectrum, or of that of two views."""
    from derivations import figures

    found, formats = made
    if "classifiable" in found and "shared_rates" not in found:
        figure = figures.spectrum(title, names, found, reduced())
    else:
        figure = figures.spectrum_of_views(title, found)
    figures.save_figure(figure, scratch, "spectrum", formats)


def _print_spectrum(name: str, coupling, reduced, found: dict) -> None:
    modes, zero = len(found["mu"]), coupling.components
    sizes = {"samples": coupling.samples, "different rows": len(coupling.counts), "labels": coupling.labels}
    say(f"{name}: {', '.join(f'{word} {size:,}' for word, size in sizes.items())}\n")
    rows: list[tuple[str, ...]] = []
    for k in range(min(modes, PRINTED_MODES)):
        mu, psi, rate = (1.0, 0.0, 0.0) if k < zero else (found[key][k] for key in ("mu", "frustration", "rates"))
        time = 1 / rate if rate else float("inf")
        rows.append((str(k + 1), f"{mu:.6g}", f"{psi:.6g}", f"{rate:.6g}", f"{time:.4g}"))
    say(table_text(rows, "rrrrr", ("mode", "mu", "frustration", "slow rate", "its time")))
    if modes > PRINTED_MODES:
        say(f"... and {modes - PRINTED_MODES} more, which --json prints")
    say("\n" + table_text(_explain_numbers(found, reduced).items(), "ll"))


def _explain_numbers(found: dict, reduced) -> dict[str, str]:
    """A line on each number that a spectrum prints."""
    slow, first, second = found["slow_time"], *(reduced.error(found["rates"], order) for order in (1, 2))
    joined = f"rates of masses and conductances alone: {first:.1%} off at leading order, {second:.1%} at the next"
    if first >= 1:
        joined = "frustration is too strong for masses and conductances alone"
    return {
        "mu": "canonical correlation between which sample and which label",
        "frustration": "1 - mu^2: the part of the loss of a mode that no linear head removes",
        "slow rate": f"the slowest decay rates without a head; {found['components']} zero, one for each component",
        "slow time": f"{slow:.6g}, in which the labels of a component contract" if slow else "infinite: no collapse",
        "class graph": joined if slow else "no conductances: every label has a component of its own",
    }
