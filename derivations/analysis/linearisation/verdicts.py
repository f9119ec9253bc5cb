"""What the signs of Hurwitz determinants say of a fixed point: its verdict, and the conditions that decide it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from sympy import S
from sympy.core.relational import Eq, Ge, Gt, Lt, Ne, Relational

from derivations.analysis.algebra.linear import BUDGET
from derivations.analysis.linearisation.hurwitz import LONG, HalfPlanes, coefficient_letters, half_planes
from derivations.analysis.linearisation.zero_modes import Origin, ZeroMode
from derivations.analysis.sites.characteristic import Factor
from derivations.analysis.sites.conditions import independent_conditions, readable_relation, stated_signs
from derivations.analysis.sites.decision import is_empty
from derivations.analysis.sites.sign import ZERO
from derivations.analysis.sites.site import Site


class Verdict(Enum):
    """The verdict on the modes transverse to identified zero modes."""

    STABLE = "stable"
    UNSTABLE = "unstable"
    SADDLE = "saddle"
    MARGINAL = "marginal"
    DEPENDS = "depends on the conditions"


Judgement = tuple[Verdict, tuple[Relational, ...]]


def half_planes_of(site: Site, factors: Sequence[Factor], budget: int = BUDGET, long: int = LONG) -> list[HalfPlanes]:
    """The tests of all factors, whose coefficients have letters that nothing else is called by."""
    letters = coefficient_letters(site)
    return [half_planes(site, f, budget, letter, long) for f, letter in zip(factors, letters, strict=False)]


def verdict_of(site: Site, factors: Sequence[Factor], tests: Sequence[HalfPlanes], modes: Sequence[ZeroMode]) -> Judgement:
    left, stated = any(t.left for t in tests), [c for t in tests for c in t.conditions if c is not S.true]
    if any(t.right for t in tests) or S.false in stated:
        left = left or (S.false in stated and _turns_left(site, factors))
        return (Verdict.SADDLE if left else Verdict.UNSTABLE), ()
    conditions = tuple(map(readable_relation, independent_conditions(site, stated)))
    equations = [c for c in conditions if isinstance(c, Eq)]
    if equations or (conditions and is_empty(site, stated_signs(site.ring, conditions))):
        exceptions = [readable_relation(Ne(c.lhs - c.rhs, 0)) for c in equations[:1]] or _edge_conditions(site, conditions)
        return (Verdict.SADDLE if left or _turns_left(site, factors) else Verdict.UNSTABLE), tuple(exceptions)
    if any(t.marginal for t in tests) or any(m.origin is Origin.DEGENERATE for m in modes):
        return Verdict.MARGINAL, conditions
    return (Verdict.DEPENDS if conditions else Verdict.STABLE), conditions


def strict_ends(
    site: Site, ends: Sequence[Relational], factors: Sequence[Factor], modes: Sequence[ZeroMode], judgement: Judgement
) -> Iterator[Relational]:
    """The ``ends`` of a family, conditions under which it exists, that have to be strict for the judgement to hold."""
    for end in ends:
        at_end = site.closure.with_facts(stated_signs(site.ring, [Eq(end.lhs, end.rhs)]))
        if not is_empty(at_end) and verdict_of(at_end, factors, half_planes_of(at_end, factors), modes) != judgement:
            yield readable_relation((Gt if isinstance(end, Ge) else Lt)(end.lhs, end.rhs))


def _edge_conditions(site: Site, conditions: Sequence[Relational]) -> tuple[Relational, ...]:
    """That none of the conditions, which do not hold together, is an equality while no other one fails."""
    closed = [(p, sign | ZERO) for p, sign in stated_signs(site.ring, conditions)]
    edges = [c for c in conditions if not is_empty(site, [*closed, *stated_signs(site.ring, [Eq(c.lhs, c.rhs)])])]
    return tuple(map(readable_relation, independent_conditions(site, [Ne(c.lhs - c.rhs, 0) for c in edges])))


def _turns_left(site: Site, factors: Sequence[Factor]) -> bool:
    """Whether it is proved that some root lies in the left half plane, apart from edges."""
    mirrored = [half_planes(site, f.mirror_image) for f in factors]
    conditions = [c for t in mirrored for c in t.conditions]
    generic = any(t.right for t in mirrored) or any(c is S.false or isinstance(c, Eq) for c in conditions)
    return generic or (bool(conditions) and is_empty(site, stated_signs(site.ring, conditions)))
