r"""A study of few frustrated samples: two plateaus, the accuracy's peak, and the slow time against the frustrated fraction.

Theory is exact (expected curves, spectra, the constant of the derivation ``frustration_uniform``); simulations integrate
every embedding from random starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivations.closed_forms.families import uniform_time_scales
from derivations.drawing import Drawn
from derivations.vocabulary import eta_x, eta_y, n, phi
from theory import Coupling, models, simulate
from theory.simulation.accuracy import ExpectedAccuracy, expected_accuracy
from theory.simulation.expected import ExpectedCurves, expected_curves
from theory.simulation.observables import StartPoints, points_of_runs

CLASSES, SAMPLES, DIMENSION = 5, 500, 4
FRACTIONS = (0.2, 0.05, 0.01)
STARTS = 12
HORIZON = 2000.0
TINY = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 1e-3, 1e-4, 1e-5, 1e-6)  # fractions, the last ones of 5,000,000 samples
MEASURED = 0.01  # smallest fraction of which a decay is simulated


@dataclass(frozen=True, eq=False)
class Plateaus:
    """One fraction: expected curves, and separation and loss of simulations."""

    fraction: float
    curves: ExpectedCurves
    separation: StartPoints
    loss: StartPoints


@dataclass(frozen=True, eq=False)
class SlowTimes:
    """The slow time times the fraction, over the constant that it tends to: exact (n,), and from simulated decays (m,)."""

    fractions: NDArray
    exact: NDArray
    measured_fractions: NDArray
    measured: NDArray


@dataclass(frozen=True, eq=False)
class FrustrationStudy(Drawn):
    """What the figure shows."""

    drawn_by = "frustration"

    plateaus: tuple[Plateaus, ...]
    accuracy: ExpectedAccuracy
    slow_time_of_the_accuracy: float
    slow_times: SlowTimes


def study_frustration(seed: int = 0, progress: Callable[[str], None] = lambda done: None) -> FrustrationStudy:
    """Make all runs: some ten seconds."""
    rows = []
    for fraction in FRACTIONS:
        rows.append(_measure_plateaus(fraction, seed))
        progress(f"fraction {fraction:g}")
    pairs = Coupling.random_pairs(CLASSES * 2, SAMPLES * 4, 0.1, seed=seed)
    times = np.concatenate([[0.0], np.geomspace(0.1, 40 * pairs.slow_time(), 40)])
    found = expected_accuracy(pairs, times, DIMENSION, starts=60, seed=seed)
    progress("accuracy")
    return FrustrationStudy(tuple(rows), found, pairs.slow_time(), _measure_slow_times(seed))


def slow_constant(mobilities: tuple[float, float]) -> float:
    """The limit of the slow time times the fraction of ``uniform``; mobilities of samples and times n of labels."""
    _, slow = uniform_time_scales()
    leading = slow.timescale * phi
    return float(leading.subs({eta_y: mobilities[1] / n, eta_x: mobilities[0]}).simplify())


def _measure_plateaus(fraction: float, seed: int) -> Plateaus:
    coupling = Coupling.uniform(CLASSES, SAMPLES, fraction)
    curves = expected_curves(coupling, np.concatenate([[0.0], np.geomspace(0.02, 1e5, 300)]), DIMENSION)
    times = np.geomspace(0.1, HORIZON, 16)
    runs = [
        simulate(models.embedding_only(), coupling, dimension=DIMENSION, times=times, seed=seed + k, method="direct")
        for k in range(STARTS)
    ]
    separations = np.array([2 / (CLASSES - 1) * run.label_spread**2 for run in runs])
    return Plateaus(
        fraction, curves, points_of_runs(times, separations), points_of_runs(times, np.array([run.loss for run in runs]))
    )


def _measure_slow_times(seed: int) -> SlowTimes:
    constant = slow_constant((1.0, 1.0))
    exact = [c.slow_time() * f / constant for f, c in _uniform_couplings(TINY)]
    measured = []
    simulated = [f for f in TINY if f >= MEASURED]
    for f, coupling in _uniform_couplings(simulated):
        slow = coupling.slow_time()
        times = np.linspace(3 * slow, 6 * slow, 7)
        run = simulate(
            models.embedding_only(),
            coupling,
            dimension=1,
            times=[0, *times],
            seed=seed,
            method="direct",
            rtol=1e-10,
            atol=1e-13,
        )
        measured.append(run.decay_time(times[0], times[-1]) * f / constant)
    return SlowTimes(np.array(TINY), np.array(exact), np.array(simulated), np.array(measured))


def _uniform_couplings(fractions: Sequence[float]) -> Iterator[tuple[float, Coupling]]:
    for fraction in fractions:
        samples = SAMPLES if fraction >= MEASURED else round(CLASSES / min(fraction, 1e-3))
        yield fraction, Coupling.uniform(CLASSES, samples, fraction)
