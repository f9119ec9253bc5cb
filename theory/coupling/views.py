r"""Couplings of two views of the same samples: a symmetric graph of positive pairs in place of samples and labels.

:math:`A_{ij}=A_{ji}\ge0` says how often views i and j are a positive pair.  As a coupling, :math:`J=A` joins view i of one
encoder (X) to view j of another (Y): all that is said of samples and labels holds, with :math:`D_x=D_y=D`.

*One encoder.*  Exchanging the views changes neither J nor a loss that treats them alike, so that :math:`X=Y` stays so: this is
one encoder, exactly.  Its modes have the *signed* correlations :math:`\nu`, eigenvalues of :math:`D^{-1/2}AD^{-1/2}`, and decay
at :math:`1-\nu`; differences :math:`X-Y` decay at :math:`1+\nu`.  Canonical correlations are :math:`\mu=|\nu|`, so that both
together have the rates :math:`1\mp\mu` of any coupling.  Each rate of one encoder has its relative accuracy, however small it
is: the Laplacian :math:`D-A` is factored without subtractions (:func:`theory.coupling.reduction.laplacian_factor`).

*Pairs from a coupling.*  Views of one label (supervised contrast) have :math:`A=JD_y^{-1}J^T`, and views of one sample
:math:`A=J^TD_x^{-1}J`: the augmentation graph, where :math:`J_{ia}=w_ip(a|i)`.  Both have :math:`\nu=\mu^2` of :math:`J`, so
that one encoder collapses at the rate of the frustration, :math:`1-\nu=\psi`.

>>> from theory import Coupling
>>> path = Coupling.from_positive_pairs([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
>>> path, path.signed_correlations().round(9) + 0, path.shared_rates().round(9)
(<coupling of two views of 3 samples>, array([ 1.,  0., -1.]), array([0., 1., 2.]))
>>> labels = Coupling.uniform(classes=3, samples=30, fraction=0.2)
>>> labels.frustration().round(9), labels.positive_pairs("samples").shared_rates(3).round(9)
(array([0. , 0.2, 0.2]), array([0. , 0.2, 0.2]))

Reference: HaoChen, Wei, Gaidon and Ma, *Provable Guarantees for Self-Supervised Deep Learning with Spectral Contrastive Loss*
(2021), section 3.  When it fails: encoders with mobilities of their own do not stay alike; and a bipartite graph of pairs has
:math:`\nu=-1`, which two encoders keep (a component more) and one encoder loses fastest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.coupling import given
from theory.coupling.coupling import Coupling
from theory.coupling.reduction import CouplingReduction, laplacian_factor
from theory.coupling.rows import require_weights
from theory.coupling.sparse_flow import SparseFlow, flow_of_views, rates_within_types, sparse_flow, spectrum_of_flow
from theory.coupling.spectrum import DENSE, Spectrum, jacobi_svd, require_count, require_few
from theory.coupling.weights import Mobility, Weights, mobilities, weights_of_rows
from theory.errors import InputError

if TYPE_CHECKING:
    import networkx
    from scipy.sparse import csr_array

PAIRS = 10**8  # positive pairs that are held at once


class Shared(Coupling):
    """What holds where both views may have one encoder: J is symmetric, and both sides have the same degrees."""

    def signed_correlations(self, k: int | None = None) -> NDArray:
        r"""Eigenvalues :math:`\nu` of :math:`D^{-1/2}JD^{-1/2}`, descending, accurate to rounding relative to 1.

        Parameters
        ----------
        k
            how many of the largest; all unless given.

        Raises
        ------
        InputError
            for all of more than :data:`theory.coupling.spectrum.DENSE` samples.
        UnfinishedError
            where an iteration has not converged.
        """
        return 1 - self._slowest_rates(1 / self.label_degrees, k)

    def shared_rates(self, k: int | None = None) -> NDArray:
        r"""Rates at which one encoder loses its modes, ascending, zeros included: :math:`1-\nu` with the default mobilities.

        Parameters and errors as of :meth:`signed_correlations`; and an ``InputError`` for views that move differently.
        """
        self._require_alike()
        return np.maximum(self._slowest_rates(self.label_mobility, k), 0.0)

    def shared_start(self, dimension: int, seed: int = 0) -> dict[str, NDArray]:
        """Standard normal embeddings that both views have, as ``initial`` of a run, which is then that of one encoder.

        Raises
        ------
        InputError
            for views that move differently, and for a dimension below one.
        """
        self._require_alike()
        require.whole(dimension, "a dimension of at least 1", "give a positive integer", least=1)
        start = np.random.default_rng(seed).standard_normal((dimension, self.samples))
        return {"X": start, "Y": start.copy()}

    def _require_alike(self) -> None:
        if not np.array_equal(self.sample_mobility[self.type_of], self.label_mobility):
            raise InputError("one mobility of both views of a sample", "two", "give the same numbers twice")

    def _slowest_rates(self, mobility: NDArray, k: int | None) -> NDArray:
        r"""The k smallest eigenvalues of :math:`H^{1/2}(D-J)H^{1/2}`."""
        from scipy.linalg import eigvalsh

        require_count(k)
        return eigvalsh(self._scaled_laplacian(mobility).toarray())[:k]

    def _scaled_laplacian(self, mobility: NDArray) -> csr_array:
        from scipy.sparse import diags_array

        root = diags_array(np.sqrt(mobility))
        return (root @ (diags_array(self.label_degrees) - self.types[self.type_of]) @ root).tocsr()


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Views(Shared):
    """A symmetric graph of positive pairs, as the coupling of two views of each sample."""

    def __init__(self, A: ArrayLike | networkx.Graph, mobility: Mobility = "degree"):
        """From symmetric weights (N, N) or a graph; see :meth:`theory.Coupling.from_positive_pairs`."""
        super().__init__(weights_of_views(given.from_symmetric(A), mobility))

    def __repr__(self):
        return f"<coupling of two views of {self.samples} samples>"

    @cached_property
    def graph(self) -> networkx.Graph:
        """The graph of positive pairs: nodes 0, 1, ..., edges with ``weight``; a view paired with itself has a loop."""
        import networkx

        return networkx.from_scipy_sparse_array(self.types[self.type_of])

    @property
    def shared_components(self) -> int:
        """The number of connected components of the graph of positive pairs: the modes that one encoder keeps."""
        return int(self._component_of.max()) + 1

    @cached_property
    def _component_of(self) -> NDArray:
        from scipy.sparse.csgraph import connected_components

        return connected_components(self.types[self.type_of], directed=False)[1]

    def shared_rates(self, k: int | None = None) -> NDArray:
        r"""As of any coupling of two views; up to :data:`theory.coupling.spectrum.DENSE` each with its relative accuracy."""
        if self.samples > DENSE:
            return super().shared_rates(k)
        self._require_alike()
        require_count(k)
        moving = jacobi_svd(self._laplacian_factor * np.sqrt(self.label_mobility))[0] ** 2
        return np.concatenate([np.zeros(self.shared_components), moving])[:k]

    def _slowest_rates(self, mobility: NDArray, k: int | None) -> NDArray:
        if self.samples <= DENSE:
            return super()._slowest_rates(mobility, k)
        return flow_of_views(self.types[self.type_of], mobility).slow_modes(require_few(k, self.samples))[0]

    def shared_slow_time(self) -> float:
        """The inverse of the smallest rate of one encoder that is not zero; infinite where every view is alone."""
        kept = self.shared_components
        if kept == self.samples:
            return float("inf")
        if self.samples <= DENSE:
            return 1 / float(self.shared_rates(kept + 1)[-1])
        self._require_alike()
        return 1 / float(flow_of_views(self.types[self.type_of], self.label_mobility).slow_modes(kept + 1)[0][-1])

    # -- two encoders ---------------------------------------------------------------------------------------------------

    def modes(self, k: int | None = None) -> NDArray:
        if self.samples <= DENSE:
            return super().modes(k)
        return np.maximum(1 - self._slow_correlated(k), 0.0)

    def frustration(self, k: int | None = None) -> NDArray:
        if self.samples <= DENSE:
            return super().frustration(k)
        rates = self._slow_correlated(k)
        return np.where(rates < 1, rates * (2 - rates), 1.0)

    def rates(self, k: int | None = None) -> NDArray:
        if self.samples <= DENSE:
            return super().rates(k)
        slow = self._flow.slow_modes(require_few(k, self.samples))[0]
        return np.sort(np.concatenate([slow, rates_within_types(self, len(slow))]))[:k]

    def spectrum(self, k: int | None = None) -> Spectrum:
        if self.samples <= DENSE:
            return super().spectrum(k)
        return spectrum_of_flow(self._flow, require_few(k, self.samples), self.label_mobility)

    def slow_time(self) -> float:
        if self.samples <= DENSE or self.classifiable:
            return super().slow_time()
        return 1 / float(self._flow.slow_modes(self.components + 1)[0][-1])

    def fast_time(self) -> float:
        if self.samples <= DENSE:
            return super().fast_time()
        return 0.5 if self.normalised else 1 / self._flow.largest_rate()

    @property
    def has_few_modes(self) -> bool:
        return self.samples <= DENSE and super().has_few_modes

    @cached_property
    def reduction(self) -> CouplingReduction:
        if self.samples > DENSE:
            remedy = "ask for the k slowest, as in rates(k), or simulate"
            raise InputError(f"at most {DENSE} views for all modes of two encoders", str(self.samples), remedy)
        return super().reduction

    @cached_property
    def _flow(self) -> SparseFlow:
        return sparse_flow(self)

    def _slow_correlated(self, k: int | None) -> NDArray:
        """The k smallest rates with inverse degrees as mobility, 1 - mu."""
        plain = self if self.normalised else Views(self.types[self.type_of])
        return plain._flow.slow_modes(require_few(k, self.samples))[0]

    @cached_property
    def _laplacian_factor(self) -> NDArray:
        """R (N - c, N) with R^T R = D - A."""
        links = self.types[self.type_of].toarray()
        np.fill_diagonal(links, 0.0)
        return laplacian_factor(links)


def weights_of_views(A: csr_array, mobility: Mobility, signed: bool = False) -> Weights:
    """The weights of a symmetric matrix, whose sums of rows and of columns differ by rounding alone and are taken as one."""
    weights = weights_of_rows(A, mobility, signed)
    degrees = weights.sample_degrees[weights.type_of]
    return replace(weights, label_degrees=degrees, label_mobility=mobilities(mobility, degrees, degrees)[1])


def positive_pairs(coupling: Weights, of: Literal["samples", "labels"], mobility: Mobility = "degree") -> Views:
    """Pairs of samples that share a label, or of labels that share a sample; see :meth:`theory.Coupling.positive_pairs`."""
    from scipy.sparse import diags_array

    require.one_of(of, ("samples", "labels"), "what is paired")
    coupling.require_graph("give pairs of its inputs, or draw them by an augmentation")
    coupling.require_attraction()
    if of == "samples":
        half = coupling.types[coupling.type_of] @ diags_array(coupling.label_degrees**-0.5)
    else:
        half = (diags_array(np.sqrt(coupling.counts / coupling.sample_degrees)) @ coupling.types).T.tocsr()
    met = np.bincount(half.indices, minlength=half.shape[1]).astype(float)
    if (count := met @ met) > PAIRS:
        raise InputError(f"at most {PAIRS:.0e} positive pairs", f"up to {count:.2g}", "take fewer samples: modes are squares")
    pairs = half @ half.T
    return Views((pairs + pairs.T) / 2, mobility)


def from_augmentations(probabilities: ArrayLike, weights: ArrayLike | None, mobility: Mobility) -> Views:
    """The augmentation graph of a table of probabilities; see :meth:`theory.Coupling.from_augmentations`."""
    from scipy.sparse import diags_array

    rows = given.from_probabilities(probabilities)
    share = np.ones(rows.shape[0]) if weights is None else np.asarray(weights, dtype=float)
    if share.shape != rows.shape[:1] or not np.all(np.isfinite(share) & (share > 0)):
        got = f"weights of shape {share.shape}" + (", not all positive" if share.shape == rows.shape[:1] else "")
        raise InputError(f"a positive weight for each of {rows.shape[0]} samples", got, "correct them")
    return positive_pairs(weights_of_rows(require_weights(diags_array(share) @ rows), "degree"), "labels", mobility)
