r"""Names for what is too long to be read in place: parts of formulas that are wider than a line.

Names are exact: putting the definitions back gives the very same expression (:func:`restore_names`).

>>> from sympy import symbols
>>> a, b, c = symbols("a b c")
>>> shorten_expression((a + b) ** 3 / (a + c) ** 2, room=4, parts=(parts := Parts("q")))
(q_1**3/q_2**2, [(q_1, a + b), (q_2, a + c)])
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate

from sympy import Add, Basic, Function, Inverse, MatAdd, MatMul, Mul, Pow, Trace, Transpose, Tuple, preorder_traversal
from sympy.concrete.expr_with_limits import ExprWithLimits

from derivations.typeset.breaking import fits, misfit_terms, visible_width
from theory.latex import tex
from theory.parts import Parts
from theory.rewriting import replace_parts

SHORTEST = 4.0  # a part narrower than this gets no name

_NAMEABLE = (Add, Mul, Pow, MatAdd, MatMul, Function, Trace, Transpose, Inverse)

Definitions = list[tuple[Basic, Basic]]


def shorten_expression(expr: Basic, room: float, parts: Parts) -> tuple[Basic, Definitions]:
    """The expression with names for parts, so that its pieces fit; and the new definitions, in an order to read them."""
    definitions: Definitions = []
    if not fits(expr, room):
        expr = replace_parts(expr, parts.names)
    while not fits(expr, room) and (part := _part_to_name(expr, room)) is not None:
        name = parts.name(part)
        definitions.append((name, part))
        expr = replace_parts(expr, {part: name}) if _occurs_in(expr, part) else _replace_bundle(expr, part, name)
    return expr, definitions


def restore_names(expr: Basic, definitions: Iterable[tuple[Basic, Basic]]) -> Basic:
    """The expression with its names replaced by what they stand for, products within products as one."""
    for name, definition in reversed(list(definitions)):
        expr = replace_parts(expr, {name: definition})
    return expr


def _occurs_in(expr: Basic, part: Basic) -> bool:
    return any(e == part for e in preorder_traversal(expr))


# -- which part to name -------------------------------------------------------------------------------------------------


def _part_to_name(expr: Basic, room: float) -> Basic | None:
    """The part whose name saves most among those that fit on lines of their own, or a bundle of factors; None for an atom."""
    culprit = misfit_terms(expr, room)[0]
    found = Counter(p for p in _nameable_parts(culprit) if _tex_width(p) >= SHORTEST and fits(p, room))
    if found:
        return max(found, key=lambda p: found[p] * (_tex_width(p) - SHORTEST / 2))
    return next((b for e in (culprit, *_nameable_parts(culprit)) if (b := _choose_bundle(e, room)) is not None), None)


def _nameable_parts(expr: Basic) -> Iterator[Basic]:
    """The parts of an expression that a name can stand for: none with bound variables, and no reciprocals."""
    if isinstance(expr, ExprWithLimits):
        bound = set(expr.bound_symbols)
        yield from (p for p in _nameable_parts(Tuple(expr.function)) if not p.free_symbols & bound)
    for a in expr.args if isinstance(expr, (*_NAMEABLE, Tuple)) else ():
        if isinstance(a, _NAMEABLE) and not (isinstance(a, Pow) and a.exp.as_coeff_Mul()[0] < 0):
            yield a
        yield from _nameable_parts(a)


@lru_cache(4096)
def _tex_width(expr: Basic) -> float:
    return visible_width(tex(expr))


def _choose_bundle(expr: Basic, room: float) -> Basic | None:
    """As many first factors of a product, but not all, as fit together."""
    if not isinstance(expr, Mul | MatMul) or len(expr.args) < 3:
        return None
    widths = list(accumulate(_tex_width(a) for a in expr.args[:-1]))
    product = expr.func(*expr.args[: max(2, bisect_right(widths, room))], evaluate=False)
    return product if fits(product, room) else None


def _replace_bundle(expr: Basic, bundle: Basic, name: Basic) -> Basic:
    """The expression with the first factors of a product, a bundle of them, under a name."""
    if isinstance(expr, bundle.func) and expr.args[: len(bundle.args)] == bundle.args:
        return expr.func(name, *expr.args[len(bundle.args) :], evaluate=False)
    return replace_parts(expr, {a: _replace_bundle(a, bundle, name) for a in expr.args})
