"""Work under a time limit, in a worker process that is killed at the limit.

Signals and threads cannot stop a computation that hangs inside C code, nor one that was started off the main thread; the
operating system can, one process at a time.  Workers are kept for the next call, one for each call that runs at the same
time; they end after :data:`IDLE` seconds without work, and with the process that started them.

Arguments and results cross by pickle, under which SymPy evaluates anew: ``Mul(2, x + y, evaluate=False)`` arrives as
``2*x + 2*y``.  Relations cross as they are: to find out again whether they hold may take longer than the work.

>>> from math import factorial
>>> run_within(60, factorial, 5)
120
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial as bound
from io import BytesIO
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import TypeVar

import cloudpickle
from loky.backend import get_context
from sympy import Basic
from sympy.core.relational import Relational

from theory import require
from theory.errors import UnfinishedError

T = TypeVar("T")

IDLE = 300.0
"""Seconds after which a worker without work ends."""

START = 120.0
"""Seconds that a worker may take to start and to read its job; the time limit counts from there."""

GRACE = 5.0
"""Seconds past the limit after which a worker is killed by its own alarm, should its parent have died."""

# Longer waits than this overflow the poll() of the operating system.
_LONGEST_WAIT = 1e6


def run_within(time_limit: float | None, function: Callable[..., T], *args, partial: bool = False, **kwargs) -> T:
    """``function(*args, **kwargs)``, in a worker process that is killed after ``time_limit`` seconds.

    Parameters
    ----------
    time_limit
        seconds, counted from when the function starts.  None: no limit, and the function runs in this process.  So it does
        in a worker, whose own limit holds for all that it calls.
    partial
        give the function the keyword ``report``, to be called with what it has so far; each report replaces the last one.

    Raises
    ------
    InputError
        for a time limit that is not a positive, finite number.
    UnfinishedError
        at the time limit, or when the worker dies; ``partial`` is then the last report, or None.
    Exception
        whatever the function raises, and the errors of ``pickle`` for arguments and results that it does not know.
    """
    _check_limit(time_limit)
    if time_limit is None or _in_worker:
        return function(*args, **kwargs, **({"report": _ignore_report} if partial else {}))
    worker = _send_job(float(time_limit), _dumps((function, args, kwargs, partial)))
    try:
        succeeded, outcome = worker.outcome(float(time_limit))
    except BaseException:
        worker.kill()
        raise
    _idle.append(worker)
    value = pickle.loads(outcome)
    if not succeeded:
        raise value
    return value


def run_each(time_limit: float, function: Callable[..., T], each: Iterable, at_once: int | None = None) -> list[Future[T]]:
    """The function of each of some arguments, in workers that run at the same time.

    Parameters
    ----------
    time_limit
        seconds for each, as in :func:`run_within`.
    at_once
        how many workers; as many as there are processors unless given.

    Returns
    -------
    What each becomes, in the order of the arguments; the work ends with this process.
    """
    waiting = deque((argument, Future[T]()) for argument in each)
    futures = [future for _, future in waiting]

    def take_jobs() -> None:
        with suppress(IndexError):
            while True:
                argument, future = waiting.popleft()
                if future.set_running_or_notify_cancel():
                    _fulfil(future, bound(run_within, time_limit, function, argument))

    for _ in range(min(len(futures), at_once or os.cpu_count() or 1)):
        threading.Thread(target=take_jobs, daemon=True).start()
    return futures


class _Pickler(cloudpickle.Pickler):
    def reducer_override(self, obj):
        if isinstance(obj, Relational):
            return _unevaluated_relation, (type(obj), *obj.args)
        return super().reducer_override(obj)


def _unevaluated_relation(kind: type[Relational], left: Basic, right: Basic) -> Relational:
    return kind(left, right, evaluate=False)


def _dumps(value: object) -> bytes:
    written = BytesIO()
    _Pickler(written).dump(value)
    return written.getvalue()


def _fulfil(future: Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:
        future.set_exception(error)


@dataclass(frozen=True, eq=False)
class _Worker:
    """This side of a worker process: it ends when its ``lifeline`` is closed, which the death of this process does too."""

    process: BaseProcess
    line: Connection
    lifeline: Connection

    @classmethod
    def start(cls) -> _Worker:
        context = get_context("loky")
        line, far_line = context.Pipe()
        far_lifeline, lifeline = context.Pipe(duplex=False)
        process = context.Process(target=_serve_jobs, args=(far_line, far_lifeline), daemon=True)
        with far_line, far_lifeline, _interruptions_blocked():
            process.start()
        return cls(process, line, lifeline)

    def outcome(self, time_limit: float) -> tuple[bool, bytes]:
        """Whether the function returned, and the pickle of its result or exception."""
        report, deadline = pickle.dumps(None), monotonic() + time_limit
        while (remaining := deadline - monotonic()) > 0:
            try:
                if not self.line.poll(min(remaining, _LONGEST_WAIT)):
                    continue
                kind, content = self.line.recv()
            except (EOFError, OSError):
                raise UnfinishedError(self._death_message(), pickle.loads(report)) from None
            if kind != "report":
                return kind == "result", content
            report = content
        raise UnfinishedError(f"stopped at the time limit of {time_limit:g} s", pickle.loads(report))

    def accept(self, time_limit: float, job: bytes) -> None:
        """Hand over a job, up to where the function starts."""
        self.line.send((time_limit, job))
        if not self.line.poll(START):
            raise UnfinishedError(f"the worker process did not start within {START:g} s")
        self.line.recv()

    def kill(self) -> None:
        if self.process.is_alive() and self.process.pid is not None:
            _kill_group(self.process.pid)
        self.process.join()
        self.line.close()
        self.lifeline.close()

    def _death_message(self) -> str:
        self.kill()
        return f"the worker process died with exit code {self.process.exitcode}: killed from outside, or out of memory"


def _kill_group(pid: int) -> None:
    """End a worker and the programs that it has started."""
    kill = getattr(signal, "SIGKILL", signal.SIGTERM)
    try:
        os.killpg(pid, kill)
    except (AttributeError, ProcessLookupError):  # no groups on this system, or none of its own yet
        os.kill(pid, kill)


@contextmanager
def _interruptions_blocked() -> Iterator[None]:
    """A process that is started here does not hear Ctrl-C, which a terminal sends to all, even before it can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_idle: list[_Worker] = []
_in_worker = False

if hasattr(os, "register_at_fork"):
    # A forked child must not talk to the workers of its parent.
    os.register_at_fork(after_in_child=_idle.clear)


def _send_job(time_limit: float, job: bytes) -> _Worker:
    """A worker that has started on the job: an idle one unless all have ended, otherwise a new one."""
    while True:
        try:
            worker, is_new = _idle.pop(), False
        except IndexError:
            worker, is_new = _Worker.start(), True
        try:
            worker.accept(time_limit, job)
            return worker
        except (EOFError, OSError):
            worker.kill()
            if is_new:
                raise UnfinishedError("the worker process died while it started") from None
        except BaseException:
            worker.kill()
            raise


def _serve_jobs(line: Connection, lifeline: Connection) -> None:
    """What a worker does: one job after the other."""
    global _in_worker
    _in_worker = True
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    with suppress(EOFError, OSError):
        while line.poll(IDLE):
            time_limit, job = line.recv()
            line.send(_answer_job(time_limit, job, line))
            _set_alarm(0)


def _answer_job(time_limit: float, job: bytes, line: Connection) -> tuple[str, bytes]:
    try:
        try:
            function, args, kwargs, partial = pickle.loads(job)
        finally:
            line.send(("started", b""))
            _set_alarm(time_limit + GRACE)
        if partial:
            kwargs["report"] = lambda found: line.send(("report", _dumps(found)))
        return "result", _dumps(function(*args, **kwargs))
    except BaseException as error:
        return "error", _pickle_error(error)


def _pickle_error(error: BaseException) -> bytes:
    """The exception with its traceback as a note; an exception that does not survive pickling arrives as its text."""
    error.add_note("".join(["In the worker process:\n", *traceback.format_exception(error)]))
    try:
        pickled = _dumps(error)
        pickle.loads(pickled)
    except Exception:
        return _dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    return pickled


def _set_alarm(seconds: float) -> None:
    # Left to its default, SIGALRM ends a process even while C code runs.
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, min(seconds, _LONGEST_WAIT))


def _end_with(lifeline: Connection) -> None:
    wait([lifeline])
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _ignore_report(found: object) -> None:
    """Reports that nobody waits for."""


def _check_limit(time_limit: object) -> None:
    if time_limit is not None:
        require.real(time_limit, "a time limit in seconds", "give a number above 0, or None for no limit", above=0)
