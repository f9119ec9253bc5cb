"""Formulas in figures: LaTeX where the figure's own reader of it takes them and they are short, plain words else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from matplotlib.mathtext import MathTextParser
from sympy import Basic, Expr, S, Symbol, fraction

from derivations.typeset.breaking import visible_width
from theory.latex import dotted, tex
from theory.printing import plain

WIDEST = 26.0  # letters of a formula beside a mark


@lru_cache(maxsize=512)
def formula(expr: Basic) -> str:
    """An expression between dollars, or in plain text without any where the figure cannot set it."""
    top, bottom = fraction(expr) if isinstance(expr, Expr) else (expr, S.One)
    sign, top = ("-", -top) if bottom != 1 and top.could_extract_minus_sign() else ("", top)
    text = _for_figures(tex(expr) if bottom == 1 else rf"{sign}\frac{{{tex(top)}}}{{{tex(bottom)}}}")
    return f"${text}$" if is_readable(f"${text}$") else plain_text(plain(expr))


def rate_of(symbol: Symbol) -> str:
    """The velocity of an amplitude, with a dot where the figure can set it."""
    text = f"${_for_figures(dotted(symbol))}$"
    return text if is_readable(text) else f"d{plain_text(plain(symbol))}/dt"


def is_short(expr: Basic) -> bool:
    return visible_width(tex(expr)) <= WIDEST


def is_readable(text: str) -> bool:
    """Whether the figure's reader of LaTeX takes a text."""
    try:
        MathTextParser("path").parse(text)
    except (ValueError, RuntimeError):
        return False
    return True


def plain_text(text: str) -> str:
    """Words in which no sign starts a formula."""
    return text.replace("$", r"\$")


def _for_figures(text: str) -> str:
    return re.sub(r"\\(left|right)(?=[.])\.?", "", text).replace(r"\tfrac", r"\frac").replace(r"\frac", r"\dfrac")


def equation(symbol: Symbol, value: Expr | None, number: float) -> str:
    """``symbol = value = number``, without the value where there is no short one, or where it is that number."""
    name = formula(symbol)
    if value is None or value.is_Rational or not is_short(value):
        return f"{name} = {number_text(number)}"
    return f"{name} = {formula(value)} = {number_text(number)}"


def number_text(value: float) -> str:
    """A number with four digits."""
    text = f"{value:.4g}"
    if "e" not in text:
        return text.replace("-", "−")
    digits, power = text.split("e")
    return rf"${digits}\times10^{{{int(power)}}}$"


def numbers_text(numbers: Mapping[Symbol, object], without: Iterable[Symbol] = ()) -> str:
    """At which numbers of parameters a figure is drawn, three to a line."""
    left_out = set(without)
    told = [f"{formula(s)} = {number_text(float(v))}" for s, v in numbers.items() if s not in left_out]  # type: ignore[arg-type]
    rows = [", ".join(told[k : k + 3]) for k in range(0, len(told), 3)]
    return "at " + ",\n".join(rows) if rows else ""
