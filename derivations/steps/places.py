"""A state at rest as its lines say it, and what these lines are at numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import mpmath
from sympy import Basic, S, Symbol

from derivations.analysis.points.point import FixedPoint
from derivations.lines import Line, Lines, dot
from derivations.steps.drawing import SMALL, Domain, Numbers, line_holds, real_roots, sign_fits, symbols_of, value_at
from derivations.typeset.rows import conditions_row
from theory.flow import Flow

DIGITS = 40
TURNS = 3  # after which an iteration that stands still is given up
LARGE = mpmath.mpf(10) ** 15  # beyond it a value is one divided by zero, within rounding


def state_lines(point: FixedPoint) -> Lines:
    """What a state is: values, polynomials of roots, what variables stand for, and conditions."""
    values = [Line(x, value) for x, value in point.values.items() if x not in point.free and x not in point.roots]
    roots = [Line(polynomial, S.Zero) for polynomial in point.roots.values()]
    named = [Line(a, definition) for a, definition in point.named.items()]
    return Lines((*values, *roots, *named, *conditions_row(point.conditions)))


@dataclass(frozen=True, eq=False)
class ShownState:
    """Lines of a state and of velocities, read by their left sides; the point says only which symbols they define."""

    flow: Flow
    point: FixedPoint
    premises: Lines

    @classmethod
    def of(cls, flow: Flow, point: FixedPoint, premises: Lines) -> ShownState:
        """The state that premises speak of, velocities first.

        Raises
        ------
        LookupError
            where these are not all lines.
        """
        if len(premises) != len(flow.state) + len(state_lines(point)):
            raise LookupError("the lines of a state, and the velocities")
        return cls(flow, point, premises)

    @cached_property
    def velocities(self) -> dict[Symbol, Basic]:
        return {x: self.premises[dot(x)] for x in self.flow.state}

    @cached_property
    def lines(self) -> Lines:
        """The lines of the state."""
        return self.premises[len(self.flow.state) :]

    @cached_property
    def conditions(self) -> Lines:
        count = len(conditions_row(self.point.conditions))
        return self.lines[len(self.lines) - count :]

    @cached_property
    def definitions(self) -> dict[Basic, Basic]:
        """What values and variables are."""
        defined = [x for x in self.flow.state if x not in self.point.free and x not in self.point.roots]
        return {x: self.lines[x] for x in (*defined, *self.point.named)}

    @cached_property
    def roots(self) -> list[tuple[Symbol, Line]]:
        """Symbols of roots, and the equations that they solve."""
        start = len(self.flow.state) - len(self.point.free) - len(self.point.roots)
        shown = self.lines[start : start + len(self.point.roots)]
        return list(zip(self.point.roots, shown, strict=True))

    @cached_property
    def domain(self) -> Domain:
        """Of the parameters, and of the coordinates of a family."""
        return Domain.of(self.flow, {*self.definitions, *self.point.roots})

    @cached_property
    def places(self) -> Domain:
        """The same where conditions that are equations hold."""
        equations = (c for c in self.conditions if c.relation == "=" and symbols_of(c) <= {*self.domain.symbols})
        return self.domain.on(Lines(equations))

    # -- at numbers -----------------------------------------------------------------------------------------------------

    def instances(self, at: Numbers) -> Iterator[dict]:
        """The numbers with those of all lines, for each real choice of the roots."""
        yield from self._with_roots(dict(at), list(self.roots))

    def _with_roots(self, at: dict, roots: list[tuple[Symbol, Line]]) -> Iterator[dict]:
        if not roots:
            yield self._with_values(at)
            return
        place = next((k for k, (x, line) in enumerate(roots) if symbols_of(line) - {x} <= set(at)), 0)
        x, line = roots[place]
        for value in real_roots(line, x, at):
            yield from self._with_roots({**at, x: value}, roots[:place] + roots[place + 1 :])

    def _with_values(self, at: dict) -> dict:
        """Values in an order in which each needs only earlier ones; what needs others stays out."""
        waiting = dict(self.definitions)
        while ready := [x for x, value in waiting.items() if value.free_symbols <= set(at)]:
            at |= {x: value_at(waiting.pop(x), at) for x in ready}
        return at

    def conditions_hold(self, at: Numbers) -> bool:
        return all(line_holds(line, at) for line in self.conditions)

    def is_finite(self, at: Numbers) -> bool:
        """Whether no value is beyond all bounds, as next to a pole."""
        return all(mpmath.isfinite(at[x]) and abs(at[x]) < LARGE for x in self.flow.state)

    def is_state(self, at: Numbers) -> bool:
        """Whether the values are real, have the signs of their symbols, and the velocities vanish there."""
        values = {x: at[x] for x in self.flow.state}
        if not all(_is_real(v) and sign_fits(x, mpmath.re(v)) for x, v in values.items()) or not self.domain.admits(at):
            return False
        real = {x: mpmath.re(v) if x in values else v for x, v in at.items()}
        return all(is_small(value_at(f, real), f, real) for f in self.velocities.values())

    def is_another_case(self, at: Numbers) -> bool:
        """Whether all that fails is that two sides differ, at a state that is no longer isolated."""
        failed = [line for line in self.conditions if not line_holds(line, at)]
        return all(line.relation == r"\ne" for line in failed) and is_singular(self.jacobian(at))

    def jacobian(self, at: Numbers) -> mpmath.matrix:
        """The derivatives of the velocities by central differences, with a third of the digits as their step."""
        here = {x: mpmath.re(v) for x, v in at.items()}
        rows = [[self._slope(f, x, here) for x in self.flow.state] for f in self.velocities.values()]
        return mpmath.matrix(rows)

    def size(self, at: Numbers):
        """How large derivatives are at a state and beside it, where they do not happen to vanish."""
        beside = {x: at[x] + (1 + abs(at[x])) / 10 for x in self.flow.state}
        return mpmath.mnorm(self.jacobian(at)) + mpmath.mnorm(self.jacobian({**at, **beside}))

    def _slope(self, velocity: Basic, x: Symbol, at: Numbers):
        step = mpmath.mpf(10) ** -(mpmath.mp.dps // 3) * (1 + abs(at[x]))
        there, back = (value_at(velocity, {**at, x: at[x] + sign * step}) for sign in (1, -1))
        return (there - back) / (2 * step)


def eigenvalues_of(matrix: mpmath.matrix) -> list:
    """The eigenvalues of a square matrix, in turned coordinates where the iteration stands still in these, as it does at a
    circulant matrix; of one entry it is the entry."""
    if matrix.rows == 1:
        return [matrix[0, 0]]
    turn = _rotation(matrix.rows)
    for _ in range(TURNS):
        try:
            return list(mpmath.eig(matrix, left=False, right=False))
        except RuntimeError:
            matrix = turn * matrix * turn.T
    return list(mpmath.eig(matrix, left=False, right=False))


def _rotation(size: int) -> mpmath.matrix:
    """The Cayley transform of an antisymmetric matrix without a pattern."""
    unit, skew = mpmath.eye(size), mpmath.zeros(size)
    for i, j in combinations(range(size), 2):
        skew[i, j] = mpmath.mpf(1) / (1 + i + j * j)
        skew[j, i] = -skew[i, j]
    return mpmath.inverse(unit + skew) * (unit - skew)


def is_small(value, formula: Basic, at: Numbers) -> bool:
    """Whether the sum of a formula is zero within rounding of its terms."""
    size = 1 + max((abs(v) for x, v in at.items() if x in formula.free_symbols), default=0) ** 4
    return bool(mpmath.isfinite(value) and abs(value) < SMALL * size)


def _is_real(value) -> bool:
    return bool(mpmath.isfinite(value) and abs(value) < LARGE and abs(mpmath.im(value)) < SMALL * (1 + abs(value)))


def is_singular(matrix: mpmath.matrix) -> bool:
    """Whether a determinant vanishes within the error of differences."""
    return bool(abs(mpmath.det(matrix)) < mpmath.mpf(10) ** -15 * (1 + mpmath.mnorm(matrix)) ** matrix.rows)
