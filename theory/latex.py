"""Expressions as on paper, in LaTeX, which KaTeX and pdflatex read alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from sympy import Add, Basic, Determinant, Expr, Integer, MatMul, Mul, Pow, Rational, Symbol, log
from sympy.printing.latex import LatexPrinter, greek_letters_set
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pretty.pretty_symbology import greek_unicode

from theory.printing import AsWritten, decimal_digits, is_negative, positive_first, print_whole
from theory.stopgrad import StopGradientMatrix

_GREEK = {letter: name for name, letter in greek_unicode.items()} | {"ß": "ss"}
SHORT = 80  # characters of a sum that stands above a denominator


class TexPrinter(LatexPrinter):
    """SymPy's printer with matrix sums in their own order, traces as tr, sums by their indices."""

    def __init__(self):
        super().__init__({"mat_symbol_style": "plain"})

    def _print_MatAdd(self, expr):
        terms = [self._print(term) for term in positive_first(expr.args)]
        return " ".join([terms[0], *(t if t.startswith("-") else f"+ {t}" for t in terms[1:])])

    def _as_ordered_terms(self, expr, order=None):
        return positive_first(expr.args if isinstance(expr, AsWritten) else super()._as_ordered_terms(expr, order))

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
        level, (first, *others) = _precedence_of_product(expr), _flat_factors(expr)
        if level > PRECEDENCE["Add"]:
            return self._join_factors([first, *others], level)
        return f"- {self._join_factors(others if first == -1 else [-first, *others], level)}"

    def _join_factors(self, factors: Sequence[Basic], level: int) -> str:
        return " ".join(self._factor(f, level) for f in factors)

    def _factor(self, factor: Basic, level: int) -> str:
        if isinstance(factor, Rational):
            return self.term(factor)
        is_coefficient = isinstance(factor, Mul) and not isinstance(factor, MatMul)
        return self._print(factor) if is_coefficient else self.parenthesize(factor, level)

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
        parent = re.sub(r"\\boldsymbol\{(\\\w+)\}", r"\1", self._print(expr.parent))
        is_one_sign = re.fullmatch(r"\w|\\[a-z]+", parent) or parent.startswith(r"\operatorname")
        bracketed = parent if is_one_sign else self.add_brackets(parent)
        column = r"(\\\w+|\w|\\dot\{\w\})_\{?([\w+])\}?" if expr.parent.cols == 1 else r"(\w)_\{(\w)\}"
        if match := re.fullmatch(column, parent):
            return rf"{match[1]}_{{{match[2]},{self._place(expr.i)}}}"
        second = "" if expr.parent.cols == 1 else self._place(expr.j)
        return rf"{bracketed}_{{{self._place(expr.i)}{second}}}"

    def _place(self, index: Expr) -> str:
        """An index as on paper, where rows and columns are counted from one."""
        return self._print(index + 1 if isinstance(index, Integer) else index)

    def _print_Mul(self, expr):
        coefficient, rest = expr.as_coeff_Mul()
        is_part = isinstance(coefficient, Rational) and abs(coefficient.p) == 1 < coefficient.q
        if is_part and not any(isinstance(f, Pow) and is_negative(f.exp) for f in Mul.make_args(rest)):
            sign = "- " if coefficient < 0 else ""
            inner = self._print(rest)
            if isinstance(rest, Add) and len(inner) <= SHORT and "frac" not in inner:
                return rf"{sign}\frac{{{inner}}}{{{decimal_digits(coefficient.q)}}}"
            inner = self.add_brackets(inner) if isinstance(rest, Add) else inner
            return rf"{sign}\tfrac{{1}}{{{decimal_digits(coefficient.q)}}} {inner}"
        return super()._print_Mul(expr)

    def _print_ComplexRootOf(self, expr):
        return rf"\operatorname{{root}}_{{{expr.index + 1}}}\left({self._print(expr.expr)}\right)"

    def _print_Identity(self, expr):
        return "1" if expr.shape == (1, 1) else r"\mathbb{I}"

    def _print_Determinant(self, expr, exp=None):
        text = rf"\det\left({self._print(expr.arg)}\right)"
        return text if exp is None else rf"{text}^{{{exp}}}"

    def _print_Function(self, expr, exp=None):
        if exp is None and isinstance(expr, log) and isinstance(expr.args[0], Determinant):
            return rf"\log{self._print(expr.args[0])}"
        return super()._print_Function(expr, exp)

    def _print_Held(self, expr):
        return expr.name

    def _print_Symbol(self, expr, style="plain"):
        named = Symbol(ascii_name(expr.name)) if not expr.name.isascii() else expr
        text = super()._print_Symbol(named, style).replace(r"\phi", r"\varphi")
        letters = re.split(r"[^A-Za-z]", text, maxsplit=1)[0]
        scripts = text[len(letters) :]
        if letters in greek_letters_set:  # beside scripts of one's own SymPy leaves them as they are
            return rf"\{letters}{scripts}"
        return rf"\mathrm{{{letters}}}{scripts}" if len(letters) > 2 else text

    def _print_MatrixSymbol(self, expr):
        """Matrices of a Greek letter are bold: a number may have it, too."""
        return re.sub(r"^\\(var)?([a-z]+)(?=_|$)", self._bold_letter, super()._print_MatrixSymbol(expr))

    def _bold_letter(self, found: re.Match) -> str:
        return rf"\boldsymbol{{{found[0]}}}" if found[2] in greek_letters_set else found[0]

    def _print_OneMatrix(self, expr):
        return r"\mathbf{1}"


def _flat_factors(product: MatMul) -> tuple[Basic, ...]:
    """The factors of a product and of the products at its front."""
    first, *others = product.args
    return (*_flat_factors(first), *others) if isinstance(first, MatMul) else product.args


def _precedence_of_product(product: MatMul) -> int:
    first = _flat_factors(product)[0]
    return PRECEDENCE["Add" if first.is_Number and first.is_extended_negative else "Mul"]


def ascii_name(name: str) -> str:
    """A name in ASCII: Greek letters spelled out, accents dropped, what is left a question mark."""
    spelled = (_GREEK.get(c) or unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode() or "?" for c in name)
    return "".join(spelled)


@lru_cache(4096)
def tex(expr: Basic) -> str:
    """The LaTeX of one expression, on one line; KaTeX and pdflatex read it alike."""
    return print_whole(TexPrinter(), expr)


def dotted(block: Basic, part: str = "") -> str:
    r"""The LaTeX of the velocity of a block, or of the part of it that some words name.

    >>> print(dotted(Symbol("v_k")), dotted(Symbol("v_k"), "stopped"), dotted(Symbol("w")))
    \dot{v}_{k} \dot{v}_{k,\text{stopped}} \dot{w}
    """
    found = re.fullmatch(r"(\\?[A-Za-z]+)_\{([^{}]*)\}", text := tex(block))
    letter, script = found.groups() if found else (text, "")
    scripts = ",".join(filter(None, [script, part and rf"\text{{{part}}}"]))
    return rf"\dot{{{letter}}}" + (f"_{{{scripts}}}" if scripts else "")
