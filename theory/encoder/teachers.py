r"""Teachers of normal inputs, and their samples (§7 of the notes).

*Labels*: inputs :math:`\xi\sim N(0,\Sigma)` in :math:`\mathbb R^p` have the class :math:`a=\operatorname{argmax}_b(A\xi)_b`,
rows of :math:`A` (K × p); of a fraction :math:`\varphi` of them the class is then redrawn uniformly.

*Regression*: they have the real targets :math:`\eta=B\xi+\sigma\varepsilon`.  The student :math:`E\xi` meets a learnable
linear map of the targets, :math:`L=\tfrac12E\lVert E\xi-Y\eta\rVert^2`: the same two views, with
:math:`P=B\Sigma B^T+\sigma^2`.  The canonical correlations are :math:`\mu_k=s_k/\sqrt{s_k^2+\sigma^2}`, with the singular
values :math:`s_k` of :math:`B\Sigma^{1/2}`; without noise nothing is frustrated.

>>> teacher = argmax_teacher(classes=3, inputs=5, noise=0.2)
>>> sample = teacher.sample(1000, seed=0)
>>> sample.features.shape, sorted(set(sample.classes.tolist()))
((1000, 5), [0, 1, 2])
>>> (RegressionTeacher(np.diag([3.0, 1.0]), noise=1.0).coupling().modes() ** 2).round(6)
array([0.9, 0.5])

When it fails: inputs that are not normal can be sampled, not predicted.  Targets have no classes, so that the accuracy of a
trajectory says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.coupling.weights import Mobility
from theory.encoder.encoder import Encoder, Sample
from theory.encoder.maxima import check_classes
from theory.encoder.views import from_views
from theory.errors import InputError

SYMMETRIC = 1e-10  # relative asymmetry of a covariance that is taken for rounding


@dataclass(frozen=True, eq=False)
class _Teacher:
    """Rows that act on normal inputs, noise, and the covariance of the inputs, None for the identity."""

    rows: NDArray
    noise: float = 0.0
    covariance: NDArray | None = None

    def _check_inputs(self, rows: NDArray) -> None:
        object.__setattr__(self, "rows", rows)
        if self.covariance is not None:
            object.__setattr__(self, "covariance", checked_covariance(self.covariance, self.inputs))

    @property
    def inputs(self) -> int:
        """p."""
        return self.rows.shape[1]

    @property
    def second(self) -> NDArray:
        r""":math:`\Sigma` (p, p)."""
        return np.eye(self.inputs) if self.covariance is None else self.covariance


@dataclass(frozen=True, eq=False)
class LabelTeacher(_Teacher):
    r"""The largest of K linear fields.

    Parameters
    ----------
    rows
        A (K, p), no two rows equal.
    noise
        :math:`\varphi`, the fraction of labels that are redrawn uniformly, from 0 to 1.
    covariance
        :math:`\Sigma` of the inputs (p, p), positive definite; None for the identity.

    Raises
    ------
    InputError
        for values outside these.
    """

    def __post_init__(self):
        expected, remedy = "two or more different finite rows", "give one row a class"
        rows = require.finite(self.rows, expected, remedy, shape=(None, None))
        if len(np.unique(rows, axis=0)) < max(2, len(rows)):
            raise InputError(expected, f"an array {rows.shape}", remedy)
        require.real(self.noise, "a fraction of redrawn labels from 0 to 1", least=0, most=1)
        self._check_inputs(rows)

    @property
    def classes(self) -> int:
        """K."""
        return len(self.rows)

    def sample(self, samples: int, seed: int) -> Sample:
        """Independent inputs with their classes.

        Raises
        ------
        InputError
            for fewer than one sample.
        """
        features, rng = normal_inputs(self.covariance, self.inputs, samples, seed)
        classes = np.argmax(features @ self.rows.T, axis=1)
        redrawn = rng.random(samples) < self.noise
        return Sample(features, np.where(redrawn, rng.integers(self.classes, size=samples), classes))


def argmax_teacher(classes: int, inputs: int, noise: float = 0.0, covariance: ArrayLike | None = None) -> LabelTeacher:
    """The largest of the first ``classes`` inputs: orthonormal rows.

    Raises
    ------
    InputError
        for fewer inputs than classes, and as :class:`LabelTeacher`.
    """
    check_classes(classes)
    if inputs < classes:
        raise InputError(f"at least {classes} inputs", str(inputs), "orthonormal rows need as many inputs as classes")
    return LabelTeacher(np.eye(classes, inputs), noise, covariance)  # type: ignore[arg-type]


def sign_teacher(inputs: int, noise: float = 0.0, covariance: ArrayLike | None = None) -> LabelTeacher:
    """Two classes by the sign of the first input; class 1 is the positive one."""
    row = np.eye(1, inputs)
    return LabelTeacher(np.vstack([-row, row]), noise, covariance)  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class RegressionTeacher(_Teacher):
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

    def __post_init__(self):
        rows = require.finite(self.rows, "finite rows (targets, inputs)", "give one row a target", shape=(None, None))
        require.real(self.noise, "a finite standard deviation from 0 on", least=0)
        self._check_inputs(rows)

    def coupling(self, mobility: Mobility = "degree") -> Encoder:
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
        features, rng = normal_inputs(self.covariance, self.inputs, samples, seed)
        return features, features @ self.rows.T + self.noise * rng.standard_normal((samples, len(self.rows)))


def normal_inputs(covariance: NDArray | None, inputs: int, samples: int, seed: int) -> tuple[NDArray, np.random.Generator]:
    """Normal inputs (n, p), and the generator for what else is drawn."""
    require.whole(samples, "at least one sample", least=1)
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((samples, inputs))
    return (features if covariance is None else features @ np.linalg.cholesky(covariance).T), rng


def checked_covariance(covariance: ArrayLike, inputs: int) -> NDArray:
    """A covariance (p, p) as an array, or an :class:`InputError`."""
    wanted = f"a symmetric positive definite covariance ({inputs}, {inputs})"
    found = require.finite(covariance, wanted, shape=(inputs, inputs))
    if np.abs(found - found.T).max() > SYMMETRIC * np.abs(found).max() or np.linalg.eigvalsh(found)[0] <= 0:
        raise InputError(wanted, "one that is not", "drop inputs that depend on others")
    return found
