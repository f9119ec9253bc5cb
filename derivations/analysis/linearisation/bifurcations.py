"""Where stability or existence of a fixed point is lost, and in which bifurcation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sympy.core.relational import Relational

from derivations.analysis.algebra.linear import OverBudget
from derivations.analysis.linearisation.critical_sets import critical_sets, shown, sites_on
from derivations.analysis.linearisation.hopf import hopf
from derivations.analysis.linearisation.kinds import Bifurcation, Kind
from derivations.analysis.linearisation.normal_forms import steady
from derivations.analysis.points.places import is_defined
from derivations.analysis.sites.characteristic import Factor
from derivations.analysis.sites.site import Site
from theory.flow import Flow


def bifurcations_of(flow: Flow, site: Site, factors: Sequence[Factor], lost: bool) -> tuple[Bifurcation, ...]:
    """The bifurcations at the edges of a point's existence and, where it can be ``lost``, of its stability."""
    found: dict[Relational, Bifurcation] = {}
    poles = [f for s in site.solved for f in site.ring.factors(site.normal(site.ring.gen(s.symbol))[1])]
    for g, factor in critical_sets(site, factors, lost):
        if g in poles or -g in poles:  # the point goes to infinity there
            continue
        for at in filter(partial(is_defined, flow), sites_on(site, g)):
            try:
                made = steady(flow, site, at, g) if factor is None else hopf(flow, site, at, g, factor)
            except OverBudget:
                made = Bifurcation(Kind.UNCLASSIFIED, shown(site, g))
            if made is not None:
                found.setdefault(made.critical, made)
    return tuple(found.values())
