"""Forecasts of losses as text: one row a loss, and all that is known of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from derivations.diagnosis.forecasts import LossForecast

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
    columns: dict[str, Sequence[str]] = {"mode": [str(k + 1) for k in range(len(mu))], "mu": _texts(mu)}
    if found.survives is not None and found.sizes is not None:
        columns |= {"survives": ["yes" if alive else "no" for alive in found.survives], found.measured: _texts(found.sizes)}
    if found.critical is not None:
        columns[found.threshold] = _texts(found.critical)
    if found.closing is not None:
        columns["angles close at"] = _texts(found.closing)
    rows = [list(columns), *zip(*columns.values(), strict=True)] if len(columns) > 2 else []
    widths = [max(10, len(name)) for name in columns]
    table = [" ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    slow = [] if found.survives is None else [f"slow time  {format_number(found.slow_time)} / mobility"]
    title = f"{found.name} in {found.dimension} dimensions: {found.verdict}"
    return "\n".join([title, *table, *slow, *([found.caveat] if found.caveat else [])])


def _texts(values: NDArray) -> list[str]:
    return [format_number(value) for value in values]


def format_number(value: float) -> str:
    """Four digits, or a dash for what is not defined."""
    return "-" if np.isnan(value) else f"{value:.4g}"
