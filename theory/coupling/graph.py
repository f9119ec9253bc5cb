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

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.errors import InputError

if TYPE_CHECKING:
    import networkx
    from scipy.sparse import csr_array

    from theory.coupling.spectrum import Quotient

Mobility = Literal["degree", "uniform"] | tuple[ArrayLike, ArrayLike]


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Coupling:
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
        hx, hy = _mobilities(mobility, of_samples, of_labels)
        types, counts, type_of = merge_rows(rows, hx)
        first = np.unique(type_of, return_index=True)[1]
        self._fill(types, counts, type_of, of_samples[first], of_labels, hx[first], hy, mobility)

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

    @classmethod
    def _of_types(cls, types: NDArray, counts: NDArray, mobility: Mobility = "degree") -> Coupling:
        """From weights of sample types and the number of samples of each."""
        if not isinstance(mobility, str) and any(np.ndim(m) for m in mobility):
            return cls(np.repeat(types, counts, axis=0), mobility)
        whole = cls(types, mobility="uniform")
        merged = np.zeros(len(whole.counts), dtype=int)
        np.add.at(merged, whole.type_of, counts)
        of_labels = whole.types.T @ merged
        hx, hy = _mobilities(mobility, whole.sample_degrees, of_labels)
        new = cls.__new__(cls)
        new._fill(whole.types, merged, np.repeat(whole.type_of, counts), whole.sample_degrees, of_labels, hx, hy, mobility)
        return new

    # -- ways to make one -------------------------------------------------------------------------------------------

    @classmethod
    def uniform(cls, classes: int, samples: int, fraction: float, mobility: Mobility = "degree") -> Coupling:
        """``samples`` in all, ``fraction`` of them coupled to every label; see :func:`theory.coupling.families.uniform`."""
        from theory.coupling.families import uniform

        return cls._of_types(*uniform(classes, samples, fraction), mobility)

    @classmethod
    def pairs(cls, classes: int, samples: int, fraction: float, mobility: Mobility = "degree") -> Coupling:
        """``samples`` in all, ``fraction`` of them coupled to two labels; see :func:`theory.coupling.families.pairs`."""
        from theory.coupling.families import pairs

        return cls._of_types(*pairs(classes, samples, fraction), mobility)

    @classmethod
    def from_labels(cls, labels: Iterable[Iterable[int]], mobility: Mobility = "degree") -> Coupling:
        """From the set of labels (0, 1, ...) of each sample, which share a weight of one."""
        from theory.coupling.families import from_labels

        return cls(from_labels(labels), mobility)

    @classmethod
    def from_graph(cls, graph: networkx.Graph, mobility: Mobility = "degree") -> Coupling:
        """From a bipartite graph: nodes carry ``bipartite`` 0 (sample) or 1 (label), edges ``weight`` (1 where absent)."""
        from theory.coupling.families import from_graph

        return cls(from_graph(graph), mobility)

    @classmethod
    def from_data(
        cls, features: ArrayLike, labels: Iterable[Hashable], *, bias: bool = False, mobility: Mobility = "degree"
    ) -> Coupling:
        """From the moments of inputs and labels, for a linear encoder; see :func:`theory.coupling.moments.moments`."""
        from theory.coupling.moments import moments

        m = moments(features, labels, bias)
        new, axes = cls.__new__(cls), m.first.shape[0]
        hx, hy = _mobilities(mobility, m.second, m.masses)
        new._fill(
            m.first,
            np.ones(axes, dtype=int),
            np.arange(axes),
            m.second,
            m.masses,
            hx,
            hy,
            mobility,
            m.features,
            m.classes,
            m.notes,
        )
        return new

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

    def is_own(self, label: NDArray) -> NDArray:
        """Whether a label, given for each observed sample, is one that the sample is coupled to."""
        if self.classes is not None:
            return label == self.classes
        return self._coupled[self.type_of, label]

    @cached_property
    def _coupled(self) -> NDArray:
        return self.types.toarray() > 0

    # -- its spectrum -------------------------------------------------------------------------------------------------

    def modes(self, k: int | None = None) -> NDArray:
        r"""Canonical correlations :math:`\mu`: singular values of :math:`D_x^{-1/2}JD_y^{-1/2}`, descending.

        All min(N, K) of them, or the ``k`` largest; one 1 for each component.
        """
        return self._canonical_correlations[:k].copy()

    def frustration(self) -> NDArray:
        r""":math:`\psi=1-\mu^2` of every mode, ascending."""
        return 1 - self.modes() ** 2

    @cached_property
    def components(self) -> int:
        """The number of connected components; for moments the number of correlations equal to one within rounding."""
        from theory.coupling.spectrum import count_components

        return count_components(self)

    @property
    def classifiable(self) -> bool:
        """Whether every label has a component of its own, so that nothing is frustrated."""
        return self.components == self.labels

    def quotient(self) -> Quotient:
        """The flow of the embedding-only model on sample types and labels, and what it leaves out; exact."""
        from theory.coupling.spectrum import quotient

        return quotient(self)

    def rates(self, k: int | None = None) -> NDArray:
        r"""Decay rates of the embedding-only flow, ascending, zero modes included: all N + K or the ``k`` smallest.

        With the default mobilities these are :math:`1\mp\mu` and 1.
        """
        from theory.coupling.spectrum import rates

        return rates(self)[:k]

    def slow_time(self) -> float:
        """The inverse of the smallest non-zero rate that moves labels; infinite when the data are classifiable."""
        from theory.coupling.spectrum import slow_time

        return slow_time(self)

    def fast_time(self) -> float:
        r"""The inverse of the largest rate that moves labels, :math:`1/(1+\mu)` with the default mobilities: the early gain."""
        from theory.coupling.spectrum import fast_time

        return fast_time(self)

    @cached_property
    def _canonical_correlations(self) -> NDArray:
        from theory.coupling.spectrum import canonical_correlations

        return canonical_correlations(self)


def _mobilities(mobility: Mobility, of_samples: NDArray, of_labels: NDArray) -> tuple[NDArray, NDArray]:
    if isinstance(mobility, str):
        if mobility not in ("degree", "uniform"):
            raise InputError("mobility 'degree', 'uniform' or a pair (samples, labels)", repr(mobility), "choose one of these")
        power = -1.0 if mobility == "degree" else 0.0
        return of_samples**power, of_labels**power
    try:
        samples, labels = mobility
        hx, hy = (
            np.broadcast_to(np.asarray(m, dtype=float), d.shape).copy() for m, d in ((samples, of_samples), (labels, of_labels))
        )
    except (TypeError, ValueError) as error:
        raise InputError(
            f"mobilities of {len(of_samples)} samples and {len(of_labels)} labels",
            str(error),
            "give a pair of numbers or arrays",
        ) from None
    if not all(np.all(np.isfinite(m) & (m > 0)) for m in (hx, hy)):
        raise InputError("positive finite mobilities", "others", "correct them; a mobility of zero would freeze an embedding")
    return hx, hy
