r"""Finite steps with momentum, of all samples or of batches.

One step of :math:`x\mapsto x+p,\ p\mapsto mp+\eta F(x)` (heavy ball; Polyak 1964) takes the velocity :math:`F` of the flow, or
its estimate from a batch of samples that is drawn anew.  Samples outside the batch do nothing but decay (and go on, with
momentum m): of :math:`x\mapsto x+p,\ p\mapsto mp-\eta\lambda x` the k-th power is applied when a sample is drawn next, so that
a step costs no more than its batch and the labels.

>>> from theory import Flow
>>> from sympy import symbols
>>> x = symbols("x", real=True)
>>> [float(y[0]) for y in descend(Flow({x: -x}).lower(), np.ones(1), np.array([0, 1, 2]), GradientDescent(0.5, momentum=0.5))]
[1.0, 0.5, 0.0]

When it fails: a state that leaves the floats is :class:`Unbounded`; one that wanders without end is not noticed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.calculus import State
from theory.lowering import LoweredFlow
from theory.models.vocabulary import X
from theory.simulation.domain import Domain
from theory.simulation.minibatch import BatchVelocity

Arrays = list[NDArray]


@dataclass(frozen=True)
class GradientDescent:
    r"""Steps in place of the flow.

    Parameters
    ----------
    step
        :math:`\eta`, positive, in units of the flow's time.
    momentum
        m, from 0 on and below 1.
    batch
        samples in a batch, drawn for each step without replacement; None takes all of them.

    Raises
    ------
    InputError
        for values outside these.
    """

    step: float
    momentum: float = 0.0
    batch: int | None = None

    def __post_init__(self):
        require.real(self.step, "a positive, finite step", above=0)
        require.real(self.momentum, "a momentum from 0 on and below 1", least=0, below=1)
        if self.batch is not None:
            require.whole(self.batch, "a whole number of samples in a batch, at least 1, or None", require.CORRECT, least=1)

    def __str__(self):
        momentum = f", momentum {self.momentum:g}" if self.momentum else ""
        if self.batch is None:
            return f"gradient descent, step {self.step:g}{momentum}, all samples"
        return f"stochastic gradient descent, step {self.step:g}{momentum}, batches of {self.batch}"

    def steps(self, times: ArrayLike) -> NDArray:
        """The number of the step nearest to each of ``times``."""
        return np.rint(np.asarray(times, dtype=float) / self.step).astype(int)

    def round_times(self, times: ArrayLike) -> NDArray:
        """The times of these steps."""
        return self.steps(times) * self.step


class Unbounded(ArithmeticError):
    """A state that grows without bound, and where it was seen."""


class Moving(Protocol):
    """What takes steps: arrays of positions with their momenta."""

    def take(self, done: int) -> tuple[Arrays, Arrays, Arrays]:
        """The positions that the next step moves after so many steps, their momenta, and their velocities."""

    def put(self, done: int, positions: Arrays, momenta: Arrays) -> None:
        """What was taken, after so many steps."""


def take_steps(moving: Moving, steps: NDArray, how: GradientDescent) -> Iterator[int]:
    """Move in finite steps; yields each of the asked numbers of steps (increasing, from 0 on) when so many are done."""
    done = 0
    for stop in steps:
        while done < stop:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                positions, momenta, velocities = moving.take(done)
                momenta = [how.momentum * p + how.step * v for p, v in zip(momenta, velocities, strict=True)]
                positions = [x + p for x, p in zip(positions, momenta, strict=True)]
            done += 1
            if not all(np.isfinite(x).all() for x in positions):
                raise Unbounded(f"the state is not finite after step {done}")
            moving.put(done, positions, momenta)
        yield done


class WholeDescent:
    """A state vector that moves with all samples, in the domain of its model."""

    def __init__(self, lowered: LoweredFlow, start: NDArray, how: GradientDescent, domain: Domain | None = None):
        self.lowered, self.state, self.momentum = lowered, start, np.zeros_like(start)
        self.how, self.domain = how, domain

    def take(self, done: int) -> tuple[Arrays, Arrays, Arrays]:
        return [self.state], [self.momentum], [self.lowered.velocity(0.0, self.state)]

    def put(self, done: int, positions: Arrays, momenta: Arrays) -> None:
        (self.state,), (self.momentum,) = positions, momenta
        if self.domain is not None:
            self.domain.require_inside(done * self.how.step, self.state)


class BatchDescent:
    """Blocks that move with batches: of X the columns that a batch moves, and all others."""

    def __init__(self, estimate: BatchVelocity, start: Mapping[State, NDArray], how: GradientDescent, seed: int):
        self.estimate, self.coupling, self.size = estimate, estimate.setting.coupling, int(how.batch or 0)
        self.rng, self.order = np.random.default_rng([seed, 2]), estimate.setting.flow.state
        self.samples = Coasting(start[X], how.step, how.momentum, estimate.decay)
        self.others = {b: np.array(start[b]) for b in self.order if b != X}
        self.momenta = {b: np.zeros_like(v) for b, v in self.others.items()}

    def take(self, done: int) -> tuple[Arrays, Arrays, Arrays]:
        batch = self.rng.choice(self.coupling.drawable, self.size, replace=False, shuffle=False)
        self.columns = self.coupling.columns_of(batch)
        at, moved = self.samples.at(done, self.columns).transpose(1, 2, 0)
        blocks, momenta = self.others | {X: at}, self.momenta | {X: moved}
        return [blocks[b] for b in self.order], [momenta[b] for b in self.order], self.estimate(blocks, batch)

    def put(self, done: int, positions: Arrays, momenta: Arrays) -> None:
        self.others, self.momenta = (dict(zip(self.order, values, strict=True)) for values in (positions, momenta))
        self.samples.put(done, self.columns, self.others.pop(X), self.momenta.pop(X))

    def blocks(self, done: int) -> dict[State, NDArray]:
        """All blocks after so many steps."""
        return {X: self.samples.at(done)[:, 0].T.copy(), **self.others}


def descend(
    lowered: LoweredFlow, start: NDArray, steps: NDArray, how: GradientDescent, domain: Domain | None = None
) -> Iterator[NDArray]:
    """The state after so many steps of all samples (increasing, from 0 on), up to the end of a domain."""
    whole = WholeDescent(lowered, start, how, domain)
    return (whole.state for _ in take_steps(whole, steps, how))


def descend_in_batches(
    estimate: BatchVelocity, start: Mapping[State, NDArray], steps: NDArray, how: GradientDescent, seed: int
) -> Iterator[dict[State, NDArray]]:
    """The blocks after so many steps with batches (increasing, from 0 on)."""
    drawn = BatchDescent(estimate, start, how, seed)
    return (drawn.blocks(done) for done in take_steps(drawn, steps, how))


class Coasting:
    """Positions and momenta of samples (N, 2, d), each brought up to date when it is looked at."""

    def __init__(self, X: NDArray, step: float, momentum: float, decay: float):
        self.state = np.stack([X.T, np.zeros_like(X.T)], axis=1)
        self.known = np.zeros(len(self.state), dtype=int)  # steps that each sample has taken
        once = np.array([[1 - step * decay, momentum], [-step * decay, momentum]])
        self.powers = np.array([np.eye(2), once])

    def at(self, steps: int, samples: NDArray | slice = slice(None)) -> NDArray:
        """Positions and momenta (B, 2, d) of samples after so many steps."""
        gaps = steps - self.known[samples]
        while len(self.powers) <= gaps.max(initial=0):
            self.powers = np.concatenate([self.powers, self.powers @ (self.powers[-1] @ self.powers[1])])
        return self.powers[gaps] @ self.state[samples] if gaps.any() else self.state[samples]

    def put(self, steps: int, samples: NDArray | slice, positions: NDArray, momenta: NDArray) -> None:
        """Positions and momenta (d, B) of samples after so many steps."""
        self.state[samples, 0], self.state[samples, 1], self.known[samples] = positions.T, momenta.T, steps
