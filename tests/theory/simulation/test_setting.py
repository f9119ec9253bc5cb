"""What a run begins with: starts, parameters and their defaults, and what no run can begin with."""

import numpy as np
import pytest
from sympy import Symbol, Trace, symbols

from tests.theory.simulation.common import start
from theory import Coupling, InputError, Loss, models, sg, simulate
from theory.models.vocabulary import W, X, Y, coupling_energy
from theory.simulation.setting import Setting

# -- starts, seeds, times ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_a_seed_makes_a_run_again(seed):
    coupling = Coupling.uniform(3, 6, 0.5)
    one, again, other = (
        simulate(models.projection_head(), coupling, dimension=2, times=[0, 1], seed=s)
        for s in (seed, seed, (seed + 1) % 2**32)
    )
    for name in ("labels", "head", "loss", "accuracy"):
        assert np.array_equal(getattr(one, name), getattr(again, name))
    assert not np.array_equal(one.labels, other.labels)
    assert one.seed == seed


def test_default_start_is_standard_normal_with_a_head_near_the_identity():
    coupling = Coupling.uniform(50, 50, 0.0)
    tr = simulate(models.projection_head(), coupling, dimension=40, times=[0])
    assert abs(tr.labels[0].mean()) < 5 / np.sqrt(2000)
    assert tr.labels[0].std() == pytest.approx(1, abs=0.1)
    noise = tr.head[0] - np.eye(40)
    assert noise.std() == pytest.approx(0.1, abs=0.02)


def test_start_may_be_given_in_part():
    coupling = Coupling.uniform(2, 4, 0.5)
    Y0 = np.array([[1.0, -1.0], [0.5, 2.0]])
    tr = simulate(models.projection_head(), coupling, dimension=2, times=[0], seed=3, initial={"Y": Y0})
    free = simulate(models.projection_head(), coupling, dimension=2, times=[0], seed=3)
    assert np.array_equal(tr.labels[0], Y0)
    assert np.array_equal(tr.head, free.head)


def test_initial_arrays_are_not_changed():
    coupling = Coupling.uniform(2, 4, 0.5)
    initial = start(0, coupling, 2)
    before = {name: value.copy() for name, value in initial.items()}
    simulate(models.embedding_only(), coupling, dimension=2, times=[0, 1], initial=initial)
    assert all(np.array_equal(initial[name], before[name]) for name in initial)


def test_parameters_by_symbol_and_by_name_are_the_same():
    coupling, model = Coupling.uniform(2, 4, 0.5), models.projection_head()
    runs = [
        simulate(
            model,
            coupling,
            dimension=2,
            times=[1],
            parameters={key(s): 0.3 for s in (*model.decay.values(), model.mobility[model.state[2]])},
        )
        for key in (str, lambda s: s)
    ]
    assert np.array_equal(runs[0].labels, runs[1].labels)
    assert runs[0].parameters == {"gamma": 0.3, "lambda": 0.3, "kappa": 0.3}


def test_defaults_are_a_normalised_head_mobility_and_no_decay():
    coupling = Coupling.uniform(2, 8, 0.5)
    tr = simulate(models.projection_head(), coupling, dimension=2, times=[1])
    assert tr.parameters == {"gamma": 1 / 8, "lambda": 0, "kappa": 0}


def test_head_without_mobility_stays():
    tr = simulate(models.projection_head(), Coupling.uniform(2, 4, 0.5), dimension=2, times=[0, 3], parameters={"gamma": 0})
    assert np.array_equal(tr.head[0], tr.head[1])
    assert not np.array_equal(tr.labels[0], tr.labels[1])


# -- bad input ---------------------------------------------------------------------------------------------------------


def run(**changes):
    options = {"dimension": 2, "times": [0, 1]} | changes
    model = options.pop("model", models.projection_head())
    return simulate(model, Coupling.uniform(2, 4, 0.5), **options)


@pytest.mark.parametrize("dimension", [0, -1, 1.5, "2", None, 2.0], ids=repr)
def test_dimensions_that_are_no_positive_integer_are_refused(dimension):
    with pytest.raises(InputError, match="dimension"):
        run(dimension=dimension)


@pytest.mark.parametrize(
    ("name", "model"), [("nu", "shared"), ("J", "shared"), ("W", "shared"), ("gamma", "none"), ("kappa", "none")]
)
def test_unknown_parameters_are_named(name, model):
    with pytest.raises(InputError, match=rf"got {name}"):
        run(model=models.projection_head(model, "none"), parameters={name: 1.0})


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf, [1.0], np.ones(2), "fast"], ids=str)
@pytest.mark.parametrize("name", ["gamma", "lambda", "kappa"])
def test_parameters_that_are_no_non_negative_number_are_named(name, value):
    with pytest.raises(InputError, match=name):
        run(parameters={name: value})


def test_missing_parameter_of_an_own_model_is_named():
    loss = Loss(Symbol("stiffness") * Trace(X * X.T) + Trace(Y * Y.T), (X, Y))
    with pytest.raises(InputError, match="none for stiffness"):
        run(model=loss)


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        ({"X": np.ones((2, 3))}, r"X of shape \(2, 4\)"),
        ({"Y": np.ones(2)}, r"Y of shape \(2, 2\)"),
        ({"W": np.full((2, 2), np.nan)}, "finite initial W"),
        ({"Z": np.ones((2, 2))}, "Z"),
    ],
    ids=["shape", "axes", "NaN", "unknown"],
)
def test_starts_that_do_not_fit_are_named(initial, message):
    with pytest.raises(InputError, match=message):
        run(initial=initial)


def test_models_without_samples_and_labels_are_refused():
    with pytest.raises(InputError, match="samples X and labels Y"):
        run(model=Loss(Trace(X * X.T), (X,)))


def test_fastest_rate_is_that_of_what_moves_fastest():
    plain = Coupling.uniform(4, 400, 0.1, mobility="uniform")
    assert Setting.of(models.embedding_only(), plain, 2).fastest_rate == pytest.approx(100)
    normalised = Coupling.uniform(4, 400, 0.1)
    model = models.projection_head()
    assert Setting.of(model, normalised, 2).fastest_rate == pytest.approx(1)
    assert Setting.of(model, normalised, 2, {"gamma": 0.5}).fastest_rate == pytest.approx(200)
    assert Setting.of(model, normalised, 2, {"kappa": 3.0}).fastest_rate == pytest.approx(3)


a, b = symbols("a b", positive=True)
COUPLING = Coupling.uniform(3, 12, 0.5)
TIGHT = {"rtol": 1e-11, "atol": 1e-13}


@pytest.mark.parametrize("role", ["mobility", "decay"])
def test_rates_that_come_out_negative_are_refused_by_the_simulation(role):
    loss = Loss(coupling_energy(X, Y), (X, Y), **{role: {X: a - b}})
    with pytest.raises(InputError, match=f"non-negative {role} of X, got a - b = -1"):
        simulate(loss, COUPLING, dimension=2, times=[0, 1], parameters={"a": 1, "b": 2})
    simulate(loss, COUPLING, dimension=2, times=[0, 1], parameters={"a": 2, "b": 1})


@pytest.mark.parametrize("dimension", [0, -3])
def test_heads_without_dimensions_are_refused(dimension):
    with pytest.raises(InputError, match="dimension of at least 1"):
        simulate(models.projection_head(), COUPLING, dimension=dimension, times=[0, 1])


@pytest.mark.parametrize(
    "energy",
    [sg(coupling_energy(W * X, Y)), coupling_energy(sg(W * X), sg(Y)), sg(Trace(X * X.T)) * sg(Trace(Y * Y.T))],
    ids=["all", "sides", "factors"],
)
def test_stop_that_removes_every_gradient_is_refused(energy):
    loss = Loss(energy, (X, Y, W))
    assert not loss.learns
    with pytest.raises(InputError, match="the model cannot learn"):
        simulate(loss, COUPLING, dimension=2, times=[0, 1])


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
