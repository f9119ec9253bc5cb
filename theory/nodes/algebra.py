"""Sums, products and transposes of matrix expressions as they are written: nothing is multiplied out.

Ones and zeros are dropped, numbers stand in front, what is inverse cancels, and equal terms add up.
"""

from __future__ import annotations

from functools import reduce

from sympy import (
    Add,
    Basic,
    Eq,
    Expr,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    Mul,
    S,
    Trace,
    Transpose,
    ZeroMatrix,
    default_sort_key,
)
from sympy.matrices.expressions.special import OneMatrix

from theory.nodes.node import Node
from theory.words import (
    PLAIN,
    Context,
    Polynomial,
    Word,
    add_term,
    assemble,
    join_factors,
    monomial,
    normalise,
    transpose_factor,
)


def terms_of(expr: MatrixExpr) -> Polynomial:
    """The terms of a sum, each a product of factors that may be sums themselves."""
    terms: Polynomial = {}
    for coefficient, factors in _terms(expr, S.One):
        add_term(terms, *_product(factors, coefficient))
    return {w: c for w, c in terms.items() if c != 0 and not any(isinstance(f, ZeroMatrix) for f in w)}


def plus(*terms: MatrixExpr) -> MatrixExpr:
    """The sum, with common factors collected."""
    found: Polynomial = {}
    for term in terms:
        for word, coefficient in terms_of(term).items():
            add_term(found, word, coefficient)
    ordered = sorted(((w, c) for w, c in found.items() if c != 0), key=lambda term: order(term[0]))
    return _flatten_sums(assemble(dict(ordered), terms[0].shape))


def order(word: Word) -> list:
    """A key by which equal sums and products of entries come in one order."""
    return [default_sort_key(f) for f in word]


def _flatten_sums(collected: MatrixExpr) -> MatrixExpr:
    """A sum in which a common factor was found, where sums that came to stand in a sum are one with it."""
    if isinstance(collected, MatMul):
        inner = [_flatten_sums(a) if isinstance(a, MatAdd) else a for a in collected.args]
        return collected if inner == [*collected.args] else times(*inner)
    if isinstance(collected, MatAdd):
        nested = any(isinstance(a.as_coeff_mmul()[1] if isinstance(a, MatMul) else a, MatAdd) for a in collected.args)
        return plus(*collected.args) if nested else collected
    return collected


def times(*factors: Expr) -> MatrixExpr:
    """The product of scalars and matrices."""
    scalars = [f for f in factors if not f.is_Matrix]
    matrices = [f for f in factors if f.is_Matrix]
    shape = (matrices[0].rows, matrices[-1].cols)
    coefficient: Expr = Mul(*scalars)
    word: Word = ()
    for matrix in matrices:
        inner = terms_of(matrix)
        if not inner:
            return ZeroMatrix(*shape)
        if len(inner) == 1:
            ((more, number),) = inner.items()
            coefficient, word = coefficient * number, word + more
        else:
            word = (*word, matrix)
    word, coefficient = _product(word, coefficient)
    vanishes = coefficient == 0 or any(isinstance(f, ZeroMatrix) for f in word)
    return assemble({} if vanishes else {word: coefficient}, shape)


def transpose_of(expr: MatrixExpr, context: Context = PLAIN) -> MatrixExpr:
    """The transpose, on the factors of products and the terms of sums."""
    if isinstance(expr, MatAdd):
        return plus(*(transpose_of(a, context) for a in expr.args))
    if isinstance(expr, MatMul):
        coefficient, factors = expr.as_coeff_matrices()
        return times(coefficient, *(transpose_of(f, context) for f in reversed(factors)))
    if isinstance(expr, Transpose):
        return expr.arg
    if isinstance(expr, ZeroMatrix | OneMatrix):
        return expr.func(expr.cols, expr.rows)
    if isinstance(expr, Inverse) and isinstance(expr.arg, MatAdd | MatMul | Transpose):
        turned = transpose_of(expr.arg, context)
        return expr if turned == expr.arg else Inverse(turned)
    if isinstance(expr, Identity) or (isinstance(expr, Node) and expr.is_symmetric_node):
        return expr
    return transpose_factor(expr, context)


def trace(expr: MatrixExpr) -> Expr:
    """The trace, of each term on its own."""
    terms = terms_of(expr).items()
    return Add(*(c * (Trace(monomial(w)) if w else expr.rows) for w, c in terms))


def total(expr: MatrixExpr) -> Expr:
    """The sum of all entries."""
    return trace(times(expr, OneMatrix(expr.cols, expr.rows)))


def inner_product(one: MatrixExpr, other: MatrixExpr, context: Context = PLAIN) -> Expr:
    r""":math:`\langle A,B\rangle=\operatorname{tr}(A^TB)`."""
    return trace(times(transpose_of(one, context), other))


def apply_rules(expr: Basic, context: Context, held: frozenset = frozenset()) -> Basic:
    """An expression with the assumed equations between products put in wherever these stand, inside nodes too.

    Equations that hold any of the symbols in ``held`` are left out.
    """
    rules = tuple(a for a in context.assumptions if isinstance(a, Eq) and not a.free_symbols & held)
    known = Context((*(a for a in context.assumptions if not isinstance(a, Eq)), *rules))
    letters = {factor for pattern, _ in known.rules for factor in pattern}
    return _put_rules(expr, known, letters) if letters else expr


def _put_rules(expr: Basic, context: Context, letters: set) -> Basic:
    if not expr.args or not any(expr.has(factor) for factor in letters):
        return expr
    args = [_put_rules(a, context, letters) for a in expr.args]
    if any(new is not old for new, old in zip(args, expr.args, strict=True)):
        expr = expr.func(*args)
    if not isinstance(expr, MatrixExpr):
        return expr
    word, number = _product((expr,), S.One)
    changed = normalise({word: number}, context)
    return expr if changed == {word: number} else assemble(changed, expr.shape)


def _terms(expr: MatrixExpr, coefficient: Expr):
    if isinstance(expr, MatAdd):
        for term in expr.args:
            yield from _terms(term, coefficient)
    elif isinstance(expr, MatMul):
        number, factors = expr.as_coeff_matrices()
        if len(factors) == 1:
            yield from _terms(factors[0], coefficient * number)
        else:
            yield coefficient * number, tuple(factors)
    elif isinstance(expr, Transpose) and isinstance(expr.arg, MatAdd | MatMul):
        terms = expr.arg.args if isinstance(expr.arg, MatAdd) else (expr.arg,)
        for term in terms:
            yield from _terms(transpose_of(term), coefficient)
    else:
        yield coefficient, (expr,)


def _product(factors: Word, coefficient: Expr) -> tuple[Word, Expr]:
    """A product with products inside it opened, and its number."""
    flat: list[MatrixExpr] = []
    for factor in factors:
        if isinstance(factor, MatMul):
            number, inner = factor.as_coeff_matrices()
            more, number = _product(tuple(inner), number)
            coefficient, flat = coefficient * number, [*flat, *more]
        elif isinstance(factor, MatPow) and factor.exp.is_Integer and factor.exp > 0 and not isinstance(factor, Inverse):
            flat += [factor.base] * int(factor.exp)
        elif not (isinstance(factor, Identity) or (isinstance(factor, OneMatrix) and factor.shape == (1, 1))):
            flat.append(factor)
    word, number = join_factors(tuple(flat))
    summed = reduce(_with, word, ())
    return (summed, coefficient * number) if summed == word else _product(summed, coefficient * number)


def _with(word: Word, factor: MatrixExpr) -> Word:
    """A word with one more factor; row sums that are known are put in, and projections stand once."""
    if word and word[-1] == factor and isinstance(factor, Node) and factor.is_projection:
        return word
    if word and isinstance(factor, OneMatrix) and isinstance(word[-1], Node) and (column := word[-1].sums()) is not None:
        return (*word[:-1], column, OneMatrix(1, factor.cols))
    turned = factor.arg if isinstance(factor, Transpose) else factor if getattr(factor, "is_symmetric_node", False) else None
    if word and isinstance(word[-1], OneMatrix) and isinstance(turned, Node) and (column := turned.sums()) is not None:
        return (*word[:-1], OneMatrix(word[-1].rows, 1), transpose_of(column))
    return (*word, factor)
