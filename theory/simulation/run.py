"""simulate: a model and a coupling to a trajectory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Expr, Integer, MatrixExpr, MatrixSymbol

from theory.calculus import State
from theory.coupling import Coupling
from theory.errors import InputError, UnfinishedError
from theory.flow import Flow, parameters_of
from theory.loss import Loss
from theory.models import embedding_only
from theory.models.vocabulary import K, N, W, X, Y, d
from theory.printing import plain
from theory.simulation.closure import closure
from theory.simulation.exact import propagate
from theory.simulation.order_parameters import DRAWN, OrderParameters, applies, drawn_samples, given_samples
from theory.simulation.record import Direct, Exact, Recorder, Row, trajectory
from theory.simulation.times import checked_times
from theory.simulation.trajectory import Trajectory

METHODS = ("auto", "direct", "exact", "order-parameters")
DATA = ("J", "D_x", "D_y", "H_x", "H_y")


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
        ``"direct"`` integrates every embedding; ``"order-parameters"`` integrates type means, the spread within types, labels
        and head, exactly and at a cost that does not grow with N (:mod:`theory.simulation.order_parameters`); ``"exact"``
        propagates the flow of embeddings alone, whatever model it comes from, without time steps
        (:mod:`theory.simulation.exact`).  ``"auto"`` chooses the last where it can, else the second where types are few.
    initial
        arrays for state blocks by name (``"X"``, ``"Y"``, ``"W"``) in place of the random start.  A singular head, zero
        included, is a start like others: with both targets stopped, embeddings rest in its kernel while the head moves out of
        it by the couplings of what is there (it rests too where there is nothing).  What it lacks is the protected sign of
        its determinant (§4.1).
    solver, rtol, atol
        of the direct method, passed to SciPy; ``"LSODA"`` or ``"Radau"`` for stiff mobilities.
    progress
        called with the share of the recorded times that is done.

    Raises
    ------
    InputError
        for input that cannot be used.
    UnfinishedError
        where the integrator gives up; its ``partial`` is the trajectory so far.
    """
    times = checked_times(times)
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
    if not model.learns:
        raise InputError("a loss that leaves some block a gradient", "none: the model cannot learn", "stop less of it")
    numbers = _numbers(model, coupling, parameters or {})
    model = model.with_values({s: Integer(0) for s, v in numbers.items() if v == 0})
    flow = _flow(model)
    linear = is_embedding_only(model, flow)
    if method == "exact" and not linear:
        raise InputError("the flow and the loss of embeddings alone", str(flow).replace("\n", ", "), 'use method="direct"')
    if method == "auto":
        method = "exact" if linear else "order-parameters" if applies(coupling) and _closes(model) else "direct"
    sizes = {d: int(dimension), N: coupling.samples, K: coupling.labels}
    shapes = {b: tuple(int(n.subs(sizes)) for n in b.shape) for b in flow.state}
    integrals, how = _integrals(flow, coupling, numbers), (solver, rtol, atol)
    recorder: Recorder
    if method == "order-parameters":
        recorder = _by_order_parameters(model, coupling, numbers, shapes, integrals, how, seed, initial or {})
    else:
        start = _start(shapes, seed, initial or {})
        if method == "exact":
            recorder = Exact(propagate(coupling, start[X], start[Y]), len(times), seed)
        else:
            recorder = _direct(model, flow, coupling, numbers, start, integrals, how)
    kept = [plain(q) for q in integrals], {str(s): v for s, v in numbers.items()}, seed
    rows: list[Row] = []
    try:
        for row in recorder.rows(times):
            rows.append(row)
            if progress is not None:
                progress(len(rows) / len(times))
    except UnfinishedError as error:
        raise UnfinishedError(str(error), trajectory(recorder, times, rows, *kept) if rows else None) from None
    return trajectory(recorder, times, rows, *kept)


def is_embedding_only(model: Loss, flow: Flow) -> bool:
    """Whether a flow, and the loss and the views that are observed along it, are those of embeddings alone."""
    plainest, plain_flow = _embedding_only()
    same = model.erased() == plainest.erased() and (model.views or (X, Y)) == plainest.views
    return same and dict(flow.velocity) == dict(plain_flow.velocity)


@cache
def _embedding_only() -> tuple[Loss, Flow]:
    model = embedding_only()
    return model, model.stop_gradient_flow()


@lru_cache(64)
def _flow(model: Loss) -> Flow:
    """Differentiated once for all runs of a model."""
    return model.stop_gradient_flow()


@lru_cache(64)
def _first_integrals(flow: Flow) -> tuple:
    return tuple(flow.conserved())


@lru_cache(64)
def _closes(model: Loss) -> bool:
    try:
        closure(model, 1)
    except InputError:
        return False
    return True


def _by_order_parameters(model, coupling: Coupling, numbers, shapes, integrals, how, seed: int, initial) -> OrderParameters:
    if coupling.features is not None:
        raise InputError("couplings of samples to labels", "the moments of an encoder", 'use method="direct"')
    named = {str(s): v for s, v in numbers.items()}
    if "X" not in initial and np.prod(shapes[X]) > DRAWN:
        blocks = _start({b: shape for b, shape in shapes.items() if b != X}, seed, initial)
        samples = drawn_samples(coupling, shapes[X][0], seed)
    else:
        blocks = _start(shapes, seed, initial)
        samples = given_samples(coupling, blocks[X], seed)
    return OrderParameters(model, coupling, samples, {b.name: v for b, v in blocks.items()}, named, integrals, how)


def _direct(model: Loss, flow: Flow, coupling: Coupling, numbers, start, integrals, how) -> Direct:
    values = _values(coupling, start[X].shape[0], numbers)
    observed = [model.erased(), *(model.views or (X, Y)), *integrals]
    needed = {str(s) for s in (*parameters_of([*flow.velocity.values(), *observed], flow.state), d, N, K)}
    lowered = flow.lower({name: value for name, value in values.items() if name in needed}, also=observed)
    return Direct(coupling, lowered, observed, lowered.pack(start), *how)


def _numbers(model: Loss, coupling: Coupling, given: Mapping) -> dict[State, float]:
    """A number for each scalar parameter of the model."""
    places = (*_flow(model).velocity.values(), model.erased())
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
    _check_rates(model, numbers)
    return numbers


def _check_rates(model: Loss, numbers: Mapping[State, float]) -> None:
    for role, rates in (("mobility", model.mobility), ("decay", model.decay)):
        for moved, rate in rates.items():
            value = rate.subs(numbers)
            if value.is_number and value < 0:
                raise InputError(f"a non-negative {role} of {moved}", f"{rate} = {float(value):g}", "change the parameters")


def _integrals(flow: Flow, coupling: Coupling, numbers: Mapping) -> list[Expr | MatrixExpr]:
    """Those first integrals whose symbols have values and whose size does not grow with N."""
    null = () if coupling.features is not None else ("u_x", "u_y")
    known = {*DATA, *null, *map(str, numbers)}
    integrals = (q for q in _first_integrals(flow) if N not in q.shape)
    return [q for q in integrals if all(str(s) in known for s in parameters_of([q], flow.state))]


def _values(coupling: Coupling, dimension: int, numbers: Mapping[State, float]) -> dict[str, object]:
    """Everything that may stand in a model over the vocabulary, by name."""
    sizes = {str(n): size for n, size in ((d, int(dimension)), (N, coupling.samples), (K, coupling.labels))}
    return {**coupling.data, **coupling.null_vector, **{str(s): v for s, v in numbers.items()}, **sizes}


def _start(shapes: Mapping[State, tuple[int, ...]], seed: int, initial: Mapping[str, ArrayLike]) -> dict[State, NDArray]:
    rng = np.random.default_rng(seed)
    blocks = {}
    for block, shape in shapes.items():
        noise = rng.standard_normal(shape)
        value = np.asarray(initial.get(block.name, np.eye(shape[0]) + 0.1 * noise if block == W else noise), dtype=float)
        if value.shape != shape or not np.isfinite(value).all():
            raise InputError(f"finite initial {block.name} of shape {shape}", f"shape {value.shape}", "correct the start")
        blocks[block] = value
    if unknown := sorted(set(initial) - {b.name for b in shapes}):
        raise InputError(f"initial values of {[b.name for b in shapes]}", ", ".join(unknown), "drop it or correct the name")
    return blocks
