"""What is proved of expressions in nodes by their entries, and that nothing false is."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Abs, Identity, Inverse, MatrixSymbol, OneMatrix, Trace, exp, log, sqrt, symbols, tanh

from theory import Flow, Loss
from theory.indexed import vanishes_by_indices
from theory.lowering import lower
from theory.nodes import (
    centred,
    column_norms,
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
    row_sums,
    softmax,
    total,
)
from theory.vanishing import vanishes

d, n, k = symbols("d n k", integer=True, positive=True)
X, Y, A, B = MatrixSymbol("X", d, n), MatrixSymbol("Y", d, n), MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
C, W, u, v = MatrixSymbol("C", d, k), MatrixSymbol("W", d, d), MatrixSymbol("u", d, 1), MatrixSymbol("v", n, 1)
t = symbols("t", positive=True)
lengths = elementwise(lambda x: 1 / x, column_norms(X))
EQUAL = {
    "products of entries commute": (hadamard(X, Y), hadamard(Y, X)),
    "products of entries distribute": (hadamard(X, X + Y), elementwise(lambda x: x**2, X) + hadamard(X, Y)),
    "numbers are pulled out": (hadamard(t * X, 2 * Y), 2 * t * hadamard(X, Y)),
    "transposes inside": (hadamard(X, Y).T, hadamard(Y.T, X.T)),
    "diagonals scale columns": (X * diagonal_matrix(v), hadamard(X, OneMatrix(d, 1) * v.T)),
    "diagonals scale rows": (diagonal_matrix(u) * X, hadamard(X, u * OneMatrix(1, n))),
    "diagonals commute": (diagonal_matrix(v) * diagonal_matrix(diagonal_of(A)), diagonal_matrix(hadamard(v, diagonal_of(A)))),
    "normalised": (normalised(X), X * diagonal_matrix(lengths)),
    "normalised by products of entries": (normalised(X), hadamard(X, OneMatrix(d, 1) * lengths.T)),
    "normalised has no scale": (normalised(t * X), normalised(X)),
    "normalised has unit length": (column_norms(normalised(X)), OneMatrix(n, 1)),
    "normalised twice": (normalised(normalised(X)), normalised(X)),
    "softmax has no shift": (softmax(A + v * OneMatrix(1, n)), softmax(A)),
    "softmax by its definition": (
        softmax(A),
        diagonal_matrix(elementwise(lambda x: 1 / x, row_sums(elementwise(exp, A)))) * elementwise(exp, A),
    ),
    "softmax by log-sum-exp": (softmax(A), elementwise(exp, A - log_sum_exp(A) * OneMatrix(1, n))),
    "log-sum-exp by its definition": (log_sum_exp(A), elementwise(log, row_sums(elementwise(exp, A)))),
    "log-sum-exp shifts": (log_sum_exp(A + v * OneMatrix(1, n)), log_sum_exp(A) + v),
    "exponentials multiply": (elementwise(exp, A + B), hadamard(elementwise(exp, A), elementwise(exp, B))),
    "logistic": (elementwise(logistic, A) + elementwise(lambda x: 1 / (1 + exp(x)), A), OneMatrix(n, n)),
    "odd functions": (elementwise(tanh, -X), -elementwise(tanh, X)),
    "hinges": (hinge(X) - hinge(-X), X),
    "absolute values": (hinge(X) + hinge(-X), elementwise(Abs, X)),
    "diagonals of products": (diagonal_of(X.T * Y), row_sums(hadamard(X.T, Y.T))),
    "means": (centred(centred(X)), X - X * OneMatrix(n, n) / n),
    "inverses of symmetric matrices": (Inverse(Identity(d) + X * X.T).T, Inverse(Identity(d) + X * X.T)),
}


@pytest.mark.parametrize("name", EQUAL)
def test_two_ways_of_writing_are_one(name):
    left, right = EQUAL[name]
    assert vanishes(left - right) is True


@pytest.mark.parametrize("name", EQUAL)
def test_what_is_written_wrongly_is_another(name):
    left, right = EQUAL[name]
    assert not vanishes_by_indices(left - 2 * right)
    assert vanishes(left - 2 * right) is not True


FLOWS = {
    "cosine": Loss(-dot(normalised(X), normalised(Y)), state=(X, Y)),
    "cosine of a head": Loss(-dot(normalised(W * X), normalised(Y)), state=(W,)),
    "softmax": Loss(total(log_sum_exp(X.T * C)) - Trace(X.T * C * MatrixSymbol("L", k, n)), state=(X, C)),
    "functions of entries": Loss(total(elementwise(tanh, W * X)), state=(W, X)),
    "determinant": Loss(-log_det(Identity(d) + X * X.T), state=(X,)),
}


@pytest.mark.parametrize("name", FLOWS)
def test_flows_of_losses_are_gradient_flows_and_are_seen_to_be(name):
    flow = FLOWS[name].gradient_flow()
    assert Flow(dict(flow.velocity)).is_gradient().holds is True


def test_the_inverse_of_a_matrix_is_not_that_of_its_transpose():
    assert not vanishes_by_indices(Trace(B * (Inverse(A) - Inverse(A.T))))
    assert vanishes_by_indices(Trace(B * Inverse(A)) - Trace(B.T * Inverse(A.T)))


def squares(depth):
    """Square matrices in nodes."""
    leaves = st.sampled_from([A, B, A.T, OneMatrix(n, n)])
    if depth == 0:
        return leaves
    inner = squares(depth - 1)
    functions = [
        lambda e: e.T,
        lambda e: -e,
        softmax,
        hinge,
        lambda e: log_sum_exp(e) * OneMatrix(1, n),
        lambda e: elementwise(exp, e),
        lambda e: elementwise(tanh, e),
        lambda e: elementwise(lambda x: x**2, e),
        lambda e: elementwise(lambda x: 1 / sqrt(1 + x**2), e),
        lambda e: elementwise(lambda x: log(1 + x**2), e),
        lambda e: diagonal_matrix(diagonal_of(e)),
        lambda e: Inverse(e * e.T + Identity(n)),
    ]
    pairs = st.tuples(inner, inner)
    return st.one_of(
        leaves,
        st.tuples(st.sampled_from(functions), inner).map(lambda p: p[0](p[1])),
        pairs.map(lambda p: hadamard(*p)),
        pairs.map(lambda p: p[0] + p[1]),
        pairs.map(lambda p: p[0] * p[1]),
    )


@given(st.lists(squares(2), min_size=4, max_size=4))
@settings(max_examples=15)
def test_what_is_proved_to_be_equal_is_equal(drawn):
    at = np.random.default_rng(0).standard_normal((2, 3, 3))
    values = [lower([e], [A, B], {n: 3})(*at)[0] * np.ones((3, 3)) for e in drawn]
    for (one, x), (other, y) in combinations(zip(drawn, values, strict=True), 2):
        if vanishes_by_indices(one - other):
            assert np.allclose(x, y)
