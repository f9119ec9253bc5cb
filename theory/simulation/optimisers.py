r"""Gradient descent in place of the gradient flow: finite steps, momentum, mini-batches.

A step (:mod:`theory.simulation.descent`) takes the velocity of the flow that the model has, markers obeyed and decays included,
so that weight decay is part of the step.  Step n is at time :math:`n\eta`; :math:`\eta\to0` gives the flow back, in a time that
momentum m makes pass :math:`1/(1-m)` times as fast.

* *All samples*: the step is affine in the samples as the flow is, so that it closes on the same order parameters (§5 of the
  notes), at a cost that does not grow with N.
* *Mini-batches*: :mod:`theory.simulation.minibatch`.

A fixed point of the flow with the eigenvalues :math:`s` of its Jacobian is stable under steps of all samples iff
:math:`\eta s` lies inside the ellipse of centre :math:`-(1+m)` and half axes :math:`1+m` and :math:`1-m`: for real ones,
:math:`\eta<2(1+m)/|s|`.

>>> from theory import Coupling, models
>>> from theory.simulation.setting import Setting
>>> setting = Setting.of(models.projection_head(), Coupling.uniform(2, 40, 0.5), 3)
>>> run = Optimised(setting, GradientDescent(step=0.1), setting.start(seed=0), seed=0)
>>> run.method
'gradient descent, step 0.1, all samples, order parameters of 3 types'
>>> first, last = run.rows(np.array([0.0, 50.0]))
>>> bool(last.loss < first.loss)
True

When it fails: steps beyond the edge diverge, or wander without end inside a bounded region, which is not detected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from theory.calculus import State
from theory.coupling import Coupling
from theory.errors import InputError, UnfinishedError
from theory.lowering import LoweredFlow
from theory.models.vocabulary import X
from theory.simulation.descent import GradientDescent as GradientDescent
from theory.simulation.descent import Unbounded, descend, descend_in_batches
from theory.simulation.direct import Scheme
from theory.simulation.minibatch import BatchVelocity
from theory.simulation.order_parameters import OrderParametersRecorder, closes_on_few
from theory.simulation.record import DirectRecorder, Integrated, RecordedRow, Recorder
from theory.simulation.setting import Setting

NO_SCHEME = Scheme("DOP853", np.inf, np.inf)  # nothing is integrated
GROWN = 1e3  # times its start that the norm of a state has grown, and the loss by its square, where a run has diverged
TWO_DIGITS = 1e-3  # of a suggested step
DENSE = 200  # entries of a state up to which all eigenvalues are computed for the largest


class Optimised(Recorder):
    """A recorder of one run in finite steps.

    Parameters
    ----------
    setting, optimiser
        what moves, and how.
    start
        blocks at the start; without X, samples are drawn as their order parameters alone.
    seed
        of the batches, and of the samples that are followed.

    Raises
    ------
    InputError
        for batches of more samples than there are, or of a model that is no sum over samples.
    """

    def __init__(self, setting: Setting, optimiser: GradientDescent, start: Mapping[State, NDArray], seed: int):
        self.optimiser, self.start, self.seed, self.coupling = optimiser, start, seed, setting.coupling
        self.estimate = None
        if optimiser.batch is not None:
            if optimiser.batch > self.coupling.drawable:
                wanted = f"a batch of at most the {self.coupling.drawable} samples"
                raise InputError(wanted, str(optimiser.batch), "take a smaller batch, or None for all")
            if X not in start:
                got = "samples that are too many to be drawn one by one"
                raise InputError("every sample at the start", got, 'give them in initial={"X": ...}, or leave out the batch')
            self.estimate = BatchVelocity.of(setting)
        types = self.estimate is None and closes_on_few(setting)
        self.watched = make_observer(setting, start, seed, types)
        self.chosen = self.watched.chosen
        moved = f"order parameters of {len(self.coupling.counts)} types"
        whole = not isinstance(self.watched, OrderParametersRecorder)
        self.method = f"{optimiser}, {self.coupling.columns_in_words if whole else moved}"

    def rows(self, times: NDArray) -> Iterator[RecordedRow]:
        """What is recorded at the step nearest to each time.

        Raises
        ------
        UnfinishedError
            for a run that diverges; its message says how large steps may be.
        """
        recorded = self.optimiser.steps(times)
        looks = np.union1d([2**k for k in range(int(recorded.max(initial=0)).bit_length())], [0, *recorded]).astype(int)
        watch = DivergenceWatch(self.watched, self.optimiser, self.coupling)
        try:
            for done, state in zip(looks, self.states(looks), strict=True):
                self.watched.domain.require_inside(done * self.optimiser.step, state)
                watch.look(done, state)
                for _ in range(np.count_nonzero(recorded == done)):
                    yield self.watched.row(state)
        except Unbounded as error:
            raise UnfinishedError(watch.sentence(str(error))) from None

    def recover(self, rows: Sequence[RecordedRow]) -> Callable[[NDArray], NDArray] | None:
        return self.watched.recover(rows)

    def states(self, steps: NDArray) -> Iterator[NDArray]:
        """The state vector after so many steps (increasing, from 0 on)."""
        if self.estimate is None:
            return descend(self.watched.lowered, self.watched.start, steps, self.optimiser, self.watched.domain)
        blocks = descend_in_batches(self.estimate, self.start, steps, self.optimiser, self.seed)
        return map(self.watched.lowered.pack, blocks)


def make_observer(setting: Setting, start: Mapping[State, NDArray], seed: int, types: bool) -> Integrated:
    """What a state of a run is, and what is recorded of it: order parameters, or every sample."""
    if types or X not in start:
        return OrderParametersRecorder(setting, start, seed, NO_SCHEME)
    return DirectRecorder(setting, start, NO_SCHEME)


class DivergenceWatch:
    """Sees a run diverge, and keeps the calmest state of no more loss than at the start: a run that leaves a fixed point was
    calm close to it."""

    def __init__(self, watched: Integrated, how: GradientDescent, coupling: Coupling):
        self.watched, self.how, self.coupling = watched, how, coupling
        self.size, self.loss = float(np.linalg.norm(watched.start)), self.loss_of(watched.start)
        self.calmest, self.restless = watched.start, np.inf

    def loss_of(self, state: NDArray) -> float:
        return float(self.watched.observe(state)[0])

    def look(self, done: int, state: NDArray) -> None:
        """Raise :class:`Unbounded` for a state whose norm and loss have grown beyond all bounds."""
        with np.errstate(over="ignore", invalid="ignore"):
            size, loss = float(np.linalg.norm(state)), self.loss_of(state)
            speed = float(np.linalg.norm(self.watched.lowered.velocity(0.0, state))) / (size or 1.0)
        if not (size <= GROWN * self.size or loss <= GROWN**2 * self.loss):
            raise Unbounded(f"the loss has grown from {self.loss:.3g} to {loss:.3g} after step {done}")
        if loss <= self.loss and speed < self.restless:
            self.calmest, self.restless = state, speed

    def sentence(self, seen: str) -> str:
        """What was seen, and how large steps may be."""
        said = f"{self.how} diverged: {seen}; the step is too large, try"
        try:
            rate = max(largest_eigenvalue(self.watched.lowered, y) for y in (self.watched.start, self.calmest))
        except UnfinishedError:
            return f"{said} half of it"
        edge = 2 * (1 + self.how.momentum) / rate
        if self.how.batch is None:
            return f"{said} one below {edge:.3g}"
        share = (
            np.arange(self.coupling.samples)[self.coupling.columns_of(np.arange(self.how.batch))].size / self.coupling.samples
        )
        reason = "since a sample moves by N/B steps when it is drawn" if share < 1 else "less for small batches"
        return f"{said} one below {edge * share:.3g}, {reason}"


def largest_eigenvalue(lowered: LoweredFlow, state: NDArray) -> float:
    """The largest modulus of an eigenvalue of the Jacobian at a state.

    Raises
    ------
    UnfinishedError
        where it is not found.
    """
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigs

    n = lowered.size
    if n <= DENSE:
        return float(np.abs(np.linalg.eigvals(lowered.jacobian(0.0, state))).max())
    operator = LinearOperator((n, n), matvec=lambda v: lowered.jacobian_vector(0.0, state, v.reshape(-1)), dtype=float)
    try:
        found = eigs(operator, k=1, which="LM", v0=np.ones(n), tol=TWO_DIGITS, return_eigenvectors=False)
    except ArpackError as error:
        raise UnfinishedError(f"the fastest rate was not found: {error}") from None
    return float(abs(found[0]))
