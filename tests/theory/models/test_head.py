"""Models with a head against sums over pairs of samples and labels, with the stopped targets frozen."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from sympy import Integer

from tests.theory.models.common import BLOCKS, states
from tests.theory.oracles import assert_close, evaluate, head_loss, numeric_gradient, pair_energy, slope
from theory import Coupling, InputError, Loss, models
from theory.models import vocabulary as v
from theory.words import is_zero

HEADS = ["none", "samples", "labels", "both", "shared"]
STOPS = ["none", "labels", "samples", "both"]
MODELS = [*product(HEADS, STOPS)]
every_model = pytest.mark.parametrize(("head", "stop"), MODELS, ids="-".join)


@cache
def model_of(head, stop):
    return models.projection_head(head, stop)


@cache
def flow_of(head, stop):
    return model_of(head, stop).stop_gradient_flow()


def by_name(at):
    return {name: at[block] for name, block in BLOCKS.items()}


# -- losses ------------------------------------------------------------------------------------------------------------


@every_model
@settings(max_examples=4)
@given(at=states())
def test_loss_is_the_sum_over_pairs(head, stop, at):
    expected = head_loss(head, stop, at[v.J], by_name(at), by_name(at))
    assert_close(evaluate(model_of(head, stop).erased(), at), expected)
    assert_close(evaluate(model_of(head, stop).expression, at), expected)


@every_model
@settings(max_examples=4)
@given(at=states())
def test_marked_loss_is_the_sum_over_pairs_with_its_targets_frozen(head, stop, at):
    """The value with the state moved and the stopped targets left behind, so that every marker is where it should be."""
    moved = at | {s: 1.3 * at[s][:, ::-1] + 0.2 for s in BLOCKS.values()}
    expected = head_loss(head, stop, at[v.J], by_name(moved), by_name(at))
    assert_close(evaluate(model_of(head, stop).expression, moved, at), expected)


@given(states())
def test_shared_head_loss_in_modes_carries_the_frustration_mass(at):
    """§3: (1/2) sum over all modes of |(W - mu) v|^2 + psi |v|^2, over the eigenvectors of D^-1/2 A D^-1/2."""
    J, W = at[v.J], at[v.W]
    A = np.block([[np.zeros((len(J),) * 2), J], [J.T, np.zeros((J.shape[1],) * 2)]])
    degrees = A.sum(1)
    mu, phi = np.linalg.eigh(A / np.sqrt(np.outer(degrees, degrees)))
    modes = np.hstack([at[v.X], at[v.Y]]) * np.sqrt(degrees) @ phi
    expected = sum(np.sum((W @ m - q * m) ** 2) + (1 - q**2) * np.sum(m**2) for q, m in zip(mu, modes.T, strict=True)) / 2
    assert_close(evaluate(model_of("shared", "none").erased(), at), expected)


# -- flows -------------------------------------------------------------------------------------------------------------


def descent(head, stop, at, block):
    """Minus the slope of the sum over pairs with frozen targets, times mobility, minus decay."""

    def loss(moved):
        return head_loss(head, stop, at[v.J], by_name(moved), by_name(at))

    force = numeric_gradient(loss, at, block)
    rate, decay = {v.X: (at[v.H_x], at[v.lam]), v.Y: (at[v.H_y], at[v.lam]), v.W: (at[v.gamma] * np.eye(at[v.d]), at[v.kappa])}[
        block
    ]
    return -force @ rate - decay * at[block]


@every_model
@settings(max_examples=4)
@given(at=states())
def test_flow_is_the_slope_of_the_sum_over_pairs_with_frozen_targets(head, stop, at):
    for block, velocity in flow_of(head, stop).velocity.items():
        assert_close(evaluate(velocity, at), descent(head, stop, at, block))


@every_model
@settings(max_examples=4)
@given(at=states())
def test_erased_flow_is_the_slope_of_the_whole_sum(head, stop, at):
    for block, velocity in model_of(head, stop).gradient_flow().velocity.items():
        at_block = numeric_gradient(lambda moved: head_loss(head, stop, at[v.J], by_name(moved), by_name(moved)), at, block)
        rate, decay = {
            v.X: (at[v.H_x], at[v.lam]),
            v.Y: (at[v.H_y], at[v.lam]),
            v.W: (at[v.gamma] * np.eye(at[v.d]), at[v.kappa]),
        }[block]
        assert_close(evaluate(velocity, at), -at_block @ rate - decay * at[block])


@pytest.mark.parametrize("head", ["none", "samples", "labels", "both"])
def test_stopping_both_sides_of_a_head_that_is_no_predictor_stops_nothing(head):
    both, none = flow_of(head, "both"), flow_of(head, "none")
    assert both.state == none.state
    for block in both.state:
        assert is_zero(both.velocity[block] - none.velocity[block], model_of(head, "none").context)


def test_stopping_both_targets_of_the_shared_head_deletes_the_pull_on_the_targets():
    """§4: stop-gradient deletes exactly (1 - mu W) v, that is Z D - W^T Z A, from the force on the embeddings."""
    whole, stopped = flow_of("shared", "none").velocity, flow_of("shared", "both").velocity
    context = model_of("shared", "both").context
    deleted = (v.X * v.D_x - v.W * v.Y * v.J.T) * v.H_x, (v.Y * v.D_y - v.W * v.X * v.J) * v.H_y
    assert is_zero(stopped[v.X] - whole[v.X] - deleted[0], context)
    assert is_zero(stopped[v.Y] - whole[v.Y] - deleted[1], context)
    assert is_zero(stopped[v.W] - whole[v.W], context)


@pytest.mark.parametrize(("stop", "frozen"), [("labels", v.Y), ("samples", v.X)], ids=["labels", "samples"])
@pytest.mark.parametrize("head", ["none", "samples", "labels", "both"])
def test_stopped_side_moves_by_its_decay_alone(head, stop, frozen):
    assert is_zero(flow_of(head, stop).velocity[frozen] + v.lam * frozen)


def test_headless_model_without_decay_is_the_embedding_model():
    model = model_of("none", "none").xreplace({v.lam: Integer(0)})
    for block, velocity in models.embedding_only().gradient_flow().velocity.items():
        assert is_zero(model.gradient_flow().velocity[block] - velocity, model.context)


@given(states())
def test_shared_head_that_is_the_identity_pulls_with_the_sum_of_both_terms(at):
    """With W = 1 both directed terms are the embedding energy."""
    at = at | {v.W: np.eye(at[v.d])}
    assert_close(evaluate(model_of("shared", "both").erased(), at), 2 * pair_energy(at[v.J], at[v.X], at[v.Y]))


@given(states())
def test_both_stops_of_the_shared_head_conserve_the_balance_of_head_and_embeddings(at):
    at = at | {v.lam: 0.0, v.kappa: 0.0}

    def balance(at):
        weighted = at[v.X] @ np.linalg.inv(at[v.H_x]) @ at[v.X].T + at[v.Y] @ np.linalg.inv(at[v.H_y]) @ at[v.Y].T
        return at[v.W].T @ at[v.W] - at[v.gamma] * weighted

    along = {s: evaluate(velocity, at) for s, velocity in flow_of("shared", "both").velocity.items()}
    assert_close(slope(balance, at, along), np.zeros((at[v.d],) * 2))
    elsewhere = {s: evaluate(velocity, at) for s, velocity in flow_of("shared", "none").velocity.items()}
    assert np.abs(slope(balance, at, elsewhere)).max() > 1e-6


# -- what a model is made of -------------------------------------------------------------------------------------------


@every_model
def test_state_has_a_head_where_one_stands(head, stop):
    model = model_of(head, stop)
    assert isinstance(model, Loss)
    assert model.state == ((v.X, v.Y) if head == "none" else (v.X, v.Y, v.W))
    assert set(model.mobility) == set(model.decay) == set(model.state)
    assert model.is_marked == (stop != "none")


@every_model
def test_parameters_are_the_data_of_a_coupling_and_the_named_rates(head, stop):
    rates = {"lambda"} if head == "none" else {"gamma", "lambda", "kappa"}
    names = {str(s) for s in model_of(head, stop).gradient_flow().parameters}
    assert names == rates | set(Coupling([[1.0]]).data)


@given(states())
def test_views_are_what_the_loss_pulls_together(at):
    for head, stop in MODELS:
        model = model_of(head, stop)
        left, right = (evaluate(view, at) for view in model.views)
        if head != "shared" and stop != "both":
            assert_close(evaluate(model.erased(), at), pair_energy(at[v.J], left, right))
    shared = [evaluate(view, at) for view in model_of("shared", "both").views]
    assert_close(shared[0], at[v.W] @ at[v.X])
    assert_close(shared[1], at[v.Y])


def test_default_head_is_shared_with_both_targets_stopped():
    assert models.projection_head() == model_of("shared", "both")


@pytest.mark.parametrize(
    ("head", "stop"), [("mlp", "both"), ("shared", "left"), ("", "none"), (None, "none"), ("Shared", "both")]
)
def test_unknown_heads_and_stops_are_refused(head, stop):
    with pytest.raises(InputError, match="choose one of each"):
        models.projection_head(head, stop)


@pytest.mark.parametrize("head", ["none", "samples", "labels", "both", "shared"])
@pytest.mark.parametrize("stop", ["none", "labels", "samples", "both"])
def test_every_model_of_a_head_learns(head, stop):
    assert models.projection_head(head, stop).learns
