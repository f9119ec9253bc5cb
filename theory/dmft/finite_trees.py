r"""What labels of finite components keep for ever: the Poisson class graph holds trees of every size (§6 of the notes).

A class is in a tree of m classes with the probability :math:`e^{-cm}(cm)^{m-1}/m!` (Borel), whose zero mode weighs
:math:`1/(m(2+n_0)-1)` in each label: m labels, :math:`mn_0` pure and m - 1 frustrated samples.

>>> round(kept_variance(0.0, pure=3), 6)
0.25
>>> kept_variance(1.0, pure=3) < 0.25
True

When it fails: never with the giant component, whose zero mode has no weight; slowly, as :math:`m^{-5/2}`, at c = 1.
"""

from __future__ import annotations

from typing import Any

import mpmath


def kept_variance(links: float, pure: float) -> float:
    r""":math:`R(\infty)` of a Poisson graph of so many links and pure samples at a class, on average.

    No derivation shows it: ``test_response`` holds it against dense spectra of sampled graphs, and late responses.
    """
    c = mpmath.mpf(links)
    return float(mpmath.nsum(lambda m: _borel_probability(c, m) / (m * (2 + pure) - 1), [1, mpmath.inf]))


def _borel_probability(c: Any, m: Any) -> Any:
    """The probability that a label is in a tree of m, none for m > 1 without links."""
    return mpmath.exp(-c * m - mpmath.loggamma(m + 1)) * (c * m) ** (m - 1)
