r"""The modes of a coupling or of a band, with the covariance of their starts, and labels as sums of them.

Modes of a coupling are eigenvectors :math:`\phi_k` of :math:`D^{-1/2}AD^{-1/2}`: a pair :math:`(u,\pm v)/\sqrt2` for each
canonical correlation, and zeros.  Embeddings with independent entries of variance :math:`\sigma^2` give
:math:`v_k=ZD^{1/2}\phi_k` the covariance :math:`\sigma^2\phi_k^TD\phi_l`: with unequal degrees, those of samples and of labels
to begin with, the two of a pair start *correlated*, and the overlap of correlated modes does not vanish.  They are one problem
together (:attr:`WideModes.groups`).  Samples of one type leave the mean of their type by deviations that no label feels: modes
with :math:`\mu=0` of their own, one problem for all of one degree.

>>> from theory.coupling import Coupling
>>> modes = modes_of_coupling(Coupling.uniform(classes=3, samples=30, fraction=0.2))
>>> len(modes.groups), round(float(modes.copies.sum()))
(5, 33)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.coupling.coupling import Coupling
from theory.dmft.bands import Band
from theory.dmft.ensembles import label_degree
from theory.dmft.mode_measure import initial_variance
from theory.errors import InputError

ROUNDING = 1e-12  # relative size of covariances that are none
BAND_NODES = 12  # variances are smooth in the correlation


@dataclass(frozen=True, eq=False)
class WideModes:
    """k modes.

    Attributes
    ----------
    correlations, covariance
        (k,), and of the starts, for each dimension (k, k).
    copies
        how many independent modes are like it (k,); fractions for a band.
    labels
        labels from their mean, as sums of modes (l, k).
    """

    correlations: NDArray
    covariance: NDArray
    copies: NDArray
    labels: NDArray

    @property
    def groups(self) -> tuple[NDArray, ...]:
        """The numbers of the modes that start correlated with each other, a group each."""
        from scipy.sparse.csgraph import connected_components

        joined = np.abs(self.covariance) > ROUNDING * np.abs(self.covariance).max()
        count, of = connected_components(joined, directed=False)
        return tuple(np.flatnonzero(of == group) for group in range(count))


def modes_of_coupling(coupling: Coupling, variance: float = 1.0) -> WideModes:
    """All modes of a coupling, from embeddings with independent entries of this variance.

    Raises
    ------
    InputError
        for mobilities other than the inverse degrees.
    """
    if not coupling.normalised:
        raise InputError("mobilities one over the degrees", "others", 'make the coupling with mobility="degree"')
    counts, rows, labels = np.asarray(coupling.counts, float), coupling.types.toarray(), coupling.labels
    degrees = np.concatenate([coupling.sample_degrees, coupling.label_degrees])
    normal = np.sqrt(counts)[:, None] * rows / np.sqrt(np.outer(coupling.sample_degrees, coupling.label_degrees))
    left, values, right = np.linalg.svd(normal)
    values = np.where(values > ROUNDING, values, 0.0)
    rank, types = np.count_nonzero(values), len(counts)
    both = np.vstack([left[:, :rank], right[:rank].T]) / 2**0.5, np.vstack([left[:, :rank], -right[:rank].T]) / 2**0.5
    zeros = np.zeros((types + labels, types + labels - 2 * rank))
    zeros[:types, : types - rank], zeros[types:, types - rank :] = left[:, rank:], right[rank:].T
    vectors = np.hstack([*both, zeros])
    inside, shares = np.unique(coupling.sample_degrees[counts > 1], return_inverse=True)
    hidden = np.bincount(shares, weights=counts[counts > 1] - 1, minlength=len(inside))
    of_labels = vectors[types:] / np.sqrt(degrees[types:])[:, None]
    of_labels -= of_labels.mean(axis=0)
    covariance = np.zeros((vectors.shape[1] + len(inside),) * 2)
    covariance[: vectors.shape[1], : vectors.shape[1]] = vectors.T @ (degrees[:, None] * vectors)
    np.fill_diagonal(covariance[vectors.shape[1] :, vectors.shape[1] :], inside)
    return WideModes(
        np.concatenate([values[:rank], -values[:rank], np.zeros(zeros.shape[1] + len(inside))]),
        variance * covariance,
        np.concatenate([np.ones(vectors.shape[1]), hidden]),
        np.hstack([of_labels, np.zeros((labels, len(inside)))]),
    )


def modes_of_band(band: Band, variance: float = 1.0, nodes: int = BAND_NODES) -> WideModes:
    """Modes of a regular band, of both signs, by the nodes of its quadrature, and zeros; copies and labels are for each class.

    Raises
    ------
    InputError
        for a Poisson band, whose modes of one correlation do not start alike, and for samples of different degrees, whose zeros
        do not.
    """
    if band.ensemble != "regular" or band.weight != 0.5:
        got = f"a {band.ensemble} one of weight {band.weight:g}"
        raise InputError("a regular band of weight 1/2", got, "use that, or the modes of a coupling")
    from scipy.linalg import block_diag

    squares, weights = band.quadrature(nodes)
    own = label_degree(band.pure_per_class, band.links, band.weight)
    mean = initial_variance(squares, band.pure_per_class, band.links, band.weight)
    same, across = np.diag(mean), np.diag(mean - own)  # (x + y)/2 and (x - y)/2, where labels have y
    shares, zeros = np.diag(np.sqrt(nodes * weights / (2 * own))), band.pure_per_class + band.links / 2 - 1
    return WideModes(
        np.concatenate([np.sqrt(squares), -np.sqrt(squares), [0.0]]),
        variance * block_diag(np.block([[same, across], [across, same]]), 1.0),
        np.concatenate([weights, weights, [zeros]]),
        np.hstack([shares, -shares, np.zeros((nodes, 1))]),
    )
