"""Derivatives of elementary functions of scalars, with traces and determinants of matrices held as they are."""

from __future__ import annotations

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
from sympy.functions.elementary.hyperbolic import HyperbolicFunction, InverseHyperbolicFunction
from sympy.functions.elementary.trigonometric import InverseTrigonometricFunction, TrigonometricFunction

from theory.errors import CalculusError, quote_value
from theory.stopgrad import MARKERS
from theory.words import PLAIN, Context


class logistic(Function):
    r""":math:`1/(1+e^{-x})`, which is evaluated without overflow.

    >>> logistic(0)
    1/2
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


class softplus(Function):
    r""":math:`\log(1+e^x)`, which is evaluated without overflow; its slope is :class:`logistic`.

    >>> from sympy import Symbol
    >>> softplus(Symbol("x", real=True)).diff()
    logistic(x)
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
    opaque = set(expr.atoms(Trace, Determinant)) | (
        {s for s in expr.atoms(Symbol) if not s.is_real} if expr.has(*KINKED) else set()
    )
    held = {e: Dummy(real=True) for e in opaque}
    for trace in held:
        if trace != symbol and symbol in trace.free_symbols:
            raise refusal(trace, symbol)
    require_differentiable(expr, symbol, context)
    opened, by = expr.xreplace(held), held.get(symbol, symbol)
    slope = opened.diff(by)
    if context.kinks:
        slope = slope.replace(DiracDelta, lambda *_: S.Zero)
    if slope.has(Derivative):
        raise refusal(expr, symbol)
    return slope.xreplace({dummy: e for e, dummy in held.items()})


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
    if symbol in expr.free_symbols and not isinstance(expr, Trace | Determinant):
        if not isinstance(expr, (*SMOOTH, *KINKED) if context.kinks else SMOOTH):
            raise refusal(expr, symbol)
        for arg in expr.args:
            require_differentiable(arg, symbol, context)


def refusal(part: Basic, symbol: State) -> CalculusError:
    if part.has(*MARKERS):
        expected, remedy = "an expression without stop-gradient markers", "block or erase the markers first"
    else:
        expected = f"a smooth elementary function of scalars and traces of polynomials in {symbol}"
        remedy = "rewrite this part, or introduce a new state variable for it"
    return CalculusError(expected, f"{quote_value(part)}, which holds {symbol}", remedy)
