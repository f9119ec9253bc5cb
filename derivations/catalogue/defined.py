"""What lines define: the right side of each by its left side."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Basic

from derivations.evaluate import Point, evaluate
from derivations.lines import Line


def defined(lines: Iterable[Line]) -> dict[Basic, Basic]:
    """Right sides by left sides, which are expressions."""
    return {line.left: line.right for line in lines}


def known(lines: Iterable[Line], at: Point) -> Point:
    """The point with what lines define, one after the other."""
    for line in lines:
        at = Point({**at.values, line.left: evaluate(line.right, at)})
    return at
