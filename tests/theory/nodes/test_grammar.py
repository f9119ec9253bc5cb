"""Losses drawn from the grammar of nodes, each with its NumPy function, against complex steps with the stopped parts held."""

from functools import reduce
from operator import add

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Identity, Inverse, MatrixSymbol, Trace, exp, log, sqrt, symbols, tanh

from tests.strategies import seeds
from tests.theory.oracles import central_difference, numeric_gradient
from theory import Loss, nodes, sg

d, n = symbols("d n", integer=True, positive=True)
X, Y, W = MatrixSymbol("X", d, n), MatrixSymbol("Y", d, n), MatrixSymbol("W", d, d)
SIZES = {d: 2, n: 3}


def transposed(a):
    return np.swapaxes(a, -1, -2)


def lengths(a):
    return np.sqrt((a * a).sum(0, keepdims=True))


def soft(a):
    weights = np.exp(a)
    return weights / weights.sum(1, keepdims=True)


# Each draws a matrix of samples (d, n), (d, d) or (n, n) with its function of the values that move and of those that are held.
def samples(depth):
    leaves = st.sampled_from([(s, lambda now, held, s=s: now[s]) for s in (X, Y)])
    if depth == 0:
        return leaves
    inner = samples(depth - 1)
    pairs = st.tuples(inner, inner)
    return st.one_of(
        leaves,
        pairs.map(lambda p: (p[0][0] - p[1][0] / 2, lambda now, held: p[0][1](now, held) - p[1][1](now, held) / 2)),
        pairs.map(lambda p: (nodes.hadamard(p[0][0], p[1][0]), lambda now, held: p[0][1](now, held) * p[1][1](now, held))),
        st.tuples(squares(depth - 1), inner).map(
            lambda p: (p[0][0] * p[1][0], lambda now, held: p[0][1](now, held) @ p[1][1](now, held))
        ),
        inner.map(lambda p: (nodes.elementwise(tanh, p[0]), lambda now, held: np.tanh(p[1](now, held)))),
        inner.map(
            lambda p: (nodes.elementwise(lambda e: log(2 + e**2), p[0]), lambda now, held: np.log(2 + p[1](now, held) ** 2))
        ),
        inner.map(lambda p: (nodes.softmax(p[0]), lambda now, held: soft(p[1](now, held)))),
        inner.map(lambda p: (nodes.softmax(p[0], "columns"), lambda now, held: transposed(soft(transposed(p[1](now, held)))))),
        inner.map(lambda p: (nodes.normalised(p[0]), lambda now, held: p[1](now, held) / lengths(p[1](now, held)))),
        inner.map(lambda p: (nodes.centred(p[0]), lambda now, held: p[1](now, held) - p[1](now, held).mean(1, keepdims=True))),
        inner.map(lambda p: (sg(p[0]), lambda now, held: p[1](held, held))),
    )


def squares(depth):
    leaves = st.just((W, lambda now, held: now[W]))
    if depth == 0:
        return leaves
    pairs = st.tuples(samples(depth - 1), samples(depth - 1))
    return st.one_of(
        leaves,
        pairs.map(lambda p: (p[0][0] * p[1][0].T, lambda now, held: p[0][1](now, held) @ transposed(p[1][1](now, held)))),
        samples(depth - 1).map(
            lambda p: (Inverse(Identity(d) + p[0] * p[0].T), lambda now, held: np.linalg.inv(gram(p[1](now, held))))
        ),
        squares(depth - 1).map(
            lambda p: (nodes.diagonal_matrix(nodes.diagonal_of(p[0])), lambda now, held: np.diag(np.diag(p[1](now, held))))
        ),
        squares(depth - 1).map(lambda p: (sg(p[0]), lambda now, held: p[1](held, held))),
    )


def gram(a):
    return np.eye(2) + a @ transposed(a)


@st.composite
def scalars(draw, depth=2):
    kind = draw(st.sampled_from(["squares", "total", "trace", "log_det", "lse", "entry", "norms", "function"]))
    expr, function = draw(squares(depth) if kind == "trace" else samples(depth))
    if kind == "squares":
        return nodes.squared_norm(expr) / 2, lambda now, held: (function(now, held) ** 2).sum() / 2
    if kind == "total":
        return nodes.total(nodes.elementwise(exp, expr / 3)), lambda now, held: np.exp(function(now, held) / 3).sum()
    if kind == "trace":
        return Trace(expr), lambda now, held: np.trace(function(now, held))
    if kind == "log_det":
        return nodes.log_det(Identity(d) + expr * expr.T), lambda now, held: np.log(determinant(gram(function(now, held))))
    if kind == "lse":
        return nodes.total(nodes.log_sum_exp(expr)), lambda now, held: np.log(np.exp(function(now, held)).sum(1)).sum()
    if kind == "entry":
        return nodes.dot(
            nodes.column(expr, 0), nodes.column(expr, 1)
        ), lambda now, held: function(now, held)[:, 0] @ function(now, held)[:, 1]
    if kind == "norms":
        return nodes.total(nodes.column_norms(expr)), lambda now, held: lengths(function(now, held)).sum()
    return sqrt(1 + nodes.squared_norm(expr)), lambda now, held: np.sqrt(1 + (function(now, held) ** 2).sum())


def determinant(a):
    return a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]


@settings(max_examples=60)
@given(st.lists(scalars(), min_size=1, max_size=2), seeds)
def test_flows_of_drawn_losses_are_their_slopes_with_stops_held(terms, seed):
    expression = reduce(add, (e for e, _ in terms))
    state = [s for s in (X, Y, W) if s in expression.free_symbols]
    assume(state)
    rng = np.random.default_rng(seed)
    at = {s: rng.standard_normal([SIZES[m] for m in s.shape]) for s in (X, Y, W)}
    flow = Loss(expression, state).stop_gradient_flow()
    low = flow.lower({str(m): SIZES[m] for s in state for m in s.shape})
    y = low.pack({s: at[s] for s in state})
    moved = low.unpack(low.velocity(0.0, y))

    def value(now):
        return sum(f(now, at) for _, f in terms)

    for s in state:
        expected = -numeric_gradient(value, at, s)
        np.testing.assert_allclose(moved[s], expected, rtol=0, atol=1e-9 * max(1.0, np.abs(expected).max()))
    along = rng.standard_normal(low.size) / 10
    change = central_difference(lambda z: low.velocity(0.0, z), y, along, step=1e-3)
    found = low.jacobian_vector(0.0, y, along)
    np.testing.assert_allclose(found, change, rtol=0, atol=1e-6 * max(1.0, np.abs(found).max(), np.abs(moved[s]).max()))
