r"""Simulations of wide embeddings beside random heads, and how fast they come to the two-time theory.

A single run of d dimensions fluctuates about its mean by :math:`O(d^{-1/2})`, and this by :math:`O(k/d)` about the theory of
:math:`d\to\infty`, k being the number of modes: root mean square deviations of runs fall like :math:`d^{-1/2}`.

>>> from theory import Coupling
>>> found = against_dimensions(Coupling.uniform(2, 4, 0.5), {"spread": 0.5}, [16, 32, 64], time=1.0, seeds=range(24))
>>> found.law.agrees(found.expected, errors=3), found.expected
(True, -0.5)

When it fails: fewer dimensions than modes, where deviations follow no law.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivations.agreement.deviations import Deviations
from derivations.agreement.power_law import fit_power_law
from theory import Coupling, models, simulate
from theory.dmft import WideHead
from theory.simulation import Direct
from theory.simulation.observables import StartPoints, points_of_runs

OBSERVED = ("variance", "loss")


def simulated_wide(
    coupling: Coupling, rates: Mapping[str, Any], dimension: int, times: ArrayLike, seeds: Sequence[int]
) -> dict[str, StartPoints]:
    """Variances of labels and losses for each dimension at times, over draws of heads and embeddings.

    Parameters
    ----------
    rates
        ``start``, ``spread``, ``gamma``, ``lam`` and ``kappa`` of :class:`theory.dmft.WideHead`, which has the rest.
    """
    grid = np.asarray(times, dtype=float)
    runs = _runs(coupling, rates, dimension, grid, seeds)
    return {name: points_of_runs(grid, runs[:, place]) for place, name in enumerate(OBSERVED)}


def against_dimensions(
    coupling: Coupling, rates: Mapping[str, Any], dimensions: Sequence[int], time: float, seeds: Sequence[int] = range(16)
) -> Deviations:
    """Root mean square deviations of the variance of labels in single runs, relative to theory, for ever more dimensions."""
    theory = WideHead.of(coupling, **rates).trajectory(time).label_variance[0]
    squares = [(_runs(coupling, rates, d, np.array([time]), seeds)[:, 0, 0] / theory - 1) ** 2 for d in dimensions]
    sizes = np.array([np.sqrt(np.mean(each)) for each in squares])
    errors = np.array([np.std(each, ddof=1) / np.sqrt(len(each)) for each in squares]) / (2 * sizes)
    return Deviations(np.array(dimensions), sizes, errors, fit_power_law(dimensions, sizes, errors), -0.5)


def _runs(coupling: Coupling, rates: Mapping[str, Any], d: int, times: NDArray, seeds: Sequence[int]) -> NDArray:
    """Variances of labels and losses (R, 2, T)."""
    head = WideHead(0.0, **rates)
    numbers = {"gamma": head.gamma / d, "lambda": head.lam, "kappa": head.kappa}
    grid = times if times[0] == 0 else np.concatenate([[0.0], times])
    runs, by = [], Direct(rtol=1e-6, atol=1e-8)
    for seed in seeds:
        rng = np.random.default_rng(seed)
        start = {name: rng.standard_normal((d, size)) for name, size in (("X", coupling.samples), ("Y", coupling.labels))}
        start["W"] = head.start * np.eye(d) + head.spread * rng.standard_normal((d, d)) / d**0.5
        run = simulate(models.projection_head(), coupling, dimension=d, times=grid, by=by, parameters=numbers, initial=start)
        runs.append([run.labels.var(axis=-1).mean(axis=-1)[-len(times) :], np.asarray(run.loss)[-len(times) :] / d])
    return np.array(runs)
