"""A nonlinear head as single sites: against the linear mean field, drawn classes, and direct integration of all of the head."""

import numpy as np
import pytest
import scipy
import sympy
from hypothesis import given
from hypothesis import strategies as st

from theory import InputError, UnfinishedError
from theory.dmft.mean_field import MeanFieldHead
from theory.dmft.single_site import ERF, LINEAR, TANH, Nonlinearity, SingleSite

TIMES = np.array([0.5, 1.0, 2.0])


class Direct:
    """All embeddings and the whole head, for ``uniform`` couplings of K classes with four pure samples and a frustrated one."""

    def __init__(self, function, classes, dimension):
        self.f, self.K, self.d, self.pure, self.n = function, classes, dimension, 4, 5

    def run(self, times, seed):
        """Mean diagonal of the head and mean square of labels (2, T)."""
        rng, d = np.random.default_rng(seed), self.d
        parts = [np.eye(d), *(rng.standard_normal((d, self.K * m)) for m in (1, self.pure, self.n - self.pure))]
        self.cuts = np.cumsum([p.size for p in parts])[:-1]
        start = np.concatenate([p.ravel() for p in parts])
        found = scipy.integrate.solve_ivp(self.velocity, (0, times[-1]), start, t_eval=times, rtol=1e-5, atol=1e-7).y
        head, labels = np.split(found, self.cuts)[:2]
        return np.array([np.einsum("iit->t", head.reshape(d, d, -1)) / d, np.mean(labels**2, axis=0)])

    def velocity(self, _, state):
        W, Y, X, Z = (p.reshape(self.d, -1) for p in np.split(state, self.cuts))
        shared, mean = Z.sum(1, keepdims=True) / self.K, Y.mean(1, keepdims=True)
        felt = (X.reshape(self.d, self.K, self.pure).sum(2) + shared) / self.n
        head, moved = 0, []
        for at, target, weight in ((Y, felt, self.n), (X, np.repeat(Y, self.pure, axis=1), 1), (Z, mean, 1)):
            pull = slope(self.f, W @ at) * (self.f(W @ at) - target)
            head = head - weight / (self.K * self.n) * pull @ at.T
            moved.append((-W.T @ pull).ravel())
        return np.concatenate([head.ravel(), *moved])


def slope(f, h, step=1e-5):
    """The derivative of an array function, by central differences."""
    return (f(h + step) - f(h - step)) / (2 * step)


NUMERIC = {TANH: np.tanh, ERF: lambda x: scipy.special.erf(x)}


@given(st.floats(0, 1), st.floats(0.3, 2), st.floats(0, 0.2), st.floats(0, 0.5))
def test_linear_sites_are_the_mean_field_of_their_modes(fraction, gamma, lam, kappa):
    parameters = {"gamma": gamma, "lam": lam, "kappa": kappa, "w0": 0.8}
    mu = (1 - fraction) ** 0.5
    modes = MeanFieldHead([(mu, 1, 0.5), (-mu, 1, 0.5), (0, 1, 1)], **parameters)
    sites = SingleSite(LINEAR, fraction, **parameters)
    assert sites.trajectory(TIMES).head == pytest.approx(modes.trajectory(TIMES).head, abs=1e-6)


@pytest.mark.parametrize("function", [TANH, ERF], ids=["tanh", "erf"])
def test_error_against_all_of_the_head_falls_with_classes_over_dimension(function):
    """At fixed d the power of K is -1 within its error: entries off the diagonal act at second order."""
    ratios, d, seeds, times = np.array([1, 2, 4, 8]), 16, 10, [3.0]
    limit = SingleSite(function, 0.2).sampled(times, samples=5, classes=1000, runs=8)
    errors = []
    for ratio in ratios:
        runs = np.array([Direct(NUMERIC[function], ratio * d, d).run(times, seed)[0, 0] for seed in range(seeds)])
        errors.append([limit.head[0] - runs.mean(), np.hypot(runs.std(ddof=1) / seeds**0.5, limit.errors[0, 0])])
    gaps, spread = np.array(errors).T
    slope, covariance = np.polyfit(np.log(ratios), np.log(np.abs(gaps)), 1, w=np.abs(gaps) / spread, cov="unscaled")
    assert gaps[0] > 5 * spread[0]
    assert abs(slope[0] + 1) < 3 * covariance[0, 0] ** 0.5


@pytest.mark.parametrize("function", [TANH, ERF], ids=["tanh", "erf"])
def test_drawn_classes_approach_the_quadrature_like_one_over_samples(function):
    sites, exact = SingleSite(function, 0.5), SingleSite(function, 0.5).trajectory(TIMES)
    few, many = (sites.sampled(TIMES, samples=n, classes=300, runs=4) for n in (8, 64))
    gaps = [np.max(np.abs(found.head - exact.head)) for found in (few, many)]
    assert gaps[1] < gaps[0] / 2 + 3 * many.errors[0].max()


@pytest.mark.parametrize("function", [TANH, ERF], ids=["tanh", "erf"])
def test_velocities_are_those_of_the_functions(function):
    """Of a component and of the head, by differences of the loss."""
    f, x, w, y, lam = NUMERIC[function], np.linspace(-3, 3, 31), 0.7, 0.3, 0.1
    expected = -slope(lambda at: (f(w * at) - y) ** 2 / 2, x) - lam * x, -slope(lambda at: (f(at * x) - y) ** 2 / 2, w)
    assert np.array(function.velocities(x, w, y, lam)) == pytest.approx(np.array(expected), abs=1e-8)
    assert function.pull(x, y) == pytest.approx(slope(lambda at: (f(at) - y) ** 2 / 2, x), abs=1e-8)
    assert function.value(x) == pytest.approx(f(x))


def test_a_small_embedding_feels_a_linear_head():
    """tanh(eh)/e is h up to e^2: the head follows the linear one with an error of that order."""
    linear = SingleSite(LINEAR, 0.3).trajectory(TIMES).head
    gaps = []
    for e in (0.2, 0.1):
        weak = Nonlinearity(lambda h, e=e: sympy.tanh(e * h) / e)
        gaps.append(np.max(np.abs(SingleSite(weak, 0.3).trajectory(TIMES).head - linear)))
    assert np.log2(gaps[0] / gaps[1]) == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize("wrong", [{"fraction": 1.5}, {"gamma": -1.0}, {"w0": float("inf")}], ids=str)
def test_parameters_outside_their_ranges_are_refused(wrong):
    with pytest.raises(InputError):
        SingleSite(**({"function": TANH, "fraction": 0.1} | wrong))


def test_samples_that_cannot_be_divided_are_refused():
    with pytest.raises(InputError):
        SingleSite(TANH, 0.25).sampled(TIMES, samples=10)


def test_averages_that_do_not_settle_are_not_returned():
    with pytest.raises(UnfinishedError):
        SingleSite(TANH, 0.2, tolerance=1e-300).trajectory([0.5])


def test_what_is_left_out_is_of_the_order_of_dimensions_over_classes():
    assert SingleSite(TANH, 0.2, classes=64, dimension=16).trajectory([0.5]).left_out == 0.25
    with pytest.raises(InputError, match="16 dimensions and 20 classes"):
        SingleSite(TANH, 0.2, classes=20, dimension=16)
