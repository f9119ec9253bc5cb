"""Equitable partitions against the definition, and their quotients against dense operators."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import moved_couplings
from tests.theory.oracles import assert_close, dense_mobility, dense_operator
from theory import Coupling, InputError

many = settings(max_examples=60)


def cells_of(coupling):
    """The cell of every sample and every label, by number."""
    cells = coupling.equitable_partition()
    return np.concatenate([cells.of_types[coupling.type_of], cells.of_labels])


@many
@given(moved_couplings())
def test_nodes_of_a_cell_have_equal_mobility_and_equal_weights_to_each_cell(moved):
    J, mobility = moved
    of = cells_of(Coupling(J, mobility))
    A = np.block([[np.zeros((len(J), len(J))), J], [J.T, np.zeros((J.shape[1], J.shape[1]))]])
    to_cells = A @ (of[:, None] == np.arange(of.max() + 1))
    rates = dense_mobility(J, mobility)
    for cell in range(of.max() + 1):
        assert_close(to_cells[of == cell], np.tile(to_cells[of == cell][0], (np.sum(of == cell), 1)))
        assert_close(rates[of == cell], np.full(np.sum(of == cell), rates[of == cell][0]))


@many
@given(moved_couplings())
def test_quotient_is_the_operator_on_states_constant_on_cells(moved):
    J, mobility = moved
    coupling = Coupling(J, mobility)
    cells, of = coupling.equitable_partition(), cells_of(coupling)
    spread = (of[:, None] == np.arange(of.max() + 1)) / np.sqrt(np.bincount(of))
    whole = dense_operator(J, mobility)
    assert np.array_equal(cells.sizes, np.bincount(of))
    assert_close(cells.operator, spread.T @ whole @ spread)
    assert_close(whole @ spread, spread @ cells.operator)


@many
@given(moved_couplings())
def test_deviations_within_types_complete_the_quotient_up_to_what_cells_do_not_determine(moved):
    J, mobility = moved
    coupling = Coupling(J, mobility)
    cells = coupling.equitable_partition()
    types = coupling.quotient()
    found = np.sort(np.repeat(cells.within_rates, cells.multiplicities))
    assert_close(found, np.sort(np.repeat(types.within_rates, types.multiplicities)))
    assert np.sum(cells.sizes) == sum(J.shape)


@settings(max_examples=30)
@given(moved_couplings(), st.data())
def test_cells_do_not_depend_on_the_order_of_samples_and_labels(moved, data):
    J, mobility = moved
    rows, columns = (np.array(data.draw(st.permutations(range(n)))) for n in J.shape)
    turned = mobility if isinstance(mobility, str) else (np.array(mobility[0])[rows], np.array(mobility[1])[columns])
    one, other = cells_of(Coupling(J, mobility)), cells_of(Coupling(J[rows][:, columns], turned))
    along = one[np.concatenate([rows, len(J) + columns])]
    assert len(set(zip(along.tolist(), other.tolist(), strict=True))) == one.max() + 1 == other.max() + 1


@settings(max_examples=40)
@given(moved_couplings())
def test_symmetric_nodes_share_a_cell(moved):
    """Nodes that an automorphism of the weighted graph exchanges look alike, so the orbits refine the cells."""
    J, mobility = moved
    of, rates = cells_of(Coupling(J, mobility)), dense_mobility(J, mobility)
    of_samples, of_labels = np.split(rates, [len(J)])
    seen = Counter(zip(map(tuple, J), of_samples, strict=True))
    for turned in map(list, permutations(range(J.shape[1]))):
        alike = np.array_equal(of_labels[turned], of_labels)
        if alike and Counter(zip(map(tuple, J[:, turned]), of_samples, strict=True)) == seen:
            assert np.array_equal(of[len(J) :][turned], of[len(J) :])


@pytest.mark.parametrize("mobility", ["degree", "uniform", (2.0, 0.3)], ids=str)
@pytest.mark.parametrize(
    "family",
    [
        lambda m: Coupling.uniform(6, 120, 0.5, m), lambda m: Coupling.pairs(6, 135, 1 / 9, m),
        lambda m: Coupling.regular_pairs(10, 3, 3, m, seed=2),
    ],
    ids=["uniform", "pairs", "regular_pairs"],
)  # fmt: skip
def test_symmetric_families_have_three_cells_whose_rates_are_rates_of_the_whole(family, mobility):
    coupling = family(mobility)
    cells = coupling.equitable_partition()
    assert len(cells.sizes) == 3
    whole = coupling.rates()
    for rate in scipy.linalg.eigvalsh(cells.operator):
        assert np.min(np.abs(whole - rate)) < 1e-12 * whole[-1]


def test_cells_count_samples_and_not_types():
    """Each label has one type of sample, of equal weight, but one of them has two samples."""
    assert cells_of(Coupling([[1, 0], [1, 0], [0, 1]], "uniform")).tolist() == [0, 0, 1, 2, 3]
    assert cells_of(Coupling([[1, 0], [1, 0], [0, 1], [0, 1]], "uniform")).tolist() == [0, 0, 0, 0, 1, 1]


def test_weights_are_compared_exactly():
    third = 1 / 3
    nearly = np.nextafter(third, 1)
    assert len(Coupling([[third, 1], [1, third]], "uniform").equitable_partition().sizes) == 2
    assert len(Coupling([[third, 1], [1, nearly]], "uniform").equitable_partition().sizes) == 4


def test_order_of_summation_splits_no_cell():
    """The degrees of these samples differ in the last place, their weights do not."""
    row = [0.1, 0.2, 0.7]
    coupling = Coupling([row, row[1:] + row[:1], row[2:] + row[:2]])
    assert len(coupling.equitable_partition().sizes) == 2


def test_large_quotients_are_sparse():
    coupling = Coupling.random_pairs(150, 37_500, 0.2, seed=0)
    operator = coupling.quotient().operator
    at_rest = np.sqrt(np.concatenate([coupling.counts / coupling.sample_mobility, 1 / coupling.label_mobility]))
    assert operator.shape[0] > 4000
    assert operator.nnz < 40_000
    assert abs(operator - operator.T).max() == 0
    assert_close(operator @ at_rest, np.zeros_like(at_rest))


def test_moments_have_no_cells():
    with pytest.raises(InputError, match="moments"):
        Coupling.from_data([[0.0], [1.0], [3.0]], [0, 1, 1]).equitable_partition()
