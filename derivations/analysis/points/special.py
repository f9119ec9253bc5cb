"""Whether special parameters that were named hold zeros that are not listed."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from sympy import Symbol

from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.algebra.programs import NO_PROGRAMS, Programs
from derivations.analysis.points.containment import site_of, site_relations
from derivations.analysis.points.generic import Together
from derivations.analysis.points.splitter import Splitter
from derivations.analysis.points.system import System
from derivations.analysis.sites.branches import Leaf
from derivations.analysis.sites.parameters import may_vanish_together
from derivations.analysis.sites.site import Site

ZEROS = 512  # complex ones, by Bézout's bound, up to which special parameters are solved for together with the state
CASES = 100


def unexplained_sets(
    named: Sequence[Together], leaves: Sequence[Leaf], system: System, programs: Programs = NO_PROGRAMS
) -> tuple[Together, ...]:
    """The special parameters at which it is not proved that every zero lies on a leaf.

    The parameters that are fixed there count as unknowns: zeros of the larger system are found by the same search.
    """
    sites = [(site_of(leaf, system.unknowns, system.signs), leaf.nonzero) for leaf in leaves]
    kept = [one for one in named if may_vanish_together(one, system.signs) and not _is_explained(one, sites, system, programs)]
    return tuple(one for one in kept if not any(len(o) < len(one) and all(p in one for p in o) for o in kept))


def _is_explained(together: Together, sites: Sequence[tuple[Site, Together]], system: System, programs: Programs) -> bool:
    ring, equations = system.ring, (*together, *system.equations)
    of_state = prod(_total_degree(ring, p, system.unknowns) for p in system.equations)
    if of_state * prod(_total_degree(ring, p, ring.symbols) for p in together) > ZEROS:
        return False
    fixed = tuple(s for s in ring.symbols if any(s in ring.present(p) for p in together))
    everything = Splitter(ring, (*system.unknowns, *fixed), system.signs, programs)
    tree = everything.search(equations, nonzero=system.denominators, limit=CASES)
    found = [site_of(leaf, everything.state, system.signs) for leaf in tree.leaves]
    return not tree.unsolved and not tree.exceptional and all(any(_lies_on(site, *one) for one in sites) for site in found)


def _total_degree(ring: Ring, p: Polynomial, symbols: Sequence[Symbol]) -> int:
    places = [ring.place[s] for s in symbols]
    return max(sum(powers[i] for i in places) for powers in p.to_dict())


def _lies_on(site: Site, larger: Site, nonzero: Together) -> bool:
    """Whether what ``larger`` says holds on all of ``site``, and nothing that may not vanish there does."""
    said = site_relations(larger)
    apart = (*(lead for _, lead in said), *nonzero)
    return all(site.normal(p)[0].is_zero() for p, _ in said) and not any(_may_vanish(p, site) for p in apart)


def _may_vanish(p: Polynomial, site: Site) -> bool:
    """Whether ``p`` may vanish, by the norm, which vanishes where ``p`` does for any of the roots."""
    norm, _ = site.put_expressed(p)
    for x, q in reversed(site.roots):
        norm = site.ring.resultant(norm, q, x) if site.ring.degree(norm, x) > 0 else norm
    return norm.is_zero() or 0 in site.signs.of(norm)
