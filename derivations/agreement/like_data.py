r"""Couplings drawn at random with the frustrated share of some data, and what they do on average (§6 of the notes).

Data of N samples and K classes of which m samples have a second label have :math:`n_0=(N-m)/K` pure samples and :math:`c=2m/K`
links a class.  The ensemble of ``regular`` pairs with these numbers has a closed-form cavity, exact for infinitely many
classes; the deviation of K classes falls like 1/K, so that it is about the change from K/2 to K classes, and less than twice
that where the next order is smaller.

>>> pairs = pairs_like(samples=150, classes=3, frustrated=8)
>>> pairs.pure_per_class, pairs.links
(47, 5)
>>> found = sample_couplings(pairs, classes=24, seeds=range(3))
>>> bool(np.all(np.abs(found.ratio.mean - 1) < 3 * found.allowed + 0.1))
True

When it fails: when few modes are left single ones are felt, and times end before; fewer than two links a class make no
connected graph, and many are thinned together with the pure samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivations.agreement.deviations import response_of
from derivations.agreement.sampled import expected_variances, sampled_coupling
from theory.coupling import Coupling
from theory.dmft import Band, Pairs
from theory.simulation.observables import StartPoints, points_of_runs

MOST_LINKS = 16
POINTS = 24
NOISE = 3.0  # standard errors
LEFT = 8  # modes of a coupling that are left at the last time, about: of fewer, single ones are felt
SETTLED = 1.0  # time at which pure samples and labels have met


@dataclass(frozen=True, eq=False)
class SampledCouplings:
    """The variance of labels in theory and in drawn couplings.

    Attributes
    ----------
    pairs
        the ensemble.
    classes, draws
        of a coupling, and how many were drawn.
    times, theory, variances
        (T,), (T,), and that of each coupling (draws, T), over random starts.
    halved
        the variance of couplings of half the classes (draws, T).
    spectra
        squared canonical correlations of the couplings, without the largest (draws, classes - 1).
    """

    pairs: Pairs
    classes: int
    times: NDArray
    theory: NDArray
    variances: NDArray
    halved: NDArray
    spectra: NDArray

    @property
    def draws(self) -> int:
        return len(self.variances)

    @property
    def ratio(self) -> StartPoints:
        """Sampled variance over that of the theory, with its standard error."""
        return points_of_runs(self.times, self.variances / self.theory)

    @property
    def allowed(self) -> NDArray:
        """How far the ratio may be from one (T,): twice what halving the classes changes, and standard errors."""
        half = points_of_runs(self.times, self.halved / self.theory)
        noise = NOISE * np.hypot(self.ratio.error, half.error)
        return 2 * np.abs(self.ratio.mean - half.mean) + 2 * noise + NOISE * self.ratio.error

    @property
    def band(self) -> Band:
        """The band of squared correlations in theory."""
        return Band(self.pairs.ensemble, self.pairs.pure_per_class, self.pairs.links, self.pairs.weight)


def pairs_like(samples: int, classes: int, frustrated: int) -> Pairs:
    """The ensemble with the pure samples and links of data, whole numbers; of many links with as large a share of them."""
    pure, links = (samples - frustrated) / classes, 2 * frustrated / classes
    thinned = min(1.0, MOST_LINKS / links)
    return Pairs("regular", max(1, round(pure * thinned)), max(2, round(links * thinned)), 0.5, "cavity")


def sample_couplings(pairs: Pairs, classes: int, seeds: Sequence[int]) -> SampledCouplings:
    """Draw a coupling for each seed, of so many classes and of half as many."""
    response = response_of(pairs)
    last = SETTLED
    while response.variance(np.array([2 * last, SETTLED])) @ [classes, -LEFT] > 0:
        last *= 2
    times = np.geomspace(1e-3 * last, last, POINTS)
    spectra = [_class_squares(sampled_coupling(pairs, classes, seed)) for seed in seeds]
    halved = expected_variances(pairs, classes // 2, times, seeds)
    own = expected_variances(pairs, classes, times, seeds)
    return SampledCouplings(pairs, classes, times, response.variance(times), own, halved, np.array(spectra))


def _class_squares(coupling: Coupling) -> NDArray:
    """Squared canonical correlations without the first."""
    return coupling.modes()[1:] ** 2
