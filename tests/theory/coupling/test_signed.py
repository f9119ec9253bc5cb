"""Couplings of which some pairs repel: rates of growth, runs against the matrix exponential, and where the theory stops."""

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import couplings, seeds
from tests.theory.oracles import assert_close
from theory import Coupling, Direct, Exact, GradientDescent, InputError, OrderParameters, expected_curves, models, simulate
from theory.coupling.class_graph import class_graph


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
