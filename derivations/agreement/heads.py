r"""The head of frustrated pairs: how fast it has to decay beside the mode :math:`\mu=1`, and simulations of it.

*Existence.*  In d = o(K) directions class modes sit at the band's edge :math:`\mu_e` and survive decays of the embeddings up to
:math:`\lambda_c=\mu_e^2/4` (:meth:`theory.dmft.MeanFieldHead.steady_states`).

*Stability.*  The mode :math:`\mu=1` has a direction of its own, and a pair of directions is stable if the head decays faster
than :math:`k_c\lambda`, the root of the Hurwitz determinant of the derivation ``decay_stability`` at the heads
:math:`\omega=w_+/\sqrt\lambda` of both.  Directions at the edge have equal heads and turn freely among each other, and absent
modes of the band are below it: the outlier alone decides.  At :math:`\lambda_c` the lower head is :math:`\omega=1`, and
:math:`k_c\to\mu_e(1-\mu_e)` for :math:`\lambda\to0`.

>>> line = critical_head_decay(0.9, [0.0001, 0.1, 0.2])
>>> bool(abs(line[0] - 0.9 * (1 - 0.9)) < 1e-3), bool(np.all(line < 0.25))
(True, True)

Reference: the notes, §§4.2, 6.

When it fails: d of order K, where directions hold modes below the edge, and pairs of these have to be stable too; Poisson
bands, which have no edge; and it is linear stability: below the line the state is left, and beyond that nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivations.agreement.sampled import sampled_coupling
from derivations.closed_forms.decaying import critical_decays
from derivations.closed_forms.thresholds import least_ratio
from theory import Coupling, models, simulate
from theory.dmft import MeanFieldHead, Pairs
from theory.errors import InputError
from theory.simulation.observables import StartPoints, points_of_runs


def critical_head_decay(edge: float, decays: ArrayLike) -> NDArray:
    r""":math:`k_c=\kappa_c/\lambda` (n,) at decays :math:`\lambda` of embeddings (n,): with a slower head it is unstable.

    Parameters
    ----------
    edge
        :math:`\mu_e`, the largest correlation of class modes.

    Raises
    ------
    InputError
        for an edge outside (0, 1), and for decays outside :math:`(0,\lambda_c)`, where there is no state to lose.
    """
    at = np.atleast_1d(np.asarray(decays, dtype=float))
    if not 0 < edge < 1:
        raise InputError("a band that ends between 0 and 1", repr(edge), "add links, or lower their weight")
    bound = critical_decays(edge)
    if not np.all((at > 0) & (at < bound)):
        raise InputError(f"decays of the embeddings between 0 and {bound:.6g}", repr(decays), "choose them inside")
    return np.array([least_ratio(edge, 1.0, lam) for lam in at])


@dataclass(frozen=True, eq=False)
class HeadPoints:
    r"""The head along the mode :math:`\mu=1`, and its mean over all other directions, over sampled couplings."""

    rest: StartPoints
    outlier: StartPoints


def simulated_head(
    pairs: Pairs, classes: int, times: ArrayLike, theory: MeanFieldHead, dimension: int, seeds: Sequence[int]
) -> HeadPoints:
    """Heads of direct simulations with mobilities one over the degrees, one coupling a seed, from standard normal embeddings.

    Parameters
    ----------
    pairs, classes
        of the couplings.
    times
        (T,), increasing.
    theory
        whose mobility, decays and start are taken.
    dimension
        d, at least two.

    Raises
    ------
    InputError
        as :func:`derivations.agreement.sampled_coupling`, and for one dimension, which the outlier fills.
    """
    if dimension < 2:
        raise InputError("at least two dimensions", str(dimension), "one of them is that of the mode 1")
    grid = np.asarray(times, dtype=float)
    runs = np.array([_simulate_head(pairs, classes, grid, theory, dimension, seed) for seed in seeds])
    return HeadPoints(points_of_runs(grid, runs[:, 0]), points_of_runs(grid, runs[:, 1]))


def _simulate_head(
    pairs: Pairs, classes: int, times: NDArray, theory: MeanFieldHead, d: int, seed: int
) -> tuple[NDArray, NDArray]:
    drawn = sampled_coupling(pairs, classes, seed)
    J = drawn.types[drawn.type_of]
    rng = np.random.default_rng(seed)
    X, Y = (rng.standard_normal((d, size)) for size in J.shape)
    one = X @ J.sum(axis=1) + Y @ J.sum(axis=0)
    one /= np.linalg.norm(one)
    rates = {"gamma": theory.gamma / J.sum(), "lambda": theory.lam, "kappa": theory.kappa}
    start = {"X": X, "Y": Y, "W": theory.w0 * np.eye(d)}
    model = models.projection_head()
    run = simulate(model, Coupling(J), dimension=d, times=[0, *times], parameters=rates, initial=start, rtol=1e-6, atol=1e-8)
    heads = np.asarray(run.head)[1:]
    along = np.einsum("i,tij,j->t", one, heads, one)
    return (np.trace(heads, axis1=1, axis2=2) - along) / (d - 1), along
