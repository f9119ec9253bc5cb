r"""End states of the shared predictor with stop-gradient, without decay, and which of them its stability allows.

Section 4.1 of the notes, for mobilities inverse to the degrees.  An end state is a head :math:`W` and mode vectors, the columns
of :math:`V` in units of :math:`\gamma^{-1/2}`, with :math:`WV=V\mu`.  Modes of one correlation may be mixed, so that among them
a *subspace* survives: its orthogonal axes are the survivors.  Perturbations of the survivors and those of absent modes do not
mix; their rates are the eigenvalues of the flow of the residual (see the derivation ``stop_gradient_stability``).

>>> correlations = np.array([1.0, 0.8, 0.5, -0.5, -0.8, -1.0])
>>> def along(*survivors):
...     axes = list(survivors)
...     return End(np.diag(correlations[axes]), np.eye(6)[axes], correlations)
>>> print(judge_end(along(0, 1)))
allowed: the largest rate of survivors, which are orthogonal, is -0.84
>>> occupation(along(0, 5))
Occupation(positive=1, negative=1, free=0)
>>> print(judge_end(along(0, 2)))
not allowed: the largest rate of an absent mode is 0.15

Absent modes have the matrices :math:`-W^T(W-\mu_j)`, of determinant :math:`\prod_l-\omega_l(\omega_l-\mu_j)` for eigenvalues
:math:`\omega_l` of the head: in a stable state the number of eigenvalues *crossed* by a correlation :math:`\mu_j` that no
survivor has, those between zero and :math:`\mu_j`, is even.  For a symmetric head it is zero, and the survivors are the top and
the bottom of the spectrum.  Where the head is far from symmetric, pairs may be crossed: here 0.5 and 0.6 survive, and 0.7 does
not grow.

>>> skew = End(np.array([[0.6, 0.6], [0.0, 0.5]]), np.array([[1.0, 6.0, 0.0], [0.0, -1.0, 0.0]]), np.array([0.6, 0.5, 0.7]))
>>> print(judge_end(skew), "|", count_crossings(skew))
allowed: the largest rate of the residual of the survivors is -0.026 | [2]

When it fails: slow motion is told from rest, and a small survivor from an absent mode, by thresholds (:data:`REST`,
:data:`AMPLITUDE`); a state that still moves faster is not judged to be an end state at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from sympy import lambdify

from derivations.closed_forms.residual import orthogonal_rates, residual_flow
from derivations.vocabulary import N_Z, V, a_j, mu_j, mu_matrix, omega_l, q_V
from theory.lowering import lower
from theory.models.vocabulary import W, d, gamma

REST = 1e-8  # largest entry of WV - V mu that counts as rest
AMPLITUDE = 1e-3  # amplitude from which a mode counts as a survivor
GROWTH = 1e-5  # rate up to which a perturbation counts as not growing: REST / AMPLITUDE
EQUAL = 1e-9  # distance up to which correlations are equal, heads symmetric and directions orthogonal


class Condition(Enum):
    """What decided whether a state is allowed."""

    REST = "the largest entry of WV - V mu"
    ABSENT = "the largest rate of an absent mode"
    ORTHOGONAL = "the largest rate of survivors, which are orthogonal,"
    AMPLITUDES = "the least excess of the survivors over a quarter of their squared correlations"
    RESIDUAL = "the largest rate of the residual of the survivors"


@dataclass(frozen=True)
class EndVerdict:
    """Whether a state is allowed, the condition that decided, and the number that it was decided by."""

    allowed: bool
    condition: Condition
    value: float

    def __str__(self):
        return f"{'' if self.allowed else 'not '}allowed: {self.condition.value} is {self.value:.2g}"


@dataclass(frozen=True)
class Occupation:
    """How many directions the survivors take.

    Attributes
    ----------
    positive, negative, free
        directions of survivors with positive and with other correlations, and directions without a survivor; together d.
    """

    positive: int
    negative: int
    free: int


@dataclass(frozen=True, eq=False)
class End:
    r"""A state that a run has ended in.

    Attributes
    ----------
    head
        W (d, d).
    modes
        V (d, M), in units of :math:`\gamma^{-1/2}`.
    correlations
        (M,): :math:`\mu_k` of either sign, and zeros.
    """

    head: NDArray
    modes: NDArray
    correlations: NDArray

    @property
    def residual(self) -> float:
        r"""The largest entry of :math:`WV-V\mu`."""
        return float(np.abs(self.head @ self.modes - self.modes * self.correlations).max())

    @cached_property
    def survivors(self) -> tuple[NDArray, NDArray]:
        """Their vectors (d, S), orthogonal among equal correlations, and their correlations (S,)."""
        axes = [_survivor_axes(self.modes[:, same]) for _, same in self._equal_correlations]
        owners = [value for (value, _), found in zip(self._equal_correlations, axes, strict=True) for _ in found.T]
        return np.hstack(axes), np.array(owners)

    @cached_property
    def absent(self) -> NDArray:
        """The correlations of modes, or of mixtures of equal ones, that do not survive."""
        held = self.survivors[1]
        return np.array([value for value, same in self._equal_correlations if np.sum(held == value) < np.sum(same)])

    @cached_property
    def _equal_correlations(self) -> list[tuple[float, NDArray]]:
        """Each different correlation, and which modes have it."""
        order = np.sort(self.correlations)
        values = order[np.concatenate([[True], np.diff(order) > EQUAL])]
        return [(float(value), np.abs(self.correlations - value) <= EQUAL) for value in values]


def judge_end(end: End) -> EndVerdict:
    """Whether the theory allows a state as an end state: it is at rest, and no perturbation of it grows.

    Survivors are judged by the closed form where they are orthogonal and the head is symmetric, else by the sufficient
    condition on their amplitudes, and where that does not decide, by the eigenvalues of the flow of their residual.
    """
    if not end.residual <= REST:
        return EndVerdict(False, Condition.REST, end.residual)
    modes, correlations = end.survivors
    empty = np.zeros((len(end.head), 1))
    growing = max((growth_rate(end.head, empty, np.array([mu])) for mu in end.absent), default=-np.inf)
    if growing > GROWTH or not len(correlations):
        return EndVerdict(growing <= GROWTH, Condition.ABSENT, growing)
    gram = modes.T @ modes
    if _is_zero(gram - np.diag(np.diag(gram))) and _is_zero(end.head - end.head.T):
        rates = _lower_orthogonal_rates()(np.linalg.eigvalsh(end.head)[:, None], correlations, np.sqrt(np.diag(gram)), 1.0)
        return EndVerdict(bool(rates.max() <= GROWTH), Condition.ORTHOGONAL, float(rates.max()))
    excess = float(np.linalg.eigvalsh(gram - np.diag(correlations**2) / 4).min())
    if excess > 0:
        return EndVerdict(True, Condition.AMPLITUDES, excess)
    growing = growth_rate(end.head, modes, correlations)
    return EndVerdict(growing <= GROWTH, Condition.RESIDUAL, growing)


def growth_rate(head: NDArray, modes: NDArray, correlations: NDArray) -> float:
    """The largest real part among the rates of the residual of some modes (d, S) at rest, absent ones as columns of zeros.

    What is left out of the whole spectrum are the rates of the other modes and zeros.
    """
    units = np.eye(modes.size).reshape(-1, *modes.shape)
    residual = _lower_residual(*modes.shape)
    columns = [residual(head, modes, correlations, unit, 1.0)[0].ravel() for unit in units]
    return float(np.linalg.eigvals(np.array(columns).T).real.max())


def occupation(end: End) -> Occupation:
    """How the survivors of a state at rest share the directions."""
    held = end.survivors[1]
    positive = int(np.sum(held > EQUAL))
    return Occupation(positive, len(held) - positive, len(end.head) - len(held))


def count_crossings(end: End) -> NDArray:
    """How many real eigenvalues of the head lie between zero and each correlation that no survivor has."""
    heads = np.linalg.eigvals(end.head)
    real = heads[np.abs(heads.imag) <= EQUAL].real[:, None]
    return np.sum(real * (real - np.setdiff1d(end.absent, end.survivors[1])) < -GROWTH, axis=0)


def _survivor_axes(modes: NDArray) -> NDArray:
    """What of modes of one correlation survives, along orthogonal axes (d, s)."""
    axes, amplitudes, _ = np.linalg.svd(modes, full_matrices=False)
    return (axes * amplitudes)[:, amplitudes > AMPLITUDE]


def _is_zero(matrix: NDArray) -> bool:
    return bool(np.abs(matrix).max() <= EQUAL)


@cache
def _lower_residual(directions: int, modes: int) -> Callable:
    """The velocity of the residual at head, modes, correlations, residual and mobility."""
    arguments, sizes = (W, V, mu_matrix, q_V, gamma), {d: directions, N_Z: modes}
    return lower([residual_flow()], arguments, sizes, diagonal=frozenset({mu_matrix}))


@cache
def _lower_orthogonal_rates() -> Callable:
    """The rates of orthogonal survivors at eigenvalue of the head, correlation, amplitude and mobility."""
    return lambdify((omega_l, mu_j, a_j, gamma), orthogonal_rates()[0], "numpy")
