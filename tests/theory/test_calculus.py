"""Derivatives against complex steps on dense matrices, and refusals instead of silent zeros."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    Add,
    Adjoint,
    Derivative,
    Determinant,
    DiracDelta,
    Function,
    HadamardPower,
    Heaviside,
    Identity,
    Integral,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Max,
    Piecewise,
    Rational,
    Sum,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
    acos,
    atan,
    cos,
    cosh,
    diff,
    erf,
    exp,
    floor,
    log,
    sign,
    sin,
    sqrt,
    tanh,
)

from tests.strategies import (
    MATRIX_STATE,
    SCALARS,
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
    points,
    random_matrix,
    scalar_functions,
    scalar_losses,
    scalar_polynomials,
    seeds,
    square_traces,
    trace_polynomials,
    w,
    words,
    x,
    y,
)
from tests.theory.oracles import assert_close, evaluate, numeric_gradient, slope
from theory import CalculusError, MarkerError, scalars, sg
from theory.calculus import differential, gradient, scalar_derivative, scalar_derivatives
from theory.flow import direction
from theory.real_points import proved_nonzero
from theory.scalars import logistic, softplus
from theory.words import Context, expand, is_zero

SYMMETRY = Context(SYMMETRIC)


def directions_at(at, seed, state=STATE):
    """Random displacements of the state, under their symbols."""
    rng = np.random.default_rng(seed)
    return {direction(s): random_matrix(rng, s, at) if isinstance(s, MatrixSymbol) else rng.standard_normal() for s in state}


# -- gradients ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("symbol", STATE, ids=str)
@given(expr=trace_polynomials(), at=points())
def test_gradient_of_a_trace_polynomial_is_its_slope(symbol, expr, at):
    expected = numeric_gradient(lambda at: evaluate(expr, at), at, symbol)
    found = gradient(expr, symbol, SYMMETRY)
    assert getattr(found, "shape", ()) == getattr(symbol, "shape", ())
    assert_close(evaluate(found, at), expected)


@settings(max_examples=30)
@given(st.sampled_from(STATE), scalar_losses(), points())
def test_gradient_of_scalar_functions_of_traces_is_their_slope(symbol, expr, at):
    expected = numeric_gradient(lambda at: evaluate(expr, at), at, symbol)
    assert_close(evaluate(gradient(expr, symbol, SYMMETRY), at), expected)


@given(trace_polynomials(), points(), st.sampled_from(MATRIX_STATE))
def test_gradient_does_not_need_symmetry_to_be_declared(expr, at, symbol):
    assert_close(evaluate(gradient(expr, symbol), at), evaluate(gradient(expr, symbol, SYMMETRY), at))


@given(st.lists(square_traces(), min_size=2, max_size=4), st.sampled_from(MATRIX_STATE), points())
def test_gradient_of_a_sum_is_the_sum_of_gradients(traces, symbol, at):
    together = gradient(sum(traces), symbol)
    apart = [gradient(t, symbol) for t in traces]
    assert is_zero(together - MatAdd(*apart))
    assert_close(evaluate(together, at), sum(evaluate(g, at) for g in apart))


def test_gradient_of_two_traces_is_not_silently_zero():
    assert not is_zero(gradient(Trace(X * X.T) + Trace(X * S * X.T), X))
    assert not is_zero(gradient(Trace(W) + Trace(W * W.T), W))


@given(square_traces(), square_traces(), st.sampled_from(STATE), points())
def test_product_rule(one, other, symbol, at):
    value = evaluate(gradient(one * other, symbol), at)
    parts = evaluate(gradient(one, symbol), at) * evaluate(other, at) + evaluate(one, at) * evaluate(
        gradient(other, symbol), at
    )
    assert_close(value, parts)


A, B = (MatrixSymbol(name, d, d) for name in "AB")


@pytest.mark.parametrize(
    ("loss", "symbol", "textbook"),
    [  # Petersen and Pedersen, The Matrix Cookbook, §2.5
        (Trace(W), W, Identity(d)),
        (Trace(A * W), W, A.T),
        (Trace(A * W.T), W, A),
        (Trace(A * W * B), W, A.T * B.T),
        (Trace(A * W.T * B), W, B * A),
        (Trace(W**2), W, 2 * W.T),
        (Trace(W**2 * B), W, (W * B + B * W).T),
        (Trace(X * X.T), X, 2 * X),
        (Trace(W.T * B * W), W, B * W + B.T * W),
        (Trace(X * S * X.T), X, X * S + X * S.T),
        (Trace(W**3), W, 3 * (W**2).T),
        (Trace(A * W * B * W.T), W, A.T * W * B.T + A * W * B),
        (Trace(X * X.T) ** 2, X, 4 * Trace(X * X.T) * X),
        (Trace(A), W, ZeroMatrix(d, d)),
    ],
    ids=lambda e: str(e),
)
def test_gradients_of_the_textbook(loss, symbol, textbook):
    assert is_zero(gradient(loss, symbol) - textbook)


def test_gradient_of_a_constant_loss_is_zero_of_the_right_shape():
    assert gradient(Trace(X * X.T), W).shape == (d, d)
    assert is_zero(gradient(Trace(X * X.T), W))
    assert gradient(Trace(X * X.T), c) == 0


@pytest.mark.parametrize("function", [exp, log, sin, cos, tanh, cosh, sqrt, atan, erf, acos], ids=lambda f: f.__name__)
@settings(max_examples=5)
@given(at=points())
def test_chain_rule_for_each_smooth_function(function, at):
    t = Symbol("t", real=True)
    inside = 1 / (2 + Trace(X * X.T))
    found = gradient(function(inside), X)
    square = float(np.sum(at[X] ** 2))
    outer = float(diff(function(1 / (2 + t)), t).subs(t, square))
    assert_close(evaluate(found.subs(Trace(X * X.T), square), at), outer * 2 * at[X])


def test_power_with_a_trace_in_the_exponent():
    rng = np.random.default_rng(0)
    at = {d: 2, n: 3, X: rng.standard_normal((2, 3)), a: 1.7}
    expr = (1 + Trace(X * X.T)) ** (Trace(X * X.T) / 5) + exp(a) ** Trace(X * X.T)
    assert_close(evaluate(gradient(expr, X), at), numeric_gradient(lambda at: evaluate(expr, at), at, X))


# -- differentials -----------------------------------------------------------------------------------------------------


@given(matrix_polynomials(d, k, depth=2), points(), seeds)
def test_differential_of_a_matrix_is_its_slope(expr, at, seed):
    steps = directions_at(at, seed)
    moved = differential(expr, {s: direction(s) for s in STATE}, SYMMETRY)
    expected = slope(lambda at: evaluate(expr, at), at, {s: steps[direction(s)] for s in STATE})
    assert moved.shape == expr.shape
    assert_close(evaluate(moved, at | steps), expected)


@given(scalar_losses(), points(), seeds)
def test_differential_of_a_scalar_is_its_slope(expr, at, seed):
    steps = directions_at(at, seed)
    moved = differential(expr, {s: direction(s) for s in STATE}, SYMMETRY)
    expected = slope(lambda at: evaluate(expr, at), at, {s: steps[direction(s)] for s in STATE})
    assert_close(evaluate(moved, at | steps), expected)


@given(trace_polynomials(), st.sampled_from(MATRIX_STATE), points(), seeds)
def test_differential_is_the_gradient_paired_with_the_direction(expr, symbol, at, seed):
    steps = directions_at(at, seed)
    moved = evaluate(differential(expr, {symbol: direction(symbol)}), at | steps)
    assert_close(moved, np.sum(evaluate(gradient(expr, symbol), at) * steps[direction(symbol)]))


@given(matrix_polynomials(d, n, depth=2))
def test_differential_is_linear_in_the_direction(expr):
    u, v = direction(W), direction(W, second=True)
    along = differential(expr, {W: 2 * u - a * v})
    assert is_zero(along - 2 * differential(expr, {W: u}) + a * differential(expr, {W: v}))


@given(matrix_polynomials(d, n, depth=2))
def test_differential_along_several_blocks_is_the_sum_over_blocks(expr):
    both = differential(expr, {W: direction(W), X: direction(X)})
    assert is_zero(both - differential(expr, {W: direction(W)}) - differential(expr, {X: direction(X)}))


@given(matrix_polynomials(d, n, depth=1), matrix_polynomials(d, d, depth=1), points())
def test_differential_along_an_expression_is_the_slope_along_its_value(expr, along, at):
    moved = differential(expr, {W: along})
    expected = slope(lambda at: evaluate(expr, at), at, {W: evaluate(along, at)})
    assert_close(evaluate(moved, at), expected)


def test_symmetric_data_do_not_move():
    assert is_zero(differential(X * S, {W: direction(W)}))
    assert differential(Trace(S), {X: direction(X)}) == 0


# -- scalars -----------------------------------------------------------------------------------------------------------


@given(scalar_polynomials(), scalar_polynomials(), st.sampled_from(SCALARS))
def test_scalar_losses_agree_with_sympy(one, other, symbol):
    expr = one * exp(-(other**2)) + log(1 + one**2) + sqrt(2 + sin(other))
    at = {x: 0.3, y: -0.7, w: 0.45}
    assert_close(evaluate(gradient(expr, symbol), at), evaluate(diff(expr, symbol), at))
    assert gradient(one, symbol).equals(diff(one, symbol))


@given(scalar_polynomials(), st.sampled_from(SCALARS))
def test_scalar_gradient_is_the_slope(expr, symbol):
    at = {x: 0.3, y: -0.7, w: 1.2}
    wrapped = sin(expr) + expr**2
    assert_close(evaluate(gradient(wrapped, symbol), at), numeric_gradient(lambda at: evaluate(wrapped, at), at, symbol))


@given(scalar_functions())
def test_scalar_derivatives_are_those_of_sympy_as_they_are_written(expr):
    found = scalar_derivatives(expr, SCALARS, Context(kinks=True))
    assert found == {s: expr.diff(s).replace(DiracDelta, lambda *_: 0) for s in SCALARS}


def test_parts_without_the_symbol_are_not_visited(monkeypatch):
    """The gradient of a chain takes each of its terms as often as it has symbols."""
    chain = [Symbol(f"s{i}", real=True) for i in range(40)]
    visited, right = [], scalars._slope
    monkeypatch.setattr(scalars, "_slope", lambda *given: visited.append(given) or right(*given))
    scalar_derivatives(Add(*((b - sin(a)) ** 2 for a, b in pairwise(chain))), chain)
    assert len(visited) < 10 * len(chain)


@pytest.mark.parametrize("function", [logistic, softplus])
def test_sigmoids_of_numbers_are_real_numbers(function):
    """What stands inside is not written in complex exponentials."""
    value = function(sin(Rational(1, 4)))
    assert value.is_comparable
    assert proved_nonzero(function(sin(x)) - value)


def test_a_slope_that_a_function_does_not_have_is_refused():
    with pytest.raises(CalculusError, match="Heaviside"):
        scalar_derivative(Heaviside(x, y), y, Context(kinks=True))


def test_traces_without_the_symbol_are_constants_for_a_scalar_derivative():
    assert scalar_derivative(c**2 * Trace(X * X.T), c) == 2 * c * Trace(X * X.T)


def test_scalar_derivative_refuses_a_symbol_hidden_in_a_trace():
    with pytest.raises(CalculusError):
        scalar_derivative(Trace(MatMul(c, X, X.T, evaluate=False)), c)


# -- refusals ----------------------------------------------------------------------------------------------------------

h = Function("h")
j = Symbol("j", integer=True)
REFUSED_MATRICES = [
    Trace(KroneckerProduct(W, W)),
    Determinant(KroneckerProduct(W, W)),
    Trace(Inverse(Adjoint(W))),
    Trace(HadamardPower(W, W)),
    Trace(W.applyfunc(floor)),
    W[Symbol("i", integer=True), 0] ** 2,
    Sum(log(W[j, j]), (j, 0, d - 1)),
    Sum(W[j, j] ** 2, (j, 0, d - 1)),
    Sum(W[j, j], (j, 1, d - 1)),
    Trace(Adjoint(W)),
    floor(Trace(W)),
    Abs(Trace(W)),
    sign(Trace(W)),
    Max(Trace(W), 0),
    Piecewise((Trace(W), Trace(W) > 0), (0, True)),
    h(Trace(W)),
    Trace(W) * h(Trace(W)),
    Trace(W ** Symbol("m", integer=True)),
]


@pytest.mark.parametrize("expr", REFUSED_MATRICES, ids=str)
def test_matrix_gradient_refuses_what_it_cannot_differentiate(expr):
    with pytest.raises(CalculusError, match="W"):
        gradient(expr, W)


@pytest.mark.parametrize("expr", REFUSED_MATRICES, ids=str)
def test_refused_parts_are_not_lost_in_a_sum(expr):
    with pytest.raises(CalculusError):
        gradient(Trace(W * W.T) + Trace(X * X.T) * expr + expr, W)


@pytest.mark.parametrize("expr", REFUSED_MATRICES, ids=str)
def test_differential_refuses_what_it_cannot_differentiate(expr):
    with pytest.raises(CalculusError):
        differential(expr, {W: direction(W)})


@pytest.mark.parametrize(
    "expr",
    [KroneckerProduct(W, W) * W, HadamardPower(X, X), W * Transpose(Adjoint(W)), Identity(d) + W ** Symbol("m")],
    ids=str,
)
def test_differential_of_a_matrix_refuses_what_it_cannot_differentiate(expr):
    with pytest.raises(CalculusError):
        differential(expr, {W: direction(W), X: direction(X)})


REFUSED_SCALARS = [
    floor(x),
    Abs(x),
    sign(x) * x,
    Max(x, 0) ** 2,
    Piecewise((x, x > 0), (0, True)),
    h(x),
    h(x, y) * x,
    Derivative(h(x), x),
    Integral(exp(-x * y), (y, 0, 1)),
    Sum(x**2, (y, 0, 3)),
    Determinant(KroneckerProduct(x * W, W)),
    Trace(Inverse(Adjoint(x * W))),
    Trace(HadamardPower(x * W, W)),
]


@pytest.mark.parametrize("expr", REFUSED_SCALARS, ids=str)
def test_scalar_gradient_refuses_what_it_cannot_differentiate(expr):
    for sought in (expr, x**2 + y * expr, exp(-expr)):
        with pytest.raises(CalculusError, match="x"):
            gradient(sought, x)


@pytest.mark.parametrize("expr", REFUSED_SCALARS[:7], ids=str)
def test_refused_parts_are_constants_for_other_symbols(expr):
    assert gradient(expr * w, w) == expr


def test_unknown_parts_without_the_symbol_are_constants():
    assert is_zero(gradient(Trace(X.T * Inverse(A) * X), X) - Inverse(A) * X - Inverse(A).T * X)
    assert is_zero(gradient(log(Determinant(A)) * Trace(W), W) - log(Determinant(A)) * Identity(d))
    assert is_zero(gradient(Trace(X * J * Y.T) * h(a), X) - h(a) * Y * J.T)


@pytest.mark.parametrize("expr", [sg(x), x * sg(x), sg(x + y) ** 2, Trace(sg(x * W)), exp(sg(x * y))], ids=str)
def test_markers_are_refused_by_the_scalar_gradient(expr):
    with pytest.raises(CalculusError, match="marker"):
        gradient(expr, x)


@pytest.mark.parametrize(
    "expr", [Trace(sg(W)), Trace(sg(W * X) * X.T), sg(Trace(W)), Trace(X.T * sg(W + W.T) * X) + Trace(W)], ids=str
)
def test_markers_are_refused_by_the_matrix_gradient(expr):
    with pytest.raises(CalculusError, match="marker"):
        gradient(expr, W)
    with pytest.raises(CalculusError, match="marker"):
        differential(expr, {W: direction(W)})


def test_marker_error_is_a_calculus_error():
    assert issubclass(MarkerError, CalculusError)


@given(words(d, d).filter(bool))
def test_a_word_without_the_symbol_has_no_gradient(word):
    other = MatrixSymbol("V", d, d)
    assert is_zero(gradient(Trace(MatMul(*word)), other))
    assert expand(gradient(Trace(MatMul(*word) * other), other)) == expand(Transpose(MatMul(*word)))
