"""Spectra without dense matrices, small frustrations, and rows merged by hashes: the same as small and dense."""

import mpmath
import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import couplings, moved_couplings, seeds
from tests.theory.oracles import assert_close, component_count, dense_operator
from theory import Coupling, InputError, UnfinishedError
from theory.coupling import reduction, rows, spectrum
from theory.coupling.label_only import count_below

many = settings(max_examples=60)


@st.composite
def spread_couplings(draw):
    """A coupling whose samples all have rates of their own, perhaps disconnected."""
    J, seed = draw(couplings()), draw(seeds)
    rng = np.random.default_rng(seed)
    return J, (rng.uniform(0.2, 3, len(J)), rng.uniform(0.2, 3, J.shape[1]))


# -- what labels feel ----------------------------------------------------------------------------------------------------


@many
@given(moved_couplings())
def test_modes_that_move_labels_and_hidden_ones_are_all(moved):
    J, mobility = moved
    r = Coupling(J, mobility).reduction
    moving, modes = spectrum.dense_modes(r)
    assert_close(modes.T @ modes, np.eye(r.size))
    assert_close(r.apply(modes), modes * moving)
    hidden = np.repeat(r.hidden_rates, r.hidden_counts)
    assert_close(np.sort(np.concatenate([moving, hidden])), np.linalg.eigvalsh(dense_operator(J, mobility)))


@many
@given(moved_couplings())
def test_factor_of_the_frustration_is_the_schur_complement_of_the_samples(moved):
    J, mobility = moved
    coupling = Coupling(J, mobility)
    factor = coupling.reduction.frustration
    schur = np.diag(J.sum(0)) - J.T @ (J / J.sum(1)[:, None])
    root = np.sqrt(coupling.label_mobility)
    assert factor.shape == (J.shape[1] - component_count(J), J.shape[1])
    assert_close(factor.T @ factor, root[:, None] * schur * root)


@given(st.integers(2, 4), st.integers(1, 40))
def test_no_more_directions_than_labels_are_kept_of_samples_of_one_rate(classes, samples):
    weights = np.random.default_rng(samples).dirichlet(np.ones(classes), size=samples)
    coupling = Coupling.from_probabilities(weights, "uniform")
    assert len(coupling.reduction.sample_rates) <= classes
    assert len(coupling.rates()) == samples + classes


# -- the label-only equation ---------------------------------------------------------------------------------------------


@pytest.fixture
def nothing_dense(monkeypatch):
    monkeypatch.setattr(spectrum, "DENSE", 0)


@many
@given(st.one_of(moved_couplings(), spread_couplings()).filter(lambda moved: moved[1] != "degree"))
def test_label_only_modes_are_the_dense_ones(moved):
    coupling = Coupling(*moved)
    whole = spectrum.dense_modes(coupling.reduction)[0]
    found = spectrum.slowest_modes(coupling, coupling.reduction, coupling.reduction.size)
    assert_close(found.rates, np.sort(whole))
    assert_close(np.linalg.norm(found.labels, axis=0), np.ones(len(whole)))


@many
@given(spread_couplings(), st.floats(0, 20))
def test_count_of_rates_below_is_that_of_the_eigenvalues(moved, bound):
    coupling = Coupling(*moved)
    values = spectrum.dense_modes(coupling.reduction)[0]
    if np.min(np.abs(values - bound)) > 1e-6:
        assert count_below(coupling.reduction, bound) == np.sum(values < bound)


def test_times_and_smallest_rates_without_dense_matrices(monkeypatch):
    J = Coupling.random_pairs(6, 90, 0.2, seed=1).data["J"]
    mobility = (np.random.default_rng(0).uniform(0.3, 2, 90), 0.05)
    dense = Coupling(J, mobility)
    expected = dense.rates(12), dense.slow_time(), dense.fast_time()
    monkeypatch.setattr(spectrum, "DENSE", 20)
    sparse = Coupling(J, mobility)
    assert_close(sparse.rates(12), expected[0])
    assert sparse.slow_time() == pytest.approx(expected[1])
    assert sparse.fast_time() == pytest.approx(expected[2])
    assert sparse.spectrum(3).method == "roots of the label-only equation"
    for ask in (sparse.rates, sparse.spectrum):
        with pytest.raises(InputError, match="ask for the k slowest"):
            ask()


@pytest.mark.parametrize("k", [-1, 1.5, "2", True], ids=repr)
def test_numbers_of_modes_that_are_none_are_refused(k):
    with pytest.raises(InputError, match="number of modes"):
        Coupling(np.eye(2)).spectrum(k)


def test_modes_with_a_large_residual_are_not_handed_out():
    with pytest.raises(UnfinishedError, match="residual"):
        spectrum.Spectrum(np.ones(1), np.ones((1, 1)), np.array([1e-3]), "by hand")
    with pytest.raises(UnfinishedError, match="residual"):
        spectrum.Spectrum(np.ones(1), np.ones((1, 1)), np.array([np.nan]), "by hand")


@many
@given(moved_couplings())
def test_spectrum_says_what_modes_do_to_labels(moved):
    """A mode decays as a whole: so do the labels that start in it, with the samples that belong to it."""
    J, mobility = moved
    coupling = Coupling(J, mobility)
    found = coupling.spectrum()
    assert np.all(found.residuals <= spectrum.CONVERGED)
    assert np.all(np.diff(found.rates) >= -1e-12)
    eta = np.concatenate([coupling.data["H_x"], coupling.data["H_y"]])
    A = np.block([[np.zeros((len(J), len(J))), J], [J.T, np.zeros((J.shape[1], J.shape[1]))]])
    flow = eta[:, None] * (np.diag(A.sum(1)) - A)
    for rate, labels in zip(found.rates, found.labels.T, strict=True):
        above = np.vstack([flow[:, : len(J)], np.zeros((0, len(J)))]) - rate * np.eye(sum(J.shape))[:, : len(J)]
        right = flow[:, len(J) :] @ labels - rate * np.eye(sum(J.shape))[:, len(J) :] @ labels
        x = np.linalg.lstsq(above, -right, rcond=1e-9)[0]
        assert np.linalg.norm(above @ x + right) < 1e-6 * eta.max() * A.sum(1).max()


# -- small frustrations ----------------------------------------------------------------------------------------------------


def precise(weights, mobility):
    """Squared canonical frustrations and rates of the whole operator in sixty digits, ascending."""
    J = mpmath.matrix(weights.tolist())
    of = [mpmath.fsum(J[i, a] for a in range(J.cols)) for i in range(J.rows)]
    of += [mpmath.fsum(J[i, a] for i in range(J.rows)) for a in range(J.cols)]
    eta = [1 / m for m in of] if mobility == "degree" else [mpmath.mpf(1)] * len(of)
    S = mpmath.zeros(len(of))
    for i, degree in enumerate(of):
        S[i, i] = eta[i] * degree
    for i in range(J.rows):
        for a in range(J.cols):
            S[i, J.rows + a] = S[J.rows + a, i] = -mpmath.sqrt(eta[i] * eta[J.rows + a]) * J[i, a]
    return sorted(mpmath.eigsy(S, eigvals_only=True))


@pytest.mark.parametrize("mobility", ["degree", "uniform"])
@pytest.mark.parametrize("weak", [1e-6, 1e-9, 1e-12])
def test_small_rates_are_accurate_relative_to_themselves(mobility, weak):
    J = np.array([[1, 0, 0], [2, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1.5], [weak, weak, 0], [0, 0.3 * weak, 0.2], [0, 1, 1]])
    J = J[:-1] if mobility == "degree" else J
    coupling = Coupling(J, mobility)
    with mpmath.workdps(60):
        expected = [float(rate) for rate in precise(J, mobility)]
    found = coupling.rates(3)
    assert found[0] == 0
    np.testing.assert_allclose(found[1:], expected[1:3], rtol=1e-15 / np.sqrt(weak))
    if mobility == "degree":
        psi = [float(r * (2 - mpmath.mpf(r))) for r in expected[1:3]]
        np.testing.assert_allclose(coupling.frustration()[1:], psi, rtol=1e-13)


@given(st.integers(2, 6), seeds)
def test_elimination_keeps_conductances_over_many_decades(labels, seed):
    """Frustrations over twenty decades, each to ten digits, against the eigenvalues of the Laplacian in eighty digits."""
    rng = np.random.default_rng(seed)
    g = np.triu(10 ** rng.uniform(-20, 0, (labels, labels)), 1)
    g += g.T
    values, _ = spectrum._jacobi(reduction.laplacian_factor(g))
    with mpmath.workdps(80):
        L = mpmath.matrix((-g).tolist())
        for i in range(labels):
            L[i, i] = mpmath.fsum(mpmath.mpf(g[i, j]) for j in range(labels))
        expected = [float(v) for v in sorted(mpmath.eigsy(L, eigvals_only=True))][1:]
    np.testing.assert_allclose(values**2, expected, rtol=1e-10)


# -- merged rows -----------------------------------------------------------------------------------------------------------


@many
@given(couplings(), st.data())
def test_rows_merge_iff_they_and_their_keys_are_equal(J, data):
    key = np.array(data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=len(J), max_size=len(J))))
    first, counts, kind = rows.merge_rows(scipy.sparse.csr_array(J), key)
    whole = np.column_stack([J, key])
    assert np.array_equal(whole[first][kind], whole)
    assert len(first) == len(np.unique(whole, axis=0))
    assert np.array_equal(counts, np.bincount(kind))
    assert np.all(np.diff(first) > 0)


def test_rows_whose_hashes_meet_are_hashed_anew(monkeypatch):
    hashed, salts = rows._hashed, []

    def meeting(matrix, key, salt):
        salts.append(salt)
        return np.zeros(matrix.shape[0], dtype=np.uint64) if salt < 2 else hashed(matrix, key, salt)

    monkeypatch.setattr(rows, "_hashed", meeting)
    J = np.array([[1.0, 0], [0, 1], [1, 1], [1, 0]])
    coupling = Coupling(J)
    assert salts == [0, 1, 2]
    assert np.array_equal(coupling.data["J"], J)
    assert len(coupling.counts) == 3


@given(couplings(), st.integers(1, 6))
def test_triangular_factor_does_not_depend_on_the_blocks(J, block):
    limit, rows.DENSE_LIMIT = rows.DENSE_LIMIT, block
    try:
        factor = rows.triangular_factor(scipy.sparse.csr_array(J))
    finally:
        rows.DENSE_LIMIT = limit
    assert_close(factor.T @ factor, J.T @ J)
    assert len(factor) <= J.shape[1]


# -- a million samples -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mobility", ["degree", "uniform"])
def test_a_million_samples_have_a_slow_time(mobility):
    """§2: at weak frustration Kron reduction gives the slow rate of a hundred classes to leading order."""
    coupling = Coupling.random_pairs(100, 10**6, 1e-3, mobility, seed=0)
    conductance = reduction.conductances(coupling.types, coupling.counts / coupling.sample_degrees)
    mass = 1 / coupling.label_mobility + coupling.types.T @ (
        coupling.counts / coupling.sample_mobility / coupling.sample_degrees
    )
    laplacian = np.diag(conductance.sum(0)) - conductance
    slow = scipy.linalg.eigh(laplacian, np.diag(mass), eigvals_only=True)[1]
    assert 1 / coupling.slow_time() == pytest.approx(slow, rel=2e-3)
    assert coupling.rates(200)[0] == 0


def test_a_hundred_thousand_rates_of_their_own_have_a_slow_time():
    mobility = (np.random.default_rng(0).uniform(0.5, 2, 10**5), 1e-3)
    coupling = Coupling.random_pairs(20, 10**5, 0.01, mobility, seed=0)
    found = coupling.spectrum(3)
    assert found.rates[0] == 0
    assert coupling.slow_time() == 1 / found.rates[1]
    assert coupling.reduction.size > spectrum.DENSE
