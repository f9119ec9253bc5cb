"""What is recorded of a run without time steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from theory.simulation.events import Event, Watch
from theory.simulation.exact import Propagation
from theory.simulation.observables import accuracy, draw_followed, relative_drift, spectrum
from theory.simulation.record import RecordedRow, Recorder, end_row
from theory.simulation.setting import fastest_rate


class ExactRecorder(Recorder):
    """The embedding-only flow without time steps; samples that are followed get their embeddings at the recorded times.

    A state, for events, is a time with the labels and the means of the sample types then.
    """

    def __init__(self, run: Propagation, times: int, seed: int, events: Sequence[Event] = ()):
        self.run, self.coupling, self.method, self.events = run, run.coupling, run.method, events
        self.chosen = draw_followed(run.coupling, times, seed)

    def rows(self, times: NDArray) -> Iterator[RecordedRow]:
        before, states = self._at(0.0), zip(times, self.run.states(times), strict=True)
        watch = Watch.of(self.events, self, before)
        for t, blocks in [(0.0, before[1:])] if watch.at(before) else states:
            found = watch.first(self._at, before[0], t) if watch.at((t, *blocks)) else None
            time, event = found or (t, None)
            before = self._at(time) if found else (t, *blocks)
            yield end_row(self.row(before), time, event, times[-1])
            if found:
                return

    def row(self, state: tuple[float, NDArray, NDArray]) -> RecordedRow:
        """What is recorded of a state."""
        (t, labels, means), run = state, self.run
        own = accuracy(run.coupling, self._followed_samples(t, means), labels, self.chosen)
        drifts = []
        if run.coupling.null_vector:
            first = self._centroid(run.Y, run.start)
            drifts = [relative_drift(self._centroid(labels, means), first, self._centroid_size)]
        moments, blocks = spectrum(run.second_moments(t, means)), {"Y": labels, "M": means}
        return RecordedRow(run.loss(t, labels, means), own, labels, None, drifts, blocks=blocks, spectrum=moments)

    def labels(self, state: tuple[float, NDArray, NDArray]) -> NDArray:
        return state[1]

    def speed(self, state: tuple[float, NDArray, NDArray]) -> float:
        """The norm of the velocity of all embeddings over that of the embeddings, in units of the fastest rate."""
        moved, size = self.run.norms(*state)
        return moved / (size * fastest_rate(self.coupling)) if moved else 0.0

    def recover(self, rows: Sequence[RecordedRow]) -> Callable[[NDArray], NDArray]:
        return partial(self.run.embeddings, np.array([r.time for r in rows]))

    def _at(self, time: float) -> tuple[float, NDArray, NDArray]:
        return time, *next(self.run.states([time]))

    def _followed_samples(self, time: float, means: NDArray) -> NDArray:
        """Embeddings of the observed samples that are followed."""
        c, chosen = self.run.coupling, np.arange(self.run.coupling.observed) if self.chosen is None else self.chosen
        return c.observe(self.run.spread(time, means, c.columns_of(chosen)), chosen)

    def _centroid(self, labels: NDArray, means: NDArray) -> NDArray:
        """The first integral of a connected flow: all embeddings, weighted by their inverse mobilities."""
        c = self.run.coupling
        return means @ (c.counts / c.sample_mobility) + labels @ (1 / c.label_mobility)

    @cached_property
    def _centroid_size(self) -> float:
        return float(np.linalg.norm(self._centroid(np.abs(self.run.Y), np.abs(self.run.start))))
