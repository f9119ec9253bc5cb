"""The command ``collapse``: a group of commands, one a module."""

from importlib.metadata import version

import click

from derivations.cli import derive, diagnose, dmft, losses, phase, report, simulate, spectrum
from derivations.cli.common import Commands
from derivations.cli.spectrum import PRINTED_MODES

__all__ = ["PRINTED_MODES", "main"]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("collapse-theory"), prog_name="collapse")
def main() -> None:
    """Why learned representations collapse, and what prevents it: derivations checked against numbers."""


for module in (report, spectrum, diagnose, losses, derive, simulate, phase, dmft):
    main.add_command(module.command)
