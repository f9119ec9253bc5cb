"""What ``collapse dmft wide`` computes: the modes of a coupling beside a wide random head."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from derivations.cli.dmft_columns import Computed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from derivations.agreement.finite_size import Points
    from theory import Coupling

CLASSES, SAMPLES = 3, 30  # of the coupling without a table


def read_coupling(table: Path | None, fraction: float) -> tuple[str, Coupling]:
    """A coupling in words, and it: of a table, or of a few classes that share a fraction of their samples."""
    from derivations.data import load_couplings
    from theory import Coupling

    if table is None:
        words = f"uniform, {CLASSES} classes, {SAMPLES} samples, fraction {fraction:g}"
        return words, Coupling.uniform(CLASSES, SAMPLES, fraction)
    read = load_couplings(table)
    return read.name, Coupling(read.weights)


def compute_wide(coupling: Coupling, dimension: int, options: dict[str, Any]) -> Computed:
    """The variance of labels and the loss in time, for each dimension."""
    from theory.dmft import WideHead

    rates = {name: options[name] for name in ("start", "spread", "gamma", "lam", "kappa")}
    head = WideHead.of(coupling, dimension=dimension, **rates)
    times = np.linspace(0, options["until"], options["points"])
    curve = head.trajectory(times)
    scale = {"variance": 1.0, "loss": float(curve.loss[0])}
    errors = curve.errors * float(np.diag(head.modes.covariance).max())
    values = {"variance": curve.label_variance, "loss": curve.loss}
    columns = {"time": times, "variance": values["variance"], "error": errors, "loss": values["loss"]}
    columns |= {"head_trace": curve.head_trace}
    columns |= dict(zip(("least_singular_value", "largest_singular_value"), curve.singular_edges().T, strict=True))
    found: dict[str, Any] = {"modes": int(head.modes.copies.sum()), "modes_over_dimension": head.crowding, "steps": curve.steps}
    found |= _of_class_modes(head)

    def draw(size: int, seeds: range) -> Points:
        from derivations.agreement import simulated_wide

        points = simulated_wide(coupling, rates, size, times, seeds)
        return {name: (one.mean, one.error) for name, one in points.items()}

    def figure(points: Points | None) -> Figure:
        from derivations.figures import dmft

        return dmft.wide_figure(curve, points)

    theory = {name: (values[name], errors * scale[name]) for name in values}
    return Computed(found, columns, times, theory, draw, figure)


def _of_class_modes(head: Any) -> dict[str, Any]:
    """What is known in closed form of the modes that labels have beside the mode 1."""
    mu = head.modes.correlations
    chosen = [k for k in range(len(mu)) if 1e-9 < mu[k] < 1 - 1e-9]
    protected, growth = head.protected, head.growth_rates()
    found: dict[str, Any] = {"mu": [float(mu[k]) for k in chosen], "growth_rates": [growth[k] for k in chosen]}
    found["protected"] = [protected[k] for k in chosen]
    if head.lam > 0 and head.kappa > 0:
        states = head.steady_states()
        found["steady_states"] = [
            {"eigenvalue": one.eigenvalue, "variance": one.variance, "stable": one.stable} for k in chosen for one in states[k]
        ]
    return found
