"""What a wide random head and its modes do in time: variances, residuals, labels, loss, and the head on and off the modes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.dmft.wide import equations, limits
from theory.dmft.wide.causal import Kernels
from theory.dmft.wide.modes import WideModes
from theory.errors import InputError


@dataclass(frozen=True, eq=False)
class WideCurve:
    r"""A solution at T times, of the k modes of a head; per dimension.

    Attributes
    ----------
    times
        (T,).
    states, residuals, mixed
        :math:`\langle v_kv_l\rangle`, :math:`\langle r_kr_l\rangle`, :math:`\langle r_kv_l\rangle` at equal times (T, k, k).
    head_trace
        :math:`\operatorname{tr}W-d\,e^{-\kappa t}w_0` (T,): what modes add, beside the noise :math:`e^{-\kappa t}g` of the
        start.
    errors
        (T,): how far the largest of these moved at the last halving, relative to the largest variance at the start.
    steps
        of the finest grid.
    kernels
        two-time functions of each group of modes on the finest grid, not extrapolated.
    modes, start, spread, kappa
        what was solved.
    single
        whether there is one mode, given as a number.
    """

    times: NDArray
    states: NDArray
    residuals: NDArray
    mixed: NDArray
    head_trace: NDArray
    errors: NDArray
    steps: int
    kernels: tuple[Kernels, ...]
    modes: WideModes
    start: float
    spread: float
    kappa: float
    single: bool

    @property
    def variance(self) -> NDArray:
        r""":math:`\langle v_k^2\rangle` (T,), or (T, k) for several modes."""
        return self._shaped(self._own("states"))

    @property
    def residual(self) -> NDArray:
        r""":math:`\langle r_k^2\rangle` (T,), or (T, k)."""
        return self._shaped(self._own("residuals"))

    @property
    def eigenvalue(self) -> NDArray:
        r"""The head on the modes, :math:`v_k^TWv_k/|v_k|^2` (T,), or (T, k)."""
        return self._shaped(self.modes.correlations + self._own("mixed") / self._own("states"))

    @property
    def gain(self) -> NDArray:
        r"""By how much the head stretches modes, :math:`|Wv_k|/|v_k|` (T,), or (T, k)."""
        mu, mixed = self.modes.correlations, self._own("mixed")
        return self._shaped(np.sqrt((self._own("residuals") + 2 * mu * mixed) / self._own("states") + mu**2))

    @property
    def loss(self) -> NDArray:
        """The loss for each dimension (T,), of all copies of modes; of a band, for each class."""
        mu = self.modes.correlations
        return equations.loss_of_mode(mu, self._own("states"), self._own("residuals")) @ self.modes.copies

    @property
    def label_variance(self) -> NDArray:
        """The variance of labels about their mean (T,)."""
        labels = self._labels
        return np.einsum("ak,tkl,al->t", labels, self.states, labels) / len(labels)

    @property
    def separation(self) -> NDArray:
        """Mean squares of the distances between any two labels (T, K, K), of a coupling."""
        squares = np.einsum("ak,tkl,bl->tab", self._labels, self.states, self._labels)
        own = np.einsum("taa->ta", squares)
        return own[:, :, None] + own[:, None, :] - 2 * squares

    def _shaped(self, values: NDArray) -> NDArray:
        return values[:, 0] if self.single else values

    def _own(self, name: str) -> NDArray:
        """Values of each mode with itself (T, k)."""
        return np.einsum("tkk->tk", getattr(self, name))

    @property
    def _labels(self) -> NDArray:
        labels = self.modes.labels
        if not len(labels):
            raise InputError("a head of a coupling or a band", "modes alone", "make it by WideHead.of()")
        return labels

    def singular_edges(self) -> NDArray:
        """The least and the largest singular value of the head (T, 2), away from modes."""
        left = equations.decayed(1.0, self.kappa, self.times, np.exp)
        return np.multiply.outer(left, limits.singular_edges(self.start, self.spread))
