"""Exact numbers for all parameters of a flow, at which figures are drawn and runs are made.

They are fractions that are quickly read, none of them one and no two alike, so that powers and products are told apart; among
several draws that are admissible, one at which a stable state away from zero exists and many states are real.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np
from sympy import Rational, S, Symbol
from sympy.core.relational import Relational

from derivations.analysis.algebra.zero import Region, draw_point, holds_at
from derivations.analysis.points.fixed_points import FixedPoints
from derivations.analysis.points.numbers import exact_numbers, has_sign
from derivations.studies.placed import lower_at, place_points
from theory.abridging import brief
from theory.errors import InputError, UnfinishedError
from theory.flow import Flow

SIMPLE = tuple(
    Rational(p, q)
    for p, q in ((1, 2), (3, 2), (2, 1), (3, 1), (1, 4), (3, 4), (1, 5), (4, 5), (2, 5), (3, 5), (1, 3), (2, 3), (5, 2),
                 (1, 10), (1, 20), (5, 4), (4, 3), (5, 3), (1, 8), (7, 4))
)  # fmt: skip
WHOLE = tuple(Rational(n) for n in (3, 4, 5, 6, 7, 8, 2, 9))
DRAWS, BLIND = 40, 4  # that are admissible, among which one is chosen, with fixed points and without
GOOD = 8  # draws at which nothing is left to be wished, among which the shortest is chosen
TRIES = 2000
EVEN, LARGE = 50, 4  # rates and sizes that a figure shows side by side


def choose_numbers(
    flow: Flow, given: Mapping[Symbol, object] | None = None, seed: int = 0, points: FixedPoints | None = None
) -> dict[Symbol, Rational]:
    """Exact numbers of all parameters of a flow of scalars.

    Parameters
    ----------
    given
        numbers that are kept.
    points
        its fixed points, where draws are to be preferred at which they are real.

    Raises
    ------
    InputError
        for a number of what is no parameter, one that breaks an assumption, and assumptions that none were found to obey.
    """
    kept = check_given(flow, given or {})
    best: tuple[tuple, dict[Symbol, Rational]] | None = None
    good = 0
    for numbers in islice(_draws(flow, kept, random.Random(seed)), BLIND if points is None else DRAWS):
        worth = _worth(flow, points, numbers)
        if best is None or (*worth, -_length(numbers, kept)) > best[0]:
            best = (*worth, -_length(numbers, kept)), numbers
        good += points is not None and worth == (True, True, len(points), True)
        if good == GOOD:
            break
    return best[1] if best else _any_numbers(flow, kept, seed)


def check_given(flow: Flow, given: Mapping[Symbol, object]) -> dict[Symbol, Rational]:
    """The numbers of parameters that are given, by the symbols of the flow.

    Raises
    ------
    InputError
        as in :func:`choose_numbers`.
    """
    own = {str(p): p for p in flow.parameters}
    if unknown := [x for x in given if str(x) not in own]:
        raise InputError(f"parameters of the flow of the amplitudes ({', '.join(own)})", str(unknown[0]), "correct the name")
    kept = {own[str(x)]: value for x, value in exact_numbers(given).items()}
    for x, value in kept.items():
        if not _fits(x, value):
            raise InputError(f"a number for {x} of the sign and kind that is assumed of it", str(value), "change it")
    for assumption in flow.assumptions:
        if isinstance(assumption, Relational) and not holds_at(Region((assumption,)), kept):
            named = ", ".join(f"{x} = {kept[x]}" for x in kept if x in assumption.free_symbols)
            raise InputError(f"numbers at which {brief(assumption)}", named, "change them")
    return kept


def _fits(x: Symbol, value: Rational) -> bool:
    return has_sign(x, value) and not (x.is_integer and not value.is_Integer)


def _draws(flow: Flow, kept: Mapping[Symbol, Rational], generator: random.Random) -> Iterator[dict[Symbol, Rational]]:
    """Admissible draws, each once."""
    free, seen = [p for p in flow.parameters if p not in kept], set[tuple]()
    region = Region(flow.assumptions)
    for _ in range(TRIES):
        numbers = {**kept, **_draw_numbers(free, generator, {abs(v) for v in kept.values()})}
        drawn = tuple(numbers[p] for p in flow.parameters)
        if drawn not in seen and all(_fits(p, numbers[p]) for p in free) and holds_at(region, numbers):
            yield {p: numbers[p] for p in flow.parameters}
            seen.add(drawn)
        if not free:
            return


def _draw_numbers(free: list[Symbol], generator: random.Random, taken: set) -> dict[Symbol, Rational]:
    found: dict[Symbol, Rational] = {}
    for x in free:
        whole = WHOLE if x.is_integer else SIMPLE
        pool = [v for v in whole if v not in taken] or list(whole)
        size = pool[min(int(generator.expovariate(4 / len(pool))), len(pool) - 1)]
        negative = x.is_negative or (not x.is_nonnegative and generator.random() < 0.2)
        found[x] = -size if negative else size
        taken = {*taken, size}
    return found


def _worth(flow: Flow, points: FixedPoints | None, numbers: Mapping[Symbol, Rational]) -> tuple[bool, bool, int, bool]:
    """Whether a stable state away from zero exists, whether no eigenvalue is zero but along families, how many states are
    real, and whether their sizes and rates are not far apart."""
    if points is None:
        return (False, False, 0, False)
    try:
        placed, lowered = place_points(points, numbers), lower_at(flow, numbers)
        spectra = [p.eigenvalues(lowered) for p in placed]
        stable = any(p.is_away() and p.is_stable(lowered) for p in placed)
    except (UnfinishedError, InputError, ArithmeticError, TypeError, ValueError):  # outside of a domain
        return (False, False, 0, False)
    rates = [abs(s.real) for found in spectra for s in found]
    sizes = [float(np.abs(p.values).max()) for p in placed if p.is_away()]
    even = bool(rates) and max(rates) < EVEN * min(rates) and all(1 / LARGE < size < LARGE for size in sizes)
    return (stable, all(rate > 1e-9 for rate in rates), len({p.number for p in placed}), even)


def _length(numbers: Mapping[Symbol, Rational], kept: Mapping[Symbol, Rational]) -> int:
    return sum(len(str(v)) for x, v in numbers.items() if x not in kept)


def _any_numbers(flow: Flow, kept: Mapping[Symbol, Rational], seed: int) -> dict[Symbol, Rational]:
    """Numbers that are admissible, however long."""
    try:
        found = draw_point(flow.parameters, Region(flow.assumptions), seed, kept)
    except UnfinishedError:
        wanted = ", ".join(brief(a) for a in flow.assumptions if isinstance(a, Relational) and a != S.true)
        given = ", ".join(f"{x} = {v}" for x, v in kept.items()) or "no number given"
        raise InputError(f"numbers at which {wanted}", f"{given}, and none found", "give numbers of more parameters") from None
    return {p: found[p] for p in flow.parameters}
