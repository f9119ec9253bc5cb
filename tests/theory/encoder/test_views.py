"""Encoders from moments of two views, and on samples that they were not made from."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import seeds
from theory import Coupling, simulate
from theory.encoder import LabelTeacher, argmax_teacher, from_views, observed_on, population
from theory.models.linear_student import teacher_student


@given(st.integers(2, 4), st.integers(1, 5), st.booleans(), seeds)
def test_moments_of_data_make_the_coupling_of_data(classes, inputs, uniform, seed):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, 30)])
    features, mobility = rng.standard_normal((len(labels), inputs)), "uniform" if uniform else "degree"
    own, n = np.eye(classes)[labels], len(labels)
    views = from_views(features.T @ features / n, features.T @ own / n, own.mean(axis=0), (features, labels), mobility=mobility)
    data = Coupling.from_data(features, labels, mobility=mobility)
    assert np.allclose(views.modes(), data.modes())
    assert np.allclose(views.rates(), data.rates())
    assert np.allclose(np.abs(views.features), np.abs(data.features))


def test_a_coupling_of_moments_is_followed_as_one_of_data():
    """Population and large sample, from one start of the same shape: the loss differs by the sampling error."""
    teacher = argmax_teacher(3, 4, 0.1)
    drawn = teacher.sample(40_000, seed=0)
    found = population(teacher).coupling(bias=True, observed=drawn)
    run = simulate(teacher_student(), found, dimension=3, times=[0, 1, 300], seed=1)
    assert run.accuracy[1] > 0.5
    assert run.label_spread[-1] < 1e-3 * run.label_spread[0]


def test_the_head_of_a_student_takes_the_correlations_of_its_sample():
    """Each eigenvalue is one, of either sign, unless it is free, above correlations that are absent; labels stay apart."""
    teacher, times = argmax_teacher(3, 6, 0.1), [0, 10, 1000]
    drawn, fresh = teacher.sample(3000, seed=0), teacher.sample(3000, seed=1)
    coupling = Coupling.from_data(drawn.features, drawn.classes, bias=True)
    held = observed_on(coupling, drawn.features, fresh.features, fresh.classes)
    mu = coupling.modes()
    for seed in range(4):
        runs = [simulate(teacher_student("shared", "both"), c, dimension=3, times=times, seed=seed) for c in (coupling, held)]
        heads = runs[0].head_eigenvalues[-1].real
        near = np.abs(heads[:, None] - np.concatenate([mu, -mu])).min(axis=1) < 1e-3
        assert np.all(near | (heads > mu[-1]))
        assert near.sum() >= 2
        assert runs[0].min_separation[-1] > 0.1 * runs[0].min_separation[0]
        assert np.array_equal(runs[0].labels, runs[1].labels)
        assert abs(runs[0].accuracy[-1] - runs[1].accuracy[-1]) < 0.06


@given(seeds, st.booleans())
def test_the_training_set_observed_as_another_is_observed_alike(seed, bias):
    drawn = argmax_teacher(3, 5).sample(60, seed)
    coupling = Coupling.from_data(drawn.features, drawn.classes, bias=bias)
    other = observed_on(coupling, drawn.features, drawn.features, drawn.classes)
    assert np.allclose(other.features, coupling.features)
    assert np.array_equal(other.classes, coupling.classes)
    assert np.allclose(other.modes(), coupling.modes())


def test_a_test_set_has_the_outputs_of_the_encoder_on_it():
    drawn, held = argmax_teacher(3, 5).sample(60, 0), argmax_teacher(3, 5).sample(20, 1)
    coupling = Coupling.from_data(drawn.features, drawn.classes)
    columns = np.random.default_rng(0).standard_normal((2, coupling.samples))
    encoder = np.linalg.lstsq(drawn.features, coupling.observe(columns).T, rcond=None)[0]
    outputs = observed_on(coupling, drawn.features, held.features, held.classes, names=range(3)).observe(columns)
    assert np.allclose(outputs.T, held.features @ encoder)


@given(st.integers(2, 4), st.booleans(), st.booleans(), seeds)
def test_moments_without_samples_have_the_rates_of_their_operator(classes, bias, uniform, seed):
    """Of the population, where no rows are known."""
    rng = np.random.default_rng(seed)
    teacher = LabelTeacher(rng.standard_normal((classes, 5)), 0.1)
    coupling = population(teacher).coupling(bias=bias, mobility="uniform" if uniform else "degree")
    data = coupling.data
    degrees, root = (np.concatenate([data[a], data[b]]) for a, b in (("D_x", "D_y"), ("H_x", "H_y")))
    across = np.block([[np.zeros((len(data["J"]),) * 2), data["J"]], [data["J"].T, np.zeros((classes, classes))]])
    operator = np.sqrt(root)[:, None] * (np.diag(degrees) - across) * np.sqrt(root)
    assert np.allclose(coupling.rates(), np.linalg.eigvalsh(operator), atol=1e-9)


@given(seeds, st.sampled_from(["degree", "uniform"]))
def test_what_is_observed_does_not_change_the_flow(seed, mobility):
    drawn, held = argmax_teacher(3, 5).sample(60, seed), argmax_teacher(3, 5).sample(20, seed + 1)
    coupling = Coupling.from_data(drawn.features, drawn.classes, mobility=mobility)
    other = observed_on(coupling, drawn.features, held.features, held.classes, names=range(3))
    assert np.array_equal(other.rates(), coupling.rates())
    assert other.observed == 20
    assert other.drawable == 60
