r"""Where a fixed point may lose its existence or its stability: equations, and their components.

A *critical set* is an equation :math:`g=0` between the parameters and roots of a fixed point: the constant coefficient of a
factor of the characteristic polynomial vanishes (a real eigenvalue passes through zero; by the implicit function theorem points
meet, or end, nowhere else), or its last Hurwitz determinant does (a pair of imaginary ones).  A determinant with many terms is
not expanded: it is stated in names of the coefficients, as conditions are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Eq, Expr, Symbol
from sympy.core.relational import Relational

from derivations.analysis.algebra.linear import OverBudget, hurwitz_determinants
from derivations.analysis.algebra.polynomials import Polynomial
from derivations.analysis.linearisation.hurwitz import EXPANDED, coefficient_letters, vanishing_determinant
from derivations.analysis.linearisation.towers import LARGEST
from derivations.analysis.sites.characteristic import Factor
from derivations.analysis.sites.sign import NONNEGATIVE, NONPOSITIVE, ZERO
from derivations.analysis.sites.signs import LONG
from derivations.analysis.sites.site import Site

LONGER = 2  # terms that an equation between parameters alone may have more than one that holds a root


@dataclass(frozen=True)
class Critical:
    """An irreducible polynomial on the site of a point that may vanish; for a pair of imaginary eigenvalues, the factor of the
    characteristic polynomial that has them and its last Hurwitz determinant."""

    equation: Polynomial
    factor: Factor | None = None
    determinant: Polynomial | None = None


def critical_sets(site: Site, factors: Sequence[Factor], lost: bool) -> Iterator[Critical | Relational]:
    """The zeros of real eigenvalues, and where stability may be ``lost`` those of real parts of pairs: an equation in names of
    coefficients where that has many terms."""
    for factor, letter in zip(factors, coefficient_letters(site), strict=False):
        yield from (Critical(g) for g in _site_factors(site, factor.coefficients[-1]))
        if lost and factor.degree > 1:
            if (last := _last_determinant(site, factor)) is not None:
                yield from (Critical(g, factor, last) for g in _site_factors(site, last))
            elif (equation := vanishing_determinant(site, factor, letter)) is not None:
                yield equation


def _last_determinant(site: Site, factor: Factor) -> Polynomial | None:
    """The last Hurwitz determinant; None of one with many terms."""
    try:
        (last,) = hurwitz_determinants(factor.coefficients, [factor.degree - 1], site.ring, EXPANDED)
    except OverBudget:
        return None
    return last if len(last) <= LONG else None


def _site_factors(site: Site, p: Polynomial) -> list[Polynomial]:
    """Irreducible factors on the site, of each factor by itself: their product may be long there."""
    tops = [site.normal(f)[0] for f in site.ring.factors(p)]
    return [] if any(top.is_zero() for top in tops) else [f for top in tops for f in site.ring.factors(top)]


# How a critical set is written -------------------------------------------------------------------------------------------


def critical_equation(site: Site, at: Site, g: Polynomial, values: Mapping[Symbol, Expr]) -> Relational:
    """The equation of a component: between parameters alone, unless the point has roots that stay symbols and the equation
    with one of them is solved for a parameter or clearly shorter."""
    ring, roots = site.ring, {x for x, _ in site.roots}
    alone = in_parameters(site, at)
    if alone is None:
        return solved_equation(site, g)
    free = any(at.ring.present(q) & roots for s in at.special for q in (s.top, s.bottom)) or any(
        p.context() is ring.context and ring.present(p) & roots for _, p in at.roots
    )
    implicit = any(values.get(x, x) == x for x in roots)
    if not (free and implicit):
        return solved_equation(site, alone)
    if _is_solvable(site, alone):
        return solved_equation(site, alone)
    return solved_equation(site, g if _is_solvable(site, g) or len(alone) > len(g) + LONGER else alone)


def in_parameters(site: Site, at: Site) -> Polynomial | None:
    """The irreducible equation between parameters that a component satisfies; None where elimination grows too long."""
    ring = at.ring
    auxiliary = set(at.state) | (set(ring.symbols) - set(site.ring.symbols))
    parameters = set(ring.symbols) - auxiliary
    relations = [p for _, p in at.roots]
    for s in at.special[len(site.special) :]:
        if s.symbol in parameters:
            top, bottom = at.normal(ring.gen(s.symbol))
            relations.append(bottom * ring.gen(s.symbol) - top)
    relations = [p for p in relations if ring.present(p) & parameters]
    alone = [p for p in relations if ring.present(p) <= parameters]
    while not alone:
        held = [x for x in auxiliary if any(x in ring.present(p) for p in relations)]
        if not held:
            return None
        x = min(held, key=lambda y: sum(ring.degree(p, y) > 0 for p in relations))
        first, *others = sorted((p for p in relations if ring.degree(p, x) > 0), key=lambda p: (ring.degree(p, x), len(p)))
        rest = [p for p in relations if ring.degree(p, x) <= 0]
        for other in others:
            if len(first) * len(other) * ring.degree(first, x) * ring.degree(other, x) > LARGEST:
                return None
            resultant = ring.resultant(first, other, x)
            rest += [f for f in ring.factors(resultant) if at.normal(f)[0].is_zero()][:1]
        if not rest or rest == relations:
            return None
        relations = rest
        alone = [p for p in relations if ring.present(p) <= parameters]
    (equation, *_) = sorted(alone, key=len)
    return _point_factor(site, at, ring.factors(equation))


def _point_factor(site: Site, at: Site, factors: Sequence[Polynomial]) -> Polynomial | None:
    """The factor that vanishes on the component, in the ring of the point."""
    found = next((f for f in factors if at.normal(f)[0].is_zero()), None)
    return found if found is None or at.ring == site.ring else site.ring.numerator(at.ring.expr(found))


def _is_solvable(site: Site, g: Polynomial) -> bool:
    return isinstance(solved_equation(site, g).lhs, Symbol)


def solved_equation(site: Site, g: Polynomial) -> Relational:
    """``g = 0``, solved for a parameter where it is linear in one with a constant or positive coefficient."""
    ring, roots = site.ring, {x for x, _ in site.roots}
    for y in reversed(ring.symbols):
        if ring.degree(g, y) == 1 and y not in roots:
            lead = ring.leading(g, y)
            if 0 not in site.signs.of(lead) and not ring.present(lead) & roots:
                return Eq(
                    y, ring.factored_expression(-ring.coefficients(g, y)[0]) / ring.factored_expression(lead), evaluate=False
                )
    return Eq(ring.expr(g), 0, evaluate=False)


def implied_signs(site: Site, at: Site, critical: Relational) -> Iterator[Relational]:
    """Signs that parameters have wherever the component is real, and that are not known elsewhere."""
    ring = at.ring
    roots = {x for x, _ in site.roots} | (set(ring.symbols) - set(site.ring.symbols))
    for s in at.special[len(site.special) :]:
        if s.symbol in at.state or s.symbol == critical.lhs:
            continue
        top, bottom = at.normal(ring.gen(s.symbol))
        if not (ring.present(top) | ring.present(bottom)) & roots:
            continue
        before, there = site.signs.of(site.ring.gen(s.symbol)), at.chart.of(top, bottom)
        if not before - ZERO <= there:
            if there <= NONNEGATIVE and not there <= ZERO:
                yield s.symbol > 0
            elif there <= NONPOSITIVE and not there <= ZERO:
                yield s.symbol < 0
