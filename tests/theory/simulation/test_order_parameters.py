"""Order parameters: the same trajectories as integrating every sample, and starts that are exact in distribution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Trace

from tests.strategies import moved_couplings, seeds
from tests.theory.simulation.common import UNSHRUNK
from theory import Coupling, InputError, Loss, models, simulate
from theory.models.vocabulary import D_x, J, X, Y
from theory.simulation import order_parameters
from theory.simulation.closure import closure
from theory.simulation.order_parameters import Groups, drawn_samples, given_samples

TIMES = [0.0, 0.4, 2.0, 9.0]
heads = st.sampled_from(["none", "samples", "labels", "both", "shared"])
stops = st.sampled_from(["none", "labels", "samples", "both"])


@settings(max_examples=25, phases=UNSHRUNK)
@given(moved_couplings(), heads, stops, st.integers(1, 4), seeds, st.floats(0, 0.1), st.floats(0, 0.1))
def test_both_methods_record_the_same(drawn, head, stop, dimension, seed, decay, head_decay):
    J, mobility = drawn
    coupling, model = Coupling(J, mobility), models.projection_head(head=head, stop=stop)
    given_decays = {"lambda": decay} | ({"kappa": head_decay} if head != "none" else {})
    options = dict(dimension=dimension, times=TIMES, seed=seed, parameters=given_decays, rtol=1e-11, atol=1e-14)
    every, few = (simulate(model, coupling, method=method, **options) for method in ("direct", "order-parameters"))
    size = np.abs(every.labels).max()
    assert np.allclose(few.labels, every.labels, rtol=0, atol=1e-6 * size)
    assert np.allclose(few.loss, every.loss, rtol=1e-5, atol=1e-7 * every.loss[0] + 1e-9)
    assert (few.head is None) == (every.head is None)
    if every.head is not None:
        assert np.allclose(few.head, every.head, rtol=0, atol=1e-6 * np.abs(every.head).max())
    assert list(few.conserved) == list(every.conserved)


@pytest.mark.parametrize("mobility", ["degree", "uniform", (0.4, 0.1)])
def test_accuracy_and_conserved_quantities_are_those_of_all_samples(mobility):
    coupling = Coupling.mixture([Coupling.random_pairs(4, 120, 0.3, seed=1), Coupling.uniform(4, 40, 0.2)], mobility)
    options = dict(dimension=3, times=[0, 1, 5, 40], seed=3, rtol=1e-9, atol=1e-12)
    every, few = (simulate(models.projection_head(), coupling, method=m, **options) for m in ("direct", "order-parameters"))
    assert np.array_equal(few.accuracy, every.accuracy)
    assert len(few.conserved) == 1
    assert all(drift.max() < 1e-7 for run in (few, every) for drift in run.conserved.values())


def test_auto_takes_order_parameters_where_types_are_few_and_says_so():
    model, few = models.projection_head(), Coupling.pairs(3, 60, 0.2)
    assert simulate(model, few, dimension=2, times=[0, 1]).method.startswith("order parameters of 6 types")
    apart = Coupling(np.random.default_rng(0).uniform(0.1, 1, (12, 3)))
    assert simulate(model, apart, dimension=2, times=[0, 1]).method.startswith("direct")
    assert simulate(models.embedding_only(), few, dimension=2, times=[0, 1]).method.startswith("exact")


def test_a_large_start_is_never_written_out_and_follows_the_small_one():
    """At a size at which samples are not drawn: separation and loss agree with those of few samples, scaled."""
    large = Coupling.uniform(3, 3 * 10**6, 0.1)
    run = simulate(models.projection_head(), large, dimension=2, times=[0, 1, 30], seed=1)
    assert 0 < run.accuracy_error[1] < 0.02
    # N → ∞: a sample loses what a label has not; per sample 2d, of which every pair of independent points has 2d.
    assert np.isclose(run.loss[0] / large.total_weight, 2 * 2, rtol=0.35)
    assert run.min_separation[-1] > 0.1


# -- samples, afterwards ------------------------------------------------------------------------------------------------


@settings(max_examples=8, phases=UNSHRUNK)
@given(moved_couplings(), heads, stops, seeds, st.data())
def test_any_samples_are_recovered_as_if_they_had_been_integrated(drawn, head, stop, seed, data):
    coupling, model = Coupling(*drawn), models.projection_head(head=head, stop=stop)
    options = dict(dimension=2, seed=seed, rtol=1e-9, atol=1e-12)
    few = simulate(model, coupling, method="order-parameters", times=[0.0, 0.7, 4.0], **options)
    chosen = data.draw(st.lists(st.integers(0, coupling.samples - 1), min_size=1))
    found = few.samples(chosen)
    assert found.shape == (3, 2, len(chosen))
    for t, embeddings in zip(few.times, found, strict=True):
        every = simulate(model, coupling, method="direct", times=[t], **options).end["X"]
        assert np.allclose(embeddings, every[:, chosen], rtol=0, atol=1e-6 * np.abs(every).max())


def test_samples_of_exact_runs_are_those_of_direct_ones():
    coupling = Coupling.random_pairs(4, 120, 0.3, seed=1)
    options = dict(dimension=3, times=[0.5, 3.0], seed=3, rtol=1e-10, atol=1e-12)
    run, every = (simulate(models.embedding_only(), coupling, method=m, **options) for m in ("exact", "direct"))
    assert np.allclose(run.samples([5, 0, 119])[-1], every.end["X"][:, [5, 0, 119]], atol=1e-8)


def test_samples_of_many_are_those_that_are_followed(monkeypatch):
    monkeypatch.setattr("theory.simulation.order_parameters.DRAWN", 100)
    monkeypatch.setattr(order_parameters, "FOLLOWED", 10)
    coupling = Coupling.random_pairs(3, 90, 0.3, seed=1)
    run = simulate(models.projection_head(), coupling, dimension=2, times=[0.0, 1.0], seed=4)
    followed = run.recover.samples.followed
    assert run.samples(followed).shape == (2, 2, 10)
    with pytest.raises(InputError, match="samples that are followed"):
        run.samples(np.setdiff1d(np.arange(90), followed)[:1])


def test_states_that_are_too_many_are_not_kept(monkeypatch):
    monkeypatch.setattr("theory.simulation.order_parameters.KEPT", 10)
    run = simulate(models.projection_head(), Coupling.uniform(2, 40, 0.5), dimension=2, times=[0, 1])
    with pytest.raises(InputError, match="keeps its states"):
        run.samples([0])
    assert set(run.end) >= {"M", "Y", "W"}


@pytest.mark.parametrize("chosen", [[40], [-1], [0.5], 3, [[1]], ["a"], None], ids=str)
@pytest.mark.parametrize("model", [models.projection_head(), models.embedding_only()], ids=["head", "exact"])
def test_what_are_no_samples_are_refused(model, chosen):
    run = simulate(model, Coupling.uniform(2, 40, 0.5), dimension=2, times=[0, 1])
    with pytest.raises(InputError, match="a list of samples"):
        run.samples(chosen)


def test_direct_runs_have_no_propagators():
    run = simulate(models.projection_head(), Coupling.uniform(2, 40, 0.5), dimension=2, times=[0, 1], method="direct")
    with pytest.raises(InputError, match="order-parameters"):
        run.samples([0])


# -- starts that are drawn ----------------------------------------------------------------------------------------------


def moments(start, coupling):
    """Means scaled to unit variance, and traces of scatters over their expectation."""
    d, several = len(start.means), coupling.counts > 1
    scaled = start.means * np.sqrt(coupling.counts)
    trace = np.trace(start.scatters, axis1=1, axis2=2)[several] / ((coupling.counts[several] - 1) * d)
    first = start.scatters[several, 0, 0] / (coupling.counts[several] - 1)
    crossed = start.scatters[several, 0, -1] / (coupling.counts[several] - 1)
    return scaled.ravel(), np.concatenate([trace, first, crossed])


@pytest.mark.parametrize("followed", [0, 20, 52])
def test_drawn_starts_have_the_moments_of_written_ones(monkeypatch, followed):
    monkeypatch.setattr(order_parameters, "FOLLOWED", followed)
    coupling, d = Coupling.from_labels([{0}] * 7 + [{1}] * 3 + [{0, 1}] * 2 + [{2}] * 40), 3
    drawn, written = [], []
    for seed in range(4000):
        drawn.append(moments(drawn_samples(coupling, d, seed), coupling))
        X = np.random.default_rng([seed, 7]).standard_normal((d, coupling.samples))
        written.append(moments(given_samples(coupling, X, seed), coupling))
    for one, other in zip(zip(*drawn, strict=True), zip(*written, strict=True), strict=True):
        one, other = np.array(one), np.array(other)
        for power in (1, 2):
            error = np.hypot((one**power).std(axis=0), (other**power).std(axis=0)) / np.sqrt(len(one))
            assert np.all(np.abs((one**power).mean(axis=0) - (other**power).mean(axis=0)) < 5 * error)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=4), st.integers(1, 4), seeds)
def test_followed_samples_fit_the_start_that_they_belong_to(sizes, d, seed):
    """All samples are followed here, so that means and scatters are theirs."""
    coupling = Coupling.from_labels([{a} for a, n in enumerate(sizes) for _ in range(n)])
    start = drawn_samples(coupling, d, seed)
    for t, n in enumerate(coupling.counts):
        own = start.offsets[:, coupling.type_of[start.followed] == t]
        assert own.shape == (d, n)
        assert np.allclose(own.sum(axis=1), 0, atol=1e-10)
        assert np.allclose(own @ own.T, start.scatters[t], atol=1e-9)


def test_groups_are_the_different_rates_of_types_with_several_samples():
    coupling = Coupling([[1, 0], [1, 0], [0, 2], [0, 2], [1, 1]], mobility="uniform")
    groups = Groups.of(coupling)
    assert groups.rates.tolist() == [1, 2]
    assert sorted(groups.of_types.tolist()) == [-1, 0, 1]


# -- what does not close ------------------------------------------------------------------------------------------------


def test_a_flow_that_does_not_close_is_refused_and_auto_integrates_it_directly():
    energy = Trace(X * D_x * X.T) / 2 - Trace(X * J * Y.T) + Trace(Y * Y.T) / 2 + Trace(X * X.T * X * X.T) / 400
    model = Loss(energy, state=(X, Y), assumptions=models.embedding_only().assumptions)
    with pytest.raises(InputError, match="sums over them"):
        closure(model, 1)
    coupling = Coupling.pairs(3, 30, 0.2)
    assert simulate(model, coupling, dimension=2, times=[0, 0.1]).method.startswith("direct")


def test_moments_of_data_are_refused():
    coupling = Coupling.from_data(np.random.default_rng(0).standard_normal((20, 3)), [0, 1] * 10)
    with pytest.raises(InputError, match="an encoder"):
        simulate(models.projection_head(), coupling, dimension=2, times=[0, 1], method="order-parameters")
