"""Direct integration: every sample, every label and the head, by one of SciPy's adaptive methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from theory.errors import InputError, UnfinishedError

SOLVERS = ("DOP853", "RK45", "LSODA", "Radau", "BDF")


def integrate(velocity: Callable, initial: NDArray, times: NDArray, solver: str, rtol: float, atol: float) -> Iterator[NDArray]:
    """The state at each of ``times`` (increasing, from 0 on), one after the other; no state is kept.

    Raises
    ------
    UnfinishedError
        where the integrator stops early, with its own message.
    """
    import scipy.integrate

    if solver not in SOLVERS:
        raise InputError(f"a solver among {SOLVERS}", repr(solver), "choose one of these")
    done = 0
    while done < len(times) and times[done] == 0:
        yield initial
        done += 1
    if done == len(times):
        return
    stepper = getattr(scipy.integrate, solver)(velocity, 0.0, initial, times[-1], rtol=rtol, atol=atol)
    while done < len(times):
        message = stepper.step()
        if stepper.t == stepper.t_old:  # LSODA goes on for ever where its step has fallen below the spacing of floats
            message = message or "the step has become too small to advance the time"
        elif not np.isfinite(stepper.y).all():
            message = message or "the state is not finite"
        if message:
            raise UnfinishedError(f"{solver} stopped at t = {stepper.t:g}: {message}; try a smaller rtol or a stiff solver")
        if stepper.t >= times[done]:
            state = stepper.dense_output()
            while done < len(times) and times[done] <= stepper.t:
                yield state(times[done])
                done += 1
