"""The engine of algebra beside the engines that algebraists use, in the same run; what is not installed is said.

Functions return rows like those of ``bench.py``; run as a script, it prints them.  Every answer is compared with the peer's.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import numpy as np
from sympy import Add, Expr, Mul, Rational, Symbol, cos, diff, exp, lambdify, log, symbols, tanh

from derivations import fixed_points, stability
from derivations.analysis.algebra.msolve import parametrize
from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.algebra.programs import Programs, installed_programs
from derivations.analysis.limits import run_within
from theory import Coupling, Flow, Loss, UnfinishedError

PATIENCE = 60.0  # seconds that plain SymPy gets
LEAST = 0.2  # seconds over which a short evaluation is repeated
State = tuple[Symbol, ...]


def algebra_rows() -> Iterator[dict]:
    programs = installed_programs()
    fixed_points(katsura(2))  # a worker that is up
    yield from (zeros_row(name, flow, goal, programs) for name, (flow, goal) in number_systems().items())
    yield growth_row("variables of katsura, 4 to 7", {n + 1: lambda n=n: fixed_points(katsura(n)) for n in (3, 4, 5, 6)})
    yield growth_row("degree of two equations, 2 to 6", {d: lambda d=d: fixed_points(dense_pair(d)) for d in (2, 3, 4, 5, 6)})
    yield from (species_row(n, goal) for n, goal in ((2, ""), (3, "2 s"), (4, "20 s")))
    yield from (hurwitz_row(n, goal) for n, goal in ((3, ""), (4, "0.5 s"), (5, "")))
    yield from spectrum_rows()
    for name, (x, loss) in scalar_losses().items():
        yield from scalar_rows(name, x, loss)


def seconds_of(work: Callable) -> tuple[float, object]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def growth_row(what: str, sizes: dict[int, Callable]) -> dict:
    """The exponent of the seconds in a size, by least squares of the logarithms."""
    seconds = [seconds_of(work)[0] for work in sizes.values()]
    slope = np.polyfit(np.log([*sizes]), np.log(seconds), 1)[0]
    told = ", ".join(f"{size}: {s:.2f} s" for size, s in zip(sizes, seconds, strict=True))
    return {"what": f"exponent in {what}", "measured": f"{slope:.1f}", "goal": "", "seconds": seconds[-1], "sympy": told}


# -- equations without parameters ------------------------------------------------------------------------------------------


def number_systems() -> dict[str, tuple[Flow, str]]:
    return {
        **{f"katsura-{n}": (katsura(n), "10 s" if n == 7 else "") for n in (4, 5, 6, 7)},
        **{f"cyclic-{n}": (cyclic(n), "10 s" if n == 6 else "") for n in (5, 6)},
        "noon-3": (noon(3), ""),
        **{f"eco-{n}": (eco(n), "") for n in (6, 7)},
    }


def zeros_row(name: str, flow: Flow, goal: str, programs: Programs) -> dict:
    """All real points, proved complete, beside msolve alone."""
    seconds, found = seconds_of(lambda: fixed_points(flow))
    row = {"what": f"all points of {name}", "measured": f"{seconds:.2f} s", "goal": goal or "3 x", "seconds": seconds}
    if programs.msolve is None:
        return {**row, "sympy": f"{found.completeness.value}; msolve is not installed"}
    ring = Ring(flow.state)
    equations = [ring.numerator(v) for v in flow.velocity.values()]
    alone, given = seconds_of(lambda: parametrize(programs, ring, flow.state, equations))
    assert given is not None
    real = sum(ball.imag.is_zero() for ball, _ in given.modulus.complex_roots())
    assert real == len(found), (real, len(found))
    return {**row, "sympy": f"{seconds / alone:.1f} x msolve alone ({alone:.2f} s); {real} points, {found.completeness.value}"}


def katsura(n: int) -> Flow:
    u = symbols(f"u_0:{n + 1}", real=True)

    def at(i: int) -> Expr | int:
        return u[abs(i)] if abs(i) <= n else 0

    rows = [Add(*(at(i) * at(m - i) for i in range(-n, n + 1))) - u[m] for m in range(n)]
    return Flow(dict(zip(u, [*rows, Add(*(at(i) for i in range(-n, n + 1))) - 1], strict=True)))


def cyclic(n: int) -> Flow:
    z = symbols(f"z_0:{n}", real=True)
    rows = [Add(*(Mul(*(z[(i + k) % n] for k in range(d))) for i in range(n))) for d in range(1, n)]
    return Flow(dict(zip(z, [*rows, Mul(*z) - 1], strict=True)))


def noon(n: int) -> Flow:
    x = symbols(f"x_1:{n + 1}", real=True)
    return Flow({s: 10 * s * Add(*(t**2 for t in x if t != s)) - 11 * s + 10 for s in x})


def eco(n: int) -> Flow:
    x = symbols(f"x_1:{n + 1}", real=True)
    rows = [(x[k - 1] + Add(*(x[i - 1] * x[i + k - 1] for i in range(1, n - k)))) * x[-1] - k for k in range(1, n)]
    return Flow(dict(zip(x, [*rows, Add(*x[:-1]) + 1], strict=True)))


def dense_pair(degree: int) -> Flow:
    x, y = symbols("x y", real=True)
    rng = np.random.default_rng(degree)
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    return Flow(
        {
            s: Add(*(int(c) * x**i * y**j for c, (i, j) in zip(rng.integers(-9, 10, len(powers)), powers, strict=True)))
            for s in (x, y)
        }
    )


# -- parameters ------------------------------------------------------------------------------------------------------------


def species_row(n: int, goal: str) -> dict:
    """All points of general Lotka-Volterra equations and the stability of each."""
    x, r = symbols(f"x_1:{n + 1}", real=True), symbols(f"r_1:{n + 1}", real=True)
    a = [[Symbol(f"a_{i}{j}", real=True) for j in range(1, n + 1)] for i in range(1, n + 1)]
    flow = Flow({s: s * (r[i] + Add(*(c * t for c, t in zip(a[i], x, strict=True)))) for i, s in enumerate(x)})
    searched, found = seconds_of(lambda: fixed_points(flow))
    judged, _ = seconds_of(lambda: [stability(flow, p) for p in found])
    told = f"{len(found)} points, {found.completeness.value}, in {searched:.2f} s"
    seconds = searched + judged
    return {
        "what": f"points and stability, {n} species",
        "measured": f"{seconds:.1f} s",
        "goal": goal,
        "seconds": seconds,
        "sympy": told,
    }


def hurwitz_row(n: int, goal: str) -> dict:
    """Hurwitz conditions of a matrix of symbols: the stability of the origin of a linear flow."""
    x = symbols(f"x_1:{n + 1}", real=True)
    a = [[Symbol(f"a_{i}{j}", real=True) for j in range(1, n + 1)] for i in range(1, n + 1)]
    flow = Flow({s: Add(*(c * t for c, t in zip(row, x, strict=True))) for s, row in zip(x, a, strict=True)})
    seconds, found = seconds_of(lambda: stability(flow, dict.fromkeys(x, 0)))
    row = {"what": f"Hurwitz conditions, dense {n} x {n}", "measured": f"{seconds:.2f} s", "goal": goal, "seconds": seconds}
    return {**row, "sympy": f"{len(found.conditions)} conditions, {found.verdict.value}"}


# -- spectra ---------------------------------------------------------------------------------------------------------------


def spectrum_rows() -> Iterator[dict]:
    """Rates of couplings with dense weights, and of samples with mobilities of their own."""
    rng = np.random.default_rng(0)
    for samples, goal in ((10_000, ""), (100_000, "10 s")):
        coupling = Coupling(rng.random((samples, 100)))
        yield timed_row(f"spectrum of {samples} x 100 dense weights", goal, coupling.summarise)
    for samples, goal in ((100_000, ""), (1_000_000, "20 s")):
        coupling = Coupling.random_pairs(100, samples, 0.01, (rng.uniform(0.5, 2, samples), 1.0))
        yield timed_row(f"110 rates, {samples} samples, a mobility each", goal, lambda c=coupling: c.rates(110))


def timed_row(what: str, goal: str, work: Callable) -> dict:
    seconds, _ = seconds_of(work)
    return {"what": what, "measured": f"{seconds:.1f} s", "goal": goal, "seconds": seconds}


# -- losses of many scalars ------------------------------------------------------------------------------------------------


def scalar_losses() -> dict[str, tuple[State, Expr]]:
    return {"20 scalars, dense": dense_loss(20), "200 scalars, a chain": chain_loss(200)}


def dense_loss(n: int) -> tuple[State, Expr]:
    """A small network on linear forms that hold every variable."""
    x, rng, loss = symbols(f"x_0:{n}", real=True), np.random.default_rng(0), Add()
    for _ in range(n):
        u, v, w = (Add(*(int(c) * s for c, s in zip(rng.integers(-3, 4, n), x, strict=True))) / n for _ in range(3))
        loss += (tanh(u) * v - w**2) ** 2 / 2 + log(1 + exp(u * v)) / n
    return x, loss + Add(*((x[i] * x[j] - Rational(i + j, n)) ** 2 for i in range(n) for j in range(i))) / n


def chain_loss(n: int) -> tuple[State, Expr]:
    x = symbols(f"x_0:{n}", real=True)
    pairs = ((x[i], x[i + 1]) for i in range(n - 1))
    return x, Add(*((t - s * tanh(s)) ** 2 / 2 + log(1 + s**2 * t**2) + cos(s) * exp(-(t**2)) for s, t in pairs))


def scalar_rows(name: str, x: State, loss: Expr) -> Iterator[dict]:
    """Flow, Jacobian, lowering and one value of each; then one more value of the Jacobian."""
    y = 0.3 + np.linspace(0, 0.5, len(x))

    def ours() -> Callable:
        lowered = Loss(loss, x).gradient_flow().lower()
        lowered.velocity(0.0, y)
        lowered.jacobian(0.0, y)  # compiled with its first value
        return lambda: lowered.jacobian(0.0, y)

    def with_symengine() -> Callable:
        import symengine

        own, whole = [symengine.Symbol(s.name) for s in x], symengine.sympify(loss)
        velocity = [-whole.diff(s) for s in own]
        slopes = np.array([[v.diff(s) for s in own] for v in velocity])
        made = [symengine.Lambdify(own, e, backend="llvm", cse=True) for e in (velocity, slopes)]
        made[0](y)
        made[1](y)
        return lambda: made[1](y)

    seconds, jacobian = seconds_of(ours)
    once, told, each = repeated(jacobian), [], []
    if find_spec("symengine"):
        alone, other = seconds_of(with_symengine)
        np.testing.assert_allclose(jacobian(), other(), rtol=1e-9, atol=1e-9)
        told.append(f"{seconds / alone:.2f} x symengine ({alone:.1f} s)")
        one = repeated(other)
        each.append(f"{once / one:.2f} x symengine ({one * 1e6:.0f} us)")
    else:
        told, each = (["symengine is not installed"] for _ in range(2))
    try:
        alone, one, found = run_within(PATIENCE, by_sympy, x, loss, y)
        np.testing.assert_allclose(jacobian(), found, rtol=1e-9, atol=1e-9)
        told.append(f"{seconds / alone:.2f} x SymPy ({alone:.1f} s)")
        each.append(f"{once / one:.2f} x SymPy ({one * 1e6:.0f} us)")
    except UnfinishedError:
        told.append(f"SymPy not in {PATIENCE:.0f} s")
    row = {
        "what": f"loss of {name}: flow, Jacobian, lowered",
        "measured": f"{seconds:.1f} s",
        "goal": "2 x",
        "seconds": seconds,
    }
    yield {**row, "sympy": ", ".join(told)}
    row = {
        "what": f"loss of {name}: a value of the Jacobian",
        "measured": f"{once * 1e6:.0f} us",
        "goal": "1.5 x",
        "seconds": once,
    }
    yield {**row, "sympy": ", ".join(each)}


def by_sympy(x: State, loss: Expr, y: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Seconds until there is a value of the Jacobian, those of one more, and the value."""
    started = time.perf_counter()
    velocity = [-diff(loss, s) for s in x]
    made = [lambdify(x, e, "numpy", cse=True) for e in (velocity, [diff(v, s) for v in velocity for s in x])]
    made[0](*y)
    found = np.reshape(made[1](*y), (len(x), len(x)))
    return time.perf_counter() - started, repeated(lambda: made[1](*y)), found


def repeated(work: Callable) -> float:
    """Seconds of one of many calls."""
    times = max(1, math.ceil(LEAST / max(seconds_of(work)[0], 1e-6)))
    return seconds_of(lambda: [work() for _ in range(times)])[0] / times


if __name__ == "__main__":
    for row in algebra_rows():
        print(f"{row['what']:<60}{row['measured']:>12}{row['goal']:>8}  {row.get('sympy', '')}", flush=True)
