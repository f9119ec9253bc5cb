"""Forecasts of losses as text: one row a loss, and all that is known of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from derivations.diagnosis.losses import LossForecast

HEADS = ("loss", "modes kept", "what is left", "threshold", "slow time")


def tabulate_forecasts(losses: Sequence[LossForecast]) -> str:
    """One row a loss: how many class modes survive, their sizes, the threshold, the slow time; or a sentence."""
    cells = [HEADS, *map(_cells_of, losses)]
    columns = [max(len(row[k]) for row in cells if k < len(row) and (k == 0 or len(row) > 2)) for k in range(len(HEADS))]
    lines = ["  ".join(f"{c:<{w}}" for c, w in zip(row, columns, strict=False)).rstrip() for row in cells]
    return "\n".join([f"what each loss would do, in {losses[0].dimension} dimensions", *lines])


def _cells_of(found: LossForecast) -> tuple[str, ...]:
    if found.survives is None or found.sizes is None:
        return found.name, found.verdict
    threshold = "-" if found.critical is None else f"{found.threshold} {_range_of(found.critical)}"
    kept = f"{found.kept} of {len(found.survives)}"
    return found.name, kept, _range_of(found.sizes[found.survives]), threshold, format_number(found.slow_time)


def _range_of(values: NDArray) -> str:
    if not len(values):
        return "-"
    ends = dict.fromkeys(map(format_number, (values[0], values[-1])))
    return " to ".join(ends)


def detail_forecast(found: LossForecast, mu: NDArray) -> str:
    """The fate of each mode under one loss."""
    lines = [f"{found.name} in {found.dimension} dimensions: {found.verdict}"]
    if found.survives is not None and found.sizes is not None:
        left = found.measured
        lines.append(f"{'mode':>4} {'mu':>10} {'survives':>10} {left:>16} {found.threshold:>10}".rstrip())
        critical = np.full(len(mu), np.nan) if found.critical is None else found.critical
        for k, (value, alive, size, limit) in enumerate(zip(mu, found.survives, found.sizes, critical, strict=True)):
            said = "yes" if alive else "no"
            threshold = format_number(limit) if found.threshold else ""
            row = f"{k + 1:>4} {format_number(value):>10} {said:>10} {format_number(size):>16} {threshold:>10}"
            lines.append(row.rstrip())
        lines.append(f"slow time  {format_number(found.slow_time)} / mobility")
    return "\n".join([*lines, *([found.caveat] if found.caveat else [])])


def format_number(value: float) -> str:
    """Four digits, or a dash for what is not defined."""
    return "-" if np.isnan(value) else f"{value:.4g}"
