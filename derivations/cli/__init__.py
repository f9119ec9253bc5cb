"""The command ``collapse``: a group of commands, one a module, which is imported when its command is asked for."""

from importlib.metadata import version

import click

from derivations.cli.common import Commands

MODULES = ("check", "derive", "diagnose", "dmft", "losses", "phase", "report", "simulate", "spectrum", "study")


@click.group("collapse", cls=Commands, modules=MODULES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("collapse-theory"), prog_name="collapse")
def main() -> None:
    """Why learned representations collapse, and what prevents it: derivations checked against numbers."""
