"""A model file as a table whose entries have the kinds that they should have."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from theory import InputError, require
from theory.printing import read_number

TABLES = ("parameters", "matrices", "mobility", "decay", "follow", "velocity", "assume", "study")
TEXTS = ("title", "source")
KEYS = ("state", "loss", *TABLES, *TEXTS)
WITHIN = {"assume": ("together", "facts"), "study": ("small", "plane", "numbers")}
NAME = re.compile(r"[^\W\d]\w*")


def read_table(path: Path) -> tuple[str, dict[str, Any]]:
    """The text of a model file and what it says, its keys checked.

    Raises
    ------
    InputError
        for a file that cannot be read, and for keys that are unknown, missing or of the wrong kind.
    """
    require.file(path, "a model file (TOML)")
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text, parse_float=_read_exactly)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("a readable model file", f"{path}: {error}", "check the path") from None
    except (ValueError, RecursionError) as error:  # no TOML, or a number of thousands of digits
        raise InputError(f"TOML in {path.name}", str(error), "correct the file") from None
    _check_keys(table, path.name)
    _check_state(table["state"], path.name)
    _check_source(table, path.name)
    return text, table


def require_names(value: object, place: str, known: Iterable[str] | None = None, count: int | None = None) -> list[str]:
    """A list of different names, among those that are known.

    Raises
    ------
    InputError
        for anything else.
    """
    length = "" if count is None else f"{count} "
    if not isinstance(value, list) or not all(isinstance(n, str) and NAME.fullmatch(n) for n in value):
        raise InputError(f"{place} as a list of {length}names", repr(value), 'write it as ["x", "y"]')
    if len(set(value)) < len(value) or (count is not None and len(value) != count):
        raise InputError(f"{place} as a list of {length}different names", ", ".join(value) or "none", "correct the list")
    if known is not None and (strange := [n for n in value if n not in known]):
        raise InputError(f"{place} among {', '.join(known) or 'none'}", strange[0], "correct the name")
    return value


def _read_exactly(text: str):
    """A decimal of the file as the fraction that it spells."""
    try:
        return read_number(text.replace("_", ""))
    except ValueError:  # inf and nan, which are refused where they stand
        return text


def _check_keys(table: Mapping, name: str) -> None:
    if unknown := sorted(set(table) - set(KEYS)):
        raise InputError(f"the keys {', '.join(KEYS)} in {name}", unknown[0], "correct or drop it")
    for key in ("state", "loss"):
        if key not in table and not (key == "loss" and "velocity" in table):
            raise InputError(f"a key {key!r} in {name}", "none", "add it")
    for key in TABLES:
        if not isinstance(table.get(key, {}), dict):
            raise InputError(f"a table [{key}] in {name}", repr(table[key]), f"write it below a line [{key}]")
    for key in TEXTS:
        if not isinstance(table.get(key, ""), str):
            raise InputError(f"text as {key} of {name}", repr(table[key]), f'write {key} = "..."')
    for key, entries in WITHIN.items():
        if unknown := sorted(set(table.get(key, {})) - {*entries}):
            raise InputError(f"the keys {', '.join(entries)} in [{key}] of {name}", unknown[0], "correct or drop it")


def _check_state(names: object, name: str) -> None:
    if not isinstance(names, list) or not names or not all(isinstance(n, str) and NAME.fullmatch(n) for n in names):
        raise InputError(f"state as a list of names in {name}", repr(names), 'write state = ["x", "y"]')
    if len(set(names)) < len(names):
        raise InputError("each state variable once", ", ".join(names), "drop the repeats")


def _check_source(table: Mapping, name: str) -> None:
    """A loss or velocities, and with velocities nothing that belongs to a loss."""
    if "velocity" not in table:
        return
    for key in ("loss", "mobility", "decay", "follow"):
        if key in table:
            remedy = "drop one of them" if key == "loss" else f"write [{key}] into the velocities, or give a loss"
            raise InputError(f"[velocity] without {key} in {name}", "both", remedy)
    if missing := [n for n in table["state"] if n not in table["velocity"]]:
        raise InputError(f"a velocity of every state variable in {name}", f"none of {missing[0]}", "add it")
