"""Lines of a derivation as displays, once for the page and the paper: KaTeX and pdflatex read the same strings."""

from __future__ import annotations

import re

from sympy import Add, Basic, MatAdd

from derivations.engine import Line, Lines
from theory.printing import TexPrinter, tex

LINE_WIDTH = 62  # visible symbols that fit on a line of the report


def display(lines: Lines) -> str:
    """The lines as one aligned display without delimiters; sums that are too long continue on further lines."""
    rows = [row for line in lines for row in _rows(line)]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def visible_width(text: str) -> int:
    """A rough count of the symbols that a LaTeX string shows."""
    plain = re.sub(r"\\(left|right|operatorname|begin|end|tfrac|frac|text|mathbb)\b", "", text)
    return len(re.sub(r"[{}_^&\s]", "", re.sub(r"\\[a-zA-Z]+", "x", plain)))


def _rows(line: Line) -> list[str]:
    left = line.left if isinstance(line.left, str) else tex(line.left)
    rows, current = [], rf"{left} &{line.relation} "
    started = False
    for term in _terms(line.right):
        joined = f"+ {term}" if started and not term.startswith("-") else term
        if started and visible_width(current + joined) > LINE_WIDTH:
            rows.append(current.rstrip())
            current = r"&\quad "
        current += joined + " "
        started = True
    return [*rows, current.rstrip()]


def _terms(expr: Basic) -> list[str]:
    if isinstance(expr, MatAdd):
        return [tex(term) for term in expr.args]
    if isinstance(expr, Add):
        return [tex(term) for term in TexPrinter()._as_ordered_terms(expr)]
    return [tex(expr)]
