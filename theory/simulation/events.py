r"""Events: conditions at which a run ends, found on the path between recorded times.

* :class:`Collapse`: the smallest distance between two labels has fallen to a share of what it was at the start.
* :class:`Convergence`: the velocity has become small,
  :math:`|\dot Z,\dot W|\le r\,a_{\max}\,|Z,W|`, in Euclidean norms over all embeddings and the head, whether they are
  integrated one by one or as order parameters; :math:`a_{\max}` is the fastest rate, the largest product of mobility and
  degree.

>>> from theory import Coupling, models, simulate
>>> from theory.simulation import Collapse
>>> coupling = Coupling.uniform(classes=3, samples=30, fraction=0.2)
>>> run = simulate(models.embedding_only(), coupling, dimension=2, times=[0, 1e6], until=Collapse(1e-3))
>>> print(run.stopped)
at t = 65.7877, before 1e+06: the smallest distance between labels has fallen to 0.001 of its start
>>> bool(abs(run.min_separation[-1] / run.min_separation[0] - 1e-3) < 1e-9)
True

When it fails: a condition that holds for less than a step of the integrator (or, for the exact method, for less than the time
between two recorded ones) may pass unseen; a state that decays to zero never converges, its relative velocity being its rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from theory import require
from theory.errors import InputError
from theory.simulation.domain import Domain
from theory.simulation.observables import min_separation

TINY = np.finfo(float).tiny


class Watched(Protocol):
    """What events look at: labels (d, K) at a state, and the speed relative to the state, in units of the fastest rate."""

    def labels(self, state: Any) -> NDArray: ...

    def speed(self, state: Any) -> float: ...


@dataclass(frozen=True)
class Collapse:
    """The smallest distance between two labels falls to ``ratio`` (between 0 and 1) of its start.

    Raises
    ------
    InputError
        for another ratio, and in a run with a single label.
    """

    ratio: float = 1e-6

    def __post_init__(self):
        _check_share("a ratio between 0 and 1", self.ratio)

    def __str__(self):
        return f"the smallest distance between labels has fallen to {self.ratio:g} of its start"

    def level(self, watched: Watched, start: Any) -> Callable[[Any], float]:
        """A function of the state that is zero at the event, and positive before."""
        first = float(min_separation(watched.labels(start)))
        if not np.isfinite(first):
            raise InputError("two labels whose distance may collapse", "one label", "drop the event")
        return lambda state: _logarithm(min_separation(watched.labels(state))) - _logarithm(self.ratio * first)


@dataclass(frozen=True)
class Convergence:
    """The velocity, relative to the state and in units of the fastest rate, falls to ``rate`` (between 0 and 1)."""

    rate: float = 1e-9

    def __post_init__(self):
        _check_share("a rate between 0 and 1", self.rate)

    def __str__(self):
        return f"the velocity has fallen to {self.rate:g} of the state times its fastest rate"

    def level(self, watched: Watched, start: Any) -> Callable[[Any], float]:
        """A function of the state that is zero at the event, and positive before."""
        return lambda state: _logarithm(watched.speed(state)) - _logarithm(self.rate)


Event = Collapse | Convergence


@dataclass(frozen=True, eq=False)
class Watch:
    """Events of one run, by a function of the state that is positive before each."""

    levels: Sequence[tuple[Event | Domain, Callable[[Any], float]]]

    @classmethod
    def of(cls, events: Sequence[Event], watched: Watched, start: Any, domain: Domain | None = None) -> Watch:
        """The events, and the end of the domain of the model where it has one."""
        ends = [(domain, domain.margin)] if domain is not None and domain.conditions else []
        return cls([*ends, *((event, event.level(watched, start)) for event in events)])

    def at(self, state: Any) -> Event | Domain | None:
        """The first event that has happened in a state."""
        return next((event for event, level in self.levels if level(state) <= 0), None)

    def first(self, path: Callable[[float], Any], before: float, after: float) -> tuple[float, Event | Domain] | None:
        """The earliest event on a path between two times, none having happened at the first, and its time."""
        return min(self._crossings(path, before, after), key=lambda found: found[0], default=None)

    def _crossings(self, path: Callable[[float], Any], before: float, after: float) -> Iterator[tuple[float, Event | Domain]]:
        from scipy.optimize import brentq

        for event, level in self.levels:
            if level(path(after)) <= 0:
                started = level(path(before)) <= 0
                yield before if started else brentq(lambda t, level=level: level(path(t)), before, after), event


def checked_events(until: Event | Sequence[Event] | None) -> tuple[Event, ...]:
    """One event, several, or none, as a tuple.

    Raises
    ------
    InputError
        for anything else.
    """
    events = () if until is None else (until,) if isinstance(until, Event) else until
    if not isinstance(events, tuple | list) or not all(isinstance(event, Event) for event in events):
        raise InputError("until as Collapse(...), Convergence(...) or several of them", repr(until), "correct it")
    return tuple(events)


def stop_sentence(event: Event | Domain, time: float, horizon: float) -> str:
    """Why a run has stopped."""
    return f"at t = {time:.6g}, before {horizon:g}: {event}"


def _check_share(expected: str, value: float) -> None:
    require.real(value, expected, above=0, below=1)


def _logarithm(value: float | NDArray) -> float:
    return float(np.log(max(float(value), TINY)))
