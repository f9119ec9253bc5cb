r"""Coupling: the data of a model, as the pair :math:`(D,A)` with mobilities.

Samples and labels are coupled by :math:`J\ge0` (N × K) with degrees :math:`D=\operatorname{diag}(D_x,D_y)` and adjacency
:math:`A=\begin{pmatrix}0&J\\J^T&0\end{pmatrix}` (§1 of the notes).  It holds the weights of sample types
(:mod:`theory.coupling.weights`); here is how one is made, and what its spectrum says.  The moments of a linear encoder (§7) are
a coupling of a kind of its own, :class:`theory.encoder.Encoder`.

>>> pairs = Coupling.pairs(classes=3, samples=12, fraction=0.5)
>>> len(pairs.counts), pairs.samples, pairs.components, pairs.classifiable
(6, 12, 1, False)
>>> [round(float(psi), 6) for psi in pairs.frustration()]
[0.0, 0.375, 0.375]
>>> half = Coupling.uniform(classes=2, samples=4, fraction=0.0)
>>> Coupling.mixture([half, Coupling.from_labels([{0, 1}])])
<coupling of 5 samples in 3 types to 2 labels>
>>> Coupling.from_observations(["cat", "dog", "cat"], [0, 1, 1]).data["J"]
array([[1., 1.],
       [0., 1.]])
>>> Coupling.wrong_labels(classes=4, samples=400, fraction=0.25, seed=0).slow_time()
inf
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.coupling import families, given, partition, spectrum
from theory.coupling.partition import EquitablePartition, Quotient
from theory.coupling.reduction import CouplingReduction, laplacian_parts, reduce_weights
from theory.coupling.spectrum import Spectrum
from theory.coupling.weights import Mobility, Weights, weights_of_rows, weights_of_types
from theory.errors import InputError

if TYPE_CHECKING:
    import networkx
    from matplotlib.figure import Figure

    from theory.coupling.views import Views
    from theory.encoder import Encoder


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Coupling(Weights):
    """Who is coupled to whom, how strongly, and how fast each moves; attributes as of :class:`theory.coupling.weights.Weights`.

    All that make one take a ``mobility`` as the constructor does, and refuse what cannot be made with a sentence that says what
    would.
    """

    def __init__(self, J: ArrayLike | Weights, mobility: Mobility = "degree"):
        """From couplings.

        Parameters
        ----------
        J
            non-negative weights (N, K), dense, SciPy sparse or array-like: one row a sample, one column a label; or
            :class:`~theory.coupling.weights.Weights`, which have their mobilities.
        mobility
            ``"degree"`` for :math:`H=D^{-1}`, ``"uniform"`` for :math:`H=1`, or a pair (samples, labels) of
            positive numbers or arrays.

        Raises
        ------
        InputError
            for ragged, non-finite or negative weights, and for a sample or a label without coupling.
        """
        super().__init__(**(J if isinstance(J, Weights) else weights_of_rows(J, mobility)).parts)

    def __repr__(self):
        return f"<coupling of {self.samples} samples in {len(self.counts)} types to {self.labels} labels>"

    def summarise(self) -> dict:
        """Correlations, frustrations and slow rates of the modes, components, and the slow time, as plain values."""
        mu = self.modes()
        moving = self._moving_rates(min(max(len(mu), self.components + 1), self.labels))
        slow = float("inf") if self.classifiable else 1 / float(moving[self.components])
        return {
            "mu": mu.tolist(),
            "frustration": self.frustration().tolist(),
            "rates": self._with_hidden(moving, len(mu)).tolist(),
            "components": self.components,
            "classifiable": self.classifiable,
            "slow_time": slow if np.isfinite(slow) else None,
            "collapses": bool(np.isfinite(slow)),
        }

    def plot(self, names: Sequence[str] = ()) -> Figure:
        """Correlations, frustrations and rates by mode, beside the class graph.

        Parameters
        ----------
        names
            of the labels; by default their numbers.

        Raises
        ------
        InputError
            without the extra ``report``, which draws, and where rates are not known.
        """
        require.extra("report", "matplotlib")
        from derivations.figures.spectra import spectrum as spectrum_figure
        from theory.coupling.class_graph import class_graph

        shown = list(names) or [str(label + 1) for label in range(self.labels)]
        return spectrum_figure(repr(self)[1:-1], shown, self.summarise(), class_graph(self))

    # -- ways to make one ----------------------------------------------------------------------------------------------

    @staticmethod
    def uniform(classes: int, samples: int, fraction: float, mobility: Mobility = "degree") -> Coupling:
        """``samples`` in all, ``fraction`` of them coupled to every label; see :func:`theory.coupling.families.uniform`."""
        return Coupling(weights_of_types(*families.uniform(classes, samples, fraction), mobility))

    @staticmethod
    def pairs(classes: int, samples: int, fraction: float, mobility: Mobility = "degree") -> Coupling:
        """``samples`` in all, ``fraction`` of them coupled to two labels; see :func:`theory.coupling.families.pairs`."""
        return Coupling(weights_of_types(*families.pairs(classes, samples, fraction), mobility))

    @staticmethod
    def random_pairs(classes: int, samples: int, fraction: float, mobility: Mobility = "degree", *, seed: int = 0) -> Coupling:
        """As :meth:`pairs`, the two labels drawn at random; see :func:`theory.coupling.families.random_pairs`."""
        return Coupling(weights_of_types(*families.random_pairs(classes, samples, fraction, seed), mobility))

    @staticmethod
    def regular_pairs(
        classes: int, pure_per_class: int, links: int, mobility: Mobility = "degree", *, seed: int = 0
    ) -> Coupling:
        """A frustrated sample on each link of a random regular graph; see :func:`theory.coupling.families.regular_pairs`."""
        return Coupling(weights_of_types(*families.regular_pairs(classes, pure_per_class, links, seed), mobility))

    @staticmethod
    def wrong_labels(classes: int, samples: int, fraction: float, mobility: Mobility = "degree", *, seed: int = 0) -> Coupling:
        """The control, which does not collapse: single wrong labels; see :func:`theory.coupling.families.wrong_labels`."""
        return Coupling(weights_of_types(*families.wrong_labels(classes, samples, fraction, seed), mobility))

    @staticmethod
    def from_labels(labels: Iterable[Iterable[int]], mobility: Mobility = "degree", *, classes: int | None = None) -> Coupling:
        """From the set of labels of each sample, which share a weight of one.

        Labels are 0, 1, ..., up to ``classes`` - 1 where that is given.
        """
        return Coupling(given.from_labels(labels, classes), mobility)

    @staticmethod
    def from_observations(
        inputs: Iterable[Hashable], labels: ArrayLike, mobility: Mobility = "degree", *, classes: int | None = None
    ) -> Coupling:
        """From observations of one label each, where an input that is observed again keeps its one embedding.

        Its couplings add up, so that conflicting labels frustrate it; see :func:`theory.coupling.given.from_observations`.
        """
        return Coupling(given.from_observations(inputs, labels, classes), mobility)

    @staticmethod
    def from_probabilities(probabilities: ArrayLike, mobility: Mobility = "degree") -> Coupling:
        """From soft labels: the probability (N, K) of each label for each sample, rows summing to one."""
        return Coupling(given.from_probabilities(probabilities), mobility)

    @staticmethod
    def from_graph(graph: networkx.Graph, mobility: Mobility = "degree") -> Coupling:
        """From a bipartite graph: nodes carry ``bipartite`` 0 (sample) or 1 (label), edges ``weight`` (1 where absent)."""
        return Coupling(given.from_graph(graph), mobility)

    @staticmethod
    def from_positive_pairs(A: ArrayLike | networkx.Graph, mobility: Mobility = "degree") -> Views:
        """From how often views i and j are a positive pair: symmetric weights (N, N), dense or sparse, or a graph.

        See :mod:`theory.coupling.views`.
        """
        from theory.coupling.views import Views

        return Views(A, mobility)

    @staticmethod
    def from_signed_weights(J: ArrayLike | networkx.Graph, mobility: Mobility = "uniform") -> Coupling:
        """From weights (N, K) that attract or, below zero, repel, of two views if symmetric: :mod:`theory.coupling.signed`."""
        from theory.coupling.signed import from_signed_weights

        return from_signed_weights(J, mobility)

    @staticmethod
    def from_augmentations(probabilities: ArrayLike, weights: ArrayLike | None = None, mobility: Mobility = "degree") -> Views:
        r"""The augmentation graph :math:`A_{ab}=\sum_iw_ip(a|i)p(b|i)` of augmented views a, b of samples i.

        ``probabilities`` are p (samples, views), rows summing to one; ``weights`` those of the samples, one each unless given.
        """
        from theory.coupling.views import from_augmentations

        return from_augmentations(probabilities, weights, mobility)

    def positive_pairs(self, of: Literal["samples", "labels"] = "samples", mobility: Mobility = "degree") -> Views:
        r"""Pairs of samples that share a label, :math:`JD_y^{-1}J^T`, or of labels that share a sample, :math:`J^TD_x^{-1}J`.

        One encoder loses their modes at the rates :math:`\psi` of :meth:`frustration`; see :mod:`theory.coupling.views`.
        """
        from theory.coupling.views import positive_pairs

        return positive_pairs(self, of, mobility)

    @staticmethod
    def from_data(
        features: ArrayLike, labels: Iterable[Hashable], *, bias: bool = False, mobility: Mobility = "degree"
    ) -> Encoder:
        """From the moments of inputs and labels, for a linear encoder; see :func:`theory.encoder.moments.from_data`."""
        from theory.encoder import from_data

        return from_data(features, labels, bias=bias, mobility=mobility)

    @staticmethod
    def mixture(parts: Iterable[Weights], mobility: Mobility = "degree") -> Coupling:
        """The samples of several couplings to the same labels, one after the other; mobilities are those given here."""
        from scipy.sparse import vstack

        parts = list(parts)
        labels, remedy = sorted({p.labels for p in parts}), "give parts with one number of labels, no moments"
        if len(labels) != 1:
            got = f"{len(parts)} parts with {' and '.join(map(str, labels)) or 'no'} labels"
            raise InputError("couplings of samples to the same labels", got, remedy)
        for part in parts:
            part.require_graph(remedy)
        shifts = np.cumsum([0, *(len(p.counts) for p in parts)])
        type_of = np.concatenate([p.type_of + shift for p, shift in zip(parts, shifts, strict=False)])
        types, counts = vstack([p.types for p in parts], format="csr"), np.concatenate([p.counts for p in parts])
        return Coupling(weights_of_types(types, counts, mobility, type_of))

    # -- its spectrum -------------------------------------------------------------------------------------------------

    def modes(self, k: int | None = None) -> NDArray:
        r"""Canonical correlations :math:`\mu`: singular values of :math:`D_x^{-1/2}JD_y^{-1/2}`, descending.

        All min(N, K), the trivial ones (one for each component) included, or the ``k`` largest.
        """
        return self._correlations[:k].copy()

    def frustration(self, k: int | None = None) -> NDArray:
        r""":math:`\psi=1-\mu^2` of every mode, or the ``k`` smallest, each with its own relative accuracy however small it is.

        For moments of data, accurate to rounding relative to 1.
        """
        return self._frustrated_modes[0][: min(self.samples, self.labels)][:k].copy()

    @cached_property
    def components(self) -> int:
        """The number of connected components; for moments the number of correlations equal to one within rounding."""
        return int(self.label_components.max()) + 1

    @property
    def classifiable(self) -> bool:
        """Whether every label has a component of its own, so that nothing is frustrated."""
        return self.components == self.labels

    def quotient(self) -> Quotient:
        """The flow of the embedding-only model on sample types and labels, and what it leaves out; exact.

        See :func:`theory.coupling.partition.quotient`.
        """
        return partition.quotient(self)

    def equitable_partition(self) -> EquitablePartition:
        """Types and labels merged into cells that the weights do not tell apart, and the flow on the cells; exact.

        See :func:`theory.coupling.partition.equitable_partition`.
        """
        return partition.equitable_partition(self)

    def spectrum(self, k: int | None = None) -> Spectrum:
        """The modes of the embedding-only flow that move labels: all, or the ``k`` slowest, zero modes included.

        Errors as of :meth:`rates`.
        """
        spectrum.require_count(k)
        if self._is_dense:
            return self._spectrum.slowest(k)
        return spectrum.slowest_modes(self, self.reduction, k)

    def rates(self, k: int | None = None) -> NDArray:
        r"""Decay rates of the embedding-only flow, ascending, zero modes included: all N + K or the ``k`` smallest.

        With the default mobilities these are :math:`1\mp\mu` and 1.

        Raises
        ------
        InputError
            for all rates of a coupling that is too large for dense linear algebra; ask for the ``k`` smallest.
        UnfinishedError
            where an iteration has not converged.
        """
        return self._with_hidden(self._moving_rates(k), k)

    def _moving_rates(self, k: int | None) -> NDArray:
        """Rates of the k slowest modes that move labels, or of all where they are known at once."""
        return self.spectrum(None if self._is_dense else k).rates

    def _with_hidden(self, moving: NDArray, k: int | None) -> NDArray:
        """All rates, or the k smallest, of the k slowest that move labels at least."""
        hidden = spectrum.hidden_rates(self.reduction, self.samples + self.labels if k is None else k)
        return np.sort(np.concatenate([moving, hidden]))[:k]

    def slow_time(self) -> float:
        """The inverse of the smallest non-zero rate that moves labels; infinite when the data are classifiable."""
        return float("inf") if self.classifiable else 1 / float(self.spectrum(self.components + 1).rates[-1])

    def fast_time(self) -> float:
        r"""The inverse of the largest rate that moves labels, :math:`1/(1+\mu)` with the default mobilities: the early gain."""
        found = self.spectrum() if self._is_dense else spectrum.fastest_mode(self, self.reduction)
        return 1 / float(found.rates[-1])

    @cached_property
    def reduction(self) -> CouplingReduction:
        """The embedding-only flow on what labels can feel of the samples; see :mod:`theory.coupling.reduction`."""
        return reduce_weights(self, *laplacian_parts(self))

    @property
    def has_few_modes(self) -> bool:
        """Whether the modes that move labels are few enough to be held at once."""
        return self.reduction.size <= spectrum.DENSE

    @property
    def _is_dense(self) -> bool:
        return self.normalised or self.has_few_modes

    @cached_property
    def _correlations(self) -> NDArray:
        return spectrum.canonical_correlations(self, self.reduction)

    @cached_property
    def _frustrated_modes(self) -> tuple[NDArray, NDArray]:
        return spectrum.frustrated_modes(self, self.reduction)

    @cached_property
    def _spectrum(self) -> Spectrum:
        if self.normalised:
            return spectrum.spectrum_from_correlations(self, self.reduction, self.modes(), *self._frustrated_modes)
        return spectrum.dense_spectrum(self, self.reduction)
