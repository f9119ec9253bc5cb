r"""The embedding-only flow on what labels can feel of the samples (§2 of the notes).

In :math:`w_\tau=\sqrt{n_\tau/\eta_\tau}\,m_\tau` (type means) and :math:`q_a=y_a/\sqrt{\eta_a}` the flow is
:math:`-S`, symmetric, with

.. math:: S=\begin{pmatrix}a&-B\\-B^T&b\end{pmatrix},\quad a_\tau=\eta_\tau d_\tau,\quad b_a=\eta_ad_a,\quad
          B_{\tau a}=\sqrt{n_\tau\eta_\tau}\,J_{\tau a}\sqrt{\eta_a}.

Types of one rate :math:`a` act on the labels through the row space of their part of :math:`B` alone; what is orthogonal to it
is *hidden*: it moves no label and decays at :math:`a`, as deviations within a type do.  So types of one rate are replaced by at
most K directions, and every mode that is left moves labels.  With :math:`H=D^{-1}`, or with :math:`H=1` and rows of one sum,
all samples have one rate, and at most 2K modes are left, whatever N is.

Zero rates and small ones are exact because nothing is subtracted: with the Schur complement :math:`R^TR` of the samples,

.. math:: S=C^TC,\qquad C=\begin{pmatrix}\sqrt a&-a^{-1/2}B\\0&R\end{pmatrix},

and :math:`R^TR=H_y^{1/2}(D_y-J^TD_x^{-1}J)H_y^{1/2}` is a Laplacian of labels with conductances
:math:`\sum_\tau n_\tau J_{\tau a}J_{\tau b}/d_\tau\ge0`, eliminated label by label without subtractions.  The rates are
the squared singular values of :math:`C`, and :math:`\psi` those of :math:`R` with :math:`H=D^{-1}`.

>>> from theory import Coupling
>>> half = Coupling.uniform(classes=3, samples=6000, fraction=0.5)
>>> half.reduction.sample_rates.tolist(), half.reduction.hidden_counts.tolist()
([1.0, 1.0, 1.0], [5997])

References: Grassmann, Taksar, Heyman 1985 and Alfa, Xue, Ye 2002 for the elimination.  When it fails: rates :math:`a` that
agree to a few units in the last place are taken as equal, as those of soft labels are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from theory.coupling.rows import dense_where_small, gram_matrix, scale_matrix, triangular_factor
from theory.coupling.weights import Weights

if TYPE_CHECKING:
    from scipy.sparse import csr_array

EPS = np.finfo(float).eps
ULPS = 8  # units in the last place between rates that are taken as equal


@dataclass(frozen=True, eq=False)
class Group:
    """Types of one rate: their numbers, the rate, and the row space of their part of B by singular values and vectors."""

    types: NDArray
    rate: float
    strengths: NDArray
    directions: NDArray


@dataclass(frozen=True, eq=False)
class CouplingReduction:
    """S on M sample directions and K labels.

    Attributes
    ----------
    sample_rates, label_rates
        a (M,) and b (K,).
    links
        B (M, K), dense where that is small.
    frustration
        R (K - c, K) for c components.
    at_rest
        label parts of the c zero modes (K, c).
    alone, groups
        the types that are directions of their own, and the groups of the others; directions in this order.
    hidden_rates, hidden_counts
        rates of what moves no label, and on how many samples.
    """

    sample_rates: NDArray
    label_rates: NDArray
    links: NDArray | csr_array
    frustration: NDArray
    at_rest: NDArray
    alone: NDArray
    groups: tuple[Group, ...]
    hidden_rates: NDArray
    hidden_counts: NDArray

    @property
    def size(self) -> int:
        """M + K: the number of modes that move labels."""
        return len(self.sample_rates) + len(self.label_rates)

    @property
    def zero_modes(self) -> NDArray:
        """Orthonormal zero modes (M + K, c)."""
        whole = np.vstack([(self.links @ self.at_rest) / self.sample_rates[:, None], self.at_rest])
        return np.linalg.qr(whole)[0]

    def apply(self, modes: NDArray) -> NDArray:
        """S on columns (M + K, k)."""
        p, q = np.split(modes, [len(self.sample_rates)])
        above = self.sample_rates[:, None] * p - self.links @ q
        return np.vstack([above, self.label_rates[:, None] * q - self.links.T @ p])

    def project(self, scaled: NDArray, links: csr_array) -> NDArray:
        """Directions (M, d) of scaled type means w (T, d), with B on all types (T, K)."""
        parts = [scaled[self.alone]]
        for g in self.groups:
            parts.append(g.directions @ (links[g.types].T @ scaled[g.types]) / g.strengths[:, None])
        return np.vstack(parts)


def reduce_weights(weights: Weights, frustration: NDArray, at_rest: NDArray) -> CouplingReduction:
    """The reduction of weights; R (K - c, K), and the label parts of the zero modes (K, c), are given."""
    from scipy.sparse import csr_array, vstack

    rates, label_rates, links = scaled_parts(weights)
    alone, several = _group_by_rate(rates)
    groups = tuple(_reduce_group(links, types, float(rates[types[0]])) for types in several)
    shared = [csr_array(g.strengths[:, None] * g.directions) for g in groups]
    ranks = [len(g.strengths) for g in groups]
    sizes = np.array([weights.counts[g.types].sum() for g in groups], dtype=int)
    return CouplingReduction(
        np.concatenate([rates[alone], np.repeat([g.rate for g in groups], ranks)]),
        label_rates,
        dense_where_small(vstack([links[alone], *shared], format="csr")),
        frustration,
        at_rest,
        alone,
        groups,
        np.concatenate([rates[alone], [g.rate for g in groups]]),
        np.concatenate([weights.counts[alone] - 1, sizes - np.array(ranks, dtype=int)]),
    )


def scaled_parts(coupling: Weights) -> tuple[NDArray, NDArray, csr_array]:
    """a (T,), b (K,) and B (T, K) of all types."""
    hx, hy = coupling.sample_mobility, coupling.label_mobility
    links = scale_matrix(coupling.types, np.sqrt(coupling.counts * hx), np.sqrt(hy))
    if coupling.normalised:
        return np.ones(len(hx)), np.ones(len(hy)), links
    return hx * coupling.sample_degrees, hy * coupling.label_degrees, links


def _group_by_rate(rates: NDArray) -> tuple[NDArray, list[NDArray]]:
    """Types whose rate is theirs alone, and the types of each other rate; rates equal within rounding are one."""
    order = np.argsort(rates, kind="stable")
    gaps = np.flatnonzero(np.diff(rates[order]) > ULPS * EPS * rates[order][1:]) + 1
    starts, stops = np.concatenate([[0], gaps]), np.concatenate([gaps, [len(rates)]])
    single = stops - starts == 1
    several = zip(starts[~single], stops[~single], strict=True)
    return np.sort(order[starts[single]]), [order[i:j] for i, j in several]


def _reduce_group(links: csr_array, types: NDArray, rate: float) -> Group:
    _, strengths, directions = np.linalg.svd(triangular_factor(links[types]), full_matrices=False)
    felt = strengths > max(len(types), links.shape[1]) * EPS * strengths[0]
    return Group(types, rate, strengths[felt], directions[felt])


# -- frustration: the Schur complement of the samples, by a factor ---------------------------------------------------------


def laplacian_parts(weights: Weights) -> tuple[NDArray, NDArray]:
    """R (K - c, K) and the label parts of the zero modes (K, c), from the Laplacian of the labels."""
    root = np.sqrt(weights.label_mobility)
    factor = laplacian_factor(conductances(weights.types, weights.counts / weights.sample_degrees))
    component = weights.label_components
    at_rest = (component[:, None] == np.arange(component.max() + 1)) / root[:, None]
    return factor * root, at_rest / np.linalg.norm(at_rest, axis=0)


def conductances(types: csr_array, weight: NDArray) -> NDArray:
    r""":math:`\sum_\tau w_\tau J_{\tau a}J_{\tau b}` off the diagonal (K, K), zero on it."""
    total = gram_matrix(types, weight)
    np.fill_diagonal(total, 0.0)
    return total


def laplacian_factor(links: NDArray) -> NDArray:
    r"""R (K - c, K) with R^T R the Laplacian of symmetric conductances (K, K): a row for each label but one of a component.

    Eliminating a label joins its neighbours by :math:`g_ig_j/\sum g`: sums, products and quotients of non-negative numbers,
    so that each entry is accurate relative to itself.
    """
    g, rows = links.copy(), []
    for k in range(len(g) - 1):
        out = g[k, k + 1 :].copy()
        total = out.sum()
        if total > 0:
            row = np.zeros(len(g))
            row[k], row[k + 1 :] = np.sqrt(total), -out / np.sqrt(total)
            rows.append(row)
            g[k + 1 :, k + 1 :] += np.outer(out / total, out)
    return np.array(rows).reshape(-1, len(g))
