"""Simulations of wide embeddings beside random heads, against the two-time theory."""

import numpy as np

from derivations.agreement import against_dimensions, simulated_wide, wide_planes
from theory import Coupling
from theory.dmft import WideHead

COUPLING = Coupling.uniform(2, 4, 0.5)
RATES = {"start": 0.4, "spread": 0.6, "gamma": 0.5, "lam": 0.02, "kappa": 0.05}


def test_single_runs_deviate_by_the_inverse_root_of_the_dimension():
    found = against_dimensions(COUPLING, RATES, [16, 48, 144], time=2.0, seeds=range(32))
    assert found.law.agrees(found.expected, errors=3)
    assert found.law.error < 0.15
    assert found.law.exponent < -0.25


def test_means_of_simulations_are_those_of_theory():
    times = [1.0, 3.0]
    theory, found = WideHead.of(COUPLING, **RATES).trajectory(times), simulated_wide(COUPLING, RATES, 64, times, range(16))
    kept = theory.label_variance / WideHead.of(COUPLING, **RATES).trajectory([0.0]).label_variance
    for name, expected in (("variance", theory.label_variance), ("loss", theory.loss), ("kept", kept)):
        assert np.all(np.abs(found[name].mean - expected) < 4 * found[name].error)
        assert np.all(found[name].error < 0.1 * expected)
    without = WideHead.of(COUPLING, **(RATES | {"spread": 0.0})).trajectory(times)
    assert np.any(np.abs(found["loss"].mean - without.loss) > 10 * found["loss"].error)


def test_planes_have_what_the_theory_leaves_and_nothing_vanishes_where_labels_are_protected():
    found = wide_planes(starts=4, spreads=2, time=6.0)
    assert {name: kept.shape for name, kept in found.kept.items()} == dict.fromkeys(found.masses, (2, 4))
    for name, mass in found.masses.items():
        if mass is not None:
            for g, row in zip(found.spreads, found.kept[name], strict=True):
                for w, kept in zip(found.starts, row, strict=True):
                    one = WideHead(found.correlation, start=w, spread=g, gamma=mass)
                    assert kept > 0.01 or not one.protected[0]
    place = 1, 2
    again = WideHead(0.8, start=found.starts[2], spread=found.spreads[1], gamma=0.3).trajectory(6.0).variance[0]
    assert abs(next(iter(found.kept.values()))[place] - again) < 0.02
