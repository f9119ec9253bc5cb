"""Whether special parameters that were named hold zeros that are not listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import TypeAlias

from sympy import Symbol

from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.algebra.programs import NO_PROGRAMS, Programs
from derivations.analysis.points.containment import site_of, site_relations
from derivations.analysis.points.relabelling import permute_symbols, relabellings_of
from derivations.analysis.points.splitter import Splitter
from derivations.analysis.points.system import System
from derivations.analysis.sites.branches import Exceptional, Leaf, RuleOutcome, SearchBranch
from derivations.analysis.sites.parameters import may_vanish_together
from derivations.analysis.sites.site import Site

ZEROS = 512  # complex ones, by Bézout's bound, up to which special parameters are solved for together with the state
CASES = 100

# What vanishes on a site, each with the denominator that does not, and what else does not.
Description: TypeAlias = tuple[list[tuple[Polynomial, Polynomial]], tuple[Polynomial, ...]]


def unexplained_cases(
    named: Sequence[Exceptional], leaves: Sequence[Leaf], system: System, programs: Programs = NO_PROGRAMS
) -> tuple[Exceptional, ...]:
    """The cases in special parameters of which it is not proved that every zero lies on a leaf.

    The parameters that are fixed there count as unknowns: zeros of the larger system are found by the same search.  Where that
    did not prove it, it is not tried again for what is the same but for a relabelling of the flow.
    """
    images = set[frozenset]()
    sites = [(site_relations(site_of(leaf, system.unknowns, system.signs)), leaf.nonzero) for leaf in leaves]
    kept = list[Exceptional]()
    for one in sorted(
        (one for one in named if may_vanish_together(one.equations, system.signs)), key=lambda e: len(e.equations)
    ):
        # Where fewer equations are named, these parameters are among others that are.
        if any(all(p in one.equations for p in other.equations) for other in kept):
            continue
        if _terms_of(one.equations) in images or not _is_explained(one, sites, system, programs):
            kept.append(one)
            images |= {
                _terms_of(permute_symbols(system.ring, p, moved) for p in one.equations)
                for moved in relabellings_of(system.flow)
            }
    return tuple(kept)


def _terms_of(equations: Iterable[Polynomial]) -> frozenset:
    """The terms of each equation, up to its sign."""
    return frozenset(frozenset((p if p.leading_coefficient() > 0 else -p).to_dict().items()) for p in equations)


def _is_explained(case: Exceptional, sites: Sequence[Description], system: System, programs: Programs) -> bool:
    ring, branch = system.ring, case.branch
    fixed = tuple(s for s in ring.symbols if any(s in ring.present(p) for p in case.equations))
    if prod(_degree_in(ring, p, (*system.unknowns, *fixed)) for p in branch.equations) > ZEROS:
        return False
    everything = Splitter(ring, (*system.unknowns, *fixed), system.signs, programs)

    def is_listed(outcome: RuleOutcome) -> bool:
        found = (site_of(leaf, everything.state, system.signs) for leaf in outcome.leaves)
        return not outcome.exceptional and all(any(_lies_on(site, *one) for one in sites) for site in found)

    start = SearchBranch(branch.equations, branch.nonzero, (*branch.solved, *branch.special))
    return not everything.exhaust(start, limit=CASES, accept=is_listed).unsolved


def _degree_in(ring: Ring, p: Polynomial, symbols: Sequence[Symbol]) -> int:
    places = [ring.place[s] for s in symbols]
    return max(sum(powers[i] for i in places) for powers in p.to_dict())


def _lies_on(site: Site, said: Sequence[tuple[Polynomial, Polynomial]], nonzero: Sequence[Polynomial]) -> bool:
    """Whether what is said of a larger site holds on all of ``site``, and nothing that may not vanish there does."""
    apart = (*(lead for _, lead in said), *nonzero)
    return all(site.normal(p)[0].is_zero() for p, _ in said) and not any(_may_vanish(p, site) for p in apart)


def _may_vanish(p: Polynomial, site: Site) -> bool:
    """Whether ``p`` may vanish, by the norm, which vanishes where ``p`` does for any of the roots."""
    norm, _ = site.put_expressed(p)
    for x, q in reversed(site.roots):
        norm = site.ring.resultant(norm, q, x) if site.ring.degree(norm, x) > 0 else norm
    return norm.is_zero() or 0 in site.signs.of(norm)
