r"""What the state has to satisfy, as conditions on a point: signs of its variables, inequalities, denominators that do not vanish.

A *demand* is a polynomial and the signs that it may have.  On a site its sign is known, or impossible, or left as relations
between the parameters.  There a number :math:`y=u+vx` with a root :math:`x` of degree two is one of the two roots of
:math:`y^2-Ty+N`: the smaller one is positive iff :math:`T>0` and :math:`N>0`, the larger one iff :math:`T>0` or :math:`N<0`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sympy import Expr, S, Symbol
from sympy.core.relational import Eq, Ge, Gt, Ne
from sympy.logic.boolalg import Boolean

from derivations.analysis.algebra.polynomials import Polynomial, Ring, members
from derivations.analysis.sites.conditions import turned, undecided
from derivations.analysis.sites.signs import (
    NEGATIVE,
    NONNEGATIVE,
    NONPOSITIVE,
    NONZERO,
    POSITIVE,
    ZERO,
    Sign,
    Signs,
    of_symbol,
    times,
)
from derivations.analysis.sites.site import Fraction, Site, cancelled

Demand = tuple[Polynomial, Sign]


def divided(signs: Signs, state: Iterable[Symbol], free: Iterable[Symbol]) -> tuple[Signs, tuple[Demand, ...]]:
    """What is known of parameters and of the coordinates of a family, and what else is said of the state."""
    ring, state = signs.ring, frozenset(state)
    carried = [(ring.gen(y), of_symbol(y)) for y in free]
    facts = (*signs.facts, *signs.products)
    demands = tuple(f for f in facts if not ring.present(f[0]).isdisjoint(state) and f not in carried)
    known = replace(
        signs,
        facts=tuple(f for f in signs.facts if f not in demands),
        products=tuple(f for f in signs.products if f not in demands),
    )
    return known, tuple(sorted(demands, key=lambda d: (d[0].total_degree(), len(d[0]))))


def relations(site: Site, demand: Demand, values: Mapping[Symbol, Expr]) -> list[Boolean]:
    """Relations that hold iff the demand does, ``values`` of the roots put in; none where it holds anyway."""
    p, sign = demand
    value = site.normal(p)
    known = site.chart.of(*value)
    if known <= sign:
        return []
    if not known & sign:
        return [S.false]
    if sign in (POSITIVE, NONNEGATIVE):
        return _positive(site, value, sign == POSITIVE, values)
    if sign in (NEGATIVE, NONPOSITIVE):
        return _positive(site, (-value[0], value[1]), sign == NEGATIVE, values)
    if sign == NONZERO:
        one = site.ring.constant(1)
        return [Ne(site.ring.expr(f).xreplace(values), 0) for f in site.ring.factors(value[0]) if 0 in site.chart.of(f, one)]
    return [Eq(site.ring.factored(value[0]).xreplace(values), 0)] if sign == ZERO else []


def closed(demand: Demand) -> Demand:
    """The demand with the edge of an inequality."""
    p, sign = demand
    return (p, sign | ZERO) if len(sign) == 1 else demand


def without_implied(ring: Ring, conditions: Iterable[Boolean]) -> list[Boolean]:
    """Without polynomials that do not vanish as factors of others that are positive."""
    conditions = list(conditions)
    strict = [c.lhs for c in conditions if isinstance(c, Gt) and c.lhs.is_polynomial()]
    known = members(f for e in strict if e.free_symbols <= ring.place.keys() for f in ring.factors(ring.numerator(e)))
    implied = [Ne(ring.expr(f), 0) for f in known]
    return [c for c in conditions if c not in implied]


def _positive(site: Site, value: Fraction, strict: bool, values: Mapping[Symbol, Expr]) -> list[Boolean]:
    """``value > 0`` (or ``>= 0``) as relations that all hold."""
    known = site.chart.of(*value)
    strict = strict or 0 not in known
    if known <= (POSITIVE if strict else NONNEGATIVE):
        return []
    if known <= (NONPOSITIVE if strict else NEGATIVE):
        return [S.false]
    found = _conjugates(site, value)
    if found is None:
        return [_stated(site, value, strict, values)]
    total, norm, is_larger = found
    if not is_larger:
        return [*_positive(site, total, strict, values), *_positive(site, norm, strict, values)]
    of_total, of_norm = site.chart.of(*total), site.chart.of(*norm)
    if of_total <= (POSITIVE if strict else NONNEGATIVE) or of_norm <= (NEGATIVE if strict else NONPOSITIVE):
        return []
    if of_norm <= (NONNEGATIVE if strict else POSITIVE):
        return _positive(site, total, strict, values)
    if of_total <= NONPOSITIVE:
        return _positive(site, (-norm[0], norm[1]), strict, values)
    return [_stated(site, value, strict, values)]


def _conjugates(site: Site, value: Fraction) -> tuple[Fraction, Fraction, bool] | None:
    """Sum and product of a number and its conjugate in the last root of degree two that it holds, and whether it is the
    larger; None where it holds no such root, or that is not known."""
    ring, (top, bottom) = site.ring, site.rational(value)
    p = site.normal(top * bottom)[0] * site.normal(top * bottom)[1]
    last = next(((x, q) for x, q in reversed(site.roots) if ring.degree(p, x) > 0), None)
    if last is None:
        return None
    x, q = last[0], site._on_special(last[1])
    if ring.degree(q, x) != 2 or ring.degree(p, x) != 1:
        return None
    (c, b, a), (u, v), one = ring.coefficients(q, x), ring.coefficients(p, x), ring.constant(1)
    gap = times(site.sign(v), times(site.sign(ring.derivative(q, x)), site.sign(a)))
    if gap not in (POSITIVE, NEGATIVE) and gap not in (NONNEGATIVE, NONPOSITIVE):
        return None
    total, norm = site.normal(a * (2 * u * a - v * b)), site.normal(a * (u * u * a - u * v * b + v * v * c))
    return cancelled(*total), cancelled(*norm), gap <= NONNEGATIVE


def _stated(site: Site, value: Fraction, strict: bool, values: Mapping[Symbol, Expr]) -> Boolean:
    rest, sign = undecided(site, value)
    if rest is None:
        return S.true if sign <= (POSITIVE if strict else NONNEGATIVE) else S.false
    shown = (rest if sign == POSITIVE else turned(rest)).xreplace(values)
    return (Gt if strict else Ge)(shown, 0)
