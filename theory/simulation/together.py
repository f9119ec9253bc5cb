r"""The order parameters of many runs, of other starts, parameters or couplings, integrated as one system.

Runs do not meet: the state of all of them is one vector, their data stand in stacks with the run as the first axis, and every
operation of the closure (:mod:`theory.simulation.closure`) is one NumPy call for all.  They share their time steps.  SciPy
holds the root mean square of local errors over their tolerances at one; with the tolerances of each block of each run divided
by the root of its share of all entries (:mod:`theory.simulation.direct`), that is by :math:`\sqrt R` and what one run
divides by, every run keeps the tolerances by itself: its errors are no larger than if it were alone.

When it fails: one run that is much faster than the others makes the steps of all small; accuracy is not recorded, as it takes
followed samples; where one run diverges all end, and the error says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.coupling import Coupling
from theory.errors import InputError, UnfinishedError
from theory.flow import Flow
from theory.models.vocabulary import X
from theory.simulation.closure import M, closure, deviation_blocks, deviation_symbols, scatter_symbols
from theory.simulation.direct import SMALL, Problem, Scheme
from theory.simulation.order_parameters import Groups, blocks_at_start, data_of_groups, data_of_types, samples_at_start
from theory.simulation.record import Integrated, RecordedRow, guard_rows, make_row
from theory.simulation.setting import Start
from theory.simulation.stacked import LoweredRuns, lower_runs
from theory.state import parameters_of


@dataclass(frozen=True, eq=False)
class ClosedStart:
    """A start of one run: the order parameters by the name of their block, and the data of the closure."""

    blocks: Mapping[str, NDArray]
    data: Mapping[str, object]

    @classmethod
    def of(cls, start: Start, groups: Groups, types: Mapping) -> ClosedStart:
        setting, seed = start.setting, start.seed
        blocks = blocks_at_start(setting, seed, start.initial)
        samples = samples_at_start(setting, blocks, seed)
        own = {b.name: value for b, value in blocks.items() if b != X}
        state = {"M": samples.means} | {phi.name: np.eye(setting.dimension) for phi in deviation_symbols(len(groups.rates))}
        data = {**types, **data_of_groups(setting.coupling, groups, samples), **setting.numbers_by_name}
        return cls(state | own, data)


def closed_starts(starts: Sequence[Start]) -> list[ClosedStart]:
    """The start of each run, in couplings of the same sizes."""
    couplings = {id(c): c for c in (start.setting.coupling for start in starts)}
    for one in couplings.values():
        one.require_graph("simulate the runs one by one")
    known = {name: (groups := Groups.of(c), data_of_types(c, groups)) for name, c in couplings.items()}
    _check_sizes(list(couplings.values()), [groups for groups, _ in known.values()])
    return [ClosedStart.of(start, *known[id(start.setting.coupling)]) for start in starts]


class TogetherRecorder(Integrated):
    """All runs as one system; a row holds the observables of all, with the run as the first axis, and no accuracy."""

    def __init__(self, starts: Sequence[Start], how: Scheme, horizon: float):
        closed, self.starts = closed_starts(starts), starts
        first, count = starts[0].setting, len(deviation_blocks(closed[0].blocks))
        found = closure(first.model, count, tuple(first.integrals))
        kept = [found.integrals[q] for q in first.integrals]
        also = [found.loss, *kept, *found.conditions]
        lowered = _lower_stacked(found.flow, also, [one.data for one in closed], first.dimension)
        blocks = {b: np.stack([one.blocks[b.name] for one in closed]) for b in found.flow.state}
        if lowered.size <= SMALL:  # else rates decide on no solver
            how = how._replace(cycles=horizon * max(setting.fastest_rate for setting in {s.setting for s in starts}))
        super().__init__(first.coupling, lowered, [found.loss], kept, lowered.pack(blocks), how, found.conditions)
        self._counts = _stack_data(closed, "C")[:, None, :]
        pairs = zip(deviation_symbols(count), scatter_symbols(count), strict=True)
        self._scatters = {phi: _stack_data(closed, V.name) for phi, (_, _, V) in pairs}
        self._tried, self._drifted = self.start, np.zeros(len(starts))
        types = len(first.coupling.counts)
        self.method = f"order parameters of {types} types in {len(starts)} runs as one, {self.scheme}"

    @property
    def problem(self) -> Problem:
        runs = len(self.starts)
        sizes = [int(np.prod(shape[1:])) for shape in self.lowered.shapes.values() for _ in range(runs)]
        return Problem(self._velocity, self.start, sizes)

    def row(self, state: NDArray) -> RecordedRow:
        loss, *integrals = self.observe(state)
        blocks = self.lowered.unpack(state)
        return make_row(loss, None, blocks, self.drifts(integrals), self._second_moments(blocks))

    def _second_moments(self, blocks: Mapping) -> NDArray:
        """Those of the samples of each run (R, d, d)."""
        spread = (blocks[phi] @ V @ blocks[phi].mT for phi, V in self._scatters.items())
        sums = sum(spread, (self._counts * blocks[M]) @ blocks[M].mT)
        return sums / self._counts.sum(axis=-1, keepdims=True)

    def rows(self, times: NDArray) -> Iterator[RecordedRow]:
        try:
            yield from guard_rows(self, times)
        except UnfinishedError as error:
            raise UnfinishedError(f"{self.blamed_run}: {error}") from None

    def thin_row(self, row: RecordedRow, times: int) -> RecordedRow:
        return row._replace(blocks={"M": row.blocks["M"].copy()})

    def drifts(self, integrals: Sequence[NDArray]) -> Sequence[NDArray]:
        """The drift of each integral in each run (R,)."""
        moved = super().drifts(integrals)
        self._drifted = np.max(moved, axis=0, initial=0.0)
        return moved

    def size_of(self, integral: NDArray) -> NDArray:
        return np.linalg.norm(integral.reshape(len(integral), -1), axis=1)

    @property
    def blamed_run(self) -> str:
        """The run that has kept all from going on, and how."""
        grown = self._largest_entries(self._tried) / np.maximum(self._largest_entries(self.start), 1.0)
        drifts = self._drifted.max() > self.scheme.drift / 2
        r = int(np.argmax(self._drifted if drifts else np.nan_to_num(grown, nan=np.inf)))
        numbers = "".join(f", {name} = {value:g}" for name, value in self.starts[r].setting.numbers_by_name.items())
        return f"run {r} (seed {self.starts[r].seed}{numbers}) has {'drifted' if drifts else 'grown'} most"

    def _velocity(self, t: float, y: NDArray) -> NDArray:
        self._tried = y
        return self.velocity(t, y)

    def _largest_entries(self, y: NDArray) -> NDArray:
        return np.max([np.abs(b).max(axis=(1, 2)) for b in self.lowered.unpack(y).values()], axis=0)


def _stack_data(closed: Sequence[ClosedStart], name: str) -> NDArray:
    """One value of all runs, with the run as the first axis."""
    return np.array([np.asarray(one.data[name], dtype=float) for one in closed])


def _lower_stacked(flow: Flow, also: Sequence, data: Sequence[Mapping], dimension: int) -> LoweredRuns:
    """The flow in NumPy, with stacks of what differs between runs."""
    shown = (*flow.velocity.values(), *also, *flow.state)
    needed = {str(s) for s in parameters_of(shown, flow.state)}
    columns = {name: [own[name] for own in data] for name in sorted(needed)}
    same = {n for n, (first, *rest) in columns.items() if all(v is first or np.array_equal(v, first) for v in rest)}
    shared = {name: columns[name][0] for name in same}
    sizes = {"d": dimension, "T": len(data[0]["C"]), "K": len(data[0]["D_y"])}
    stacks = {name: np.stack(column) for name, column in columns.items() if name not in same}
    return lower_runs(flow, len(data), shared | sizes, stacks, also)


def _check_sizes(couplings: Sequence[Coupling], groups: Sequence[Groups]) -> None:
    sizes = {(len(c.counts), c.labels, len(g.rates)) for c, g in zip(couplings, groups, strict=True)}
    if len(sizes) > 1:
        names = " and ".join("{} types, {} labels, {} rates".format(*size) for size in sorted(sizes)[:2])
        expected = "couplings of the same numbers of types, of labels, and of rates of types of several samples"
        raise InputError(expected, names, "follow such runs in ensembles of their own")
