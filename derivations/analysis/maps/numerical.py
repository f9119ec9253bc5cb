r"""Finite steps at numerical fixed points: the largest stable step, and the stationary fluctuations of mini-batches.

The same as :mod:`derivations.analysis.maps.steps` and :mod:`derivations.analysis.maps.fluctuations`, with the lowered Jacobian
of any flow, matrices included, in place of exact numbers.  Under momentum m a step is stable iff the :math:`\eta s` of all
moving modes lie in the ellipse of centre :math:`-(1+m)` and half axes :math:`1+m` and :math:`1-m`,

.. math:: \eta<\eta_c=\min_s\frac{-2\operatorname{Re}s/(1+m)}{(\operatorname{Re}s)^2/(1+m)^2+(\operatorname{Im}s)^2/(1-m)^2}.

Batches that are drawn anew for each step give noise whose covariance is that of the contributions of single samples at the
fixed point (:mod:`theory.simulation.minibatch`).

>>> from sympy import symbols
>>> from theory import Flow
>>> x, y = symbols("x y", real=True)
>>> lowered = Flow({x: -x - 2 * y, y: 2 * x - y}).lower()
>>> round(edge_at(lowered, np.zeros(2)).step, 9)
0.4

When it fails: eigenvalues below ``ZERO`` times the largest count as zero modes, so that rates slower than that are not seen;
all matrices are dense (n × n, for n entries of the state), which restricts n to some thousands.  A flow on order parameters has
few entries at any number of samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivations.analysis.maps.turning import ZERO, turning_drift
from theory.calculus import State
from theory.errors import InputError, UnfinishedError
from theory.lowering import LoweredFlow
from theory.models.vocabulary import X
from theory.simulation.descent import GradientDescent
from theory.simulation.minibatch import BatchVelocity
from theory.simulation.optimisers import make_observer
from theory.simulation.setting import Setting

SETTLED = 1e-12  # velocity of a fixed point, relative to the largest rate times the state
STEPS = 50  # of Newton's method
NEAR = 1e-4  # of the size of the state: displacements in differences


@dataclass(frozen=True, eq=False)
class StepLimit:
    r"""The largest stable step at a numerical fixed point.

    Attributes
    ----------
    step
        :math:`\eta_c`; 0 where the flow itself is unstable there.
    eigenvalues
        of the Jacobian (n,), complex, zero modes included, by descending modulus.
    zero_modes
        how many there are.
    """

    step: float
    eigenvalues: NDArray
    zero_modes: int


def edge_at(lowered: LoweredFlow, state: NDArray, momentum: float = 0.0) -> StepLimit:
    """The largest stable step of gradient descent at a fixed point of a lowered flow, transverse to its zero modes.

    Parameters
    ----------
    lowered
        any flow, in scalars or matrices, of every sample or of order parameters.
    state
        a fixed point (n,), such as :func:`settle_point` finds.
    momentum
        m, from 0 on and below 1.

    Raises
    ------
    InputError
        where the state still moves.
    """
    how = GradientDescent(1.0, momentum)
    jacobian, velocity = lowered.jacobian(0.0, state), lowered.velocity(0.0, state)
    if not _is_at_rest(jacobian, velocity, state):
        raise InputError("a fixed point", f"a velocity of norm {np.linalg.norm(velocity):.2g}", "settle the state first")
    values = np.linalg.eigvals(jacobian)
    values = values[np.argsort(-np.abs(values))]
    moving = values[np.abs(values) > ZERO * np.abs(values[0])]
    real, imaginary = moving.real / (1 + how.momentum), moving.imag / (1 - how.momentum)
    steps = -2 * real / (real**2 + imaginary**2)
    return StepLimit(max(0.0, float(steps.min(initial=np.inf))), values, len(values) - len(moving))


def settle_point(lowered: LoweredFlow, start: ArrayLike) -> NDArray:
    """The fixed point close to a state (n,), by Newton's method with the shortest step where there are zero modes.

    Raises
    ------
    UnfinishedError
        where it does not converge.
    """
    state: NDArray = np.array(start, dtype=float)
    for _ in range(STEPS):
        jacobian, velocity = lowered.jacobian(0.0, state), lowered.velocity(0.0, state)
        if _is_at_rest(jacobian, velocity, state):
            return state
        state = state - np.linalg.lstsq(jacobian, velocity, rcond=ZERO)[0]
        if not np.isfinite(state).all():
            break
    raise UnfinishedError(f"Newton's method did not settle in {STEPS} steps: start closer to the fixed point, by a longer run")


def _is_at_rest(jacobian: NDArray, velocity: NDArray, state: NDArray) -> bool:
    return bool(np.linalg.norm(velocity) <= SETTLED * np.linalg.norm(jacobian, 2) * np.linalg.norm(state))


@dataclass(frozen=True, eq=False)
class StationaryFluctuations:
    r"""Covariance and mean of the state vector around a fixed point under mini-batches, transverse to zero modes.

    Attributes
    ----------
    lowered, point
        the flow of every sample, and the fixed point (n,).
    covariance
        (n, n), of the linear process at the given step.
    shift
        (n,), of the mean, to first order in the step; None where rotations do not generate all zero modes.
    noise
        (n, n), the covariance of the velocity of one step.
    zero_modes
        how many there are.
    """

    lowered: LoweredFlow
    point: NDArray
    covariance: NDArray
    shift: NDArray | None
    noise: NDArray
    zero_modes: int

    def of(self, observable: Callable[[Mapping[State, NDArray]], ArrayLike]) -> tuple[NDArray, NDArray]:
        """The mean (q,) and the covariance (q, q) of observables, a smooth function of the blocks with q values.

        They must not change along the zero modes: distances, say, where these are rotations.

        Raises
        ------
        InputError
            for a state whose mean is not known.
        """
        if self.shift is None:
            raise InputError("zero modes that rotations generate", "a family of fixed points", "use decays that leave none")

        def value(state: NDArray) -> NDArray:
            return np.atleast_1d(np.asarray(observable(self.lowered.unpack(state)), dtype=float))

        centre = value(self.point)
        slopes, bends = zip(
            *(self._differences(value, centre, part) for part in _covariance_root(self.covariance)), strict=True
        )
        drift, _ = self._differences(value, centre, self.shift)
        return centre + drift + np.sum(bends, axis=0) / 2, np.transpose(slopes) @ np.array(slopes)

    def _differences(self, value: Callable, centre: NDArray, along: NDArray) -> tuple[NDArray, NDArray]:
        """First and second derivatives in a direction, by central differences."""
        h = _small_step(self.point) / (np.linalg.norm(along) or 1.0)
        up, down = value(self.point + h * along), value(self.point - h * along)
        return (up - down) / (2 * h), (up - 2 * centre + down) / h**2


def _small_step(point: NDArray) -> float:
    return NEAR * float(np.linalg.norm(point) or 1.0)


def _covariance_root(covariance: NDArray) -> NDArray:
    """Rows whose outer products sum to a covariance."""
    sizes, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(sizes, 0))).T


def stationary_fluctuations(
    setting: Setting, state: Mapping[State, ArrayLike], optimiser: GradientDescent
) -> StationaryFluctuations:
    """The fluctuations of mini-batches around a fixed point of a model.

    Parameters
    ----------
    setting
        the model with its data and numbers.
    state
        the blocks at a fixed point, or so close that Newton's method finds it.
    optimiser
        step, momentum and batch.

    Raises
    ------
    InputError
        for an optimiser without batches or beyond the largest stable step, for a loss that is no sum over samples, and for zero
        modes without a full set of eigenvectors.
    UnfinishedError
        where Newton's method does not find a fixed point.
    """
    if optimiser.batch is None:
        raise InputError("an optimiser with batches", str(optimiser), "pass batch=, without which nothing fluctuates")
    blocks = {b: np.asarray(v, dtype=float) for b, v in state.items()}
    lowered = make_observer(setting, blocks, 0, types=False).lowered
    point = settle_point(lowered, lowered.pack(blocks))
    return fluctuations_at(lowered, point, batch_noise(setting, lowered, point, optimiser.batch), optimiser)


def fluctuations_at(lowered: LoweredFlow, point: NDArray, noise: NDArray, optimiser: GradientDescent) -> StationaryFluctuations:
    """The fluctuations around a fixed point (n,) of any lowered flow under noise of a given covariance (n, n).

    The noise is that of the velocity of one step, independent from step to step, and turns with the state.

    Raises
    ------
    InputError
        for a state that still moves, a step beyond the largest stable one, and zero modes without a full set of eigenvectors.
    """
    from scipy.linalg import solve_discrete_lyapunov

    h, m, one = optimiser.step, optimiser.momentum, np.eye(len(point))
    limit = edge_at(lowered, point, m)
    if h >= limit.step:
        raise InputError(f"a step below the largest stable one, {limit.step:.4g}", f"{h:g}", "take a smaller step")
    jacobian = lowered.jacobian(0.0, point)
    lost = projector(jacobian, limit.zero_modes)
    onto, once = one - lost, h * (jacobian - lost)
    both = np.block([[one + once, m * one], [once, m * one]])
    kicks = h**2 * onto @ noise @ onto.T
    covariance = solve_discrete_lyapunov(both, np.tile(kicks, (2, 2)))[: len(point), : len(point)]
    shift = turning_drift(lowered, point, lost, noise)
    if shift is not None:
        drift = onto @ _curvature_drift(lowered, point, covariance) / 2 + h / (1 - m) * shift
        shift = -np.linalg.solve(jacobian - lost, drift)
    return StationaryFluctuations(lowered, point, covariance, shift, noise, limit.zero_modes)


def batch_noise(setting: Setting, lowered: LoweredFlow, point: NDArray, batch: int) -> NDArray:
    """The covariance (n, n) of the velocity that a batch estimates, from what each sample contributes."""
    estimate, blocks, n = BatchVelocity.of(setting), lowered.unpack(point), setting.coupling.drawable
    at_rest, alone = -estimate.decay * blocks[X], []
    for i in range(n):
        columns = setting.coupling.columns_of(np.array([i]))
        moved = dict(zip(setting.flow.state, estimate({**blocks, X: blocks[X][:, columns]}, np.array([i])), strict=True))
        whole = at_rest.copy()
        whole[:, columns] = moved[X]
        alone.append(lowered.pack(moved | {X: whole}))
    off = np.array(alone) - np.mean(alone, axis=0)
    return (1 - batch / n) / (batch * max(n - 1, 1)) * off.T @ off


def projector(jacobian: NDArray, zero_modes: int) -> NDArray:
    """The projector onto the zero modes along the moving ones (n, n)."""
    left, _, right = np.linalg.svd(jacobian)
    kept = len(jacobian) - zero_modes
    L, R = left[:, kept:], right[kept:].T
    if zero_modes and np.linalg.svd(L.T @ R, compute_uv=False).min() < ZERO:
        raise InputError("zero modes with a full set of eigenvectors", "a Jordan block", "choose other parameters")
    return R @ np.linalg.solve(L.T @ R, L.T)


def _curvature_drift(lowered: LoweredFlow, point: NDArray, covariance: NDArray) -> NDArray:
    """The second derivative of the velocity, traced with a covariance."""
    h = _small_step(point)
    sizes, vectors = np.linalg.eigh(covariance)
    ends = ((lowered.jacobian_vector(0.0, point + sign * h * v, v) for sign in (1, -1)) for v in vectors.T)
    return np.sum([size * (up - down) / (2 * h) for size, (up, down) in zip(sizes, ends, strict=True)], axis=0)
