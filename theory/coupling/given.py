"""Couplings that a user has: sets of labels, repeated observations, probabilities, graphs.

Each returns sparse weights (N, K).  Nothing loops over samples: sets are read by iterators that run in C.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.coupling.rows import require_weights
from theory.errors import InputError

if TYPE_CHECKING:
    import networkx
    from scipy.sparse import coo_array, csr_array

SINGLE = 1e-6  # rounding of probabilities in single precision


def from_labels(labels: Iterable[Iterable[int]], classes: int | None = None) -> coo_array:
    """Weights 1/m on the m labels of each sample; with ``classes``, labels 0 to classes - 1 and no other."""
    from scipy.sparse import coo_array

    sets = list(labels)
    try:
        sizes = np.fromiter(map(len, sets), dtype=np.int64, count=len(sets))  # type: ignore[arg-type]
        kinds = set(map(type, chain.from_iterable(sets)))
    except TypeError:
        sets = [_label_set(s, number) for number, s in enumerate(sets)]
        return from_labels(sets, classes)
    if not all(issubclass(kind, int | np.integer) and kind is not bool for kind in kinds) or not sizes.all():
        return from_labels([_label_set(s, number) for number, s in enumerate(sets)], classes)
    flat = np.fromiter(chain.from_iterable(sets), dtype=np.int64, count=int(sizes.sum()))
    width = checked_classes(flat, classes)
    row, column = np.divmod(np.unique(np.repeat(np.arange(len(sets)), sizes) * width + flat), width)
    return coo_array((1 / np.bincount(row, minlength=len(sets))[row], (row, column)), shape=(len(sets), width))


def _label_set(given: Iterable[int], sample: int) -> list[int]:
    labels = list(given) if isinstance(given, Iterable) else []
    if not labels or any(isinstance(a, bool) or not isinstance(a, int | np.integer) for a in labels):
        got = f"{given!r} for sample {sample}"
        raise InputError("a non-empty set of labels 0, 1, ... for each sample", got, "number the labels from 0")
    return labels


def from_observations(inputs: Iterable[Hashable], labels: ArrayLike, classes: int | None = None) -> csr_array:
    """One embedding for each distinct input; every observation of it with a label adds a weight of one.

    Inputs are identifiers, or rows of a two-dimensional array; embeddings come in order of first appearance.
    """
    from scipy.sparse import csr_array

    given = np.asarray(inputs if hasattr(inputs, "__array__") else list(inputs))
    flat = np.asarray(labels)
    if given.ndim not in (1, 2) or flat.ndim != 1 or len(given) != len(flat):
        got = f"shapes {given.shape} and {flat.shape}"
        raise InputError("one input and one label for each observation", got, "match inputs and labels")
    if given.dtype.kind in "fc" and not np.isfinite(given).all():
        raise InputError("inputs without gaps", "NaN or infinity", "drop these observations")
    width = checked_classes(flat, classes)
    try:
        _, first, kind = np.unique(given, axis=0, return_index=True, return_inverse=True)
    except TypeError as error:
        raise InputError("inputs of one kind that can be sorted", str(error), "number the inputs") from None
    rank = np.argsort(np.argsort(first))[kind.reshape(-1)]
    return csr_array((np.ones(len(flat)), (rank, flat.astype(np.int64))), shape=(len(first), width))


def from_probabilities(probabilities: ArrayLike) -> csr_array:
    """Soft labels: rows of probabilities (N, K), kept as they are; their sums must be one to single precision."""
    rows = require_weights(probabilities)
    off = np.abs(rows.sum(axis=1) - 1)
    if (off > SINGLE).any():
        worst = int(np.argmax(off))
        got = f"a sum of {rows[[worst]].sum():.7g} at sample {worst}"
        raise InputError("probabilities that sum to one for each sample", got, "normalise the rows, or pass them to Coupling")
    return rows


def checked_classes(labels: NDArray, classes: int | None) -> int:
    """The number of labels, given or found; or an :class:`InputError` for a label outside 0, 1, ..., classes - 1."""
    if labels.dtype.kind not in "iu":
        raise InputError("labels 0, 1, ...", f"an array of {labels.dtype}", "number the labels from 0")
    if classes is None:
        width = int(labels.max(initial=-1)) + 1
    else:
        width = require.whole(classes, "a number of classes of at least 1", "give a positive integer", least=1)
    outside = (labels < 0) | (labels >= width)
    if outside.any():
        got = str(labels[np.argmax(outside)])
        wanted = "labels 0, 1, ..." if classes is None else f"labels from 0 to {width - 1}"
        raise InputError(wanted, got, "number the labels from 0" if classes is None else "correct it or declare more classes")
    return width


def from_graph(graph: networkx.Graph) -> coo_array:
    """Weights of a bipartite graph; samples and labels in the order of its nodes."""
    from scipy.sparse import coo_array

    sides: tuple[dict, dict] = ({}, {})
    for node, attributes in graph.nodes(data=True):
        side = attributes.get("bipartite")
        if side not in (0, 1):
            raise InputError(
                "nodes with bipartite = 0 (sample) or 1 (label)", f"{side} on node {node!r}", "set the attribute on every node"
            )
        sides[side][node] = len(sides[side])
    samples, labels = sides
    entries = []
    for a, b, weight in graph.edges(data="weight", default=1.0):
        i, j = (a, b) if a in samples else (b, a)
        if i not in samples or j not in labels:
            raise InputError("edges between a sample and a label", f"an edge between {a!r} and {b!r}", "remove it")
        entries.append((samples[i], labels[j], weight))
    row, column, weights = zip(*entries, strict=True) if entries else ((), (), ())
    return coo_array((np.array(weights, dtype=float), (row, column)), shape=(len(samples), len(labels)))


def from_symmetric(A: ArrayLike | networkx.Graph, signed: bool = False) -> csr_array:
    """Weights of positive pairs, dense, sparse or a graph with ``weight`` on its edges (1 where absent); exactly symmetric."""
    if hasattr(A, "edges"):
        import networkx

        A = networkx.to_scipy_sparse_array(A, weight="weight", dtype=float)
    rows = require_weights(A, signed)
    if rows.shape[0] != rows.shape[1]:
        got = f"shape {rows.shape}"
        raise InputError("a square matrix of positive pairs", got, "or make a Coupling of samples and labels from it")
    off = abs(rows - rows.T).tocoo()
    off.eliminate_zeros()
    if off.nnz:
        i, j = (int(axis[0]) for axis in off.coords)
        got = f"{rows[i, j]:.17g} at ({i}, {j}) and {rows[j, i]:.17g} at ({j}, {i})"
        raise InputError("a symmetric matrix of positive pairs", got, "give (A + A.T) / 2, the pairs in either order")
    return rows
