r"""From a point that a user gives to a site: radicals become roots with a polynomial of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sympy import CRootOf, Dummy, Expr, Pow, S, Symbol
from sympy.core.relational import Ge, Gt, Le, Lt, Ne, Relational

from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.points.demands import Demand, close_demand, divide_signs
from derivations.analysis.points.point import SIGN_WORDS, FixedPoint
from derivations.analysis.points.system import System, system_of
from derivations.analysis.sites.assumptions import signs_from, symbol_signs
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.sign import NEGATIVE, NONZERO, POSITIVE, UNKNOWN, ZERO, Sign
from derivations.analysis.sites.signs import Signs
from derivations.analysis.sites.site import Site
from theory.errors import InputError
from theory.flow import Flow
from theory.printing import plain
from theory.stopgrad import as_expression

INTERIOR: dict[type, Sign] = {Ge: POSITIVE, Gt: POSITIVE, Le: NEGATIVE, Lt: NEGATIVE, Ne: NONZERO}


def place_of(flow: Flow, point: FixedPoint | Mapping[Symbol, Expr]) -> tuple[Site, Site, dict[Symbol, Expr]]:
    """The site of a point, the same in the interior of the conditions for it to exist, and the values of the state and of
    radicals that have a name on the site.

    Raises
    ------
    InputError
        for missing state variables, values outside the supported class, or a point that is not fixed.
    """
    system = system_of(flow)
    if isinstance(point, FixedPoint):
        site, values = point.site, point.coordinates
    else:
        site, values = _site_of_values(system, point)
    for block, velocity in flow.velocity.items():
        if not site.is_zero(velocity):
            raise InputError(
                "a fixed point of the flow",
                f"a point at which d{block}/dt does not vanish identically",
                "see fixed_points(flow)",
            )
    numbers = {x: v for x, v in values.items() if v.is_number and x in {y for y, _ in site.roots}}
    site = replace(site, numbers=numbers)
    _, demands = divide_signs(_signs_on(system, site.ring), system.unknowns, site.free)
    return site, _interior_site(site, getattr(point, "conditions", ()), demands), values


def is_defined(flow: Flow, site: Site) -> bool:
    """Whether no denominator of the velocity vanishes identically on a site."""
    system = system_of(flow)
    return not any(site.normal(site.ring.convert_from(p, system.ring))[0].is_zero() for p in system.denominators)


def _interior_site(site: Site, conditions: Iterable[Relational], demands: Iterable[Demand]) -> Site:
    """The site with inequalities as facts, strictly, those of a family's coordinates too; and what the state has to satisfy,
    where it is not on the edge of it."""
    coordinates = [(site.ring.gen(y), symbol_signs(y)) for y in site.free]
    facts = [(p, v - ZERO) for p, v in (*coordinates, *demands) if v not in (ZERO, UNKNOWN) and not site.normal(p)[0].is_zero()]
    for c in conditions:
        difference = c.lhs - c.rhs
        if type(c) in INTERIOR and difference.is_rational_function():
            top, bottom = site.ring.fraction(difference)
            facts.append((top * bottom, INTERIOR[type(c)]))
    return site.with_facts(facts)


def _site_of_values(system: System, given: Mapping[Symbol, Expr]) -> tuple[Site, dict[Symbol, Expr]]:
    flow, base = system.flow, system.ring
    if not isinstance(given, Mapping) or set(given) != set(flow.state):
        raise InputError(
            "a fixed point, or a value for each of " + ", ".join(map(str, flow.state)), repr(given), "give one value a variable"
        )
    values = system.complete_values({x: as_expression(given[x], f"as value of {x}") for x in flow.state})
    names: dict[Expr, Symbol] = {}
    for v in (values[x] for x in system.unknowns):
        for atom in sorted(v.atoms(CRootOf) | {p for p in v.atoms(Pow) if _is_square_root(p)}, key=_depth_key):
            key = atom if isinstance(atom, CRootOf) else Pow(atom.base, S.Half)
            names.setdefault(key, Dummy(f"r{len(names)}", positive=True if not isinstance(atom, CRootOf) else None, real=True))
    unknowns = (*system.unknowns, *reversed(names.values()))
    ring = Ring((*unknowns, *base.symbols[len(system.unknowns) :]), base.auxiliaries)
    solved = []
    for x in system.unknowns:
        if values[x] != x:
            top, bottom = ring.fraction(_name_radicals(values[x], names))
            solved.append(Substitution(x, top, bottom))
    roots = tuple((name, _defining_polynomial(ring, radical, names)) for radical, name in names.items())
    named = {name: radical for radical, name in names.items()}
    numbers = {name: radical for name, radical in named.items() if radical.is_number}
    site = Site(ring, (*system.unknowns, *named), roots, tuple(solved), (), signs_from(ring), numbers)
    return _restrict_site(system, site), {**values, **named}


def _is_square_root(p: Expr) -> bool:
    return bool(p.exp.is_Rational and p.exp.q == 2)


def _defining_polynomial(ring: Ring, radical: Expr, names: Mapping[Expr, Symbol]) -> Polynomial:
    name = names[radical]
    if isinstance(radical, CRootOf):
        return ring.numerator(radical.poly.as_expr().xreplace({radical.poly.gen: name}))
    top, bottom = ring.fraction(_name_radicals(radical.base, names))
    return bottom * ring.gen(name) ** 2 - top


def _signs_on(system: System, ring: Ring) -> Signs:
    """What is known where the velocities are defined, over a ring with more symbols."""
    every = (*system.signs.facts, *system.signs.products)
    return (
        system.signs
        if ring == system.ring
        else signs_from(ring).learn_all((ring.convert_from(p, system.ring), v) for p, v in every)
    )


def _restrict_site(system: System, site: Site) -> Site:
    """The site with what is known of parameters, within what the state has to satisfy, edges included."""
    known, demands = divide_signs(_signs_on(system, site.ring), system.unknowns, site.free)
    site = replace(site, signs=known)
    for p, sign in demands:
        if not site.sign(p) & sign:
            raise InputError(
                "a point at which the velocity is defined and the assumptions on the state hold",
                f"one at which {site.ring.expr(p)} is not {SIGN_WORDS.get(sign, 'zero')}",
                "see fixed_points(flow)",
            )
        if not site.normal(p)[0].is_zero():
            site = site.with_facts([close_demand((p, sign))])
    return site


def _depth_key(expr: Expr):
    return len(expr.atoms(Pow)), plain(expr)


def _name_radicals(expr: Expr, names: Mapping[Expr, Symbol]) -> Expr:
    """Radicals replaced by their names; odd powers of a square root too."""

    def replace_radical(e: Expr) -> Expr:
        if isinstance(e, CRootOf):
            return names[e]
        if isinstance(e, Pow) and e.exp.is_Rational and e.exp.q == 2:
            return names[Pow(e.base, S.Half)] ** e.exp.p
        return e.func(*map(replace_radical, e.args)) if e.args else e

    return replace_radical(expr)
