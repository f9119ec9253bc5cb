"""Couplings of which some pairs repel: rates of growth, runs against the matrix exponential, and where the theory stops."""

import networkx as nx
import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import couplings, seeds
from tests.theory.oracles import assert_close
from theory import Coupling, Direct, Exact, GradientDescent, InputError, OrderParameters, expected_curves, models, simulate
from theory.coupling import signed
from theory.coupling.class_graph import class_graph
from theory.coupling.signed import SignedViews, contrast
from theory.coupling.views import Views


@st.composite
def signed_weights(draw):
    """Weights of both signs without an empty row or column."""
    rng = np.random.default_rng(draw(seeds))
    J = rng.choice([-0.5, 0.0, 0.5, 1.0], (draw(st.integers(1, 5)), draw(st.integers(2, 4))))
    J[:, 0][~J.any(1)] = 1.0
    J[0, ~J.any(0)] = 1.0
    J[0, 1] = -0.5
    return J


def operator(J):
    """D - A, from its definition."""
    n, k = J.shape
    A = np.block([[np.zeros((n, n)), J], [J.T, np.zeros((k, k))]])
    return np.diag(A.sum(1)) - A


@given(signed_weights(), seeds)
def test_rates_are_eigenvalues_whatever_their_sign(J, seed):
    eta = np.random.default_rng(seed).uniform(0.5, 2, sum(J.shape))
    coupling = Coupling.from_signed_weights(J, (eta[: len(J)], eta[len(J) :]))
    assert_close(coupling.rates(), np.sort(np.linalg.eigvals(operator(J) * eta).real))
    assert_close(coupling.rates(2), coupling.rates()[:2])
    assert_close(np.sort(np.linalg.eigvals(coupling.quotient().operator).real)[0], min(coupling.rates()[0], 0.0))


@given(couplings())
def test_weights_that_attract_are_the_coupling_that_they_were(J):
    coupling, plain = Coupling.from_signed_weights(J, "degree"), Coupling(J)
    assert_close(coupling.rates(), plain.rates())
    assert_close(coupling.modes(), plain.modes())
    assert coupling.slow_time() == pytest.approx(plain.slow_time())
    assert coupling.total_weight == pytest.approx(plain.total_weight)


@given(signed_weights(), seeds)
def test_every_method_but_the_exact_one_follows_repulsion(J, seed):
    coupling, t = Coupling.from_signed_weights(J), 0.7
    rng = np.random.default_rng(seed)
    start = {"X": rng.standard_normal((2, J.shape[0])), "Y": rng.standard_normal((2, J.shape[1]))}
    moved = np.hstack([start["X"], start["Y"]]) @ scipy.linalg.expm(-t * operator(J))
    for by in (None, Direct(), OrderParameters()):
        run = simulate(models.squared(), coupling, dimension=2, times=[0.0, t], initial=start, by=by)
        assert_close(run.labels[1], moved[:, len(J) :], 1e-6)
        pairs = moved[:, : len(J), None] - moved[:, None, len(J) :]
        assert_close(run.loss[1], np.sum(J * np.sum(pairs**2, axis=0)) / 2, 1e-6)


def test_finite_steps_follow_repulsion():
    """Ten steps of (1 - step (D - A))."""
    J = np.array([[1.0, -0.4], [0.3, 1.0], [-0.2, 0.5]])
    start = {"X": np.ones((1, 3)) * [1.0, -1.0, 0.5], "Y": np.array([[0.3, -0.7]])}
    optimiser = GradientDescent(0.1)
    run = simulate(models.squared(), Coupling.from_signed_weights(J), dimension=1, times=[0, 1.0], initial=start, by=optimiser)
    whole = np.hstack([start["X"], start["Y"]]) @ np.linalg.matrix_power(np.eye(5) - 0.1 * operator(J), 10)
    assert_close(run.labels[1], whole[:, 3:])


def test_only_labels_that_attract_are_own():
    coupling = Coupling.from_signed_weights([[1, -0.5], [-0.5, 0]])
    assert coupling.is_own(np.array([0, 0])).tolist() == [True, False]
    assert coupling.is_own(np.array([1, 1])).tolist() == [False, False]


@pytest.mark.parametrize(
    "ask",
    [
        Coupling.modes,
        Coupling.frustration,
        Coupling.slow_time,
        Coupling.fast_time,
        Coupling.spectrum,
        Coupling.positive_pairs,
        class_graph,
        lambda c: simulate(models.squared(), c, dimension=2, times=[0, 1], by=Exact()),
        lambda c: expected_curves(c, times=[0, 1], dimension=2),
    ],
)
def test_what_needs_a_laplacian_is_refused(ask):
    with pytest.raises(InputError, match="couplings that attract, got weights that repel; use rates"):
        ask(Coupling.from_signed_weights([[1, -0.5], [-0.5, 1], [1, 0]]))


def test_inverse_degrees_and_means_need_positive_degrees():
    vanishing = [[1, -1], [-1, 1]]
    with pytest.raises(InputError, match="positive degrees for inverse degrees as mobility, got 0"):
        Coupling.from_signed_weights(vanishing, "degree")
    with pytest.raises(InputError, match="a positive total weight for means over pairs, got 0"):
        simulate(models.spectral_contrastive(), Coupling.from_signed_weights(vanishing), dimension=2, times=[0, 1])
    with pytest.raises(InputError, match="from_signed_weights for pairs that repel"):
        Coupling(vanishing)
    with pytest.raises(InputError, match="expected finite couplings, got nan"):
        Coupling.from_signed_weights([[1, np.nan]])
    with pytest.raises(InputError, match="sample 0 without coupling"):
        Coupling.from_signed_weights([[0, 0]])


# -- two views ---------------------------------------------------------------------------------------------------------


@st.composite
def signed_graphs(draw, least=2, most=7):
    """Symmetric weights of both signs without an empty row, some of them loops."""
    size, rng = draw(st.integers(least, most)), np.random.default_rng(draw(seeds))
    A = np.triu(rng.choice([-0.5, 0.0, 0.0, 0.5, 1.0], (size, size)))
    A = A + A.T
    empty = ~A.any(1)
    A[empty, empty] = 1.0
    A[0, 1] = A[1, 0] = -0.5
    return A


@given(signed_graphs(), seeds)
def test_one_encoder_has_the_rates_of_the_signed_graph(A, seed):
    eta = np.random.default_rng(seed).uniform(0.5, 2, len(A))
    pairs = Coupling.from_signed_weights(A, (eta, eta))
    assert isinstance(pairs, SignedViews)
    assert_close(pairs.shared_rates(), np.sort(np.linalg.eigvals((np.diag(A.sum(1)) - A) * eta).real))
    start, t = pairs.shared_start(2, seed), 0.7
    run = simulate(models.squared(), pairs, dimension=2, times=[0.0, t], initial=start, by=Direct())
    moved = start["X"] @ scipy.linalg.expm(-t * (np.diag(A.sum(1)) - A) * eta)
    assert_close(run.end["X"], moved, 1e-6)
    assert_close(run.end["X"], run.end["Y"], 1e-9)


@given(signed_graphs())
def test_correlations_of_signed_graphs_need_positive_degrees(A):
    pairs, degrees = Coupling.from_signed_weights(A), A.sum(1)
    if degrees.min() <= 0:
        with pytest.raises(InputError, match=r"positive degrees for correlations, got .*; use shared_rates"):
            pairs.signed_correlations()
        return
    nu = np.linalg.eigvalsh(A / np.sqrt(np.outer(degrees, degrees)))[::-1]
    assert_close(pairs.signed_correlations(), nu)
    assert_close(Coupling.from_signed_weights(A, "degree").shared_rates(), 1 - nu)


@given(signed_graphs(6, 10), st.integers(0, 3))
def test_large_signed_graphs_are_as_dense_ones(A, k):
    pairs = Coupling.from_signed_weights(A)
    expected = pairs.shared_rates(k), pairs.rates(k)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(signed, "DENSE", 0)
        assert_close(pairs.shared_rates(k), expected[0])
        assert_close(pairs.rates(k), expected[1])


def test_symmetric_weights_that_attract_are_positive_pairs():
    assert isinstance(Coupling.from_signed_weights([[0, 1], [1, 0]]), Views)
    assert isinstance(Coupling.from_signed_weights(nx.Graph([(0, 1, {"weight": -1.0})])), SignedViews)


@given(seeds, st.integers(3, 6))
def test_contrast_is_the_spectral_loss_to_first_order(seed, size):
    """Beside the trivial mode, of length one, small embeddings grow at 2 nu / m."""
    rng, small, t = np.random.default_rng(seed), 1e-6, 3.0
    A = rng.uniform(0, 1, (size, size))
    pairs = Coupling.from_positive_pairs((A + A.T) / 2)
    against, m = contrast(pairs), pairs.total_weight
    assert_close(against.shared_rates(), np.sort(np.append(-pairs.signed_correlations()[1:], 0.0)))
    z = small * against.shared_start(2, seed)["X"]
    X, exactly = np.vstack([np.ones(size), z]), Direct(rtol=1e-11, atol=1e-16)
    spectral = {"dimension": 3, "times": [0, t], "initial": {"X": X, "Y": X}, "by": exactly}
    squared = {"dimension": 2, "times": [0, 2 * t / m], "initial": {"X": z, "Y": z}, "by": exactly}
    found = simulate(models.spectral_contrastive(), pairs, **spectral).end["Y"]
    expected = simulate(models.squared(), against, **squared).end["Y"]
    assert_close(found[1:] / small, expected / small, 1e-6)
    assert_close(found[0], np.ones(size), 1e-9)


def test_contrast_couples_every_two_views():
    with pytest.raises(InputError, match="at most 2500 views, of which every two are coupled"):
        contrast(Coupling.from_positive_pairs(scipy.sparse.eye_array(3000)))
