"""Speed of the two-time theory of wide random heads, beside averages over the direct runs that it replaces.

Each function returns rows like those of ``bench.py``; run as a script, it prints them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from bench_dmft import bench_row

from theory import Coupling, models, simulate
from theory.dmft import WideHead
from theory.simulation import Direct

TIMES, MODES, UNTIL = 400, 20, 10.0
DIMENSION, RUNS = 1000, 100
RATES = {"start": 0.5, "spread": 0.5, "gamma": 0.5}


def wide_rows() -> list[dict]:
    return [*kernel_rows(), run_row()]


def kernel_rows() -> list[dict]:
    """Two-time kernels of one mode, and of many, each a problem of its own."""
    one, many = (WideHead(modes, **RATES) for modes in (0.8, np.linspace(0.1, 0.99, MODES)))
    return [
        bench_row(f"two-time kernels of one mode at {TIMES} times (processor)", processor_time(one.kernels), "5 s"),
        bench_row(f"the same of {MODES} modes (processor, all cores together)", processor_time(many.kernels), "60 s"),
    ]


def processor_time(solve: Callable) -> float:
    before = time.process_time()
    solve(UNTIL, TIMES)
    return time.process_time() - before


def run_row() -> dict:
    """The variance of labels to the standard error of a mean over runs, beside these; one run is measured."""
    coupling, error = Coupling.uniform(2, 4, 0.5), float(np.sqrt(2 / DIMENSION / RUNS))
    before = time.process_time()
    curve = WideHead.of(coupling, **RATES, tolerance=error).trajectory([0.0, 1.0, 5.0])
    theory = time.process_time() - before
    before = time.process_time()
    _run_once(coupling)
    runs = RUNS * (time.process_time() - before)
    what = (
        f"labels beside a wide head to {curve.errors.max():.0e}: {RUNS} runs at d={DIMENSION} ({runs:.0f} s) / two-time theory"
    )
    return bench_row(what, theory) | {"measured": f"{runs / theory:.0f} x", "goal": "50 x"}


def _run_once(coupling: Coupling) -> None:
    rng, d = np.random.default_rng(0), DIMENSION
    start = {name: rng.standard_normal((d, size)) for name, size in (("X", coupling.samples), ("Y", coupling.labels))}
    start["W"] = RATES["start"] * np.eye(d) + RATES["spread"] * rng.standard_normal((d, d)) / d**0.5
    numbers = {"gamma": RATES["gamma"] / d, "lambda": 0.0, "kappa": 0.0}
    simulate(
        models.projection_head(),
        coupling,
        dimension=d,
        times=[0.0, 1.0, 5.0],
        by=Direct(rtol=1e-3, atol=1e-5),
        parameters=numbers,
        initial=start,
    )


if __name__ == "__main__":
    for one in wide_rows():
        print(f"{one['measured']:>12}{one['goal']:>10}  {one['what']}")
