"""Models whose steps are tried: scalars with conditions, a Hopf bifurcation, roots, families, matrices."""

from functools import cache

from sympy import MatrixSymbol, Q, Trace, symbols

from derivations.analysis.conserved import integrals_with_rates
from derivations.analysis.expansions.time_scales import time_scales
from derivations.analysis.linearisation.certify import certify
from derivations.analysis.linearisation.stability import stability
from derivations.analysis.linearisation.whole_states import whole_stability
from derivations.analysis.modes.reduction import reduce_to_modes
from derivations.analysis.points.fixed_points import fixed_points
from derivations.steps.account import Account
from derivations.steps.bifurcations import bifurcation_account
from derivations.steps.certificates import certificate_account
from derivations.steps.completeness import completeness_account
from derivations.steps.curl import curl_account
from derivations.steps.flows import flow_account
from derivations.steps.integrals import integrals_account
from derivations.steps.rates import time_scales_account
from derivations.steps.stability import stability_account
from derivations.steps.states import state_account
from derivations.steps.whole import whole_account
from theory import Flow, Loss, sg
from theory.statements import together

p, v, w, x, y, z = symbols("p v w x y z", real=True)
X, Y = symbols("x y", nonnegative=True)
a, alpha, b, beta, epsilon, eta, gamma, kappa, lam, mu, rho, sigma = symbols(
    "a alpha b beta epsilon eta gamma kappa lambda mu rho sigma", positive=True
)
d, m, n = symbols("d m n", integer=True, positive=True)
F, P, W = MatrixSymbol("F", d, n), MatrixSymbol("P", m, m), MatrixSymbol("W", m, n)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
POSITIVE = Q.symmetric(A), Q.positive_definite(A)

FLOWS = {
    "one_mode": Flow({v: -w * (w - mu) * v - lam * v, w: -gamma * (w - mu) * v**2 - kappa * w}),
    "predictor": Flow({p: alpha * b * w**2 - a * alpha * p * w**2 - eta * p, w: b * p * w - a * p**2 * w - eta * w}),
    "lorenz": Flow({x: sigma * (y - x), y: x * (rho - z) - y, z: x * y - beta * z}),
    "competition": Flow({X: X * (1 - X - a * Y), Y: Y * (1 - Y - b * X)}),
    "quintic": Flow({x: -(x**5) + epsilon * x + a, y: -epsilon * x * y}),
    "cubic": Flow({x: x**3 - x**2 + a}),
    "sanger": Flow({x: a * (x - x**3), y: a * (y - y**3 - x**2 * y)}),
    "no_decay": Flow({v: -w * (w - mu) * v, w: -gamma * (w - mu) * v**2}),
}
SMALL = {"one_mode": lam, "predictor": eta, "quintic": epsilon}
BOX = {lam: ("0.01", "0.3"), mu: ("0.7", 1), gamma: (1, 2), kappa: (1, 2)}
ENERGY = Trace(P * W * A * W.T * P.T) / 2 - Trace(P * W * B * sg(W).T)
PREDICTOR = Loss(
    ENERGY,
    (P, W),
    mobility={P: alpha},
    decay={P: eta, W: eta},
    assumptions=(*POSITIVE, Q.symmetric(B), together(A, B)),
)
SPECTRAL = Loss(Trace(F.T * F * F.T * F) / 4 - Trace(F * A * F.T) / 2, (F,), assumptions=POSITIVE)


@cache
def points(name):
    return fixed_points(FLOWS[name], time_limit=None)


@cache
def stable(name, number):
    return stability(FLOWS[name], points(name)[number - 1], time_limit=None)


def of_state(name, number):
    """The arguments that all steps on a state begin with."""
    return FLOWS[name], number, points(name)[number - 1]


@cache
def account(kind, name, number=0) -> Account:
    """The steps of one kind on a model, or on one of its states."""
    source = "flow"
    if kind == "flow":
        return flow_account(FLOWS[name]) if name in FLOWS else flow_account(PREDICTOR.stop_gradient_flow(), PREDICTOR)
    if kind == "state":
        return state_account(*of_state(name, number), len(points(name)), source)
    if kind == "states":
        return completeness_account(points(name), source)
    if kind == "stability":
        return stability_account(*of_state(name, number), stable(name, number), source)
    if kind == "bifurcation":
        return bifurcation_account(*of_state(name, number), stable(name, number), source)
    if kind == "rates":
        scales = time_scales(FLOWS[name], points(name)[number - 1], SMALL[name], time_limit=None)
        return time_scales_account(*of_state(name, number), scales, source)
    if kind == "certificate":
        found = certify(FLOWS[name], points(name)[number - 1], BOX, cells={lam: 6, mu: 4}, time_limit=None)
        return certificate_account(*of_state(name, number), found, source)
    flow = matrix_flow(name)
    if kind == "integrals":
        return integrals_account(integrals_with_rates(flow, time_limit=None), flow, source)
    if kind == "curl":
        return curl_account(flow, source)
    states = list(fixed_points(reduce_to_modes(flow, time_limit=None).flow, time_limit=None))
    return whole_account(whole_stability(flow, states[number - 1], time_limit=None), number, source)


def matrix_flow(name):
    """A flow of the scalars above, or of matrices."""
    return {"predictor of matrices": PREDICTOR.stop_gradient_flow(), "spectral": SPECTRAL.gradient_flow(), **FLOWS}[name]
