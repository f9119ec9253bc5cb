"""Flows followed to where they rest, blow up, or return: beside what is known of them."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from derivations.studies.following import Outcome, follow
from derivations.studies.relaxation import measure_rate
from tests.strategies import seeds

positive = st.floats(0.2, 5)


@settings(max_examples=25)
@given(positive)
def test_a_square_blows_up_at_the_inverse_of_its_start(start):
    ending = follow(lambda t, y: y**2, np.array([start]), 100.0).ending
    assert ending.outcome is Outcome.BLOW_UP
    assert abs(ending.time * start - 1) < 1e-6


@settings(max_examples=25)
@given(positive, st.integers(3, 7))
def test_powers_blow_up_before_they_are_large(start, power):
    ending = follow(lambda t, y: y**power, np.array([start]), 1e9).ending
    assert ending.outcome is Outcome.BLOW_UP
    assert abs(ending.time * (power - 1) * start ** (power - 1) - 1) < 1e-4


@settings(max_examples=25)
@given(positive)
def test_growth_that_takes_for_ever_is_no_blow_up(rate):
    assert follow(lambda t, y: rate * y, np.array([1.0]), 1e3).ending.outcome is Outcome.GROWTH


@settings(max_examples=8)
@given(positive, positive)
def test_an_oscillation_returns_after_its_period(omega, start):
    run = follow(lambda t, y: omega * np.array([y[1], -y[0]]), np.array([start, 0.0]), 80 / omega)
    assert run.ending.outcome is Outcome.CYCLE
    assert abs(run.ending.period * omega / (2 * np.pi) - 1) < 1e-4


def test_a_cycle_that_crosses_its_middle_twice_has_the_whole_period():
    def velocity(t, y):
        return np.array([y[1], -y[0], 2 * y[3], -2 * y[2]])

    run = follow(velocity, np.array([1.0, 0, 2.0, 0.3]), 100.0)
    assert abs(run.ending.period / (2 * np.pi) - 1) < 1e-4


def test_chaos_neither_rests_nor_returns():
    def lorenz(t, y):
        return np.array([10 * (y[1] - y[0]), y[0] * (28 - y[2]) - y[1], y[0] * y[1] - 8 / 3 * y[2]])

    assert follow(lorenz, np.array([1.0, 1.0, 1.0]), 20.0).ending.outcome is Outcome.MOVING


def test_a_root_that_leaves_its_domain_is_stopped():
    assert follow(lambda t, y: -1 - 0 * np.sqrt(y), np.array([1.0]), 10.0).ending.outcome is Outcome.STOPPED


def _stable_matrix(rng, rates):
    basis = 0.3 * rng.standard_normal((len(rates), len(rates))) + np.eye(len(rates))
    return basis @ np.diag(rates) @ np.linalg.inv(basis), basis


@settings(max_examples=25)
@given(seeds)
def test_the_end_of_a_run_is_as_near_to_rest_as_it_says(seed):
    rng = np.random.default_rng(seed)
    matrix, _ = _stable_matrix(rng, -rng.uniform(0.2, 5, 3))
    rest = rng.uniform(-2, 2, 3)
    run = follow(lambda t, y: matrix @ (y - rest), rest + rng.standard_normal(3), 1e3)
    assert run.ending.outcome is Outcome.REST
    assert np.linalg.norm(run.end - rest) <= run.end_error < 1e-5


@settings(max_examples=25)
@given(seeds, st.sampled_from([1, -1]))
def test_rates_are_the_eigenvalue_within_their_tolerance_and_no_other(seed, sign):
    rng = np.random.default_rng(seed)
    rates = sign * np.sort(rng.uniform(0.3, 3, 3))
    matrix, basis = _stable_matrix(rng, rates)
    assume(np.linalg.cond(basis) < 10)  # the terms of second order are as large beside its modes as they are drawn
    quadratic = rng.standard_normal((3, 3, 3))
    rest = rng.uniform(-1, 1, 3)

    def velocity(t, y):
        return matrix @ (y - rest) + np.einsum("ijk,j,k->i", quadratic, y - rest, y - rest)

    found = measure_rate(velocity, rest, basis[:, 0], complex(rates[0]), lambda f: f, float(max(rates)))
    assert abs(found.rate - rates[0]) <= found.tolerance
    assert found.tolerance < 0.1 * abs(rates[0])


@settings(max_examples=25)
@given(positive, st.floats(-2, 2))
def test_turning_rates_have_both_parts(omega, real):
    matrix = np.array([[real, omega], [-omega, real]])
    found = measure_rate(lambda t, y: matrix @ y, np.zeros(2), np.array([1.0, 0]), complex(real, omega), lambda f: f)
    assert abs(found.rate - complex(real, omega)) <= found.tolerance < 0.01 * abs(complex(real, omega))
