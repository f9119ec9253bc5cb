"""Encoders: couplings that answer by moments what graphs answer by samples."""

import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import theory.encoder
import theory.teachers
from theory import Coupling, InputError
from theory.coupling.class_graph import class_graph
from theory.encoder import Encoder

FEATURES, CLASSES = np.random.default_rng(0).standard_normal((12, 3)), np.arange(12) % 3


def test_data_make_an_encoder_that_is_a_coupling_without_a_graph():
    encoder = Coupling.from_data(FEATURES, CLASSES)
    assert isinstance(encoder, Encoder)
    assert repr(encoder) == "<encoder of 3 samples in 3 types to 3 labels>"
    assert encoder.null_vector == {}
    assert encoder.features.shape == (encoder.observed, encoder.samples)
    for ask in (encoder.equitable_partition, lambda: class_graph(encoder), lambda: Coupling.mixture([encoder])):
        with pytest.raises(InputError, match="got the moments of an encoder"):
            ask()
    with pytest.raises(FrozenInstanceError):
        encoder.seen = encoder.trained


def test_a_copy_by_pickle_is_the_same_encoder():
    encoder = Coupling.from_data(FEATURES, CLASSES, bias=True, mobility="uniform")
    again = pickle.loads(pickle.dumps(encoder))
    assert np.array_equal(again.rates(), encoder.rates())
    assert np.array_equal(again.features, encoder.features)
    assert again.notes == encoder.notes


def test_the_moments_of_a_batch_of_all_samples_are_those_of_all():
    encoder = Coupling.from_data(FEATURES, CLASSES)
    found = encoder.data_of(np.arange(12))
    for name, value in encoder.data.items():
        assert np.allclose(found[name], np.diag(value) if name == "D_x" else value)


def test_the_earlier_name_of_the_package_is_kept():
    assert theory.teachers.observed_on is theory.encoder.observed_on
    assert theory.teachers.__all__ == theory.encoder.__all__


def test_families_made_from_the_class_of_encoders_are_couplings():
    assert type(Encoder.uniform(2, 4, 0.0)) is Coupling
