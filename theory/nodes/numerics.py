"""NumPy functions of nodes, for matrices and for stacks of them (..., r, c)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHORT = 64  # entries of a row, up to which NumPy reduces many rows faster as columns


def softmax(m: NDArray, is_fresh: bool) -> NDArray:
    """Each row a distribution; the largest entry of a row is taken off before exponentials.  In place where nothing else
    reads the matrix."""
    weights, axis = _shifted_exponentials(m, is_fresh)[:2]
    weights /= weights.sum(axis=axis, keepdims=True)
    return weights if axis == -1 else weights.swapaxes(-1, -2)


def log_sum_exp(m: NDArray, is_fresh: bool) -> NDArray:
    """A column: for each row the logarithm of the sum of exponentials."""
    weights, axis, largest = _shifted_exponentials(m, is_fresh)
    value = largest + np.log(weights.sum(axis=axis, keepdims=True))
    return value if axis == -1 else value.swapaxes(-1, -2)


def _shifted_exponentials(m: NDArray, is_fresh: bool) -> tuple[NDArray, int, NDArray]:
    """Exponentials of what the largest entry of each row was taken off, the axis of a row, and the largest entries."""
    axis = -1
    if m.shape[-1] <= SHORT < m.shape[-2] and m.strides[-1] < m.strides[-2]:
        m, axis, is_fresh = np.array(m.swapaxes(-1, -2), order="C"), -2, True
    largest = m.max(axis=axis, keepdims=True)
    weights = np.subtract(m, largest, out=_if_floats(m) if is_fresh else None, dtype=float)
    return np.exp(weights, out=weights), axis, largest


def log_det(m: NDArray) -> NDArray:
    """The logarithm of a determinant; NaN where that is negative."""
    sign, value = np.linalg.slogdet(m)
    return np.where(sign >= 0, value, np.nan)


def softplus(x: NDArray) -> NDArray:
    return np.logaddexp(0.0, x)


def logistic(x: NDArray) -> NDArray:
    from scipy.special import expit

    return expit(x)


def power_of_root(x: NDArray, power: int) -> NDArray:
    """An odd power of the square root."""
    root = np.sqrt(x)
    found = x ** (abs(power) // 2) * root
    return found if power > 0 else 1 / found


def row_sums_of_product(left: NDArray, right: NDArray) -> NDArray:
    """The diagonal of a product as a column, without the product."""
    return np.einsum("...ij,...ji->...i", left, right)[..., None]


def mean_free(m: NDArray, axis: int) -> NDArray:
    """The mean over an axis taken off."""
    return m - m.mean(axis=axis, keepdims=True)


def diagonal_column(m: NDArray) -> NDArray:
    """The diagonal as a column."""
    return np.diagonal(m, axis1=-2, axis2=-1)[..., None]


def with_diagonal(m: NDArray, values: NDArray | float, is_fresh: bool) -> NDArray:
    """A matrix with numbers added to its diagonal, in place where nothing else reads it."""
    found = m if is_fresh else np.array(m)
    np.einsum("...ii->...i", found)[...] += values
    return found


def scaled(m: NDArray, factors: NDArray) -> NDArray:
    """A matrix times numbers for its rows or columns, in place."""
    return np.multiply(m, factors, out=_if_floats(m))


def add_to(m: NDArray, others: NDArray) -> NDArray:
    """A matrix with a column or row added to each of its own, in place."""
    return np.add(m, others, out=_if_floats(m))


def take_from(m: NDArray, others: NDArray) -> NDArray:
    """A matrix with a column or row taken off each of its own, in place."""
    return np.subtract(m, others, out=_if_floats(m))


def less(one: NDArray, m: NDArray) -> NDArray:
    """The difference of two matrices, in the place of the second."""
    return np.subtract(one, m, out=_if_floats(m))


def _if_floats(m: NDArray) -> NDArray | None:
    return m if m.dtype == float else None


def put_columns(m: NDArray, size: int, first: int, end: int, step: int) -> NDArray:
    """Columns at their places among zeros."""
    whole = np.zeros((*m.shape[:-1], size))
    whole[..., first:end:step] = m
    return whole


def put_rows(m: NDArray, size: int, first: int, end: int, step: int) -> NDArray:
    """Rows at their places among zeros."""
    return put_columns(m.swapaxes(-1, -2), size, first, end, step).swapaxes(-1, -2)


_ALL = (
    softmax, log_sum_exp, log_det, softplus, logistic, power_of_root, row_sums_of_product, diagonal_column, mean_free,
    with_diagonal, scaled, add_to, take_from, less, put_columns, put_rows,
)  # fmt: skip
FUNCTIONS = {f.__name__: f for f in _ALL}
