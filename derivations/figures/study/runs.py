"""Runs of a whole model over theory: amplitudes of all modes, predicted ends, the predicted slow decay, and the loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from sympy import Symbol

from derivations.figures.study.formulas import formula
from derivations.figures.study.ranges import value_range
from derivations.figures.study.shades import SHADES
from derivations.figures.style import DARK, STYLE
from derivations.studies.findings import Findings
from derivations.studies.placed import lower_at
from derivations.studies.whole_runs import WholeRun

COLUMNS, AMPLITUDES, MODES = 3, 3, 8  # runs, amplitudes and modes that are drawn
SLOW = 20.0  # ratio of rates from which on times are logarithmic
DECADES = 12  # of the distance
EARLIEST = 1e-5  # of the last time, on a logarithmic axis
END: dict[str, Any] = {"color": DARK, "linestyle": (0, (4, 2)), "linewidth": 1.0}
DECAY: dict[str, Any] = {"color": "black", "linestyle": (0, (1, 1.5)), "linewidth": 1.6}


@dataclass(frozen=True, eq=False)
class Prediction:
    """Where one mode is predicted to end (n,), and the slowest rate at which it comes there."""

    end: NDArray
    rate: float
    fastest: float


def runs_over_theory(findings: Findings, runs: Sequence[WholeRun]) -> Figure | None:
    """Some runs of the whole model in columns: from a random start, and from near states; None without runs."""
    chosen = chosen_runs(runs)
    if not chosen:
        return None
    amplitudes = list(chosen[0].amplitudes)[:AMPLITUDES]
    has_loss = any(run.loss is not None for run in chosen)
    rows = len(amplitudes) + 1 + has_loss
    with rc_context(STYLE):
        figure = Figure(figsize=(2.2 + 2.7 * len(chosen), 0.8 + 1.65 * rows))
        axes = figure.subplots(rows, len(chosen), squeeze=False, sharex="col")
        for column, run in zip(axes.T, chosen, strict=True):
            predicted = predictions(findings, run)
            _set_times(column, run, predicted)
            for axis, x in zip(column, amplitudes, strict=False):
                _draw_amplitude(axis, run, x, predicted)
            _draw_distance(column[len(amplitudes)], run, predicted)
            if run.loss is not None:
                _draw_loss(column[-1], run)
            column[0].set_title(run.start, fontsize=9)
            column[-1].set_xlabel("time")
        names = [formula(x) for x in amplitudes] + ["distance to\nprediction"] + ["loss"] * has_loss
        for axis, name in zip(axes[:, 0], names, strict=True):
            axis.set_ylabel(name)
        left_out = len(runs) - len(chosen)
        title = f"{left_out} more runs are not drawn" if left_out > 1 else "1 more run is not drawn" if left_out else None
        figure.legend(handles=_handles(chosen), loc="outside right upper", title=title).set_alignment("left")
        return figure


def chosen_runs(runs: Sequence[WholeRun]) -> list[WholeRun]:
    """One run from a random start, then one of each other kind of start."""
    first: dict[str, WholeRun] = {}
    for run in runs:
        first.setdefault(run.start, run)
    return list(first.values())[:COLUMNS]


def predictions(findings: Findings, run: WholeRun) -> list[Prediction | None]:
    """What is predicted of each mode of a run; None of those that did not come to rest at a state."""
    return [_prediction(findings, run, k) for k in range(len(run.modes))]


def _prediction(findings: Findings, run: WholeRun, mode: int) -> Prediction | None:
    placed = run.ends[mode].placed
    seen = np.array([values[-1, mode] for values in run.amplitudes.values()])
    held = None if placed is None else placed.at(seen)
    if placed is None or held is None or placed.values is None:
        return None
    turns = (held * np.array(signs) for signs in product((1, -1), repeat=len(held)))
    end = min(turns, key=lambda v: abs(float(np.linalg.norm(v - seen)) - run.ends[mode].distance))
    rates = np.linalg.eigvals(lower_at(findings.amplitudes, placed.numbers).jacobian(0.0, held)).real
    moving = np.abs(sorted(rates, key=abs)[len(placed.free) :])
    return Prediction(end, float(moving.min(initial=np.inf)), float(moving.max(initial=0.0)))


def _set_times(column: Sequence[Axes], run: WholeRun, predicted: Sequence[Prediction | None]) -> None:
    rates = [r for p in predicted if p is not None for r in (p.rate, p.fastest) if 0 < r < np.inf]
    is_slow = bool(rates) and max(rates) > SLOW * min(rates)
    positive = run.times[run.times > 0]
    for axis in column:
        if is_slow and len(positive):
            axis.set_xscale("log")
            axis.set_xlim(max(positive[0], EARLIEST * positive[-1]), positive[-1])
        elif len(positive):
            axis.set_xlim(0, positive[-1])


def _draw_amplitude(axis: Axes, run: WholeRun, x: Symbol, predicted: Sequence[Prediction | None]) -> None:
    which = list(run.amplitudes).index(x)
    ends = [p.end[which] for p in predicted[:MODES] if p is not None]
    for mode in range(min(MODES, len(run.modes))):
        axis.plot(
            run.times, run.amplitudes[x][:, mode], color=SHADES[mode % len(SHADES)], linewidth=1.3, gid=f"mode {mode + 1}"
        )
    for end in ends:
        axis.axhline(end, **END, gid="predicted end")
    up = value_range([run.amplitudes[x][:, :MODES].ravel()], always=ends)
    up.put_on(axis, "y")


def _draw_distance(axis: Axes, run: WholeRun, predicted: Sequence[Prediction | None]) -> None:
    """How far each mode is from its predicted end, and the decay at the slowest predicted rate laid against it."""
    state = np.array(list(run.amplitudes.values()))
    largest, drawn = 0.0, False
    for mode, p in enumerate(predicted[:MODES]):
        if p is None:
            continue
        distance = np.linalg.norm(state[:, :, mode] - p.end[:, None], axis=0)
        drawn, largest = True, max(largest, float(np.nanmax(distance, initial=0.0)))
        axis.plot(run.times, np.where(distance > 0, distance, np.nan), color=SHADES[mode % len(SHADES)], linewidth=1.3)
        if (anchor := decay_anchor(distance)) is not None and np.isfinite(p.rate):
            decay = distance[anchor] * np.exp(-p.rate * (run.times - run.times[anchor]))
            axis.plot(run.times, np.where(decay <= 2 * distance.max(), decay, np.nan), **DECAY, gid="predicted decay")
    if drawn and largest > 0:
        axis.set(yscale="log", ylim=(largest * 10.0**-DECADES, largest * 3))
    else:
        axis.set_yticks([])
        axis.text(0.5, 0.5, "no mode came to rest\nat a predicted state", transform=axis.transAxes, ha="center", va="center")


def decay_anchor(distance: NDArray) -> int | None:
    """A late time at which a decay is still well above what is left at the end; None where there is no decay."""
    finite = np.isfinite(distance) & (distance > 0)
    if not finite.any():
        return None
    top, bottom = float(distance[finite].max()), float(distance[finite].min())
    middle = np.sqrt(top * max(bottom, top * 10.0**-DECADES))
    above = np.flatnonzero(finite & (distance >= middle))
    return int(above[-1]) if top > 10 * bottom and len(above) else None


def _draw_loss(axis: Axes, run: WholeRun) -> None:
    loss = np.asarray(run.loss, dtype=float)
    axis.plot(run.times, loss, color=DARK, linewidth=1.3, gid="loss")
    value_range([loss]).put_on(axis, "y")


def _handles(runs: Sequence[WholeRun]) -> list[Line2D]:
    modes = min(MODES, max(len(run.modes) for run in runs))
    handles = [Line2D([], [], color=SHADES[k % len(SHADES)], label=f"mode {k + 1} (simulated)") for k in range(modes)]
    return [*handles, Line2D([], [], **END, label="predicted end"), Line2D([], [], **DECAY, label="slowest predicted rate")]
