"""What is listed: solutions that are zeros of the velocity, under conditions that can hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import S

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
    known: dict[int, tuple[Leaf, list[RealSolution]]] = field(default_factory=dict)

    def of(self, leaf: Leaf) -> list[RealSolution]:
        if id(leaf) not in self.known:
            found = solve_leaf(leaf, self.system.unknowns, self.system.signs)
            self.known[id(leaf)] = leaf, [s for s in found if may_exist(s) and is_at_rest(self.system.flow, s)]
        return self.known[id(leaf)][1]


def may_exist(found: RealSolution) -> bool:
    """Whether it is not proved that the conditions hold nowhere, each or together."""
    if S.false in found.conditions:
        return False
    site = found.site.with_facts(stated_signs(found.site.ring, found.conditions))
    return site.signs.consistent and not ((found.conditions or found.implicit) and is_empty(site))


def is_at_rest(flow: Flow, found: RealSolution) -> bool:
    """Whether the velocity vanishes there."""
    return all(found.site.is_zero(velocity) for velocity in flow.velocity.values())
