r"""Weights: who is coupled to whom, and how fast each moves, as the pair :math:`(D,A)` with mobilities (§1 of the notes).

Samples with equal rows and equal mobility are interchangeable and are kept as one *type* with a count.  The moments of a
linear encoder, whose "samples" are principal axes of its inputs, give other answers to some of the methods below
(:class:`theory.encoder.Encoder`); what asks need not know which of the two it has.

>>> two = weights_of_types([[1, 0], [0.5, 0.5]], np.array([3, 1]), "degree")
>>> two.samples, two.labels, two.label_degrees.tolist(), two.label_mobility.round(3).tolist()
(4, 2, [3.5, 0.5], [0.286, 2.0])
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.coupling.rows import DENSE_LIMIT, dense_where_small, is_coupled, merge_rows, require_weights, to_networkx
from theory.errors import InputError

if TYPE_CHECKING:
    import networkx
    from scipy.sparse import csr_array

Mobility = Literal["degree", "uniform"] | tuple[ArrayLike, ArrayLike]


@dataclass(frozen=True, eq=False)
class Weights:
    """Sample types and labels, their weights and their mobilities.

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
    normalised
        whether mobilities are the inverse degrees.
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
    notes: tuple[str, ...] = ()

    @property
    def parts(self) -> dict[str, Any]:
        """Its fields by name, as its constructor takes them."""
        return {field.name: getattr(self, field.name) for field in fields(Weights)}

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
        return to_networkx(self.types, self.type_of)

    @cached_property
    def label_components(self) -> NDArray:
        """The connected component of each label (K,), by number."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        rows, size = self.types, self.labels
        first = np.repeat(rows.indices[rows.indptr[:-1]], np.diff(rows.indptr))  # a label of the same type, for each entry
        if size**2 <= DENSE_LIMIT:
            joined = np.zeros((size, size), dtype=bool)
            joined[first, rows.indices] = True
        else:
            joined = csr_array((np.ones(len(first), dtype=bool), (first, rows.indices)), shape=(size, size))
        return connected_components(joined, directed=False)[1]

    def require_graph(self, remedy: str) -> None:
        """Raise :class:`~theory.errors.InputError`, with a remedy, unless rows are samples with embeddings of their own."""

    @property
    def attracts(self) -> bool:
        """Whether no pair repels, so that D - A has no negative eigenvalue."""
        return True

    def require_attraction(self) -> None:
        """Raise :class:`~theory.errors.InputError` where a pair repels."""
        if not self.attracts:
            remedy = "use rates(), or simulate by Direct()"
            raise InputError("couplings that attract", "weights that repel", remedy)

    # -- values of the data symbols ------------------------------------------------------------------------------------

    @cached_property
    def data(self) -> dict[str, object]:
        """The values of the data symbols of the vocabulary, by name; diagonal matrices as vectors."""
        return {
            "J": dense_where_small(self.types[self.type_of]),
            "D_x": self.sample_degrees[self.type_of],
            "D_y": self.label_degrees,
            "H_x": self.sample_mobility[self.type_of],
            "H_y": self.label_mobility,
        }

    def data_of(self, batch: NDArray) -> Mapping[str, Any]:
        """The same as a batch of samples, given by number, estimates them for the columns of X that it moves."""
        of, scale = self.type_of[batch], self.samples / len(batch)
        rows = self._rows_of_types[of] * scale
        return {
            "J": rows,
            "D_x": self.sample_degrees[of] * scale,
            "D_y": rows.sum(axis=0),
            "H_x": self.sample_mobility[of],
            "H_y": self.label_mobility,
        }

    @cached_property
    def _rows_of_types(self):
        return dense_where_small(self.types)

    @property
    def null_vector(self) -> dict[str, NDArray]:
        """The null vector u of the Laplacian, by name: constant over all samples and labels; none is given for moments."""
        return {"u_x": np.broadcast_to(1.0, (self.samples, 1)), "u_y": np.broadcast_to(1.0, (self.labels, 1))}

    # -- samples that are drawn, and samples that are observed ----------------------------------------------------------

    @property
    def drawable(self) -> int:
        """The number of samples of which batches are drawn."""
        return self.samples

    @property
    def observed(self) -> int:
        """The number of observed samples: N, or the inputs on which an encoder is observed."""
        return self.samples

    def columns_of(self, samples: NDArray) -> NDArray | slice:
        """The columns of X that samples depend on."""
        return samples

    def observe(self, embeddings: NDArray, chosen: NDArray | None = None) -> NDArray:
        """Embeddings of observed samples, all or those ``chosen``, from their columns of X; or outputs of an encoder."""
        return embeddings

    def second_moments(self, embeddings: NDArray) -> NDArray:
        """The mean (d, d) of the outer products of all observed embeddings, from the columns of X."""
        return embeddings @ embeddings.T / embeddings.shape[1]

    def is_own(self, label: NDArray, samples: NDArray | None = None) -> NDArray:
        """Whether a label, given for each observed sample or for those in ``samples``, is one that it is coupled to."""
        return is_coupled(self.types, self.type_of if samples is None else self.type_of[samples], label)

    @property
    def columns_in_words(self) -> str:
        """What the columns of X are."""
        return "every sample"


def weights_of_rows(J: ArrayLike, mobility: Mobility, signed: bool = False) -> Weights:
    """The weights of samples, a row each, with equal samples merged; non-negative unless signed."""
    rows = require_weights(J, signed)
    of_samples, of_labels = rows.sum(axis=1), rows.sum(axis=0)
    hx, hy = mobilities(mobility, of_samples, of_labels)
    first, counts, type_of = merge_rows(rows, hx)
    return Weights(rows[first], counts, type_of, of_samples[first], of_labels, hx[first], hy, is_normalised(mobility))


def weights_of_types(types: ArrayLike, counts: NDArray, mobility: Mobility, type_of: NDArray | None = None) -> Weights:
    """The weights of sample types, with the number of samples of each and, where they are not in order, the type of each."""
    if type_of is None:
        type_of = np.repeat(np.arange(len(counts)), counts)
    rows = require_weights(types)
    if not isinstance(mobility, str) and any(np.ndim(m) for m in mobility):
        return weights_of_rows(rows[type_of], mobility)
    first, _, kind = merge_rows(rows, np.zeros(len(counts)))
    merged = np.bincount(kind, weights=counts).astype(int)
    of_samples, of_labels = rows[first].sum(axis=1), rows[first].T @ merged
    hx, hy = mobilities(mobility, of_samples, of_labels)
    return Weights(rows[first], merged, kind[type_of], of_samples, of_labels, hx, hy, is_normalised(mobility))


def is_normalised(mobility: Mobility) -> bool:
    """Whether mobilities are the inverse degrees."""
    return isinstance(mobility, str) and mobility == "degree"


def mobilities(mobility: Mobility, of_samples: NDArray, of_labels: NDArray) -> tuple[NDArray, NDArray]:
    """Mobilities of samples and labels of these degrees, or an :class:`InputError`."""
    if isinstance(mobility, str):
        if mobility not in ("degree", "uniform"):
            raise InputError("mobility 'degree', 'uniform' or a pair (samples, labels)", repr(mobility), "choose one of these")
        lowest = min(of_samples.min(), of_labels.min())
        if mobility == "degree" and lowest <= 0:
            raise InputError("positive degrees for inverse degrees as mobility", f"{lowest:g}", "give mobility='uniform'")
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
