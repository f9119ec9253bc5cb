"""Couplings from the options of a command: a family, or a table of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from derivations.cli.common import MOBILITY, NUMBER, say
from derivations.cli.tables import reading_of, with_features
from theory.errors import InputError

FAMILIES = ("uniform", "pairs", "random_pairs", "regular_pairs")
OF_FEATURES, OF_A_FORMAT = {"label", "one_hot", "bins"}, {"delimiter", "encoding", "decimal", "drop"}
OF_A_FAMILY = {"family", "classes", "samples", "fraction", "links", "pure"}
PLAIN = {"table": "coupling", "parameters": "parameter", "logarithmic": "log/--linear", "one_hot": "one-hot"}
OPTIONS = (
    click.option(
        "--family", type=click.Choice(FAMILIES), default="random_pairs", show_default=True, help="Family of couplings."
    ),
    click.option("--classes", type=int, default=10, show_default=True, help="Number of labels."),
    click.option("--samples", type=int, default=100_000, show_default=True, help="Number of all samples."),
    click.option("--fraction", type=NUMBER, default=0.01, show_default=True, help="Share of the samples that is frustrated."),
    click.option("--links", type=int, help="Links of each class in the class graph (regular_pairs)."),
    click.option("--pure", type=int, help="Pure samples of each class (regular_pairs)."),
    click.option("--coupling", "table", type=click.Path(path_type=Path), help="A table of couplings instead, as for spectrum."),
    click.option("--data", type=click.Path(path_type=Path), help="The linear encoder of a table instead, as for diagnose."),
    MOBILITY,
)
KINDS = {
    "pairs": "The table holds positive pairs of views: a symmetric matrix, or a list with the columns view, view, weight.",
    "augmentations": "The table holds the probability of each view (columns) given the sample (rows).",
    "signed": "Weights below zero repel, mobilities are one unless given; a symmetric matrix, or a list, is of two views.",
}
OF_TABLES = tuple(click.option(f"--{kind}", is_flag=True, help=meaning) for kind, meaning in KINDS.items())


def with_kinds(command: Callable) -> Callable:
    """Give a command the options that say what a table of couplings holds."""
    for option in reversed(OF_TABLES):
        command = option(command)
    return command


def read_coupling(path: Path, options: Mapping[str, Any], given: set[str]) -> tuple[str, tuple[str, ...], Any]:
    """The name of a table with what is to be known of it, the names of its labels or views, and its coupling."""
    from derivations.data import load_couplings, load_pairs, load_signed
    from theory import Coupling

    kinds = [kind for kind in KINDS if options[kind]]
    if len(kinds) > 1:
        raise InputError("one kind of table", " and ".join(f"--{kind}" for kind in kinds), "drop one of them")
    kind, mobility = kinds[0] if kinds else "", options["mobility"]
    if kind == "signed" and "mobility" not in given:
        mobility = "uniform"  # degrees can vanish
    ways: dict[str, tuple[Callable, Callable]] = {
        "": (load_couplings, Coupling),
        "pairs": (load_pairs, Coupling.from_positive_pairs),
        "augmentations": (load_couplings, Coupling.from_augmentations),
        "signed": (load_signed, Coupling.from_signed_weights),
    }
    load, make = ways[kind]
    table = load(path, how=reading_of(options))
    words = ", ".join([table.name, *kinds, f"mobility {mobility}"])
    return words, table.labels, make(table.weights, mobility=mobility)


def with_couplings(command: Callable) -> Callable:
    """Give a command the options of a coupling."""
    command = with_features(command)
    for option in reversed((*OPTIONS, *OF_TABLES)):
        command = option(command)
    return command


def given_options(ctx: click.Context, options: Mapping[str, Any]) -> set[str]:
    """The options that were given on the command line."""
    return {name for name in options if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}


def refuse_options(names: set[str], taker: str, remedy: str = "drop it, or see --help") -> None:
    """Raise an :class:`InputError` that says which of the options that were given have no meaning for a model."""
    if names:
        got = ", ".join(f"--{PLAIN.get(name, name)}" for name in sorted(names))
        raise InputError(f"options that {taker} takes", got, remedy)


def _encoder_of(options: Mapping[str, Any]) -> tuple[str, Any]:
    """The linear encoder of a table, which is read whole."""
    from derivations.data import load_data
    from theory import Coupling
    from theory.progress import progress_bar

    with progress_bar(1.0, f"read {options['data'].name}") as done:
        data = load_data(str(options["data"]), reading_of(options), done)
    for note in data.notes:
        say(f"collapse: {note}", err=True)
    words = f"linear encoder of {data.name}, {data.sizes}, mobility {options['mobility']}"
    return words, Coupling.from_data(data.features, data.classes, bias=True, mobility=options["mobility"])


def coupling_of(options: Mapping[str, Any], given: set[str]) -> tuple[str, Any]:
    """The coupling and what it is, in words."""
    from theory import Coupling

    mobility, seed, classes = options["mobility"], options["seed"], options["classes"]
    if options["data"] is not None:
        refuse_options(given & {*OF_A_FAMILY, *KINDS, "table"}, "a table of features and classes")
        return _encoder_of(options)
    refuse_options(given & OF_FEATURES, "a coupling without --data", "give the table with --data, or drop it")
    if (table := options["table"]) is not None:
        refuse_options(given & OF_A_FAMILY, "a table of couplings")
        words, _, made = read_coupling(table, options, given)
        return words, made
    refuse_options(given & OF_A_FORMAT, "a family of couplings", "give a table with --coupling or --data, or drop it")
    if wrong := given & {*KINDS}:
        raise InputError("--coupling with the kind of its table", f"--{min(wrong)} alone", "give the table")
    if (family := options["family"]) == "regular_pairs":
        refuse_options(given & {"samples", "fraction"}, family)
        pure, links = options["pure"], options["links"]
        if pure is None or links is None:
            raise InputError("--pure and --links for regular_pairs", "one of them or none", "give both")
        words = f"regular_pairs, {classes} classes, {pure} pure samples each, {links} links, seed {seed}, mobility {mobility}"
        return words, Coupling.regular_pairs(classes, pure, links, mobility, seed=seed)
    refuse_options(given & {"links", "pure"}, family)
    samples, fraction = options["samples"], options["fraction"]
    words = f"{family}, {classes} classes, {samples} samples, fraction {fraction:g}"
    if family == "random_pairs":
        made = Coupling.random_pairs(classes, samples, fraction, mobility, seed=seed)
        return f"{words}, seed {seed}, mobility {mobility}", made
    make = {"uniform": Coupling.uniform, "pairs": Coupling.pairs}[family]
    return f"{words}, mobility {mobility}", make(classes, samples, fraction, mobility)
