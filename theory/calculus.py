r"""Derivatives of scalars, of trace polynomials and of matrix polynomials.

Everything follows from one product rule, the :func:`differential` of a word
:math:`d(AXB)=A\,dX\,B`; the gradient of a trace is read off it,
:math:`d\operatorname{tr}f=\operatorname{tr}(G^TdX)\Rightarrow\partial f/\partial X=G`.
Scalar functions of traces follow by the chain rule.

>>> from sympy import MatrixSymbol, Trace, symbols
>>> d, n = symbols("d n", integer=True, positive=True)
>>> X, C = MatrixSymbol("X", d, n), MatrixSymbol("C", d, n)
>>> gradient(Trace(X*X.T)/2 - Trace(C*X.T), X)
-C + X

Fails, with :class:`~theory.errors.CalculusError`, on what it cannot differentiate: inverses, determinants,
elementwise products and entries of a state matrix, and functions outside the elementary smooth ones.  Absolute values, largest
and smallest values, signs and steps are differentiated where the :class:`~theory.words.Context` allows ``kinks``: away from
these, which :func:`kinks` names.

Source: the product rule for matrix differentials (Magnus and Neudecker, *Matrix Differential Calculus*, ch. 5, 9).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TypeAlias

from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    DiracDelta,
    Dummy,
    Expr,
    Heaviside,
    MatrixExpr,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    Pow,
    S,
    Symbol,
    Trace,
    Transpose,
    default_sort_key,
    erf,
    erfc,
    exp,
    log,
    sign,
)
from sympy.functions.elementary.hyperbolic import HyperbolicFunction, InverseHyperbolicFunction
from sympy.functions.elementary.trigonometric import InverseTrigonometricFunction, TrigonometricFunction

from theory.errors import CalculusError, said
from theory.printing import plain
from theory.stopgrad import MARKERS
from theory.words import PLAIN, Context, Polynomial, Word, add_term, assemble, expand, expand_traces, normalise, transpose

KINKED = (Abs, Max, Min, sign, Heaviside)
State: TypeAlias = Symbol | MatrixSymbol
SMOOTH = (
    Add, Mul, Pow, Symbol, exp, log, erf, erfc,
    TrigonometricFunction, HyperbolicFunction, InverseTrigonometricFunction, InverseHyperbolicFunction,
)  # fmt: skip


def gradient(expr: Expr, symbol: State, context: Context = PLAIN) -> Expr | MatrixExpr:
    """The derivative of a scalar by one state block, in the block's shape.

    Parameters
    ----------
    expr
        a scalar: an elementary function of scalar symbols and of traces of matrix polynomials, without markers.
    symbol
        a scalar symbol, or a matrix symbol of shape (r, c).
    context
        symmetric symbols and rewriting rules.

    Returns
    -------
    A scalar, or a matrix expression of shape (r, c).

    Raises
    ------
    CalculusError
        where ``symbol`` enters through something that is not differentiated here.
    """
    if not isinstance(symbol, MatrixSymbol):
        return scalar_derivative(expand_traces(expr, context), symbol, context)
    terms: Polynomial = {}
    for outer, word in _outer_derivatives(expand_traces(expr, context), {symbol}, context):
        for place, factor in enumerate(word):
            if _core(factor) == symbol:
                rest = word[place + 1 :] + word[:place]
                turned = rest if isinstance(factor, Transpose) else tuple(transpose(f, context) for f in reversed(rest))
                add_term(terms, turned, outer)
    return assemble({w: c for w, c in terms.items() if c != 0}, symbol.shape)


def differential(expr: Expr | MatrixExpr, directions: Mapping[State, Expr | MatrixExpr], context: Context = PLAIN):
    """The directional derivative of a scalar or matrix expression, each state block moving along its direction.

    Linear in the directions, which are expressions of the shapes of their blocks.
    """
    if isinstance(expr, MatrixExpr):
        return assemble(_word_differential(expand(expr, context), directions, context), expr.shape)
    flat = expand_traces(expr, context)
    scalars = Add(*(scalar_derivative(flat, s, context) * v for s, v in directions.items() if not isinstance(s, MatrixSymbol)))
    matrices = {s for s in directions if isinstance(s, MatrixSymbol)}
    moved = (
        outer * Trace(assemble(_word_differential({word: S.One}, directions, context), (word[0].rows, word[-1].cols)))
        for outer, word in _outer_derivatives(flat, matrices, context)
    )
    return expand_traces(scalars + Add(*moved), context)


def scalar_derivative(expr: Expr, symbol: Symbol, context: Context = PLAIN) -> Expr:
    """The derivative by a scalar symbol of an elementary expression; traces must not hold the symbol.

    Everything is taken to be real.  With ``context.kinks`` it holds away from the :func:`kinks`.
    """
    opaque = set(expr.atoms(Trace)) | ({s for s in expr.atoms(Symbol) if not s.is_real} if expr.has(*KINKED) else set())
    held = {e: Dummy(real=True) for e in opaque}
    for trace in held:
        if trace != symbol and symbol in trace.free_symbols:
            raise _refusal(trace, symbol)
    _require_differentiable(expr, symbol, context)
    opened, by = expr.xreplace(held), held.get(symbol, symbol)
    slope = opened.diff(by)
    if context.kinks:
        slope = slope.replace(DiracDelta, lambda *_: S.Zero)
    if slope.has(Derivative):
        raise _refusal(expr, symbol)
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


def _outer_derivatives(flat: Expr, symbols: set[MatrixSymbol], context: Context) -> list[tuple[Expr, Word]]:
    """Pairs of the derivative of ``flat`` by a trace and that trace's word, for the traces that hold ``symbols``."""
    traces = sorted((t for t in flat.atoms(Trace) if t.atoms(MatrixSymbol) & symbols), key=plain)
    held = {t: Dummy(real=True) for t in traces}
    opened = flat.xreplace(held)
    for symbol in symbols:
        _require_differentiable(flat, symbol, context)
    back = {dummy: trace for trace, dummy in held.items()}
    pairs = []
    for trace, dummy in held.items():
        outer = scalar_derivative(opened, dummy, context).xreplace(back)
        for word, coefficient in expand(trace.arg).items():
            for symbol in symbols:
                _require_polynomial(word, symbol)
            pairs.append((outer * coefficient, word))
    return pairs


def _word_differential(polynomial: Polynomial, directions: Mapping[State, Basic], context: Context) -> Polynomial:
    moved: Polynomial = {}
    steps = {symbol: expand(v, context) for symbol, v in directions.items() if isinstance(symbol, MatrixSymbol)}
    turned = {s: {tuple(transpose(f, context) for f in reversed(w)): c for w, c in step.items()} for s, step in steps.items()}
    for word, coefficient in polynomial.items():
        for symbol in directions:
            _require_polynomial(word, symbol)
        if coefficient.free_symbols & set(directions):
            add_term(moved, word, differential(coefficient, directions, context))
        for place, factor in enumerate(word):
            step = (turned if isinstance(factor, Transpose) else steps).get(_core(factor), {})
            for middle, c in step.items():
                add_term(moved, word[:place] + middle + word[place + 1 :], coefficient * c)
    return normalise(moved, context)


def _core(factor: MatrixExpr) -> MatrixExpr:
    return factor.arg if isinstance(factor, Transpose) else factor


def _require_polynomial(word: Word, symbol: State) -> None:
    for factor in word:
        if _core(factor) != symbol and symbol in factor.free_symbols:
            raise _refusal(factor, symbol)


def _require_differentiable(expr: Expr, symbol: State, context: Context) -> None:
    """Raise unless ``symbol`` enters ``expr`` through elementary functions of scalars and of traces that are differentiated."""
    if symbol in expr.free_symbols and not isinstance(expr, Trace):
        if not isinstance(expr, (*SMOOTH, *KINKED) if context.kinks else SMOOTH):
            raise _refusal(expr, symbol)
        for arg in expr.args:
            _require_differentiable(arg, symbol, context)


def _refusal(part: Basic, symbol: State) -> CalculusError:
    if part.has(*MARKERS):
        expected, remedy = "an expression without stop-gradient markers", "block or erase the markers first"
    else:
        expected = f"a smooth elementary function of scalars and traces of polynomials in {symbol}"
        remedy = "rewrite this part, or introduce a new state variable for it"
    return CalculusError(expected, f"{said(part)}, which holds {symbol}", remedy)
