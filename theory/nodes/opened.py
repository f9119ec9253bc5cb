"""SymPy's own operations on matrices as nodes, and traces in disguise as traces."""

from __future__ import annotations

from functools import lru_cache, singledispatch

from sympy import (
    Add,
    Basic,
    Determinant,
    DiagMatrix,
    DiagonalMatrix,
    DiagonalOf,
    DotProduct,
    HadamardPower,
    HadamardProduct,
    Inverse,
    MatAdd,
    MatMul,
    MatrixExpr,
    Mul,
    Pow,
    S,
    Sum,
    Transpose,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.slice import MatrixSlice
from sympy.matrices.expressions.special import OneMatrix

from theory.errors import CalculusError, quote_value
from theory.nodes.algebra import plus, times, trace, transpose_of
from theory.nodes.elementwise import ENTRY, Elementwise
from theory.nodes.entries import Diagonal, DiagonalPart, Hadamard
from theory.nodes.node import Node
from theory.nodes.selections import select_block

DISGUISED = (
    DiagMatrix, DiagonalMatrix, DiagonalOf, DotProduct, HadamardPower, HadamardProduct, ElementwiseApplyFunction, MatrixElement,
    MatrixSlice,
)  # fmt: skip
NODES = (Node, Inverse, Determinant, *DISGUISED)


def is_beyond_polynomials(expr: Basic, symbols) -> bool:
    """Whether any of the symbols stands in an operation that is no sum, product or transpose of matrices."""
    if isinstance(expr, (*NODES, Sum)) and not expr.free_symbols.isdisjoint(symbols):
        return True
    return any(is_beyond_polynomials(a, symbols) for a in expr.args)


def as_nodes(expr: Basic) -> Basic:
    """The same expression in sums, products, transposes, inverses, traces, determinants and nodes.

    Sums beside nodes have their common factors collected.
    """
    return _open(expr) if expr.has(*DISGUISED, Node) else expr


@lru_cache(20_000)
def _open(expr: Basic) -> Basic:
    """:func:`_open_once`, once for each expression."""
    return _open_once(expr)


@singledispatch
def _open_once(expr: Basic) -> Basic:
    if not expr.args:
        return expr
    args = [_open(a) for a in expr.args]
    if all(new is old for new, old in zip(args, expr.args, strict=True)):
        return expr
    return expr.func(*args)


@_open_once.register(MatMul)
def _(expr):
    return times(*map(_open, expr.args))


@_open_once.register(MatAdd)
def _(expr):
    return plus(*map(_open, expr.args))


@_open_once.register(Transpose)
def _(expr):
    return transpose_of(_open(expr.arg))


@_open_once.register(HadamardProduct)
def _(expr):
    return Hadamard(*map(_open, expr.args))


@_open_once.register(HadamardPower)
def _(expr):
    base, power = map(_open, expr.args)
    if power.is_Matrix:
        raise CalculusError("a number as power of entries", quote_value(expr), "write exp(B log(A)) entry by entry")
    return Elementwise(Pow(ENTRY, power), base)


@_open_once.register(ElementwiseApplyFunction)
def _(expr):
    return Elementwise(expr.function(ENTRY), _open(expr.expr))


@_open_once.register(DiagMatrix)
def _(expr):
    column = _open(expr.args[0])
    return Diagonal(column if column.cols == 1 else transpose_of(column))


@_open_once.register(DiagonalOf)
def _(expr):
    return DiagonalPart(_open(expr.args[0]))


@_open_once.register(DiagonalMatrix)
def _(expr):
    return Diagonal(DiagonalPart(_open(expr.args[0])))


@_open_once.register(DotProduct)
def _(expr):
    left, right = (a if a.cols == 1 else transpose_of(a) for a in map(_open, expr.args))
    return trace(times(transpose_of(left), right))


@_open_once.register(MatrixSlice)
def _(expr):
    runs = []
    for (first, stop, step), size in zip((expr.rowslice, expr.colslice), expr.parent.shape, strict=True):
        count = (stop - first) / step
        if not (count == size or (count.is_Integer and count > 0)):  # SymPy's shape of other slices is too small
            raise CalculusError("slices of a whole number of steps", quote_value(expr), "end the slice after whole steps")
        runs.append(None if count == size else (first, count, step))
    return select_block(_open(expr.parent), *runs)


@_open_once.register(MatrixElement)
def _(expr):
    return _chain_traces([expr], {})


@_open_once.register(Sum)
def _(expr):
    """A sum over products of entries, in which each index stands twice, is a trace."""
    bound = {}
    for index, first, last in expr.limits:
        bound[index] = (first, last)
    terms = Add.make_args(expr.function.expand())
    return Add(*(_term_sum(term, bound, expr) for term in terms))


def _term_sum(term, bound: dict, whole: Sum):
    scalars, elements = [], []
    for factor in Mul.make_args(term):
        base, power = factor.as_base_exp()
        if isinstance(base, MatrixElement) and power.is_Integer and power > 0:
            elements += [base] * int(power)
        elif factor.free_symbols & set(bound):
            raise _no_trace(whole)
        else:
            scalars.append(_open(factor))
    places = [i for e in elements for i in (e.i, e.j)]
    for index, (first, last) in bound.items():
        size = next((n for e in elements for i, n in zip((e.i, e.j), e.parent.shape, strict=True) if i == index), None)
        if first != 0 or size is None or (last - size + 1) != 0 or places.count(index) > 2:
            raise _no_trace(whole)
    return Mul(*scalars, _chain_traces(elements, bound))


def _chain_traces(elements: list, bound: dict):
    """The product of entries, summed over bound indices, as traces of the chains that these indices make."""
    waiting, product = list(elements), S.One
    while waiting:
        start = next(
            (e for e in waiting if not _is_inner(e.i, waiting, bound) or not _is_inner(e.j, waiting, bound)), waiting[0]
        )
        waiting.remove(start)
        forwards = not _is_inner(start.i, [start, *waiting], bound) or _is_inner(start.j, [start, *waiting], bound)
        chain_, first, end = [_oriented_parent(start, forwards)], *((start.i, start.j) if forwards else (start.j, start.i))
        while end in bound and end != first and (following := next((e for e in waiting if end in (e.i, e.j)), None)):
            waiting.remove(following)
            ahead = following.i == end
            chain_.append(_oriented_parent(following, ahead))
            end = following.j if ahead else following.i
        product *= trace(times(*_left(first, end, chain_, bound)))
    return product


def _is_inner(index, elements: list, bound: dict) -> bool:
    """Whether a bound index joins two places."""
    return index in bound and sum(i == index for e in elements for i in (e.i, e.j)) == 2


def _oriented_parent(element, forwards: bool) -> MatrixExpr:
    parent = _open(element.parent)
    return parent if forwards else transpose_of(parent)


def _left(first, end, factors: list, bound: dict) -> list:
    """The factors between what stands for their outer indices: nothing where these are one, ones where they are summed."""
    if first == end and first in bound:
        return factors
    product = times(*factors)
    for side, index in ((0, first), (1, end)):
        if index not in bound and not index.is_Integer:
            got = f"the index {index} of {quote_value(factors[0])}"
            raise CalculusError("entries at numbers", got, "sum over it, or give a number")
        size = product.shape[side]
        if index in bound:
            one = OneMatrix(size, 1)
            product = times(transpose_of(one), product) if side == 0 else times(product, one)
        else:
            run = (index, S.One, S.One)
            product = select_block(product, run, None) if side == 0 else select_block(product, None, run)
    return [product]


def _no_trace(whole: Sum) -> CalculusError:
    return CalculusError(
        "sums over whole rows and columns of products of entries, each index at most twice",
        quote_value(whole),
        "write it with traces, hadamard(...) and elementwise(...)",
    )
