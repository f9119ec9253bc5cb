r"""Functions of every entry of a matrix, :math:`f(M)_{ij}=f(M_{ij})`."""

from __future__ import annotations

from collections.abc import Callable

from sympy import (
    Expr,
    FunctionClass,
    Integer,
    Lambda,
    MatrixExpr,
    Max,
    Pow,
    Symbol,
    Transpose,
    ZeroMatrix,
)
from sympy.core.function import AppliedUndef, Function, UndefinedFunction
from sympy.matrices.expressions.special import OneMatrix

from theory.errors import CalculusError, InputError, quote_value
from theory.nodes.algebra import plus, times, total
from theory.nodes.entries import Hadamard
from theory.nodes.node import Node, matrix
from theory.nodes.operations import PLACES
from theory.scalars import Named, scalar_derivative
from theory.stopgrad import as_expression, is_marked
from theory.words import Context

ENTRY = Symbol("_entry", real=True)  # what a function of every entry is a function of
_KINKS = Context(kinks=True)


class Elementwise(Node):
    """A scalar expression in :data:`ENTRY`, for every entry of a matrix.

    >>> from sympy import MatrixSymbol, tanh
    >>> M = MatrixSymbol("M", 2, 3)
    >>> Elementwise(tanh(ENTRY), M), Elementwise(2 * ENTRY, M), Elementwise(ENTRY**2, M)
    (tanh(M), 2*M, M.**2)
    """

    def __new__(cls, body: Expr, inner: MatrixExpr):
        if body == ENTRY:
            return inner
        if ENTRY not in body.free_symbols:
            return times(body, OneMatrix(*inner.shape))
        number, rest = body.as_independent(ENTRY, as_Add=False)
        if number != 1:
            return times(number, cls(rest, inner))
        if isinstance(inner, Transpose):
            return Transpose(cls(body, inner.arg))
        if (
            isinstance(inner, ZeroMatrix | OneMatrix)
            and (value := body.xreplace({ENTRY: Integer(isinstance(inner, OneMatrix))})).is_finite
        ):
            return times(value, OneMatrix(*inner.shape))
        return cls.build_node(body, inner)

    body = property(lambda self: self.args[0])
    inner = property(lambda self: self.args[1])
    shape = property(lambda self: self.inner.shape)
    free_symbols = property(lambda self: (self.body.free_symbols - {ENTRY}) | self.inner.free_symbols)

    @property
    def parts(self) -> tuple[Expr, ...]:
        return (self.inner, *sorted(self.body.free_symbols - {ENTRY}, key=str))

    def slope(self, by: Expr = ENTRY) -> MatrixExpr:
        """The derivative of every entry."""
        named = {f: Named(Symbol(f.func.__name__), f.args[0]) for f in self.body.atoms(AppliedUndef) if len(f.args) == 1}
        try:
            slope = scalar_derivative(self.body.xreplace(named), by, _KINKS)
        except CalculusError:
            expected = "a function of every entry that is made of smooth elementary ones"
            raise CalculusError(expected, quote_value(self), "rewrite this part, or stop the gradient at it") from None
        return Elementwise(slope.replace(Named, lambda name, x: UndefinedFunction(name.name)(x)), self.inner)

    def differential(self, *steps):
        step, *scalars = steps
        moved = [Hadamard(self.slope(), step)] if step is not None else []
        pairs = zip(self.parts[1:], scalars, strict=True)
        return plus(*moved, *(times(s, self.slope(by)) for by, s in pairs if s is not None))

    def adjoint(self, slope):
        return Hadamard(slope, self.slope()), *(total(Hadamard(slope, self.slope(by))) for by in self.parts[1:])

    def lowered(self, schedule):
        """Functions of the entry are each computed once."""
        if unknown := self.body.atoms(AppliedUndef):
            names = ", ".join(sorted({f.func.__name__ for f in unknown}))
            raise CalculusError("functions with a formula", names, "put one in the loss, as loss.replace(phi, tanh)")
        inner, body = schedule.operand(self.inner), schedule.operand(self.body)
        opened = body.xreplace({ENTRY: PLACES[0]})
        functions = sorted((f for f in opened.atoms(Function) if f.args == (PLACES[0],) and f != opened), key=str)
        values = [schedule.pointwise(f, inner) for f in functions]
        return schedule.pointwise(opened.xreplace(dict(zip(functions, PLACES[1:], strict=False))), inner, *values)

    def _sympystr(self, printer):
        inner = printer._print(self.inner)
        if self._is_power:
            return f"{printer.parenthesize(self.inner, 100)}.**{printer.parenthesize(self.body.exp, 50)}"
        if self._is_named:
            return f"{self.body.func.__name__}({inner})"
        return f"(x -> {printer._print(self._lettered_entry())})({inner})"

    def _latex(self, printer):
        inner = printer._print(self.inner)
        if self._is_power:
            return rf"{printer.parenthesize(self.inner, 100)}^{{\circ {printer._print(self.body.exp)}}}"
        if self._is_named:
            return printer._print(self.body.func(_Written(inner)))
        written = self.body.xreplace({ENTRY: _Written(inner)})
        if isinstance(self.body, Max) and ENTRY in self.body.args and not self.body.free_symbols - {ENTRY}:
            return printer._print(written)
        if isinstance(self.body, Pow) and ENTRY not in (self.body.base - ENTRY).free_symbols | self.body.exp.free_symbols:
            return rf"\left({printer._print(written.base)}\right)^{{\circ {printer._print(self.body.exp)}}}"
        return rf"\left(x\mapsto {printer._print(self._lettered_entry())}\right)\left({inner}\right)"

    @property
    def _is_power(self) -> bool:
        return isinstance(self.body, Pow) and self.body.base == ENTRY and not self.body.exp.has(ENTRY)

    @property
    def _is_named(self) -> bool:
        return (
            isinstance(self.body, Function)
            and self.body.args[0] == ENTRY
            and not any(a.free_symbols for a in self.body.args[1:])
        )

    def _lettered_entry(self) -> Expr:
        """The expression of an entry with a letter for it."""
        names = {str(s) for s in self.body.free_symbols}
        letter = next(x for x in ("x", "u", "t", "x'") if x not in names)
        return self.body.xreplace({ENTRY: Symbol(letter, real=True)})


class _Written(Symbol):
    """Text in LaTeX that stands as it is."""

    def _latex(self, printer):
        return self.name


def elementwise(function: Callable[[Expr], Expr] | FunctionClass | Lambda, of: MatrixExpr) -> MatrixExpr:
    """A function of every entry of a matrix.

    Parameters
    ----------
    function
        from a scalar to a scalar: ``tanh``, ``lambda x: exp(x / tau)``, a SymPy ``Lambda``.  Scalar symbols in it are
        parameters or state.
    of
        any matrix expression.

    Raises
    ------
    InputError
        for what is no such function: one of a matrix, or one with a marker around the entry.
    """
    body = as_expression(function(ENTRY), "as function of an entry")
    shown = quote_value(body.xreplace({ENTRY: Symbol("x", real=True)}))
    if body.is_Matrix or body.atoms(MatrixExpr):
        raise InputError("a function of scalars", shown, "multiply the matrix by what holds other matrices")
    if is_marked(body):
        raise InputError("a function without stop-gradient markers", shown, "mark the matrix, or a factor outside")
    return Elementwise(body, matrix(of, "in a function of every entry"))
