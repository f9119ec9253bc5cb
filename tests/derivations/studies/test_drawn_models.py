"""Models at random sizes: states seen along modes, velocities as those of the amplitudes."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from sympy import CRootOf, Rational, sqrt, symbols

from derivations.studies.complex_balls import enclose_parts, enclose_roots
from derivations.studies.drawn_models import draw_model
from derivations.studies.enclosures import enclose
from tests.derivations.studies import models
from tests.strategies import rationals, seeds

a, b, z = symbols("a b z", positive=True)


@pytest.mark.parametrize("model", [models.spectral, models.two_layers])
@settings(max_examples=15)
@given(seeds)
def test_an_aligned_state_is_seen_as_it_was_made_and_moves_like_its_amplitudes(model, seed):
    found, rng = model(), np.random.default_rng(seed)
    drawn = draw_model(found, rng)
    values = rng.uniform(0.5, 2, (len(drawn.modes), len(drawn.amplitudes))) * drawn.has_direction[:, None]
    directions = drawn.random_directions(rng)
    state = drawn.aligned_state(values, directions)
    seen = drawn.seen(state[None], drawn.directions_of(state))[0]
    assert np.allclose(np.abs(seen), values, atol=1e-10)
    assert drawn.misaligned(state, drawn.directions_of(state)) < 1e-10
    velocity = drawn.lowered.velocity(0.0, state)
    for k in np.nonzero(drawn.has_direction)[0]:
        flow = found.amplitudes.lower({p: float(v) for p, v in drawn.modes[k].items()})
        assert np.allclose(drawn.seen(velocity[None], directions)[0, k], flow.velocity(0.0, values[k]), atol=1e-10)
    assert drawn.misaligned(velocity, directions) < 1e-10


def test_no_mode_is_drawn_at_a_bifurcation():
    found = models.spectral(decay=models.lam)
    modes = [mode for seed in range(6) for mode in draw_model(found, np.random.default_rng(seed)).modes]
    assert {float(number) for mode in modes for number in mode.values()} >= {1.5, 2.5}
    assert all(len(set(mode.values())) == 2 for mode in modes)  # the eigenvalue is not the decay


@settings(max_examples=15)
@given(seeds)
def test_a_random_state_is_not_aligned(seed):
    rng = np.random.default_rng(seed)
    drawn = draw_model(models.two_layers(), rng)
    state = drawn.random_start(1.0, rng)
    assert drawn.misaligned(state, drawn.directions_of(state)) > 1e-3


@settings(max_examples=15)
@given(rationals, rationals)
def test_balls_hold_the_values_of_formulas(p, q):
    numbers = {a: p, b: q, z: CRootOf(z**5 - z - 1, 0)}
    for formula in (a / b, sqrt(a + b) - a * b**2, sqrt(a) * z - b):
        ball = enclose(formula, numbers)
        exact = formula.subs(numbers).evalf(40)
        assert abs(exact - Rational(ball.middle)) <= ball.radius < 1e-14 * (1 + abs(ball.middle))


def test_formulas_without_a_real_value_have_no_ball_but_parts():
    assert enclose(sqrt(a - b), {a: Rational(1), b: Rational(2)}) is None
    real, imaginary = enclose_parts(a + sqrt(a - b), {a: Rational(1), b: Rational(3)})
    assert real.middle == 1
    assert abs(imaginary.middle - mpmath.sqrt(2)) < 1e-15
    roots = enclose_roots(z**3 - 2, z, {})
    assert max(real.middle for real, _ in roots) == pytest.approx(2 ** (1 / 3), abs=1e-15)
