"""States at rest as steps: what each is, and where it exists."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import numpy as np

from derivations import checks
from derivations.analysis.points.point import FixedPoint, PointKind
from derivations.engine import Step
from derivations.lines import Lines, velocity_lines
from derivations.steps.account import Account, number_word
from derivations.steps.drawing import Numbers, both_sides_of, symbols_of
from derivations.steps.places import DIGITS, ShownState, state_lines
from theory.errors import UnfinishedError
from theory.flow import Flow
from theory.latex import tex

PLAIN_DRAWS, EDGE_DRAWS = 10, 2  # a case: points anywhere, and pairs on the two sides of each condition


def state_name(number: int) -> str:
    """The name of the step that says what a state is."""
    return f"state_{number}"


def state_account(flow: Flow, number: int, point: FixedPoint, count: int, source: str) -> Account:
    """One state at rest, or a family, the ``number``-th of ``count``: where it is, and under which conditions.

    Its check draws parameters anywhere and on both sides of each condition: the values are real, have their signs and are at
    rest exactly where the conditions hold.
    """

    def check(premises: Lines, after: Lines) -> checks.Numerics:
        shown = ShownState.of(flow, point, Lines((*premises, *after)))
        against = "values put into the velocities at random parameters, on both sides of each condition"
        return checks.Numerics(lambda rng: existence_cases(shown, rng), 0.5, against, reads=shown.conditions.bounds)

    step = Step(
        state_name(number),
        _state_in_words(point, count),
        "Set all velocities to zero and eliminate one variable after the other.",
        before=velocity_lines(flow),
        after=state_lines(point),
        uses=(source,),
        check=check,
    )
    return Account((step,))


def _state_in_words(point: FixedPoint, count: int) -> str:
    is_family, which = point.kind is PointKind.FAMILY, "states" if count > 1 else "state"
    said = f"One of {number_word(count)} {which} at rest" if count > 1 else "The only state at rest"
    if is_family:
        free = " and ".join(f"${tex(x)}$" for x in point.free)
        whole = len(point.free) == len(point.values)
        said += ", a whole family" + (": every state rests" if whole else f": {free} may have any value")
    for x in point.roots:
        said += f"; ${tex(x)}$ is a real root of its polynomial and has no short closed form"
    return f"{said}. It exists only under the conditions named." if point.conditions else f"{said}."


def existence_cases(shown: ShownState, rng: np.random.Generator) -> Iterator[tuple[object, object]]:
    """Whether the conditions hold, and whether there is a state: one where the other, at every point drawn.

    Raises
    ------
    UnfinishedError
        where there was a state at none of them.
    """
    with mpmath.workdps(DIGITS):
        found = False
        for at in _points(shown, rng):
            for instance in shown.instances(at):
                exists, held = shown.is_state(instance), shown.conditions_hold(instance)
                if held or not exists or not shown.is_another_case(instance):
                    yield float(held), float(exists)
                found |= exists
        if not found:
            raise UnfinishedError("the state was real at none of the random parameters")


def _points(shown: ShownState, rng: np.random.Generator) -> Iterator[Numbers]:
    for _ in range(PLAIN_DRAWS):
        yield shown.places.draw(rng)
        for line in shown.places.equations:
            yield shown.domain.on(Lines(other for other in shown.places.equations if other != line)).draw(rng)
    for line in shown.conditions:
        if symbols_of(line) <= {*shown.domain.symbols} and line not in shown.places.equations:
            yield from both_sides_of(line, shown.places, rng, EDGE_DRAWS)
