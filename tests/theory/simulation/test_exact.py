"""Exact propagation against dense matrix exponentials, direct integration, and conserved quantities at late times."""

import mpmath
import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Trace

from tests.strategies import moved_couplings, seeds
from tests.theory.oracles import assert_close
from tests.theory.simulation.common import INTEGRATED, TIGHT, UNSHRUNK, few, laplacian, mobility, start
from theory import Coupling, InputError, Loss, models, simulate
from theory.encoder import argmax_teacher, observed_on, population
from theory.models.vocabulary import ASSUMPTIONS, X, Y, kappa, lam
from theory.simulation import exact, observables, propagate
from theory.simulation.record_exact import ExactRecorder

several = settings(max_examples=25, phases=UNSHRUNK)
FORMS = (exact.Spectral, exact.Stepped)


@st.composite
def runs(draw, most_dimensions=2):
    """A coupling, perhaps disconnected, of any mobility, and a start."""
    coupling = Coupling(*draw(moved_couplings()))
    initial = start(draw(seeds), coupling, draw(st.integers(1, most_dimensions)))
    return coupling, initial["X"], initial["Y"]


def dense(coupling, X0, Y0, t):
    """Samples and labels by SciPy's dense exponential."""
    Z = np.hstack([X0, Y0]) @ scipy.linalg.expm(-laplacian(coupling) * mobility(coupling) * t)
    return np.split(Z, [coupling.samples], axis=1)


@pytest.mark.parametrize("form", FORMS)
@several
@given(runs(), st.lists(st.floats(0, 30), min_size=1, max_size=4, unique=True).map(sorted))
def test_every_embedding_is_that_of_the_matrix_exponential(form, run, times):
    coupling, *initial = run
    found = form(coupling, *initial)
    for t, samples, labels in zip(times, found.embeddings(times), found.labels(times), strict=True):
        expected = dense(coupling, *initial, t)
        assert_close(samples, expected[0])
        assert_close(labels, expected[1])


@pytest.mark.parametrize("form", FORMS)
@several
@given(runs(), st.floats(0, 5))
def test_means_are_those_of_the_samples_of_each_type(form, run, t):
    coupling = run[0]
    found = form(*run)
    samples, (means,) = found.embeddings([t])[0], found.means([t])
    expected = [samples[:, coupling.type_of == k].mean(axis=1) for k in range(len(coupling.counts))]
    assert_close(means, np.column_stack(expected))


@several
@given(runs(), st.floats(0, 5), st.data())
def test_chosen_samples_are_those_among_all(run, t, data):
    found = propagate(*run)
    chosen = data.draw(st.lists(st.integers(0, run[0].samples - 1), min_size=1))
    assert_close(found.embeddings([t], chosen), found.embeddings([t])[:, :, chosen])


@several
@given(runs(), st.floats(0, 10))
def test_loss_is_the_sum_over_pairs(run, t):
    coupling = run[0]
    found = propagate(*run)
    ((labels, means),) = found.states([t])
    Z = np.hstack([found.embeddings([t])[0], labels])
    assert_close(found.loss(t, labels, means), np.trace(Z @ laplacian(coupling) @ Z.T) / 2)


def test_propagation_starts_at_the_start_exactly():
    coupling = Coupling.uniform(3, 9, 1 / 3)
    initial = start(0, coupling, 2)
    found = propagate(coupling, initial["X"], initial["Y"])
    assert np.array_equal(found.labels([0.0])[0], initial["Y"])
    assert np.array_equal(found.means([0.0])[0], found.start)


@pytest.mark.parametrize("rates", ["degree", "uniform", (0.5, 2.0)], ids=str)
def test_classes_without_frustration_keep_their_distances_for_ever(rates):
    """The centroids of the components do not move, up to 1e4 fast times and far beyond."""
    coupling = Coupling.wrong_labels(5, 200, 0.2, rates, seed=1)
    initial = start(0, coupling, 3)
    found = propagate(coupling, initial["X"], initial["Y"])
    late = coupling.fast_time() * np.array([1e2, 1e4, 1e9])
    gaps = observables.min_separation(found.labels(late))
    weight = 1 / mobility(coupling)
    own = np.vstack([coupling.data["J"] > 0, np.eye(5, dtype=bool)])
    Z = np.hstack([initial["X"], initial["Y"]])
    centroids = np.column_stack([(Z * weight)[:, mine].sum(1) / weight[mine].sum() for mine in own.T])
    np.testing.assert_allclose(gaps, observables.min_separation(centroids), rtol=1e-12)


@few
@given(seeds)
def test_late_distances_are_those_of_a_sum_in_forty_digits(seed):
    """A conductance of 2.5e-7 between two labels, after 20 slow times, by the eigenvectors of the Laplacian in mpmath."""
    coupling = Coupling([[1.0, 0.0]] * 5 + [[0.0, 1.0]] * 5 + [[5e-7, 5e-7]], "uniform")
    initial = start(seed, coupling, 1)
    time = 20 * coupling.slow_time()
    with mpmath.workdps(40):
        L = mpmath.matrix(laplacian(coupling).tolist())
        for i in range(L.rows):
            L[i, i] = mpmath.fsum(-L[i, j] for j in range(L.rows) if j != i)
        Z = mpmath.matrix(np.hstack([initial["X"], initial["Y"]]).T.tolist())
        values, vectors = mpmath.eigsy(L)
        late = vectors * mpmath.diag([mpmath.exp(-v * time) for v in values]) * (vectors.T * Z)
        expected = float(late[L.rows - 1] - late[L.rows - 2])
    labels = propagate(coupling, initial["X"], initial["Y"]).labels([time])[0, 0]
    assert labels[1] - labels[0] == pytest.approx(expected, rel=1e-6, abs=1e-15)


# -- as a method of simulate -------------------------------------------------------------------------------------------


@several
@given(moved_couplings(), seeds)
def test_exact_and_direct_runs_record_the_same(moved, seed):
    coupling = Coupling(*moved)
    options = {"dimension": 2, "times": [0, 0.3, 2.0], "seed": seed, **TIGHT}
    one, other = (simulate(models.embedding_only(), coupling, method=method, **options) for method in ("exact", "direct"))
    assert one.method.startswith("exact")
    assert other.method.startswith("direct")
    for name in ("labels", "loss"):
        assert_close(getattr(one, name), getattr(other, name), INTEGRATED)
    assert_close(one.accuracy[0], other.accuracy[0])
    assert not one.accuracy_error.any()
    assert one.conserved.keys() == other.conserved.keys()
    assert all(drift.max() < 1e-12 for drift in one.conserved.values())


def test_encoder_is_propagated_exactly_too():
    rng = np.random.default_rng(0)
    labels = np.concatenate([[0, 1, 2], rng.integers(0, 3, 40)])
    features = rng.standard_normal((3, 6))[labels] + rng.standard_normal((43, 6))
    for rates in ("degree", "uniform"):
        coupling = Coupling.from_data(features, labels, bias=True, mobility=rates)
        options = {"dimension": 2, "times": [0, 0.5, 4.0], "seed": 3, **TIGHT}
        one, other = (simulate(models.embedding_only(), coupling, method=m, **options) for m in ("exact", "direct"))
        for name in ("labels", "loss", "accuracy"):
            assert_close(getattr(one, name), getattr(other, name), INTEGRATED)


@pytest.mark.parametrize("rates", ["degree", "uniform"])
def test_encoders_that_are_observed_on_other_samples_are_propagated_by_their_moments(rates):
    teacher = argmax_teacher(3, 4, noise=0.2)
    drawn, held = teacher.sample(50, seed=0), teacher.sample(20, seed=1)
    data = Coupling.from_data(drawn.features, drawn.classes, bias=True, mobility=rates)
    everyone = population(teacher).coupling(bias=True, mobility=rates, observed=held)
    for coupling in (observed_on(data, drawn.features, held.features, held.classes), everyone):
        options = {"dimension": 2, "times": [0, 0.5, 4.0], "seed": 3, **TIGHT}
        one, other = (simulate(models.embedding_only(), coupling, method=m, **options) for m in ("exact", "direct"))
        for name in ("labels", "loss", "accuracy"):
            assert_close(getattr(one, name), getattr(other, name), INTEGRATED)


def test_followed_inputs_of_an_encoder_are_a_part_of_all():
    rng = np.random.default_rng(1)
    coupling = Coupling.from_data(rng.standard_normal((30, 4)), np.arange(30) % 3)
    run = propagate(coupling, rng.standard_normal((2, 4)), rng.standard_normal((2, 3)))
    every, some = ExactRecorder(run, 1, 0), ExactRecorder(run, 1, 0)
    some.chosen = np.array([3, 4, 17, 28])
    ((labels, means),) = run.states([0.7])
    outputs = coupling.observe(run.embeddings([0.7])[0])
    nearest = np.argmin(np.linalg.norm(outputs[:, None] - labels[:, :, None], axis=0), axis=0)
    own = nearest == coupling.classes
    assert every.row((0.7, labels, means)).accuracy == pytest.approx(own.mean())
    assert some.row((0.7, labels, means)).accuracy == pytest.approx(own[some.chosen].mean())


def test_flow_is_recognised_by_itself_and_not_by_its_model():
    run = {"coupling": Coupling.uniform(2, 4, 0.5), "dimension": 2, "times": [0, 1]}
    assert simulate(models.embedding_only(), **run).method.startswith("exact")
    assert simulate(models.projection_head("none", "none"), **run).method.startswith("exact")
    assert simulate(models.projection_head("none", "none"), parameters={"lambda": 0.1}, **run).method.startswith("direct")
    assert simulate(models.projection_head(), **run).method.startswith("direct")


def test_only_embeddings_alone_can_be_propagated_exactly():
    run = {"coupling": Coupling.uniform(2, 4, 0.5), "dimension": 2, "times": [0, 1], "method": "exact"}
    own = Loss(Trace(X * X.T) / 2 + Trace(Y * Y.T) / 2, (X, Y), assumptions=ASSUMPTIONS)
    stopped = models.projection_head("none", "labels").xreplace({lam: Integer(0), kappa: Integer(0)})
    for model in (models.projection_head(), stopped, own):
        with pytest.raises(InputError, match='use method="direct"'):
            simulate(model, **run)


def test_accuracy_of_a_subsample_lies_within_its_error(monkeypatch):
    coupling = Coupling.random_pairs(5, 4000, 0.2, seed=1)
    options = {"dimension": 1, "times": [0, 0.2, 0.5], "seed": 0}
    whole = simulate(models.embedding_only(), coupling, **options)
    monkeypatch.setattr(observables, "FOLLOWED", 3 * 5 * 1000)
    part = simulate(models.embedding_only(), coupling, **options)
    assert np.all(part.accuracy_error > 0)
    assert np.all(np.abs(part.accuracy - whole.accuracy) < 4 * part.accuracy_error)
    assert np.all(part.accuracy_error < 0.5 / np.sqrt(999))
    assert_close(part.labels, whole.labels)


@pytest.mark.parametrize(
    ("samples", "labels"),
    [
        (np.ones((2, 3)), np.ones((2, 2))), (np.ones((2, 4)), np.ones((3, 2))), (np.ones(4), np.ones(2)),
        (np.full((1, 4), np.nan), [[1, 2]]),
    ],
    ids=["samples", "dimensions", "axes", "NaN"],
)  # fmt: skip
def test_starts_that_do_not_fit_are_refused(samples, labels):
    with pytest.raises(InputError, match="a finite start"):
        propagate(Coupling.uniform(2, 4, 0.5), samples, labels)


@pytest.mark.parametrize("times", [[1, 0], [-1], [np.nan], []], ids=str)
def test_times_that_do_not_increase_are_refused(times):
    coupling = Coupling.uniform(2, 4, 0.5)
    with pytest.raises(InputError, match="times"):
        propagate(coupling, np.ones((1, 4)), np.ones((1, 2))).labels(times)
