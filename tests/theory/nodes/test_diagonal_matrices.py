"""Diagonal matrices, which are lowered as vectors, inside everything that reads their zeros."""

import numpy as np
import pytest
from sympy import Identity, MatrixSymbol, Trace, exp, symbols, tanh

from theory.lowering import lower
from theory.nodes import (
    centred,
    column,
    diagonal_matrix,
    diagonal_of,
    dot,
    elementwise,
    hadamard,
    hinge,
    log_det,
    log_sum_exp,
    logistic,
    normalised,
    row_norms,
    row_sums,
    softmax,
    softplus,
    total,
)
from theory.numpy_text import StackPrinter

n = symbols("n", integer=True, positive=True)
A, B, D = (MatrixSymbol(name, n, n) for name in "ABD")
a, b = np.random.default_rng(0).standard_normal((2, 3, 3))
SIZES = {n: 3}


def weights(m):
    return np.exp(m) / np.exp(m).sum(axis=1, keepdims=True)


CASES = {
    "itself": (lambda m: m, lambda m: m),
    "multiple": (lambda m: -2 * m, lambda m: -2 * m),
    "transpose": (lambda m: m.T, lambda m: m),
    "square": (lambda m: m * m, lambda m: m @ m),
    "sum": (lambda m: m + m * m, lambda m: m + m @ m),
    "inverse": (lambda m: m.inv(), np.linalg.inv),
    "beside another": (lambda m: m * B + B * m + m, lambda m: m @ b + b @ m + m),
    "softmax": (softmax, weights),
    "logarithm of sums": (log_sum_exp, lambda m: np.log(np.exp(m).sum(axis=1, keepdims=True))),
    "determinant": (lambda m: log_det(m * m + Identity(n)), lambda m: np.linalg.slogdet(m @ m + np.eye(3))[1]),
    "norms of rows": (row_norms, lambda m: np.linalg.norm(m, axis=1, keepdims=True)),
    "directions of rows": (normalised, lambda m: m / np.linalg.norm(m, axis=1, keepdims=True)),
    "centred": (centred, lambda m: m - m.mean(axis=1, keepdims=True)),
    "column": (lambda m: column(m, 1), lambda m: m[:, [1]]),
    "diagonal of a product": (lambda m: diagonal_of(m * B), lambda m: np.diag(m @ b)[:, None]),
    "product by entries": (lambda m: hadamard(m, B), lambda m: m * b),
    "inner product": (lambda m: dot(m, B), lambda m: np.sum(m * b)),
    "a function that keeps zero": (lambda m: elementwise(tanh, m), np.tanh),
    "hinge": (hinge, lambda m: np.maximum(m, 0)),
    "exponentials": (lambda m: elementwise(exp, m), np.exp),
    "softplus": (lambda m: elementwise(softplus, m), lambda m: np.log1p(np.exp(m))),
    "logistic": (lambda m: elementwise(logistic, m), lambda m: 1 / (1 + np.exp(-m))),
    "a product of functions": (lambda m: elementwise(lambda x: tanh(x) + exp(x), m), lambda m: np.tanh(m) + np.exp(m)),
    "sum of exponentials": (lambda m: total(elementwise(exp, m)), lambda m: np.exp(m).sum()),
    "sums of rows": (lambda m: row_sums(elementwise(exp, m)), lambda m: np.exp(m).sum(axis=1, keepdims=True)),
    "trace": (lambda m: Trace(elementwise(exp, m) * B), lambda m: np.trace(np.exp(m) @ b)),
}


@pytest.mark.parametrize(("made", "expected"), CASES.values(), ids=CASES)
def test_the_diagonal_of_a_matrix_as_a_matrix(made, expected):
    (found,) = lower([made(diagonal_matrix(diagonal_of(A)))], [A, B], SIZES)(a, b)
    wanted = expected(np.diag(np.diag(a)))
    assert np.shape(found) == np.shape(wanted)
    np.testing.assert_allclose(found, wanted, atol=1e-14)


@pytest.mark.parametrize(("made", "expected"), CASES.values(), ids=CASES)
def test_a_diagonal_matrix_that_is_given_as_a_vector(made, expected):
    (found,) = lower([made(D)], [D, B], SIZES, frozenset({D}))(np.diag(a), b)
    wanted = expected(np.diag(np.diag(a)))
    assert np.shape(found) == np.shape(wanted)
    np.testing.assert_allclose(found, wanted, atol=1e-14)


@pytest.mark.parametrize("made", [made for made, _ in CASES.values()], ids=CASES)
def test_stacks_hold_what_each_has(made):
    of = [made(diagonal_matrix(diagonal_of(A)))]
    (found,) = lower(of, [A, B], SIZES, printer=StackPrinter)(np.stack([a, b]), np.stack([b, a]))
    each = [lower(of, [A, B], SIZES)(*at)[0] for at in ((a, b), (b, a))]
    np.testing.assert_allclose(np.squeeze(found), np.squeeze(each), atol=1e-14)
