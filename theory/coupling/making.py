"""Ways to make a coupling: families, what a user has, mixtures, moments of data.

All take a ``mobility`` as :class:`theory.Coupling` does, and refuse what cannot be made with a sentence that says what would.

>>> from theory import Coupling
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

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any, Literal, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.errors import InputError

if TYPE_CHECKING:
    import networkx
    from scipy.sparse import csr_array

Mobility = Literal["degree", "uniform"] | tuple[ArrayLike, ArrayLike]


class Making:
    """The class methods of :class:`theory.Coupling` that make one."""

    @classmethod
    def uniform(cls, classes: int, samples: int, fraction: float, mobility: Mobility = "degree") -> Self:
        """``samples`` in all, ``fraction`` of them coupled to every label; see :func:`theory.coupling.families.uniform`."""
        from theory.coupling.families import uniform

        return cls._of_types(*uniform(classes, samples, fraction), mobility)

    @classmethod
    def pairs(cls, classes: int, samples: int, fraction: float, mobility: Mobility = "degree") -> Self:
        """``samples`` in all, ``fraction`` of them coupled to two labels; see :func:`theory.coupling.families.pairs`."""
        from theory.coupling.families import pairs

        return cls._of_types(*pairs(classes, samples, fraction), mobility)

    @classmethod
    def random_pairs(cls, classes: int, samples: int, fraction: float, mobility: Mobility = "degree", *, seed: int = 0) -> Self:
        """As :meth:`pairs`, the two labels drawn at random; see :func:`theory.coupling.families.random_pairs`."""
        from theory.coupling.families import random_pairs

        return cls._of_types(*random_pairs(classes, samples, fraction, seed), mobility)

    @classmethod
    def regular_pairs(
        cls, classes: int, pure_per_class: int, links: int, mobility: Mobility = "degree", *, seed: int = 0
    ) -> Self:
        """A frustrated sample on each link of a random regular graph; see :func:`theory.coupling.families.regular_pairs`."""
        from theory.coupling.families import regular_pairs

        return cls._of_types(*regular_pairs(classes, pure_per_class, links, seed), mobility)

    @classmethod
    def wrong_labels(cls, classes: int, samples: int, fraction: float, mobility: Mobility = "degree", *, seed: int = 0) -> Self:
        """The control, which does not collapse: single wrong labels; see :func:`theory.coupling.families.wrong_labels`."""
        from theory.coupling.families import wrong_labels

        return cls._of_types(*wrong_labels(classes, samples, fraction, seed), mobility)

    @classmethod
    def from_labels(cls, labels: Iterable[Iterable[int]], mobility: Mobility = "degree", *, classes: int | None = None) -> Self:
        """From the set of labels of each sample, which share a weight of one.

        Labels are 0, 1, ..., up to ``classes`` - 1 where that is given.
        """
        from theory.coupling.given import from_labels

        return cls._of_weights(from_labels(labels, classes), mobility)

    @classmethod
    def from_observations(
        cls, inputs: Iterable[Hashable], labels: ArrayLike, mobility: Mobility = "degree", *, classes: int | None = None
    ) -> Self:
        """From observations of one label each, where an input that is observed again keeps its one embedding.

        Its couplings add up, so that conflicting labels frustrate it; see :func:`theory.coupling.given.from_observations`.
        """
        from theory.coupling.given import from_observations

        return cls._of_weights(from_observations(inputs, labels, classes), mobility)

    @classmethod
    def from_probabilities(cls, probabilities: ArrayLike, mobility: Mobility = "degree") -> Self:
        """From soft labels: the probability (N, K) of each label for each sample, rows summing to one."""
        from theory.coupling.given import from_probabilities

        return cls._of_weights(from_probabilities(probabilities), mobility)

    @classmethod
    def from_graph(cls, graph: networkx.Graph, mobility: Mobility = "degree") -> Self:
        """From a bipartite graph: nodes carry ``bipartite`` 0 (sample) or 1 (label), edges ``weight`` (1 where absent)."""
        from theory.coupling.given import from_graph

        return cls._of_weights(from_graph(graph), mobility)

    @classmethod
    def from_data(
        cls, features: ArrayLike, labels: Iterable[Hashable], *, bias: bool = False, mobility: Mobility = "degree"
    ) -> Self:
        """From the moments of inputs and labels, for a linear encoder; see :func:`theory.coupling.moments.moments`."""
        from theory.coupling.moments import moments

        m, new = moments(features, labels, bias), cast(Any, cls.__new__(cls))
        axes = np.arange(m.first.shape[0])
        hx, hy = mobilities(mobility, m.second, m.masses)
        new._fill(
            m.first, np.ones_like(axes), axes, m.second, m.masses, hx, hy, mobility, m.features, m.classes, m.notes
        )  # fmt: skip
        return new

    @classmethod
    def mixture(cls, parts: Iterable[Any], mobility: Mobility = "degree") -> Self:
        """The samples of several couplings to the same labels, one after the other; mobilities are those given here."""
        from scipy.sparse import vstack

        parts = list(parts)
        labels = sorted({p.labels for p in parts})
        if len(labels) != 1 or any(p.features is not None for p in parts):
            got = f"{len(parts)} parts with {' and '.join(map(str, labels)) or 'no'} labels"
            raise InputError("couplings of samples to the same labels", got, "give parts with one number of labels, no moments")
        shifts = np.cumsum([0, *(len(p.counts) for p in parts)])
        type_of = np.concatenate([p.type_of + shift for p, shift in zip(parts, shifts, strict=False)])
        types, counts = vstack([p.types for p in parts], format="csr"), np.concatenate([p.counts for p in parts])
        return cls._of_types(types, counts, mobility, type_of)

    @classmethod
    def _of_weights(cls, J, mobility: Mobility) -> Self:
        return cast(Any, cls)(J, mobility)

    @classmethod
    def _of_types(cls, types: csr_array, counts: NDArray, mobility: Mobility, type_of: NDArray | None = None) -> Self:
        """From weights of sample types, the number of samples of each and, where they are not in order, the type of each."""
        from theory.coupling.rows import merge_rows, weights

        if type_of is None:
            type_of = np.repeat(np.arange(len(counts)), counts)
        if not isinstance(mobility, str) and any(np.ndim(m) for m in mobility):
            return cls._of_weights(types[type_of], mobility)
        rows = weights(types)
        first, _, kind = merge_rows(rows, np.zeros(len(counts)))
        merged = np.bincount(kind, weights=counts).astype(int)
        of_samples, of_labels = rows[first].sum(axis=1), rows[first].T @ merged
        hx, hy = mobilities(mobility, of_samples, of_labels)
        new = cast(Any, cls.__new__(cls))
        new._fill(rows[first], merged, kind[type_of], of_samples, of_labels, hx, hy, mobility)
        return new


def mobilities(mobility: Mobility, of_samples: NDArray, of_labels: NDArray) -> tuple[NDArray, NDArray]:
    """Mobilities of samples and labels of these degrees, or an :class:`InputError`."""
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
