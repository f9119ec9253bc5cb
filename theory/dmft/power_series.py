r"""The head's mean field by power series in time, at any precision (§6 of the notes).

With :math:`E_j=\gamma m_jg_{\mu_j}^2` the equations of :mod:`theory.dmft.mean_field` are polynomial,

.. math:: \dot E_j=2(\mu_jw-w^2-\lambda)E_j,\qquad\dot w=-\sum_j(w-\mu_j)E_j-\kappa w,

so that Cauchy products give the series at any time from the values there; each step is as long as the last term allows.

>>> with mp.workdps(30):
...     w, = heads(np.array([mp.mpf(1) / 2]), np.array([mp.mpf(0)]), 0.0, 1.0, 1.0, [2.0])
...     bool(abs(w - mp.exp(-2)) < mp.mpf(10) ** -25)
True

When it fails: it is slow, with a cost of the square of the digits times the number of modes at each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mpmath import mp
from numpy.typing import NDArray

GUARD = 10  # digits carried beyond those claimed


def heads(mu: NDArray, masses: NDArray, lam: float, kappa: float, w0: float, times: Sequence[float]) -> list[Any]:
    """:math:`w` at increasing times, in the digits that mpmath works with now.

    Parameters
    ----------
    mu, masses
        correlations, and masses times the mobility of the head: arrays of mpmath numbers (m,).
    """
    order, small = mp.dps + 5, mp.mpf(10) ** -(mp.dps - GUARD // 2)
    now, w, felt, found = mp.mpf(0), mp.mpf(w0), masses, []
    for until in map(mp.mpf, times):
        while now < until:
            ws, felts = _taylor_series(mu, felt, mp.mpf(lam), mp.mpf(kappa), w, order)
            last = max(abs(ws[-1]), max(map(abs, felts[-1])))
            step = min(until - now, (small / last) ** (mp.mpf(1) / order)) if last else until - now
            powers = np.array([step**k for k in range(order + 1)])
            now, w, felt = now + step, powers @ ws, powers @ felts
        found.append(w)
    return found


def _taylor_series(mu: NDArray, felt: NDArray, lam: Any, kappa: Any, w: Any, order: int) -> tuple[NDArray, NDArray]:
    """Coefficients of the head (order + 1,) and of what it feels of each mode (order + 1, m)."""
    ws, felts = np.array([w] + order * [mp.mpf(0)]), np.array([felt] + order * [0 * felt])
    sums, squares = ws.copy(), ws.copy()
    for k in range(order):
        sums[k], squares[k] = felts[k].sum(), ws[: k + 1] @ ws[k::-1]
        pull = ws[: k + 1] @ sums[k::-1] - mu @ felts[k]
        grown = mu * (ws[: k + 1] @ felts[k::-1]) - squares[: k + 1] @ felts[k::-1] - lam * felts[k]
        ws[k + 1], felts[k + 1] = -(pull + kappa * ws[k]) / (k + 1), 2 * grown / (k + 1)
    return ws, felts
