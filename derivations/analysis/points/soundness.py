"""What is listed: solutions that are zeros of the velocity, under conditions that can hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import S

from derivations.analysis.algebra.programs import NO_PROGRAMS, Programs
from derivations.analysis.points.closed_form import RealSolution, solve_leaf
from derivations.analysis.points.system import System
from derivations.analysis.sites.branches import Leaf
from derivations.analysis.sites.conditions import stated_signs
from derivations.analysis.sites.decision import is_empty
from theory.flow import Flow


@dataclass(frozen=True)
class Listed:
    """The sound solutions of the leaves of a search, each leaf looked at once."""

    system: System
    programs: Programs = NO_PROGRAMS
    known: dict[int, tuple[Leaf, list[RealSolution]]] = field(default_factory=dict)

    def of(self, leaf: Leaf) -> list[RealSolution]:
        if id(leaf) not in self.known:
            found = solve_leaf(leaf, self.system.unknowns, self.system.signs)
            proved = self._is_all_at_rest(leaf)
            self.known[id(leaf)] = leaf, [s for s in found if may_exist(s) and (proved or is_at_rest(self.system.flow, s))]
        return self.known[id(leaf)][1]

    def _is_all_at_rest(self, leaf: Leaf) -> bool:
        """Whether the velocity vanishes on a leaf whose coordinates are all numbers of one field."""
        field, ring = leaf.numbers, self.system.ring
        if field is None:
            return False
        every = [p for fraction in self.system.velocities for p in fraction]
        return all(ring.present(p) <= field.numerators.keys() for p in every) and all(
            field.vanishes(ring, top) and not field.vanishes(ring, bottom) for top, bottom in self.system.velocities
        )


def may_exist(found: RealSolution) -> bool:
    """Whether it is not proved that the conditions hold nowhere, each or together."""
    if S.false in found.conditions:
        return False
    site = found.site.with_facts(stated_signs(found.site.ring, found.conditions))
    return site.signs.consistent and not ((found.conditions or found.implicit) and is_empty(site))


def is_at_rest(flow: Flow, found: RealSolution) -> bool:
    """Whether the velocity vanishes there."""
    return all(found.site.is_zero(velocity) for velocity in flow.velocity.values())
