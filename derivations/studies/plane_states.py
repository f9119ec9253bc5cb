"""Which of the listed states many ends are next to, each at parameters of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import Basic, Expr, Poly, PolynomialError, Symbol, lambdify

from derivations.analysis.points.point import FixedPoint
from derivations.studies.placed import Numbers, resolved
from theory.errors import UnfinishedError

NEAR = 1e-2  # distance of an end from a state, relative to its size, up to which it is there
HOLDS: dict[str, Callable[[NDArray], NDArray]] = {
    "<": lambda v: v < 0,
    "<=": lambda v: v <= 0,
    ">": lambda v: v > 0,
    ">=": lambda v: v >= 0,
    "!=": lambda v: np.isfinite(v) & (v != 0),
    "==": lambda v: np.abs(v) <= REAL,
}
REAL = 1e-6  # of a value whose imaginary part is rounding


@dataclass(frozen=True, eq=False)
class StateOnPlane:
    """The values of one state in a plane of parameters: of ``roots``, the polynomial's coefficients first."""

    point: FixedPoint
    values: Callable[..., list]
    conditions: Callable[..., list]
    coefficients: Callable[..., list] | None

    @classmethod
    def of(cls, point: FixedPoint, varied: tuple[Symbol, ...], numbers: Numbers) -> StateOnPlane:
        """A state with numbers for the parameters that do not vary.

        Raises
        ------
        UnfinishedError
            for one that is a root over roots of polynomials.
        """
        held = {p: v for p, v in numbers.items() if p not in varied}
        if len(point.roots) > 1:
            raise UnfinishedError("roots over roots of polynomials are not followed over a plane")
        arguments = [*varied, *point.free, *point.roots]
        values = _callable([resolved(v, point, held) for v in point.values.values()], arguments)
        conditions = _callable([resolved(c.lhs - c.rhs, point, held) for c in point.conditions], arguments)
        if not point.roots:
            return cls(point, values, conditions, None)
        ((x, polynomial),) = point.roots.items()
        try:
            coefficients = Poly(resolved(polynomial, point, held), x).all_coeffs()
        except PolynomialError as problem:
            raise UnfinishedError(f"a root is not followed over a plane: {problem}") from None
        return cls(point, values, conditions, _callable(coefficients, [*varied, *point.free]))

    def candidates(self, at: NDArray, ends: NDArray) -> list[NDArray]:
        """Values (n, m) of the state at parameters (2, m), NaN where it is not real; free coordinates are those of the ends."""
        with np.errstate(all="ignore"):
            return self._candidates(at, ends)

    def _candidates(self, at: NDArray, ends: NDArray) -> list[NDArray]:
        state = tuple(self.point.values)
        given = [*at.astype(complex), *(ends[state.index(x)].astype(complex) for x in self.point.free)]
        if self.coefficients is None:
            return [self._values(given, ends.shape)]
        rows = _broadcast(self.coefficients(*given), ends.shape[1])
        roots = np.full((len(rows) - 1, ends.shape[1]), np.nan, dtype=complex)
        for k in range(ends.shape[1]):
            if np.isfinite(rows[:, k]).all():
                found = np.roots(rows[:, k])
                roots[: len(found), k] = found
        return [self._values([*given, root], ends.shape) for root in roots]

    def _values(self, given: Sequence[NDArray], shape: tuple[int, ...]) -> NDArray:
        """Values where they are real and conditions hold; equations between parameters hold nowhere but on lines."""
        values = _real_values(self.values(*given), shape)
        for c, difference in zip(self.point.conditions, self.conditions(*given), strict=True):
            real = _real_values([difference], (1, shape[1]))[0]
            values = np.where(HOLDS[c.rel_op](real), values, np.nan)
        return values


def nearest_states(states: Sequence[StateOnPlane | None], at: NDArray, ends: NDArray, flips: Sequence[NDArray]) -> NDArray:
    """The numbers, from one, of the states next to ends (n, m) at parameters (2, m); zero where none is near.

    A state that another one holds as well, as a family does, is told by its first number.
    """
    distance, number = np.full(ends.shape[1], np.inf), np.zeros(ends.shape[1], dtype=int)
    for k, state in enumerate(states, 1):
        for values in state.candidates(at, ends) if state is not None else ():
            for flip in flips:
                apart = np.linalg.norm(values * flip[:, None] - ends, axis=0)
                closer = apart < 0.5 * distance
                allowed = apart <= NEAR * (0.1 + np.linalg.norm(values, axis=0))
                number[closer & allowed] = k
                distance[closer & allowed] = apart[closer & allowed]
    return number


def _callable(expressions: Sequence[Expr], arguments: Sequence[Basic]) -> Callable[..., list]:
    return lambdify(list(arguments), list(expressions), "numpy")


def _broadcast(values: Sequence, count: int) -> NDArray:
    return np.array([np.broadcast_to(np.asarray(v, dtype=complex), (count,)) for v in values])


def _real_values(values: Sequence, shape: tuple[int, ...]) -> NDArray:
    found = _broadcast(values, shape[1])
    is_real = (np.abs(found.imag) <= REAL * (1 + np.abs(found))).all(axis=0)
    return np.where(is_real, found.real, np.nan)
