"""Bifurcations of states at rest as steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mpmath
import numpy as np

from derivations import checks
from derivations.analysis.linearisation.kinds import Bifurcation, BifurcationKind
from derivations.analysis.linearisation.stability import Stability
from derivations.analysis.points.point import FixedPoint
from derivations.engine import Step
from derivations.lines import Line, Lines, velocity_lines
from derivations.steps.account import Account
from derivations.steps.drawing import Numbers, complex_roots, difference, line_holds, symbols_of, value_at
from derivations.steps.local_kinds import COUNTS, NearbyStates, first_lyapunov_coefficient
from derivations.steps.places import DIGITS, ShownState, eigenvalues_of, state_lines
from derivations.steps.states import state_name
from derivations.typeset.rows import SIGNS, conditions_row
from derivations.vocabulary import squared_frequency
from theory.abridging import brief
from theory.errors import UnfinishedError
from theory.flow import Flow

CLOSE = 1e-6  # of what is said, and what is
CRITICAL_DRAWS, CRITICAL_PAIRS = 1, 200  # a case: critical parameters, and draws among which they are looked for
BESIDE = mpmath.mpf(10) ** -6  # how far beside them states are counted, as a share of the way between two draws
ON_AXIS = mpmath.mpf(10) ** -8  # of a real part, relative to the Jacobian, at a state that is known to half of the digits


def bifurcation_account(flow: Flow, number: int, point: FixedPoint, found: Stability, source: str) -> Account:
    """The bifurcations of a state.

    The check of each draws critical parameters: there an eigenvalue by differences reaches the imaginary axis, on both sides
    states near by are counted, and the first Lyapunov coefficient is that of differences.
    """
    account = Account()
    for i, bifurcation in enumerate(found.bifurcations, 1):
        account += _account_of(flow, number, point, bifurcation.at(found.names), source, f"bifurcation_{number}_{i}")
    return account


def _account_of(flow: Flow, number: int, point: FixedPoint, made: Bifurcation, source: str, name: str) -> Account:
    zeros = len(point.free)
    before = Lines((*velocity_lines(flow), *state_lines(point)))

    def check(premises: Lines, after: Lines) -> checks.Numerics:
        shown = ShownBifurcation(ShownState.of(flow, point, premises), after, made, zeros)
        shown.check_lines()
        against = "eigenvalues by differences and states near by, at critical parameters"
        return checks.Numerics(lambda rng: critical_cases(shown, rng), CLOSE, against, reads=after.bounds)

    step = Step(
        name,
        f"{_in_words(number, made)}.",
        "Restrict the flow to the mode whose eigenvalue reaches the imaginary axis.",
        before=before,
        after=bifurcation_lines(made),
        uses=(source, *([state_name(number)] if state_lines(point) else [])),
        check=check,
    )
    critical = f"{brief(made.critical.lhs)} = {brief(made.critical.rhs)}"
    gap = f"What happens to state {number} where {critical} was not settled, because {made.reason}."
    return Account((step,), (gap,) if made.reason else ())


def _in_words(number: int, made: Bifurcation) -> str:
    if made.kind in (BifurcationKind.DEGENERATE, BifurcationKind.UNCLASSIFIED):
        return f"An eigenvalue of state {number} reaches the imaginary axis, without one of the usual bifurcations being shown"
    words = " ".join(filter(None, (made.criticality, made.kind.value)))
    said = f"State {number} has a {words} bifurcation"
    return f"{said}, which is supercritical exactly where the last condition holds" if made.supercritical is not None else said


def bifurcation_lines(made: Bifurcation) -> Lines:
    """The critical equation, the squared frequency, conditions, and the inequality that decides between both sides."""
    frequency = [Line(squared_frequency, made.frequency)] if made.frequency is not None else []
    decides = made.supercritical
    last = [Line(decides.lhs, decides.rhs, SIGNS[decides.rel_op], "supercritical where")] if decides is not None else []
    return Lines((Line(made.critical.lhs, made.critical.rhs), *frequency, *conditions_row(made.conditions), *last))


@dataclass(frozen=True, eq=False)
class ShownBifurcation:
    """Lines on a bifurcation; what it is called decides what they are compared with."""

    state: ShownState
    after: Lines
    made: Bifurcation
    zeros: int

    def check_lines(self) -> None:
        """Whether all lines are there.

        Raises
        ------
        LookupError
            where the first one is no equation, or one is missing.
        """
        if len(self.after) != len(bifurcation_lines(self.made)) or self.critical.relation != "=":
            raise LookupError("the critical equation and its conditions")

    @property
    def critical(self) -> Line:
        return self.after[0]

    @cached_property
    def conditions(self) -> Lines:
        start = 1 + (self.made.frequency is not None)
        return self.after[start : start + len(conditions_row(self.made.conditions))]

    def crossings(self, rng: np.random.Generator, also: tuple[Line, ...] = ()) -> Iterator[tuple[dict, dict, dict]]:
        """Critical states, each between parameters closely beside it; those at which other equations hold, too.

        Raises
        ------
        UnfinishedError
            where none is found, without others.
        """
        domain, found = self.state.places.on((*self.state.places.equations, *also)), 0
        for below, at, above in domain.crossings(self._side, rng, beside=BESIDE, pairs=CRITICAL_PAIRS):
            if (instance := self._critical_instance(below, at, above)) is not None:
                found += 1
                yield below, instance, above
            if found == CRITICAL_DRAWS:
                return
        if not found and not also:
            raise UnfinishedError("no critical parameters were found at which the state exists")

    def _side(self, at: Numbers):
        if symbols_of(self.critical) <= {*at}:
            return difference(self.critical.left, self.critical.right, at)
        return self._side_over_roots(at)

    def _side_over_roots(self, at: Numbers):
        """The product over all complex roots that the point has, which vanishes where the equation holds at one of them."""
        gap, found = self.critical.left - self.critical.right, [dict(at)]
        for x, line in self.state.roots:
            found = [{**place, x: root} for place in found for root in complex_roots(line, x, place)]
        return mpmath.re(mpmath.fprod(value_at(gap, place) for place in found)) if found else None

    def _critical_instance(self, *nearby: Numbers) -> dict | None:
        """The state at critical parameters, if there is one beside them."""
        below, at, above = nearby
        if not any(self._exists(side) for side in (below, above)):
            return None
        small = mpmath.sqrt(mpmath.mpf(10) ** -30)
        found = [
            {x: mpmath.re(v) for x, v in instance.items()}
            for instance in self.state.instances(at)
            if all(_is_nearly_real(instance[x], small) for x in self.state.flow.state)
        ]
        gap = self.critical.left - self.critical.right
        return min(found, key=lambda here: (abs(value_at(gap, here)), self.distance_from_axis(here)), default=None)

    def _exists(self, at: Numbers) -> bool:
        return any(self.state.conditions_hold(i) and self.state.is_state(i) for i in self.state.instances(at))

    # -- what is said, and what is -----------------------------------------------------------------------------------------

    def reaches_axis(self, instance: Numbers) -> bool:
        """Whether an eigenvalue beside those of zero modes lies on the imaginary axis."""
        return bool(self.distance_from_axis(instance) < ON_AXIS)

    def distance_from_axis(self, instance: Numbers):
        """Of the nearest eigenvalue beside those of zero modes, at a Hopf bifurcation of the complex ones, relative to all."""
        size = self.state.size(instance) or mpmath.mpf(1)
        values = sorted(eigenvalues_of(self.state.jacobian(instance)), key=abs)[self.zeros :]
        if self.made.kind is BifurcationKind.HOPF:
            values = [v for v in values if abs(mpmath.im(v)) > ON_AXIS * size]
        return min((abs(mpmath.re(v)) / size for v in values), default=mpmath.inf)

    def kind_cases(
        self, below: Numbers, instance: Numbers, above: Numbers, rng: np.random.Generator
    ) -> Iterator[tuple[Any, Any]]:
        """What the lines and the name say of what happens there."""
        if self.made.kind is BifurcationKind.HOPF:
            coefficient, frequency = first_lyapunov_coefficient(self.state, instance)
            if self.made.frequency is not None:
                yield mpmath.re(value_at(self.after[squared_frequency], instance)), frequency
            yield from self._criticality_cases(instance, float(coefficient) < 0)
        elif self.made.kind in COUNTS:
            nearby = NearbyStates(self.state, instance, rng)
            found = [nearby.found(at) for at in (below, above)]
            counts = tuple(map(len, found))
            yield 1.0, float(counts in COUNTS[self.made.kind])
            if self.made.kind is BifurcationKind.PITCHFORK and counts in COUNTS[self.made.kind]:
                side, at = max(zip(found, (below, above), strict=True), key=lambda pair: len(pair[0]))
                outer = max(side, key=lambda place: abs(place - sum(side) / 3).max())
                yield from self._criticality_cases(instance, nearby.centre_rate(outer, at) < 0)

    def _criticality_cases(self, instance: Numbers, is_supercritical: bool) -> Iterator[tuple[float, float]]:
        if self.made.supercritical is not None:
            yield float(line_holds(self.after[len(self.after) - 1], instance)), float(is_supercritical)
        elif self.made.criticality is not None:
            yield float(self.made.criticality == "supercritical"), float(is_supercritical)


def _is_nearly_real(value, small) -> bool:
    return bool(mpmath.isfinite(value) and abs(mpmath.im(value)) < small * (1 + abs(value)))


def critical_cases(shown: ShownBifurcation, rng: np.random.Generator) -> Iterator[tuple[object, object]]:
    """At critical parameters: whether the conditions hold and an eigenvalue reaches the axis, and which kind it is; where two
    sides that must differ are equal, not all of it is so."""
    with mpmath.workdps(DIGITS):
        for below, instance, above in shown.crossings(rng):
            held = all(line_holds(line, instance) for line in shown.conditions)
            yield float(held), float(shown.reaches_axis(instance))
            if held:
                yield from shown.kind_cases(below, instance, above, rng)
        for line in (line for line in shown.conditions if line.relation == r"\ne"):
            for below, instance, above in shown.crossings(rng, (Line(line.left, line.right),)):
                cases = shown.kind_cases(below, instance, above, rng)
                usual = shown.reaches_axis(instance) and all(abs(said - is_so) < CLOSE for said, is_so in cases)
                yield 0.0, float(usual)
