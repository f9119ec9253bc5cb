"""Canonical correlations from moments, against orthogonal bases of the data themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import seeds
from tests.theory.oracles import assert_close
from theory import Coupling, InputError
from theory.encoder.accumulated import class_moments
from theory.encoder.canonical import canonical_modes, shrinkage_ridge


def grouped(features, classes, count=None, groups=7):
    count = count or classes.max() + 1
    return [class_moments(features[g::groups], classes[g::groups], count, features[0]) for g in range(groups)]


def by_bases(features, classes):
    """Cosines between the centred inputs and the centred classes, by singular vectors of the data."""
    own = np.eye(classes.max() + 1)[classes]
    bases = []
    for block in (features - features.mean(axis=0), own - own.mean(axis=0)):
        left, singular, _ = np.linalg.svd(block / np.linalg.norm(block, axis=0), full_matrices=False)
        bases.append(left[:, singular > 1e-9 * singular[0]])
    mu = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)
    return np.pad(mu, (0, max(0, classes.max() - len(mu))))[: classes.max()]


def clouds(rng, samples, inputs, count, distance=0.5):
    """Normal inputs around a centre for each class, all classes present."""
    classes = rng.permutation(np.arange(samples) % count)
    return rng.standard_normal((samples, inputs)) + distance * rng.standard_normal((count, inputs))[classes], classes


@given(seeds, st.integers(1, 8), st.integers(2, 5))
def test_correlations_are_those_of_the_data_whatever_the_scale_and_the_origin_of_columns(seed, inputs, count):
    rng = np.random.default_rng(seed)
    features, classes = clouds(rng, 60, inputs, count)
    moved = features * 10.0 ** rng.integers(-120, 120, inputs)
    moved += rng.uniform(-10, 10, inputs) * np.abs(moved).max(axis=0)
    modes = canonical_modes(grouped(moved, classes))
    assert_close(modes.correlations, by_bases(features, classes), rounding=1e-10)
    assert_close(modes.vectors @ modes.vectors.T, np.eye(count - 1))


@given(seeds)
def test_nearly_dependent_inputs_keep_eight_digits(seed):
    rng = np.random.default_rng(seed)
    features, classes = clouds(rng, 200, 4, 3)
    features = np.column_stack([features, features[:, 0] + 1e-6 * rng.standard_normal(200)])
    assert_close(canonical_modes(grouped(features, classes)).correlations, by_bases(features, classes), rounding=1e-8)


def test_correlations_are_the_class_modes_of_the_coupling_with_a_bias():
    features, classes = clouds(np.random.default_rng(1), 90, 5, 4)
    modes = Coupling.from_data(features, classes, bias=True).modes()
    assert_close(canonical_modes(grouped(features, classes)).correlations, modes[1:4])


def test_label_vectors_diagonalise_the_moments():
    features, classes = clouds(np.random.default_rng(2), 90, 5, 4)
    own, centred = np.eye(4)[classes], features - features.mean(axis=0)
    found = canonical_modes(grouped(features, classes))
    explained = own.T @ centred @ np.linalg.solve(centred.T @ centred, centred.T @ own)
    masses = own.sum(axis=0)
    assert_close(
        found.vectors @ (explained / np.sqrt(np.outer(masses, masses))) @ found.vectors.T,
        np.diag(found.correlations**2),
        rounding=1e-12,
    )


@given(seeds, st.integers(3, 12))
def test_standard_errors_are_those_of_leaving_out_each_group(seed, groups):
    rng = np.random.default_rng(seed)
    features, classes = clouds(rng, 120, 3, 3)
    found = canonical_modes(grouped(features, classes, groups=groups)).standard_errors
    left = []
    for group in range(groups):
        kept = np.arange(120) % groups != group
        left.append(by_bases(features[kept], classes[kept]))
    assert_close(found, np.sqrt((groups - 1) * np.var(left, axis=0)), rounding=1e-10)


def test_an_input_that_varies_in_one_group_alone_has_standard_errors_too():
    features, classes = clouds(np.random.default_rng(8), 60, 3, 3)
    features = np.column_stack([features, np.arange(60) == 7])
    left = [by_bases(features[np.arange(60) % 7 != g, : 3 if g == 0 else 4], classes[np.arange(60) % 7 != g]) for g in range(7)]
    assert_close(canonical_modes(grouped(features, classes)).standard_errors, np.sqrt(6 * np.var(left, axis=0)), rounding=1e-10)


def test_standard_errors_are_the_scatter_over_samples():
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((3, 4)) * [[1.0], [1.0], [0.2]]
    drawn = []
    for _ in range(300):
        classes = rng.permutation(np.arange(600) % 3)
        drawn.append(canonical_modes(grouped(centres[classes] + rng.standard_normal((600, 4)), classes, groups=20)))
    scatter = np.std([modes.correlations for modes in drawn], axis=0)
    told = np.mean([modes.standard_errors for modes in drawn], axis=0)
    assert np.all(np.abs(told / scatter - 1) < 0.2)


@pytest.mark.parametrize(("samples", "inputs", "count"), [(20, 19, 3), (20, 40, 4), (20, 18, 3), (20, 17, 3), (12, 5, 9)])
def test_as_many_correlations_are_one_as_inputs_and_classes_exceed_the_samples(samples, inputs, count):
    features, classes = clouds(np.random.default_rng(4), samples, inputs, count)
    found = canonical_modes(grouped(features, classes))
    expected = max(0, min(inputs, samples - 1) + count - samples)
    assert found.interpolated == expected
    assert (found.correlations == 1).sum() == expected
    assert_close(found.correlations, by_bases(features, classes))


def test_no_errors_are_told_where_too_few_rows_would_be_left():
    features, classes = clouds(np.random.default_rng(5), 20, 19, 2)
    assert np.isnan(canonical_modes(grouped(features, classes)).standard_errors).all()


def test_constant_and_dependent_inputs_are_named_and_change_nothing():
    features, classes = clouds(np.random.default_rng(6), 80, 3, 3)
    more = np.column_stack([np.full(80, 0.1), features, features[:, 1], features @ [1, 2, 3]])
    found = canonical_modes(grouped(more, classes))
    assert found.constant.tolist() == [0]
    assert found.rank == 3
    assert len(found.dependent) == 2
    rest = np.delete(more, [0, *found.dependent], axis=1)
    assert np.linalg.matrix_rank(rest) == 3
    assert_close(found.correlations, by_bases(features, classes))


@given(seeds, st.floats(1e-3, 10))
def test_a_ridge_is_a_penalty_on_the_encoder(seed, ridge):
    rng = np.random.default_rng(seed)
    features, classes = clouds(rng, 50, 6, 3)
    centred, own = features - features.mean(axis=0), np.eye(3)[classes]
    scaled = centred / np.linalg.norm(centred, axis=0)
    cross = scaled.T @ own / np.sqrt(own.sum(axis=0))
    squares = np.linalg.eigvalsh(cross.T @ np.linalg.solve(scaled.T @ scaled + ridge * np.eye(6), cross))
    assert_close(canonical_modes(grouped(features, classes), ridge).correlations, np.sqrt(squares[:0:-1]), rounding=1e-10)


def test_shrinkage_is_strong_without_structure_and_fades_with_samples():
    rng = np.random.default_rng(7)
    ridges = [shrinkage_ridge(grouped(*clouds(rng, samples, 30, 2, distance=0))) for samples in (20, 40)]
    mixed = rng.standard_normal((30, 30))
    few, many = (shrinkage_ridge(grouped(rng.standard_normal((n, 30)) @ mixed, np.arange(n) % 2)) for n in (40, 4000))
    assert min(ridges) > few > 10 * many > 0


@pytest.mark.parametrize(
    ("features", "classes", "ridge", "said"),
    [
        (np.ones((6, 2)), [0, 1] * 3, 0.0, "features that vary"),
        (np.eye(6), [0] * 6, 0.0, "at least two classes"),
        (np.where(np.arange(12).reshape(6, 2) % 3, 1e308, -1e308), [0, 1] * 3, 0.0, "moderate size"),
        (np.eye(6), [0, 1] * 3, -1.0, "a ridge of zero or more"),
    ],
)
def test_what_has_no_correlations_is_refused(features, classes, ridge, said):
    with pytest.raises(InputError, match=said), np.errstate(over="ignore", invalid="ignore"):
        canonical_modes(grouped(features, np.array(classes)), ridge)
