r"""Rows of results and of derivations, which the LaTeX and the plain text are made from.

Exact rows read ``=``, approximate ones ``\simeq`` (``~`` in plain text).  Long integers and what is longer than a page have
names (:mod:`theory.abridging`); the display of :mod:`derivations.typeset.display` splits long rows too.

>>> from sympy import sqrt, symbols
>>> v, w = symbols("v w")
>>> mu, lam = symbols("mu lambda", positive=True)
>>> print(rows_text([Row(w, mu / 2 + sqrt(mu**2 - 4 * lam) / 2), *conditions_row([mu**2 - 4 * lam >= 0])]))
w = mu/2 + sqrt(mu**2 - 4*lambda)/2
if mu**2 - 4*lambda >= 0
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sympy import Basic, Float, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanTrue

from derivations.typeset.plain_values import plain_fields
from theory.abridging import Brief, Say, text_lines

SIGNS = {"==": "=", "!=": r"\ne", ">=": r"\ge", "<=": r"\le", ">": ">", "<": "<"}
_PLAIN = {tex: text for text, tex in SIGNS.items()} | {"=": "=", r"\simeq": "~", r"\to": "->"}


@dataclass(frozen=True)
class Row(Brief):
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
    right: Any = None
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

    def to_dict(self) -> dict:
        """Plain values; expressions as text, whole."""
        return plain_fields(self, ("left", "relation", "right"))

    def __str__(self):
        return rows_text([self])


def row_of(left: Basic | str, right: Basic, relation: str = "=") -> Row:
    return Row(left, right, relation)


def rows_text(rows: Iterable[Row]) -> str:
    """Rows in plain text; expressions as SymPy reads them."""
    held = list(rows)
    return text_lines(lambda say: [row.text_with(say) for row in held])


def conditions_row(conditions: Iterable[Basic]) -> list[Row]:
    """Conditions that all hold, each on a row of its own."""
    said = [c for c in conditions if not isinstance(c, BooleanTrue)]
    return [_condition_row(c, "and" if number else "if") for number, c in enumerate(said)]


def _condition_row(condition: Basic, words: str) -> Row:
    if isinstance(condition, Relational):
        return Row(condition.lhs, condition.rhs, SIGNS[condition.rel_op], words)
    return Row(condition, words=words)
