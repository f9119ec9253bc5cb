"""Where the entries of a sector stand: modes along directions, modes without one, directions without a mode."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A vector of each dimension that has it: with a mode along it, of data without a mode, or of a direction without one."""

    number: int
    has_data: bool = True
    has_direction: bool = True

    @property
    def is_occupied(self) -> bool:
        return self.has_data and self.has_direction


ONE, TWO = Place(1), Place(2)
ABSENT, OTHER_ABSENT = Place(3, has_direction=False), Place(4, has_direction=False)
EMPTY, OTHER_EMPTY = Place(5, has_data=False), Place(6, has_data=False)
SECTORS = {
    "own": (ONE, ONE),
    "two modes": (ONE, TWO),
    "mode, absent mode": (ONE, ABSENT),
    "mode, empty direction": (ONE, EMPTY),
    "absent mode": (ABSENT, ABSENT),
    "two absent modes": (ABSENT, OTHER_ABSENT),
    "empty direction": (EMPTY, EMPTY),
    "two empty directions": (EMPTY, OTHER_EMPTY),
    "empty direction, absent mode": (EMPTY, ABSENT),
}
