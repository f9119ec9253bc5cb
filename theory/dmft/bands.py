r"""The band of squared canonical correlations :math:`\mu^2` of frustrated pairs as :math:`K\to\infty` (§6 of the notes).

With :math:`D_f=n_0+qf` and the kernel of :meth:`theory.dmft.ensembles.Pairs.correlations`, its density is

.. math:: \rho(\mu^2)=-\frac1\pi\operatorname{Im}E_f\Big[\frac{D_f}{\alpha+\beta f-ch^2g}\Big]_{z=\mu^2+i0},\qquad
          g=E_f\frac1{\alpha+\beta f-ch^2g},

and for regular graphs that of :math:`\mu^2=\frac{n_0+qc/2+qB/2}{n_0+qc}` over the eigenvalues B of the class graph.  It counts
each of the K modes of labels once: the band has norm one, and the outlier :math:`\mu=1`, one mode for each component of the
coupling, has none.

Sum rules: the traces of the operator and of its square, of which a sampled graph has the expectation

.. math:: m_1=E_f\frac{n_0+qf/2}{D_f},\qquad m_2=E_f\Big[\frac{n_0+qf/2}{D_f}\Big]^2+\frac{cq^2}4\Big[E\frac1{D}\Big]^2,

D being that of a class at one end of a link: of :math:`f+1` links in the Poisson graph, but of f in its large-c closure.

>>> band = Band("regular", pure_per_class=2, links=3)
>>> [round(edge, 6) for edge in band.edges]
[0.583684, 0.987745]
>>> nodes, weights = band.quadrature(40)
>>> bool(np.allclose([weights.sum(), weights @ nodes, weights @ nodes**2], band.sum_rules()))
True

When it fails: the tails of a Poisson graph are those of the closure, which end where no graph's do, even above
:math:`\mu^2=1`, with a weight of order :math:`e^{-c}`; the exact cavity of Poisson graphs has no smooth density at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from mpmath import mp
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.dmft import fast, regular
from theory.dmft.edges import outer_edge, precise_edge
from theory.dmft.ensembles import Closure, EnsembleName, Pairs, label_degree, label_level, squared_correlation
from theory.dmft.poisson import double_probabilities
from theory.dmft.response import check_digits
from theory.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OUTLIER = 1.0


@dataclass(frozen=True)
class Band:
    """The density of squared canonical correlations.

    Parameters
    ----------
    ensemble, pure_per_class, links, weight, closure
        as of :class:`theory.dmft.ensembles.Pairs`: the exact cavity, unless ``closure="large-c"`` is named, as it has to be for
        ``poisson``, which has no smooth band in the cavity.
    digits
        15 to 50, of the edges.

    Raises
    ------
    InputError
        for parameters outside their ranges, for links = 0, where every mode is an outlier, and for the Poisson cavity.
    """

    ensemble: EnsembleName
    pure_per_class: float
    links: float
    weight: float = 0.5
    closure: Closure = "cavity"
    digits: int = 15

    def __post_init__(self):
        _ = self.pairs
        check_digits(self.digits)
        require.positive(self.links, "number of links", "add links: without them every correlation is 1")
        if self.ensemble == "poisson" and self.closure == "cavity":
            expected = "the large-c closure, by name, for the band of Poisson pairs"
            remedy = 'give closure="large-c", which is off by O(1/c), or take the ensemble regular'
            raise InputError(expected, "'cavity', which has no smooth one", remedy)

    @cached_property
    def pairs(self) -> Pairs:
        """The ensemble and its closure."""
        return Pairs(self.ensemble, self.pure_per_class, self.links, self.weight, self.closure)

    def plot(self, spectra: NDArray | None = None) -> Figure:
        """The density between its edges.

        Parameters
        ----------
        spectra
            squared correlations of sampled couplings, drawn as a histogram.

        Raises
        ------
        InputError
            without the extra ``report``, which draws.
        """
        require.extra("report", "matplotlib")
        from derivations.figures.bands import band_figure

        return band_figure(self.pairs, self.edges, self.density, spectra)

    @property
    def outlier(self) -> float:
        """The correlation of the modes of components, outside the band."""
        return OUTLIER

    @cached_property
    def edges(self) -> tuple[Any, Any]:
        r"""The outermost ends in :math:`\mu^2`, floats at 15 digits and mpmath numbers at more.

        In the large-c closure of Poisson pairs from :math:`dz/dg=0`; classes of ever more links have bands that accumulate at
        ½ from above, which is the lower end where there is no other below.
        """
        found = self._regular_edges() if self.ensemble == "regular" else self._poisson_edges()
        return (float(found[0]), float(found[1])) if self.digits == 15 else found

    def _regular_edges(self) -> tuple[Any, Any]:
        with mp.workdps(self.digits + 5):
            n, c, q, reach = (
                self.pure_per_class,
                self.links,
                mp.mpf(self.weight),
                regular.adjacency_reach(self.pairs.branching, mp.sqrt),
            )
            low, high = (squared_correlation(end, n, c, q) for end in (-reach, reach))
        return low, high

    def _poisson_edges(self) -> tuple[Any, Any]:
        kernels, c, reach = self.pairs.correlations, self.links, 1 + self.weight * np.sqrt(self.links)
        # Above 1 every level is positive and below 1/2 negative; hops shift them by at most twice their norm.
        ends = [outer_edge(kernels, c, 1.0, 1.0 + reach / self.pure_per_class)]
        strength = c * kernels(0.5).hop ** 2
        accumulates = 4 * strength <= kernels(0.5).alpha ** 2
        if not accumulates:
            ends.insert(0, outer_edge(kernels, c, 0.5, 0.5 - reach / self.pure_per_class))
        found = [precise_edge(kernels, c, end, self.digits) for end in ends]
        return (mp.mpf(0.5), found[0]) if accumulates else (found[0], found[1])

    def density(self, mu2: ArrayLike) -> Any:
        r""":math:`\rho` per unit of :math:`\mu^2`, at a number or an array; zero outside the edges.

        Raises
        ------
        InputError
            for values that are not finite.
        UnfinishedError
            where the self-consistency was not solved.
        """
        points = require.finite(mu2, "finite values of mu^2", "leave the others out")
        low, high = (float(edge) for edge in self.edges)
        found, inside = np.zeros(points.shape), (points > low) & (points < high)
        found[inside] = -self._weighted_resolvent(points[inside]).imag / np.pi
        return np.maximum(found, 0.0)[()]

    def _weighted_resolvent(self, points: NDArray) -> NDArray:
        """The resolvent under the degrees, on the upper side of the real axis (n,)."""
        kernel, n, q, c = self.pairs.correlations(points.astype(complex)), self.pure_per_class, self.weight, self.links
        if self.ensemble == "regular":
            return label_degree(n, c, q) * regular.solve(self.pairs, kernel).value
        p = double_probabilities(c)
        f = np.arange(len(p))
        levels = label_level(kernel.in_columns, f, c * fast.solve(self.pairs.correlations, c, points).value[:, None])
        return (1 / levels) @ (p * label_degree(n, f, q))

    def quadrature(self, nodes: int) -> tuple[NDArray, NDArray]:
        r"""Nodes in :math:`\mu^2` and weights (nodes,), for integrals over the band.

        The midpoint rule in the angle :math:`\theta` of :math:`\mu^2=\text{middle}+\text{half width}\cos\theta`, which square
        roots at the ends do not harm.
        """
        angles = np.pi * (np.arange(nodes) + 0.5) / nodes
        low, high = (float(edge) for edge in self.edges)
        points = (low + high) / 2 + (high - low) / 2 * np.cos(angles)
        if self.ensemble == "regular":
            return points, regular.angular_density(self.pairs, np.cos(angles), np.pi) * np.pi / nodes
        return points, self.density(points) * (high - low) / 2 * np.sin(angles) * np.pi / nodes

    def sum_rules(self) -> tuple[float, float, float]:
        """Norm, mean and second moment, in closed form."""
        n, q, c = self.pure_per_class, self.weight, self.links
        p = double_probabilities(c) if self.ensemble == "poisson" else np.array([1.0])
        f = np.arange(len(p)) if self.ensemble == "poisson" else np.array([c])
        degrees, own = label_degree(n, f, q), squared_correlation(0, n, f, q)
        across = self.pairs.branching if self.ensemble == "regular" and self.pairs.closure == "large-c" else c
        return 1.0, float(p @ own), float(p @ own**2 + across * q**2 / 4 * (p @ (1 / degrees)) ** 2)
