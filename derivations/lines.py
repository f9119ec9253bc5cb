"""Lines of a display, and what checks ask of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, SupportsIndex, overload

from sympy import Basic, Expr

from derivations.checks import Identity
from derivations.typeset.rows import Row
from theory.flow import Flow
from theory.printing import MANY, tex
from theory.words import PLAIN, Context

Line = Row


class Lines(tuple[Line, ...]):
    """Some lines; a part of them is lines, too."""

    @overload
    def __getitem__(self, place: SupportsIndex) -> Line: ...
    @overload
    def __getitem__(self, place: slice) -> Lines: ...
    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return Lines(found) if isinstance(place, slice) else found

    @property
    def rights(self) -> tuple[Basic, ...]:
        """The right sides."""
        return tuple(line.right for line in self)

    def equal(self, others: Iterable[Basic], context: Context = PLAIN) -> Identity:
        """The check that the right sides are equal to as many other expressions."""
        return Identity(tuple(zip(self.rights, others, strict=True)), context)


def velocity_lines(flow: Flow) -> Lines:
    """One line for each block of a flow; scalar velocities factored."""
    return Lines(Line(rf"\dot{{{tex(block)}}}", v if flow.is_matrix else factored(v)) for block, v in flow.velocity.items())


def factored(expr: Expr) -> Expr:
    """An expression factored, where it is no longer than that takes a moment."""
    return expr if len(expr.args) > MANY else expr.factor()
