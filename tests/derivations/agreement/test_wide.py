"""Simulations of wide embeddings beside random heads, against the two-time theory."""

import numpy as np

from derivations.agreement import against_dimensions, simulated_wide
from theory import Coupling
from theory.dmft import WideHead

COUPLING = Coupling.uniform(2, 4, 0.5)
RATES = {"start": 0.4, "spread": 0.6, "gamma": 0.5, "lam": 0.02, "kappa": 0.05}


def test_single_runs_deviate_by_the_inverse_root_of_the_dimension():
    found = against_dimensions(COUPLING, RATES, [16, 32, 64, 128], time=2.0, seeds=range(20))
    assert found.law.agrees(found.expected, errors=3)
    assert found.law.error < 0.15
    assert found.values[-1] < found.values[0] / 2


def test_means_of_simulations_are_those_of_theory():
    times = [1.0, 3.0]
    theory, found = WideHead.of(COUPLING, **RATES).trajectory(times), simulated_wide(COUPLING, RATES, 64, times, range(16))
    for name, expected in (("variance", theory.label_variance), ("loss", theory.loss)):
        assert np.all(np.abs(found[name].mean - expected) < 4 * found[name].error)
        assert np.all(found[name].error < 0.1 * expected)
    without = WideHead.of(COUPLING, **(RATES | {"spread": 0.0})).trajectory(times)
    assert np.any(np.abs(found["loss"].mean - without.loss) > 10 * found["loss"].error)
