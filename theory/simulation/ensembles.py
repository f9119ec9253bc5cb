"""Ensembles: :func:`theory.simulation.run.simulate` of many runs by their order parameters.

>>> from theory import Coupling, models, simulate
>>> coupling, how = Coupling.uniform(classes=3, samples=60, fraction=0.1), {"dimension": 2, "times": [0, 1, 10]}
>>> runs = ensemble(models.projection_head(), coupling, parameters={"lambda": [0.0, 0.01, 0.02]}, **how)
>>> runs.labels.shape
(3, 3, 2, 3)
>>> alone = simulate(models.projection_head(), coupling, parameters={"lambda": 0.02}, seed=2, **how)
>>> bool(abs(runs.labels[2] - alone.labels).max() < 1e-6)
True

When it fails: see :mod:`theory.simulation.together`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from numpy.typing import ArrayLike

from theory.coupling import Coupling
from theory.loss import Loss
from theory.simulation.methods import OrderParameters
from theory.simulation.run import simulate
from theory.simulation.setting import count_runs
from theory.simulation.trajectory import Ensemble as Ensemble


def ensemble(
    model: Loss,
    coupling: Coupling | Sequence[Coupling],
    *,
    dimension: int,
    times: ArrayLike,
    seeds: Sequence[int] | None = None,
    parameters: Mapping | None = None,
    initial: Mapping[str, ArrayLike] | None = None,
    solver: str = "auto",
    rtol: float = 1e-8,
    atol: float = 1e-10,
    drift: float = 1e-5,
    progress: Callable[[float], None] | None = None,
) -> Ensemble:
    """Follow R runs of a model by their order parameters: :func:`simulate`, whose seeds are 0, 1, and so on by default.

    Parameters
    ----------
    model, coupling, dimension, times, seeds, parameters, initial, progress
        as for :func:`simulate` of many runs.
    solver, rtol, atol, drift
        as for :class:`theory.simulation.methods.OrderParameters`; rtol, atol and drift hold for each run.

    Raises
    ------
    InputError, UnfinishedError, Interrupted
        as :func:`simulate` does, and for models and couplings without order parameters.
    """
    if seeds is None:
        seeds = range(count_runs(coupling, None, parameters or {}, initial or {}))
    return simulate(
        model, coupling, dimension=dimension, times=times, by=OrderParameters(solver, rtol, atol, drift), seeds=seeds,
        parameters=parameters, initial=initial, progress=progress,
    )  # fmt: skip
