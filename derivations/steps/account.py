"""What an analysis hands out: steps, and in sentences what it could not prove."""

from __future__ import annotations

from dataclasses import dataclass

from derivations.engine import Step

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True)
class Account:
    """Steps in an order in which each builds on earlier ones, and sentences on what was not finished or not proved."""

    steps: tuple[Step, ...] = ()
    gaps: tuple[str, ...] = ()

    def __add__(self, other: Account) -> Account:
        return Account((*self.steps, *other.steps), (*self.gaps, *other.gaps))


def number_word(count: int) -> str:
    """A number in words, where that is short."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)
