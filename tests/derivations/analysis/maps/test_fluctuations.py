"""Covariances against textbook time series and SciPy's Lyapunov solvers, means against stationary densities."""

import json

import numpy as np
import pytest
import scipy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Integer, Matrix, Rational, diag, eye, symbols

from derivations.analysis.maps.fluctuations import fluctuations
from derivations.vocabulary import eta
from theory import Flow, InputError, Loss, sg

x, y, z = symbols("x y z", real=True)
v, w = symbols("v w", real=True)
a, b, c, s, mu, gamma, lam, kappa, m = symbols("a b c s mu gamma lambda kappa m", positive=True)
small = st.integers(-3, 3)


def around(flow, noise, point=None, **options):
    return fluctuations(flow, point or dict.fromkeys(flow.state, Integer(0)), noise, time_limit=None, **options)


def linear(matrix):
    state = (x, y, z)[: len(matrix)]
    return Flow({t: sum(int(e) * q for e, q in zip(line, state, strict=True)) for t, line in zip(state, matrix, strict=True)})


def numbers(matrix, at=()):
    return np.array(matrix.subs(dict(at)).evalf(), dtype=float)


# -- covariance --------------------------------------------------------------------------------------------------------


def test_one_variable_is_the_autoregressive_process_of_first_order():
    found = around(Flow({x: -a * x}), [[s]])
    assert (found.covariance[0] - eta**2 * s / (1 - (1 - eta * a) ** 2)).equals(0)


def test_one_variable_with_momentum_is_the_autoregressive_process_of_second_order():
    """Its variance is (1 - p2) v / ((1 + p2) ((1 - p2)^2 - p1^2)) (Box and Jenkins)."""
    found = around(Flow({x: -a * x}), [[s]], momentum=m)
    p1, p2 = 1 + m - eta * a, -m
    assert (found.covariance[0] - (1 - p2) * eta**2 * s / ((1 + p2) * ((1 - p2) ** 2 - p1**2))).equals(0)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 3).flatmap(lambda n: st.lists(st.lists(small, min_size=n, max_size=n), min_size=n, max_size=n)),
    st.lists(small, min_size=3, max_size=3),
    st.sampled_from([Integer(0), Rational(1, 2)]),
)
def test_covariance_solves_the_lyapunov_equation_of_positions_and_momenta(matrix, spread, momentum):
    A = np.array(matrix) - 5 * np.eye(len(matrix), dtype=int)
    n, h = len(A), 0.01
    assume(np.linalg.eigvals(A).real.max() < -0.2)
    root = np.diag([1, 2, 3])[:n, :n] + np.outer(spread[:n], np.ones(n))
    noise = root @ root.T
    found = around(linear(A), Matrix(noise.astype(int)), momentum=momentum)
    f = float(momentum)
    once = np.block([[np.eye(n) + h * A, f * np.eye(n)], [h * A, f * np.eye(n)]])
    expected = scipy.linalg.solve_discrete_lyapunov(once, h**2 * np.block([[noise, noise], [noise, noise]]))[:n, :n]
    assert np.allclose(numbers(found.covariance, {eta: Rational(1, 100)}), expected, rtol=1e-8, atol=1e-10)
    continuous = scipy.linalg.solve_continuous_lyapunov(A, -noise) / (1 - f)
    assert np.allclose(numbers(found.leading, {eta: 1}), continuous, rtol=1e-8, atol=1e-10)


MODE = Loss(w**2 * v**2 / 2 - mu * w * v * sg(v), (v, w), {w: gamma})
VALUES = {mu: Rational(9, 10), gamma: Rational(7, 5), s: Rational(1, 3), v: Rational(6, 5), eta: Rational(1, 50)}


def test_across_a_family_only_the_moving_mode_fluctuates():
    """Along the hyperbola of fixed points the state diffuses; in the coordinate across it the process has one variable."""
    flow = MODE.stop_gradient_flow()
    found = around(flow, diag(s, 2), {v: v, w: mu})
    assert found.shift is None
    A = numbers(flow.jacobian().subs(w, mu), VALUES)
    values, right = np.linalg.eig(A)
    k = int(np.argmax(np.abs(values)))
    left = np.linalg.inv(right)[k]
    variance = left @ np.diag([1 / 3, 2]) @ left * 0.02**2 / (1 - (1 + 0.02 * values[k]) ** 2)
    assert np.allclose(numbers(found.covariance, VALUES), variance * np.outer(right[:, k], right[:, k]), rtol=1e-10)


def test_a_point_with_a_radical_has_the_covariance_of_its_dense_jacobian():
    flow = Loss(MODE.expression, (v, w), {w: gamma}, {v: lam, w: kappa}).stop_gradient_flow()
    root = (mu + (mu**2 - 4 * lam) ** Rational(1, 2)) / 2
    point = {v: (kappa / gamma / lam) ** Rational(1, 2) * root, w: root}
    found = around(flow, Matrix([[s, 1], [1, 4 * s]]), point)
    at = VALUES | {lam: Rational(1, 10), kappa: Rational(3, 10), s: Integer(1)}
    A = numbers(flow.jacobian().subs(point), at)
    noise = np.array([[1.0, 1.0], [1.0, 4.0]])
    expected = scipy.linalg.solve_discrete_lyapunov(np.eye(2) + 0.02 * A, 0.02**2 * noise)
    assert np.allclose(numbers(found.covariance, at), expected, rtol=1e-9)
    assert np.allclose(numbers(found.leading, at), 0.02 * scipy.linalg.solve_continuous_lyapunov(A, -noise), rtol=1e-9)


# -- mean --------------------------------------------------------------------------------------------------------------


def mean_of(observable, energy, low, high, temperature):
    """Under the stationary density exp(-2 V / temperature) of small steps."""
    integrate = scipy.integrate.quad
    weight = [
        integrate(lambda t, f=f: f(t) * np.exp(-2 * energy(t) / temperature), low, high, epsabs=1e-13, epsrel=1e-12)[0]
        for f in (observable, lambda t: 1.0)
    ]
    return weight[0] / weight[1]


def test_curvature_moves_the_mean_as_it_moves_the_stationary_density():
    found = around(Flow({x: -2 * x - 3 * x**2 - 4 * x**3}), [[s]])
    slopes = [mean_of(lambda t: t, lambda t: t**2 + t**3 + t**4, -1, 1, e) / e for e in (0.02, 0.01, 0.005)]
    limit = slopes[2] + (slopes[2] - slopes[1])  # linear extrapolation
    assert limit == pytest.approx(float(found.shift[0].subs({eta: 1, s: 1})), rel=0.03)
    assert abs(limit - float(found.shift[0].subs({eta: 1, s: 1}))) < abs(slopes[0] - slopes[2])


@given(st.integers(-3, 3), st.integers(1, 4), st.integers(1, 4), st.sampled_from([-1, 0, 1]))
def test_on_a_ring_the_mean_radius_is_that_of_its_own_process(twist, radial, tangential, crossed):
    """The radius moves by r(1 - r^2) and, since tangential noise leads outwards, by eta C_tt / (2r), whatever turns it."""
    r2 = 1 - x**2 - y**2
    flow = Flow({x: (x + twist * y) * r2, y: (y - twist * x) * r2})
    found = around(flow, Matrix([[radial, crossed], [crossed, tangential]]), {x: Integer(1), y: Integer(0)})
    of_radius = Rational(radial, 4)
    expected = (-3 * of_radius + Rational(tangential, 2)) / 2
    shift, leading = found.shift.subs(eta, 1), found.leading.subs(eta, 1)
    assert shift[0] + leading[1, 1] / 2 == expected
    assert leading[0, 0] == of_radius


def test_on_a_ring_the_mean_square_radius_is_that_of_the_stationary_density():
    found = around(Flow({x: x * (1 - x**2 - y**2), y: y * (1 - x**2 - y**2)}), s * eye(2), {x: Integer(1), y: Integer(0)})
    square = 2 * found.shift[0] + found.leading[0, 0] + found.leading[1, 1]
    density = mean_of(lambda u: u, lambda u: (u - 1) ** 2 / 4, 0, 3, 0.01)
    assert float(1 + square.subs({eta: 1, s: 0.01})) == pytest.approx(density, abs=1e-9)


# -- shown, refused ----------------------------------------------------------------------------------------------------


def test_fluctuations_are_shown_as_text_latex_and_json():
    found = around(Flow({x: -a * x - b * x**2, y: -c * y}), diag(s, 1))
    assert "mean(x) ~ -b*eta*s/(2*a**2)" in str(found).splitlines()
    assert r"\operatorname{cov}{\left(y,y \right)} &= " in found.to_latex()
    assert json.loads(found.to_json())["leading"][1] == ["0", "eta/(2*c)"]
    ring = around(Flow({x: x * (1 - x**2 - y**2), y: y * (1 - x**2 - y**2)}), s * eye(2), {x: Integer(1), y: Integer(0)})
    assert "transverse to a zero mode" in str(ring)


@pytest.mark.parametrize(
    ("flow", "noise", "options", "match"),
    [
        (Flow({x: a * x}), [[s]], {}, "stable fixed point"),
        (Flow({x: -(x**3)}), [[s]], {}, "family or a symmetry"),
        (Flow({x: -a * x}), diag(s, s), {}, "symmetric 1 by 1"),
        (Flow({x: -a * x, y: -y}), Matrix([[1, 0], [1, 1]]), {}, "symmetric 2 by 2"),
        (Flow({x: -a * x}), [[s]], {"momentum": Integer(1)}, "momentum"),
        (Flow({x: -a * x}), [[s]], {"momentum": a}, "momentum"),
        (Flow({x: -a * x}), [[s]], {"momentum": 0.5}, "momentum"),
        (Flow({x: -a * x}), [[s]], {"step": a}, "positive symbol"),
    ],
)
def test_what_has_no_stationary_fluctuations_is_refused(flow, noise, options, match):
    with pytest.raises(InputError, match=match):
        around(flow, noise, **options)
