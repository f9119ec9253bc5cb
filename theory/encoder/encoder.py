r"""The coupling of a linear encoder: moments of inputs and labels (§7 of the notes).

For inputs :math:`\xi\in\mathbb R^p` and a student :math:`x=E\xi` the loss
:math:`\tfrac12E\lVert E\xi-y_{a(\xi)}\rVert^2` is that of the embedding model with the second moment
:math:`D_x=\Sigma=E[\xi\xi^T]` (not centred), the class masses :math:`D_y`, and :math:`J=M=E[\xi1_a]`, which may be negative.
Nothing depends on the basis of the inputs, so they are turned to the principal axes of :math:`\Sigma`, where :math:`D_x` is
diagonal: one "sample" is one principal axis, and columns of X are those of E.

Frustration is the second moment :math:`F^TF=D_y-M^T\Sigma^{-1}M` of what a linear map of the inputs leaves of the labels: rows
of data give its factor F without subtracting moments, with the accuracy of rounding relative to 1.

>>> from theory import Coupling
>>> inputs, labels = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
>>> Coupling.from_data(inputs, labels, bias=True)
<encoder of 2 samples in 2 types to 2 labels>
>>> Coupling.from_data(inputs, labels, bias=True).modes().round(6)
array([1.      , 0.894427])

When it fails: axes are no samples, so that nothing is said of graphs, types or cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from theory.coupling import Coupling
from theory.coupling.reduction import EPS, CouplingReduction, reduce_weights
from theory.coupling.rows import dense_where_small
from theory.coupling.spectrum import canonical_correlations
from theory.coupling.weights import Mobility, is_normalised, mobilities
from theory.errors import InputError


class Sample(NamedTuple):
    """Inputs (n, p) and the class of each (n,)."""

    features: NDArray
    classes: NDArray


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Encoder(Coupling):
    """The moments of a linear encoder and of the labels of its inputs, along principal axes.

    Attributes
    ----------
    trained, seen
        inputs along the axes, with their classes: those of which batches are drawn, and those on which it is observed.
    unexplained
        F (at most K, K).
    """

    trained: Sample
    seen: Sample
    unexplained: NDArray

    def __repr__(self):
        return f"<encoder of {self.samples} samples in {len(self.counts)} types to {self.labels} labels>"

    @property
    def features(self) -> NDArray:
        """Rows that the columns of the encoder multiply, one for each observed sample (n, N)."""
        return self.seen.features

    @property
    def classes(self) -> NDArray:
        """The class of each observed sample (n,)."""
        return self.seen.classes

    def require_graph(self, remedy: str) -> NoReturn:
        raise InputError("couplings of samples to labels", "the moments of an encoder", remedy)

    @cached_property
    def data(self) -> dict[str, object]:
        """The values of the data symbols, and the samples that the encoder was made from, if there are any."""
        return {**super().data, **(self._samples_of(slice(None)) if self.drawable else {})}

    def _samples_of(self, batch: NDArray | slice) -> dict[str, object]:
        from scipy.sparse import csr_array

        classes = self.trained.classes[batch]
        count = len(classes)
        shares = np.full(count, 1 / count)
        own = csr_array((shares, classes, np.arange(count + 1)), shape=(count, self.labels))
        return {"Xi": self.trained.features[batch].T, "J_Xi": dense_where_small(own), "D_Xi": shares}

    def data_of(self, batch: NDArray) -> dict[str, Any]:
        inputs, own = self.trained.features[batch], np.eye(self.labels)[self.trained.classes[batch]]
        return {
            **self._samples_of(batch),
            "J": inputs.T @ own / len(batch),
            "D_x": inputs.T @ inputs / len(batch),
            "D_y": own.mean(axis=0),
            "H_x": self.sample_mobility,
            "H_y": self.label_mobility,
        }

    @property
    def null_vector(self) -> dict[str, NDArray]:
        return {}

    @property
    def drawable(self) -> int:
        return len(self.trained.classes)

    @property
    def observed(self) -> int:
        return len(self.classes)

    def columns_of(self, samples: NDArray) -> slice:
        return slice(None)

    def observe(self, embeddings: NDArray, chosen: NDArray | None = None) -> NDArray:
        return embeddings @ (self.features if chosen is None else self.features[chosen]).T

    def second_moments(self, embeddings: NDArray) -> NDArray:
        return embeddings @ self._feature_moments @ embeddings.T

    @cached_property
    def _feature_moments(self) -> NDArray:
        return self.features.T @ self.features / len(self.features)

    def is_own(self, label: NDArray, samples: NDArray | None = None) -> NDArray:
        return label == (self.classes if samples is None else self.classes[samples])

    @property
    def columns_in_words(self) -> str:
        return f"an encoder of {self.samples} axes"

    def frustration(self, k: int | None = None) -> NDArray:
        return 1 - self.modes(k) ** 2

    @cached_property
    def components(self) -> int:
        return int(np.sum(self.modes() > 1 - 100 * EPS * max(self.trained.features.shape)))

    @cached_property
    def reduction(self) -> CouplingReduction:
        _, strengths, directions = np.linalg.svd(self.unexplained * np.sqrt(self.label_mobility))
        kept = self.labels - self.components
        return reduce_weights(self, strengths[:kept, None] * directions[:kept], directions[kept:].T)

    @cached_property
    def _correlations(self) -> NDArray:
        return canonical_correlations(self)


def encoder_of_moments(
    first: NDArray,
    variances: NDArray,
    masses: NDArray,
    unexplained: NDArray,
    mobility: Mobility,
    notes: Sequence[str],
    trained: Sample,
    seen: Sample | None = None,
) -> Encoder:
    """The encoder of M (axes, K), the variances of the axes, class masses (K,), F, and samples along the axes."""
    from scipy.sparse import csr_array

    axes = np.arange(len(variances))
    hx, hy = mobilities(mobility, variances, masses)
    moments = csr_array(first), np.ones_like(axes), axes, variances, masses, hx, hy, is_normalised(mobility), tuple(notes)
    return Encoder(*moments, trained=trained, seen=seen or trained, unexplained=unexplained)
