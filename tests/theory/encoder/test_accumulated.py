"""Moments piece by piece, against the whole data at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import seeds
from tests.theory.oracles import assert_close
from theory.encoder.accumulated import class_moments, merge_moments


@st.composite
def pieces(draw):
    """Rows (N, p) far from zero and badly scaled, classes, and where to cut."""
    rng = np.random.default_rng(draw(seeds))
    rows, inputs, count = draw(st.integers(1, 30)), draw(st.integers(1, 5)), draw(st.integers(2, 4))
    features = (rng.standard_normal((rows, inputs)) + rng.uniform(-100, 100, inputs)) * 10.0 ** rng.integers(-9, 9, inputs)
    cuts = np.sort(rng.integers(0, rows + 1, draw(st.integers(0, 4))))
    return features, rng.integers(0, count, rows), count, cuts


def of_pieces(features, classes, count, cuts, own_shifts):
    """Moments of the pieces, each about a row of its own or all about the first."""
    rows = zip(np.split(features, cuts), np.split(classes, cuts), strict=True)
    return [class_moments(x, a, count, x[0] if own_shifts and len(x) else features[0]) for x, a in rows]


@given(pieces(), st.booleans())
def test_pieces_merge_to_the_moments_of_the_whole(data, own_shifts):
    features, classes, count, _ = data
    whole, scale = merge_moments(of_pieces(*data, own_shifts)), np.abs(features).max(axis=0)
    centred = (features - features.mean(axis=0)) / scale
    assert whole.rows == len(features)
    assert_close(whole.mean / scale, features.mean(axis=0) / scale)
    assert_close((whole.scatter_root / scale).T @ (whole.scatter_root / scale), centred.T @ centred)
    assert_close(whole.between / scale, [centred[classes == a].sum(axis=0) for a in range(count)], rounding=1e-12)
    assert (whole.counts == np.bincount(classes, minlength=count)).all()


@given(pieces())
def test_merging_does_not_depend_on_the_order(data):
    parts = of_pieces(*data, own_shifts=True)
    one, other = merge_moments(parts), merge_moments(parts[::-1])
    scale = np.abs(data[0]).max(axis=0)
    assert_close(one.mean / scale, other.mean / scale)
    assert_close(
        (one.scatter_root / scale).T @ (one.scatter_root / scale), (other.scatter_root / scale).T @ (other.scatter_root / scale)
    )
    assert_close(one.between / scale, other.between / scale, rounding=1e-12)


def test_pieces_that_know_fewer_classes_merge():
    first = class_moments(np.array([[1.0], [2.0]]), np.array([0, 0]), 1, np.zeros(1))
    second = class_moments(np.array([[5.0]]), np.array([2]), 3, np.zeros(1))
    assert merge_moments([first, second]).counts.tolist() == [2, 0, 1]
    assert merge_moments([first, second]).sums.ravel().tolist() == [3, 0, 5]


@pytest.mark.parametrize("rows", [60, 64, 65, 5000])
@pytest.mark.parametrize("kind", ["usual", "nearly dependent", "late", "repeated"])
def test_many_rows_keep_the_digits_of_a_factor(rows, kind):
    rng = np.random.default_rng(rows)
    features, classes = rng.standard_normal((rows, 3)) * [1, 1e9, 1e-9], rng.integers(0, 3, rows)
    if kind == "nearly dependent":
        features[:, 2] = features[:, 0] + 1e-6 * rng.standard_normal(rows)
    if kind == "late":
        features[: rows - 2, 2] = 0
    if kind == "repeated":
        features[:, 2] = features[:, 0]
    moments = class_moments(features, classes, 3, features[0])
    scale = features.std(axis=0)
    expected = np.linalg.svd((features - features.mean(axis=0)) / scale, compute_uv=False)
    assert moments.factor.shape == (4, 4)
    assert (np.tril(moments.factor, -1) == 0).all()
    assert_close(
        np.linalg.svd(moments.scatter_root / scale, compute_uv=False) / rows**0.5, expected / rows**0.5, rounding=1e-13
    )


def test_columns_far_from_zero_keep_their_digits():
    rng = np.random.default_rng(0)
    features, classes = rng.standard_normal((1000, 2)) + 1e9, np.arange(1000) % 2
    parts = [class_moments(features[k::7], classes[k::7], 2, features[0]) for k in range(7)]
    root = merge_moments(parts).scatter_root
    assert_close(root.T @ root, np.cov(features - 1e9, rowvar=False) * 999)
