"""All rows, with their witnesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from derivations.drawing import Drawn
from derivations.survival.angles import angle_rows
from derivations.survival.directions import direction_rows
from derivations.survival.hinges import hinge_rows
from derivations.survival.lengths import length_rows
from derivations.survival.margins import margin_rows
from derivations.survival.moments import moment_rows
from derivations.survival.row import Survival, SurvivalWitness
from derivations.typeset.rows import Row
from derivations.typeset.shown import Shown
from theory.errors import InputError


@cache
def survival_rows() -> tuple[Survival, ...]:
    """Every row, without witnesses."""
    return (*length_rows(), *moment_rows(), *hinge_rows(), *direction_rows(), *margin_rows(), *angle_rows())


def survival_row(loss: str, setting: str = "") -> Survival:
    """The row of a loss, by its name in :mod:`theory.models`, and what stands beside it.

    Raises
    ------
    InputError
        for another loss or setting.
    """
    for row in survival_rows():
        if (row.loss, row.setting) == (loss, setting):
            return row
    known = ", ".join(row.name for row in survival_rows())
    raise InputError("a row of the table", repr(f"{loss}, {setting}" if setting else loss), f"choose one of {known}")


@dataclass(frozen=True, eq=False)
class SurvivalTable(Shown, Drawn):
    """Rows and their witnesses, in the same order."""

    drawn_by = "survival"

    survivals: tuple[Survival, ...]
    witnesses: tuple[SurvivalWitness, ...]

    def __iter__(self) -> Iterator[tuple[Survival, SurvivalWitness]]:
        return zip(self.survivals, self.witnesses, strict=True)

    def rows(self) -> list[Row]:
        return [row for survival, witness in self for row in (*survival.rows(), witness.row())]

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return {"losses": [{**survival.to_dict(), "simulated": witness.to_dict()} for survival, witness in self]}


def survival_table(seed: int = 0, progress: Callable[[str], None] = lambda name: None) -> SurvivalTable:
    """Every row, each simulated; ``progress`` is told the name of the one that is next.

    Raises
    ------
    UnfinishedError
        for a run that does not come to rest.
    """
    witnesses = []
    for row in survival_rows():
        progress(row.name)
        witnesses.append(row.witness(seed=seed))
    return SurvivalTable(survival_rows(), tuple(witnesses))
