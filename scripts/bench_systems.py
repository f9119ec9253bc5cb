"""Fixed points, stability and every display of flows of the literature, each with its goal in seconds.

Functions return rows like those of ``bench.py``; run as a script, it prints them.
"""

from __future__ import annotations

import time

from sympy import Rational, symbols

from derivations import fixed_points, stability
from theory import Flow

GOAL = "20 s"


def system_rows() -> list[dict]:
    return [display_row(what, flow) for what, flow in literature_flows().items()]


def literature_flows() -> dict[str, Flow]:
    u, v, x, y, z, x1, x2, y1, y2, current = symbols("u v x y z x_1 x_2 y_1 y_2 I", real=True)
    p, q, r = symbols("p q r", nonnegative=True)
    a, b, c, d, e, g, A, D, E, lam, Delta, eta = symbols("a b c d e g A D E lambda Delta eta", positive=True)
    square = u**2 + v**2
    parametron = {
        u: -g / 2 * u - eta / 8 * u * square - v * (Delta - lam / 2 - A * square),
        v: -g / 2 * v - eta / 8 * v * square + u * (Delta + lam / 2 - A * square),
    }
    brusselators = {
        x1: a - (b + 1) * x1 + x1**2 * y1 + D * (x2 - x1),
        y1: b * x1 - x1**2 * y1 + E * (y2 - y1),
        x2: a - (b + 1) * x2 + x2**2 * y2 + D * (x1 - x2),
        y2: b * x2 - x2**2 * y2 + E * (y1 - y2),
    }
    repressilator = {p: a - p * (1 + r**3), q: a - q * (1 + p**3), r: a - r * (1 + q**3)}
    laser = {x: x * (a * y - b * z - 1), y: c - d * y - a * x * y, z: e - g * z - b * x * z}
    hindmarsh_rose = {x: y - x**3 + 3 * x**2 + current - z, y: 1 - 5 * x**2 - y, z: (4 * (x + Rational(8, 5)) - z) / 1000}
    return {
        "parametron with nonlinear damping": Flow(parametron),
        "two coupled Brusselators": Flow(brusselators),
        "repressilator, n = 3, denominators cleared": Flow(repressilator),
        "laser with saturable absorber": Flow(laser),
        "Hindmarsh-Rose, current symbolic": Flow(hindmarsh_rose),
    }


def display_row(what: str, flow: Flow) -> dict:
    """All fixed points, the stability of each, and all in text, LaTeX, HTML and JSON."""
    fixed_points(Flow({flow.state[0]: flow.state[0]}))  # a worker that is up
    started = time.perf_counter()
    found = fixed_points(flow)
    searched = time.perf_counter() - started
    for shown in (found, *(stability(flow, point) for point in found)):
        str(shown), shown.to_latex(), shown.to_json()
    seconds = time.perf_counter() - started
    return {
        "what": f"points, stability, displays: {what}",
        "measured": f"{seconds:.1f} s",
        "goal": GOAL,
        "seconds": seconds,
        "sympy": f"{len(found)} points, {found.completeness.value}, in {searched:.2f} s",
    }


if __name__ == "__main__":
    for row in system_rows():
        print(f"{row['what']:<66}{row['measured']:>12}{row['goal']:>10}  {row['sympy']}")
