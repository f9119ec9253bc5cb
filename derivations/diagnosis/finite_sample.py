r"""What a finite number of samples does to canonical correlations (§7 of the notes).

With :math:`c=p/N` (rank of the centred features over the degrees of freedom of the samples) the average class mode is raised,

.. math:: \hat\mu^2=\mu^2(1-c)+c ,

so that features without any relation to the classes seem to have some.  The squares of such features spread up to the edge of
Wachter's law, :math:`\big(\sqrt{c_1(1-c_2)}+\sqrt{c_2(1-c_1)}\big)^2` with :math:`c_1=p/N`, :math:`c_2=(K-1)/N`.

>>> import numpy as np
>>> from theory.encoder import population_square
>>> population_square(np.array([0.5]), 0.2)
array([0.375])
>>> round(noise_edge(20, 2, 100), 3)
0.569

Reference: Wachter, Ann. Statist. 8, 937 (1980); Bao, Hu, Pan, Zhou, Ann. Statist. 47, 612 (2019).

When it fails: the correction holds for the average of the class modes, single ones repel each other, so that the largest is
still too large and the smallest too small; nothing can be said at :math:`c\ge1`; edge and correction assume independent rows,
and the edge leaves out fluctuations of order :math:`N^{-2/3}`.
"""

from __future__ import annotations

import numpy as np


def noise_edge(features: int, modes: int, freedom: int) -> float:
    """The largest correlation of as many features and class modes without relation, for N - 1 degrees of freedom."""
    first, second = (min(1.0, count / freedom) for count in (features, modes))
    return 1.0 if first + second >= 1 else float(np.sqrt(first * (1 - second)) + np.sqrt(second * (1 - first)))
