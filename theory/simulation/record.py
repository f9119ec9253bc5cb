"""From a method to the rows of a trajectory: one recorder for each method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from theory.coupling import Coupling
from theory.lowering import LoweredFlow
from theory.models.vocabulary import W, Y
from theory.simulation.direct import integrate
from theory.simulation.exact import Propagation
from theory.simulation.observables import accuracy, accuracy_error, drift, followed, min_separation
from theory.simulation.trajectory import Trajectory


class Row(NamedTuple):
    """What is recorded at one time."""

    loss: float
    accuracy: float
    labels: NDArray
    head: NDArray | None
    drifts: list[float]


class Recorder(Protocol):
    """One run by one method: ``chosen`` are the samples whose accuracy is looked at, None for all."""

    coupling: Coupling
    chosen: NDArray | None
    method: str

    def rows(self, times: NDArray) -> Iterator[Row]:
        """What is recorded at each time."""


class Direct:
    """Every embedding is integrated, and every sample looked at."""

    chosen: NDArray | None = None

    def __init__(self, coupling: Coupling, lowered: LoweredFlow, observed: Sequence, start: NDArray, solver: str, rtol, atol):
        self.coupling, self.lowered, self.start = coupling, lowered, start
        self.how = (solver, rtol, atol)
        self.method = f"direct, {solver}, rtol {rtol:g}, atol {atol:g}"
        self.observe = lowered.evaluate(observed)

    def rows(self, times: NDArray) -> Iterator[Row]:
        initial = self.observe(self.start)[3:]
        for state in integrate(self.lowered.velocity, self.start, times, *self.how):
            loss, samples, targets, *integrals = self.observe(state)
            blocks = self.lowered.unpack(state)
            yield Row(
                float(loss),
                accuracy(self.coupling, self.coupling.observe(samples), targets),
                blocks[Y].copy(),
                blocks[W].copy() if W in blocks else None,
                [drift(now, then) for now, then in zip(integrals, initial, strict=True)],
            )


class Exact:
    """The embedding-only flow without time steps; samples that are followed get their embeddings at the recorded times."""

    def __init__(self, run: Propagation, times: int, seed: int):
        self.run, self.coupling, self.method = run, run.coupling, run.method
        self.chosen = followed(run.coupling, times, seed)

    def rows(self, times: NDArray) -> Iterator[Row]:
        run = self.run
        initial = self._centroid(run.Y, run.start)
        for t, (labels, means) in zip(times, run.states(times), strict=True):
            own = accuracy(run.coupling, self._samples(t, means), labels, self.chosen)
            moved = drift(self._centroid(labels, means), initial)
            yield Row(run.loss(t, labels, means), own, labels, None, [moved] if run.coupling.null_vector else [])

    def _samples(self, time: float, means: NDArray) -> NDArray:
        """Embeddings of the observed samples that are followed."""
        coupling, everything = self.run.coupling, np.arange(self.run.coupling.samples)
        if coupling.features is None:
            return self.run.spread(time, means, everything if self.chosen is None else self.chosen)
        outputs = coupling.observe(self.run.spread(time, means, everything))
        return outputs if self.chosen is None else outputs[:, self.chosen]

    def _centroid(self, labels: NDArray, means: NDArray) -> NDArray:
        """The first integral of a connected flow: all embeddings, weighted by their inverse mobilities."""
        c = self.run.coupling
        return means @ (c.counts / c.sample_mobility) + labels @ (1 / c.label_mobility)


def trajectory(
    recorder: Recorder, times: NDArray, rows: Sequence[Row], names: Sequence[str], parameters: Mapping, seed: int
) -> Trajectory:
    """The rows recorded so far, as columns."""
    loss, share, recorded, head, drifts = zip(*rows, strict=True)
    labels, own = np.array(recorded), np.array(share)
    observed = recorder.coupling.observed
    return Trajectory(
        times=times[: len(rows)],
        labels=labels,
        head=None if head[0] is None else np.array(head),
        loss=np.array(loss),
        accuracy=own,
        accuracy_error=accuracy_error(own, recorder.chosen, observed),
        min_separation=min_separation(labels),
        conserved={name: np.array(column) for name, column in zip(names, zip(*drifts, strict=True), strict=True)},
        method=recorder.method,
        parameters=dict(parameters),
        seed=seed,
    )
