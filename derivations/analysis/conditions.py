r"""Inequalities, reduced: only the factors whose sign is not known already, the others' signs taken into account."""

from __future__ import annotations

from sympy import Expr, Integer, S
from sympy.core.relational import Ge, Gt, Relational
from sympy.logic.boolalg import Boolean

from derivations.analysis.signs import NEGATIVE, NONNEGATIVE, NONZERO, POSITIVE, ZERO, Sign, times
from derivations.analysis.site import Fraction, Site


def reduced(site: Site, value: Fraction, strict: bool) -> Boolean | Relational:
    """``value > 0`` (or ``>= 0``) on the site, as true, false or one inequality between polynomials."""
    rest, sign = undecided(site, value)
    if rest is None:
        good = POSITIVE if strict else NONNEGATIVE
        return S.true if sign <= good else S.false
    return (Gt if strict else Ge)(rest if sign == POSITIVE else _turned(rest), 0)


def undecided(site: Site, value: Fraction) -> tuple[Expr | None, Sign]:
    """The product of the factors of unknown sign, and the sign of the others' product; None where all is known."""
    top, bottom = value
    whole = site.chart.of(top, bottom)
    if len(whole) == 1:
        return None, whole
    rest, sign = Integer(1), POSITIVE
    one = site.ring.constant(1)
    for p, is_bottom in ((top, False), (bottom, True)):
        content, factors = p.factor()
        sign = times(sign, POSITIVE if content > 0 else NEGATIVE)
        for f, m in factors:
            known = site.chart.of(f, one) - (ZERO if is_bottom else frozenset())
            if int(m) % 2 == 0 and known <= NONZERO:
                continue
            if len(known) == 1 and known != ZERO:
                sign = times(sign, known if int(m) % 2 else POSITIVE)
            else:
                rest *= site.ring.expr(f) ** (1 if int(m) % 2 else 2)
    return rest, sign


def _turned(expr: Expr) -> Expr:
    """The negative, with the sign drawn into one factor."""
    first, *others = expr.as_ordered_factors()
    result = (-first).expand() if first.is_Add else -first
    for factor in others:
        result *= factor
    return result
