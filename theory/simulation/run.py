"""simulate: a model and a coupling to a trajectory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Expr, Integer, MatrixExpr, MatrixSymbol

from theory.calculus import State
from theory.coupling import Coupling
from theory.errors import InputError, UnfinishedError
from theory.flow import Flow, parameters_of
from theory.loss import Loss
from theory.lowering import LoweredFlow
from theory.models.vocabulary import K, N, W, X, Y, d
from theory.printing import plain
from theory.simulation.direct import integrate
from theory.simulation.trajectory import Trajectory

METHODS = ("auto", "direct")


def simulate(
    model: Loss,
    coupling: Coupling,
    *,
    dimension: int,
    times: ArrayLike,
    seed: int = 0,
    parameters: Mapping | None = None,
    method: str = "auto",
    initial: Mapping[str, ArrayLike] | None = None,
    solver: str = "DOP853",
    rtol: float = 1e-8,
    atol: float = 1e-10,
    progress: Callable[[float], None] | None = None,
) -> Trajectory:
    """Follow the flow of a model from a random start; markers in its loss are obeyed.

    Parameters
    ----------
    model
        a loss over the shared vocabulary, such as those of :mod:`theory.models`.
    coupling
        supplies couplings, degrees and mobilities.
    dimension
        d of the embeddings.
    times
        increasing and non-negative; observables are recorded there.  The start is at 0.
    seed
        of the start: standard normal embeddings, head = identity + 0.1 normal.
    parameters
        values by symbol or name.  A mobility defaults to 1/sum(J), a decay to 0; other symbols need a value.
    method
        ``"direct"`` integrates every embedding; ``"auto"`` chooses.
    initial
        arrays for state blocks by name (``"X"``, ``"Y"``, ``"W"``) in place of the random start.
    solver, rtol, atol
        passed to SciPy; ``"LSODA"`` or ``"Radau"`` for stiff mobilities.
    progress
        called with the share of the recorded times that is done.

    Raises
    ------
    InputError
        for input that cannot be used.
    UnfinishedError
        where the integrator gives up; its ``partial`` is the trajectory so far.
    """
    times = _checked_times(times)
    if method not in METHODS:
        raise InputError(f"a method among {METHODS}", repr(method), "choose one of these")
    if not isinstance(dimension, int | np.integer) or dimension < 1:
        raise InputError("a dimension of at least 1", repr(dimension), "give a positive integer")
    if not {X, Y} <= set(model.state):
        raise InputError(
            "a model with samples X and labels Y as state",
            f"state {model.state}",
            "use the symbols of theory.models.vocabulary",
        )
    numbers = _numbers(model, coupling, parameters or {})
    model = model.with_values({s: Integer(0) for s, v in numbers.items() if v == 0})
    flow = model.stop_gradient_flow()
    values = _values(coupling, dimension, numbers)
    observed = _observed(model, flow, values)
    needed = {str(s) for s in (*parameters_of([*flow.velocity.values(), *observed], flow.state), d, N, K)}
    lowered = flow.lower({name: value for name, value in values.items() if name in needed}, also=observed)
    start = lowered.pack(_start(lowered, seed, initial or {}))
    recorder = _Recorder(coupling, lowered, observed, start)
    rows: list[tuple] = []
    named = {str(s): v for s, v in numbers.items()}
    how = f"direct, {solver}, rtol {rtol:g}, atol {atol:g}"
    try:
        for state in integrate(lowered.velocity, start, times, solver, rtol, atol):
            rows.append(recorder(state))
            if progress is not None:
                progress(len(rows) / len(times))
    except UnfinishedError as error:
        partial = recorder.trajectory(times[: len(rows)], rows, how, named, seed) if rows else None
        raise UnfinishedError(str(error), partial) from None
    return recorder.trajectory(times, rows, how, named, seed)


class _Recorder:
    """Takes the observables from a state vector."""

    def __init__(self, coupling: Coupling, lowered: LoweredFlow, observed: Sequence, start: NDArray):
        self.coupling, self.lowered = coupling, lowered
        self.names = [plain(q) for q in observed[3:]]
        self.observe = lowered.evaluate(observed)
        self.initial = self.observe(start)[3:]

    def __call__(self, state: NDArray) -> tuple:
        loss, samples, targets, *integrals = self.observe(state)
        blocks = self.lowered.unpack(state)
        return (
            float(loss),
            self._accuracy(self.coupling.observe(samples), targets),
            blocks[Y].copy(),
            blocks[W].copy() if W in blocks else None,
            [_drift(now, then) for now, then in zip(integrals, self.initial, strict=True)],
        )

    def _accuracy(self, samples: NDArray, targets: NDArray) -> float:
        distance = np.sum(targets**2, axis=0)[:, None] - 2 * targets.T @ samples
        return float(np.mean(self.coupling.is_own(np.argmin(distance, axis=0))))

    def trajectory(
        self, times: NDArray, rows: Sequence[tuple], method: str, parameters: Mapping[str, float], seed: int
    ) -> Trajectory:
        loss, accuracy, recorded, head, drifts = zip(*rows, strict=True)
        labels = np.array(recorded)
        return Trajectory(
            times=times,
            labels=labels,
            head=None if head[0] is None else np.array(head),
            loss=np.array(loss),
            accuracy=np.array(accuracy),
            accuracy_error=np.zeros(len(rows)),
            min_separation=min_separation(labels),
            conserved={name: np.array(column) for name, column in zip(self.names, zip(*drifts, strict=True), strict=True)},
            method=method,
            parameters=dict(parameters),
            seed=seed,
        )


def _drift(now: NDArray, then: NDArray) -> float:
    """The change of a first integral, relative to its first value where that is not zero."""
    return float(np.linalg.norm(now - then) / (np.linalg.norm(then) or 1.0))


def min_separation(labels: NDArray) -> NDArray:
    """Smallest distance between two columns, over the last two axes (d, K); infinite for a single column."""
    gaps = labels[..., :, None] - labels[..., None, :]
    distance = np.sqrt(np.sum(gaps**2, axis=-3))
    first, second = np.triu_indices(labels.shape[-1], k=1)
    return distance[..., first, second].min(axis=-1, initial=np.inf)


def _checked_times(times: ArrayLike) -> NDArray:
    try:
        times = np.asarray(times, dtype=float).reshape(-1)
    except (TypeError, ValueError):
        raise InputError("times as numbers", repr(times), "give an increasing sequence of numbers") from None
    if len(times) == 0 or not np.isfinite(times).all() or times[0] < 0 or any(a >= b for a, b in pairwise(times)):
        raise InputError(
            "finite, non-negative, increasing times", f"{np.array2string(times, threshold=6)}", "sort them and remove repeats"
        )
    return times


def _numbers(model: Loss, coupling: Coupling, given: Mapping) -> dict[State, float]:
    """A number for each scalar parameter of the model."""
    places = (*model.stop_gradient_flow().velocity.values(), model.erased())
    scalars = [s for s in parameters_of(places, model.state) if not isinstance(s, MatrixSymbol)]
    values = {str(k): v for k, v in given.items()}
    if unknown := sorted(set(values) - {str(s) for s in scalars}):
        raise InputError(f"parameters among {sorted(map(str, scalars))}", ", ".join(unknown), "drop it or correct the name")
    defaults = dict.fromkeys(model.decay.values(), 0.0) | dict.fromkeys(model.mobility.values(), 1 / coupling.total_weight)
    numbers = {}
    for s in scalars:
        value = values.get(str(s), defaults.get(s))
        if value is None:
            raise InputError("a value for each parameter", f"none for {s}", "pass it in parameters={...}")
        if not isinstance(value, Real) or not np.isfinite(float(value)) or (s in defaults and value < 0):
            raise InputError(f"a finite {'non-negative ' if s in defaults else ''}number for {s}", repr(value), "correct it")
        numbers[s] = float(value)
    return numbers


def _observed(model: Loss, flow: Flow, values: Mapping) -> list[Expr | MatrixExpr]:
    """The loss, the two views, and those first integrals whose symbols have values and whose size does not grow with N."""
    integrals = (q for q in flow.conserved() if N not in q.shape)
    monitored = [q for q in integrals if all(str(s) in values for s in parameters_of([q], flow.state))]
    return [model.erased(), *(model.views or (X, Y)), *monitored]


def _values(coupling: Coupling, dimension: int, numbers: Mapping[State, float]) -> dict[str, object]:
    """Everything that may stand in a model over the vocabulary, by name."""
    sizes = {str(n): size for n, size in ((d, int(dimension)), (N, coupling.samples), (K, coupling.labels))}
    return {**coupling.data, **coupling.null_vector, **{str(s): v for s, v in numbers.items()}, **sizes}


def _start(lowered: LoweredFlow, seed: int, initial: Mapping[str, ArrayLike]) -> dict[State, NDArray]:
    rng = np.random.default_rng(seed)
    blocks = {}
    for block, shape in lowered.shapes.items():
        noise = rng.standard_normal(shape)
        value = np.asarray(initial.get(block.name, np.eye(shape[0]) + 0.1 * noise if block == W else noise), dtype=float)
        if value.shape != shape or not np.isfinite(value).all():
            raise InputError(f"finite initial {block.name} of shape {shape}", f"shape {value.shape}", "correct the start")
        blocks[block] = value
    if unknown := sorted(set(initial) - {b.name for b in lowered.shapes}):
        raise InputError(
            f"initial values of {[b.name for b in lowered.shapes]}", ", ".join(unknown), "drop it or correct the name"
        )
    return blocks
