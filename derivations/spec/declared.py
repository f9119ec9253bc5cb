"""Names that a model file declares: parameters with their domains, matrices with their shapes and what is known of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Integer, MatrixSymbol, Q, Rational, Symbol
from sympy.logic.boolalg import Boolean

from derivations.spec.table import NAME, require_names
from theory import InputError
from theory.statements import together

DIMENSION = r"[1-9]\d{0,5}|[^\W\d]\w*"  # a number, or a letter for one
DOMAINS = {name: {name: True} for name in ("real", "positive", "nonnegative", "integer")}
END = r"([+-]?[\d.]+(?:[eE][+-]?\d{1,2})?)(?:\s*/\s*([\d.]+))?"  # of an interval: a number, or a quotient of two
PROPERTIES: dict[str, tuple[Callable, ...]] = {
    "diagonal": (Q.diagonal,),
    "symmetric": (Q.symmetric,),
    "positive definite": (Q.symmetric, Q.positive_definite),
}
SHAPE = re.compile(
    rf"\s*(?:(?P<rows>{DIMENSION})(?:\s*,\s*|\s+[x×]\s+)|(?P<first>{'|'.join(PROPERTIES)})\s+)(?P<cols>{DIMENSION})"
    r"\s*(?P<rest>(?:,[^,]*)*)"
)


@dataclass(frozen=True)
class Declared:
    """The symbols of a model file by name, and what is assumed of them."""

    state: dict[str, Symbol | MatrixSymbol]
    parameters: dict[str, Symbol]
    matrices: dict[str, MatrixSymbol]
    assumptions: tuple[Boolean, ...]

    @cached_property
    def dimensions(self) -> dict[str, Symbol]:
        """The letters of shapes."""
        return {str(n): n for matrix in self.matrices.values() for n in matrix.shape if n.is_Symbol}

    @cached_property
    def known(self) -> dict[str, Symbol | MatrixSymbol]:
        """All that may stand in a formula."""
        return {**self.state, **self.parameters, **self.matrices, **self.dimensions}

    @property
    def beside_state(self) -> tuple[Symbol | MatrixSymbol, ...]:
        """Parameters and data."""
        named = (self.parameters | self.matrices).items()
        return (*(symbol for name, symbol in named if name not in self.state), *self.dimensions.values())

    def state_variable(self, name: str, role: str) -> Symbol | MatrixSymbol:
        """A state variable that a table names.

        Raises
        ------
        InputError
            for another name.
        """
        if name not in self.state:
            raise InputError(f"a {role} of a state variable ({', '.join(self.state)})", name, "correct the name")
        return self.state[name]


def read_declared(table: Mapping[str, Any]) -> Declared:
    """The names of a model file.

    Raises
    ------
    InputError
        for a domain or a shape that is none, a name with two meanings, and matrices that cannot share their vectors.
    """
    parameters = {name: _read_parameter(name, domain) for name, domain in table.get("parameters", {}).items()}
    matrices = {name: _read_matrix(name, shape) for name, shape in table.get("matrices", {}).items()}
    state = {name: matrices[name][0] if name in matrices else Symbol(name, real=True) for name in table["state"]}
    if clash := sorted(set(matrices) & set(parameters)):
        raise InputError("names that are matrix or parameter", f"{clash[0]} as both", "drop one of them")
    if both := sorted(set(state) & set(parameters)):
        raise InputError("names that are state or parameter", f"{both[0]} as both", "drop one of them")
    data = {name: matrix for name, (matrix, _) in matrices.items() if name not in state}
    shared = _read_together(table.get("assume", {}).get("together", []), data)
    statements = (statement for _, known in (parameters | matrices).values() for statement in known)
    symbols = [{name: symbol for name, (symbol, _) in of.items()} for of in (parameters, matrices)]
    found = Declared(state, symbols[0], symbols[1], (*statements, *shared))
    if twice := sorted(set(found.dimensions) & {*state, *parameters, *matrices}):
        raise InputError("letters for dimensions that are nothing else", twice[0], "rename it in the shapes, or elsewhere")
    return found


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
    found = SHAPE.fullmatch(shape) if isinstance(shape, str) else None
    kinds = [kind for kind in (found["first"], *_split(found["rest"])) if kind is not None] if found else []
    if found is None or not NAME.fullmatch(name) or not set(kinds) <= set(PROPERTIES):
        expected = f'a shape for the matrix {name}, such as "m x n", "3, 3", "n x n, symmetric", "n x n, positive definite"'
        raise InputError(f'{expected} or "diagonal N"', repr(shape), "correct it")
    rows, cols = found["rows"] or found["cols"], found["cols"]
    if kinds and rows != cols:
        raise InputError(f"a square matrix that is {kinds[0]}", f"{name} of shape {rows} x {cols}", "correct the shape")
    sizes = [Integer(n) if n.isdigit() else Symbol(n, integer=True, positive=True) for n in (rows, cols)]
    symbol = MatrixSymbol(name, *sizes)
    return symbol, tuple(dict.fromkeys(predicate(symbol) for kind in kinds for predicate in PROPERTIES[kind]))


def _split(properties: str) -> Iterator[str]:
    """The properties after a shape, each behind its comma."""
    return (" ".join(part.split()) for part in properties.split(",")[1:])


def _read_together(groups: object, data: Mapping[str, MatrixSymbol]) -> Iterator[Boolean]:
    """What is stated of matrices that share their vectors."""
    if not isinstance(groups, list) or not all(isinstance(group, list) for group in groups):
        raise InputError("together as a list of lists of matrices", repr(groups), 'write together = [["A", "B"]]')
    for group in groups:
        matrices = [data[name] for name in require_names(group, "matrices that are together", data)]
        if len(matrices) < 2 or not set.intersection(*({*matrix.shape} for matrix in matrices)):
            got = ", ".join(f"{m} ({m.rows} x {m.cols})" for m in matrices) or "none"
            raise InputError("at least two matrices with a dimension in common", got, "correct the list")
        yield together(*matrices)
