"""What the templates see of a derivation: strings, and nothing that they would have to compute."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StepView:
    name: str
    title: str
    statement: str
    reason: str
    parts: tuple[tuple[str, str], ...]  # words in front, display
    assumptions: tuple[str, ...]
    uses: tuple[str, ...]
    status: str
    evidence: str


@dataclass(frozen=True)
class DerivationView:
    name: str
    number: str
    title: str
    summary: str
    steps: tuple[StepView, ...]
    references: tuple[str, ...]


def title_of(name: str) -> str:
    """A step's name as words."""
    return name.replace("_", " ").capitalize()


def power_of_ten(value: float) -> str:
    """A residual in LaTeX, between dollars."""
    if value == 0:
        return "$0$"
    mantissa, exponent = f"{value:.1e}".split("e")
    front = "" if mantissa == "1.0" else rf"{mantissa}\cdot"
    return rf"${front}10^{{{int(exponent)}}}$"


def evidence_of(kind: str, detail: str, residual: float | None, tolerance: float | None) -> str:
    """What a check found, in a line."""
    if residual is None or tolerance is None:
        return f"{kind}: {detail}" if detail else ""
    return f"{kind}: {detail}; residual {power_of_ten(residual)}, allowed {power_of_ten(tolerance)}"


@dataclass(frozen=True)
class FigureView:
    """A picture by the name of its files, without suffix."""

    name: str
    caption: str


ROWS = 30


@dataclass(frozen=True)
class TableView:
    """Cells in sentences, with inline mathematics between dollars; ``notes`` stand below."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    @property
    def pages(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """The rows in parts that stand on a page."""
        return tuple(self.rows[k : k + ROWS] for k in range(0, len(self.rows), ROWS))


@dataclass(frozen=True)
class SectionView:
    name: str
    title: str
    sentences: tuple[str, ...] = ()
    steps: tuple[StepView, ...] = ()
    figures: tuple[FigureView, ...] = ()
    table: TableView | None = None


@dataclass(frozen=True)
class PaperView:
    title: str
    source: str
    abstract: tuple[str, ...]
    sections: tuple[SectionView, ...]
    footer: str
