"""What ``collapse spectrum`` says of two views and of pairs that repel: the modes of one encoder, and rates of growth."""

from __future__ import annotations

from math import isfinite
from typing import Any

from derivations.cli.common import say
from theory.text_table import table_text

PRINTED = 30  # modes, and those that are found of a large graph


def summarise_views(coupling) -> dict[str, Any]:
    """The numbers that are printed: lists have one value a mode, of large graphs and where some repel of the slowest."""
    from theory.coupling.spectrum import DENSE
    from theory.coupling.views import Shared

    k = None if coupling.samples <= DENSE else PRINTED
    shared = isinstance(coupling, Shared)
    nu = coupling.signed_correlations(k).tolist() if shared and coupling.label_degrees.min() > 0 else None
    found: dict[str, Any] = {"signed_correlations": nu, "shared_rates": coupling.shared_rates(k).tolist() if shared else None}
    if not coupling.attracts:
        rates = coupling.rates(None if coupling.samples + coupling.labels <= DENSE else PRINTED)
        return found | {"rates": rates.tolist(), "growth_time": -1 / float(rates[0]) if rates[0] < 0 else None}
    slow, alone = coupling.slow_time(), coupling.shared_slow_time() if shared else float("inf")
    mu = coupling.modes(k)
    return found | {
        "shared_slow_time": alone if isfinite(alone) else None,
        "mu": mu.tolist(),
        "frustration": coupling.frustration(k).tolist(),
        "rates": coupling.rates(len(mu)).tolist(),
        "components": coupling.components,
        "classifiable": coupling.classifiable,
        "slow_time": slow if isfinite(slow) else None,
        "collapses": isfinite(slow),
    }


def print_views(words: str, coupling, found: dict[str, Any]) -> None:
    """A line for each of the slowest modes, and what they mean."""
    say(f"{words}: {coupling!r}\n")
    columns = {"nu": found["signed_correlations"], "shared rate": found["shared_rates"], "rate": found["rates"]}
    shown = {name: values[:PRINTED] for name, values in columns.items() if values is not None}
    rows = [(k + 1, *(f"{_rounded(value):.6g}" for value in row)) for k, row in enumerate(zip(*shown.values(), strict=False))]
    say(table_text(rows, "r" * (1 + len(shown)), ("mode", *shown)))
    say("\n" + table_text(_meanings(coupling, found).items(), "ll"))


def _rounded(value: float) -> float:
    """Zero for what differs from it by rounding."""
    return value if abs(value) > 1e-12 else 0.0


def _meanings(coupling, found: dict[str, Any]) -> dict[str, str]:
    said = {}
    if found["signed_correlations"] is not None:
        said["nu"] = "signed correlation of two views, an eigenvalue of the normalised weights"
    if found["shared_rates"] is not None:
        said["shared rate"] = "at which one encoder of both views loses the mode; 1 - nu with inverse degrees as mobility"
    said["rate"] = "the slowest rates of two encoders, or of samples and labels"
    if not coupling.attracts:
        time = found["growth_time"]
        said["growth"] = f"by a factor e in {time:.6g}, of the fastest mode" if time else "none: no rate is below zero"
        return said
    for name, who in (("shared_slow_time", "one encoder"), ("slow_time", "slow time")):
        if who == "slow time" or found["shared_rates"] is not None:
            time = found[name]
            said[who] = f"{time:.6g}, in which what is joined contracts" if time else "infinite: no collapse"
    return said
