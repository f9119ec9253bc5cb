"""Where the entries of a sector stand: modes along directions, modes without one, directions without a mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Place:
    """A vector of each dimension that has it: of data where there is a mode, of the others where there is a direction."""

    number: int
    has_data: bool = True
    has_direction: bool = True
    is_occupied: bool = True

    @property
    def is_absent(self) -> bool:
        """Whether it is a mode that rests nowhere."""
        return self.has_data and not self.is_occupied

    @property
    def is_empty(self) -> bool:
        """Whether it is a direction along which nothing rests."""
        return self.has_direction and not self.is_occupied


Group = tuple[Place, ...]  # what lies along one direction
Pairs = tuple[tuple[Group, Group], ...]  # of groups, between which small changes move by themselves


def absent_mode(number: int) -> Place:
    """A mode that rests nowhere."""
    return Place(number, has_direction=False, is_occupied=False)


def empty_direction(number: int) -> Place:
    """A direction along which nothing rests."""
    return Place(number, has_data=False, is_occupied=False)


ONE, TWO = Place(1), Place(2)
ABSENT, OTHER_ABSENT = absent_mode(3), absent_mode(4)
EMPTY, OTHER_EMPTY = empty_direction(5), empty_direction(6)


@dataclass(frozen=True)
class Layout:
    """What rests where: ``occupied`` groups, or any number of modes like the first one, beside absent modes and empty
    directions; ``sectors`` are the pairs of groups between which small changes move by themselves, by name."""

    occupied: tuple[Group, ...]
    sectors: Mapping[str, Pairs]
    is_any: bool = False


def layout_of(sizes: Sequence[int], *, joined: bool, directed: bool) -> Layout:
    """Where modes rest, ``sizes`` of them in each direction.

    Parameters
    ----------
    joined
        whether modes know of each other: then no others rest beside them, and their own sectors are one.
    directed
        whether a dimension has no data: several modes can lie along one of its vectors.
    """
    if tuple(sizes) == (1,):
        return ONE_MODE if joined else ANY_MODES
    groups: list[Group] = []
    count, first = sum(sizes), 1
    for direction, size in enumerate(sizes, 1):
        numbers = range(first, first + size)
        first += size
        if not size:
            groups.append((Place(count + 4 + direction, has_data=False),))
        elif directed:
            groups.append(tuple(Place(k, has_direction=k == numbers[0]) for k in numbers))
        else:
            groups += [(Place(k),) for k in numbers]
    named = {f"{'direction' if directed else 'mode'} {k}": group for k, group in enumerate(groups, 1)}
    own: dict[str, Pairs] = {name: ((group, group),) for name, group in named.items()}
    if joined:
        own = {"all modes at rest": tuple((group, group) for group in groups)}
    between = {f"{one}, {other}": ((named[one], named[other]),) for one, other in combinations(named, 2)}
    absent, empty = (absent_mode(count + k) for k in (1, 2)), (empty_direction(count + k) for k in (3, 4))
    return Layout(tuple(groups), {**own, **between, **_beside(named, tuple(absent), tuple(empty))})


def _beside(modes: Mapping[str, Group], absent: Sequence[Place], empty: Sequence[Place]) -> dict[str, Pairs]:
    """The pairs of named modes at rest with absent modes and with empty directions, and of these."""
    (gone, other_gone), (free, other_free) = (((place,) for place in places) for places in (absent, empty))
    found: dict[str, Pairs] = {}
    for name, group in modes.items():
        found |= {f"{name}, absent mode": ((group, gone),), f"{name}, empty direction": ((group, free),)}
    return found | {
        "absent mode": ((gone, gone),),
        "two absent modes": ((gone, other_gone),),
        "empty direction": ((free, free),),
        "two empty directions": ((free, other_free),),
        "empty direction, absent mode": ((free, gone),),
    }


_OWN = {"own": (((ONE,), (ONE,)),)}
_BESIDE_ONE = _beside({"mode": (ONE,)}, (ABSENT, OTHER_ABSENT), (EMPTY, OTHER_EMPTY))
ONE_MODE = Layout(((ONE,),), _OWN | _BESIDE_ONE)
ANY_MODES = Layout(((ONE,), (TWO,)), _OWN | {"two modes": (((ONE,), (TWO,)),)} | _BESIDE_ONE, is_any=True)
