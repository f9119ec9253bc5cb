"""Rates and stops that no model can have, and starts that look as if none could."""

import numpy as np
import pytest
from sympy import Float, Rational, Symbol, Trace, symbols

from theory import Coupling, InputError, Loss, models, sg, simulate
from theory.models.vocabulary import W, X, Y, pull

x, y = symbols("x y", real=True)
a, b = symbols("a b", positive=True)
COUPLING = Coupling.uniform(3, 12, 0.5)
TIGHT = {"rtol": 1e-11, "atol": 1e-13}


@pytest.mark.parametrize("role", ["mobility", "decay"])
@pytest.mark.parametrize("rate", [-1, -0.5, Rational(-1, 3), Float(-2), -a, Symbol("n", negative=True), -a - b], ids=str)
def test_rates_that_are_known_to_be_negative_are_refused(role, rate):
    with pytest.raises(InputError, match=f"non-negative {role} of x"):
        Loss(x**2, (x,), **{role: {x: rate}})


@pytest.mark.parametrize("rate", [0, 1, a, a - b, Symbol("c", real=True), Symbol("c")], ids=str)
def test_rates_that_may_be_positive_are_taken(rate):
    assert Loss(x**2, (x,), {x: rate}, {x: rate}).decay[x] == rate


@pytest.mark.parametrize("role", ["mobility", "decay"])
def test_rates_that_come_out_negative_are_refused_by_the_simulation(role):
    loss = Loss(pull(X, Y), (X, Y), **{role: {X: a - b}})
    with pytest.raises(InputError, match=f"non-negative {role} of X, got a - b = -1"):
        simulate(loss, COUPLING, dimension=2, times=[0, 1], parameters={"a": 1, "b": 2})
    simulate(loss, COUPLING, dimension=2, times=[0, 1], parameters={"a": 2, "b": 1})


@pytest.mark.parametrize("mobility", [(-1.0, 1.0), (1.0, -1.0)])
def test_negative_mobilities_of_embeddings_are_refused(mobility):
    with pytest.raises(InputError, match="mobilit"):
        Coupling(np.eye(2), mobility=mobility)


@pytest.mark.parametrize("dimension", [0, -3])
def test_heads_without_dimensions_are_refused(dimension):
    with pytest.raises(InputError, match="dimension of at least 1"):
        simulate(models.projection_head(), COUPLING, dimension=dimension, times=[0, 1])


@pytest.mark.parametrize(
    "energy",
    [sg(pull(W * X, Y)), pull(sg(W * X), sg(Y)), sg(Trace(X * X.T)) * sg(Trace(Y * Y.T))],
    ids=["all", "sides", "factors"],
)
def test_stop_that_removes_every_gradient_is_refused(energy):
    loss = Loss(energy, (X, Y, W))
    assert not loss.learns
    with pytest.raises(InputError, match="the model cannot learn"):
        simulate(loss, COUPLING, dimension=2, times=[0, 1])


@pytest.mark.parametrize("head", ["none", "samples", "labels", "both", "shared"])
@pytest.mark.parametrize("stop", ["none", "labels", "samples", "both"])
def test_every_model_of_a_head_learns(head, stop):
    assert models.projection_head(head, stop).learns


@pytest.mark.parametrize(("expression", "learns"), [(x * sg(x), True), (sg(x) + sg(y), False), (sg(x) * y, True)], ids=str)
def test_a_scalar_loss_learns_where_something_is_left_outside_its_markers(expression, learns):
    assert Loss(expression, (x, y)).learns is learns


def test_a_head_that_starts_at_zero_moves_by_the_couplings_of_what_it_could_join():
    """The embeddings rest at first, and the head moves along gamma (X J Y^T + its transpose)."""
    rng = np.random.default_rng(0)
    start = {"X": rng.standard_normal((3, 12)), "Y": rng.standard_normal((3, 3)), "W": np.zeros((3, 3))}
    J = COUPLING.data["J"]
    dense = J.toarray() if hasattr(J, "toarray") else np.asarray(J)
    joined = start["X"] @ dense @ start["Y"].T
    short = 1e-4
    run = simulate(
        models.projection_head(), COUPLING, dimension=3, times=[0, short, 50], initial=start, parameters={"gamma": 1.0}, **TIGHT
    )
    np.testing.assert_allclose(run.head[1] / short, joined + joined.T, atol=1e-2)
    np.testing.assert_allclose(run.labels[1], start["Y"], atol=1e-4)
    assert all(drift.max() < 1e-8 for drift in run.conserved.values())
    assert np.linalg.norm(run.head[2]) > 0.1


def test_a_head_that_starts_at_zero_and_has_nothing_to_join_stays():
    start = {"X": np.zeros((2, 12)), "Y": np.ones((2, 3)), "W": np.zeros((2, 2))}
    run = simulate(models.projection_head(), COUPLING, dimension=2, times=[0, 10], initial=start)
    assert not run.head[-1].any()
    np.testing.assert_array_equal(run.labels[-1], start["Y"])
