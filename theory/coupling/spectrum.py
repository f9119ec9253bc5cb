r"""Canonical correlations, rates and time scales of a coupling (§§1, 2 of the notes), each with its residual.

All come from the flow that labels can feel (:mod:`theory.coupling.reduction`), with M sample directions and K labels:

* with :math:`H=D^{-1}`, from matrices K × K: rates are :math:`\psi/(1+\mu)` and :math:`1+\mu`;
* else, up to :data:`DENSE` modes, as squared singular values of the factor :math:`C`, with a relative error of rounding over
  the square root of the rate;
* else from matrices on the labels alone (:mod:`theory.coupling.label_only`), rate by rate.

>>> from theory import Coupling
>>> slow = Coupling.uniform(classes=4, samples=10**6, fraction=4e-6, mobility="uniform").spectrum(k=2)
>>> [float(f"{rate:.7g}") for rate in slow.rates], slow.method
([0.0, 3.999984e-06], 'squared singular values of a dense factor')
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from theory import require
from theory.coupling.label_only import Modes, largest_mode, slow_modes
from theory.coupling.reduction import CouplingReduction
from theory.coupling.rows import scale_matrix, triangular_factor
from theory.coupling.weights import Weights
from theory.errors import InputError, UnfinishedError

DENSE = 2500  # modes up to which all are computed at once: some ten seconds and 200 MB
CONVERGED = 1e-10  # largest residual that is handed out, relative to the largest rate


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Modes of the embedding-only flow that move labels, slowest first.

    Attributes
    ----------
    rates
        (k,), zero modes included.
    labels
        (K, k): what each mode does to the labels, columns of length one.
    residuals
        (k,): length of (operator - rate) on the mode, relative to the mode and to the largest rate.
    method
        how it was computed, in words.
    """

    rates: NDArray
    labels: NDArray
    residuals: NDArray
    method: str

    def __post_init__(self):
        worst = float(np.max(self.residuals, initial=0.0))
        if not worst <= CONVERGED:
            raise UnfinishedError(f"the residual {worst:.1e} of a mode exceeds {CONVERGED:g}; ask for fewer modes")

    def slowest(self, k: int | None) -> Spectrum:
        """The first k modes."""
        return replace(self, rates=self.rates[:k].copy(), labels=self.labels[:, :k].copy(), residuals=self.residuals[:k].copy())


def require_count(k: int | None) -> None:
    """Raise :class:`~theory.errors.InputError` unless k is a number of modes, or None for all."""
    if k is not None:
        require.whole(k, "a number of modes", "give a non-negative integer, or none for all")


def require_few(k: int | None, size: int) -> int:
    """The number of modes that are asked for, or an :class:`~theory.errors.InputError` where it is not few."""
    require_count(k)
    if k is None or k > DENSE:
        remedy = "ask for the k slowest, as in shared_rates(k), modes(k) and rates(k), or simulate"
        raise InputError(f"at most {DENSE} modes at once", f"{'all' if k is None else k} of {size}", remedy)
    return k


def dense_spectrum(weights: Weights, reduction: CouplingReduction) -> Spectrum:
    """All modes that move labels."""
    rates, modes = dense_modes(reduction)
    rest = reduction.apply(modes) - modes * rates
    moved = np.sqrt(weights.label_mobility)[:, None] * modes[-weights.labels :]
    residuals = np.linalg.norm(rest, axis=0) / _largest_rate_bound(reduction)
    return Spectrum(rates, _normalise_columns(moved), residuals, "squared singular values of a dense factor")


def dense_modes(reduction: CouplingReduction) -> tuple[NDArray, NDArray]:
    """All rates (M + K,), ascending, and orthonormal modes (M + K, M + K), zero modes first."""
    root = np.sqrt(reduction.sample_rates)
    links = reduction.links if isinstance(reduction.links, np.ndarray) else reduction.links.toarray()
    below = np.zeros((len(reduction.frustration), len(root)))
    factor = np.block([[np.diag(root), -links / root[:, None]], [below, reduction.frustration]])
    _, strengths, modes = np.linalg.svd(factor, full_matrices=False)
    still = reduction.zero_modes
    return np.concatenate([np.zeros(still.shape[1]), strengths[::-1] ** 2]), np.column_stack([still, modes[::-1].T])


def _normalise_columns(columns: NDArray) -> NDArray:
    return columns / np.linalg.norm(columns, axis=0)


def _largest_rate_bound(reduction: CouplingReduction) -> float:
    """A bound on the largest rate, at most twice as large: S has non-negative 2 x 2 blocks."""
    return float(reduction.sample_rates.max(initial=0.0) + reduction.label_rates.max())


# -- H = D^-1: canonical correlations --------------------------------------------------------------------------------------


def canonical_correlations(weights: Weights, reduction: CouplingReduction | None = None) -> NDArray:
    """All min(N, K), descending, with an absolute error of rounding; a reduction spares work where all types have one rate."""
    if weights.normalised and reduction is not None and reduction.groups:
        mu = reduction.groups[0].strengths
    else:
        scaled = scale_matrix(weights.types, np.sqrt(weights.counts / weights.sample_degrees), weights.label_degrees**-0.5)
        mu = np.linalg.svd(triangular_factor(scaled), compute_uv=False)
    padded = np.zeros(min(weights.samples, weights.labels))
    padded[: len(mu)] = np.minimum(mu, 1.0)[: len(padded)]
    return padded


def frustrated_modes(weights: Weights, reduction: CouplingReduction) -> tuple[NDArray, NDArray]:
    """Frustrations of all K label modes, ascending, and their orthonormal vectors in q (K, K)."""
    factor, still = reduction.frustration, reduction.at_rest
    if not weights.normalised:
        scale = np.sqrt(weights.label_mobility * weights.label_degrees)
        factor, still = factor / scale, _normalise_columns(still * scale[:, None])
    strengths, vectors = jacobi_svd(factor)
    psi = np.concatenate([np.zeros(still.shape[1]), strengths**2])
    return np.minimum(psi, 1.0), np.column_stack([still, vectors])


def jacobi_svd(factor: NDArray) -> tuple[NDArray, NDArray]:
    """Singular values, ascending, and right singular vectors (K, r) of a factor (r, K), r < K, of full rank.

    By one-sided Jacobi rotations (LAPACK's dgejsv), which keep the relative accuracy of small values when rows are graded.
    """
    from scipy.linalg.lapack import dgejsv

    if len(factor) == 0:
        return np.zeros(0), np.zeros((factor.shape[1], 0))
    values, vectors, _, scale, _, info = dgejsv(np.asfortranarray(factor.T), joba=0, jobu=0, jobv=3, jobp=0)
    if info:
        raise UnfinishedError(f"the Jacobi iteration for the frustrations did not converge (dgejsv: {info})")
    return values[::-1] * (scale[0] / scale[1]), vectors[:, len(values) - 1 :: -1]


def spectrum_from_correlations(
    weights: Weights, reduction: CouplingReduction, mu: NDArray, psi: NDArray, vectors: NDArray
) -> Spectrum:
    """All modes that move labels, from canonical correlations, frustrations (K,) and their vectors in q (K, K)."""
    mu = np.pad(mu, (0, weights.labels))[: weights.labels]
    fast = np.arange(len(reduction.sample_rates))[::-1]
    rates = np.concatenate([psi / (1 + mu), 1 + mu[fast]])
    both = np.column_stack([vectors, vectors[:, fast]])
    rest = (1 - rates) ** 2 * both - reduction.links.T @ (reduction.links @ both)
    moved = _normalise_columns(np.sqrt(weights.label_mobility)[:, None] * both)
    return Spectrum(rates, moved, np.linalg.norm(rest, axis=0), "canonical correlations, by matrices on the labels")


# -- large couplings of any mobility ---------------------------------------------------------------------------------------


def slowest_modes(weights: Weights, reduction: CouplingReduction, k: int | None) -> Spectrum:
    """The k slowest modes, from matrices on the labels alone."""
    if k is None or k > DENSE:
        got = "all" if k is None else str(k)
        raise InputError(f"at most {DENSE} modes of {reduction.size} at once", got, "ask for the k slowest")
    still = reduction.zero_modes[:, :k]
    at_rest = np.zeros(still.shape[1]), still
    return _spectrum_of_modes(weights, reduction, chain([at_rest], slow_modes(reduction, still.shape[1], k)))


def fastest_mode(weights: Weights, reduction: CouplingReduction) -> Spectrum:
    """The mode of the largest rate, from matrices on the labels alone."""
    return _spectrum_of_modes(weights, reduction, [largest_mode(reduction)])


def _spectrum_of_modes(weights: Weights, reduction: CouplingReduction, blocks: Iterable[Modes]) -> Spectrum:
    """The spectrum of rates and modes (M + K, k), some k at a time, that are not held together."""
    parts, bound, root = [], _largest_rate_bound(reduction), np.sqrt(weights.label_mobility)[:, None]
    for rates, modes in blocks:
        rest = np.linalg.norm(reduction.apply(modes) - modes * rates, axis=0) / np.linalg.norm(modes, axis=0)
        parts.append((rates, _normalise_columns(root * modes[-weights.labels :]), rest / bound))
    rates, columns, rests = (np.concatenate(part, axis=-1) for part in zip(*parts, strict=True))
    return Spectrum(rates, columns, rests, "roots of the label-only equation")


def hidden_rates(reduction: CouplingReduction, limit: int) -> NDArray:
    """Rates of what moves no label, ascending, as often as they occur; at most ``limit`` of each."""
    order = np.argsort(reduction.hidden_rates)
    order = order[reduction.hidden_counts[order] > 0][:limit]
    return np.repeat(reduction.hidden_rates[order], np.minimum(reduction.hidden_counts[order], limit))
