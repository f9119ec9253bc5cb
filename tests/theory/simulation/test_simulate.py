"""What a simulation records and takes: observables by brute force, starts, times, parameters, and what it refuses."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Symbol, Trace

from tests.strategies import couplings, seeds
from tests.theory.oracles import assert_close, head_loss
from tests.theory.simulation.common import INTEGRATED, TIGHT, UNSHRUNK, distances, few, laplacian, start
from theory import Coupling, InputError, Loss, UnfinishedError, models, simulate
from theory.models.vocabulary import ASSUMPTIONS, D_x, D_y, X, Y

# -- observables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", ["none", "labels", "samples", "both"])
@pytest.mark.parametrize("head", ["none", "samples", "labels", "both", "shared"])
def test_recorded_loss_is_the_sum_over_pairs(head, stop):
    coupling = Coupling.uniform(2, 6, 1 / 3)
    rng = np.random.default_rng(1)
    initial = start(0, coupling, 2, None if head == "none" else rng.standard_normal((2, 2)))
    tr = simulate(models.projection_head(head, stop), coupling, dimension=2, times=[0], initial=initial)
    assert_close(tr.loss[0], head_loss(head, stop, coupling.data["J"], initial, initial))


@st.composite
def small_couplings(draw):
    return Coupling(draw(couplings().filter(lambda J: J.shape[1] > 1)))


def brute_force_accuracy(J, samples, labels):
    nearest = [min(range(labels.shape[1]), key=lambda a, x=x: np.sum((x - labels[:, a]) ** 2)) for x in samples.T]
    return np.mean([J[i, a] > 0 for i, a in enumerate(nearest)])


@settings(max_examples=8, phases=UNSHRUNK)
@given(small_couplings(), seeds, st.integers(1, 3))
def test_accuracy_is_the_share_of_samples_nearest_to_a_label_of_their_own(coupling, seed, dimension):
    initial = start(seed, coupling, dimension)
    tr = simulate(models.embedding_only(), coupling, dimension=dimension, times=[0], initial=initial)
    assert tr.accuracy[0] == pytest.approx(brute_force_accuracy(coupling.data["J"], initial["X"], initial["Y"]))
    assert tr.accuracy_error[0] == 0


@settings(max_examples=5, phases=UNSHRUNK)
@given(small_couplings(), seeds, st.sampled_from(["samples", "labels", "both", "shared"]))
def test_accuracy_with_a_head_compares_what_the_loss_pulls_together(coupling, seed, head):
    W = np.random.default_rng(seed).standard_normal((2, 2))
    initial = start(seed, coupling, 2, W)
    tr = simulate(models.projection_head(head, "both"), coupling, dimension=2, times=[0], initial=initial)
    left = W @ initial["X"] if head in ("samples", "both", "shared") else initial["X"]
    right = W @ initial["Y"] if head in ("labels", "both") else initial["Y"]
    assert tr.accuracy[0] == pytest.approx(brute_force_accuracy(coupling.data["J"], left, right))


@few
@given(seeds)
def test_accuracy_of_an_encoder_is_that_of_its_outputs(seed):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([[0, 1, 2], rng.integers(0, 3, 17)])
    features = rng.standard_normal((20, 4))
    coupling = Coupling.from_data(features, labels)
    initial = start(seed, coupling, 2)
    tr = simulate(models.embedding_only(), coupling, dimension=2, times=[0], initial=initial)
    J = np.eye(3)[labels]
    assert tr.accuracy[0] == pytest.approx(brute_force_accuracy(J, coupling.observe(initial["X"]), initial["Y"]))


@few
@given(small_couplings(), seeds, st.integers(1, 3))
def test_smallest_separation_is_that_of_the_closest_pair(coupling, seed, dimension):
    tr = simulate(models.embedding_only(), coupling, dimension=dimension, times=[0, 0.5], seed=seed)
    assert_close(tr.min_separation, distances(tr.labels).min(axis=0))


def test_encoder_and_embeddings_of_one_hot_inputs_move_alike():
    """§7: the embedding model is the case of one-hot inputs; its moments are the weights divided by N."""
    sets = [{0}, {0}, {1}, {1}, {0}]
    labels = [min(s) for s in sets]
    encoder = Coupling.from_data(np.eye(5), labels, mobility="degree")
    free = Coupling.from_labels(sets)
    assert_close(encoder.rates(), free.rates())
    axes = np.random.default_rng(0).standard_normal((2, 5))
    Y0 = np.random.default_rng(1).standard_normal((2, 2))
    one = simulate(models.embedding_only(), encoder, dimension=2, times=[0, 2], initial={"X": axes, "Y": Y0}, **TIGHT)
    other = simulate(
        models.embedding_only(), free, dimension=2, times=[0, 2], initial={"X": encoder.observe(axes), "Y": Y0}, **TIGHT
    )
    assert_close(one.labels, other.labels, INTEGRATED)
    assert_close(one.loss, other.loss / 5, INTEGRATED)
    assert_close(one.accuracy, other.accuracy)


def test_single_label_has_no_separation_to_measure():
    coupling = Coupling([[1.0], [2.0]])
    tr = simulate(models.embedding_only(), coupling, dimension=2, times=[0, 60], seed=0, **TIGHT)
    assert tr.accuracy[-1] == 1
    assert tr.loss[-1] == pytest.approx(0, abs=1e-12)


def test_drift_of_an_integral_that_starts_at_zero_is_a_number():
    coupling = Coupling.uniform(2, 4, 0.5)
    zero = {"X": np.zeros((2, 4)), "Y": np.zeros((2, 2)), "W": np.zeros((2, 2))}
    tr = simulate(models.projection_head(), coupling, dimension=2, times=[0, 1], initial=zero)
    assert all(np.all(np.isfinite(drift)) for drift in tr.conserved.values())


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


@pytest.mark.parametrize("times", [[0], [0.0, 1.0], [1.0], 2.0, np.array([0.5, 1.5]), (0, 1, 2)], ids=str)
def test_observables_are_recorded_at_the_asked_times(times):
    coupling = Coupling.uniform(2, 4, 0.5)
    tr = simulate(models.projection_head(), coupling, dimension=3, times=times)
    count = np.size(times)
    assert np.array_equal(tr.times, np.atleast_1d(np.asarray(times, dtype=float)))
    assert tr.labels.shape == (count, 3, 2)
    assert tr.head.shape == (count, 3, 3)
    assert all(getattr(tr, name).shape == (count,) for name in ("loss", "accuracy", "accuracy_error", "min_separation"))
    assert all(drift.shape == (count,) for drift in tr.conserved.values())


@few
@given(seeds)
def test_values_at_a_time_do_not_depend_on_the_other_times(seed):
    coupling = Coupling.uniform(3, 6, 0.5)
    alone = simulate(models.projection_head(), coupling, dimension=2, times=[2.0], seed=seed, **TIGHT)
    among = simulate(models.projection_head(), coupling, dimension=2, times=[0.0, 0.3, 2.0, 5.0], seed=seed, **TIGHT)
    assert_close(alone.labels[0], among.labels[2], INTEGRATED)


@pytest.mark.parametrize("solver", ["DOP853", "RK45", "LSODA", "Radau", "BDF"])
def test_every_solver_reaches_the_same_state(solver):
    coupling = Coupling.uniform(2, 6, 1 / 3, mobility="uniform")
    initial = start(0, coupling, 2)
    tr = simulate(
        models.embedding_only(), coupling, dimension=2, times=[0, 1.5], initial=initial,
        method="direct", solver=solver, rtol=1e-9, atol=1e-11,
    )  # fmt: skip
    Z = np.hstack([initial["X"], initial["Y"]]) @ scipy.linalg.expm(-laplacian(coupling) * 1.5)
    assert_close(tr.labels[-1], Z[:, 6:], 1e-6)  # the loosest of the solvers at these tolerances
    assert solver in tr.method


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


@pytest.mark.parametrize("times", [[0, 1, 2], [0.5], [0]], ids=str)
def test_progress_rises_to_one(times):
    shares = []
    simulate(models.embedding_only(), Coupling.uniform(2, 4, 0.5), dimension=2, times=times, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert all(0 < share <= 1 for share in shares)


@few
@given(seeds)
def test_head_eigenvalues_are_sorted_eigenvalues_of_the_head(seed):
    tr = simulate(
        models.projection_head(),
        Coupling.uniform(2, 4, 0.5),
        dimension=3,
        times=[0, 1],
        seed=seed,
        initial={"W": np.diag([0.1, 2.0, -1.0])},
    )
    assert_close(tr.head_eigenvalues[0], [2.0, 0.1, -1.0])
    for values, head in zip(tr.head_eigenvalues, tr.head, strict=True):
        assert np.all(np.diff(values.real) <= 0)
        assert_close(np.poly(values), np.poly(head))


def test_model_without_head_has_none():
    tr = simulate(models.embedding_only(), Coupling.uniform(2, 4, 0.5), dimension=2, times=[0])
    assert tr.head is None
    with pytest.raises(AttributeError, match="no head"):
        _ = tr.head_eigenvalues


# -- own models, and runs that cannot be finished ----------------------------------------------------------------------


def test_own_loss_over_the_vocabulary_is_followed():
    stiffness = Symbol("stiffness", positive=True)
    loss = Loss(stiffness * (Trace(X * D_x * X.T) + Trace(Y * Y.T)) / 2, (X, Y), assumptions=ASSUMPTIONS)
    coupling = Coupling.uniform(2, 4, 0.5)
    tr = simulate(loss, coupling, dimension=2, times=[0, 2], parameters={"stiffness": 0.5}, **TIGHT)
    assert_close(tr.labels[1], tr.labels[0] * np.exp(-1), INTEGRATED)


def exploding():
    """A negative quartic energy, of one label with unit degree y' = y^3, so that y = y0 / sqrt(1 - 2 y0^2 t)."""
    return Loss(-Trace(Y * D_y * Y.T * Y * Y.T) / 4 + Trace(X * D_x * X.T) / 2, (X, Y), assumptions=ASSUMPTIONS)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("solver", ["DOP853", "RK45", "LSODA", "Radau", "BDF"])
def test_run_that_blows_up_hands_over_what_is_valid(solver):
    coupling = Coupling(np.eye(2))
    initial = {"X": np.ones((1, 2)), "Y": np.array([[1.0, 0.0]])}
    times = [0.0, 0.1, 0.4, 0.6, 1.0]  # blows up at 0.5
    with pytest.raises(UnfinishedError, match=rf"{solver} stopped at t = .*; the flow diverges: end the run earlier") as caught:
        simulate(exploding(), coupling, dimension=1, times=times, initial=initial, solver=solver, rtol=1e-9, atol=1e-11)
    partial = caught.value.partial
    assert np.array_equal(partial.times, [0.0, 0.1, 0.4])
    assert_close(partial.labels[:, 0, 0], 1 / np.sqrt(1 - 2 * np.array([0.0, 0.1, 0.4])), 1e-6)
    assert len(partial.loss) == len(partial.accuracy) == 3


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_run_that_blows_up_before_anything_is_recorded_hands_over_nothing():
    with pytest.raises(UnfinishedError) as caught:
        simulate(
            exploding(),
            Coupling(np.eye(2)),
            dimension=1,
            times=[9.0],
            initial={"X": np.ones((1, 2)), "Y": np.array([[1.0, 0.0]])},
        )
    assert caught.value.partial is None


# -- bad input ---------------------------------------------------------------------------------------------------------


def run(**changes):
    options = {"dimension": 2, "times": [0, 1]} | changes
    model = options.pop("model", models.projection_head())
    return simulate(model, Coupling.uniform(2, 4, 0.5), **options)


@pytest.mark.parametrize("times", [[], [1, 0], [0, 0], [0, 1, 1], [-1, 0], [0, np.nan], [0, np.inf], None, ["soon"]], ids=str)
def test_times_that_do_not_increase_are_refused(times):
    with pytest.raises(InputError, match="times"):
        run(times=times)


@pytest.mark.parametrize("dimension", [0, -1, 1.5, "2", None, 2.0], ids=repr)
def test_dimensions_that_are_no_positive_integer_are_refused(dimension):
    with pytest.raises(InputError, match="dimension"):
        run(dimension=dimension)


@pytest.mark.parametrize(("option", "value"), [("method", "magic"), ("solver", "Euler"), ("solver", "RK23 "), ("method", None)])
def test_unknown_methods_and_solvers_are_refused(option, value):
    with pytest.raises(InputError, match=f"a {option} among"):
        run(**{option: value})


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
