"""A loss turned into its two flows, against complex steps of the loss with its marked parts frozen."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import (
    Eq,
    Float,
    Integer,
    Matrix,
    MatrixSymbol,
    Q,
    Rational,
    Symbol,
    SympifyError,
    Trace,
    exp,
    floor,
    log,
    sign,
    symbols,
)

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
    n,
    points,
    rationals,
    scalar_losses,
    scalar_polynomials,
    seeds,
    trace_polynomials,
    w,
    x,
    y,
)
from tests.theory.oracles import assert_close, evaluate, numeric_gradient, pair_energy, slope
from theory import CalculusError, Flow, InputError, Loss, erase, models, sg
from theory.words import is_zero

eta, gamma = symbols("eta gamma", positive=True)
lam, kappa = symbols("lambda kappa", nonnegative=True)
H = MatrixSymbol("H", n, n)
MOBILITY = {X: H, Y: eta, W: gamma, c: Rational(1, 3)}
DECAY = {X: lam, W: kappa, c: 2 * lam}


def with_rates(at, seed):
    """Values of mobilities and decays beside those of the alphabet."""
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((at[n], at[n]))
    return at | {H: np.eye(at[n]) + root @ root.T, eta: 0.7, gamma: 1.9, lam: 0.3, kappa: 0.11}


def loss_of(expression, **options):
    return Loss(expression, STATE, MOBILITY, DECAY, (*SYMMETRIC, Q.symmetric(H)), **options)


def descent(expression, at, block, frozen=None):
    """Minus the slope of the loss with its markers held, times mobility, minus decay."""
    slope = numeric_gradient(lambda moved: evaluate(expression, moved, frozen), at, block)
    rate = evaluate(MOBILITY[block], at) if block in MOBILITY else 1.0
    driven = slope @ rate if np.ndim(rate) == 2 else slope * rate
    return -driven - evaluate(DECAY.get(block, Integer(0)), at) * at[block]


# -- the two flows -----------------------------------------------------------------------------------------------------


@given(scalar_losses(), points(), seeds)
def test_gradient_flow_descends_the_loss(expression, at, seed):
    at = with_rates(at, seed)
    velocity = loss_of(expression).gradient_flow().velocity
    for block in STATE:
        assert_close(evaluate(velocity[block], at), descent(expression, at, block))


@given(marked_losses(), points(), seeds)
def test_stop_gradient_flow_descends_the_loss_with_its_targets_frozen(expression, at, seed):
    at = with_rates(at, seed)
    velocity = loss_of(expression).stop_gradient_flow().velocity
    for block in STATE:
        assert_close(evaluate(velocity[block], at), descent(expression, at, block, frozen=at))


@given(marked_losses(), points(), seeds)
def test_gradient_flow_reads_markers_as_the_identity(expression, at, seed):
    at = with_rates(at, seed)
    velocity = loss_of(expression).gradient_flow().velocity
    for block in STATE:
        assert_close(evaluate(velocity[block], at), descent(erase(expression), at, block))


@given(trace_polynomials())
def test_flows_of_an_unmarked_loss_are_equal(expression):
    loss = loss_of(expression)
    assert not loss.is_marked
    assert loss.gradient_flow() == loss.stop_gradient_flow()


@given(marked_losses())
def test_velocities_come_out_erased(expression):
    loss = loss_of(expression)
    assert loss.is_marked
    for flow in (loss.gradient_flow(), loss.stop_gradient_flow()):
        assert not any(v.has(sg(x).func, type(sg(X))) for v in flow.velocity.values())


@given(points(), seeds)
def test_whole_loss_in_a_marker_leaves_only_decay(at, seed):
    at = with_rates(at, seed)
    velocity = loss_of(sg(Trace(X * X.T)) + Trace(sg(W * Y) * sg(Y.T))).stop_gradient_flow().velocity
    for block in STATE:
        assert_close(evaluate(velocity[block], at), -evaluate(DECAY.get(block, Integer(0)), at) * at[block])


# -- scalars: products, nesting ----------------------------------------------------------------------------------------

MARKED_SCALARS = [
    (w * x - sg(y)) ** 2 / 2 + (w * y - sg(x)) ** 2 / 2,
    sg(x) * y + x * sg(y),
    x * sg(x),
    sg(x * y) * w,
    sg(x * sg(w)) * x * w,
    sg(sg(x) + y) ** 2 * x,
    exp(-sg(x) * w) + log(1 + (y - sg(w)) ** 2),
    sg(w * x - y) * (w * x - y) ** 2,
    sg(x) ** 2 * sg(y) * w**3,
]


@pytest.mark.parametrize("expression", MARKED_SCALARS, ids=str)
@given(values=st.tuples(*[st.floats(-2, 2)] * 3))
def test_scalar_stop_gradient_flow_is_the_slope_with_targets_frozen(expression, values):
    at = dict(zip(SCALARS, values, strict=True))
    velocity = Loss(expression, SCALARS).stop_gradient_flow().velocity
    for symbol in SCALARS:
        expected = -numeric_gradient(lambda moved: evaluate(expression, moved, at), at, symbol)
        assert_close(evaluate(velocity[symbol], at), expected)


def test_marked_product_rule_keeps_one_factor_moving():
    velocity = Loss(x * sg(x), (x,)).stop_gradient_flow().velocity[x]
    assert velocity == -x
    assert Loss(x * sg(x), (x,)).gradient_flow().velocity[x] == -2 * x


@given(scalar_polynomials(), scalar_polynomials())
def test_marked_factor_is_a_constant_of_the_descent(one, other):
    velocity = Loss(one * sg(other), SCALARS).stop_gradient_flow().velocity
    for symbol in SCALARS:
        assert (velocity[symbol] + other * one.diff(symbol)).expand() == 0


def test_blocked_then_erased_jacobian_sees_the_target():
    flow = Loss((x - sg(y)) ** 2 / 2, (x, y)).stop_gradient_flow()
    assert flow.velocity == {x: y - x, y: 0}
    assert flow.jacobian() == Matrix([[-1, 1], [0, 0]])


@pytest.mark.parametrize("expression", MARKED_SCALARS, ids=str)
@given(values=st.tuples(*[st.floats(-2, 2)] * 3))
def test_jacobian_is_that_of_the_erased_velocity(expression, values):
    at = dict(zip(SCALARS, values, strict=True))
    flow = Loss(expression, SCALARS).stop_gradient_flow()

    def velocity(moved):  # every symbol moves, also where it was stopped in the loss
        return np.array([evaluate(v, moved) + 0 * moved[x] for v in flow.velocity.values()])

    columns = [slope(velocity, at, {symbol: 1.0}) for symbol in SCALARS]
    found = np.array([[evaluate(e, at) for e in row] for row in flow.jacobian().tolist()], dtype=float)
    assert_close(found, np.column_stack(columns))


# -- a loss over pairs -------------------------------------------------------------------------------------------------


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), seeds)
def test_pull_with_stopped_labels_moves_samples_by_the_sum_over_pairs(samples, labels, dimension, seed):
    rng = np.random.default_rng(seed)
    D = MatrixSymbol("D", n, n)
    E = MatrixSymbol("E", k, k)
    weights = rng.uniform(0, 1, (samples, labels))
    at = {n: samples, k: labels, d: dimension, J: weights, D: np.diag(weights.sum(1)), E: np.diag(weights.sum(0))}
    at |= {X: rng.standard_normal((dimension, samples)), Y: rng.standard_normal((dimension, labels))}
    stopped = sg(Y)
    loss = Loss(
        Trace(X * D * X.T) / 2 - Trace(X * J * stopped.T) + Trace(stopped * E * stopped.T) / 2,
        (X, Y),
        assumptions=(Q.diagonal(D), Q.diagonal(E)),
    )
    assert_close(evaluate(loss.erased(), at), pair_energy(weights, at[X], at[Y]))
    velocity = loss.stop_gradient_flow().velocity
    expected = -numeric_gradient(lambda moved: pair_energy(weights, moved[X], at[Y]), at, X)
    assert_close(evaluate(velocity[X], at), expected)
    assert_close(evaluate(velocity[Y], at), np.zeros_like(at[Y]))


# -- rates -------------------------------------------------------------------------------------------------------------


@given(scalar_polynomials(), rationals, rationals)
def test_decay_is_not_multiplied_by_the_mobility(expression, mobility, decay):
    velocity = Loss(expression, SCALARS, {x: mobility}, {x: decay}).gradient_flow().velocity[x]
    assert (velocity + mobility * expression.diff(x) + decay * x).expand() == 0


def test_rates_default_to_mobility_one_and_no_decay():
    assert Loss(x**2 / 2, (x,)).gradient_flow().velocity == {x: -x}
    assert is_zero(Loss(Trace(X * X.T) / 2, (X,)).gradient_flow().velocity[X] + X)


def test_matrix_mobility_multiplies_on_the_right():
    flow = Loss(Trace(X * X.T) / 2, (X,), {X: H}).gradient_flow()
    assert is_zero(flow.velocity[X] + X * H)


def test_flow_carries_the_mobility_of_its_loss():
    loss = loss_of(Trace(X * X.T))
    assert dict(loss.gradient_flow().mobility) == MOBILITY
    assert loss.gradient_flow().assumptions == loss.assumptions


@given(points(), seeds)
def test_values_put_in_before_or_after_give_the_same_flow(at, seed):
    at = with_rates(at, seed)
    expression = a * Trace(X * J * Y.T * W) + Trace(W * sg(X) * X.T)
    values = {eta: Rational(7, 10), gamma: Rational(19, 10), kappa: Integer(0)}
    numbers = at | {s: float(v) for s, v in values.items()}
    early, late = loss_of(expression).xreplace(values).stop_gradient_flow(), loss_of(expression).stop_gradient_flow()
    assert not set(values) & set(early.parameters)
    for block in STATE:
        assert_close(evaluate(early.velocity[block], numbers), evaluate(late.velocity[block], numbers))


def test_erased_loss_is_the_number_that_is_reported():
    loss = Loss((x - sg(y)) ** 2, (x, y))
    assert loss.is_marked
    assert loss.erased() == (x - y) ** 2
    assert not Loss(x**2, (x,)).is_marked


# -- frozen values -----------------------------------------------------------------------------------------------------


def test_loss_is_frozen():
    loss = Loss(x**2, (x,), {x: eta})
    with pytest.raises(AttributeError):
        loss.expression = y
    with pytest.raises(TypeError):
        loss.mobility[x] = 2


def test_loss_does_not_follow_later_changes_of_its_arguments():
    rates, state = {x: eta}, [x]
    loss = Loss(x**2, state, rates)
    rates[x], state[0] = gamma, y
    assert loss.mobility == {x: eta}
    assert loss.state == (x,)


def test_equal_losses_are_one_key():
    one, other = (Loss(x**2 + y**2, (x, y), {x: eta}, {y: lam}) for _ in range(2))
    assert one == other
    assert len({one, other}) == 1
    assert one != Loss(x**2 + y**2, (x, y), {x: eta})


def test_equal_losses_have_equal_hashes_however_their_rates_are_ordered():
    one = Loss(x**2 + y**2, (x, y), {x: eta, y: gamma})
    other = Loss(x**2 + y**2, (x, y), {y: gamma, x: eta})
    assert (one == other) <= (hash(one) == hash(other))


@pytest.mark.parametrize("made", [models.projection_head, models.embedding_only, models.teacher_student])
def test_losses_and_flows_are_made_again_from_their_arguments_and_by_pickle(made):
    for one in (made(), made().gradient_flow(), made().stop_gradient_flow()):
        for other in (one.func(*one.args), pickle.loads(pickle.dumps(one))):
            assert (other, hash(other), str(other), repr(other)) == (one, hash(one), str(one), repr(one))


def test_a_symbol_is_replaced_in_all_parts_of_a_loss():
    loss = Loss(gamma * x * sg(y), (x, y), {x: gamma}, {y: gamma}, (gamma > 0,), (gamma,), (gamma * x, y))
    other = loss.xreplace({gamma: eta, x: w})
    assert other == Loss(eta * w * sg(y), (w, y), {w: eta}, {y: eta}, (eta > 0,), (eta,), (eta * w, y))
    plain = other.with_parts(parameters=None, views=None)
    assert (plain.expression, plain.parameters, plain.views) == (other.expression, None, None)


# -- bad input ---------------------------------------------------------------------------------------------------------


def test_undeclared_symbol_is_named():
    with pytest.raises(InputError, match=r"symbol y .*declare"):
        Loss(x * y, (x,), parameters=())
    with pytest.raises(InputError, match="symbol gamma"):
        Loss(x**2, (x,), {x: gamma}, parameters=(eta,))
    with pytest.raises(InputError, match="symbol lambda"):
        Loss(x**2, (x,), decay={x: lam}, parameters=())
    with pytest.raises(InputError, match="symbol J"):
        Loss(Trace(X * J * Y.T), (X, Y), parameters=(S,))


def test_declared_symbols_and_dimensions_are_no_strangers():
    Loss(eta * x**2, (x,), {x: gamma}, {x: lam}, parameters=(eta, gamma, lam))
    Loss(Trace(X * J * Y.T), (X, Y), parameters=(J,))


@pytest.mark.parametrize(
    ("block", "rate"),
    [(X, S * J), (X, J), (X, W), (Y, S), (x, S)],
    ids=["wrong product", "not square", "other size", "other block", "matrix for a scalar"],
)
def test_mobility_of_the_wrong_shape_is_refused(block, rate):
    with pytest.raises(InputError, match=f"mobility of {block}"):
        Loss(x**2 + Trace(X * X.T) + Trace(Y * Y.T), (x, X, Y), {block: rate})


def test_decay_is_a_scalar():
    with pytest.raises(InputError, match="scalar as decay of X"):
        Loss(Trace(X * X.T), (X,), decay={X: S})


@pytest.mark.parametrize("role", ["mobility", "decay"])
def test_rates_of_things_that_are_no_state_are_refused(role):
    with pytest.raises(InputError, match=f"{role} of a state block.* of y"):
        Loss(x**2, (x,), **{role: {y: 1}})


@pytest.mark.parametrize("state", [(x, 2), (x + y,), (x, "y"), (X.T,), (x, None)], ids=str)
def test_state_must_be_symbols(state):
    with pytest.raises(InputError, match="symbols"):
        Loss(x**2, state)


@pytest.mark.parametrize("state", [(x, x), (x, Symbol("x")), (), (Symbol("X"), X)], ids=str)
def test_state_must_have_distinct_names(state):
    with pytest.raises(InputError, match="name"):
        Loss(x**2, state)


@pytest.mark.parametrize("expression", [X, X * X.T, Matrix([[x, 1]]), sg(X)], ids=str)
def test_matrix_losses_are_refused(expression):
    with pytest.raises(InputError, match=r"scalar loss.*trace"):
        Loss(expression, (X, x))


@pytest.mark.parametrize("text", ["x**2", "__import__('os')"])
def test_text_is_no_loss_and_is_not_evaluated(text):
    with pytest.raises((InputError, SympifyError)):
        Loss(text, (x,))
    with pytest.raises((InputError, SympifyError)):
        Loss(x**2, (x,), {x: text})


@pytest.mark.parametrize("thing", [(x,), {x: 1}, Eq(x, y), True, None], ids=str)
def test_things_that_are_no_scalar_expression_are_no_loss(thing):
    with pytest.raises((InputError, SympifyError)):
        Loss(thing, (x,))


def test_losses_that_cannot_be_differentiated_say_so():
    with pytest.raises(CalculusError):
        Loss(floor(x), (x,)).gradient_flow()
    with pytest.raises(CalculusError):
        Loss(Trace(W.adjoint()), (W,)).stop_gradient_flow()


def test_part_with_a_kink_is_differentiated_away_from_it():
    assert Loss(abs(x), (x,)).gradient_flow().velocity == {x: -sign(x)}
    assert Loss(x * sg(abs(y)), (x, y)).gradient_flow().velocity == {x: -abs(y), y: -x * sign(y)}


def test_part_that_cannot_be_differentiated_may_stand_in_a_marker():
    flow = Loss(x * sg(floor(y)), (x, y)).stop_gradient_flow()
    assert flow.velocity == {x: -floor(y), y: 0}
    assert isinstance(flow, Flow)
    with pytest.raises(CalculusError):
        Loss(x * sg(floor(y)), (x, y)).gradient_flow()


@pytest.mark.parametrize("role", ["mobility", "decay"])
@pytest.mark.parametrize(
    "rate", [-1, -0.5, Rational(-1, 3), Float(-2), -eta, Symbol("n", negative=True), -eta - gamma], ids=str
)
def test_rates_that_are_known_to_be_negative_are_refused(role, rate):
    with pytest.raises(InputError, match=f"non-negative {role} of x"):
        Loss(x**2, (x,), **{role: {x: rate}})


@pytest.mark.parametrize("rate", [0, 1, eta, eta - gamma, Symbol("c", real=True), Symbol("c")], ids=str)
def test_rates_that_may_be_positive_are_taken(rate):
    assert Loss(x**2, (x,), {x: rate}, {x: rate}).decay[x] == rate


@pytest.mark.parametrize(("expression", "learns"), [(x * sg(x), True), (sg(x) + sg(y), False), (sg(x) * y, True)], ids=str)
def test_a_scalar_loss_learns_where_something_is_left_outside_its_markers(expression, learns):
    assert Loss(expression, (x, y)).learns is learns
