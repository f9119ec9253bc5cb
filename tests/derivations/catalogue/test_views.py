"""Which modes of two views survive coding rates, products of views and cosines, against runs written once more in NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from derivations.closed_forms import coding_rates, spectral_contrastive
from derivations.closed_forms.info_nce import critical_temperature, resting_sines
from derivations.vocabulary import m, mu_k, phi
from tests.strategies import seeds
from theory.models.two_views import alpha, epsilon, temperature
from theory.models.vocabulary import K, d, lam

GRID = np.round(np.arange(0.05, 0.96, 0.15), 2)  # correlations that are apart
grids = st.sets(st.sampled_from(list(GRID)), min_size=2, max_size=3).map(lambda found: np.sort(list(found))[::-1])


def at_end(flow, shape, seed, time=3000.0):
    """Both views after a long time."""

    def moved(_, y):
        return np.stack(flow(*y.reshape(2, *shape))).ravel()

    start = np.random.default_rng(seed).standard_normal(2 * np.prod(shape))
    return solve_ivp(moved, (0, time), start, method="LSODA", rtol=1e-9, atol=1e-12).y[:, -1].reshape(2, *shape)


@given(grids, st.floats(0.2, 1.2), seeds)
def test_coding_rates_leave_modes_above_their_threshold_with_their_moments(correlations, push, seed):
    if np.abs(push - 1 + correlations).min() < 0.03:
        return  # a mode at its threshold takes as long as one likes
    size, precision, mass = 4, 0.7, 2.0
    at = {d: size, epsilon: precision, m: mass, alpha: 2 * push * precision**2 / size}
    scale = size / (mass * precision**2)

    def pushed(view, other):
        return -2 / mass * (view - other * correlations) + at[alpha] * scale * np.linalg.solve(
            np.eye(size) + scale * view @ view.T, view
        )

    u, w = at_end(lambda u, w: (pushed(u, w), pushed(w, u)), (size, len(correlations)), seed)
    alive = [at[alpha] > float(coding_rates.critical_alpha().subs(at).subs(mu_k, c)) for c in correlations]
    moments = np.where(alive, [float(coding_rates.survivor_moment().subs(at).subs(mu_k, c)) for c in correlations], 0.0)
    assert u.T @ u / mass == pytest.approx(np.diag(moments), abs=1e-5)
    assert u == pytest.approx(w, abs=1e-5)


@given(grids, st.integers(1, 3), st.floats(0, 1.2), seeds)
def test_products_of_views_survive_where_there_is_room_and_less_decay(correlations, size, decay, seed):
    mass = 2.0
    at = {m: mass, lam: decay}
    left = np.array([max(float(spectral_contrastive.survivor_product(lam).subs(at).subs(mu_k, c)), 0) for c in correlations])
    if np.abs(correlations - decay * mass / 2).min() < 0.03:
        return
    left[size:] = 0

    def drawn(view, other):
        return 2 / mass * other * correlations - 2 / mass**2 * other @ other.T @ view - decay * view

    u, w = at_end(lambda u, w: (drawn(u, w), drawn(w, u)), (size, len(correlations)), seed)
    assert u.T @ w / mass == pytest.approx(np.diag(left), abs=1e-5)


@given(st.integers(2, 5), st.floats(0.1, 0.9), st.floats(0.1, 3.0))
def test_the_loss_on_two_cones_is_least_at_the_sines_at_rest(classes, fraction, scale):
    at = {K: classes, phi: fraction, temperature: scale}
    sines = np.linspace(0, 1, 20_001)
    margins = classes / ((classes - 1) * scale) * sines
    losses = np.log(1 + (classes - 1) * np.exp(-margins)) + fraction * (classes - 1) / classes * margins
    found = float(resting_sines().subs(at))
    assert sines[np.argmin(losses)] == pytest.approx(found, abs=1e-3)
    assert (found == 1) == (scale >= float(critical_temperature().subs(at)))
