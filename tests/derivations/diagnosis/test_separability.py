"""Whether linear scores separate classes: by construction, by what cannot change it, and of data."""

import numpy as np
import pytest
from scipy.special import expit

from derivations import diagnose
from derivations.diagnosis import measuring, separability
from derivations.diagnosis.separability import separate_classes
from tests.theory.oracles import assert_close

datasets = pytest.importorskip("sklearn.datasets")

BUNDLED = {"iris": "200 of 300 pairs", "wine": "separate the classes", "breast_cancer": "separate no sample"}


def drawn(seed, count=3, inputs=4, samples=40):
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((samples, inputs))
    return features, np.argmax(features @ rng.standard_normal((inputs, count)), axis=1), rng


def test_classes_of_largest_scores_are_separated():
    for seed in range(5):
        features, classes, _ = drawn(seed)
        found = separate_classes(features, np.unique(classes, return_inverse=True)[1])
        assert found.separable == found.pairs
        assert found.margin == np.inf


def test_a_sample_twice_with_two_labels_is_separated_from_neither():
    features, classes, _ = drawn(0)
    twice = separate_classes(np.concatenate([features, features]), np.concatenate([classes, (classes + 1) % 3]))
    assert twice.separable == 0
    assert separate_classes(np.concatenate([features, -features]), np.concatenate([classes, classes])).separable == 0


def test_nothing_depends_on_the_basis_of_the_features():
    features, classes, rng = drawn(1)
    classes = np.where(rng.random(40) < 0.3, rng.integers(0, 3, 40), classes)
    found = separate_classes(features, classes)
    turned = separate_classes(features @ rng.standard_normal((4, 4)), classes)
    assert (turned.pairs, turned.separable) == (found.pairs, found.separable)
    assert_close(turned.margin, found.margin, rounding=1e-6)


def test_the_margin_of_two_symmetric_clusters_is_the_log_odds_of_their_labels():
    features = np.array([[1.0]] * 10 + [[-1.0]] * 10)
    classes = np.array([0] * 8 + [1] * 2 + [1] * 8 + [0] * 2)
    found = separate_classes(features, classes)
    assert found.separable == 0
    assert_close(found.margin, 0.6 * np.log(8 / 2), rounding=1e-8)
    assert_close(expit(np.log(8 / 2)), 0.8)


@pytest.mark.parametrize(("name", "words"), BUNDLED.items())
def test_bundled_data(name, words):
    data = getattr(datasets, f"load_{name}")()
    found = diagnose(data.data, data.target).forecast("softmax_classification")
    assert words in found.verdict


@pytest.mark.parametrize(("module", "loss"), [(separability, None), (measuring, "softmax_classification")])
def test_many_samples_are_left_undecided_and_said(monkeypatch, module, loss):
    features, classes, rng = drawn(2)
    monkeypatch.setattr(module, "MOST_ENTRIES", 10)
    found = diagnose(features, rng.permutation(classes), loss=loss).forecast("softmax_classification")
    assert found.verdict == "not predicted: 40 samples are too many to decide whether linear scores separate their classes"
