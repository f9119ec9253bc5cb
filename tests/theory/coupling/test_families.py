"""Families of couplings against their closed forms, and couplings from labels and graphs."""

import re

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import couplings, label_sets, seeds
from tests.theory.oracles import assert_close, dense_operator
from theory import Coupling, InputError


@st.composite
def uniform_families(draw, most_classes=5):
    """Classes, all samples, fraction: with pure samples in every class and at least one frustrated sample."""
    classes, pure, frustrated = draw(st.integers(2, most_classes)), draw(st.integers(1, 6)), draw(st.integers(1, 8))
    samples = classes * pure + frustrated
    return classes, samples, frustrated / samples


@st.composite
def pair_families(draw, fewest_classes=2):
    classes, pure, each = draw(st.integers(fewest_classes, 5)), draw(st.integers(1, 6)), draw(st.integers(1, 3))
    frustrated = each * classes * (classes - 1) // 2
    return classes, classes * pure + frustrated, frustrated / (classes * pure + frustrated)


@given(uniform_families())
def test_uniform_family_has_frustration_equal_to_its_fraction(family):
    classes, samples, fraction = family
    coupling = Coupling.uniform(classes, samples, fraction)
    assert coupling.samples == samples
    assert_close(coupling.data["J"].sum(1), np.ones(samples))
    assert_close(coupling.frustration()[:classes], [0, *[fraction] * (classes - 1)])


@given(pair_families())
def test_pairs_family_has_its_closed_form_frustration(family):
    classes, samples, fraction = family
    coupling = Coupling.pairs(classes, samples, fraction)
    assert coupling.samples == samples
    assert_close(coupling.data["J"].sum(1), np.ones(samples))
    assert_close(coupling.frustration()[:classes], [0, *[fraction * classes / (2 * (classes - 1))] * (classes - 1)])


@given(uniform_families(most_classes=2), st.sampled_from(["degree", "uniform", (2.0, 0.5)]))
def test_two_classes_make_uniform_and_pairs_the_same(family, mobility):
    one, other = Coupling.uniform(*family, mobility=mobility), Coupling.pairs(*family, mobility=mobility)
    assert_close(one.rates(), other.rates())
    assert_close(one.modes(), other.modes())
    assert one.slow_time() == pytest.approx(other.slow_time())


@pytest.mark.parametrize("family", [Coupling.uniform, Coupling.pairs])
@given(classes=st.integers(2, 5), pure=st.integers(1, 5))
def test_families_without_frustration_are_classifiable(family, classes, pure):
    coupling = family(classes, classes * pure, 0.0)
    assert coupling.classifiable
    assert coupling.slow_time() == float("inf")
    assert_close(coupling.modes(), np.ones(classes))


def test_fully_frustrated_families_have_no_pure_samples():
    assert_close(Coupling.uniform(3, 5, 1.0).data["J"], np.full((5, 3), 1 / 3))
    assert_close(np.sort(Coupling.pairs(3, 3, 1.0).data["J"], axis=1), [[0, 0.5, 0.5]] * 3)


mobility_values = st.floats(0.05, 5)


@given(uniform_families(), mobility_values, mobility_values)
def test_slow_and_fast_times_of_the_uniform_family_are_its_closed_form(family, on_samples, on_labels):
    """§2: r_± of the class-difference sector."""
    classes, samples, fraction = family
    per_class = samples / classes
    total = on_samples + on_labels * per_class
    root = np.sqrt(total**2 - 4 * on_samples * on_labels * per_class * fraction)
    coupling = Coupling.uniform(classes, samples, fraction, mobility=(on_samples, on_labels))
    slow = 2 * on_samples * on_labels * per_class * fraction / (total + root)  # r_-, without its cancellation
    assert coupling.slow_time() * slow == pytest.approx(1)
    assert np.sum(np.isclose(coupling.rates(), slow, rtol=1e-9, atol=0)) >= classes - 1
    assert np.sum(np.isclose(coupling.rates(), (total + root) / 2, rtol=1e-9, atol=0)) >= classes - 1


@given(pair_families(fewest_classes=3), mobility_values, mobility_values)
def test_slow_time_of_the_pairs_family_is_the_slowest_rate_of_its_sector(family, on_samples, on_labels):
    """§2: the three by three sector matrix of pairs."""
    classes, samples, fraction = family
    frustrated = round(samples * fraction)
    pure, each, q = (samples - frustrated) / classes, frustrated / (classes * (classes - 1) / 2), 0.5
    sector = np.array(
        [
            [on_samples, 0, -on_samples],
            [0, 2 * q * on_samples, -q * on_samples],
            [-on_labels * pure, -on_labels * each * q * (classes - 2), on_labels * (pure + each * (classes - 1) * q)],
        ]
    )
    slow = np.min(np.linalg.eigvals(sector).real)
    coupling = Coupling.pairs(classes, samples, fraction, mobility=(on_samples, on_labels))
    assert coupling.slow_time() * slow == pytest.approx(1, rel=1e-7)


def test_slow_time_falls_like_the_inverse_of_a_small_fraction():
    times = [Coupling.uniform(4, samples, 4 / samples).slow_time() * 4 / samples for samples in (400, 4_000, 40_000)]
    limits = np.abs(np.array(times) - 2)  # 1/(1 - sqrt(1 - phi)) -> 2/phi
    assert np.all(limits[1:] < limits[:-1] / 8)


def test_cost_of_a_large_family_does_not_grow_with_its_samples():
    coupling = Coupling.pairs(10, 10 * 99_991 + 90, 90 / (10 * 99_991 + 90))
    assert len(coupling.counts) == 10 + 45
    assert coupling.frustration()[1] == pytest.approx(90 / coupling.samples * 10 / 18)


def test_family_takes_mobilities_of_single_samples():
    eta = np.linspace(0.5, 2, 12)
    coupling = Coupling.uniform(3, 12, 0.5, mobility=(eta, 1.0))
    assert_close(coupling.rates(), np.linalg.eigvalsh(dense_operator(coupling.data["J"], (eta, 1.0))))


# -- random families, mixtures, observations, probabilities, the control -------------------------------------------------


@given(st.integers(2, 6), st.integers(1, 5), st.integers(0, 12), seeds)
def test_random_pairs_couple_frustrated_samples_to_two_labels_each(classes, pure, frustrated, seed):
    samples = classes * pure + frustrated
    J = Coupling.random_pairs(classes, samples, frustrated / samples, seed=seed).data["J"]
    assert J.shape == (samples, classes)
    assert_close(J.sum(1), np.ones(samples))
    kinds = np.array([tuple(np.sort(row)[-2:]) for row in J])
    assert np.sum(np.all(kinds == 0.5, axis=1)) == frustrated
    assert np.sum(np.all(kinds == [0, 1], axis=1)) == samples - frustrated


def test_links_of_random_pairs_are_poisson_and_made_again_by_their_seed():
    """Mean and variance of the number of frustrated samples at a label agree for many classes."""
    one, again, other = (Coupling.random_pairs(2000, 40_000, 0.25, seed=s) for s in (3, 3, 4))
    links = np.bincount(one.types.indices, weights=np.where(one.types.data < 1, one.counts[one.types.tocoo().coords[0]], 0))
    assert links.mean() == pytest.approx(2 * 10_000 / 2000)
    assert links.var() == pytest.approx(links.mean(), rel=5 * np.sqrt(2 / 2000))
    assert (one.types != again.types).nnz == 0
    assert one.types.shape != other.types.shape or (one.types != other.types).nnz > 0


@given(st.integers(2, 8), st.integers(0, 4), st.data(), seeds)
def test_regular_pairs_have_the_spectrum_of_their_class_graph(classes, pure, data, seed):
    """§1: mu^2 = (n_0 + c/4 + b/4)/(n_0 + c/2)."""
    links = data.draw(st.sampled_from([c for c in range(1, classes) if c * classes % 2 == 0]))
    coupling = Coupling.regular_pairs(classes, pure, links, seed=seed)
    J = coupling.data["J"]
    joined = J[np.count_nonzero(J, axis=1) == 2]
    graph = 4 * joined.T @ joined - links * np.eye(classes)
    assert_close(graph.sum(1), np.full(classes, links))
    expected = (pure + links / 4 + np.linalg.eigvalsh(graph) / 4) / (pure + links / 2)
    modes = np.pad(coupling.modes(), (0, classes))[:classes]
    assert_close(modes**2, np.sort(np.maximum(expected, 0))[::-1])


@pytest.mark.parametrize("mobility", ["degree", "uniform", (2.0, 0.5)], ids=str)
@given(st.integers(2, 5), st.integers(3, 6), st.data(), seeds)
def test_wrong_labels_frustrate_nothing(mobility, classes, per_class, data, seed):
    samples = classes * per_class
    wrong = data.draw(st.integers(0, per_class - 1))
    coupling = Coupling.wrong_labels(classes, samples, wrong / samples, mobility, seed=seed)
    J, right = coupling.data["J"], np.repeat(np.arange(classes), per_class)
    assert np.all(np.sort(J, axis=1)[:, -2:] == [0, 1])
    assert np.abs(J.sum(0) - np.bincount(right)).sum() <= 2 * wrong
    assert coupling.classifiable
    assert coupling.slow_time() == float("inf")


def test_wrong_labels_move_samples_to_other_labels():
    """Of two classes, each sample with a wrong label goes to the other one; only in numbers do the two balance."""
    degrees = np.array([Coupling.wrong_labels(2, 2000, 0.5, seed=s).label_degrees - 1000 for s in range(100)])
    assert np.all(degrees.sum(1) == 0)
    assert np.mean(degrees[:, 0] ** 2) == pytest.approx(500, rel=0.5)  # four times a hypergeometric variance


@given(st.lists(couplings(most_labels=3).filter(lambda J: J.shape[1] == 3), min_size=1, max_size=3))
def test_mixture_holds_the_samples_of_its_parts_in_order(parts):
    mixed = Coupling.mixture([Coupling(J) for J in parts])
    J = np.vstack(parts)
    assert np.array_equal(mixed.data["J"], J)
    assert len(mixed.counts) == len(np.unique(J, axis=0))
    assert_close(mixed.modes(), Coupling(J).modes())


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=12))
def test_observations_of_one_input_add_up(observed):
    observed = [*observed, (7, 0), (7, 1), (7, 2)]
    inputs, labels = zip(*observed, strict=True)
    order = list(dict.fromkeys(inputs))
    expected = np.zeros((len(order), 3))
    for i, a in observed:
        expected[order.index(i), a] += 1
    for kind in (list(inputs), np.array(inputs), list(map(str, inputs)), np.array([[i, -i] for i in inputs])):
        assert np.array_equal(Coupling.from_observations(kind, labels).data["J"], expected)


def test_duplicates_frustrate_only_where_labels_conflict():
    agreeing = Coupling.from_observations([0, 0, 1, 2], [0, 0, 1, 1])
    assert agreeing.classifiable
    assert not Coupling.from_observations([0, 0, 1, 2], [0, 1, 0, 1]).classifiable


@given(st.integers(2, 4), st.integers(1, 6), seeds)
def test_soft_labels_are_the_weights(classes, samples, seed):
    rows = np.random.default_rng(seed).dirichlet(np.ones(classes), size=samples)
    for kind in (rows, rows.astype(np.float32)):
        assert np.array_equal(Coupling.from_probabilities(kind).data["J"], kind)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Coupling.mixture([]), "same labels"),
        (lambda: Coupling.mixture([Coupling(np.eye(2)), Coupling(np.eye(3))]), "2 and 3 labels"),
        (lambda: Coupling.mixture([Coupling.from_data([[0.0], [1.0], [3.0]], [0, 1, 1])]), "no moments"),
        (lambda: Coupling.from_observations([0, 1], [0]), "for each observation"),
        (lambda: Coupling.from_observations([0, 1], [[0], [1]]), "for each observation"),
        (lambda: Coupling.from_observations([0, 1], [0, -1]), r"labels 0, 1.*-1"),
        (lambda: Coupling.from_observations([0, 1], [0, 2], classes=2), "labels from 0 to 1, got 2"),
        (lambda: Coupling.from_observations([0, 1], [0.0, 1.0]), "float64"),
        (lambda: Coupling.from_observations([0.0, np.nan], [0, 1]), "without gaps"),
        (lambda: Coupling.from_observations([0, "a", None], [0, 1, 1]), "input"),
        (lambda: Coupling.from_observations([0, 1], [0, 2]), "label 1 without coupling"),
        (lambda: Coupling.from_labels([{0}, {2}], classes=2), "labels from 0 to 1, got 2"),
        (lambda: Coupling.from_labels([{0}, {1}], classes=3), "label 2 without coupling"),
        (lambda: Coupling.from_labels([{0}, {1}], classes=0), "number of classes"),
        (lambda: Coupling.from_probabilities([[0.5, 0.5], [0.5, 0.4]]), "0.9 at sample 1"),
        (lambda: Coupling.from_probabilities([[0.5, 0.5], [1.5, -0.5]]), "-0.5 at sample 1"),
        (lambda: Coupling.from_probabilities([[0.5, 0.5], [np.nan, 1]]), "nan at sample 1"),
    ],
)
def test_data_that_make_no_coupling_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


# -- from labels, from graphs ------------------------------------------------------------------------------------------


@given(label_sets())
def test_labels_of_a_sample_share_a_weight_of_one(sets):
    J = Coupling.from_labels(sets).data["J"]
    for row, labels in zip(J, sets, strict=True):
        assert set(np.nonzero(row)[0]) == labels
        assert_close(row[list(labels)], np.full(len(labels), 1 / len(labels)))


@given(label_sets(), st.sampled_from([list, tuple, frozenset, sorted, np.array]))
def test_label_sets_may_be_any_iterables(sets, kind):
    made = Coupling.from_labels([kind(sorted(s)) for s in sets])
    assert np.array_equal(made.data["J"], Coupling.from_labels(sets).data["J"])


def test_label_repeated_in_a_set_counts_once():
    assert np.array_equal(Coupling.from_labels([[0, 0, 1], [1]]).data["J"], [[0.5, 0.5], [0, 1]])


@given(couplings())
def test_graph_round_trip_keeps_the_coupling(J):
    coupling = Coupling(J)
    back = Coupling.from_graph(coupling.graph)
    assert np.array_equal(back.data["J"], J)
    assert_close(back.rates(), coupling.rates())


def test_edges_without_weight_weigh_one_and_direction_does_not_matter():
    graph = nx.DiGraph()
    graph.add_nodes_from(["s", "t"], bipartite=0)
    graph.add_nodes_from(["cat", "dog"], bipartite=1)
    graph.add_edge("s", "cat")
    graph.add_edge("dog", "t", weight=2.5)
    assert np.array_equal(Coupling.from_graph(graph).data["J"], [[1, 0], [0, 2.5]])


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", [Coupling.uniform, Coupling.pairs, Coupling.random_pairs, Coupling.wrong_labels])
@pytest.mark.parametrize(
    ("classes", "samples", "fraction", "message"),
    [
        (1, 10, 0.5, "two classes"),
        (0, 10, 0.5, "two classes"),
        (3, 12, -0.1, "between 0 and 1"),
        (3, 12, 1.5, "between 0 and 1"),
        (3, 12, 50, "percentage"),
        (3, 12, np.nan, "between 0 and 1"),
        (3, 12, 0.3, "whole number"),
        (3, 13, 0.0, "divisible"),
        (3, 0, 0.0, "samples as a positive integer, got 0; give at least 3"),
        (3, -3, 0.0, "samples as a positive integer"),
        (3, 12.0, 0.5, "samples as a positive integer"),
        (True, 12, 0.5, "classes as a non-negative integer"),
    ],
)
def test_families_that_cannot_be_made_are_refused(family, classes, samples, fraction, message):
    with pytest.raises(InputError, match=message):
        family(classes, samples, fraction)


@pytest.mark.parametrize(
    ("family", "counts"),
    [
        (Coupling.uniform, (3, 13, 0.0)), (Coupling.uniform, (3, 12, 0.3)), (Coupling.pairs, (4, 29, 5 / 29)),
        (Coupling.pairs, (3, 10, 0.7)), (Coupling.random_pairs, (3, 100, 0.205)), (Coupling.wrong_labels, (3, 100, 0.1)),
        (Coupling.wrong_labels, (3, 99, 0.5)),
    ],
)  # fmt: skip
def test_counts_that_a_refusal_proposes_can_be_made(family, counts):
    with pytest.raises(InputError) as refused:
        family(*counts)
    samples, share, of = map(int, re.search(r"use samples=(\d+), fraction=(\d+)/(\d+)", str(refused.value)).groups())
    assert samples == of
    assert family(counts[0], samples, share / of).samples == samples


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 5, 0), "two classes"),
        ((5, 2, 3), r"5.*use links=2"),
        ((5, 2, 5), "at most 4 links"),
        ((4, 2, 4), "at most 3 links"),
        ((4, -1, 2), "pure_per_class"),
        ((4, 2, 1.5), "links"),
        ((4, 0, 0), "at least one sample"),
        ((4.0, 1, 2), "classes"),
    ],
    ids=str,
)
def test_regular_families_that_cannot_be_made_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        Coupling.regular_pairs(*arguments)


def test_pairs_that_do_not_divide_are_refused():
    with pytest.raises(InputError, match=r"divisible.*remainders 0 and 1"):
        Coupling.pairs(3, 10, 0.1 * 7)


@pytest.mark.parametrize(
    "labels",
    [
        [], [set()], [{0}, set()], [{0}, {-1}], [{0}, {0.5}], [{0}, {"a"}], [{0, "a"}], [{True}], [{0}, {2}], [{1}], [0, 1],
        [{0}, None], ["cat", "dog"],
    ],
    ids=str,
)  # fmt: skip
def test_label_sets_that_cannot_be_used_are_refused(labels):
    with pytest.raises(InputError):
        Coupling.from_labels(labels)


def test_graphs_that_are_not_bipartite_are_refused():
    graph = nx.Graph([("s", "a")])
    with pytest.raises(InputError, match="bipartite"):
        Coupling.from_graph(graph)
    graph.nodes["s"]["bipartite"], graph.nodes["a"]["bipartite"] = 0, 2
    with pytest.raises(InputError, match="bipartite"):
        Coupling.from_graph(graph)
    graph.nodes["a"]["bipartite"] = 0
    with pytest.raises(InputError, match="edges between a sample and a label"):
        Coupling.from_graph(graph)


def test_graphs_with_lonely_nodes_or_bad_weights_are_refused():
    graph = nx.Graph()
    with pytest.raises(InputError, match="at least one"):
        Coupling.from_graph(graph)
    graph.add_node("s", bipartite=0)
    graph.add_node("a", bipartite=1)
    with pytest.raises(InputError, match="without coupling"):
        Coupling.from_graph(graph)
    for weight in (-1.0, np.nan):
        graph.add_edge("s", "a", weight=weight)
        with pytest.raises(InputError, match="finite non-negative"):
            Coupling.from_graph(graph)
