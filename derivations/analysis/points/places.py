r"""From a point that a user gives to a site: radicals become roots with a polynomial of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sympy import CRootOf, Dummy, Expr, Poly, Pow, S, Symbol
from sympy.core.relational import Ge, Gt, Le, Lt, Ne, Relational

from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.points.fixed_points import FixedPoint, supported
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.signs import NEGATIVE, NONZERO, POSITIVE, Sign, signs_from
from derivations.analysis.sites.site import Site
from theory.errors import InputError
from theory.flow import Flow
from theory.printing import plain
from theory.stopgrad import expression

INTERIOR: dict[type, Sign] = {Ge: POSITIVE, Gt: POSITIVE, Le: NEGATIVE, Lt: NEGATIVE, Ne: NONZERO}


def place_of(flow: Flow, point: FixedPoint | Mapping[Symbol, Expr]) -> tuple[Site, Site, dict[Symbol, Expr]]:
    """The site of a point, the same in the interior of the conditions for it to exist, and the values of the state and of
    radicals that have a name on the site.

    Raises
    ------
    InputError
        for missing state variables, values outside the supported class, or a point that is not fixed.
    """
    if isinstance(point, FixedPoint):
        site, values = point.site, dict(point.values)
    else:
        site, values = _site_of_values(flow, point)
    for block, velocity in flow.velocity.items():
        if not site.is_zero(velocity):
            raise InputError(
                "a fixed point of the flow",
                f"a point at which d{block}/dt does not vanish identically",
                "see fixed_points(flow)",
            )
    numbers = {x: v for x, v in values.items() if v.is_number and x in {y for y, _ in site.roots}}
    site = replace(site, numbers=numbers)
    return site, _interior(site, getattr(point, "conditions", ())), values


def _interior(site: Site, conditions: Iterable[Relational]) -> Site:
    """The site with inequalities as facts, strictly."""
    facts = []
    for c in conditions:
        difference = c.lhs - c.rhs
        if type(c) in INTERIOR and difference.is_rational_function():
            top, bottom = site.ring.fraction(difference)
            facts.append((top * bottom, INTERIOR[type(c)]))
    return site.with_facts(facts)


def _site_of_values(flow: Flow, given: Mapping[Symbol, Expr]) -> tuple[Site, dict[Symbol, Expr]]:
    if not isinstance(given, Mapping) or set(given) != set(flow.state):
        raise InputError(
            "a fixed point, or a value for each of " + ", ".join(map(str, flow.state)), repr(given), "give one value a variable"
        )
    values = {x: expression(given[x], f"as value of {x}") for x in flow.state}
    names: dict[Expr, Symbol] = {}
    for v in values.values():
        for atom in sorted(v.atoms(CRootOf) | {p for p in v.atoms(Pow) if p.exp.is_Rational and p.exp.q == 2}, key=_depth):
            key = atom if isinstance(atom, CRootOf) else Pow(atom.base, S.Half)
            names.setdefault(key, Dummy(f"r{len(names)}", positive=True if not isinstance(atom, CRootOf) else None, real=True))
    base, signs = supported(flow)
    free = {x for x, v in values.items() if v == x}
    ring = Ring((*flow.state, *reversed(names.values()), *base.symbols[len(flow.state) :]))
    signs = signs_from(ring, flow.assumptions)
    roots = []
    for radical, name in names.items():
        if isinstance(radical, CRootOf):
            roots.append(
                (
                    name,
                    ring.numerator(Poly(radical.poly.as_expr(), radical.poly.gen).as_expr().xreplace({radical.poly.gen: name})),
                )
            )
        else:
            top, bottom = ring.fraction(_named(radical.base, names))
            roots.append((name, bottom * ring.gen(name) ** 2 - top))
    solved = []
    for x, v in values.items():
        if x not in free:
            top, bottom = ring.fraction(_named(v, names))
            solved.append(Substitution(x, top, bottom))
    named = {name: radical for radical, name in names.items()}
    site = Site(ring, (*flow.state, *named), tuple(roots), tuple(solved), (), signs)
    return site, {**values, **named}


def _depth(expr: Expr):
    return len(expr.atoms(Pow)), plain(expr)


def _named(expr: Expr, names: Mapping[Expr, Symbol]) -> Expr:
    """Radicals replaced by their names; odd powers of a square root too."""

    def put(e: Expr) -> Expr:
        if isinstance(e, CRootOf):
            return names[e]
        if isinstance(e, Pow) and e.exp.is_Rational and e.exp.q == 2:
            return names[Pow(e.base, S.Half)] ** e.exp.p
        return e.func(*map(put, e.args)) if e.args else e

    return put(expr)
