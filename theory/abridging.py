"""Expressions of any length in text: with the definitions of what has a name in them, or with dots on a line of a message.

>>> from sympy import symbols
>>> print(brief(sum(symbols("x:200"))))
… + … + … + … (a sum of 200 terms)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from html import escape
from itertools import islice
from typing import ClassVar

from sympy import Basic, Integer, MatrixBase, Rational

from theory.latex import tex
from theory.parts import LONG, Definition, Names, put_dots
from theory.printing import decimal_digits, plain

WRITTEN, ENDS = 300, 20  # digits of a definition that is written out; first and last ones of longer numbers
LISTED = 100  # entries of a list in a ``repr``


Say = Callable[[Basic], str]


def text_lines(lines: Callable[[Say], Iterable[str]]) -> str:
    """Lines that write their expressions with the function that they are given, and below them what the names stand for.

    >>> print(text_lines(lambda say: [f"x = {say(Integer(10) ** 5000)}"]))
    x = N_1
    where N_1 = 10000000000000000000…00000000000000000000 (5001 digits)
    """
    shown: list[Basic] = []

    def record_expression(expr: Basic) -> str:
        shown.append(expr)
        return ""

    list(lines(record_expression))
    names, defined = Names.free(shown), []

    def say(expr: Basic) -> str:
        short, definitions = names.abridge(expr)
        defined.extend(definitions)
        return plain(short)

    return "\n".join([*lines(say), *(f"where {_definition_text(d)}" for d in defined)])


def text_of(expr: Basic) -> str:
    """One expression in plain text, with what its names stand for."""
    return text_lines(lambda say: [say(expr)])


def _definition_text(definition: Definition) -> str:
    name = plain(definition.name)
    if definition.value is None:
        return f"{name} is {definition.words}, not written out here"
    if isinstance(definition.value, Integer):
        return f"{name} = {elide_digits(definition.value.p)}"
    return f"{name} = {plain(definition.value)}"


def tex_lines(sides: Iterable[tuple[str, Basic]]) -> list[str]:
    """Rows of an aligned display, each a left side in LaTeX and an expression, with the definitions of names before them."""
    held, shown = list(sides), list[str]()
    names = Names.free(side for pair in held for side in pair)
    for left, expr in held:
        short, definitions = names.abridge(expr)
        shown += [*map(_definition_tex, definitions), f"{left} &= {tex(short)}"]
    return shown


def _definition_tex(definition: Definition) -> str:
    name = tex(definition.name)
    if definition.value is None:
        return rf"{name} &\text{{ is {definition.words}, not written out here}}"
    if isinstance(definition.value, Integer):
        return f"{name} &= {tex_digits(definition.value.p)}"
    return f"{name} &= {tex(definition.value)}"


def tex_digits(number: int) -> str:
    """An integer in digits in LaTeX, of a long one the first and the last and how many there are."""
    return re.sub(r" \((.*)\)", r" \\text{ (\1)}", elide_digits(number).replace("…", r"\ldots "))


def elide_digits(number: int, written: int = WRITTEN) -> str:
    """An integer in digits, of a long one the first and the last and how many there are."""
    text = decimal_digits(number)
    return text if len(text) <= written else f"{text[:ENDS]}…{text[-ENDS:]} ({len(text)} digits)"


def brief(expr: object, page: int = 60) -> str:
    """An expression, or a list of some, on a line of a message: dots for what is long in it."""
    if isinstance(expr, MatrixBase):
        expr = expr.as_immutable()
    if isinstance(expr, Fraction):
        expr = Rational(expr.numerator, expr.denominator)
    if not isinstance(expr, Basic) or isinstance(expr, Brief):
        return _short_repr(expr)
    short, words = put_dots(expr, page)
    return f"{plain(short)} ({words})" if words else plain(short)


class Brief:
    """A data class, or a class that names what is shown, whose ``repr`` is on a line with dots for what is long."""

    _shown: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if "__repr__" not in cls.__dict__:  # a data class makes none where there is one
            cls.__repr__ = Brief.__repr__  # type: ignore[method-assign]

    def __repr__(self):
        names = [f.name for f in fields(self) if f.repr] if is_dataclass(self) else self._shown
        shown = [f"{name}={_short_repr(getattr(self, name))}" for name in names]
        return f"{type(self).__qualname__}({', '.join(shown)})"


def table_html(title: str, head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table of a notebook, its text escaped."""

    def row(cells: Iterable[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    return f"<table><caption>{escape(title)}</caption>{row(head, 'th')}{''.join(row(r, 'td') for r in rows)}</table>"


def listed(names: Iterable[object]) -> str:
    """Names in a row, of many the beginning."""
    return _list_items(map(str, names))


def _short_repr(value: object) -> str:
    """As ``repr``, of what holds expressions too; of long lists the beginning."""
    if isinstance(value, Basic | MatrixBase | Fraction) and not isinstance(value, Brief):
        return brief(value)
    if isinstance(value, Mapping):
        return f"{{{_list_items(f'{_short_repr(k)}: {_short_repr(v)}' for k, v in value.items())}}}"
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        inner = _list_items(map(_short_repr, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    return elide_digits(value, LONG) if isinstance(value, int) and not isinstance(value, bool | Enum) else repr(value)


def _list_items(items: Iterable[str]) -> str:
    first = list(islice(items, LISTED + 1))
    return ", ".join([*first[:LISTED], "…"] if len(first) > LISTED else first)
