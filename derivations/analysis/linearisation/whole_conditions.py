"""What has to hold for a whole state: the conditions of all sectors, each once, and of which modes it speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sympy import Dummy, Expr, Symbol, cancel
from sympy.core.relational import Eq, Gt, Lt, Ne, Relational

from derivations.analysis.linearisation.aligned_places import ABSENT, ONE, OTHER_ABSENT, TWO
from derivations.analysis.linearisation.aligned_sectors import AlignedSector
from derivations.analysis.points.places import place_of
from derivations.analysis.sites.decision import decide_sign
from derivations.analysis.sites.sign import NEGATIVE, POSITIVE
from derivations.analysis.sites.site import Site
from theory.flow import Flow

ALIKE = {ONE.number: TWO.number, ABSENT.number: OTHER_ABSENT.number}
LONG = 12  # terms of a condition beyond which it is not asked whether others imply it


@dataclass(frozen=True)
class Held:
    """A condition, the numbers of the modes that it speaks of, and whether it is asked for beside empty directions alone."""

    condition: Relational
    numbers: tuple[int, ...]
    kinds: frozenset[str]

    @property
    def beside_empty(self) -> bool:
        return "empty" in self.kinds


@dataclass(frozen=True, eq=False)
class Numbered:
    """The symbols of modes, which sectors write with the number of a place: those at rest come before ``first_absent``."""

    names: frozenset[str]
    first_absent: int
    is_any: bool

    def number(self, symbol: Symbol) -> int | None:
        """The place of a symbol."""
        name, _, number = symbol.name.rpartition("_")
        return int(number) if name in self.names and number.isdigit() else None

    def numbers(self, expr) -> tuple[int, ...]:
        return tuple(sorted({k for s in expr.free_symbols if (k := self.number(s)) is not None}))

    def mirrored(self, expr):
        """What is said of modes, of others of their kind."""
        swap = {**ALIKE, **{b: a for a, b in ALIKE.items()}} if self.is_any else {}
        put = {}
        for s in expr.free_symbols:
            if (other := swap.get(self.number(s) or 0)) is not None:
                put[s] = Symbol(f"{s.name.rpartition('_')[0]}_{other}", **s.assumptions0)
        return expr.xreplace(put)

    def words(self, held: Held, meaning: Iterable[int]) -> str:
        """Of which modes a condition speaks."""
        numbers = sorted({*held.numbers, *meaning})
        resting = [k for k in numbers if k < self.first_absent] if self.is_any else []
        absent = [k for k in numbers if k >= self.first_absent]
        parts = [_every(resting, "mode"), _every(absent, "absent mode")]
        spoken = " and ".join(part for part in parts if part)
        return " ".join(w for w in ("beside empty directions" * held.beside_empty, f"for {spoken}" * bool(spoken)) if w)


def _every(numbers: Sequence[int], kind: str) -> str:
    if not numbers:
        return ""
    return f"every {kind} {numbers[0]}" if len(numbers) == 1 else f"every two {kind}s {' and '.join(map(str, numbers))}"


def held_conditions(
    asked: Iterable[tuple[AlignedSector, Relational]], numbered: Numbered, facts: Sequence[Relational]
) -> tuple[Held, ...]:
    """The conditions of all sectors: those of other modes of the same kind once, and none that follows from what fewer kinds
    of modes and directions ask for."""
    found: dict[Relational, Held] = {}
    for sector, condition in asked:
        kinds = frozenset("absent" if p.is_absent else "empty" if p.is_empty else "mode" for p in sector.places)
        held = Held(condition, numbered.numbers(condition), kinds)
        same = next((c for c in (condition, numbered.mirrored(condition)) if c in found), None)
        if same is None:
            found[condition] = held
        elif kinds < found[same].kinds:
            found[same] = Held(same, found[same].numbers, kinds)
    return tuple(held for held in found.values() if not _follows(held, tuple(found.values()), numbered, facts))


def _follows(held: Held, every: Sequence[Held], numbered: Numbered, facts: Sequence[Relational]) -> bool:
    """Whether a condition follows from those on fewer modes."""
    fewer = [o for o in every if len(o.numbers) < len(held.numbers) and o.kinds <= held.kinds and o.numbers]
    premises = [c for o in fewer for c in (o.condition, numbered.mirrored(o.condition))]
    if not premises or isinstance(held.condition, Eq | Ne) or not _is_short(held.condition):
        return False
    return _sign_of(_difference(held.condition), [*facts, *filter(_is_short, premises)]) == POSITIVE


def _difference(condition: Relational) -> Expr:
    """What is positive where an inequality holds strictly."""
    return condition.lhs - condition.rhs if isinstance(condition, Gt) else condition.rhs - condition.lhs


def _is_short(condition: Relational) -> bool:
    difference = condition.lhs - condition.rhs
    return difference.is_rational_function() and len(difference.expand().args) <= LONG


def _sign_of(value: Expr, facts: Sequence[Relational]):
    site = _site_of(facts, value)
    return decide_sign(site, site.ring.fraction(value))


def _site_of(facts: Sequence[Relational], value: Expr) -> Site:
    x = Dummy("x", real=True)
    symbols = value.free_symbols.union(*(c.free_symbols for c in facts))
    flow = Flow({x: -x * (1 + sum(s**2 for s in symbols))}, assumptions=tuple(facts))
    return place_of(flow, {x: 0})[1]


# -- order of modes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class OrderOfModes:
    """Conditions on a mode at rest and an absent one that say which of them has the larger eigenvalue."""

    pairs: tuple[tuple[Symbol, Symbol, Expr], ...]  # an eigenvalue at rest, the absent one, the first by what is said
    facts: Sequence[Relational]

    @cached_property
    def differences(self) -> list[tuple[Symbol, Symbol, Expr]]:
        return [(first, absent, said - absent) for first, absent, said in self.pairs]

    def of(self, condition: Relational) -> Relational:
        """A condition in eigenvalues, where it is one between two of them."""
        if not isinstance(condition, Gt | Lt) or not _difference(condition).is_rational_function():
            return condition
        for first, absent, difference in self.differences:
            if absent in condition.free_symbols:
                ratio = cancel(_difference(condition) / difference)
                if absent not in ratio.free_symbols:
                    sign = _sign_of(ratio, self.facts)
                    if sign in (POSITIVE, NEGATIVE):
                        return Gt(first, absent) if sign == POSITIVE else Lt(first, absent)
        return condition


def eigenvalue_pairs(along: Mapping[Symbol, Expr], number: Callable) -> tuple[tuple[Symbol, Symbol, Expr], ...]:
    """Each eigenvalue that others stand for: of the first mode at rest, of an absent one, and the first by what is said."""
    return tuple((number(y, ONE), number(y, ABSENT), number(said, ONE)) for y, said in along.items() if not said.is_number)
