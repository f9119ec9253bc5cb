"""Expressions as on paper, in plain text: matrix sums in the order in which they were collected.

Integers of any length are written, which Python itself refuses beyond 4300 digits.  What is written here is whole;
:mod:`theory.abridging` gives names to what is too long to be read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from fractions import Fraction

from flint import fmpz
from sympy import Add, Basic, Expr, MatMul, MatrixBase, Mul, Order, Pow, Rational, S, Symbol
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from theory.rewriting import replace_depths, replace_numbers

READABLE = sys.int_info.str_digits_check_threshold  # digits that Python reads whatever its limit is
_DECIMAL = re.compile(r"([+-]?)(?=\.?\d)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,4}))?")
_HELD = "\ue000\ue001"  # around the place of a long integer
DEEPEST = 60  # expressions within each other that are written at once
MANY = 1000  # terms of a sum that are put in order


def decimal_digits(number: int) -> str:
    """The decimal digits of an integer of any length."""
    return str(fmpz(int(number)))


def read_number(text: str) -> Rational:
    """The number that a decimal, or a fraction of decimals, spells, of any length.

    Raises
    ------
    ValueError
        for other text.

    >>> read_number("1.25e1"), read_number("-1/3")
    (25/2, -1/3)
    """
    top, *bottom = text.split("/", 1)
    found = _DECIMAL.fullmatch(top.strip())
    if found is None:
        raise ValueError(f"no number: {text[:40]}")
    sign, whole, rest, exponent = found.groups(default="")
    value = Rational(int(fmpz(f"{whole}{rest}"))) * Rational(10) ** (int(exponent or 0) - len(rest))
    return (-value if sign == "-" else value) / (read_number(bottom[0]) if bottom else 1)


class Held(Symbol):
    """The place of a part in an expression that is printed without it."""

    __slots__ = ()


class AsWritten(Add):
    """A sum for display, which prints its terms in the order in which they are given."""

    __slots__ = ()


def _join_terms(terms: Sequence[str]) -> str:
    return "".join([terms[0], *(f" - {t[1:]}" if t.startswith("-") else f" + {t}" for t in terms[1:])])


def is_negative(number: Expr) -> bool:
    """Whether an expression is printed with a minus in front."""
    return (
        is_negative(number.args[0])
        if isinstance(number, Mul | MatMul)
        else bool(number.is_Number and number.is_extended_negative)
    )


def positive_first(terms: Sequence[Expr]) -> list[Expr]:
    """Terms in their order, but a first one without a minus; a series by its powers, with what is left out at its end."""
    order = next((t for t in terms if isinstance(t, Order)), None)
    if order is None or order.point[0] not in (S.Zero, S.Infinity):
        first = next((k for k, t in enumerate(terms) if not is_negative(t)), 0)
        return [terms[first], *terms[:first], *terms[first + 1 :]]
    direction = 1 if order.point[0] == 0 else -1
    powers = {t: t.as_coeff_exponent(order.variables[0])[1] for t in terms if t != order}
    key = {t: direction * power if power.is_Rational else S.Zero for t, power in powers.items()}
    return [*sorted(key, key=key.__getitem__), order]


class AnyLength(StrPrinter):
    """SymPy's plain text, with integers of any length; very long sums in the order in which SymPy keeps them."""

    def integer(self, number: int) -> str:
        return decimal_digits(number)

    def add_brackets(self, text: str) -> str:
        return f"({text})"

    def _print_Integer(self, expr):
        return self.integer(expr.p)

    def _print_Rational(self, expr):
        return f"{self.integer(expr.p)}/{self.integer(expr.q)}"

    def _as_ordered_terms(self, expr, order=None):
        return list(expr.args) if len(expr.args) > MANY else super()._as_ordered_terms(expr, order)


class PaperPrinter(AnyLength):
    """Plain text, with the terms of matrix sums in their own order and signs in front."""

    def _as_ordered_terms(self, expr, order=None):
        return positive_first(expr.args if isinstance(expr, AsWritten) else super()._as_ordered_terms(expr, order))

    def _print_MatAdd(self, expr):
        return _join_terms([self._print(term) for term in positive_first(expr.args)])

    def _print_MatMul(self, expr):
        factors = expr.args[1:] if expr.args[0] == S.NegativeOne else expr.args
        text = "*".join(self.parenthesize(factor, PRECEDENCE["Mul"], strict=isinstance(factor, Mul)) for factor in factors)
        return text if factors == expr.args else f"-{text}"


class ReadablePrinter(PaperPrinter):
    """Plain text that reads back in any setting of Python: long integers are hexadecimal."""

    def __init__(self):
        super().__init__()
        self.factors: dict[Basic, str] = {}

    def integer(self, number: int) -> str:
        text = decimal_digits(number)
        return text if len(text.lstrip("-")) <= READABLE else hex(number)

    def _print_Add(self, expr, order=None):
        if len(expr.args) <= MANY:
            return super()._print_Add(expr, order)
        return _join_terms([self._monomial_text(term) for term in expr.args])

    def _monomial_text(self, term: Basic) -> str:
        """One of very many terms, its factors written once each."""
        found = [self._factor_text(factor) for factor in term.args] if isinstance(term, Mul) else [""]
        if not all(found):
            return self.parenthesize(term, PRECEDENCE["Add"])
        return f"-{'*'.join(found[1:])}" if found[0] == "-1" else "*".join(found)

    def _factor_text(self, factor: Basic) -> str:
        """A number in front, a symbol, or a power of one with a positive integer; nothing for others."""
        if isinstance(factor, Rational):
            return self._print(factor)
        if factor not in self.factors:
            power = isinstance(factor, Pow) and factor.base.is_Symbol and factor.exp.is_Integer and factor.exp.p > 0
            self.factors[factor] = self._print(factor) if power or factor.is_Symbol else ""
        return self.factors[factor]


def plain(expr: Basic) -> str:
    """An expression as on paper, in plain text."""
    return print_whole(PaperPrinter(), expr)


def exact_text(expr: object) -> str:
    """The text of an expression for a program: whole, and read back without a limit on the length of integers.

    >>> from sympy import Integer
    >>> exact_text(Symbol("x") / 3), exact_text(Integer(10) ** 700)[:6]
    ('x/3', '0x28c6')
    """
    return print_whole(ReadablePrinter(), expr)


def print_whole(printer: AnyLength | LatexPrinter, expr: object) -> str:
    """The text of an expression; long integers and what is deep, which SymPy cannot put in order, are put in behind."""
    if isinstance(expr, MatrixBase):
        expr = expr.as_immutable()
    if isinstance(expr, int | Fraction):
        expr = Rational(expr.numerator, expr.denominator)
    if not isinstance(expr, Basic):
        return str(expr)
    held: list[int | Basic] = []

    def name(part: int | Basic) -> Symbol:
        held.append(part)
        return Held(f"{_HELD[0]}{len(held) - 1}{_HELD[1]}", positive=True)

    def text(part: Basic) -> str:
        return printer.doprint(replace_numbers(replace_depths(part, DEEPEST, name), READABLE, name))

    first, texts = text(expr), list[str]()
    while len(texts) < len(held):
        part = held[len(texts)]
        texts.append(printer.integer(part) if isinstance(part, int) else printer.add_brackets(text(part)))
    for k in reversed(range(len(texts))):  # what stands in a part comes after it
        texts[k] = _insert_texts(texts, texts[k])
    return _insert_texts(texts, first)


def _insert_texts(texts: Sequence[str], text: str) -> str:
    return re.sub("{}([0-9]+){}".format(*_HELD), lambda match: texts[int(match[1])], text) if texts else text
