r"""Where a long formula may be broken: at the terms of a sum, and inside one pair of brackets around a long sum.

Widths are estimates from the LaTeX, in units of a lower-case letter (5.5 points of 10-point Computer Modern), and rather too
large than too small: :data:`LINE_WIDTH` of them stand within 12 centimetres.

>>> visible_width("x") == visible_width(r"\frac{1}{x}") - 0.4
True
"""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache

from sympy import Add, Basic, MatAdd, Mul, Rational, S
from sympy.printing.precedence import PRECEDENCE

from theory.latex import TexPrinter, tex
from theory.printing import positive_first

LINE_WIDTH = 62  # of the display of the report
SIGN_WIDTH = 2.3

_TOKEN = re.compile(r"\\text\{(?:\\.|\{\}|[^{}\\])*\}|\\[a-zA-Z]+|\\.|[^\s&~]")
_ARRAY = re.compile(r"\\begin\{(matrix|cases)\}((?:(?!\\begin).)*?)\\end\{\1\}", re.DOTALL)  # innermost ones
_FRACTIONS = {r"\frac": (1.0, 0.4), r"\tfrac": (0.7, 0.4)}
_SCRIPT = 0.75  # of the size of the text
_FONTS = {r"\mathbb", r"\mathbf", r"\mathrm", r"\boldsymbol", r"\operatorname"}
_INVISIBLE = {r"\left", r"\right", r"\begin", r"\end", r"\dot", r"\bar", "{", "}", *_FONTS}
_RELATIONS = {"=", "<", ">", r"\simeq", r"\approx", r"\ne", r"\neq", r"\ge", r"\geq", r"\le", r"\leq", r"\to", r"\in"}
_OTHER = {
    "+": SIGN_WIDTH, "-": SIGN_WIDTH,
    "(": 0.9, ")": 0.9, "[": 0.7, "]": 0.7, ",": 0.9, ".": 0.6, ":": 0.9, r"\,": 0.4, r"\;": 0.6,
    "m": 1.6, "w": 1.4, r"\quad": 1.9, r"\cdot": 1.4, r"\sum": 2.8, r"\infty": 1.9, r"\omega": 1.3, r"\psi": 1.3,
    r"\bigl": 0.3, r"\bigr": 0.3, r"\Bigl": 0.4, r"\Bigr": 0.4,
    r"\log": 2.8, r"\det": 2.8, r"\sin": 2.8, r"\cos": 3.0, r"\tan": 3.2,
}  # fmt: skip


def visible_width(text: str) -> float:
    """An estimate of the width at which a LaTeX string is set, in lower-case letters."""
    while inner := _ARRAY.search(text):
        rows = (row.replace("&", r"\quad ") for row in inner[2].split(r"\\"))
        text = text[: inner.start()] + max(rows, key=visible_width) + text[inner.end() :]
    return _group_width(deque(_TOKEN.findall(text)))


@lru_cache(4096)
def latex_pieces(expr: Basic, room: float) -> tuple[str, ...]:
    """The LaTeX of an expression, whole if it fits, else cut where a line may end: at terms, with their signs in front."""
    whole = tex(expr)
    if visible_width(whole) <= room:
        return (whole,)
    if isinstance(expr, Add | MatAdd):
        return _join_terms([_term_pieces(term, room - SIGN_WIDTH) for term in order_terms(expr)])
    return _bracket_product(expr, room)


@lru_cache(4096)
def misfit_terms(expr: Basic, room: float) -> tuple[Basic, ...]:
    """The terms of an expression, or itself, of which a piece is wider than the room."""
    if visible_width(tex(expr)) <= room:
        return ()
    if isinstance(expr, Add | MatAdd):
        return tuple(t for t in order_terms(expr) if _sticks_out(_term_pieces(t, room - SIGN_WIDTH), room - SIGN_WIDTH))
    return (expr,) if _sticks_out(_bracket_product(expr, room), room) else ()


def fits(expr: Basic, room: float) -> bool:
    """Whether every piece of an expression is within the room."""
    return not misfit_terms(expr, room)


def order_terms(expr: Basic) -> list[Basic]:
    """The terms of a sum in the order in which they are printed."""
    if isinstance(expr, MatAdd):
        return positive_first(expr.args)
    return list(TexPrinter()._as_ordered_terms(expr)) if isinstance(expr, Add) else [expr]


def wrap_pieces(parts: list[str], room: float, indent: str) -> list[str]:
    """Pieces put together to rows within the room, as far as they allow; further rows begin with ``indent``."""
    rows, current = [], parts[0]
    for part in parts[1:]:
        if visible_width(f"{current} {part}") > room:
            rows.append(current)
            current = f"{indent}{part}"
        else:
            current += f" {part}"
    return [*rows, current]


def _sticks_out(parts: tuple[str, ...], room: float) -> bool:
    return any(visible_width(part) > room for part in parts)


def _term_pieces(expr: Basic, room: float) -> tuple[str, ...]:
    return _bracket_product(expr, room) if isinstance(expr, Mul) else (TexPrinter().term(expr),)


def _join_terms(terms: list[tuple[str, ...]]) -> tuple[str, ...]:
    first, *others = terms
    signed = [(f"- {t[0][1:].lstrip()}" if t[0].startswith("-") else f"+ {t[0]}", *t[1:]) for t in others]
    return tuple(piece for term in (first, *signed) for piece in term)


def _bracket_product(expr: Basic, room: float) -> tuple[str, ...]:
    """A product that is too wide for its one long sum, as pieces with brackets that may stand on different rows.

    Matrices keep their order.
    """
    whole = tex(expr)
    if visible_width(whole) <= room or not isinstance(expr, Mul):
        return (whole,)
    longest = max(expr.args, key=lambda a: visible_width(tex(a)) if isinstance(a, Add) else 0.0)
    place = expr.args.index(longest)
    before, after = expr.args[:place], expr.args[place + 1 :]
    if expr.is_commutative:
        before, after = (*before, *after), ()
    front, back = (_front_factors(list(factors)) if factors else "" for factors in (before, after))
    if not isinstance(longest, Add) or max(map(visible_width, (front, back))) > room / 3:
        return (whole,)
    terms = _join_terms([(TexPrinter().term(t),) for t in order_terms(longest)])
    size = "B" if any(r"\frac" in t for t in terms) else "b"
    opened, closed = rf"\{size}igl(", rf"\{size}igr)"
    return (f"{front} {opened}{terms[0]}".lstrip(), *terms[1:-1], f"{terms[-1]}{closed} {back}".rstrip())


def _front_factors(factors: list[Basic]) -> str:
    if factors == [S.NegativeOne]:
        return "-"
    if isinstance(factors[0], Rational) and len(factors) == 1:
        return TexPrinter().term(factors[0])
    return tex(Mul(*factors, evaluate=False)) if len(factors) > 1 else TexPrinter().parenthesize(factors[0], PRECEDENCE["Mul"])


def _group_width(tokens: deque[str]) -> float:
    total = 0.0
    while tokens and tokens[0] != "}":
        total += _token_width(tokens)
    return total


def _token_width(tokens: deque[str]) -> float:
    """The width of the next token with its arguments."""
    token = tokens.popleft()
    if token == "{":
        width = _group_width(tokens)
        if tokens:
            tokens.popleft()
        return width
    if token in _FRACTIONS and tokens:
        scale, rule = _FRACTIONS[token]
        return scale * max(_token_width(tokens), _argument_width(tokens)) + rule
    if token == r"\sqrt":
        return 1.6 + _argument_width(tokens)
    if token in ("^", "_"):
        width = _argument_width(tokens)
        if tokens and tokens[0] in ("^", "_"):
            tokens.popleft()
            width = max(width, _argument_width(tokens))
        return _SCRIPT * width + 0.1
    return _symbol_width(token)


def _argument_width(tokens: deque[str]) -> float:
    return _token_width(tokens) if tokens else 0.0


def _symbol_width(token: str) -> float:
    if token.startswith(r"\text{"):
        return 0.95 * len(re.sub(r"\\(text[a-z]*\{\}|.)", "x", token[6:-1]))
    if token in _INVISIBLE:
        return 0.0
    if token in _RELATIONS:
        return 2.5
    if token in _OTHER:
        return _OTHER[token]
    if token[-1].isdigit():
        return 0.92
    return 1.8 if len(token) == 1 and token.isupper() else 1.12
