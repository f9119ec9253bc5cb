r"""Simulation by order parameters: type means, the spread within types, labels and head, at a cost that does not grow with N.

The closure (:mod:`theory.simulation.closure`) is exact at every number of samples.  Samples are drawn where they are few;
of many, the means of their types and the scatters within them are drawn from their own distributions (normal and Wishart), so
that the start is one of independent standard normal samples, none of which is ever made.  What the order parameters do not
know, such as the accuracy, comes from a followed subsample: a sample is the mean of its type and the propagated rest.

>>> from theory import Coupling, models, simulate
>>> coupling = Coupling.random_pairs(classes=4, samples=4000, fraction=0.05, seed=0)
>>> run = simulate(models.projection_head(), coupling, dimension=3, times=[0, 1, 10], seed=1)
>>> run.method.split(",")[0]
'order parameters of 10 types'

When it fails: types of very many different rates (mobility times degree), each of which has a propagator of its own; use the
direct method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Identity

from theory.calculus import State
from theory.coupling import Coupling
from theory.coupling.reduction import scaled_parts
from theory.coupling.rows import DENSE_LIMIT
from theory.errors import InputError
from theory.models.vocabulary import X
from theory.simulation.closure import Closure, M, closure, closure_or_open, deviation_symbols
from theory.simulation.direct import Scheme
from theory.simulation.observables import accuracy, checked_samples
from theory.simulation.record import Integrated, RecordedRow, make_row
from theory.simulation.setting import Setting
from theory.state import parameters_of

FOLLOWED = 2000  # samples whose accuracy is looked at
GROUPS = 40  # different rates up to which the closure is used
KEPT = 10**7  # entries of recorded states up to which all are kept
DRAWN = 4 * 10**6  # entries of X up to which samples are drawn one by one


@dataclass(frozen=True, eq=False)
class Groups:
    """Types of one rate that hold several samples: the group of each type, -1 for types of one sample, and the rates."""

    of_types: NDArray
    rates: NDArray

    @classmethod
    def of(cls, coupling: Coupling) -> Groups:
        rates, several = scaled_parts(coupling)[0], coupling.counts > 1
        values, group = np.unique(rates[several], return_inverse=True)
        of_types = np.full(len(rates), -1)
        of_types[several] = group
        return cls(of_types, values)


@dataclass(frozen=True, eq=False)
class Samples:
    """A start of the samples: means of types (d, T), scatters of types (T, d, d), and followed samples with their deviations
    from the mean of their type (d, F); ``X`` (d, N) are the samples themselves where they have been drawn."""

    means: NDArray
    scatters: NDArray
    followed: NDArray
    offsets: NDArray
    X: NDArray | None = None


def given_samples(coupling: Coupling, X: ArrayLike, seed: int) -> Samples:
    """The order parameters of samples X (d, N)."""
    X, of, followed = np.asarray(X, dtype=float), coupling.type_of, _draw_followed(coupling, seed)
    parts = np.split(X[:, np.argsort(of, kind="stable")], np.cumsum(coupling.counts)[:-1], axis=1)
    means = np.array([part.mean(axis=1) for part in parts]).T
    scatters = np.array([_scatter_matrix(part - mean[:, None]) for part, mean in zip(parts, means.T, strict=True)])
    return Samples(means, scatters, followed, X[:, followed] - means[:, of[followed]], X)


def _scatter_matrix(off: NDArray) -> NDArray:
    return off @ off.T


def blocks_at_start(setting: Setting, seed: int, initial: Mapping[str, ArrayLike], every: bool = False) -> dict[State, NDArray]:
    """Blocks at the start, without samples that are too many to be drawn one by one, unless every one is needed."""
    many = not every and X.name not in initial and np.prod(setting.shapes[X]) > DRAWN
    return setting.start(seed, initial, frozenset({X}) if many else frozenset())


def samples_at_start(setting: Setting, blocks: Mapping[State, NDArray], seed: int) -> Samples:
    """Those given, or drawn where there are none among the blocks."""
    if X in blocks:
        return given_samples(setting.coupling, blocks[X], seed)
    return drawn_samples(setting.coupling, setting.dimension, seed)


def drawn_samples(coupling: Coupling, dimension: int, seed: int) -> Samples:
    """Standard normal samples of which only those that are followed are made: exact in distribution."""
    rng, followed = np.random.default_rng(seed), _draw_followed(coupling, seed)
    of, size = coupling.type_of[followed], len(coupling.counts)
    own = rng.standard_normal((dimension, len(followed)))
    few = np.bincount(of, minlength=size)
    rest = coupling.counts - few
    first = np.array([np.bincount(of, weights=row, minlength=size) for row in own]) / np.maximum(few, 1)
    others = rng.standard_normal((dimension, size)) / np.sqrt(np.maximum(rest, 1))
    means = (few * first + rest * others) / coupling.counts
    scatters = np.array([_draw_wishart(rng, n - 1, dimension) for n in rest])
    off = own - first[:, of]
    np.add.at(scatters, of, np.einsum("ik,jk->kij", off, off))
    gap = (first - others) * np.where((few > 0) & (rest > 0), np.sqrt(few * rest / coupling.counts), 0.0)
    scatters += np.einsum("it,jt->tij", gap, gap)
    return Samples(means, scatters, followed, own - means[:, of])


def _draw_wishart(rng: np.random.Generator, freedom: int, dimension: int) -> NDArray:
    """A Wishart matrix of unit scale, by the decomposition of Bartlett (1933); of few degrees of freedom by its vectors."""
    if freedom < dimension:
        vectors = rng.standard_normal((dimension, max(freedom, 0)))
        return vectors @ vectors.T
    root = np.tril(rng.standard_normal((dimension, dimension)), -1)
    root[np.diag_indices(dimension)] = np.sqrt(rng.chisquare(freedom - np.arange(dimension)))
    return root @ root.T


def _draw_followed(coupling: Coupling, seed: int) -> NDArray:
    if coupling.samples <= FOLLOWED:
        return np.arange(coupling.samples)
    return np.sort(np.random.default_rng([seed, 1]).choice(coupling.samples, size=FOLLOWED, replace=False))


@dataclass(frozen=True, eq=False)
class Propagated:
    """Embeddings of samples at R recorded times, from the means of their types (R, d, T) and the propagators of their
    deviations from these (R, G, d, d)."""

    coupling: Coupling
    groups: Groups
    samples: Samples
    means: NDArray
    propagators: NDArray

    def __call__(self, chosen: NDArray) -> NDArray:
        """The embeddings of chosen samples (R, d, chosen).

        Raises
        ------
        InputError
            for a sample that was not drawn one by one, and is not among those that are followed.
        """
        chosen = checked_samples(chosen, self.coupling.samples)
        of, offsets = self.coupling.type_of[chosen], self._offsets(chosen)
        group, found = self.groups.of_types[of], self.means[:, :, of]
        for g in range(len(self.groups.rates)):
            found[:, :, group == g] += self.propagators[:, g] @ offsets[:, group == g]
        return found

    def _offsets(self, chosen: NDArray) -> NDArray:
        s = self.samples
        if s.X is not None:
            return s.X[:, chosen] - s.means[:, self.coupling.type_of[chosen]]
        place = np.minimum(np.searchsorted(s.followed, chosen), len(s.followed) - 1)
        if np.any(s.followed[place] != chosen):
            some = f"samples that are followed, such as {s.followed[:5].tolist()}, the others being drawn as their sums alone"
            raise InputError(some, str(chosen.tolist()[:5]), 'choose among them, or give all in initial={"X": ...}')
        return s.offsets[:, place]


class OrderParametersRecorder(Integrated):
    """One run from blocks at the start; without X among them, samples are drawn as their order parameters alone.

    Raises
    ------
    InputError
        for an encoder, and for a model that does not close.
    """

    def __init__(self, setting: Setting, start: Mapping[State, NDArray], seed: int, how: Scheme):
        coupling, integrals = setting.coupling, tuple(setting.integrals)
        coupling.require_graph('use method="direct"')
        self.samples, self.groups = samples_at_start(setting, start, seed), Groups.of(coupling)
        count = len(self.groups.rates)
        self.chosen = self.samples.followed if len(self.samples.followed) < coupling.samples else None
        found = closure(setting.model, count, integrals)
        factor, labels = found.views
        self.projects = not isinstance(factor, Identity)
        observed = [found.loss, labels, *([factor] if self.projects else [])]
        kept = [found.integrals[q] for q in integrals]
        values = closure_data(coupling, self.groups, self.samples) | setting.numbers_by_name
        shown = (*found.flow.velocity.values(), *observed, *kept, *found.conditions, *found.flow.state)
        needed = {str(s) for s in (*parameters_of(shown, ()), *(n for b in found.flow.state for n in b.shape))}
        also = [*observed, *kept, *found.conditions]
        lowered = found.flow.lower({k: v for k, v in values.items() if k in needed}, also=also)
        state = {M: self.samples.means, **dict.fromkeys(deviation_symbols(count), np.eye(setting.dimension))}
        state |= {b: start[b] for b in found.flow.state if b in start}
        super().__init__(coupling, lowered, observed, kept, lowered.pack(state), how, found.conditions)
        self.method = f"order parameters of {len(coupling.counts)} types, {self.scheme}"

    def row(self, state: NDArray) -> RecordedRow:
        loss, labels, *rest = self.observe(state)
        blocks, samples = self.lowered.unpack(state), self._followed_samples(self.lowered.unpack(state))
        share = accuracy(self.coupling, rest[0] @ samples if self.projects else samples, labels, self.samples.followed)
        return make_row(loss, share, blocks, self.drifts(rest[1:] if self.projects else rest), self._second_moments(blocks))

    def _second_moments(self, blocks: Mapping) -> NDArray:
        moved = (M, *deviation_symbols(len(self.groups.rates)))
        return np.sum([blocks[b] @ self._weights[b] @ blocks[b].T for b in moved], axis=0) / self.coupling.samples

    def norm(self, state: NDArray) -> float:
        return float(np.sqrt(sum(np.sum(v @ self._weights[b] * v) for b, v in self.lowered.unpack(state).items())))

    @cached_property
    def _weights(self) -> dict:
        """The matrix V of each block Z, in its share tr(Z V Z^T) of the squared norm of all embeddings and the head."""
        weights = {b: np.eye(shape[1]) for b, shape in self.lowered.shapes.items()} | {M: np.diag(self.coupling.counts)}
        for g, phi in enumerate(deviation_symbols(len(self.groups.rates))):
            weights[phi] = self.samples.scatters[self.groups.of_types == g].sum(axis=0)
        return weights

    def recover(self, rows: Sequence[RecordedRow]) -> Propagated | None:
        """Samples at the recorded times, where all their states were kept."""
        if not all(r.blocks for r in rows):
            return None
        d = len(self.samples.means)
        phi = [[r.blocks[p.name] for p in deviation_symbols(len(self.groups.rates))] for r in rows]
        propagators = np.array(phi).reshape(len(rows), -1, d, d)
        return Propagated(self.coupling, self.groups, self.samples, np.array([r.blocks[M.name] for r in rows]), propagators)

    def thin_row(self, row: RecordedRow, times: int) -> RecordedRow:
        return row if self.lowered.size * times <= KEPT else super().thin_row(row, times)

    def _followed_samples(self, blocks: Mapping) -> NDArray:
        """The followed samples (d, F) now."""
        of = self.coupling.type_of[self.samples.followed]
        found, group = blocks[M][:, of], self.groups.of_types[of]
        for g, phi in enumerate(deviation_symbols(len(self.groups.rates))):
            found[:, group == g] += blocks[phi] @ self.samples.offsets[:, group == g]
        return found


def closure_data(coupling: Coupling, groups: Groups, samples: Samples) -> dict[str, object]:
    """What stands in a closure, by name."""
    size = {"T": len(coupling.counts), "K": coupling.labels, "d": len(samples.means)}
    return size | data_of_types(coupling, groups) | data_of_groups(coupling, groups, samples)


def data_of_types(coupling: Coupling, groups: Groups) -> dict[str, object]:
    """What is the same for every start."""
    c = coupling
    whole = {"C": c.counts.astype(float), "D_t": c.sample_degrees, "H_t": c.sample_mobility, "J_t": c.types.toarray()}
    whole |= {"D_y": c.label_degrees, "H_y": c.label_mobility}
    whole |= {"N": coupling.samples, "u_t": np.ones((len(c.counts), 1)), "u_y": np.ones((c.labels, 1))}
    return whole | {f"rho_{g + 1}": float(rate) for g, rate in enumerate(groups.rates)}


def data_of_groups(coupling: Coupling, groups: Groups, samples: Samples) -> dict[str, object]:
    """Scatters at the start, summed over the types of a group."""
    weights = {"S": coupling.sample_degrees, "R": 1 / coupling.sample_mobility, "V": np.ones(len(coupling.counts))}
    own = [groups.of_types == g for g in range(len(groups.rates))]
    return {
        f"{name}_{g + 1}": np.einsum("t,tij->ij", w[types], samples.scatters[types])
        for g, types in enumerate(own)
        for name, w in weights.items()
    }


def types_are_few(coupling: Coupling) -> bool:
    """Whether types are fewer than samples, their weights fit in memory, and their different rates are few."""
    types = len(coupling.counts)
    if 2 * types > coupling.samples or types * coupling.labels > DENSE_LIMIT:
        return False
    return len(Groups.of(coupling).rates) <= GROUPS


def closes_on_few(setting: Setting) -> bool:
    """Whether the flow closes on order parameters that are few."""
    if not types_are_few(setting.coupling):
        return False
    groups = len(Groups.of(setting.coupling).rates)
    return isinstance(closure_or_open(setting.model, groups, tuple(setting.integrals)), Closure)
