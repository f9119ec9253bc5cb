"""Lines of a display, and what checks ask of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, SupportsIndex, overload

import numpy as np
from sympy import Basic, Expr, MatrixExpr, MatrixSymbol, Symbol, sympify

from derivations.checks import BOUNDS, DRAWS, Identity, relation_holds
from derivations.typeset.rows import Row
from theory.abridging import brief
from theory.flow import Flow
from theory.latex import dotted
from theory.printing import MANY
from theory.words import PLAIN, Context

Line = Row


class Lines(tuple[Line, ...]):
    """Some lines; a part of them is lines, too.

    A check takes a right side by what stands on its left, ``lines[tau]``, so that it reads both sides.
    """

    @overload
    def __getitem__(self, place: SupportsIndex) -> Line: ...
    @overload
    def __getitem__(self, place: slice) -> Lines: ...
    @overload
    def __getitem__(self, place: Basic) -> Basic: ...
    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, Basic):
            (line,) = (line for line in self.of(place) if line.relation not in BOUNDS)
            return line.right
        found = super().__getitem__(place)
        return Lines(found) if isinstance(place, slice) else found

    def of(self, *lefts: Basic) -> Lines:
        """The lines with these left sides, in the order of the left sides.

        Raises
        ------
        LookupError
            for a left side that no line has.
        """
        missing = [left for left in lefts if all(line.left != left for line in self)]
        if missing:
            raise LookupError(f"no line says what {brief(missing[0])} is")
        return Lines(line for left in lefts for line in self if line.left == left)

    @property
    def mapping(self) -> dict[Basic, Basic]:
        """Right sides by their left sides, bounds aside."""
        return {line.left: self[line.left] for line in self if line.relation not in BOUNDS}

    def violations(self, values: Mapping[Basic, object]) -> Lines:
        """The bounds that do not hold where symbols have these values, numbers all.

        Raises
        ------
        TypeError
            for a side that is then no real number.
        SympifyError
            for a side that is text.
        """
        sides = ((line, number(line.left, values), number(line.right, values)) for line in self.bounds)
        return Lines(line for line, left, right in sides if not relation_holds(left, line, right))

    @property
    def bounds(self) -> Lines:
        """The lines that say which side is larger, or that sides differ."""
        return Lines(line for line in self if line.relation in BOUNDS)

    def draw(self, rng: np.random.Generator, box: Mapping[Basic, tuple[float, float]]) -> dict[Basic, float]:
        """Numbers between the ends that the box gives each symbol, at which every bound holds.

        Raises
        ------
        LookupError
            where many draws find none: bounds that contradict each other, or the box.
        """
        for _ in range(DRAWS):
            values = {symbol: float(rng.uniform(*ends)) for symbol, ends in box.items()}
            if not self.violations(values):
                return values
        raise LookupError(f"the assumptions hold at none of {DRAWS} random points")

    @property
    def rights(self) -> tuple[Basic, ...]:
        """The right sides."""
        return tuple(line.right for line in self)

    def equal(self, others: Iterable[Basic], context: Context = PLAIN) -> Identity:
        """The check that the right sides are equal to as many other expressions."""
        return Identity(tuple(zip(self.rights, others, strict=True)), context)

    def same(self, others: Iterable[Line], context: Context = PLAIN) -> Identity:
        """The check that these are other lines: the same left sides and relations in the same order, and equal right sides.

        Raises
        ------
        LookupError
            where a left side or a relation is another one.
        """
        held = Lines(others)
        for mine, other in zip(self, held, strict=True):
            if (mine.left, mine.relation) != (other.left, other.relation):
                raise LookupError(f"{mine} says something else than {other}")
        return self.equal(held.rights, context)


def number(formula: object, values: Mapping[Basic, object]) -> float:
    """A formula where symbols, or what stands in it as a whole, have these values, numbers all."""
    known = {symbol: sympify(value, strict=True) for symbol, value in values.items()}
    side = sympify(formula, strict=True)
    exchanged = side.xreplace(known)
    return float(side.subs(known) if exchanged.free_symbols else exchanged)


def dot(block: Basic, part: str = "") -> Expr:
    """The velocity of a block of the state as a symbol, or the part of it that some words name."""
    name = dotted(block, part)
    return MatrixSymbol(name, *block.shape) if isinstance(block, MatrixExpr) else Symbol(name, real=True)


def velocity_lines(flow: Flow) -> Lines:
    """One line for each block of a flow; scalar velocities factored."""
    return Lines(Line(dot(block), v if flow.is_matrix else factor_short(v)) for block, v in flow.velocity.items())


def factor_short(expr: Expr) -> Expr:
    """An expression factored, where it is no longer than that takes a moment."""
    return expr if len(expr.args) > MANY else expr.factor()
