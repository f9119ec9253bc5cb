"""What a coupling holds: types, arrays and the graph of its weights, and weights that are refused."""

from dataclasses import FrozenInstanceError

import networkx as nx
import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import couplings, moved_couplings
from tests.theory.oracles import assert_close, dense_mobility
from theory import Coupling, InputError


@given(couplings())
def test_graph_holds_every_weight(J):
    graph = Coupling(J).graph
    assert nx.is_bipartite(graph)
    assert graph.number_of_edges() == np.count_nonzero(J)
    for i, a in zip(*np.nonzero(J), strict=True):
        assert graph.edges[("sample", int(i)), ("label", int(a))]["weight"] == J[i, a]


@given(moved_couplings())
def test_data_are_the_arrays_of_the_vocabulary(moved):
    J, mobility = moved
    data, rates = Coupling(J, mobility).data, dense_mobility(J, mobility)
    assert np.array_equal(data["J"], J)
    assert_close(data["D_x"], J.sum(1))
    assert_close(data["D_y"], J.sum(0))
    assert_close(data["H_x"], rates[: J.shape[0]])
    assert_close(data["H_y"], rates[J.shape[0] :])


@given(couplings())
def test_types_merge_equal_rows_and_spread_back(J):
    coupling = Coupling(J)
    assert len(coupling.counts) == len(np.unique(J, axis=0))
    assert coupling.counts.sum() == coupling.samples == J.shape[0]
    assert coupling.labels == J.shape[1]
    assert np.array_equal(coupling.types.toarray()[coupling.type_of], J)
    assert coupling.total_weight == pytest.approx(J.sum())


@given(couplings(), st.data())
def test_equal_rows_of_different_mobility_are_different_types(J, data):
    eta = np.array(data.draw(st.lists(st.sampled_from([0.5, 1.0]), min_size=len(J), max_size=len(J))))
    coupling = Coupling(J, (eta, 1.0))
    assert len(coupling.counts) == len(np.unique(np.column_stack([J, eta]), axis=0))


@given(couplings())
def test_a_label_is_a_samples_own_iff_they_are_coupled(J):
    coupling = Coupling(J)
    for a in range(J.shape[1]):
        assert np.array_equal(coupling.is_own(np.full(len(J), a)), J[:, a] > 0)


@given(
    couplings(),
    st.sampled_from(
        [scipy.sparse.csr_array, scipy.sparse.csc_array, scipy.sparse.coo_array, scipy.sparse.csr_matrix, np.ndarray.tolist]
    ),
)
def test_dense_sparse_and_nested_lists_are_the_same_coupling(J, kind):
    one, other = Coupling(J), Coupling(kind(J))
    assert np.array_equal(one.data["J"], other.data["J"])
    assert_close(one.modes(), other.modes())


def test_repeated_entries_of_a_sparse_coupling_add_up():
    coo = scipy.sparse.coo_array(([0.5, 0.25, 1.0], ([0, 0, 1], [0, 0, 1])), shape=(2, 2))
    assert np.array_equal(Coupling(coo).data["J"], [[0.75, 0.0], [0.0, 1.0]])


def test_equal_rows_of_a_sparse_coupling_merge_however_they_are_stored():
    """The rows (0.5, 1), once unsorted, once with entries that add up, one of them negative, and a stored zero."""
    data, columns, starts = [1.0, 0.5, 0.75, -0.25, 1.0, 0.5, 1.0, 0.0], [1, 0, 0, 0, 1, 0, 1, 1], [0, 2, 5, 8]
    coupling = Coupling(scipy.sparse.csr_array((data, columns, starts), shape=(3, 2)))
    assert np.array_equal(coupling.data["J"], [[0.5, 1.0]] * 3)
    assert coupling.counts.tolist() == [3]


def test_stored_zeros_couple_nothing():
    coo = scipy.sparse.coo_array(([1.0, 0.0, 1.0], ([0, 0, 1], [0, 1, 1])), shape=(2, 2))
    assert Coupling(coo).components == 2


def test_input_is_not_changed():
    J = np.array([[1.0, 0.0], [0.5, 0.5]])
    before = J.copy()
    Coupling(J)
    assert np.array_equal(J, before)
    untidy = scipy.sparse.csr_array((np.array([0.5, 1.0, 0.0, 1.0]), np.array([1, 0, 0, 1]), np.array([0, 2, 4])), shape=(2, 2))
    parts = [part.copy() for part in (untidy.data, untidy.indices, untidy.indptr)]
    Coupling(untidy)
    for part, then in zip((untidy.data, untidy.indices, untidy.indptr), parts, strict=True):
        assert np.array_equal(part, then)


def test_modes_that_are_handed_out_may_be_changed_without_harm():
    coupling = Coupling.uniform(3, 12, 0.5)
    coupling.modes()[:] = 7
    assert coupling.modes()[0] == pytest.approx(1)


def test_coupling_is_frozen():
    with pytest.raises(FrozenInstanceError):
        Coupling([[1.0]]).counts = None


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("J", "message"),
    [
        ([[1, np.nan], [0, 1]], "sample 0, label 1"),
        ([[1, 0], [0, np.inf]], "sample 1, label 1"),
        ([[1, 0], [-0.5, 1]], r"-0.5 at sample 1, label 0"),
        (scipy.sparse.csr_array(np.array([[1.0, 0], [0, -2.0]])), "sample 1, label 1"),
        ([[1, 0], [0, 0]], "sample 1 without coupling"),
        ([[1, 0], [1, 0]], "label 1 without coupling"),
        ([[0.0]], "sample 0 without coupling"),
        ([[1e-320, 1e-320], [1, 1]], "every sample that sum to between"),
        ([[1e308, 1e308], [1, 1]], "every sample that sum to between"),
        ([[1e200, 1], [1e200, 1]], "rescale"),
        ([[1, 2], [3]], "rectangular"),
        ([["a", 1]], "numbers"),
        ([], "at least one sample"),
        ([[]], "at least one sample"),
        (np.zeros((0, 3)), "at least one sample"),
        (np.ones((2, 2, 2)), "expected"),
        (None, "expected"),
    ],
    ids=[
        "NaN",
        "infinity",
        "negative",
        "negative sparse",
        "empty row",
        "empty column",
        "zero",
        "tiny sums",
        "endless sums",
        "large sums",
        "ragged",
        "text",
        "nothing",
        "no label",
        "no sample",
        "three axes",
        "None",
    ],
)
def test_couplings_that_cannot_be_used_are_refused(J, message):
    with pytest.raises(InputError, match=message):
        Coupling(J)


@pytest.mark.parametrize(
    "mobility",
    [
        (0.0, 1.0), (1.0, -1.0), (np.nan, 1.0), (np.inf, 1.0), (1.0, [1.0, 0.0]), ([1.0, 1.0], 1.0), (1.0, [1.0, 1.0, 1.0]),
        ([1.0, np.nan, 1.0], 1.0), "fast", (1.0,), (1.0, 1.0, 1.0), 2.0, ("a", 1.0), None,
    ],
    ids=str,
)  # fmt: skip
def test_mobilities_that_cannot_be_used_are_refused(mobility):
    with pytest.raises(InputError, match="mobilit"):
        Coupling([[1, 0], [0, 1], [0.5, 0.5]], mobility)


@pytest.mark.parametrize("mobility", [(-1.0, 1.0), (1.0, -1.0)])
def test_negative_mobilities_of_embeddings_are_refused(mobility):
    with pytest.raises(InputError, match="mobilit"):
        Coupling(np.eye(2), mobility=mobility)
