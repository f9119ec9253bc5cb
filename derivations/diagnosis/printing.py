"""A diagnosis as a table of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from derivations.diagnosis.result import Diagnosis

SHOWN_MODES = 30
SHOWN_PAIRS = 5
HEADS = (
    ("mode", 4), ("mu", 10), ("error", 10), ("corrected", 10), ("frustration", 12), ("slow time", 10), ("fast time", 10),
    ("lambda_c", 10), ("k_c", 10),
)  # fmt: skip


def printed(found: Diagnosis) -> str:
    """The modes, the pairs that contract first and last, and the notes."""
    sizes = f"{found.samples:,} samples, {found.features:,} features, {len(found.classes):,} classes"
    parts = [f"{found.name}: {sizes}", _modes(found), _meanings(found), _pairs(found), "\n".join(found.notes)]
    return "\n\n".join(parts)


def _modes(found: Diagnosis) -> str:
    columns: tuple[NDArray, ...] = (
        found.mu, found.standard_errors, found.population_mu, found.frustration, found.slow_times, found.fast_times,
        found.lambda_critical, found.head_decay,
    )  # fmt: skip
    heads = HEADS if found.mu_shrunk is None else (*HEADS, ("shrunk mu", 10))
    columns = columns if found.mu_shrunk is None else (*columns, found.mu_shrunk)
    lines = [" ".join(f"{name:>{width}}" for name, width in heads)]
    for number in range(min(len(found.mu), SHOWN_MODES)):
        cells = (f"{_number(c[number]):>{width}}" for c, (_, width) in zip(columns, heads[1:], strict=True))
        lines.append(" ".join([f"{number + 1:>4}", *cells]))
    if len(found.mu) > SHOWN_MODES:
        lines.append(f" ...  and {len(found.mu) - SHOWN_MODES} more, which --json prints")
    return "\n".join(lines)


def _meanings(found: Diagnosis) -> str:
    slow = f"{found.slow_time:.6g} / mobility, in which the last labels contract"
    at = "as lambda tends to 0" if found.decay is None else f"at lambda = {found.decay:g}"
    lines = {
        "mu": f"canonical correlation of features and classes; without any relation up to {found.noise_edge:.4g}",
        "slow time": slow if found.collapses else "infinite: linear maps of the features keep some classes apart",
        "lambda_c": "decay of embeddings up to which a stop-gradient head keeps the mode",
        "k_c": f"least decay of the head beside mode 1, in units of lambda, {at}",
    }
    if found.dimension is not None:
        modes, ratio = found.kept(found.dimension)
        lines["head"] = (
            f"of dimension {found.dimension} keeps {modes} of {len(found.mu)} class modes, "
            f"if it decays by {ratio:.4g} lambda at least"
        )
    return "\n".join(f"{name:<11}{meaning}" for name, meaning in lines.items())


def _pairs(found: Diagnosis) -> str:
    pairs = found.first_pairs
    shown = pairs if len(pairs) <= 2 * SHOWN_PAIRS else [*pairs[:SHOWN_PAIRS], None, *pairs[-SHOWN_PAIRS:]]
    places = {name: place for place, name in enumerate(found.classes)}
    lines = ["pairs of classes, the first to contract first", f"{'time':>10} {'frustration':>12}  pair"]
    for pair in shown:
        if pair is None:
            lines.append(f"{'...':>10}")
            continue
        a, b, time = pair
        lines.append(f"{_number(time):>10} {_number(found.pair_frustration[places[a], places[b]]):>12}  {a} and {b}")
    return "\n".join(lines)


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.4g}"
