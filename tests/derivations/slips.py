"""Slips of the pen: lines of a step put wrong in every way."""

from dataclasses import replace
from itertools import combinations

from sympy import Add, Basic, Integer, MatAdd, MatrixExpr, MatrixSymbol, OneMatrix, Symbol, ZeroMatrix

from derivations.checks import BOUNDS

RELATIONS = {
    "=": (r"\simeq", r"\le"),
    r"\simeq": ("=", r"\le"),
    r"\le": (r"\ge", "="),
    r"\ge": (r"\le", "="),
    "<": (">", "="),
    ">": ("<", "="),
    r"\to": ("=", r"\simeq"),
    r"\ne": ("=", "<"),
}


def wrong_lines(lines, side: str):
    """Lines of one side of a step (after, before, given), one of them put wrong, each with a name."""
    thorough = side == "after"
    for place, line in enumerate(lines):
        for kind, wrong in _wrong_formulas(line.right, thorough):
            yield f"{place}/{kind}", _put(lines, {place: replace(line, right=wrong)})
        if thorough and line.relation in BOUNDS and line.right != 0:
            yield f"{place}/doubled", _put(lines, {place: replace(line, right=2 * line.right)})
        for relation in RELATIONS[line.relation] if thorough else ():
            yield f"{place}/{relation}", _put(lines, {place: replace(line, relation=relation)})
        if isinstance(line.left, Basic) and not line.left.is_symbol:
            yield f"{place}/left-negated", _put(lines, {place: replace(line, left=-line.left)})
        yield f"{place}/left-renamed", _put(lines, {place: replace(line, left=_another(line.left))})
        if not thorough:
            yield f"{place}/left-out", (*lines[:place], *lines[place + 1 :])
        if side == "given" and line.relation != "=":
            yield f"{place}/reversed", _put(lines, {place: replace(line, relation=RELATIONS[line.relation][0])})
    for i, j in combinations(range(len(lines)), 2) if thorough else ():
        a, b = lines[i], lines[j]
        if getattr(a.right, "shape", ()) == getattr(b.right, "shape", ()):
            yield f"{i}-{j}/exchanged", _put(lines, {i: replace(a, right=b.right), j: replace(b, right=a.right)})
            if a.left != b.left:
                yield f"{i}-{j}/lefts-exchanged", _put(lines, {i: replace(a, left=b.left), j: replace(b, left=a.left)})


def _another(left):
    """A symbol that no line has."""
    return MatrixSymbol("another", *left.shape) if isinstance(left, MatrixExpr) else Symbol("another")


def _wrong_formulas(right, thorough: bool):
    if right == 0 or isinstance(right, ZeroMatrix):
        yield "not-zero", OneMatrix(*right.shape) if isinstance(right, MatrixExpr) else Integer(1)
        return
    yield "negated", -right
    if thorough:
        yield "halved", right / 2
        terms = right.args if isinstance(right, Add | MatAdd) else ()
        for turned in range(len(terms)):
            yield f"term-{turned}-negated", right.func(*(-t if k == turned else t for k, t in enumerate(terms)))


def _put(lines, changed):
    return tuple(changed.get(place, line) for place, line in enumerate(lines))
