"""No text of a user is evaluated: wherever an expression is expected, a string is refused."""

import pytest
from sympy import symbols

from derivations import certify, fixed_points, fluctuations, quadratic_lyapunov, sectors, stability, step_edge, time_scales
from theory import Coupling, Flow, InputError, Loss
from theory.coupling.symmetric import Orbit, SymmetricFamily, uniform

x = symbols("x", real=True)
a, eps = symbols("a epsilon", positive=True)
DECAY = Flow({x: -a * eps * x})
FAMILY = uniform(4, 10, a)

PLACES = {
    "velocity": lambda text: Flow({x: text}),
    "mobility of a flow": lambda text: Flow({x: -x}, mobility={x: text}),
    "assumption of a flow": lambda text: Flow({x: -x}, assumptions=(text,)),
    "assumptions as one text": lambda text: Flow({x: -x}, assumptions=text),
    "loss": lambda text: Loss(text, state=(x,)),
    "mobility of a loss": lambda text: Loss(x**2, state=(x,), mobility={x: text}),
    "decay of a loss": lambda text: Loss(x**2, state=(x,), decay={x: text}),
    "assumption of a loss": lambda text: Loss(x**2, state=(x,), assumptions=(text,)),
    "point, stability": lambda text: stability(DECAY, {x: text}),
    "point, time scales": lambda text: time_scales(DECAY, {x: text}, small=eps),
    "parameter, time scales": lambda text: time_scales(DECAY, {x: 0}, small=eps, parameters={a: text}),
    "point, certificate": lambda text: certify(DECAY, {x: text}, {a: (1, 2)}),
    "box": lambda text: certify(DECAY, {x: 0}, {a: (text, 2), eps: (1, 2)}),
    "point, Lyapunov function": lambda text: quadratic_lyapunov(DECAY, {x: text}),
    "parameter, points": lambda text: fixed_points(DECAY, None).at({a: text, eps: 1}),
    "point, step": lambda text: step_edge(DECAY, {x: text}),
    "noise of steps": lambda text: fluctuations(DECAY, {x: 0}, [[text]]),
    "momentum of steps": lambda text: fluctuations(DECAY, {x: 0}, [[1]], momentum=text),
    "labels of a family": lambda text: SymmetricFamily(text, FAMILY.orbits),
    "weight of an orbit": lambda text: Orbit(1, text, 0, 3),
    "value of a family": lambda text: FAMILY.coupling({a: text}),
    "mobility of a sector": lambda text: sectors(FAMILY, 1, text),
    "weights": lambda text: Coupling([[text]]),
}


@pytest.mark.parametrize("place", PLACES)
def test_text_is_refused_and_not_run(place, tmp_path):
    trace = tmp_path / "trace"
    with pytest.raises(InputError):
        PLACES[place](f"open({str(trace)!r}, 'w').close() or 1")
    assert not trace.exists()
