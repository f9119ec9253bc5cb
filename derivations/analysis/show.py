r"""Results as people see them: each is a list of rows, which the LaTeX and the plain text are made from.

Exact rows read ``=``, approximate ones ``\simeq`` (``~`` in plain text).  Long integers and what is longer than a page have
names (:mod:`theory.abridging`); the display of :mod:`derivations.rendering.tex` splits long rows too.  JSON is whole.

>>> from sympy import sqrt, symbols
>>> v, w = symbols("v w")
>>> mu, lam = symbols("mu lambda", positive=True)
>>> print(text([Row(w, mu / 2 + sqrt(mu**2 - 4 * lam) / 2), *conditions_row([mu**2 - 4 * lam >= 0])]))
w = mu/2 + sqrt(mu**2 - 4*lambda)/2
if mu**2 - 4*lambda >= 0
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from sympy import Basic, Float, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanTrue

from theory.abridging import Brief, Say, told

__all__ = ["SIGNS", "Row", "Say", "Shown", "conditions_row", "row", "text"]

SIGNS = {"==": "=", "!=": r"\ne", ">=": r"\ge", "<=": r"\le", ">": ">", "<": "<"}
_PLAIN = {tex: text for text, tex in SIGNS.items()} | {"=": "=", r"\simeq": "~", r"\to": "->"}


@dataclass(frozen=True)
class Row:
    r"""One row: a relation between expressions; without a right side, a condition, or words.

    Attributes
    ----------
    left
        an expression, or LaTeX for a name; plain words where there is no right side.
    relation
        ``"="`` for what is exact, ``"\\simeq"`` for what is approximate, or another relation, in LaTeX or as SymPy spells it.
    words
        plain words in front, such as ``if``.
    by
        symbols in which the sides are collected.
    """

    left: Basic | str
    right: Basic | None = None
    relation: str = "="
    words: str = ""
    by: tuple[Symbol, ...] = ()

    @classmethod
    def text(cls, words: str) -> Row:
        return cls(words)

    @property
    def is_text(self) -> bool:
        """Whether the row is words alone."""
        return self.right is None and isinstance(self.left, str)

    @property
    def sign(self) -> str:
        r"""The relation as it is shown: what holds floating-point numbers is never ``=``."""
        approximate = any(isinstance(side, Basic) and side.has(Float) for side in (self.left, self.right))
        relation = SIGNS.get(self.relation, self.relation)
        return r"\simeq" if approximate and relation == "=" else relation

    def text_with(self, say: Say) -> str:
        """The row in plain text, its expressions as ``say`` writes them."""
        left = self.left if isinstance(self.left, str) else say(self.left)
        front = f"{self.words} {left}".lstrip()
        return front if self.right is None else f"{front} {_PLAIN.get(self.sign, self.sign)} {say(self.right)}"

    def __str__(self):
        return text([self])


class Shown(Brief):
    """What every result can do: print, show itself in a notebook, and turn into LaTeX, HTML or JSON."""

    def rows(self) -> list[Row]:
        raise NotImplementedError

    def lines(self, say: Say) -> list[str]:
        """Plain text, its expressions as ``say`` writes them."""
        return [row.text_with(say) for row in self.rows()]

    def to_dict(self) -> dict:
        raise NotImplementedError

    def to_json(self) -> str:
        """The result as one JSON object; expressions as text, whole, integers of more than 640 digits hexadecimal."""
        return json.dumps(self.to_dict(), allow_nan=False)

    def to_latex(self) -> str:
        """An ``aligned`` display without delimiters."""
        from derivations.rendering.tex import display_rows

        return display_rows(self.rows())

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.to_latex()}$"

    def to_html(self) -> str:
        """A self-contained HTML page that needs no network."""
        from derivations.rendering.html import result_page

        return result_page(type(self).__name__, self.to_latex())

    def _repr_html_(self) -> str:
        return f"<div>{escape(self._repr_latex_(), quote=False)}</div>"

    def __str__(self):
        return told(self.lines)


def row(left: Basic | str, right: Basic, relation: str = "=") -> Row:
    return Row(left, right, relation)


def text(rows: Iterable[Row]) -> str:
    """Rows in plain text; expressions as SymPy reads them."""
    held = list(rows)
    return told(lambda say: [row.text_with(say) for row in held])


def conditions_row(conditions: Iterable[Basic]) -> list[Row]:
    """Conditions that all hold, each on a row of its own."""
    said = [c for c in conditions if not isinstance(c, BooleanTrue)]
    return [_condition(c, "and" if number else "if") for number, c in enumerate(said)]


def _condition(condition: Basic, words: str) -> Row:
    if isinstance(condition, Relational):
        return Row(condition.lhs, condition.rhs, SIGNS[condition.rel_op], words)
    return Row(condition, words=words)
