"""Quadratic Lyapunov functions and first integrals: what they claim holds along the flow, and only then are they offered."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Matrix, Poly, Rational, S, symbols

from derivations import first_integrals, fixed_points, quadratic_lyapunov, stability
from derivations.analysis.linearisation.lyapunov import Scope
from derivations.analysis.linearisation.verdicts import Verdict
from theory import Flow, InputError, UnfinishedError

x, y, z = symbols("x y z", real=True)
sigma, rho, beta = symbols("sigma rho beta", positive=True)
entries = st.integers(-4, 4)


def lorenz():
    return Flow({x: sigma * (y - x), y: x * (rho - z) - y, z: x * y - beta * z})


def test_the_convection_equations_have_a_global_function_below_the_onset():
    """Lorenz 1963, and Sparrow 1982, section 1.2: every solution tends to the origin where rho < 1."""
    found = quadratic_lyapunov(lorenz(), dict.fromkeys((x, y, z), 0), time_limit=None)
    assert found.scope is Scope.EVERYWHERE
    assert found.conditions == (rho < 1,)
    along = sum(found.function.diff(s) * v for s, v in lorenz().velocity.items())
    assert (along - found.derivative).expand() == 0
    draw = np.random.default_rng(0)
    for _ in range(200):
        at = dict(zip((x, y, z), draw.normal(size=3) * 10, strict=True)) | {
            sigma: 10.0,
            beta: 8 / 3,
            rho: draw.uniform(0.01, 0.99),
        }
        assert found.derivative.subs(at) < 0 < found.function.subs(at)


@settings(max_examples=15)
@given(st.lists(entries, min_size=4, max_size=4))
def test_a_linear_flow_has_one_exactly_where_its_eigenvalues_are_in_the_left_half_plane(numbers):
    matrix = Matrix(2, 2, numbers)
    flow = Flow({x: matrix[0, 0] * x + matrix[0, 1] * y, y: matrix[1, 0] * x + matrix[1, 1] * y})
    hurwitz = bool(matrix.trace() < 0 < matrix.det())
    if not hurwitz:
        with pytest.raises(InputError):
            quadratic_lyapunov(flow, {x: 0, y: 0}, time_limit=None)
        return
    found = quadratic_lyapunov(flow, {x: 0, y: 0}, time_limit=None)
    assert found.conditions == ()
    form, decay = (Matrix(2, 2, lambda i, j, f=f: f.diff((x, y)[i], (x, y)[j]) / 2) for f in (found.function, found.derivative))
    assert form.is_positive_definite
    assert (-decay).is_positive_definite


@settings(max_examples=10)
@given(st.lists(st.tuples(st.integers(0, 2), entries), min_size=1, max_size=4))
def test_near_a_point_the_quadratic_part_of_the_derivative_is_minus_the_squared_distance(terms):
    bend = sum(c * x ** (3 - p) * y**p for p, c in terms)
    flow = Flow({x: -x + 2 * y + x * y + bend, y: -3 * x - y + x**2})
    found = quadratic_lyapunov(flow, {x: 0, y: 0}, time_limit=None)
    if found.scope is Scope.NEAR:
        parts = [found.derivative.diff(a, b).subs({x: 0, y: 0}) / 2 for a, b in ((x, x), (x, y), (y, y))]
        assert parts == [-1, 0, -1]


DECAYING = Flow({x: -y * (y - sigma) * x - beta * x, y: -(y - sigma) * x**2 - rho * y})
QUINTIC = Flow({x: -(x**5) - x + sigma, y: -y * (1 + x**2)})


@pytest.mark.parametrize(
    ("flow", "numbers"), [(DECAYING, {sigma: S(1), beta: Rational(1, 10), rho: S(2)}), (QUINTIC, {sigma: S(3)})]
)
def test_the_function_of_a_point_with_parameters_has_its_minimum_there(flow, numbers):
    """At numbers for the parameters its derivative is minus the squared distance to second order."""
    points = fixed_points(flow, None)
    point = next(p for p in points if p.values[x] != 0)
    at = max(points.at(numbers), key=lambda p: (bool(p[x] > 0), p[y]))
    found = quadratic_lyapunov(flow, point, time_limit=None)
    assert found.scope is Scope.NEAR
    stars = {star: at[s] for s, d in found.distances.items() for star in d.free_symbols - {s, *numbers} if s in point.roots}
    here = {**numbers, **stars, **at}
    assert Poly(found.function, x, y).total_degree() == 2
    assert all(abs(d.xreplace(here).evalf()) < 1e-30 for d in found.distances.values())
    for function, bend in ((found.function, None), (found.derivative, -2 * np.eye(2))):
        slope = [function.diff(a).xreplace(here).evalf(30) for a in (x, y)]
        second = np.array([[function.diff(a, b).xreplace(here).evalf(30) for b in (x, y)] for a in (x, y)], dtype=float)
        assert max(map(abs, slope)) < 1e-20
        assert np.linalg.eigvalsh(second).min() > 0 if bend is None else np.allclose(second, bend, atol=1e-9)


@pytest.mark.parametrize(("bend", "scope"), [(-(x**3), Scope.EVERYWHERE), (x**3, Scope.NEAR), (x**2, Scope.NEAR)], ids=str)
def test_a_function_decreases_everywhere_only_where_the_higher_terms_allow_it(bend, scope):
    assert quadratic_lyapunov(Flow({x: -x + bend}), {x: 0}, time_limit=None).scope is scope


def test_symbolic_minors_are_positive_where_the_point_is_stable():
    a, b = symbols("a b", real=True)
    flow = Flow({x: a * x + y - x**2, y: -x + b * y})
    found = quadratic_lyapunov(flow, {x: 0, y: 0}, time_limit=None)
    judged = stability(flow, {x: 0, y: 0}, time_limit=None)
    assert judged.verdict is Verdict.DEPENDS
    draw = np.random.default_rng(1)
    for _ in range(40):
        at = {s: Rational(int(draw.integers(-30, 30)), 7) for s in (a, b)}
        stable = all(c.subs(at) == S.true for c in judged.conditions)
        assert all(c.subs(at) == S.true for c in found.conditions) == stable


def test_an_unstable_point_and_a_family_are_refused():
    with pytest.raises(InputError, match="linearly stable"):
        quadratic_lyapunov(Flow({x: x - x**3}), {x: 0}, time_limit=None)
    with pytest.raises(InputError, match="isolated"):
        quadratic_lyapunov(Flow({x: -x * y, y: 0 * y}), {x: 0, y: y}, time_limit=None)


def test_results_print_in_every_form():
    found = quadratic_lyapunov(lorenz(), dict.fromkeys((x, y, z), 0))
    assert json.loads(found.to_json())["scope"] == "everywhere"
    assert r"\dot V" in found.to_latex()
    assert "rho < 1" in str(found)


# -- first integrals ---------------------------------------------------------------------------------------------------


@settings(max_examples=12)
@given(st.lists(entries.filter(bool), min_size=3, max_size=3), st.integers(2, 4))
def test_planted_first_integrals_are_found(numbers, degree):
    planted = numbers[0] * x**degree + numbers[1] * x * y + numbers[2] * y**2
    flow = Flow({x: planted.diff(y), y: -planted.diff(x)})
    found = first_integrals(flow, degree, time_limit=None)
    assert all((q.diff(x) * flow.velocity[x] + q.diff(y) * flow.velocity[y]).expand() == 0 for q in found)
    ratios = [(planted / q).cancel() for q in found]
    assert any(ratio.is_number for ratio in ratios) or len(found) > 1


def test_where_nothing_is_conserved_that_is_said():
    found = first_integrals(Flow({x: -x, y: -y}), 3, time_limit=None)
    assert len(found) == 0
    assert "no polynomial first integrals up to degree 3" in str(found)
    assert json.loads(found.to_json()) == {"degree": 3, "integrals": []}


@pytest.mark.parametrize(("flow", "degree"), [("flow", 2), (Flow({x: -x}), 0), (Flow({x: -x}), 1.5), (Flow({x: -x}), True)])
def test_bad_input_is_one_sentence(flow, degree):
    with pytest.raises(InputError, match=r"expected .*, got .*; "):
        first_integrals(flow, degree, time_limit=None)


def test_the_time_limit_ends_a_search():
    state = symbols("q1:7", real=True)
    rates = symbols("k1:7", positive=True)
    flow = Flow({s: k * state[i - 1] * state[i - 2] - s**2 for i, (s, k) in enumerate(zip(state, rates, strict=True))})
    with pytest.raises(UnfinishedError, match="time limit"):
        first_integrals(flow, 8, time_limit=1)


def test_the_stop_gradient_mode_conserves_its_hyperbola():
    """Section 4.1 of the notes."""
    v, w = symbols("v w", real=True)
    gamma, mu = symbols("gamma mu", positive=True)
    flow = Flow({v: -w * (w - mu) * v, w: -gamma * (w - mu) * v**2})
    (hyperbola,) = first_integrals(flow)
    assert (hyperbola / (gamma * v**2 - w**2)).cancel().is_number
    assert len(fixed_points(flow)) == 2
