r"""Whether a mode comes back, far below the Hopf line: its growth rate beside another mode that turns alone.

Without the second mode the first one and the head of a pair go on turning, regularly or not.  A small second mode follows
:math:`\dot v=-(W^T(W-\mu_2)+\lambda)v`, linear in it, with the head of that motion: the mean of its growth rate decides.
Where it is positive the labels that the mode holds apart come near and part again, for ever; where it is negative they stay
together.  The mean is measured along one run, with the standard error of the means of its parts.

>>> rate, error = fading_rate(4.23606797749979, 3.732050807568877, 0.03, duration=400)
>>> bool(rate + 3 * error < 0)
True

Source: Ott and Sommerer, Physics Letters A 188, 39 (1994), for such transitions ("blowout").
When it fails: the first mode may die, too, and then every mode does; where the mean is close to zero runs have to be long.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from derivations.closed_forms.turning import flow_of_entries
from derivations.vocabulary import k, omega_1, omega_2
from theory.errors import UnfinishedError
from theory.models.vocabulary import lam

PARTS = 10  # of a run, beside the first, which is left out
TURNED = 0.05  # the entries of the head off the diagonal at the start
SECOND = (1, 3)


def fading_rate(first: float, second: float, ratio: float, duration: float = 2000) -> tuple[float, float]:
    """The mean growth rate of the mode at the second head beside that at the first one alone, and its standard error.

    Parameters
    ----------
    first, second
        heads at rest, in own units.
    ratio
        k.
    duration
        of the run, in own units.

    Raises
    ------
    UnfinishedError
        where the run does not end.
    """
    from scipy.integrate import solve_ivp

    flow = flow_of_entries(2).lower({k: ratio, omega_1: first, omega_2: second, lam: 1.0})
    times = np.linspace(0, duration, PARTS + 2)

    def velocity(t: float, y: NDArray) -> NDArray:
        """That of all entries, the second mode in units of its own size, and the rate at which this grows."""
        pace = flow.velocity(t, y[:8])
        alone, direction = y[:8].copy(), y[list(SECOND)]
        alone[list(SECOND)] = 0
        moved = np.array([*flow.velocity(t, alone), direction @ pace[list(SECOND)] / (direction @ direction)])
        moved[list(SECOND)] = pace[list(SECOND)] - moved[8] * direction
        return moved

    start = np.array([first, 0, 0, 1, first, TURNED, -TURNED, second, 0])
    found = solve_ivp(velocity, (0, duration), start, t_eval=times, method="DOP853", rtol=1e-8, atol=1e-10)
    if not found.success or len(found.t) < len(times):
        raise UnfinishedError(f"the run ended at t = {found.t[-1] if len(found.t) else 0:.6g} instead of {duration:g}")
    rates = np.diff(found.y[8])[1:] / times[1]
    return float(rates.mean()), float(rates.std(ddof=1) / np.sqrt(PARTS))
