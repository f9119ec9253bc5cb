"""What theory predicts of one run of a command, and whether it held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from derivations.cli.models import SUMS


def claims_of_run(model: str, options: Mapping[str, Any], coupling, run, follow: Callable) -> tuple:
    """The claims about a run of embeddings, or of the shared head with both targets stopped; none about others.

    ``follow`` makes the run at other tolerances.

    A run in finite steps, of one encoder of both views, of pairs that repel, with parameters that were given, or that has ended
    early is held against nothing.
    """
    from derivations.claims import claims_of
    from derivations.experiment import ExperimentRun

    of_head = model == "head" and (options["head"], options["stop"]) == ("shared", "both") and not options["parameters"]
    plain = options["step"] is None and not options["shared"] and coupling.attracts and run.complete
    if not plain or not (model in SUMS or of_head) or run.times[0] != 0 or len(run.times) < 3:
        return ()
    measured, remark, predicted = None, "stop-gradient: no decay rate is predicted", None
    if not of_head:
        predicted = coupling.slow_time()
        measured, remark = (
            (None, "no slow mode of all labels to measure") if coupling.components > 1 else _measure(coupling, run)
        )
    return claims_of([ExperimentRun(model, model, model, coupling, run, predicted, measured, remark, follow)])


def _measure(coupling, run) -> tuple[float | None, str]:
    """The decay time of the spread of labels, and where it was measured, or why it was not."""
    from derivations.experiment import measuring_window

    window = measuring_window(coupling)
    if window[1] > run.times[-1] or int(((run.times >= window[0]) & (run.times <= window[1])).sum()) < 2:
        return None, f"recorded times that do not cover t = {window[0]:.4g} to {window[1]:.4g}"
    return run.decay_time(*window), f"label spread between t = {window[0]:.4g} and {window[1]:.4g}"
