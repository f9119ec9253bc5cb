r"""What a head feels of the modes: the measure of correlations :math:`\mu` with initial variances (§§1, 6 of the notes).

A mode :math:`v_k` of correlation :math:`\mu_k` and initial variance :math:`\operatorname{Var}_k` per dimension has the *mass*
:math:`\operatorname{Var}_k/\sum J`.  For embeddings of variance one all masses add up to
:math:`\operatorname{tr}D/\sum J=2`.  A mode of labels with singular vectors :math:`u,v` belongs to both :math:`\pm\mu`, with

.. math:: \operatorname{Var}=\tfrac12\Big(\sum_iu_i^2d_i+\sum_av_a^2d_a\Big),\qquad
          \sum_iu_i^2d_i=P+2q(1-P),\quad P=\frac{n_0}{\mu^2}\sum_a\frac{v_a^2}{d_a},

P being what pure samples have of :math:`u`; frustrated ones have the degree 2q.  What is left of the trace are the modes with
:math:`\mu=0`.  Sums over labels of :math:`v_a^2d_a^p` have the resolvent :math:`E_f[D_f^{p+1}/(\alpha+\beta f-ch^2g)]`.

Nodes of a regular band are those of its quadrature.  The density of a Poisson band is not smooth, but sums over both signs of
:math:`\mu` are entire functions of :math:`\mu^2`, which Cauchy's formula gives on an ellipse around the band from the resolvent
alone: there nodes and masses are complex, those of its upper half, and sums over them have the wanted real part.  The more
nodes, the closer to the band, :math:`\log` of the ellipse's parameter times the nodes being constant.

>>> from theory.dmft.bands import Band
>>> modes = Modes.of(Band("regular", pure_per_class=2, links=6), nodes=32)
>>> round(modes.masses.sum().item(), 12), round(modes.masses[modes.correlations == 0].item(), 12)
(2.0, 0.8)

When it fails: it leaves out the modes of components, :math:`\mu=\pm1`, which are few; and in the large-c closure the masses of
a Poisson band are as wrong as its density.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from mpmath import mp
from numpy.typing import NDArray

from theory import require
from theory.dmft import fast, regular
from theory.dmft.bands import Band
from theory.dmft.ensembles import label_degree, label_level, squared_correlation
from theory.dmft.poisson import double_probabilities
from theory.errors import InputError

TIGHTNESS = 18.0  # the trapezoidal rule on the ellipse errs by exp(-2 * 18), the rounding of doubles


@dataclass(frozen=True, eq=False)
class Modes:
    r"""A measure of correlations.

    Attributes
    ----------
    correlations
        :math:`\mu` (m,), of both signs; complex for a Poisson band.
    masses
        (m,): initial variance per dimension, times the number of modes, over the sum of couplings.
    edge
        the largest correlation, of the band itself where it has been sampled.
    continuous
        whether they stand for a band that is filled up to its edge.
    """

    correlations: NDArray
    masses: NDArray
    edge: float
    continuous: bool = False

    @classmethod
    def of(cls, band: Band, nodes: int) -> Modes:
        """The modes of a band, with so many nodes for each sign, and one for the zeros.

        Raises
        ------
        InputError
            for a band that reaches below :math:`\\mu^2=0`, as the large-c closure with few pure samples.
        """
        low, high = (float(edge) for edge in band.edges)
        if low < 0:
            remedy = 'add pure samples or use ensemble="regular"'
            raise InputError("a band of squares", f"one that begins at {low:.3g}", remedy)
        mu2, masses, degree = _regular_nodes(band, nodes) if band.ensemble == "regular" else _poisson_nodes(band, nodes)
        mu, each = np.sqrt(mu2), masses / degree
        zeros = 2 - 2 * each.sum().real
        return cls(np.concatenate([mu, -mu, [0.0]]), np.concatenate([each, each, [zeros]]), high**0.5, continuous=True)

    @classmethod
    def from_list(cls, modes: Iterable[tuple[float, float, float]]) -> Modes:
        """The modes in a list of (correlation, number over the sum of couplings, initial variance).

        Raises
        ------
        InputError
            for anything but finite numbers, correlations beyond 1, negative numbers or variances, and no mode at all.
        """
        listed, expected = [tuple(mode) for mode in modes], "modes as (mu, weight, variance), finite numbers"
        table = require.finite(listed, expected, "list them so", shape=(None, 3))
        mu, weight, variance = table.T
        if np.any(np.abs(mu) > 1 + 1e-12) or np.any(weight < 0) or np.any(variance < 0):
            raise InputError("correlations in [-1, 1], weights and variances >= 0", "others", "correct them")
        return cls(mu, weight * variance, float(mu.max()))

    def with_mode(self, correlation: float, mass: float) -> Modes:
        """These modes and one more."""
        mu, masses = np.append(self.correlations, correlation), np.append(self.masses, mass)
        return Modes(mu, masses, max(self.edge, correlation), self.continuous and correlation <= self.edge)


def outlier_mass(band: Band, dimension: int, classes: int) -> float:
    r"""The mean mass of the mode :math:`\mu=1` along its one direction, which has all d components of it.

    :math:`d\,(\sum_id_i^2+\sum_ad_a^2)/(2(\sum J)^2)`: of order d/K.
    """
    n, q, c = band.pure_per_class, band.weight, band.links
    spread = q * q * c if band.ensemble == "poisson" else 0.0
    return dimension / classes * mass_of_outlier(n, c, q, spread)


def mass_of_outlier(pure: Any, links: Any, weight: Any, spread: Any = 0) -> Any:
    r""":math:`K(\sum_id_i^2+\sum_ad_a^2)/(2(\sum J)^2)`, from the variance of the degrees of labels."""
    mean = label_degree(pure, links, weight)
    return (pure + 2 * weight**2 * links + mean**2 + spread) / (2 * mean**2)


def pure_part(squared: Any, pure: Any, inverse_degree: Any) -> Any:
    r"""What pure samples have of the mode of samples at :math:`\mu^2`; per label, for sums over labels."""
    return pure * inverse_degree / squared


def initial_variance(squared: Any, pure: Any, links: Any, weight: Any) -> Any:
    r"""Initial variance of the mode at :math:`\mu^2` where every class has as many links."""
    own = label_degree(pure, links, weight)
    part = pure_part(squared, pure, 1 / own)
    return (part + 2 * weight * (1 - part) + own) / 2


def precise_nodes(band: Band, nodes: int) -> tuple[NDArray, NDArray]:
    """Correlations and masses of :meth:`Modes.of` in the digits that mpmath works with now, of a regular band.

    Raises
    ------
    InputError
        for a Poisson band, whose density has no closed form.
    """
    if band.ensemble != "regular":
        raise InputError("a regular band in mpmath", f"a {band.ensemble} one", "give its modes in double precision")
    n, q, c = band.pure_per_class, mp.mpf(band.weight), band.links
    cosines = np.array([mp.cos(mp.pi * (k + mp.mpf(1) / 2) / nodes) for k in range(nodes)])
    mu2 = squared_correlation(regular.adjacency_reach(band.pairs.branching, mp.sqrt) * cosines, n, c, q)
    weights = regular.angular_density(band.pairs, cosines, mp.pi) * mp.pi / nodes
    each = weights * initial_variance(mu2, n, c, q) / label_degree(n, c, q)
    mu = np.array([mp.sqrt(x) for x in mu2])
    return np.concatenate([mu, -mu, [mp.mpf(0)]]), np.concatenate([each, each, [2 - 2 * mp.fsum(each)]])


def _regular_nodes(band: Band, nodes: int) -> tuple[NDArray, NDArray, float]:
    """Nodes, masses of either sign per class, and the mean degree of a label."""
    mu2, weights = band.quadrature(nodes)
    sizes = band.pure_per_class, band.links, band.weight
    return mu2, weights * initial_variance(mu2, *sizes), label_degree(*sizes)


def _poisson_nodes(band: Band, nodes: int) -> tuple[NDArray, NDArray, float]:
    angles = np.pi * (np.arange(nodes) + 0.5) / nodes
    low, high = (float(edge) for edge in band.edges)
    turned = np.exp(TIGHTNESS / nodes + 1j * angles)
    mu2 = (low + high) / 2 + (high - low) / 4 * (turned + 1 / turned)
    step = (high - low) / 4 * (turned - 1 / turned) / nodes
    kernel, c, p = band.pairs.correlations(mu2), band.links, double_probabilities(band.links)
    f, q, n = np.arange(len(p)), band.weight, band.pure_per_class
    degrees = label_degree(n, f, q)
    each = p / label_level(kernel.in_columns, f, c * fast.solve(band.pairs.correlations, c, mu2).value[:, None])
    # Resolvents of sums over labels of v^2/D, v^2 and v^2 D.
    inverse, one, own = (each @ degrees**power * step for power in range(3))
    part = pure_part(mu2, n, inverse)
    return mu2, (part + 2 * q * (one - part) + own) / 2, float(p @ degrees)
