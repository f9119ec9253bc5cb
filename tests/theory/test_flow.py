"""Flows: Jacobians, curl and the test for gradient flows, against complex steps of the velocity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import (
    Function,
    Identity,
    Integer,
    MatMul,
    Matrix,
    MatrixSymbol,
    Q,
    Symbol,
    SympifyError,
    Trace,
    Transpose,
    ZeroMatrix,
    cos,
    exp,
    log,
    sin,
    symbols,
)

from tests.strategies import (
    SCALARS,
    STATE,
    SYMMETRIC,
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
    rationals,
    scalar_polynomials,
    seeds,
    trace_polynomials,
    w,
    words,
    x,
    y,
)
from tests.theory.oracles import assert_close, evaluate, slope
from theory import Flow, InputError, Loss, MarkerError, models, sg
from theory.flow import direction
from theory.models import vocabulary
from theory.words import is_zero

eta, gamma = symbols("eta gamma", positive=True)
lam, kappa = symbols("lambda kappa", nonnegative=True)
H, B = MatrixSymbol("H", n, n), MatrixSymbol("B", d, d)
WITH_METRIC = (*SYMMETRIC, Q.symmetric(H))


def numbers(at, seed):
    """Values of rates, and two random displacements of every state block, beside the alphabet."""
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((at[n], at[n]))
    at = at | {H: np.eye(at[n]) + root @ root.T, eta: 0.7, gamma: 1.9, lam: 0.3, kappa: 0.11}
    for second in (False, True):
        at |= {
            direction(s, second): random_matrix(rng, s, at) if isinstance(s, MatrixSymbol) else rng.standard_normal()
            for s in STATE
        }
    return at


def inner(u, v):
    return np.sum(u * v)


# -- state and parameters ----------------------------------------------------------------------------------------------


def test_state_keeps_its_order():
    assert Flow({y: x, x: -y}).state == (y, x)
    assert Flow({W: W, X: X, c: c}).state == (W, X, c)


def test_parameters_are_what_is_not_state_without_dimensions():
    assert Flow({X: -W * X * S + eta * X, c: a * Trace(X * X.T)}).parameters == (S, W, a, eta)
    assert Flow({x: -y, y: x}).parameters == ()


# -- Jacobians ---------------------------------------------------------------------------------------------------------


@given(st.tuples(*[scalar_polynomials()] * 3), st.tuples(*[st.floats(-1, 1)] * 3))
def test_scalar_jacobian_is_the_slope_of_the_velocity(velocities, values):
    velocities = [v / (1 + x**2) + sin(v) for v in velocities]
    at = dict(zip(SCALARS, values, strict=True))
    jacobian = Flow(dict(zip(SCALARS, velocities, strict=True))).jacobian()
    for i, v in enumerate(velocities):
        for j, s in enumerate(SCALARS):
            assert_close(evaluate(jacobian[i, j], at), slope(lambda at, v=v: evaluate(v, at), at, {s: 1.0}))


@given(
    matrix_polynomials(d, n, 1), matrix_polynomials(d, k, 1), matrix_polynomials(d, d, 1), trace_polynomials(), points(), seeds
)
def test_matrix_jacobian_blocks_are_the_slopes_of_the_velocity(vx, vy, vw, vc, at, seed):
    flow = Flow(dict(zip(STATE, (vx, vy, vw, vc), strict=True)), assumptions=SYMMETRIC)
    at = numbers(at, seed)
    jacobian = flow.jacobian()
    assert set(jacobian) == {(row, column) for row in STATE for column in STATE}
    for (row, column), block in jacobian.items():
        expected = slope(lambda at, row=row: evaluate(flow.velocity[row], at), at, {column: at[direction(column)]})
        assert_close(evaluate(block, at), expected)


def test_jacobian_of_a_linear_flow_is_its_matrix():
    assert Flow({x: 2 * x - 3 * y, y: x}).jacobian() == Matrix([[2, -3], [1, 0]])
    assert Flow({x: y, y: -(eta**2) * x}).jacobian() == Matrix([[0, 1], [-(eta**2), 0]])


# -- curl --------------------------------------------------------------------------------------------------------------


@given(scalar_polynomials(), st.tuples(*[rationals] * 3), st.tuples(*[st.integers(0, 3)] * 3))
def test_curl_of_a_scalar_gradient_flow_vanishes_in_the_metric_of_its_mobilities(potential, mobilities, decays):
    loss = Loss(
        potential + exp(x * y), SCALARS, dict(zip(SCALARS, mobilities, strict=True)), dict(zip(SCALARS, decays, strict=True))
    )
    flow = loss.gradient_flow()
    assert flow.curl() == ZeroMatrix(3, 3).as_explicit()
    assert flow.is_gradient()
    assert flow.is_gradient().witness is None


@given(trace_polynomials())
def test_curl_of_a_matrix_gradient_flow_vanishes_in_the_metric_of_its_mobilities(expression):
    flow = Loss(
        expression, STATE, {X: H, Y: eta, W: gamma, c: 2}, {X: lam, W: kappa, Y: lam, c: kappa}, WITH_METRIC
    ).gradient_flow()
    assert all(form == 0 for form in flow.curl().values())
    assert flow.is_gradient()


@given(st.tuples(*[scalar_polynomials()] * 3), st.tuples(*[rationals] * 3), st.tuples(*[st.floats(-1, 1)] * 3))
def test_scalar_curl_is_the_asymmetry_of_the_metric_jacobian(velocities, mobilities, values):
    at = dict(zip(SCALARS, values, strict=True))
    flow = Flow(dict(zip(SCALARS, velocities, strict=True)), dict(zip(SCALARS, mobilities, strict=True)))
    curl = np.array([[evaluate(e, at) for e in row] for row in flow.curl().tolist()], dtype=float)
    slopes = np.array([[slope(lambda at, v=v: evaluate(v, at) + 0 * at[x], at, {s: 1.0}) for s in SCALARS] for v in velocities])
    scaled = slopes / np.array([float(m) for m in mobilities])[:, None]
    assert_close(curl, scaled - scaled.T)


@given(
    matrix_polynomials(d, n, 1), matrix_polynomials(d, k, 1), matrix_polynomials(d, d, 1), trace_polynomials(), points(), seeds
)
def test_matrix_curl_is_the_asymmetry_of_the_metric_jacobian(vx, vy, vw, vc, at, seed):
    flow = Flow(dict(zip(STATE, (vx * H, vy, gamma * vw, vc), strict=True)), {X: H, W: gamma, c: eta}, WITH_METRIC)
    at = numbers(at, seed)
    force = {
        X: lambda at: evaluate(vx, at),
        Y: lambda at: evaluate(vy, at),
        W: lambda at: evaluate(vw, at),
        c: lambda at: evaluate(vc, at) / at[eta],
    }
    for (p, q), form in flow.curl().items():
        u, v = at[direction(p)], at[direction(q, second=True)]
        expected = inner(u, slope(force[p], at, {q: v})) - inner(v, slope(force[q], at, {p: u}))
        assert_close(evaluate(form, at), expected)


def test_curl_of_a_rotation_is_twice_its_frequency():
    assert Flow({x: -eta * y, y: eta * x}).curl() == Matrix([[0, -2 * eta], [2 * eta, 0]])


def test_mobilities_that_are_not_declared_make_a_curl():
    loss = Loss((x - y) ** 2 / 2, (x, y), {x: 1, y: 3})
    assert loss.gradient_flow().is_gradient()
    assert not Flow(loss.gradient_flow().velocity).is_gradient()


# -- is it a gradient flow? --------------------------------------------------------------------------------------------


SHARED = models.projection_head("shared", "both").stop_gradient_flow().is_gradient()


@given(points(smallest=2), seeds)
def test_witness_of_the_stopped_shared_head_is_its_numeric_asymmetry(at, seed):
    v = vocabulary
    rng = np.random.default_rng(seed)
    samples, labels, dimension = at[n], at[k], at[d]
    weights = rng.uniform(0.1, 1, (samples, labels))
    values = {v.N: samples, v.K: labels, v.d: dimension, v.J: weights, v.gamma: 0.4, v.lam: 0.2, v.kappa: 0.3}
    values |= {v.D_x: np.diag(weights.sum(1)), v.D_y: np.diag(weights.sum(0))}
    values |= {v.H_x: np.diag(rng.uniform(0.5, 2, samples)), v.H_y: np.diag(rng.uniform(0.5, 2, labels))}
    state = {
        v.X: rng.standard_normal((dimension, samples)),
        v.Y: rng.standard_normal((dimension, labels)),
        v.W: rng.standard_normal((dimension,) * 2),
    }
    values |= state
    assert not SHARED
    p, q = SHARED.entry
    u, w_ = rng.standard_normal(values[p].shape), rng.standard_normal(values[q].shape)

    def force(block):
        def of(at):
            J, X, Y, W = at[v.J], at[v.X], at[v.Y], at[v.W]
            on_x, on_y = W @ X @ at[v.D_x] - Y @ J.T, W @ Y @ at[v.D_y] - X @ J
            slopes = {v.X: W.T @ on_x, v.Y: W.T @ on_y, v.W: on_x @ X.T + on_y @ Y.T}
            metric = {v.X: np.linalg.inv(at[v.H_x]), v.Y: np.linalg.inv(at[v.H_y]), v.W: np.eye(len(W)) / at[v.gamma]}
            rate = at[v.kappa] if block == v.W else at[v.lam]
            return -slopes[block] - rate * at[block] @ metric[block]

        return of

    expected = inner(u, slope(force(p), values, {q: w_})) - inner(w_, slope(force(q), values, {p: u}))
    found = evaluate(SHARED.witness, values | {direction(p): u, direction(q, second=True): w_})
    assert_close(found, expected)
    assert found != 0


@pytest.mark.parametrize(
    "expression", [(w * x - sg(y)) ** 2 + (w * y - sg(x)) ** 2, x * sg(y), sg(x) ** 2 * y, (sg(w) * x - y) ** 2], ids=str
)
def test_witness_of_a_stopped_scalar_loss_is_the_curl_entry_and_not_zero(expression):
    flow = Loss(expression, SCALARS, {w: gamma}).stop_gradient_flow()
    test = flow.is_gradient()
    assert not test
    i, j = (SCALARS.index(s) for s in test.entry)
    assert test.witness == flow.curl()[i, j]
    at = {x: 0.31, y: -0.57, w: 1.43, gamma: 0.7}
    force = [lambda at, s=s: (evaluate(flow.velocity[s], at) + 0 * at[x]) / (at[gamma] if s == w else 1) for s in SCALARS]
    expected = slope(force[i], at, {SCALARS[j]: 1.0}) - slope(force[j], at, {SCALARS[i]: 1.0})
    assert_close(evaluate(test.witness, at), expected)
    assert expected != 0


def test_stop_gradient_that_stops_nothing_leaves_a_gradient_flow():
    both = Loss((x - sg(y)) ** 2 / 2 + (sg(x) - y) ** 2 / 2, (x, y), {x: 2, y: eta}, {x: lam})
    assert both.stop_gradient_flow().is_gradient()
    assert models.projection_head("both", "both").stop_gradient_flow().is_gradient()


@pytest.mark.parametrize("head", ["none", "samples", "labels", "both", "shared"])
def test_heads_without_stop_are_gradient_flows(head):
    assert models.projection_head(head, "none").stop_gradient_flow().is_gradient()


@pytest.mark.parametrize("stop", ["labels", "samples"])
@pytest.mark.parametrize("head", ["none", "samples", "labels", "both", "shared"])
def test_heads_with_one_stopped_side_are_not(head, stop):
    assert not models.projection_head(head, stop).stop_gradient_flow().is_gradient()


def test_curl_inside_one_matrix_block_is_seen():
    test = Flow({W: W * W.T * W + B * W}).is_gradient()
    assert not test
    assert test.entry == (W, W)
    assert Flow({W: -W * W.T * W}).is_gradient()
    assert not Flow({W: W**2}).is_gradient()
    assert Flow({W: Transpose(W) ** 2}).is_gradient()


def test_gradient_flow_that_needs_an_identity_is_recognised():
    assert Flow({x: y * (sin(x) ** 2 + cos(x) ** 2), y: x}).is_gradient()
    assert Flow({x: log(eta) * y, y: x * log(eta**2) / 2}).is_gradient()
    assert not Flow({x: y * (1 + sin(x) ** 2), y: x}).is_gradient()


def test_rational_gradient_flow_is_recognised():
    potential = x**2 / (1 + y**2)
    assert Flow({x: -potential.diff(x), y: -potential.diff(y)}).is_gradient()


# -- time derivatives --------------------------------------------------------------------------------------------------


@given(trace_polynomials(), matrix_polynomials(d, n, 1), matrix_polynomials(d, d, 1), points())
def test_time_derivative_is_the_slope_along_the_velocity(quantity, vx, vw, at):
    flow = Flow({X: vx, W: vw, c: c**2 - a}, assumptions=SYMMETRIC)
    along = {s: evaluate(v, at) for s, v in flow.velocity.items()}
    expected = slope(lambda at: evaluate(quantity, at), at, along)
    assert_close(evaluate(flow.time_derivative(quantity), at), expected)


@given(trace_polynomials(), points(), seeds)
def test_loss_falls_along_its_gradient_flow_by_the_squared_force(expression, at, seed):
    at = numbers(at, seed)
    flow = Loss(expression, STATE, {X: H, W: gamma}, assumptions=WITH_METRIC).gradient_flow()
    speeds = {s: evaluate(flow.velocity[s], at) for s in STATE}
    metric = {X: np.linalg.inv(at[H]), W: np.eye(at[d]) / at[gamma]}
    paid = sum(inner(v @ metric[s], v) if s in metric else inner(v, v) for s, v in speeds.items())
    assert_close(evaluate(flow.time_derivative(expression), at), -paid)


# -- frozen values -----------------------------------------------------------------------------------------------------


def test_flow_is_frozen():
    flow = Flow({x: -x})
    with pytest.raises(AttributeError):
        flow.velocity = {}
    with pytest.raises(TypeError):
        flow.velocity[x] = x


def test_flow_does_not_follow_later_changes_of_its_arguments():
    velocity = {x: -x}
    flow = Flow(velocity)
    velocity[x] = x
    assert flow.velocity == {x: -x}


def test_equal_flows_are_one_key():
    assert len({Flow({x: -y, y: x}), Flow({x: -y, y: x})}) == 1
    assert Flow({x: -x}) != Flow({x: -x}, mobility={x: 2})
    assert Flow({x: -x}) != Flow({x: x})


def test_flows_whose_states_are_ordered_differently_are_told_apart():
    one, other = Flow({x: y, y: x**2}), Flow({y: x**2, x: y})
    assert one.jacobian() != other.jacobian()
    assert one != other


def test_equal_flows_have_equal_hashes_however_their_mobilities_are_ordered():
    one, other = Flow({x: y, y: x}, {x: 2, y: 3}), Flow({x: y, y: x}, {y: 3, x: 2})
    assert (one == other) <= (hash(one) == hash(other))


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("velocity", [{x: -sg(x)}, {x: y, y: 1 + sg(x * y)}, {X: -sg(X)}, {W: W * sg(W) + W}], ids=str)
def test_marked_velocity_is_refused(velocity):
    with pytest.raises(MarkerError, match="stop_gradient_flow"):
        Flow(velocity)


@pytest.mark.parametrize("velocity", [{X: -Y}, {X: x}, {x: X}, {W: X * X.T * X}, {X: X.T}], ids=str)
def test_velocity_of_the_wrong_shape_is_refused(velocity):
    (block,) = velocity
    with pytest.raises(InputError, match=rf"velocity of the shape of {block}"):
        Flow(velocity)


@pytest.mark.parametrize("state", [x + y, X.T, 2, "x", Function("f")(x)], ids=str)
def test_state_must_be_symbols(state):
    with pytest.raises(InputError, match="symbols"):
        Flow({state: x})


def test_state_must_have_distinct_names():
    with pytest.raises(InputError, match="name"):
        Flow({x: -x, Symbol("x"): x})
    with pytest.raises(InputError, match="at least one"):
        Flow({})


def test_text_is_no_velocity():
    with pytest.raises((InputError, SympifyError)):
        Flow({x: "-x"})


def test_constant_velocities_are_velocities():
    assert Flow({x: 1}).velocity == {x: Integer(1)}
    assert Flow({X: ZeroMatrix(d, n)}).is_gradient()
    assert is_zero(Flow({W: Identity(d)}).jacobian()[W, W])


@given(words(d, n, letters=(W, X, S, Transpose(W), Transpose(X))))
def test_velocity_without_the_state_has_no_jacobian(word):
    other = MatrixSymbol("V", d, n)
    assert is_zero(Flow({other: MatMul(*word)}).jacobian()[other, other])
