"""The agreement table: closed forms, their values in balls, and what runs of the whole model show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sympy import Expr, Float, Rational, Symbol

from derivations.studies.enclosures import Enclosure
from derivations.typeset.plain_values import plain_values
from derivations.typeset.rows import Row
from derivations.typeset.shown import Shown
from theory.abridging import Say
from theory.text_table import table_text

DIGITS = 8  # of a simulated number that is shown


@dataclass(frozen=True)
class Agreement:
    """One quantity, predicted and simulated.

    Attributes
    ----------
    quantity
        in words.
    formula
        its closed form, in the parameters; None where it is the root of a polynomial, which ``quantity`` then says.
    at
        the exact numbers of the parameters.
    predicted
        a ball that holds the value of the formula there.
    tolerance, origin
        what the difference may be, and where that comes from.
    """

    quantity: str
    formula: Expr | None
    at: Mapping[Symbol, Rational] = field(repr=False)
    predicted: Enclosure
    simulated: float
    tolerance: float
    origin: str

    @property
    def difference(self) -> float:
        """Of the simulated value from the middle of the ball."""
        return self.simulated - self.predicted.middle

    @property
    def holds(self) -> bool:
        """Whether the simulated value is within the tolerance of some number of the ball."""
        return bool(abs(self.difference) <= self.tolerance + self.predicted.radius)

    def to_dict(self) -> dict:
        """Plain values; the formula as text."""
        return {
            "quantity": self.quantity,
            "formula": plain_values(self.formula),
            "at": plain_values(self.at),
            "predicted": self.predicted.to_dict(),
            "simulated": plain_values(self.simulated),
            "difference": plain_values(self.difference),
            "tolerance": plain_values(self.tolerance),
            "origin": self.origin,
            "holds": self.holds,
        }


@dataclass(frozen=True)
class AgreementTable(Shown, Sequence):
    """Rows of agreement, and in ``notes`` what runs showed beside, a sentence each."""

    exported = ("agreements", "notes", "holds")

    agreements: tuple[Agreement, ...]
    notes: tuple[str, ...] = ()

    HEADER = ("quantity", "closed form", "value", "simulated", "difference", "tolerance", "from", "holds")

    def __len__(self):
        return len(self.agreements)

    def __getitem__(self, index):
        return self.agreements[index]

    def __iter__(self) -> Iterator[Agreement]:
        return iter(self.agreements)

    @property
    def holds(self) -> bool:
        """Whether every row does."""
        return all(a.holds for a in self.agreements)

    def cells(self, say: Say) -> Iterator[tuple[str, ...]]:
        """The table as text, a tuple a row below ``HEADER``, its formulas as ``say`` writes them."""
        for a in self.agreements:
            yield (
                a.quantity,
                "root of a polynomial" if a.formula is None else say(a.formula),
                str(a.predicted),
                f"{a.simulated:.{DIGITS}g}",
                f"{a.difference:.1e}",
                f"{a.tolerance:.1e}",
                a.origin,
                "yes" if a.holds else "NO",
            )

    def lines(self, say: Say) -> list[str]:
        return [*table_text(self.cells(say), "l" * len(self.HEADER), self.HEADER).splitlines(), *self.notes]

    def rows(self) -> list[Row]:
        return [row for a in self.agreements for row in _shown_rows(a)] + [Row.text(note) for note in self.notes]


def _shown_rows(a: Agreement) -> Iterator[Row]:
    yield Row.text(f"{a.quantity}{'' if a.holds else ', which disagrees'}:")
    if a.formula is not None:
        yield Row(r"\text{closed form}", a.formula)
    yield Row(r"\text{value}", Float(a.predicted.middle, 15), r"\simeq")
    yield Row(r"\text{simulated}", Float(a.simulated, DIGITS), r"\simeq")
    yield Row(r"\text{difference}", Float(a.difference, 2), r"\simeq")
    yield Row(r"\text{tolerance}", Float(a.tolerance, 2), r"\simeq")
    yield Row.text(f"from {a.origin}")
