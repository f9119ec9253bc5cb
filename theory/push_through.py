r"""Identities of inverses and determinants of the identity plus a product, whose factors can be turned around.

:math:`\det(1+AB)=\det(1+BA)` (Sylvester), :math:`(1+AB)^{-1}A=A(1+BA)^{-1}` (push-through) and
:math:`(1+AB)^{-1}=1-A(1+BA)^{-1}B` (Woodbury): each inverse and determinant is written with the least of all turns of its
product, and an inverse beside that product is undone, :math:`C(1+C)^{-1}=1-(1+C)^{-1}`.

>>> from sympy import Identity, Inverse, MatrixSymbol, symbols
>>> d, n = symbols("d n", integer=True, positive=True)
>>> X = MatrixSymbol("X", d, n)
>>> print(least_inverses(Inverse(Identity(d) + X*X.T)*X - X*Inverse(Identity(n) + X.T*X))[0])
C_0*X - X*(I - X.T*C_0*X)

When it fails: sums of products without a common factor, and inverses inside others, are turned around only as far as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sympy import (
    Determinant,
    Dummy,
    Eq,
    Expr,
    Identity,
    Inverse,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Q,
    S,
    Transpose,
    default_sort_key,
)

from theory.words import PLAIN, Context, Polynomial, Word, assemble, expand, monomial, transpose_factor


class Turn(NamedTuple):
    """A product in which ``moved`` factors went from the front to the end of every term, in the transpose or not."""

    moved: Word
    terms: Polynomial
    is_transposed: bool


def least_inverses(expr: Expr | MatrixExpr, context: Context = PLAIN) -> tuple[Expr | MatrixExpr, Context]:
    """An expression with inverses and determinants of the identity plus a product in their least turn, inverses by names, and
    what is known of these."""
    put: dict[Expr, Expr] = {}
    names: dict[MatrixExpr, MatrixSymbol] = {}
    for cell in sorted(expr.atoms(Inverse, Determinant), key=default_sort_key):
        terms = expand(cell.arg, context)
        if terms.pop((), None) != 1 or not terms:
            continue
        turn = min(_turns(terms, context), key=_order)
        size = turn.moved[-1].cols if turn.moved else cell.arg.rows
        product = assemble(_sorted(turn.terms), (size, size))
        whole = assemble({(): S.One, **_sorted(turn.terms)}, (size, size))
        if isinstance(cell, Determinant):
            put[cell] = Determinant(whole)
        else:
            name = names.setdefault(product, MatrixSymbol(Dummy(f"C_{len(names)}"), size, size))
            put[cell] = _inverse_by(turn, name, terms, cell.arg.rows, context)
    return expr.xreplace(put), Context((*context.assumptions, *_rules(names, context)), context.kinks)


def _inverse_by(turn: Turn, name: MatrixSymbol, terms: Polynomial, rows: Expr, context: Context) -> MatrixExpr:
    """The inverse of the identity plus a product by that in its least turn."""
    if not turn.moved:
        return Transpose(name) if turn.is_transposed else name
    of = _transposed(terms, context) if turn.is_transposed else terms
    rest = assemble({word[len(turn.moved) :]: c for word, c in of.items()}, (name.rows, rows))
    found = Identity(rows) - MatMul(*turn.moved, name, rest, evaluate=False)
    return Transpose(found) if turn.is_transposed else found


def _turns(terms: Polynomial, context: Context) -> Iterator[Turn]:
    for is_transposed, turned in enumerate((terms, _transposed(terms, context))):
        moved: Word = ()
        for _ in range(min(map(len, terms))):
            yield Turn(moved, turned, bool(is_transposed))
            first = {word[0] for word in turned}
            if len(first) > 1:
                break
            moved = (*moved, *first)
            turned = {(*word[1:], word[0]): c for word, c in turned.items()}


def _transposed(terms: Polynomial, context: Context) -> Polynomial:
    return {tuple(transpose_factor(f, context) for f in reversed(word)): c for word, c in terms.items()}


def _sorted(terms: Polynomial) -> Polynomial:
    return dict(sorted(terms.items(), key=lambda term: _word_order(term[0])))


def _word_order(word: Word) -> tuple:
    return len(word), [default_sort_key(f) for f in word]


def _order(turn: Turn) -> tuple:
    """By which of all turns the least one is chosen, without a transpose where it can be."""
    return [_word_order(word) for word in _sorted(turn.terms)], turn.is_transposed, len(turn.moved)


def _rules(names: dict[MatrixExpr, MatrixSymbol], context: Context) -> Iterator:
    """That a product beside the inverse of the identity plus it is the identity without this, from both sides."""
    for product, name in names.items():
        terms, unit = expand(product, context), Identity(name.rows) - name
        first = max(terms, key=_word_order)
        others = {word: c for word, c in terms.items() if word != first}
        for sides in (lambda word, name=name: (*word, name), lambda word, name=name: (name, *word)):
            rest = sum((-c * monomial(sides(word)) for word, c in others.items()), unit)
            yield Eq(monomial(sides(first)), rest / terms[first], evaluate=False)
        if expand(Transpose(product), context) == terms:
            yield Q.symmetric(name)
