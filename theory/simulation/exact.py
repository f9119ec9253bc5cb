r"""Exact propagation of the embedding-only flow :math:`\dot Z=-Z(D-A)H`, at any times, without time steps (§2 of the notes).

Samples of one type move with their mean, :math:`x_i(t)=m_\tau(t)+e^{-\eta_xd_it}(x_i(0)-m_\tau(0))`; type means and labels
follow from

* the *spectral form*, where the modes that move labels are few (:mod:`theory.coupling.reduction`): their amplitudes decay at
  their rates, and means are :math:`m_\tau(t)=e^{-a_\tau t}m_\tau(0)+\eta_\tau\sum_aJ_{\tau a}c_a(t)` with the memory
  :math:`c(t)=\int_0^te^{-a_\tau(t-s)}y(s)\,ds` of the labels, known for each mode.  Zero modes do not move at all;
* the *action of the matrix exponential* on the quotient else, by Chebyshev polynomials (:mod:`theory.coupling.sparse_flow`),
  from each time to the next.

>>> import numpy as np
>>> from theory import Coupling
>>> coupling = Coupling.uniform(classes=3, samples=6, fraction=0.0)
>>> rng = np.random.default_rng(0)
>>> run = propagate(coupling, rng.standard_normal((2, 6)), rng.standard_normal((2, 3)))
>>> at_rest, much_later = run.labels([50.0, 1e9])
>>> bool(np.all(at_rest == much_later)), run.method
(True, 'exact, spectral form of 6 modes')

When it fails: decays of the embeddings and heads are other flows; the second form takes products with the operator in
proportion to the square root of its largest rate times the time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.coupling import Coupling
from theory.coupling.partition import quotient
from theory.coupling.reduction import scaled_parts
from theory.coupling.sparse_flow import flow_without_links, sparse_flow
from theory.coupling.spectrum import dense_modes
from theory.errors import InputError
from theory.simulation.observables import checked_samples

EXACT = "exact"  # the first word on methods without time steps


@dataclass(frozen=True, eq=False)
class Propagation(ABC):
    """The embedding-only flow from one start, samples X (d, N) and labels Y (d, K)."""

    coupling: Coupling
    X: NDArray
    Y: NDArray

    method = EXACT

    @abstractmethod
    def states(self, times: Iterable[float]) -> Iterator[tuple[NDArray, NDArray]]:
        """Labels (d, K) and means of the sample types (d, T) at each time."""

    def labels(self, times: ArrayLike) -> NDArray:
        """Label embeddings (times, d, K)."""
        return np.array([labels for labels, _ in self.states(require.times(times))])

    def means(self, times: ArrayLike) -> NDArray:
        """Means of the sample types (times, d, T), pure ones being class means."""
        return np.array([means for _, means in self.states(require.times(times))])

    def embeddings(self, times: ArrayLike, samples: ArrayLike | None = None) -> NDArray:
        """Embeddings of chosen samples, or of all (times, d, samples)."""
        times, everything = require.times(times), np.arange(self.coupling.samples)
        chosen = everything if samples is None else checked_samples(samples, len(everything))
        found = [self.spread(t, means, chosen) for t, (_, means) in zip(times, self.states(times), strict=True)]
        return np.array(found)

    def spread(self, time: float, means: NDArray, samples: NDArray | slice) -> NDArray:
        """Embeddings of samples (d, samples) at a time from the means of their types then."""
        of = self.coupling.type_of[samples]
        return means[:, of] + np.exp(-self.rates[of] * time) * (self.X[:, samples] - self.start[:, of])

    def loss(self, time: float, labels: NDArray, means: NDArray) -> float:
        r""":math:`\tfrac12\operatorname{tr}Z(D-A)Z^T`, as a sum of squares, however small."""
        c, r = self.coupling, self.coupling.reduction
        off = means - (c.types @ labels.T).T / c.sample_degrees
        frustrated = np.sum((r.frustration @ (labels / np.sqrt(c.label_mobility)).T) ** 2)
        within = np.sum(c.sample_degrees * np.exp(-2 * self.rates * time) * self.scatter)
        return float(np.sum(c.counts * c.sample_degrees * off**2) + frustrated + within) / 2

    def norms(self, time: float, labels: NDArray, means: NDArray) -> tuple[float, float]:
        """The norms of the velocity of all embeddings, and of the embeddings, from labels and type means at a time."""
        c = self.coupling
        pull_labels = (c.types.T @ (c.counts * means).T).T - c.label_degrees * labels
        pull_means = (c.types @ labels.T).T - c.sample_degrees * means
        within = np.exp(-2 * self.rates * time) * self.scatter
        moved = np.sum(c.counts * (c.sample_mobility * pull_means) ** 2) + np.sum((c.label_mobility * pull_labels) ** 2)
        size = np.sum(c.counts * means**2) + np.sum(labels**2)
        return float(np.sqrt(moved + np.sum(self.rates**2 * within))), float(np.sqrt(size + np.sum(within)))

    def second_moments(self, time: float, means: NDArray) -> NDArray:
        """The mean (d, d) of the outer products of the samples at a time, from the means of their types then."""
        c = self.coupling
        if np.all(c.counts == 1):
            return c.second_moments(means[:, c.type_of])
        rates, scatters = self._scatters
        within = np.tensordot(np.exp(-2 * rates * time), scatters, 1)
        return ((c.counts * means) @ means.T + within) / c.samples

    @cached_property
    def _scatters(self) -> tuple[NDArray, NDArray]:
        """The different rates (G,) of types of several samples, and the scatters (G, d, d) of these at the start."""
        c = self.coupling
        rates, group = np.unique(self.rates, return_inverse=True)
        off = self.X - self.start[:, c.type_of]
        order = np.argsort(group[c.type_of], kind="stable")
        sizes = np.bincount(group, weights=c.counts, minlength=len(rates)).astype(int)
        parts = np.split(off[:, order], np.cumsum(sizes)[:-1], axis=1)
        return rates, np.array([part @ part.T for part in parts])

    @cached_property
    def rates(self) -> NDArray:
        """Decay rate of the deviations within each type (T,)."""
        return scaled_parts(self.coupling)[0]

    @cached_property
    def start(self) -> NDArray:
        """Means of the types (d, T) at the start."""
        return _sum_by_type(self.coupling, self.X) / self.coupling.counts

    @cached_property
    def scatter(self) -> NDArray:
        """Summed squared deviations from the mean within each type (T,) at the start."""
        off = self.X - self.start[:, self.coupling.type_of]
        return _sum_by_type(self.coupling, np.sum(off**2, axis=0)[None, :])[0]


def propagate(coupling: Coupling, X: ArrayLike, Y: ArrayLike) -> Propagation:
    """The embedding-only flow of a coupling from samples X (d, N) and labels Y (d, K).

    Raises
    ------
    InputError
        for a start that is not finite or of the wrong shape.
    """
    start = [np.asarray(Z, dtype=float) for Z in (X, Y)]
    columns = (coupling.samples, coupling.labels)
    shapes = [Z.shape for Z in start]
    if any(
        Z.ndim != 2 or Z.shape != (len(start[0]), n) or not np.isfinite(Z).all() for Z, n in zip(start, columns, strict=True)
    ):
        raise InputError(f"a finite start with {columns[0]} and {columns[1]} columns", f"shapes {shapes}", "correct the start")
    return (Spectral if coupling.has_few_modes else Stepped)(coupling, *start)


class Spectral(Propagation):
    """A propagation by the modes that move labels."""

    @property
    def method(self) -> str:  # type: ignore[override]
        return f"{EXACT}, spectral form of {self.coupling.reduction.size} modes"

    @cached_property
    def _modes(self) -> tuple[NDArray, NDArray, NDArray]:
        return amplitudes(self.coupling, self.start, self.Y)

    def labels(self, times: ArrayLike) -> NDArray:
        rates, modes, amplitudes = self._modes
        root = np.sqrt(self.coupling.label_mobility)
        times = require.times(times)
        now = np.exp(-np.multiply.outer(times, rates))
        found = np.einsum("ka,tk,kd->tda", modes[-len(root) :].T * root, now, amplitudes, optimize=True)
        found[times == 0] = self.Y
        return found

    def states(self, times: Iterable[float]) -> Iterator[tuple[NDArray, NDArray]]:
        c, r = self.coupling, self.coupling.reduction
        rates, modes, amplitudes = self._modes
        on_samples, on_labels = np.split(modes, [len(r.sample_rates)])
        alone = np.sqrt(c.sample_mobility / c.counts)[r.alone]
        root = np.sqrt(c.label_mobility)[:, None]
        for t in times:
            if t == 0:
                yield self.Y, self.start
                continue
            now = np.exp(-rates * t)[:, None] * amplitudes
            means = np.empty_like(self.start)
            means[:, r.alone] = alone * (on_samples[: len(r.alone)] @ now).T
            for g in r.groups:
                memory = root * (on_labels @ (_memory_integral(rates, g.rate, t)[:, None] * amplitudes))
                pulled = c.sample_mobility[g.types, None] * (c.types[g.types] @ memory)
                means[:, g.types] = np.exp(-g.rate * t) * self.start[:, g.types] + pulled.T
            yield (root * (on_labels @ now)).T, means


class Stepped(Propagation):
    """A propagation by the action of the matrix exponential on the quotient, from each time to the next."""

    method = f"{EXACT}, action of the matrix exponential on the quotient"

    def states(self, times: Iterable[float]) -> Iterator[tuple[NDArray, NDArray]]:
        from scipy.sparse import csr_array

        c = self.coupling
        flow = sparse_flow(c) if c.null_vector else flow_without_links(csr_array(quotient(c).operator))
        scale = np.sqrt(np.concatenate([c.counts / c.sample_mobility, 1 / c.label_mobility]))[:, None]
        now, before = scale * np.vstack([self.start.T, self.Y.T]), 0.0
        still = flow.at_rest(now)
        moving = now - still
        for t in times:
            if t == 0:
                yield self.Y, self.start
                continue
            moving, before = flow.decay_moving(moving, t - before), t
            means, labels = np.split(((still + moving) / scale).T, [len(c.counts)], axis=1)
            yield labels, means

    def loss(self, time: float, labels: NDArray, means: NDArray) -> float:
        c = self.coupling
        if not c.null_vector:
            return super().loss(time, labels, means)
        links = c.types.tocoo()
        of, label = links.coords
        pairs = sum((c.counts[of] * links.data) @ (mean[of] - own[label]) ** 2 for mean, own in zip(means, labels, strict=True))
        within = np.sum(c.sample_degrees * np.exp(-2 * self.rates * time) * self.scatter)
        return float(pairs + within) / 2


def amplitudes(coupling: Coupling, means: NDArray, labels: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    r"""Rates (M + K,), modes (M + K, M + K), and their amplitudes (M + K, d) in a start of type means (d, T) and labels (d, K).

    With the last K rows of the modes, each times :math:`\sqrt{\eta_a}`, as label parts :math:`\ell_k`, labels move as
    :math:`y(t)=\sum_ke^{-r_kt}a_k\ell_k^T`; zero modes come first.
    """
    c, r = coupling, coupling.reduction
    rates, modes = dense_modes(r)
    scaled = (means * np.sqrt(c.counts / c.sample_mobility)).T
    whole = np.vstack([r.project(scaled, scaled_parts(c)[2]), (labels / np.sqrt(c.label_mobility)).T])
    return rates, modes, modes.T @ whole


def _memory_integral(rates: NDArray, rate: float, time: float) -> NDArray:
    r""":math:`\int_0^te^{-a(t-s)-rs}ds` for each rate r."""
    gap = np.abs(rates - rate) * time
    whole = np.where(gap > 0, -np.expm1(-gap) / np.where(gap > 0, gap, 1.0), 1.0)
    return time * np.exp(-np.minimum(rates, rate) * time) * whole


def _sum_by_type(coupling: Coupling, columns: NDArray) -> NDArray:
    """Sums (d, T) of columns (d, N) over the samples of each type."""
    return np.array([np.bincount(coupling.type_of, weights=row, minlength=len(coupling.counts)) for row in columns])
