r"""Results as people see them: each is a list of rows, which the LaTeX and the plain text are made from.

Exact rows read ``=``, approximate ones ``\simeq``.  Long rows are split, and long parts of them named, by the display
of :mod:`derivations.rendering.tex`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sympy import Basic

from theory.printing import tex


@dataclass(frozen=True)
class Row:
    """One row: a relation between expressions, or words (``left`` a string and no right side)."""

    left: Basic | str
    right: Basic | None = None
    relation: str = "="

    @classmethod
    def text(cls, words: str) -> Row:
        return cls(words)


class Shown:
    """What every result can do: print, show itself in a notebook, and turn into LaTeX or JSON."""

    def rows(self) -> list[Row]:
        raise NotImplementedError

    def to_dict(self) -> dict:
        raise NotImplementedError

    def to_json(self) -> str:
        """The result as one JSON object; expressions as text."""
        return json.dumps(self.to_dict())

    def to_latex(self) -> str:
        """An ``aligned`` display without delimiters."""
        from derivations.rendering.tex import display_rows

        return display_rows(self.rows())

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.to_latex()}$"


def row(left: Basic | str, right: Basic, relation: str = "=") -> Row:
    return Row(left, right, relation)


def conditions_row(conditions: Iterable[Basic]) -> list[Row]:
    """Relations as rows of their own."""
    signs = {"==": "=", "!=": r"\ne", ">=": r"\ge", "<=": r"\le", ">": ">", "<": "<"}
    return [Row(r"\text{if }" + tex(c.lhs), c.rhs, signs[c.rel_op]) for c in conditions if hasattr(c, "rel_op")]
