"""Speed, as ratios measured in one run.

``make bench`` prints the table, writes it to collapse-out/bench.json, and draws the cost against the number of non-zeros.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from bench_algebra import algebra_rows
from bench_coupling import coupling_rows
from bench_dmft import dmft_rows
from bench_losses import loss_rows
from bench_simulation import simulation_rows
from bench_systems import system_rows
from bench_wide_head import wide_rows
from matplotlib.figure import Figure
from sympy import Matrix, solve, symbols

from derivations import Verdict, certify, fixed_points, stability
from derivations.analysis.limits import run_within
from derivations.analysis.linearisation.certify import CellStatus
from theory import Coupling, Flow, UnfinishedError, models
from theory.models.vocabulary import kappa, lam

ROUNDS = 15
PATIENCE = 60.0  # seconds that plain SymPy gets


def all_rows() -> Iterator[dict]:
    yield velocity_row()
    yield from loss_rows()
    yield import_row()
    yield from analysis_rows()
    yield from system_rows()
    yield from algebra_rows()
    yield from coupling_rows()
    yield from simulation_rows()
    yield from dmft_rows()
    yield from wide_rows()
    yield from rows_of_process("bench_diagnose", "diagnosis_rows")
    yield report_row()


def main() -> None:
    print(f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}, numpy {np.__version__}\n")
    print(f"{'what':<66}{'measured':>12}{'goal':>10}  {'plain SymPy, or another peer, in the same run'}")
    rows = []
    for row in all_rows():
        print(f"{row['what']:<66}{row['measured']:>12}{row['goal']:>10}  {row.get('sympy', '')}", flush=True)
        rows.append(row)
    out = Path("collapse-out")
    out.mkdir(exist_ok=True)
    (out / "bench.json").write_text(json.dumps(rows, indent=1))
    for row in (r for r in rows if "curve" in r):
        draw_cost(row["curve"]).savefig(out / "cost.svg")


def rows_of_process(module: str, rows: str) -> list[dict]:
    """Rows that measure the memory of their process."""
    code = f"import json, {module}; print(json.dumps(list({module}.{rows}())))"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def draw_cost(curve: dict) -> Figure:
    """Seconds against non-zeros, beside a line of slope one through the last point."""
    size, seconds = (np.array(curve[key]) for key in ("non-zeros", "seconds"))
    figure = Figure(figsize=(4.5, 3.2), layout="constrained")
    axis = figure.subplots()
    axis.loglog(size, seconds, "o-", label="spectrum and all samples at 20 times")
    axis.loglog(size, seconds[-1] * size / size[-1], "k--", linewidth=0.9, label="proportional to the non-zeros")
    axis.set(xlabel="non-zeros of the coupling", ylabel="seconds")
    axis.legend()
    return figure


def velocity_row(samples: int = 10_000, classes: int = 10, d: int = 8) -> dict:
    """The lowered matrix-level velocity against the same written by hand."""
    from sympy import Integer

    coupling = Coupling.uniform(classes, samples, 0.05)
    flow = models.projection_head().xreplace({lam: Integer(0), kappa: Integer(0)}).stop_gradient_flow()
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
    ratio, ours = compare_times(lambda: lowered.velocity(0.0, state), lambda: by_hand(0.0, state), repeat=100)
    return {
        "what": f"lowered velocity of the shared head / by hand (N={samples}, K={classes}, d={d})",
        "measured": f"{ratio:.2f} x",
        "goal": "1.2 x",
        "seconds": ours,
    }


def import_row() -> dict:
    """All names of ``theory`` against importing sympy and numpy."""

    def processor_time(code: str) -> float:
        before = os.times()
        subprocess.run([sys.executable, "-c", code], check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    rounds = [(processor_time("from theory import *"), processor_time("import sympy, numpy")) for _ in range(ROUNDS)]
    ratio, ours = statistics.median(a / b for a, b in rounds), statistics.median(a for a, _ in rounds)
    return {
        "what": "import of all names of theory / import sympy, numpy (processor time)",
        "measured": f"{ratio:.2f} x",
        "goal": "1.3 x",
        "seconds": ours,
    }


def report_row() -> dict:
    """The main job, after set-up."""
    started = time.perf_counter()
    command = [sys.executable, "-c", "from derivations.cli import main; main()", "report", "--out", "collapse-out"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    return {"what": "collapse report (digits)", "measured": f"{seconds:.1f} s", "goal": "60 s", "seconds": seconds}


def analysis_rows() -> list[dict]:
    """The derivation engine on the models that its goals name, against ``sympy.solve`` and ``Matrix.eigenvals``."""
    v, w, v_1, v_2 = symbols("v w v_1 v_2", real=True)
    gamma, kappa, lam, mu, mu_1, mu_2, a, b, current, epsilon = symbols(
        "gamma kappa lambda mu mu_1 mu_2 a b I epsilon", positive=True
    )
    one = Flow({v: -w * (w - mu) * v - lam * v, w: -gamma * (w - mu) * v**2 - kappa * w})
    pull = {v_1: mu_1, v_2: mu_2}
    two = Flow(
        {x: -w * (w - m) * x - lam * x for x, m in pull.items()}
        | {w: -gamma * sum((w - m) * x**2 for x, m in pull.items()) - kappa * w}
    )
    fitzhugh_nagumo = Flow({v: v - v**3 / 3 - w + current, w: epsilon * (v + a - b * w)})
    rows = [
        analysis_row("fixed points and stability, one mode with decay", one, "1 s"),
        analysis_row("fixed points and stability, two modes in one direction with decay", two, "10 s"),
        analysis_row("fixed points and stability, FitzHugh-Nagumo with symbolic parameters", fitzhugh_nagumo, "2 s"),
        sparse_block_row(),
    ]
    upper = next(p for p in fixed_points(one) if stability(one, p).verdict is Verdict.STABLE and p.values[v] != 0)
    box = {lam: (Fraction(1, 100), Fraction(1, 4)), mu: (Fraction(1, 10), 1), gamma: (1, 1), kappa: (1, 1)}
    started = time.perf_counter()
    diagram = certify(one, upper, box, cells={lam: 200, mu: 200})
    seconds = time.perf_counter() - started
    undecided = float(diagram.share(CellStatus.UNDECIDED))
    what = f"certified diagram, 200 x 200 cells of one mode ({undecided:.1%} undecided)"
    return [*rows, {"what": what, "measured": f"{seconds:.2f} s", "goal": "10 s", "seconds": seconds}]


def analysis_row(what: str, flow: Flow, goal: str) -> dict:
    """All fixed points and the stability of each, in a worker that is already up, and the same by plain SymPy."""
    fixed_points(Flow({flow.state[0]: flow.state[0]}))
    started = time.perf_counter()
    found = fixed_points(flow)
    for point in found:
        stability(flow, point)
    seconds = time.perf_counter() - started
    row = {"what": what, "measured": f"{seconds:.2f} s", "goal": goal, "seconds": seconds}
    return row | {"sympy": time_sympy(flow, len(found), seconds)}


def time_sympy(flow: Flow, count: int, ours: float) -> str:
    """What ``sympy.solve`` and ``Matrix.eigenvals`` do on the same flow within :data:`PATIENCE` seconds."""
    started = time.perf_counter()
    try:
        listed = run_within(PATIENCE, solve_and_linearise, dict(flow.velocity))
    except UnfinishedError:
        return f"not finished in {PATIENCE:g} s"
    except NotImplementedError as error:
        return f"gives up: {error}"
    seconds = time.perf_counter() - started
    return f"{seconds:.2f} s ({seconds / ours:.1f} x), {listed} points to our {count}, no conditions"


def solve_and_linearise(velocity: dict) -> int:
    points = solve(list(velocity.values()), list(velocity), dict=True)
    for point in points:
        Matrix(list(velocity.values())).jacobian(list(velocity)).subs(point).eigenvals()
    return len(points)


def sparse_block_row() -> dict:
    """Hurwitz conditions of a ring of six variables with two cross links and twelve symbols."""
    state, rates = symbols("x_1:7", real=True), symbols("k_1:13", positive=True)
    velocity = {x: -rates[i] * x + rates[6 + i] * state[(i + 1) % 6] for i, x in enumerate(state)}
    velocity[state[0]] += rates[2] * state[3]
    velocity[state[4]] += rates[5] * state[1]
    flow = Flow(velocity)
    started = time.perf_counter()
    stability(flow, dict.fromkeys(state, 0))
    seconds = time.perf_counter() - started
    what = "Hurwitz conditions of a sparse 6 x 6 block with 12 symbols"
    return {"what": what, "measured": f"{seconds:.2f} s", "goal": "5 s", "seconds": seconds}


def compare_times(ours: Callable[[], object], theirs: Callable[[], object], repeat: int) -> tuple[float, float]:
    """The median ratio of alternating rounds, and the median seconds of one call of ours."""

    def seconds(function: Callable[[], object]) -> float:
        started = time.process_time()
        for _ in range(repeat):
            function()
        return (time.process_time() - started) / repeat

    seconds(ours), seconds(theirs)
    rounds = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
    return statistics.median(a / b for a, b in rounds), statistics.median(a for a, _ in rounds)


if __name__ == "__main__":
    main()
