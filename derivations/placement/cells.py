"""The placement table and its cells, as results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from numpy.typing import NDArray
from sympy import Float, MatrixExpr, MatrixSymbol, S
from sympy.logic.boolalg import Boolean

from derivations.analysis.linearisation.stability import Stability
from derivations.analysis.points.fixed_points import FixedPoints
from derivations.placement.balance import Balance
from derivations.typeset.plain_values import plain_fields
from derivations.typeset.rows import Row, row_of
from derivations.typeset.shown import Shown
from theory.errors import InputError
from theory.flow import Flow
from theory.models.vocabulary import X, Y
from theory.printing import exact_text, plain
from theory.text_table import table_text

HEADS = {"none": "none", "samples": "sample side", "labels": "label side", "both": "both sides", "shared": "shared predictor"}
STOPS = {"none": "no stop", "labels": "label target", "samples": "sample target", "both": "both"}
GONE = 1e-3  # of the first distance: what a simulation calls collapsed


class PlacementOutcome(Enum):
    """What becomes of the observable."""

    COLLAPSES = "collapses"
    FROZEN = "frozen"
    APART = "non-collapsed"


@dataclass(frozen=True, eq=False)
class Witness:
    """A simulated run: smallest distances of labels, and of projected labels, over those at the start (T,)."""

    times: NDArray
    raw: NDArray
    projected: NDArray
    seed: int

    def to_dict(self) -> dict:
        """Plain values."""
        return plain_fields(self, ("seed", "times", "raw", "projected"))


@dataclass(frozen=True, eq=False)
class Placement(Shown):
    """One cell of the table.

    Attributes
    ----------
    head, stop
        as for :func:`theory.models.projection_head`.
    outcome
        derived: of the ``observable``, the labels ``Y`` or their projection ``W*Y``.
    frozen
        the sides that never move.
    balance
        why it collapses; None where there is none.
    unfrozen
        the balance of the model in which the embedding alone is stopped and the head learns; None where that is the same
        model, or has none.
    raw_kept
        for which correlations a mode of collapsed projection and bare label amplitude is stable.
    mode, points, stabilities
        the one-mode flow, its fixed points, and their stability, in the same order.
    witness
        approximate: a simulation of the whole model.
    unfrozen_witness
        the same with the embedding alone stopped, where ``unfrozen`` is not None.
    """

    head: str
    stop: str
    outcome: PlacementOutcome
    observable: MatrixExpr
    frozen: tuple[MatrixSymbol, ...]
    balance: Balance | None
    unfrozen: Balance | None
    raw_kept: Boolean
    mode: Flow
    points: FixedPoints
    stabilities: tuple[Stability, ...]
    witness: Witness
    unfrozen_witness: Witness | None

    @property
    def mark(self) -> str:
        """``C``, ``F`` or ``non-collapsed``; ``*``, ``†`` and ``‡`` are explained below the table."""
        if self.outcome is PlacementOutcome.FROZEN:
            return "F*" if self.unfrozen else "F"
        if self.outcome is PlacementOutcome.APART:
            return self.outcome.value
        return "C" + ("‡" if self.is_limited else "†" if self.raw_kept == S.true else "")

    @property
    def is_limited(self) -> bool:
        """Whether it collapses and some modes, not all, keep a raw distance."""
        return self.outcome is PlacementOutcome.COLLAPSES and self.raw_kept not in (S.true, S.false)

    @property
    def reason(self) -> str:
        """One sentence."""
        if self.outcome is PlacementOutcome.FROZEN:
            sides = " and ".join({X: "the samples", Y: "the labels"}[B] for B in self.frozen)
            return f"{sides} never move"
        if self.outcome is PlacementOutcome.APART:
            return "modes with an amplitude of the labels and of the head are stable"
        return f"at every fixed point the columns of {plain(self.observable)} are one point"

    @property
    def is_witnessed(self) -> bool:
        """Whether the simulation ended as derived."""
        seen = self.witness.raw if self.observable == Y else self.witness.projected
        return bool(seen[-1] < GONE) == (self.outcome is PlacementOutcome.COLLAPSES)

    def rows(self) -> list[Row]:
        shown = [
            Row.text(f"head: {HEADS[self.head]}, stop: {STOPS[self.stop]}"),
            Row.text(f"{self.outcome.value}: {self.reason}"),
        ]
        if self.balance:
            shown += [Row.text("at unit mobilities"), row_of(self.balance.left, self.balance.right)]
        if self.unfrozen:
            shown.append(Row.text("collapses with the embedding alone stopped, since then at unit mobilities"))
            shown.append(row_of(self.unfrozen.left, self.unfrozen.right))
        shown.append(Row.text("one mode, amplitudes of samples, labels, head:"))
        shown += [row_of(f"d{x}/dt", value) for x, value in self.mode.velocity.items()]
        for number, judged in enumerate(self.stabilities, 1):
            shown.append(Row.text(f"fixed point {number}:"))
            shown += [*(row_of(x, value) for x, value in judged.point.items() if value != x), *judged.rows()]
        run = self.witness
        shown.append(Row.text(f"simulated, distances of labels at t = {run.times[-1]:g} over those at the start:"))
        return [*shown, row_of("Y", Float(run.raw[-1], 3)), row_of("WY", Float(run.projected[-1], 3))]

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return {
            "head": self.head,
            "stop": self.stop,
            "outcome": self.outcome.value,
            "mark": self.mark,
            "observable": plain(self.observable),
            "reason": self.reason,
            "balance": str(self.balance) if self.balance else None,
            "raw_kept": exact_text(self.raw_kept),
            "embedding_alone_stopped": self._unfrozen_dict(),
            "completeness": self.points.completeness.value,
            "fixed_points": [s.to_dict() for s in self.stabilities],
            "simulated": self.witness.to_dict(),
            "witnessed": self.is_witnessed,
        }

    def _unfrozen_dict(self) -> dict | None:
        if self.unfrozen is None or self.unfrozen_witness is None:
            return None
        observable = plain(self.unfrozen.observable)
        return {"balance": str(self.unfrozen), "observable": observable, "simulated": self.unfrozen_witness.to_dict()}


@dataclass(frozen=True, eq=False)
class PlacementTable(Shown):
    """All placements, by head and stop."""

    placements: tuple[Placement, ...]

    def __getitem__(self, key: tuple[str, str]) -> Placement:
        """The cell of a head and a stop.

        Raises
        ------
        InputError
            for others than those of :func:`theory.models.projection_head`.
        """
        for placement in self.placements:
            if (placement.head, placement.stop) == key:
                return placement
        raise InputError(f"a head among {tuple(HEADS)} and a stop among {tuple(STOPS)}", repr(key), "choose one of each")

    def __iter__(self) -> Iterator[Placement]:
        return iter(self.placements)

    def rows(self) -> list[Row]:
        return [Row.text(f"{HEADS[p.head]}, {STOPS[p.stop]}: {p.mark}") for p in self] + [
            Row.text(line) for line in self.notes()
        ]

    def notes(self) -> list[str]:
        """What the marks mean."""
        limits = {plain(p.raw_kept) for p in self if p.is_limited}
        return [
            "C collapses; F frozen: a side never moves",
            "* collapses if the embedding alone is stopped and not the head",
            "† the projected WY collapses, the raw Y may keep a distance",
            *(f"‡ so only for modes with {limit}" for limit in sorted(limits)),
        ]

    def to_latex(self) -> str:
        """An ``array``."""
        cells = [[rf"\text{{{HEADS[h]}}}", *(_mark_tex(self[h, s].mark) for s in STOPS)] for h in HEADS]
        head = " & ".join(["", *(rf"\text{{{s}}}" for s in STOPS.values())])
        body = r"\\".join(" & ".join(cell) for cell in cells)
        return rf"\begin{{array}}{{lcccc}}{head}\\\hline {body}\end{{array}}"

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return {"placements": [p.to_dict() for p in self.placements], "notes": self.notes()}

    def __str__(self):
        rows = [[HEADS[h], *(self[h, s].mark for s in STOPS)] for h in HEADS]
        return "\n".join([table_text(rows, "l" * (1 + len(STOPS)), ["head", *STOPS.values()]), *self.notes()])


def _mark_tex(mark: str) -> str:
    signs = {"*": r"{}^{*}", "†": r"{}^{\dagger}", "‡": r"{}^{\ddagger}"}
    return rf"\text{{{mark.rstrip('*†‡')}}}" + signs.get(mark[-1], "")
