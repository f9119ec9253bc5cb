r"""Stochastic gradient descent of a linear encoder: moments estimated from a batch of samples (§7 of the notes).

The flow of an encoder is linear in the moments :math:`\Sigma,M,P`, beside decays.  A batch of B samples, drawn without
replacement, has moments of its own, whose means are those of all samples; along the principal axes of all samples its
:math:`\Sigma` is a full matrix.  One step costs B times the axes times the dimension, whatever the number of samples.
Mobilities stay those of all samples: uniform ones make it the usual algorithm, inverse moments a preconditioned one.

>>> import numpy as np
>>> from theory import Coupling, GradientDescent, models
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

When it fails: losses that are not sums over samples are refused; a step that is stable for all samples may diverge for small
batches, whose moments scatter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.calculus import State
from theory.coupling import Coupling
from theory.errors import InputError, UnfinishedError
from theory.flow import parameters_of
from theory.loss import Loss
from theory.lowering import lower
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, d
from theory.printing import plain
from theory.simulation.minibatch import require_sum_over_samples
from theory.simulation.optimisers import GROWN, NO_SCHEME, GradientDescent, fastest
from theory.simulation.record import Direct, Row, trajectory
from theory.simulation.run import simulate
from theory.simulation.setting import Setting
from theory.simulation.times import checked_times
from theory.simulation.trajectory import Trajectory


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
    observed: Coupling | None = None,
) -> Trajectory:
    """Follow finite steps of an encoder, with all samples or in batches.

    Parameters
    ----------
    coupling
        with the samples it was made from, as :meth:`theory.Coupling.from_data` gives.
    model, dimension, times, optimiser, seed, parameters, initial
        as for :func:`theory.simulate`; a step is in units of the flow's time.
    observed
        the same moments with other samples (:func:`theory.teachers.observing`), on which the accuracy is taken.

    Raises
    ------
    InputError
        for a coupling without features, a batch of more samples than there are, and a loss that is no sum over samples.
    UnfinishedError
        for a run that diverges; its message says how large steps of all samples may be.
    """
    if coupling.features is None:
        raise InputError("the moments of an encoder", "couplings of samples to labels", "use simulate")
    if optimiser.batch is None:
        return simulate(
            model, observed or coupling, dimension=dimension, times=times, seed=seed, parameters=parameters, initial=initial,
            optimiser=optimiser,
        )  # fmt: skip
    setting = Setting.of(model, coupling, dimension, parameters)
    run = InBatches(setting, optimiser, setting.start(seed, initial), seed, observed)
    times = optimiser.rounded(checked_times(times))
    rows = [row._replace(time=float(t)) for t, row in zip(times, run.rows(times), strict=True)]
    return trajectory(run, rows, [plain(q) for q in setting.integrals], setting.named, seed, setting.model)


@dataclass(frozen=True, eq=False)
class EncoderBatchVelocity:
    """The velocity of every block, in the order of the state, as a batch of samples (B,), given by number, estimates it."""

    setting: Setting

    def __call__(self, blocks: Mapping[State, NDArray], batch: NDArray) -> list[NDArray]:
        return self._lowered(*(blocks[b] for b in self.setting.flow.state), *self._values(batch))

    @cached_property
    def _parameters(self) -> tuple[State, ...]:
        return parameters_of(self.setting.flow.velocity.values(), self.setting.flow.state)

    @cached_property
    def _lowered(self):
        flow, c = self.setting.flow, self.setting.coupling
        sizes = {d: self.setting.dimension, N: c.samples, K: c.labels}
        diagonal = frozenset({D_y, H_x, H_y} & {*self._parameters})
        return lower(list(flow.velocity.values()), [*flow.state, *self._parameters], sizes, diagonal)

    def _values(self, batch: NDArray) -> list:
        c = self.setting.coupling
        inputs, own = self._inputs[batch], self._own[batch]
        data: dict[State, object] = {
            J: inputs.T @ own / len(batch),
            D_x: inputs.T @ inputs / len(batch),
            D_y: own.mean(axis=0),
            H_x: c.sample_mobility[c.type_of],
            H_y: c.label_mobility,
        }
        return [data[s] if s in data else self.setting.numbers[s] for s in self._parameters]

    @cached_property
    def _inputs(self) -> NDArray:
        return np.asarray(self.setting.coupling.features)

    @cached_property
    def _own(self) -> NDArray:
        return np.eye(self.setting.coupling.labels)[self.setting.coupling.classes]


class InBatches:
    """A recorder of one run in batches; every sample is looked at where it is recorded."""

    chosen: NDArray | None = None

    def __init__(
        self, setting: Setting, optimiser: GradientDescent, start: Mapping, seed: int, observed: Coupling | None = None
    ):
        self.coupling = setting.coupling
        if int(optimiser.batch or 0) > self.coupling.observed:
            wanted = f"a batch of at most the {self.coupling.observed} samples"
            raise InputError(wanted, str(optimiser.batch), "take a smaller batch, or None for all")
        require_sum_over_samples(setting.model)
        self.setting, self.optimiser, self.start, self.seed = setting, optimiser, start, seed
        self.watched = Direct.of(replace(setting, coupling=observed or setting.coupling), start, NO_SCHEME)
        self.method = f"{optimiser}, an encoder of {self.coupling.samples} axes"

    def rows(self, times: NDArray) -> Iterator[Row]:
        """What is recorded at the step nearest to each time, or :class:`UnfinishedError`."""
        first = self.watched.row(self.watched.start).loss
        for done, state in self.states(self.optimiser.steps(times)):
            found = self.watched.row(state)
            if not found.loss <= GROWN**2 * first:
                self._diverged(done)
            yield found

    def recover(self, rows: Sequence[Row]) -> None:
        """No propagators are known."""

    def states(self, steps: NDArray) -> Iterator[tuple[int, NDArray]]:
        """The state vector after so many steps (increasing, from 0 on)."""
        how, estimate, order = self.optimiser, EncoderBatchVelocity(self.setting), self.setting.flow.state
        rng, done = np.random.default_rng([self.seed, 2]), 0
        blocks = {b: np.array(self.start[b]) for b in order}
        momenta = {b: np.zeros_like(v) for b, v in blocks.items()}
        for stop in steps:
            while done < stop:
                done += 1
                batch = rng.choice(self.coupling.observed, int(how.batch or 0), replace=False, shuffle=False)
                with np.errstate(over="ignore", invalid="ignore"):
                    for b, velocity in zip(order, estimate(blocks, batch), strict=True):
                        momenta[b] = how.momentum * momenta[b] + how.step * velocity
                    blocks = {b: v + momenta[b] for b, v in blocks.items()}
                if not all(np.isfinite(v).all() for v in blocks.values()):
                    self._diverged(done)
            yield done, self.watched.lowered.pack(blocks)

    def _diverged(self, done: int) -> None:
        edge = 2 * (1 + self.optimiser.momentum) / fastest(self.watched.lowered, self.watched.start)
        raise UnfinishedError(
            f"{self.optimiser} diverged by step {done}; the step is too large: at the start steps of all samples are stable "
            f"below {edge:.3g}, those of batches below less"
        )
