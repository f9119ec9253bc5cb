"""Speed, as ratios measured in one run.  ``make bench`` prints the table and writes it to collapse-out/bench.json."""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

from theory import Coupling, models
from theory.models.vocabulary import kappa, lam

ROUNDS = 15


def main() -> None:
    rows = [velocity_of_the_shared_head(), import_of_theory(), time_of_the_report()]
    print(f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}, numpy {np.__version__}\n")
    print(f"{'what':<66}{'measured':>12}{'goal':>10}")
    for row in rows:
        print(f"{row['what']:<66}{row['measured']:>12}{row['goal']:>10}")
    out = Path("collapse-out")
    out.mkdir(exist_ok=True)
    (out / "bench.json").write_text(json.dumps(rows, indent=1))


def velocity_of_the_shared_head(samples: int = 10_000, classes: int = 10, d: int = 8) -> dict:
    """The lowered matrix-level velocity against the same written by hand."""
    from sympy import Integer

    coupling = Coupling.uniform(classes, samples, 0.05)
    flow = models.projection_head().with_values({lam: Integer(0), kappa: Integer(0)}).stop_gradient_flow()
    gamma = 1 / coupling.total_weight
    data = {name: coupling.data[name] for name in ("J", "D_x", "D_y", "H_x", "H_y")}
    lowered = flow.lower({**data, "gamma": gamma, "d": d})
    J, D_x, D_y, H_x, H_y = data.values()
    edges = np.cumsum([0, d * samples, d * classes, d * d])

    def by_hand(t, y):
        X, Y, W = (y[i:j].reshape(d, -1) for i, j in pairwise(edges))
        R_x = (W @ X) * D_x - Y @ J.T
        R_y = (W @ Y) * D_y - X @ J
        return np.concatenate(
            [(-(W.T @ R_x) * H_x).ravel(), (-(W.T @ R_y) * H_y).ravel(), (-gamma * (R_x @ X.T + R_y @ Y.T)).ravel()]
        )

    state = np.random.default_rng(0).standard_normal(edges[-1])
    np.testing.assert_allclose(lowered.velocity(0.0, state), by_hand(0.0, state), rtol=1e-9, atol=1e-12)
    ratio, ours = paired(lambda: lowered.velocity(0.0, state), lambda: by_hand(0.0, state), repeat=100)
    return {
        "what": f"lowered velocity of the shared head / by hand (N={samples}, K={classes}, d={d})",
        "measured": f"{ratio:.2f} x",
        "goal": "1.2 x",
        "seconds": ours,
    }


def import_of_theory() -> dict:
    """``import theory`` against importing sympy and numpy."""

    def start(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    ratio, ours = paired(start("import theory"), start("import sympy, numpy"), repeat=1)
    return {
        "what": "import theory / import sympy, numpy (whole process)",
        "measured": f"{ratio:.2f} x",
        "goal": "1.3 x",
        "seconds": ours,
    }


def time_of_the_report() -> dict:
    """The main job, after set-up."""
    started = time.perf_counter()
    command = [sys.executable, "-c", "from derivations.cli import main; main()", "report", "--out", "collapse-out"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    return {"what": "collapse report (digits)", "measured": f"{seconds:.1f} s", "goal": "60 s", "seconds": seconds}


def paired(ours: Callable[[], object], theirs: Callable[[], object], repeat: int) -> tuple[float, float]:
    """The median ratio of alternating rounds, and the median seconds of one call of ours."""

    def seconds(function: Callable[[], object]) -> float:
        started = time.perf_counter()
        for _ in range(repeat):
            function()
        return (time.perf_counter() - started) / repeat

    seconds(ours), seconds(theirs)
    rounds = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
    return statistics.median(a / b for a, b in rounds), statistics.median(a for a, _ in rounds)


if __name__ == "__main__":
    main()
