"""Simulated runs: matrix exponentials, conserved quantities, closed-form rates, fixed points, and what is recorded when."""

import numpy as np
import pytest
import scipy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Symbol, Trace

from tests.strategies import couplings, mobilities, seeds
from tests.theory.oracles import assert_close
from tests.theory.simulation.common import INTEGRATED, TIGHT, distances, few, laplacian, mobility, start
from theory import Coupling, InputError, Loss, UnfinishedError, models, simulate
from theory.models.vocabulary import ASSUMPTIONS, D_x, D_y, X, Y, coupling_energy


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


@pytest.mark.parametrize("times", [[0, 1, 2], [0.5], [0]], ids=str)
def test_progress_rises_to_one(times):
    shares = []
    simulate(models.embedding_only(), Coupling.uniform(2, 4, 0.5), dimension=2, times=times, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert all(0 < share <= 1 for share in shares)


# -- own models, and runs that cannot be finished ----------------------------------------------------------------------


def test_own_loss_over_the_vocabulary_is_followed():
    stiffness = Symbol("stiffness", positive=True)
    loss = Loss(stiffness * (Trace(X * D_x * X.T) + Trace(Y * Y.T)) / 2, (X, Y), assumptions=ASSUMPTIONS)
    coupling = Coupling.uniform(2, 4, 0.5)
    tr = simulate(loss, coupling, dimension=2, times=[0, 2], parameters={"stiffness": 0.5}, **TIGHT)
    assert_close(tr.labels[1], tr.labels[0] * np.exp(-coupling.data["H_y"]), INTEGRATED)


@settings(few, max_examples=8)
@given(
    st.sampled_from(["degree", "uniform"]) | st.tuples(st.floats(0.1, 3), st.floats(0.1, 3)),
    st.sampled_from([{}, {X: 1}, {Y: 1}, {X: 1, Y: 1}]),
)
def test_embeddings_without_a_stated_mobility_have_that_of_the_coupling(given_mobility, stated):
    coupling = Coupling([[3, 1, 0], [1, 0, 0], [0, 2, 1], [0, 1, 2]], mobility=given_mobility)
    first = start(1, coupling, 2)
    loss = Loss(coupling_energy(X, Y), state=(X, Y), mobility=stated)
    run = simulate(loss, coupling, dimension=2, times=[0, 1.5], initial=first, **TIGHT)
    speed = mobility(coupling)
    speed[:4], speed[4:] = (1 if X in stated else speed[:4]), (1 if Y in stated else speed[4:])
    moved = np.hstack([first["X"], first["Y"]]) @ scipy.linalg.expm(-1.5 * speed[:, None] * laplacian(coupling)).T
    assert_close(run.labels[1], moved[:, 4:], INTEGRATED)


def test_what_is_known_of_the_data_of_a_coupling_need_not_be_assumed():
    """With and without being told that degrees are diagonal, a loss moves alike, and the slope is that of a diagonal matrix."""
    plain, told = (Loss(coupling_energy(X, Y), (X, Y), assumptions=given) for given in ((), ASSUMPTIONS))
    assert dict(plain.gradient_flow().velocity) == dict(told.gradient_flow().velocity)
    assert not any(D_x.T in e.atoms(type(D_x.T)) for e in plain.gradient_flow().velocity.values())


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


@pytest.mark.parametrize(("option", "value"), [("method", "magic"), ("solver", "Euler"), ("solver", "RK23 "), ("method", None)])
def test_unknown_methods_and_solvers_are_refused(option, value):
    with pytest.raises(InputError, match=f"a {option} among"):
        run(**{option: value})


# -- the embedding model -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["direct", "exact"])
@few
@given(st.data(), seeds, st.integers(1, 3))
def test_embedding_trajectory_is_the_matrix_exponential(method, data, seed, dimension):
    J = data.draw(couplings().filter(lambda J: J.shape[1] > 1))
    coupling = Coupling(J, data.draw(mobilities(J)))
    initial, times = start(seed, coupling, dimension), [0.0, 0.4, 3.0]
    tr = simulate(models.embedding_only(), coupling, dimension=dimension, times=times, initial=initial, method=method, **TIGHT)
    for t, labels, loss in zip(times, tr.labels, tr.loss, strict=True):
        Z = np.hstack([initial["X"], initial["Y"]]) @ scipy.linalg.expm(-laplacian(coupling) * mobility(coupling) * t)
        assert_close(labels, Z[:, coupling.samples :], INTEGRATED)
        assert_close(loss, np.trace(Z @ laplacian(coupling) @ Z.T) / 2, INTEGRATED)


@few
@given(st.integers(2, 4), st.integers(1, 3), seeds, st.sampled_from(["degree", "uniform", (0.5, 2.0)]))
def test_classifiable_labels_come_to_rest_at_their_conserved_centroids(classes, per_class, seed, rates):
    coupling = Coupling.uniform(classes, classes * per_class, 0.0, mobility=rates)
    initial = start(seed, coupling, 2)
    tr = simulate(models.embedding_only(), coupling, dimension=2, times=[0, 80], initial=initial, **TIGHT)
    inverse = 1 / mobility(coupling)
    own = np.vstack([coupling.data["J"] > 0, np.eye(classes, dtype=bool)])
    Z = np.hstack([initial["X"], initial["Y"]])
    centroids = np.column_stack([(Z * inverse)[:, mine].sum(1) / inverse[mine].sum() for mine in own.T])
    assert_close(tr.labels[-1], centroids, INTEGRATED)
    assert tr.min_separation[-1] == pytest.approx(distances(centroids).min(), rel=1e-6)
    assert tr.accuracy[-1] == 1


@few
@given(seeds, st.sampled_from([1 / 3, 2 / 3, 1.0]))
def test_frustrated_labels_meet_at_the_common_centroid(seed, fraction):
    coupling = Coupling.uniform(3, 9, fraction)
    initial = start(seed, coupling, 2)
    tr = simulate(models.embedding_only(), coupling, dimension=2, times=[50 * coupling.slow_time()], initial=initial, **TIGHT)
    inverse = 1 / mobility(coupling)
    centroid = (np.hstack([initial["X"], initial["Y"]]) * inverse).sum(1) / inverse.sum()
    assert_close(tr.labels[-1], np.tile(centroid[:, None], 3), INTEGRATED)


@few
@given(seeds, st.integers(2, 4), st.integers(1, 4), st.integers(1, 4), st.floats(0.3, 3), st.floats(0.3, 3))
def test_late_label_distances_of_the_uniform_family_decay_at_the_slow_rate(
    seed, classes, pure, frustrated, on_samples, on_labels
):
    """§2: every distance between labels decays at r_-."""
    samples = classes * pure + frustrated
    fraction, per_class = frustrated / samples, samples / classes
    coupling = Coupling.uniform(classes, samples, fraction, mobility=(on_samples, on_labels))
    total = on_samples + on_labels * per_class
    root = np.sqrt(total**2 - 4 * on_samples * on_labels * per_class * fraction)
    slow, gap = (total - root) / 2, root
    first = 14 / gap  # the fast partner has died to exp(-14) by then, relative to the slow mode
    times = [first, first + 1 / slow]
    tr = simulate(models.embedding_only(), coupling, dimension=3, times=times, seed=seed, rtol=1e-11, atol=1e-14)
    early, late = distances(tr.labels).T
    assert_close(np.log(early / late), np.ones_like(early), 1e-3)


@few
@given(seeds)
def test_gap_between_two_components_survives_frustration_inside_them(seed):
    coupling = Coupling.from_labels([{0}, {1}, {0, 1}, {2}, {3}, {2, 3}])
    tr = simulate(models.embedding_only(), coupling, dimension=2, times=[0, 40 * coupling.slow_time()], seed=seed, **TIGHT)
    end = tr.labels[-1]
    assert_close(end[:, 0], end[:, 1], INTEGRATED)
    assert_close(end[:, 2], end[:, 3], INTEGRATED)
    assert np.linalg.norm(end[:, 0] - end[:, 2]) > 1e-3


# -- losses and what is conserved --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("head", "stop"), [("none", "none"), ("labels", "both"), ("shared", "none")])
@few
@given(seed=seeds)
def test_loss_never_increases_along_a_gradient_flow(head, stop, seed):
    coupling = Coupling.uniform(3, 12, 0.25)
    tr = simulate(models.projection_head(head, stop), coupling, dimension=2, times=np.linspace(0, 10, 40), seed=seed)
    assert np.all(np.diff(tr.loss) <= 1e-7 * tr.loss[0])
    assert tr.loss[-1] < tr.loss[0]


@pytest.mark.parametrize(("stop", "frozen"), [("labels", True), ("samples", False)])
@pytest.mark.parametrize("head", ["none", "samples", "labels", "both"])
def test_stopped_labels_never_move(head, stop, frozen):
    tr = simulate(models.projection_head(head, stop), Coupling.uniform(2, 6, 1 / 3), dimension=2, times=[0, 1, 5], seed=2)
    assert np.array_equal(tr.labels[0], tr.labels[-1]) == frozen


@few
@given(seeds, st.floats(0.2, 2), st.sampled_from(["degree", "uniform", (0.5, 2.0)]))
def test_stopped_shared_head_conserves_the_balance(seed, gamma, rates):
    coupling = Coupling.pairs(3, 12, 0.25, mobility=rates)
    run = {
        "dimension": 2,
        "times": [0, 1, 5, 20],
        "seed": seed,
        "parameters": {"gamma": gamma / coupling.total_weight},
        **TIGHT,
    }
    (drift,) = simulate(models.projection_head("shared", "both"), coupling, **run).conserved.values()
    assert drift[0] == 0
    assert drift.max() < INTEGRATED
    assert not simulate(models.projection_head("shared", "none"), coupling, **run).conserved


@pytest.mark.parametrize("method", ["direct", "exact"])
@few
@given(st.data(), seeds)
def test_embedding_model_conserves_its_weighted_centroid(method, data, seed):
    J = data.draw(couplings().filter(lambda J: J.shape[1] > 1))
    coupling = Coupling(J, data.draw(mobilities(J)))
    tr = simulate(models.embedding_only(), coupling, dimension=2, times=[0, 1, 10], seed=seed, method=method, **TIGHT)
    (drift,) = tr.conserved.values()
    assert drift[0] == 0
    assert drift.max() < INTEGRATED


def symmetric_run(seed, times, dimension=2, **parameters):
    """A run whose samples mirror its labels, by symmetry of weights and start, so that all embeddings are known."""
    J = np.array([[1.0, 0.3, 0.1], [0.3, 0.8, 0.4], [0.1, 0.4, 0.9]])
    coupling = Coupling(J)
    rng = np.random.default_rng(seed)
    Y0, W0 = rng.standard_normal((dimension, 3)), np.eye(dimension) + 0.2 * rng.standard_normal((dimension, dimension))
    model = models.projection_head("shared", "both")
    tr = simulate(
        model, coupling, dimension=dimension, times=times, initial={"X": Y0, "Y": Y0, "W": W0}, parameters=parameters, **TIGHT
    )
    return tr, coupling


def balance(tr, coupling, gamma):
    """W^T W - gamma Z H^-1 Z^T with samples equal to labels."""
    inverse = 1 / coupling.data["H_x"] + 1 / coupling.data["H_y"]
    return np.array([W.T @ W - gamma * (Y * inverse) @ Y.T for W, Y in zip(tr.head, tr.labels, strict=True)])


@few
@given(seeds, st.floats(0.02, 0.5), st.floats(0.05, 0.5))
def test_equal_decays_let_the_balance_decay_at_twice_their_rate(seed, gamma, decay):
    times = np.array([0.0, 0.5, 2.0, 4.0])
    tr, coupling = symmetric_run(seed, times, gamma=gamma, kappa=decay, **{"lambda": decay})
    Q = balance(tr, coupling, gamma)
    for t, now in zip(times, Q, strict=True):
        assert_close(now, Q[0] * np.exp(-2 * decay * t), INTEGRATED)


@few
@given(seeds, st.floats(0.02, 0.5))
def test_balance_is_constant_without_decay(seed, gamma):
    tr, coupling = symmetric_run(seed, [0.0, 1.0, 10.0], gamma=gamma)
    Q = balance(tr, coupling, gamma)
    assert_close(Q, np.broadcast_to(Q[0], Q.shape), INTEGRATED)


@few
@given(st.integers(0, 100), st.integers(2, 4))
def test_head_comes_to_act_on_surviving_modes_as_their_canonical_correlations(seed, dimension):
    """§4.1: W v_k = mu_k v_k.  A positive Q keeps the head positive, so that the positive modes survive, as many as fit."""
    coupling = Coupling.from_labels([{0}] * 6 + [{1}] * 4 + [{2}] * 2 + [{0, 1}] * 3 + [{1, 2}] + [{0, 1, 2}])
    J = coupling.data["J"]
    initial = {name: 0.2 * value for name, value in start(seed, coupling, dimension).items()} | {"W": 0.5 * np.eye(dimension)}
    Z = np.hstack([initial["X"] * np.sqrt(J.sum(1)), initial["Y"] * np.sqrt(J.sum(0))])
    assume(np.linalg.eigvalsh(0.25 * np.eye(dimension) - Z @ Z.T / coupling.total_weight).min() > 0)
    tr = simulate(models.projection_head("shared", "both"), coupling, dimension=dimension, times=[600.0], initial=initial)
    _, mu, right = np.linalg.svd(J / np.sqrt(np.outer(J.sum(1), J.sum(0))), full_matrices=False)
    modes = tr.labels[-1] * np.sqrt(J.sum(0)) @ right.T
    survivors = min(dimension, len(mu))
    assert np.all(tr.head_eigenvalues[-1].real > 0)
    assert_close(tr.head[-1] @ modes, modes * mu, 1e-6)
    assert_close(tr.head_eigenvalues[-1][:survivors], mu[:survivors], 1e-6)
    assert np.all(np.linalg.norm(modes, axis=0)[:survivors] > 0.1)
    assert tr.min_separation[-1] > 0.1


@few
@given(seeds)
def test_decays_shrink_the_free_embeddings_at_their_rate(seed):
    """A decay acts beside the mobility: with nothing pulling (one sample, one label, equal start) embeddings fall at lambda."""
    coupling = Coupling(np.eye(2), mobility=(3.0, 0.2))
    same = np.random.default_rng(seed).standard_normal((2, 2))
    tr = simulate(
        models.projection_head("none", "none"),
        coupling,
        dimension=2,
        times=[0, 1, 3],
        initial={"X": same, "Y": same},
        parameters={"lambda": 0.4},
        **TIGHT,
    )
    for t, labels in zip(tr.times, tr.labels, strict=True):
        assert_close(labels, same * np.exp(-0.4 * t), INTEGRATED)
