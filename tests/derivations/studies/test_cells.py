"""Phase planes: simulated cells change where closed forms say, batches are of the order of their method."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from sympy import Rational, symbols

from derivations import study
from derivations.studies import batches
from derivations.studies.cells import choose_plane, phase_plane
from tests.derivations.studies import models
from theory import Flow
from theory.errors import InputError

x, y = symbols("x y", real=True)
r = symbols("r", real=True)


def test_cells_of_a_pitchfork_change_on_the_diagonal():
    plane = phase_plane(models.pitchfork(), models.r, models.c, cells=14)
    across, up = np.meshgrid(plane.xs, plane.ys)
    clear = np.abs(across - up) > 0.05
    away = np.array(["state 2" in label or "state 3" in label for label in plane.labels])[plane.codes]
    assert (away == (across > up))[clear].all()
    (boundary,) = {str(b.equation): b for b in plane.boundaries}.values()
    values = boundary.values(across, up)
    assert np.abs(values) == pytest.approx(np.abs(across - up))


def test_cells_of_one_mode_are_bistable_up_to_the_fold():
    plane = phase_plane(models.one_mode(), models.mu, models.lam, cells=14)
    across, up = np.meshgrid(plane.xs, plane.ys)
    exists = across**2 > 4 * up
    clear = np.abs(across**2 / 4 - up) > 0.02
    reached = np.array(["state 2" in label for label in plane.labels])[plane.codes]
    assert (reached == exists)[clear].all()
    assert "state 1, or state 2 from beside it" in plane.labels


def test_the_plane_is_that_of_critical_equations_and_other_names_are_errors():
    found = models.one_mode()
    assert set(choose_plane(found)) == {models.mu, models.lam}
    assert choose_plane(models.spectral()) is None
    with pytest.raises(InputError, match="two parameters among"):
        phase_plane(found, models.mu, models.r)


@settings(max_examples=15)
@given(st.floats(0.5, 3), st.floats(0.05, 0.5), st.floats(0.05, 0.5))
def test_steps_of_batches_are_of_order_three(rate, first, second):
    flow = batches.BatchFlow.of(Flow({x: r * x * (1 - x), y: x * y - y**3}), {}, (r,))

    def velocity(t, z):
        return [rate * z[0] * (1 - z[0]), z[0] * z[1] - z[1] ** 3]

    exact = solve_ivp(velocity, (0, 1), [first, second], rtol=1e-12, atol=1e-14).y[:, -1]
    errors = []
    for steps in (40, 80):
        state = np.array([[first], [second], [rate]])
        for _ in range(steps):
            state, _ = batches._step(flow, state, np.array([1 / steps]))
        errors.append(np.abs(state[:2, 0] - exact).max())
    assert errors[1] < errors[0] / 6 or errors[1] < 1e-9


def test_batches_tell_rest_from_motion_and_from_leaving():
    flow = batches.BatchFlow.of(Flow({x: r * x + x**3}), {}, (r,))
    found = batches.follow_batch(flow, np.array([[0.1, 0.1, 3.0], [-1.0, 1.0, -1.0]]), 200.0)
    assert found.rests.tolist() == [True, False, False]
    assert found.leaves.tolist() == [False, True, True]


def test_a_plane_stays_within_what_is_assumed_of_its_parameters():
    x = symbols("x", real=True)
    a, g = symbols("a g", positive=True)
    found = study(Flow({x: a * x - g * x**3}, assumptions=[g < 1, g > Rational(1, 4)]), simulated=False).findings
    plane = phase_plane(found, a, g, cells=4)
    assert Rational(1, 4) < plane.ys.min() < plane.ys.max() < 1
