"""Couplings of two views: signed correlations and rates of one encoder, pairs of labels and samples, augmentation graphs."""

import tracemalloc

import networkx as nx
import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import couplings, seeds
from tests.theory.oracles import assert_close
from theory import Coupling, Direct, InputError, models, simulate
from theory.coupling import sparse_flow, spectrum, views


@st.composite
def pair_graphs(draw, least=1, most=7):
    """Symmetric non-negative weights without an empty row: loops, several components, bipartite ones, views that are alone,
    and weights of all scales among them."""
    size, rng = draw(st.integers(least, most)), np.random.default_rng(draw(seeds))
    weights = draw(st.sampled_from([[0.5, 1.0, 3.0], [1e-8, 1e-3, 1.0, 50.0]]))
    A = np.triu(rng.choice([0.0, 0.0, *weights], (size, size)), draw(st.integers(0, 1)))
    if draw(st.booleans()):
        side = rng.random(size) < 0.5
        A[side[:, None] == side] = 0.0
    alone = rng.random(size) < draw(st.sampled_from([0.0, 0.3]))
    A[alone], A[:, alone] = 0.0, 0.0
    A = A + A.T
    empty = A.sum(1) == 0
    A[empty, empty] = 1.0
    return A


def dense_rates(A, mobility):
    root = np.sqrt(mobility)
    return scipy.linalg.eigvalsh(root[:, None] * (np.diag(A.sum(1)) - A) * root)


@given(pair_graphs())
def test_correlations_and_rates_are_eigenvalues_of_the_dense_graph(A):
    pairs = Coupling.from_positive_pairs(A)
    assert_close(1 - pairs.signed_correlations(), dense_rates(A, 1 / A.sum(1)))
    assert_close(pairs.shared_rates(), dense_rates(A, 1 / A.sum(1)))
    assert_close(Coupling.from_positive_pairs(A, "uniform").shared_rates(), dense_rates(A, np.ones(len(A))))
    assert_close(np.sort(np.abs(pairs.signed_correlations()))[::-1], pairs.modes())
    nu = pairs.signed_correlations()
    assert_close(pairs.rates(), np.sort(np.concatenate([1 - nu, 1 + nu])))
    assert np.count_nonzero(pairs.shared_rates() == 0) == nx.number_connected_components(pairs.graph)


@given(pair_graphs(), seeds)
def test_views_of_any_mobility_have_rates_if_it_is_the_same_of_both(A, seed):
    eta = np.random.default_rng(seed).uniform(0.5, 2, len(A))
    pairs = Coupling.from_positive_pairs(A, (eta, eta))
    assert_close(pairs.shared_rates(), dense_rates(A, eta))
    assert_close(1 - pairs.signed_correlations(), dense_rates(A, 1 / A.sum(1)))


@given(pair_graphs(), st.sampled_from(["degree", "uniform"]))
def test_it_is_the_coupling_of_its_weights(A, mobility):
    pairs, plain = Coupling.from_positive_pairs(A, mobility), Coupling(A, mobility)
    for name, value in plain.data.items():
        assert_close(pairs.data[name], value)
    assert_close(pairs.rates(), plain.rates())
    assert_close(pairs.frustration(), plain.frustration())


@given(pair_graphs(), seeds)
def test_nothing_depends_on_the_order_or_the_storage_of_views(A, seed):
    order = np.random.default_rng(seed).permutation(len(A))
    rates = Coupling.from_positive_pairs(A).shared_rates()
    for same in (A[np.ix_(order, order)], scipy.sparse.coo_array(A), nx.from_numpy_array(A), 3 * A, 1e-40 * A):
        assert_close(Coupling.from_positive_pairs(same).shared_rates(), rates)


@given(pair_graphs())
def test_the_graph_is_that_of_the_weights(A):
    assert np.array_equal(nx.to_numpy_array(Coupling.from_positive_pairs(A).graph), A)


@given(couplings(), st.sampled_from(["samples", "labels"]))
def test_pairs_that_share_something_have_squared_correlations(J, of):
    coupling = Coupling(J)
    pairs, psi = coupling.positive_pairs(of), coupling.frustration()
    A = J @ np.diag(1 / J.sum(0)) @ J.T if of == "samples" else J.T @ np.diag(1 / J.sum(1)) @ J
    assert_close(pairs.data["J"], A)
    assert_close(pairs.data["D_x"], J.sum(1 if of == "samples" else 0))
    assert_close(pairs.shared_rates(len(psi)), psi)
    assert_close(pairs.modes(len(psi)), coupling.modes() ** 2)


def test_weak_frustration_keeps_its_relative_accuracy():
    """A link of weight e between views of weights 1 and 1: 1 - nu = 2e / (1 + e)."""
    weak = 1e-14
    rates = Coupling.from_positive_pairs([[1.0, weak], [weak, 1.0]]).shared_rates()
    assert rates[1] == pytest.approx(2 * weak / (1 + weak), rel=1e-14)


@given(st.integers(1, 6), st.integers(1, 5), st.booleans(), seeds)
def test_the_augmentation_graph_is_the_mean_over_samples(samples, augmented, weighted, seed):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(augmented), samples)
    w = rng.uniform(0.5, 2, samples) if weighted else np.ones(samples)
    graph = Coupling.from_augmentations(p, w if weighted else None)
    assert_close(graph.data["J"], p.T @ np.diag(w) @ p)
    assert_close(graph.data["D_x"], w @ p)
    assert graph.signed_correlations().min() > -1e-12
    mu = Coupling(w[:, None] * p).modes()
    assert_close(graph.signed_correlations(len(mu)), mu**2)


@given(pair_graphs(5, 12), st.sampled_from(["degree", "uniform"]), st.data())
def test_large_graphs_are_as_dense_ones(A, mobility, data):
    """Sparse solvers on graphs that are small enough for the dense ones, with modes that are equal among them."""
    k = data.draw(st.integers(0, len(A) // 2))
    dense, sparse = (Coupling.from_positive_pairs(A, mobility) for _ in range(2))
    with pytest.MonkeyPatch.context() as patched:
        expected = [ask(dense, k) for ask in ASKED]
        patched.setattr(views, "DENSE", 0)
        patched.setattr(sparse_flow, "FILLED", data.draw(st.sampled_from([0, 10**6])))
        for ask, value in zip(ASKED, expected, strict=True):
            assert_close(ask(sparse, k), value)
        assert sparse.fast_time() == pytest.approx(dense.fast_time(), rel=1e-4)
        assert sparse.spectrum(k).residuals.max(initial=0) < 1e-10


ASKED = (
    views.Views.modes,
    views.Views.frustration,
    views.Views.rates,
    views.Views.shared_rates,
    views.Views.signed_correlations,
    lambda c, k: 1 / c.slow_time(),
    lambda c, k: 1 / c.shared_slow_time(),
)


@given(pair_graphs(3, 9), seeds, st.floats(0, 50))
def test_large_graphs_are_followed_exactly(A, seed, t):
    start = {side: np.random.default_rng([seed, n]).standard_normal((2, len(A))) for n, side in enumerate("XY")}
    how = {"dimension": 2, "times": [t], "initial": start}
    dense = simulate(models.squared(), Coupling.from_positive_pairs(A), **how)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(views, "DENSE", 0)
        sparse = simulate(models.squared(), Coupling.from_positive_pairs(A), **how)
    assert "matrix exponential" in sparse.method
    assert_close(sparse.labels, dense.labels)
    assert_close(sparse.samples(range(len(A))), dense.samples(range(len(A))))
    assert_close(sparse.loss, dense.loss)
    assert sparse.accuracy == dense.accuracy or t > 5  # of views that have met, rounding decides


def test_small_rates_of_large_graphs_keep_their_relative_accuracy():
    """A ring of n views: 1 - cos(2 pi m / n), twice each."""
    n = 4000
    pairs = Coupling.from_positive_pairs(nx.cycle_graph(n))
    exact = 2 * np.sin(np.pi * np.array([1, 1, 2, 2]) / n) ** 2
    np.testing.assert_allclose(pairs.shared_rates(5)[1:], exact, rtol=1e-8)
    np.testing.assert_allclose([1 / pairs.slow_time(), 1 / pairs.shared_slow_time()], exact[0], rtol=1e-8)
    np.testing.assert_allclose(pairs.frustration(4)[2:], exact[:2] * (2 - exact[:2]), rtol=1e-8)


def test_large_sparse_graphs_are_simulated_without_square_matrices():
    """As many numbers as there are pairs of a sparse graph and embeddings, not as pairs of views: 128 MB here."""
    n = 4000
    ring = scipy.sparse.diags_array([np.ones(n - 1), np.ones(n - 1), [1.0], [1.0]], offsets=[-1, 1, n - 1, 1 - n])
    pairs = Coupling.from_positive_pairs(ring)
    tracemalloc.start()
    for loss in (models.squared(), models.spectral_contrastive()):
        run = simulate(loss, pairs, dimension=2, times=[0.0, 1.0], initial=pairs.shared_start(2))
        assert run.loss[1] < run.loss[0]
    pairs.shared_rates(3), pairs.rates(3), pairs.slow_time()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


@given(pair_graphs(), seeds, st.sampled_from(["degree", "uniform"]))
def test_one_encoder_decays_at_its_rates(A, seed, mobility):
    """The coefficient of each mode, through the simulation of both views, which stay alike."""
    pairs, t = Coupling.from_positive_pairs(A, mobility), 0.7
    start = pairs.shared_start(2, seed)
    run = simulate(models.squared(), pairs, dimension=2, times=[0.0, t], initial=start)
    eta = np.ones(len(A)) if mobility == "uniform" else 1 / A.sum(1)
    S = np.sqrt(eta)[:, None] * (np.diag(A.sum(1)) - A) * np.sqrt(eta)
    moved = start["Y"] / np.sqrt(eta) @ scipy.linalg.expm(-t * S) * np.sqrt(eta)
    assert_close(run.labels[1], moved)
    assert_close(run.samples(range(len(A)))[1], moved)


@pytest.mark.parametrize(
    ("loss", "parameters"),
    [
        (models.spectral_contrastive, {}),
        (models.simsiam, {}),
        (models.barlow_twins, {"alpha": 0.1}),
        (models.vicreg, {"alpha": 1.0, "zeta": 0.5, "epsilon": 0.01}),
        (models.coding_rate, {"alpha": 0.2, "epsilon": 0.5}),
    ],
)
def test_losses_that_treat_views_alike_keep_one_encoder(loss, parameters):
    pairs = Coupling.from_augmentations([[0.6, 0.4, 0.0, 0.0], [0.0, 0.1, 0.5, 0.4], [0.2, 0.0, 0.0, 0.8]])
    start = pairs.shared_start(3)
    run = simulate(loss(), pairs, dimension=3, times=[0.0, 2.0], parameters=parameters, initial=start, by=Direct())
    assert np.allclose(run.end["X"], run.end["Y"], rtol=0, atol=1e-6)
    assert run.loss[1] < run.loss[0]


def test_large_graphs_give_their_slowest_rates(monkeypatch):
    """Two rings of different length: rates 1 - cos(2 pi m / n), each twice, and two zeros."""
    monkeypatch.setattr(views, "DENSE", 20)
    monkeypatch.setattr(spectrum, "DENSE", 20)
    sizes = 31, 40
    ring = nx.disjoint_union(*(nx.cycle_graph(n) for n in sizes))
    exact = np.sort(np.concatenate([1 - np.cos(2 * np.pi * np.arange(n) / n) for n in sizes]))[:8]
    pairs = Coupling.from_positive_pairs(ring)
    assert_close(pairs.shared_rates(8), exact)
    assert_close(pairs.signed_correlations(8), 1 - exact)
    assert [pairs.shared_rates(k).tolist() for k in (0, 1, 2)] == [[], [0.0], [0.0, 0.0]]
    assert_close(Coupling.from_positive_pairs(ring, "uniform").shared_rates(5), 2 * exact[:5])
    for refused in (pairs.shared_rates, pairs.modes, pairs.rates, pairs.spectrum):
        with pytest.raises(InputError, match="at most 20"):
            refused()


@pytest.mark.parametrize(
    ("A", "message"),
    [
        ([[0, 1], [2, 0]], r"symmetric matrix of positive pairs, got 1 at \(0, 1\) and 2 at \(1, 0\)"),
        ([[1, 1]], "a square matrix"),
        ([[0, -1], [-1, 0]], "non-negative"),
        ([[1, 0], [0, 0]], "coupled to something"),
        (nx.DiGraph([(0, 1)]), "coupled to something"),
        (nx.DiGraph([(0, 1), (1, 2), (2, 0)]), "symmetric"),
    ],
)
def test_what_is_no_graph_of_pairs_is_refused(A, message):
    with pytest.raises(InputError, match=message):
        Coupling.from_positive_pairs(A)


def test_what_has_no_meaning_is_refused():
    moved = Coupling.from_positive_pairs([[0, 1], [1, 0]], mobility=(1.0, 2.0))
    for refused in (moved.shared_rates, lambda: moved.shared_start(2)):
        with pytest.raises(InputError, match="one mobility of both views"):
            refused()
    with pytest.raises(InputError, match="what is paired"):
        Coupling([[1.0]]).positive_pairs("classes")
    with pytest.raises(InputError, match=r"each of 1 samples, got weights of shape \(1,\), not all positive"):
        Coupling.from_augmentations([[1.0]], [-1.0])
    with pytest.raises(InputError, match="sum to one"):
        Coupling.from_augmentations([[0.5]])
    with pytest.raises(InputError, match="positive pairs"):
        Coupling.uniform(2, 10**5, 0.0).positive_pairs()
    with pytest.raises(InputError, match="draw them by an augmentation"):
        Coupling.from_data([[0.0], [1.0], [3.0]], [0, 1, 1]).positive_pairs()
