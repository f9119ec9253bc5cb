"""Speed of couplings at scale: slow times, exact propagation, cost against the number of samples.

Each function returns rows like those of ``bench.py``; run as a script, it prints them.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import numpy as np
from numpy.typing import NDArray

from theory import Coupling
from theory.simulation import propagate
from theory.simulation.exact import Stepped

SLOW_TIME = """
import resource, sys, time
from theory import Coupling
import scipy.sparse.linalg, scipy.sparse.csgraph, scipy.linalg.lapack
started = time.perf_counter()
coupling = Coupling.random_pairs(100, 10**6, 0.05, seed=0)
built = time.perf_counter()
coupling.slow_time()
done = time.perf_counter()
print(built - started, done - built, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def coupling_rows() -> list[dict]:
    return [*slow_time_rows(), *propagation_rows(), cost_row()]


def slow_time_rows() -> list[dict]:
    """``slow_time()`` of a million samples in a process of its own; imports are not counted in the time, but in the memory."""
    done = subprocess.run([sys.executable, "-c", SLOW_TIME], check=True, capture_output=True, text=True)
    build, solve, peak = map(float, done.stdout.split())
    what = "slow_time(), N=10^6, K=100, 5 % random pairs"
    return [
        {"what": what, "measured": f"{solve:.2f} s", "goal": "5 s", "seconds": solve},
        {"what": f"{what}, building included", "measured": f"{build + solve:.2f} s", "goal": "5 s", "seconds": build + solve},
        {"what": f"{what}, peak memory", "measured": f"{peak:.2f} GiB", "goal": "1 GiB", "seconds": build + solve},
    ]


def propagation_rows(samples: int = 10**5, classes: int = 100, d: int = 16, solver: str = "DOP853") -> list[dict]:
    """Exact propagation to ten slow times against SciPy's best adaptive integrator on the same 100 times.

    DOP853 is the best of them here: see :func:`integrator_rows`.  Errors are against the action of the matrix exponential.
    """
    coupling = Coupling.random_pairs(classes, samples, 0.05, seed=0)
    times = np.linspace(0, 10 * coupling.slow_time(), 100)
    X, Y = draw_start(coupling, d)
    pure = np.flatnonzero(np.diff(coupling.types.indptr) == 1)
    rounds = [time_exact(Coupling.random_pairs(classes, samples, 0.05, seed=0), X, Y, times, pure) for _ in range(5)]
    ours, everything = (statistics.median(seconds) for seconds in zip(*rounds, strict=True))
    labels = propagate(coupling, X, Y).labels(times)
    started = time.perf_counter()
    theirs_labels = integrate_labels(coupling, X, Y, times, solver)
    theirs = time.perf_counter() - started
    reference = Stepped(coupling, X, Y).labels(times)
    errors = [np.max(np.abs(found - reference)) for found in (labels, theirs_labels)]
    compared = f"errors {errors[0]:.0e} and {errors[1]:.0e}"
    what = f"{{}} at 100 times to 10 slow times, {solver} / exact (N={samples}, K={classes}, d={d}; {compared})"
    return [
        {"what": what.format("labels, means"), "measured": f"{theirs / ours:.0f} x", "goal": "100 x", "seconds": ours},
        {"what": what.format("all samples"), "measured": f"{theirs / everything:.0f} x", "goal": "20 x", "seconds": everything},
    ]


def time_exact(coupling: Coupling, X: NDArray, Y: NDArray, times: NDArray, pure: NDArray) -> tuple[float, float]:
    """Seconds for labels and class means, spectrum included, and for all samples on top."""
    started = time.perf_counter()
    run = propagate(coupling, X, Y)
    run.labels(times), run.means(times)[:, :, pure]
    few = time.perf_counter() - started
    for t, (_, means) in zip(times, run.states(times), strict=True):
        run.spread(t, means, np.arange(coupling.samples))
    return few, time.perf_counter() - started


def integrator_rows(samples: int = 10**4, classes: int = 100, d: int = 16) -> list[dict]:
    """All of SciPy's adaptive integrators that can, at a tenth of the size; the implicit ones with the sparse Jacobian.

    LSODA is left out: its Jacobian is dense or banded, and the operator is neither.
    """
    coupling = Coupling.random_pairs(classes, samples, 0.05, seed=0)
    times = np.linspace(0, 10 * coupling.slow_time(), 100)
    X, Y = draw_start(coupling, d)
    reference, rows = Stepped(coupling, X, Y).labels(times), []
    for solver in ("RK45", "DOP853", "BDF", "Radau"):
        started = time.perf_counter()
        labels = integrate_labels(coupling, X, Y, times, solver)
        seconds = time.perf_counter() - started
        what = f"{solver}, N={samples}, K={classes}, d={d}, rtol 1e-8 (error {np.max(np.abs(labels - reference)):.0e})"
        rows.append({"what": what, "measured": f"{seconds:.1f} s", "goal": "", "seconds": seconds})
    return rows


def cost_row(classes: int = 100, d: int = 4) -> dict:
    """The exponent of the cost of building, the slow time and all samples at 20 times, against the number of non-zeros.

    Matrices on the labels, whose cost does not depend on N, dominate below some ten thousand samples; the first size, which
    warms up, is run twice.
    """
    sizes, seconds, weights = [10**3, 10**3, 10**4, 10**5, 10**6], [], []
    rng = np.random.default_rng(0)
    for samples in sizes:
        one, other = rng.integers(classes, size=samples), rng.integers(classes, size=samples)
        J = sparse_weights(np.where(rng.random(samples) < 0.05, other, one), one, classes)
        X, Y = rng.standard_normal((d, samples)), rng.standard_normal((d, classes))
        started = time.perf_counter()
        coupling = Coupling(J)
        times = np.linspace(0, coupling.slow_time(), 20)
        run = propagate(coupling, X, Y)
        for t, (_, means) in zip(times, run.states(times), strict=True):
            run.spread(t, means, np.arange(samples))
        seconds.append(time.perf_counter() - started)
        weights.append(J.nnz)
    exponent = np.log(seconds[-1] / seconds[-2]) / np.log(weights[-1] / weights[-2])
    listed = ", ".join(f"{s:.2g} s" for s in seconds[1:])
    what = f"exponent of cost against non-zeros from N=10^5 to 10^6 (N=10^3 ... 10^6: {listed})"
    curve = {"non-zeros": weights[1:], "seconds": seconds[1:]}
    return {"what": what, "measured": f"{exponent:.2f}", "goal": "<= 1", "seconds": seconds[-1], "curve": curve}


def sparse_weights(one: NDArray, other: NDArray, classes: int):
    from scipy.sparse import coo_array

    rows = np.tile(np.arange(len(one)), 2)
    J = coo_array((np.full(2 * len(one), 0.5), (rows, np.concatenate([one, other]))), shape=(len(one), classes)).tocsr()
    J.sum_duplicates()
    return J


def draw_start(coupling: Coupling, d: int) -> tuple[NDArray, NDArray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((d, coupling.samples)), rng.standard_normal((d, coupling.labels))


def integrate_labels(coupling: Coupling, X: NDArray, Y: NDArray, times: NDArray, solver: str) -> NDArray:
    """Labels by a SciPy integrator on a sparse velocity written by hand, embeddings as rows."""
    from scipy.integrate import solve_ivp
    from scipy.sparse import block_array, diags_array, kron

    from theory.simulation.direct import integrate

    J = coupling.types[coupling.type_of]
    back = J.T.tocsr()
    shape = (coupling.samples + coupling.labels, len(X))
    own = np.concatenate([J.sum(axis=1), J.sum(axis=0)])[:, None]
    eta = np.concatenate([coupling.sample_mobility[coupling.type_of], coupling.label_mobility])[:, None]

    def velocity(t, z):
        z = z.reshape(shape)
        pulled = np.concatenate([J @ z[len(J.indptr) - 1 :], back @ z[: len(J.indptr) - 1]])
        return (eta * (pulled - own * z)).ravel()

    options = {}
    if solver in ("BDF", "Radau"):
        operator = diags_array(eta[:, 0]) @ (block_array([[None, J], [back, None]]) - diags_array(own[:, 0]))
        options["jac"] = kron(operator, np.eye(len(X)), format="csc")
    first = np.concatenate([X.T, Y.T]).ravel()
    tight = {"rtol": 1e-8, "atol": 1e-10}
    if options:
        states = solve_ivp(velocity, (0, times[-1]), first, method=solver, t_eval=times, **tight, **options).y.T
    else:
        states = integrate(velocity, first, times, solver, **tight)
    return np.array([z.reshape(shape)[coupling.samples :].T for z in states])


if __name__ == "__main__":
    for row in [*coupling_rows(), *(integrator_rows() if "--integrators" in sys.argv else [])]:
        print(f"{row['measured']:>12}{row['goal']:>10}  {row['what']}")
