r"""Integration in time by SciPy's adaptive methods.

SciPy holds the root mean square, over all entries, of local errors over their tolerances at one.  Among :math:`8\cdot10^5`
entries of samples those of few labels would not be seen, so that tolerances of a block of m among n entries are multiplied by
:math:`\sqrt{m/n}`, as far as floats go: the sum of the squares of the blocks' own root mean squares is then at most one, and
every block keeps its tolerance.  (LSODA takes the largest entry in place of the mean, and needs no such help.)

``solver="auto"`` takes an explicit method, RK45 down to rtol 1e-6 and DOP853 below, unless the problem is stiff and small: more
than ``STIFF`` cycles, which are the horizon times the fastest rate, and at most ``SMALL`` entries.  Then it takes LSODA, which
switches to implicit steps where those are longer.  Jacobians are differences: a column costs one velocity, and three times as
much where the differential is evaluated for it.  LSODA is also taken for small problems whose rates may grow without bound: of
losses that are not defined everywhere (rates grow as a sample that is normalised shrinks), and of losses with kinks.  Where
the steps of such a problem come down to less than 1/``FINE`` of a cycle and of the longest that it took, and more than
``MOST`` of them are left, the run ends.

When it fails: more than ``STIFF`` cycles of more than ``SMALL`` entries take explicit steps all the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theory.errors import UnfinishedError
from theory.simulation.domain import Domain
from theory.simulation.events import Event, Watch

METHODS = ("DOP853", "RK45", "LSODA", "Radau", "BDF")
SOLVERS = ("auto", *METHODS)
STIFF = 3e4  # cycles beyond which implicit steps pay
SMALL = 3000  # entries up to which they do: each Jacobian takes as many velocities
LOOSE = 1e-6  # rtol from which on the lower order is the cheaper and, at the edge of stability, the more accurate
GROWN = 1e3  # times its start that a state has grown where a run that stops has diverged
TIGHTER = 1e-2
FINE = 100  # steps in a cycle from which on a problem whose rates grow is at a standstill
MOST = 1e5  # steps that are left, from which on it is
LOOKED = 200  # steps over which their length is taken
FINEST = 100 * np.finfo(float).eps  # rtol below which SciPy does not go


class Scheme(NamedTuple):
    """How a run is integrated: solver and tolerances, the drift of first integrals that is allowed, events that end the run,
    what is told the time that is reached, the number of ``cycles``, the horizon times the fastest rate, and whether rates may
    grow without bound (``stiffens``)."""

    solver: str
    rtol: float
    atol: float
    drift: float = np.inf
    events: tuple[Event, ...] = ()
    reached: Callable[[float], None] | None = None
    cycles: float = 0.0
    stiffens: bool = False

    def choose_solver(self, entries: int) -> Scheme:
        """The scheme with a solver in place of ``"auto"``."""
        if self.solver != "auto":
            return self
        if (self.stiffens or self.cycles > STIFF) and entries <= SMALL:
            return self._replace(solver="LSODA")
        return self._replace(solver="RK45" if self.rtol >= LOOSE else "DOP853")

    @property
    def tighter(self) -> Scheme | None:
        """The scheme with smaller tolerances, or None where there are none."""
        scheme = self._replace(rtol=self.rtol * TIGHTER, atol=self.atol * TIGHTER)
        return scheme if scheme.rtol >= FINEST else None

    def __str__(self):
        return f"{self.solver}, rtol {self.rtol:g}, atol {self.atol:g}"


class Problem(NamedTuple):
    """What is integrated: the velocity, the start, and the sizes of the blocks of the state."""

    velocity: Callable[[float, NDArray], NDArray]
    start: NDArray
    blocks: Sequence[int]


class Reached(NamedTuple):
    """A time, the state then, and the event that ends the run there."""

    time: float
    state: NDArray
    event: Event | Domain | None = None


class Standstill(UnfinishedError):
    """Steps that have become so short that the end is out of reach, and the state then."""

    def __init__(self, message: str, state: NDArray):
        super().__init__(message)
        self.state = state


def integrate(velocity: Callable, initial: NDArray, times: NDArray, solver: str, rtol: float, atol: float) -> Iterator[NDArray]:
    """The state at each of ``times`` (increasing, from 0 on), one after the other; no state is kept.

    All entries are one block; ``"auto"`` is explicit.

    Raises
    ------
    UnfinishedError
        where the integrator stops early, with its own message.
    """
    problem, scheme = Problem(velocity, initial, [len(initial)]), Scheme(solver, rtol, atol).choose_solver(len(initial))
    yield from (initial for t in times if t == 0)
    yield from (found.state for found in integrate_steps(problem, 0.0, times[times > 0], scheme, Watch([])))


def integrate_steps(problem: Problem, begin: float, times: NDArray, scheme: Scheme, watch: Watch) -> Iterator[Reached]:
    """The state at each of ``times`` (increasing, after ``begin``), up to the first event.

    Raises
    ------
    UnfinishedError
        where the integrator stops early, with its own message, or the state is no longer finite.
    """
    done, stepper = 0, _make_stepper(problem, begin, times[-1], scheme) if len(times) else None
    pace = Pace(scheme, begin, times[-1] if len(times) else begin)
    while stepper is not None and done < len(times):
        _advance(stepper, scheme, problem.start)
        pace.look(stepper)
        ends = watch.at(stepper.y) is not None
        if not ends and stepper.t < times[done]:
            continue
        path = stepper.dense_output()
        until, event = watch.first(path, stepper.t_old, stepper.t) or (stepper.t, None)
        while done < len(times) and (times[done] < until or (event is None and times[done] == until)):
            yield Reached(times[done], path(times[done]))
            done += 1
        if event is not None:
            yield Reached(until, path(until), event)
            return


class Pace:
    """Looks at the lengths of steps where rates may grow without bound."""

    def __init__(self, scheme: Scheme, begin: float, end: float):
        self.scheme, self.end, self.before, self.steps = scheme, end, begin, 0
        self.longest = 0.0

    def look(self, stepper) -> None:
        """Raise :class:`Standstill` where the end is out of reach."""
        self.steps += 1
        if not self.scheme.stiffens or self.steps % LOOKED:
            return
        step, self.before = (stepper.t - self.before) / LOOKED, stepper.t
        left, self.longest = (self.end - stepper.t) / step, max(step, self.longest)
        cycle = self.end / max(self.scheme.cycles, 1.0)
        if left > MOST and step * FINE < min(cycle, self.longest):
            told = f"steps of {step:.1g} at t = {stepper.t:.6g}, of which about {left:.0e} are left up to {self.end:g}"
            raise Standstill(f"{self.scheme.solver} has come to a standstill: {told}", stepper.y)


def _make_stepper(problem: Problem, begin: float, end: float, scheme: Scheme):
    import scipy.integrate

    with np.errstate(all="ignore"):
        if not np.isfinite(problem.velocity(begin, problem.start)).all():
            raise UnfinishedError(f"the velocity at t = {begin:g} is not finite; change the start or the parameters")
    make = getattr(scipy.integrate, scheme.solver)
    stepper = make(problem.velocity, begin, problem.start, end, rtol=scheme.rtol, atol=scheme.atol)
    if scheme.solver != "LSODA":
        share = np.repeat(np.sqrt(np.array(problem.blocks) / len(problem.start)), problem.blocks)
        stepper.rtol, stepper.atol = np.maximum(scheme.rtol * share, FINEST), scheme.atol * share
    return stepper


def _advance(stepper, scheme: Scheme, start: NDArray) -> None:
    """One step, or the reason why there is none."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        message = stepper.step()
    if stepper.t == stepper.t_old:  # LSODA goes on for ever where its step has fallen below the spacing of floats
        message = message or "the step has become too small to advance the time"
    elif not np.isfinite(stepper.y).all():
        message = message or "the state is not finite"
    if message:
        remedy = "try a smaller rtol or a stiff solver"
        if not np.abs(stepper.y).max() <= GROWN * (1 + np.abs(start).max()):
            remedy = "the flow diverges: end the run earlier, or change its start or its parameters, such as decays"
        raise UnfinishedError(f"{scheme.solver} stopped at t = {stepper.t:g}: {message}; {remedy}")
    if scheme.reached is not None:
        scheme.reached(float(stepper.t))
