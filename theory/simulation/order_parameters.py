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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Identity

from theory.coupling import Coupling
from theory.coupling.reduction import scaled_parts
from theory.coupling.rows import DENSE_LIMIT
from theory.flow import parameters_of
from theory.loss import Loss
from theory.models.vocabulary import W, Y
from theory.simulation.closure import M, closure, deviations
from theory.simulation.direct import integrate
from theory.simulation.observables import accuracy, drift
from theory.simulation.record import Row

FOLLOWED = 2000  # samples whose accuracy is looked at
GROUPS = 40  # different rates up to which the closure is used
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
    from the mean of their type (d, F)."""

    means: NDArray
    scatters: NDArray
    followed: NDArray
    offsets: NDArray


def given_samples(coupling: Coupling, X: ArrayLike, seed: int) -> Samples:
    """Of samples X (d, N)."""
    X, of = np.asarray(X, dtype=float), coupling.type_of
    means = np.array([np.bincount(of, weights=row, minlength=len(coupling.counts)) for row in X]) / coupling.counts
    off = X - means[:, of]
    order = np.argsort(of, kind="stable")
    parts = np.split(off[:, order], np.cumsum(coupling.counts)[:-1], axis=1)
    followed = _followed(coupling, seed)
    return Samples(means, np.array([part @ part.T for part in parts]), followed, off[:, followed])


def drawn_samples(coupling: Coupling, dimension: int, seed: int) -> Samples:
    """Standard normal samples of which only those that are followed are made: exact in distribution."""
    rng, followed = np.random.default_rng(seed), _followed(coupling, seed)
    of, size = coupling.type_of[followed], len(coupling.counts)
    own = rng.standard_normal((dimension, len(followed)))
    few = np.bincount(of, minlength=size)
    rest = coupling.counts - few
    first = np.array([np.bincount(of, weights=row, minlength=size) for row in own]) / np.maximum(few, 1)
    others = rng.standard_normal((dimension, size)) / np.sqrt(np.maximum(rest, 1))
    means = (few * first + rest * others) / coupling.counts
    scatters = np.array([_wishart(rng, n - 1, dimension) for n in rest])
    off = own - first[:, of]
    np.add.at(scatters, of, np.einsum("ik,jk->kij", off, off))
    gap = (first - others) * np.where((few > 0) & (rest > 0), np.sqrt(few * rest / coupling.counts), 0.0)
    scatters += np.einsum("it,jt->tij", gap, gap)
    return Samples(means, scatters, followed, own - means[:, of])


def _wishart(rng: np.random.Generator, freedom: int, dimension: int) -> NDArray:
    """A Wishart matrix of unit scale, by the decomposition of Bartlett (1933); of few degrees of freedom by its vectors."""
    if freedom < dimension:
        vectors = rng.standard_normal((dimension, max(freedom, 0)))
        return vectors @ vectors.T
    root = np.tril(rng.standard_normal((dimension, dimension)), -1)
    root[np.diag_indices(dimension)] = np.sqrt(rng.chisquare(freedom - np.arange(dimension)))
    return root @ root.T


def _followed(coupling: Coupling, seed: int) -> NDArray:
    if coupling.samples <= FOLLOWED:
        return np.arange(coupling.samples)
    return np.sort(np.random.default_rng([seed, 1]).choice(coupling.samples, size=FOLLOWED, replace=False))


class OrderParameters:
    """One run: what it starts from, and the rows that it records."""

    def __init__(
        self,
        model: Loss,
        coupling: Coupling,
        samples: Samples,
        blocks: Mapping[str, NDArray],
        numbers: Mapping[str, float],
        integrals: Sequence,
        how: tuple[str, float, float],
    ):
        self.coupling, self.samples, self.how = coupling, samples, how
        self.groups = Groups.of(coupling)
        count = len(self.groups.rates)
        solver, rtol, atol = how
        self.method = f"order parameters of {len(coupling.counts)} types, {solver}, rtol {rtol:g}, atol {atol:g}"
        self.chosen = samples.followed if len(samples.followed) < coupling.samples else None
        found = closure(model, count, tuple(integrals))
        factor, labels = found.views
        self.projects = not isinstance(factor, Identity)
        observed = [found.loss, labels, *([factor] if self.projects else []), *(found.integrals[q] for q in integrals)]
        data = self._data(count) | dict(numbers)
        shown = (*found.flow.velocity.values(), *observed, *found.flow.state)
        needed = {str(s) for s in (*parameters_of(shown, ()), *(n for b in found.flow.state for n in b.shape))}
        self.lowered = found.flow.lower({k: v for k, v in data.items() if k in needed}, also=observed)
        self.observe = self.lowered.evaluate(observed)
        state = {M: samples.means, **dict.fromkeys(deviations(count), np.eye(len(samples.means)))}
        state |= {b: blocks[b.name] for b in found.flow.state if b.name in blocks}
        self.start = self.lowered.pack(state)

    def rows(self, times: NDArray) -> Iterator[Row]:
        skip = 3 if self.projects else 2
        initial = self.observe(self.start)[skip:]
        for state in integrate(self.lowered.velocity, self.start, times, *self.how):
            loss, labels, *rest = self.observe(state)
            blocks, integrals = self.lowered.unpack(state), rest[skip - 2 :]
            samples = self._samples(blocks)
            own = accuracy(self.coupling, rest[0] @ samples if self.projects else samples, labels, self.samples.followed)
            drifts = [drift(now, then) for now, then in zip(integrals, initial, strict=True)]
            yield Row(float(loss), own, blocks[Y].copy(), blocks[W].copy() if W in blocks else None, drifts)

    def _samples(self, blocks: Mapping) -> NDArray:
        """The followed samples (d, F) now."""
        of = self.coupling.type_of[self.samples.followed]
        found, group = blocks[M][:, of], self.groups.of_types[of]
        for g, phi in enumerate(deviations(len(self.groups.rates))):
            found[:, group == g] += blocks[phi] @ self.samples.offsets[:, group == g]
        return found

    def _data(self, count: int) -> dict[str, object]:
        c = self.coupling
        size = {"T": len(c.counts), "K": c.labels, "d": len(self.samples.means)}
        whole = {"C": c.counts.astype(float), "D_t": c.sample_degrees, "H_t": c.sample_mobility, "J_t": c.types.toarray()}
        whole |= {
            "D_y": c.label_degrees,
            "H_y": c.label_mobility,
            "u_t": np.ones((size["T"], 1)),
            "u_y": np.ones((c.labels, 1)),
        }
        for g, rate in enumerate(self.groups.rates):
            types = self.groups.of_types == g
            parts = self.samples.scatters[types]
            whole[f"a_{g + 1}"] = float(rate)
            weights = {"S": c.sample_degrees, "R": 1 / c.sample_mobility, "V": np.ones(len(c.counts))}
            whole |= {f"{name}_{g + 1}": np.einsum("t,tij->ij", w[types], parts) for name, w in weights.items()}
        return whole | size


def applies(coupling: Coupling) -> bool:
    """Whether types are fewer than samples, their weights fit in memory, and their different rates are few."""
    types = len(coupling.counts)
    if coupling.features is not None or 2 * types > coupling.samples or types * coupling.labels > DENSE_LIMIT:
        return False
    return len(Groups.of(coupling).rates) <= GROUPS
