"""Rows of couplings: checked, merged into types, spread out again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.errors import InputError

if TYPE_CHECKING:
    import networkx
    from scipy.sparse import csr_array

SMALLEST = 1e-150  # of a degree: its square, and products of two, are ordinary numbers
DENSE_LIMIT = 10**7  # entries up to which a matrix is handed out as a dense array
BLOCK = 10**6  # entries of a block of rows
FEW = 0.1  # share of entries below which sparse products are faster than dense ones


def require_weights(J: ArrayLike, signed: bool = False) -> csr_array:
    """Couplings, sparse, or an :class:`InputError` that says what is wrong and where; unless signed, none is negative."""
    from scipy.sparse import csr_array, issparse

    try:
        rows = csr_array(J, dtype=float, copy=True) if issparse(J) else _sparse_rows(np.atleast_2d(np.asarray(J, dtype=float)))
    except (TypeError, ValueError) as error:
        raise InputError(
            "a rectangular array of numbers, one row a sample", str(error), "give every row the same number of weights"
        ) from None
    if rows.ndim != 2 or 0 in rows.shape:
        raise InputError(
            "at least one sample and one label", f"an array of shape {rows.shape}", "give one row a sample, one column a label"
        )
    rows.sum_duplicates()
    bad = ~np.isfinite(rows.data) | ((rows.data < 0) & (not signed))
    if bad.any():
        place = int(np.argmax(bad))
        row = int(np.searchsorted(rows.indptr, place, side="right")) - 1
        where = f"{rows.data[place]} at sample {row}, label {rows.indices[place]}"
        if signed:
            raise InputError("finite couplings", where, "remove or correct this weight")
        remedy = "remove or correct this weight, or take from_signed_weights for pairs that repel"
        raise InputError("finite non-negative couplings", where, remedy)
    rows.eliminate_zeros()
    with np.errstate(over="ignore"):
        sums = (("sample", abs(rows).sum(axis=1)), ("label", abs(rows).sum(axis=0)))
    for side, totals in sums:
        if (totals == 0).any():
            number = int(np.argmax(totals == 0))
            raise InputError(
                f"every {side} coupled to something",
                f"{side} {number} without coupling",
                f"drop this {side} or give it a weight",
            )
        extreme = (totals < SMALLEST) | (totals > 1 / SMALLEST)
        if extreme.any():
            wanted = f"weights of every {side} that sum to between {SMALLEST:g} and {1 / SMALLEST:g}"
            raise InputError(wanted, f"{totals[np.argmax(extreme)]:g}", "rescale them")
    return rows


def _sparse_rows(J: NDArray) -> csr_array:
    """The entries of an array that are not zero, in order."""
    from scipy.sparse import csr_array

    if J.ndim != 2:
        return csr_array(J)
    there = J != 0
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    columns = np.broadcast_to(np.arange(J.shape[1], dtype=np.int32), J.shape)
    return csr_array((J[there], columns[there], ends), shape=J.shape)


def merge_rows(rows: csr_array, key: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Equal rows of equal key merged: the first of each kind (T,) in order, counts (T,), kind of each row (N,).

    Equality is exact.  Rows are sorted by a hash of 64 bits, then compared entry by entry with the first of their kind, and
    hashed anew where two different ones met; so the cost is that of sorting N numbers.
    """
    rows.sort_indices()
    for salt in count():
        _, first, kind, counts = np.unique(
            _hash_rows(rows, key, salt), return_index=True, return_inverse=True, return_counts=True
        )
        if _equal_rows(rows, key, first[kind]):
            break
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], counts[order], rank[kind]


def _hash_rows(rows: csr_array, key: NDArray, salt: int) -> NDArray:
    """A 64-bit number for each row, the same for equal rows of equal key."""
    entries = _mix_bits(_mix_bits(rows.data.astype(float).view(np.uint64)) + rows.indices.astype(np.uint64) + np.uint64(salt))
    running = np.concatenate([np.zeros(1, np.uint64), np.cumsum(entries, dtype=np.uint64)])
    return _mix_bits(key.astype(float).view(np.uint64)) + running[rows.indptr[1:]] - running[rows.indptr[:-1]]


def _mix_bits(bits: NDArray) -> NDArray:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014)."""
    bits = (bits + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _equal_rows(rows: csr_array, key: NDArray, like: NDArray) -> bool:
    """Whether each row equals the row ``like`` (N,) names for it, key included."""
    lengths = np.diff(rows.indptr)
    if np.any(lengths != lengths[like]) or np.any(key != key[like]):
        return False
    there = np.repeat(rows.indptr[like] - rows.indptr[:-1], lengths) + np.arange(rows.nnz)
    return bool(np.all(rows.indices == rows.indices[there]) and np.all(rows.data == rows.data[there]))


def scale_matrix(rows: csr_array, of_rows: NDArray, of_columns: NDArray) -> csr_array:
    """A sparse matrix between two diagonal ones, given as vectors."""
    from scipy.sparse import csr_array

    data = rows.data * np.repeat(of_rows, np.diff(rows.indptr))
    data *= of_columns[rows.indices]
    return csr_array((data, rows.indices, rows.indptr), shape=rows.shape)


def dense_where_small(matrix):
    """A sparse matrix as an array where that is small."""
    return matrix.toarray() if matrix.shape[0] * matrix.shape[1] <= DENSE_LIMIT else matrix


def dense_array(matrix) -> NDArray:
    """A matrix, sparse or not, as an array."""
    return matrix if isinstance(matrix, np.ndarray) else matrix.toarray()


def gram_matrix(rows: NDArray | csr_array, weight: NDArray) -> NDArray:
    """B^T diag(weight) B (K, K) of rows B, sparse where few entries are there, else by blocks."""
    from scipy.sparse import diags_array

    size, labels = rows.shape
    if not isinstance(rows, np.ndarray) and rows.nnz < size * labels * FEW:
        return (rows.T @ (diags_array(weight) @ rows)).toarray()
    total, block = np.zeros((labels, labels)), max(1, BLOCK // labels)
    for start in range(0, size, block):
        part, scale = dense_array(rows[start : start + block]), weight[start : start + block]
        for sign in {*np.sign(scale)} - {0.0}:
            scaled = part * np.sqrt(np.maximum(sign * scale, 0.0))[:, None]
            total += sign * (scaled.T @ scaled)
    return total


def gram_function(rows: NDArray | csr_array) -> Callable[[NDArray], NDArray]:
    """The same as a function of the weight, for many of them: by products of two entries of a row, where these are few."""
    from scipy.sparse import csr_array

    size, labels = rows.shape
    if isinstance(rows, np.ndarray) or np.sum(np.diff(rows.indptr).astype(float) ** 2) > DENSE_LIMIT:
        return partial(gram_matrix, rows)
    lengths = np.diff(rows.indptr)
    partners = np.repeat(lengths, lengths)  # of each entry, itself included
    first = np.repeat(np.arange(rows.nnz), partners)
    second = np.arange(len(first)) - np.repeat(np.cumsum(partners) - partners, partners)
    second += np.repeat(np.repeat(rows.indptr[:-1], lengths), partners)
    places = rows.indices[first].astype(np.int64) * labels + rows.indices[second]
    ends = np.concatenate([[0], np.cumsum(lengths.astype(np.int64) ** 2)])
    products = csr_array((rows.data[first] * rows.data[second], places, ends), shape=(size, labels**2)).T
    return lambda weight: (products @ weight).reshape(labels, labels)


def is_coupled(types: csr_array, row: NDArray, column: NDArray) -> NDArray:
    """Whether entries (row, column) of the weights are there."""
    types.sort_indices()
    keys = np.repeat(np.arange(types.shape[0]), np.diff(types.indptr)) * types.shape[1] + types.indices
    asked = row * types.shape[1] + column
    return np.append(keys, -1)[np.searchsorted(keys, asked)] == asked


def triangular_factor(rows: csr_array) -> NDArray:
    """R (at most K, K) with R^T R = B^T B, by QR over blocks of rows, so that singular values keep their accuracy."""
    labels = rows.shape[1]
    block = max(2 * labels, DENSE_LIMIT // (4 * labels))
    factor: NDArray = np.zeros((0, labels))
    for start in range(0, rows.shape[0], block):
        factor = np.asarray(np.linalg.qr(np.vstack([factor, rows[start : start + block].toarray()]), mode="r"))
    return factor


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
