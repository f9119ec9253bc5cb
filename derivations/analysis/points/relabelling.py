r"""Permutations of state and parameters that leave a flow as it is: what holds at a point holds at its image, renamed.

General Lotka–Volterra equations stay the same where two species change places and their coefficients with them, and so do
coupled units of one kind.  Of points that are images of each other one has to be analysed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from typing import TypeAlias

from sympy import Symbol

from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.points.point import FixedPoint
from derivations.analysis.points.system import System, system_of
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.site import Site
from theory.flow import Flow

LARGEST = 20  # state variables of a flow in which exchanges are sought
MANY = 120  # relabellings that are looked at

Relabelling: TypeAlias = dict[Symbol, Symbol]


@lru_cache(maxsize=64)
def exchanges_of(flow: Flow) -> dict[frozenset[Symbol], Relabelling]:
    """The pairs of state variables that may change places while the others stay, and how parameters move then."""
    system = system_of(flow)
    if system.ring.auxiliaries or system.relations or len(flow.state) > LARGEST:
        return {}
    sizes = {x: (len(top), len(bottom)) for x, (top, bottom) in zip(flow.state, system.velocities, strict=True)}
    pairs = (pair for pair in combinations(flow.state, 2) if sizes[pair[0]] == sizes[pair[1]])
    return {frozenset(pair): found for pair in pairs if (found := _exchange_of(system, *pair)) is not None}


@lru_cache(maxsize=64)
def relabellings_of(flow: Flow) -> tuple[Relabelling, ...]:
    """The exchanges and what they generate, or some of that where it is more than :data:`MANY`; not the identity."""
    generators = [*exchanges_of(flow).values()]
    found = {frozenset(g.items()): g for g in generators}
    waiting = deque(generators)
    while waiting and len(found) < MANY:
        g = waiting.popleft()
        for exchange in generators:
            moved = _compose(g, exchange)
            if moved and frozenset(moved.items()) not in found:
                found[frozenset(moved.items())] = moved
                waiting.append(moved)
    return tuple(found.values())


def _compose(first: Relabelling, then: Relabelling) -> Relabelling:
    moved = {s: then.get(first.get(s, s), first.get(s, s)) for s in {**first, **then}}
    return {s: image for s, image in moved.items() if s != image}


def _exchange_of(system: System, x: Symbol, y: Symbol) -> Relabelling | None:
    moved = {x: y, y: x}
    moved |= {s: image for s, image in _matched_parameters(system, moved) if s != image}
    if set(moved) != set(moved.values()) or any(p.assumptions0 != q.assumptions0 for p, q in moved.items()):
        return None
    return moved if _is_invariant(system, moved) else None


def _matched_parameters(system: System, moved: Relabelling) -> Iterator[tuple[Symbol, Symbol]]:
    """Where parameters go, by those that are the coefficient of a monomial in the state."""
    ring = system.ring
    for (top, _), (image, _) in _velocity_pairs(system, moved):
        goals = _lone_parameters(ring, system.unknowns, image)
        for monomial, p in _lone_parameters(ring, system.unknowns, permute_symbols(ring, top, moved)).items():
            yield p, goals.get(monomial, p)


def _lone_parameters(ring: Ring, state: Sequence[Symbol], p: Polynomial) -> dict[tuple[int, ...], Symbol]:
    """The monomials in the state whose coefficient is one parameter, up to numbers."""
    count, held = len(state), dict[tuple[int, ...], list[tuple[int, ...]]]()
    for powers in p.to_dict():
        if any(powers[count:]):
            held.setdefault(tuple(powers[:count]), []).append(tuple(powers[count:]))
    return {
        monomial: ring.symbols[count + first.index(1)]
        for monomial, (first, *others) in held.items()
        if sum(first) == 1 and not others
    }


def _velocity_pairs(system: System, moved: Relabelling) -> list[tuple]:
    """The velocity of each state variable, and that of its image."""
    velocities = dict(zip(system.flow.state, system.velocities, strict=True))
    return [(v, velocities[moved.get(x, x)]) for x, v in velocities.items()]


def _is_invariant(system: System, moved: Relabelling) -> bool:
    assumptions = set(system.flow.assumptions)
    if {a.xreplace(moved) for a in assumptions} != assumptions:
        return False
    for (top, bottom), (image, below) in _velocity_pairs(system, moved):
        if permute_symbols(system.ring, top, moved) * below != image * permute_symbols(system.ring, bottom, moved):
            return False
    return True


def permute_symbols(ring: Ring, p: Polynomial, moved: Relabelling) -> Polynomial:
    """A polynomial with symbols in the places of others."""
    sources = [ring.place[s] for s in ring.symbols]
    for s, goal in moved.items():
        sources[ring.place[goal]] = ring.place[s]
    return ring.context.from_dict({tuple(powers[k] for k in sources): c for powers, c in p.to_dict().items()})


# -- points ------------------------------------------------------------------------------------------------------------------


def to_representative(flow: Flow, point: FixedPoint) -> Relabelling:
    """The renaming that leads from a point to one of its images, the same for many of them: variables that may change places
    stand in the order of how long their values are, coordinates of a family last."""
    exchanges, moved = exchanges_of(flow), Relabelling()
    if not exchanges:
        return moved
    state = list(flow.state)
    sizes = [(v == x, v != 0, v.count_ops()) for x, v in point.values.items()]
    for n, here in enumerate(state):
        least = min(
            (k for k in range(n, len(state)) if k == n or frozenset((here, state[k])) in exchanges), key=sizes.__getitem__
        )
        if least != n:
            sizes[n], sizes[least] = sizes[least], sizes[n]
            moved = _compose(moved, exchanges[frozenset((here, state[least]))])
    return moved


def renamed_point(flow: Flow, point: FixedPoint, moved: Relabelling) -> FixedPoint:
    """The image of a point."""
    values = {moved.get(x, x): v.xreplace(moved) for x, v in point.values.items()}
    return FixedPoint(
        {x: values[x] for x in flow.state},
        tuple(c.xreplace(moved) for c in point.conditions),
        {moved.get(x, x): p.xreplace(moved) for x, p in point.roots.items()},
        renamed_site(point.site, moved),
    )


def renamed_site(site: Site, moved: Relabelling) -> Site:
    """The image of a site: the polynomials are the same ones, in a ring with other symbols."""
    ring = replace(site.ring, symbols=tuple(moved.get(s, s) for s in site.ring.symbols))

    def renamed(solved: Sequence[Substitution]) -> tuple[Substitution, ...]:
        return tuple(replace(s, symbol=moved.get(s.symbol, s.symbol)) for s in solved)

    return Site(
        ring,
        tuple(moved.get(x, x) for x in site.state),
        tuple((moved.get(x, x), p) for x, p in site.roots),
        renamed(site.solved),
        renamed(site.special),
        replace(site.signs, ring=ring),
        {moved.get(x, x): v for x, v in site.numbers.items()},
    )
