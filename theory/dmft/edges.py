r"""Ends of bands of the large-c self-consistency of a Poisson ensemble (§6 of the notes).

With :math:`x=\alpha-ch^2G` the self-consistency gives the point as a function of the response,

.. math:: \alpha=x+ch^2E_f\frac1{x+\beta f},

and a band ends where its derivative vanishes, :math:`1=ch^2E_f(x+\beta f)^{-2}` (that is :math:`ds/dG=0`).  Outside all bands
every :math:`x+\beta f` has one sign, which may be taken positive: there the right side is convex with one minimum, a band ends
where :math:`\alpha` meets it, and lies where :math:`\alpha` is below.

>>> from theory.dmft.ensembles import Pairs
>>> pairs = Pairs("poisson", pure_per_class=10, links=20, closure="large-c")
>>> 0 < outer_edge(pairs.labels, pairs.links, 0.0, 1.0) < 0.1
True

When it fails: it finds the outermost ends only, whatever gaps there are between them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from mpmath import mp
from numpy.typing import NDArray

from theory.dmft.ensembles import Kernel
from theory.dmft.poisson import double_probabilities, probabilities
from theory.dmft.self_consistency import Kernels
from theory.errors import UnfinishedError


def outer_edge(kernels: Kernels, links: float, inside: float, outside: float) -> float:
    """The end of the band between a point in it and one beyond it, in double precision."""
    from scipy.optimize import brentq

    p = double_probabilities(links)
    return float(brentq(lambda s: _excess_minimum(kernels(s), links, p)[0], inside, outside, xtol=1e-15, rtol=1e-14))


def precise_edge(kernels: Kernels, links: float, edge: float, digits: int) -> Any:
    """An end found by :func:`outer_edge`, to ``digits`` digits.

    Raises
    ------
    UnfinishedError
        where the equations are not solved to these digits.
    """
    _, start = _excess_minimum(kernels(edge), links, double_probabilities(links))
    with mp.workdps(digits + 10):
        p, _ = probabilities(links, digits + 10)

        def equations(s: Any, log: Any) -> list[Any]:
            kernel = kernels(s)
            x, strength = mp.sign(kernel.beta) * mp.exp(log), links * kernel.hop**2
            each = [1 / (x + kernel.beta * f) for f in range(len(p))]
            total, slope = mp.fdot(p, each), mp.fdot(p, [e * e for e in each])
            return [x + strength * total - kernel.alpha, strength * slope - 1]

        try:
            found = mp.findroot(equations, (mp.mpf(edge), mp.mpf(start)), tol=mp.mpf(10) ** -(2 * digits))
        except (ValueError, ZeroDivisionError) as error:
            raise UnfinishedError(
                f"the end of the band near {edge:.6g} was not found to {digits} digits; lower digits"
            ) from error
    return found[0]


def _excess_minimum(kernel: Kernel, links: float, p: NDArray) -> tuple[float, float]:
    """The minimum of the right side less alpha, positive in the band, and the logarithm of abs(x) there."""
    from scipy.optimize import brentq

    sign, strength = np.sign(kernel.beta) or 1.0, links * kernel.hop**2
    alpha, levels = sign * kernel.alpha, sign * kernel.beta * np.arange(len(p))
    # The term without links alone, and all of them there, bound the place of the minimum.
    low, high = 0.5 * np.log(strength * p[0]) - 1e-9, 0.5 * np.log(strength) + 1e-9
    log = brentq(lambda log: strength * np.sum(p / (np.exp(log) + levels) ** 2) - 1, low, high, xtol=1e-15)
    return float(np.exp(log) + strength * np.sum(p / (np.exp(log) + levels)) - alpha), float(log)
