"""Rows of couplings: checked, merged into types, spread out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.errors import InputError

if TYPE_CHECKING:
    import networkx
    from scipy.sparse import csr_array

DENSE_LIMIT = 10**7  # entries up to which a coupling is handed out as a dense array


def weights(J: ArrayLike) -> csr_array:
    """Couplings as a sparse matrix, or an :class:`InputError` that names what is wrong and where."""
    from scipy.sparse import csr_array, issparse

    try:
        rows = csr_array(J, dtype=float, copy=True) if issparse(J) else csr_array(np.atleast_2d(np.asarray(J, dtype=float)))
    except (TypeError, ValueError) as error:
        raise InputError(
            "a rectangular array of numbers, one row a sample", str(error), "give every row the same number of weights"
        ) from None
    if rows.ndim != 2 or 0 in rows.shape:
        raise InputError(
            "at least one sample and one label", f"an array of shape {rows.shape}", "give one row a sample, one column a label"
        )
    rows.sum_duplicates()
    bad = ~np.isfinite(rows.data) | (rows.data < 0)
    if bad.any():
        place = int(np.argmax(bad))
        row = int(np.searchsorted(rows.indptr, place, side="right")) - 1
        where = f"{rows.data[place]} at sample {row}, label {rows.indices[place]}"
        raise InputError("finite non-negative couplings", where, "remove or correct this weight")
    rows.eliminate_zeros()
    for side, totals in (("sample", rows.sum(axis=1)), ("label", rows.sum(axis=0))):
        if (totals == 0).any():
            number = int(np.argmax(totals == 0))
            raise InputError(
                f"every {side} coupled to something",
                f"{side} {number} without coupling",
                f"drop this {side} or give it a weight",
            )
    return rows


def merge_rows(rows: csr_array, mobility: NDArray) -> tuple[csr_array, NDArray, NDArray]:
    """Equal rows of equal mobility merged: types (T, K) by first appearance, counts (T,), type of each row (N,)."""
    width = int(np.diff(rows.indptr).max())
    place = np.arange(rows.nnz) - np.repeat(rows.indptr[:-1], np.diff(rows.indptr))
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    keys = np.full((rows.shape[0], 2 * width + 1), -1.0)
    rows.sort_indices()
    keys[row, place], keys[row, width + place], keys[:, -1] = rows.indices, rows.data, mobility
    _, first, inverse, counts = np.unique(keys, axis=0, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)
    rank = np.argsort(order)
    return rows[np.sort(first)], counts[order], rank[inverse.reshape(-1)]


def expand_rows(types: csr_array, type_of: NDArray):
    """One row a sample: dense where that is small, else sparse."""
    rows = types[type_of]
    return rows.toarray() if rows.shape[0] * rows.shape[1] <= DENSE_LIMIT else rows


def to_networkx(types: csr_array, type_of: NDArray) -> networkx.Graph:
    """The bipartite graph of all samples and labels."""
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from((("sample", i) for i in range(len(type_of))), bipartite=0)
    graph.add_nodes_from((("label", a) for a in range(types.shape[1])), bipartite=1)
    rows = types[type_of].tocoo()
    edges = zip(*rows.coords, rows.data, strict=True)
    graph.add_weighted_edges_from((("sample", int(i)), ("label", int(a)), float(w)) for i, a, w in edges)
    return graph
