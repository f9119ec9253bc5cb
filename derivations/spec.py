r"""Model files: a loss, its state and its parameters in TOML, read without ever evaluating text as code.

.. code-block:: toml

    state = ["x", "y", "w"]
    loss = "(w*x - sg(y))**2/2 + (w*y - sg(x))**2/2"
    [parameters]          # "real", "positive", "nonnegative", "integer", or an interval "(0, 1/2)"
    gamma = "positive"
    [mobility]
    w = "gamma"
    [decay]
    w = "kappa"           # an error: kappa is not declared

Expressions have ``+ - * / **``, parentheses, integers and decimals (read as exact fractions), ``pi``, ``sg`` and the functions
in :data:`derivations.formulas.FUNCTIONS`; ``^`` is accepted for ``**``.  A name that is declared is what it is declared to be,
``pi`` included.

Matrices are declared by their shapes, in letters for dimensions or numbers, and may be state or data:

.. code-block:: toml

    state = ["X", "Y", "W"]
    loss = "-dot(normalised(W*X)*J, sg(normalised(Y)))"
    [matrices]
    X = "d, N"
    Y = "d, K"
    W = "d, d"
    J = "N, K"
    D_x = "diagonal N"    # or "symmetric N"

Formulas then have the operations of :mod:`theory.nodes` by their names (:data:`derivations.formulas.MATRIX_FUNCTIONS`), ``M.T``
for a transpose, ``trace``, ``inverse``, ``identity(d)`` and ``ones(d, N)``; functions of numbers are taken of every entry.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import sympy
from lark import UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError
from sympy import Expr, Integer, MatrixSymbol, Pow, Q, Rational, Symbol

from derivations.formulas import WrongPartError, read_formula
from theory import InputError, Loss
from theory.stopgrad import StopGradient, erase
from theory.vanishing import vanishes

NO_NUMBER = (sympy.nan, sympy.zoo, sympy.oo, -sympy.oo)
DIMENSION = r"[1-9]\d{0,5}|[^\W\d]\w*"  # a number, or a letter for one
DOMAINS = {name: {name: True} for name in ("real", "positive", "nonnegative", "integer")}
END = r"([+-]?[\d.]+(?:[eE][+-]?\d{1,2})?)(?:\s*/\s*([\d.]+))?"  # of an interval: a number, or a quotient of two
KEYS = ("state", "loss", "parameters", "matrices", "mobility", "decay")


def load_model(path: Path) -> Loss:
    """The loss of a model file.

    Raises
    ------
    InputError
        for a file that cannot be read, a key or a domain that is not known, a loss that leaves no state variable a gradient,
        and, with line and column, for an expression that is no formula or names a symbol that is not declared.
    """
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("a readable model file", f"{path}: {error}", "check the path") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"TOML in {path.name}", str(error), "correct the file") from None
    _check_keys(table, path.name)
    parameters = {name: _read_parameter(name, domain) for name, domain in table.get("parameters", {}).items()}
    matrices = {name: _read_matrix(name, shape) for name, shape in table.get("matrices", {}).items()}
    state = {name: matrices[name][0] if name in matrices else Symbol(name, real=True) for name in table["state"]}
    if clash := sorted(set(matrices) & set(parameters)):
        raise InputError("names that are matrix or parameter", f"{clash[0]} as both", "drop one of them")
    if both := sorted(set(state) & set(parameters)):
        raise InputError("names that are state or parameter", f"{both[0]} as both", "drop one of them")
    known = state | {name: symbol for name, (symbol, _) in (matrices | parameters).items()}
    dimensions = {str(n): n for symbol, _ in matrices.values() for n in symbol.shape if n.is_Symbol}
    if twice := sorted(set(dimensions) & set(known)):
        raise InputError("letters for dimensions that are nothing else", twice[0], "rename it in the shapes, or elsewhere")
    known |= dimensions
    declared = [symbol for name, (symbol, _) in (parameters | matrices).items() if name not in state]

    def read(key: str, place: str) -> Expr:
        return _Reader(known, text, place, path.name).read(key)

    rates = {
        role: {_state_variable(state, b, role): read(e, b) for b, e in table.get(role, {}).items()}
        for role in ("mobility", "decay")
    }
    loss = Loss(
        read(table["loss"], "loss"),
        state=tuple(state.values()),
        assumptions=tuple(statement for _, statements in (parameters | matrices).values() for statement in statements),
        parameters=(*declared, *dimensions.values()),
        mobility=rates["mobility"],
        decay=rates["decay"],
    )
    if not loss.learns:
        raise _cannot_learn(loss, path.name)
    return loss


def parse_expression(text: str, known: Mapping[str, Symbol]) -> Expr:
    """One expression over the known symbols.

    Raises
    ------
    InputError
        as :func:`load_model`, with the column in the text.
    """
    return _Reader(known, text, None, "the expression").read(text)


class _Reader:
    """Reads one expression and knows where it stands in its file."""

    def __init__(self, known: Mapping[str, Symbol], file: str, key: str | None, name: str):
        self.known, self.file, self.key, self.name = known, file, key, name

    def read(self, text: object) -> Expr:
        if not isinstance(text, str):
            raise InputError(f"a formula in quotes for {self.key} in {self.name}", repr(text), f'write "{text}"')
        try:
            value = read_formula(text, self.known)
        except VisitError as error:
            if not isinstance(error.orig_exc, WrongPartError):
                raise error.orig_exc from None
            expected, token, remedy = error.orig_exc.parts
            raise InputError(
                expected, f"{token} {self._describe_place(text, token.line or 1, token.column or 1)}", remedy
            ) from None
        except UnexpectedInput as error:
            at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
            line = 1 if at_end else error.line or 1
            column = len(text) + 1 if at_end else error.column or 1
            where = self._describe_place(text, line, column)
            raise InputError(
                "a formula", f"{'its end' if at_end else repr(_wrong_character(text, error))} {where}", "correct the expression"
            ) from None
        except RecursionError:
            where = self._describe_place(text, 1, 1)
            raise InputError("a formula that is nested less deeply", f"one {where}", "write it in fewer parts") from None
        self._check_number(value, text)
        return value

    def _check_number(self, value: Expr, text: str) -> None:
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
            entry = re.search(rf"^\s*[\"']?{re.escape(self.key)}[\"']?\s*=", self.file, flags=re.M)
            start = self.file.find(text, entry.end()) if entry else -1
        if start < 0:
            return f"in {self.key} of {self.name}, line {line}, column {column} of the formula"
        offset = start + sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1
        before = self.file[:offset]
        return f"at line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))} of {self.name}"


def _cannot_learn(loss: Loss, name: str) -> InputError:
    """What stands in the way of a loss without a gradient: its markers, or that it is constant."""
    variables = ", ".join(map(str, loss.state))
    stops = sorted(map(str, loss.expression.atoms(StopGradient)))
    why = f"{' and '.join(stops)}, which removes every gradient" if stops else "a constant loss"
    return InputError(
        f"a loss in {name} that can learn {variables}", why, "stop less of it" if stops else "write it with the state"
    )


def _check_keys(table: Mapping, name: str) -> None:
    if unknown := sorted(set(table) - set(KEYS)):
        raise InputError(f"the keys {', '.join(KEYS)} in {name}", unknown[0], "correct or drop it")
    for key in ("state", "loss"):
        if key not in table:
            raise InputError(f"a key {key!r} in {name}", "none", "add it")
    names = table["state"]
    if (
        not isinstance(names, list)
        or not names
        or not all(isinstance(n, str) and re.fullmatch(r"[^\W\d]\w*", n) for n in names)
    ):
        raise InputError(f"state as a list of names in {name}", repr(names), 'write state = ["x", "y"]')
    if len(set(names)) < len(names):
        raise InputError("each state variable once", ", ".join(names), "drop the repeats")
    for key in KEYS[2:]:
        if not isinstance(table.get(key, {}), dict):
            raise InputError(f"a table [{key}] in {name}", repr(table[key]), f"write it below a line [{key}]")


def _interval_end(above: str, below: str | None) -> Rational | None:
    """An end of an interval as an exact fraction, None for no number."""
    try:
        return Rational(above) / Rational(below or "1") if below is None or Rational(below) != 0 else None
    except (TypeError, ValueError):
        return None


def _read_parameter(name: str, domain: object) -> tuple[Symbol, tuple]:
    """A symbol of the stated domain, and for an interval the inequalities that bound it."""
    if isinstance(domain, str) and domain in DOMAINS:
        return Symbol(name, **DOMAINS[domain]), ()
    interval = re.fullmatch(rf"\(\s*{END}\s*,\s*{END}\s*\)", domain) if isinstance(domain, str) else None
    low, high = (_interval_end(*interval.group(k, k + 1)) for k in (1, 3)) if interval else (None, None)
    if low is None or high is None or not low < high:
        raise InputError(
            f'a domain for {name}: {", ".join(DOMAINS)} or an interval such as "(0, 1/2)"', repr(domain), "correct it"
        )
    symbol = Symbol(name, positive=True) if low >= 0 else Symbol(name, real=True)
    return symbol, (symbol > low, symbol < high) if low else (symbol < high,)


def _read_matrix(name: str, shape: object) -> tuple[MatrixSymbol, tuple]:
    """A matrix of the stated shape, and what is assumed of it."""
    found = (
        re.fullmatch(rf"(?:({DIMENSION})\s*,\s*|(diagonal|symmetric)\s+)({DIMENSION})", shape)
        if isinstance(shape, str)
        else None
    )
    if found is None or not re.fullmatch(r"[^\W\d]\w*", name):
        expected = f'a shape for the matrix {name}, such as "d, N", "3, 3", "diagonal N" or "symmetric d"'
        raise InputError(expected, repr(shape), "correct it")
    rows, kind, cols = found.groups()
    sizes = [Integer(n) if n.isdigit() else Symbol(n, integer=True, positive=True) for n in (rows or cols, cols)]
    symbol = MatrixSymbol(name, *sizes)
    return symbol, () if kind is None else ((Q.diagonal if kind == "diagonal" else Q.symmetric)(symbol),)


def _state_variable(state: Mapping[str, Symbol | MatrixSymbol], name: str, role: str) -> Symbol | MatrixSymbol:
    if name not in state:
        raise InputError(f"a {role} of a state variable ({', '.join(state)})", name, "correct the name")
    return state[name]


def _wrong_character(text: str, error: UnexpectedInput) -> str:
    return text[error.pos_in_stream] if error.pos_in_stream is not None and error.pos_in_stream < len(text) else text
