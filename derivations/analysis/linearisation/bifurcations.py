"""Where stability or existence of a fixed point is lost, and in which bifurcation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sympy import Expr, Symbol
from sympy.core.relational import Relational

from derivations.analysis.algebra.linear import OverBudget
from derivations.analysis.linearisation.components import Component, components
from derivations.analysis.linearisation.critical_sets import (
    Critical,
    critical_equation,
    critical_sets,
    implied_signs,
    solved_equation,
)
from derivations.analysis.linearisation.hopf import hopf
from derivations.analysis.linearisation.kinds import Bifurcation, BifurcationKind
from derivations.analysis.linearisation.normal_forms import VelocityExpansion, steady_bifurcation
from derivations.analysis.linearisation.towers import Unsplit
from derivations.analysis.linearisation.zero_modes import Origin, ZeroMode
from derivations.analysis.points.places import is_defined
from derivations.analysis.points.system import system_of
from derivations.analysis.sites.characteristic import Factor
from derivations.analysis.sites.conditions import independent_conditions, stated_signs
from derivations.analysis.sites.decision import is_empty
from derivations.analysis.sites.sign import ZERO
from derivations.analysis.sites.signs import LONG, Signs
from derivations.analysis.sites.site import Site
from theory.flow import Flow


def bifurcations_of(
    expansion: VelocityExpansion,
    values: Mapping[Symbol, Expr],
    factors: Sequence[Factor],
    modes: Sequence[ZeroMode],
    lost: bool,
) -> tuple[Bifurcation, ...]:
    """The bifurcations at the edges of a point's existence and, where it can be ``lost``, of its stability; ``modes``
    vanish for all parameters."""
    flow, site = expansion.flow, expansion.site
    poles = [site.normal(site.ring.gen(s.symbol))[1] for s in site.solved]
    assumed = _assumed_signs(flow, site)
    found: dict[tuple, Bifurcation] = {}
    for critical in critical_sets(site, factors, lost):
        if isinstance(critical, Relational):
            found[critical,] = Bifurcation(BifurcationKind.UNCLASSIFIED, critical, reason=f"its equation has over {LONG} terms")
            continue
        if is_empty(site.closure, [(critical.equation, ZERO)]):
            continue
        nonzero = [*poles, *(f.coefficients[0] for f in factors)]
        for made in _at_each(expansion, critical, assumed, nonzero, values, modes):
            key = (made.critical, made.conditions) if made.kind is not BifurcationKind.UNCLASSIFIED else (made.critical,)
            found.setdefault(key, made)
    return tuple(found.values())


def _at_each(
    expansion: VelocityExpansion,
    critical: Critical,
    assumed: Signs,
    nonzero,
    values: Mapping[Symbol, Expr],
    modes: Sequence[ZeroMode],
) -> Iterator[Bifurcation]:
    """The bifurcations at the components of one critical set."""
    site, g = expansion.site, critical.equation
    try:
        for component in components(site, g, assumed, nonzero):
            if is_defined(expansion.flow, component.site):
                yield from _at_one(expansion, critical, component, values, modes)
    except Unsplit as error:
        yield Bifurcation(BifurcationKind.UNCLASSIFIED, solved_equation(site, g), reason=error.reason)


def _assumed_signs(flow: Flow, site: Site) -> Signs:
    """The signs of parameters that the assumptions state."""
    system = system_of(flow)
    stated = ((p, v) for p, v in (*system.stated.facts, *system.stated.products) if not system.holds_unknowns(p))
    return Signs(site.ring).learn_all((site.ring.convert_from(p, system.ring), v) for p, v in stated)


def _at_one(
    expansion: VelocityExpansion,
    critical: Critical,
    component: Component,
    values: Mapping[Symbol, Expr],
    modes: Sequence[ZeroMode],
) -> Iterator[Bifurcation]:
    site, at = expansion.site, component.site
    equation = critical_equation(site, at, critical.equation, values)
    there = VelocityExpansion(expansion.flow, at)
    try:
        if critical.factor is not None:
            made = hopf(there, site, critical, equation, len(modes))
        elif any(mode.origin is Origin.DEGENERATE for mode in modes):  # a double zero
            made = Bifurcation(BifurcationKind.DEGENERATE, equation)
        elif modes:
            made = Bifurcation(BifurcationKind.UNCLASSIFIED, equation, reason="other eigenvalues vanish for all parameters")
        else:
            made = steady_bifurcation(there, equation)
    except OverBudget as error:
        made = Bifurcation(BifurcationKind.UNCLASSIFIED, equation, reason=str(error))
    if made is not None:
        conditions = dict.fromkeys((*component.conditions, *implied_signs(site, at, equation), *made.conditions))
        if not is_empty(at, stated_signs(at.ring, conditions)):
            freed = {s.symbol for s in site.solved} - {s.symbol for s in at.solved}
            bare = replace(at, signs=_assumed_signs(expansion.flow, at))
            yield replace(made, conditions=independent_conditions(bare, conditions)).at({x: values[x] for x in freed})
