r"""Ensembles: the order parameters of many runs, of other starts, parameters or couplings, integrated as one system.

Runs do not meet: the state of all of them is one vector, their data stand in stacks with the run as the first axis, and every
operation of the closure (:mod:`theory.simulation.closure`) is one NumPy call for all.  They share their time steps.  SciPy
holds the root mean square of local errors over their tolerances at one; with the tolerances of each block of each run divided
by the root of its share of all entries (:mod:`theory.simulation.direct`), that is by :math:`\sqrt R` and what ``simulate``
divides by, every run keeps the tolerances by itself: its errors are no larger than if it were alone.  The matrices of one run
are small, so that BLAS is kept to one thread.

>>> from theory import Coupling, models, simulate
>>> coupling, how = Coupling.uniform(classes=3, samples=60, fraction=0.1), {"dimension": 2, "times": [0, 1, 10]}
>>> runs = ensemble(models.projection_head(), coupling, parameters={"lambda": [0.0, 0.01, 0.02]}, **how)
>>> runs.labels.shape
(3, 3, 2, 3)
>>> alone = simulate(models.projection_head(), coupling, parameters={"lambda": 0.02}, seed=2, **how)
>>> bool(abs(runs.labels[2] - alone.labels).max() < 1e-6)
True

When it fails: one run that is much faster than the others makes the steps of all small; accuracy is not recorded, as it takes
followed samples; where one run diverges all end, and the error says which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Add, MatAdd

from theory.coupling import Coupling
from theory.errors import InputError, Interrupted, UnfinishedError
from theory.flow import Flow, parameters_of
from theory.loss import Loss
from theory.printing import plain
from theory.progress import bar
from theory.simulation.closure import closure
from theory.simulation.direct import SMALL, Problem, Scheme
from theory.simulation.observables import min_separation
from theory.simulation.record import Integrated, Row
from theory.simulation.setting import Setting
from theory.simulation.stacked import LoweredRuns, lower_runs
from theory.simulation.starts import Start, begun
from theory.simulation.times import checked_times

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Observables of R runs at T times.

    Attributes
    ----------
    times
        (T,), increasing.
    labels, means
        label embeddings (R, T, d, K), and means of the sample types (R, T, d, types), in the order of each coupling's types.
    head
        (R, T, d, d), or None for a model without one.
    loss, min_separation
        (R, T): the erased loss, and the smallest distance between two label embeddings.
    conserved
        for each first integral that all runs have, its drift, relative to the size of its terms at the start (R, T).
    parameters, seeds
        what makes the runs again: by name (R,), and (R,).
    method
        how they were integrated, in words.
    end
        the last order parameters, by the name of their block (R, ...).
    """

    times: NDArray
    labels: NDArray
    means: NDArray
    head: NDArray | None
    loss: NDArray
    min_separation: NDArray
    conserved: Mapping[str, NDArray]
    parameters: Mapping[str, NDArray]
    seeds: NDArray
    method: str
    end: Mapping[str, NDArray]

    def to_xarray(self) -> xarray.Dataset:
        """As a dataset over ``run``, ``time``, ``dimension`` and ``label`` (``dimension_2`` for the columns of a head).

        Seeds and parameters are coordinates of ``run``; first integrals are rows of ``drift``, over ``integral``.

        Raises
        ------
        InputError
            where xarray is not installed.
        """
        from theory.simulation.storage import SERIES, TIME

        try:
            import xarray
        except ImportError:
            got, remedy = "no xarray", "pip install 'collapse-theory[data]'"
            raise InputError("the packages of the extra [data]", got, remedy) from None
        names = (name for name in ("labels", "head", "loss", "min_separation") if getattr(self, name) is not None)
        found = {name: (("run", *SERIES[name][0]), getattr(self, name), {"long_name": SERIES[name][1]}) for name in names}
        coords: dict[str, Any] = {"time": ("time", self.times, TIME), "seed": ("run", self.seeds)}
        coords |= {name: ("run", values) for name, values in self.parameters.items()}
        if self.conserved:
            words = {"long_name": "change of a first integral, relative to the size of its terms at the start"}
            found["drift"] = ("integral", "run", "time"), np.array(list(self.conserved.values())), words
            coords["integral"] = list(self.conserved)
        return xarray.Dataset(found, coords, {"method": self.method})


def ensemble(
    model: Loss,
    coupling: Coupling | Sequence[Coupling],
    *,
    dimension: int,
    times: ArrayLike,
    seeds: Sequence[int] | None = None,
    parameters: Mapping | None = None,
    initial: Mapping[str, ArrayLike] | None = None,
    solver: str = "auto",
    rtol: float = 1e-8,
    atol: float = 1e-10,
    drift: float = 1e-5,
    progress: Callable[[float], None] | None = None,
) -> Ensemble:
    """Follow R runs of a model by their order parameters; run r is that of ``simulate`` with the r-th of everything.

    Parameters
    ----------
    model, dimension, times, solver, rtol, atol, drift, progress
        as for :func:`theory.simulation.run.simulate`; rtol, atol and drift hold for each run.
    coupling
        one for all runs, or one for each, with the same numbers of types, of labels and of rates (mobility times degree) of
        types that hold several samples.
    seeds
        of the random starts (R,); by default 0, 1, and so on.
    parameters
        by symbol or by name, a number for all runs or numbers (R,).
    initial
        blocks at the start by name, of the shape of the block for all runs, or with R as the first axis.

    Raises
    ------
    InputError
        for input that cannot be used, models and couplings without order parameters, and numbers of runs that do not agree.
    UnfinishedError
        where the integrator gives up or first integrals drift whatever the tolerances; it names the run that is to blame, and
        its ``partial`` is the ensemble so far.
    Interrupted
        where the user stops it, with the same ``partial``.
    """
    times, settings, starts = checked_times(times), *begun(model, coupling, dimension, seeds, parameters or {}, initial or {})
    from threadpoolctl import threadpool_limits

    shown = bar(1.0, "ensemble") if progress is None else nullcontext(progress)
    with threadpool_limits(1, "blas"), shown as tell:

        def reached(time: float) -> None:
            tell(time / times[-1])

        cycles = float(times[-1]) * _fastest_rate(settings, starts)
        runs = _Runs(settings, starts, Scheme(solver, rtol, atol, drift, (), reached, cycles))
        return _followed(runs, times)


def _fastest_rate(settings: Sequence[Setting], starts: Sequence[Start]) -> float:
    """Where there are so few entries that it decides on the solver, and zero elsewhere."""
    entries = len(starts) * sum(block.size for block in starts[0].blocks.values())
    return max(s.fastest_rate for s in settings) if entries <= SMALL else 0.0


class _Runs(Integrated):
    """All runs as one system; a row holds the observables of all, with the run as the first axis, and no accuracy."""

    def __init__(self, settings: Sequence[Setting], starts: Sequence[Start], how: Scheme):
        self.settings, self.starts = settings, starts
        first, count = settings[0], sum(name.startswith("Phi_") for name in starts[0].blocks)
        found = closure(first.model, count, tuple(first.integrals))
        kept = [found.integrals[q] for q in first.integrals]
        lowered = _lowered(found.flow, [found.loss, *kept], [start.data for start in starts], first.dimension)
        blocks = {b: np.stack([start.blocks[b.name] for start in starts]) for b in found.flow.state}
        super().__init__(first.coupling, lowered, [found.loss], kept, lowered.pack(blocks), how)
        self._tried, self._drifted = self.start, np.zeros(len(starts))
        types = len(first.coupling.counts)
        self.method = f"order parameters of {types} types in {len(starts)} runs as one, {self.scheme}"

    @property
    def problem(self) -> Problem:
        runs = len(self.starts)
        sizes = [int(np.prod(shape[1:])) for shape in self.lowered.shapes.values() for _ in range(runs)]
        return Problem(self._velocity, self.start, sizes)

    def row(self, state: NDArray) -> Row:
        loss, *integrals = self.observe(state)
        blocks = {b.name: value for b, value in self.lowered.unpack(state).items()}
        head = blocks["W"].copy() if "W" in blocks else None
        return Row(loss, np.nan, blocks["Y"].copy(), head, self.drifts(integrals), blocks=blocks)

    def drifts(self, integrals: Sequence[NDArray]) -> list[float]:
        """Of each integral in each run, one integral after the other."""
        each = zip(integrals, self._at_start, self._sizes, strict=True)
        moved = [_norms(now - then) / size for now, then, size in each]
        self._drifted = np.max(moved, axis=0, initial=0.0)
        return np.ravel(moved).tolist()

    @property
    def blamed(self) -> str:
        """The run that has kept all from going on, and how."""
        grown = self._largest(self._tried) / np.maximum(self._largest(self.start), 1.0)
        drifts = self._drifted.max() > self.scheme.drift / 2
        r = int(np.argmax(self._drifted if drifts else np.nan_to_num(grown, nan=np.inf)))
        numbers = "".join(f", {name} = {value:g}" for name, value in self.settings[r].named.items())
        return f"run {r} (seed {self.starts[r].seed}{numbers}) has {'drifted' if drifts else 'grown'} most"

    def _velocity(self, t: float, y: NDArray) -> NDArray:
        self._tried = y
        return self.lowered.velocity(t, y)

    def _largest(self, y: NDArray) -> NDArray:
        return np.max([np.abs(b).max(axis=(1, 2)) for b in self.lowered.unpack(y).values()], axis=0)

    @cached_property
    def _at_start(self) -> list[NDArray]:
        return self.observe(self.start)[1:]

    @cached_property
    def _sizes(self) -> list[NDArray]:
        """Of first integrals in each run: that of the largest of their terms, at the absolute values of the start."""
        terms = [(MatAdd if q.is_Matrix else Add).make_args(q) for q in self._integrals]
        sizes = iter(map(_norms, self.lowered.evaluate([t for parts in terms for t in parts])(np.abs(self.start))))
        largest = [np.max([next(sizes) for _ in parts], axis=0) for parts in terms]
        return [np.where(size > 0, size, 1.0) for size in largest]


def _norms(values: NDArray) -> NDArray:
    """Of numbers (R,) or matrices (R, r, c)."""
    return np.linalg.norm(values.reshape(len(values), -1), axis=1)


def _lowered(flow: Flow, also: Sequence, data: Sequence[Mapping], dimension: int) -> LoweredRuns:
    """With stacks of what differs between runs."""
    shown = (*flow.velocity.values(), *also, *flow.state)
    needed = {str(s) for s in parameters_of(shown, flow.state)}
    columns = {name: [own[name] for own in data] for name in sorted(needed)}
    same = {n for n, (first, *rest) in columns.items() if all(v is first or np.array_equal(v, first) for v in rest)}
    shared = {name: columns[name][0] for name in same}
    sizes = {"d": dimension, "T": len(data[0]["C"]), "K": len(data[0]["D_y"])}
    stacks = {name: np.stack(column) for name, column in columns.items() if name not in same}
    return lower_runs(flow, len(data), shared | sizes, stacks, also)


def _followed(runs: _Runs, times: NDArray) -> Ensemble:
    rows: list[Row] = []
    try:
        for row in runs.rows(times):
            if rows:
                rows[-1] = rows[-1]._replace(blocks={"M": rows[-1].blocks["M"].copy()})
            rows.append(row)
    except UnfinishedError as error:
        raise UnfinishedError(f"{runs.blamed}: {error}", _recorded(runs, rows) if rows else None) from None
    except KeyboardInterrupt:
        why = f"interrupted after t = {rows[-1].time:g} of {times[-1]:g}" if rows else "interrupted"
        raise Interrupted(why, _recorded(runs, rows) if rows else None) from None
    return _recorded(runs, rows)


def _recorded(runs: _Runs, rows: Sequence[Row]) -> Ensemble:
    """The rows so far, as arrays."""
    labels = np.stack([r.labels for r in rows], axis=1)
    heads = [r.head for r in rows if r.head is not None]
    drifts = np.array([r.drifts for r in rows]).T.reshape(-1, len(runs.starts), len(rows))
    integrals = runs.settings[0].integrals
    return Ensemble(
        times=np.array([r.time for r in rows]),
        labels=labels,
        means=np.stack([r.blocks["M"] for r in rows], axis=1),
        head=np.stack(heads, axis=1) if heads else None,
        loss=np.stack([np.asarray(r.loss) for r in rows], axis=1),
        min_separation=min_separation(labels),
        conserved={plain(q): drift for q, drift in zip(integrals, drifts, strict=True)},
        parameters={name: np.array([s.named[name] for s in runs.settings]) for name in runs.settings[0].named},
        seeds=np.array([start.seed for start in runs.starts]),
        method=runs.method,
        end=dict(rows[-1].blocks),
    )
