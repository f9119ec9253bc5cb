"""Thresholds measured by runs on both sides: where a stable state is lost.

All modes get the numbers of the first, and rest in the state.  One parameter is moved from where the state is stable to where
it is not, and the way in between is halved.  Where the state exists, a small displacement from it dies out or grows; where it
does not, a run that starts in the state as it was leaves for another one.

When it fails: the interval that is left is what is known of a threshold: ``WIDTH`` of the critical value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Poly, PolynomialError, Rational, Symbol

from derivations.analysis.algebra.zero import Region, holds_at
from derivations.analysis.linearisation.kinds import Bifurcation
from derivations.analysis.points.numbers import has_sign
from derivations.studies.agreement import Agreement
from derivations.studies.complex_balls import enclose_roots
from derivations.studies.drawn_models import DrawnModel, draw_model
from derivations.studies.enclosures import Enclosure, enclose
from derivations.studies.findings import Findings, State
from derivations.studies.following import Outcome, follow
from derivations.studies.placed import Placed, lower_at, place_points
from derivations.studies.relaxation import measure_rate
from theory.errors import UnfinishedError

BELOW, ABOVE = 0.1, 0.13  # shares of the critical value by which runs begin off it, not alike: halves never meet it
WIDTH = 0.01  # of the last interval, relative to the critical value, or of one where that is zero
SHORT = 3.0  # times the distance of the next critical value, of which these are shares then
ELSEWHERE = 1e-3  # distance of an end from another state, relative to its size, up to which it is there
LONG = 300.0  # relaxation times at the beginning that are followed
ORIGIN = "half of the last interval between a run that stays and one that leaves"


@dataclass(frozen=True)
class Critical:
    """A critical value of one parameter; ``formula`` in the others, or None where it is a root of its equation."""

    parameter: Symbol
    formula: Expr | None
    ball: Enclosure


def critical_value(bifurcation: Bifurcation, findings: Findings) -> Critical | None:
    """Where a bifurcation is met when one parameter moves; None where the equation gives no such value at the numbers."""
    left, right = bifurcation.critical.lhs, bifurcation.critical.rhs
    numbers = findings.numbers
    if left in findings.amplitudes.parameters and left not in right.free_symbols:
        ball = enclose(right, numbers)
        return None if ball is None else Critical(left, right, ball)
    held = (left - right).free_symbols
    preferred = (findings.subject.small, *(findings.subject.plane or ()), *findings.amplitudes.parameters)
    for x in dict.fromkeys(p for p in preferred if p in held and p in numbers):
        others = {p: v for p, v in numbers.items() if p != x}
        try:
            roots = enclose_roots(Poly((left - right).as_numer_denom()[0], x).as_expr(), x, others)
        except PolynomialError:
            continue
        real = [real for real, imaginary in roots if abs(imaginary.middle) <= imaginary.radius]
        if real:
            return Critical(x, None, min(real, key=lambda ball: abs(ball.middle - float(numbers[x]))))
    return None


@dataclass(frozen=True, eq=False)
class ThresholdStudy:
    """The thresholds of the stable states of findings; ``notes`` takes a sentence for each that was not measured."""

    findings: Findings
    notes: list[str]
    seed: int = 0

    def agreements(self) -> Iterator[Agreement]:
        """A row for each critical value at which a stable state is lost."""
        seen = set()
        for state in self.findings.states:
            lost = [(b, c) for b in _bifurcations(state) if (c := critical_value(b, self.findings)) is not None]
            for bifurcation, critical in lost:
                place = critical.parameter, round(critical.ball.middle, 12)
                others = [c.ball.middle for _, c in lost if c.parameter == critical.parameter]
                crossing = Crossing.of(self.findings, state, critical, self.seed, others) if place not in seen else None
                if crossing is not None:
                    seen.add(place)
                    yield from self._measure(bifurcation, state, critical, crossing)

    def _measure(self, bifurcation: Bifurcation, state: State, critical: Critical, crossing: Crossing) -> Iterator[Agreement]:
        words = f"{critical.parameter} at the {bifurcation.kind.value} bifurcation of state {state.number}"
        try:
            stays, leaves = crossing.measure()
        except UnfinishedError as problem:
            self.notes.append(f"{words} was not measured: {problem}.")
            return
        middle, half = (stays + leaves) / 2, abs(leaves - stays) / 2
        if not np.isfinite(middle):
            x = critical.parameter
            self.notes.append(
                f"State {state.number} is not lost as predicted between {x} = {crossing.inside:.6g} and {crossing.outside:.6g}."
            )
        at = {p: v for p, v in self.findings.numbers.items() if p != critical.parameter}
        if critical.formula is not None:
            at = {p: v for p, v in at.items() if critical.formula.has(p)}
        yield Agreement(words, critical.formula, at, critical.ball, middle, half, ORIGIN)


def _bifurcations(state: State) -> Sequence[Bifurcation]:
    return state.stability.bifurcations if state.stability else ()


@dataclass(frozen=True, eq=False)
class Crossing:
    """The way of one parameter from ``inside``, where a state is stable, to ``outside``, where it is not."""

    findings: Findings
    number: int
    parameter: Symbol
    inside: float
    outside: float
    scale: float
    seed: int
    start: NDArray

    @classmethod
    def of(
        cls, findings: Findings, state: State, critical: Critical, seed: int, others: Sequence[float] = ()
    ) -> Crossing | None:
        """None where the state is stable on neither side, or on both; short of ``others``, where more happens."""
        middle = critical.ball.middle
        apart = [abs(other - middle) for other in others if abs(other - middle) > 1e-9 * (1 + abs(middle))]
        scale = min([abs(middle) or 1.0, *(SHORT * gap for gap in apart)])
        found = {}
        for x in (middle - BELOW * scale, middle + ABOVE * scale):
            if (at := _moved(findings, critical.parameter, x)) is None:
                return None
            lowered = lower_at(findings.amplitudes, at.numbers)
            placed = _state_at(at, state.number)
            found[x] = placed, placed is not None and placed.is_stable(lowered)
        stable = [x for x, (_, is_stable) in found.items() if is_stable]
        if len(stable) != 1:
            return None
        (inside,) = stable
        (outside,) = found.keys() - {inside}
        placed = found[inside][0]
        assert placed is not None
        return cls(findings, state.number, critical.parameter, inside, outside, scale, seed, placed.values)

    def measure(self) -> tuple[float, float]:
        """Neighbouring values of the parameter at which a run stays and at which one leaves; NaN where the first do not."""
        stays, leaves = self.inside, self.outside
        if not self.stays(stays) or self.stays(leaves):
            return np.nan, np.nan
        while abs(leaves - stays) > WIDTH * self.scale:
            middle = (stays + leaves) / 2
            stays, leaves = (middle, leaves) if self.stays(middle) else (stays, middle)
        return stays, leaves

    def stays(self, x: float) -> bool:
        """Whether a small displacement from the state dies out, or where the state is not listed any more, whether a run from
        where it was inside ends where no other state is."""
        at = self._at(x)
        placed = _state_at(at, self.number)
        if placed is not None:
            return self._decays(at, placed.values)
        end = self._end(at)
        others = place_points(at.points, at.numbers)
        near = (p.nearest(end) for p in others) if end is not None else ()
        return end is not None and not any(n is not None and n[0] < ELSEWHERE * (1 + np.linalg.norm(end)) for n in near)

    def _at(self, x: float) -> Findings:
        at = _moved(self.findings, self.parameter, x)
        assert at is not None  # between two values that are admissible
        return at

    def _model(self, at: Findings) -> DrawnModel:
        return draw_model(at, np.random.default_rng(self.seed), equal=True)

    def _whole(self, model: DrawnModel, values: NDArray) -> NDArray:
        rows = np.where(model.has_direction[:, None], values, 0.0)
        return model.aligned_state(rows, self._directions(model))

    def _directions(self, model: DrawnModel) -> dict:
        return model.random_directions(np.random.default_rng(self.seed))

    def _end(self, at: Findings) -> NDArray | None:
        """Where the first mode comes to rest that starts in the state as it is inside; None where it does not."""
        model = self._model(at)
        followed = follow(model.lowered.velocity, self._whole(model, self.start), self._horizon)
        if followed.ending.outcome is not Outcome.REST:
            return None
        return np.asarray(model.seen(followed.states[-1:], self._directions(model))[0, 0])

    @property
    def _horizon(self) -> float:
        at = self._at(self.inside)
        spectrum = np.linalg.eigvals(lower_at(at.amplitudes, at.numbers).jacobian(0.0, self.start))
        return LONG / float(np.abs(spectrum.real).min())

    def _decays(self, at: Findings, values: NDArray) -> bool:
        """Whether a small displacement from a state along its slowest eigenvector dies out in a run."""
        model = self._model(at)
        spectrum, vectors = np.linalg.eig(lower_at(at.amplitudes, at.numbers).jacobian(0.0, values))
        slowest = int(np.argmax(spectrum.real))
        directions, step = self._directions(model), np.real(vectors[:, slowest])
        rest, moved = self._whole(model, values), self._whole(model, values + step)
        fastest = float(np.linalg.eigvals(model.lowered.jacobian(0.0, rest)).real.max())

        def observe(velocity: NDArray) -> NDArray:
            return model.seen(velocity[None], directions)[0, 0]

        found = measure_rate(model.lowered.velocity, rest, moved - rest, complex(spectrum[slowest]), observe, fastest)
        return found.rate.real < 0


def _moved(findings: Findings, x: Symbol, value: float) -> Findings | None:
    """The findings at another value of one parameter; None where that is not admissible."""
    exact = Rational(f"{value:.12g}")
    numbers: Mapping = {**findings.numbers, x: exact}
    if not has_sign(x, exact) or not holds_at(Region(findings.amplitudes.assumptions), numbers):
        return None
    return replace(findings, numbers=numbers)


def _state_at(findings: Findings, number: int) -> Placed | None:
    points = list(findings.points)
    found = place_points([points[number - 1]], findings.numbers)
    return next((p for p in found if p.sample is not None), None)
