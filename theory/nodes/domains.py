"""Where a loss made of nodes is defined and smooth: what must be positive, and what vanishes at its kinks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import singledispatch

from sympy import (
    Basic,
    Determinant,
    Dummy,
    Expr,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Pow,
    Q,
    S,
    Symbol,
    Trace,
    Transpose,
    log,
    preorder_traversal,
)
from sympy.matrices.expressions.special import OneMatrix

from theory.errors import InputError, quote_value
from theory.nodes.algebra import terms_of, times, transpose_of
from theory.nodes.elementwise import ENTRY, Elementwise
from theory.nodes.entries import Diagonal, DiagonalPart, Hadamard
from theory.nodes.opened import as_nodes
from theory.nodes.rows import Softmax
from theory.scalars import KINKED, kinks
from theory.words import Context

POSITIVE, NONNEGATIVE, ANY = 2, 1, 0  # what is known of the signs of entries


def positive_parts(expr: Basic, context: Context) -> tuple[Expr, ...]:
    """What must be positive, in every entry, for an expression to be defined, and is not proved to be.

    Of what is inverted and may have either sign it is the square, of an inverse matrix that of its determinant.

    Raises
    ------
    InputError
        for the logarithm of entries that can be negative.
    """
    found: dict[Expr, None] = {}
    for node in preorder_traversal(as_nodes(expr)):
        if isinstance(node, Inverse):
            found[Determinant(node.arg) ** 2] = None
        if isinstance(node, Elementwise):
            found |= dict.fromkeys(_positive_entries(node, context))
        elif isinstance(node, log | Pow) and not node.has(ENTRY):
            found |= dict.fromkeys(_required(node, _sign_of_scalar))
    return tuple(found)


def _positive_entries(node: Elementwise, context: Context) -> Iterator[MatrixExpr]:
    """What a function of every entry needs to be positive."""
    known = signs(node.inner, context)
    for part in preorder_traversal(node.body):
        if isinstance(part, log) and part.has(ENTRY) and _sign(part.args[0], known) == ANY:
            got = f"{quote_value(Elementwise(part.args[0], node.inner))}, whose entries can be negative"
            remedy = "take it of what is positive, as exp, softmax, a sum with squares, or assume Q.positive of data"
            raise InputError("the logarithm of positive entries", got, remedy)
        if part.has(ENTRY):
            yield from (Elementwise(e, node.inner) for e in _required(part, lambda body: _sign(body, known)))


def _required(part: Basic, sign: Callable[[Expr], int]) -> Iterator[Expr]:
    """What an operation on scalars needs to be positive: the argument of a logarithm, of a root, of an inverse power."""
    if isinstance(part, log):
        argument, signed = part.args[0], False
    elif isinstance(part, Pow) and not (part.exp.is_integer and part.exp.is_nonnegative):
        argument, signed = part.base, bool(part.exp.is_integer)
    else:
        return
    if (known := sign(argument)) != POSITIVE:
        yield argument**2 if signed and known == ANY else argument


def _sign_of_scalar(expr: Expr) -> int:
    """What is known of a scalar expression in traces: those of products with their transposes are not negative."""
    traces = {t: Dummy(nonnegative=True) if _is_gram(t.arg) else Dummy(real=True) for t in expr.atoms(Trace)}
    value = expr.xreplace(traces)
    return POSITIVE if value.is_positive else NONNEGATIVE if value.is_nonnegative else ANY


def is_inverted(places: Iterable[Expr], symbol: Symbol) -> bool:
    """Whether anything is divided by zero where a parameter is zero."""
    powers = (p for place in places for p in place.atoms(Pow) if p.exp.is_negative and symbol in p.free_symbols)
    return any(p.base.xreplace({symbol: S.Zero}) == 0 for p in powers)


def kinks_of_entries(expr: Basic) -> tuple[MatrixExpr, ...]:
    """Matrices of which an entry vanishes where a function of every entry has a kink."""
    nodes = [node for node in preorder_traversal(as_nodes(expr)) if isinstance(node, Elementwise) and node.body.has(*KINKED)]
    return tuple(dict.fromkeys(Elementwise(gap, node.inner) for node in nodes for gap in kinks(node.body)))


def _sign(body: Expr, known: int) -> int:
    """What is known of a function of an entry of known sign."""
    assumed = {POSITIVE: {"positive": True}, NONNEGATIVE: {"nonnegative": True}, ANY: {"real": True}}[known]
    entry = Dummy(**assumed)
    value = body.xreplace({ENTRY: entry})
    return POSITIVE if value.is_positive else NONNEGATIVE if value.is_nonnegative else ANY


@singledispatch
def signs(expr: MatrixExpr, context: Context) -> int:
    """What is known of the signs of all entries of a matrix."""
    return ANY


@signs.register(MatrixSymbol)
def _(expr, context):
    assumed = {a.function for a in context.assumptions if getattr(a, "arguments", ())[:1] == (expr,)}
    return POSITIVE if Q.positive in assumed else NONNEGATIVE if Q.nonnegative in assumed else ANY


@signs.register(OneMatrix)
@signs.register(Softmax)
def _(expr, context):
    return POSITIVE


@signs.register(Identity)
def _(expr, context):
    return NONNEGATIVE


@signs.register(Transpose)
def _(expr, context):
    return signs(expr.arg, context)


@signs.register(Elementwise)
def _(expr, context):
    return _sign(expr.body, signs(expr.inner, context))


@signs.register(Diagonal)
def _(expr, context):
    return min(NONNEGATIVE, signs(expr.args[0], context))


@signs.register(DiagonalPart)
def _(expr, context):
    square = expr.args[0]
    return max(signs(square, context), NONNEGATIVE if _is_gram(square) else ANY)


@signs.register(Hadamard)
def _(expr, context):
    odd = [f for f in dict.fromkeys(expr.args) if expr.args.count(f) % 2]
    squares = [] if len(odd) == len(expr.args) else [NONNEGATIVE]
    return min([*squares, *(signs(f, context) for f in odd)])


@signs.register(MatMul)
def _(expr, context):
    coefficient, factors = expr.as_coeff_matrices()
    number = POSITIVE if coefficient.is_positive else NONNEGATIVE if coefficient.is_nonnegative else ANY
    return min(number, *(signs(f, context) for f in factors))


@signs.register(MatAdd)
def _(expr, context):
    known = [signs(a, context) for a in expr.args]
    return ANY if ANY in known else max(known)


def _is_gram(square: MatrixExpr) -> bool:
    """Whether a matrix is of the form of a product with its transpose, with projections between."""
    terms = terms_of(square)
    if len(terms) != 1:
        return False
    ((word, coefficient),) = terms.items()
    middle = word[len(word) // 2] if len(word) % 2 else None
    return (
        bool(coefficient.is_nonnegative)
        and transpose_of(times(S.One, *word)) == times(S.One, *word)
        and (middle is None or getattr(middle, "is_projection", False))
    )
