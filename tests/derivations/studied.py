"""Findings of small models, made without a study."""

from contextlib import suppress
from functools import cache

from sympy import Rational, Symbol, symbols

from derivations import fixed_points, stability, time_scales
from derivations.studies.findings import Findings, State, Subject
from theory import Flow
from theory.errors import UnfinishedError

v, w, x, y, z = symbols("v w x y z", real=True)
X, Y = symbols("x y", nonnegative=True)
gamma, kappa, lam, mu, a, b, sigma, rho, beta = symbols("gamma kappa lambda mu a b sigma rho beta", positive=True)
h, r, m = symbols("h r m", real=True)

MODELS = {
    "one mode": (
        Flow({v: -w * (w - mu) * v - lam * v, w: -gamma * (w - mu) * v**2 - kappa * w}),
        {gamma: 1, kappa: Rational(1, 5), lam: Rational(1, 10), mu: 1},
        lam,
    ),
    "no decay": (Flow({v: -w * (w - mu) * v, w: -gamma * (w - mu) * v**2}), {gamma: 1, mu: 1}, None),
    "Lorenz": (Flow({x: sigma * (y - x), y: x * (rho - z) - y, z: x * y - beta * z}), {sigma: 10, rho: 28, beta: "8/3"}, None),
    "competition": (Flow({X: X * (1 - X - a * Y), Y: Y * (1 - Y - b * X)}), {a: 2, b: "3/2"}, None),
    "cusp": (Flow({x: h + r * x - x**3}), {h: "1/5", r: 1}, None),
    "pitchfork": (Flow({x: m * x - x**3}), {m: "1/2"}, None),
    "cycle": (Flow({x: y, y: m * (1 - x**2) * y - x}), {m: 1}, None),
    "product": (Flow({x: y * (a - x * y), y: x * (a - x * y)}), {a: 1}, None),
    "turning": (Flow({x: -y, y: x}), {}, None),
}


@cache
def studied(name: str) -> Findings:
    """What is found of one of the models."""
    return findings_of(*MODELS[name], time_limit=None)


def findings_of(flow: Flow, numbers, small: Symbol | None = None, conserved=(), time_limit: float | None = 10) -> Findings:
    """Fixed points of a flow with their stability, and with time scales where a parameter is small."""
    found, states = fixed_points(flow, time_limit), []
    for number, point in enumerate(found, 1):
        judged, scales = None, ()
        with suppress(UnfinishedError):
            judged = stability(flow, point, time_limit)
            scales = () if small is None or point.free else (time_scales(flow, point, small=small, time_limit=time_limit),)
        states.append(State(number, point, stability=judged, time_scales=scales))
    exact = {s: Rational(value) for s, value in numbers.items()}
    subject = Subject("model", "a model", "", flow, small=small)
    return Findings(subject, None, tuple(conserved), (), found, tuple(states), exact)
