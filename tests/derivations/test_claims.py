"""Reports on data that violate their claims, one after the other, read as their readers have them.

What a report says of its runs is what these let one say: a claim that fails says so wherever it stands, with its number and
with what theory foresees; what theory does not foresee is a failure of the command.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from derivations.claims import ClaimVerdict, Outlook, claims_of, heads
from derivations.claims.heads import RunEnd
from derivations.claims.starts import numerical_error
from derivations.dimensional.starts import CouplingModes
from derivations.experiment import FINER, RTOL, perform_runs, plan_runs
from tests.derivations.reading import HEADS, KEPT, LOST, assert_all_forms_agree, bundled, read_report

REPORTS = [("iris", 2, 3), ("iris", 1, 0), ("diabetes", 2, 0), ("separable", 2, 0), ("iris", 2, 0, 0.3), ("iris", 2, 0, 0.05)]


@pytest.mark.parametrize("which", REPORTS, ids=lambda which: "-".join(map(str, which)))
def test_a_claim_reads_the_same_wherever_it_stands(report_of, which):
    reading = report_of(*which)
    assert_all_forms_agree(reading)
    assert reading.status == 0


# -- claims that fail, as theory foresees ------------------------------------------------------------------------------


def test_labels_that_an_unprotected_start_loses_are_not_said_to_be_kept_apart(report_of):
    """Iris in two dimensions: the encoder's head ends with the eigenvalues 1 and -1, which move all labels alike."""
    reading = report_of("iris", 2, 3)
    claim = reading.claims["encoder-head-apart"]
    (run,) = (run for run in reading.json["runs"] if run["name"] == "encoder-head")
    assert run["collapses"] is True
    assert run["min_separation"] == pytest.approx(5e-7, rel=0.1)
    assert (claim["verdict"], claim["outlook"], claim["fault"]) == ("did not hold here", "open", False)
    assert LOST in claim["sentence"]
    assert f"{run['min_separation']:.3g}" in claim["evidence"]
    assert "surviving correlations: 1, -1" in claim["evidence"]
    assert "not protected, since the least eigenvalue of the conserved matrix Q is -3.21" in claim["theory"]
    assert "the modes that survive bring two labels to the distance" in claim["theory"]
    assert KEPT not in reading.everything
    assert all(LOST in text for text in (reading.page.text, reading.tex, reading.words))
    assert reading.claims["encoder-head-end"]["verdict"] == "held"  # the state it was lost in is one that theory allows
    assert "keeps the labels with frustrated samples apart" in reading.claims["frustrated-head-apart"]["sentence"]


def test_the_conserved_matrix_of_the_page_is_that_of_the_start(report_of):
    """The same number from samples and labels one by one, in the units of the loss."""
    (run,) = (run for run in report_of("iris", 2, 3).made.runs if run.name == "encoder-head")
    c, start, path = run.coupling, heads.start_of(run), run.trajectory
    assert np.all(c.counts == 1)  # the inputs of an encoder, each of its own type
    inputs, labels = start.samples.means, path.labels[0]
    own = (inputs * c.sample_degrees) @ inputs.T + (labels * c.label_degrees) @ labels.T
    least = np.linalg.eigvalsh(start.head.T @ start.head - own / c.total_weight)[0]
    assert least == pytest.approx(-3.21, abs=5e-3)


def test_one_dimension_is_too_few_for_labels_to_stay_apart(report_of):
    reading = report_of("iris", 1, 0)
    for name in HEADS:
        claim = reading.claims[f"{name}-apart"]
        assert (claim["verdict"], claim["outlook"]) == ("did not hold here", "fails")
        assert "one dimension has a place for one" in claim["theory"].lower()
    assert KEPT not in reading.everything
    assert "keeps the labels with frustrated samples apart" not in reading.everything


def test_no_head_is_said_to_keep_a_quantity_taken_for_classes_apart(report_of):
    """Disease progression, of 214 values: 192 components, which two dimensions cannot tell apart."""
    reading = report_of("diabetes", 2, 0)
    claims = reading.claims
    for name in ("frustrated-together", "frustrated-head-apart"):
        assert claims[name]["verdict"] == "did not hold here"
        assert "192" in claims[name]["theory"]
    assert claims["frustrated-head-apart"]["outlook"] == "open"
    assert claims["frustrated-slow-time"]["verdict"] == "not tested"
    assert claims["frustrated-slow-time"]["outlook"] == "fails"
    for wrong in ("frustrated samples, 4.98% of all, bring all labels", "keeps the labels with frustrated samples apart"):
        assert wrong not in reading.everything


def test_a_decay_too_large_loses_all_labels_as_foreseen(report_of):
    """Every mode with mu^2 < 4 lambda is lost; the largest that iris bears is 0.2425, of the canonical correlation 0.98482."""
    reading = report_of("iris", 2, 0, 0.3)
    for name in HEADS:
        claim = reading.claims[f"{name}-apart"]
        assert (claim["verdict"], claim["outlook"], claim["fault"]) == ("did not hold here", "fails", False)
        assert "A decay of 0.3 is too large: it leaves 0 of 3 modes" in claim["theory"]
        assert "surviving correlations: none" in claim["evidence"]
        assert reading.claims[f"{name}-eigenvalues"]["verdict"] == "not tested"
    assert "none bears more than 0.2425" in reading.claims["encoder-head-apart"]["theory"]
    (run,) = (run for run in reading.made.runs if run.name == "encoder")
    assert run.coupling.modes()[1] ** 2 / 4 == pytest.approx(0.2425, abs=5e-5)
    assert KEPT not in reading.everything


def test_with_a_small_decay_the_head_comes_to_the_eigenvalues_that_decay_leaves(report_of):
    reading = report_of("iris", 2, 0, 0.05)
    for name in HEADS:
        assert reading.claims[f"{name}-apart"]["verdict"] == reading.claims[f"{name}-eigenvalues"]["verdict"] == "held"
        (run,) = (run for run in reading.made.runs if run.name == name)
        top = run.coupling.modes()[:2]
        expected = (top + np.sqrt(top**2 - 0.2)) / 2
        np.testing.assert_allclose(np.sort(run.trajectory.head_eigenvalues[-1].real)[::-1], expected, atol=1e-8)
        assert "what decay leaves of canonical correlations" in reading.claims[f"{name}-eigenvalues"]["sentence"]
    assert "become canonical correlations of the data" not in reading.everything


def test_a_mode_that_the_decay_exceeds_is_lost_at_the_proved_rate_at_least(report_of):
    """The bound of a single mode, from start to end, whatever the head does: |v| falls as exp(-(lambda - mu^2/4) t)."""
    (run,) = (run for run in report_of("iris", 2, 0, 0.3).made.runs if run.name == "encoder-head")
    path, modes = run.trajectory, CouplingModes.of(run.coupling)
    start = heads.start_of(run)
    first = np.hstack([start.samples.means, start.labels]) @ modes.vectors
    last = np.hstack([path.end["X"], path.end["Y"]]) @ modes.vectors
    rates = 0.3 - modes.correlations**2 / 4
    bound = np.linalg.norm(first, axis=0) * np.exp(-rates * path.times[-1])
    assert np.all(rates > 0)
    assert np.all(np.linalg.norm(last, axis=0) <= bound + 1e-8)


def test_inputs_that_tell_the_classes_apart_are_not_said_to_collapse(report_of):
    reading = report_of("separable", 2, 0)
    runs = {run["name"]: run for run in reading.json["runs"]}
    claim = reading.claims["encoder-together"]
    assert runs["encoder"]["collapses"] is False
    assert runs["encoder"]["slow_time_predicted"] is None
    assert (claim["verdict"], claim["outlook"]) == ("did not hold here", "fails")
    assert "linear maps of the inputs tell all classes apart" in claim["theory"]
    assert "3 canonical correlations are 1" in claim["theory"]
    assert "linear encoder brings all labels to one point" not in reading.everything
    assert reading.claims["frustrated-together"]["verdict"] == "held"
    assert reading.claims["encoder-slow-time"]["verdict"] == "not tested"
    assert reading.claims["encoder-slow-time"]["outlook"] == "fails"


def test_labels_that_were_drawn_next_to_each_other_did_not_stay_apart(gaussian):
    """Forty labels on a line, of which the start brings two to rest nearly at one point."""
    data = replace(gaussian, classes=np.arange(40), features=np.eye(40), class_names=tuple(map(str, range(40))))
    (run,) = perform_runs(plan_runs(data, 0.1, 129)[:1], 1, 129, lambda plan, share: None)
    (claim,) = claims_of([run])
    assert run.collapsed
    assert (claim.verdict, claim.outlook, claim.fault) == (ClaimVerdict.FAILED, Outlook.FAILS, False)
    assert claim.measured == pytest.approx(claim.predicted, rel=1e-6)
    assert "drawn at random may fall close" in claim.theory


# -- what was not tested -----------------------------------------------------------------------------------------------


def test_a_run_that_ends_too_early_tests_neither_collapse_nor_its_time(report_of, tmp_path):
    path = bundled("iris", tmp_path / "iris.csv")
    how = "--data", path, "--label", "target", "--dimension", 2
    reading = read_report(tmp_path / "out", *how, perform_runs=partial(perform_runs, horizon=20.0))
    assert_all_forms_agree(reading)
    assert reading.status == 0
    for name in ("frustrated-together", "frustrated-slow-time", "encoder-together", "encoder-slow-time"):
        claim = reading.claims[name]
        assert (claim["verdict"], claim["measured"]) == ("not tested", None)
        assert claim["sentence"].startswith("It was not tested whether ")
    assert "Slower than the simulated time 20" in reading.claims["encoder-slow-time"]["evidence"]


def test_a_head_that_still_moves_does_not_contradict_a_theory_of_rest(tmp_path):
    """In one dimension labels come together in the end; at t = 5 they have not."""
    path = bundled("iris", tmp_path / "iris.csv")
    how = "--data", path, "--label", "target", "--dimension", 1
    reading = read_report(tmp_path / "out", *how, perform_runs=partial(perform_runs, horizon=5.0))
    claim = reading.claims["frustrated-head-apart"]
    assert (claim["verdict"], claim["outlook"], claim["fault"]) == ("not tested", "fails", False)
    assert "still moves" in claim["evidence"]
    assert reading.status == 0


def test_derivations_without_steps_are_not_said_to_be_checked(read):
    reading = read(derivations=())
    assert reading.claims["checks"]["verdict"] == "not tested"
    assert_all_forms_agree(reading)


def test_modes_that_survive_give_back_the_labels_of_a_run_at_rest(runs):
    for name in HEADS:
        run = runs[name]
        end = RunEnd.of(run)
        lost = np.abs(end.labels_of_survivors(run.coupling) - run.trajectory.labels[-1]).max()
        assert lost < 1e-3 * np.abs(run.trajectory.labels[-1]).max()


def test_the_error_of_an_integrated_run_is_what_a_smaller_tolerance_changes_and_more(compared):
    stepped = compared.stepped
    alone = replace(stepped, follow=lambda **_: stepped.trajectory)
    finer = replace(stepped.trajectory, labels=stepped.trajectory.labels + 1e-3)
    moved = replace(stepped, follow=lambda **_: finer)
    assert numerical_error(alone) > 0
    assert numerical_error(moved) - numerical_error(alone) == pytest.approx(2e-3)


def test_a_finer_trajectory_is_that_of_a_smaller_tolerance(compared):
    rough, fine = (path.method for path in (compared.stepped.trajectory, compared.stepped.finer))
    assert f"rtol {RTOL:g}" in rough
    assert f"rtol {FINER * RTOL:g}" in fine
