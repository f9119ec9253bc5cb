"""The study of few frustrated samples: simulations lie on the theory that is drawn through them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import figures
from derivations.frustration import CLASSES, DIMENSION, SAMPLES, slow_constant, study_frustration
from theory import Coupling
from theory.simulation.expected import expected_curves

pytest.importorskip("matplotlib")
mobilities = st.floats(0.1, 10)


@pytest.fixture(scope="module")
def found():
    """Simulations through both plateaus, and two slow times of the smallest fraction."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("derivations.frustration.HORIZON", 400.0)
        return study_frustration(seed=4)


@given(mobilities, mobilities)
def test_the_constant_is_that_of_the_notes(samples, labels):
    """Notes, §2: τ_slow φ → (η_x + η_y n)/(η_x η_y n)."""
    assert np.isclose(slow_constant((samples, labels)), (samples + labels) / (samples * labels), rtol=1e-12)


def test_simulated_means_lie_on_the_expected_curves(found):
    for row in found.plateaus:
        coupling = Coupling.uniform(CLASSES, SAMPLES, row.fraction)
        theory = expected_curves(coupling, row.loss.times, DIMENSION)
        for points, expected in ((row.separation, theory.separation), (row.loss, theory.loss)):
            seen = expected > 1e-9 * expected[0]  # far above what the integration leaves
            # With twelve starts the errors themselves scatter.
            assert np.all(np.abs(points.mean - expected)[seen] < 6 * points.error[seen])


def test_the_slow_time_tends_to_its_constant_in_proportion_to_the_fraction(found):
    times = found.slow_times
    gaps = 1 - times.exact
    order = np.log(gaps[-2] / gaps[-4]) / np.log(times.fractions[-2] / times.fractions[-4])
    assert abs(order - 1) < 1e-3
    assert np.allclose(times.measured, times.exact[: len(times.measured)], rtol=1e-4)


def test_the_accuracy_peaks_and_falls(found):
    assert np.isfinite(found.accuracy.peak_time)


def test_the_figure_names_what_it_shows(found):
    figure = figures.frustration(found)
    assert len(figure.axes) == 4
    for axis in figure.axes:
        assert axis.get_xlabel()
        assert axis.get_ylabel()
        assert axis.get_legend() is not None
