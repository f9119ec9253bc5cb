"""What is proved of a state over a box of parameters, as a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import mpmath
import numpy as np
from sympy import Rational

from derivations import checks
from derivations.analysis.linearisation.balls import Box
from derivations.analysis.linearisation.certify import Cell, Certificate
from derivations.analysis.linearisation.questions import CellStatus
from derivations.analysis.points.point import FixedPoint
from derivations.checks import random_values
from derivations.engine import Step
from derivations.lines import Line, Lines, velocity_lines
from derivations.steps.account import Account
from derivations.steps.drawing import Numbers, value_at
from derivations.steps.places import DIGITS, ShownState, eigenvalues_of, state_lines
from derivations.steps.spectra import CLOSE
from derivations.steps.states import state_name
from theory.flow import Flow

DRAWN = 4  # cells of each kind a case


def certificate_account(flow: Flow, number: int, point: FixedPoint, found: Certificate, source: str) -> Account:
    """What is proved of a state over a box; a sentence where nothing is.

    Its check takes eigenvalues by differences at random points of cells for which something is proved.
    """
    proved = [cell for cell in found.cells if cell.status is not CellStatus.UNDECIDED]
    if not proved:
        return Account(gaps=(f"Nothing was proved of state {number} over the box of parameters.",))
    if roots := [x for x in point.roots if x in found.box]:
        return Account(gaps=(f"The certificate of state {number} holds the root {roots[0]}, and is not checked again.",))
    before = Lines((*velocity_lines(flow), *state_lines(point)))
    given = Lines(_box_lines(found.box))

    def check(premises: Lines, _after: Lines) -> checks.Numerics:
        shown = ShownState.of(flow, point, premises[: len(before)])
        box = premises[len(before) :]
        if len(box) != len(given):
            raise LookupError("both ends of the box for every parameter")
        return checks.Numerics(
            lambda rng: cell_cases(shown, box, found.cells, rng), 1e-9, "eigenvalues at random points of proved cells"
        )

    step = Step(
        f"certificate_{number}",
        _in_words(number, found),
        "Balls of numbers hold the conditions over a whole cell at once; a cell that stays undecided is halved.",
        before=before,
        given=given,
        after=(),
        uses=(source, *([state_name(number)] if state_lines(point) else [])),
        check=check,
    )
    return Account((step,))


def _in_words(number: int, found: Certificate) -> str:
    if len(found.cells) == 1:
        return f"All over the box of parameters state {number} is {found.cells[0].status.value}."
    shares = [(status, found.share(status)) for status in CellStatus]
    told = ", ".join(f"{status.value} in {_percent(float(share))} per cent" for status, share in shares if share)
    return f"Over the box of parameters state {number} is {told} of {len(found.cells)} cells."


def _percent(share: float) -> str:
    return f"{100 * share:.4g}"


def _box_lines(box: Box) -> Iterator[Line]:
    for parameter, (low, high) in box.items():
        yield Line(parameter, Rational(low.numerator, low.denominator), r"\ge")
        yield Line(parameter, Rational(high.numerator, high.denominator), r"\le")


def cell_cases(
    shown: ShownState, box: Lines, every: Sequence[Cell], rng: np.random.Generator
) -> Iterator[tuple[object, object]]:
    """Whether the box is that of all cells, and the state at points of proved ones as it is said."""
    with mpmath.workdps(DIGITS):
        for line in box:
            ends = [end for cell in every for end in cell.box[line.left]]
            widest = {r"\ge": min(ends), r"\le": max(ends)}[line.relation]
            yield 1 + value_at(line.right, {}), 1 + mpmath.mpf(widest.numerator) / widest.denominator
        for status in (s for s in CellStatus if s is not CellStatus.UNDECIDED):
            cells = [cell for cell in every if cell.status is status]
            for place in rng.integers(len(cells), size=DRAWN) if cells else ():
                at = shown.domain.draw(rng) | _inside(cells[place].box, rng)
                yield 1.0, float(_is_as_said(shown, status, at))


def _inside(box: Box, rng: np.random.Generator) -> dict:
    ends = {p: [mpmath.mpf(end.numerator) / end.denominator for end in pair] for p, pair in box.items()}
    return {p: random_values(rng, (), low, high) for p, (low, high) in ends.items()}


def _is_as_said(shown: ShownState, status: CellStatus, at: Numbers) -> bool:
    found = [i for i in shown.instances(at) if shown.conditions_hold(i) and shown.is_state(i)]
    if status is CellStatus.PROVED_ABSENT:
        return not found
    highest = [_highest(shown, instance) for instance in found]
    return bool(found) and all(h > 0 if status is CellStatus.PROVED_UNSTABLE else h < 0 for h in highest)


def _highest(shown: ShownState, instance: Numbers):
    """The largest real part of eigenvalues that are not zero."""
    matrix = shown.jacobian(instance)
    size = mpmath.mnorm(matrix) or mpmath.mpf(1)
    values = [v for v in eigenvalues_of(matrix) if abs(v) > CLOSE * size]
    return max((mpmath.re(v) for v in values), default=mpmath.mpf(0))
