"""Edges of stable steps against textbook maps, multipliers of dense Jacobians, and the map itself."""

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Integer, Max, Min, Rational, S, Symbol, sqrt, symbols

from derivations import fixed_points
from derivations.analysis.maps.steps import step_edge
from derivations.vocabulary import eta
from theory import Flow, InputError, Loss, models, sg

x, y, z, u = symbols("x y z u", real=True)
v, w = symbols("v w", real=True)
a, b, c, mu, gamma, lam, kappa = symbols("a b c mu gamma lambda kappa", positive=True)
MODE = Loss(w**2 * v**2 / 2 - mu * w * v * sg(v), (v, w), {w: gamma})
DECAYING = Loss(MODE.expression, (v, w), {w: gamma}, {v: lam, w: kappa})
VALUES = {mu: Rational(9, 10), gamma: Rational(7, 5), lam: Rational(1, 10), kappa: Rational(3, 10)}
STATE = (x, y, z, u)
DEFECTIVE = 1e-3  # rounding moves the eigenvalues of a Jordan block of size four by its fourth root


def linear(matrix):
    state = STATE[: len(matrix)]
    return Flow({s: sum(int(m) * t for m, t in zip(line, state, strict=True)) for s, line in zip(state, matrix, strict=True)})


def origin(flow):
    return dict.fromkeys(flow.state, Integer(0))


def edge_of(flow, point=None, **options):
    return step_edge(flow, origin(flow) if point is None else point, time_limit=None, **options)


# -- textbook maps -----------------------------------------------------------------------------------------------------


def test_one_rate_allows_twice_its_inverse():
    assert edge_of(Flow({x: -a * x})).edge == 2 / a


def test_several_rates_allow_twice_the_inverse_of_the_largest():
    assert edge_of(Flow({x: -a * x, y: -b * y})).edge == Min(2 / a, 2 / b)


def test_a_spiral_allows_less_the_faster_it_turns():
    assert (edge_of(Flow({x: -a * x - b * y, y: b * x - a * y})).edge - 2 * a / (a**2 + b**2)).equals(0)


def test_a_turn_without_decay_allows_no_step():
    assert edge_of(Flow({x: y, y: -a * x})).edge == 0


def test_a_damped_oscillator_has_one_edge_for_both_regimes():
    """x'' + c x' + a x = 0: c/a where it oscillates, else from its faster rate."""
    edge = edge_of(Flow({x: y, y: -a * x - c * y})).edge
    assert edge.has(Max)
    assert edge.subs({a: 4, c: 1}) == Rational(1, 4)
    fast = (5 + sqrt(9)) / 2
    assert edge.subs({a: 4, c: 5}) == 2 / fast


def test_the_logistic_map_loses_its_point_at_three():
    """x + eta r x (1 - x) is conjugate to the logistic map with parameter 1 + eta r."""
    assert 1 + edge_of(Flow({x: x * (1 - x)}), {x: Integer(1)}).edge == 3


# -- multipliers -------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(st.integers(-4, 4), min_size=n, max_size=n), min_size=n, max_size=n))
)
def test_edge_and_conditions_are_those_of_dense_multipliers(matrix):
    shifted = np.array(matrix) - 4 * np.eye(len(matrix), dtype=int)
    eigenvalues = np.linalg.eigvals(shifted)
    assume(np.abs(eigenvalues.real).min() > 1e-3)
    found = edge_of(linear(shifted))
    expected = max(0.0, (-2 * eigenvalues.real / np.abs(eigenvalues) ** 2).min())
    assert found.at({}) == pytest.approx(expected, rel=DEFECTIVE)
    if found.edge is not None:
        assert float(found.edge) == pytest.approx(expected, rel=DEFECTIVE)
    for share in (0.5, 0.99, 1.01, 2):
        step = share * expected or 1e-3
        stable = np.abs(1 + step * eigenvalues).max() < 1
        assert all(bool(r.subs(eta, Rational(step))) for r in found.conditions) == stable


POINTS = [(loss, point) for loss in (MODE, DECAYING) for point in fixed_points(loss.stop_gradient_flow(), None)]


@pytest.mark.parametrize(
    ("loss", "point"), POINTS, ids=[f"{'decay' if loss.decay else 'plain'}-{i}" for i, (loss, _) in enumerate(POINTS)]
)
def test_conditions_with_parameters_are_those_of_dense_multipliers(loss, point):
    flow = loss.stop_gradient_flow()
    found = edge_of(flow, point)
    rng = np.random.default_rng(0)
    for _ in range(20):
        at = {p: Rational(float(rng.uniform(0.05, 1))) for p in (mu, gamma, kappa)} | {
            lam: Rational(float(rng.uniform(0.001, 0.04)))
        }
        at |= {s: Rational(float(rng.uniform(-2, 2))) for s in point.free}
        at[mu] += 1
        place = {s: value.subs(at).evalf(30) for s, value in point.values.items()}
        eigenvalues = np.linalg.eigvals(np.array(flow.jacobian().subs(at).subs(place).evalf(), dtype=float))
        moving = np.array(sorted(eigenvalues, key=abs)[len(found.judged.zero_modes) :])
        expected = max(0.0, (-2 * moving.real / np.abs(moving) ** 2).min())
        assert found.at(at) == pytest.approx(expected, rel=1e-8)
        if expected > 0:
            assert float(found.edge.subs(at)) == pytest.approx(expected, rel=1e-8)
        step = rng.uniform(0.2, 1.8) * expected or 0.1
        stable = np.abs(1 + step * moving).max() < 1
        assert all(r.subs(at).subs(place).subs(eta, step) == S.true for r in found.conditions) == stable


# -- the map itself ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [None, Integer(2)], ids=["stop-gradient", "moving targets"])
@pytest.mark.parametrize(("share", "stays"), [(0.97, True), (1.03, False)], ids=["below", "above"])
def test_descent_with_a_step_below_the_edge_returns_and_above_it_leaves(share, stays, rate):
    loss = DECAYING if rate is None else models.moving_average_targets(DECAYING, rate)
    flow = loss.stop_gradient_flow()
    root = (mu + sqrt(mu**2 - 4 * lam)) / 2
    height = sqrt(kappa / gamma / lam) * root
    point = {s: root if s == w else height for s in flow.state}
    step = share * edge_of(flow, point).at(VALUES)
    lowered = flow.lower({str(p): float(VALUES[p]) for p in flow.parameters})
    rest = np.array([float(value.subs(VALUES)) for value in point.values()])
    state = rest + 1e-6 * np.arange(1, len(rest) + 1)
    for _ in range(2000):
        state = state + step * lowered.velocity(0.0, state)
        if (distance := np.abs(state - rest).max()) > 1e-3:
            break
    assert (distance < 1e-9) if stays else (distance > 1e-3)


def test_a_family_is_followed_across_its_directions():
    """Along the hyperbola of fixed points the multiplier is 1; across it the edge is 2/(gamma v^2)."""
    found = edge_of(MODE.stop_gradient_flow(), {v: v, w: mu})
    assert found.edge == 2 / (gamma * v**2)
    assert len(found.judged.zero_modes) == 1


# -- shown, refused ----------------------------------------------------------------------------------------------------


def test_edges_are_shown_as_text_latex_and_json():
    found = edge_of(Flow({x: -a * x}))
    assert str(found).splitlines() == ["eta_c = 2/a", "stable for steps with", "if a*eta < 2"]
    assert r"\eta_{c} &= \frac{2}{a}" in found.to_latex()
    assert json.loads(found.to_json())["edge"] == "2/a"
    assert "no step is stable" in str(edge_of(Flow({x: a * x})))
    cubic = edge_of(Flow({x: y, y: z, z: -a * x - b * y - c * z}))
    assert cubic.edge is None
    assert json.loads(cubic.to_json())["edge"] is None


@pytest.mark.parametrize(
    "step", [a, Symbol("a", positive=True), Symbol("h", real=True), Symbol("x", positive=True), "h", 0.1], ids=str
)
def test_steps_that_are_no_new_positive_symbol_are_refused(step):
    with pytest.raises(InputError, match="positive symbol"):
        edge_of(Flow({x: -a * x}), step=step)


def test_points_that_the_linear_part_does_not_decide_are_refused():
    with pytest.raises(InputError, match="degenerate"):
        edge_of(Flow({x: -(x**3)}))


def test_places_that_are_no_fixed_point_are_refused():
    with pytest.raises(InputError, match="fixed point"):
        edge_of(Flow({x: 1 - x}))
