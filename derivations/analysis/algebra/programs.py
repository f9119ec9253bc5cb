"""Programs of computer algebra that stand beside this package: found, asked under a time limit, heard only when they finish.

Singular and msolve are installed by the extra ``algebra``, or by the system; each runs as a process of its own that reads a
text and prints one.  What fails (a crash, the time limit, an answer that cannot be read) is noted as a sentence for the result.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeVar

T = TypeVar("T")

SECONDS = 60.0  # for one question, where the search has no time limit
SHARE = 0.4  # of a time limit for one question, so that another route has time left
BRIEF = 0.05  # of that for a question to which the answer comes at once or not for long


class ProgramError(Exception):
    """Why a program gave no answer, as the end of a sentence that begins with its name."""


@dataclass(frozen=True)
class Program:
    """A program that answers one question a process."""

    name: str
    path: str
    options: tuple[str, ...] = ()

    def run(self, text: str, seconds: float, options: Sequence[str] = ()) -> str:
        """What the program prints for a text on its standard input.

        Raises
        ------
        ProgramError
            where it does not end by itself within the time, or not with status 0.
        """
        command = _limited([self.path, *self.options, *options], seconds)
        try:
            with TemporaryFile("w+") as given:  # a file and no pipe: msolve reads its input twice
                given.write(text)
                given.seek(0)
                done = subprocess.run(command, stdin=given, capture_output=True, text=True, errors="replace", timeout=seconds)
        except subprocess.TimeoutExpired:
            raise ProgramError(f"was stopped at its limit of {seconds:.3g} s") from None
        except OSError as error:
            raise ProgramError(f"could not be started ({error.strerror})") from None
        if done.returncode:
            raise ProgramError(f"ended with status {done.returncode}")
        return done.stdout


def _limited(command: list[str], seconds: float) -> list[str]:
    """The command with a limit of processor time that holds even where nobody is left to stop it."""
    if os.name != "posix":
        return command
    return ["/bin/sh", "-c", f'ulimit -t {int(seconds) + 2}; exec "$@"', "sh", *command]


@dataclass(frozen=True)
class Programs:
    """Those that are asked in one search.

    Attributes
    ----------
    seconds
        for one question.
    notes
        sentences on what they answered (true) and on what failed, each once, in the order of their time.
    """

    singular: Program | None = None
    msolve: Program | None = None
    seconds: float = SECONDS
    notes: dict[str, bool] = field(default_factory=dict, compare=False)

    def ask(
        self, program: Program, text: str, read: Callable[[str], T], options: Sequence[str] = (), share: float = 1
    ) -> T | None:
        """The answer as ``read`` has it; None, and a note, where there is none within a share of the time."""
        try:
            return read(program.run(text, share * self.seconds, options))
        except ProgramError as failure:
            self.note_failure(f"{program.name} {failure}")
            return None

    def note_answer(self, sentence: str) -> None:
        self.notes[sentence] = True

    def note_failure(self, sentence: str) -> None:
        self.notes[f"{sentence}, and the built-in route went on"] = False


NO_PROGRAMS = Programs()


def installed_programs(time_limit: float | None = None) -> Programs:
    """The programs that are installed, each question with a share of the time limit."""
    seconds = SECONDS if time_limit is None else SHARE * time_limit
    return Programs(_installed("Singular", "-q", "--no-rc"), _installed("msolve"), seconds)


@lru_cache
def _installed(name: str, *options: str) -> Program | None:
    path = _in_wheels(name) or shutil.which(name)
    return Program(name, path, options) if path else None


def _in_wheels(name: str) -> str | None:
    """The program of a wheel, which lies in a folder that is on no search path."""
    found = importlib.util.find_spec("sage_wheels")
    places = (Path(p) / "bin" for p in (found.submodule_search_locations or () if found else ()))
    return next((path for place in places if (path := shutil.which(name, path=str(place)))), None)
