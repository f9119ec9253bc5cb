"""Diagnoses of data: chunks, frames and scales are of no consequence, and predictions hold of the flow itself."""

import json

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import diagnose
from derivations.data import chunks
from derivations.diagnosis import accumulating
from tests.strategies import seeds
from tests.theory.encoder.test_canonical import by_bases, clouds
from tests.theory.oracles import assert_close
from theory import Coupling, InputError


@given(seeds, st.integers(2, 5), st.integers(1, 6))
def test_correlations_are_those_of_the_data(seed, count, inputs):
    features, classes = clouds(np.random.default_rng(seed), 80, inputs, count)
    found = diagnose(features, classes)
    assert_close(found.mu, by_bases(features, classes), rounding=1e-8)
    assert_close(found.frustration, 1 - found.mu**2)
    assert found.collapses
    assert found.samples == 80
    assert found.counts.sum() == 80


def test_reading_in_chunks_changes_nothing(monkeypatch):
    features, classes = clouds(np.random.default_rng(0), 300, 4, 3)
    order = np.argsort(-classes, kind="stable")[40:]  # classes of different size appear one after the other, the last first
    monkeypatch.setattr(accumulating, "MOST_GROUPS", accumulating.FEWEST_GROUPS)
    whole = diagnose(features[order], classes[order])
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 8 * 4 * 17)
    parts = diagnose(features[order], classes[order])
    assert whole.classes == parts.classes == ("0", "1", "2")
    assert parts.counts.tolist() == np.bincount(classes[order]).tolist()
    for name in ("mu", "standard_errors", "pair_frustration"):
        assert_close(getattr(parts, name), getattr(whole, name))


def test_slow_time_is_that_of_the_coupling_and_pairs_shrink_at_their_rate():
    features, classes = clouds(np.random.default_rng(1), 90, 5, 4)
    found, coupling = diagnose(features, classes), Coupling.from_data(features, classes, bias=True)
    assert np.isclose(found.slow_time, coupling.slow_time())
    own = np.eye(4)[classes] / np.sqrt(np.bincount(classes))
    white = np.linalg.qr(features - features.mean(axis=0))[0]
    _, mu, vectors = np.linalg.svd(white.T @ own)
    labels = vectors[:3] / np.sqrt(np.bincount(classes) / 90)

    def distance(a, b, t):
        return np.sum((labels[:, a] - labels[:, b]) ** 2 * np.exp(-2 * (1 - mu[:3]) * t)) ** 0.5

    step = 1e-6
    for a in range(4):
        for b in range(a):
            rate = (np.log(distance(a, b, 0)) - np.log(distance(a, b, step))) / step
            assert np.isclose(1 / found.pair_times[a, b], rate, rtol=1e-4)


def test_frustration_of_a_pair_is_the_distance_of_its_means():
    features, classes = clouds(np.random.default_rng(2), 90, 5, 4)
    covariance = np.cov(features, rowvar=False, bias=True)
    means = np.array([features[classes == a].mean(axis=0) for a in range(4)])
    masses = np.bincount(classes) / 90
    gap = means[0] - means[3]
    expected = 1 - gap @ np.linalg.solve(covariance, gap) / (1 / masses[0] + 1 / masses[3])
    assert np.isclose(diagnose(features, classes).pair_frustration[0, 3], expected)


def test_two_classes_are_one_pair():
    features, classes = clouds(np.random.default_rng(3), 60, 3, 2)
    found = diagnose(features, classes)
    assert_close(found.pair_frustration[0, 1], found.frustration[0])
    assert_close(found.pair_times[0, 1], found.slow_time)


def test_classes_that_a_linear_map_tells_apart_never_contract():
    classes = np.arange(60) % 3
    features = np.column_stack([np.eye(3)[classes], np.random.default_rng(4).standard_normal(60)])
    found = diagnose(features, classes)
    assert not found.collapses
    numbers = found.to_dict()
    assert numbers["slow_time"] is None
    assert "NaN" not in (text := json.dumps(numbers))
    assert "Infinity" not in text
    assert "infinite" in str(found)


def test_labels_are_named_and_ordered_by_number_or_by_letter():
    features, classes = clouds(np.random.default_rng(5), 120, 3, 12)
    assert diagnose(features, classes).classes == tuple(map(str, range(12)))
    names = np.array(list("lkjihgfedcba"))
    assert diagnose(features, names[classes]).classes == tuple("abcdefghijkl")


def test_the_corrected_correlations_are_right_on_average():
    rng = np.random.default_rng(6)
    share, count, found = 0.2, 3, []
    for _ in range(60):
        features, classes = clouds(rng, 300, 60, count, distance=0)
        features[:, :count] += 1.5 * np.eye(count)[classes]
        found.append(np.mean(diagnose(features, classes).population_mu ** 2))
    between = 1.5**2 / count
    assert abs(np.mean(found) - between / (1 + between)) < 4 * np.std(found) / 60**0.5 + 1 / 300
    assert share == 60 / 300


def test_features_without_relation_stay_below_the_edge():
    rng = np.random.default_rng(7)
    found = [diagnose(*clouds(rng, 400, 50, 5, distance=0)) for _ in range(20)]
    tops = np.array([one.mu[0] for one in found])
    assert np.mean(tops) < found[0].noise_edge
    assert np.mean(tops) > 0.85 * found[0].noise_edge
    assert any("no larger than those of unrelated features" in note for note in found[0].notes)


@pytest.mark.parametrize(("samples", "inputs", "count"), [(30, 40, 3), (30, 29, 4), (30, 28, 3)])
def test_interpolation_is_told(samples, inputs, count):
    features, classes = clouds(np.random.default_rng(8), samples, inputs, count)
    found = diagnose(features, classes)
    expected = min(inputs, samples - 1) + count - samples
    assert (found.mu == 1).sum() == found.interpolated == expected
    assert any("interpolates" in note for note in found.notes)
    assert found.mu_shrunk is not None
    assert (found.mu_shrunk < 1).all()


def test_a_ridge_is_told_and_lowers_correlations():
    features, classes = clouds(np.random.default_rng(9), 60, 10, 3)
    plain, penalised = diagnose(features, classes), diagnose(features, classes, ridge=0.5)
    assert (penalised.mu < plain.mu).all()
    assert any("ridge" in note for note in penalised.notes)


def test_a_head_keeps_as_many_modes_as_it_has_dimensions():
    found = diagnose(*clouds(np.random.default_rng(10), 200, 8, 5, distance=2))
    assert [found.kept(d)[0] for d in (1, 2, 4, 9)] == [1, 2, 4, 4]
    assert found.kept(1)[1] == 0
    assert found.kept(4)[1] >= found.head_decay.max()
    slow = diagnose(*clouds(np.random.default_rng(10), 200, 8, 5, distance=2), decay=float(found.lambda_critical[1]) * 0.999)
    assert slow.kept(9)[0] == 2
    assert np.isnan(slow.head_decay[2:]).all()


def test_frames_give_the_same_as_arrays():
    features, classes = clouds(np.random.default_rng(11), 90, 3, 3)
    frame = pandas.DataFrame(features, columns=list("abc")).astype({"b": "Float64"})
    frame["flag"] = classes == 0
    expected = diagnose(np.column_stack([features, classes == 0]), classes)
    found = diagnose(frame, pandas.Series(np.array(["x", "y", "z"])[classes], dtype="category"))
    assert found.classes == ("x", "y", "z")
    assert_close(found.mu, expected.mu)
    polars = pytest.importorskip("polars")
    assert_close(diagnose(polars.DataFrame(dict(frame)), polars.Series(classes)).mu, expected.mu)


def test_categories_are_features_on_request():
    rng = np.random.default_rng(12)
    features, classes = clouds(rng, 90, 2, 3)
    colours = np.array(["red", "green", "blue"])[rng.integers(0, 3, 90)]
    frame = pandas.DataFrame({"a": features[:, 0], "colour": colours, "b": features[:, 1]})
    coded = np.column_stack([features, colours == "red", colours == "green"]).astype(float)
    found = diagnose(frame, classes, one_hot=True)
    assert found.features == 4
    assert_close(found.mu, diagnose(coded, classes).mu)
    assert any("'colour' became 2 features" in note for note in found.notes)
    with pytest.raises(InputError, match=r"got '(red|green|blue)' in row 0, column 'colour'"):
        diagnose(frame, classes)


def test_constant_and_repeated_columns_are_told():
    features, classes = clouds(np.random.default_rng(13), 60, 3, 3)
    frame = pandas.DataFrame(features, columns=["a", "b", "c"])
    frame["d"], frame["e"] = 0.1, frame["a"] * 2
    found = diagnose(frame, classes)
    assert_close(found.mu, diagnose(features, classes).mu)
    assert any("do not vary" in note and "'d'" in note for note in found.notes)
    assert any("1 features are linear combinations" in note and ("'a'" in note or "'e'" in note) for note in found.notes)


def test_a_class_of_one_sample_is_kept_and_told():
    features, classes = clouds(np.random.default_rng(14), 60, 3, 2)
    classes = np.append(classes[:-1], 2)
    found = diagnose(features, classes)
    assert_close(found.mu, by_bases(features, classes))
    assert any("one sample" in note and "'2'" in note for note in found.notes)


def with_entries(*entries):
    features = np.random.default_rng(15).standard_normal((30, 3))
    for row, column, value in entries:
        features[row, column] = value
    return features


@pytest.mark.parametrize(
    ("features", "labels", "options", "said"),
    [
        (
            with_entries((3, 1, np.nan), (5, 1, np.inf), (9, 2, np.nan)),
            np.arange(30) % 3,
            {},
            r"3 missing.*2 in '1', 1 in '2'.*row 3",
        ),
        (with_entries(), np.arange(30.0), {}, "30 different numbers, as of a continuous quantity"),
        (with_entries(), np.random.default_rng(0).random(30).round(1) * 0 + np.arange(30) / 7, {}, "continuous"),
        (with_entries(), [f"row {i}" for i in range(30)], {}, "30 different names"),
        (with_entries(), np.zeros(30), {}, "at least two classes, got only '0'"),
        (with_entries(), [*[0.0, 1.0] * 14, 0.0, np.nan], {}, "a label in every row, got none in row 29"),
        (with_entries(), np.arange(29) % 3, {}, "one label for each of 30"),
        (with_entries()[:, 0], np.arange(30) % 3, {}, "shape"),
        (with_entries()[:0], [], {}, "none empty"),
        (with_entries() * 1j, np.arange(30) % 3, {}, "real numbers"),
        ([[1.0, 2.0], [3.0]], [0, 1], {}, "rows of one length"),
        (with_entries(), np.arange(30) % 3, {"ridge": -1.0}, "a ridge of zero or more"),
        (with_entries(), np.arange(30) % 3, {"decay": 0.0}, "a positive decay"),
        (with_entries(), np.arange(30) % 3, {"dimension": 0}, "a dimension of one or more"),
    ],
)
def test_what_cannot_be_diagnosed_is_refused(features, labels, options, said):
    with pytest.raises(InputError, match=said):
        diagnose(features, labels, **options)
