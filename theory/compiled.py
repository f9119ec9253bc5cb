r"""Velocities of scalars and their Jacobians in machine code, made by symengine (the extra ``algebra``) and its LLVM.

Expressions are translated node by node, over numbered symbols, and differentiated there; SymPy's own forms are not needed for
that.  Functions with a kink and those that symengine lacks are symbols while it differentiates, with the chain rule around
them, and are written out afterwards: as cases that are all wrong for NaN, so that NaN stays NaN as in NumPy.  What is made is
held against the velocity in ball arithmetic (:mod:`theory.ball_values`) at a random point before it is used.

When it fails: functions without a ball (:data:`theory.ball_values.BALLS`), matrices and complex numbers have no machine code
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from importlib import import_module
from importlib.util import find_spec
from math import isfinite
from typing import Any

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray
from sympy import Abs, Add, Basic, E, Expr, Float, Function, Heaviside, Max, Min, Mul, Pow, Rational, S, Symbol, pi, sign

from theory.abridging import brief
from theory.ball_values import BALLS, ExactPoint, NoValueError, evaluate_ball
from theory.errors import CalculusError
from theory.flow import Flow
from theory.scalars import logistic, softplus

POWERS = 2**31  # integer exponents below are those of LLVM
FLOATS = 1000  # bits of a number whose numerator and denominator are floats
OPTIMISED = 10**6  # operations, written out, up to which a compiler that optimises takes seconds
DRAWS = 4  # of points of a check, for velocities that are defined on a part of them
DOUBLE, MORE = 53, 400  # bits of floats, and of balls that are differentiated
STEP = 2.0**-100  # of a difference of balls
SLACK = 2**10  # roundings in another order against those that are counted
LARGEST, EPSILON = float(np.finfo(float).max), float(np.finfo(float).eps)
ROUGH = EPSILON**0.5  # of a slope, whose roundings are not counted
Engine = Any  # an expression of symengine, which has no types


# -- what is compiled -------------------------------------------------------------------------------------------------


def is_installed() -> bool:
    """Whether symengine is there, with its compiler, which its wheels have."""
    return find_spec("symengine") is not None and _engine().have_llvm


def find_unknown(expressions: Iterable[Expr], symbols: Iterable[Symbol]) -> Basic | None:
    """A part of expressions that has no machine code: a function, or a symbol that is not given."""
    given = {*symbols}
    return next((part for part in _parts(expressions) if not _is_known(part, given)), None)


def _parts(expressions: Iterable[Basic]) -> Iterator[Basic]:
    """Each part of expressions once, before those that it is made of."""
    seen, waiting = set[Basic](), [*expressions]
    while waiting:
        part = waiting.pop()
        if part not in seen:
            yield part
            seen.add(part)
            waiting += part.args


def _is_known(part: Basic, given: set[Symbol]) -> bool:
    if isinstance(part, Symbol):
        return part in given
    if isinstance(part, Rational | Float):
        return part.is_finite and abs(part) < LARGEST
    if isinstance(part, Pow) and (part.exp.is_Integer or part.base == 0):
        return part.base != 0 and abs(part.exp) < POWERS
    if isinstance(part, Heaviside):
        return part.args[1].is_number
    if isinstance(part, (Add, Mul, Pow, *_STAND_INS)) or part in (pi, E):
        return True
    return isinstance(part, Function) and type(part).__name__ in BALLS and len(part.args) == 1


@dataclass(frozen=True)
class Compiled:
    """Machine code of scalar expressions in a number of arguments."""

    code: Any
    arguments: int
    results: int

    def __call__(self, values: NDArray) -> NDArray:
        """An array (results, ...) of one (arguments, ...) of float64."""
        if not self.results:
            return np.empty((0, *values.shape[1:]))
        if values.ndim == 1:
            found, own = np.empty(self.results), values.flags.c_contiguous and values.flags.writeable
            self.code.unsafe_real(values if own else values.copy(), found)
            return found
        columns = np.array(values.reshape(self.arguments, -1).T, order="C")
        found = np.empty(len(columns) * self.results)
        self.code.unsafe_eval(columns, found, len(columns))
        return np.ascontiguousarray(found.reshape(-1, self.results).T).reshape(self.results, *values.shape[1:])


@dataclass(frozen=True)
class CompiledJacobian:
    """Machine code of those entries of a Jacobian that do not vanish.

    Attributes
    ----------
    rows, columns
        where these entries stand, row by row.
    chosen
        the result of each entry; of a symmetric Jacobian two entries have one.
    """

    compiled: Compiled
    rows: NDArray
    columns: NDArray
    chosen: NDArray

    def __call__(self, values: NDArray) -> NDArray:
        """The entries at one state."""
        return self.compiled(values)[self.chosen]


@lru_cache(64)
def compile_velocity(flow: Flow, arguments: tuple[Symbol, ...]) -> Compiled:
    """Machine code of the velocity of a flow, which has been checked at a random point.

    The check evaluates all of them once in ball arithmetic, which takes a twentieth of the time of the compiler.

    Raises
    ------
    CalculusError
        for a value that is not that of the velocity.
    """
    translation, velocities, _ = _translated(flow, arguments)
    compiled = translation.compile(velocities)
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
    (translation, velocities, symmetric), entries = _translated(flow, arguments), dict[tuple[int, int], Engine]()
    for i, velocity in enumerate(velocities):
        for j in translation.find_symbols(velocity, len(velocities)):
            if not (symmetric and j > i) and (slope := translation.differentiate(velocity, j)) != 0:
                entries[i, j] = slope
    numbers = {place: k for k, place in enumerate(entries)}
    if symmetric:
        numbers |= {(j, i): k for (i, j), k in numbers.items()}
    places = sorted(numbers)
    rows, columns = np.array(places, dtype=int).reshape(-1, 2).T
    chosen = np.array([numbers[place] for place in places], dtype=int)
    compiled = CompiledJacobian(translation.compile([*entries.values()]), rows, columns, chosen)
    _check_slopes([*flow.velocity.values()], arguments, compiled)
    return compiled


# -- translation ------------------------------------------------------------------------------------------------------


def _engine() -> Any:
    return import_module("symengine.lib.symengine_wrapper")


@lru_cache(4)
def _translated(flow: Flow, arguments: tuple[Symbol, ...]) -> tuple[_Translation, list[Engine], bool]:
    """A translation, the velocities of a flow in it, and whether they are the slopes of a potential without mobilities."""
    translation, potential = _Translation(arguments), flow.potential
    if potential is None or flow.mobility or find_unknown([potential], arguments) is not None:
        return translation, [translation.of(v) for v in flow.velocity.values()], False
    whole = translation.of(potential)
    return translation, [-translation.differentiate(whole, k) for k in range(len(flow.state))], True


class _Translation:
    """SymPy's expressions in symengine, its symbols by their number, each part once."""

    def __init__(self, arguments: Sequence[Symbol]):
        self.engine = _engine()
        # Not x0, x1, …: so its common subexpressions are called, also where an argument has the name.
        self.arguments = [self.engine.Symbol(f"argument_{k}") for k in range(len(arguments))]
        self._known: dict[Basic, Engine] = dict(zip(arguments, self.arguments, strict=True))
        self._numbers = {symbol: k for k, symbol in enumerate(self.arguments)}
        self._held: dict[Engine, Expr] = {}
        self._values: dict[Engine, Engine] = {}
        self._moved: dict[tuple[Engine, int], Engine] = {}

    def of(self, expr: Basic) -> Engine:
        if expr not in self._known:
            self._known[expr] = self._translate(expr)
        return self._known[expr]

    def differentiate(self, expr: Engine, number: int) -> Engine:
        """The derivative by an argument, also through what symbols stand for."""
        slope = expr.diff(self.arguments[number])
        for symbol in self._find_held(expr):
            if (moved := self._differentiate_held(symbol, number)) != 0:
                slope += expr.diff(symbol) * moved
        return slope

    def find_symbols(self, expr: Engine, most: int) -> list[int]:
        """The numbers below ``most`` of the arguments that an expression holds."""
        found, waiting = set[Engine](), [expr]
        while waiting:
            new = waiting.pop().free_symbols - found
            found |= new
            waiting += [self.of(arg) for symbol in new if symbol in self._held for arg in self._held[symbol].args]
        return sorted(k for s in found if (k := self._numbers.get(s, most)) < most)

    def compile(self, expressions: Sequence[Engine]) -> Compiled:
        """Machine code of expressions, with the functions that symbols stand for."""
        written: dict[Engine, Engine] = {}
        for symbol in self._held:
            written[symbol] = self._values[symbol].xreplace(written)
        whole = [e.xreplace(written) for e in expressions] if written else list(expressions)
        level = 3 if self.engine.count_ops(*whole) <= OPTIMISED else 0
        code = self.engine.LLVMDouble(self.arguments, whole, cse=True, opt_level=level)
        return Compiled(code, len(self.arguments), len(whole))

    def _translate(self, expr: Basic) -> Engine:
        if isinstance(expr, Rational):
            p, q = int(expr.p), int(expr.q)
            small = max(p.bit_length(), q.bit_length()) < FLOATS
            return self.engine.Integer(p) / self.engine.Integer(q) if small else self.engine.RealDouble(p / q)
        if isinstance(expr, Float):
            return self.engine.RealDouble(float(expr))
        if expr in (pi, E):
            return self.engine.pi if expr == pi else self.engine.E
        args = [self.of(arg) for arg in expr.args]
        if isinstance(expr, _STAND_INS):
            symbol = self.engine.Symbol(f"function_{len(self._held)}")
            self._held[symbol], self._values[symbol] = expr, _write_out(self.engine, expr, *args)
            return symbol
        if isinstance(expr, Pow):
            return args[0] ** args[1]
        return getattr(self.engine, type(expr).__name__)(*args)

    def _find_held(self, expr: Engine) -> list[Engine]:
        return [s for s in expr.free_symbols if s in self._held] if self._held else []

    def _differentiate_held(self, symbol: Engine, number: int) -> Engine:
        if (symbol, number) not in self._moved:
            expr = self._held[symbol]
            moved = [(k, self.differentiate(self.of(arg), number)) for k, arg in enumerate(expr.args)]
            self._moved[symbol, number] = sum(self.of(_slope(expr, k)) * m for k, m in moved if m != 0)
        return self._moved[symbol, number]


# -- functions that symengine does not have, or that have a kink ------------------------------------------------------

_STAND_INS = (Abs, sign, Heaviside, Max, Min, logistic, softplus)


def _slope(expr: Expr, place: int) -> Expr:
    """The slope of a function by one of its arguments, away from its kinks."""
    if isinstance(expr, sign | Heaviside):
        return S.Zero
    return sign(expr.args[0]) if isinstance(expr, Abs) else expr.fdiff(place + 1)


def _write_out(engine: Any, expr: Expr, *args: Engine) -> Engine:
    """A function in those that are compiled."""
    u = args[0]
    if isinstance(expr, Abs):
        return abs(u)
    if isinstance(expr, sign):
        return engine.Piecewise((1, engine.Gt(u, 0)), (-1, engine.Lt(u, 0)), (u, True))
    if isinstance(expr, Heaviside):
        return engine.Piecewise((1, engine.Gt(u, 0)), (0, engine.Lt(u, 0)), (args[1] + u, True))
    if isinstance(expr, logistic):
        return 1 / (1 + engine.exp(-u))
    if isinstance(expr, softplus):  # log(1 + e) to the precision of e
        e = engine.exp(-abs(u))
        return engine.Max(u, 0) + 2 * engine.atanh(e / (2 + e))
    above, not_below = (engine.Gt, engine.Ge) if isinstance(expr, Max) else (engine.Lt, engine.Le)
    return reduce(lambda a, b: engine.Piecewise((a, above(a, b)), (b, not_below(b, a)), (a + b, True)), args)


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
    moved = np.bincount(compiled.rows, compiled(point) * along[compiled.columns], minlength=size)
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
    floats = {part: Rational(part) for part in _parts(expressions) if isinstance(part, Float)}
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
