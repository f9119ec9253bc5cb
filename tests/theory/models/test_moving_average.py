"""Moving-average targets against sums over pairs with the targets put in, and against the stop-gradient flow."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Symbol, exp, symbols

from tests.strategies import seeds
from tests.theory.oracles import assert_close, evaluate, head_loss, numeric_gradient
from theory import Coupling, InputError, Loss, models, sg, simulate
from theory.models import vocabulary as v
from theory.models.moving_average import beta, moving_average_targets, target_of

STOPPED = [
    ("none", "labels"), ("none", "both"), ("samples", "samples"), ("labels", "both"), ("both", "labels"),
    ("shared", "labels"), ("shared", "samples"), ("shared", "both"),
]  # fmt: skip
BLOCKS = {"X": v.X, "Y": v.Y, "W": v.W}
x, y, w = symbols("x y w", real=True)


@cache
def model_of(head, stop):
    return moving_average_targets(models.projection_head(head, stop))


@st.composite
def states(draw):
    rng = np.random.default_rng(draw(seeds))
    samples, labels, dimension = 3, 2, 2
    J = rng.uniform(0.1, 1, (samples, labels))
    at = {v.N: samples, v.K: labels, v.d: dimension, v.J: J, v.gamma: 0.6, v.lam: 0.3, v.kappa: 0.2, beta: rng.uniform(0.1, 9)}
    at |= {v.D_x: np.diag(J.sum(1)), v.D_y: np.diag(J.sum(0))}
    at |= {v.H_x: np.diag(rng.uniform(0.5, 2, samples)), v.H_y: np.diag(rng.uniform(0.5, 2, labels))}
    blocks = [*BLOCKS.values(), *map(target_of, BLOCKS.values())]
    return at | {s: rng.standard_normal([at[m] for m in s.shape]) for s in blocks}


@pytest.mark.parametrize("cell", STOPPED, ids=map("-".join, STOPPED))
@settings(max_examples=4)
@given(at=states())
def test_state_descends_the_loss_with_its_targets_where_they_are(cell, at):
    velocity = model_of(*cell).stop_gradient_flow().velocity
    frozen = {name: at[target_of(block)] for name, block in BLOCKS.items()}
    rates = {v.X: (at[v.H_x], at[v.lam]), v.Y: (at[v.H_y], at[v.lam]), v.W: (at[v.gamma] * np.eye(2), at[v.kappa])}

    def loss(moved):
        return head_loss(*cell, at[v.J], {name: moved[block] for name, block in BLOCKS.items()}, frozen)

    for block in set(BLOCKS.values()) & set(velocity):
        mobility, decay = rates[block]
        expected = -numeric_gradient(loss, at, block) @ mobility - decay * at[block]
        assert_close(evaluate(velocity[block], at), expected)


@pytest.mark.parametrize("cell", STOPPED, ids=map("-".join, STOPPED))
@settings(max_examples=4)
@given(at=states())
def test_targets_follow_at_their_rate_and_nothing_else_pulls_them(cell, at):
    velocity = model_of(*cell).stop_gradient_flow().velocity
    targets = {block: target_of(block) for block in BLOCKS.values() if target_of(block) in velocity}
    assert targets
    for block, target in targets.items():
        assert_close(evaluate(velocity[target], at), at[beta] * (at[block] - at[target]))


def test_only_blocks_that_are_stopped_get_a_target():
    assert model_of("shared", "labels").state == (v.X, v.Y, v.W, target_of(v.Y))
    assert model_of("both", "labels").state == (v.X, v.Y, v.W, target_of(v.Y), target_of(v.W))


def test_scalars_functions_and_nested_markers_move_too():
    flow = moving_average_targets(Loss(x * sg(exp(y) * sg(w)) + y**2, (x, y, w)), beta).stop_gradient_flow()
    T_y, T_w = symbols("T_y T_w", real=True)
    assert flow.velocity[x] == -T_w * exp(T_y)
    assert flow.velocity[y] == -2 * y
    assert (flow.velocity[T_w] - beta * (w - T_w)).expand() == 0


def test_runs_tend_to_the_stop_gradient_run_like_the_inverse_rate():
    coupling = Coupling.uniform(3, 12, 0.5)
    rng = np.random.default_rng(0)
    start = {"X": rng.standard_normal((3, 12)), "Y": rng.standard_normal((3, 3)), "W": 0.7 * np.eye(3)}
    options = {"dimension": 3, "times": [0, 2.0], "method": "direct", "solver": "LSODA", "rtol": 1e-10, "atol": 1e-12}
    limit = simulate(models.projection_head(), coupling, initial=start, **options)
    moving = start | {"T_X": start["X"], "T_Y": start["Y"]}
    errors = []
    for rate in (100.0, 200.0, 400.0):
        run = simulate(model_of("shared", "both"), coupling, initial=moving, parameters={"beta": rate}, **options)
        errors.append(np.abs(run.labels[-1] - limit.labels[-1]).max())
    ratios = np.array(errors[:-1]) / errors[1:]
    np.testing.assert_allclose(ratios, 2, rtol=0.1)


@pytest.mark.parametrize(
    ("loss", "rate", "message"),
    [
        (Loss(x**2, (x,)), beta, "stop-gradient marker"),
        (Loss(x * sg(Symbol("c")), (x,)), beta, "stop-gradient marker"),
        (moving_average_targets(Loss(x * sg(x), (x,))), beta, "without moving targets"),
        (Loss(x * sg(x), (x,)), -beta, "positive rate"),
        (Loss(x * sg(x), (x,)), 0, "positive rate"),
        (Loss(x * sg(x), (x,)), "beta", "rate of the targets"),
    ],
    ids=["unmarked", "no state in a marker", "twice", "negative rate", "no rate", "text"],
)
def test_losses_without_anything_to_follow_are_refused(loss, rate, message):
    with pytest.raises(InputError, match=message):
        moving_average_targets(loss, rate)


def test_declared_parameters_get_the_rate():
    c = Symbol("c", positive=True)
    loss = Loss(c * x * sg(x), (x,), parameters=(c,))
    assert set(moving_average_targets(loss).parameters) == {c, beta}
