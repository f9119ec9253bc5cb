"""From a method to the rows of a run: one recorder for each method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sympy import Add, Expr, MatAdd

from theory.calculus import State
from theory.coupling import Coupling
from theory.errors import UnfinishedError
from theory.loss import Loss
from theory.lowering import LoweredFlow
from theory.models.vocabulary import K, N, W, X, Y, d
from theory.simulation.direct import Problem, Reached, Scheme, Standstill, integrate_steps
from theory.simulation.domain import Domain
from theory.simulation.events import Event, Watch, stop_sentence
from theory.simulation.kinks import RoundedFlow, has_jumps
from theory.simulation.observables import accuracy, accuracy_error, draw_followed, min_separation, spectrum
from theory.simulation.setting import Setting, fastest_rate
from theory.simulation.trajectory import Run
from theory.state import parameters_of


class RecordedRow(NamedTuple):
    """What is recorded at one time: the asked one, unless an event has ended the run before; and the blocks of the state.

    Of many runs everything has the run as its first axis, and there is no accuracy.
    """

    loss: float | NDArray
    accuracy: float | None
    labels: NDArray
    head: NDArray | None
    drifts: Sequence
    time: float | None = None
    stopped: str = ""
    blocks: Mapping[str, NDArray] = MappingProxyType({})
    spectrum: NDArray | None = None


class Recorder(ABC):
    """One run by one method: ``chosen`` are the samples whose accuracy is looked at, None for all."""

    coupling: Coupling
    chosen: NDArray | None = None
    method: str

    @abstractmethod
    def rows(self, times: NDArray) -> Iterator[RecordedRow]:
        """What is recorded at each time."""

    def recover(self, rows: Sequence[RecordedRow]) -> Callable[[NDArray], NDArray] | None:
        """A function from chosen samples to their embeddings at the times of the rows, or None."""
        return None

    def thin_row(self, row: RecordedRow, times: int) -> RecordedRow:
        """What is kept of a row, of so many, when the next one is there."""
        return row._replace(blocks={})


class Integrated(Recorder):
    """A run that is integrated in time.

    Parameters
    ----------
    coupling, lowered
        the coupling, and the flow that is integrated.
    observed, integrals, conditions
        expressions in its state: those that a row needs, first integrals, and what must stay positive.
    start
        the state vector at time zero.
    how
        with which scheme.
    """

    def __init__(
        self,
        coupling: Coupling,
        lowered: LoweredFlow,
        observed: Sequence,
        integrals: Sequence,
        start: NDArray,
        how: Scheme,
        conditions: Sequence[Expr] = (),
    ):
        self.coupling, self.lowered, self.start = coupling, lowered, start
        self.scheme = how.choose_solver(lowered.size)
        self.domain = Domain.of(conditions, lowered, start, how.rtol, how.atol)
        self.velocity = RoundedFlow(lowered, how.rtol).velocity if has_jumps(lowered.flow) else lowered.velocity
        self.observe, self._shown, self._integrals = lowered.evaluate([*observed, *integrals]), len(observed), integrals

    @abstractmethod
    def row(self, state: NDArray) -> RecordedRow:
        """What is recorded of a state."""

    def rows(self, times: NDArray) -> Iterator[RecordedRow]:
        return guard_rows(self, times)

    @property
    def problem(self) -> Problem:
        sizes = [int(np.prod(shape)) for shape in self.lowered.shapes.values()]
        return Problem(self.velocity, self.start, sizes)

    def labels(self, state: NDArray) -> NDArray:
        return self.lowered.unpack(state)[Y]

    def speed(self, state: NDArray) -> float:
        """The norm of the velocity over that of the state, in units of the fastest rate of the coupling."""
        moved, size = self.norm(self.velocity(0.0, state)), self.norm(state)
        return moved / (size * fastest_rate(self.coupling)) if moved else 0.0

    def norm(self, state: NDArray) -> float:
        """The norm of all embeddings and the head."""
        return float(np.linalg.norm(state))

    def drifts(self, integrals: Sequence[NDArray]) -> Sequence:
        return [self.size_of(now - then) / size for now, (then, size) in zip(integrals, self._first, strict=True)]

    def size_of(self, integral: NDArray) -> Any:
        return np.linalg.norm(integral)

    @cached_property
    def _first(self) -> list[tuple[NDArray, NDArray]]:
        """First integrals at the start, and their sizes where these are not zero: of the largest of their terms, at the
        state's absolute values."""
        first = self.observe(self.start)[self._shown :]
        terms = [(MatAdd if q.is_Matrix else Add).make_args(q) for q in self._integrals]
        sizes = iter(map(self.size_of, self.lowered.evaluate([t for parts in terms for t in parts])(np.abs(self.start))))
        largest = [np.max([next(sizes) for _ in parts], axis=0) for parts in terms]
        return [(then, np.where(size == 0, 1.0, size)) for then, size in zip(first, largest, strict=True)]


class DirectRecorder(Integrated):
    """Every embedding is integrated from blocks at the start; ``seed`` draws samples to look at where they are too many."""

    def __init__(self, setting: Setting, start: Mapping[State, NDArray], how: Scheme, seed: int = 0):
        observed = [setting.model.erased(), *(setting.model.views or (X, Y))]
        shown = [*setting.flow.velocity.values(), *observed, *setting.integrals, *setting.conditions]
        needed = {str(s) for s in (*parameters_of(shown, setting.flow.state), d, N, K)}
        values = {name: v for name, v in setting.values.items() if name in needed}
        lowered = setting.flow.lower(values, also=[*observed, *setting.integrals, *setting.conditions])
        state = lowered.pack(start)
        super().__init__(setting.coupling, lowered, observed, setting.integrals, state, how, setting.conditions)
        self.method = f"direct, {self.scheme}"
        self.chosen = draw_followed(setting.coupling, 1, seed)

    def row(self, state: NDArray) -> RecordedRow:
        loss, samples, targets, *integrals = self.observe(state)
        blocks = self.lowered.unpack(state)
        c, chosen = self.coupling, self.chosen
        if chosen is not None:
            samples = samples[:, c.columns_of(chosen)]
        share = accuracy(c, c.observe(samples, chosen), targets, chosen)
        return make_row(loss, share, blocks, self.drifts(integrals), c.second_moments(blocks[X]))


def make_row(
    loss: float | NDArray, share: float | None, blocks: Mapping, drifts: Sequence, second_moments: NDArray
) -> RecordedRow:
    """A row with labels and head out of the blocks of the state."""
    head, named = blocks[W].copy() if W in blocks else None, {b.name: value for b, value in blocks.items()}
    return RecordedRow(loss, share, blocks[Y].copy(), head, drifts, blocks=named, spectrum=spectrum(second_moments))


def guard_rows(run: Integrated, times: NDArray) -> Iterator[RecordedRow]:
    """The rows of a run up to the first event; first integrals drift by no more than its scheme allows.

    From one recorded time to the next they may use up half of what is left of that.  Where they drift further, the run goes
    back to the first of these times and on with smaller tolerances.

    Raises
    ------
    UnfinishedError
        where smaller tolerances do not help, the integrator stops early, or the model is not defined any more.
    """
    scheme, problem, horizon = run.scheme, run.problem, times[-1]
    watch, before, worst = Watch.of(scheme.events, run, run.start, run.domain), 0.0, 0.0
    event = watch.at(run.start)
    if event is not None or times[0] == 0:
        yield end_row(run.row(run.start), 0.0, event, horizon)
    left = times[:0] if event is not None else times[times > 0]
    while len(left):
        for time, state, event in watched_steps(run, integrate_steps(problem, before, left, scheme, watch)):
            found = run.row(state)
            drifted = max(map(np.max, found.drifts), default=0.0)
            if drifted > (worst + scheme.drift) / 2:
                scheme = tighten_scheme(scheme, time, drifted)
                run.method += f"; from t = {before:g} on rtol {scheme.rtol:g}"
                break
            yield end_row(found, time, event, horizon)
            before, worst, problem = time, max(worst, drifted), problem._replace(start=state)
            left = left[:0] if event is not None else left[1:]


def watched_steps(run: Integrated, steps: Iterator[Reached]) -> Iterator[Reached]:
    """The steps of a run, up to where its model is not defined any more or rates grow without bound."""
    try:
        for found in steps:
            if isinstance(found.event, Domain):
                raise UnfinishedError(found.event.sentence(found.time, found.state))
            yield found
    except Standstill as error:
        reason = run.domain.nearest(error.state) or "try looser tolerances or a stiff solver"
        raise UnfinishedError(f"{error}; {reason}") from None


def tighten_scheme(scheme: Scheme, time: float, drifted: float) -> Scheme:
    tighter = scheme.tighter
    if tighter is None:
        raise UnfinishedError(
            f"first integrals drift by {drifted:.1e} up to t = {time:g}, more than drift={scheme.drift:g} allows, whatever the "
            "tolerances; allow a larger drift, or record more times"
        )
    return tighter


def end_row(found: RecordedRow, time: float, event: Event | Domain | None, horizon: float) -> RecordedRow:
    return found._replace(time=float(time), stopped="" if event is None else stop_sentence(event, time, horizon))


def run_of(
    recorder: Recorder,
    rows: Sequence[RecordedRow],
    names: Sequence[str],
    parameters: Mapping,
    seed: int | NDArray,
    model: Loss,
    why: str = "",
) -> Run:
    """The rows recorded so far, as columns; ``why`` there are no more of them, where the run could not go on."""
    axis, last = np.ndim(seed), rows[-1]

    def column(values: Iterable) -> NDArray:
        return np.stack([*values], axis=axis)

    labels, drifts = column(r.labels for r in rows), zip(*(r.drifts for r in rows), strict=True)
    share = None if last.accuracy is None else column(r.accuracy for r in rows)
    return Run(
        times=np.array([r.time for r in rows]),
        labels=labels,
        head=None if last.head is None else column(r.head for r in rows),
        loss=column(r.loss for r in rows),
        accuracy=share,
        accuracy_error=None if share is None else accuracy_error(share, recorder.chosen, recorder.coupling.observed),
        min_separation=min_separation(labels),
        conserved={name: column(drift) for name, drift in zip(names, drifts, strict=True)},
        method=recorder.method,
        parameters=dict(parameters),
        seed=seed,
        model=model,
        stopped=why or last.stopped,
        complete=not why,
        end=dict(last.blocks),
        recover=recorder.recover(rows),
        means=column(r.blocks["M"] for r in rows) if axis else None,
        spectrum=column(r.spectrum for r in rows),
    )
