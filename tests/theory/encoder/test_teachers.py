"""Teachers: moments over the population against samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import seeds
from tests.theory.encoder.common import ERRORS, assert_within_sampling_error, averages
from theory import Coupling, InputError
from theory.encoder import (
    LabelTeacher,
    RegressionTeacher,
    argmax_correlation,
    argmax_teacher,
    expected_square,
    from_views,
    population,
    sign_teacher,
)

noises = st.floats(0, 0.5)


def random_covariance(rng, inputs):
    root = rng.standard_normal((inputs, inputs))
    return root @ root.T / inputs + np.eye(inputs) / 2


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
