"""Rows as displays, once for the page and the paper: KaTeX and pdflatex read the same strings.

Within a display, roots of polynomials have names; sums and bracketed sums that are too long continue on further rows, and
other parts that are too long have names of their own, each defined on a row before the one that uses it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sympy import Add, Basic, Integer

from derivations.typeset.breaking import LINE_WIDTH, fits, latex_pieces, visible_width, wrap_pieces
from derivations.typeset.grouping import group_each_term, group_terms
from derivations.typeset.naming import shorten_expression
from derivations.typeset.roots import LETTERS as ROOT_LETTERS
from derivations.typeset.roots import RootFamily, Roots
from derivations.typeset.rows import Row
from theory.abridging import elide_digits
from theory.latex import ascii_name, tex
from theory.parts import Definition, Names, free_letter

__all__ = ["LINE_WIDTH", "display", "tex", "visible_width"]

LEFT_WIDTH, SUM_WIDTH = 24, 12  # left sides wider than this, and sums, have no column of their own
MARGIN = 4.0  # of a row, for its indentation, relation, or a short word
CHARACTER_WIDTH = 0.95
_ESCAPED = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {c: "\\" + c for c in "&%$#_{}"}

Side: TypeAlias = "Basic | str"


def display(rows: Sequence[Row]) -> str:
    """Rows as one aligned display without delimiters, their expressions grouped as on paper."""
    writer = _Writer.of(rows)
    shown = ""
    for row in rows:
        gap = r" \\[0.6em]" if row.is_text else r" \\"
        shown += (f"{gap}\n" if shown else "") + " \\\\\n".join(writer.row(row))
    return f"\\begin{{aligned}}\n{shown}\n\\end{{aligned}}"


def _write_grouped(row: Row, side: Basic) -> Basic:
    """A side as on paper; an approximation keeps its terms, each of its own order."""
    return group_each_term(side) if row.sign == r"\simeq" else group_terms(side, row.by)


@dataclass
class _Writer:
    """What the rows of one display share: the names given so far, and the room right of the left sides."""

    roots: Roots
    names: Names
    room: float

    @classmethod
    def of(cls, rows: Sequence[Row]) -> _Writer:
        shown = [side for row in rows if not row.is_text for side in (row.left, row.right) if side is not None]
        roots = Roots.of(shown, free_letter(ROOT_LETTERS, shown))
        lefts = [visible_width(_side_tex(row.left)) for row in rows if _in_column(row)]
        return cls(roots, Names.free(shown), LINE_WIDTH - max([3.0, *lefts]))

    def row(self, row: Row) -> list[str]:
        """A row with the definitions that it needs before it."""
        if row.is_text:
            return _wrap_words(str(row.left), self.room)
        front = rf"\text{{{_escape_words(row.words)} }}" if row.words else ""
        left, before = self._write_side(row, row.left)
        if row.right is None:
            return [*before, *self._set_sides("", [(front, left)])]
        right, more = self._write_side(row, row.right)
        if _in_column(row):
            return [*before, *more, *self._set_sides(_side_tex(left), [(row.sign, right)])]
        return [*before, *more, *self._set_sides("", [(front, left), (row.sign, right)])]

    def _write_side(self, row: Row, side: Side) -> tuple[Side, list[str]]:
        """A side as it is shown, and the rows that introduce its names."""
        if isinstance(side, str):
            return side, []
        rooted, families = self.roots.name_roots(side)
        told = [text for family in families for text in self._introduce_family(family)]
        short, definitions = self._shorten_side(rooted, lambda expr: _write_grouped(row, expr))
        return short, [*told, *definitions]

    def _shorten_side(self, expr: Basic, written: Callable[[Basic], Basic] = lambda expr: expr) -> tuple[Basic, list[str]]:
        """An expression within the page and the line, and the rows that define its names."""
        paged, definitions = self.names.abridge(expr)
        told = [text for definition in definitions for text in self._write_definition(definition, written)]
        grouped = written(paged)
        fitting = paged if fits(paged, room := self.room - MARGIN) and not fits(grouped, room) else grouped
        short, more = self._fit_line(fitting)
        return short, [*told, *more]

    def _fit_line(self, expr: Basic) -> tuple[Basic, list[str]]:
        short, definitions = shorten_expression(expr, self.room - MARGIN, self.names.parts)
        return short, [text for name, value in definitions for text in self._set_sides(tex(name), [("=", value)])]

    def _write_definition(self, definition: Definition, written: Callable[[Basic], Basic]) -> list[str]:
        """The rows of a definition: of an integer in groups of digits, of what is not written out in words."""
        name, value = tex(definition.name), definition.value
        if value is None:
            return self._wrap_row(name, [rf"\text{{ is {definition.words},}}", r"\text{ not written out here}"])
        if isinstance(value, Integer):
            return self._wrap_row(name, ["=", *_grouped_digits(elide_digits(value.p))])
        short, told = self._fit_line(written(value))
        return [*told, *self._set_sides(name, [("=", short)])]

    def _introduce_family(self, family: RootFamily) -> list[str]:
        before, behind = family.introduction()
        polynomial, told = self._shorten_side(family.polynomial)
        parts = [*before, *latex_pieces(polynomial, self.room - MARGIN), "= 0", *behind]
        return [*told, *self._wrap_row("", parts)]

    def _set_sides(self, left: str, sides: Iterable[tuple[str, Side]]) -> list[str]:
        """A left side, and expressions with what stands in front of each."""
        parts: list[str] = []
        for front, side in sides:
            first, *others = [side] if isinstance(side, str) else latex_pieces(side, self.room - MARGIN)
            glued = [f"{front} {first}".strip()] if visible_width(front) <= MARGIN else [front, first]
            parts += [*glued, *others]
        return self._wrap_row(left, parts)

    def _wrap_row(self, left: str, parts: list[str]) -> list[str]:
        head, *others = wrap_pieces(parts, self.room, r"\quad ")
        return [f"{left} &{head}".lstrip(), *(f"&{row}" for row in others)]


def _grouped_digits(text: str) -> list[str]:
    """Digits in groups, between which a line may end; dots where some are left out."""
    parts: list[str] = []
    for run in re.findall(r"\d{1,10}|…|\(.*\)", text):
        parts.append({"…": r"\ldots"}.get(run, rf"\text{{ {run}}}" if run.startswith("(") else rf"{run}\,"))
    return parts


def _in_column(row: Row) -> bool:
    """Whether the left side stands in the column of left sides."""
    widest = SUM_WIDTH if isinstance(row.left, Add) else LEFT_WIDTH
    return row.right is not None and not row.words and (isinstance(row.left, str) or visible_width(tex(row.left)) <= widest)


def _side_tex(side: Side) -> str:
    return side if isinstance(side, str) else tex(side)


def _wrap_words(text: str, room: float) -> list[str]:
    lines = textwrap.wrap(text, max(20, int(room / CHARACTER_WIDTH))) or [""]
    return [rf"&\text{{{_escape_words(line)}}}" for line in lines]


def _escape_words(text: str) -> str:
    """Words that KaTeX and pdflatex set alike: ASCII, special characters escaped."""
    return re.sub(r"[\\~^&%$#_{}]", lambda match: _ESCAPED[match[0]], ascii_name(text))
