r"""The least decay of a head that keeps two modes apart, as a ratio to the decay of the embeddings (§4.2 of the notes).

Under stop-gradient with decay, two modes with :math:`\mu_1<\mu_2` stay on directions of their own iff
:math:`\kappa/\lambda` exceeds :math:`k_c`, the positive root of the Hurwitz determinant of the pair; below it they turn and the
state is left, to cycles at first (:mod:`derivations.closed_forms.turning`).

>>> round(least_ratio(0.4, 1.0), 6)  # as the decay of the embeddings tends to zero
0.24
>>> 0 < least_ratio(0.4, 1.0, decay=0.01) < 0.25
True

When it fails: a mode whose critical decay :math:`\mu^2/4` lies below that of the embeddings does not exist: NaN.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from sympy import lambdify

from derivations.closed_forms.decaying import critical_decays, heads_at
from derivations.closed_forms.pair import PAIR, largest_ratio, pair_determinant, slow_ratio
from derivations.vocabulary import k, mu_1, mu_2, omega_1, omega_2


def least_ratio(lower: float, upper: float, decay: float | None = None) -> float:
    r""":math:`k_c` of two modes, for a decay of the embeddings or as it tends to zero."""
    from scipy.optimize import brentq

    lower, upper = sorted((lower, upper))
    determinant, limit = _numeric_ratio()
    if lower <= 0 or (decay is not None and decay >= critical_decays(lower)):
        return np.nan
    if decay is None:
        return float(limit(lower, upper))
    omega = [heads_at(mu, decay)[0] / np.sqrt(decay) for mu in (lower, upper)]
    if determinant(*omega, 0.0) == 0:
        return 0.0
    return brentq(lambda ratio: determinant(*omega, ratio), 0.0, float(largest_ratio()), xtol=1e-15)


@cache
def _numeric_ratio() -> tuple:
    return (
        lambdify((omega_1, omega_2, k), pair_determinant().subs(PAIR), "numpy"),
        lambdify((mu_1, mu_2), slow_ratio(), "numpy"),
    )
