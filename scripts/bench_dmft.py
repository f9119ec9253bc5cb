"""Speed of the disorder-averaged theory beside the simulation and the dense eigenproblem that it replaces.

Each function returns rows like those of ``bench.py``; run as a script, it prints them.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from theory import Coupling, models, simulate
from theory.coupling.spectrum import dense_modes
from theory.dmft import LabelResponse

PURE, LINKS, CLASSES, DIMENSION = 10, 20, 800, 24
TIMES = np.geomspace(0.05, 10, 50)


def dmft_rows() -> list[dict]:
    return [*curve_rows(), response_row(), *simulation_rows()]


def curve_rows() -> list[dict]:
    """A separation curve at fifty times, by the large-c closure, fast and in mpmath, and by the cavities."""
    fast, seconds = measure_seconds(
        lambda: LabelResponse("poisson", PURE, LINKS, closure="large-c").separation(TIMES, DIMENSION)
    )
    slow, longer = measure_seconds(
        lambda: LabelResponse("poisson", PURE, LINKS, closure="large-c", path="mpmath").separation(TIMES, DIMENSION)
    )
    apart = float(np.max(np.abs(slow - fast))) / (2 * DIMENSION)
    what = f"separation curve, {len(TIMES)} times, poisson n_0={PURE} c={LINKS}, {{}}"
    cavity = LabelResponse("poisson", PURE, LINKS)
    curve, populations = measure_seconds(lambda: cavity.relaxation(2 * TIMES))
    _, exact = measure_seconds(lambda: LabelResponse("regular", PURE, LINKS).separation(TIMES, DIMENSION))
    return [
        bench_row(what.format(f"large-c ({apart:.0e} from mpmath)"), seconds, "2 s"),
        bench_row(what.format("large-c, all in mpmath at 15 digits"), longer, "20 s"),
        bench_row(what.format(f"the exact cavity by populations (errors {np.max(curve.errors):.0e})"), populations),
        bench_row(f"separation curve, {len(TIMES)} times, regular n_0={PURE} c={LINKS}, exact spectrum", exact),
    ]


def response_row(points: int = 1000) -> dict:
    rng = np.random.default_rng(0)
    s = rng.uniform(-PURE, 5, points) + 1j * 10 ** rng.uniform(-2, 1, points)
    _, seconds = measure_seconds(lambda: LabelResponse("poisson", PURE, LINKS, closure="large-c").response(s))
    return bench_row(f"G(s), large-c, at {points} complex points, certified against mpmath", seconds, "1 s")


def simulation_rows() -> list[dict]:
    """The same curve from one coupling: embeddings integrated with sparse couplings, and all modes of the operator."""
    samples = CLASSES * (PURE + LINKS // 2)
    make = lambda: Coupling.random_pairs(CLASSES, samples, LINKS / 2 / (PURE + LINKS / 2), seed=0, mobility="uniform")  # noqa: E731
    coupling, theory = make(), LabelResponse("poisson", PURE, LINKS).variance(TIMES)
    run, seconds = measure_seconds(
        lambda: simulate(models.embedding_only(), coupling, dimension=DIMENSION, times=[0, *TIMES], seed=0, method="direct")
    )
    dense, longer = measure_seconds(lambda: mean_relaxation(make(), 2 * TIMES))
    spread = np.var(run.labels[1:], axis=-1).mean(axis=-1)
    what = f"the same from one coupling, K={CLASSES}, N={samples}, {{}} (from theory: {{:.1%}} at t=1, {{:.1%}} at t=10)"
    at = [int(np.argmin(np.abs(TIMES - t))) for t in (1, 10)]
    return [
        bench_row(what.format(f"sparse simulation, d={DIMENSION}", *(abs(spread / theory - 1)[at])), seconds),
        bench_row(what.format("dense eigenproblem", *(abs(dense / theory - 1)[at])), longer),
    ]


def mean_relaxation(coupling: Coupling, times: NDArray) -> NDArray:
    """The mean over labels of the diagonal of the propagator, without the zero mode."""
    rates, modes = dense_modes(coupling.reduction)
    weights = np.mean(modes[-coupling.labels :] ** 2, axis=0)[coupling.components :]
    return np.exp(-np.multiply.outer(times, rates[coupling.components :])) @ weights


def measure_seconds(work) -> tuple:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def bench_row(what: str, seconds: float, goal: str = "") -> dict:
    return {"what": what, "measured": f"{seconds:.2f} s", "goal": goal, "seconds": seconds}


if __name__ == "__main__":
    for one in dmft_rows():
        print(f"{one['measured']:>12}{one['goal']:>10}  {one['what']}")
