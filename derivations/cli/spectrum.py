"""``collapse spectrum``: from a table of couplings to its collapse time."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path

import click

from derivations.cli.common import MOBILITY, OUT
from derivations.cli.couplings import KINDS, given_options, read_coupling, with_kinds
from derivations.cli.spectrum_of_views import print_views, summarise_views
from theory import require

PRINTED_MODES = 30


@click.command("spectrum")
@click.argument("table", metavar="COUPLING.csv", type=click.Path(path_type=Path))
@with_kinds
@MOBILITY
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output, and write no files.")
@OUT
@click.pass_context
def command(ctx: click.Context, /, table: Path, as_json: bool, out: Path, **options) -> None:
    """From a table of couplings to its collapse time: modes, frustration, decay rates, class graph.

    COUPLING.csv has one row a sample, one column a label, a header of label names, and non-negative weights as entries.
    Lists have one value a mode, the smaller of the numbers of samples and of labels; rates are as many of the slowest.

    Of two views (--pairs, --augmentations, or symmetric weights that are --signed) also the signed correlations and the rates
    of one encoder; of more than 2,500 views the 30 slowest.  Where pairs repel there are rates alone, below zero those of
    growth.

    Writes the figure spectrum as SVG and PDF, with the extra [report].
    """
    if not as_json:
        require.extra("report", "matplotlib")
    words, names, coupling = read_coupling(table, options, given_options(ctx, options))
    if any(options[kind] for kind in KINDS):
        _show_views(words, coupling, as_json, out)
        return
    if as_json:
        click.echo(json.dumps(_spectrum_summary(coupling)))
        return
    from derivations import figures
    from derivations.documents.publish import publish_files, require_writable
    from theory.coupling.class_graph import class_graph

    require_writable(out)
    found, reduced = _spectrum_summary(coupling), class_graph(coupling)
    figure = figures.spectrum(table.name, names, found, reduced)
    files = publish_files(out, lambda scratch: figures.save_figure(figure, scratch, "spectrum"))
    _print_spectrum(table.name, coupling, found, reduced)
    click.echo("\n" + "\n".join(map(str, files)))


def _show_views(words: str, coupling, as_json: bool, out: Path) -> None:
    """The numbers of two views, or of pairs that repel, and their figure."""
    found = summarise_views(coupling)
    if as_json:
        click.echo(json.dumps(found))
        return
    from derivations import figures
    from derivations.documents.publish import publish_files, require_writable

    require_writable(out)
    figure = figures.spectrum_of_views(words, found)
    files = publish_files(out, lambda scratch: figures.save_figure(figure, scratch, "spectrum"))
    print_views(words, coupling, found)
    click.echo("\n" + "\n".join(map(str, files)))


def _spectrum_summary(coupling) -> dict:
    mu, slow = coupling.modes(), coupling.slow_time()
    return {
        "mu": mu.tolist(),
        "frustration": coupling.frustration().tolist(),
        "rates": coupling.rates(len(mu)).tolist(),
        "components": coupling.components,
        "classifiable": coupling.classifiable,
        "slow_time": slow if isfinite(slow) else None,
        "collapses": isfinite(slow),
    }


def _print_spectrum(name: str, coupling, found: dict, reduced) -> None:
    modes, zero = len(found["mu"]), coupling.components
    sizes = {"samples": coupling.samples, "different rows": len(coupling.counts), "labels": coupling.labels}
    click.echo(f"{name}: {', '.join(f'{word} {size:,}' for word, size in sizes.items())}\n")
    click.echo(f"{'mode':>6}{'mu':>12}{'frustration':>14}{'slow rate':>14}{'its time':>12}")
    for k in range(min(modes, PRINTED_MODES)):
        mu, psi, rate = (1.0, 0.0, 0.0) if k < zero else (found[key][k] for key in ("mu", "frustration", "rates"))
        click.echo(f"{k + 1:>6}{mu:>12.6g}{psi:>14.6g}{rate:>14.6g}{1 / rate if rate else float('inf'):>12.4g}")
    if modes > PRINTED_MODES:
        click.echo(f"{'...':>6}  and {modes - PRINTED_MODES} more, which --json prints")
    click.echo("\n" + "\n".join(f"{word:<13}{meaning}" for word, meaning in _explain_numbers(found, reduced).items()))


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
