r"""Equitable partitions of the sample-label graph (§2 of the notes): exact smaller systems inside the embedding-only flow.

A partition of the nodes is *equitable* when all nodes of a cell have the same mobility and the same weights to each cell.
Then states that are constant on cells stay so, and the operator :math:`H^{1/2}(D-A)H^{1/2}` restricted to them, the
*quotient*, has rates of the whole.

* :func:`quotient`: samples with equal rows merge into types, labels stay apart.  The rest is known in closed form: deviations
  within a type decay at :math:`\eta_xd_i`.
* :func:`equitable_partition`: labels merge too.  Colour refinement (Weisfeiler-Leman of dimension one) splits cells by the
  multisets of (weight, colour of the neighbour) until nothing splits.  Weights are compared exactly, as floats; with
  ``mobility="degree"``, mobilities follow from the weights and are not compared.

>>> import numpy as np
>>> from theory import Coupling
>>> family = Coupling.uniform(classes=5, samples=60, fraction=0.5)
>>> cells = family.equitable_partition()
>>> cells.sizes.tolist(), cells.of_labels.tolist()
([30, 30, 5], [2, 2, 2, 2, 2])
>>> small, all_rates = np.linalg.eigvalsh(cells.operator), family.rates()
>>> bool(np.all(np.min(abs(small[:, None] - all_rates), axis=1) < 1e-12))
True

When it fails: weights that are equal only up to rounding keep cells apart, and cells joined by different weights of the same
sum are not merged; the partition is then finer than it might be, and still exact.  Reference: Godsil, Royle, Algebraic Graph
Theory, chapter 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from theory.coupling.reduction import scaled_parts
from theory.coupling.rows import dense_where_small, merge_rows
from theory.coupling.weights import Weights

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Quotient:
    r"""The symmetrised operator on T type means and K labels, and the within-type rates with their multiplicities.

    The operator acts on :math:`\sqrt{n_\tau/\eta_\tau}\,m_\tau` and :math:`y_a/\sqrt{\eta_a}`; its eigenvalues are rates.
    It is dense where that is small, else sparse.
    """

    operator: NDArray | csr_array
    within_rates: NDArray
    multiplicities: NDArray


def quotient(coupling: Weights) -> Quotient:
    from scipy.sparse import block_array, diags_array

    rates, label_rates, links = scaled_parts(coupling)
    operator = block_array([[diags_array(rates), -links], [-links.T, diags_array(label_rates)]], format="csr")
    return Quotient(dense_where_small(operator), rates, coupling.counts - 1)


@dataclass(frozen=True, eq=False)
class EquitablePartition:
    r"""Cells of samples, then cells of labels, in order of their first members.

    Attributes
    ----------
    of_types, of_labels
        the cell of each sample type (T,) and of each label (K,).
    sizes
        the number of samples or labels in each cell (C,).
    weights
        from one sample of each cell to all labels of each cell together (sample cells, label cells).
    operator
        the symmetrised quotient (C, C) on :math:`\sqrt{N_c/\eta_c}` times the means of the cells; its eigenvalues are rates.
    within_rates, multiplicities
        for each cell of samples the rate at which samples of one type come together, and how many such modes there are.
        The other modes, in which types or labels of one cell differ, are not determined by the cells.
    """

    of_types: NDArray
    of_labels: NDArray
    sizes: NDArray
    weights: NDArray
    operator: NDArray
    within_rates: NDArray
    multiplicities: NDArray


def equitable_partition(coupling: Weights) -> EquitablePartition:
    """The coarsest partition that mobilities and exact weights allow.

    Raises
    ------
    InputError
        for the moments of an encoder, whose axes are no samples.
    """
    coupling.require_graph("use its modes and rates")
    of_types, of_labels = _refine_colours(coupling)
    first, first_label = (np.unique(cell, return_index=True)[1] for cell in (of_types, of_labels))
    sizes, label_sizes = np.bincount(of_types, weights=coupling.counts).astype(int), np.bincount(of_labels)
    member = of_labels[:, None] == np.arange(len(first_label))
    weights = coupling.types[first] @ member.astype(float)
    rates, label_rates, _ = scaled_parts(coupling)
    hx, hy = coupling.sample_mobility[first], coupling.label_mobility[first_label]
    mixed = -np.sqrt(np.outer(hx * sizes, hy / label_sizes)) * weights
    return EquitablePartition(
        of_types,
        of_labels + len(first),
        np.concatenate([sizes, label_sizes]),
        weights,
        np.block([[np.diag(rates[first]), mixed], [mixed.T, np.diag(label_rates[first_label])]]),
        rates[first],
        sizes - np.bincount(of_types),
    )


def _refine_colours(coupling: Weights) -> tuple[NDArray, NDArray]:
    """Colours of types (T,) and labels (K,), numbered from 0 by first appearance on each side."""
    types = coupling.types.tocoo()
    node, label = types.coords
    kinds = np.unique(types.data, return_inverse=True)[1]
    free = coupling.normalised
    left, right = (
        np.zeros(len(m), dtype=int) if free else np.unique(m, return_inverse=True)[1]
        for m in (coupling.sample_mobility, coupling.label_mobility)
    )
    count = 0
    while (now := len(np.unique(left)) + len(np.unique(right))) > count:
        count = now
        left, right = (
            _split_colours(node, kinds, right[label], np.ones(len(node)), left),
            _split_colours(label, kinds, left[node], coupling.counts[node], right),
        )
    return left, right


def _split_colours(node: NDArray, weight: NDArray, beyond: NDArray, count: NDArray, colour: NDArray) -> NDArray:
    """New colours: old colour, and how many neighbours there are of each weight and colour."""
    from scipy.sparse import csr_array

    kinds, code = np.unique(weight * (beyond.max() + 1) + beyond, return_inverse=True)
    multiset = csr_array((count.astype(float), (node, code)), shape=(len(colour), len(kinds)))
    return merge_rows(multiset, colour)[2]
