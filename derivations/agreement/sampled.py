"""Couplings drawn from the ensembles of :mod:`theory.dmft`, and what their labels do.

>>> sampled_coupling(Pairs("regular", 2, 3), classes=8, seed=0).samples
28

When it fails: expectations over starts take the modes of a dense matrix, up to some thousand classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import Coupling, models, simulate
from theory.coupling.spectrum import dense_modes
from theory.dmft import Pairs
from theory.errors import InputError
from theory.simulation.expected import expected_curves
from theory.simulation.observables import StartPoints, points_of_runs


def sampled_coupling(pairs: Pairs, classes: int, seed: int) -> Coupling:
    """One coupling of an ensemble, with all mobilities one; a Poisson one has the mean number of links exactly.

    Raises
    ------
    InputError
        for a fraction of a pure sample, or classes that cannot have so many links.
    """
    from scipy.sparse import csr_array, eye_array, vstack

    if float(pairs.pure_per_class) != int(pairs.pure_per_class):
        raise InputError("a whole number of pure samples", repr(pairs.pure_per_class), "round it, to compare with a simulation")
    links = _draw_links(pairs, classes, seed)
    pure = [eye_array(classes, format="csr")] * int(pairs.pure_per_class)
    rows = np.repeat(np.arange(len(links)), 2)
    shared = csr_array((np.full(links.size, pairs.weight), (rows, links.ravel())), shape=(len(links), classes))
    return Coupling(vstack([*pure, shared]), mobility="uniform")


def _draw_links(pairs: Pairs, classes: int, seed: int) -> NDArray:
    """Two different classes for each link."""
    if pairs.ensemble == "regular":
        from networkx import random_regular_graph

        if not pairs.links < classes or classes * pairs.links % 2:
            got = f"{pairs.links:g} links and {classes} classes"
            raise InputError("fewer links than classes, an even number of ends", got, "take more classes, an even number")
        return np.array(sorted(random_regular_graph(int(pairs.links), classes, seed=seed).edges))
    rng = np.random.default_rng(seed)
    one = rng.integers(classes, size=round(classes * pairs.links / 2))
    return np.column_stack([one, (one + rng.integers(1, classes, size=len(one))) % classes])


def simulated_variance(
    pairs: Pairs, classes: int, times: ArrayLike, seeds: Sequence[int] = range(4), dimension: int = 24
) -> StartPoints:
    """Label variance of simulations from random starts, one coupling a seed: mean and standard error over seeds."""
    grid = np.asarray(times, dtype=float)
    runs = []
    for seed in seeds:
        coupling = sampled_coupling(pairs, classes, seed)
        run = simulate(models.embedding_only(), coupling, dimension=dimension, times=[0, *grid], seed=seed)
        runs.append(np.var(run.labels[1:], axis=-1, ddof=1).mean(axis=-1))
    return points_of_runs(grid, np.array(runs))


def expected_variances(pairs: Pairs, classes: int, times: ArrayLike, seeds: Sequence[int]) -> NDArray:
    """The same for each coupling (seeds, T), without the noise of starts, over which expectations are exact."""
    grid = np.asarray(times, dtype=float)
    return np.array([expected_curves(sampled_coupling(pairs, classes, seed), grid, 1).separation / 2 for seed in seeds])


def sampled_response(pairs: Pairs, classes: int, seeds: Sequence[int], s: NDArray) -> tuple[NDArray, NDArray]:
    """The mean response of labels at points s (n,) off the spectrum, and its standard error, over couplings."""
    runs = []
    for seed in seeds:
        coupling = sampled_coupling(pairs, classes, seed)
        rates, modes = dense_modes(coupling.reduction)
        weights = np.mean(modes[-coupling.labels :] ** 2, axis=0)
        runs.append((weights / (s[:, None] + rates)).sum(axis=1))
    found = points_of_runs(s, np.array(runs))
    return found.mean, found.error
