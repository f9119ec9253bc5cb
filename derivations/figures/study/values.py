"""Fixed points as numbers: their closed forms, and roots of their polynomials, along columns of parameters.

A point is real where its conditions hold.  Where it is the root of a polynomial it stands for all real roots, which are joined
from one column to the next by nearness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sympy import Basic, ComplexRootOf, Expr, Poly, Symbol
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Relational

from derivations.analysis.points.point import FixedPoint
from derivations.analysis.sites.assumptions import symbol_signs
from theory.lowering import lowered_once

Columns = Mapping[Symbol, NDArray]
REAL = 1e-7  # relative imaginary part of what counts as real: a double root is only that precise
ZERO = 1e-9  # relative size of what counts as zero


def numeric_function(expressions: Sequence[Expr], arguments: Sequence[Symbol]) -> Callable[[Columns], list[NDArray]]:
    """The values of expressions along columns, as complex numbers; not finite where they are undefined."""
    put = {root: root.evalf(20) for e in expressions for root in e.atoms(ComplexRootOf)}
    function = lowered_once(tuple(e.xreplace(put) for e in expressions), tuple(arguments), (), frozenset())

    def values(columns: Columns) -> list[NDArray]:
        given = [np.asarray(columns[a], dtype=complex) for a in arguments]
        shape = np.broadcast_shapes(*(g.shape for g in given)) if given else ()
        with np.errstate(all="ignore"):
            return [np.broadcast_to(np.asarray(v, dtype=complex), shape) for v in function(*given)]

    return values


def real_values(expressions: Sequence[Expr], columns: Columns) -> list[NDArray]:
    """The values of expressions along columns; NaN where they are not real and finite."""
    return [_real_part(v) for v in numeric_function(expressions, tuple(columns))(columns)]


def _real_part(values: NDArray) -> NDArray:
    with np.errstate(all="ignore"):
        real = np.isfinite(values) & (np.abs(values.imag) <= REAL * (1 + np.abs(values.real)))
    return np.where(real, values.real, np.nan)


def holds_along(relations: Sequence, columns: Columns) -> NDArray:
    """Where all relations hold, up to rounding; inequations are left out, since they fail at single numbers alone."""
    kept = [r for r in relations if isinstance(r, Eq | Ge | Gt | Le | Lt) and r.free_symbols <= set(columns)]
    shape = np.broadcast_shapes(*(np.shape(c) for c in columns.values())) if columns else ()
    holds = np.ones(shape, dtype=bool)
    if kept:
        sides = real_values([side for r in kept for side in (r.lhs, r.rhs)], columns)
        for relation, left, right in zip(kept, sides[::2], sides[1::2], strict=True):
            holds &= _is_held(relation, left - right, ZERO * (np.abs(left) + np.abs(right)))
    return holds


def _is_held(relation: Relational, difference: NDArray, rounding: NDArray) -> NDArray:
    with np.errstate(invalid="ignore"):
        if isinstance(relation, Eq):
            return np.abs(difference) <= rounding
        return difference >= -rounding if isinstance(relation, Ge | Gt) else difference <= rounding


def point_along(point: FixedPoint, columns: Columns) -> list[NDArray]:
    """The values (n, T) of the state at a point along columns (T,) of parameters, and of the coordinates of a family; NaN where
    it is absent; one array for each real root that it stands for."""
    length = max((np.size(c) for c in columns.values()), default=1)
    columns = {s: np.broadcast_to(np.asarray(c, dtype=float), (length,)) for s, c in columns.items()}
    roots = _roots_along(point, columns, length) if point.roots else {}
    extended = {**columns, **roots}
    explicit = defined_values(point)
    state = real_values([resolved(v, explicit) for v in point.values.values()], extended)
    there = holds_along([resolved(c, explicit) for c in point.conditions], extended)
    shape = np.broadcast_shapes(there.shape, *(v.shape for v in state), (1, length) if point.roots else (length,))
    found = np.where(there, np.array([np.broadcast_to(v, shape) for v in state]), np.nan)
    found[:, ~np.isfinite(found).all(axis=0)] = np.nan
    if not point.roots:
        return [found]
    return [track for track in join_tracks(found.swapaxes(0, 1)) if np.isfinite(track).any()]


def defined_values(point: FixedPoint) -> dict[Symbol, Expr]:
    """What stands for each symbol that is neither a root nor a coordinate of the point."""
    held = {**point.named, **point.coordinates}
    return {x: v for x, v in held.items() if x not in point.roots and x not in point.free and x != v}


def resolved(expr: Basic, explicit: Mapping[Symbol, Expr]) -> Basic:
    """An expression without the symbols that others define."""
    for _ in range(len(explicit) + 1):
        if not expr.free_symbols & explicit.keys():
            break
        expr = expr.xreplace(explicit)
    return expr


def _roots_along(point: FixedPoint, columns: Columns, length: int) -> dict[Symbol, NDArray]:
    """All combinations of real roots of the polynomials of a point, (R, T) for each, NaN where there are fewer."""
    explicit = defined_values(point)
    chosen: list[list[dict[Symbol, NDArray]]] = [[{}] for _ in range(length)]
    for x, polynomial in point.roots.items():
        rows = Poly(resolved(polynomial, explicit), x).all_coeffs()
        earlier = [y for y in point.roots if any(y in c.free_symbols for c in rows)]
        coefficients = numeric_function(rows, (*columns, *earlier))
        for t in range(length):
            at = {s: c[t] for s, c in columns.items()}
            chosen[t] = [{**before, x: root} for before in chosen[t] for root in _real_roots(x, coefficients({**at, **before}))]
    count = max(1, *(len(found) for found in chosen))
    values = {x: np.full((count, length), np.nan) for x in point.roots}
    for t, found in enumerate(chosen):
        for r, x in product(range(len(found)), point.roots):
            values[x][r, t] = found[r][x]
    return values


def _real_roots(x: Symbol, coefficients: Sequence[NDArray]) -> list[NDArray]:
    """The real roots of a polynomial that have the sign of its symbol, each once."""
    rows = np.array(coefficients, dtype=complex)
    if not np.isfinite(rows).all() or not rows.any():
        return []
    roots = np.roots(rows)
    real = sorted(np.asarray(r.real) for r in roots if abs(r.imag) <= REAL * (1 + abs(r)) and _has_sign(x, r.real))
    return [r for k, r in enumerate(real) if not k or r - real[k - 1] > REAL * (1 + abs(r))]


def _has_sign(x: Symbol, value: float) -> bool:
    return (0 if abs(value) < ZERO else int(np.sign(value))) in symbol_signs(x)


def join_tracks(found: NDArray) -> list[NDArray]:
    """Points (R, n, T) in no order, joined from one column to the next so that the sum of distances is least: tracks (n, T)."""
    tracks: list[NDArray] = []
    last: list[NDArray] = []
    for t in range(found.shape[2]):
        points = [p for p in found[:, :, t] if np.isfinite(p).all()]
        live = [k for k, track in enumerate(tracks) if t and np.isfinite(track[:, t - 1]).all()]
        distances = np.array([[np.linalg.norm(p - last[k]) for p in points] for k in live]).reshape(len(live), len(points))
        taken = dict(zip(*(side.tolist() for side in linear_sum_assignment(distances)), strict=True))
        for row, column in taken.items():
            tracks[live[row]][:, t] = points[column]
            last[live[row]] = points[column]
        for column in set(range(len(points))) - set(taken.values()):
            tracks.append(np.full(found.shape[1:], np.nan))
            tracks[-1][:, t] = points[column]
            last.append(points[column])
    return tracks
