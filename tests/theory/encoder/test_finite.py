"""Finite samples against what is foreseen of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import seeds
from tests.theory.encoder.common import assert_within_sampling_error, averages
from theory import Coupling
from theory.encoder import (
    argmax_correlation,
    argmax_teacher,
    correlations_of_one,
    expected_square,
    label_mean_square,
    population_square,
    sample_square,
)


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


@given(st.floats(0, 1), st.floats(0, 0.99))
def test_what_samples_add_to_a_correlation_is_taken_off_again(square, share):
    assert population_square(sample_square(square, share), share) == pytest.approx(square, abs=1e-12)


def test_nothing_is_said_of_a_population_where_chance_explains_all():
    assert np.isnan(population_square(0.5, 1.0))
