r"""The metric that amplitudes inherit from the blocks of a matrix flow, :math:`\sum_B\operatorname{tr}(B_iH_B^{-1}B_j^T)`.

Traces are numbers where the rules for constant matrices make them so.
"""

from __future__ import annotations

from sympy import Add, Basic, Expr, MatMul, MatrixExpr, MatrixSymbol, S, Symbol, Trace, Transpose

from derivations.analysis.modes.ansatz import Ansatz
from theory.flow import Flow
from theory.state import scalar_or_matrix_symbols
from theory.words import Context, Word, canonical_trace, collect, expand, normalise


def amplitude_mobility(flow: Flow, ansatz: Ansatz, context: Context) -> dict[Symbol, Expr]:
    """The inverse of the metric on the amplitudes, where it is diagonal and a number."""
    gram = {
        (a, b): Add(
            *(_metric_product(flow, ansatz.part(block, a), ansatz.part(block, b), block, context) for block in flow.state)
        )
        for i, a in enumerate(ansatz.amplitudes)
        for b in ansatz.amplitudes[i:]
    }
    diagonal = {a: g for (a, b), g in gram.items() if a == b}
    crossed = any(g != 0 for (a, b), g in gram.items() if a != b)
    if crossed or any(map(has_matrix, diagonal.values())):
        return {}
    return {a: 1 / g for a, g in diagonal.items() if g != 1}


def _metric_product(flow: Flow, left: MatrixExpr, right: MatrixExpr, block: MatrixSymbol, context: Context) -> Expr:
    """The product of two displacements of a block in the metric of its mobility."""
    rate = flow.mobility.get(block, S.One)
    if isinstance(rate, MatrixExpr):
        product = MatMul(left, collect(rate, context).inverse(), Transpose(right), evaluate=False)
        return replace_traces(Trace(product), context).expand()
    return (replace_traces(Trace(MatMul(left, Transpose(right), evaluate=False)), context) / rate).expand()


def replace_traces(expr: Expr | MatrixExpr, context: Context):
    """The traces that the rules make numbers replaced by them."""
    return expr.xreplace({trace: _trace_number(trace, context) for trace in expr.atoms(Trace)})


def _trace_number(trace: Trace, context: Context) -> Expr:
    terms = expand(trace.arg, context).items()
    return Add(*(c * (_turn_trace(w, context) if w else trace.arg.rows) for w, c in terms))


def _turn_trace(word: Word, context: Context) -> Expr:
    """The trace of a word, which is the word itself once it is turned to begin with a row: then the rules apply."""
    for i in range(len(word)):
        turn = word[i:] + word[:i]
        if turn[0].rows == 1 and (number := normalise({turn: S.One}, context)).keys() <= {()}:
            return number.get((), S.Zero)
    return canonical_trace(word, context)


def has_matrix(expr: Basic) -> bool:
    """Whether matrices stand in an expression."""
    return any(isinstance(s, MatrixSymbol) for s in scalar_or_matrix_symbols(expr))
