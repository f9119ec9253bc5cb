"""Lowered flows against plain dense NumPy, and the promise that nothing of size N x N is ever built."""

import inspect
import tracemalloc

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Heaviside,
    Identity,
    Inverse,
    MatrixSymbol,
    Q,
    Symbol,
    Trace,
    Transpose,
    acos,
    acot,
    atan,
    cosh,
    cot,
    coth,
    csc,
    csch,
    erf,
    erfc,
    exp,
    log,
    sec,
    sech,
    sin,
    sqrt,
    tanh,
)
from sympy.matrices.expressions.special import OneMatrix

from tests.strategies import (
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
    marked_losses,
    matrix_polynomials,
    n,
    points,
    random_matrix,
    scalar_losses,
    scalar_polynomials,
    seeds,
    trace_polynomials,
    w,
    x,
    y,
)
from tests.theory.oracles import assert_close, central_difference, evaluate, numeric_gradient, slope
from theory import CalculusError, Flow, InputError, Loss, models, require, translation
from theory.models import vocabulary as v
from theory.nodes import diagonal_of, elementwise, total
from theory.words import collect

DATA_NAMES = (J, S, a)


def lowered_at(flow, at):
    """A lowered flow and the state vector of a point of the alphabet."""
    lowered = flow.lower({s: at[s] for s in flow.parameters} | {m: at[m] for b in flow.state if b != c for m in b.shape})
    return lowered, lowered.pack({b: at[b] for b in flow.state})


# -- values ------------------------------------------------------------------------------------------------------------


@given(matrix_polynomials(d, n), matrix_polynomials(d, k), matrix_polynomials(d, d), trace_polynomials(), points())
def test_lowered_velocity_has_the_value_of_the_velocity(vx, vy, vw, vc, at):
    flow = Flow(dict(zip(STATE, (*map(collect, (vx, vy, vw)), vc), strict=True)), assumptions=SYMMETRIC)
    lowered, state = lowered_at(flow, at)
    moved = lowered.unpack(lowered.velocity(0.0, state))
    for block in STATE:
        assert_close(moved[block], evaluate(flow.velocity[block], at))


@given(scalar_losses(), points())
def test_lowered_flow_of_a_loss_is_its_slope(expression, at):
    lowered, state = lowered_at(Loss(expression, STATE, assumptions=SYMMETRIC).gradient_flow(), at)
    moved = lowered.unpack(lowered.velocity(0.0, state))
    for block in STATE:
        assert_close(moved[block], -numeric_gradient(lambda at: evaluate(expression, at), at, block))


@given(marked_losses(), points(), seeds)
def test_lowered_jacobian_is_that_of_the_erased_velocity(expression, at, seed):
    flow = Loss(expression, STATE, assumptions=SYMMETRIC).stop_gradient_flow()
    lowered, state = lowered_at(flow, at)
    along = lowered.unpack(np.random.default_rng(seed).standard_normal(lowered.size))
    expected = [slope(lambda at, b=b: evaluate(flow.velocity[b], at), at, along) for b in STATE]
    found = lowered.unpack(lowered.jacobian_vector(0.0, state, lowered.pack(along)))
    for block, value in zip(STATE, expected, strict=True):
        assert_close(found[block], value)
    assert_close(lowered.jacobian(0.0, state) @ lowered.pack(along), lowered.jacobian_vector(0.0, state, lowered.pack(along)))


@settings(max_examples=8)
@given(marked_losses(), points(), seeds)
def test_lowered_jacobian_is_the_central_difference_of_the_lowered_velocity(expression, at, seed):
    lowered, state = lowered_at(Loss(expression, STATE, assumptions=SYMMETRIC).stop_gradient_flow(), at)
    along = np.random.default_rng(seed).standard_normal(lowered.size)
    along /= np.linalg.norm(along)
    expected = central_difference(lambda z: lowered.velocity(0.0, z), state, along)
    assert_close(lowered.jacobian_vector(0.0, state, along), expected, rounding=1e-6)  # sixth order at step 0.01


@given(trace_polynomials(), points())
def test_evaluate_gives_values_of_scalars_and_matrices(expression, at):
    flow = Loss(Trace(S * X.T * W * X) + a * c * Trace(X * J * Y.T), STATE, assumptions=SYMMETRIC).gradient_flow()
    lowered, state = lowered_at(flow, at)
    found = lowered.evaluate([expression, W * X, X.T, Trace(W), Identity(d)])(state)
    for value, sought in zip(found, (expression, W * X, X.T, Trace(W), Identity(d)), strict=True):
        assert_close(value, evaluate(sought, at))


@given(points())
def test_powers_of_a_matrix_are_lowered(at):
    lowered, state = lowered_at(Flow({W: W * W - W**3, X: (W * W.T) ** 2 * X}), at)
    moved = lowered.unpack(lowered.velocity(0.0, state))
    assert_close(moved[W], at[W] @ at[W] - at[W] @ at[W] @ at[W])
    assert_close(moved[X], at[W] @ at[W].T @ at[W] @ at[W].T @ at[X])


@pytest.mark.parametrize("power", [1, 2, 3])
@given(at=points())
def test_powers_of_an_inverse_are_lowered(power, at):
    """SymPy makes a power of the product of an inverse with itself."""
    lowered, state = lowered_at(Flow({W: Inverse(Identity(d) + W * W.T) ** power * W, X: X}), at)
    moved = lowered.unpack(lowered.velocity(0.0, state))
    assert_close(moved[W], np.linalg.matrix_power(np.eye(len(at[W])) + at[W] @ at[W].T, -power) @ at[W])


@given(matrix_polynomials(d, n, depth=3), matrix_polynomials(k, d, depth=3), points())
def test_evaluate_takes_expressions_as_they_are_written(one, other, at):
    lowered, state = lowered_at(Flow({X: X * S * a * c, Y: W * X * J, W: W * W.T, c: -c}), at)
    for expr, value in zip((one, other), lowered.evaluate([one, other])(state), strict=True):
        assert_close(value, evaluate(expr, at))


def test_traces_that_cancel_evaluate_to_zero():
    lowered = Flow({W: -W}).lower({"d": 2})
    (value,) = lowered.evaluate([Trace(W * W.T - W * W.T)])(np.ones(4))
    assert value == 0


@given(points(), seeds)
def test_inverses_and_their_transposes_are_lowered(at, seed):
    A = MatrixSymbol("A", d, d)
    at = at | {A: random_matrix(np.random.default_rng(seed), A, at) + 3 * np.eye(at[d])}
    flow = Flow({X: -Inverse(A) * X * S + Transpose(Inverse(A)) * X})
    lowered, state = lowered_at(flow, at)
    inverse = np.linalg.inv(at[A])
    assert_close(lowered.velocity(0.0, state), (-inverse @ at[X] @ at[S] + inverse.T @ at[X]).ravel())


# -- scalar flows ------------------------------------------------------------------------------------------------------


@given(st.tuples(*[scalar_polynomials()] * 3), seeds, st.integers(1, 4))
def test_batches_are_evaluated_column_by_column(velocities, seed, columns):
    lowered = Flow(
        {s: p * sin(q) for s, p, q in zip(SCALARS, velocities, velocities[1:] + velocities[:1], strict=True)}
    ).lower()
    batch = np.random.default_rng(seed).standard_normal((3, columns))
    one_by_one = np.column_stack([lowered.velocity(0.0, column) for column in batch.T])
    assert_close(lowered.velocity(0.0, batch), one_by_one)
    assert lowered.velocity(0.0, batch).shape == batch.shape


def test_constant_velocities_are_spread_over_a_batch():
    assert_close(Flow({x: 1, y: 2}).lower().velocity(0.0, np.zeros((2, 3))), [[1.0] * 3, [2.0] * 3])
    lowered = Flow({x: 1, y: -x}).lower()
    assert_close(lowered.velocity(0.0, np.array([[1.0, 2.0], [3.0, 4.0]])), [[1.0, 1.0], [-1.0, -2.0]])


@given(st.tuples(*[scalar_polynomials()] * 3), st.tuples(*[st.floats(-1, 1)] * 3), seeds)
def test_scalar_jacobian_is_the_slope(velocities, values, seed):
    at = dict(zip(SCALARS, values, strict=True))
    lowered = Flow(dict(zip(SCALARS, velocities, strict=True))).lower()
    expected = np.array(
        [[slope(lambda at, p=p: evaluate(p, at) + 0 * at[x], at, {s: 1.0}) for s in SCALARS] for p in velocities]
    )
    along = np.random.default_rng(seed).standard_normal(3)
    assert_close(lowered.jacobian(0.0, np.array(values)), expected)
    assert_close(lowered.jacobian_vector(0.0, np.array(values), along), expected @ along)


@pytest.mark.parametrize("function", [exp, log, sin, tanh, cosh, sqrt, atan, acos, cot, erf, erfc], ids=lambda f: f.__name__)
def test_every_smooth_function_is_lowered_also_for_batches(function):
    values = np.array([0.2, 0.5, 0.9])
    expected = np.array([float(function(value)) for value in values])
    lowered = Flow({x: -function(x)}).lower()
    assert_close([lowered.velocity(0.0, np.array([value]))[0] for value in values], -expected)
    assert_close(lowered.velocity(0.0, values[None, :])[0], -expected)


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lambda", "class", "x y", "α", "sin", "numpy", "t0", "s_x_0", "_", "0", "x'"])
def test_symbols_of_any_name_are_lowered(name):
    odd = Symbol(name, real=True)
    assert_close(Flow({x: -odd * x}).lower({name: 3.0}).velocity(0.0, np.array([2.0])), [-6.0])
    assert_close(Flow({odd: -(odd**2)}).lower().velocity(0.0, np.array([2.0])), [-4.0])


def test_matrix_symbols_of_any_name_are_lowered():
    odd = MatrixSymbol("lambda", d, n)
    lowered = Flow({odd: -2 * odd}).lower({"d": 2, "n": 3})
    assert_close(lowered.velocity(0.0, np.arange(6.0)), -2 * np.arange(6.0))


def test_names_of_temporaries_do_not_clash_with_the_users():
    t0, t1 = (MatrixSymbol(f"t{i}", d, d) for i in range(2))
    lowered = Flow({t0: t0 * t1 * t0 * t1, t1: t0 * t1}).lower({"d": 2})
    rng = np.random.default_rng(0)
    P, R = rng.standard_normal((2, 2, 2))
    assert_close(
        lowered.velocity(0.0, np.concatenate([P.ravel(), R.ravel()])),
        np.concatenate([(P @ R @ P @ R).ravel(), (P @ R).ravel()]),
    )


def test_parameters_are_given_by_symbol_or_by_name():
    flow = Flow({x: -w * x})
    assert flow.lower({w: 2}).velocity(0.0, np.ones(1)) == flow.lower({"w": 2}).velocity(0.0, np.ones(1))


# -- dimensions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_name", [True, False], ids=["by name", "by symbol"])
@pytest.mark.parametrize(
    "dimension",
    [Symbol("m"), Symbol("m", integer=True), Symbol("m", integer=True, positive=True)],
    ids=["plain", "integer", "positive"],
)
def test_dimension_may_be_any_symbol(dimension, by_name):
    block = MatrixSymbol("B", dimension, dimension)
    lowered = Flow({block: -block}).lower({("m" if by_name else dimension): 2})
    assert_close(lowered.velocity(0.0, np.ones(4)), -np.ones(4))


def test_dimension_may_be_a_number():
    block = MatrixSymbol("B", 2, 3)
    assert_close(Flow({block: -block}).lower().velocity(0.0, np.ones(6)), -np.ones(6))


def test_dimension_may_be_a_factor():
    lowered = Flow({X: -X / n}).lower({"d": 2, "n": 4})
    assert_close(lowered.velocity(0.0, np.ones(8)), -np.ones(8) / 4)
    mean = Loss(Trace(X * S * X.T) / (2 * n), (X,), assumptions=SYMMETRIC).gradient_flow().lower({"d": 2, "S": np.eye(4)})
    assert_close(mean.velocity(0.0, np.ones(8)), -np.ones(8) / 4)


def test_trace_of_the_identity_is_a_number():
    lowered = Flow({W: -Trace(Identity(d)) * W}).lower({"d": 3})
    assert_close(lowered.velocity(0.0, np.ones(9)), -3 * np.ones(9))


# -- diagonal, sparse and dense ----------------------------------------------------------------------------------------

HEADS = [models.embedding_only(), models.projection_head("shared", "both"), models.projection_head("labels", "samples")]


def numbers_for(model, rng, samples, labels, dimension):
    J = rng.uniform(0.1, 1, (samples, labels)) * rng.integers(0, 2, (samples, labels)) + 0.05
    given = {"J": J, "D_x": J.sum(1), "D_y": J.sum(0), "H_x": rng.uniform(0.5, 2, samples), "H_y": rng.uniform(0.5, 2, labels)}
    given |= {"gamma": 0.4, "lambda": 0.1, "kappa": 0.2, "d": dimension}
    needed = {str(s) for s in model.stop_gradient_flow().parameters} | {"d"}
    return {name: value for name, value in given.items() if name in needed}


@pytest.mark.parametrize("model", HEADS, ids=["embedding", "shared", "labels"])
@settings(max_examples=4)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(1, 3), seeds)
def test_vectors_for_diagonals_and_sparse_couplings_change_nothing(model, samples, labels, dimension, seed):
    rng = np.random.default_rng(seed)
    flow = model.stop_gradient_flow()
    given = numbers_for(model, rng, samples, labels, dimension)
    dense = {name: np.diag(value) if np.ndim(value) == 1 else value for name, value in given.items()}
    lean = flow.lower(given)
    state, along = rng.standard_normal((2, lean.size))
    energy = [Trace(v.X * v.J * v.Y.T)]
    sparse = (
        flow.lower(given | {"J": kind(given["J"])})
        for kind in (scipy.sparse.csr_array, scipy.sparse.csc_array, scipy.sparse.csr_matrix)
    )
    for other in (flow.lower(dense), *sparse):
        assert_close(lean.velocity(0.0, state), other.velocity(0.0, state))
        assert_close(lean.jacobian_vector(0.0, state, along), other.jacobian_vector(0.0, state, along))
        assert_close(lean.evaluate(energy)(state), other.evaluate(energy)(state))


@given(points(), seeds)
def test_sums_and_inverses_of_diagonals_meet_dense_matrices(at, seed):
    rng = np.random.default_rng(seed)
    D, E = (MatrixSymbol(name, n, n) for name in "DE")
    diagonal, other = rng.uniform(0.5, 2, (2, at[n]))
    flow = Flow(
        {X: X * (D + E) * Inverse(D) - X * (D - S) * E + 2 * Trace(D * E) * X + Trace(D) * X * D.T},
        assumptions=(Q.diagonal(D), Q.diagonal(E)),
    )
    lowered = flow.lower({"d": at[d], "D": diagonal, "E": other, "S": at[S]})
    P, R = np.diag(diagonal), np.diag(other)
    expected = (
        at[X] @ (P + R) @ np.linalg.inv(P) - at[X] @ (P - at[S]) @ R + 2 * np.trace(P @ R) * at[X] + np.trace(P) * at[X] @ P
    )
    assert_close(lowered.velocity(0.0, at[X].ravel()), expected.ravel())


@given(points(), seeds)
def test_diagonals_scale_rows_on_the_left_and_columns_on_the_right(at, seed):
    D, E, V = MatrixSymbol("D", n, n), MatrixSymbol("E", d, d), MatrixSymbol("V", n, d)
    rows, columns = np.random.default_rng(seed).uniform(0.5, 2, at[n]), np.random.default_rng(seed).uniform(0.5, 2, at[d])
    flow = Flow({V: D * V * E - D * D * V + Inverse(D) * V * Transpose(E)}, assumptions=(Q.diagonal(D), Q.diagonal(E)))
    expected = (rows[:, None] * columns - rows[:, None] ** 2 + columns / rows[:, None]) * at[X].T
    assert_close(flow.lower({"D": rows, "E": columns}).velocity(0.0, at[X].T.ravel()), expected.ravel())


def peak_of(call):
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("sparse", [False, True], ids=["dense J", "sparse J"])
@pytest.mark.parametrize("model", HEADS, ids=["embedding", "shared", "labels"])
def test_memory_stays_linear_in_the_number_of_samples(model, sparse):
    samples, labels, dimension = 200_000, 3, 2
    rng = np.random.default_rng(0)
    given = numbers_for(model, rng, samples, labels, dimension)
    if sparse:
        given["J"] = scipy.sparse.csr_array(given["J"])
    lowered = model.stop_gradient_flow().lower(given)
    state, along = rng.standard_normal((2, lowered.size))
    one_array = 8 * samples * max(labels, dimension)
    observe = lowered.evaluate([Trace(v.X * v.J * v.Y.T)])
    for call in (
        lambda: lowered.velocity(0.0, state),
        lambda: lowered.jacobian_vector(0.0, state, along),
        lambda: observe(state),
    ):
        assert peak_of(call) < 20 * one_array < 8 * samples**2 / 1000


def test_products_are_associated_so_that_nothing_large_is_built():
    samples, labels = 200_000, 3
    flow = Flow({X: -X * X.T * X - X * J * J.T, Y: X * X.T * Y - Y * Trace(X.T * X)})
    data = np.ones((samples, labels))
    lowered = flow.lower({"J": data, "d": 2})
    assert peak_of(lambda: lowered.velocity(0.0, np.ones(lowered.size))) < 20 * data.nbytes


def test_common_factors_are_not_collected_into_something_large():
    """The gradient X (X^T X + J J^T), so written, would ask for N x N numbers; so would its Jacobian."""
    samples, labels = 200_000, 3
    data = np.ones((samples, labels))
    flow = Loss(Trace(X * X.T * X * X.T) / 4 + Trace(X * J * J.T * X.T) / 2, (X,)).gradient_flow()
    lowered = flow.lower({"J": data, "d": 2})
    state = np.ones(lowered.size)
    for call in (lambda: lowered.velocity(0.0, state), lambda: lowered.jacobian_vector(0.0, state, state)):
        assert peak_of(call) < 20 * data.nbytes


def test_a_product_that_is_made_is_not_made_again():
    """Of the pairs of both views, centred, Barlow Twins needs the products with each; correlations are made of one of these."""
    model = models.barlow_twins()
    given = numbers_for(model, np.random.default_rng(0), samples=50, labels=40, dimension=3) | {"alpha": 0.1}
    lowered = model.gradient_flow().lower(given)
    lowered.velocity(0.0, np.ones(lowered.size) + np.arange(lowered.size) ** 2)
    assert inspect.getsource(lowered._velocity).count("m_J") == 1 + 2


def test_a_view_without_its_mean_has_one_flow_however_it_is_written():
    mean = X * OneMatrix(n, n) / n
    (apart, whole) = (
        Loss(total(elementwise(exp, diagonal_of(z * z.T))), (X,)) for z in (X - mean, X * (Identity(n) - OneMatrix(n, n) / n))
    )
    assert apart.gradient_flow().velocity == whole.gradient_flow().velocity


# -- packing -----------------------------------------------------------------------------------------------------------


@given(points())
def test_unpacking_undoes_packing(at):
    lowered, state = lowered_at(Flow({X: -X, c: -c, W: -W, Y: -Y}), at)
    assert state.shape == (lowered.size,)
    blocks = lowered.unpack(state)
    assert list(blocks) == [X, c, W, Y]
    for block, value in blocks.items():
        assert_close(value, at[block])
    assert np.array_equal(lowered.pack(blocks), state)


def test_state_vectors_are_not_written_to():
    lowered = Flow({W: W * W.T, c: c * Trace(W)}).lower({"d": 2})
    state = np.arange(5.0)
    before = state.copy()
    moved = lowered.velocity(0.0, state)
    lowered.jacobian(0.0, state)
    assert np.array_equal(state, before)
    assert not np.shares_memory(moved, state)


# -- bad input ---------------------------------------------------------------------------------------------------------


def test_missing_parameter_is_named():
    with pytest.raises(InputError, match="none for w"):
        Flow({x: -w * x}).lower()
    with pytest.raises(InputError, match=r"none for J"):
        Flow({X: -Y * J.T, Y: -Y}).lower({"d": 2})


def test_unknown_parameter_is_named():
    with pytest.raises(InputError, match="got nu"):
        Flow({x: -w * x}).lower({"w": 1, "nu": 2})
    with pytest.raises(InputError, match="got x"):
        Flow({x: -x}).lower({"x": 1})


def test_missing_dimension_is_named():
    with pytest.raises(InputError, match=r"none for d"):
        Flow({X: -X * S}).lower({"S": np.eye(3)})


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"J": np.ones((3, 2)), "S": np.eye(4)}, r"\bn = \d"),
        ({"J": np.ones((3, 2)), "S": np.ones((3, 2))}, "S of shape"),
        ({"J": np.ones(3), "S": np.eye(3)}, r"\bJ\b"),
        ({"J": np.ones((3, 2, 1)), "S": np.eye(3)}, r"\bJ\b"),
        ({"J": scipy.sparse.csr_array(np.ones((4, 2))), "S": np.ones(3)}, r"\bn = \d"),
    ],
    ids=["sizes disagree", "not square", "vector for a rectangle", "too many axes", "sparse disagrees"],
)
def test_arrays_whose_shapes_do_not_agree_are_named(given, name):
    with pytest.raises(InputError, match=name):
        Flow({X: X * S - Y * J.T, Y: X * J}).lower(given | {"d": 2})


def test_dimension_that_contradicts_an_array_is_named():
    with pytest.raises(InputError, match=r"\bn\b"):
        Flow({X: X * S}).lower({"S": np.eye(3), "d": 2, "n": 4})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, [1.0, 2.0], np.ones((2, 2)), None, "two"], ids=str)
def test_scalar_parameter_must_be_one_finite_number(value):
    with pytest.raises(InputError, match=r"\bw\b"):
        Flow({x: -w * x}).lower({"w": value})


def test_unknown_symbol_in_an_observable_is_named():
    lowered = Flow({X: -X}).lower({"d": 2, "n": 2})
    with pytest.raises(InputError, match="symbol J"):
        lowered.evaluate([X * J])


# -- backends ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def _without_symengine(monkeypatch):
    for module in (translation, require):
        monkeypatch.setattr(module, "find_spec", lambda name: None)


@pytest.mark.usefixtures("_without_symengine")
def test_numpy_answers_where_symengine_is_missing():
    lowered = Flow({x: -w * sin(x)}).lower({"w": 2})
    assert lowered.backend == "numpy"
    assert "backend='numpy'" in repr(lowered)
    assert_close(lowered.velocity(0.0, np.ones(1)), [-2 * np.sin(1)])
    assert_close(lowered.jacobian(0.0, np.ones(1)), [[-2 * np.cos(1)]])


@pytest.mark.usefixtures("_without_symengine")
def test_a_missing_symengine_is_named_with_its_extra():
    with pytest.raises(InputError, match=r"extra \[algebra\], got no symengine; pip install 'collapse-theory\[algebra\]'"):
        Flow({x: -x}).lower(backend="symengine")


def test_a_symengine_without_its_compiler_is_refused(monkeypatch):
    pytest.importorskip("symengine")
    monkeypatch.setattr(translation, "is_installed", lambda: False)
    assert Flow({x: -x}).lower().backend == "numpy"
    with pytest.raises(InputError, match="a symengine with LLVM"):
        Flow({x: -x}).lower(backend="symengine")


def test_the_backend_is_said():
    pytest.importorskip("symengine")
    lowered = Flow({x: -x}).lower()
    assert lowered.backend == "symengine"
    assert "backend='symengine'" in repr(lowered)
    assert Flow({x: -x}).lower(backend="numpy").backend == "numpy"


UNCOMPILED = [
    (Flow({x: acot(x)}), {}, r"acot\(x\)"),
    (Flow({x: x ** (10**12)}), {}, "x\\*\\*1000000000000"),
    (Flow({x: Heaviside(x, y), y: x}), {}, "Heaviside"),
    (Flow({x: x * Trace(S)}), {"S": np.eye(2)}, "S"),
    (Flow({x: 0 ** (x**2)}), {}, r"0\*\*"),
    (Flow({X: -X}), {"d": 1, "n": 1}, "the matrix X"),
]


@pytest.mark.parametrize(("flow", "given", "named"), UNCOMPILED, ids=[str(f).split(" = ")[1] for f, _, _ in UNCOMPILED])
def test_what_symengine_does_not_compile_is_answered_by_numpy_or_named(flow, given, named):
    pytest.importorskip("symengine")
    assert flow.lower(given).backend == "numpy"
    with pytest.raises(InputError, match=f'functions that symengine compiles, got .*{named}.*; take backend="numpy"'):
        flow.lower(given, backend="symengine")


def test_backends_are_listed():
    with pytest.raises(InputError, match="a backend among auto, numpy, symengine, got 'jax'"):
        Flow({x: -x}).lower(backend="jax")


def test_sparse_jacobians_are_those_of_scalars():
    with pytest.raises(InputError, match=r"jacobian_vector"):
        Flow({X: -X}).lower({"d": 2, "n": 2}).sparse_jacobian(0.0, np.ones(4))


@pytest.mark.parametrize("function", [cot, sec, csc, coth, sech, csch], ids=lambda f: f.__name__)
def test_reciprocals_of_functions_are_what_they_are_left_of_zero(function):
    """SymPy's printer writes them, and all that stands inside, in exponentials or tangents."""
    inside = sin(x) ** 2 / 2 + cosh(x) / 3
    lowered = Flow({x: function(inside), y: function(x)}).lower(backend="numpy")
    assert_close(lowered.velocity(0.0, np.array([-0.7, 0.0])), [float(function(inside).subs(x, -0.7)), float(function(-0.7))])


def test_operations_without_a_lowering_are_refused():
    from sympy import HadamardPower

    with pytest.raises(CalculusError):
        Flow({X: HadamardPower(X, X)}).lower({"d": 2, "n": 2}).velocity(0.0, np.ones(4))


def test_vocabulary_is_lowered_by_name():
    flow = models.embedding_only().gradient_flow()
    assert {str(s) for s in flow.parameters} == {"J", "D_x", "D_y", "H_x", "H_y"}
    assert {v.N, v.K, v.d}.isdisjoint(flow.parameters)
