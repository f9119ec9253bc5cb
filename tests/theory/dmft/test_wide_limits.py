"""Closed forms beside a wide random head, against dense matrices, the two-time theory and exact flows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

from theory.dmft import WideHead
from theory.dmft.wide import equations, limits

RANDOM = np.random.default_rng(0).standard_normal((500, 500)) / 500**0.5
plane = given(mu=st.floats(0.1, 1), w0=st.floats(-1.5, 2.5), g=st.floats(0.05, 1.5))


@pytest.mark.parametrize(
    ("mu", "w0", "g"), [(0.8, 1.0, 0.5), (0.8, 2.0, 0.5), (0.8, 0.0, 1.0), (0.5, -0.5, 0.3), (0.3, 0.1, 0.2)]
)
def test_growth_rate_is_the_spectral_abscissa_of_a_dense_head(mu, w0, g):
    head = w0 * np.eye(len(RANDOM)) + g * RANDOM
    dense = -np.linalg.eigvals(head.T @ (head - mu * np.eye(len(head)))).real.min()
    assert limits.growth_rate(mu, w0, g) == pytest.approx(dense, abs=0.02)


def test_growth_rate_is_that_of_small_labels_in_the_two_time_theory():
    mu, w0, g = 0.8, 0.3, 0.6
    head = WideHead(mu, start=w0, spread=g, gamma=1e-9, lam=0.02, tolerance=1e-4)
    early, late = head.trajectory([18.0, 20.0]).variance
    power = 0.5  # as poles in both Laplace variables leave each other quadratically where their sum is largest
    measured = (np.log(late / early) + power * np.log(20 / 18)) / 4
    assert measured == pytest.approx(head.growth_rates()[0], abs=0.002)


@plane
@settings(deadline=None, max_examples=40)
def test_labels_grow_where_the_disc_of_eigenvalues_meets_the_gap(mu, w0, g):
    """The sign of the growth rate is that of being inside -g < w_0 < mu + g."""
    distance = min(w0 + g, mu + g - w0)
    if abs(distance) > 1e-3:
        assert (limits.growth_rate(mu, w0, g) > 1e-14) == (distance > 0)


@plane
@settings(deadline=None, max_examples=40)
def test_largest_pole_solves_its_condition_and_is_on_the_branch_of_responses(mu, w0, g):
    poles = np.roots([1, 0, -(g**2) * (w0**2 + (w0 - mu) ** 2 + g**2), 2 * g**4 * equations.stiffness(mu, w0)])
    assert np.all(np.isreal(poles) | (np.abs(poles.imag) < 1e-6))
    top = poles.real.max()
    assert abs(equations.pole_condition(top, mu, w0, g)) < 1e-8
    slope = (equations.rate_of_pole(top + 1e-5, mu, w0, g) - equations.rate_of_pole(top, mu, w0, g)) / 1e-5
    assert slope > -1e-3


def test_growth_rates_come_to_thirty_digits():
    found = WideHead(0.8, start=0.5, spread=0.5).growth_rates(digits=30)[0]
    assert float(found) == pytest.approx(limits.growth_rate(0.8, 0.5, 0.5), abs=1e-14)
    with mp.workdps(40):
        assert abs(found - limits.growth_rate(0.8, 0.5, 0.5, digits=40)) < mp.mpf(10) ** -28


@pytest.mark.parametrize(("w0", "g"), [(0.0, 1.0), (0.5, 0.5), (1.5, 0.5), (0.3, 0.9)])
def test_singular_edges_are_those_of_a_dense_head(w0, g):
    values = np.linalg.svd(w0 * np.eye(len(RANDOM)) + g * RANDOM, compute_uv=False)
    assert limits.singular_edges(w0, g) == pytest.approx((values[-1], values[0]), abs=0.03)


def test_growth_without_spread_is_that_of_one_direction():
    assert limits.growth_rate(0.8, 0.4, 0.0) == pytest.approx(0.16)
    assert limits.growth_rate(0.8, 0.4, 1e-4) == pytest.approx(0.16, abs=1e-3)


@given(mu=st.floats(0.2, 1), share=st.floats(0.01, 0.99))
@settings(deadline=None, max_examples=30)
def test_resting_modes_are_those_of_a_head_with_decay(mu, share):
    """w(mu - w) = lam, gamma C = kappa w/(mu - w)."""
    lam, kappa, gamma = share * mu**2 / 4, 0.3, 0.7
    ((upper, lower),) = WideHead(mu, gamma=gamma, lam=lam, kappa=kappa).steady_states()
    assert [upper.eigenvalue, lower.eigenvalue] == pytest.approx(sorted(np.roots([1, -mu, lam]).real, reverse=True), rel=1e-6)
    for state in (upper, lower):
        assert gamma * state.variance == pytest.approx(kappa * state.eigenvalue**2 / lam, rel=1e-6)


def test_late_modes_with_decay_rest_at_the_stable_state_or_vanish():
    head = WideHead(0.9, start=0.8, spread=0.3, gamma=1.0, lam=0.1, kappa=0.4, variance=1.0)
    late, far = head.trajectory([60.0]), WideHead(0.9, start=0.1, spread=0.1, gamma=1.0, lam=0.1, kappa=0.4, variance=0.01)
    state = head.steady_states()[0][0]
    assert late.variance[0] == pytest.approx(state.variance, rel=1e-2)
    assert late.eigenvalue[0] == pytest.approx(state.eigenvalue, rel=1e-2)
    assert far.trajectory([60.0]).variance[0] < 1e-6


def test_without_spread_or_decay_variances_end_on_the_hyperbola():
    mu, w0, gamma = 0.8, 0.5, 1.3
    end = WideHead(mu, start=w0, gamma=gamma, variance=0.7).trajectory([40.0]).variance[0]
    assert end == pytest.approx(0.7 + (mu**2 - w0**2) / gamma, rel=1e-3)


@pytest.mark.parametrize(
    ("start", "spread", "mass", "kept"),
    [(2.0, 0.1, 0.5, False), (1.2, 0.1, 1.5, True), (0.85, 0.2, 0.01, True), (-1.2, 0.3, 0.1, False)],
)
def test_protected_modes_are_kept_and_small_ones_outside_vanish(start, spread, mass, kept):
    """Where nothing protects them, they vanish in these cases; protection itself is a bound."""
    head = WideHead(0.8, start=start, spread=spread, gamma=mass, variance=1.0)
    assert head.protected == [kept]
    early, late = head.trajectory([8.0, 16.0]).variance
    assert (late > 1e-3) if kept else (late < 1e-3 and late < 0.1 * early)
