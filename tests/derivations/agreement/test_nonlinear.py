"""Simulations of a nonlinear head: the library's own where it is linear, and single sites in their limit."""

import numpy as np
import pytest

from derivations.agreement import against_ratios, simulated_sites
from theory import Coupling, InputError, models, simulate
from theory.dmft import ERF, LINEAR, TANH, SingleSite

TIMES = np.array([0.5, 1.0, 3.0])


def test_linear_function_gives_the_flow_of_the_projection_head():
    """The same start, in types of samples, through the symbolic loss and its lowering."""
    sites, K, d = SingleSite(LINEAR, 0.4, gamma=1.5, lam=0.1, kappa=0.2, w0=0.8), 6, 3
    found = simulated_sites(sites, 5, K, d, TIMES, [7, 7])
    J = np.vstack([np.repeat(np.eye(K), 3, axis=0), np.full((2 * K, K), 1 / K)])
    rng = np.random.default_rng(7)
    labels, samples = rng.standard_normal((d, K)), [rng.standard_normal((d, K * m)) for m in (3, 2)]
    start = {"W": 0.8 * np.eye(d), "Y": labels, "X": np.hstack(samples)}
    rates = {"gamma": 1.5 / J.sum(), "lambda": 0.1, "kappa": 0.2}
    run = simulate(models.projection_head(), Coupling(J), dimension=d, times=TIMES, parameters=rates, initial=start)
    assert found.head.mean == pytest.approx(np.trace(run.head, axis1=1, axis2=2) / d, abs=1e-5)
    assert found.labels.mean == pytest.approx(np.mean(run.labels**2, axis=(1, 2)), abs=1e-5)
    assert found.head.error == pytest.approx(np.zeros(3))


@pytest.mark.parametrize("function", [TANH, ERF], ids=["tanh", "erf"])
def test_heads_and_labels_approach_drawn_sites_with_classes_over_dimension(function):
    sites = SingleSite(function, 0.2, lam=0.02, kappa=0.05)
    limit, gaps = sites.sampled(TIMES, samples=5, classes=1000, runs=4), []
    for classes in (16, 128):
        found = simulated_sites(sites, 5, classes, 16, TIMES, range(5))
        gaps.append([np.max(np.abs(found.head.mean - limit.head)), np.max(np.abs(found.labels.mean - limit.labels))])
    assert np.all(np.array(gaps[1]) < 0.02)
    assert gaps[1][0] < gaps[0][0] / 3


@pytest.mark.parametrize("function", [LINEAR, TANH], ids=["linear", "tanh"])
def test_error_of_single_sites_falls_with_the_exponent_of_theory(function):
    found = against_ratios(SingleSite(function, 0.2), [1, 2, 4, 8], range(10))
    assert found.law.agrees(found.expected)
    assert found.law.error < 0.2


def test_samples_that_cannot_be_divided_are_refused():
    with pytest.raises(InputError):
        simulated_sites(SingleSite(TANH, 0.25), 10, 4, 2, TIMES, range(2))
