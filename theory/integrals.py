r"""Polynomial first integrals by exact linear algebra.

A candidate :math:`q=\sum c_mm` over monomials :math:`m` is conserved iff :math:`\sum c_m\dot m=0` identically in the state, a
linear system for the coefficients over the field of functions of the parameters; its null space is a basis.
The result holds for all parameters and is complete for *generic* ones: at special values there may be more.  Elementary
functions of parameters are pivots only where they are proved not to vanish (:mod:`theory.vanishing`).

At matrix level the monomials are matrix-valued words of one shape: products :math:`A\,M\,B` of two letters (a block or its
transpose) with :math:`M` the identity or the inverse mobility of a block, and, of degree one, blocks applied to
:math:`H^{-1}u` for the constant columns :math:`u` that the assumptions speak of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

from sympy import (
    Dummy,
    Expr,
    Inverse,
    Matrix,
    MatrixExpr,
    MatrixSymbol,
    Poly,
    S,
    Trace,
    Transpose,
    fraction,
    gcd_list,
    lcm_list,
    prod,
    together,
)
from sympy.polys.matrices import DomainMatrix
from sympy.polys.polyerrors import PolynomialError

from theory import require
from theory.abridging import brief
from theory.errors import InputError
from theory.printing import plain
from theory.vanishing import vanishes
from theory.words import Polynomial, Word, assemble, expand

if TYPE_CHECKING:
    from theory.flow import Flow


def integral_basis(flow: Flow, degree: int = 2) -> tuple[Expr | MatrixExpr, ...]:
    """A basis of the polynomial first integrals of ``flow`` up to ``degree``, constants left out.

    Parameters
    ----------
    flow
        a scalar flow with rational velocities, or a matrix flow with polynomial ones.
    degree
        largest total degree; at matrix level 1 or 2.

    Raises
    ------
    InputError
        for velocities outside that class, or a degree not offered.
    """
    if flow.is_matrix:
        return _matrix_integrals(flow, degree)
    return _scalar_integrals(flow, degree)


def _scalar_integrals(flow: Flow, degree: int) -> tuple[Expr, ...]:
    require.whole(degree, "a degree of at least 1", "ask for a larger degree", least=1)
    state = flow.state
    denominator = lcm_list([fraction(together(v))[1] for v in flow.velocity.values()])
    monomials = [prod(c) for n in range(1, degree + 1) for c in combinations_with_replacement(state, n)]
    moved = [power_coefficients(flow.time_derivative(m) * denominator, state) for m in monomials]
    table = [[p.get(k, S.Zero) for p in moved] for k in sorted({k for p in moved for k in p})]
    return tuple(sum(c * m for c, m in zip(v, monomials, strict=True)) for v in null_space(table, len(monomials)))


def _matrix_integrals(flow: Flow, degree: int) -> tuple[MatrixExpr, ...]:
    require.whole(degree, "degree 1 or 2 for a matrix flow", "reduce the flow to scalars for higher degrees", least=1, most=2)
    by_shape: dict[tuple, dict[Word, MatrixExpr]] = {}
    for candidate in candidate_words(flow, degree):
        words = expand(candidate, flow.context)
        if len(words) == 1:  # what assumed equations rewrite into a sum, or into nothing, is spanned by others
            by_shape.setdefault(candidate.shape, {})[next(iter(words))] = candidate
    found: list[MatrixExpr] = []
    for shape, candidates in by_shape.items():
        moved = [expand(flow.time_derivative(c), flow.context) for c in candidates.values()]
        for vector in null_space(rows_by_monomial(moved, flow), len(candidates)):
            combined: Polynomial = {w: c for c, w in zip(vector, candidates, strict=True) if c != 0}
            found.append(assemble(combined, shape))
    return tuple(found)


def rows_by_monomial(moved: list[Polynomial], flow: Flow) -> list[list[Expr]]:
    """A row for each word times a monomial in the scalars that move: the scalar state, and traces that hold a block."""
    scalars = {c for m in moved for c in m.values()}
    traces = {t for c in scalars for t in c.atoms(Trace) if t.free_symbols & {*flow.state}}
    moving = [*sorted(traces, key=plain), *(b for b in flow.state if not isinstance(b, MatrixSymbol))]
    if not moving:
        return [[m.get(w, S.Zero) for m in moved] for w in dict.fromkeys(w for m in moved for w in m)]
    held = {t: Dummy() for t in moving}
    denominator = lcm_list([fraction(together(c.xreplace(held)))[1] for c in scalars])
    rows: dict[tuple, list[Expr]] = {}
    for column, m in enumerate(moved):
        for word, c in m.items():
            for powers, number in power_coefficients(c.xreplace(held) * denominator, [*held.values()]).items():
                rows.setdefault((word, powers), [S.Zero] * len(moved))[column] = number
    return list(rows.values())


def power_coefficients(expr: Expr, variables: Sequence[Expr]) -> dict[tuple, Expr]:
    """Coefficients by the powers of the variables."""
    try:
        return Poly(expr.cancel(), *variables).as_dict()
    except PolynomialError as error:
        raise InputError(
            "velocities rational in the state", str(error), "substitute variables that make them rational"
        ) from None


def candidate_words(flow: Flow, degree: int) -> Iterable[MatrixExpr]:
    blocks = [b for b in flow.state if isinstance(b, MatrixSymbol)]
    metrics = [Inverse(h) for b in blocks if isinstance(h := flow.mobility.get(b), MatrixExpr)]
    for b in blocks:
        for column in _constant_columns(flow):
            yield from (b * m * column for m in (S.One, *metrics) if _shapes_fit(b, m, column))
    letters = [x for b in blocks for x in (b, Transpose(b))]
    for a in letters if degree == 2 else ():
        for b in letters:
            yield from (a * m * b for m in (S.One, *metrics) if _shapes_fit(a, m, b))


def _constant_columns(flow: Flow) -> list[MatrixSymbol]:
    symbols = sorted({s for a in flow.assumptions for s in a.atoms(MatrixSymbol)}, key=str)
    return [s for s in symbols if s.cols == 1 and s not in flow.state]


def _shapes_fit(a: MatrixExpr, m: Expr, b: MatrixExpr) -> bool:
    return a.cols == b.rows and (m == 1 or m.rows == a.cols)


def null_space(table: list[list[Expr]], width: int) -> list[list[Expr]]:
    """A basis of the null space with coprime polynomial entries, exact over the field of the parameters."""
    if not table:
        return [[S.One if i == j else S.Zero for j in range(width)] for i in range(width)]
    matrix = DomainMatrix.from_Matrix(Matrix(table)).to_field()
    if matrix.domain.is_EX or matrix.domain.is_EXRAW:
        return [make_primitive(row) for row in _null_space_of_functions(table, width)]
    return [make_primitive(row) for row in matrix.nullspace(divide_last=True).to_Matrix().tolist()]


def _null_space_of_functions(table: list[list[Expr]], width: int) -> list[list[Expr]]:
    """The same by elimination in which every entry is proved to vanish or not to."""
    rows = [list(row) for row in table]
    pivots: list[int] = []
    for column in range(width):
        place = next((i for i in range(len(pivots), len(rows)) if not _is_zero(rows[i][column])), None)
        if place is None:
            continue
        top = len(pivots)
        rows[top], rows[place] = rows[place], rows[top]
        rows[top] = [(e / rows[top][column]).cancel() for e in rows[top]]
        for i, row in enumerate(rows):
            if i != top and not _is_zero(row[column]):
                rows[i] = [(e - row[column] * p).cancel() for e, p in zip(row, rows[top], strict=True)]
        pivots.append(column)
    found = []
    for free in (c for c in range(width) if c not in pivots):
        vector = [S.Zero] * width
        vector[free] = S.One
        for i, pivot in enumerate(pivots):
            vector[pivot] = S.Zero if _is_zero(rows[i][free]) else -rows[i][free]
        found.append(vector)
    return found


def _is_zero(entry: Expr) -> bool:
    decided = entry == 0 or vanishes(entry)
    if decided is None:
        raise InputError("coefficients that are proved to vanish or not to", brief(entry), "simplify the velocities")
    return bool(decided)


def make_primitive(row: list[Expr]) -> list[Expr]:
    entries = [e * lcm_list([fraction(together(x))[1] for x in row]) for e in row]
    content = gcd_list([e for e in entries if e != 0])
    leading = next(e for e in entries if e != 0) / content
    sign = -1 if leading.could_extract_minus_sign() else 1
    return [sign * (e / content).cancel() for e in entries]
