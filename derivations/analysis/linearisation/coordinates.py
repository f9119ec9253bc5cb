r"""A site by its coordinates: parameters expressed by the state, in place of the state by the parameters.

Where :math:`x_i'=x_i(r_i+\sum_ja_{ij}x_j)` rests with all :math:`x_i\ne0`, the coordinates are quotients of determinants of
:math:`a`, the Jacobian's entries have long numerators, and its characteristic polynomial has numerators as long as all their
products.  With :math:`r_i=-\sum_ja_{ij}x_j` in place of these equations the same points have the Jacobian :math:`x_ia_{ij}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sympy import Symbol

from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.signs import Signs
from derivations.analysis.sites.site import Site
from theory.flow import Flow


def site_in_coordinates(flow: Flow, site: Site) -> Site | None:
    """The same site with each equation of the velocity solved for a parameter that it alone holds; None where one has none.

    Both are graphs over as many symbols, and irreducible; that the equations of each vanish on the other is checked.
    """
    ring = site.ring
    absent = tuple(s for s in site.solved if s.top.is_zero())
    factors = [g for v in flow.velocity.values() for g in ring.factors(ring.numerator(v)) if site.normal(g)[0].is_zero()]
    equations = [g for g in factors if not any(ring.present(g) == {s.symbol} for s in absent)]
    exchanged = [_solve_for_parameter(ring, g, equations, flow.parameters) for g in equations]
    if site.roots or None in exchanged:
        return None
    parameters = {s.symbol for s in exchanged if s}
    special = (*(s for s in exchanged if s), *(s for s in site.special if s.symbol not in parameters))
    found = replace(site, state=site.free, solved=absent, special=special, signs=Signs(ring))
    if len(absent) + len(special) != len(site.solved) + len(site.special):
        return None
    former = [s.bottom * ring.gen(s.symbol) - s.top for s in (*site.solved, *site.special)]
    return found.with_facts(site.signs.stated) if all(found.normal(p)[0].is_zero() for p in former) else None


def _solve_for_parameter(
    ring: Ring, g: Polynomial, equations: Sequence[Polynomial], parameters: Iterable[Symbol]
) -> Substitution | None:
    others = frozenset().union(*(ring.present(h) for h in equations if h is not g))
    for p in sorted(ring.present(g).intersection(parameters) - others, key=str):
        rest, *powers = ring.coefficients(g, p)
        if len(powers) == 1 and powers[0].is_constant():
            return Substitution(p, -rest, powers[0])
    return None
