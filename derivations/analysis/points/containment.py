"""Which solutions of a polynomial system lie within others."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Symbol

from derivations.analysis.algebra.polynomials import Polynomial
from derivations.analysis.sites.branches import Leaf
from derivations.analysis.sites.signs import Signs
from derivations.analysis.sites.site import Site


def site_of(leaf: Leaf, state: tuple[Symbol, ...], signs: Signs) -> Site:
    """A leaf with what is known of signs."""
    return Site(signs.ring, state, leaf.roots, leaf.solved, leaf.special, signs)


def site_relations(site: Site) -> list[tuple[Polynomial, Polynomial]]:
    """The polynomials that vanish on a site, each with the denominator or leading coefficient that does not."""
    ring = site.ring
    normal = [(ring.gen(s.symbol), site.normal(ring.gen(s.symbol))) for s in (*site.solved, *site.special)]
    expressed = [(top - bottom * x, bottom) for x, (top, bottom) in normal]
    return [*expressed, *((p, ring.leading(p, x)) for x, p in site.roots)]


def without_contained(leaves: Sequence[Leaf], state: tuple[Symbol, ...], signs: Signs) -> list[Leaf]:
    """Leaves that no other one holds: a point of a family, or a degenerate case in which nothing is new."""
    kept: list[tuple[Leaf, list[tuple[Polynomial, Polynomial]]]] = []
    for leaf in sorted(leaves, key=lambda a: (len(a.special), len(a.roots) + len(a.solved))):
        site = site_of(leaf, state, signs)
        if not any(_holds_on(site, said) for _, said in kept):
            kept.append((leaf, site_relations(site)))
    return [leaf for leaf, _ in kept]


def _holds_on(site: Site, said: Sequence[tuple[Polynomial, Polynomial]]) -> bool:
    """Whether the relations of a larger site hold on ``site`` and none of their denominators vanishes identically there."""
    return all(site.normal(p)[0].is_zero() and not site.normal(lead)[0].is_zero() for p, lead in said)
