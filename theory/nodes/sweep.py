r"""Gradients by one sweep from the loss inwards, differentials by one from the state outwards.

Each operation is differentiated where it stands, and the gradient transposes what the differential does:
:math:`\langle G,dN[\delta]\rangle=\langle dN^*[G],\delta\rangle`.  Equal operations are one, whose slopes add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, singledispatch

from sympy import (
    Add,
    Basic,
    Determinant,
    Dummy,
    Expr,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    S,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
)

from theory.nodes.algebra import inner_product, plus, times, trace, transpose_of
from theory.nodes.node import Node
from theory.scalars import State, refusal, scalar_derivatives
from theory.words import Context

SCALARS = (Trace, Determinant)  # numbers of matrices


def gradients(expr: Expr, symbols: Iterable[State], context: Context) -> dict[State, Expr]:
    """The derivative of a scalar by each of some state blocks, in the shapes of these."""
    sought = frozenset(symbols)
    waiting: dict[Basic, list[Expr]] = {expr: [S.One]}
    for cell in _outermost_first(expr, sought):
        if cell not in sought:
            for part, share in _pull_back(cell, _sum(waiting.pop(cell)), sought, context):
                waiting.setdefault(part, []).append(share)
    return {s: _sum(waiting[s]) if s in waiting else _zero(s) for s in sought}


def differential_of(expr: Expr, directions: Mapping[State, Expr], context: Context) -> Expr:
    """The directional derivative of a scalar or matrix expression, each block moving along its direction."""
    steps: dict[Basic, Expr | None] = dict(directions)
    sought = frozenset(directions)
    for cell in reversed(_outermost_first(expr, sought)):
        if cell not in steps:
            steps[cell] = _differential(cell, lambda part: steps.get(part), sought, context)
    step = steps.get(expr)
    return _zero(expr) if step is None else step


def _zero(like: Expr) -> Expr:
    return ZeroMatrix(*like.shape) if like.is_Matrix else S.Zero


def _sum(terms: list[Expr]) -> Expr:
    return terms[0] if len(terms) == 1 else plus(*terms) if terms[0].is_Matrix else Add(*terms)


def _outermost_first(expr: Basic, sought: frozenset) -> list[Basic]:
    """The operations that hold state, each before its parts."""
    found: dict[Basic, None] = {}
    waiting: list[tuple[Basic, bool]] = [(expr, False)] if _holds(expr, sought) else []
    while waiting:
        cell, done = waiting.pop()
        if done:
            found[cell] = None
        elif cell not in found:
            waiting.append((cell, True))
            if cell not in sought:
                waiting += [(p, False) for p in _parts(cell) if p not in found and _holds(p, sought)]
    return list(reversed(found))


def _holds(expr: Basic, sought: frozenset) -> bool:
    return not sought.isdisjoint(_free_symbols(expr))


@lru_cache(20_000)
def _free_symbols(expr: Basic) -> frozenset[Basic]:
    return frozenset(expr.free_symbols)


# -- what an operation is made of, and its derivative ------------------------------------------------------------------


@singledispatch
def _parts(cell: Basic) -> tuple[Expr, ...]:
    """The operations that an operation is a function of: of a scalar expression its symbols, traces and determinants."""
    return tuple(_leaves(cell))


@_parts.register(MatrixExpr)
def _(cell):
    """What is no operation of the calculus is refused where its slope is asked for."""
    return ()


@_parts.register(Node)
def _(cell):
    return cell.parts


@_parts.register(Trace)
@_parts.register(Determinant)
@_parts.register(Transpose)
@_parts.register(Inverse)
@_parts.register(MatAdd)
@_parts.register(MatPow)
def _(cell):
    return cell.args[:1] if not isinstance(cell, MatAdd) else cell.args


@_parts.register(MatMul)
def _(cell):
    coefficient, factors = cell.as_coeff_matrices()
    return (coefficient, *factors)


def _leaves(expr: Basic) -> dict[Basic, None]:
    if isinstance(expr, (Symbol, MatrixExpr, *SCALARS)):
        return {expr: None}
    return {leaf: None for a in expr.args for leaf in _leaves(a)}


@singledispatch
def _pull_back(cell: Basic, slope: Expr, sought: frozenset, context: Context) -> list[tuple[Basic, Expr]]:
    """The slope by each part that holds state, from the slope by the whole."""
    return [(leaf, slope * outer) for leaf, outer in _outer(cell, sought, context)]


@_pull_back.register(MatrixExpr)
def _(cell, slope, sought, context):
    raise refusal(cell, next(iter(sought & cell.free_symbols)))


@_pull_back.register(Node)
def _(cell, slope, sought, context):
    pairs = zip(cell.parts, cell.adjoint(slope), strict=True)
    return [(part, share) for part, share in pairs if _holds(part, sought)]


@_pull_back.register(Trace)
def _(cell, slope, sought, context):
    return [(cell.arg, times(slope, Identity(cell.arg.rows)))]


@_pull_back.register(Determinant)
def _(cell, slope, sought, context):
    return [(cell.arg, times(slope * cell, transpose_of(Inverse(cell.arg), context)))]


@_pull_back.register(MatAdd)
def _(cell, slope, sought, context):
    return [(term, slope) for term in cell.args if _holds(term, sought)]


@_pull_back.register(Transpose)
def _(cell, slope, sought, context):
    return [(cell.arg, transpose_of(slope, context))]


@_pull_back.register(MatMul)
def _(cell, slope, sought, context):
    coefficient, factors = cell.as_coeff_matrices()
    found = []
    if _holds(coefficient, sought):
        found.append((coefficient, inner_product(slope, MatMul(*factors), context)))
    for place, factor in enumerate(factors):
        if _holds(factor, sought):
            left, right = (
                tuple(transpose_of(f, context) for f in reversed(run)) for run in (factors[:place], factors[place + 1 :])
            )
            found.append((factor, times(coefficient, *left, slope, *right)))
    return found


@_pull_back.register(MatPow)
def _(cell, slope, sought, context):
    return [(cell.base, share) for _, share in _pull_back(_as_product(cell, sought), slope, sought, context)]


@_pull_back.register(Inverse)
def _(cell, slope, sought, context):
    turned = transpose_of(cell, context)
    return [(cell.arg, times(S.NegativeOne, turned, slope, turned))]


@singledispatch
def _differential(cell: Basic, step: Callable[[Basic], Expr | None], sought: frozenset, context: Context) -> Expr:
    """How an operation moves when its parts do."""
    return Add(*(outer * step(leaf) for leaf, outer in _outer(cell, sought, context)))


@_differential.register(MatrixExpr)
def _(cell, step, sought, context):
    raise refusal(cell, next(iter(sought & cell.free_symbols)))


@_differential.register(Node)
def _(cell, step, sought, context):
    return cell.differential(*map(step, cell.parts))


@_differential.register(Trace)
def _(cell, step, sought, context):
    return trace(step(cell.arg))


@_differential.register(Determinant)
def _(cell, step, sought, context):
    return cell * trace(times(Inverse(cell.arg), step(cell.arg)))


@_differential.register(MatAdd)
def _(cell, step, sought, context):
    return plus(*(step(term) for term in cell.args if _holds(term, sought)))


@_differential.register(Transpose)
def _(cell, step, sought, context):
    return transpose_of(step(cell.arg), context)


@_differential.register(MatMul)
def _(cell, step, sought, context):
    parts = _parts(cell)
    return plus(*(times(*parts[:i], step(part), *parts[i + 1 :]) for i, part in enumerate(parts) if _holds(part, sought)))


@_differential.register(MatPow)
def _(cell, step, sought, context):
    return _differential(_as_product(cell, sought), step, sought, context)


@_differential.register(Inverse)
def _(cell, step, sought, context):
    return times(S.NegativeOne, cell, step(cell.arg), cell)


def _outer(cell: Expr, sought: frozenset, context: Context) -> list[tuple[Basic, Expr]]:
    """The parts of a scalar expression that hold state, each with the derivative by it."""
    leaves = [leaf for leaf in _leaves(cell) if _holds(leaf, sought)]
    if any(isinstance(leaf, MatrixExpr) for leaf in leaves):
        raise refusal(cell, next(iter(sought & cell.free_symbols)))
    held = {leaf: Dummy(real=True) for leaf in leaves}
    opened, back = cell.xreplace(held), {dummy: leaf for leaf, dummy in held.items()}
    slopes = scalar_derivatives(opened, held.values(), context)
    return [(leaf, slopes[dummy].xreplace(back)) for leaf, dummy in held.items()]


def _as_product(power: MatPow, sought: frozenset) -> MatMul:
    if not power.exp.is_Integer or power.exp < 2:
        raise refusal(power, next(iter(sought & power.free_symbols)))
    return MatMul(*[power.base] * int(power.exp), evaluate=False)
