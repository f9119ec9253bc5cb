"""simulate: a model and a coupling to a trajectory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from theory.coupling import Coupling
from theory.errors import InputError, UnfinishedError
from theory.flow import parameters_of
from theory.loss import Loss
from theory.models.vocabulary import K, N, X, Y, d
from theory.printing import plain
from theory.simulation.closure import closure
from theory.simulation.exact import propagate
from theory.simulation.order_parameters import DRAWN, OrderParameters, applies, drawn_samples, given_samples
from theory.simulation.record import Direct, Exact, Recorder, Row, trajectory
from theory.simulation.setting import Setting
from theory.simulation.times import checked_times
from theory.simulation.trajectory import Trajectory

METHODS = ("auto", "direct", "exact", "order-parameters")


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
    setting = Setting.of(model, coupling, dimension, parameters)
    recorder = _recorder(setting, method, len(times), (solver, rtol, atol), seed, initial or {})
    kept = [plain(q) for q in setting.integrals], setting.named, seed
    rows: list[Row] = []
    try:
        for row in recorder.rows(times):
            rows.append(row)
            if progress is not None:
                progress(len(rows) / len(times))
    except UnfinishedError as error:
        raise UnfinishedError(str(error), trajectory(recorder, times, rows, *kept) if rows else None) from None
    return trajectory(recorder, times, rows, *kept)


def _recorder(
    setting: Setting, method: str, times: int, how: tuple[str, float, float], seed: int, initial: Mapping
) -> Recorder:
    """The method that was asked for, or the best one."""
    linear = setting.is_embedding_only
    if method == "exact" and not linear:
        flow = str(setting.flow).replace("\n", ", ")
        raise InputError("the flow and the loss of embeddings alone", flow, 'use method="direct"')
    if method == "auto":
        closes = applies(setting.coupling) and _closes(setting.model)
        method = "exact" if linear else "order-parameters" if closes else "direct"
    if method == "order-parameters":
        return _by_order_parameters(setting, how, seed, initial)
    start = setting.start(seed, initial)
    if method == "exact":
        return Exact(propagate(setting.coupling, start[X], start[Y]), times, seed)
    observed = [setting.model.erased(), *(setting.model.views or (X, Y)), *setting.integrals]
    needed = {str(s) for s in (*parameters_of([*setting.flow.velocity.values(), *observed], setting.flow.state), d, N, K)}
    lowered = setting.flow.lower({name: v for name, v in setting.values.items() if name in needed}, also=observed)
    return Direct(setting.coupling, lowered, observed, lowered.pack(start), *how)


def _by_order_parameters(setting: Setting, how: tuple[str, float, float], seed: int, initial: Mapping) -> OrderParameters:
    coupling = setting.coupling
    if coupling.features is not None:
        raise InputError("couplings of samples to labels", "the moments of an encoder", 'use method="direct"')
    if "X" not in initial and np.prod(setting.shapes[X]) > DRAWN:
        blocks, samples = setting.start(seed, initial, frozenset({X})), drawn_samples(coupling, setting.dimension, seed)
    else:
        blocks = setting.start(seed, initial)
        samples = given_samples(coupling, blocks[X], seed)
    named = {b.name: v for b, v in blocks.items()}
    return OrderParameters(setting.model, coupling, samples, named, setting.named, setting.integrals, how)


@lru_cache(64)
def _closes(model: Loss) -> bool:
    try:
        closure(model, 1)
    except InputError:
        return False
    return True
