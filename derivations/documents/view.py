"""What the templates see of a derivation: strings, and nothing that they would have to compute."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import ceil, sqrt


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
    number: str = ""  # of its equation, where it has one
    label: str = ""  # by which its equation is linked
    links: tuple[tuple[str, str], ...] = ()  # labels and numbers of the steps in ``uses``


@dataclass(frozen=True)
class DerivationView:
    name: str
    number: str
    title: str
    summary: str
    steps: tuple[StepView, ...]
    references: tuple[str, ...]


def shorten_step(step: StepView) -> StepView:
    """A step without the lines that it takes from the steps that it names."""
    kept = step.parts[bool(step.uses) :]  # what uses other steps starts from their lines
    words = ["Given" if word == "with" else word for word, _ in kept] if len(kept) > 1 else [""] * len(kept)
    return replace(step, parts=tuple(zip(words, (display for _, display in kept), strict=True)))


def number_steps(derivation: DerivationView) -> DerivationView:
    """The steps of a derivation with numbered equations, and without the lines that they take from each other."""
    places = {
        step.title: (f"{derivation.name}-{step.name}", f"{derivation.number}{place}")
        for place, step in enumerate(derivation.steps, 1)
    }
    steps = (
        replace(
            shorten_step(step),
            label=places[step.title][0],
            number=places[step.title][1],
            links=tuple(places[used] for used in step.uses),
        )
        for step in derivation.steps
    )
    return replace(derivation, steps=tuple(steps))


DOLLAR = "\ue000"  # stands in sentences for a dollar that is no mathematics


def keep_literal(text: str) -> str:
    """Text from users for sentences whose mathematics stands between dollars."""
    return text.replace("$", DOLLAR)


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
    """A picture by the name of its files, without suffix; ``alt`` says what is to be seen to those who do not see it."""

    name: str
    caption: str
    alt: str = ""
    number: int = 0


ROWS = 22  # of a table that stands on a page
WORDS = 16  # characters of a cell that stands on one line


@dataclass(frozen=True)
class TableView:
    """Cells in sentences, with inline mathematics between dollars; ``notes`` stand below."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    @property
    def shares(self) -> tuple[float, ...]:
        """How wide columns are whose cells take several lines, 1 on the mean; 0 for those whose cells stand on one."""
        longest = [
            max((_shown_length(cell) for cell in column if _has_words(cell)), default=0)
            for column in zip(*self.rows, strict=True)
        ]
        long = [sqrt(length) if length > WORDS else 0.0 for length in longest]
        return tuple(round(length * sum(map(bool, long)) / sum(long), 3) if length else 0.0 for length in long)

    @property
    def pages(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """The rows in parts of about one length that stand on a page."""
        size = ceil(len(self.rows) / ceil(len(self.rows) / ROWS))
        return tuple(self.rows[k : k + size] for k in range(0, len(self.rows), size))


def _has_words(cell: str) -> bool:
    """Whether a line can end between words of a cell."""
    return " " in re.sub(r"\$[^$]*\$", "", cell)


def _shown_length(cell: str) -> int:
    """About how many characters of a cell are seen: a command of LaTeX is one, and a link to an equation five."""
    without_links = re.sub(r"\[[#@][\w-]+\]", "(A.1)", cell)
    return len(re.sub(r"[{}$^_\\]", "", re.sub(r"\\[A-Za-z]+", "x", without_links)))


@dataclass(frozen=True)
class ClaimView:
    """A claim as it is said: its verdict, whether the theory is contradicted, and four sentences."""

    verdict: str
    kind: str
    sentence: str
    numbers: str
    outlook: str
    explanation: str


@dataclass(frozen=True)
class ReferenceView:
    """A source: a key, what is printed, and the entry for BibTeX."""

    key: str
    text: str
    bibtex: str


@dataclass(frozen=True)
class SectionView:
    name: str
    title: str
    sentences: tuple[str, ...] = ()
    steps: tuple[StepView, ...] = ()
    figures: tuple[FigureView, ...] = ()
    table: TableView | None = None
    claims: tuple[ClaimView, ...] = ()


@dataclass(frozen=True)
class PaperView:
    title: str
    source: str
    abstract: tuple[str, ...]
    sections: tuple[SectionView, ...]
    footer: str
    appendix: tuple[DerivationView, ...] = ()
    references: tuple[ReferenceView, ...] = ()

    @property
    def marks(self) -> dict[str, str]:
        """What stands for a link: the numbers of equations by their labels, and of sources by their keys."""
        parts: tuple[SectionView | DerivationView, ...] = (*self.sections, *self.appendix)
        equations = {f"#{step.label}": f"({step.number})" for part in parts for step in part.steps}
        return equations | {f"@{source.key}": f"[{place}]" for place, source in enumerate(self.references, 1)}
