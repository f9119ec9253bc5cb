"""simulate: a model and a coupling, by a method, to a run or to many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Expr

from theory import require
from theory.coupling import Coupling
from theory.encoder import Encoder
from theory.errors import InputError, Interrupted, UnfinishedError
from theory.loss import Loss
from theory.models.vocabulary import X, Y
from theory.printing import plain
from theory.progress import progress_bar
from theory.simulation.descent import GradientDescent
from theory.simulation.events import Event, checked_events
from theory.simulation.exact import propagate
from theory.simulation.methods import Auto, Exact, Integration, Method, OrderParameters, method_of
from theory.simulation.optimisers import Optimised
from theory.simulation.order_parameters import OrderParametersRecorder, blocks_at_start
from theory.simulation.record import DirectRecorder, RecordedRow, Recorder, run_of
from theory.simulation.record_exact import ExactRecorder
from theory.simulation.setting import Setting, Start, starts_of
from theory.simulation.together import TogetherRecorder
from theory.simulation.trajectory import Run, stack_runs

Reached = Callable[[float], None]  # told the time that is reached


def simulate(
    model: Loss,
    coupling: Coupling | Sequence[Coupling],
    *,
    dimension: int,
    times: ArrayLike,
    by: Method | None = None,
    seed: int = 0,
    seeds: Sequence[int] | None = None,
    parameters: Mapping | None = None,
    initial: Mapping[str, ArrayLike] | None = None,
    until: Event | Sequence[Event] | None = None,
    progress: Callable[[float], None] | None = None,
    method: str = "auto",
    solver: str = "auto",
    rtol: float = 1e-8,
    atol: float = 1e-10,
    drift: float = 1e-5,
    optimiser: GradientDescent | None = None,
) -> Run:
    """Follow the flow of a model from a random start, or from many; markers in its loss are obeyed.

    Where ``seeds`` are given the result has an axis of R runs, the r-th of which is that of the r-th of everything.

    Parameters
    ----------
    model
        a loss over the shared vocabulary, such as those of :mod:`theory.models`.
    coupling
        supplies couplings, degrees and mobilities; of many runs one for all, or one for each, whose labels are as many.  Order
        parameters need the same numbers of types, and of rates (mobility times degree) of types that hold several samples.
    dimension
        d of the embeddings.
    times
        increasing and non-negative; observables are recorded there.  The start is at 0.
    by
        the method (:mod:`theory.simulation.methods`): ``Auto()``, the default, ``Exact()``, ``OrderParameters(...)``,
        ``Direct(...)``, or ``GradientDescent(...)``, which takes finite steps in place of the flow and knows no events.
    seed
        of the start: standard normal embeddings, head = identity + 0.1 normal.
    seeds
        of many runs (R,): by order parameters they are integrated as one system (:mod:`theory.simulation.together`), and one
        by one else.
    parameters
        values by symbol or name, of many runs a number for all or numbers (R,).  A mobility defaults to 1/sum(J), a decay to 0;
        other symbols need a value.
    initial
        arrays for state blocks by name (``"X"``, ``"Y"``, ``"W"``) in place of the random start, of many runs also with R as
        the first axis.  A singular head, zero included, is a start like others: with both targets stopped, embeddings rest in
        its kernel while the head moves out of it by the couplings of what is there (it rests too where there is nothing).
        What it lacks is the protected sign of its determinant (§4.1).
    until
        events that end one run before the last time (:mod:`theory.simulation.events`); its last time is then the event's.
    progress
        called with the share of the time that is covered; by default a bar is shown on a terminal, after two seconds.
    method, solver, rtol, atol, drift, optimiser
        older names of ``by``: ``"auto"``, ``"exact"``, ``"order-parameters"`` or ``"direct"`` with the options of the method,
        or a ``GradientDescent``.

    Raises
    ------
    InputError
        for input that cannot be used.
    UnfinishedError
        where the integrator gives up, or first integrals drift whatever the tolerances; its ``partial`` is the run so far,
        of runs that are followed one by one those that are finished.  It names the one of many that is to blame.
    Interrupted
        where the user stops the run, with the same ``partial``.
    """
    times, events = require.times(times), checked_events(until)
    by = method_of(by, method, Integration(solver, rtol, atol, drift), optimiser, events)
    if isinstance(by, GradientDescent):
        times = by.round_times(times)
    with _report_share(times[-1], progress) as reached:
        if seeds is None and isinstance(coupling, Coupling):
            setting = Setting.of(model, coupling, dimension, parameters)
            return _follow_one(by, Start(setting, seed, initial or {}), model, times, events, reached)
        if events or seed != 0:
            raise InputError("many runs by their seeds, without events", f"seed {seed}, until {events}", "follow one run")
        starts = starts_of(model, coupling, dimension, seeds, parameters or {}, initial or {})
        return _follow_many(by, starts, model, times, reached)


def train_encoder(
    model: Loss,
    coupling: Coupling,
    *,
    dimension: int,
    times: ArrayLike,
    optimiser: GradientDescent,
    seed: int = 0,
    parameters: Mapping | None = None,
    initial: Mapping[str, ArrayLike] | None = None,
    observed: Encoder | None = None,
) -> Run:
    """Follow finite steps of an encoder: :func:`simulate`, with the accuracy on other samples where they are given.

    >>> import numpy as np
    >>> from theory import models
    >>> rng = np.random.default_rng(0)
    >>> classes = rng.integers(0, 3, 300)
    >>> features = 2 * np.eye(3)[classes] + rng.standard_normal((300, 3))
    >>> coupling = Coupling.from_data(features, classes, bias=True)
    >>> how = GradientDescent(step=0.05, batch=30)
    >>> run = train_encoder(models.teacher_student(), coupling, dimension=3, times=[0, 10, 100], optimiser=how)
    >>> run.method
    'stochastic gradient descent, step 0.05, batches of 30, an encoder of 4 axes'
    >>> bool(run.label_spread[-1] < 0.1 * run.label_spread[0])
    True

    Parameters
    ----------
    coupling
        with the samples it was made from, as :meth:`theory.Coupling.from_data` gives.
    model, dimension, times, optimiser, seed, parameters, initial
        as for :func:`simulate`; a step is in units of the flow's time.
    observed
        the same moments with other samples (:func:`theory.encoder.observed_on`), on which the accuracy is taken.

    Raises
    ------
    InputError
        for couplings of samples to labels, a batch of more samples than there are, and a loss that is no sum over samples.
    UnfinishedError
        for a run that diverges; its message says how large steps of all samples may be.
    """
    if not isinstance(coupling, Encoder):
        raise InputError("the moments of an encoder", "couplings of samples to labels", "use simulate")
    return simulate(
        model, coupling if observed is None else replace(coupling, seen=observed.seen), dimension=dimension, times=times,
        seed=seed, parameters=parameters, initial=initial, optimiser=optimiser,
    )  # fmt: skip


def _follow_one(by: Method, start: Start, model: Loss, times: NDArray, events: tuple[Event, ...], reached: Reached) -> Run:
    """One run by a method."""
    recorder = _recorder_of(by, start, times, events, reached)
    return _run_recorder(recorder, times, start.setting, start.setting.numbers_by_name, start.seed, model, reached)


def _follow_many(by: Method, starts: Sequence[Start], model: Loss, times: NDArray, reached: Reached) -> Run:
    """Runs by a method, as one system where it is that of order parameters; the matrices of one run are small, so that BLAS is
    then kept to one thread."""
    chosen = {s: by.choose_method(s) if isinstance(by, Auto) else by for s in dict.fromkeys(start.setting for start in starts)}
    closed = [one for one in chosen.values() if isinstance(one, OrderParameters)]
    if len(closed) < len(chosen):
        return _follow_each(chosen, starts, model, times, reached)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        how = closed[0].scheme((), reached, stiffens=starts[0].setting.stiffens)
        recorder = TogetherRecorder(starts, how, float(times[-1]))
        first, seeds = starts[0].setting, np.array([start.seed for start in starts])
        numbers = {name: np.array([start.setting.numbers_by_name[name] for start in starts]) for name in first.numbers_by_name}
        return _run_recorder(recorder, times, first, numbers, seeds, model, reached)


def _follow_each(
    chosen: Mapping[Setting, Method], starts: Sequence[Start], model: Loss, times: NDArray, reached: Reached
) -> Run:
    """Runs that do not fit into one system."""
    if len({setting.coupling.labels for setting in chosen}) > 1:
        raise InputError("couplings of the same number of labels", "others", "follow such runs one by one")
    done: list[Run] = []
    for r, start in enumerate(starts):

        def report_run(time: float, r: int = r) -> None:
            reached((r * times[-1] + time) / len(starts))

        try:
            done.append(_follow_one(chosen[start.setting], start, model, times, (), report_run))
        except (UnfinishedError, Interrupted) as error:
            why = f"run {r} (seed {start.seed}): {error}"
            raise type(error)(why, replace(stack_runs(done), stopped=why, complete=False) if done else None) from None
    return stack_runs(done)


def _run_recorder(
    recorder: Recorder, times: NDArray, setting: Setting, numbers: Mapping, seed: int | NDArray, model: Loss, reached: Reached
) -> Run:
    """The rows of a recorder as a run, or as many."""
    rows: list[RecordedRow] = []
    described = [_integral_name(q) for q in setting.integrals], numbers, seed, model
    try:
        for row in recorder.rows(times):
            if rows:
                rows[-1] = recorder.thin_row(rows[-1], len(times))
            time = float(times[len(rows)]) if row.time is None else row.time
            rows.append(row._replace(time=time))
            reached(time)
    except UnfinishedError as error:
        raise UnfinishedError(str(error), run_of(recorder, rows, *described, why=str(error)) if rows else None) from None
    except KeyboardInterrupt:
        why = f"interrupted after t = {rows[-1].time:g} of {times[-1]:g}" if rows else "interrupted"
        raise Interrupted(why, run_of(recorder, rows, *described, why=why) if rows else None) from None
    return run_of(recorder, rows, *described)


@contextmanager
def _report_share(horizon: float, progress: Callable[[float], None] | None) -> Iterator[Reached]:
    """A function that is told the time that is reached and tells ``progress`` the share, or moves a bar."""
    done = 0.0
    with progress_bar(1.0, "simulate") if progress is None else nullcontext(progress) as tell:

        def report_time(time: float) -> None:
            nonlocal done
            share = time / horizon if horizon else 1.0
            if share > done:
                done = share
                tell(share)

        yield report_time


def _recorder_of(by: Method, start: Start, times: NDArray, events: tuple[Event, ...], reached: Reached) -> Recorder:
    """What records one run by a method."""
    setting, seed, initial = start.setting, start.seed, start.initial
    if isinstance(by, Auto):
        by = by.choose_method(setting)
    if isinstance(by, GradientDescent):
        return Optimised(setting, by, blocks_at_start(setting, seed, initial, every=by.batch is not None), seed)
    if isinstance(by, Exact):
        if not setting.is_embedding_only:
            flow = str(setting.flow).replace("\n", ", ")
            raise InputError("the flow and the loss of embeddings alone", flow, 'use method="direct"')
        blocks = setting.start(seed, initial)
        return ExactRecorder(propagate(setting.coupling, blocks[X], blocks[Y]), len(times), seed, events)
    how = by.scheme(events, reached, float(times[-1]) * setting.fastest_rate, setting.stiffens)
    if isinstance(by, OrderParameters):
        return OrderParametersRecorder(setting, blocks_at_start(setting, seed, initial), seed, how)
    return DirectRecorder(setting, setting.start(seed, initial), how, seed)


@lru_cache(64)
def _integral_name(integral: Expr) -> str:
    return plain(integral)
