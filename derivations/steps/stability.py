"""Linear stability of a state at rest as a step."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import numpy as np

from derivations import checks
from derivations.analysis.linearisation.stability import Stability
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.linearisation.zero_modes import Origin
from derivations.analysis.points.point import FixedPoint
from derivations.engine import Step
from derivations.lines import Line, Lines, velocity_lines
from derivations.steps.account import Account, number_word
from derivations.steps.drawing import Numbers, both_sides_of
from derivations.steps.places import DIGITS, ShownState, state_lines
from derivations.steps.spectra import CLOSE, ShownSpectrum, side_of, spectrum_lines, variable_of
from derivations.steps.states import state_name
from derivations.typeset.rows import conditions_row
from theory.flow import Flow

DRAWN, EDGES = 8, 2  # a case: parameters at which the state exists, and pairs on both sides of each condition
WORDS = {
    Verdict.STABLE: "is linearly stable",
    Verdict.UNSTABLE: "is unstable: no small change of it decays",
    Verdict.SADDLE: "is a saddle: some small changes of it grow, others decay",
    Verdict.MARGINAL: "is marginal: an eigenvalue stays on the imaginary axis, and the linear flow does not decide",
    Verdict.DEPENDS: "is linearly stable exactly where the conditions hold",
}


def stability_name(number: int) -> str:
    """The name of the step on the stability of a state."""
    return f"stability_{number}"


def stability_account(flow: Flow, number: int, point: FixedPoint, found: Stability, source: str) -> Account:
    """The eigenvalues at a state and the verdict on it; a numeric verdict is a gap.

    Its check takes the Jacobian by finite differences of the velocities, at random parameters and on both sides of each
    condition.
    """
    if found.method != "exact":
        said = f"At {found.method.removeprefix('numeric, at ')}, state {number} was {found.verdict.value}; that is not proved."
        return Account(gaps=(said,))
    before = Lines((*velocity_lines(flow), *state_lines(point)))
    letter = variable_of(flow, before)
    after = (*spectrum_lines(found, letter), *(Line(a, c) for a, c in found.names.items()), *conditions_row(found.conditions))
    if not after:
        return Account(gaps=(_nothing_moves(number),))

    def check(premises: Lines, lines: Lines) -> list[checks.Check]:
        shown = ShownSpectrum.of(ShownState.of(flow, point, premises), lines, letter, found)
        read = shown.conditions.bounds
        return [
            checks.Numerics(lambda rng: determinant_cases(shown, rng), 1e-10, "determinants of differences of the velocities"),
            checks.Numerics(lambda rng: verdict_cases(shown, rng), 0.5, "signs of their eigenvalues", reads=read),
        ]

    step = Step(
        stability_name(number),
        _verdict_in_words(number, found),
        "Linearise the velocities at the state.",
        before=before,
        after=after,
        uses=(source, *([state_name(number)] if state_lines(point) else [])),
        check=check,
    )
    return Account((step,))


def _nothing_moves(number: int) -> str:
    return f"At state {number} the linear flow does not move, so that it decides nothing."


def _verdict_in_words(number: int, found: Stability) -> str:
    said = f"State {number} {WORDS[found.verdict]}"
    if found.conditions and found.verdict in (Verdict.UNSTABLE, Verdict.SADDLE):
        said += "; where a condition fails, an eigenvalue lies on the imaginary axis"
    if found.conditions and found.verdict is Verdict.MARGINAL:
        said += ", and it is unstable where a condition fails"
    for origin in Origin:
        count = sum(mode.origin is origin for mode in found.zero_modes)
        if count:
            said += f"; {number_word(count)} zero eigenvalue{'s' * (count > 1)} {_origin_in_words(origin, count)}"
    return f"{said}."


def _origin_in_words(origin: Origin, count: int) -> str:
    is_are = "is" if count == 1 else "are"
    return f"{is_are} {origin.value}" + ("" if origin is Origin.DEGENERATE else " and costs nothing")


def determinant_cases(shown: ShownSpectrum, rng: np.random.Generator) -> Iterator[tuple[object, object]]:
    """Characteristic polynomials at random parameters."""
    with mpmath.workdps(DIGITS):
        for _ in range(2):
            for instance in shown.instances(shown.draw(rng)):
                yield from shown.determinants(instance, rng)


def verdict_cases(shown: ShownSpectrum, rng: np.random.Generator) -> Iterator[tuple[object, object]]:
    """What the verdict says, and what the real parts of eigenvalues are."""
    with mpmath.workdps(DIGITS):
        for at in _points(shown, rng):
            for instance in shown.instances(at):
                yield from _compare(shown, instance)


def _points(shown: ShownSpectrum, rng: np.random.Generator) -> Iterator[Numbers]:
    for _ in range(DRAWN):
        yield shown.draw(rng)
    for line in shown.conditions:
        edges = 1 if shown.state.roots else EDGES
        yield from both_sides_of(line, shown.state.places, rng, edges, side_of(line, shown), shown.draw)


def _compare(shown: ShownSpectrum, instance: Numbers) -> Iterator[tuple[float, float]]:
    parts, held = shown.real_parts(instance), shown.conditions_hold(instance)
    if not parts:
        return
    highest, lowest = max(parts), min(parts)
    verdict = shown.found.verdict
    if verdict in (Verdict.STABLE, Verdict.DEPENDS) and abs(highest) > CLOSE:
        yield float(held), float(highest < 0)
    elif verdict is Verdict.STABLE:
        yield 1.0, 0.0
    elif verdict is Verdict.MARGINAL:
        stays = any(
            mode.origin is Origin.DEGENERATE for mode in shown.found.zero_modes
        )  # at zero, which is not among the parts
        yield float(held), float(highest <= CLOSE and (stays or highest >= -CLOSE))
    elif verdict in (Verdict.UNSTABLE, Verdict.SADDLE) and not held:
        yield 1.0, float(min(map(abs, parts)) <= CLOSE)
    elif verdict in (Verdict.UNSTABLE, Verdict.SADDLE):
        yield 1.0, float(highest > CLOSE and (verdict is Verdict.UNSTABLE or lowest < -CLOSE))
