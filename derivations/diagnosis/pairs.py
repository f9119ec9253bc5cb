r"""Which pairs of classes contract first (§7 of the notes).

In mode k the label of class a has the amplitude :math:`u_{ka}=w_{ka}/\sqrt{P_a}`, so that random labels differ by
:math:`c_k=u_{ka}-u_{kb}` in it, and :math:`\sum_kc_k^2=1/P_a+1/P_b` over the class modes.  The *frustration of a pair* is the
mean of :math:`\psi_k=1-\mu_k^2` with these weights; one minus it is the squared distance of the class means in the metric of
:math:`\Sigma^{-1}`, divided by :math:`1/P_a+1/P_b`.  The *time of a pair* is the inverse of the rate at which its expected
distance begins to shrink after the fast stage, the mean of :math:`1-\mu_k` with these weights.

>>> import numpy as np
>>> pair_means(np.array([[0.5**0.5, -(0.5**0.5)]]), np.array([0.5, 0.5]), np.array([0.3])).round(12)
array([[0. , 0.3],
       [0.3, 0. ]])

When it fails: later every pair shrinks at the slowest rate of the modes that it has; degree-normalised mobilities are assumed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def pair_means(vectors: NDArray, masses: NDArray, values: NDArray) -> NDArray:
    """The mean (K, K) of a value of each mode, with the weights of the modes in the difference of two labels."""
    amplitudes = vectors / np.sqrt(masses)
    gram = (amplitudes * values[:, None]).T @ amplitudes
    own = np.diag(gram)
    weights = np.add.outer(1 / masses, 1 / masses)
    found = (np.add.outer(own, own) - 2 * gram) / weights
    np.fill_diagonal(found, 0.0)
    return np.maximum(found, 0.0)


def sort_pairs(times: NDArray, names: Sequence[str]) -> list[tuple[str, str, float]]:
    """All pairs of classes, the first to contract first."""
    first, second = np.triu_indices(len(names), 1)
    order = np.argsort(times[first, second], kind="stable")
    return [(names[first[i]], names[second[i]], float(times[first[i], second[i]])) for i in order]
