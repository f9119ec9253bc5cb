r"""What the state has to satisfy, as conditions on a point: signs, inequalities, denominators that do not vanish.

A *demand* is a polynomial and the signs that it may have.  On a site its sign is known, or impossible, or left as relations
between the parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sympy import Expr, S, Symbol
from sympy.core.relational import Eq, Gt, Ne
from sympy.logic.boolalg import Boolean

from derivations.analysis.algebra.polynomials import Polynomial, Ring, distinct_members
from derivations.analysis.sites.assumptions import symbol_signs
from derivations.analysis.sites.conditions import inequalities
from derivations.analysis.sites.decision import decide_sign
from derivations.analysis.sites.sign import NEGATIVE, NONNEGATIVE, NONPOSITIVE, NONZERO, POSITIVE, ZERO, Sign
from derivations.analysis.sites.signs import Signs
from derivations.analysis.sites.site import Site

Demand = tuple[Polynomial, Sign]


def divide_signs(signs: Signs, state: Iterable[Symbol], free: Iterable[Symbol]) -> tuple[Signs, tuple[Demand, ...]]:
    """What is known of parameters and of the coordinates of a family, and what else is said of the state."""
    ring, state = signs.ring, frozenset(state)
    carried = [(ring.gen(y), symbol_signs(y)) for y in free]
    facts = (*signs.facts, *signs.products)
    demands = tuple(f for f in facts if not ring.present(f[0]).isdisjoint(state) and f not in carried)
    known = replace(
        signs,
        facts=tuple(f for f in signs.facts if f not in demands),
        products=tuple(f for f in signs.products if f not in demands),
    )
    return known, tuple(sorted(demands, key=lambda d: (d[0].total_degree(), len(d[0]))))


def demand_relations(site: Site, demand: Demand, values: Mapping[Symbol, Expr]) -> list[Boolean]:
    """Relations that hold iff the demand does, ``values`` of the roots put in; none where it holds anyway."""
    p, sign = demand
    value = site.normal(p)
    known = decide_sign(site, value)
    if known <= sign:
        return []
    if not known & sign:
        return [S.false]
    if known & sign == ZERO:
        return [Eq(site.ring.factored_expression(value[0]).xreplace(values), 0)]
    if sign in (POSITIVE, NONNEGATIVE):
        return inequalities(site, value, sign == POSITIVE, values)
    if sign in (NEGATIVE, NONPOSITIVE):
        return inequalities(site, (-value[0], value[1]), sign == NEGATIVE, values)
    if sign == NONZERO:
        one = site.ring.constant(1)
        return [Ne(site.ring.expr(f).xreplace(values), 0) for f in site.ring.factors(value[0]) if 0 in site.chart.of(f, one)]
    return []


def close_demand(demand: Demand) -> Demand:
    """The demand with the edge of an inequality."""
    p, sign = demand
    return (p, sign | ZERO) if len(sign) == 1 else demand


def without_implied(ring: Ring, conditions: Iterable[Boolean]) -> list[Boolean]:
    """The conditions without polynomials that do not vanish as factors of others that are positive."""
    conditions = list(conditions)
    strict = [c.lhs for c in conditions if isinstance(c, Gt) and c.lhs.is_polynomial()]
    known = distinct_members(f for e in strict if e.free_symbols <= ring.place.keys() for f in ring.factors(ring.numerator(e)))
    implied = [Ne(ring.expr(f), 0) for f in known]
    return [c for c in conditions if c not in implied]
