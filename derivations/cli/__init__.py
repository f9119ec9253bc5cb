"""The command ``collapse``: a group of commands, one a module, which is imported when its command is asked for."""

import os
import signal
import sys
from importlib.metadata import version
from typing import NoReturn

import click

from derivations.cli.common import INTERRUPTED, Commands

MODULES = ("check", "derive", "diagnose", "dmft", "losses", "phase", "report", "simulate", "spectrum", "study")


@click.group("collapse", cls=Commands, modules=MODULES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("collapse-theory"), prog_name="collapse")
def main() -> None:
    """Why learned representations collapse, and what prevents it: derivations checked against numbers."""


def run() -> NoReturn:
    """Run the command as a process of its own, which ends at once after Ctrl-C, or when it is asked to terminate.

    The end of an interpreter would wait for all memory to be freed, beside threads that still work; what holds files has been
    left by then, and workers end with this process.
    """
    _open_standard_streams()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        main()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        raise
    sys.exit()


def _interrupt(*_) -> NoReturn:
    raise KeyboardInterrupt("terminated")


def _open_standard_streams() -> None:
    """Streams that came closed lead nowhere: else the next file, or the pipe to a worker, would have their number."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
