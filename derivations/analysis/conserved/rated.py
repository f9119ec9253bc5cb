r"""Quantities with :math:`\dot Q=cQ` along a flow, the rate c made of parameters: conserved where c is zero, otherwise
:math:`Qe^{-ct}` is (Darboux polynomials whose cofactor is constant; Darboux, 1878).

With decays, what was conserved without them fades at a rate of its own:

>>> from sympy import symbols
>>> from theory import Flow
>>> p, w = symbols("p w", real=True)
>>> a, b, eta = symbols("a b eta", positive=True)
>>> flow = Flow({p: b * w**2 - a * p * w**2 - eta * p, w: b * p * w - a * p**2 * w - eta * w})
>>> for found in integrals_with_rates(flow, time_limit=None):
...     print(found.quantity, found.rate)
p**2 - w**2 -2*eta
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TypeAlias

from sympy import (
    Dummy,
    Expr,
    Function,
    MatrixExpr,
    MatrixSymbol,
    Poly,
    Pow,
    S,
    Trace,
    Transpose,
    cancel,
    fraction,
    lcm_list,
    prod,
    together,
)

from derivations.analysis.conserved.integrals import check_question
from derivations.analysis.conserved.pencils import rational_rates
from derivations.analysis.limits import run_within
from theory.abridging import Brief
from theory.flow import Flow
from theory.integrals import candidate_words, make_primitive, null_space, power_coefficients, rows_by_monomial
from theory.printing import plain
from theory.words import assemble, expand, expand_traces

Quantity: TypeAlias = Expr | MatrixExpr


@dataclass(frozen=True)
class Conserved(Brief):
    """A quantity with :math:`\\dot Q=cQ` along the flow, where the rate c is zero or made of parameters."""

    quantity: Quantity
    rate: Expr

    def __str__(self):
        return f"Q = {self.quantity}, dQ/dt = {self.rate * self.quantity if self.rate != 0 else 0}"


def integrals_with_rates(flow: Flow, degree: int = 2, time_limit: float | None = 60) -> tuple[Conserved, ...]:
    """Polynomials in the state, words and traces of it, each of which is conserved or grows at a rate made of parameters.

    Those with a rate are a basis beside products of the others; rates are rational in the parameters.

    Parameters
    ----------
    flow, degree, time_limit
        as in :func:`~derivations.analysis.conserved.integrals.first_integrals`.

    Raises
    ------
    InputError
        for a flow outside that class, or a degree not offered.
    UnfinishedError
        at the time limit.
    """
    check_question(flow, degree)
    return run_within(time_limit, _integrals_with_rates, flow, degree)


def _integrals_with_rates(flow: Flow, degree: int) -> tuple[Conserved, ...]:
    still = [Conserved(q, S.Zero) for q in flow.conserved(degree)]
    if flow.is_matrix:
        words = [*still, *_rated_words(flow, degree)]
        return (*words, *_rated_traces(flow, degree, words))
    return _scalars(flow, degree, still)


# -- scalars --------------------------------------------------------------------------------------------------------------


def _scalars(flow: Flow, degree: int, still: Sequence[Conserved]) -> tuple[Conserved, ...]:
    """Those of rising degree, each beside products of earlier ones."""
    names = _constants(flow)
    bare = Flow({x: v.xreplace(names) for x, v in flow.velocity.items()})
    back = {name: value for value, name in names.items()}
    found: list[Conserved] = [Conserved(q.quantity.xreplace(names), S.Zero) for q in still]
    rated: list[Conserved] = []
    for total in range(1, degree + 1):
        monomials = [S.One, *(prod(c) for n in range(1, total + 1) for c in combinations_with_replacement(flow.state, n))]
        for rate, vectors in _rates_of(bare, monomials):
            known = [p for p in _products([*found, *rated], total, flow.state) if cancel(p.rate - rate) == 0]
            for new in _beside(vectors, [_coefficients(p.quantity, monomials, flow.state) for p in known]):
                rated.append(Conserved(sum(c * m for c, m in zip(new, monomials, strict=True)), rate))
    return (*still, *(Conserved(c.quantity.xreplace(back), c.rate.xreplace(back)) for c in rated))


def _constants(flow: Flow) -> dict[Expr, Expr]:
    """Names for functions and roots of parameters, which are constants whatever their value."""
    atoms = {e for v in flow.velocity.values() for e in v.atoms(Function, Pow) if e.free_symbols.isdisjoint(flow.state)}
    return {e: Dummy() for e in sorted(atoms, key=plain) if not (isinstance(e, Pow) and e.exp.is_Integer)}


def _rates_of(flow: Flow, monomials: Sequence[Expr]) -> Iterator[tuple[Expr, list[list[Expr]]]]:
    denominator = lcm_list([fraction(together(v))[1] for v in flow.velocity.values()])
    moved = [power_coefficients(flow.time_derivative(m) * denominator, flow.state) for m in monomials]
    still = [power_coefficients(m * denominator, flow.state) for m in monomials]
    keys = sorted({k for p in (*moved, *still) for k in p})
    yield from rational_rates(*([[p.get(k, S.Zero) for p in side] for k in keys] for side in (moved, still)), zero=False)


def _products(found: Sequence[Conserved], degree: int, state: Sequence[Expr]) -> Iterator[Conserved]:
    """Products of quantities up to a degree; a single one is one, too."""
    sizes = [Poly(c.quantity, *state).total_degree() for c in found]
    for count in range(1, degree + 1):
        for chosen in combinations_with_replacement(range(len(found)), count):
            if sum(sizes[i] for i in chosen) <= degree:
                yield Conserved(prod(found[i].quantity for i in chosen), sum(found[i].rate for i in chosen))


def _coefficients(quantity: Expr, monomials: Sequence[Expr], state: Sequence[Expr]) -> list[Expr]:
    terms = power_coefficients(quantity, state)
    return [terms.get(next(iter(power_coefficients(m, state))), S.Zero) for m in monomials]


def _beside(vectors: Iterable[list[Expr]], known: list[list[Expr]]) -> Iterator[list[Expr]]:
    """Those of some vectors that known ones and earlier ones do not combine to, with coprime polynomial entries."""
    held = list(known)
    for vector in vectors:
        if not _depends([*held, vector]):
            held.append(vector)
            yield make_primitive(vector)


def _depends(columns: list[list[Expr]]) -> bool:
    """Whether the last column is a combination of the others."""
    relations = null_space([list(row) for row in zip(*columns, strict=True)], len(columns))
    return any(relation[-1] != 0 for relation in relations)


# -- words and traces ---------------------------------------------------------------------------------------------------


def _rated_words(flow: Flow, degree: int) -> Iterator[Conserved]:
    """Words of one shape that grow at a rate, as :func:`theory.integrals.integral_basis` finds those that rest."""
    by_shape: dict[tuple, dict] = {}
    for candidate in candidate_words(flow, degree):
        words = expand(candidate, flow.context)
        if len(words) == 1:
            by_shape.setdefault(candidate.shape, {})[next(iter(words))] = candidate
    for shape, candidates in by_shape.items():
        moved = [expand(flow.time_derivative(c), flow.context) for c in candidates.values()]
        still = [{word: S.One} for word in candidates]
        table = rows_by_monomial([*moved, *still], flow)
        for rate, vectors in _rates_of_table(table, len(candidates)):
            for vector in map(make_primitive, vectors):
                terms = {w: c for c, w in zip(vector, candidates, strict=True) if c != 0}
                yield Conserved(assemble(terms, shape), rate)


def _rates_of_table(table: list[list[Expr]], width: int) -> Iterator[tuple[Expr, list[list[Expr]]]]:
    """The rates that are not zero, from rows of candidates that move and that stand still."""
    return rational_rates([row[:width] for row in table], [row[width:] for row in table], zero=False)


def _rated_traces(flow: Flow, degree: int, words: Sequence[Conserved]) -> Iterator[Conserved]:
    """Combinations of traces, beside traces of the words that are found already."""
    candidates = _trace_candidates(flow, degree)
    if not candidates:
        return
    moved = [expand_traces(flow.time_derivative(c), flow.metric_context) for c in candidates]
    atoms = sorted({t for e in (*moved, *candidates) for t in e.atoms(Trace) if t.free_symbols & {*flow.state}}, key=plain)
    held = {t: Dummy() for t in atoms}
    variables = [*held.values(), *(x for x in flow.state if not isinstance(x, MatrixSymbol))]
    tables = [[power_coefficients(e.xreplace(held), variables) for e in side] for side in (moved, candidates)]
    keys = sorted({k for side in tables for p in side for k in p})
    rows = ([[p.get(k, S.Zero) for p in side] for k in keys] for side in tables)
    taken = [c for c in words if c.quantity.shape[0] == c.quantity.shape[1]]
    for rate, vectors in rational_rates(*rows):
        traces = [expand_traces(Trace(c.quantity), flow.metric_context) for c in taken if cancel(c.rate - rate) == 0]
        known = [[e.coeff(c) for c in candidates] for e in traces]
        for new in _beside(vectors, known):
            yield Conserved(sum(c * t for c, t in zip(new, candidates, strict=True)), rate)


def _trace_candidates(flow: Flow, degree: int) -> list[Expr]:
    """Traces of blocks and of products of two, each once."""
    blocks = [b for b in flow.state if isinstance(b, MatrixSymbol)]
    letters = [x for b in blocks for x in (b, Transpose(b))]
    words = [b for b in blocks if b.rows == b.cols]
    if degree > 1:
        words += [a * b for a in letters for b in letters if a.cols == b.rows and a.rows == b.cols]
    traces = (expand_traces(Trace(word), flow.metric_context) for word in words)
    return [t for t in dict.fromkeys(traces) if isinstance(t, Trace)]
