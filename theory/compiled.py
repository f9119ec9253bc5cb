r"""Velocities of scalars and their Jacobians in machine code, made by symengine (the extra ``algebra``) and its LLVM.

Expressions are translated and differentiated there (:mod:`theory.translation`); SymPy's own forms are not needed for that.
With linear forms :math:`z=Ax` of many arguments, and :math:`B=(1,A)`, what is compiled are a velocity in :math:`u=(x,z)`, or
the gradient of a potential :math:`\Phi(u)`, and its slopes: :math:`f(Bx)` has the Jacobian :math:`f'(u)B`, and
:math:`-B^T\Phi'(Bx)` has :math:`-B^T\Phi''(u)B`.  What is made is held against the velocity in ball arithmetic
(:mod:`theory.ball_values`) at a random point before it is used.

When it fails: functions without a ball (:data:`theory.ball_values.BALLS`), matrices and complex numbers have no machine code
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray
from sympy import Expr, Float, Rational, Symbol

from theory.abridging import brief
from theory.ball_values import ExactPoint, NoValueError, evaluate_ball
from theory.errors import CalculusError
from theory.flow import Flow
from theory.translation import LARGEST, Engine, Translation, find_unknown, parts_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

OPTIMISED = 10**6  # operations, written out, up to which a compiler that optimises takes seconds
DENSE = 0.5  # entries of a Jacobian that do not vanish, from which on linear forms stand as symbols
DRAWS = 4  # of points of a check, for velocities that are defined on a part of them
DOUBLE, MORE = 53, 400  # bits of floats, and of balls that are differentiated
STEP = 2.0**-100  # of a difference of balls
SLACK = 2**10  # roundings in another order against those that are counted
EPSILON = float(np.finfo(float).eps)
ROUGH = EPSILON**0.5  # of a slope, whose roundings are not counted


# -- what is compiled -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compiled:
    """Machine code of scalar expressions in a number of arguments.

    Attributes
    ----------
    forms
        the linear forms that the code takes behind its arguments, (forms, arguments).
    outer
        what the values of the code are multiplied by.
    """

    code: Any
    results: int
    forms: NDArray
    outer: NDArray | None = None

    def __call__(self, values: NDArray) -> NDArray:
        """An array (results, ...) of one (arguments, ...) of float64."""
        if values.ndim == 1:
            found = self._evaluate(values)
            return found if self.outer is None else self.outer @ found
        flat = values.reshape(self.forms.shape[1], -1)
        found = self._evaluate_batch(flat) if self.outer is None else self.outer @ self._evaluate_batch(flat)
        return found.reshape(len(found), *values.shape[1:])

    def _evaluate(self, values: NDArray) -> NDArray:
        found = np.empty(self.results)
        if self.results:
            self.code.unsafe_real(self._coordinates(values), found)
        return found

    def _coordinates(self, values: NDArray) -> NDArray:
        if len(self.forms):
            return np.concatenate((values, self.forms @ values))
        return values if values.flags.c_contiguous and values.flags.writeable else values.copy()

    def _evaluate_batch(self, values: NDArray) -> NDArray:
        columns = np.array(np.concatenate((values, self.forms @ values)).T, order="C")
        found = np.empty((len(columns), self.results))
        if self.results:
            self.code.unsafe_eval(columns, found.reshape(-1), len(columns))
        return np.ascontiguousarray(found.T)


@dataclass(frozen=True)
class Entries:
    """Where those entries of a square matrix stand that do not vanish identically, row by row."""

    rows: NDArray
    columns: NDArray
    size: int

    @cached_property
    def _places(self) -> NDArray:
        return self.rows * self.size + self.columns

    @cached_property
    def _starts(self) -> NDArray:
        return np.searchsorted(self.rows, range(self.size + 1))

    def dense(self, values: NDArray) -> NDArray:
        """The matrix of these entries."""
        if len(values) == self.size**2:
            return values.reshape(self.size, self.size)
        found = np.zeros(self.size**2)
        found[self._places] = values
        return found.reshape(self.size, self.size)

    def of(self, matrix: NDArray) -> NDArray:
        """These entries of a matrix."""
        flat = matrix.reshape(-1)
        return flat if len(self.rows) == len(flat) else flat[self._places]

    def sparse(self, values: NDArray) -> csr_array:
        """The matrix, of which they alone are held."""
        from scipy.sparse import csr_array

        return csr_array((values, self.columns, self._starts), shape=(self.size, self.size))


@dataclass(frozen=True)
class CompiledJacobian:
    """Machine code of those entries of a Jacobian that do not vanish identically.

    Attributes
    ----------
    chosen
        the result of each entry in machine code; of a symmetric matrix two entries have one.
    places
        where they stand in the slopes by all coordinates, read row by row, if these are more than the state.
    inner, outer
        what these slopes are multiplied by, from the right and from the left, if they are.
    """

    entries: Entries
    compiled: Compiled
    chosen: NDArray
    places: NDArray
    inner: NDArray | None
    outer: NDArray | None

    def __call__(self, values: NDArray) -> NDArray:
        """The entries at one state."""
        found = self.compiled(values)[self.chosen].reshape(len(self.chosen))
        if self.inner is None:
            return found
        slopes = np.zeros((self.entries.size if self.outer is None else len(self.inner), len(self.inner)))
        slopes.reshape(-1)[self.places] = found
        moved = slopes @ self.inner
        return self.entries.of(moved if self.outer is None else self.outer @ moved)


@lru_cache(64)
def compile_velocity(flow: Flow, arguments: tuple[Symbol, ...]) -> Compiled:
    """Machine code of the velocity of a flow, which has been checked at a random point.

    The check evaluates all of them once in ball arithmetic, which takes a twentieth of the time of the compiler.

    Raises
    ------
    CalculusError
        for a value that is not that of the velocity.
    """
    made = _translated(flow, arguments)
    compiled = _compile(made.translation, made.outputs, made.outer)
    _check_values([*flow.velocity.values()], arguments, compiled)
    return compiled


@lru_cache(64)
def compile_jacobian(flow: Flow, arguments: tuple[Symbol, ...]) -> CompiledJacobian:
    """Machine code of the Jacobian of a flow, of one half of it where it is the Hessian of a potential.

    Checked as velocities are: along a random direction, by differences in ball arithmetic.

    Raises
    ------
    CalculusError
        for a value that is not that of the Jacobian.
    """
    made, slopes = _translated(flow, arguments), dict[tuple[int, int], Engine]()
    for i, j in zip(*np.nonzero(made.pattern), strict=True):
        if not (made.is_symmetric and j > i):
            slope = made.translation.differentiate(made.outputs[i], made.coordinates[j])
            if slope != 0:
                slopes[i, j] = slope
    numbers = {place: k for k, place in enumerate(slopes)}
    if made.is_symmetric:
        numbers |= {(j, i): k for (i, j), k in numbers.items()}
    places = sorted(numbers)
    rows, columns = np.array(places, dtype=int).reshape(-1, 2).T
    present = np.zeros(made.pattern.shape, dtype=bool)
    present[rows, columns] = True
    compiled = CompiledJacobian(
        _find_entries(made.multiply(present)),
        _compile(made.translation, [*slopes.values()]),
        np.array([numbers[place] for place in places], dtype=int),
        rows * len(made.coordinates) + columns,
        made.inner,
        made.outer,
    )
    _check_slopes([*flow.velocity.values()], arguments, compiled)
    return compiled


# -- translation ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Outputs:
    """What machine code gives of a flow: functions of the state and of linear forms.

    They are velocities or, ``is_symmetric``, the slopes of a potential downhill, by as many coordinates.
    """

    translation: Translation
    coordinates: list[Engine]
    outputs: list[Engine]
    is_symmetric: bool
    inner: NDArray | None

    @property
    def outer(self) -> NDArray | None:
        return None if self.inner is None or not self.is_symmetric else self.inner.T

    @cached_property
    def pattern(self) -> NDArray:
        """Which output holds which coordinate."""
        held = [self.translation.find_symbols(e) for e in self.outputs]
        return np.array([[c in symbols for c in self.coordinates] for symbols in held], dtype=bool)

    def multiply(self, slopes: NDArray) -> NDArray:
        """Slopes by the state, of slopes of the outputs by coordinates."""
        if self.inner is None:
            return slopes
        moved = slopes @ self.inner
        return moved if self.outer is None else self.outer @ moved


@lru_cache(4)
def _translated(flow: Flow, arguments: tuple[Symbol, ...]) -> _Outputs:
    """With linear forms where the Jacobian is dense anyway."""
    found = _translate(flow, arguments, with_forms=True)
    if found.inner is None or np.count_nonzero(found.multiply(found.pattern)) >= DENSE * len(flow.state) ** 2:
        return found
    return _translate(flow, arguments, with_forms=False)


def _translate(flow: Flow, arguments: tuple[Symbol, ...], with_forms: bool) -> _Outputs:
    translation, potential, size = Translation(arguments, with_forms), flow.potential, len(flow.state)
    is_symmetric = potential is not None and not flow.mobility and find_unknown([potential], arguments) is None
    outputs = [translation.of(e) for e in ([potential] if is_symmetric else flow.velocity.values())]
    coordinates = translation.coordinates[:size] + translation.coordinates[len(arguments) :]
    inner = np.vstack((np.eye(size), translation.forms[:, :size])) if len(coordinates) > size else None
    if is_symmetric:
        outputs = [-translation.differentiate(outputs[0], c) for c in coordinates]
    return _Outputs(translation, coordinates, outputs, is_symmetric, inner)


def _find_entries(matrix: NDArray) -> Entries:
    rows, columns = np.nonzero(matrix)
    return Entries(rows, columns, len(matrix))


def _compile(translation: Translation, expressions: Sequence[Engine], outer: NDArray | None = None) -> Compiled:
    engine, whole = translation.engine, translation.write_out(expressions)
    level = 3 if engine.count_ops(*whole) <= OPTIMISED else 0
    code = engine.LLVMDouble(translation.coordinates, whole, cse=True, opt_level=level)
    return Compiled(code, len(whole), translation.forms, outer)


# -- checks -----------------------------------------------------------------------------------------------------------


def _check_values(velocities: Sequence[Expr], arguments: Sequence[Symbol], compiled: Compiled) -> None:
    """The values of velocities lie within the roundings of their operations, at a point where they have one."""
    exact, waiting, rng = _write_exactly(velocities), [*range(len(velocities))], np.random.default_rng(0)
    for _ in range(DRAWS):
        point = _draw_point(arguments, rng)
        values, balls, tried = compiled(point), _balls([exact[k] for k in waiting], arguments, point, DOUBLE), waiting
        waiting = []
        for k, ball in zip(tried, balls, strict=True):
            if ball is None or not isfinite(values[k]):
                waiting.append(k)
            elif abs(values[k] - float(ball.mid())) > SLACK * _rounding(ball):
                raise _wrong_value("velocity", velocities[k], values[k], float(ball.mid()))


def _check_slopes(velocities: Sequence[Expr], arguments: Sequence[Symbol], compiled: CompiledJacobian) -> None:
    """The Jacobian along a direction is the central difference of the velocities."""
    exact, rng, size = _write_exactly(velocities), np.random.default_rng(1), len(velocities)
    point, along = _draw_point(arguments, rng), rng.uniform(-1, 1, size)
    moved = np.bincount(compiled.entries.rows, compiled(point) * along[compiled.entries.columns], minlength=size)
    steps = STEP * np.append(along, np.zeros(len(arguments) - size))
    with ctx.workprec(MORE):
        ends = [[arb(x) + sign * arb(s) for x, s in zip(point, steps, strict=True)] for sign in (1, -1)]
        around = [arb(x, abs(s)) for x, s in zip(point, steps, strict=True)]
        differences = zip(*(_balls(exact, arguments, at, MORE) for at in (*ends, around)), strict=True)
    rounded = _balls(exact, arguments, point, DOUBLE)
    for velocity, got, balls, ball in zip(velocities, moved, differences, rounded, strict=True):
        if ball is None or None in balls or not isfinite(got):
            continue
        ahead, behind, near = balls
        with ctx.workprec(MORE):
            slope, most = float(((ahead - behind) / (2 * STEP)).mid()), float(near.rad() / STEP)
        if abs(got - slope) > ROUGH * most + SLACK * _rounding(ball):
            raise _wrong_value("slope", velocity, got, slope)


def _write_exactly(expressions: Sequence[Expr]) -> list[Expr]:
    """Expressions with fractions for their floats, which have no ball."""
    floats = {part: Rational(part) for part in parts_of(expressions) if isinstance(part, Float)}
    return [e.xreplace(floats) for e in expressions] if floats else list(expressions)


def _rounding(ball: arb) -> float:
    """What the operations of a value round off, and what writing it down does."""
    return float(ball.rad()) + EPSILON * abs(float(ball.mid()))


def _balls(expressions: Sequence[Expr], arguments: Sequence[Symbol], values: Iterable, bits: int) -> list[arb | None]:
    """The balls of values; None of what has none here, or is beyond floats."""
    with ctx.workprec(bits):
        at = ExactPoint(dict(zip(arguments, map(arb, values), strict=True)), {})
        return [_ball(e, at) for e in expressions]


def _ball(expr: Expr, at: ExactPoint) -> arb | None:
    try:
        ball = evaluate_ball(expr, at)
    except (NoValueError, ZeroDivisionError):
        return None
    return ball if ball.is_finite() and abs(ball) < LARGEST else None


def _draw_point(arguments: Sequence[Symbol], rng: np.random.Generator) -> NDArray:
    """Numbers of the signs that are assumed of symbols."""
    sizes, signs = rng.uniform(0.25, 1.25, len(arguments)), rng.choice([-1, 1], len(arguments))
    return np.array(
        [
            size if s.is_nonnegative else -size if s.is_nonpositive else size * turn
            for s, size, turn in zip(arguments, sizes, signs, strict=True)
        ]
    )


def _wrong_value(what: str, velocity: Expr, got: float, expected: float) -> CalculusError:
    remedy = 'lower the flow with backend="numpy", and report this velocity'
    return CalculusError(f"{expected:.17g} as {what} of {brief(velocity)}", f"{got:.17g} from symengine", remedy)
