"""That no state at rest is missing, as a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Abs, Add, Basic, Matrix, Symbol, lambdify
from sympy.core.relational import Relational

from derivations import checks
from derivations.analysis.points.fixed_points import Completeness, FixedPoints
from derivations.analysis.points.point import FixedPoint, PointKind
from derivations.engine import Step
from derivations.lines import Lines, dot, velocity_lines
from derivations.steps.account import Account, number_word
from derivations.steps.drawing import Domain, Numbers, sign_fits
from derivations.steps.places import DIGITS, ShownState, state_lines
from derivations.steps.states import state_name
from theory.flow import Flow
from theory.latex import tex

STARTS, NEWTON = 60, 80  # of Newton's method, and its steps
REACH = 4.0  # starts lie between the inverse of its exponential and that
CONVERGED, SAME = 1e-11, 1e-3  # of a step, and of two states, relative to their size
FAR, TINY = 1e3, 1e-18  # of a state beyond which a search has gone to infinity, and of terms that have vanished by then


def completeness_account(points: FixedPoints, source: str) -> Account:
    """That these are all states at rest, where that is proved; otherwise a sentence that says why not.

    Its check starts Newton's method at random: it comes to rest at none but the states listed, which rest and differ.
    """
    if points.completeness is not Completeness.PROVED:
        return Account(gaps=(f"Whether these are all states at rest was not settled: {points.reason}.",))
    flow, listed = points.flow, [state_lines(point) for point in points]

    def check(premises: Lines, _after: Lines) -> checks.Numerics:
        shown = ShownStates.of(flow, tuple(points), premises)
        return checks.Numerics(lambda rng: search_cases(shown, rng), 0.5, "searches by Newton's method from random starts")

    step = Step(
        "states",
        _all_in_words(points),
        f"Eliminate by Gröbner bases, with a case for every coefficient that may vanish: {points.reason}.",
        before=(*velocity_lines(flow), *(line for lines in listed for line in lines)),
        after=(),
        uses=(source, *(state_name(n) for n, lines in enumerate(listed, 1) if lines)),
        assumptions=_outside(points.exceptional),
        check=check,
    )
    return Account((step,))


def _all_in_words(points: FixedPoints) -> str:
    if not points:
        return "There is no state at rest."
    families = sum(p.kind is PointKind.FAMILY for p in points)
    said = "This is the only state" if len(points) == 1 else f"These {number_word(len(points))} are all states"
    if families:
        said += f" ({number_word(families)} of them a family)" if len(points) > 1 else " (a family)"
    return f"{said} at rest."


def _outside(exceptional: Sequence[Sequence[Relational]]) -> tuple[str, ...]:
    sets = [" and ".join(f"${tex(e.lhs)} = {tex(e.rhs)}$" for e in together) for together in exceptional]
    return (f"Parameters lie outside the exceptional sets where {', or '.join(sets)}.",) if sets else ()


@dataclass(frozen=True, eq=False)
class ShownStates:
    """Velocities, and the lines of all states."""

    flow: Flow
    velocities: dict[Symbol, Basic]
    states: tuple[ShownState, ...]

    @classmethod
    def of(cls, flow: Flow, points: Sequence[FixedPoint], premises: Lines) -> ShownStates:
        """The states that premises speak of, velocities first.

        Raises
        ------
        LookupError
            where a line is missing.
        """
        own, rest = premises[: len(flow.state)], premises[len(flow.state) :]
        states = []
        for point in points:
            count = len(state_lines(point))
            states.append(ShownState.of(flow, point, Lines((*own, *rest[:count]))))
            rest = rest[count:]
        if rest:
            raise LookupError("the lines of the states listed")
        return cls(flow, {x: own[dot(x)] for x in flow.state}, tuple(states))

    def isolated(self, at: Numbers) -> Iterator[tuple[ShownState, dict]]:
        """Those apart from families that exist at numbers for the parameters."""
        for state in (state for state in self.states if not state.point.free):
            for instance in state.instances(at):
                if state.conditions_hold(instance):
                    yield state, instance

    def is_listed(self, place: NDArray, at: Numbers) -> bool:
        """Whether one of the states lies at a place."""
        here = dict(zip(self.flow.state, map(float, place), strict=True))
        for state in self.states:
            coordinates = {x: mpmath.mpf(here[x]) for x in state.point.free}
            for instance in state.instances({**at, **coordinates}):
                if state.conditions_hold(instance) and all(_is_near(instance[x], here[x], place) for x in here):
                    return True
        return False


def _is_near(value, found: float, place: NDArray) -> bool:
    return bool(mpmath.isfinite(value) and abs(value - found) < SAME * (1 + np.abs(place).max()))


def search_cases(shown: ShownStates, rng: np.random.Generator) -> Iterator[tuple[object, object]]:
    """Whether the states listed rest and differ, and each state that is found is listed."""
    with mpmath.workdps(DIGITS):
        domain = Domain.of(shown.flow, shown.flow.state)
        at = domain.draw(rng)
        isolated = list(shown.isolated(at))
        for state, instance in isolated:
            yield 1.0, float(state.is_state(instance))
        for (_, one), (_, other) in combinations(isolated, 2):
            yield 1.0, float(any(abs(one[x] - other[x]) > SAME**4 for x in shown.flow.state))
        for place in Search(shown, at).found(rng):
            yield 1.0, float(shown.is_listed(place, at))
        yield 1.0, 1.0


class Search:
    """States at rest at given parameters, by Newton's method."""

    def __init__(self, shown: ShownStates, at: Numbers):
        self.state, parameters = shown.flow.state, [x for x in at if x not in shown.flow.state]
        self.numbers = [float(at[x]) for x in parameters]
        velocities = Matrix(list(shown.velocities.values()))
        terms = Matrix([sum(map(Abs, Add.make_args(v.expand()))) for v in velocities])
        self.velocity, self.slopes, self.sizes = (
            lambdify([self.state, parameters], f, "numpy", cse=True)
            for f in (velocities, velocities.jacobian(self.state), terms)
        )

    def found(self, rng: np.random.Generator) -> Iterator[NDArray]:
        """Where searches end that come to rest, within the signs of the state; each place once."""
        different: list[NDArray] = []
        with np.errstate(all="ignore"):
            for _ in range(STARTS):
                end = self._newton(self._start(rng))
                if end is None or not self._comes_back(end, rng):
                    continue
                if all(np.abs(end - other).max() > SAME * (1 + np.abs(end).max()) for other in different):
                    different.append(end)
                    yield end

    def _start(self, rng: np.random.Generator) -> NDArray:
        sizes = np.exp(rng.uniform(-REACH, REACH, len(self.state)))
        signs = [1 if x.is_nonnegative else -1 if x.is_nonpositive else rng.choice([-1, 1]) for x in self.state]
        return sizes * np.array(signs)

    def _newton(self, place: NDArray) -> NDArray | None:
        for _ in range(NEWTON):
            slopes = np.array(self.slopes(place, self.numbers), dtype=float)
            rates = np.array(self.velocity(place, self.numbers), dtype=float)[:, 0]
            if not (np.isfinite(slopes).all() and np.isfinite(rates).all()):
                return None
            step = np.linalg.lstsq(slopes, rates, rcond=1e-12)[0]
            place = place - step
            size = 1 + np.abs(place).max()
            if size > FAR:
                return None
            if np.abs(step).max() < CONVERGED * size:
                return place if self._rests(place) else None
        return None

    def _comes_back(self, place: NDArray, rng: np.random.Generator) -> bool:
        """Whether a search from near by ends there, too: where states only lie at infinity it does not."""
        size = 1 + np.abs(place).max()
        again = self._newton(place + SAME**2 * size * rng.standard_normal(place.size))
        return again is not None and bool(np.abs(again - place).max() < SAME * size)

    def _rests(self, place: NDArray) -> bool:
        """Whether velocities vanish within rounding of their terms, and the state has its signs, clearly or on the edge."""
        rates = np.abs(np.array(self.velocity(place, self.numbers), dtype=float)[:, 0])
        here, at_one = (np.array(self.sizes(np.abs(x), self.numbers), dtype=float)[:, 0] for x in (place, np.ones(place.size)))
        small = (rates <= 1e-9 * here) | (here <= TINY * at_one)
        return bool(small.all()) and all(map(sign_fits, self.state, np.round(place, 7)))
