r"""Couplings that repel: weights of either sign, where a loss needs them.

:math:`\tfrac12\sum J_{ia}\lVert x_i-y_a\rVert^2` with :math:`J_{ia}<0` pushes the pair apart.  Degrees are still the sums of
weights, so that constant embeddings are at rest and the centroid is conserved; but they can vanish, and :math:`D-A` can have
negative eigenvalues.  What is left of the theory, and where it stops:

* rates are the eigenvalues of :math:`H^{1/2}(D-A)H^{1/2}`, real for positive mobilities, and those below zero are rates of
  growth.  Losses are followed as for any coupling, directly, in steps, and by order parameters where these close;
* inverse degrees are mobilities only where all degrees are positive: mobilities are uniform unless given;
* canonical correlations, frustrations, slow times, class graphs and the exact method need :math:`D-A\ge0` and are refused; so
  are means over pairs whose total weight is not positive.

>>> from theory import Coupling
>>> pushed = Coupling.from_signed_weights([[1, -0.5], [-0.5, 1]])
>>> pushed, pushed.rates().round(6) + 0
(<signed coupling of 2 samples in 2 types to 2 labels>, array([-1.,  0.,  1.,  2.]))
>>> pushed.modes()
Traceback (most recent call last):
    ...
theory.errors.InputError: expected couplings that attract, got weights that repel; use rates(), or simulate by Direct()
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.coupling.coupling import Coupling
from theory.coupling.reduction import CouplingReduction
from theory.coupling.rows import is_coupled
from theory.coupling.spectrum import DENSE, require_count
from theory.coupling.weights import Mobility, weights_of_rows
from theory.errors import InputError


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Signed(Coupling):
    """Samples and labels of which some pairs repel."""

    def __init__(self, J: ArrayLike, mobility: Mobility = "uniform"):
        """From weights of either sign (N, K); see :meth:`theory.Coupling.from_signed_weights`."""
        super().__init__(weights_of_rows(J, mobility, signed=True))

    def __repr__(self):
        return f"<signed {super().__repr__()[1:]}"

    @property
    def attracts(self) -> bool:
        return not np.any(self.types.data < 0)

    @property
    def total_weight(self) -> float:
        """The sum of the sizes of all couplings."""
        return float(self.counts @ abs(self.types).sum(axis=1))

    def is_own(self, label: NDArray, samples: NDArray | None = None) -> NDArray:
        """Whether a label attracts the sample."""
        return is_coupled(self._attracting, self.type_of if samples is None else self.type_of[samples], label)

    def rates(self, k: int | None = None) -> NDArray:
        """Rates of the embedding-only flow, ascending: all N + K, or the ``k`` smallest; below zero those of growth.

        Raises
        ------
        InputError
            for more than :data:`theory.coupling.spectrum.DENSE` samples and labels.
        """
        from scipy.linalg import eigvalsh

        require_count(k)
        if self.attracts:
            return super().rates(k)
        if (size := self.samples + self.labels) > DENSE:
            raise InputError(f"at most {DENSE} samples and labels", str(size), "take fewer, or simulate")
        eta = np.concatenate([self.sample_mobility[self.type_of], self.label_mobility])
        degrees = np.concatenate([self.sample_degrees[self.type_of], self.label_degrees])
        J, zero = self.types[self.type_of].toarray(), np.zeros
        A = np.block([[zero((self.samples,) * 2), J], [J.T, zero((self.labels,) * 2)]])
        return eigvalsh(np.sqrt(eta)[:, None] * (np.diag(degrees) - A) * np.sqrt(eta))[:k]

    def slow_time(self) -> float:
        self.require_attraction()
        return super().slow_time()

    @cached_property
    def reduction(self) -> CouplingReduction:
        self.require_attraction()
        return super().reduction

    @cached_property
    def _attracting(self):
        positive = self.types.maximum(0)
        positive.eliminate_zeros()
        return positive
