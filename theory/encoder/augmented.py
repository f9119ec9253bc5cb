r"""Linear encoders of two augmented views of the same inputs: a coupling from an augmentation of data (§7 of the notes).

Two augmentations :math:`\xi,\xi'` of one input are alike and independent given it, so that the moments of both views are
:math:`\Sigma=E[\xi\xi^T]` and :math:`M=E[\xi\xi'^T]=M^T`: along the principal axes of :math:`\Sigma` a symmetric coupling of
signed correlations :math:`\nu`, the eigenvalues of :math:`\Sigma^{-1/2}M\Sigma^{-1/2}`.  With the second moment S of the inputs

* noise of covariance C: :math:`\Sigma=S+C,\ M=S`, and for :math:`C=\sigma^2` a principal axis of variance s decays at
  :math:`1-\nu=\sigma^2/(s+\sigma^2)`;
* a random function of the inputs: moments of all views, and of all pairs of different views of one input, that are drawn.  They
  are those of a finite set of pairs, so that :math:`|\nu|\le1` holds, and negative :math:`\nu` are chance.

>>> import numpy as np
>>> inputs = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
>>> noisy = from_augmented_data(inputs, 0.5)
>>> noisy, noisy.signed_correlations().round(6)
(<linear encoder of two views along 2 axes>, array([0.8, 0.5]))
>>> drawn = from_augmented_data(inputs, lambda rows, rng: rows * rng.choice([0.5, 1.5], (len(rows), 1)), draws=1000, seed=0)
>>> drawn.signed_correlations().round(1)
array([0.8, 0.8])

Reference: Tian, Chen and Ganguli, *Understanding Self-Supervised Learning Dynamics without Contrastive Pairs* (2021), §3.
When it fails: columns of X are those of the encoder, one for each axis, so that a loss means what it says where it depends on
second moments alone (squared, spectral, coding rate), not where it compares samples or takes their mean off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.coupling.views import Shared
from theory.coupling.weights import Mobility
from theory.encoder.encoder import Encoder, Sample, encoder_of_moments
from theory.encoder.moments import read_inputs
from theory.encoder.views import POSITIVE, principal_axes, unexplained_part
from theory.errors import InputError

Augmentation = float | ArrayLike | Callable[[NDArray, np.random.Generator], ArrayLike]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AugmentedEncoder(Shared, Encoder):
    """The moments of two augmented views of inputs, along principal axes, symmetric under their exchange."""

    def __repr__(self):
        return f"<linear encoder of two views along {self.samples} axes>"


def from_augmented_data(
    features: ArrayLike, augmentation: Augmentation, *, draws: int = 2, seed: int = 0, mobility: Mobility = "degree"
) -> AugmentedEncoder:
    """The coupling of two augmented views of inputs (n, p) by one linear encoder, or two.

    Parameters
    ----------
    augmentation
        what is done to inputs: the covariance (p, p) of noise that is added, or its variance, the same for each input; or a
        function of all inputs (n, p) and a generator of random numbers that gives augmented inputs (n, q).
    draws
        how many views a function draws of each input, at least 2.
    seed
        of the generator.
    mobility
        as for :class:`theory.Coupling`, the same of both views; along the principal axes.

    Raises
    ------
    InputError
        for inputs that are no table of numbers or are all zero, a covariance that is none, fewer than two draws, and augmented
        inputs of another number of rows.
    """
    inputs = read_inputs(features)
    second, cross = (
        _drawn_moments(inputs, augmentation, draws, seed) if callable(augmentation) else _noisy_moments(inputs, augmentation)
    )
    if not second.any():
        raise InputError("inputs that are not all zero", "zeros only", "check the feature columns")
    axes, notes = principal_axes(second)
    variances, first = np.diag(axes.T @ second @ axes).copy(), axes.T @ cross @ axes
    first = (first + first.T) / 2
    rest = unexplained_part(first, variances, variances)
    trained = Sample(np.zeros((0, len(variances))), np.zeros(0, dtype=int))
    nothing = Sample(np.zeros((1, len(variances))), np.array([-1]))
    found = encoder_of_moments(first, variances, variances, rest, mobility, notes, trained, nothing)
    return AugmentedEncoder(**found.parts, trained=found.trained, seen=found.seen, unexplained=found.unexplained)


def _noisy_moments(inputs: NDArray, covariance: ArrayLike) -> tuple[NDArray, NDArray]:
    """Second moments of a view and of two views of inputs with noise."""
    p = inputs.shape[1]
    noise = np.asarray(covariance, dtype=float)
    noise = noise * np.eye(p) if noise.ndim == 0 else noise
    if noise.shape != (p, p) or not np.isfinite(noise).all() or not np.array_equal(noise, noise.T):
        raise InputError(f"a variance, or a symmetric covariance ({p}, {p})", f"shape {noise.shape}", "correct the noise")
    if (lowest := np.linalg.eigvalsh(noise)[0]) < -POSITIVE * np.trace(noise):
        raise InputError("a covariance without negative eigenvalues", f"{lowest:.2g}", "correct the noise")
    cross = inputs.T @ inputs / len(inputs)
    return cross + noise, cross


def _drawn_moments(
    inputs: NDArray, augment: Callable[[NDArray, np.random.Generator], ArrayLike], draws: int, seed: int
) -> tuple[NDArray, NDArray]:
    """The same of all views that are drawn, and of all pairs of different views of one input."""
    require.whole(draws, "at least 2 draws of views", "draw more", least=2)
    rng, total, second = np.random.default_rng(seed), np.zeros((1, 1)), np.zeros((1, 1))
    for drawn in range(draws):
        view = read_inputs(augment(inputs.copy(), rng))
        if len(view) != len(inputs) or (drawn and view.shape != total.shape):
            wanted = f"{len(inputs)} augmented inputs of one width"
            raise InputError(wanted, f"shape {view.shape}", "give one row for each input, as long as before")
        total, second = total + view, second + view.T @ view
    pairs = total.T @ total - second
    return second / (draws * len(inputs)), pairs / (draws * (draws - 1) * len(inputs))
