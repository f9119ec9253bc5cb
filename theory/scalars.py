"""Derivatives of elementary functions of scalars, with traces and determinants of matrices held as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from typing import TypeAlias

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    Determinant,
    DiracDelta,
    Dummy,
    Expr,
    Function,
    Heaviside,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    Pow,
    S,
    Symbol,
    Trace,
    default_sort_key,
    erf,
    erfc,
    exp,
    log,
    sign,
)
from sympy.core.function import ArgumentIndexError
from sympy.functions.elementary.hyperbolic import HyperbolicFunction, InverseHyperbolicFunction
from sympy.functions.elementary.trigonometric import InverseTrigonometricFunction, TrigonometricFunction

from theory.errors import CalculusError, quote_value
from theory.stopgrad import MARKERS
from theory.words import PLAIN, Context


class logistic(Function):
    r""":math:`1/(1+e^{-x})`, which is evaluated without overflow.

    >>> logistic(0), logistic(1).n(5)
    (1/2, 0.73106)
    """

    nargs = 1
    is_real = True
    is_positive = True

    @classmethod
    def eval(cls, x):
        return S.Half if x.is_zero else None

    def fdiff(self, argindex=1):
        return self * (1 - self)

    def _eval_rewrite_as_exp(self, x, **hints):
        return 1 / (1 + exp(-x))

    def _eval_evalf(self, prec):
        return self.rewrite(exp, deep=False)._eval_evalf(prec)


class softplus(Function):
    r""":math:`\log(1+e^x)`, which is evaluated without overflow; its slope is :class:`logistic`.

    >>> from sympy import Symbol
    >>> softplus(Symbol("x", real=True)).diff(), softplus(1).n(5)
    (logistic(x), 1.3133)
    """

    nargs = 1
    is_real = True
    is_positive = True

    @classmethod
    def eval(cls, x):
        return log(2) if x.is_zero else None

    def fdiff(self, argindex=1):
        return logistic(self.args[0])

    def _eval_rewrite_as_log(self, x, **hints):
        return log(1 + exp(x))

    def _eval_evalf(self, prec):
        return self.rewrite(log, deep=False)._eval_evalf(prec)


class Named(Function):
    """A function of one number that only has a name, whose slope has the name with a prime."""

    nargs = 2

    def fdiff(self, argindex=2):
        return Named(Symbol(f"{self.args[0].name}'"), self.args[1])


KINKED = (Abs, Max, Min, sign, Heaviside)
State: TypeAlias = Symbol | MatrixSymbol
SMOOTH = (
    Add, Mul, Pow, Symbol, exp, log, erf, erfc, logistic, softplus, Named,
    TrigonometricFunction, HyperbolicFunction, InverseTrigonometricFunction, InverseHyperbolicFunction,
)  # fmt: skip


def scalar_derivative(expr: Expr, symbol: Symbol, context: Context = PLAIN) -> Expr:
    """The derivative by a scalar symbol of an elementary expression; traces must not hold the symbol.

    Everything is taken to be real.  With ``context.kinks`` it holds away from the :func:`kinks`.
    """
    return scalar_derivatives(expr, (symbol,), context)[symbol]


def scalar_derivatives(expr: Expr, symbols: Iterable[Symbol], context: Context = PLAIN) -> dict[Symbol, Expr]:
    """The derivatives by several symbols, as :func:`scalar_derivative`; each takes the parts alone that hold its symbol."""
    kinked = expr.has(*KINKED)
    opaque = set(expr.atoms(Trace, Determinant)) | ({s for s in expr.atoms(Symbol) if not s.is_real} if kinked else set())
    held = {e: Dummy(real=True) for e in opaque}
    back, opened = {dummy: e for e, dummy in held.items()}, expr.xreplace(held)
    inside, whole = symbols_inside(opened), symbols_inside(expr)
    slopes = {}
    for symbol in symbols:
        for trace in held:
            if trace != symbol and symbol in trace.free_symbols:
                raise refusal(trace, symbol)
        _require_differentiable(expr, symbol, context, whole)
        slope = _differentiate(opened, held.get(symbol, symbol), inside, {})
        if context.kinks and kinked:
            slope = slope.replace(DiracDelta, lambda *_: S.Zero)
        if slope.has(Derivative):
            raise refusal(expr, symbol)
        slopes[symbol] = slope.xreplace(back) if back else slope
    return slopes


def symbols_inside(expr: Basic) -> dict[Basic, frozenset[Basic]]:
    """The free symbols of an expression and of each of its parts."""
    found: dict[Basic, frozenset[Basic]] = {}

    def visit(part: Basic) -> frozenset[Basic]:
        if part not in found:
            scalar = isinstance(part, (*SMOOTH, *KINKED)) and part.args
            found[part] = frozenset().union(*map(visit, part.args)) if scalar else frozenset(part.free_symbols)
        return found[part]

    visit(expr)
    return found


def _differentiate(expr: Expr, symbol: Symbol, inside: Mapping, known: dict[Expr, Expr]) -> Expr:
    """What SymPy's ``diff`` gives, each part differentiated once."""
    if symbol not in inside[expr]:
        return S.Zero
    if expr not in known:
        known[expr] = _slope(expr, symbol, lambda part: _differentiate(part, symbol, inside, known))
    return known[expr]


def _slope(expr: Expr, symbol: Symbol, slope_of: Callable[[Expr], Expr]) -> Expr:
    """The rule of one operation, given the derivatives of its arguments."""
    if isinstance(expr, Symbol):
        return S.One
    moved = [(i, slope) for i, arg in enumerate(expr.args) if (slope := slope_of(arg)) != 0]
    if isinstance(expr, Add):
        return Add(*(slope for _, slope in moved))
    if isinstance(expr, Mul):
        return Add(*(Mul(*expr.args[:i], slope, *expr.args[i + 1 :]) for i, slope in moved))
    if isinstance(expr, Pow):
        base, power = expr.args
        return expr * Add(*((slope * power / base, slope * log(base))[i] for i, slope in moved))
    if type(expr)._eval_derivative is Function._eval_derivative:
        return Add(*(_partial(expr, i + 1) * slope for i, slope in moved))
    return expr.diff(symbol)


def _partial(function: Expr, place: int) -> Expr:
    """The slope of a function by one of its arguments, an unevaluated derivative where it has none."""
    try:
        return function.fdiff(place)
    except ArgumentIndexError:
        return Function.fdiff(function, place)


def kinks(expr: Expr) -> tuple[Expr, ...]:
    """What vanishes where a function in an expression has a kink or a jump.

    >>> from sympy import symbols
    >>> x, y = symbols("x y", real=True)
    >>> kinks(Abs(x - 1) + Max(x, y))
    (x - 1, x - y)
    """
    found: dict[Expr, None] = {}
    for part in sorted(expr.atoms(*KINKED), key=default_sort_key):
        if isinstance(part, Max | Min):
            gaps = (a - b for a, b in combinations(sorted(part.args, key=default_sort_key), 2))
            found |= dict.fromkeys(-gap if gap.could_extract_minus_sign() else gap for gap in gaps)
        else:
            found[part.args[0]] = None
    return tuple(found)


def require_differentiable(expr: Expr, symbol: State, context: Context) -> None:
    """Raise unless ``symbol`` enters ``expr`` through elementary functions of scalars and of traces that are differentiated."""
    _require_differentiable(expr, symbol, context, symbols_inside(expr))


def _require_differentiable(expr: Expr, symbol: State, context: Context, inside: Mapping) -> None:
    allowed, seen, waiting = (*SMOOTH, *KINKED) if context.kinks else SMOOTH, set(), [expr]
    while waiting:
        part = waiting.pop()
        if part not in seen and symbol in inside[part] and not isinstance(part, Trace | Determinant):
            if not isinstance(part, allowed):
                raise refusal(part, symbol)
            seen.add(part)
            waiting += reversed(part.args)


def refusal(part: Basic, symbol: State) -> CalculusError:
    if part.has(*MARKERS):
        expected, remedy = "an expression without stop-gradient markers", "block or erase the markers first"
    else:
        expected = f"a smooth elementary function of scalars and traces of polynomials in {symbol}"
        remedy = "rewrite this part, or introduce a new state variable for it"
    return CalculusError(expected, f"{quote_value(part)}, which holds {symbol}", remedy)
