r"""Expected curves of the embedding-only flow over random starts, in closed form (§2 of the notes).

Embeddings start with independent entries of variance :math:`\sigma^2`.  In the modes of the flow, of rates :math:`r_k` and
label parts :math:`\ell_k`, with :math:`C` the covariance of their first amplitudes,

.. math:: \frac{2}{K(K-1)}\sum_{a<b}E\lVert y_a-y_b\rVert^2=d\sum_{jk}w_{jk}e^{-(r_j+r_k)t},\qquad
          E\,L=\frac d2\Big[\sum_kr_kC_{kk}e^{-2r_kt}+\sum_hr_hc_he^{-2r_ht}\Big],

where :math:`w_{jk}=\frac{2}{K-1}C_{jk}\,\ell_j\cdot\ell_k`, labels taken from their mean, and h runs over the deviations of
samples that move no label.  The K slowest modes are those of classes: zero rates, one for each component, and slow ones.
Dropping the fast modes, and the decay of the slow, leaves the *plateau* between the two time scales.

>>> from theory import Coupling
>>> coupling = Coupling.uniform(classes=4, samples=4000, fraction=0.01)
>>> few = expected_curves(coupling, times=[0, 20, 200, 2000], dimension=3)
>>> few.separation.round(5)
array([6.     , 1.22871, 0.20219, 0.     ])
>>> round(few.plateau_separation, 5), round(few.half_time, 1), round(float(coupling.slow_time() * np.log(2)), 1)
(1.5015, 138.3, 138.3)

When it fails: where no gap separates the K slowest rates from the others there is no plateau, and the numbers of that name say
nothing.  The expected *smallest* distance, and the accuracy, have no such form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.coupling import Coupling
from theory.coupling.reduction import CouplingReduction, scaled_parts
from theory.coupling.spectrum import DENSE, dense_modes
from theory.errors import InputError

START = 1e-6  # of the fastest mode's time: before it nothing has moved


@dataclass(frozen=True, eq=False)
class ExpectedCurves:
    """Expectations over independent starts of an embedding-only flow.

    Attributes
    ----------
    times
        (T,).
    separation
        (T,): the squared distance of two labels, on average over all pairs.
    loss
        (T,): half the sum of weights times squared distances.
    plateau_separation, plateau_loss
        between the fast and the slow time scale: all that the K slowest modes hold at the start.
    half_time
        when the root of :attr:`separation` has fallen to half of its plateau for good; infinite where it never does, and zero
        where it is below from the start.
    """

    times: NDArray
    separation: NDArray
    loss: NDArray
    plateau_separation: float
    plateau_loss: float
    half_time: float


@dataclass(frozen=True, eq=False)
class Amplitudes:
    """Modes of the flow by rising rate, and what independent starts of variance one put into them.

    Attributes
    ----------
    rates
        (n,).
    labels
        label parts of the modes (K, n).
    covariance
        of the first amplitudes (n, n).
    hidden_rates, hidden_variance
        rates of what moves no label, and the summed variance that starts there, in the coordinates of the modes.
    """

    rates: NDArray
    labels: NDArray
    covariance: NDArray
    hidden_rates: NDArray
    hidden_variance: NDArray

    @classmethod
    def of(cls, coupling: Coupling) -> Amplitudes:
        """The amplitudes of all modes, the work growing with the cube of their number."""
        reduction = coupling.reduction
        rates, modes = dense_modes(reduction)
        start, hidden = _first_covariance(coupling, reduction)
        parts = np.sqrt(coupling.label_mobility)[:, None] * modes[-coupling.labels :]
        return cls(rates, parts, modes.T @ start @ modes, reduction.hidden_rates, hidden)

    def pairs(self) -> NDArray:
        """The weights w of the mean squared distance of two labels, for one dimension (n, n)."""
        apart = self.labels - self.labels.mean(axis=0)
        return 2 / max(len(apart) - 1, 1) * self.covariance * (apart.T @ apart)

    def energy(self) -> tuple[NDArray, NDArray]:
        """The rates and weights of the loss, for one dimension."""
        rates = np.concatenate([self.rates, self.hidden_rates])
        return rates, rates * np.concatenate([np.diag(self.covariance), self.hidden_variance]) / 2


def expected_curves(coupling: Coupling, times: ArrayLike, dimension: int, variance: float = 1.0) -> ExpectedCurves:
    """Expected separation of labels and loss of the embedding-only flow, exactly, without a simulation.

    Parameters
    ----------
    coupling
        with at most some thousand modes that move labels (2K with the default mobilities, whatever the number of samples).
    times
        increasing and non-negative.
    dimension, variance
        of the embeddings and of each of their entries at the start.

    Raises
    ------
    InputError
        for times, a dimension or a variance that make no sense, fewer than two labels, or too many modes.
    """
    times = require.times(times)
    _check_size(coupling, dimension, variance)
    scale, parts = dimension * float(variance), Amplitudes.of(coupling)
    pairs, (energy_rates, energies) = parts.pairs(), parts.energy()
    slow = slice(coupling.labels)

    def separation(time: float) -> float:
        decay = np.exp(-parts.rates * time)
        return scale * float(decay @ pairs @ decay)

    plateau = scale * float(pairs[slow, slow].sum())
    final = scale * float(pairs[: coupling.components, : coupling.components].sum())
    return ExpectedCurves(
        times,
        np.array([separation(t) for t in times]),
        scale * np.exp(-2 * np.multiply.outer(times, energy_rates)) @ energies,
        plateau,
        scale * float(energies[slow].sum()),
        _half_time(separation, plateau / 4, final, parts.rates),
    )


def _check_size(coupling: Coupling, dimension: int, variance: float) -> None:
    require.whole(dimension, "a dimension of at least 1", "give a positive integer", least=1)
    require.real(variance, "a positive finite variance", "give that of one entry of an embedding at the start", above=0)
    if coupling.labels < 2:
        raise InputError("at least two labels", str(coupling.labels), "add labels")
    if coupling.reduction.size > DENSE:
        got = str(coupling.reduction.size)
        raise InputError(f"at most {DENSE} modes that move labels", got, 'use mobility="degree", or simulate')


def _half_time(separation: Callable[[float], float], target: float, final: float, rates: NDArray) -> float:
    """The last time at which the separation passes the target; zero where it is never above it."""
    from scipy.optimize import brentq

    moving = rates[rates > 0]
    if final >= target or not moving.size:
        return float("inf")
    below = 1 / moving[0]
    while separation(below) > target:
        below *= 2
    above = below
    while separation(above) <= target:
        if above * rates[-1] < START:
            return 0.0
        above /= 2
    return float(brentq(lambda t: separation(t) - target, above, below, rtol=1e-12))


def _first_covariance(coupling: Coupling, reduction: CouplingReduction) -> tuple[NDArray, NDArray]:
    """The covariance of independent starts in the coordinates of the reduction, and what is left of it in those that no label
    feels: the rows of the projection on a group's directions are orthonormal."""
    inverse, (_, _, links) = 1 / coupling.sample_mobility, scaled_parts(coupling)
    whole = np.diag(np.concatenate([inverse[reduction.alone], np.zeros(_count_shared(reduction)), 1 / coupling.label_mobility]))
    start, hidden = len(reduction.alone), [(coupling.counts[reduction.alone] - 1) * inverse[reduction.alone]]
    for g in reduction.groups:
        rows, stop = links[g.types], start + len(g.strengths)
        middle = (rows.T @ rows.multiply(inverse[g.types][:, None])).toarray()
        along = g.directions / g.strengths[:, None]
        whole[start:stop, start:stop] = along @ middle @ along.T
        total = coupling.counts[g.types] @ inverse[g.types]
        hidden.append(np.array([total - np.trace(whole[start:stop, start:stop])]))
        start = stop
    return whole, np.concatenate(hidden)


def _count_shared(reduction: CouplingReduction) -> int:
    return sum(len(g.strengths) for g in reduction.groups)
