r"""Canonical correlations, rates and time scales of a coupling (§§1, 2 of the notes).

The embedding-only flow :math:`\dot Z=-Z(D-A)H` splits exactly into the flow of type means and labels (the *quotient* of the
equitable partition into types) and deviations within a type, which decay at :math:`\eta_xd_i`.  With
:math:`H=D^{-1}` its rates are :math:`1\mp\mu_k` and 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from theory.errors import InputError

if TYPE_CHECKING:
    from theory.coupling.graph import Coupling

EPS = np.finfo(float).eps
DENSE_QUOTIENT = 6000  # largest dense symmetric eigenproblem that is tried


@dataclass(frozen=True, eq=False)
class Quotient:
    """The symmetrised operator on T type means and K labels, and the within-type rates with their multiplicities.

    The operator acts on :math:`\\sqrt{n_\\tau/\\eta_\\tau}\\,m_\\tau` and :math:`y_a/\\sqrt{\\eta_a}`; its
    eigenvalues are rates.
    """

    operator: NDArray
    within_rates: NDArray
    multiplicities: NDArray


def canonical_correlations(coupling: Coupling) -> NDArray:
    scaled = coupling.types.multiply(np.sqrt(coupling.counts / coupling.sample_degrees)[:, None]).multiply(
        coupling.label_degrees**-0.5
    )
    mu = np.linalg.svd(scaled.toarray(), compute_uv=False)
    padded = np.zeros(min(coupling.samples, coupling.labels))
    padded[: len(mu)] = np.minimum(mu, 1.0)[: len(padded)]
    return padded


def count_components(coupling: Coupling) -> int:
    if coupling.features is not None:
        return int(np.sum(coupling.modes() > 1 - 100 * EPS * max(coupling.features.shape)))
    from scipy.sparse import block_array
    from scipy.sparse.csgraph import connected_components

    adjacency = block_array([[None, coupling.types], [coupling.types.T, None]])
    return int(connected_components(adjacency, directed=False)[0])


def quotient(coupling: Coupling) -> Quotient:
    size = len(coupling.counts) + coupling.labels
    if size > DENSE_QUOTIENT:
        raise InputError(
            f"at most {DENSE_QUOTIENT} sample types and labels for a dense quotient", str(size), 'use mobility="degree"'
        )
    hx, hy, n = coupling.sample_mobility, coupling.label_mobility, coupling.counts
    mixed = -coupling.types.multiply(np.sqrt(n * hx)[:, None]).multiply(np.sqrt(hy)).toarray()
    within = hx * coupling.sample_degrees
    operator = np.block([[np.diag(within), mixed], [mixed.T, np.diag(hy * coupling.label_degrees)]])
    return Quotient(operator, within, n - 1)


def rates(coupling: Coupling) -> NDArray:
    if coupling.normalised:
        mu = coupling.modes()
        rest = np.ones(coupling.samples + coupling.labels - 2 * len(mu))
        return np.sort(np.concatenate([1 - mu, rest, 1 + mu]))
    parts = quotient(coupling)
    between = np.maximum(np.linalg.eigvalsh(parts.operator), 0.0)
    return np.sort(np.concatenate([between, np.repeat(parts.within_rates, parts.multiplicities)]))


def slow_time(coupling: Coupling) -> float:
    if coupling.classifiable:
        return float("inf")
    return 1 / float(_label_rates(coupling)[0])


def fast_time(coupling: Coupling) -> float:
    return 1 / float(_label_rates(coupling)[-1])


def _label_rates(coupling: Coupling) -> NDArray:
    """Non-zero rates of modes with a part on the labels, ascending; those of class modes and their fast partners."""
    if coupling.normalised:
        mu = np.pad(coupling.modes(), (0, max(0, coupling.labels - coupling.samples)))
        return np.concatenate([1 - mu[coupling.components :], 1 + mu[::-1]])
    values, vectors = np.linalg.eigh(quotient(coupling).operator)
    on_labels = np.sum(vectors[len(coupling.counts) :] ** 2, axis=0) > np.sqrt(EPS)
    return values[coupling.components :][on_labels[coupling.components :]]
