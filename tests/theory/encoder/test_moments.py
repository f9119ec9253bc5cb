"""Couplings of linear encoders, from the moments of data, against QR factors and generalised eigenproblems."""

from math import lcm

import numpy as np
import pytest
import scipy
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.strategies import label_sets, seeds
from tests.theory.oracles import assert_close
from theory import Coupling, InputError


@st.composite
def data_sets(draw, most_inputs=4, most_classes=4):
    """Features of a full-rank design with every class present, and integer classes."""
    rng = np.random.default_rng(draw(seeds))
    inputs, classes = draw(st.integers(1, most_inputs)), draw(st.integers(2, most_classes))
    samples = draw(st.integers(inputs + classes + 1, 20))
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, samples - classes)])
    centres = rng.standard_normal((classes, inputs))
    return centres[labels] + rng.standard_normal((samples, inputs)), labels


def whitened(features, labels):
    """Singular values of the second-moment-whitened cross moment, by QR factors of the inputs and of one-hot labels."""
    own = np.eye(labels.max() + 1)[labels]
    return np.linalg.svd(np.linalg.qr(features)[0].T @ np.linalg.qr(own)[0], compute_uv=False)


@given(data_sets())
def test_modes_of_data_are_the_whitened_cross_moments(data):
    features, labels = data
    assert_close(Coupling.from_data(features, labels).modes(), whitened(features, labels))


@given(data_sets())
def test_modes_of_data_solve_the_generalised_eigenproblem_of_the_moments(data):
    features, labels = data
    own = np.eye(labels.max() + 1)[labels]
    second, first, masses = (m / len(features) for m in (features.T @ features, features.T @ own, own.T @ own))
    squares = scipy.linalg.eigh(first.T @ np.linalg.solve(second, first), masses, eigvals_only=True)[::-1]
    modes = Coupling.from_data(features, labels).modes()
    assert_close(modes**2, squares[: len(modes)])


@given(data_sets(), seeds)
def test_modes_of_data_are_invariant_under_invertible_maps_of_the_inputs(data, seed):
    features, labels = data
    p = features.shape[1]
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((p, p)))[0] * rng.uniform(0.2, 5, p) @ np.linalg.qr(rng.standard_normal((p, p)))[0]
    assert_close(Coupling.from_data(features @ turn, labels).modes(), Coupling.from_data(features, labels).modes())


@given(data_sets(), seeds)
def test_modes_of_data_do_not_depend_on_the_order_of_samples_or_the_names_of_classes(data, seed):
    features, labels = data
    order = np.random.default_rng(seed).permutation(len(labels))
    names = np.array(["d", "a", "c", "b"])
    assert_close(
        Coupling.from_data(features[order], names[labels[order]]).modes(), Coupling.from_data(features, labels).modes()
    )


@given(data_sets())
def test_bias_creates_the_trivial_mode_and_leaves_centred_canonical_correlations(data):
    features, labels = data
    with_bias = Coupling.from_data(features, labels, bias=True).modes()
    own = np.eye(labels.max() + 1)[labels]
    centred = [np.linalg.qr(m - m.mean(0))[0] for m in (features, own[:, 1:])]
    expected = np.linalg.svd(centred[0].T @ centred[1], compute_uv=False)
    assert with_bias[0] == pytest.approx(1, abs=1e-12)
    assert_close(with_bias[1:], expected[: len(with_bias) - 1])


def test_bias_gives_the_canonical_correlations_of_scikit_learn():
    CCA = pytest.importorskip("sklearn.cross_decomposition").CCA
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 4, 200)
    features = rng.standard_normal((4, 5))[labels] + rng.standard_normal((200, 5))
    own = np.eye(4)[labels][:, 1:]
    u, v = CCA(n_components=3, tol=1e-12, max_iter=100_000).fit_transform(features, own)
    correlations = [np.corrcoef(u[:, j], v[:, j])[0, 1] for j in range(3)]
    assert_close(Coupling.from_data(features, labels, bias=True).modes()[1:], correlations, rounding=1e-6)  # iterative


@given(data_sets())
def test_centred_inputs_give_the_label_mean_mode_no_correlation(data):
    features, labels = data
    features = features - features.mean(0)
    classes = labels.max() + 1
    modes = Coupling.from_data(features, labels).modes()
    assume(features.shape[1] >= classes)
    assert modes[classes - 1] == pytest.approx(0, abs=1e-7)


@given(label_sets(), st.integers(0, 3))
def test_one_hot_inputs_reproduce_the_embedding_model(sets, seed):
    assume(len(set().union(*sets)) > 1)
    common = lcm(*(len(s) for s in sets))
    draws = [(i, a) for i, s in enumerate(sets) for a in s for _ in range(common // len(s))]
    rows, labels = (np.array(column) for column in zip(*np.random.default_rng(seed).permutation(draws).tolist(), strict=True))
    encoder, free = Coupling.from_data(np.eye(len(sets))[rows], labels), Coupling.from_labels(sets)
    assert_close(encoder.modes(), free.modes())
    assert encoder.components == free.components
    assert encoder.classifiable == free.classifiable
    assert_close(encoder.rates(), free.rates())
    assert encoder.slow_time() == pytest.approx(free.slow_time())


@given(data_sets(), seeds)
def test_dependent_features_are_dropped_and_noted(data, seed):
    features, labels = data
    p = features.shape[1]
    mixing = np.random.default_rng(seed).standard_normal((p, 2))
    plain, redundant = (
        Coupling.from_data(features, labels),
        Coupling.from_data(np.column_stack([features, features @ mixing]), labels),
    )
    assert redundant.samples == p
    assert any(f"2 of {p + 2} inputs" in note for note in redundant.notes)
    assert not plain.notes
    assert_close(redundant.modes(), plain.modes())


@given(data_sets())
def test_bias_is_noted(data):
    assert any("bias" in note for note in Coupling.from_data(*data, bias=True).notes)


@given(data_sets(most_inputs=3))
def test_rates_of_an_encoder_are_those_of_its_moments(data):
    """Encoder and labels under the Laplacian of the moments, H = 1, the inputs scaled to a mean square norm of one."""
    features, labels = data
    scaled, own = features / np.sqrt(np.mean(np.sum(features**2, axis=1))), np.eye(labels.max() + 1)[labels]
    second, first, masses = (m / len(features) for m in (scaled.T @ scaled, scaled.T @ own, own.T @ own))
    operator = np.block([[second, -first], [-first.T, masses]])
    assert_close(Coupling.from_data(features, labels, mobility="uniform").rates(), np.linalg.eigvalsh(operator))


@given(data_sets(), st.integers(1, 3), seeds)
def test_encoder_observes_its_outputs_on_the_inputs(data, dimension, seed):
    """Whatever axes it uses inside, outputs are linear in the scaled inputs and lose nothing."""
    features, labels = data
    coupling = Coupling.from_data(features, labels)
    columns = np.random.default_rng(seed).standard_normal((dimension, coupling.samples))
    outputs = coupling.observe(columns)
    assert outputs.shape == (dimension, len(labels))
    encoder, *_ = np.linalg.lstsq(features, outputs.T, rcond=None)
    assert_close(features @ encoder, outputs.T)
    assert np.array_equal(coupling.is_own(labels), np.ones(len(labels), dtype=bool))


@given(st.integers(2, 4), st.integers(8, 14), st.data())
def test_interpolation_makes_correlations_equal_one(classes, samples, data):
    """§7: exactly max(0, p + K - N) correlations are one, from p = N - K + 1 on."""
    inputs = data.draw(st.integers(1, samples))
    rng = np.random.default_rng(data.draw(seeds))
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, samples - classes)])
    coupling = Coupling.from_data(rng.standard_normal((samples, inputs)), labels)
    expected = max(0, inputs + classes - samples)
    assert np.sum(coupling.modes() > 1 - 1e-10) == expected
    assert coupling.components == expected


def test_label_noise_frustrates_even_a_linear_encoder():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((4000, 6))
    clean = np.argmax(features[:, :3], axis=1)
    noisy = np.where(rng.random(4000) < 0.3, rng.integers(0, 3, 4000), clean)
    assert Coupling.from_data(features, noisy).frustration()[0] > Coupling.from_data(features, clean).frustration()[0] > 0.1


@given(st.integers(0, 5))
def test_two_class_teacher_has_its_closed_form_correlation(seed):
    """§7: mu = sqrt(2/pi) for K = 2, up to the sampling error 1/sqrt(N)."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((40_000, 4))
    mu = Coupling.from_data(features, features[:, 0] > features[:, 1]).modes()[0]
    assert abs(mu - np.sqrt(2 / np.pi)) < 5 / np.sqrt(40_000)


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        ([[1, 2], [3]], [0, 1], "rectangular"),
        ([["a"], ["b"]], [0, 1], "numbers"),
        ([[1.0], [np.nan]], [0, 1], "row 1, column 0"),
        ([[np.inf], [1.0]], [0, 1], "row 0, column 0"),
        ([1.0, 2.0], [0, 1], "shape"),
        (np.zeros((0, 2)), [], "shape"),
        (np.zeros((2, 0)), [0, 1], "shape"),
        ([[1.0], [2.0]], [0], "2 samples"),
        ([[1.0], [2.0]], [0, 1, 1], "2 samples"),
        ([[1.0], [2.0]], [1, 1], "two classes"),
        ([[0.0], [0.0]], [0, 1], "zero"),
        ([[1.0], [2.0]], [0, np.nan], "missing"),
        ([[1.0], [2.0]], [0, None], "label"),
        ([[1.0], [2.0]], [(0, 1), (1, 0)], "label"),
    ],
)
def test_data_that_cannot_be_used_are_refused(features, labels, message):
    with pytest.raises(InputError, match=message):
        Coupling.from_data(features, labels)
