"""Expressions as on paper, in plain text and in LaTeX: matrix sums in the order in which they were collected.

Integers of any length are written, which Python itself refuses beyond 4300 digits.  What is written here is whole;
:mod:`theory.abridging` gives names to what is too long to be read.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from flint import fmpz
from sympy import Add, Basic, Expr, MatMul, MatrixBase, Mul, Order, Pow, Rational, S, Symbol
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pretty.pretty_symbology import greek_unicode
from sympy.printing.str import StrPrinter

from theory.rewriting import replace_depths, replace_numbers
from theory.stopgrad import StopGradientMatrix

_GREEK = {letter: name for name, letter in greek_unicode.items()} | {"ß": "ss"}


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


class _Held(Symbol):
    """The place of a part in an expression that is printed without it."""

    __slots__ = ()


class AsWritten(Add):
    """A sum for display, which prints its terms in the order in which they are given."""

    __slots__ = ()


def _join_terms(terms: Sequence[str]) -> str:
    return "".join([terms[0], *(f" - {t[1:]}" if t.startswith("-") else f" + {t}" for t in terms[1:])])


def _is_negative(number: Expr) -> bool:
    """Whether an expression is printed with a minus in front."""
    return bool(number.as_coeff_Mul()[0] < 0)


def _positive_first(terms: Sequence[Expr]) -> list[Expr]:
    """Terms in their order, but a first one without a minus; a series by its powers, with what is left out at its end."""
    order = next((t for t in terms if isinstance(t, Order)), None)
    if order is None or order.point[0] not in (S.Zero, S.Infinity):
        first = next((k for k, t in enumerate(terms) if not _is_negative(t)), 0)
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
        return _positive_first(expr.args if isinstance(expr, AsWritten) else super()._as_ordered_terms(expr, order))

    def _print_MatAdd(self, expr):
        return _join_terms([self._print(term) for term in expr.args])

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
    return _print_whole(PaperPrinter(), expr)


def exact_text(expr: object) -> str:
    """The text of an expression for a program: whole, and read back without a limit on the length of integers.

    >>> from sympy import Integer
    >>> exact_text(Symbol("x") / 3), exact_text(Integer(10) ** 700)[:6]
    ('x/3', '0x28c6')
    """
    return _print_whole(ReadablePrinter(), expr)


def _print_whole(printer: AnyLength | TexPrinter, expr: object) -> str:
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
        return _Held(f"{_HELD[0]}{len(held) - 1}{_HELD[1]}", positive=True)

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


class TexPrinter(LatexPrinter):
    """SymPy's printer with matrix sums in their own order, traces as tr, sums by their indices."""

    def __init__(self):
        super().__init__({"mat_symbol_style": "plain"})

    def _print_MatAdd(self, expr):
        terms = [self._print(term) for term in expr.args]
        return " ".join([terms[0], *(t if t.startswith("-") else f"+ {t}" for t in terms[1:])])

    def _as_ordered_terms(self, expr, order=None):
        return _positive_first(expr.args if isinstance(expr, AsWritten) else super()._as_ordered_terms(expr, order))

    def _print_Add(self, expr, order=None):
        first, *others = (self.term(t) for t in self._as_ordered_terms(expr, order))
        return " ".join([first, *(f"- {t[1:].lstrip()}" if t.startswith("-") else f"+ {t}" for t in others)])

    def term(self, expr: Basic) -> str:
        """A term of a sum; numbers as small as the fractions in front of the others."""
        if isinstance(expr, Rational) and expr.q > 1:
            return rf"{'- ' if expr < 0 else ''}\tfrac{{{decimal_digits(abs(expr.p))}}}{{{decimal_digits(expr.q)}}}"
        text = self._print(expr)
        return rf"\left({text}\right)" if self._needs_add_brackets(expr) else text

    def integer(self, number: int) -> str:
        return decimal_digits(number)

    def add_brackets(self, text: str) -> str:
        return rf"\left({text}\right)"

    def _print_Integer(self, expr):
        return decimal_digits(expr.p)

    def _print_Rational(self, expr):
        return rf"{'- ' if expr.p < 0 else ''}\frac{{{decimal_digits(abs(expr.p))}}}{{{decimal_digits(expr.q)}}}"

    def _print_MatMul(self, expr):
        """As SymPy's, which multiplies every product out with a minus sign to learn whether it has one."""
        level, (first, *others) = _precedence_of_product(expr), expr.args
        sign, factors = ("", expr.args) if level > PRECEDENCE["Add"] else ("- ", others if first == -1 else (-first, *others))
        return sign + " ".join(
            self._print(f) if isinstance(f, Mul) and not isinstance(f, MatMul) else self.parenthesize(f, level) for f in factors
        )

    def parenthesize(self, item, level, is_neg=False, strict=False):
        if not isinstance(item, MatMul):
            return super().parenthesize(item, level, is_neg, strict)
        inner, text = _precedence_of_product(item), self._print(item)
        return self.add_brackets(text) if (is_neg and strict) or inner < level or (inner == level and not strict) else text

    def _print_Transpose(self, expr):
        if isinstance(expr.arg, StopGradientMatrix):
            return rf"{self._print(expr.arg)}^{{T}}"
        return super()._print_Transpose(expr)

    def _print_Trace(self, expr, exp=None):
        text = rf"\operatorname{{tr}}\left({self._print(expr.arg)}\right)"
        return text if exp is None else rf"{text}^{{{exp}}}"

    def _print_Sum(self, expr):
        indices = ",".join(self._print(limit[0]) for limit in reversed(expr.limits))
        inner = self._print(expr.function)
        return rf"\sum_{{{indices}}} " + (rf"\left[{inner}\right]" if isinstance(expr.function, Add) else inner)

    def _print_MatrixElement(self, expr):
        parent = self._print(expr.parent)
        is_one_sign = re.fullmatch(r"\w|\\[a-z]+", parent) or parent.startswith(r"\operatorname")
        bracketed = parent if is_one_sign else self.add_brackets(parent)
        column = r"(\\\w+|\w|\\dot\{\w\})_\{?([\w+])\}?" if expr.parent.cols == 1 else r"(\w)_\{(\w)\}"
        if match := re.fullmatch(column, parent):
            return rf"{match[1]}_{{{match[2]},{self._print(expr.i)}}}"
        second = "" if expr.parent.cols == 1 else self._print(expr.j)
        return rf"{bracketed}_{{{self._print(expr.i)}{second}}}"

    def _print_Mul(self, expr):
        coefficient, rest = expr.as_coeff_Mul()
        is_part = isinstance(coefficient, Rational) and abs(coefficient.p) == 1 < coefficient.q
        if is_part and not any(isinstance(f, Pow) and _is_negative(f.exp) for f in Mul.make_args(rest)):
            sign = "- " if coefficient < 0 else ""
            inner = self.parenthesize(rest, 50) if isinstance(rest, Add) else self._print(rest)
            return rf"{sign}\tfrac{{1}}{{{decimal_digits(coefficient.q)}}} {inner}"
        return super()._print_Mul(expr)

    def _print_ComplexRootOf(self, expr):
        return rf"\operatorname{{root}}_{{{expr.index + 1}}}\left({self._print(expr.expr)}\right)"

    def _print_Identity(self, expr):
        return r"\mathbb{I}"

    def _print__Held(self, expr):
        return expr.name

    def _print_Symbol(self, expr, style="plain"):
        named = Symbol(ascii_name(expr.name)) if not expr.name.isascii() else expr
        return super()._print_Symbol(named, style).replace(r"\phi", r"\varphi")


def _precedence_of_product(product: MatMul) -> int:
    first = product.args[0]
    return PRECEDENCE["Add" if first.is_Number and first.is_extended_negative else "Mul"]


def ascii_name(name: str) -> str:
    """A name in ASCII: Greek letters spelled out, accents dropped, what is left a question mark."""
    spelled = (_GREEK.get(c) or unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode() or "?" for c in name)
    return "".join(spelled)


@lru_cache(4096)
def tex(expr: Basic) -> str:
    """The LaTeX of one expression, on one line; KaTeX and pdflatex read it alike."""
    return _print_whole(TexPrinter(), expr)
