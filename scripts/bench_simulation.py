"""Speed of simulation by order parameters, against integrating every sample.

Functions return rows like those of ``bench.py``; run as a script, it prints them.
"""

from __future__ import annotations

import time

import numpy as np

from theory import Coupling, models, simulate

TIMES = np.linspace(0, 100, 11)
TOLERANCES = {"rtol": 1e-6, "atol": 1e-8}


def simulation_rows() -> list[dict]:
    return [against_direct(), *(cost(samples) for samples in (10**4, 10**5, 10**6, 10**7))]


def against_direct(samples: int = 10**5, classes: int = 10, d: int = 8) -> dict:
    """The shared head with stop-gradient to t = 100 from the same start by both methods."""
    coupling = Coupling.random_pairs(classes, samples, 0.05, seed=0)
    runs, seconds = {}, {}
    for method in ("order-parameters", "order-parameters", "direct"):
        started = time.perf_counter()
        runs[method] = simulate(models.projection_head(), coupling, dimension=d, times=TIMES, method=method, **TOLERANCES)
        seconds[method] = time.perf_counter() - started
    few, every = runs["order-parameters"].labels, runs["direct"].labels
    gap = np.abs(few - every).max() / np.abs(every).max()
    what = f"shared head to t=100, direct / order parameters (N={samples}, K={classes}, d={d}; they differ by {gap:.0e})"
    ratio = seconds["direct"] / seconds["order-parameters"]
    return {"what": what, "measured": f"{ratio:.0f} x", "goal": "150 x", "seconds": seconds["order-parameters"]}


def cost(samples: int, classes: int = 10, d: int = 8) -> dict:
    coupling = Coupling.random_pairs(classes, samples, 0.05, seed=0)
    started = time.perf_counter()
    simulate(models.projection_head(), coupling, dimension=d, times=TIMES, **TOLERANCES)
    seconds = time.perf_counter() - started
    what = f"the same by order parameters at N=10^{round(np.log10(samples))}, after the coupling is built"
    return {"what": what, "measured": f"{seconds:.2f} s", "goal": "1 s" if samples == 10**7 else "", "seconds": seconds}


if __name__ == "__main__":
    for row in simulation_rows():
        print(f"{row['measured']:>12}{row['goal']:>10}  {row['what']}")
