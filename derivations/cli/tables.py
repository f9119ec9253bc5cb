"""The options that say how a table is read, which all commands on tables share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from derivations.data import Reading

FORMAT = (
    click.option(
        "--delimiter", help="What stands between the columns of a text file: one character, or tab.  [default: found]"
    ),
    click.option("--encoding", help="Encoding of a text file, such as utf-8 or latin-1.  [default: found]"),
    click.option("--decimal", type=click.Choice(["point", "comma"]), help="What stands before decimals.  [default: found]"),
    click.option("--drop", metavar="COLUMN", multiple=True, help="A column to leave out; may be repeated."),
)
FEATURES = (
    click.option("--label", default="label", show_default=True, help="Column of the classes; in NPZ files it is the array y."),
    *FORMAT,
    click.option("--one-hot", is_flag=True, help="Make a feature of each category, but the first, of text columns."),
    click.option("--bins", type=click.IntRange(2, 100), help="Divide a label of numbers into so many classes of as many rows."),
)
READ = ("label", "delimiter", "encoding", "decimal", "drop", "one_hot", "bins")


def with_format(command: Callable) -> Callable:
    """Give a command the options of how a table is written."""
    for option in reversed(FORMAT):
        command = option(command)
    return command


def with_features(command: Callable) -> Callable:
    """Give a command the options of a table of features and labels."""
    for option in reversed(FEATURES):
        command = option(command)
    return command


def reading_of(options: Mapping[str, Any]) -> Reading:
    """How a table is to be read, from the options of a command."""
    from derivations.data import Reading

    return Reading(**{name: options[name] for name in READ if options.get(name) is not None})
