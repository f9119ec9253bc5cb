r"""The stop-gradient marker :func:`sg` and its erasure.

``sg(e)`` has the value of ``e`` and marks that a loss must not be differentiated through it.  It is neither
a constant nor the identity until somebody decides: :mod:`theory.calculus` *blocks* at the marker when a loss is
turned into a flow, and :func:`erase` reads it as the identity everywhere else.  SymPy's own ``diff`` refuses it,
because both answers that it could give (zero, or the full derivative) would be wrong somewhere.

>>> from sympy import symbols
>>> x, y = symbols("x y")
>>> erase(x * sg(sg(y) + x))
x*(x + y)
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from numbers import Number

from sympy import Basic, Dummy, Expr, Function, MatrixBase, MatrixExpr, MatrixSymbol, Transpose
from sympy.core.sympify import _sympify
from sympy.logic.boolalg import Boolean

from theory.errors import InputError, MarkerError, quote_value


def _refuse_diff(marker: Basic) -> MarkerError:
    return MarkerError(
        "an expression without stop-gradient markers",
        f"the derivative of {quote_value(marker)}",
        "use Loss(...).stop_gradient_flow() to block at the markers or erase(...) to read them as the identity",
    )


class StopGradient(Function):
    """The marker on a scalar; made by :func:`sg`."""

    nargs = 1

    @classmethod
    def eval(cls, arg):
        return arg if isinstance(arg, StopGradient) or not arg.free_symbols else None

    def _eval_derivative(self, s):
        raise _refuse_diff(self)

    def fdiff(self, argindex=1):
        raise _refuse_diff(self)

    def _eval_is_extended_real(self):
        return self.args[0].is_extended_real

    def _sympystr(self, printer):
        return f"sg({printer._print(self.args[0])})"

    def _latex(self, printer, exp=None):
        text = rf"\operatorname{{sg}}\left({printer._print(self.args[0])}\right)"
        return text if exp is None else rf"{text}^{{{exp}}}"


class StopGradientMatrix(MatrixExpr):
    """The marker on a matrix expression of the same shape; made by :func:`sg`."""

    def __new__(cls, *args):
        _refuse_array_derivatives()
        return super().__new__(cls, *args)

    @property
    def shape(self):
        return self.args[0].shape

    def doit(self, **hints):
        return self

    def _entry(self, i, j, **kwargs):
        return sg(self.args[0][i, j])

    def _eval_derivative(self, s):
        raise _refuse_diff(self)

    def _sympystr(self, printer):
        return f"sg({printer._print(self.args[0])})"

    def _latex(self, printer):
        return rf"\operatorname{{sg}}\left({printer._print(self.args[0])}\right)"


@cache
def _refuse_array_derivatives() -> None:
    """SymPy's derivative by a matrix, which takes what it does not know for constant, asks here what a marker is."""
    from sympy.tensor.array.expressions.arrayexpr_derivatives import array_derive

    @array_derive.register(StopGradientMatrix)
    def _(marker, x):
        raise _refuse_diff(marker)


MARKERS = (StopGradient, StopGradientMatrix)


def as_expression(value, place: str):
    """``value`` as a SymPy expression; text is never parsed.

    Raises
    ------
    InputError
        for anything that is no expression, matrix or number; ``place`` says where it stood.
    """
    if isinstance(value, Expr | MatrixBase):
        return value
    if isinstance(value, Number) and not isinstance(value, bool):
        return _sympify(value)
    raise InputError(f"a SymPy expression or a number {place}", quote_value(repr(value)), "build it from symbols")


def as_statements(values: Iterable) -> tuple[Boolean, ...]:
    """``values`` as SymPy statements; text is never parsed.

    Raises
    ------
    InputError
        for anything that is no statement.
    """
    given = (values,) if isinstance(values, str) else tuple(values)
    for value in given:
        if not isinstance(value, Boolean | bool):
            raise InputError("SymPy statements as assumptions", repr(value), "write them with symbols, as x > 0")
    return tuple(_sympify(value) for value in given)


def sg(expr):
    """Mark ``expr`` (scalar, matrix expression or explicit matrix) as stopped.

    Nested markers collapse, numbers carry none, and a transpose moves outside the marker.

    Raises
    ------
    InputError
        for anything that is not a SymPy expression or a number; text is never evaluated.
    """
    expr = as_expression(expr, "in sg(...)")
    if isinstance(expr, MatrixBase):
        return expr.applyfunc(sg)
    if not isinstance(expr, MatrixExpr):
        return StopGradient(expr)
    if isinstance(expr, StopGradientMatrix):
        return expr
    if isinstance(expr, Transpose):
        return Transpose(sg(expr.arg))
    return StopGradientMatrix(expr) if expr.free_symbols else expr


def erase(expr):
    """Read every marker in ``expr`` as the identity."""
    return expr.replace(lambda e: isinstance(e, MARKERS), lambda e: e.args[0]) if is_marked(expr) else expr


def is_marked(expr: Basic) -> bool:
    """Whether a marker stands anywhere in ``expr``."""
    return expr.has(*MARKERS)


def block_markers(expr: Basic) -> tuple[Basic, dict[Basic, Basic]]:
    """Replace each outermost marker by a fresh symbol.

    Returns the blocked expression, in which differentiation cannot reach what was stopped, and the map from the
    fresh symbols to the erased contents that puts them back.
    """
    fresh = {marker: _stand_in(marker) for marker in _outermost_markers(expr)}
    return expr.xreplace(fresh), {symbol: erase(marker.args[0]) for marker, symbol in fresh.items()}


def _outermost_markers(expr: Basic) -> list[Basic]:
    if isinstance(expr, MARKERS):
        return [expr]
    found = (marker for arg in expr.args for marker in _outermost_markers(arg))
    return list(dict.fromkeys(found))


class _Stopped(Dummy):
    """What stands for a marker while a loss is differentiated, and is printed as it."""

    __slots__ = ()

    def _sympystr(self, printer):
        return self.name

    def _latex(self, printer):
        return rf"\operatorname{{{self.name}}}"


class _StoppedMatrix(MatrixSymbol):
    """The same for a matrix; its name holds the number of a :class:`Dummy`, so that it is like no other."""

    def _sympystr(self, printer):
        return self.name.rpartition("#")[0]

    def _latex(self, printer):
        return rf"\operatorname{{{self.name.rpartition('#')[0]}}}"


def _stand_in(marker: Basic) -> Basic:
    fresh = _Stopped(str(marker), real=marker.is_extended_real)
    if isinstance(marker, StopGradientMatrix):
        return _StoppedMatrix(f"{marker}#{fresh.dummy_index}", *marker.shape)
    return fresh
