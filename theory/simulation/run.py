"""simulate: a model and a coupling to a trajectory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import lru_cache
from numbers import Real

from numpy.typing import ArrayLike, NDArray
from sympy import Expr

from theory.coupling import Coupling
from theory.encoder import Encoder
from theory.errors import InputError, Interrupted, UnfinishedError
from theory.loss import Loss
from theory.models.vocabulary import X, Y
from theory.printing import plain
from theory.progress import bar
from theory.simulation.descent import GradientDescent
from theory.simulation.direct import Scheme
from theory.simulation.events import Event, checked_events
from theory.simulation.exact import propagate
from theory.simulation.optimisers import Optimised
from theory.simulation.order_parameters import OrderParameters, blocks_at_start, closes_on_few
from theory.simulation.record import Direct, Exact, Recorder, Row, trajectory
from theory.simulation.setting import Setting
from theory.simulation.times import checked_times
from theory.simulation.trajectory import Trajectory

KEPT = 10**7  # entries of recorded states up to which all are kept
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
    solver: str = "auto",
    rtol: float = 1e-8,
    atol: float = 1e-10,
    drift: float = 1e-5,
    until: Event | Sequence[Event] | None = None,
    optimiser: GradientDescent | None = None,
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
        of methods that integrate: ``"auto"`` (:mod:`theory.simulation.direct` says how it chooses), or one of SciPy's by name.
        Every block of the state keeps the tolerances by itself.
    drift
        of first integrals that is allowed, relative to the size of their terms at the start: where they drift further, what
        was integrated since the last recorded time is integrated again with smaller tolerances.
    until
        events that end the run before the last time (:mod:`theory.simulation.events`); its last time is then the event's.
    optimiser
        takes finite steps in place of the flow (:mod:`theory.simulation.optimisers`); no events, and no method to choose.
    progress
        called with the share of the time that is covered; by default a bar is shown on a terminal, after two seconds.

    Raises
    ------
    InputError
        for input that cannot be used.
    UnfinishedError
        where the integrator gives up, or first integrals drift whatever the tolerances; its ``partial`` is the trajectory
        so far.
    Interrupted
        where the user stops the run, with the same ``partial``.
    """
    times, events = checked_times(times), checked_events(until)
    _check(method, optimiser, events, {"rtol": rtol, "atol": atol, "drift": drift})
    setting = Setting.of(model, coupling, dimension, parameters)
    with _covered(times[-1], progress) as reached:
        how = Scheme(solver, rtol, atol, drift, events, reached, float(times[-1]) * setting.fastest_rate)
        if optimiser is None:
            recorder = _recorder(setting, method, len(times), how, seed, initial or {})
        else:
            begin = blocks_at_start(setting, seed, initial or {}, every=optimiser.batch is not None)
            recorder, times = Optimised(setting, optimiser, begin, seed), optimiser.rounded(times)
        return _followed(recorder, times, setting, model, seed, reached)


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
) -> Trajectory:
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
        the same moments with other samples (:func:`theory.encoder.observing`), on which the accuracy is taken.

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


def _followed(
    recorder: Recorder, times: NDArray, setting: Setting, model: Loss, seed: int, reached: Callable[[float], None]
) -> Trajectory:
    """The rows of a recorder as a trajectory; of states all are kept where they are small, and else the last one."""
    keeps = isinstance(recorder, OrderParameters) and recorder.lowered.size * len(times) <= KEPT
    rows: list[Row] = []
    described = [_named(q) for q in setting.integrals], setting.named, seed, model
    try:
        for row in recorder.rows(times):
            if rows and not keeps:
                rows[-1] = rows[-1]._replace(blocks={})
            time = float(times[len(rows)]) if row.time is None else row.time
            rows.append(row._replace(time=time))
            reached(time)
    except UnfinishedError as error:
        partial = trajectory(recorder, rows, *described, why=str(error)) if rows else None
        raise UnfinishedError(str(error), partial) from None
    except KeyboardInterrupt:
        why = f"interrupted after t = {rows[-1].time:g} of {times[-1]:g}" if rows else "interrupted"
        raise Interrupted(why, trajectory(recorder, rows, *described, why=why) if rows else None) from None
    return trajectory(recorder, rows, *described)


@contextmanager
def _covered(horizon: float, progress: Callable[[float], None] | None) -> Iterator[Callable[[float], None]]:
    """A function that is told the time that is reached and tells ``progress`` the share, or moves a bar."""
    done = 0.0
    with bar(1.0, "simulate") if progress is None else nullcontext(progress) as tell:

        def reached(time: float) -> None:
            nonlocal done
            share = time / horizon if horizon else 1.0
            if share > done:
                done = share
                tell(share)

        yield reached


def _check(method: str, optimiser: GradientDescent | None, events: Sequence, tolerances: Mapping[str, float]) -> None:
    if method not in METHODS:
        raise InputError(f"a method among {METHODS}", repr(method), "choose one of these")
    if optimiser is not None and (events or method != "auto"):
        raise InputError("an optimiser without events and methods", f"method {method!r}, until {events}", "drop these")
    for name, value in tolerances.items():
        if not isinstance(value, Real) or not value > 0:
            raise InputError(f"a positive {name}", repr(value), "correct it")


def _recorder(setting: Setting, method: str, times: int, how: Scheme, seed: int, initial: Mapping) -> Recorder:
    """The method that was asked for, or the best one."""
    linear = setting.is_embedding_only
    if method == "exact" and not linear:
        flow = str(setting.flow).replace("\n", ", ")
        raise InputError("the flow and the loss of embeddings alone", flow, 'use method="direct"')
    if method == "auto":
        method = "exact" if linear else "order-parameters" if closes_on_few(setting) else "direct"
    if method == "order-parameters":
        return OrderParameters.of(setting, blocks_at_start(setting, seed, initial), seed, how)
    start = setting.start(seed, initial)
    if method == "exact":
        return Exact(propagate(setting.coupling, start[X], start[Y]), times, seed, how.events)
    return Direct.of(setting, start, how)


@lru_cache(64)
def _named(integral: Expr) -> str:
    return plain(integral)
