"""Two-time kernels of a wide random head: causal steps, the fixed point of whole kernels, mpmath, and runs."""

from itertools import pairwise

import numpy as np
import pytest
from mpmath import mp

from theory import UnfinishedError
from theory.dmft.wide.causal import Group, memory_weights, solve_causally
from theory.dmft.wide.halving import graded_times
from theory.dmft.wide.whole import explicit_weights, solve_whole, trapezoidal_weights

ONE = Group(np.array([0.8]), np.eye(1), 0.5, 0.8, 1.5, 0.05, 0.1)
PAIR = Group(np.array([0.8, -0.6]), np.array([[1.0, -0.5], [-0.5, 0.8]]), 0.5, 0.6, 1.0, 0.02, 0.1)
KINDS = ("states", "residuals", "mixed", "to_psi", "to_phi")
each = pytest.mark.parametrize("group", [ONE, PAIR], ids=["one mode", "correlated modes"])


@each
def test_fixed_point_of_whole_kernels_is_what_causal_steps_find(group):
    """Two routes without code in common, on one grid, whose steps grow."""
    causal = solve_causally(group, graded_times(3.0, 40))
    whole = solve_whole(group, causal.times, explicit_weights(causal.times))
    for kind in KINDS:
        np.testing.assert_allclose(getattr(whole, kind), getattr(causal, kind), atol=1e-10)


@each
def test_causal_and_trapezoidal_kernels_meet_at_second_order(group):
    gaps = []
    for steps in (20, 40, 80):
        causal = solve_causally(group, np.linspace(0, 2.0, steps + 1))
        whole = solve_whole(group, causal.times, trapezoidal_weights(causal.times))
        gaps.append(np.abs(causal.states - whole.states).max())
    orders = np.log2(np.divide(gaps[:-1], gaps[1:]))
    assert 1.6 < orders[-1] < 2.5


@each
def test_order_in_the_step_is_two(group):
    ends = [
        [getattr(solve_causally(group, graded_times(2.0, n)), kind)[-1, :, n // 2] for kind in KINDS[:3]]
        for n in (40, 80, 160, 320)
    ]
    changes = [np.abs(np.subtract(later, sooner)).max() for sooner, later in pairwise(ends)]
    orders = np.log2(np.divide(changes[:-1], changes[1:]))
    assert orders[-1] == pytest.approx(2, abs=0.15)


@each
def test_doubles_agree_with_thirty_digits(group):
    fast = solve_causally(group, np.linspace(0, 1.0, 8 + 1))
    with mp.workdps(30):
        precise = solve_causally(group, np.linspace(0, 1.0, 9), mp.mpf, mp.exp)
        assert abs(precise.states[-1, 0, -1, 0] - mp.mpf(fast.states[-1, 0, -1, 0])) > mp.mpf(10) ** -25
    for kind in KINDS:
        np.testing.assert_allclose(getattr(precise, kind).astype(float), getattr(fast, kind), atol=1e-14)


def test_without_spread_the_steps_are_those_of_one_mode():
    """At g = 0 nothing is random: v and w of one direction, by the same steps."""
    mu, w0, gamma, lam, kappa, steps, until = 0.8, 0.5, 1.5, 0.05, 0.1, 50, 2.0
    found = solve_causally(
        Group(np.array([mu]), np.eye(1), w0, 0.0, gamma, lam, kappa), np.linspace(0, until, steps + 1)
    ).one_time("states")
    step, v, residuals, moved = until / steps, [1.0], [], []
    for n in range(steps):
        lags = np.exp(-kappa * step * np.arange(n, 0, -1))
        w = w0 * np.exp(-kappa * step * n) - gamma * np.sum(
            memory_weights(step * np.arange(n + 1)) * lags * np.multiply(residuals, v[:-1])
        )
        residuals.append((w - mu) * v[-1])
        moved.append(-w * residuals[-1] - lam * v[-1])
        v.append(v[-1] + step * (moved[-1] if n == 0 else 1.5 * moved[-1] - 0.5 * moved[-2]))
    np.testing.assert_allclose(found[:, 0, 0], np.square(v), rtol=1e-12)


def _run_steps(group, d, until, steps, seed):
    """One run of the same steps in d dimensions: mean squares of the modes."""
    rng = np.random.default_rng(seed)
    start = rng.standard_normal((d, len(group.correlations))) @ np.linalg.cholesky(group.covariance).T
    first = group.start * np.eye(d) + group.spread * rng.standard_normal((d, d)) / d**0.5
    step, v, r, moved = until / steps, [start], [], []
    for n in range(steps + 1):
        lags = np.exp(-group.kappa * step * np.arange(n, 0, -1)) * memory_weights(step * np.arange(n + 1))
        head = np.exp(-group.kappa * step * n) * first
        head -= group.gamma / d * sum((lag * a @ b.T for lag, a, b in zip(lags, r, v, strict=False)), np.zeros((d, d)))
        r.append(head @ v[-1] - v[-1] * group.correlations)
        moved.append(-head.T @ r[-1] - group.lam * v[-1])
        v.append(v[-1] + step * (moved[-1] if n == 0 else 1.5 * moved[-1] - 0.5 * moved[-2]))
    states = np.array(v[:-1])
    return np.einsum("tik,til->tkl", states, states) / d, np.einsum("tik,til->tkl", np.array(r), states) / d


@each
def test_theory_of_long_steps_is_exact_for_runs_with_these_steps(group):
    """The closure holds for the discrete flow itself: means over draws agree within their errors at steps that are coarse."""
    d, steps, seeds = 200, 8, range(40)
    theory = solve_causally(group, np.linspace(0, 2.0, steps + 1))
    runs = [_run_steps(group, d, 2.0, steps, seed) for seed in seeds]
    for found, kind in zip(zip(*runs, strict=True), ("states", "mixed"), strict=True):
        mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / len(seeds) ** 0.5
        assert np.all(np.abs(mean - theory.one_time(kind)) < 4 * error + 2 / d)
        assert (
            np.abs(theory.one_time(kind) - solve_causally(group, np.linspace(0, 2.0, 400 + 1)).one_time(kind)[::50]).max()
            > 0.01
        )


def test_responses_are_those_of_a_run():
    """A pulse of the fields in one step of finite systems moves means as the responses say."""
    steps, until = 8, 2.0
    theory = solve_causally(ONE, np.linspace(0, until, steps + 1))
    d, at, seeds = 300, 2, range(30)
    found = [_pulse_response(d, until, steps, at, seed) for seed in seeds]
    mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / len(seeds) ** 0.5
    expected = theory.to_psi[:, 0, at, 0]
    assert np.all(np.abs(mean - expected) < 4 * error + 2 / d)
    assert np.abs(expected).max() > 0.1


def _pulse_response(d, until, steps, at, seed):
    """Mean change of v_i by a pulse of psi_i at one step, with random signs for all dimensions at once."""
    rng = np.random.default_rng(seed)
    start = rng.standard_normal(d)
    first = ONE.start * np.eye(d) + ONE.spread * rng.standard_normal((d, d)) / d**0.5
    signs = rng.choice([-1.0, 1.0], d)

    def run(size):
        step, v, r, moved = until / steps, [start], [], []
        for n in range(steps):
            lags = np.exp(-ONE.kappa * step * np.arange(n, 0, -1)) * memory_weights(step * np.arange(n + 1))
            left = np.exp(-ONE.kappa * step * n)
            past = np.array(v[:-1]).reshape(n, d), np.array(r).reshape(n, d)
            r.append(left * first @ v[-1] - ONE.gamma / d * (lags * (past[0] @ v[-1])) @ past[1] - ONE.correlations[0] * v[-1])
            pulse = left * ONE.spread * size * signs * (n == at)
            back = left * first.T @ r[-1] - ONE.gamma / d * (lags * (past[1] @ r[-1])) @ past[0]
            moved.append(-back - pulse - ONE.lam * v[-1])
            v.append(v[-1] + step * (moved[-1] if n == 0 else 1.5 * moved[-1] - 0.5 * moved[-2]))
        return np.array(v)

    return (run(1e-3) - run(-1e-3)) @ signs / (2e-3 * d)


def test_kernels_that_blow_up_name_the_time():
    with pytest.raises(UnfinishedError, match=r"blow up at t = 0\.\d+, where the flow does not"):
        solve_causally(Group(np.array([0.8]), np.eye(1), 5.0, 5.0, 1.0, 0.0, 0.0), np.linspace(0, 5.0, 21))


def test_rounds_that_do_not_settle_return_nothing():
    times = np.linspace(0, 3, 31)
    with pytest.raises(UnfinishedError, match="after 3 rounds"):
        solve_whole(ONE, times, trapezoidal_weights(times), rounds=3)
