"""The five runs of the report, on a small data set: what collapses does so as predicted, and the rest does not."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from derivations.data import DataSet
from derivations.experiment import HORIZON, perform_runs, plan_runs, second_labels
from tests.strategies import seeds
from theory import InputError

NAMES = ["clean", "frustrated", "frustrated-head", "encoder", "encoder-head"]
COLLAPSING = ["frustrated", "encoder"]
HEADS = ["frustrated-head", "encoder-head"]
SLOW_TIME_ERROR = 0.03  # the next mode is ten times smaller when the decay is read off


def quietly(plan, share):
    """No progress to show."""


# -- second labels ----------------------------------------------------------------------------------------------------


@given(st.integers(2, 6), st.integers(1, 30), st.floats(0.01, 1), seeds)
def test_just_the_stated_share_of_samples_gets_one_other_label(classes, repeats, fraction, seed):
    own = np.tile(np.arange(classes), repeats)
    assume(round(fraction * len(own)) > 0)
    sets = second_labels(own, classes, fraction, seed)
    assert all(int(c) in labels <= set(range(classes)) for c, labels in zip(own, sets, strict=True))
    assert sorted({len(labels) for labels in sets} | {1, 2}) == [1, 2]
    assert sum(len(labels) == 2 for labels in sets) == round(fraction * len(own))


@given(seeds)
def test_second_labels_are_the_same_for_the_same_seed(seed):
    own = np.arange(40) % 4
    assert second_labels(own, 4, 0.25, seed) == second_labels(own, 4, 0.25, seed)


def test_every_other_class_is_drawn_as_a_second_label():
    sets = second_labels(np.zeros(300, dtype=int), 4, 1.0, seed=0)
    counts = [sum(other in labels for labels in sets) for other in (1, 2, 3)]
    # three equal shares of 300 draws: mean 100, standard deviation 8.2, five of them either side
    assert all(abs(count - 100) < 5 * math.sqrt(300 * 2 / 9) for count in counts)


@pytest.mark.parametrize("fraction", [0.0, -0.1, 1.01, 7, math.nan, math.inf, 0.008])
def test_a_fraction_that_is_no_share_or_frustrates_nobody_is_refused(gaussian, fraction):
    with pytest.raises(InputError, match=f"(between 0 and 1|at least one sample).*got {fraction}"):
        plan_runs(gaussian, fraction, seed=0)


def test_all_samples_may_be_frustrated(gaussian):
    assert all(len(labels) == 2 for labels in second_labels(gaussian.classes, 3, 1.0, seed=0))


# -- plans ------------------------------------------------------------------------------------------------------------


def test_there_are_five_plans_in_two_groups(gaussian):
    todo = plan_runs(gaussian, 0.1, seed=0)
    assert [plan.name for plan in todo] == NAMES
    assert [plan.group for plan in todo] == ["embeddings"] * 3 + ["encoder"] * 2
    assert [plan.model.is_marked for plan in todo] == [plan.name in HEADS for plan in todo]
    assert "10%" in todo[1].title


def test_clean_labels_are_classifiable_and_second_labels_are_not(gaussian):
    clean, noisy, head, encoder, _ = plan_runs(gaussian, 0.1, seed=0)
    assert clean.coupling.classifiable
    assert not noisy.coupling.classifiable
    assert head.coupling is noisy.coupling
    assert (encoder.coupling.labels, encoder.coupling.samples) == (3, 5)  # four inputs and the bias


# -- runs -------------------------------------------------------------------------------------------------------------


def test_five_runs_are_made_in_the_order_of_the_plans(runs):
    assert list(runs) == NAMES
    assert all(run.trajectory.times[0] == 0 for run in runs.values())
    assert all(run.trajectory.times[-1] <= HORIZON for run in runs.values())


@pytest.mark.parametrize("name", COLLAPSING)
def test_collapse_is_as_slow_as_predicted(runs, name):
    run = runs[name]
    assert run.collapsed
    assert run.predicted_slow == run.coupling.slow_time()
    assert run.measured_slow == pytest.approx(run.predicted_slow, rel=SLOW_TIME_ERROR)
    assert run.ratio == run.measured_slow / run.predicted_slow
    assert "label spread" in run.remark


@pytest.mark.parametrize("name", COLLAPSING)
def test_the_spread_of_the_labels_falls_by_the_predicted_factor(runs, name):
    """The prediction against the labels themselves, between the last time and one slow time before it."""
    run, times = runs[name], runs[name].trajectory.times
    spread = np.linalg.norm(run.trajectory.labels - run.trajectory.labels.mean(axis=2, keepdims=True), axis=(1, 2))
    earlier = np.argmin(np.abs(times - (times[-1] - run.predicted_slow)))
    fallen = np.log(spread[earlier] / spread[-1]) * run.predicted_slow / (times[-1] - times[earlier])
    assert fallen == pytest.approx(1, rel=SLOW_TIME_ERROR)


def test_the_slow_time_of_an_encoder_is_that_of_canonical_correlations(gaussian, runs):
    """The largest correlation between inputs and classes, by another way: least squares of one on the other."""
    inputs = np.column_stack([gaussian.features, np.ones(60)])
    own = np.eye(3)[gaussian.classes]
    predicted = inputs @ np.linalg.lstsq(inputs, own, rcond=None)[0]
    squares = np.sort(np.linalg.eigvals(np.linalg.solve(own.T @ own, own.T @ predicted)).real)
    assert squares[-1] == pytest.approx(1)  # the bias
    assert runs["encoder"].predicted_slow == pytest.approx(1 / (1 - np.sqrt(squares[-2])))


def test_classifiable_data_do_not_collapse(runs):
    run = runs["clean"]
    assert not run.collapsed
    assert run.predicted_slow == math.inf
    assert run.measured_slow is None
    assert run.ratio is None
    assert run.trajectory.min_separation[-1] > 0.1 * run.trajectory.min_separation[0]
    assert run.trajectory.accuracy[-1] == 1


@pytest.mark.parametrize(("head", "plain"), list(zip(HEADS, COLLAPSING, strict=True)))
def test_a_head_with_stop_gradient_keeps_labels_apart(runs, head, plain):
    run = runs[head]
    assert not run.collapsed
    assert run.predicted_slow is run.measured_slow is run.ratio is None
    assert "stop-gradient" in run.remark
    assert run.trajectory.times[-1] >= runs[plain].trajectory.times[-1]
    gaps = run.trajectory.min_separation
    assert gaps[-1] > 0.1 * gaps[0]
    assert gaps[-1] == pytest.approx(gaps[run.trajectory.times > 500].min(), rel=0.1)  # it has come to rest


def test_frustration_costs_no_accuracy_at_the_fast_time(runs):
    run = runs["frustrated"]
    assert run.coupling.fast_time() < 1 < run.predicted_slow / 10
    early = run.trajectory.accuracy[run.trajectory.times < run.predicted_slow / 2].max()
    assert early > run.trajectory.accuracy[0] + 0.3


@pytest.mark.parametrize(("factor", "collapsed"), [(0.0099, True), (0.0101, False)])
def test_collapse_means_below_a_hundredth_of_the_first_distance(runs, factor, collapsed):
    trajectory = runs["clean"].trajectory
    gaps = np.concatenate([trajectory.min_separation[:-1], [factor * trajectory.min_separation[0]]])
    assert replace(runs["clean"], trajectory=replace(trajectory, min_separation=gaps)).collapsed is collapsed


def test_runs_are_the_same_for_the_same_seed_and_others_for_another(gaussian, runs):
    def first(seed):
        return next(perform_runs(plan_runs(gaussian, 0.1, seed)[1:2], dimension=5, seed=seed, progress=quietly))

    again, other = first(0), first(1)
    np.testing.assert_array_equal(again.trajectory.labels, runs["frustrated"].trajectory.labels)
    np.testing.assert_array_equal(again.coupling.type_of, runs["frustrated"].coupling.type_of)
    assert not np.array_equal(other.trajectory.labels[0], again.trajectory.labels[0])
    assert not np.array_equal(other.coupling.type_of, again.coupling.type_of)


def test_progress_runs_up_to_the_whole_for_each_plan(gaussian):
    told = []
    todo = plan_runs(gaussian, 0.1, seed=0)[:2]
    list(perform_runs(todo, dimension=2, seed=0, progress=lambda plan, share: told.append((plan.name, share))))
    for plan in todo:
        shares = [share for name, share in told if name == plan.name]
        assert shares == sorted(shares)
        assert shares[-1] == 1


# -- data that have nothing to measure --------------------------------------------------------------------------------


def test_components_that_stay_apart_are_no_collapse(gaussian):
    """Two classes joined by every second label, the third left alone: its distance stays."""
    data = DataSet("two of three", gaussian.features, gaussian.classes, gaussian.class_names)
    (_, noisy, *_) = plan_runs(data, 0.1, seed=0)
    joined = [{0, 1} if c == 0 else {int(c)} for c in data.classes]
    partly = replace(noisy, coupling=type(noisy.coupling).from_labels(joined))
    (run,) = perform_runs((partly,), dimension=3, seed=0, progress=quietly)
    assert partly.coupling.components == 2
    assert run.measured_slow is None
    assert run.ratio is None
    assert run.remark.startswith("2 canonical correlations are 1: no decay")


def test_separable_inputs_leave_nothing_to_measure():
    """Inputs that are the class itself: the encoder is classifiable."""
    classes = np.arange(12) % 3
    data = DataSet("one-hot", np.eye(3)[classes], classes, ("a", "b", "c"))
    *_, encoder, head = plan_runs(data, 0.25, seed=0)
    runs = list(perform_runs((encoder, head), dimension=2, seed=0, progress=quietly))
    assert not runs[0].collapsed
    assert runs[0].predicted_slow == math.inf
    assert runs[0].measured_slow is None


def test_a_collapse_slower_than_the_horizon_is_said_to_be(gaussian):
    """Every sample faintly coupled to every label: too slow to be followed."""
    (_, noisy, *_) = plan_runs(gaussian, 0.1, seed=0)
    weights = np.eye(3)[gaussian.classes] + 1e-5
    faint = replace(noisy, coupling=type(noisy.coupling)(weights))
    (run,) = perform_runs((faint,), dimension=2, seed=0, progress=quietly)
    assert run.predicted_slow > HORIZON
    assert run.measured_slow is None
    assert not run.collapsed
    assert run.remark == f"slower than the simulated time {HORIZON:.0f}"
