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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivations.agreement.deviations import Deviations
from derivations.agreement.power_law import fit_power_law
from theory import Coupling, models, simulate
from theory.dmft import WideHead
from theory.simulation import Direct
from theory.simulation.observables import StartPoints, points_of_runs

PLANE_TIME = 15.0
CASES = {  # of the planes: mobility times variance, and both decays
    r"$\gamma\sigma^2=0.3$": (0.3, 0.0, 0.0),
    r"$\gamma\sigma^2=1.5$": (1.5, 0.0, 0.0),
    r"$\gamma\sigma^2=1.5,\ \lambda=\kappa=0.08$": (1.5, 0.08, 0.08),
}
OBSERVED = ("variance", "loss", "kept")  # the last is the variance over that of the same run at the start


def simulated_wide(
    coupling: Coupling, rates: Mapping[str, Any], dimension: int, times: ArrayLike, seeds: Sequence[int]
) -> dict[str, StartPoints]:
    """Variances of labels, losses for each dimension and what is kept of variances, over draws of heads and embeddings.

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
    theory, at = WideHead.of(coupling, **rates).trajectory(time).label_variance[0], np.array([time])
    squares = [(_runs(coupling, rates, d, at, seeds)[:, 0, 0] / theory - 1) ** 2 for d in dimensions]
    sizes = np.array([np.sqrt(np.mean(each)) for each in squares])
    errors = np.array([np.std(each, ddof=1) / np.sqrt(len(each)) for each in squares]) / (2 * sizes)
    return Deviations(np.array(dimensions), sizes, errors, fit_power_law(dimensions, sizes, errors), -0.5)


@dataclass(frozen=True, eq=False)
class WidePlanes:
    """What is left of the variance of a mode at a late time, over the start of the head (a) and its spread (b), in some cases.

    Attributes
    ----------
    correlation, time
        of the mode, and the time.
    starts, spreads
        (a,) and (b,).
    masses, kept
        the mobility times the variance of each case, or None beside decay, and what is left (b, a).
    """

    correlation: float
    time: float
    starts: NDArray
    spreads: NDArray
    masses: Mapping[str, float | None]
    kept: Mapping[str, NDArray]


def wide_planes(
    correlation: float = 0.8, starts: int = 13, spreads: int = 7, time: float = PLANE_TIME, progress: Callable = str
) -> WidePlanes:
    """Which random heads keep labels: the two-time theory over the plane, to a few percents of the variance at the start."""
    w_0, g = np.linspace(-1.0, 2.0, starts), np.linspace(0.0, 0.9, spreads)
    masses: dict[str, float | None] = {}
    kept = {}
    for name, (mass, lam, kappa) in CASES.items():
        rates = {"gamma": mass, "lam": lam, "kappa": kappa, "tolerance": 0.02}
        kept[name] = np.array([[_left(correlation, w, spread, time, rates) for w in w_0] for spread in g])
        masses[name] = None if lam or kappa else mass
        progress(name)
    return WidePlanes(correlation, time, w_0, g, masses, kept)


def _left(correlation: float, start: float, spread: float, time: float, rates: Mapping[str, Any]) -> float:
    return float(WideHead(correlation, start=start, spread=spread, **rates).trajectory(time).variance[0])


def _runs(coupling: Coupling, rates: Mapping[str, Any], d: int, times: NDArray, seeds: Sequence[int]) -> NDArray:
    """What is observed (R, 3, T)."""
    head = WideHead(0.0, **rates)
    numbers = {"gamma": head.gamma / d, "lambda": head.lam, "kappa": head.kappa}
    grid = times if times[0] == 0 else np.concatenate([[0.0], times])
    runs, by = [], Direct(rtol=1e-6, atol=1e-8)
    for seed in seeds:
        rng = np.random.default_rng(seed)
        start = {name: rng.standard_normal((d, size)) for name, size in (("X", coupling.samples), ("Y", coupling.labels))}
        start["W"] = head.start * np.eye(d) + head.spread * rng.standard_normal((d, d)) / d**0.5
        run = simulate(models.projection_head(), coupling, dimension=d, times=grid, by=by, parameters=numbers, initial=start)
        variance = run.labels.var(axis=-1).mean(axis=-1)
        runs.append([variance, np.asarray(run.loss) / d, variance / variance[0]])
    return np.array(runs)[..., -len(times) :]
