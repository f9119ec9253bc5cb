"""Named losses on real data: forecasts of class modes against linear encoders that are trained."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from derivations.diagnosis.separability import separate_classes
from derivations.encoders import MOBILITIES, load_split
from derivations.loss_training import OF_COSINES, mode_views, study_losses, train_loss, train_small_angles
from theory import Coupling, Direct, models, simulate

SMALL = ("wine", "breast cancer")
OF_MOMENTS = ("squared", "whitening", "spectral_contrastive", "coding_rate")


@pytest.mark.parametrize("mobility", MOBILITIES)
@pytest.mark.parametrize("loss", OF_MOMENTS)
def test_survivors_are_those_foreseen_with_any_mobility(loss, mobility):
    found = train_loss(loss, load_split("wine"), mobility)
    assert found.survivors == found.forecast.kept
    assert found.deviation < 1e-7


@pytest.mark.parametrize(
    ("name", "loss"),
    [*(("breast cancer", loss) for loss in OF_MOMENTS), ("wine", "vicreg"), ("digits", "spectral_contrastive")],
)
def test_survivors_are_those_foreseen(name, loss):
    found = train_loss(loss, load_split(name))
    assert found.survivors == found.forecast.kept
    assert found.deviation < 1e-7


@pytest.mark.parametrize("name", SMALL)
def test_survivors_under_stop_gradient_are_those_foreseen_with_inverse_moments_as_mobilities(name):
    found = train_loss("stop_gradient", load_split(name))
    assert found.survivors == len(found.sizes)
    assert found.deviation < 1e-8


def test_where_directions_are_few_the_largest_correlation_has_them():
    found = train_loss("whitening", load_split("wine"), dimension=1, parameters={"beta": 1.5})
    assert (found.sizes > 1e-3).tolist() == [True, False]
    assert found.deviation < 1e-7


def test_survivors_come_to_rest_at_the_slow_time():
    split, weight = load_split("breast cancer"), {"beta": 0.5}
    found, coupling = train_loss("whitening", split, parameters=weight), Coupling.from_data(split.trained, split.classes)
    times, how = found.forecast.slow_time * np.array([[0, 8], [0, 9]]), Direct(rtol=1e-10)
    runs = [simulate(models.whitening(), coupling, dimension=2, times=t, parameters=weight, by=how) for t in times]
    views = [mode_views(run, coupling) for run in runs]
    away = [abs(((x + y)[:, 0] ** 2).sum() / 2 - found.forecast.sizes[0]) for x, y in views]
    assert np.log(away[0] / away[1]) == pytest.approx(1, rel=0.02)


def mean_margin(features, classes, until):
    """Of the right class over others, where an encoder and labels are trained under a softmax."""
    coupling = Coupling.from_data(features, classes)
    model = models.encode_samples(models.softmax_classification())
    run = simulate(model, coupling, dimension=2, times=[0, until * len(classes)], by=Direct(solver="LSODA", drift=1.0))
    scores = (run.end["X"] @ np.asarray(coupling.data["Xi"])).T @ run.end["Y"]
    gaps = scores[np.arange(len(classes)), classes][:, None] - scores
    return gaps.sum() / (gaps.size - len(classes))


def test_a_trained_softmax_has_the_margins_that_are_foreseen():
    split = load_split("wine")
    two, whole = split.trained[:, :2], split.trained
    foreseen = [separate_classes(f - f.mean(axis=0), split.classes).margin for f in (two, whole)]
    assert mean_margin(two, split.classes, 1e4) == pytest.approx(foreseen[0], rel=1e-8)
    assert foreseen[1] == np.inf
    early, late = (mean_margin(whole, split.classes, t) for t in (1e4, 1e6))
    assert late > early + np.log(1e2)


@pytest.mark.parametrize(
    ("name", "loss", "parameters"),
    [*(("wine", loss, {}) for loss in OF_COSINES), ("digits", "simsiam", {"rho_W": 0.8}), ("breast cancer", "byol", {})],
)
def test_small_angles_close_or_open_as_foreseen(name, loss, parameters):
    found = train_small_angles(loss, load_split(name), parameters)
    assert found.deviation < 1e-5
    np.testing.assert_array_equal(found.closing < 0, found.forecast.closing < 0)


def test_the_study_has_a_row_for_each_run():
    rows = study_losses(("wine",), ("whitening",))
    assert [row["mobility"] for row in rows] == list(MOBILITIES)
    assert all(row["survive, predicted"] == row["survive, trained"] == 1 for row in rows)
