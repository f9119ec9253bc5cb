"""Encoders on real data: forecasts from moments against training, and the figure against the study."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("sklearn")

from derivations.encoders import (
    MOBILITIES,
    NAMES,
    compared_optimisers,
    decay_time,
    forecast_training,
    load_split,
    study,
    train_labels,
    train_with_head,
)
from theory import InputError, UnfinishedError


@pytest.fixture(scope="module")
def found():
    return study(names=("wine",), dimension=8, shares=(5, 10))


@pytest.mark.parametrize("name", NAMES)
def test_splits_are_standardised_by_their_training_part(name):
    split = load_split(name)
    assert np.allclose(split.trained.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(split.trained.std(axis=0), 1)
    assert np.isfinite(split.held_out).all()
    assert not np.allclose(split.held_out.mean(axis=0), 0, atol=1e-6)
    assert set(split.held_out_classes) == set(split.classes)


@pytest.mark.parametrize("mobility", MOBILITIES)
@pytest.mark.parametrize("name", NAMES)
def test_the_slow_time_is_foreseen_within_five_percent(name, mobility):
    """Of the flow at many dimensions, which average over starts; four standard errors of what 64 of them scatter."""
    prediction = forecast_training(load_split(name), mobility)
    ratios = np.array([train_labels(prediction, 64, seed).slow_time / prediction.slow_time for seed in range(4)])
    assert abs(ratios.mean() - 1) < 0.05
    assert abs(ratios.mean() - 1) < 4 * ratios.std(ddof=1) / np.sqrt(len(ratios)) + 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_with_inverse_moments_the_slow_time_is_close_to_that_of_the_slowest_class_mode(name):
    prediction = forecast_training(load_split(name), "degree")
    assert prediction.slow_time == pytest.approx(prediction.slowest, rel=0.1)
    assert prediction.slow_time <= prediction.slowest * (1 + 1e-9)


def test_with_plain_mobilities_the_slowest_mode_of_the_operator_hardly_moves_a_label():
    prediction = forecast_training(load_split("breast cancer"), "uniform")
    assert prediction.slowest > 100 * prediction.slow_time


def test_finite_steps_and_batches_contract_as_the_flow(found):
    for mobility in MOBILITIES:
        flow, *steps = [t for t in found.trainings if t.forecast.mobility == mobility]
        for training in steps:
            assert training.slow_time == pytest.approx(flow.slow_time, rel=0.05)


def test_a_run_has_the_accuracies_of_both_parts(found):
    """The last state of a run, looked at with nothing but its moments' own axes."""
    for training in found.trainings:
        end, predicted = training.run.end, training.forecast
        for coupling, share in ((predicted.coupling, training.run.accuracy), (predicted.held_out_encoder, training.held_out)):
            outputs = coupling.observe(end["X"])
            nearest = np.argmin(np.linalg.norm(outputs[:, :, None] - end["Y"][:, None], axis=0), axis=1)
            assert share[-1] == pytest.approx(np.mean(nearest == coupling.classes))
            assert share.max() > 0.9


def test_what_is_held_out_is_not_trained_on():
    """Other inputs in the held-out part change its accuracy, and nothing else."""
    split = load_split("wine")
    other = replace(split, held_out=-split.held_out)
    one, two = (train_labels(forecast_training(s, "degree"), 4, 0) for s in (split, other))
    assert np.array_equal(one.run.labels, two.run.labels)
    assert one.held_out.max() > two.held_out.max()


def test_the_head_keeps_the_labels_apart_and_takes_correlations_for_eigenvalues(found):
    (headed,) = found.headed
    assert not headed.collapsed
    assert headed.row()["largest gap of a head from a correlation"] < 1e-3


def test_rows_hold_prediction_and_measurement(found):
    assert len(found.rows()) == 6
    for row, training in zip(found.rows(), found.trainings, strict=True):
        assert row["slow time, measured over predicted"] == pytest.approx(
            row["measured slow time"] / row["predicted slow time"]
        )
        assert row["accuracy, held out, end"] == training.held_out[-1]
    assert len(found.headed_rows()) == 1


def test_an_exponential_has_its_own_decay_time():
    times = np.linspace(0, 10, 40)
    assert decay_time(times, 3 * np.exp(-times / 7), 20) == pytest.approx(7)


def test_steps_are_shares_of_the_fastest_time():
    prediction = forecast_training(load_split("wine"), "degree")
    flow, whole, batches = compared_optimisers(prediction, 16)
    assert flow is None
    assert whole.step == pytest.approx(prediction.coupling.fast_time() / 10)
    assert batches.batch == 16


def test_data_that_do_not_collapse_have_no_forecast():
    split = load_split("wine")
    few = replace(split, trained=np.eye(len(split.classes)))
    with pytest.raises(UnfinishedError, match="no collapse"):
        forecast_training(few, "degree")


def test_other_names_are_refused():
    with pytest.raises(InputError, match="digits"):
        load_split("iris")


def test_a_headed_run_that_is_stopped_early_has_not_settled():
    prediction = forecast_training(load_split("wine"), "degree")
    early = train_with_head(prediction, 3, 0, until=0.1)
    assert early.row()["largest gap of a head from a correlation"] > 1e-3


def test_the_figure_shows_forecasts_and_trainings(found):
    pytest.importorskip("matplotlib")
    from derivations.figures.encoders import encoder_training

    distance, accuracy, head = encoder_training(found).axes
    drawn = [line.get_ydata() for line in distance.lines]
    for training in found.trainings:
        assert any(np.array_equal(y, training.distance[training.run.times > 0]) for y in drawn)
        assert any(np.array_equal(y, training.forecast.distance[1:]) for y in drawn)
    flows = [t for t in found.trainings if t.how == "gradient flow"]
    assert [line.get_ydata()[-1] for line in accuracy.lines] == [v for t in flows for v in (t.run.accuracy[-1], t.held_out[-1])]
    correlations = {line.get_ydata()[0] for line in head.lines if len(line.get_ydata()) == 2}
    assert {*found.headed[0].forecast.coupling.modes().round(12)} <= correlations
