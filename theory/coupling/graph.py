r"""Coupling: the data of a model, as the pair :math:`(D,A)` with mobilities.

Samples and labels are coupled by :math:`J\ge0` (N × K) with degrees :math:`D=\operatorname{diag}(D_x,D_y)` and adjacency
:math:`A=\begin{pmatrix}0&J\\J^T&0\end{pmatrix}` (§1 of the notes).  The same object holds the moments of a linear encoder
(§7): there :math:`D_x` is the second moment of the inputs, taken along its principal axes, and :math:`J` the first moments of
the classes, which may be negative; one "sample" is one principal axis.

Samples with equal rows and equal mobility are interchangeable and are kept as one *type* with a count.

>>> pairs = Coupling.pairs(classes=3, samples=12, fraction=0.5)
>>> len(pairs.counts), pairs.samples, pairs.components, pairs.classifiable
(6, 12, 1, False)
>>> [round(float(psi), 6) for psi in pairs.frustration()]
[0.0, 0.375, 0.375]
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.coupling.making import Making, Mobility, mobilities

if TYPE_CHECKING:
    import networkx
    from scipy.sparse import csr_array

    from theory.coupling.partition import EquitablePartition, Quotient
    from theory.coupling.reduction import Reduction
    from theory.coupling.spectrum import Spectrum

__all__ = ["Coupling", "Mobility"]


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Coupling(Making):
    """Who is coupled to whom, how strongly, and how fast each moves.

    Attributes
    ----------
    types
        weights of each sample type, sparse (T, K).
    counts
        number of samples of each type (T,).
    type_of
        type of each sample (N,).
    sample_degrees, sample_mobility
        of each type (T,).
    label_degrees, label_mobility
        of each label (K,).
    features
        rows that the columns of an encoder multiply (samples, N), or None where each sample has an embedding of its own.
    classes
        the class of each row of ``features``, or None.
    notes
        what was done to the data on the way, in sentences.
    """

    types: csr_array
    counts: NDArray
    type_of: NDArray
    sample_degrees: NDArray
    label_degrees: NDArray
    sample_mobility: NDArray
    label_mobility: NDArray
    normalised: bool
    features: NDArray | None
    classes: NDArray | None
    notes: tuple[str, ...]

    def __init__(self, J: ArrayLike, mobility: Mobility = "degree"):
        """From couplings.

        Parameters
        ----------
        J
            non-negative weights (N, K), dense, SciPy sparse or array-like: one row a sample, one column a label.
        mobility
            ``"degree"`` for :math:`H=D^{-1}`, ``"uniform"`` for :math:`H=1`, or a pair (samples, labels) of
            positive numbers or arrays.

        Raises
        ------
        InputError
            for ragged, non-finite or negative weights, and for a sample or a label without coupling.
        """
        from theory.coupling.rows import merge_rows, weights

        rows = weights(J)
        of_samples, of_labels = rows.sum(axis=1), rows.sum(axis=0)
        hx, hy = mobilities(mobility, of_samples, of_labels)
        first, counts, type_of = merge_rows(rows, hx)
        self._fill(rows[first], counts, type_of, of_samples[first], of_labels, hx[first], hy, mobility)

    def _fill(
        self, types, counts, type_of, sample_degrees, label_degrees, hx, hy, mobility, features=None, classes=None, notes=()
    ):
        values = dict(
            types=types, counts=counts, type_of=type_of, sample_degrees=sample_degrees, label_degrees=label_degrees,
            sample_mobility=hx, label_mobility=hy, normalised=isinstance(mobility, str) and mobility == "degree",
            features=features, classes=classes, notes=tuple(notes),
        )  # fmt: skip
        for name, value in values.items():
            object.__setattr__(self, name, value)

    # -- what it holds ------------------------------------------------------------------------------------------------

    def __repr__(self):
        kind = "encoder of" if self.features is not None else "coupling of"
        return f"<{kind} {self.samples} samples in {len(self.counts)} types to {self.labels} labels>"

    @property
    def samples(self) -> int:
        """N: embeddings on the sample side (columns of X)."""
        return len(self.type_of)

    @property
    def labels(self) -> int:
        """K: labels."""
        return len(self.label_degrees)

    @property
    def total_weight(self) -> float:
        """The sum of all couplings (of the class masses, for moments)."""
        return float(self.label_degrees.sum())

    @cached_property
    def graph(self) -> networkx.Graph:
        """The sample-label graph: nodes ("sample", i) and ("label", a), edges with ``weight``."""
        from theory.coupling.rows import to_networkx

        return to_networkx(self.types, self.type_of)

    @cached_property
    def data(self) -> dict[str, object]:
        """The values of the data symbols of the vocabulary, by name; diagonal matrices as vectors."""
        from theory.coupling.rows import expand_rows

        return {
            "J": expand_rows(self.types, self.type_of),
            "D_x": self.sample_degrees[self.type_of],
            "D_y": self.label_degrees,
            "H_x": self.sample_mobility[self.type_of],
            "H_y": self.label_mobility,
        }

    @property
    def null_vector(self) -> dict[str, NDArray]:
        """The null vector u of the Laplacian, by name: constant over all samples and labels; none is given for moments."""
        return {} if self.features is not None else {"u_x": np.ones((self.samples, 1)), "u_y": np.ones((self.labels, 1))}

    def observe(self, embeddings: NDArray) -> NDArray:
        """Embeddings of the observed samples, (d, samples): the columns themselves, or an encoder's outputs on its inputs."""
        return embeddings if self.features is None else embeddings @ self.features.T

    @property
    def observed(self) -> int:
        """The number of observed samples: N, or the inputs that an encoder was made from."""
        return self.samples if self.features is None else len(self.features)

    def is_own(self, label: NDArray, samples: NDArray | None = None) -> NDArray:
        """Whether a label, given for each observed sample or for those in ``samples``, is one that it is coupled to."""
        from theory.coupling.rows import is_coupled

        chosen = slice(None) if samples is None else samples
        if self.classes is not None:
            return label == self.classes[chosen]
        return is_coupled(self.types, self.type_of[chosen], label)

    # -- its spectrum -------------------------------------------------------------------------------------------------

    def modes(self, k: int | None = None) -> NDArray:
        r"""Canonical correlations :math:`\mu`: singular values of :math:`D_x^{-1/2}JD_y^{-1/2}`, descending.

        All min(N, K), the trivial ones (one for each component) included, or the ``k`` largest.
        """
        return self._canonical_correlations[:k].copy()

    def frustration(self) -> NDArray:
        r""":math:`\psi=1-\mu^2` of every mode, ascending, each with its own relative accuracy however small it is.

        For moments of data, accurate to rounding relative to 1.
        """
        return self._frustration.copy()

    @cached_property
    def components(self) -> int:
        """The number of connected components; for moments the number of correlations equal to one within rounding."""
        from theory.coupling.reduction import count_components

        return count_components(self)

    @property
    def classifiable(self) -> bool:
        """Whether every label has a component of its own, so that nothing is frustrated."""
        return self.components == self.labels

    def quotient(self) -> Quotient:
        """The flow of the embedding-only model on sample types and labels, and what it leaves out; exact.

        See :func:`theory.coupling.partition.quotient`.
        """
        from theory.coupling.partition import quotient

        return quotient(self)

    def equitable_partition(self) -> EquitablePartition:
        """Types and labels merged into cells that the weights do not tell apart, and the flow on the cells; exact.

        See :func:`theory.coupling.partition.equitable_partition`.
        """
        from theory.coupling.partition import equitable_partition

        return equitable_partition(self)

    def spectrum(self, k: int | None = None) -> Spectrum:
        """The modes of the embedding-only flow that move labels: all, or the ``k`` slowest, zero modes included.

        See :func:`theory.coupling.spectrum.spectrum`.
        """
        from theory.coupling.spectrum import spectrum

        return spectrum(self, k)

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
        from theory.coupling.spectrum import rates

        return rates(self, k)

    def slow_time(self) -> float:
        """The inverse of the smallest non-zero rate that moves labels; infinite when the data are classifiable."""
        from theory.coupling.spectrum import slow_time

        return slow_time(self)

    def fast_time(self) -> float:
        r"""The inverse of the largest rate that moves labels, :math:`1/(1+\mu)` with the default mobilities: the early gain."""
        from theory.coupling.spectrum import fast_time

        return fast_time(self)

    @cached_property
    def reduction(self) -> Reduction:
        """The embedding-only flow on what labels can feel of the samples; see :mod:`theory.coupling.reduction`."""
        from theory.coupling.reduction import reduce

        return reduce(self)

    @cached_property
    def _canonical_correlations(self) -> NDArray:
        from theory.coupling.spectrum import canonical_correlations

        return canonical_correlations(self)

    @cached_property
    def _frustration(self) -> NDArray:
        from theory.coupling.spectrum import frustration

        return frustration(self)

    @cached_property
    def _spectrum(self) -> Spectrum:
        from theory.coupling.spectrum import dense_spectrum

        return dense_spectrum(self)
