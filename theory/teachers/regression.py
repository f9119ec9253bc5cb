r"""A teacher whose labels are real targets :math:`\eta=B\xi+\sigma\varepsilon` (§7 of the notes).

The student :math:`E\xi` meets a learnable linear map of the targets, :math:`L=\tfrac12E\lVert E\xi-Y\eta\rVert^2`: the same
two views, with :math:`P=B\Sigma B^T+\sigma^2`.  The canonical correlations are :math:`\mu_k=s_k/\sqrt{s_k^2+\sigma^2}`, with
the singular values :math:`s_k` of :math:`B\Sigma^{1/2}`; without noise nothing is frustrated.

>>> import numpy as np
>>> teacher = RegressionTeacher(np.diag([3.0, 1.0]), noise=1.0)
>>> (teacher.coupling().modes() ** 2).round(6)
array([0.9, 0.5])

When it fails: targets have no classes, so that the accuracy of a trajectory says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from theory.coupling import Coupling
from theory.coupling.making import Mobility
from theory.errors import InputError
from theory.teachers.linear import checked_covariance, normal_inputs
from theory.teachers.views import from_views


@dataclass(frozen=True, eq=False)
class RegressionTeacher:
    r"""A linear map with noise.

    Parameters
    ----------
    rows
        B (q, p), one row a target.
    noise
        :math:`\sigma`, the standard deviation of independent normal noise on every target.
    covariance
        :math:`\Sigma` of the inputs (p, p); None for the identity.

    Raises
    ------
    InputError
        for values outside these.
    """

    rows: NDArray
    noise: float = 0.0
    covariance: NDArray | None = None

    def __post_init__(self):
        rows = np.array(self.rows, dtype=float)
        if rows.ndim != 2 or 0 in rows.shape or not np.isfinite(rows).all():
            raise InputError("finite rows (targets, inputs)", f"an array {rows.shape}", "give one row a target")
        if not isinstance(self.noise, Real) or not 0 <= self.noise < np.inf:
            raise InputError("a finite standard deviation from 0 on", repr(self.noise), "correct it")
        object.__setattr__(self, "rows", rows)
        if self.covariance is not None:
            object.__setattr__(self, "covariance", checked_covariance(self.covariance, rows.shape[1]))

    @property
    def second(self) -> NDArray:
        r""":math:`\Sigma` (p, p)."""
        return np.eye(self.rows.shape[1]) if self.covariance is None else self.covariance

    def coupling(self, mobility: Mobility = "degree") -> Coupling:
        """The two-view coupling over the population; its labels are the principal axes of the targets.

        Raises
        ------
        InputError
            for targets that depend linearly on each other.
        """
        spread = self.rows @ self.second @ self.rows.T + self.noise**2 * np.eye(len(self.rows))
        return from_views(self.second, self.second @ self.rows.T, spread, mobility=mobility)

    def sample(self, samples: int, seed: int) -> tuple[NDArray, NDArray]:
        """Independent inputs (n, p) and targets (n, q)."""
        features, rng = normal_inputs(self.covariance, self.rows.shape[1], samples, seed)
        return features, features @ self.rows.T + self.noise * rng.standard_normal((samples, len(self.rows)))
