"""From a model to all that is found of it, each stage within its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sympy import Basic, Expr, Pow, Rational, Symbol
from sympy.core.relational import Relational

from derivations.analysis.algebra.zero import Region, draw_point
from derivations.analysis.conserved import integrals_with_rates
from derivations.analysis.expansions.rates import TimeScales
from derivations.analysis.expansions.time_scales import time_scales, time_scales_by_branch
from derivations.analysis.limits import run_each
from derivations.analysis.linearisation.certify import Certificate, certify
from derivations.analysis.linearisation.stability import Stability, stability
from derivations.analysis.linearisation.whole_states import whole_stability
from derivations.analysis.modes.reduction import Reduction, reduce_to_modes
from derivations.analysis.points.fixed_points import Completeness, FixedPoints, fixed_points
from derivations.analysis.points.point import FixedPoint, PointKind
from derivations.analysis.sites.assumptions import interval_of
from derivations.studies.choices import resolve
from derivations.studies.findings import Findings, State, Subject
from derivations.studies.mirrors import mirrored_states
from derivations.studies.numbers import choose_numbers
from derivations.studies.renaming import change_formulas, put_symbols
from theory.errors import InputError, UnfinishedError
from theory.flow import Flow
from theory.progress import Tell

NEAR = Rational(1, 20)  # of a number: how far a box reaches to both sides of it


@dataclass
class Stages:
    """The stages of a study, one after the other: what cannot be finished becomes a sentence among the gaps."""

    time_limit: float | None
    tell: Tell
    gaps: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def attempt(self, stage: str, function: Callable, *args: Any, **options: Any) -> Any:
        """What the function finds within the time limit; None, and a gap, where it does not answer."""
        self.tell(stage, 0.0)
        try:
            return function(*args, time_limit=self.time_limit, **options)
        except Exception as error:
            self.leave(stage, error)
            return None
        finally:
            self.tell(stage, 1.0)

    def attempt_each(self, stage: str, function: Callable, each: list) -> list:
        """The same for several arguments, in workers at the same time; None in the place of those without an answer."""
        self.tell(stage, 0.0)
        if self.time_limit is None:
            return [self._answer(stage, partial(function, one)) for one in each]
        waiting, found = run_each(self.time_limit, function, each), []
        for future in waiting:
            found.append(self._answer(stage, future.result))
            self.tell(stage, len(found) / len(each))
        return found

    def leave(self, stage: str, error: Exception) -> None:
        """Say among the gaps what could not be done, and why; the same thing once.  An error that is none of this package's own
        is a fault: it ends its stage, not the study, which does not pass."""
        own = isinstance(error, InputError | UnfinishedError)
        why = str(error) if own else f"an error inside, {type(error).__name__}: {error}"
        sentence = f"{stage.capitalize()}: {why.splitlines()[0]}."
        kept = self.gaps if own else self.faults
        if sentence not in kept:
            kept.append(sentence)

    def _answer(self, stage: str, work: Callable) -> Any:
        try:
            return work()
        except Exception as error:
            self.leave(stage, error)
            return None


def find_all(subject: Subject, *, time_limit: float | None, seed: int, tell: Tell) -> Findings:
    """All results on a subject.

    Raises
    ------
    InputError
        for a model that is proved to have no state at rest, and for numbers and small parameters that are not its own.
    """
    stages, flow = Stages(time_limit, tell), subject.flow
    reduction = stages.attempt("reduction to modes", reduce_to_modes, flow) if flow.is_matrix else None
    amplitudes = reduction.flow if reduction else None if flow.is_matrix else flow
    conserved = stages.attempt("what is conserved", integrals_with_rates, flow) or ()
    if amplitudes is None:
        if idle := [str(c) for c in (subject.small, *(subject.plane or ()), *subject.numbers) if c is not None]:
            stages.gaps.append(f"There are no amplitudes in which {', '.join(dict.fromkeys(idle))} could be used.")
        bare = replace(subject, small=None, plane=None, numbers={})
        return Findings(bare, None, conserved, (), unknown_points(flow), (), {}, tuple(stages.gaps), tuple(stages.faults))
    of_amplitudes = stages.attempt("what amplitudes conserve", integrals_with_rates, amplitudes) if reduction else None
    chosen = resolve(subject, amplitudes)
    points = stages.attempt("states at rest", fixed_points, amplitudes)
    points = unknown_points(amplitudes) if points is None else points
    if not points and points.completeness is Completeness.PROVED:
        raise InputError("a model with a state at rest", f"none ({points.reason})", "bound the loss, or add a decay")
    numbers = choose_numbers(amplitudes, chosen.numbers, seed, points)
    states = _find_states(stages, chosen, reduction, points, numbers)
    return Findings(
        chosen, reduction, conserved, of_amplitudes or (), points, states, numbers, tuple(stages.gaps), tuple(stages.faults)
    )


def unknown_points(flow: Flow) -> FixedPoints:
    """Of a flow of which no list of fixed points was made."""
    return FixedPoints(flow, (), Completeness.UNKNOWN, "no search was made, or none came to an end")


def _find_states(
    stages: Stages, subject: Subject, reduction: Reduction | None, points: FixedPoints, numbers: Mapping[Symbol, Rational]
) -> tuple[State, ...]:
    flow = points.flow
    images = mirrored_states(flow, points)
    own = [point for place, point in enumerate(points) if place not in images]
    isolated = [p for p in own if p.kind is PointKind.ISOLATED]
    judged = dict(zip(own, stages.attempt_each("stability", partial(stability, flow, time_limit=None), own), strict=True))
    whole, rates = {}, {}
    open_ones = [p for p in isolated if not p.roots and _is_open(p, judged[p])]
    prove = partial(certify_near, flow, numbers)
    proved = dict(zip(open_ones, stages.attempt_each("certificates", prove, open_ones), strict=True))
    if reduction is not None:
        judge = partial(whole_stability, subject.flow, time_limit=None)
        whole = dict(zip(own, stages.attempt_each("stability in the whole model", judge, own), strict=True))
    if subject.small is not None:
        expand = partial(expand_rates, flow, subject.small, numbers)
        rates = dict(zip(isolated, stages.attempt_each("time scales", expand, isolated), strict=True))

    def known(place: int) -> tuple:
        of = points[images.get(place, place)]
        return judged[of], whole.get(of), rates.get(of) or (), proved.get(of)

    return tuple(State(k + 1, point, images[k] + 1 if k in images else None, *known(k)) for k, point in enumerate(points))


def _is_open(point: FixedPoint, judged: Stability | None) -> bool:
    """Whether it depends on the parameters that a point exists, or that it is stable."""
    return bool(point.conditions) or judged is None or bool(judged.conditions)


def certify_near(flow: Flow, numbers: Mapping[Symbol, Rational], point: FixedPoint) -> Certificate:
    """What is proved of a point over a box of a tenth of each number around the numbers, within what is assumed."""
    box = {}
    for p in flow.parameters:
        low, high = interval_of(p, flow.assumptions)
        room = abs(numbers[p]) * NEAR or NEAR
        box[p] = tuple(end if low < end < high else numbers[p] for end in (numbers[p] - room, numbers[p] + room))
    return certify(flow, point, box, time_limit=None)


@dataclass(frozen=True)
class PointOfSigns:
    """A fixed point in symbols whose signs are known."""

    values: Mapping[Symbol, Expr]
    conditions: tuple[Relational, ...]


def expand_rates(flow: Flow, small: Symbol, numbers: Mapping[Symbol, Rational], point: FixedPoint) -> tuple[TimeScales, ...]:
    """Time scales at a fixed point, of a point that stays a root on all branches that may exist at the numbers.

    Where they depend on signs that are not known, these are those at the numbers, or at others at which the point exists, and
    are among what is assumed.
    """
    at = _numbers_beside(flow, small, numbers, point)
    if point.roots:
        return tuple(map(with_real_roots, time_scales_by_branch(flow, point, small, at, time_limit=None)))
    try:
        return (with_real_roots(time_scales(flow, point, small, parameters=at, time_limit=None)),)
    except UnfinishedError:
        open_ones = [p for p in flow.parameters if p.is_positive is None and p.is_negative is None and at.get(p)]
        if not open_ones:
            raise
    signs = {p: Symbol(p.name, **{"positive" if at[p] > 0 else "negative": True}) for p in open_ones}
    there = PointOfSigns(*(put_symbols(part, lambda s: signs.get(s, s)) for part in (point.values, point.conditions)))
    back = {s: p for p, s in signs.items()}
    found = put_symbols(time_scales(flow.xreplace(signs), there, small, time_limit=None), lambda s: back.get(s, s))
    held = (*found.assumed, *(p > 0 if at[p] > 0 else p < 0 for p in signs))
    return (with_real_roots(replace(found, assumed=held)),)


def with_real_roots(scales: TimeScales) -> TimeScales:
    """The same without roots of what is assumed to be negative: they are roots of its negative times imaginary numbers."""
    negative = {c.lhs for c in scales.assumed if c.rel_op in ("<", "<=") and c.rhs == 0}

    def is_turned(e: Basic) -> bool:
        return isinstance(e, Pow) and e.base in negative and e.exp.is_Rational and not e.exp.is_Integer

    def turn(e: Basic) -> Basic:
        return e.replace(is_turned, lambda p: (-1) ** p.exp * (-p.base) ** p.exp)

    return change_formulas(scales, turn) if negative else scales


def _numbers_beside(flow: Flow, small: Symbol, numbers: Mapping[Symbol, Rational], point: FixedPoint) -> dict[Symbol, Rational]:
    """Numbers of the other parameters at which a point exists for a small one: those given, or random ones; none where none
    are found."""
    exists = Region((*flow.assumptions, *point.conditions), small)
    others = {p: value for p, value in numbers.items() if p != small}
    for fixed in (others, {}):
        with suppress(UnfinishedError):
            return {p: value for p, value in draw_point(flow.parameters, exists, fixed=fixed).items() if p != small}
    return {}
