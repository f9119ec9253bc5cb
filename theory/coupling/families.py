"""Families of couplings (§1 of the notes): rows sum to one, and a fraction of the samples is frustrated."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from theory.errors import InputError

if TYPE_CHECKING:
    import networkx
    from scipy.sparse import coo_array


def uniform(classes: int, samples: int, fraction: float) -> tuple[NDArray, NDArray]:
    r"""Frustrated samples couple to every label, weight 1/K each: all class modes have :math:`\psi=\varphi`.

    Returns weights of the types (K pure ones, then the frustrated one) and their counts.
    """
    frustrated, pure = _split(classes, samples, fraction, groups=1)
    rows, counts = np.eye(classes), [pure] * classes
    if frustrated:
        rows, counts = np.vstack([rows, np.full((1, classes), 1 / classes)]), [*counts, frustrated]
    return _present(rows, counts)


def pairs(classes: int, samples: int, fraction: float) -> tuple[NDArray, NDArray]:
    r"""Frustrated samples couple to two labels, ½ each, all pairs equally often: :math:`\psi=\varphi K/(2(K-1))`.

    Returns weights of the types (K pure ones, then one for each pair) and their counts.
    """
    links = list(combinations(range(classes), 2))
    frustrated, pure = _split(classes, samples, fraction, groups=len(links))
    rows, counts = np.eye(classes), [pure] * classes
    if frustrated:
        joint = np.array([(np.arange(classes) == a) + (np.arange(classes) == b) for a, b in links]) / 2
        rows, counts = np.vstack([rows, joint]), [*counts, *[frustrated // len(links)] * len(links)]
    return _present(rows, counts)


def from_labels(labels: Iterable[Iterable[int]]) -> coo_array:
    """Weights 1/m on the m labels of each sample."""
    from scipy.sparse import coo_array

    sets = [_label_set(s, number) for number, s in enumerate(labels)]
    row = np.repeat(np.arange(len(sets)), [len(s) for s in sets])
    column = np.array([a for s in sets for a in s], dtype=int)
    weight = np.array([1 / len(s) for s in sets for _ in s])
    return coo_array((weight, (row, column)), shape=(len(sets), int(column.max(initial=-1)) + 1))


def _label_set(given: Iterable[int], sample: int) -> list[int]:
    labels = list(given) if isinstance(given, Iterable) else []
    if not labels or any(isinstance(a, bool) or not isinstance(a, int | np.integer) or a < 0 for a in labels):
        got = f"{given!r} for sample {sample}"
        raise InputError("a non-empty set of labels 0, 1, ... for each sample", got, "number the labels from 0")
    return sorted(set(labels))


def from_graph(graph: networkx.Graph) -> coo_array:
    """Weights of a bipartite graph; samples and labels in the order of its nodes."""
    from scipy.sparse import coo_array

    sides: tuple[dict, dict] = ({}, {})
    for node, attributes in graph.nodes(data=True):
        side = attributes.get("bipartite")
        if side not in (0, 1):
            raise InputError(
                "nodes with bipartite = 0 (sample) or 1 (label)", f"{side} on node {node!r}", "set the attribute on every node"
            )
        sides[side][node] = len(sides[side])
    samples, labels = sides
    entries = []
    for a, b, weight in graph.edges(data="weight", default=1.0):
        i, j = (a, b) if a in samples else (b, a)
        if i not in samples or j not in labels:
            raise InputError("edges between a sample and a label", f"an edge between {a!r} and {b!r}", "remove it")
        entries.append((samples[i], labels[j], weight))
    row, column, weights = zip(*entries, strict=True) if entries else ((), (), ())
    return coo_array((np.array(weights, dtype=float), (row, column)), shape=(len(samples), len(labels)))


def _split(classes: int, samples: int, fraction: float, groups: int) -> tuple[int, int]:
    """The number of frustrated samples, and of pure ones in each class."""
    if classes < 2:
        raise InputError("at least two classes", str(classes), "add classes")
    if not 0 <= fraction <= 1:
        raise InputError("a fraction of frustrated samples between 0 and 1", str(fraction), "give the share, not a percentage")
    frustrated = round(samples * fraction)
    if abs(frustrated - samples * fraction) > 1e-9 * samples:
        raise InputError("a whole number of frustrated samples", f"{samples} x {fraction}", "change samples or fraction")
    pure, left = divmod(samples - frustrated, classes)
    if left or frustrated % groups:
        shares = f"{samples - frustrated} pure ones divisible by {classes} classes and {frustrated} frustrated ones by {groups}"
        raise InputError(
            shares,
            f"remainders {left} and {frustrated % groups}",
            "change samples or fraction so that every group is of equal size",
        )
    return frustrated, pure


def _present(rows: NDArray, counts: list[int]) -> tuple[NDArray, NDArray]:
    kept = np.array(counts) > 0
    return rows[kept], np.array(counts)[kept]
