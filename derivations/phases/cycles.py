r"""The cycles of a pair below its Hopf line, followed from their birth: periods, multipliers, and how near labels come.

A cycle in a plane comes back, after half of its period, turned over: direction 2 and mode 2 with the opposite sign.  Half of a
turn, followed by this mirror, is a map with a fixed point, and the rotation of the plane, which changes its sign, needs no
gauge.  The point is found by Newton's method, and followed by its arc length; the derivative of the map, from the variational
equation, has the multipliers, the squares of which are those of a whole turn.

Of a turn that costs nothing the multiplier is 1 in time, and -1 by the rotation.  Another one leaves the unit circle

* at 1: with the mode that dies out on the cycle, where its cycle meets the one of the other mode alone (a pitchfork);
* at -1: the two halves of the cycle become different, so that turns no longer cancel (a pitchfork, to cycles that drift);
* elsewhere: to a torus.

>>> first, *others = follow_cycles(4.23606797749979, 3.732050807568877, count=4)
>>> first.share < 1, [bool(c.is_stable) for c in (first, *others)]
(True, [True, True, True, True])

Source: Kuznetsov, *Elements of Applied Bifurcation Theory*, §§5.4, 7.4, 10.1.
When it fails: cycles born unstable, above the line, are followed too, but beyond a fold only where the steps are short enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from derivations.closed_forms.turning import Rest, birth, flow_of_entries
from derivations.vocabulary import k, omega_1, omega_2
from theory.errors import UnfinishedError
from theory.lowering import LoweredFlow
from theory.models.vocabulary import lam

BIRTH = 1e-2  # the share below the line of the first cycle
STEPS = (1e-3, 0.5)  # the shortest and the longest of arc length
TOLERANCES = {"rtol": 1e-9, "atol": 1e-11}
SOLVED = 1e-8  # the last change of Newton's method
CORRECTIONS = 8
GROWN = 1.3  # a step after one that succeeded
DIED = 2e-2  # the amplitude of the second mode, relative to rest, below which its cycle is that of the first alone
RECORDED = 400  # times of half of a turn


@dataclass(frozen=True, eq=False)
class Cycle:
    """A cycle in the plane of two directions.

    Attributes
    ----------
    heads
        of both modes at rest, in own units.
    share
        k over its value on the Hopf line.
    ratio
        k.
    period
        in own units.
    start
        the entries of V and then of W at one of its points.
    multipliers
        of half of a turn and the mirror, those of time and rotation left out, largest first.
    """

    heads: tuple[float, float]
    share: float
    ratio: float
    period: float
    start: NDArray
    multipliers: NDArray

    @property
    def is_stable(self) -> bool:
        """Whether what is near it in its plane comes back to it."""
        return bool(np.abs(self.multipliers[0]) < 1)

    @cached_property
    def entries(self) -> NDArray:
        """(8, T), V and then W along half of a turn."""
        from scipy.integrate import solve_ivp

        times = np.linspace(0, self.period / 2, RECORDED)
        flow = _lower(self.heads, self.ratio, 2)
        return solve_ivp(flow.velocity, (0, times[-1]), self.start, method="DOP853", t_eval=times, **TOLERANCES).y

    @property
    def amplitudes(self) -> NDArray:
        """(2, T), those of both modes relative to rest."""
        return np.linalg.norm(self.entries[:4].reshape(2, 2, -1), axis=0) / np.array(self.heads)[:, None]

    def multipliers_beside(self) -> NDArray:
        """Those of changes of all entries where a third mode rests at the second head, largest first; left out are that of
        time, of three rotations, and of the plane, which is any with the first mode."""
        start = np.zeros(18)
        start[_inside(3)] = self.start
        start[[8, 17]] = self.heads[1]
        _, derivative = _turn_half(_lower(self.heads, self.ratio, 3), start, self.period / 2)
        return _without(np.linalg.eigvals(_mirror(3)[:, None] * derivative[:, :18]), (1, 1, -1, -1, -1))


def follow_cycles(first: float, second: float, count: int = 100, share: float = BIRTH) -> Iterator[Cycle]:
    """The cycles of two heads from their birth on, at most a number of them; they end where the second mode has died out.

    Parameters
    ----------
    first, second
        heads of one sign, different, in own units.
    count
        how many at most.
    share
        how far from the Hopf line, as a share of k on it, the first one is, at that k and no other.

    Raises
    ------
    UnfinishedError
        where the shortest step does not lead on.
    """
    heads, born = (first, second), birth(first, second)
    for found in islice(_continue(heads, *_first_points(heads, share)), count):
        cycle = _cycle_at(heads, born.ratio, *found)
        yield cycle
        if cycle.amplitudes[1].max() < DIED:
            return


def _first_points(heads: tuple[float, float], share: float) -> tuple[NDArray, NDArray]:
    """Entries, half of the period and k, at birth and on the first cycle by the cubic coefficient."""
    born = birth(*heads)
    share = share if born.is_supercritical else -share
    q, *_ = Rest(2, *heads, born.ratio, 1).eigenvectors(1j * born.frequency)
    change = 2 * np.sqrt(born.square(share)) * np.array([complex(q.get(x, 0)).real for x in flow_of_entries(2).state])
    rest = np.tile(np.diag(heads).ravel(), 2)
    halves = np.pi / born.frequency, np.pi / born.turning_rate(share)
    return np.array([*rest, halves[0], born.ratio]), np.array([*(rest + change), halves[1], born.ratio * (1 - share)])


def _continue(heads: tuple[float, float], before: NDArray, guess: NDArray) -> Iterator[tuple[NDArray, NDArray]]:
    """Points, and derivatives of their maps, by arc length."""
    shortest, step = STEPS
    found, tangent = _correct(heads, guess, np.eye(10)[-1], guess), guess - before
    if found is None:
        raise UnfinishedError(f"no cycle was found near k = {guess[-1]:.6g}; start nearer to the Hopf line")
    point, derivative = found
    while True:
        yield point, derivative
        tangent = _tangent(heads, point, derivative, tangent)
        while (found := _correct(heads, point + step * tangent, tangent, point)) is None:
            step /= 2
            if step < shortest:
                raise UnfinishedError(
                    f"cycles could not be followed beyond k = {point[-1]:.6g}, with steps of {shortest:g} at least"
                )
        before, (point, derivative) = point, found
        step = min(step * GROWN, STEPS[1])


def _correct(heads, guess: NDArray, tangent: NDArray, anchor: NDArray) -> tuple[NDArray, NDArray] | None:
    """The cycle in the plane through a guess at right angles to the tangent; None where Newton's method does not settle."""
    point = guess
    for _ in range(CORRECTIONS):
        if point[-1] <= 0 or point[-2] <= 0:
            return None
        flow = _lower(heads, point[-1], 2)
        end, derivative = _turn_half(flow, point[:8], point[8])
        if not np.isfinite(end).all():
            return None
        pace = flow.velocity(0, anchor[:8])
        defect = np.array([*(_mirror(2) * end - point[:8]), pace @ (point - anchor)[:8], tangent @ (point - guess)])
        change = np.linalg.solve(_bordered(flow, end, derivative, pace, tangent), -defect)
        point = point + change
        if np.abs(change).max() < SOLVED:
            return point, derivative
    return None


def _tangent(heads, point: NDArray, derivative: NDArray, before: NDArray) -> NDArray:
    flow = _lower(heads, point[-1], 2)
    end = _mirror(2) * point[:8]
    bordered = _bordered(flow, end, derivative, flow.velocity(0, point[:8]), before)
    found = np.linalg.solve(bordered, np.eye(10)[-1])
    return found / np.linalg.norm(found)


def _bordered(flow: LoweredFlow, end: NDArray, derivative: NDArray, pace: NDArray, tangent: NDArray) -> NDArray:
    """The derivative of what is to vanish by entries, half of the period and k."""
    matrix = np.zeros((10, 10))
    matrix[:8, :8] = _mirror(2)[:, None] * derivative[:, :8] - np.eye(8)
    matrix[:8, 8] = _mirror(2) * flow.velocity(0, end)
    matrix[:8, 9] = _mirror(2) * derivative[:, 8]
    matrix[8, :8], matrix[9] = pace, tangent
    return matrix


def _turn_half(flow: LoweredFlow, start: NDArray, duration: float) -> tuple[NDArray, NDArray]:
    """Where entries go, and the derivatives of that by all of them and by k; not finite where they diverge."""
    from scipy.integrate import solve_ivp

    size, ratio = len(start), float(flow.constants[k])
    head = np.arange(size) >= size // 2  # whose velocity has the factor k

    def velocity(t: float, y: NDArray) -> NDArray:
        at, moved = y[:size], flow.velocity(t, y[:size])
        changes = flow.jacobian(t, at) @ y[size:].reshape(size, size + 1)
        changes[:, -1] += moved * head / ratio
        return np.concatenate([moved, changes.ravel()])

    begun = np.concatenate([start, np.eye(size, size + 1).ravel()])
    found = solve_ivp(velocity, (0, duration), begun, method="DOP853", **TOLERANCES)
    end = found.y[:, -1] if found.success else np.full_like(begun, np.nan)
    return end[:size], end[size:].reshape(size, size + 1)


def _cycle_at(heads: tuple[float, float], critical: float, point: NDArray, derivative: NDArray) -> Cycle:
    multipliers = _without(np.linalg.eigvals(_mirror(2)[:, None] * derivative[:, :8]), (1, -1))
    half, ratio = map(float, point[-2:])
    return Cycle(heads, ratio / critical, ratio, 2 * half, point[:8], multipliers)


def _without(values: NDArray, known: tuple[float, ...]) -> NDArray:
    """Values, largest first, less the nearest to each known one."""
    for one in known:
        values = np.delete(values, np.abs(values - one).argmin())
    return values[np.abs(values).argsort()[::-1]]


def _mirror(directions: int) -> NDArray:
    """The signs of the entries of V and W as direction 2 and mode 2 are turned over."""
    sign = np.where(np.arange(directions) == 1, -1.0, 1.0)
    return np.tile(np.outer(sign, sign).ravel(), 2)


def _inside(directions: int) -> NDArray:
    """The places of the entries of directions and modes 1 and 2 among all."""
    places = np.arange(2 * directions**2).reshape(2, directions, directions)
    return places[:, :2, :2].ravel()


def _lower(heads: tuple[float, float], ratio: float, directions: int) -> LoweredFlow:
    return flow_of_entries(directions).lower({k: ratio, omega_1: heads[0], omega_2: heads[1], lam: 1.0})
