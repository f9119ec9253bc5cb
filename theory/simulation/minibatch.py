r"""Velocities estimated from a batch of samples, at a cost that is that of the batch.

A flow over the shared vocabulary whose velocity is linear in the data :math:`(J,D_x,D_y)`, beside decays, is a sum over
samples.  Of B samples drawn without replacement from N, with their rows of :math:`J`, their degrees, and the degrees
:math:`D_y` that they give to the labels, all times :math:`N/B`, it is an unbiased estimate; mobilities stay those of the whole
data.  With the contribution :math:`g_i` of each sample its covariance is

.. math:: \frac{N^2}{B}\Big(1-\frac BN\Big)\frac1{N-1}\sum_i(g_i-\bar g)(g_i-\bar g)^T .

*Linear encoders* (§7): the flow is linear in the moments :math:`\Sigma,M,P` too.  A batch has moments of its own, whose means
are those of all samples; along the principal axes of all samples its :math:`\Sigma` is a full matrix, and it moves every column
of the encoder.  A step costs B times the axes times the dimension.  Uniform mobilities make it the usual algorithm, inverse
moments a preconditioned one.

>>> from theory import Coupling, models
>>> from theory.simulation.setting import Setting
>>> setting = Setting.of(models.projection_head(), Coupling.uniform(2, 40, 0.5), 3)
>>> estimate, start = BatchVelocity.of(setting), setting.start(seed=0)
>>> whole = estimate(start, np.arange(40))
>>> parts = sum(estimate(start | {X: start[X][:, [i]]}, np.array([i]))[2] for i in range(40)) / 40
>>> bool(np.allclose(parts, whole[2]))
True

When it fails: losses that are not sums over samples, and targets of their own for samples, are refused; a step that is stable
for all samples may diverge for small batches of an encoder, whose moments scatter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Eq, Integer, MatAdd, MatMul, MatrixExpr, MatrixSymbol, ZeroMatrix

from theory.calculus import State, differential
from theory.errors import InputError
from theory.flow import direction
from theory.loss import Loss
from theory.lowering import lower
from theory.models.vocabulary import DIAGONAL, D_x, D_y, J, K, N, X, d
from theory.simulation.setting import Setting
from theory.state import parameters_of
from theory.words import Context, collect

DATA = (J, D_x, D_y)
ELSEWHERE = MatrixSymbol("X_else", d, N)  # samples outside the batch


@dataclass(frozen=True, eq=False)
class BatchVelocity:
    """The velocity of every block as a batch of samples estimates it.

    Called with the blocks, X (d, B) of the columns that the batch moves alone, and with the numbers of its samples (B,), it
    returns the velocities in the order of the state; that of X is for the same columns.
    """

    setting: Setting
    _lowered: dict[int, Callable] = field(default_factory=dict)

    @classmethod
    def of(cls, setting: Setting) -> BatchVelocity:
        """Checked to be an unbiased estimate.

        Raises
        ------
        InputError
            for a loss that is no sum over samples.
        """
        require_sum_over_samples(setting.model)
        return cls(setting)

    def __call__(self, blocks: Mapping[State, NDArray], batch: NDArray) -> list[NDArray]:
        data = self.setting.coupling.data_of(batch)
        if len(batch) not in self._lowered:
            self._lowered[len(batch)] = self._lower(data)
        state = (blocks[b] for b in self.setting.flow.state)
        values = (data[s.name] if s.name in data else self.setting.numbers[s] for s in self._parameters)
        return self._lowered[len(batch)](*state, *values)

    @cached_property
    def decay(self) -> float:
        """The decay of the samples."""
        return float(self.setting.model.decay.get(X, Integer(0)).subs(self.setting.numbers))

    @cached_property
    def _parameters(self) -> tuple[State, ...]:
        return parameters_of(self.setting.flow.velocity.values(), self.setting.flow.state)

    def _lower(self, data: Mapping[str, Any]) -> Callable:
        flow, columns = self.setting.flow, data["J"].shape[0]
        sizes = {d: self.setting.dimension, N: columns, K: self.setting.coupling.labels}
        diagonal = frozenset(s for s in self._parameters if s.name in data and np.ndim(data[s.name]) == 1)
        return lower(list(flow.velocity.values()), [*flow.state, *self._parameters], sizes, diagonal)


@lru_cache(64)
def require_sum_over_samples(model: Loss) -> None:
    """Raise :class:`~theory.errors.InputError` unless the velocity, beside decays, is a sum over samples linear in the data."""
    flow = model.stop_gradient_flow()
    apart = [Eq(MatMul(ELSEWHERE, m), ZeroMatrix(d, m.cols), evaluate=False) for m in (D_x, J)]
    context = Context((*DIAGONAL, *apart))
    if any(N in block.shape for block in flow.state if block != X):
        raise InputError("samples X as the one block with a column for each sample", str(flow.state), "leave out the batch")
    for block, velocity in flow.velocity.items():
        slope = differential(velocity, {m: direction(m) for m in DATA}, context)
        outside = _collect_difference(velocity.xreplace({X: MatAdd(X, ELSEWHERE)}), velocity, context)
        if block == X:
            outside = _collect_difference(outside, -model.decay.get(X, Integer(0)) * ELSEWHERE, context)
        if slope.has(*DATA) or not isinstance(outside, ZeroMatrix):
            raise InputError(
                "a loss that is a sum over samples, linear in J, D_x and D_y, beside decays",
                f"d{block}/dt = {velocity}",
                "leave out the batch",
            )


def _collect_difference(a: MatrixExpr, b: MatrixExpr, context: Context) -> MatrixExpr:
    return collect(MatAdd(a, MatMul(-1, b), evaluate=False), context)
