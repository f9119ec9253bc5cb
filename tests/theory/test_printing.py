"""Plain text of expressions: what is printed reads back as the same expression, in the order of the paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import MatAdd, MatMul, MatrixSymbol, Trace
from sympy.parsing.sympy_parser import parse_expr

from tests.strategies import (
    DIMENSIONS,
    STATE,
    SYMMETRIC,
    J,
    S,
    W,
    X,
    Y,
    a,
    c,
    d,
    k,
    matrix_polynomials,
    n,
    random_matrix,
    seeds,
    trace_polynomials,
)
from tests.theory.oracles import assert_close, evaluate
from theory import Flow, Loss
from theory.printing import plain
from theory.words import collect, scaled

ONE = MatrixSymbol("I", d, d)  # printed without its size, hence all sizes equal below
NAMES = {str(s): s for s in (*STATE, J, S, a, d, n, k, ONE)}


@st.composite
def cubes(draw):
    """Numbers for the alphabet with all dimensions equal."""
    size, rng = draw(st.integers(1, 3)), np.random.default_rng(draw(seeds))
    at = dict.fromkeys(DIMENSIONS, size) | {ONE: np.eye(size)}
    return at | {m: random_matrix(rng, m, at) for m in (X, Y, W, J, S)} | {c: rng.uniform(0.5, 1.5), a: rng.uniform(0.5, 1.5)}


def read(text):
    return parse_expr(text, local_dict=NAMES)


@given(matrix_polynomials(d, n, depth=3), cubes())
def test_collected_polynomials_read_back_with_their_value(expr, at):
    collected = collect(expr)
    assert_close(evaluate(read(plain(collected)), at), evaluate(expr, at))


@given(trace_polynomials(), cubes())
def test_velocities_read_back_with_their_value(expression, at):
    flow = Loss(expression, STATE, decay={X: a, c: 2}, assumptions=SYMMETRIC).gradient_flow()
    lines = str(flow).splitlines()
    assert [line.split(" = ")[0] for line in lines] == [f"d{block}/dt" for block in STATE]
    for line, velocity in zip(lines, flow.velocity.values(), strict=True):
        assert_close(evaluate(read(line.split(" = ")[1]), at), evaluate(velocity, at))


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (MatAdd(W * Y, -X * J, evaluate=False), "W*Y - X*J"),
        (MatAdd(X, scaled(-2 * c, X), evaluate=False), "X - 2*c*X"),
        (MatMul(-1, MatAdd(W, -W.T, evaluate=False), X, evaluate=False), "-(W - W.T)*X"),
        (MatMul(-1, a, X, evaluate=False), "-a*X"),
        (Trace(MatAdd(W, -W.T, evaluate=False)), "Trace(W - W.T)"),
    ],
    ids=str,
)
def test_terms_keep_their_order_and_signs_stand_in_front(expr, text):
    assert plain(expr) == text


def test_flow_prints_one_line_a_block():
    assert str(Flow({X: -X, c: -c})) == "dX/dt = -X\ndc/dt = -c"
