"""What the commands on studies share: choices, model files and published models, and what is printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivations.cli.common import SEED
from theory import require
from theory.errors import InputError

if TYPE_CHECKING:
    from derivations.studies.study import Study

OPTIONS = (
    click.option("--small", metavar="NAME", help="The parameter in which time scales are expanded."),
    click.option("--plane", nargs=2, metavar="X Y", help="Two parameters of a phase plane."),
    click.option(
        "--set", "numbers", metavar="NAME=VALUE", multiple=True, help="An exact number of a parameter; may be repeated."
    ),
    click.option("--time-limit", type=float, default=60.0, show_default=True, help="Seconds for each stage."),
    SEED,
)


def with_choices(command):
    """Give a command the options of a study."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def path_of(model: str | None) -> Path:
    """The file of a model, or that of a published one."""
    from theory.models.published import names_of_published, published

    if model is None:
        raise InputError("a model file or the name of a published model", "none", "see collapse study --list")
    if model in names_of_published():
        return published(model)
    if Path(model).suffix != ".toml" and not Path(model).exists():
        remedy = "give a file that ends in .toml, or a name of collapse study --list or, to check, of collapse derive --list"
        raise InputError(f"a model file or one of {', '.join(names_of_published())}", model, remedy)
    return Path(model)


def make_study(path: Path, choices: dict[str, Any], tell) -> Study:
    from derivations.spec import read_model
    from derivations.studies.study import study

    require.real(choices["time_limit"], "--time-limit as positive seconds", "give for example 60", above=0)
    return study(
        read_model(path),
        small=choices["small"],
        plane=choices["plane"] or None,
        numbers=_read_numbers(choices["numbers"]),
        time_limit=choices["time_limit"],
        seed=choices["seed"],
        tell=tell,
    )


def _read_numbers(texts: tuple[str, ...]) -> dict[str, Any]:
    """NAME=VALUE pairs with exact numbers: 4, 0.8 or 4/5; values are read as numbers, never evaluated."""
    from fractions import Fraction

    found: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            number = Fraction(value.strip())
        except (ValueError, ZeroDivisionError):
            raise InputError("NAME=VALUE with an exact number", repr(text), "write for example b=4/5") from None
        if name in found:
            raise InputError("each parameter once", f"{name} again", "drop one of them")
        found[name] = number
    return found


def table_of(made: Study) -> str:
    """Agreement, checks that did not pass, and what could not be finished."""
    from derivations.checks import Status

    verification = made.verification
    lines = [f"{verification.derivation}: {verification.passed_steps} of {len(verification.rows)} steps passed their check"]
    for row in verification:
        if row.outcome.status is not Status.PASSED:
            lines.append(f"  {row.step}: {row.outcome.status.value}: {row.outcome.detail}")
    table = [] if made.agreement is None else [str(made.agreement)]
    return "\n".join([*lines, *table, *(f"not finished: {gap}" for gap in made.gaps)])
