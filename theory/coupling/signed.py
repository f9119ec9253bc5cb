r"""Couplings that repel: weights of either sign, where a loss needs them.

:math:`\tfrac12\sum J_{ia}\lVert x_i-y_a\rVert^2` with :math:`J_{ia}<0` pushes the pair apart.  Degrees are still the sums of
weights, so that constant embeddings are at rest and the centroid is conserved; but they can vanish, and :math:`D-A` can have
negative eigenvalues.  What is left of the theory, and where it stops:

* rates are the eigenvalues of :math:`H^{1/2}(D-A)H^{1/2}`, real for positive mobilities, and those below zero are rates of
  growth.  Losses are followed as for any coupling, directly, in steps, and by order parameters where these close;
* symmetric weights are of two views: one encoder has the eigenvalues of :math:`H^{1/2}(D-J)H^{1/2}`, and the signed
  correlations :math:`\nu` of :math:`D^{-1/2}JD^{-1/2}`, which can exceed one, where all degrees are positive;
* inverse degrees are mobilities only where all degrees are positive: mobilities are uniform unless given;
* canonical correlations, frustrations, slow times, class graphs and the exact method need :math:`D-A\ge0` and are refused; so
  are means over pairs whose total weight is not positive.

>>> from theory import Coupling
>>> pushed = Coupling.from_signed_weights([[1, -0.5], [-0.5, 1]])
>>> pushed, pushed.rates().round(6) + 0, pushed.shared_rates().round(6) + 0
(<signed coupling of two views of 2 samples>, array([-1.,  0.,  1.,  2.]), array([-1.,  0.]))
>>> pushed.modes()
Traceback (most recent call last):
    ...
theory.errors.InputError: expected couplings that attract, got weights that repel; use rates(), or simulate by Direct()
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.coupling import given
from theory.coupling.coupling import Coupling
from theory.coupling.partition import quotient
from theory.coupling.reduction import CouplingReduction
from theory.coupling.rows import is_coupled, require_weights
from theory.coupling.sparse_flow import flow_without_links, rates_within_types
from theory.coupling.spectrum import DENSE, require_count, require_few
from theory.coupling.views import Shared, Views, weights_of_views
from theory.coupling.weights import Mobility, weights_of_rows
from theory.errors import InputError

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Signed(Coupling):
    """Samples and labels of which some pairs repel."""

    def __init__(self, J: ArrayLike, mobility: Mobility = "uniform"):
        """From weights of either sign (N, K); see :meth:`theory.Coupling.from_signed_weights`."""
        super().__init__(weights_of_rows(J, mobility, signed=True))

    def __repr__(self):
        return f"<signed {super().__repr__()[1:]}"

    @property
    def attracts(self) -> bool:
        return not np.any(self.types.data < 0)

    @property
    def total_weight(self) -> float:
        """The sum of the sizes of all couplings."""
        return float(self.counts @ abs(self.types).sum(axis=1))

    def is_own(self, label: NDArray, samples: NDArray | None = None) -> NDArray:
        """Whether a label attracts the sample."""
        return is_coupled(self._attracting, self.type_of if samples is None else self.type_of[samples], label)

    def rates(self, k: int | None = None) -> NDArray:
        """Rates of the embedding-only flow, ascending: all N + K, or the ``k`` smallest; below zero those of growth.

        Raises
        ------
        InputError
            for all of more than :data:`theory.coupling.spectrum.DENSE` samples and labels.
        UnfinishedError
            where an iteration has not converged.
        """
        from scipy.linalg import eigvalsh
        from scipy.sparse import csr_array

        require_count(k)
        if self.attracts:
            return super().rates(k)
        if self.samples + self.labels > DENSE:
            flow, k = flow_without_links(csr_array(quotient(self).operator)), require_few(k, self.samples + self.labels)
            return np.sort(np.concatenate([flow.slow_modes(k)[0], rates_within_types(self, k)]))[:k]
        eta = np.concatenate([self.sample_mobility[self.type_of], self.label_mobility])
        degrees = np.concatenate([self.sample_degrees[self.type_of], self.label_degrees])
        J, zero = self.types[self.type_of].toarray(), np.zeros
        A = np.block([[zero((self.samples,) * 2), J], [J.T, zero((self.labels,) * 2)]])
        return eigvalsh(np.sqrt(eta)[:, None] * (np.diag(degrees) - A) * np.sqrt(eta))[:k]

    def slow_time(self) -> float:
        self.require_attraction()
        return super().slow_time()

    @cached_property
    def reduction(self) -> CouplingReduction:
        self.require_attraction()
        return super().reduction

    @cached_property
    def _attracting(self):
        positive = self.types.maximum(0)
        positive.eliminate_zeros()
        return positive


@dataclass(frozen=True, eq=False, init=False, repr=False)
class SignedViews(Shared, Signed):
    """A symmetric graph of pairs that attract or repel, as the coupling of two views of each sample."""

    def __init__(self, A: ArrayLike | networkx.Graph, mobility: Mobility = "uniform"):
        """From symmetric weights (N, N) of either sign, or a graph."""
        Coupling.__init__(self, weights_of_views(given.from_symmetric(A, signed=True), mobility, signed=True))

    def __repr__(self):
        return f"<signed coupling of two views of {self.samples} samples>"

    def signed_correlations(self, k: int | None = None) -> NDArray:
        """As of any coupling of two views, where all degrees are positive; they can be larger than one."""
        if (lowest := float(self.label_degrees.min())) <= 0:
            raise InputError("positive degrees for correlations", f"{lowest:g}", "use shared_rates()")
        return super().signed_correlations(k)

    def shared_rates(self, k: int | None = None) -> NDArray:
        """Rates of one encoder, ascending; below zero those at which modes grow."""
        self._require_alike()
        return self._slowest_rates(self.label_mobility, k)

    def _slowest_rates(self, mobility: NDArray, k: int | None) -> NDArray:
        if self.samples <= DENSE:
            return super()._slowest_rates(mobility, k)
        return flow_without_links(self._scaled_laplacian(mobility)).slow_modes(require_few(k, self.samples))[0]


def contrast(views: Views) -> SignedViews:
    r"""Positive pairs against independent ones, :math:`A-dd^T/m`, with the mobilities of these views.

    Times :math:`2/m`, squared distances then have the flow of the spectral contrastive loss to first order about embeddings of
    the trivial mode alone: degrees vanish, and modes grow at their correlations.

    Raises
    ------
    InputError
        for more than :data:`theory.coupling.spectrum.DENSE` views, of which every two are coupled.
    """
    if views.samples > DENSE:
        raise InputError(f"at most {DENSE} views, of which every two are coupled", str(views.samples), "take fewer")
    d = views.label_degrees
    apart = views.types[views.type_of].toarray() - np.outer(d, d) / d.sum()
    return SignedViews(apart, (views.sample_mobility[views.type_of], views.label_mobility))


def from_signed_weights(J: ArrayLike | networkx.Graph, mobility: Mobility) -> Coupling:
    """Of two views where the weights are a graph or a symmetric matrix; see :meth:`theory.Coupling.from_signed_weights`."""
    rows = given.from_symmetric(J, signed=True) if hasattr(J, "edges") else require_weights(J, signed=True)
    if rows.shape[0] != rows.shape[1] or (rows != rows.T).nnz:
        return Signed(rows, mobility)
    return (SignedViews if rows.min() < 0 else Views)(rows, mobility)
