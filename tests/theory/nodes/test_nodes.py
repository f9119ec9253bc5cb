"""What nodes simplify, how they are written, what they refuse and assume, and that nothing of size N x N is built."""

import tracemalloc

import numpy as np
import pytest
from sympy import (
    Eq,
    Function,
    HadamardProduct,
    Identity,
    Inverse,
    MatrixSymbol,
    OneMatrix,
    Q,
    Rational,
    Sum,
    Trace,
    exp,
    floor,
    log,
    sqrt,
    symbols,
    tanh,
)

from theory import CalculusError, Flow, InputError, Loss, sg
from theory.calculus import differential, gradient
from theory.flow import direction
from theory.latex import tex
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
    row_sums,
    softmax,
    squared_norm,
    total,
)
from theory.printing import plain
from theory.vanishing import vanishes
from theory.words import Context

d, n = symbols("d n", integer=True, positive=True)
tau = symbols("tau", positive=True)
x = symbols("x", real=True)
X, Y, W = MatrixSymbol("X", d, n), MatrixSymbol("Y", d, n), MatrixSymbol("W", d, d)
u, v = MatrixSymbol("u", d, 1), MatrixSymbol("v", n, 1)
ones = row_sums(Identity(n))
cosine = -dot(normalised(W * X), sg(normalised(Y))) / n


# -- simplified --------------------------------------------------------------------------------------------------------

SAME = [
    (hadamard(X, u * v.T), diagonal_matrix(u) * X * diagonal_matrix(v)),
    (hadamard(2 * X, Y / 2), hadamard(Y, X)),
    (hadamard(Identity(n), X.T * Y), diagonal_matrix(diagonal_of(X.T * Y))),
    (elementwise(lambda e: 3 * e, X), 3 * X),
    (elementwise(lambda e: 2 * e**2, X), 2 * elementwise(lambda e: e**2, X)),
    (diagonal_of(diagonal_matrix(v)), v),
    (diagonal_of(X.T * Y), diagonal_of(Y.T * X)),
    (diagonal_matrix(ones), Identity(n)),
    (row_sums(diagonal_matrix(v)), v),
    (row_sums(softmax(X)), row_sums(Identity(d))),
    (centred(centred(X)), centred(X)),
    (centred(X) * ones, 0 * u),
    (column(X, 1), X[:, 1]),
]


@pytest.mark.parametrize(("one", "other"), SAME, ids=lambda e: plain(e)[:30])
def test_equal_expressions_are_one(one, other):
    assert vanishes(one - other) is True


def test_gradients_are_collected_as_on_paper():
    assert plain(gradient(total(log_sum_exp(X.T * W)) - Trace(X.T * W * Y), X)) == "W*(softmax(X.T*W).T - Y)"
    assert plain(gradient(log_det(Identity(d) + X * X.T), X)) == "2*(I + X*X.T)**(-1)*X"
    assert plain(gradient(total(elementwise(tanh, W * X)), W)) == "(x -> 1 - tanh(x)**2)(W*X)*X.T"


def test_flow_of_the_cosine_is_written_as_on_paper():
    text = str(Loss(cosine, (X, Y, W)).stop_gradient_flow())
    assert text.splitlines()[1] == "dY/dt = 0"
    assert text.splitlines()[2].endswith("diag(diagonal(X.T*W.T*W*X).**(-1/2)))*X.T")


@pytest.mark.parametrize(
    ("expr", "text", "latex"),
    [
        (elementwise(tanh, W * X), "tanh(W*X)", r"\tanh{\left(W X \right)}"),
        (hadamard(X, Y), "X.*Y", r"X \circ Y"),
        (elementwise(lambda e: e**2, X), "X.**2", r"X^{\circ 2}"),
        (diagonal_matrix(v), "diag(v)", r"\operatorname{diag}\left(v\right)"),
        (softmax(W), "softmax(W)", r"\operatorname{softmax}\left(W\right)"),
        (elementwise(Function("phi"), X), "phi(X)", r"\phi{\left(X \right)}"),
        (elementwise(lambda e: 1 + exp(e), X), "(x -> exp(x) + 1)(X)", r"\left(x\mapsto e^{x} + 1\right)\left(X\right)"),
    ],
)
def test_nodes_are_written(expr, text, latex):
    assert plain(expr) == text
    assert tex(expr).replace(r"\varphi", r"\phi") == latex


# -- derivatives -------------------------------------------------------------------------------------------------------


def test_differential_is_the_gradient_paired_with_the_direction():
    expr = total(hadamard(softmax(W * X), elementwise(tanh, Y))) + log_det(Identity(d) + X * X.T)
    along = differential(expr, {X: direction(X)})
    paired = Trace(gradient(expr, X).T * direction(X))
    flow = Flow({X: -X, Y: -Y, W: -W, direction(X): 0 * X})
    lowered = flow.lower({"d": 2, "n": 3})
    y = np.random.default_rng(0).standard_normal(lowered.size)
    one, other = lowered.evaluate([along, paired])(y)
    assert one == pytest.approx(other, rel=1e-12)


def test_second_derivative_is_symmetric():
    expr = total(log_sum_exp(X.T * W * X / tau))
    jacobian = Loss(expr, (X, W)).gradient_flow().lower({"d": 2, "n": 3, "tau": 0.7})
    y = np.random.default_rng(1).standard_normal(jacobian.size)
    hessian = jacobian.jacobian(0.0, y)
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-12)


def test_curl_of_a_stopped_cosine_is_proved():
    loss = Loss(cosine, (X, Y, W))
    test = loss.stop_gradient_flow().is_gradient()
    assert test.holds is False
    assert loss.gradient_flow().is_gradient().holds is True


def test_what_is_not_decided_says_so():
    nothing = elementwise(lambda x: tanh(x) - 2 * logistic(2 * x) + 1, X)
    test = Flow({X: X + hadamard(nothing, X * OneMatrix(n, n))}).is_gradient()
    assert test.holds is None
    with pytest.raises(InputError, match="proved to vanish or not to"):
        bool(test)
    assert vanishes(nothing) is None
    assert vanishes(elementwise(tanh, X) - elementwise(tanh, Y)) is False


# -- assumed equations ---------------------------------------------------------------------------------------------------

P, U, G = MatrixSymbol("P", d, d), MatrixSymbol("U", d, d), MatrixSymbol("G", d, d)
PROJECTS, INVERTS = Eq(P * P, P), Eq(U * G, Identity(d))


@pytest.mark.parametrize(
    ("expr", "same", "equation"),
    [
        (elementwise(tanh, P * P * X), elementwise(tanh, P * X), PROJECTS),
        (normalised(U * G * X), normalised(X), INVERTS),
        (softmax(Y.T * G.T * U.T * X), softmax(Y.T * X), INVERTS),
        (diagonal_of(elementwise(exp, U * G + P * P)), diagonal_of(elementwise(exp, Identity(d) + P)), [PROJECTS, INVERTS]),
        (log_det(Identity(d) + X * X.T * P * P), log_det(Identity(d) + X * X.T * P), PROJECTS),
    ],
)
def test_assumed_equations_hold_inside_nodes(expr, same, equation):
    context = Context(tuple(equation) if isinstance(equation, list) else (equation,))
    assert vanishes(expr - same, context) is True
    assert vanishes(expr - same) is not True
    assert vanishes(expr - 2 * same, context) is not True


def test_flows_have_assumed_equations_put_in():
    loss = total(log_sum_exp(X.T * P * P * Y))
    assumed, stated = Loss(loss, (X,), assumptions=(PROJECTS,)), Loss(total(log_sum_exp(X.T * P * Y)), (X,))
    assert assumed.gradient_flow().velocity == stated.gradient_flow().velocity
    assert differential(loss, {X: U}, Context((PROJECTS,))) == differential(stated.expression, {X: U})


def test_equations_that_hold_the_state_are_put_in_after_differentiation():
    """Where heads are orthogonal the loss is constant, and its slope away from them is not."""
    loss, orthogonal = total(elementwise(exp, W.T * W)), Context((Eq(W.T * W, Identity(d)),))
    slope = gradient(loss, W, orthogonal)
    assert vanishes(slope - 2 * W * elementwise(exp, Identity(d)), orthogonal) is True
    assert vanishes(slope, orthogonal) is not True
    assert vanishes(gradient(loss, W) - 2 * W * elementwise(exp, Identity(d))) is False


def test_named_functions_have_named_slopes():
    phi = Function("phi")
    loss = Loss(total(elementwise(phi, W * X)), (W,))
    assert str(loss.gradient_flow()) == "dW/dt = -phi'(W*X)*X.T"
    at = {"X": np.ones((2, 3))}
    with pytest.raises(CalculusError, match="phi"):
        loss.gradient_flow().lower(at).velocity(0.0, np.zeros(4))
    known = Loss(loss.expression.replace(phi, tanh), (W,)).gradient_flow().lower(at)
    np.testing.assert_allclose(known.velocity(0.0, np.zeros(4)), -3 * np.ones(4))


def test_sums_over_entries_are_traces():
    i, j = symbols("i j", integer=True)
    expr = Sum(X[i, j] * W[i, 0] * Y[0, j], (i, 0, d - 1), (j, 0, n - 1))
    assert gradient(expr, X) == gradient(Trace(X * (Y.T * column(Identity(d), 0)) * (W * column(Identity(d), 0)).T), X)
    with pytest.raises(CalculusError, match="each index at most twice"):
        gradient(Sum(X[i, j] ** 3, (i, 0, d - 1), (j, 0, n - 1)), X)


# -- domains -----------------------------------------------------------------------------------------------------------


def test_lengths_that_must_not_vanish_are_stated():
    assert Loss(cosine, (X, Y, W)).conditions == (diagonal_of(X.T * W.T * W * X), diagonal_of(Y.T * Y))
    assert Loss(squared_norm(X - Y), (X, Y)).conditions == ()


def test_what_is_positive_needs_no_condition():
    for safe in (
        elementwise(exp, X),
        softmax(X),
        elementwise(lambda e: 1 + e**2, X),
        hadamard(elementwise(exp, X), softmax(Y)),
    ):
        assert Loss(total(elementwise(log, safe)), (X, Y)).conditions == ()
    assert Loss(total(elementwise(log, W)), (W,), assumptions=(Q.positive(W),)).conditions == ()
    assert Loss(total(elementwise(log, diagonal_of(X.T * X))), (X,)).conditions == (diagonal_of(X.T * X),)


def test_kinks_of_entries_are_stated():
    assert [*map(str, Loss(total(hinge(X - Y)), (X,)).kinks)] == ["X - Y"]
    assert Loss(total(elementwise(abs, sg(X) * ones)), (X,)).kinks == (X * ones,)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: hadamard(X, W), r"matrices of the shape \(d, n\)"),
        (lambda: dot(X, W), r"matrices of the shape \(d, n\)"),
        (lambda: diagonal_matrix(W), "one column"),
        (lambda: diagonal_of(X), "square matrix"),
        (lambda: log_det(X), "square matrix"),
        (lambda: elementwise(tanh, tau), "a matrix in a function of every entry"),
        (lambda: elementwise(lambda e: e * X, X), "a function of scalars"),
        (lambda: elementwise(lambda e: sg(e), X), "without stop-gradient markers"),
        (lambda: elementwise(lambda e: "tanh", X), "as function of an entry"),
        (lambda: softmax("X"), "a SymPy expression"),
        (lambda: normalised(X, "samples"), "'rows' or 'columns'"),
        (lambda: column(X, -1), "number of a column"),
        (lambda: Loss(total(elementwise(log, W * X)), (W,)), "logarithm of positive entries"),
        (lambda: Loss(total(log_sum_exp(X.T * X / 0)), (X,)), "divide by nothing that is zero"),
    ],
)
def test_bad_input_is_a_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()


def test_a_temperature_of_zero_is_a_sentence():
    flow = Loss(total(log_sum_exp(X.T * X / tau)), (X,)).gradient_flow()
    with pytest.raises(InputError, match="tau that is not zero"):
        flow.lower({"tau": 0, "d": 2, "n": 3})


def test_functions_that_are_not_differentiated_are_named():
    with pytest.raises(CalculusError, match=r"floor\(W\*X\)"):
        Loss(total(elementwise(floor, W * X)), (W,)).gradient_flow()
    assert Loss(total(hadamard(sg(elementwise(floor, X)), X)), (X,)).stop_gradient_flow().velocity[X] == -elementwise(floor, X)


# -- lowering ----------------------------------------------------------------------------------------------------------


def peak_of(call):
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


LINEAR = {
    "cosine": cosine,
    "correlation": squared_norm(normalised(centred(X), "rows") * normalised(centred(Y), "rows").T - Identity(d)),
    "coding rate": log_det(Identity(d) + X * X.T / n),
    "diagonals": total(hadamard(diagonal_of(X.T * Y), diagonal_of(Y.T * W * X))),
    "classes": total(log_sum_exp(W * X, "columns")) / n,
    "centred by hand": squared_norm(X * (Identity(n) - ones * ones.T / n) * (Identity(n) - ones * ones.T / n) - Y),
    "inverse": Trace(Inverse(X * X.T + Identity(d)) * X * Y.T),
}


@pytest.mark.parametrize("name", LINEAR)
def test_memory_stays_linear_in_the_number_of_samples(name):
    loss = Loss(LINEAR[name], [s for s in (X, Y, W) if s in LINEAR[name].free_symbols])
    samples, dimension = 20_000, 3
    lowered = loss.stop_gradient_flow().lower({"n": samples, "d": dimension}, [loss.erased()])
    y, along = np.random.default_rng(0).standard_normal((2, lowered.size))
    observe = lowered.evaluate([loss.erased()])
    for call in (lambda: lowered.velocity(0.0, y), lambda: observe(y), lambda: lowered.jacobian_vector(0.0, y, along)):
        assert np.isfinite(np.sum(call()))
        assert peak_of(call) < 30 * 8 * samples * dimension


def test_a_diagonal_beside_a_projection_is_lowered():
    lowered = Flow({X: -X, v: -v}).lower({"d": 2, "n": 3})
    A, b = np.random.default_rng(0).standard_normal((2, 2, 3))
    H, D = np.eye(3) - 1 / 3, np.diag(b[0])
    expr = centred(diagonal_matrix(v))
    found = lowered.evaluate([expr, expr.T * X.T, X * expr * X.T])(np.concatenate([A.ravel(), b[0]]))
    for one, other in zip(found, [D @ H, H @ D @ A.T, A @ D @ H @ A.T], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-14)


def test_sympys_operations_are_lowered_as_they_are():
    lowered = Flow({X: -X, Y: -Y}).lower({"d": 2, "n": 3})
    A, B = np.random.default_rng(0).standard_normal((2, 2, 3))
    y = np.concatenate([A.ravel(), B.ravel()])
    found = lowered.evaluate(
        [HadamardProduct(X, Y), X[0, 1], X[:, 1], (X.T * Y)[0, 2], sqrt(1 + X[0, 0] ** 2) * Rational(1, 2)]
    )(y)
    expected = [A * B, A[0, 1], A[:, 1:2], A[:, 0] @ B[:, 2], np.sqrt(1 + A[0, 0] ** 2) / 2]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-14)
