"""What each named loss would do: from closed forms, within the room that there is, and said where it is not known."""

import numpy as np
import pytest

from derivations import diagnose
from derivations.diagnosis.loss_table import detail_forecast
from derivations.diagnosis.losses import LOSSES, predict_loss
from tests.theory.encoder.test_canonical import clouds
from tests.theory.oracles import assert_close
from theory import InputError

MU = np.array([0.9, 0.6, 0.2])


def test_squared_distances_keep_nothing_that_is_frustrated():
    found = predict_loss("squared", MU, 3)
    assert not found.survives.any()
    assert found.critical is None
    assert found.slow_time == pytest.approx(10)


def test_modes_without_frustration_stay_as_they_start():
    found = predict_loss("squared", np.array([1.0, 0.5]), 2)
    assert found.survives.tolist() == [True, False]
    assert found.slow_time == np.inf
    assert found.verdict.startswith("1 of 2 class modes have no frustration and stay")


def test_all_of_one_loss_is_a_row_for_each_mode():
    text = detail_forecast(predict_loss("whitening", MU, 3, {"beta": 0.5}), MU)
    assert [line.split() for line in text.splitlines()[2:5]] == [
        ["1", "0.9", "yes", "0.8", "0.1"], ["2", "0.6", "yes", "0.2", "0.4"], ["3", "0.2", "no", "0", "0.8"],
    ]  # fmt: skip
    assert "rho_c" in detail_forecast(predict_loss("simsiam", MU, 3), MU).splitlines()[1]


def test_the_largest_correlations_have_the_directions():
    for dimension in (1, 2, 3, 5):
        found = predict_loss("whitening", MU, dimension, {"beta": 0.5})
        assert found.survives.tolist() == [k < min(2, dimension) for k in range(3)]
        assert_close(found.sizes, np.where(found.survives, 1 - (1 - MU) / 0.5, 0))
        assert_close(found.critical, 1 - MU)


def test_the_slow_time_of_whitening_is_that_of_the_slowest_of_its_class_modes():
    assert predict_loss("whitening", MU, 1, {"beta": 2.0}).slow_time == pytest.approx(1 / 0.3)
    assert predict_loss("whitening", MU, 3, {"beta": 0.5}).slow_time == pytest.approx(1 / 0.2)
    assert predict_loss("whitening", MU, 3, {"beta": 0.05}).slow_time == pytest.approx(1 / 0.05)


def test_a_mode_bears_a_decay_up_to_a_quarter_of_its_squared_correlation():
    found = predict_loss("stop_gradient", MU, 3, {"lambda": 0.05, "kappa": 0.1, "gamma": 2.0})
    assert found.survives.tolist() == [True, True, False]
    head = (MU + np.sqrt(np.maximum(MU**2 - 0.2, 0))) / 2
    assert_close(found.sizes, np.where(found.survives, head**2, 0))


def test_every_positive_correlation_has_a_direction_under_the_spectral_contrastive_loss():
    found = predict_loss("spectral_contrastive", MU, 2)
    assert_close(found.sizes, [0.9, 0.6, 0])


def test_coding_rates_have_a_threshold_that_is_linear_in_the_correlation():
    found = predict_loss("coding_rate", MU, 4, {"alpha": 0.1, "epsilon": 0.5})
    assert_close(found.critical, (1 - MU) / 8)
    assert_close(found.sizes, np.where(found.critical < 0.1, 0.05 / (1 - MU) - 1 / 16, 0))


def test_without_covariances_all_dimensions_of_vicreg_are_along_the_largest_correlation():
    found = predict_loss("vicreg", MU, 4, {"alpha": 0.5, "zeta": 0, "epsilon": 1 / 64})
    assert found.survives.tolist() == [True, False, False]
    assert_close(found.sizes, [0.625**2 - 1 / 64, 0, 0])
    assert found.verdict == "1 of 3 class modes survive, of the largest mu, which all dimensions share"


def test_where_covariances_count_vicreg_is_predicted_only_where_it_collapses():
    assert "covariances count" in predict_loss("vicreg", MU, 3).verdict
    assert predict_loss("vicreg", MU, 3, {"alpha": 1e-4, "epsilon": 0.1}).verdict == "all 3 class modes collapse"


def test_one_dimension_of_barlow_twins_is_along_the_largest_correlation():
    found = predict_loss("barlow_twins", MU, 1)
    assert_close(found.sizes, [0.9, 0, 0])
    assert "several dimensions" in predict_loss("barlow_twins", MU, 2).verdict


@pytest.mark.parametrize("loss", ["cosine", "simsiam", "byol", "info_nce"])
def test_what_is_not_predicted_says_why(loss):
    found = predict_loss(loss, MU, 3)
    assert not found.predicted
    assert found.survives is None
    assert found.verdict.startswith("not predicted: cosines of single samples are no function of moments")


def test_small_angles_beside_aligned_embeddings_turn_where_the_head_has_the_correlation():
    for loss in ("simsiam", "byol"):
        found = predict_loss(loss, MU, 3, {"rho_W": 0.7})
        assert ((found.closing < 0) == (found.critical > 0.7)).all()
        assert "of 3 class modes open" in found.verdict
    assert (predict_loss("cosine", MU, 3).closing > 0).all()
    assert predict_loss("info_nce", MU, 3).verdict.endswith("small angles of all 3 class modes open")


def test_targets_that_follow_at_once_have_four_times_the_rate():
    fast, still = predict_loss("byol", MU, 3, {"beta": 1e6}), predict_loss("simsiam", MU, 3)
    np.testing.assert_allclose(fast.closing, 4 * still.closing, rtol=1e-4)


def test_margins_of_a_softmax_are_not_predicted_from_correlations_alone():
    verdict = predict_loss("softmax_classification", MU, 3).verdict
    assert verdict == "not predicted: whether linear scores separate the classes is not known"


def test_what_is_measured_of_a_loss_is_not_said_to_be_argued():
    assert predict_loss("coding_rate", MU, 3).caveat == "that random starts end there is measured"


def test_unknown_losses_and_parameters_are_refused():
    with pytest.raises(InputError, match="a loss among squared, whitening"):
        predict_loss("triplet", MU, 3)
    with pytest.raises(InputError, match=r"parameters among .* of whitening"):
        predict_loss("whitening", MU, 3, {"alpha": 1.0})
    with pytest.raises(InputError, match="a positive beta of whitening"):
        predict_loss("whitening", MU, 3, {"beta": -1.0})
    with pytest.raises(InputError, match="a loss beside its parameters"):
        diagnose(*clouds(np.random.default_rng(0), 60, 3, 2), parameters={"beta": 1.0})


def test_a_diagnosis_has_a_row_for_each_loss_and_all_of_the_one_that_is_asked_about():
    features, classes = clouds(np.random.default_rng(0), 80, 4, 3)
    found = diagnose(features, classes, loss="whitening", parameters={"beta": 0.3})
    rows = {row["loss"]: row for row in found.to_dict()["losses"]}
    assert list(rows) == list(LOSSES)
    assert rows["whitening"]["parameters"] == {"beta": 0.3}
    assert rows["whitening"]["survives"] == (1 - found.mu < 0.3).tolist()
    assert "whitening (beta=0.3) in 3 dimensions" in str(found)
    table = str(diagnose(features, classes))
    assert all(f"\n{loss}" in table for loss in LOSSES)
    assert "\n\nwhat each loss would do, in 3 dimensions\n" in table
