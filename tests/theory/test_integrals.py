"""Polynomial first integrals: textbook ones, counts from dense linear algebra, and constancy along the flow."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Integer, Matrix, Poly, Rational, exp, sin, symbols

from tests.strategies import SCALARS, W, X, a, seeds, w, x, y
from tests.theory.oracles import assert_close, evaluate, slope
from theory import Flow, InputError, Loss, models, sg
from theory.models import vocabulary as v
from theory.words import is_zero

omega, gamma, mu = symbols("omega gamma mu", positive=True)


def proportional(one, other, state):
    """Whether two polynomials differ by a factor without state."""
    ratio = (one / other).cancel()
    return not ratio.free_symbols & set(state)


# -- textbook flows ----------------------------------------------------------------------------------------------------


def test_rotation_conserves_the_radius():
    (q,) = Flow({x: -y, y: x}).conserved()
    assert proportional(q, x**2 + y**2, (x, y))


def test_harmonic_oscillator_conserves_its_energy_at_any_frequency():
    (q,) = Flow({x: y, y: -(omega**2) * x}).conserved()
    assert proportional(q, y**2 + omega**2 * x**2, (x, y))


def test_exchange_conserves_the_sum():
    (q,) = Flow({x: mu * (y - x), y: x - y}).conserved(degree=1)
    assert proportional(q, x + mu * y, (x, y))


def test_lotka_volterra_has_no_polynomial_integral():
    prey_and_predator = Flow({x: x * (a - y), y: -y * (mu - x)})
    assert prey_and_predator.conserved(degree=2) == ()
    assert prey_and_predator.conserved(degree=3) == ()


def test_rigid_body_conserves_energy_and_angular_momentum():
    moments = Rational(1), Rational(1, 2), Rational(1, 3)  # inverse principal moments
    p, q, r = moments
    flow = Flow({x: (r - q) * y * w, y: (p - r) * w * x, w: (q - p) * x * y})
    found = flow.conserved()
    assert len(found) == 2
    for integral in (x**2 + y**2 + w**2, p * x**2 + q * y**2 + r * w**2):
        span = Matrix([[Poly(e, *SCALARS).coeff_monomial(m) for m in (x**2, y**2, w**2)] for e in (*found, integral)])
        assert span.rank() == 2


def test_hamiltonian_of_degree_four_appears_at_degree_four_only():
    energy = y**2 / 2 + x**4 / 4 - x**2 / 2
    flow = Flow({x: energy.diff(y), y: -energy.diff(x)})
    assert flow.conserved(degree=3) == ()
    (q,) = flow.conserved(degree=4)
    assert proportional(q, energy, (x, y))


def test_rational_velocities_are_offered():
    (q,) = Flow({x: -y / (1 + x**2), y: x / (1 + x**2)}).conserved()
    assert proportional(q, x**2 + y**2, (x, y))


def test_frozen_state_is_conserved_with_its_powers():
    found = Flow({x: Integer(0), y: -y}).conserved(degree=2)
    assert set(found) == {x, x**2}


def test_hyperbola_of_the_one_mode_stop_gradient_flow():
    """§4.1: v² - w²/γ is conserved, and only where the gradient through the target is stopped."""
    stopped = Loss((w**2 * x**2 - 2 * mu * w * x * sg(x) + sg(x) ** 2) / 2, (x, w), {w: gamma})
    assert stopped.stop_gradient_flow().velocity[x].expand() == (-w * (w - mu) * x).expand()
    (q,) = stopped.stop_gradient_flow().conserved()
    assert proportional(q, x**2 - w**2 / gamma, (x, w))
    frustration = 1 - mu**2
    assert (stopped.erased() - ((w - mu) ** 2 + frustration) * x**2 / 2).expand() == 0
    assert stopped.gradient_flow().conserved() == ()


# -- linear flows, counted by dense linear algebra ---------------------------------------------------------------------


@given(st.lists(st.lists(st.integers(-1, 1), min_size=3, max_size=3), min_size=3, max_size=3))
def test_linear_flow_has_as_many_quadratic_integrals_as_dense_linear_algebra_counts(rows):
    A = np.array(rows)
    linear = 3 - np.linalg.matrix_rank(A.T)
    basis = [
        np.array([[(i == p and j == q) or (i == q and j == p) for j in range(3)] for i in range(3)], float)
        for p in range(3)
        for q in range(p, 3)
    ]
    lyapunov = np.column_stack([(A.T @ P + P @ A).ravel() for P in basis])
    quadratic = 6 - np.linalg.matrix_rank(lyapunov)
    flow = Flow(dict(zip(SCALARS, A @ np.array(SCALARS), strict=True)))
    assert len(flow.conserved(degree=1)) == linear
    assert len(flow.conserved(degree=2)) == linear + quadratic


@given(st.lists(st.lists(st.integers(-1, 1), min_size=3, max_size=3), min_size=3, max_size=3))
def test_integrals_are_constant_along_the_flow_and_independent(rows):
    flow = Flow(dict(zip(SCALARS, np.array(rows) @ np.array(SCALARS), strict=True)))
    found = flow.conserved()
    for q in found:
        assert sum(q.diff(s) * flow.velocity[s] for s in SCALARS).expand() == 0
    points = np.random.default_rng(0).standard_normal((9, 3))
    values = [[float(q.subs(dict(zip(SCALARS, p, strict=True)))) for q in found] for p in points]
    assert not found or np.linalg.matrix_rank(np.array(values)) == len(found)


# -- matrix flows ------------------------------------------------------------------------------------------------------


@st.composite
def head_states(draw):
    """Numbers for the vocabulary at a random state."""
    rng = np.random.default_rng(draw(seeds))
    samples, labels, dimension = (draw(st.integers(1, 3)) for _ in range(3))
    J = rng.uniform(0.1, 1, (samples, labels))
    at = {v.N: samples, v.K: labels, v.d: dimension, v.J: J, v.gamma: rng.uniform(0.2, 2), v.lam: 0.3, v.kappa: 0.3}
    at |= {v.D_x: np.diag(J.sum(1)), v.D_y: np.diag(J.sum(0)), v.u_x: np.ones((samples, 1)), v.u_y: np.ones((labels, 1))}
    at |= {v.H_x: np.diag(rng.uniform(0.5, 2, samples)), v.H_y: np.diag(rng.uniform(0.5, 2, labels))}
    return at | {s: rng.standard_normal([at[m] for m in s.shape]) for s in (v.X, v.Y, v.W)}


def without_decay(model):
    return model.xreplace({v.lam: Integer(0), v.kappa: Integer(0)})


@cache
def stopped_flow():
    return models.projection_head("shared", "both").stop_gradient_flow()


def head_velocity(at):
    """The stop-gradient flow of the shared head as in §4, without decay."""
    J, X, Y, W = (at[s] for s in (v.J, v.X, v.Y, v.W))
    on_x, on_y = W @ X @ at[v.D_x] - Y @ J.T, W @ Y @ at[v.D_y] - X @ J
    return {v.X: -W.T @ on_x @ at[v.H_x], v.Y: -W.T @ on_y @ at[v.H_y], v.W: -at[v.gamma] * (on_x @ X.T + on_y @ Y.T)}


def Q(at):
    """§4.1: W^T W - gamma Z H^-1 Z^T."""
    weighted = sum(at[s] @ np.linalg.inv(at[h]) @ at[s].T for s, h in ((v.X, v.H_x), (v.Y, v.H_y)))
    return at[v.W].T @ at[v.W] - at[v.gamma] * weighted


@cache
def balances():
    return without_decay(models.projection_head("shared", "both")).stop_gradient_flow().conserved()


@cache
def centroids():
    return {degree: models.embedding_only().gradient_flow().conserved(degree) for degree in (1, 2)}


@given(head_states())
def test_shared_head_conserves_the_balance_of_head_and_embeddings(at):
    (found,) = balances()
    assert_close(np.abs(evaluate(found, at)), np.abs(Q(at)))
    assert_close(slope(lambda at: evaluate(found, at), at, head_velocity(at)), np.zeros((at[v.d],) * 2))


def test_balance_is_no_linear_integral():
    assert without_decay(models.projection_head("shared", "both")).stop_gradient_flow().conserved(degree=1) == ()


@pytest.mark.parametrize("stop", ["none", "labels", "samples"])
def test_shared_head_conserves_nothing_without_both_stops(stop):
    assert without_decay(models.projection_head("shared", stop)).stop_gradient_flow().conserved() == ()


def test_decays_leave_no_integral_of_the_shared_head():
    assert stopped_flow().conserved() == ()


@given(head_states())
def test_equal_decays_let_the_balance_decay_at_twice_their_rate(at):
    at = at | {v.kappa: at[v.lam]}
    along = {s: evaluate(velocity, at) for s, velocity in stopped_flow().velocity.items()}
    assert_close(slope(Q, at, along), -2 * at[v.lam] * Q(at))


@given(head_states())
def test_embedding_model_conserves_the_weighted_centroid_of_every_component(at):
    for found in (q for integrals in centroids().values() for q in integrals):
        inverse = np.linalg.inv(at[v.H_x]), np.linalg.inv(at[v.H_y])
        centroid = at[v.X] @ inverse[0] @ at[v.u_x] + at[v.Y] @ inverse[1] @ at[v.u_y]
        assert_close(evaluate(found, at), centroid)
    assert [len(integrals) for integrals in centroids().values()] == [1, 1]


def test_samples_side_head_is_balanced_like_a_deep_linear_network():
    """Arora, Cohen, Hazan 2018: gradient flow of a product of matrices conserves the difference of their Gram matrices."""
    (found,) = without_decay(models.projection_head("samples", "none")).gradient_flow().conserved()
    expected = v.W.T * v.W - v.gamma * v.X * v.H_x.inv() * v.X.T
    assert is_zero(found - expected, models.embedding_only().context) or is_zero(
        found + expected, models.embedding_only().context
    )


def test_rotation_by_an_antisymmetric_product_conserves_the_gram_matrix():
    flow = Flow({X: (W - W.T) * X, W: 0 * W})
    found = flow.conserved()
    assert any(is_zero(q - X.T * X) or is_zero(q + X.T * X) for q in found)
    for q in found:
        assert is_zero(flow.time_derivative(q))


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degree", [0, -1])
def test_degree_of_a_scalar_integral_is_at_least_one(degree):
    with pytest.raises(InputError, match="degree"):
        Flow({x: -y, y: x}).conserved(degree)


@pytest.mark.parametrize("degree", [0, 3])
def test_degree_of_a_matrix_integral_is_one_or_two(degree):
    with pytest.raises(InputError, match="degree 1 or 2"):
        models.embedding_only().gradient_flow().conserved(degree)


@pytest.mark.parametrize("velocity", [sin(x), exp(x) * y, x ** Rational(1, 2)], ids=str)
def test_velocities_that_are_not_rational_are_refused(velocity):
    with pytest.raises(InputError, match="rational"):
        Flow({x: velocity, y: x}).conserved()


def test_elementary_functions_of_parameters_are_parameters():
    (q,) = Flow({x: -exp(a) * y, y: exp(a) * x}).conserved()
    assert proportional(q, x**2 + y**2, (x, y))
