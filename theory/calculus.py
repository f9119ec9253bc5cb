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

Losses beyond trace polynomials (functions of entries, diagonals, inverses, determinants) go through :mod:`theory.nodes.sweep`,
which multiplies nothing out.  Fails, with :class:`~theory.errors.CalculusError`, on what it cannot differentiate: Kronecker
products, powers with a symbol as exponent, and functions outside the elementary smooth ones.  Absolute values, largest
and smallest values, signs and steps are differentiated where the :class:`~theory.words.Context` allows ``kinks``: away from
these, which :func:`kinks` names.

Source: the product rule for matrix differentials (Magnus and Neudecker, *Matrix Differential Calculus*, ch. 5, 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from sympy import Add, Basic, Dummy, Expr, Identity, MatrixExpr, MatrixSymbol, S, Trace, Transpose

from theory import scalars
from theory.nodes import sweep
from theory.nodes.algebra import apply_rules, times
from theory.nodes.domains import kinks_of_entries
from theory.nodes.elementwise import ENTRY
from theory.nodes.opened import as_nodes, is_beyond_polynomials
from theory.printing import plain
from theory.scalars import KINKED, SMOOTH, State, refusal, require_differentiable, scalar_derivative, scalar_derivatives
from theory.words import (
    PLAIN,
    Context,
    Polynomial,
    Word,
    add_term,
    assemble,
    expand,
    expand_traces,
    multiply_polynomials,
    normalise,
    transpose_factor,
)

__all__ = [
    "KINKED",
    "SMOOTH",
    "State",
    "differential",
    "gradient",
    "gradients",
    "kinks",
    "scalar_derivative",
    "scalar_derivatives",
    "scaled_slope",
]


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
    return gradients(expr, (symbol,), context)[symbol]


def gradients(expr: Expr, state: Sequence[State], context: Context = PLAIN) -> dict[State, Expr | MatrixExpr]:
    """The derivative of a scalar by each of several blocks, as :func:`gradient`."""
    return dict(_gradients(expr, tuple(state), context))


@lru_cache(maxsize=256)
def _gradients(expr: Expr, state: tuple[State, ...], context: Context) -> dict[State, Expr | MatrixExpr]:
    if is_beyond_polynomials(expr, state):
        opened = _opened(expr, context, state)
        return {b: apply_rules(slope, context) for b, slope in sweep.gradients(opened, state, context).items()}
    flat = expand_traces(expr, context)
    slopes = scalar_derivatives(flat, [s for s in state if not isinstance(s, MatrixSymbol)], context)
    return {s: slopes[s] if s in slopes else _polynomial_gradient(flat, s, context) for s in state}


def _opened(expr: Expr | MatrixExpr, context: Context, state: Iterable[State]) -> Expr | MatrixExpr:
    """An expression in nodes, with what is assumed of its matrices put in where that holds no state."""
    symmetric = {Transpose(s): s for s in context.symmetric}
    return apply_rules(as_nodes(expr.xreplace(symmetric)), context, frozenset(state))


def _polynomial_gradient(flat: Expr, symbol: MatrixSymbol, context: Context) -> MatrixExpr:
    terms: Polynomial = {}
    for outer, word in _outer_derivatives(flat, {symbol}, context):
        for place, factor in enumerate(word):
            if _strip_transpose(factor) == symbol:
                rest = word[place + 1 :] + word[:place]
                turned = rest if isinstance(factor, Transpose) else tuple(transpose_factor(f, context) for f in reversed(rest))
                add_term(terms, turned, outer)
    return assemble({w: c for w, c in terms.items() if c != 0}, symbol.shape)


def differential(expr: Expr | MatrixExpr, directions: Mapping[State, Expr | MatrixExpr], context: Context = PLAIN):
    """The directional derivative of a scalar or matrix expression, each state block moving along its direction.

    Linear in the directions, which are expressions of the shapes of their blocks.
    """
    if is_beyond_polynomials(expr, directions):
        opened = _opened(expr, context, directions)
        return apply_rules(sweep.differential_of(opened, directions, context), context)
    if isinstance(expr, MatrixExpr):
        return assemble(_word_differential(expand(expr, context), directions, context), expr.shape)
    flat = expand_traces(expr, context)
    matrices = {s for s in directions if isinstance(s, MatrixSymbol)}
    slopes = scalar_derivatives(flat, [s for s in directions if s not in matrices], context)
    scalars = Add(*(slope * directions[s] for s, slope in slopes.items()))
    moved = (
        outer * Trace(assemble(_word_differential({word: S.One}, directions, context), (word[0].rows, word[-1].cols)))
        for outer, word in _outer_derivatives(flat, matrices, context)
    )
    return expand_traces(scalars + Add(*moved), context)


def kinks(expr: Expr) -> tuple[Expr, ...]:
    """What vanishes where a function in an expression has a kink or a jump: scalars, and matrices of which an entry vanishes.

    >>> from sympy import Max, symbols
    >>> x, y = symbols("x y", real=True)
    >>> kinks(Max(x, y) + abs(x - 1))
    (x - 1, x - y)
    """
    of_scalars = tuple(gap for gap in scalars.kinks(expr) if not gap.has(ENTRY))
    return of_scalars + (kinks_of_entries(expr) if is_beyond_polynomials(expr, expr.free_symbols) else ())


def scaled_slope(slope: MatrixExpr, mobility: Expr | MatrixExpr, context: Context = PLAIN) -> MatrixExpr:
    """A slope times a mobility, a scalar or a matrix on the right."""
    rate = mobility if isinstance(mobility, MatrixExpr) else mobility * Identity(slope.cols)
    if is_beyond_polynomials(slope, slope.free_symbols):
        return times(as_nodes(slope), rate)
    descent = multiply_polynomials([expand(slope, context), expand(rate, context)])
    return assemble({w: c.expand() for w, c in descent.items()}, slope.shape)


def _outer_derivatives(flat: Expr, symbols: set[MatrixSymbol], context: Context) -> list[tuple[Expr, Word]]:
    """Pairs of the derivative of ``flat`` by a trace and that trace's word, for the traces that hold ``symbols``."""
    traces = sorted((t for t in flat.atoms(Trace) if t.atoms(MatrixSymbol) & symbols), key=plain)
    held = {t: Dummy(real=True) for t in traces}
    opened = flat.xreplace(held)
    for symbol in symbols:
        require_differentiable(flat, symbol, context)
    back = {dummy: trace for trace, dummy in held.items()}
    pairs = []
    slopes = scalar_derivatives(opened, held.values(), context)
    for trace, dummy in held.items():
        outer = slopes[dummy].xreplace(back)
        for word, coefficient in expand(trace.arg).items():
            for symbol in symbols:
                _require_polynomial(word, symbol)
            pairs.append((outer * coefficient, word))
    return pairs


def _word_differential(polynomial: Polynomial, directions: Mapping[State, Basic], context: Context) -> Polynomial:
    moved: Polynomial = {}
    steps = {symbol: expand(v, context) for symbol, v in directions.items() if isinstance(symbol, MatrixSymbol)}
    turned = {
        s: {tuple(transpose_factor(f, context) for f in reversed(w)): c for w, c in step.items()} for s, step in steps.items()
    }
    for word, coefficient in polynomial.items():
        for symbol in directions:
            _require_polynomial(word, symbol)
        if coefficient.free_symbols & set(directions):
            add_term(moved, word, differential(coefficient, directions, context))
        for place, factor in enumerate(word):
            step = (turned if isinstance(factor, Transpose) else steps).get(_strip_transpose(factor), {})
            for middle, c in step.items():
                add_term(moved, word[:place] + middle + word[place + 1 :], coefficient * c)
    return normalise(moved, context)


def _strip_transpose(factor: MatrixExpr) -> MatrixExpr:
    return factor.arg if isinstance(factor, Transpose) else factor


def _require_polynomial(word: Word, symbol: State) -> None:
    for factor in word:
        if _strip_transpose(factor) != symbol and symbol in factor.free_symbols:
            raise refusal(factor, symbol)
