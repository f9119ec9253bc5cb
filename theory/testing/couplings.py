"""Couplings and graphs to try a theory on: few nodes, weights that are likely to be equal, nobody without an edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from theory.coupling import Coupling

if TYPE_CHECKING:
    import networkx


@st.composite
def weights(draw, most_labels: int = 4, most_rows: int = 5, most_repeats: int = 3) -> NDArray:
    """Non-negative weights (N, K) in which every row and column has one, rows repeated and shuffled."""
    labels = draw(st.integers(1, most_labels))
    weight = st.sampled_from([0.0, 0.0, 0.25, 0.5, 1.0, 3.0])
    rows = draw(st.lists(st.lists(weight, min_size=labels, max_size=labels), min_size=1, max_size=most_rows))
    for row in rows:
        if not any(row):
            row[draw(st.integers(0, labels - 1))] = 1.0
    for label in range(labels):
        if not any(row[label] for row in rows):
            rows[draw(st.integers(0, len(rows) - 1))][label] = draw(st.sampled_from([0.5, 1.0]))
    repeated = [row for row in rows for _ in range(draw(st.integers(1, most_repeats)))]
    return np.array(draw(st.permutations(repeated)))


@st.composite
def mobilities(draw, J: NDArray):
    """For weights (N, K): ``"degree"``, ``"uniform"``, or arrays for samples and labels in which equal values are likely."""
    value = st.sampled_from([0.25, 1.0, 2.0])
    pair = st.tuples(*(st.lists(value, min_size=m, max_size=m) for m in J.shape))
    return draw(st.one_of(st.sampled_from(["degree", "uniform"]), pair))


@st.composite
def couplings(draw, most_labels: int = 4, most_rows: int = 5, most_repeats: int = 3) -> Coupling:
    """Couplings with mobilities of every kind; ``most_rows`` types of samples, each ``most_repeats`` times at most."""
    J = draw(weights(most_labels, most_rows, most_repeats))
    return Coupling(J, draw(mobilities(J)))


@st.composite
def graphs(draw, bipartite: bool = True, most_nodes: int = 5) -> networkx.Graph:
    """Graphs with weights on their edges, for :meth:`theory.Coupling.from_graph` or ``from_positive_pairs``.

    Parameters
    ----------
    bipartite
        samples with labels, marked by ``bipartite`` 0 and 1; else views among themselves, also with themselves.
    most_nodes
        of each side.
    """
    import networkx

    if bipartite:
        J = draw(weights(most_nodes, most_nodes, 1))
        graph = networkx.Graph()
        for side, count in enumerate(J.shape):
            graph.add_nodes_from((("sample", "label")[side], i) for i in range(count))
            networkx.set_node_attributes(graph, {(("sample", "label")[side], i): side for i in range(count)}, "bipartite")
        edges = ((("sample", i), ("label", a), float(J[i, a])) for i, a in np.argwhere(J).tolist())
        graph.add_weighted_edges_from(edges)
        return graph
    count = draw(st.integers(1, most_nodes))
    weight = st.sampled_from([0.0, 0.25, 1.0, 2.0])
    graph = networkx.Graph()
    for i in range(count):
        graph.add_edge(i, i, weight=draw(st.sampled_from([1.0, 0.5])))
        graph.add_weighted_edges_from((i, j, w) for j in range(i) if (w := draw(weight)))
    return graph
