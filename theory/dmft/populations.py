r"""Poisson cavity by population dynamics: responses of random trees, with error bars (§6 of the notes).

.. math:: g=\Big[\alpha+\beta(e+1)-h^2\sum_{j\le e}g_j\Big]^{-1},\quad e\sim\text{Poisson}(c) .

A *population* holds members of this distribution; a *generation* replaces each by the right side with e members drawn at
random.  A member is the response of one random tree at all points s at once, so that linear functions of the response, as the
inverse Laplace transform, apply to each population, and their spread over independent populations is the standard error.
Degrees are stratified over a population.

Generations have converged when two populations of different ancestors, :math:`g=0` and :math:`g` without hops, with the same
draws, have become one: nothing but the draws is then left.

>>> from theory.dmft.ensembles import Pairs
>>> few = PopulationSize(members=500, populations=4, seed=0)
>>> values = sample_responses(Pairs("poisson", 2, 3, closure="cavity"), np.array([1.0, 0.5 + 1j]), few)
>>> values.shape, bool(np.all(values.imag[:, 1] < 0))
((4, 2), True)

When it fails: a population of M members has a bias of order 1/M; close to the cut the ancestors are not forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from theory import require
from theory.dmft.ensembles import Kernel, Pairs, label_level
from theory.dmft.self_consistency import Solution
from theory.errors import UnfinishedError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FORGOTTEN = 1e-10  # largest relative difference of two ancestries
GENERATIONS = 1000


@dataclass(frozen=True)
class PopulationSize:
    """The size of population dynamics: members of each population, independent populations, and the seed of their draws."""

    members: int = 2000
    populations: int = 10
    seed: int = 0

    def __post_init__(self):
        for name, least in (("members", 2), ("populations", 2), ("seed", 0)):
            require.whole(getattr(self, name), f"{name} as an integer of at least {least}", "raise it", least=least)


def sample_responses(pairs: Pairs, s: NDArray, size: PopulationSize) -> NDArray:
    """Responses (populations, n) at points off the cut (n,), each from a population of its own.

    Raises
    ------
    UnfinishedError
        where the ancestors are not forgotten.
    """
    kernel = pairs.labels(np.asarray(s, dtype=complex))
    seeds = np.random.SeedSequence(size.seed).spawn(size.populations)
    return np.array([_mean_response(pairs, kernel, size.members, np.random.default_rng(seed)) for seed in seeds])


def summarise_means(values: NDArray) -> Solution:
    """The mean over populations and its standard error; there is no residual where nothing is solved."""
    mean = values.mean(axis=0)
    error = np.sqrt(np.sum(np.abs(values - mean) ** 2, axis=0) / (len(values) * (len(values) - 1)))
    return Solution(mean, np.zeros(mean.shape), error)


def _mean_response(pairs: Pairs, kernel: Kernel, members: int, rng: np.random.Generator) -> NDArray:
    """The mean response (n,) of labels, from one population."""
    n = len(kernel.alpha)
    bare = 1 / label_level(kernel, _draw_degrees(pairs.links, members, rng)[:, None] + 1, 0)
    both = np.hstack([np.zeros_like(bare), bare])
    for _ in range(GENERATIONS):
        both = _next_generation(pairs, kernel, both, rng, links_above=1)
        roots = _next_generation(pairs, kernel, both, rng, links_above=0).mean(axis=0)
        if np.max(np.abs(roots[:n] - roots[n:]) / np.abs(roots[n:])) < FORGOTTEN:
            return roots[n:]
    raise UnfinishedError(f"populations remember their ancestors after {GENERATIONS} generations; move away from the cut")


def _next_generation(pairs: Pairs, kernel: Kernel, both: NDArray, rng: np.random.Generator, links_above: int) -> NDArray:
    """New members, of both ancestries with the same draws, with so many links that lead up the tree."""
    degrees = _draw_degrees(pairs.links, len(both), rng)
    below = (_draw_partners(degrees, rng) @ both).reshape(len(both), 2, -1)
    return (1 / label_level(kernel, degrees[:, None, None] + links_above, below)).reshape(len(both), -1)


def _draw_degrees(mean: float, members: int, rng: np.random.Generator) -> NDArray:
    from scipy.stats import poisson

    return rng.permutation(poisson.ppf((np.arange(members) + rng.random(members)) / members, mean)).astype(int)


def _draw_partners(degrees: NDArray, rng: np.random.Generator) -> csr_array:
    """Who takes whom how often (members, members)."""
    from scipy.sparse import csr_array

    taken = rng.integers(len(degrees), size=degrees.sum())
    starts = np.concatenate([[0], np.cumsum(degrees)])
    return csr_array((np.ones(len(taken)), taken, starts), shape=(len(degrees), len(degrees)))
