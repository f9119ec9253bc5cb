r"""Where a fixed point may lose its existence or its stability: equations, and the sites that solve them.

A *critical set* is an equation :math:`g=0` between the parameters (and roots) of a fixed point: a constant coefficient of the
characteristic polynomial vanishes (a real eigenvalue passes through zero), the last Hurwitz determinant vanishes (a pair
of imaginary ones), or a discriminant of the point vanishes (two points meet).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce

from sympy import Eq, Symbol
from sympy.core.relational import Relational

from derivations.analysis.algebra.linear import hurwitz_determinants
from derivations.analysis.algebra.polynomials import Polynomial
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.characteristic import Factor
from derivations.analysis.sites.signs import LONG, ZERO, Signs
from derivations.analysis.sites.site import Chart, Site


def critical_sets(site: Site, factors: Sequence[Factor], lost: bool) -> Iterator[tuple[Polynomial, Factor | None]]:
    """Irreducible polynomials that may vanish, beside the factor that they make lose a pair of roots to the axis."""
    ring = site.ring
    known = _of_parameters(site)
    for x, p in site.roots:
        if ring.degree(p, x) == 2:
            factors_of = ring.factors(site.normal(ring.discriminant(p, x))[0])
            yield from ((g, None) for g in factors_of if len(known.of(g) - ZERO) > 1)
    if not lost:
        return
    for factor in factors:
        n = len(factor.coefficients) - 1
        yield from ((g, None) for g in _open(site, factor.coefficients[-1]))
        if n > 1:
            (last,) = hurwitz_determinants(factor.coefficients, [n - 1], ring)
            yield from ((g, factor) for g in (_open(site, last) if len(last) <= LONG else ()))


def _of_parameters(site: Site) -> Signs:
    """What is known of signs beside which of several roots is meant."""
    roots = {x for x, _ in site.roots}
    return Signs(site.ring, tuple((g, v) for g, v in site.signs.facts if not site.ring.present(g) & roots))


def _open(site: Site, p: Polynomial) -> list[Polynomial]:
    """Irreducible factors on the site whose sign is not known, each odd number of times."""
    top, _ = site.normal(p)
    one = site.ring.constant(1)
    if top.is_zero():
        return []
    return [f for f, m in top.factor()[1] if int(m) % 2 and len(site.chart.of(f, one) - ZERO) > 1]


def sites_on(site: Site, g: Polynomial) -> Iterator[Site]:
    """The critical set as sites: ``g = 0`` solved for a parameter, or for what is left where a chart expresses parameters."""
    ring, chart = site.ring, site.chart
    roots = {x for x, _ in site.roots}
    if not ring.present(g) & roots and (direct := _linear_in(site, g)) and all(ring.degree(p, x) == 2 for x, p in site.roots):
        put = tuple((x, ring.substitute(p, direct.symbol, direct.top, direct.bottom)) for x, p in site.roots)
        if all(len(ring.factors(p)) == 1 and p.factor()[1][0][1] == 1 and ring.degree(p, x) for x, p in put):
            yield from _consistent(replace(site, roots=put, special=(*site.special, direct), signs=_closed(site, [direct])))
            return
    images = ((x, chart.image(p)) for x, p in site.roots)
    kept = tuple((x, p) for x, p in images if not p.is_zero())
    special = (*site.special, *chart.expressed)
    for f in ring.factors(chart.image(g)):
        found = _linear_in(site, f)
        if found:
            put = tuple((x, ring.substitute(p, found.symbol, found.top, found.bottom)) for x, p in kept)
            left = tuple((x, p) for x, p in put if not p.is_zero())
            signs = _closed(site, (*chart.expressed, found))
            yield from _consistent(replace(site, roots=left, special=(*special, found), signs=signs))
        else:
            root = min(_by_choice(site, f), key=lambda y: ring.degree(f, y))
            signs = _closed(site, chart.expressed)
            yield from _consistent(replace(site, roots=(*kept, (root, f)), special=special, signs=signs))


def _linear_in(site: Site, f: Polynomial) -> Substitution | None:
    """``f = 0`` solved for a symbol that it holds linearly, where the coefficient does not vanish identically."""
    ring = site.ring
    linear = [y for y in _by_choice(site, f) if ring.degree(f, y) == 1]
    best = min(linear, key=lambda y: (0 in site.chart.of(ring.leading(f, y), ring.constant(1)), linear.index(y)), default=None)
    return None if best is None else Substitution(best, -ring.coefficients(f, best)[0], ring.leading(f, best))


def _consistent(site: Site) -> Iterator[Site]:
    if site.signs.consistent:
        yield site


def _closed(site: Site, expressed: Sequence[Substitution]) -> Signs:
    """What is known on a critical set: all that is of parameters, and of the branch what does not turn into an equation."""
    parameters = _of_parameters(site)
    chart = reduce(lambda c, s: c.with_expressed(s), expressed, Chart(parameters, ()))
    known = {str(g) for g, _ in parameters.facts}
    branch = ((chart.image(g), v) for g, v in (*site.signs.facts, *site.signs.products) if str(g) not in known)
    return chart.signs.learn_all((g, v) for g, v in branch if not g.is_zero())


def _by_choice(site: Site, f: Polynomial) -> list[Symbol]:
    """The symbols of ``f``, parameters first, the last ones foremost."""
    state = {x for x, _ in site.roots}
    return sorted(site.ring.present(f), key=lambda y: (y in state, -site.ring.place[y]))


def shown(site: Site, g: Polynomial) -> Relational:
    """``g = 0``, solved for a parameter where it is linear in one with a constant or positive coefficient."""
    ring = site.ring
    for y in reversed(ring.symbols):
        if ring.degree(g, y) == 1 and y not in {x for x, _ in site.roots}:
            lead = ring.leading(g, y)
            if 0 not in site.signs.of(lead) and not ring.present(lead) & {x for x, _ in site.roots}:
                return Eq(y, ring.factored(-ring.coefficients(g, y)[0]) / ring.factored(lead), evaluate=False)
    return Eq(ring.expr(g), 0, evaluate=False)
