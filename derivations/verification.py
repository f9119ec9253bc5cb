"""What the checks of a derivation found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from derivations.checks import CheckOutcome, Status
from derivations.typeset.plain_values import plain_values
from theory.abridging import Brief, table_html
from theory.text_table import table_text

NO_CHECK = CheckOutcome(Status.UNCHECKED, "none", "no check")


@dataclass(frozen=True)
class CheckedStep(Brief):
    """The outcome of one step and the seconds it took."""

    step: str
    outcome: CheckOutcome
    seconds: float


@dataclass(frozen=True)
class Verification(Brief):
    """The table of a derivation's checks."""

    derivation: str
    rows: tuple[CheckedStep, ...]

    @property
    def passed(self) -> bool:
        """Whether every step has a check that passed."""
        return 0 < len(self.rows) == self.passed_steps

    @property
    def passed_steps(self) -> int:
        """How many steps have a check that passed."""
        return sum(row.outcome.status is Status.PASSED for row in self.rows)

    @property
    def failed(self) -> bool:
        """Whether a step failed, or has no check.  A step whose check has a gap is neither passed nor failed."""
        return not self.rows or any(row.outcome.status is Status.FAILED or row.outcome == NO_CHECK for row in self)

    def to_dict(self) -> dict:
        """The table as plain values."""
        rows = [{"step": r.step} | plain_values(r.outcome) | {"seconds": r.seconds} for r in self.rows]
        return {"derivation": self.derivation, "passed": self.passed, "steps": rows}

    def to_json(self) -> str:
        """The table as one JSON object."""
        return json.dumps(self.to_dict(), allow_nan=False)

    def __iter__(self) -> Iterator[CheckedStep]:
        return iter(self.rows)

    def __repr__(self):
        return f"<verification of {self.derivation}: {self.passed_steps} of {len(self.rows)} steps passed>"

    def _repr_html_(self) -> str:
        head = ("step", "found", "seconds", "check")
        found = [(r, r.outcome) for r in self.rows]
        rows = [
            (r.step, o.status.value, f"{r.seconds:.2f}", f"{_size_text(o)} {o.kind}: {o.detail}".lstrip()) for r, o in found
        ]
        return table_html(repr(self)[1:-1], head, rows)

    def __str__(self):
        found = [(r.step, r.outcome) for r in self.rows]
        rows = [(step, o.status.value, _size_text(o), f"{o.kind}: {o.detail}") for step, o in found]
        return f"{self.derivation}\n{table_text(rows, 'llll')}".rstrip()


def _size_text(outcome: CheckOutcome) -> str:
    return "" if outcome.residual is None else f"{outcome.residual:.1e} <= {outcome.tolerance:.0e}"
