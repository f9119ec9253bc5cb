"""Forecasts of losses as text: one row a loss, and all that is known of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from derivations.diagnosis.forecasts import LossForecast
from theory.text_table import table_text

HEADS = ("loss", "modes kept", "what is left", "threshold", "slow time")


def tabulate_forecasts(losses: Sequence[LossForecast]) -> str:
    """One row a loss: how many class modes survive, their sizes, the threshold, the slow time; or a sentence."""
    known = [row for row in map(_cells_of, losses) if len(row) > 2]
    said = [": ".join(row) for row in map(_cells_of, losses) if len(row) == 2]
    table = [table_text(known, "lllll", HEADS)] if known else []
    return "\n".join([f"what each loss would do, in {losses[0].dimension} dimensions", *table, *said])


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
    rows = zip(*columns.values(), strict=True)
    table = [table_text(rows, "r" * len(columns), columns)] if len(columns) > 2 else []
    slow = [] if found.survives is None else [f"slow time  {format_number(found.slow_time)} / mobility"]
    title = f"{found.name} in {found.dimension} dimensions: {found.verdict}"
    return "\n".join([title, *table, *slow, *([found.caveat] if found.caveat else [])])


def _texts(values: NDArray) -> list[str]:
    return [format_number(value) for value in values]


def format_number(value: float) -> str:
    """Four digits, or a dash for what is not defined."""
    return "-" if np.isnan(value) else f"{value:.4g}"
