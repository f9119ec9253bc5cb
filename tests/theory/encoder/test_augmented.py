"""Linear encoders of augmented views: exact noise, drawn functions, and what they do to one encoder."""

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import seeds
from tests.theory.oracles import assert_close
from theory import Coupling, Direct, InputError, models, simulate
from theory.encoder import from_augmented_data


@st.composite
def tables(draw):
    rng = np.random.default_rng(draw(seeds))
    n, p = draw(st.integers(4, 12)), draw(st.integers(1, 4))
    return rng.standard_normal((n, p)) @ rng.standard_normal((p, p)), rng


@given(tables())
def test_noise_gives_the_generalised_eigenvalues_of_its_moments(table):
    inputs, rng = table
    root = rng.standard_normal((inputs.shape[1], inputs.shape[1]))
    C, S = root @ root.T + 0.1 * np.eye(len(root)), inputs.T @ inputs / len(inputs)
    C = (C + C.T) / 2
    encoder = from_augmented_data(inputs, C)
    nu = scipy.linalg.eigh(S, S + C, eigvals_only=True)[::-1]
    assert_close(encoder.signed_correlations(), nu, 1e-10)
    assert_close(encoder.modes(), nu, 1e-10)
    assert_close(encoder.shared_rates(), 1 - nu, 1e-10)
    assert_close(encoder.rates(), np.sort(np.concatenate([1 - nu, 1 + nu])), 1e-10)


@given(tables(), st.floats(0.1, 3), seeds)
def test_nothing_depends_on_the_basis_or_the_scale_of_inputs(table, variance, seed):
    inputs, _ = table
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((inputs.shape[1],) * 2))[0]
    plain = from_augmented_data(inputs, variance).signed_correlations()
    assert_close(from_augmented_data(3 * inputs @ turn, 9 * variance).signed_correlations(), plain, 1e-10)


@given(tables(), st.integers(2, 4), seeds)
def test_drawn_views_are_the_moments_of_all_their_pairs(table, draws, seed):
    """Against stacked pairs of different views, each order once: a coupling of data with itself."""
    inputs, _ = table

    def mask(rows, rng):
        return rows * rng.choice([0.3, 1.0], rows.shape)

    rng = np.random.default_rng(seed)
    views = [mask(inputs, rng) for _ in range(draws)]
    left = np.vstack([a for i, a in enumerate(views) for j in range(draws) if i != j])
    right = np.vstack([b for i in range(draws) for j, b in enumerate(views) if i != j])
    M, S = left.T @ right / len(left), left.T @ left / len(left)
    encoder = from_augmented_data(inputs, mask, draws=draws, seed=seed)
    nu = encoder.signed_correlations()
    assert_close(nu, scipy.linalg.eigh((M + M.T) / 2, S, eigvals_only=True)[::-1], 1e-8)
    assert np.abs(nu).max() < 1 + 1e-12
    assert_close(np.sort(np.abs(nu))[::-1], encoder.modes(), 1e-8)


def test_a_function_that_adds_noise_tends_to_its_moments():
    inputs = np.random.default_rng(0).standard_normal((500, 3)) * [1.0, 0.7, 0.4]
    drawn = from_augmented_data(inputs, lambda rows, rng: rows + 0.5 * rng.standard_normal(rows.shape), draws=200, seed=1)
    exact = from_augmented_data(inputs, 0.25)
    assert np.allclose(drawn.signed_correlations(), exact.signed_correlations(), rtol=0, atol=0.01)


@given(tables(), st.floats(0.1, 3), seeds, st.sampled_from(["degree", "uniform"]))
def test_one_encoder_decays_at_its_rates(table, variance, seed, mobility):
    inputs, _ = table
    encoder, t = from_augmented_data(inputs, variance, mobility=mobility), 0.7
    start, data = encoder.shared_start(2, seed), encoder.data
    run = simulate(models.squared(), encoder, dimension=2, times=[0.0, t], initial=start)
    operator = (np.diag(data["D_x"]) - data["J"]) @ np.diag(data["H_x"])
    assert_close(run.labels[1], start["X"] @ scipy.linalg.expm(-t * operator), 1e-9)
    assert_close(np.sort(np.linalg.eigvals(operator).real), encoder.shared_rates(), 1e-9)


def test_the_spectral_loss_keeps_the_modes_of_largest_correlation():
    """Its minimum has embeddings of second moment nu along the strongest modes, as many as there are dimensions."""
    rng = np.random.default_rng(3)
    encoder = from_augmented_data(rng.standard_normal((200, 4)) * [2.0, 1.5, 0.6, 0.3], 0.2)
    start = {k: 0.3 * v for k, v in encoder.shared_start(2, 1).items()}
    run = simulate(models.spectral_contrastive(), encoder, dimension=2, times=[0.0, 3000.0], initial=start, by=Direct())
    X, D, mass = run.end["X"], encoder.data["D_x"], encoder.total_weight
    found = np.linalg.eigvalsh(X * D @ X.T)[::-1] / mass
    assert np.allclose(found, encoder.signed_correlations(2), rtol=0, atol=1e-5)
    assert np.allclose(X, run.end["Y"], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("features", "augmentation", "message"),
    [
        ([[1.0, 0.0]], [[1.0]], r"symmetric covariance \(2, 2\)"),
        ([[1.0, 0.0]], -1.0, "without negative eigenvalues"),
        ([[0.0]], 0.0, "not all zero"),
        ([[float("nan")]], 1.0, "finite features"),
        ([[1.0], [2.0]], lambda rows, rng: rows[:1], r"2 augmented inputs of one width, got shape \(1, 1\)"),
        ([[1.0], [2.0]], lambda rows, rng: np.ones((2, rng.integers(1, 100))), "of one width"),
        ([[1.0], [2.0]], lambda rows, rng: rows / 0.0 * np.nan, "finite features"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide")
def test_what_is_no_augmentation_is_refused(features, augmentation, message):
    with pytest.raises(InputError, match=message):
        from_augmented_data(features, augmentation)


def test_one_draw_has_no_pairs_and_axes_no_pairs_of_labels():
    with pytest.raises(InputError, match="at least 2 draws"):
        from_augmented_data([[1.0]], lambda rows, rng: rows, draws=1)
    with pytest.raises(InputError, match="couplings of samples to labels"):
        from_augmented_data([[1.0], [2.0]], 1.0).positive_pairs()
    assert isinstance(from_augmented_data([[1.0], [2.0]], 1.0), Coupling)
