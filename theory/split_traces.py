"""Traces in which equal words are one: split where they are one number wide, diagonal matrices side by side in one order."""

from __future__ import annotations

from itertools import groupby, pairwise

from sympy import Add, Expr, MatrixExpr, Trace, default_sort_key, prod
from sympy.matrices.expressions.special import OneMatrix

from theory.words import Context, Word, expand, monomial, transpose_factor


def split_traces(expr: Expr, context: Context) -> Expr:
    """Traces split where a word is one number wide, with diagonal matrices that stand together in one order."""
    split = {t: ((_split_word(w, context), c) for w, c in expand(t.arg, context).items()) for t in expr.atoms(Trace)}
    return expr.xreplace({t: Add(*(value * c for value, c in terms)) for t, terms in split.items()})


def _split_word(word: Word, context: Context) -> Expr:
    word = tuple(part for factor in word for part in _split_ones(factor))
    cuts = [i for i, factor in enumerate(word) if factor.rows == 1]
    if not cuts:
        return _least_turn(word, context)
    turned = word[cuts[0] :] + word[: cuts[0]]
    ends = [*(i - cuts[0] for i in cuts), len(word)]
    return prod(_word_trace(turned[i:j], context) for i, j in pairwise(ends))


def _split_ones(factor: MatrixExpr) -> Word:
    """A matrix of ones is a column times a row."""
    if isinstance(factor, OneMatrix) and 1 not in factor.shape:
        return OneMatrix(factor.rows, 1), OneMatrix(1, factor.cols)
    return (factor,)


def _word_trace(word: Word, context: Context) -> Expr:
    """The trace of a word from a row to a column."""
    if len(word) == 2 and all(isinstance(f, OneMatrix) for f in word):
        return word[0].cols
    return _least_turn(word, context)


def _least_turn(word: Word, context: Context) -> Expr:
    backwards = tuple(transpose_factor(f, context) for f in reversed(word))
    turns = [w[i:] + w[:i] for w in (_order_word(word, context), _order_word(backwards, context)) for i in range(len(w))]
    return Trace(monomial(min(turns, key=lambda w: [default_sort_key(f) for f in w])))


def _order_word(word: Word, context: Context) -> Word:
    """A word from its first factor that is not diagonal on, each run of diagonal factors sorted."""

    def commutes(factor):
        return (factor.arg if factor.is_Inverse else factor) in context.diagonal

    start = next((i for i, f in enumerate(word) if not commutes(f)), 0)
    runs = groupby(word[start:] + word[:start], key=commutes)
    return tuple(f for free, run in runs for f in (sorted(run, key=default_sort_key) if free else run))
