"""Modes, rates, time scales and components of couplings, against dense linear algebra and networkx."""

import networkx as nx
import numpy as np
import pytest
import scipy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.strategies import couplings, moved_couplings
from tests.theory.oracles import assert_close, component_count, dense_label_rates, dense_mobility, dense_modes, dense_operator
from theory import Coupling, InputError, UnfinishedError
from theory.coupling import spectrum

many = settings(max_examples=60)  # examples are cheap here


# -- modes and rates ---------------------------------------------------------------------------------------------------


@many
@given(couplings())
def test_modes_are_the_singular_values_of_the_normalised_coupling(J):
    coupling = Coupling(J)
    assert_close(coupling.modes(), dense_modes(J))
    assert_close(coupling.frustration(), 1 - dense_modes(J) ** 2)
    assert len(coupling.modes()) == min(J.shape)


@many
@given(couplings(), st.integers(1, 6))
def test_largest_modes_and_smallest_rates_are_the_first_ones(J, count):
    coupling = Coupling(J)
    assert np.array_equal(coupling.modes(count), coupling.modes()[:count])
    assert np.array_equal(coupling.rates(count), coupling.rates()[:count])


@many
@given(moved_couplings())
def test_modes_do_not_depend_on_the_mobility(moved):
    J, mobility = moved
    assert_close(Coupling(J, mobility).modes(), dense_modes(J))


@many
@given(moved_couplings())
def test_rates_are_the_dense_eigenvalues_with_their_multiplicities(moved):
    J, mobility = moved
    assert_close(Coupling(J, mobility).rates(), np.linalg.eigvalsh(dense_operator(J, mobility)))


@many
@given(moved_couplings())
def test_slow_and_fast_time_are_the_extreme_rates_that_move_labels(moved):
    J, mobility = moved
    assume(J.shape[0] >= J.shape[1])
    coupling, rates = Coupling(J, mobility), dense_label_rates(J, mobility)
    assert_close(1 / coupling.fast_time(), rates[-1])
    if component_count(J) < J.shape[1]:
        assert_close(1 / coupling.slow_time(), rates[0])


@many
@given(moved_couplings())
def test_quotient_with_the_deviations_inside_types_is_the_whole_operator(moved):
    J, mobility = moved
    parts = Coupling(J, mobility).quotient()
    rates = np.concatenate([np.linalg.eigvalsh(parts.operator), np.repeat(parts.within_rates, parts.multiplicities)])
    assert_close(np.sort(rates), np.linalg.eigvalsh(dense_operator(J, mobility)))


@many
@given(couplings(), st.sampled_from(["degree", "uniform"]))
def test_quotient_is_the_operator_on_type_means_and_labels(J, mobility):
    """The columns of P spread a type over its samples, keeping lengths; samples of a type are equal but for their order."""
    coupling = Coupling(J, mobility)
    spread = (coupling.type_of[:, None] == np.arange(len(coupling.counts))) / np.sqrt(coupling.counts)
    P = scipy.linalg.block_diag(spread, np.eye(J.shape[1]))
    assert_close(coupling.quotient().operator, P.T @ dense_operator(J, mobility) @ P)


def test_rates_that_move_no_label_do_not_set_the_slow_time():
    """Two samples of one label differ slowly from each other, with their weighted mean and the label at rest."""
    J = np.array([[1, 0, 0], [2, 0, 0], [0, 1, 0], [0, 0.5, 0.5], [0, 0, 1]])
    mobility = ([0.01, 0.005, 1.0, 1.0, 1.0], 1.0)
    coupling = Coupling(J, mobility)
    assert np.any(np.isclose(coupling.rates(), 0.01))
    assert_close(1 / coupling.slow_time(), dense_label_rates(J, mobility)[0])
    assert coupling.slow_time() < 20


@pytest.mark.parametrize("mobility", ["degree", "uniform"])
def test_slow_time_of_fewer_samples_than_labels_is_that_of_their_labels(mobility):
    """One sample between two labels: the labels' difference decays at rate 1 and no mode that moves labels is slower."""
    J = np.ones((1, 2))
    assert_close(1 / Coupling(J, mobility).slow_time(), dense_label_rates(J, mobility)[0])


@many
@given(couplings())
def test_rates_under_the_default_mobility_are_one_minus_and_plus_the_modes(J):
    mu = dense_modes(J)
    rest = np.ones(sum(J.shape) - 2 * len(mu))
    assert_close(Coupling(J).rates(), np.sort(np.concatenate([1 - mu, 1 + mu, rest])))


@many
@given(couplings(), st.floats(0.1, 10))
def test_default_rates_and_modes_do_not_depend_on_the_unit_of_weight(J, unit):
    one, other = Coupling(J), Coupling(unit * J)
    assert_close(one.modes(), other.modes())
    assert_close(one.rates(), other.rates())


@many
@given(couplings(), st.floats(0.1, 10))
def test_rates_of_uniform_mobility_scale_with_the_weights(J, unit):
    assert_close(Coupling(unit * J, "uniform").rates() / unit, Coupling(J, "uniform").rates())


@many
@given(couplings())
def test_splitting_a_sample_into_halves_changes_no_mode(J):
    halves = np.repeat(J / 2, 2, axis=0)
    positive = dense_modes(J)
    assert_close(Coupling(halves).modes()[: len(positive)], positive)
    assert_close(Coupling(halves).modes()[len(positive) :], np.zeros(min(halves.shape) - len(positive)))


@given(moved_couplings(), st.floats(0.01, 3))
def test_rates_solve_the_equation_on_labels_alone(moved, offset):
    """§2: det[D_y - r/eta_y - J^T (D_x - r/eta_x)^-1 J] has the sign changes of the characteristic polynomial."""
    J, mobility = moved
    samples = len(J)
    eta = dense_mobility(J, mobility)
    rate = offset + 0.0137  # away from poles and roots with probability one
    rest = J.sum(1) - rate / eta[:samples]
    assume(np.abs(rest).min() > 1e-3)
    label_only = np.diag(J.sum(0) - rate / eta[samples:]) - J.T @ (J / rest[:, None])
    determinant = np.linalg.det(label_only) * np.prod(rest) * np.prod(eta)
    assert_close(determinant, np.prod(Coupling(J, mobility).rates() - rate), rounding=1e-8)


# -- components --------------------------------------------------------------------------------------------------------


@many
@given(couplings())
def test_components_are_those_of_the_graph(J):
    coupling = Coupling(J)
    assert coupling.components == component_count(J)
    assert coupling.components == nx.number_connected_components(coupling.graph)
    assert coupling.components == int(np.sum(dense_modes(J) > 1 - 1e-12))


@many
@given(couplings())
def test_classifiable_iff_every_label_has_a_component_of_its_own(J):
    coupling = Coupling(J)
    assert coupling.classifiable == (component_count(J) == J.shape[1])
    assert coupling.classifiable == np.isinf(coupling.slow_time())
    assert coupling.classifiable == all(np.count_nonzero(row) == 1 for row in J)


@pytest.mark.parametrize("mobility", ["degree", "uniform", (2.0, 0.5)], ids=str)
def test_single_wrong_label_stays_classifiable(mobility):
    coupling = Coupling.from_labels(
        [{0}, {0}, {1}, {1}, {0}, {2}, {1}], mobility=mobility
    )  # whatever label is wrong, it is the only one
    assert coupling.classifiable
    assert coupling.slow_time() == float("inf")


@pytest.mark.parametrize("mobility", ["degree", "uniform", (2.0, 0.5)], ids=str)
def test_one_frustrated_sample_joins_two_components(mobility):
    coupling = Coupling.from_labels([{0}] * 5 + [{1}] * 5 + [{2}] * 5 + [{0, 1}], mobility=mobility)
    assert coupling.components == 2
    assert not coupling.classifiable
    assert np.isfinite(coupling.slow_time())


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
