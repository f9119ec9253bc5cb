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
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from theory.coupling.label_only import largest_mode, slow_modes
from theory.coupling.reduction import Reduction
from theory.coupling.rows import triangular_factor
from theory.errors import InputError, UnfinishedError

if TYPE_CHECKING:
    from theory.coupling.graph import Coupling

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


def spectrum(coupling: Coupling, k: int | None = None) -> Spectrum:
    """The modes that move labels: all, or the ``k`` slowest.

    Raises
    ------
    InputError
        for all modes, or nearly all, of a coupling with more than :data:`DENSE`.
    UnfinishedError
        where a residual is not small.
    """
    if k is not None and (isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 0):
        raise InputError("a number of modes", repr(k), "give a non-negative integer, or none for all")
    if is_dense(coupling):
        return coupling._spectrum.slowest(k)
    if k is None or k > DENSE:
        size = coupling.reduction.size
        raise InputError(f"at most {DENSE} modes of {size} at once", "all" if k is None else str(k), "ask for the k slowest")
    return _label_only(coupling, int(k))


def is_dense(coupling: Coupling) -> bool:
    """Whether all modes that move labels are computed at once."""
    return coupling.normalised or coupling.reduction.size <= DENSE


def dense_spectrum(coupling: Coupling) -> Spectrum:
    if coupling.normalised:
        return _from_correlations(coupling)
    values, modes = dense_modes(coupling.reduction)
    return _spectrum(coupling, values, modes, "squared singular values of a dense factor")


def dense_modes(reduction: Reduction) -> tuple[NDArray, NDArray]:
    """All rates (M + K,), ascending, and orthonormal modes (M + K, M + K), zero modes first."""
    root = np.sqrt(reduction.sample_rates)
    links = reduction.links if isinstance(reduction.links, np.ndarray) else reduction.links.toarray()
    below = np.zeros((len(reduction.frustration), len(root)))
    factor = np.block([[np.diag(root), -links / root[:, None]], [below, reduction.frustration]])
    _, strengths, modes = np.linalg.svd(factor, full_matrices=False)
    still = reduction.zero_modes
    return np.concatenate([np.zeros(still.shape[1]), strengths[::-1] ** 2]), np.column_stack([still, modes[::-1].T])


def _spectrum(coupling: Coupling, rates: NDArray, modes: NDArray, method: str) -> Spectrum:
    """From modes of the reduction, columns of length one."""
    rest = coupling.reduction.apply(modes) - modes * rates
    moved = np.sqrt(coupling.label_mobility)[:, None] * modes[-coupling.labels :]
    return Spectrum(rates, _unit(moved), np.linalg.norm(rest, axis=0) / _largest(coupling.reduction), method)


def _unit(columns: NDArray) -> NDArray:
    return columns / np.linalg.norm(columns, axis=0)


def _largest(reduction: Reduction) -> float:
    """A bound on the largest rate, at most twice as large: S has non-negative 2 x 2 blocks."""
    return float(reduction.sample_rates.max(initial=0.0) + reduction.label_rates.max())


# -- H = D^-1: canonical correlations --------------------------------------------------------------------------------------


def canonical_correlations(coupling: Coupling) -> NDArray:
    """All min(N, K), descending, with an absolute error of rounding."""
    if coupling.normalised and coupling.features is None and coupling.reduction.groups:
        return _padded(coupling, coupling.reduction.groups[0].strengths)
    scaled = coupling.types.multiply(np.sqrt(coupling.counts / coupling.sample_degrees)[:, None])
    scaled = scaled.multiply(coupling.label_degrees**-0.5).tocsr()
    return _padded(coupling, np.linalg.svd(triangular_factor(scaled), compute_uv=False))


def _padded(coupling: Coupling, mu: NDArray) -> NDArray:
    padded = np.zeros(min(coupling.samples, coupling.labels))
    padded[: len(mu)] = np.minimum(mu, 1.0)[: len(padded)]
    return padded


def frustration(coupling: Coupling) -> NDArray:
    if coupling.features is not None:
        return 1 - coupling.modes() ** 2
    return _frustrated_modes(coupling)[0][: min(coupling.samples, coupling.labels)]


def _frustrated_modes(coupling: Coupling) -> tuple[NDArray, NDArray]:
    """Frustrations of all K label modes, ascending, and their orthonormal vectors in q (K, K)."""
    factor, still = coupling.reduction.frustration, coupling.reduction.at_rest
    if not coupling.normalised:
        scale = np.sqrt(coupling.label_mobility * coupling.label_degrees)
        factor, still = factor / scale, _unit(still * scale[:, None])
    strengths, vectors = _jacobi(factor)
    psi = np.concatenate([np.zeros(still.shape[1]), strengths**2])
    return np.minimum(psi, 1.0), np.column_stack([still, vectors])


def _jacobi(factor: NDArray) -> tuple[NDArray, NDArray]:
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


def _from_correlations(coupling: Coupling) -> Spectrum:
    reduction, labels = coupling.reduction, coupling.labels
    mu = np.pad(coupling.modes(), (0, labels))[:labels]
    if coupling.features is None:
        psi, vectors = _frustrated_modes(coupling)
    else:
        _, strengths, directions = np.linalg.svd(reduction.frustration, full_matrices=False)
        psi = np.concatenate([np.zeros(reduction.at_rest.shape[1]), strengths[::-1] ** 2])
        vectors = np.column_stack([reduction.at_rest, directions[::-1].T])
    fast = np.arange(len(reduction.sample_rates))[::-1]
    rates = np.concatenate([psi / (1 + mu), 1 + mu[fast]])
    both = np.column_stack([vectors, vectors[:, fast]])
    rest = (1 - rates) ** 2 * both - reduction.links.T @ (reduction.links @ both)
    moved = _unit(np.sqrt(coupling.label_mobility)[:, None] * both)
    return Spectrum(rates, moved, np.linalg.norm(rest, axis=0), "canonical correlations, by matrices on the labels")


# -- large couplings of any mobility ---------------------------------------------------------------------------------------


def _label_only(coupling: Coupling, k: int) -> Spectrum:
    reduction = coupling.reduction
    still = reduction.zero_modes[:, :k].T
    at_rest = zip(np.zeros(len(still)), still, strict=True)
    return _one_by_one(coupling, chain(at_rest, slow_modes(reduction, len(still), k)))


def _one_by_one(coupling: Coupling, modes: Iterable[tuple[float, NDArray]]) -> Spectrum:
    """From rates and modes, which are not held together."""
    reduction = coupling.reduction
    rates, rests, moved = [], [], []
    for rate, mode in modes:
        rest = reduction.apply(mode[:, None])[:, 0] - rate * mode
        rates.append(rate)
        rests.append(np.linalg.norm(rest) / np.linalg.norm(mode) / _largest(reduction))
        moved.append(_unit(np.sqrt(coupling.label_mobility) * mode[-coupling.labels :]))
    columns = np.array(moved).reshape(-1, coupling.labels).T
    return Spectrum(np.array(rates), columns, np.array(rests), "roots of the label-only equation")


# -- rates and time scales -------------------------------------------------------------------------------------------------


def rates(coupling: Coupling, k: int | None = None) -> NDArray:
    reduction = coupling.reduction
    limit = coupling.samples + coupling.labels if k is None else k
    moving = spectrum(coupling, None if is_dense(coupling) else k).rates
    order = np.argsort(reduction.hidden_rates)
    order = order[reduction.hidden_counts[order] > 0][:limit]
    hidden = np.repeat(reduction.hidden_rates[order], np.minimum(reduction.hidden_counts[order], limit))
    return np.sort(np.concatenate([moving, hidden]))[:k]


def slow_time(coupling: Coupling) -> float:
    if coupling.classifiable:
        return float("inf")
    return 1 / float(spectrum(coupling, coupling.components + 1).rates[-1])


def fast_time(coupling: Coupling) -> float:
    if is_dense(coupling):
        return 1 / float(spectrum(coupling).rates[-1])
    return 1 / float(_one_by_one(coupling, [largest_mode(coupling.reduction)]).rates[0])
