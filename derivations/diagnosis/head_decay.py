r"""The least decay of a head that keeps two modes apart, as a ratio to the decay of the embeddings (§4.2 of the notes).

Under stop-gradient with decay, two modes with :math:`\mu_1<\mu_2` stay on directions of their own iff
:math:`\kappa/\lambda` exceeds :math:`k_c`, the positive root of the Hurwitz determinant that the derivation
``decay_stability`` derives; below it both rotate into each other and the representation collapses after all.  Nothing is
typed here: the determinant and the heads are those of :mod:`derivations.phases.closed_forms`.

>>> round(least_ratio(0.4, 1.0), 6)  # as the decay of the embeddings tends to zero
0.24
>>> 0 < least_ratio(0.4, 1.0, decay=0.01) < 0.25
True

When it fails: a mode whose critical decay :math:`\mu^2/4` lies below that of the embeddings does not exist: NaN.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from sympy import Dummy, Poly, lambdify, solve

from derivations.phases.closed_forms import critical_decay, heads, pair_determinant
from derivations.vocabulary import k, mu, omega_1, omega_2
from theory.models.vocabulary import lam

SIZE = Dummy("s", positive=True)
SUFFICIENT = 0.25  # no two modes need more: the step "quarter" of the derivation


def critical_decays(correlations: NDArray) -> NDArray:
    r""":math:`\lambda_c` of each mode: with faster decay it dies, whatever the head does."""
    return _functions()[0](np.asarray(correlations))


def least_ratio(lower: float, upper: float, decay: float | None = None) -> float:
    r""":math:`k_c` of two modes, for a decay of the embeddings or as it tends to zero."""
    from scipy.optimize import brentq

    lower, upper = sorted((lower, upper))
    bound, head, determinant, limit = _functions()
    if lower <= 0 or (decay is not None and decay >= bound(lower)):
        return np.nan
    if decay is None:
        return float(limit(lower, upper))
    omega = [head(m, decay) / np.sqrt(decay) for m in (lower, upper)]
    if determinant(*omega, 0.0) == 0:
        return 0.0
    return brentq(lambda ratio: determinant(*omega, ratio), 0.0, SUFFICIENT, xtol=1e-15)


@cache
def _functions() -> tuple:
    determinant = pair_determinant()
    leading = Poly(determinant.subs({omega_1: SIZE * omega_1, omega_2: SIZE * omega_2}, simultaneous=True), SIZE).LC()
    (limit,) = (root for root in solve(leading.factor(), k) if root.subs({omega_1: 1, omega_2: 2}) > 0)
    return (
        lambdify(mu, critical_decay(), "numpy"),
        lambdify((mu, lam), heads()[0], "numpy"),
        lambdify((omega_1, omega_2, k), determinant, "numpy"),
        lambdify((omega_1, omega_2), limit, "numpy"),
    )
