"""Time scales near a state at rest as a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import mpmath
import numpy as np
from sympy import Add, Basic, Dummy, I, Order, Symbol, oo

from derivations import checks
from derivations.analysis.expansions.branch import Branch
from derivations.analysis.expansions.rates import Rate, TimeScales
from derivations.analysis.points.point import FixedPoint
from derivations.engine import Step
from derivations.lines import Line, Lines, velocity_lines
from derivations.steps.account import Account, number_word
from derivations.steps.drawing import Numbers, line_holds, value_at
from derivations.steps.places import ShownState, eigenvalues_of, state_lines
from derivations.steps.spectra import numbered, variable_of
from derivations.steps.states import state_name
from derivations.typeset.rows import conditions_row
from theory.errors import UnfinishedError
from theory.flow import Flow
from theory.latex import tex

UNIT = Dummy("i")
DIGITS, TRIES = 90, 300
SIZES = (mpmath.mpf(10) ** -8, mpmath.mpf(10) ** -9)  # of the small parameter, between which an order is observed
TOLERANCE = 0.05  # of an order: the terms beyond the next one still count a little
EXACT = mpmath.mpf(10) ** -40  # of an eigenvalue that a line says exactly


def time_scales_account(
    flow: Flow, number: int, point: FixedPoint, scales: TimeScales, source: str, branch: int | None = None
) -> Account:
    """The eigenvalues at a state as series in the small parameter; a state of several branches says the number of its branch.

    Its check takes them from the Jacobian by differences at a shrinking small parameter: what a series leaves out shrinks
    with the order that it states.
    """
    before = Lines((*velocity_lines(flow), *state_lines(point)))
    letter = variable_of(flow, before)
    after = _lines(scales, letter)
    if any(rate.branch.conjugates > 1 for rate in scales):
        return Account(gaps=(f"The time scales of state {number} hold roots of polynomials that are not told apart in lines.",))

    def check(premises: Lines, lines: Lines) -> checks.Remainder:
        known = ShownState.of(flow, point, premises[: len(before)])
        shown = ShownScales(known, premises[len(before) :], lines, scales, letter)
        against = "eigenvalues by differences at a shrinking parameter"
        read = [line for line in lines if line.relation == r"\simeq"]
        return checks.Remainder(lambda rng: remainder_cases(shown, rng), TOLERANCE, against, reads=read)

    step = Step(
        f"time_scales_{number}" if branch is None else f"time_scales_{number}_{branch}",
        _in_words(number, scales, branch),
        "Expand the roots of the characteristic polynomial by its Newton polygon.",
        before=before,
        given=tuple(conditions_row(scales.assumed)),
        after=after,
        uses=(source, *([state_name(number)] if state_lines(point) else [])),
        check=check,
    )
    return Account((step,))


def _in_words(number: int, scales: TimeScales, branch: int | None) -> str:
    counts = [(sum(r.multiplicity for r in rates), words) for rates, words in ((scales.fast, "fast"), (scales.slow, "slow"))]
    other = sum(r.multiplicity for r in scales.rates) - sum(count for count, _ in counts)
    counts.append((other, "of unknown speed"))
    said = " and ".join(f"{number_word(count)} {words}" for count, words in counts if count)
    where = "" if branch is None else f" on its branch {branch}"
    return f"As ${tex(scales.small)}$ tends to zero from above, the eigenvalues of state {number}{where} are {said}."


def _lines(scales: TimeScales, letter: Symbol) -> tuple[Line, ...]:
    roots = [_series_line(root.symbol, root.branch, scales.small) for root in scales.point]
    return (*roots, *(_series_line(numbered(letter, k), r.branch, scales.small) for k, r in enumerate(scales, 1)))


def _series_line(name: Basic, branch: Branch, small: Symbol) -> Line:
    """A series with the order of what it leaves out."""
    if branch.exact:
        return Line(name, branch.series(small), by=(small,))
    terms = [c * small**e for e, c in branch.terms]
    return Line(name, Add(*terms, Order(small**branch.next_exponent, small), evaluate=False), r"\simeq", by=(small,))


@dataclass(frozen=True, eq=False)
class ShownScales:
    """Lines of series, and the eigenvalues that they are compared with."""

    state: ShownState
    assumed: Lines
    after: Lines
    scales: TimeScales
    letter: Symbol

    @cached_property
    def rates(self) -> list[tuple[Rate, Line]]:
        found = self.after.of(*(numbered(self.letter, k) for k in range(1, len(self.scales) + 1)))
        if len(found) != len(self.scales) or len(self.after) != len(found) + len(self.scales.point):
            raise LookupError("one line for each rate")
        return list(zip(self.scales, found, strict=True))

    @cached_property
    def roots(self) -> list[Line]:
        return list(self.after.of(*(root.symbol for root in self.scales.point)))

    def draw(self, rng: np.random.Generator) -> list[dict]:
        """The state at two sizes of the small parameter, all others being the same.

        Raises
        ------
        UnfinishedError
            where many draws find none.
        """
        small = self.scales.small
        for _ in range(TRIES):
            at = self.state.places.draw(rng)
            found = [self._nearest(at | {small: size}) for size in SIZES]
            if all(f is not None for f in found):
                return [f for f in found if f is not None]
        raise UnfinishedError(f"the state exists at none of {TRIES} random points")

    def _nearest(self, at: Numbers) -> dict | None:
        """The state at numbers: of several the one next to the series of its roots.

        Raises
        ------
        LookupError
            where the values given are not at rest.
        """
        if not all(line_holds(line, at) for line in self.assumed):
            return None
        found = [i for i in self.state.instances(at) if self.state.conditions_hold(i)]
        if not all(map(self.state.is_state, found)):
            raise LookupError("the state that is given does not rest")
        return min(found, key=lambda i: sum(abs(i[line.left] - _kept(line, i)) for line in self.roots), default=None)

    def errors(self, instance: Numbers) -> list:
        """How far each line is from the eigenvalues next to it, as many as its multiplicity, and one of these; each
        eigenvalue belongs to one line."""
        matrix = self.state.jacobian(instance)
        values = eigenvalues_of(matrix)
        errors = []
        for rate, line in self.rates:
            said = _kept(line, instance)
            values.sort(key=partial(_distance, said))
            near, values = values[: rate.multiplicity], values[rate.multiplicity :]
            errors.append((max(abs(v - said) for v in near), near[0]))
        return errors


def _distance(one, other):
    return abs(one - other)


def _kept(line: Line, at: Numbers):
    """The terms of a series at numbers, without what is left out."""
    return value_at(line.right.expand().removeO().xreplace({I: UNIT}), {**at, UNIT: mpmath.mpc(0, 1)})


def _stated(line: Line, small: Symbol):
    """The order that a line states of what it leaves out.

    Raises
    ------
    LookupError
        where it states none.
    """
    order = line.right.expand().getO()
    if order is None:
        raise LookupError(f"the order of {line.left} is not said")
    return order.expr.as_coeff_exponent(small)[1]


def remainder_cases(shown: ShownScales, rng: np.random.Generator) -> Iterator[tuple[object, object]]:
    """Stated and observed orders, and whether a rate is slow."""
    with mpmath.workdps(DIGITS):
        instances, small = shown.draw(rng), shown.scales.small
        found = [shown.errors(instance) for instance in instances]
        moved = [[abs(i[line.left] - _kept(line, i)) for line in shown.roots] for i in instances]
        for k, line in enumerate(shown.roots):
            yield from _order_case(line, moved[0][k], moved[1][k], small)
        for k, (_, line) in enumerate(shown.rates):
            yield from _order_case(line, found[0][k][0], found[1][k][0], small)
        exponents = [_slope(*(mpmath.re(errors[k][1]) for errors in found)) for k in range(len(shown.rates))]
        sizes = [_slope(*(errors[k][1] for errors in found)) for k in range(len(shown.rates))]
        for (rate, _), exponent in zip(shown.rates, exponents, strict=True):
            if rate.is_slow is not None:
                yield float(rate.is_slow), float(exponent > min(sizes) + 2 * TOLERANCE)
        counted = sum(rate.multiplicity for rate, _ in shown.rates)
        yield counted, len(shown.state.flow.state)


def _order_case(line: Line, first, second, small: Symbol) -> Iterator[tuple[object, object]]:
    if line.relation == "=":
        yield 1.0, float(first < EXACT and second < EXACT)
    else:
        yield float(_stated(line, small)), _slope(first, second)


def _slope(first, second) -> float:
    """The exponent between two sizes; infinite for what vanishes."""
    if not first or not second or abs(first) < EXACT:
        return float(oo)
    return float(mpmath.log(abs(first / second)) / mpmath.log(SIZES[0] / SIZES[1]))
