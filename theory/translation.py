r"""Expressions of scalars in symengine (the extra ``algebra``), and their derivatives there.

Each part is translated once, over numbered symbols.  Functions with a kink and those that symengine lacks are symbols while it
differentiates, with the chain rule around them, and are written out afterwards: as cases that are all wrong for NaN, so that
NaN stays NaN as in NumPy.  Linear forms :math:`z=Ax` of many arguments are symbols, too: a function of :math:`(x,z)` has few
and short slopes, and products with :math:`A` make of them those of a function of :math:`x`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from importlib import import_module
from importlib.util import find_spec
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Abs, Add, Basic, E, Expr, Float, Function, Heaviside, Max, Min, Mul, Pow, Rational, S, Symbol, pi, sign

from theory.ball_values import BALLS
from theory.scalars import logistic, softplus

POWERS = 2**31  # integer exponents below are those of LLVM
FLOATS = 1000  # bits of a number whose numerator and denominator are floats
LARGEST = float(np.finfo(float).max)
MANY = 8  # terms of a linear form that stands as a symbol, if they are also half of the arguments
Engine = Any  # an expression of symengine, which has no types


def is_installed() -> bool:
    """Whether symengine is there, with its compiler, which its wheels have."""
    return find_spec("symengine") is not None and engine().have_llvm


def find_unknown(expressions: Iterable[Expr], symbols: Iterable[Symbol]) -> Basic | None:
    """A part of expressions that has no machine code: a function, or a symbol that is not given."""
    given = {*symbols}
    return next((part for part in parts_of(expressions) if not _is_known(part, given)), None)


def parts_of(expressions: Iterable[Basic]) -> Iterator[Basic]:
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


def engine() -> Any:
    return import_module("symengine.lib.symengine_wrapper")


class Translation:
    """SymPy's expressions in symengine, each part once.

    The coordinates of what is translated are the arguments, and the linear forms of them that were met.
    """

    def __init__(self, arguments: Sequence[Symbol], with_forms: bool = True):
        self.engine = engine()
        # Not x0, x1, …: so its common subexpressions are called, also where an argument has the name.
        self.coordinates = [self.engine.Symbol(f"argument_{k}") for k in range(len(arguments))]
        self._size = len(arguments)
        self._least = max(MANY, len(arguments) / 2) if with_forms else inf
        self._places = {symbol: k for k, symbol in enumerate(arguments)}
        self._known: dict[Basic, Engine] = dict(zip(arguments, self.coordinates, strict=True))
        self._forms: dict[frozenset[tuple[int, float]], Engine] = {}
        self._held: dict[Engine, Expr] = {}
        self._values: dict[Engine, Engine] = {}
        self._moved: dict[tuple[Engine, Engine], Engine] = {}

    @property
    def forms(self) -> NDArray:
        """The coefficients of the linear forms, (forms, arguments)."""
        found = np.zeros((len(self._forms), self._size))
        for row, form in zip(found, self._forms, strict=True):
            for place, coefficient in form:
                row[place] = coefficient
        return found

    def of(self, expr: Basic) -> Engine:
        if expr not in self._known:
            self._known[expr] = self._translate(expr)
        return self._known[expr]

    def differentiate(self, expr: Engine, coordinate: Engine) -> Engine:
        """The derivative by a coordinate, the others being fixed, also through what symbols stand for."""
        slope = expr.diff(coordinate)
        for symbol in self._find_held(expr):
            if (moved := self._differentiate_held(symbol, coordinate)) != 0:
                slope += expr.diff(symbol) * moved
        return slope

    def find_symbols(self, expr: Engine) -> set[Engine]:
        """The symbols that an expression holds, also in what they stand for."""
        found, waiting = set[Engine](), [expr]
        while waiting:
            new = waiting.pop().free_symbols - found
            found |= new
            waiting += [self.of(arg) for symbol in new if symbol in self._held for arg in self._held[symbol].args]
        return found

    def write_out(self, expressions: Sequence[Engine]) -> list[Engine]:
        """Expressions with the functions that symbols stand for."""
        written: dict[Engine, Engine] = {}
        for symbol in self._held:
            written[symbol] = self._values[symbol].xreplace(written)
        return [e.xreplace(written) for e in expressions] if written else list(expressions)

    def _translate(self, expr: Basic) -> Engine:
        if isinstance(expr, Rational):
            p, q = int(expr.p), int(expr.q)
            small = max(p.bit_length(), q.bit_length()) < FLOATS
            return self.engine.Integer(p) / self.engine.Integer(q) if small else self.engine.RealDouble(p / q)
        if isinstance(expr, Float):
            return self.engine.RealDouble(float(expr))
        if expr in (pi, E):
            return self.engine.pi if expr == pi else self.engine.E
        form, rest = self._split_form(expr)
        args = [self.of(arg) for arg in rest]
        if form:
            return self.engine.Add(self._find_form(form), *args)
        if isinstance(expr, _STAND_INS):
            symbol = self.engine.Symbol(f"function_{len(self._held)}")
            self._held[symbol], self._values[symbol] = expr, _write_out(self.engine, expr, *args)
            return symbol
        if isinstance(expr, Pow):
            return args[0] ** args[1]
        return getattr(self.engine, type(expr).__name__)(*args)

    def _split_form(self, expr: Basic) -> tuple[frozenset[tuple[int, float]], list[Basic]]:
        """The linear form of a sum that has many terms, by the places of arguments, and the other terms."""
        if not isinstance(expr, Add) or len(expr.args) < self._least:
            return frozenset(), [*expr.args]
        terms = [(arg, *arg.as_coeff_Mul()) for arg in expr.args]
        form = frozenset((self._places[symbol], float(c)) for _, c, symbol in terms if symbol in self._places)
        if len(form) < self._least:
            return frozenset(), [*expr.args]
        return form, [arg for arg, _, symbol in terms if symbol not in self._places]

    def _find_form(self, form: frozenset[tuple[int, float]]) -> Engine:
        if form not in self._forms:
            self._forms[form] = self.engine.Symbol(f"form_{len(self._forms)}")
            self.coordinates.append(self._forms[form])
        return self._forms[form]

    def _find_held(self, expr: Engine) -> list[Engine]:
        return [s for s in expr.free_symbols if s in self._held] if self._held else []

    def _differentiate_held(self, symbol: Engine, coordinate: Engine) -> Engine:
        if (symbol, coordinate) not in self._moved:
            expr = self._held[symbol]
            moved = [(k, self.differentiate(self.of(arg), coordinate)) for k, arg in enumerate(expr.args)]
            self._moved[symbol, coordinate] = sum(self.of(_slope(expr, k)) * m for k, m in moved if m != 0)
        return self._moved[symbol, coordinate]


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
