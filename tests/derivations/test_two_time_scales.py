"""Two time scales: gain on the fast one, collapse on the slow one, none without frustration or with stop-gradient."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import figures
from derivations.two_time_scales import NAMES, two_time_scales, without_frustration
from tests.strategies import couplings
from theory import Coupling, InputError, models, simulate

CLASSES, SAMPLES, DIMENSION = 4, 600, 6
FRUSTRATED = Coupling.pairs(CLASSES, SAMPLES, 0.02)


@pytest.fixture(scope="module")
def study():
    return two_time_scales("pairs", FRUSTRATED, DIMENSION, seed=1)


def crossing(times, values, level):
    """The first recorded time at which values are above a level."""
    return times[np.argmax(values > level)]


def test_accuracy_is_gained_on_the_fast_scale_and_separation_lost_on_the_slow_one(study):
    run = study.runs[1].trajectory
    fast, slow = FRUSTRATED.fast_time(), FRUSTRATED.slow_time()
    gained = crossing(run.times, run.accuracy, 0.9 * run.accuracy.max())
    lost = crossing(run.times, -run.label_spread, -run.label_spread[run.times > 10 * fast][0] / 2)
    assert fast / 5 < gained < 10 * fast < slow / 5 < lost < 5 * slow


def test_the_measured_slow_time_is_the_predicted_one(study):
    assert study.runs[1].ratio == pytest.approx(1, rel=1e-4)


def test_only_frustration_without_stop_gradient_collapses(study):
    assert [run.name for run in study.runs] == [*NAMES]
    assert [run.collapsed for run in study.runs] == [False, True, False]
    clean, _, head = (run.trajectory for run in study.runs)
    assert clean.min_separation[-1] == pytest.approx(clean.min_separation[clean.times > 30][0], rel=1e-6)
    assert head.min_separation[-1] > 0.1


def test_all_runs_start_from_the_same_labels(study):
    first = study.runs[0].trajectory.labels[0]
    assert all(np.array_equal(run.trajectory.labels[0], first) for run in study.runs)


def test_simulations_lie_on_the_expected_curves_on_average_over_starts(study):
    curves, times = study.expected[1], study.runs[1].trajectory.times
    starts = [
        simulate(models.embedding_only(), FRUSTRATED, dimension=DIMENSION, times=times, seed=seed).label_spread ** 2
        for seed in range(16)
    ]
    squares = 2 / (CLASSES - 1) * np.array(starts)
    error = squares.std(axis=0, ddof=1) / np.sqrt(len(squares))
    assert np.all(
        np.abs(squares.mean(axis=0) - curves.separation) < 6 * error
    )  # with sixteen starts the errors themselves scatter


@given(couplings(), st.sampled_from(["degree", "uniform"]))
def test_without_frustration_each_sample_keeps_one_label_of_its_own(some, mobility):
    J = np.vstack([some, np.eye(some.shape[1])])
    single = without_frustration(Coupling(J, mobility))
    assert single.classifiable
    expected = 1 / single.label_degrees if mobility == "degree" else np.ones(single.labels)
    np.testing.assert_allclose(single.label_mobility, expected)
    assert np.all((single.data["J"] > 0).sum(axis=1) == 1)
    assert np.all(J[single.data["J"] > 0] > 0)
    for row in np.unique(J, axis=0):
        dealt = single.data["J"][(row == J).all(axis=1)].sum(axis=0)[row > 0]
        assert np.ptp(dealt) <= 1


def test_labels_that_only_frustrated_samples_hold_are_refused():
    with pytest.raises(InputError, match="every label"):
        without_frustration(Coupling([[1.0, 0.5]]))


def test_each_run_is_handed_over_when_it_is_made():
    seen = []
    two_time_scales("uniform", Coupling.uniform(CLASSES, SAMPLES, 0.2), 2, made=lambda run: seen.append(run.name))
    assert seen == [*NAMES]


def test_the_figure_lays_theory_over_simulation(study):
    figure = figures.two_time_scales(study)
    loss, accuracy, distance, head = figure.axes
    assert all(axis.get_xscale() == "log" and axis.get_title(loc="left") for axis in figure.axes)
    shown = study.expected[1].times > 0
    drawn = [line.get_ydata() for line in distance.lines]
    assert any(np.array_equal(line, np.sqrt(study.expected[1].separation[shown])) for line in drawn)
    assert any(line.get_xdata()[0] == FRUSTRATED.slow_time() for line in accuracy.lines)
    assert sum(len(line.get_ydata()) == shown.sum() for line in head.lines) == DIMENSION
    assert sum(len(line.get_ydata()) == shown.sum() for line in loss.lines) == 5
