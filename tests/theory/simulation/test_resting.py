"""States at rest in any dimension, against the flow of all embeddings and the roots of one dimension."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory import Coupling, InputError, UnfinishedError, models, simulate
from theory.coupling.heads import head_states
from theory.simulation.resting import state_at_rest

WEIGHTS = np.array([[3, 1, 0], [1, 0, 0], [0, 2, 1], [0, 1, 2], [0, 1, 2]])
RATES = {"decay": 0.05, "head_decay": 0.06, "mobility": 0.1}


def off(head, coupling):
    """How far the eigenvalues of a head are from the roots of the determinant."""
    roots = head_states(coupling, RATES["decay"]).heads
    return np.abs(np.linalg.eigvals(head)[:, None] - roots).min(axis=1)


@given(st.sampled_from(["degree", "uniform"]), st.integers(0, 5))
def test_in_one_dimension_the_head_is_a_root_of_the_determinant(mobility, seed):
    coupling = Coupling(WEIGHTS, mobility=mobility)
    state = state_at_rest(coupling, dimension=1, seed=seed, **RATES)
    assert off(state.head, coupling).max() < 1e-10


def test_with_mobilities_inverse_to_the_degrees_the_head_is_symmetric_and_holds_roots():
    coupling = Coupling(WEIGHTS)
    state = state_at_rest(coupling, dimension=2, **RATES)
    assert state.head == pytest.approx(state.head.T, abs=1e-12)
    assert off(state.head, coupling).max() < 1e-10


def test_with_plain_mobilities_the_head_of_two_dimensions_is_not_symmetric_and_no_root():
    coupling = Coupling(WEIGHTS, mobility="uniform")
    state = state_at_rest(coupling, dimension=2, **RATES)
    assert state.residual < 1e-10
    assert np.abs(state.head - state.head.T).max() > 1e-3
    assert off(state.head, coupling).min() > 1e-8


@pytest.mark.parametrize("mobility", ["degree", "uniform"])
def test_the_flow_of_all_embeddings_rests_there(mobility):
    coupling = Coupling(WEIGHTS, mobility=mobility)
    state, data = state_at_rest(coupling, dimension=2, **RATES), coupling.data
    head, labels = state.head, state.labels
    right = head.T @ labels @ np.asarray(data["J"]).T
    kernel = head.T @ head
    samples = np.stack(
        [
            np.linalg.solve(degree * kernel + RATES["decay"] / rate * np.eye(2), column)
            for degree, rate, column in zip(data["D_x"], data["H_x"], right.T, strict=True)
        ],
        axis=1,
    )
    values = {**data, "d": 2, "gamma": RATES["mobility"], "lambda": RATES["decay"], "kappa": RATES["head_decay"]}
    lowered = models.projection_head().stop_gradient_flow().lower(values)
    velocity = lowered.velocity(0, np.concatenate([samples.ravel(), labels.ravel(), head.ravel()]))
    assert np.abs(velocity).max() < 1e-10


def test_classes_that_are_treated_alike_come_to_the_distances_of_a_run_of_all_embeddings():
    coupling = Coupling.uniform(classes=3, samples=12, fraction=0.25, mobility="uniform")
    state = state_at_rest(coupling, dimension=4, **RATES)
    rates = {"gamma": 0.1, "lambda": 0.05, "kappa": 0.06}
    run = simulate(models.projection_head(), coupling, dimension=4, times=[0, 1500], parameters=rates, method="direct")

    def distances(labels):
        return np.linalg.norm(labels[:, :, None] - labels[:, None, :], axis=0)

    assert distances(state.labels) == pytest.approx(distances(run.labels[-1]), abs=1e-5)
    assert np.sort(np.linalg.eigvals(state.head).real)[::-1][:3] == pytest.approx(head_states(coupling, 0.05).heads[:3])
    assert abs(state.growth) < 1e-9


def test_a_flow_that_is_stopped_too_early_gives_no_state():
    with pytest.raises(UnfinishedError, match="not at rest"):
        state_at_rest(Coupling(WEIGHTS), dimension=2, horizon=1, **RATES)


@pytest.mark.parametrize(
    "wrong", [{"dimension": 0}, {"dimension": 1.5}, {"decay": 0}, {"head_decay": -1}, {"mobility": np.inf}, {"horizon": -1}]
)
def test_numbers_that_cannot_be_used_are_refused(wrong):
    with pytest.raises(InputError, match="expected a"):
        state_at_rest(Coupling(WEIGHTS), **({"dimension": 2} | RATES | wrong))
