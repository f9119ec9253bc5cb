"""The class graph against the label-only equation it expands, dense eigenvalues and cases worked by hand."""

import networkx as nx
import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import couplings, moved_couplings, seeds
from tests.theory.oracles import assert_close, component_count, dense_mobility, dense_operator, slope
from theory import Coupling, InputError
from theory.coupling.class_graph import class_graph

many = settings(max_examples=60)  # examples are cheap here


def eliminated(J, mobility, r):
    """S(r): the labels' operator once the samples are eliminated, as it is defined."""
    h = dense_mobility(J, mobility)
    hx, hy = h[: len(J)], h[len(J) :]
    return np.diag(J.sum(0) - r / hy) - J.T @ (J / (J.sum(1) - r / hx)[:, None])


def laplacian(conductances):
    return np.diag(conductances.sum(1)) - conductances


# -- what it holds -----------------------------------------------------------------------------------------------------


@many
@given(moved_couplings())
def test_laplacian_and_masses_are_the_label_only_equation_to_first_order(moved):
    J, mobility = moved
    reduced = class_graph(Coupling(J, mobility))
    assert_close(reduced.laplacian, eliminated(J, mobility, 0.0))
    inertia = -slope(lambda at: eliminated(J, mobility, at["r"]), {"r": 0.0}, {"r": 1.0})
    assert_close(np.diag(reduced.masses) - laplacian(reduced.lagged_conductances), inertia)


@many
@given(moved_couplings())
def test_lagged_masses_are_the_label_only_equation_at_second_order_seen_by_equal_labels(moved):
    """Labels at one place feel no conductance, so that only masses are left of S(r): r M0 + r² M1 + ..."""
    J, mobility = moved
    reduced, rest = class_graph(Coupling(J, mobility)), np.ones(J.shape[1])
    first = slope(lambda at: eliminated(J, mobility, at["r"]) @ rest, {"r": 0.0}, {"r": 1.0})
    assert_close(reduced.masses, -first)
    step = 1e-3 * min(J.sum(1) * dense_mobility(J, mobility)[: len(J)])
    beyond = [-(eliminated(J, mobility, r) @ rest) / r for r in (step, -step)]
    np.testing.assert_allclose((beyond[0] - beyond[1]) / (2 * step), reduced.lagged_masses, rtol=1e-5)


@many
@given(moved_couplings())
def test_total_mass_is_the_weight_of_the_conserved_centroid(moved):
    J, mobility = moved
    assert_close(class_graph(Coupling(J, mobility)).masses.sum(), np.sum(1 / dense_mobility(J, mobility)))


@many
@given(moved_couplings())
def test_rows_of_the_laplacian_sum_to_zero_and_conductances_join_different_labels_both_ways(moved):
    reduced = class_graph(Coupling(*moved))
    assert_close(reduced.laplacian.sum(axis=1), np.zeros(len(reduced.masses)))
    for conductances in (reduced.conductances, reduced.lagged_conductances):
        assert np.array_equal(conductances, conductances.T)
        assert not conductances.diagonal().any()
        assert (conductances >= 0).all()


@many
@given(moved_couplings())
def test_graph_shows_the_masses_and_conductances_and_is_connected_like_the_coupling(moved):
    J, mobility = moved
    reduced = class_graph(Coupling(J, mobility))
    assert nx.number_connected_components(reduced.graph) == component_count(J)
    assert_close(nx.to_numpy_array(reduced.graph, weight="conductance"), reduced.conductances)
    assert [mass for _, mass in reduced.graph.nodes(data="mass")] == list(reduced.masses)


# -- rates -------------------------------------------------------------------------------------------------------------


@many
@given(moved_couplings())
def test_leading_rates_are_the_generalised_eigenvalues_of_laplacian_and_masses(moved):
    J, mobility = moved
    reduced = class_graph(Coupling(J, mobility))
    assert_close(reduced.rates(), scipy.linalg.eigh(eliminated(J, mobility, 0.0), np.diag(reduced.masses), eigvals_only=True))


@many
@given(moved=moved_couplings())
@pytest.mark.parametrize("order", [1, 2])
def test_rates_ascend_from_one_zero_for_each_component(moved, order):
    J, mobility = moved
    rates = class_graph(Coupling(J, mobility)).rates(order)
    assert len(rates) == J.shape[1]
    assert np.count_nonzero(rates == 0) == component_count(J)
    assert (np.diff(rates) >= 0).all()


@many
@given(couplings())
def test_rates_under_the_default_mobility_follow_from_the_frustration_of_each_mode(J):
    """All lags are one, so that the equation of a mode is ψ/(1-r) = r (1 + 1/(1-r)); expanded, r = ψ/2 and r = ψ/2/(1-ψ/4)."""
    reduced = class_graph(Coupling(J))
    scale = J.sum(0) ** -0.5
    psi = np.linalg.eigvalsh(np.eye(J.shape[1]) - scale[:, None] * (J.T @ (J / J.sum(1)[:, None])) * scale)
    assert_close(reduced.rates(1), psi / 2)
    assert_close(reduced.rates(2), psi / 2 / (1 - psi / 4))


@pytest.mark.parametrize(("pure", "joint", "hx", "hy"), [(5, 1, 1.0, 1.0), (7, 3, 0.5, 0.25), (1, 2, 2.0, 3.0)])
def test_two_classes_by_hand(pure, joint, hx, hy):
    """The difference of two labels does not move the samples between them: all is one equation of masses and a spring."""
    coupling = Coupling.from_labels([{0}] * pure + [{1}] * pure + [{0, 1}] * joint, mobility=(hx, hy))
    reduced = class_graph(coupling)
    assert_close(reduced.masses, np.full(2, 1 / hy + (pure + joint / 2) / hx))
    assert_close(reduced.conductances, joint / 4 * np.array([[0, 1], [1, 0]]))
    leading = joint / 2 / (1 / hy + (pure + joint / 2) / hx)
    assert_close(reduced.rates()[1], leading)
    lagging = leading / hx * (1 / hy) / (1 / hy + (pure + joint / 2) / hx)
    assert_close(reduced.rates(order=2)[1], leading / (1 - lagging))


@st.composite
def weak_couplings(draw):
    """A function of the number of pure samples, with a few frustrated ones; labels slow or fast, samples of two mobilities."""
    rng, labels = np.random.default_rng(draw(seeds)), draw(st.integers(2, 5))
    ring = np.eye(labels) + np.roll(np.eye(labels), 1, axis=1)
    joint = np.vstack([ring, rng.uniform(0.2, 1, (draw(st.integers(0, 4)), labels))])
    unit, hx, slow = rng.uniform(0.5, 2, labels), rng.uniform(0.5, 2, 1 + len(joint)), draw(st.booleans())

    def strength(pure):
        J = np.vstack([np.repeat(np.diag(unit), pure, axis=0), joint])
        return Coupling(J, (np.concatenate([np.full(labels * pure, hx[0]), hx[1:]]), 1 / pure if slow else 1.0))

    return strength


def exact(coupling):
    """The rates of the classes, where they are the slowest ones."""
    return coupling.rates(coupling.labels)


def slowness(coupling):
    """ρ: the fastest class rate times the longest lag of a sample."""
    return exact(coupling)[-1] / np.min(coupling.sample_mobility * coupling.sample_degrees)


@many
@given(moved_couplings())
def test_rates_slow_against_every_sample_are_within_a_known_factor_of_the_leading_ones(moved):
    """Each sample's part of S(r) lies between once and 1/(1-ρ) times its leading part, and so do the eigenvalues."""
    J, mobility = moved
    lag = 1 / np.min(J.sum(1) * dense_mobility(J, mobility)[: len(J)])
    rates = np.linalg.eigvalsh(dense_operator(J, mobility))[component_count(J) : J.shape[1]]
    leading = class_graph(Coupling(J, mobility)).rates()[component_count(J) :]
    slow = rates * lag < 1 - 1e-9
    factor = leading[slow] / rates[slow] * (1 - rates[slow] * lag) ** np.array([[1], [-1]])
    assert (factor[0] <= 1 + 1e-9).all()
    assert (factor[1] >= 1 - 1e-9).all()


@given(coupling=weak_couplings(), pure=st.integers(20, 500))
@pytest.mark.parametrize("order", [1, 2])
def test_error_is_of_the_stated_order_in_the_slowness_where_frustrated_samples_are_few(coupling, pure, order):
    weak = coupling(pure)
    assert class_graph(weak).error(exact(weak), order) <= 2 * slowness(weak) ** order


@given(J=couplings(), mobility=st.sampled_from(["degree", "uniform"]), strength=st.floats(1e-3, 1e-2))
@pytest.mark.parametrize("order", [1, 2])
def test_error_is_of_the_stated_order_in_the_slowness_where_labels_are_soft(J, mobility, strength, order):
    """Every sample is frustrated, but little: its own label and a small weight on the others."""
    J = np.vstack([J, np.eye(J.shape[1])])
    soft = Coupling(np.eye(J.shape[1])[J.argmax(1)] + strength * (J + 0.1), mobility)
    assert class_graph(soft).error(exact(soft), order) <= 2 * slowness(soft) ** order


@pytest.mark.parametrize("mobility", ["degree", (1.0, 1e-3)], ids=str)
@pytest.mark.parametrize("family", [Coupling.uniform, Coupling.pairs], ids=["uniform", "pairs"])
@pytest.mark.parametrize("order", [1, 2])
def test_error_falls_with_the_stated_power_of_the_fraction(family, mobility, order):
    fractions = 0.08 / 2.0 ** np.arange(5)
    made = [family(classes=4, samples=12_000, fraction=fraction, mobility=mobility) for fraction in fractions]
    errors = [class_graph(coupling).error(exact(coupling), order) for coupling in made]
    assert abs(np.polyfit(np.log(fractions), np.log(errors), 1)[0] - order) < 0.05


@pytest.mark.parametrize("order", [1, 2])
def test_error_is_the_largest_relative_one_of_the_rates_given(order):
    reduced = class_graph(Coupling.from_labels([{0}, {1}, {2}, {0, 1}, {1, 2}, {3}]))
    rates = reduced.rates(order)
    assert reduced.components == 2
    assert_close(reduced.error(rates * [1, 1, 1, 1.25], order), 0.2)
    assert_close(reduced.error(rates * [1, 1, 0.8, 1.25], order), 0.25)
    assert_close(reduced.error(rates[:3] * 0.8, order), 0.25)


# -- limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mobility", ["degree", "uniform", (2.0, 0.5)], ids=str)
def test_classifiable_data_have_no_conductances_and_rest(mobility):
    coupling = Coupling.from_labels([{0}, {0}, {1}, {2}, {2}, {1}], mobility=mobility)
    reduced = class_graph(coupling)
    assert not reduced.conductances.any()
    assert reduced.graph.number_of_edges() == 0
    for order in (1, 2):
        assert not reduced.rates(order).any()
        assert reduced.error(exact(coupling), order) == 0


@pytest.mark.parametrize("order", [1, 2])
def test_a_million_samples_are_as_many_as_their_types(order):
    fraction = 1e-3
    coupling = Coupling.uniform(classes=10, samples=10**6, fraction=fraction)
    rates = class_graph(coupling).rates(order)
    np.testing.assert_allclose(rates[1:], 1 - np.sqrt(1 - fraction), rtol=fraction**order / 3)


def test_an_encoder_has_no_class_graph():
    rng = np.random.default_rng(0)
    encoder = Coupling.from_data(rng.standard_normal((20, 3)), [0, 1] * 10)
    with pytest.raises(InputError, match="encoder"):
        class_graph(encoder)


def test_another_order_is_refused():
    with pytest.raises(InputError, match="order 1 or 2"):
        class_graph(Coupling([[1, 0], [1, 1]])).rates(order=3)
