"""Small models whose answers are known, and what is found of them."""

from functools import cache

from sympy import MatrixSymbol, Q, Rational, Trace, symbols

from derivations import fixed_points, reduce_to_modes, stability, whole_stability
from derivations.studies.findings import Findings, State, Subject
from theory import Flow, Loss

x, y = symbols("x y", real=True)
r, c = symbols("r c", real=True)
gamma, kappa, lam, mu, omega = symbols("gamma kappa lambda mu omega", positive=True)
d, n = symbols("d n", integer=True, positive=True)

PITCHFORK = Flow({x: (r - c) * x - x**3})
ONE_MODE = Flow({x: -y * (y - mu) * x - lam * x, y: -gamma * (y - mu) * x**2 - kappa * y})
CENTRE = Flow({x: omega * y, y: -omega * x})
EXPLOSION = Flow({x: x**2})


def findings_of(flow: Flow, numbers: dict, *, loss: Loss | None = None, whole: bool = False) -> Findings:
    """Fixed points and stability of a flow, of the matrices, too, if asked for."""
    reduction = reduce_to_modes(flow, time_limit=None) if flow.is_matrix else None
    amplitudes = reduction.flow if reduction else flow
    points = fixed_points(amplitudes, time_limit=None)
    states = [
        State(
            k,
            point,
            stability=stability(amplitudes, point, time_limit=None),
            whole=whole_stability(flow, point, time_limit=None) if whole else None,
        )
        for k, point in enumerate(points, 1)
    ]
    exact = {p: Rational(str(numbers[str(p)])) for p in amplitudes.parameters}
    return Findings(Subject("model", "A model", "", flow, loss), reduction, (), (), points, tuple(states), exact)


@cache
def pitchfork() -> Findings:
    return findings_of(PITCHFORK, {"r": "3/2", "c": "1/3"})


@cache
def one_mode() -> Findings:
    return findings_of(ONE_MODE, {"gamma": 3, "kappa": 2, "lambda": "2/5", "mu": "3/2"})


@cache
def spectral(decay=0) -> Findings:
    """The spectral contrastive loss, whose modes rest at f² = a without decay."""
    F, A = MatrixSymbol("F", d, n), MatrixSymbol("A", n, n)
    loss = Loss(
        Trace(F.T * F * F.T * F) / 4 - Trace(F * A * F.T) / 2,
        (F,),
        decay={F: decay},
        assumptions=(Q.symmetric(A), Q.positive_definite(A)),
    )
    return findings_of(loss.gradient_flow(), {"a": 2, "lambda": "3/2"}, loss=loss, whole=decay == 0)


@cache
def two_layers(decay=0) -> Findings:
    """A linear network of two layers, whose modes rest on the family uv = s if there is no decay."""
    m, h = symbols("m h", integer=True, positive=True)
    S, U, V = MatrixSymbol("S", m, n), MatrixSymbol("U", m, h), MatrixSymbol("V", h, n)
    loss = Loss(Trace((S - U * V) * (S - U * V).T) / 2, state=(U, V), decay=dict.fromkeys((U, V), decay))
    return findings_of(loss.gradient_flow(), {"s": 2, "lambda": "1/4"}, loss=loss)
