"""Where bifurcations lie along one parameter, as numbers and as formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from sympy import Expr, Poly, PolynomialError, Symbol, cancel, factor_list, fraction, sqrt, together

from derivations.analysis.linearisation.kinds import Bifurcation
from derivations.analysis.sites.assumptions import symbol_signs
from derivations.figures.study.branches import eigenvalues_along
from derivations.figures.study.values import Columns, defined_values, holds_along, point_along, real_values, resolved
from derivations.studies.findings import Findings, State
from theory.flow import Flow

SCANNED = np.concatenate([-np.geomspace(1e6, 1e-6, 1200), [0.0], np.geomspace(1e-6, 1e6, 1200)])
SAME = 1e-9  # relative difference of one number found by two formulas
NEAR = 1e-5  # the same of double roots
HIGHEST = 30  # degree of a critical equation whose roots are looked for
SHORT = 12  # terms of polynomials that are eliminated with all parameters as symbols
Numbers = Mapping[Symbol, Expr]


@dataclass(frozen=True, eq=False)
class Critical:
    """A bifurcation of a state at a number of a parameter.

    Attributes
    ----------
    place
        the amplitudes (n,) there, NaN where they are not known.
    formula
        the closed form of ``number``, None where none is known.
    """

    state: State
    bifurcation: Bifurcation
    number: float
    place: NDArray
    formula: Expr | None


@lru_cache(64)
def critical_numbers(findings: Findings, parameter: Symbol) -> tuple[Critical, ...]:
    """The bifurcations of all states along one parameter, by rising number; conditions that fail there are heeded."""
    given = {s: v for s, v in findings.numbers.items() if s != parameter}
    found = [
        Critical(state, bifurcation, number, place, _closed_form(equation, parameter, given, number))
        for state in findings.states
        if state.stability is not None
        for bifurcation in state.stability.bifurcations
        for equation, number, roots in _solutions(state, bifurcation, parameter, given)
        if (place := _place(findings, state, bifurcation, _columns({**given, parameter: number, **roots}), roots)) is not None
    ]
    return tuple(sorted(found, key=lambda c: c.number))


def best_parameter(findings: Findings) -> Symbol | None:
    """The parameter along which a diagram shows most: the small one where a bifurcation depends on it, else the one with most
    critical numbers."""
    parameters = [p for p in findings.amplitudes.parameters if p in findings.numbers]
    counts = {p: len(critical_numbers(findings, p)) for p in parameters}
    small = findings.subject.small
    if small in counts and (counts[small] or not any(counts.values())):
        return small
    return max(parameters, key=lambda p: counts[p], default=None)


def _columns(numbers: Mapping) -> dict[Symbol, NDArray]:
    return {s: np.array([float(v)]) for s, v in numbers.items()}


def _place(findings: Findings, state: State, bifurcation: Bifurcation, columns: Columns, roots: Mapping) -> NDArray | None:
    """The amplitudes (n,) at a bifurcation, NaN where they are not finite; None where a condition for it fails."""
    flow = findings.amplitudes
    if not holds_along((*bifurcation.conditions, *state.point.conditions, *flow.assumptions), columns).all():
        return None
    if state.point.roots and not roots:
        return _slowest_place(flow, state, columns)
    explicit = defined_values(state.point)
    values = [resolved(v, explicit) for v in state.point.values.values()]
    beside = [{s: c * (1 + side * SAME) for s, c in columns.items()} for side in (0, 1, -1)]
    found = np.array([real_values(values, c) for c in beside])[..., 0]
    finite = found[np.isfinite(found).all(axis=1)]
    return finite[0] if len(finite) else found[0]


def _slowest_place(flow: Flow, state: State, columns: Columns) -> NDArray | None:
    """Of all real roots that a state stands for the one whose eigenvalues come nearest to the imaginary axis."""
    tracks = [t for t in point_along(state.point, columns) if np.isfinite(t).all()]
    rates = [np.abs(eigenvalues_along(flow, t, columns).real).min() for t in tracks]
    return tracks[int(np.argmin(rates))][:, 0] if tracks else None


def _solutions(
    state: State, bifurcation: Bifurcation, parameter: Symbol, given: Numbers
) -> Iterator[tuple[Expr, float, dict[Symbol, float]]]:
    """An equation between parameters, the numbers at which it holds, and the roots of the state there."""
    critical = together(bifurcation.critical.lhs - bifurcation.critical.rhs).as_numer_denom()[0]
    held = [x for x in state.point.roots if x in critical.free_symbols]
    if not held:
        yield from ((critical, number, {}) for number in _numbers(critical.xreplace(dict(given)), parameter))
    elif len(state.point.roots) == 1:
        yield from _solutions_at_root(critical, held[0], state.point.roots[held[0]], parameter, given)


def _solutions_at_root(
    critical: Expr, x: Symbol, polynomial: Expr, parameter: Symbol, given: Numbers
) -> Iterator[tuple[Expr, float, dict[Symbol, float]]]:
    """The same where the state is a root of a polynomial that has to satisfy the equation, too: their resultant vanishes."""
    here = [e.xreplace(dict(given)) for e in (critical, polynomial)]
    try:
        eliminated = Poly(here[0], x).resultant(Poly(here[1], x)).as_expr()
    except PolynomialError:
        return
    equation = _eliminated(critical, polynomial, x) or eliminated
    for number in _numbers(eliminated, parameter):
        sides = [_numeric_roots(e.xreplace({parameter: number}), x) for e in here]
        for root in sides[0]:
            near = [r for r in sides[1] if abs(r - root) <= NEAR * (1 + abs(root))]
            if near and abs(root.imag) <= NEAR * (1 + abs(root)) and _has_sign(x, root.real):
                yield equation, number, {x: float(root.real)}


def _eliminated(critical: Expr, polynomial: Expr, x: Symbol) -> Expr | None:
    """The resultant with all parameters as symbols; None where that would be long."""
    sides = [Poly(e, x) for e in (critical, polynomial)]
    if any(len(p.as_expr().expand().as_ordered_terms()) > SHORT or p.degree() > 5 for p in sides):
        return None
    return sides[0].resultant(sides[1]).as_expr()


def _numeric_roots(expr: Expr, x: Symbol) -> list[complex]:
    rows = [complex(c) for c in Poly(expr, x).all_coeffs()]
    return list(np.roots(rows)) if len(rows) > 1 and np.isfinite(rows).all() else []


def _numbers(expr: Expr, parameter: Symbol) -> Iterator[float]:
    """The numbers of a parameter at which an expression in it alone vanishes, of the sign that it has."""
    if expr.free_symbols == {parameter}:
        yield from (root for root in _roots(expr, parameter) if _has_sign(parameter, root))


def _has_sign(symbol: Symbol, value: float) -> bool:
    return (0 if value == 0 else int(np.sign(value))) in symbol_signs(symbol)


def _roots(expr: Expr, x: Symbol) -> list[float]:
    try:
        polynomial = Poly(together(expr).as_numer_denom()[0], x)
    except PolynomialError:
        return _scanned_roots(expr, x)
    if polynomial.domain.is_QQ or polynomial.domain.is_ZZ:
        factors = [p for p, _ in polynomial.factor_list()[1] if p.degree() <= HIGHEST]
        return sorted({float(r) for p in factors for r in p.real_roots()})
    return _scanned_roots(expr, x)


def _scanned_roots(expr: Expr, x: Symbol) -> list[float]:
    """Changes of sign along many decades, those at poles left out."""

    def value(at: float) -> float:
        return float(real_values([expr], {x: np.array([at])})[0][0])

    values = real_values([expr], {x: SCANNED})[0]
    changes = np.flatnonzero(values[:-1] * values[1:] < 0)
    roots = [float(brentq(value, SCANNED[k], SCANNED[k + 1], xtol=1e-14)) for k in changes]
    ends = [min(abs(values[k]), abs(values[k + 1])) for k in changes]
    passed = [r for r, end in zip(roots, ends, strict=True) if abs(value(r)) <= end]
    return sorted({*passed, *(float(s) for s, v in zip(SCANNED, values, strict=True) if v == 0)})


def _closed_form(equation: Expr, parameter: Symbol, given: Numbers, number: float) -> Expr | None:
    """The critical value in the other parameters, where a factor of the equation is of degree one or two in it."""
    try:
        factors = [Poly(f, parameter) for f, _ in factor_list(equation)[1] if parameter in f.free_symbols]
    except PolynomialError:
        return None
    candidates = [c for f in factors for c in _low_roots(f.all_coeffs())]
    known = [e for e in candidates if e.free_symbols <= set(given)]
    close = [e for e in known if abs(complex(e.xreplace(dict(given)).evalf()) - number) <= SAME * (1 + abs(number))]
    return close[0] if close else None


def _low_roots(rows: list[Expr]) -> list[Expr]:
    """The roots of a polynomial of degree one or two."""
    if len(rows) == 2:
        return [_positive_denominator(-rows[1] / rows[0])]
    if len(rows) == 3:
        a, b, c = rows
        root = sqrt(_positive_denominator((b * b - 4 * a * c) / (4 * a * a)))
        return [_positive_denominator(-b / (2 * a)) + sign * root for sign in (1, -1)]
    return []


def _positive_denominator(ratio: Expr) -> Expr:
    """A ratio without common factors, minus signs within its denominator where that is a sum."""
    top, bottom = fraction(cancel(ratio))
    if bottom.could_extract_minus_sign() or (bottom.is_Add and top.could_extract_minus_sign()):
        top, bottom = -top, -bottom
    return top.factor() / bottom.factor() if not top.could_extract_minus_sign() else -((-top).factor() / bottom.factor())
