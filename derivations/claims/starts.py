r"""What a run began with, drawn again from its seed, and what linear algebra says of its labels then (§2 of the notes).

Without a head labels move as :math:`y(t)=\sum_ke^{-r_kt}a_k\ell_k^T` over the modes of the flow, whose amplitudes :math:`a_k`
the start gives: zero modes are where the labels come to rest, and the others are the error of any statement that leaves them
out at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivations.experiment import ATOL, RTOL, ExperimentRun
from theory.coupling.spectrum import DENSE
from theory.simulation.exact import amplitudes
from theory.simulation.order_parameters import Samples, blocks_at_start, samples_at_start
from theory.simulation.setting import Setting, fastest_rate

EPS = float(np.finfo(float).eps)
STEPS = 2.0  # of an integration in the fastest time of the flow, at most


@dataclass(frozen=True, eq=False)
class RunStart:
    """Samples as means and scatters of their types, labels (d, K), and the head (d, d) or None."""

    samples: Samples
    labels: NDArray
    head: NDArray | None


def start_of(run: ExperimentRun) -> RunStart | None:
    """The start of a run, or None where it cannot be drawn again from the seed."""
    path, first = run.trajectory, run.trajectory.labels[0]
    if path.model is None or path.times[0] != 0:
        return None
    setting = Setting.of(path.model, run.coupling, len(first), path.parameters)
    for every in (False, True):
        blocks = blocks_at_start(setting, path.seed, {}, every=every)
        own = {b.name: value for b, value in blocks.items()}
        if np.array_equal(own["Y"], first):
            return RunStart(samples_at_start(setting, blocks, path.seed), own["Y"], own.get("W"))
    return None


def conserved_matrix(run: ExperimentRun, start: RunStart) -> NDArray:
    r""":math:`Q=W^TW-\gamma ZH^{-1}Z^T` (d, d) of a start with a head."""
    assert start.head is not None
    c, means, scatters = run.coupling, start.samples.means, start.samples.scatters
    size = (means * (c.counts / c.sample_mobility)) @ means.T + np.einsum("tij,t->ij", scatters, 1 / c.sample_mobility)
    size = size + (start.labels / c.label_mobility) @ start.labels.T
    return start.head.T @ start.head - run.trajectory.parameters["gamma"] * size


@dataclass(frozen=True, eq=False)
class LinearMotion:
    """The labels of a run without a head, as a sum over modes.

    Attributes
    ----------
    rates
        (n,), rising; those of the first ``still`` are zero.
    parts
        (n, d, K): what each mode holds of the labels at the start.
    """

    rates: NDArray
    parts: NDArray
    still: int

    @classmethod
    def of(cls, run: ExperimentRun) -> LinearMotion | None:
        """The motion of a run; None where the modes are too many, or the start is not known."""
        c = run.coupling
        start = start_of(run) if c.reduction.size <= DENSE else None
        if start is None:
            return None
        rates, modes, amplitude = amplitudes(c, start.samples.means, start.labels)
        own = np.sqrt(c.label_mobility)[:, None] * modes[-c.labels :]
        return cls(rates, np.einsum("kd,ak->kda", amplitude, own), c.components)

    @property
    def rest(self) -> NDArray:
        """The places at which the labels come to rest (d, K)."""
        return self.parts[: self.still].sum(axis=0)

    def labels_at(self, times: NDArray) -> NDArray:
        """The labels at times (T, d, K)."""
        return np.tensordot(np.exp(-np.multiply.outer(times, self.rates)), self.parts, axes=1)

    def distance_left(self, time: float) -> float:
        """A bound on how far any label still is from its rest."""
        parts = np.linalg.norm(self.parts[self.still :], axis=1)
        return float((np.exp(-self.rates[self.still :] * time) @ parts).max(initial=0.0))

    def local_rates(self, times: NDArray) -> NDArray:
        """The rate at which the spread of the labels falls, at times (T,)."""
        apart = self.parts - self.parts.mean(axis=2, keepdims=True)
        decay = np.exp(-np.multiply.outer(times, self.rates))
        now, moved = np.tensordot(decay, apart, axes=1), np.tensordot(decay * self.rates, apart, axes=1)
        return np.sum(now * moved, axis=(1, 2)) / np.sum(now**2, axis=(1, 2))


def numerical_error(run: ExperimentRun, lasting: float | None = None) -> float:
    """A bound on the error of labels without a head: rounding; of integrated runs the tolerance of a step, times the steps that
    accuracy, stability and recorded times ask for while an error lasts: for ever that of a common shift, and a slow time that
    of differences of labels, which the flow contracts.  Between the ends of steps no tolerance bounds the error: there it is
    twice what a smaller one changes."""
    c, path = run.coupling, run.trajectory
    size = float(np.abs(path.labels).max())
    if path.is_exact:
        return c.reduction.size * EPS * size
    if lasting is None:
        lasting = c.slow_time() if c.components == 1 else float(path.times[-1])
    steps = STEPS * lasting * fastest_rate(c) + len(path.times)
    return steps * (RTOL * size + ATOL) + 2 * float(np.abs(path.labels - run.finer.labels).max())
