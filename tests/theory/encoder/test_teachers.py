"""Teachers: moments over the population against samples, and finite samples against what is foreseen of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import seeds
from theory import Coupling, InputError, simulate
from theory.encoder import (
    LabelTeacher,
    RegressionTeacher,
    argmax_correlation,
    argmax_teacher,
    correlations_of_one,
    expected_square,
    from_views,
    label_mean_square,
    observing,
    population,
    population_square,
    sample_square,
    sign_teacher,
)
from theory.models.linear_student import teacher_student

REPEATS = 24
ERRORS = 5  # standard errors that a mean over samples may be off
noises = st.floats(0, 0.5)


def averages(teacher, samples, seed, bias=False):
    """The mean squared correlation of class modes in repeated samples, and the last of the top K modes without a bias."""
    rows = []
    for repeat in range(REPEATS):
        drawn = teacher.sample(samples, seed=[seed, repeat])
        modes = Coupling.from_data(drawn.features, drawn.classes, bias=bias).modes() ** 2
        rows.append((modes[bias : teacher.classes - 1 + bias].mean(), modes[-1]))
    return np.array(rows)


def assert_within_sampling_error(found, expected, systematic):
    """Up to a term of order 1/N that is not part of the prediction."""
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - expected) < ERRORS * error + systematic


def random_covariance(rng, inputs):
    root = rng.standard_normal((inputs, inputs))
    return root @ root.T / inputs + np.eye(inputs) / 2


# -- the population -------------------------------------------------------------------------------------------------------


@given(st.integers(2, 10), noises, st.integers(0, 30), seeds)
def test_correlations_of_samples_are_those_foreseen_for_argmax_teachers(classes, noise, spare, seed):
    teacher, samples = argmax_teacher(classes, classes + spare, noise), 2000
    found = averages(teacher, samples, seed)[:, 0]
    mu = argmax_correlation(classes, noise)
    assert_within_sampling_error(found, expected_square(mu, teacher.inputs, samples), 2 / samples)


@pytest.mark.parametrize("noise", [0.0, 0.25, 0.5])
@pytest.mark.parametrize("classes", range(2, 11))
def test_single_correlations_of_a_large_sample_stand_around_the_foreseen_one(classes, noise):
    samples, mu = 60_000, argmax_correlation(classes, noise)
    drawn = argmax_teacher(classes, classes, noise).sample(samples, seed=classes)
    assert np.abs(Coupling.from_data(drawn.features, drawn.classes).modes()[:-1] - mu).max() < 2 * np.sqrt(classes / samples)


@given(st.integers(2, 10), noises, st.booleans())
def test_every_class_mode_of_an_argmax_teacher_has_one_correlation(classes, noise, bias):
    modes = population(argmax_teacher(classes, classes + 3, noise)).coupling(bias=bias).modes()
    class_modes = modes[1:] if bias else modes[:-1]
    assert np.allclose(class_modes, argmax_correlation(classes, noise), atol=1e-12)
    assert modes[0 if bias else -1] == pytest.approx(1 if bias else 0, abs=1e-12)


@given(noises, st.integers(1, 6))
def test_the_sign_teacher_has_the_correlation_of_two_classes(noise, inputs):
    modes = population(sign_teacher(inputs, noise)).coupling().modes()
    assert modes[0] == pytest.approx((1 - noise) * np.sqrt(2 / np.pi))
    assert modes[0] == pytest.approx(argmax_correlation(2, noise))


@given(st.integers(2, 4), noises, seeds)
def test_moments_of_correlated_inputs_agree_with_samples(classes, noise, seed):
    rng, samples = np.random.default_rng(seed), 40_000
    teacher = LabelTeacher(rng.standard_normal((classes, 5)), noise, random_covariance(rng, 5))
    found, drawn = population(teacher), teacher.sample(samples, seed)
    own = np.eye(classes)[drawn.classes]
    cross = drawn.features.T @ own / samples
    error = np.sqrt((drawn.features.T**2 @ own / samples - cross**2) / samples)
    assert found.method == "closed form"
    assert np.all(np.abs(found.cross - cross) < ERRORS * error)
    assert np.all(np.abs(found.masses - own.mean(axis=0)) < ERRORS * np.sqrt(found.masses / samples))


@pytest.mark.parametrize(("classes", "method"), [(5, "quadrature"), (8, "1,000,000 sampled fields")])
def test_moments_of_many_correlated_fields_agree_with_samples_and_say_how_they_were_found(classes, method):
    rng, samples = np.random.default_rng(classes), 100_000
    teacher = argmax_teacher(classes, classes, 0.2, random_covariance(rng, classes))
    found, drawn = population(teacher), teacher.sample(samples, 0)
    own = np.eye(classes)[drawn.classes]
    cross = drawn.features.T @ own / samples
    error = np.sqrt((drawn.features.T**2 @ own / samples - cross**2) / samples) + found.error
    assert found.method == method
    assert np.all(np.abs(found.cross - cross) < ERRORS * error)


@given(st.integers(2, 5), seeds)
def test_nearly_independent_fields_have_the_moments_of_independent_ones(classes, seed):
    nudge = np.random.default_rng(seed).standard_normal((classes, classes))
    covariance = np.eye(classes) + 1e-8 * (nudge + nudge.T)
    near, exact = (
        population(argmax_teacher(classes, classes, covariance=covariance)),
        population(argmax_teacher(classes, classes)),
    )
    assert np.allclose(near.cross, exact.cross, atol=1e-6)
    assert np.allclose(near.masses, exact.masses, atol=1e-6)


@given(st.integers(2, 4), noises, seeds)
def test_correlations_depend_on_the_covariance_of_the_fields_alone(classes, noise, seed):
    """Whitened rows A Σ^(1/2) of independent inputs have the correlations of rows A of correlated ones."""
    rng = np.random.default_rng(seed)
    covariance, rows = random_covariance(rng, 5), rng.standard_normal((classes, 5))
    whitened = LabelTeacher(rows @ np.linalg.cholesky(covariance), noise)
    one, other = (population(t).coupling().modes() for t in (LabelTeacher(rows, noise, covariance), whitened))
    assert np.allclose(one, other, atol=1e-9)


@given(st.integers(1, 4), st.floats(0.1, 3), seeds)
def test_regression_has_the_correlations_of_signal_and_noise(targets, noise, seed):
    rng = np.random.default_rng(seed)
    teacher = RegressionTeacher(rng.standard_normal((targets, 6)), noise, random_covariance(rng, 6))
    signal = np.linalg.svd(teacher.rows @ np.linalg.cholesky(teacher.second), compute_uv=False)
    assert np.allclose(teacher.coupling().modes(), signal / np.sqrt(signal**2 + noise**2), atol=1e-9)


@given(seeds)
def test_regression_without_noise_is_not_frustrated(seed):
    rng = np.random.default_rng(seed)
    assert np.allclose(RegressionTeacher(rng.standard_normal((2, 5))).coupling().frustration(), 0, atol=1e-8)


# -- finite samples -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("bias", [False, True])
def test_class_modes_of_few_samples_are_raised_as_foreseen(share, bias):
    teacher, samples = argmax_teacher(3, round(400 * share), 0.1), 400
    found = averages(teacher, samples, 7, bias)[:, 0]
    expected = expected_square(argmax_correlation(3, 0.1), teacher.inputs, samples, bias)
    assert_within_sampling_error(found, expected, 2 / samples)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_label_mean_mode_has_the_share_of_inputs_on_average(share):
    """Of constant labels p centred normal inputs explain the share p/N, exactly on average."""
    teacher, samples = argmax_teacher(3, round(200 * share)), 200
    explained = []
    for repeat in range(200):
        features = teacher.sample(samples, seed=[3, repeat]).features
        q = np.linalg.qr(features)[0]
        explained.append(np.sum(q.sum(axis=0) ** 2) / samples)
    assert_within_sampling_error(np.array(explained), label_mean_square(teacher.inputs, samples), 0)


@given(st.integers(2, 4), st.integers(9, 16), st.booleans(), st.data())
def test_interpolation_begins_where_foreseen(classes, samples, bias, data):
    inputs = data.draw(st.integers(1, samples - 1))
    rng = np.random.default_rng(data.draw(seeds))
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, samples - classes)])
    modes = Coupling.from_data(rng.standard_normal((samples, inputs)), labels, bias=bias).modes()
    assert np.sum(modes > 1 - 1e-10) == correlations_of_one(inputs, classes, samples, bias)


# -- couplings of moments -------------------------------------------------------------------------------------------------


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
    held = observing(coupling, drawn.features, fresh.features, fresh.classes)
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
    other = observing(coupling, drawn.features, drawn.features, drawn.classes)
    assert np.allclose(other.features, coupling.features)
    assert np.array_equal(other.classes, coupling.classes)
    assert np.allclose(other.modes(), coupling.modes())


def test_a_test_set_has_the_outputs_of_the_encoder_on_it():
    drawn, held = argmax_teacher(3, 5).sample(60, 0), argmax_teacher(3, 5).sample(20, 1)
    coupling = Coupling.from_data(drawn.features, drawn.classes)
    columns = np.random.default_rng(0).standard_normal((2, coupling.samples))
    encoder = np.linalg.lstsq(drawn.features, coupling.observe(columns).T, rcond=None)[0]
    outputs = observing(coupling, drawn.features, held.features, held.classes, names=range(3)).observe(columns)
    assert np.allclose(outputs.T, held.features @ encoder)


# -- bad input ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: argmax_teacher(1, 3), "at least 2 classes"),
        (lambda: argmax_teacher(4, 3), "at least 4 inputs"),
        (lambda: argmax_teacher(2, 3, noise=1.2), "from 0 to 1"),
        (lambda: argmax_teacher(2, 2, covariance=[[1, 2], [2, 1]]), "positive definite"),
        (lambda: argmax_teacher(2, 2, covariance=[[1, 2]]), "covariance"),
        (lambda: LabelTeacher(np.ones((2, 3))), "different"),
        (lambda: argmax_teacher(2, 3).sample(0, seed=0), "one sample"),
        (lambda: RegressionTeacher(np.ones((1, 2)), noise=-1), "standard deviation"),
        (lambda: RegressionTeacher(np.ones((2, 2))).coupling(), "all occur"),
        (lambda: from_views(np.eye(2), np.ones((3, 2)), np.ones(2)), "moments"),
        (lambda: expected_square(0.5, 0, 10), "one input"),
    ],
)
def test_what_cannot_be_used_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


@given(st.floats(0, 1), st.floats(0, 0.99))
def test_what_samples_add_to_a_correlation_is_taken_off_again(square, share):
    assert population_square(sample_square(square, share), share) == pytest.approx(square, abs=1e-12)


def test_nothing_is_said_of_a_population_where_chance_explains_all():
    assert np.isnan(population_square(0.5, 1.0))
