"""Losses written twice: with nodes and ``sg``, and with JAX's functions and a stop that is handed in."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from sympy import (
    Determinant,
    DiagMatrix,
    DiagonalMatrix,
    DiagonalOf,
    DotProduct,
    HadamardPower,
    HadamardProduct,
    Identity,
    Inverse,
    MatrixSymbol,
    Q,
    Sum,
    Trace,
    cos,
    erf,
    exp,
    log,
    sin,
    sqrt,
    symbols,
    tanh,
)

from theory import Loss, sg
from theory.nodes import (
    centred,
    column,
    column_norms,
    column_sums,
    diagonal_matrix,
    diagonal_of,
    dot,
    elementwise,
    hadamard,
    hinge,
    log_det,
    log_sum_exp,
    normalised,
    row_norms,
    row_sums,
    softmax,
    softplus,
    squared_norm,
    total,
)

jax = pytest.importorskip("jax")
jnp = jax.numpy
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_disable_most_optimizations", True)  # compiled once, run once

d, n, k = symbols("d n k", integer=True, positive=True)
SIZES = {d: 3, n: 4, k: 2}
X, Y, W, Z = MatrixSymbol("X", d, n), MatrixSymbol("Y", d, n), MatrixSymbol("W", d, d), MatrixSymbol("Z", d, k)
C, P, u = (
    MatrixSymbol("C", k, n),
    MatrixSymbol("P", n, n),
    MatrixSymbol("u", d, 1),
)  # data: classes, a symmetric matrix, a column
x = symbols("x", real=True)
tau, beta = symbols("tau beta", positive=True)
STATE = (X, Y, W, Z, x)
I_d, I_n = Identity(d), Identity(n)


class Twice(NamedTuple):
    """A loss, and the same as a function of arrays by name and of a stop."""

    loss: Loss
    function: Callable


def twice(expression, function, **rates):
    state = tuple(s for s in STATE if s in expression.free_symbols)
    loss = Loss(expression, state, assumptions=(Q.symmetric(P),), **rates)

    def of_arrays(at, stop):
        return function(*(at[s] for s in ("X", "Y", "W", "Z", "x")), at, stop)

    return Twice(loss, of_arrays)


def unit(a, axis=0):
    return a / jnp.sqrt(jnp.sum(a**2, axis=axis, keepdims=True))


def lse(a, axis):
    return jax.scipy.special.logsumexp(a, axis=axis)


def mean_free(a):
    return a - a.mean(axis=1, keepdims=True)


def half(a):
    return jnp.sum(a**2) / 2


ENTRIES = {
    "tanh": twice(total(elementwise(tanh, W * X)), lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.tanh(W @ X))),
    "exp of a sum": twice(
        total(elementwise(exp, W * X + Y / 2)), lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.exp(W @ X + Y / 2))
    ),
    "log of what is positive": twice(
        total(elementwise(lambda e: log(1 + e**2), W * X)), lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.log(1 + (W @ X) ** 2))
    ),
    "erf": twice(total(elementwise(erf, X.T * Z)), lambda X, Y, W, Z, x, at, sg: jnp.sum(jax.scipy.special.erf(X.T @ Z))),
    "softplus": twice(total(elementwise(softplus, 3 * X)), lambda X, Y, W, Z, x, at, sg: jnp.sum(jax.nn.softplus(3 * X))),
    "relu": twice(squared_norm(hinge(W * X) - Y), lambda X, Y, W, Z, x, at, sg: jnp.sum((jnp.maximum(W @ X, 0) - Y) ** 2)),
    "two layers": twice(
        squared_norm(W * elementwise(tanh, W * X) - sg(Y)),
        lambda X, Y, W, Z, x, at, sg: jnp.sum((W @ jnp.tanh(W @ X) - sg(Y)) ** 2),
    ),
    "three functions": twice(
        total(elementwise(sin, elementwise(cos, elementwise(tanh, X)))),
        lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.sin(jnp.cos(jnp.tanh(X)))),
    ),
    "square root": twice(
        total(elementwise(lambda e: sqrt(1 + e**2), X - Y)), lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.sqrt(1 + (X - Y) ** 2))
    ),
    "powers": twice(
        total(elementwise(lambda e: e**3 - e**4 / 4, W * X)),
        lambda X, Y, W, Z, x, at, sg: jnp.sum((W @ X) ** 3 - (W @ X) ** 4 / 4),
    ),
    "a parameter in the function": twice(
        total(elementwise(lambda e: exp(-(e**2) / tau), X)), lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.exp(-(X**2) / at["tau"]))
    ),
    "a state in the function": twice(
        total(elementwise(lambda e: tanh(x * e) + x, X)), lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.tanh(x * X) + x)
    ),
    "a state as factor": twice(
        total(elementwise(tanh, x * W * X)) * x, lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.tanh(x * W @ X)) * x
    ),
    "a trace as factor": twice(
        total(elementwise(tanh, Trace(W * W.T) * X)), lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.tanh(jnp.sum(W**2) * X))
    ),
    "absolute values": twice(total(elementwise(abs, X - Y)), lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.abs(X - Y))),
    "sympy's applyfunc": twice(
        Trace((W * X).applyfunc(tanh) * Y.T), lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.tanh(W @ X) * Y)
    ),
    "a function of a function of traces": twice(
        log(1 + total(elementwise(exp, X))) * exp(-Trace(X * X.T) / 7),
        lambda X, Y, W, Z, x, at, sg: jnp.log(1 + jnp.sum(jnp.exp(X))) * jnp.exp(-jnp.sum(X**2) / 7),
    ),
}

PRODUCTS = {
    "product of entries": twice(total(hadamard(W * X, Y, X - Y)), lambda X, Y, W, Z, x, at, sg: jnp.sum((W @ X) * Y * (X - Y))),
    "sympy's product of entries": twice(
        Trace(HadamardProduct(X, W * Y) * HadamardPower(X, 2).T), lambda X, Y, W, Z, x, at, sg: jnp.sum(X * (W @ Y) * X**2)
    ),
    "product of a matrix with its transpose": twice(total(hadamard(W, W.T)), lambda X, Y, W, Z, x, at, sg: jnp.sum(W * W.T)),
    "a diagonal matrix of a column": twice(
        Trace(X.T * diagonal_matrix(u) * W * X), lambda X, Y, W, Z, x, at, sg: jnp.trace(X.T @ jnp.diag(at["u"][:, 0]) @ W @ X)
    ),
    "a diagonal matrix of what moves": twice(
        Trace(W * diagonal_matrix(row_sums(X)) * W.T * W),
        lambda X, Y, W, Z, x, at, sg: jnp.trace(W @ jnp.diag(X.sum(1)) @ W.T @ W),
    ),
    "sympy's diagonals": twice(
        Trace(DiagMatrix(DiagonalOf(X.T * X)) * P) + Trace(DiagonalMatrix(W) * W * W),
        lambda X, Y, W, Z, x, at, sg: (
            jnp.trace(jnp.diag(jnp.diag(X.T @ X)) @ at["P"]) + jnp.trace(jnp.diag(jnp.diag(W)) @ W @ W)
        ),
    ),
    "off-diagonal entries": twice(
        squared_norm(X * X.T - diagonal_matrix(diagonal_of(X * X.T))),
        lambda X, Y, W, Z, x, at, sg: jnp.sum((X @ X.T - jnp.diag(jnp.diag(X @ X.T))) ** 2),
    ),
    "entries with a diagonal": twice(
        total(hadamard(X.T * X, P, diagonal_matrix(column_sums(X).T))),
        lambda X, Y, W, Z, x, at, sg: jnp.sum((X.T @ X) * at["P"] * jnp.diag(X.sum(0))),
    ),
    "sums of rows and columns": twice(
        Trace(row_sums(W * X).T * row_sums(Y)) + Trace(column_sums(X) * column_sums(Y).T) ** 2,
        lambda X, Y, W, Z, x, at, sg: (W @ X).sum(1) @ Y.sum(1) + (X.sum(0) @ Y.sum(0)) ** 2,
    ),
    "norms of rows and columns": twice(
        total(column_norms(W * X)) + total(row_norms(Y)) ** 2,
        lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.linalg.norm(W @ X, axis=0)) + jnp.sum(jnp.linalg.norm(Y, axis=1)) ** 2,
    ),
    "an outer product in entries": twice(
        total(hadamard(X, u * column_sums(Y), Y)), lambda X, Y, W, Z, x, at, sg: jnp.sum(X * (at["u"] * Y.sum(0)[None]) * Y)
    ),
}

SAMPLES = {
    "normalised columns": twice(
        squared_norm(normalised(W * X) - Y), lambda X, Y, W, Z, x, at, sg: jnp.sum((unit(W @ X) - Y) ** 2)
    ),
    "normalised rows": twice(
        squared_norm(normalised(W * X, "rows") - Y), lambda X, Y, W, Z, x, at, sg: jnp.sum((unit(W @ X, 1) - Y) ** 2)
    ),
    "one side of SimSiam": twice(
        -dot(normalised(W * X), sg(normalised(Y))) / n,
        lambda X, Y, W, Z, x, at, sg: -jnp.mean(jnp.sum(unit(W @ X) * sg(unit(Y)), 0)),
    ),
    "SimSiam": twice(
        -dot(normalised(W * X), normalised(sg(Y))) / (2 * n) - dot(normalised(W * Y), normalised(sg(X))) / (2 * n),
        lambda X, Y, W, Z, x, at, sg: (
            -jnp.mean(jnp.sum(unit(W @ X) * unit(sg(Y)), 0)) / 2 - jnp.mean(jnp.sum(unit(W @ Y) * unit(sg(X)), 0)) / 2
        ),
        mobility={W: beta},
        decay={W: tau, X: tau / 2},
    ),
    "BYOL": twice(
        (squared_norm(normalised(W * X) - sg(normalised(Y))) + squared_norm(normalised(W * Y) - sg(normalised(X)))) / n,
        lambda X, Y, W, Z, x, at, sg: (
            (jnp.sum((unit(W @ X) - sg(unit(Y))) ** 2) + jnp.sum((unit(W @ Y) - sg(unit(X))) ** 2)) / 4
        ),
        decay={W: tau},
    ),
    "a stopped length": twice(
        Trace(W * X * sg(diagonal_matrix(elementwise(lambda e: 1 / e, column_norms(W * X)))) * Y.T),
        lambda X, Y, W, Z, x, at, sg: jnp.sum((W @ X) / sg(jnp.linalg.norm(W @ X, axis=0)) * Y),
    ),
    "a stopped direction": twice(dot(sg(normalised(X)), W * X), lambda X, Y, W, Z, x, at, sg: jnp.sum(sg(unit(X)) * (W @ X))),
    "centred": twice(squared_norm(centred(W * X) - Y), lambda X, Y, W, Z, x, at, sg: jnp.sum((mean_free(W @ X) - Y) ** 2)),
    "Barlow Twins": twice(
        squared_norm(diagonal_of(normalised(centred(X), "rows") * normalised(centred(Y), "rows").T) - row_sums(I_d))
        + beta
        * squared_norm(
            normalised(centred(X), "rows") * normalised(centred(Y), "rows").T
            - diagonal_matrix(diagonal_of(normalised(centred(X), "rows") * normalised(centred(Y), "rows").T))
        ),
        lambda X, Y, W, Z, x, at, sg: barlow(unit(mean_free(X), 1) @ unit(mean_free(Y), 1).T, at["beta"]),
    ),
}


def barlow(c, beta):
    on = jnp.sum((jnp.diag(c) - 1) ** 2)
    return on + beta * jnp.sum((c - jnp.diag(jnp.diag(c))) ** 2)


def vicreg(A):
    """The hinge on standard deviations and the covariances off the diagonal."""
    covariance = centred(A) * centred(A).T / (n - 1)
    deviations = elementwise(lambda e: sqrt(e + beta / 1000), diagonal_of(covariance))
    off = covariance - diagonal_matrix(diagonal_of(covariance))
    return total(hinge(row_sums(I_d) - deviations)) / d + squared_norm(off) / d


def vicreg_of(a, at):
    c = mean_free(a) @ mean_free(a).T / (a.shape[1] - 1)
    deviations = jnp.sqrt(jnp.diag(c) + at["beta"] / 1000)
    return jnp.sum(jnp.maximum(1 - deviations, 0)) / 3 + jnp.sum((c - jnp.diag(jnp.diag(c))) ** 2) / 3


SAMPLES["VICReg"] = twice(
    squared_norm(X - Y) / n + tau * (vicreg(X) + vicreg(Y)),
    lambda X, Y, W, Z, x, at, sg: jnp.sum((X - Y) ** 2) / 4 + at["tau"] * (vicreg_of(X, at) + vicreg_of(Y, at)),
)

similarity = normalised(X).T * normalised(Y) / tau
DISTRIBUTIONS = {
    "log-sum-exp of rows": twice(total(log_sum_exp(X.T * Z)), lambda X, Y, W, Z, x, at, sg: jnp.sum(lse(X.T @ Z, 1))),
    "log-sum-exp of columns": twice(
        Trace(log_sum_exp(W * X, "columns") * column_sums(Y).T), lambda X, Y, W, Z, x, at, sg: lse(W @ X, 0) @ Y.sum(0)
    ),
    "softmax of rows": twice(
        squared_norm(softmax(W * X) - Y), lambda X, Y, W, Z, x, at, sg: jnp.sum((jax.nn.softmax(W @ X, 1) - Y) ** 2)
    ),
    "softmax of columns": twice(
        squared_norm(softmax(W * X, "columns") - Y), lambda X, Y, W, Z, x, at, sg: jnp.sum((jax.nn.softmax(W @ X, 0) - Y) ** 2)
    ),
    "attention": twice(
        Trace(Y * softmax(X.T * W * X / sqrt(3)).T * X.T),
        lambda X, Y, W, Z, x, at, sg: jnp.trace(Y @ jax.nn.softmax(X.T @ W @ X / jnp.sqrt(3.0), 1).T @ X.T),
    ),
    "softmax classification": twice(
        total(log_sum_exp(Z.T * X, "columns")) / n - dot(C, Z.T * X) / n,
        lambda X, Y, W, Z, x, at, sg: (
            -jnp.mean(jnp.sum(at["C"] * (Z.T @ X - lse(Z.T @ X, 0)[None]), 0) + (1 - at["C"].sum(0)) * lse(Z.T @ X, 0))
        ),
    ),
    "cross-entropy with a stopped teacher": twice(
        total(log_sum_exp(W * X, "columns")) - dot(sg(softmax(W * Y / tau, "columns")), W * X),
        lambda X, Y, W, Z, x, at, sg: -jnp.sum(sg(jax.nn.softmax(W @ Y / at["tau"], 0)) * jax.nn.log_softmax(W @ X, 0)),
    ),
    "InfoNCE": twice(
        total(log_sum_exp(similarity)) / n - Trace(similarity) / n,
        lambda X, Y, W, Z, x, at, sg: -jnp.mean(jnp.diag(jax.nn.log_softmax(unit(X).T @ unit(Y) / at["tau"], 1))),
    ),
    "InfoNCE both ways": twice(
        (total(log_sum_exp(similarity)) + total(log_sum_exp(similarity, "columns")) - 2 * Trace(similarity)) / (2 * n),
        lambda X, Y, W, Z, x, at, sg: (
            -jnp.mean(
                jnp.diag(jax.nn.log_softmax(unit(X).T @ unit(Y) / at["tau"], 1))
                + jnp.diag(jax.nn.log_softmax(unit(X).T @ unit(Y) / at["tau"], 0))
            )
            / 2
        ),
    ),
    "InfoNCE with stopped keys": twice(
        total(log_sum_exp((W * X).T * sg(Y))) - Trace((W * X).T * sg(Y)),
        lambda X, Y, W, Z, x, at, sg: -jnp.sum(jnp.diag(jax.nn.log_softmax((W @ X).T @ sg(Y), 1))),
    ),
    "entropy": twice(
        -total(hadamard(softmax(W * X), elementwise(log, softmax(W * X)))),
        lambda X, Y, W, Z, x, at, sg: -jnp.sum(jax.nn.softmax(W @ X, 1) * jax.nn.log_softmax(W @ X, 1)),
    ),
    "uniformity": twice(
        log(total(elementwise(exp, 2 * normalised(X).T * normalised(X)))),
        lambda X, Y, W, Z, x, at, sg: jnp.log(jnp.sum(jnp.exp(2 * unit(X).T @ unit(X)))),
    ),
}


def distances(A, B):
    """Squared distances between columns."""
    ones = row_sums(I_n)
    return diagonal_of(A.T * A) * ones.T + ones * diagonal_of(B.T * B).T - 2 * A.T * B


DISTRIBUTIONS["squared distances"] = twice(
    total(log_sum_exp(distances(X, W * Y) / (-2))),
    lambda X, Y, W, Z, x, at, sg: jnp.sum(lse(-jnp.sum((X[:, :, None] - (W @ Y)[:, None, :]) ** 2, 0) / 2, 1)),
)

MATRICES = {
    "coding rate": twice(
        -log_det(I_d + X * X.T / tau) / 2,
        lambda X, Y, W, Z, x, at, sg: -jnp.linalg.slogdet(jnp.eye(3) + X @ X.T / at["tau"])[1] / 2,
    ),
    "coding rate of samples": twice(
        log_det(I_n + (W * X).T * W * X), lambda X, Y, W, Z, x, at, sg: jnp.linalg.slogdet(jnp.eye(4) + (W @ X).T @ W @ X)[1]
    ),
    "coding rate reduction": twice(
        log_det(I_d + X * X.T) - log_det(I_d + X * diagonal_matrix(sg(column_norms(Y))) * X.T) / 2,
        lambda X, Y, W, Z, x, at, sg: (
            jnp.linalg.slogdet(jnp.eye(3) + X @ X.T)[1]
            - jnp.linalg.slogdet(jnp.eye(3) + X @ jnp.diag(sg(jnp.linalg.norm(Y, axis=0))) @ X.T)[1] / 2
        ),
    ),
    "determinant": twice(Determinant(W * W.T + I_d), lambda X, Y, W, Z, x, at, sg: jnp.linalg.det(W @ W.T + jnp.eye(3))),
    "a function of a determinant": twice(
        sqrt(Determinant(I_d + X * X.T)) * Trace(W),
        lambda X, Y, W, Z, x, at, sg: jnp.sqrt(jnp.linalg.det(jnp.eye(3) + X @ X.T)) * jnp.trace(W),
    ),
    "inverse": twice(
        Trace(Inverse(W + 9 * I_d) * W), lambda X, Y, W, Z, x, at, sg: jnp.trace(jnp.linalg.inv(W + 9 * jnp.eye(3)) @ W)
    ),
    "whitened views": twice(
        Trace(Inverse(X * X.T + I_d) * X * Y.T * Inverse(Y * Y.T + I_d) * Y * X.T),
        lambda X, Y, W, Z, x, at, sg: jnp.trace(
            jnp.linalg.inv(X @ X.T + jnp.eye(3)) @ X @ Y.T @ jnp.linalg.inv(Y @ Y.T + jnp.eye(3)) @ Y @ X.T
        ),
    ),
    "whitened with a stopped covariance": twice(
        Trace(X.T * Inverse(sg(X * X.T) + I_d) * W * X),
        lambda X, Y, W, Z, x, at, sg: jnp.trace(X.T @ jnp.linalg.inv(sg(X @ X.T) + jnp.eye(3)) @ W @ X),
    ),
    "ridge regression": twice(
        squared_norm(Y * (I_n - X.T * Inverse(X * X.T + tau * I_d) * X)),
        lambda X, Y, W, Z, x, at, sg: jnp.sum(
            (Y @ (jnp.eye(4) - X.T @ jnp.linalg.inv(X @ X.T + at["tau"] * jnp.eye(3)) @ X)) ** 2
        ),
    ),
    "powers of matrices": twice(
        Trace((W * W.T) ** 3) + log_det(I_d + (W * W.T) ** 2),
        lambda X, Y, W, Z, x, at, sg: (
            jnp.trace(jnp.linalg.matrix_power(W @ W.T, 3)) + jnp.linalg.slogdet(jnp.eye(3) + W @ W.T @ W @ W.T)[1]
        ),
    ),
}

i, j = symbols("i j", integer=True)
DISGUISES = {
    "the entry of a product": twice(
        (u.T * W * X * X.T * u)[0, 0] ** 2, lambda X, Y, W, Z, x, at, sg: (at["u"].T @ W @ X @ X.T @ at["u"])[0, 0] ** 2
    ),
    "a dot product": twice(
        DotProduct(u, W * u) * DotProduct(u, u),
        lambda X, Y, W, Z, x, at, sg: (at["u"].T @ W @ at["u"])[0, 0] * jnp.sum(at["u"] ** 2),
    ),
    "columns of a matrix": twice(
        (X[:, 0].T * W * Y[:, 2])[0, 0] + squared_norm(column(X, 1)),
        lambda X, Y, W, Z, x, at, sg: X[:, 0] @ W @ Y[:, 2] + jnp.sum(X[:, 1] ** 2),
    ),
    "entries of a matrix": twice(
        W[0, 1] ** 2 * W[2, 2] - X[1, 3], lambda X, Y, W, Z, x, at, sg: W[0, 1] ** 2 * W[2, 2] - X[1, 3]
    ),
    "a block of a matrix": twice(
        squared_norm(X[0:2, 0:4:2] - X[1:3, 0:2]), lambda X, Y, W, Z, x, at, sg: jnp.sum((X[0:2, 0:4:2] - X[1:3, 0:2]) ** 2)
    ),
    "a sum over entries": twice(
        Sum(X[i, j] * Y[i, j], (i, 0, d - 1), (j, 0, n - 1)) * x,
        lambda X, Y, W, Z, x, at, sg: jnp.sum(X * Y) * x,
    ),
    "margins of a column against others": twice(
        hinge(1 - dot(column(X, 0), column(Z, 0)) + dot(column(X, 0), column(Z, 1))),
        lambda X, Y, W, Z, x, at, sg: jnp.maximum(1 - X[:, 0] @ Z[:, 0] + X[:, 0] @ Z[:, 1], 0),
    ),
}

STOPS = {
    "nested stops": twice(
        squared_norm(elementwise(tanh, W * X) - sg(W * elementwise(tanh, sg(X) + Y))),
        lambda X, Y, W, Z, x, at, sg: jnp.sum((jnp.tanh(W @ X) - sg(W @ jnp.tanh(sg(X) + Y))) ** 2),
    ),
    "a stopped argument of a function": twice(
        total(hadamard(elementwise(tanh, sg(W) * X), X)), lambda X, Y, W, Z, x, at, sg: jnp.sum(jnp.tanh(sg(W) @ X) * X)
    ),
    "a stopped factor of entries": twice(
        total(hadamard(sg(elementwise(tanh, W * X)), W * X)),
        lambda X, Y, W, Z, x, at, sg: jnp.sum(sg(jnp.tanh(W @ X)) * (W @ X)),
    ),
    "a straight-through function": twice(
        squared_norm(X + sg(elementwise(tanh, X) - X) - Y),
        lambda X, Y, W, Z, x, at, sg: jnp.sum((X + sg(jnp.tanh(X) - X) - Y) ** 2),
    ),
    "a stopped distribution": twice(
        dot(sg(softmax(X.T * Z)), X.T * Z), lambda X, Y, W, Z, x, at, sg: jnp.sum(sg(jax.nn.softmax(X.T @ Z, 1)) * (X.T @ Z))
    ),
    "a stopped determinant": twice(
        sg(log_det(I_d + X * X.T)) * Trace(X * Y.T) + log_det(I_d + sg(X) * X.T * X * sg(X.T)),
        lambda X, Y, W, Z, x, at, sg: (
            sg(jnp.linalg.slogdet(jnp.eye(3) + X @ X.T)[1]) * jnp.sum(X * Y)
            + jnp.linalg.slogdet(jnp.eye(3) + sg(X) @ X.T @ X @ sg(X).T)[1]
        ),
    ),
    "a stopped temperature": twice(
        total(log_sum_exp(X.T * Z / (1 + sg(x) ** 2))) * x,
        lambda X, Y, W, Z, x, at, sg: jnp.sum(lse(X.T @ Z / (1 + sg(x) ** 2), 1)) * x,
    ),
    "a stopped entry": twice(
        sg(W[0, 1]) * W[1, 0] * sg(X[:, 0].T * X[:, 1])[0, 0],
        lambda X, Y, W, Z, x, at, sg: sg(W[0, 1]) * W[1, 0] * sg(X[:, 0] @ X[:, 1]),
    ),
    "stops at both ends": twice(
        dot(normalised(W * X), sg(normalised(W * Y))) + dot(sg(normalised(W * X)), normalised(W * Y)),
        lambda X, Y, W, Z, x, at, sg: jnp.sum(unit(W @ X) * sg(unit(W @ Y))) + jnp.sum(sg(unit(W @ X)) * unit(W @ Y)),
    ),
}
CASES = ENTRIES | PRODUCTS | SAMPLES | DISTRIBUTIONS | MATRICES | DISGUISES | STOPS
