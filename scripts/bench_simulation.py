"""Speed of simulation by order parameters, against integrating every sample by SciPy and by diffrax.

Functions return rows like those of ``bench.py``; run as a script, it prints them.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.integrate
from numpy.typing import NDArray

from theory import Coupling, models, simulate
from theory.simulation.setting import Setting

CLASSES, DIMENSION, FRUSTRATED = 10, 8, 0.05
RTOL, ATOL = 1e-6, 1e-8
SOLVER = "RK45"  # what solver="auto" takes at this tolerance
HORIZON = 100.0
TIMES = np.linspace(0, HORIZON, 11)
SAMPLES = 10**5
ROUNDS = 5


def simulation_rows() -> Iterator[dict]:
    yield from direct_rows()
    yield overhead_row()
    yield from (cost_row(10**k) for k in range(3, 8))
    yield memory_row()


def direct_rows() -> list[dict]:
    """The shared head with stop-gradient from one start: order parameters, SciPy and diffrax, and the error of each."""
    coupling = random_pairs(SAMPLES)
    reference = simulate_head(coupling, rtol=1e-12, atol=1e-14).labels
    given = {str(b): v for b, v in head_setting(coupling).start(seed=0).items()}
    ours, few = least_seconds(lambda: simulate_head(coupling, initial=given), ROUNDS)
    by_scipy, every = least_seconds(lambda: integrate_by_hand(coupling, RTOL, ATOL), 2)
    compiled, by_diffrax, jitted = diffrax_labels(coupling)
    size = np.abs(reference).max()
    gaps = [np.abs(labels - reference).max() / size for labels in (few.labels, every, jitted)]
    what = f"shared head to t={HORIZON:g}, N={SAMPLES}, K={CLASSES}, d={DIMENSION}, rtol {RTOL:g}"
    errors = f"errors {gaps[0]:.0e} and {{:.0e}}"
    return [
        ratio_row(f"{what}: NumPy and SciPy's {SOLVER} / order parameters, {errors.format(gaps[1])}", by_scipy, ours, "150 x"),
        ratio_row(
            f"the same: jitted diffrax, Tsit5 / order parameters, {errors.format(gaps[2])}; {compiled:.1f} s to compile",
            by_diffrax, ours, "100 x",
        ),
    ]  # fmt: skip


def overhead_row() -> dict:
    """The direct method against NumPy written by hand, to t = 10; both keep the tolerances block by block."""
    coupling, times = random_pairs(SAMPLES), TIMES[:2]
    sizes = np.array([DIMENSION * SAMPLES, DIMENSION * CLASSES, DIMENSION**2])
    share = np.repeat(np.sqrt(sizes / sizes.sum()), sizes)
    rounds = []
    for _ in range(3):
        ours, _ = least_seconds(lambda: simulate_head(coupling, method="direct", times=times), 1)
        theirs, _ = least_seconds(lambda: integrate_by_hand(coupling, RTOL * share, ATOL * share, times), 1)
        rounds.append(ours / theirs)
    what = f"direct method / NumPy written by hand (N={SAMPLES}, to t={times[-1]:g}, {SOLVER})"
    return {"what": what, "measured": f"{statistics.median(rounds):.2f} x", "goal": "1.2 x", "seconds": ours}


def cost_row(samples: int) -> dict:
    """Seconds after the coupling is built, and those of the direct method up to N = 1e5."""
    coupling = random_pairs(samples)
    seconds, _ = least_seconds(lambda: simulate_head(coupling), 2)
    direct = (
        f"; direct {least_seconds(lambda: simulate_head(coupling, method='direct'), 1)[0]:.2f} s" if samples <= SAMPLES else ""
    )
    what = f"the same by order parameters at N=10^{round(np.log10(samples))}, after the coupling is built{direct}"
    return {"what": what, "measured": f"{seconds:.3f} s", "goal": "1 s" if samples == 10**7 else "", "seconds": seconds}


def memory_row() -> dict:
    """Peak of what a run allocates beside the coupling."""
    peaks = {samples: peak_memory(random_pairs(samples)) for samples in (10**6, 10**7)}
    shown = " and ".join(f"{megabytes:.1f} MB at N=10^{round(np.log10(n))}" for n, megabytes in peaks.items())
    what = f"peak memory of a run by order parameters beside the coupling: {shown}"
    return {"what": what, "measured": f"{peaks[10**7] / peaks[10**6]:.2f} x", "goal": "1 x", "megabytes": list(peaks.values())}


def peak_memory(coupling: Coupling) -> float:
    simulate_head(coupling)
    tracemalloc.start()
    simulate_head(coupling)
    found = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return found


def random_pairs(samples: int) -> Coupling:
    coupling = Coupling.random_pairs(CLASSES, samples, FRUSTRATED, seed=0)
    assert coupling.type_of.size == samples  # built with the coupling
    return coupling


def simulate_head(coupling: Coupling, method: str = "order-parameters", **options):
    how = {"dimension": DIMENSION, "times": TIMES, "rtol": RTOL, "atol": ATOL, **options}
    return simulate(models.projection_head(), coupling, method=method, **how)


def head_setting(coupling: Coupling) -> Setting:
    return Setting.of(models.projection_head(), coupling, DIMENSION)


def start_blocks(coupling: Coupling) -> tuple[list[NDArray], list[Any], float]:
    """Blocks at the start, data, and the mobility of the head."""
    made = head_setting(coupling)
    data = [coupling.data[name] for name in ("J", "D_x", "D_y", "H_x", "H_y")]
    return list(made.start(seed=0).values()), data, made.numbers_by_name["gamma"]


def integrate_by_hand(coupling: Coupling, rtol, atol, times: NDArray = TIMES) -> NDArray:
    """Labels at the recorded times, by NumPy as one writes it."""
    blocks, (J, D_x, D_y, H_x, H_y), gamma = start_blocks(coupling)
    shapes, edges = [b.shape for b in blocks], np.cumsum([b.size for b in blocks])[:-1]

    def velocity(t: float, state: NDArray) -> NDArray:
        X, Y, W = (part.reshape(shape) for part, shape in zip(np.split(state, edges), shapes, strict=True))
        of_samples, of_labels = (W @ X) * D_x - Y @ J.T, (W @ Y) * D_y - X @ J
        head = -gamma * (of_samples @ X.T + of_labels @ Y.T)
        return np.concatenate([(-(W.T @ of_samples) * H_x).ravel(), (-(W.T @ of_labels) * H_y).ravel(), head.ravel()])

    initial = np.concatenate([b.ravel() for b in blocks])
    stepper = getattr(scipy.integrate, SOLVER)(velocity, 0.0, initial, times[-1], rtol=rtol, atol=atol)
    found = [blocks[1]]
    while len(found) < len(times):
        stepper.step()
        while len(found) < len(times) and times[len(found)] <= stepper.t:
            found.append(stepper.dense_output()(times[len(found)])[edges[0] : edges[1]].reshape(shapes[1]))
    return np.array(found)


def diffrax_labels(coupling: Coupling) -> tuple[float, float, NDArray]:
    """Seconds of compilation and of a run, and labels at the recorded times, in double precision."""
    import diffrax
    import jax

    jax.config.update("jax_enable_x64", True)
    blocks, data, gamma = start_blocks(coupling)

    def velocity(t, state, data):
        (X, Y, W), (J, D_x, D_y, H_x, H_y) = state, data
        of_samples, of_labels = W @ X * D_x - Y @ J.T, W @ Y * D_y - X @ J
        return -W.T @ of_samples * H_x, -W.T @ of_labels * H_y, -gamma * (of_samples @ X.T + of_labels @ Y.T)

    def solve(state, data):
        saved = diffrax.SaveAt(ts=TIMES, fn=lambda t, state, data: state[1])
        control = diffrax.PIDController(rtol=RTOL, atol=ATOL)
        return diffrax.diffeqsolve(
            diffrax.ODETerm(velocity), diffrax.Tsit5(), 0.0, HORIZON, None, state, data, saveat=saved,
            stepsize_controller=control, max_steps=10**5,
        ).ys  # fmt: skip

    arguments = tuple(map(jax.numpy.asarray, blocks)), tuple(map(jax.numpy.asarray, data))
    started = time.perf_counter()
    compiled = jax.jit(solve).lower(*arguments).compile()
    seconds = time.perf_counter() - started
    return seconds, *least_seconds(lambda: np.asarray(compiled(*arguments)), 2)


def least_seconds(function: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """The least seconds of some rounds, and the last result."""
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - started)
    return min(seconds), result


def ratio_row(what: str, theirs: float, ours: float, goal: str) -> dict:
    return {"what": what, "measured": f"{theirs / ours:.0f} x", "goal": goal, "seconds": ours}


if __name__ == "__main__":
    for row in simulation_rows():
        print(f"{row['measured']:>12}{row['goal']:>10}  {row['what']}", flush=True)
