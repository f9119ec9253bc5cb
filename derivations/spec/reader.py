"""One formula of a file, with the place of what is wrong in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import sympy
from lark import UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError
from sympy import Basic, Expr, Pow, Symbol
from sympy.core.relational import Relational

from derivations.formulas import TooLargeError, WrongPartError, read_formula, read_statement
from theory import InputError
from theory.stopgrad import erase
from theory.vanishing import vanishes

NO_NUMBER = (sympy.nan, sympy.zoo, sympy.oo, -sympy.oo)


class Reader:
    """Reads one expression and knows where it stands in its file."""

    def __init__(self, known: Mapping[str, Symbol], file: str, key: str | None, name: str):
        self.known, self.file, self.key, self.name = known, file, key, name

    def read(self, text: object) -> Expr:
        """An expression over the known names."""
        return self._read(text, read_formula)

    def read_statement(self, text: object) -> Relational:
        """A relation between two expressions."""
        return self._read(text, read_statement)

    def _read(self, text: object, grammar: Callable[[str, Mapping], Basic]):
        if not isinstance(text, str):
            raise InputError(f"a formula in quotes for {self.key} in {self.name}", repr(text), f'write "{text}"')
        try:
            value = grammar(text, self.known)
        except VisitError as error:
            if not isinstance(error.orig_exc, WrongPartError):
                raise error.orig_exc from None
            expected, token, remedy = error.orig_exc.parts
            where = self._describe_place(text, token.line or 1, token.column or 1)
            raise InputError(expected, f"{error.orig_exc.shown} {where}", remedy) from None
        except TooLargeError as error:
            expected, found = error.args
            where = self._describe_place(text, 1, 1)
            raise InputError(f"a formula of {expected}", f"one of {found} {where}", "write it in fewer parts") from None
        except UnexpectedInput as error:
            at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
            line = 1 if at_end else error.line or 1
            column = len(text) + 1 if at_end else error.column or 1
            where = self._describe_place(text, line, column)
            raise InputError(
                "a formula", f"{'its end' if at_end else repr(_wrong_character(text, error))} {where}", "correct the expression"
            ) from None
        self._check_number(value, text)
        return value

    def _check_number(self, value: Basic, text: str) -> None:
        """Nothing is divided by zero, visibly or not, and nothing is imaginary."""
        where = self._describe_place(text, 1, 1)
        below = (e for e in value.atoms(Pow) if e.exp.is_negative)
        if value.has(*NO_NUMBER) or any(vanishes(erase(e.base)) is True for e in below):
            raise InputError("a formula whose value is a number", f"{text!r} {where}", "divide by nothing that is zero")
        if value.has(sympy.I):
            remedy = "keep roots and logarithms to what can be positive"
            raise InputError("a formula whose value is real", f"{text!r} {where}", remedy)

    def _describe_place(self, text: str, line: int, column: int) -> str:
        """Line and column in the file, where the text can be found there as it is."""
        start = 0
        if self.key is not None:
            entry = re.search(rf"(?:^|[{{,])\s*[\"']?{re.escape(self.key)}[\"']?\s*=", self.file, flags=re.M)
            start = self.file.find(text, entry.end()) if entry else -1
        if start < 0:
            return f"in {self.key} of {self.name}, line {line}, column {column} of the formula"
        offset = start + sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1
        before = self.file[:offset]
        return f"at line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))} of {self.name}"


def _wrong_character(text: str, error: UnexpectedInput) -> str:
    return text[error.pos_in_stream] if error.pos_in_stream is not None and error.pos_in_stream < len(text) else text
