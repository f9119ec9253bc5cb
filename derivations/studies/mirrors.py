"""States at rest that are mirror images: changes of signs that a flow does not see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from sympy import Expr, Symbol

from derivations.analysis.points.point import FixedPoint
from theory.flow import Flow
from theory.vanishing import vanishes

MOST_VARIABLES = 6  # of a flow of which every set of variables is tried


def sign_symmetries(flow: Flow) -> tuple[frozenset[Symbol], ...]:
    """The sets of variables of a flow of scalars whose signs can be changed together, proved; none of a flow of many."""
    variables = flow.state if len(flow.state) <= MOST_VARIABLES else ()
    sets = (frozenset(chosen) for size in range(1, len(variables) + 1) for chosen in combinations(variables, size))
    return tuple(chosen for chosen in sets if _is_symmetry(flow, chosen))


def _is_symmetry(flow: Flow, turned: frozenset[Symbol]) -> bool:
    signed = {x for x in turned if x.is_nonnegative or x.is_nonpositive}
    bound = {s for a in flow.assumptions for s in a.free_symbols}
    if signed or turned & bound:
        return False
    turn = {x: -x for x in turned}
    return all(vanishes(v.xreplace(turn) - (-v if x in turned else v), flow.context) is True for x, v in flow.velocity.items())


def mirrored_states(flow: Flow, points: Sequence[FixedPoint]) -> dict[int, int]:
    """For each place of an isolated point in closed form that is an image of an earlier one, the place of the first."""
    symmetries, found = sign_symmetries(flow), {}
    for place, point in enumerate(points):
        earlier = [k for k in range(place) if k not in found]
        image = next((k for k in earlier if _are_images(points[k], point, symmetries)), None)
        if image is not None:
            found[place] = image
    return found


def _are_images(one: FixedPoint, other: FixedPoint, symmetries: Iterable[frozenset[Symbol]]) -> bool:
    if any(p.free or p.roots or p.auxiliary for p in (one, other)) or set(one.conditions) != set(other.conditions):
        return False
    return any(_agree(one.values, other.values, turned) for turned in symmetries)


def _agree(one: Mapping[Symbol, Expr], other: Mapping[Symbol, Expr], turned: frozenset[Symbol]) -> bool:
    return all(vanishes((-v if x in turned else v) - other[x]) is True for x, v in one.items())
