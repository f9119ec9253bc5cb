"""The complete rule for states with decay, against dense eigenvalues of all entries, exact arithmetic and direct runs."""

from fractions import Fraction

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from sympy import Rational, lambdify

from derivations import derive
from derivations.catalogue.dense_head import critical_ratio, jacobian, velocity
from derivations.closed_forms.pair import PAIR
from derivations.vocabulary import k, nu, omega_1, omega_2, p


def cubic():
    return derive("decay_stability")["rule"].after[0].right


SIZE, MODES = 3, 4
heads = st.fractions(min_value=Fraction(101, 100), max_value=1000, max_denominator=1000)


def states(rng, count, occupied):
    """Random orthogonal states at rest: some directions empty, some modes absent, in a random basis; decays and mobilities."""
    decay, ratio, mobility = rng.uniform(0.02, 0.3, count), rng.uniform(0.01, 0.6, count), rng.uniform(0.3, 3, count)
    omega = rng.uniform(0.95, 3.5, (count, occupied)) * rng.choice([-1, 1], (count, occupied), p=(0.1, 0.9))
    correlations = np.concatenate([omega + 1 / omega, rng.uniform(-2, 2, (count, MODES - occupied))], axis=1)
    rest = np.zeros((count, SIZE, MODES))
    rest[:, range(occupied), range(occupied)] = omega
    basis, _ = np.linalg.qr(rng.standard_normal((count, SIZE, SIZE)))
    root = np.sqrt(decay)[:, None, None]
    modes = np.sqrt(ratio * decay / mobility)[:, None, None] * basis @ rest
    head = root * basis @ rest[:, :, :SIZE] @ np.swapaxes(basis, -1, -2)
    return (modes, head, root[:, :, 0] * correlations, (mobility, decay, ratio * decay)), omega, correlations, ratio


def predicted(omega, correlations, ratio):
    """The three inequalities of the rule."""
    occupied = omega.shape[1]
    stable = np.all(omega**2 > 1, axis=1)
    for one in range(occupied):
        absent = correlations[:, occupied:]
        stable &= np.all(omega[:, [one]] * (correlations[:, [one]] - absent) > 0, axis=1)
        for two in range(one):
            stable &= lambdify((omega_1, omega_2, k), cubic().subs(PAIR))(omega[:, one], omega[:, two], ratio) > 0
    return stable


@pytest.mark.parametrize("occupied", [1, 2, 3])
def test_the_rule_agrees_with_dense_eigenvalues_of_all_entries(occupied):
    state, omega, correlations, ratio = states(np.random.default_rng(occupied), 1000, occupied)
    assert np.abs(velocity(*state)).max() < 1e-12
    eigenvalues = np.linalg.eigvals(jacobian(*state))
    ordered = np.take_along_axis(eigenvalues, np.abs(eigenvalues).argsort(axis=1), axis=1)
    turns = occupied * (occupied - 1) // 2 + occupied * (SIZE - occupied)
    moving = ordered[:, turns:].real.max(axis=1)
    decided = np.abs(moving) > 1e-8
    assert np.abs(ordered[:, :turns]).max() < 1e-5
    assert decided.mean() > 0.99
    stable = predicted(omega, correlations, ratio)
    assert np.array_equal(stable[decided], moving[decided] < 0)
    assert 0.02 < stable.mean() < 0.98


@given(heads, heads)
def test_a_head_that_decays_a_quarter_as_fast_is_safe(one, two):
    at = {omega_1: Rational(one.numerator, one.denominator), omega_2: Rational(two.numerator, two.denominator)}
    assert cubic().subs({q: e.subs(at) for q, e in PAIR.items()} | {k: Rational(1, 4)}) > 0


def test_no_smaller_share_is_safe():
    roots = [float(critical_ratio(cubic().subs(PAIR), size, 2 * size)) for size in (2, 10, 100)]
    assert np.all(np.diff(roots) > 0)
    assert 0.25 - 1e-3 < roots[-1] < 0.25


@given(heads, heads, st.fractions(min_value=Fraction(1, 1000), max_value=100, max_denominator=1000))
def test_heads_of_opposite_signs_are_safe_at_any_decay(one, two, ratio):
    product, difference = -one * two, (one + two) ** 2
    assert cubic().subs({p: Rational(str(product)), nu: Rational(str(difference)), k: Rational(str(ratio))}) > 0


def run(share):
    """Four classes with uniform frustration (one mode at μ = 1, three class modes) in four dimensions, started near rest with
    a head that decays at a share of the boundary: amplitudes over time, those at rest, and the last speed."""
    decay, frustrated = 0.05, 0.36
    correlations = np.array([1, *[np.sqrt(1 - frustrated)] * 3])
    omega = (correlations + np.sqrt(correlations**2 - 4 * decay)) / 2 / np.sqrt(decay)
    ratio = share * float(critical_ratio(cubic().subs(PAIR), *(Rational(str(o)) for o in omega[[1, 0]])))
    rates = (1.0, decay, ratio * decay)
    rest = np.sqrt(ratio * decay) * np.diag(omega)
    start = np.concatenate([rest.ravel(), np.sqrt(decay) * np.diag(omega).ravel()])
    start += 1e-3 * np.random.default_rng(0).standard_normal(32)

    def flow(_, y):
        return velocity(y[:16].reshape(4, 4), y[16:].reshape(4, 4), correlations, rates)

    states = scipy.integrate.solve_ivp(flow, (0, 3000), start, method="LSODA", rtol=1e-8, atol=1e-10).y
    return states[:16].T.reshape(-1, 4, 4), rest, np.abs(flow(0, states[:, -1])).max()


def test_above_the_boundary_the_labels_stay_at_their_distances():
    modes, rest, speed = run(1.2)
    assert modes[-1].T @ modes[-1] == pytest.approx(rest**2, abs=1e-6)
    assert speed < 1e-6


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_below_the_boundary_the_modes_rotate_and_never_rest(share):
    _, rest, speed = run(share)
    assert speed > 1e-3 * rest.max()


def test_far_below_the_boundary_the_labels_collapse_while_the_common_mode_persists():
    modes, rest, _ = run(0.25)
    lengths = np.linalg.norm(modes, axis=1)
    assert lengths[:, 1:].max(axis=1).min() < 1e-6 * rest[1, 1]
    assert lengths[:, 0].min() > 0.1 * rest[0, 0]
