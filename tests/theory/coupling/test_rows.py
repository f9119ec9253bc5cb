"""Rows merged by hashes, and triangular factors in blocks: the same as at once."""

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import couplings, seeds
from tests.theory.oracles import assert_close
from theory import Coupling
from theory.coupling import rows, weights

many = settings(max_examples=60)


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
    hashed, salts = rows._hash_rows, []

    def meeting(matrix, key, salt):
        salts.append(salt)
        return np.zeros(matrix.shape[0], dtype=np.uint64) if salt < 2 else hashed(matrix, key, salt)

    monkeypatch.setattr(rows, "_hash_rows", meeting)
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


# -- weighted products -----------------------------------------------------------------------------------------------------


@many
@given(couplings(), seeds, st.sampled_from([0.0, 0.1, 2.0]), st.integers(1, 6), st.sampled_from([0, 10**7]))
def test_weighted_products_are_the_dense_ones(J, seed, few, block, limit):
    """Whether sparse or dense, by blocks or by pairs of entries, and for weights of both signs."""
    weight = np.random.default_rng(seed).normal(size=len(J))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rows, "FEW", few)
        patched.setattr(rows, "BLOCK", block)
        patched.setattr(rows, "DENSE_LIMIT", limit)
        for of in (J, scipy.sparse.csr_array(J)):
            assert_close(rows.gram_matrix(of, weight), J.T @ (weight[:, None] * J))
            assert_close(rows.gram_function(of)(weight), J.T @ (weight[:, None] * J))


@many
@given(couplings(), st.sampled_from([0, 10**7]))
def test_labels_of_a_component_are_those_that_samples_join(J, limit):
    coupling = Coupling(J)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(weights, "DENSE_LIMIT", limit)
        of = coupling.label_components
    joined = np.linalg.matrix_power(J.T @ J > 0, J.shape[1]) > 0
    assert np.array_equal(of[:, None] == of, joined)
