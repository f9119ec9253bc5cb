"""Slow and fast rates against the small parameter: eigenvalues at numbers, and their series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sympy import Expr, Symbol

from derivations.analysis.algebra.algebraic import numeric_value
from derivations.analysis.expansions.rates import TimeScales
from derivations.figures.study.branches import columns_along, eigenvalues_along
from derivations.figures.study.critical import critical_numbers
from derivations.figures.study.formulas import formula, numbers_text
from derivations.figures.study.shades import SHADES
from derivations.figures.study.values import Columns, numeric_function, point_along
from derivations.figures.style import DARK, STYLE
from derivations.studies.findings import Findings, State
from derivations.typeset.any_root import PolynomialRoot

DECADES = 4
DOTS, FINE = 17, 201
PANELS = 6
TINY = 1e-300
BELOW = 0.98  # of a critical number, where an eigenvalue vanishes


@dataclass(frozen=True, eq=False)
class RateCurves:
    """The rates of a state against the small parameter.

    Attributes
    ----------
    small, dense
        numbers of the small parameter (T,), and absolute values of the real parts of the eigenvalues there (T, n).
    along, series
        more such numbers (U,), and absolute values of the real parts of the series (U, n).
    """

    state: State
    time_scales: TimeScales
    small: NDArray
    dense: NDArray
    along: NDArray
    series: NDArray


def series_of_rates(findings: Findings) -> Figure | None:
    """The rates of all states whose time scales are known: exact ones as dots, series as lines; None where there are none."""
    found = [(c, states) for states in _alike(findings) if (c := rate_curves(findings, states[0])) is not None]
    curves = [c for c, _ in found[:PANELS]]
    if not curves:
        return None
    columns = min(2, len(curves))
    rows = -(-len(curves) // columns)
    with rc_context(STYLE):
        figure = Figure(figsize=(2.2 + 3.2 * columns, 1.2 + 2.5 * rows))
        axes = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
        for axis, (shown, states) in zip(axes, found, strict=False):
            _draw_rates(axis, shown)
            axis.set_title(f"state{'s' * (len(states) > 1)} {', '.join(str(s.number) for s in states)}", fontsize=9)
        for axis in axes[len(curves) :]:
            axis.set_visible(False)
        small = curves[0].time_scales.small
        for axis in axes[max(0, len(curves) - columns) : len(curves)]:
            axis.set_xlabel(formula(small))
            axis.xaxis.set_tick_params(labelbottom=True)
        for axis in axes[::columns]:
            axis.set_ylabel("rate, real part without sign")
        left_out = ", ".join(str(s.number) for _, states in found[PANELS:] for s in states)
        _add_legend(figure, findings, small, f"not drawn: states {left_out}" if left_out else "")
        return figure


def _alike(findings: Findings) -> list[list[State]]:
    """Isolated states with time scales, those of the same series together."""
    groups: dict[tuple, list[State]] = {}
    for state in findings.states:
        if len(state.time_scales) == 1 and not state.point.free:
            (scales,) = state.time_scales
            groups.setdefault(tuple((r.series, r.multiplicity) for r in scales), []).append(state)
    return list(groups.values())


def rate_curves(findings: Findings, state: State) -> RateCurves | None:
    """The rates of a state over some decades of the small parameter below its smallest critical number; None where there are no
    time scales or those of several branches, all rates are zero, or the state is absent at the numbers of the study."""
    if len(state.time_scales) != 1 or state.point.free or not len(state.time_scales[0]):
        return None
    (scales,) = state.time_scales
    small = scales.small
    highest = _highest(findings, state, small)
    dots, along = (np.geomspace(highest * 10.0**-DECADES, highest, count) for count in (DOTS, FINE))
    columns = columns_along(findings, small, dots)
    tracks = [t for t in point_along(state.point, columns) if np.isfinite(t).all(axis=0).any()]
    if not tracks:
        return None
    count = len(findings.amplitudes.state)
    series = _series_along(scales, columns_along(findings, small, along), count)
    at_dots = _series_along(scales, columns, count)[:, :count]
    dense = _matched([eigenvalues_along(findings.amplitudes, t, columns) for t in tracks], at_dots)
    found = RateCurves(state, scales, dots, np.abs(dense.real), along, np.abs(series.real))
    return found if (found.dense > 0).any() else None


def _highest(findings: Findings, state: State, small: Symbol) -> float:
    """A number of the small parameter up to which the state is there: its critical one, else its own, else one."""
    critical = [BELOW * c.number for c in critical_numbers(findings, small) if c.state is state and c.number > 0]
    number = float(findings.numbers[small]) if small in findings.numbers else 1.0
    return min([*critical, max(abs(number), 1e-12) * 4])


def _series_along(time_scales: TimeScales, columns: Columns, count: int) -> NDArray:
    """All series, as often as they occur, at numbers (T, n); NaN where a coefficient has no number."""
    found: list[NDArray] = []
    for rate in time_scales:
        times = max(1, rate.multiplicity)
        found += [_values_of(rate.series, columns)] * times
    found += [np.full(len(columns[time_scales.small]), np.nan, dtype=complex)] * (count - len(found))
    return np.array(found).T


def _values_of(series: Expr, columns: Columns) -> NDArray:
    """A series at numbers; what holds roots that have no closed form is evaluated number by number."""
    if not series.has(PolynomialRoot):
        return numeric_function([series], tuple(columns))(columns)[0]
    numbers = [{s: float(c[t]) for s, c in columns.items()} for t in range(len(next(iter(columns.values()))))]
    return np.array([complex(numeric_value(series, at)) for at in numbers])


def _matched(tracks: Sequence[NDArray], series: NDArray) -> NDArray:
    """Of several roots of a point the eigenvalues (T, n) of the one that is nearest to the series (T, n), in their order."""
    ordered = [np.array([_in_order(here, near) for here, near in zip(t, series, strict=True)]) for t in tracks]
    with np.errstate(all="ignore"):
        misses = [np.abs(np.log(np.abs(t) / np.abs(series))) for t in ordered]
    totals = [m[np.isfinite(m)].mean() if np.isfinite(m).any() else np.inf for m in misses]
    return ordered[int(np.argmin(totals))]


def _in_order(eigenvalues: NDArray, near: NDArray) -> NDArray:
    """Eigenvalues in the order of the numbers that they are nearest to."""
    if not np.isfinite(eigenvalues).all():
        return np.full(len(eigenvalues), np.nan, dtype=complex)
    expected = np.nan_to_num(near)[: len(eigenvalues), None]
    distance = np.abs(expected - eigenvalues) / (np.abs(expected) + np.abs(eigenvalues) + TINY)
    rows, columns = linear_sum_assignment(distance)
    found = np.full(len(eigenvalues), np.nan, dtype=complex)
    found[rows] = eigenvalues[columns]
    return found


def _draw_rates(axis: Axes, curves: RateCurves) -> None:
    for k, (series, dense) in enumerate(zip(curves.series.T, curves.dense.T, strict=False)):
        colour = SHADES[k % len(SHADES)]
        axis.plot(curves.along, _positive(series), color=colour, gid=f"series {k + 1}")
        axis.plot(curves.small, _positive(dense), "o", color=colour, markersize=4, fillstyle="none", gid=f"dense {k + 1}")
    axis.set(xscale="log", yscale="log")
    shown = curves.dense[np.isfinite(curves.dense) & (curves.dense > 0)]
    axis.set_ylim(shown.min() / 3, shown.max() * 3)


def _positive(values: NDArray) -> NDArray:
    return np.where(values > 0, values, np.nan)


def _add_legend(figure: Figure, findings: Findings, small: Symbol, left_out: str) -> None:
    handles = [
        Line2D([], [], color=DARK, linestyle="none", marker="o", markersize=4, fillstyle="none", label="eigenvalues"),
        Line2D([], [], color=DARK, label="series"),
    ]
    told = "\n".join(filter(None, (numbers_text(findings.numbers, without=[small]), left_out)))
    figure.legend(handles=handles, loc="outside right upper", title=told or None).set_alignment("left")
