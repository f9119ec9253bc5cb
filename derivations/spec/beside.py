"""What stands in a model file beside the model: facts, and what a study is to do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import MatrixSymbol, Rational, Symbol, false, true
from sympy.logic.boolalg import Boolean

from derivations.analysis.modes.aligned import AlignedVectors
from derivations.spec.reader import Reader
from derivations.spec.table import NAME, require_names
from theory import Flow, InputError

Place = Callable[[str], Reader]  # a reader for what stands at a key


def value_symbols(flow: Flow) -> dict[str, Symbol]:
    """The eigenvalues and singular values of the data of a flow in one aligned mode, by name."""
    if not all(isinstance(block, MatrixSymbol) for block in flow.state):
        return {}
    vectors = AlignedVectors(flow, (1,))
    return {str(x): x for matrix in vectors.data for x in vectors.values[matrix]}


def read_facts(texts: object, reader: Reader) -> tuple[Boolean, ...]:
    """Inequalities between numbers, and equations between numbers or matrices; what holds anyway is left out.

    Raises
    ------
    InputError
        for anything else, and for a fact that cannot hold.
    """
    if not isinstance(texts, list):
        raise InputError(f"facts as a list in {reader.name}", repr(texts), 'write facts = ["a < b"]')
    facts = [reader.read_statement(text) for text in texts]
    if false in facts:
        raise InputError(f"facts that can hold in {reader.name}", texts[facts.index(false)], "correct or drop it")
    return tuple(fact for fact in facts if fact != true)


def read_study(table: Mapping[str, Any], known: Mapping[str, Symbol], place: Place) -> dict[str, Any]:
    """What a study follows, as fields of a subject.

    A name that is not known is a real symbol of that name: an eigenvalue of one mode among several, say.

    Raises
    ------
    InputError
        for entries that are no names or numbers.
    """

    def symbol(name: str) -> Symbol:
        return known.get(name) or Symbol(name, real=True)

    found: dict[str, Any] = {}
    if "small" in table:
        found["small"] = symbol(*require_names([table["small"]], "the small parameter", count=1))
    if "plane" in table:
        found["plane"] = tuple(map(symbol, require_names(table["plane"], "the plane", count=2)))
    numbers = table.get("numbers", {})
    if not isinstance(numbers, dict):
        raise InputError("numbers by name", repr(numbers), 'write numbers = {a = 1, b = "4/5"}')
    return found | {"numbers": {symbol(name): _read_number(name, value, place(name)) for name, value in numbers.items()}}


def _read_number(name: str, value: object, reader: Reader) -> Rational:
    is_read = isinstance(value, Rational | int) and not isinstance(value, bool)
    number = Rational(value) if is_read else reader.read(value)
    if not NAME.fullmatch(name) or not number.is_Rational:
        raise InputError(f"an exact number for {name} in {reader.name}", repr(value), 'write a whole number or "4/5"')
    return number
