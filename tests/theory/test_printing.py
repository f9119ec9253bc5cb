"""Plain text of expressions: what is printed reads back as the same expression, in the order of the paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import CRootOf, Integer, MatAdd, MatMul, MatrixSymbol, O, Rational, Trace, oo, symbols
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
from theory.latex import tex
from theory.printing import AsWritten, plain, read_number
from theory.words import collect, scale_matrix

mu, lam = symbols("mu lam", positive=True)
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
        (MatAdd(X, scale_matrix(-2 * c, X), evaluate=False), "X - 2*c*X"),
        (MatMul(-1, MatAdd(W, -W.T, evaluate=False), X, evaluate=False), "-(W - W.T)*X"),
        (MatMul(-1, a, X, evaluate=False), "-a*X"),
        (Trace(MatAdd(W, -W.T, evaluate=False)), "Trace(W - W.T)"),
    ],
    ids=str,
)
def test_terms_keep_their_order_and_signs_stand_in_front(expr, text):
    assert plain(expr) == text


def test_sums_of_scalars_begin_with_a_term_without_a_minus_and_keep_their_order():
    assert plain(-4 * lam + mu**2) == "mu**2 - 4*lam"
    assert tex(-4 * lam + mu**2) == r"\mu^{2} - 4 \mathrm{lam}"
    assert plain(-(c**3) + 2 * c**2 - c + 1) == "2*c**2 - c**3 - c + 1"
    assert plain(c**3 - 2 * c**2 + c - 1) == "c**3 - 2*c**2 + c - 1"
    assert plain(-c - a) == "-a - c"
    assert plain(AsWritten(-1, mu, c**2, evaluate=False)) == "mu - 1 + c**2"


@pytest.mark.parametrize("point", [0, oo])
def test_series_are_printed_from_their_largest_term(point):
    one, power = (c, O(c**3)) if point == 0 else (1 / c, O(1 / c**3, (c, oo)))
    series = -1 + a * (1 + lam) * one - mu * one**2 + power
    printed = plain(series)
    places = [printed.index(text) for text in ("-1", "(lam + 1)", "mu", "O(")]
    assert places == sorted(places)
    assert tex(series).startswith("-1 + ")


def test_roots_of_polynomials_are_printed_with_their_number():
    assert tex(CRootOf(c**5 + c + 3, 0)) == r"\operatorname{root}_{1}\left(c^{5} + c + 3\right)"


def test_flow_prints_one_line_a_block():
    assert str(Flow({X: -X, c: -c})) == "dX/dt = -X\ndc/dt = -c"


def test_numbers_are_read_as_they_are_written():
    assert read_number("1" * 5000) == (Integer(10) ** 5000 - 1) / 9
    assert read_number("-2.5e-2/5") == Rational(-1, 200)
    for nonsense in ("", "1/", ".", "e5", "0x1", "1_0"):
        with pytest.raises(ValueError, match="no number"):
            read_number(nonsense)
