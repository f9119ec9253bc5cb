"""NumPy functions of nodes, for matrices and for stacks of them (..., r, c)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def softmax(m: NDArray) -> NDArray:
    """Each row a distribution; the largest entry of a row is taken off before exponentials."""
    weights = m - m.max(axis=-1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


def log_sum_exp(m: NDArray) -> NDArray:
    """A column: for each row the logarithm of the sum of exponentials."""
    largest = m.max(axis=-1, keepdims=True)
    weights = m - largest
    np.exp(weights, out=weights)
    return largest + np.log(weights.sum(axis=-1, keepdims=True))


def log_det(m: NDArray) -> NDArray:
    """The logarithm of a determinant; NaN where that is negative."""
    sign, value = np.linalg.slogdet(m)
    return np.where(sign >= 0, value, np.nan)


def softplus(x: NDArray) -> NDArray:
    return np.logaddexp(0.0, x)


def logistic(x: NDArray) -> NDArray:
    from scipy.special import expit

    return expit(x)


def row_sums_of_product(left: NDArray, right: NDArray) -> NDArray:
    """The diagonal of a product as a column, without the product."""
    return np.einsum("...ij,...ji->...i", left, right)[..., None]


def mean_free(m: NDArray, axis: int) -> NDArray:
    """The mean over an axis taken off."""
    return m - m.mean(axis=axis, keepdims=True)


def diagonal_column(m: NDArray) -> NDArray:
    """The diagonal as a column."""
    return np.diagonal(m, axis1=-2, axis2=-1)[..., None]


def put_columns(m: NDArray, size: int, first: int, end: int, step: int) -> NDArray:
    """Columns at their places among zeros."""
    whole = np.zeros((*m.shape[:-1], size))
    whole[..., first:end:step] = m
    return whole


def put_rows(m: NDArray, size: int, first: int, end: int, step: int) -> NDArray:
    """Rows at their places among zeros."""
    return put_columns(m.swapaxes(-1, -2), size, first, end, step).swapaxes(-1, -2)


_ALL = (
    softmax, log_sum_exp, log_det, softplus, logistic, row_sums_of_product, diagonal_column, mean_free, put_columns, put_rows,
)  # fmt: skip
FUNCTIONS = {f.__name__: f for f in _ALL}
