r"""Expected accuracy of the embedding-only flow: the share of samples whose nearest label is one of their own.

Embeddings stay Gaussian, but the nearest of K labels has no elementary probability for K > 2.  It is estimated over
independent starts, each propagated exactly, so that only sampling errs: by the standard error between starts.

>>> from theory import Coupling
>>> found = expected_accuracy(Coupling.uniform(classes=3, samples=60, fraction=0.1), [0, 50], dimension=2, starts=20)
>>> bool(found.accuracy[1] > found.accuracy[0]), found.peak_time
(True, inf)

When it fails: a peak that is lower than the errors is not seen; ask for more starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.coupling import Coupling
from theory.simulation.exact import propagate
from theory.simulation.observables import accuracy

CLEAR = 4.0  # standard errors by which the accuracy must fall below its peak


@dataclass(frozen=True, eq=False)
class ExpectedAccuracy:
    """Accuracy (starts, T) at ``times`` (T,), the same start in each row."""

    times: NDArray
    runs: NDArray

    @property
    def accuracy(self) -> NDArray:
        """Its mean over starts (T,)."""
        return self.runs.mean(axis=0)

    @property
    def error(self) -> NDArray:
        """The standard error of the mean (T,)."""
        return self.runs.std(axis=0, ddof=1) / np.sqrt(len(self.runs))

    @cached_property
    def peak_time(self) -> float:
        """The recorded time of the largest mean, where the accuracy clearly falls again; infinite where it does not."""
        peak = int(np.argmax(self.accuracy))
        fallen = self.runs[:, [peak]] - self.runs[:, peak + 1 :]
        error = fallen.std(axis=0, ddof=1) / np.sqrt(len(self.runs))
        return float(self.times[peak]) if np.any(fallen.mean(axis=0) > CLEAR * error) else float("inf")


def expected_accuracy(
    coupling: Coupling, times: ArrayLike, dimension: int, starts: int = 100, samples: int = 2000, seed: int = 0
) -> ExpectedAccuracy:
    """The accuracy over random starts, standard normal.

    Parameters
    ----------
    coupling, times, dimension
        as for :func:`theory.simulation.expected.expected_curves`.
    starts, samples
        independent starts, and samples that are followed in each, drawn anew; all of them where there are no more.
    seed
        of the draws.

    Raises
    ------
    InputError
        for times, dimension, or numbers that make no sense, and for the moments of an encoder.
    """
    times = require.times(times)
    for name, value, least in (("dimension", dimension, 1), ("starts", starts, 2), ("samples", samples, 1)):
        require.whole(value, f"a whole number of {name}, at least {least}", require.CORRECT, least=least)
    coupling.require_graph("simulate it")
    seeds = np.random.default_rng(seed).spawn(starts)
    return ExpectedAccuracy(times, np.array([_follow_start(coupling, times, dimension, samples, rng) for rng in seeds]))


def _follow_start(coupling: Coupling, times: NDArray, dimension: int, samples: int, rng: np.random.Generator) -> list[float]:
    X, Y = (rng.standard_normal((dimension, n)) for n in (coupling.samples, coupling.labels))
    followed = np.arange(coupling.samples)
    if coupling.samples > samples:
        followed = rng.choice(coupling.samples, samples, replace=False)
    run = propagate(coupling, X, Y)
    states = zip(times, run.states(times), strict=True)
    return [accuracy(coupling, run.spread(t, means, followed), labels, followed) for t, (labels, means) in states]
