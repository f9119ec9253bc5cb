r"""What is known in closed form of modes beside a wide random head.

*Small labels, head at rest* (:math:`\gamma=\kappa=0`).  Responses depend on the time between alone, and their Laplace
transforms on one number :math:`\Delta(p)`; the rightmost pole of mean squares is the largest root of a cubic.  Labels grow out
of nothing at the rate :math:`p-\lambda` (:func:`growth_rate`); without decay they do exactly where the disc of the head's
eigenvalues, of radius g around :math:`w_0`, reaches into :math:`(0,\mu)`, that is where :math:`-g<w_0<\mu+g` (the
cubic has three real roots: its discriminant is not negative, by the inequality of the means of :math:`w_0^2,(w_0-\mu)^2,g^2`).

*Without decay* :math:`W^TW-\frac\gamma d\sum v_kv_k^T` is conserved, and where it is not positive at the start labels cannot
vanish: :math:`\gamma\sigma^2>w_0^2-g^2` (:func:`theory.dmft.wide.equations.protected_mass`).  At rest :math:`Wv=\mu v`; how
much is left depends on the whole way there, unless :math:`g=0`.

*With decay* of both, what random there was in the head is forgotten, and labels rest at constant two-time functions or at zero:
:math:`\gamma C/\kappa=x` with :math:`\mu^2x/(1+x)^2=\lambda` (:func:`resting_ratios`), which exist up to
:math:`\lambda_c=\mu^2/4`.  Zero is stable, too.

>>> round(growth_rate(0.8, 0.4, 0.0), 12), bool(abs(growth_rate(0.8, 1.3, 0.5)) < 1e-12)
(0.16, True)
"""

from __future__ import annotations

import math
from typing import Any

from mpmath import mp

from theory.dmft.wide import equations
from theory.errors import UnfinishedError


def growth_rate(correlation: Any, head: Any, spread: Any, lam: Any = 0, digits: int = 15) -> Any:
    """The largest rate at which small labels grow beside a head at rest; negative where they all decay."""
    with mp.workdps(digits + 10):
        mu, w, g = (mp.mpf(x) for x in (correlation, head, spread))
        if g == 0:
            found = -equations.stiffness(mu, w)
        else:
            width = equations.pole_condition(mp.mpf(1), mu, w, g) - 1 - 2 * g**4 * equations.stiffness(mu, w)
            coefficients = [1, 0, width, equations.pole_condition(mp.mpf(0), mu, w, g)]
            poles = mp.polyroots(coefficients, maxsteps=200, extraprec=4 * digits)
            found = equations.rate_of_pole(max(mp.re(pole) for pole in poles), mu, w, g)
        found -= mp.mpf(lam)
    return rounded(found, digits)


def resting_ratios(correlation: Any, lam: Any, digits: int = 15) -> tuple[Any, Any]:
    r"""Both :math:`\gamma C/\kappa` of a constant state, the stable one first, with ten digits to spare.

    Raises
    ------
    UnfinishedError
        where a root is not found to these digits.
    """
    with mp.workdps(digits + 10):
        mu, decay = mp.mpf(correlation), mp.mpf(lam)

        def share(ratio: Any) -> Any:
            return equations.resting_share(mu, ratio, decay)

        try:
            large, small = (
                mp.findroot(share, bracket, solver="anderson", tol=mp.mpf(10) ** (-2 * digits))
                for bracket in ((mp.mpf(1), mu**2 / decay), (mp.mpf(0), mp.mpf(1)))
            )
        except ValueError as error:
            raise UnfinishedError(f"a state at rest was not found to {digits} digits; ask for fewer") from error
    return large, small


def rounded(value: Any, digits: int) -> Any:
    """A double, or an mpmath number of more digits than fifteen."""
    with mp.workdps(digits):
        return float(value) if digits == 15 else +value


def singular_edges(head: float, spread: float) -> tuple[float, float]:
    r"""The least and the largest singular value of :math:`w_0\mathbb 1+g\xi/\sqrt d`, modes apart."""
    if spread == 0:
        return abs(head), abs(head)

    def edge(side: int) -> float:
        part = equations.part_at_edge(head, spread, side, math.sqrt)
        return math.sqrt(equations.square_of_edge(part, head, spread))

    return edge(-1) if abs(head) > spread else 0.0, edge(1)
