"""The signs that assumptions state: of symbols, and by inequalities."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from sympy import And, S, Symbol, sympify
from sympy.core.relational import Equality, GreaterThan, LessThan, StrictGreaterThan, StrictLessThan, Unequality

from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.sites.sign import NEGATIVE, NONNEGATIVE, NONPOSITIVE, NONZERO, POSITIVE, UNKNOWN, ZERO, Sign
from derivations.analysis.sites.signs import Signs
from theory.errors import InputError

RELATIONS: dict[type, Sign] = {
    StrictGreaterThan: POSITIVE,
    GreaterThan: NONNEGATIVE,
    StrictLessThan: NEGATIVE,
    LessThan: NONPOSITIVE,
    Unequality: NONZERO,
    Equality: ZERO,
}

ORDERED = (StrictGreaterThan, GreaterThan, StrictLessThan, LessThan)


def symbol_signs(s: Symbol) -> Sign:
    """The signs that the assumptions on a symbol leave."""
    known = (
        (s.is_positive, POSITIVE),
        (s.is_negative, NEGATIVE),
        (s.is_nonnegative, NONNEGATIVE),
        (s.is_nonpositive, NONPOSITIVE),
        (s.is_nonzero, NONZERO),
    )
    return next((sign for holds, sign in known if holds), UNKNOWN)


def interval_of(s: Symbol, assumptions: Iterable = ()) -> tuple[float, float]:
    """The ends between which inequalities with numbers hold a symbol.

    >>> interval_of(x := Symbol("x"), [x < 1, x > Symbol("y"), -2 <= x])
    (-2.0, 1.0)
    """
    held = [a for a in assumptions if type(a) in ORDERED and a.free_symbols == {s}]
    low = (float(a.lts) for a in held if a.gts == s)
    high = (float(a.gts) for a in held if a.lts == s)
    return max(low, default=-inf), min(high, default=inf)


def signs_from(ring: Ring, assumptions: Iterable = ()) -> Signs:
    """The facts that the assumptions on the symbols and the inequalities among ``assumptions`` state.

    Raises
    ------
    InputError
        for assumptions that contradict each other, or a symbol that is not real.
    """
    facts = []
    for s in ring.symbols:
        if s.is_real is False:
            raise InputError("real state and parameters", f"{s}, which is assumed not to be real", "declare it real")
        facts.append((ring.gen(s), symbol_signs(s)))
    signs = Signs(ring, tuple(fact for fact in facts if fact[1] != UNKNOWN))
    for relation in (part for a in assumptions for part in And.make_args(sympify(a, strict=True))):
        if type(relation) in RELATIONS and relation.free_symbols <= set(ring.symbols):
            top, bottom = ring.fraction(relation.lhs - relation.rhs)
            signs = signs.learn(top * bottom, RELATIONS[type(relation)])
        if not signs.consistent or relation is S.false:
            got = "one that the signs of its symbols exclude" if relation is S.false else f"{relation} beside the others"
            raise InputError("assumptions that can hold together", got, "drop one of them")
    return signs
