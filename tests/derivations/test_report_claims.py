"""Reports on data that violate their claims, one after the other, read as their readers have them.

What a report says of its runs is what these let one say: a claim that fails says so wherever it stands, with its number and
with what theory foresees; what theory does not foresee is a failure of the command.
"""

from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest

from derivations import report as reports
from derivations.claims import Outlook, Verdict, claims_of, embeddings, heads
from derivations.claims.heads import Resting
from derivations.dimensional.starts import Modes
from derivations.experiment import perform, window
from tests.derivations.reading import assert_all_forms_agree, read_report, verified
from tests.derivations.test_cli import false_derivation

KEPT = "keeps the labels of a linear encoder apart"
LOST = "did not keep all labels of a linear encoder apart here"
HEADS = "frustrated-head", "encoder-head"


def write_csv(path, features, target):
    rows = np.column_stack([features, target])
    names = ",".join([*(f"x{k}" for k in range(features.shape[1])), "target"])
    np.savetxt(path, rows, delimiter=",", header=names, comments="", fmt=["%.17g"] * features.shape[1] + ["%d"])
    return path


def bundled(name, path):
    """A data set of scikit-learn as a file."""
    from sklearn import datasets

    return write_csv(path, *getattr(datasets, f"load_{name}")(return_X_y=True))


@pytest.fixture(scope="module")
def report_of(tmp_path_factory):
    """Reports on the bundled data sets and on the class itself as inputs, each made once."""

    @cache
    def read(name, dimension, seed, fraction=0.05):
        folder = tmp_path_factory.mktemp(name)
        if name == "separable":
            classes = np.arange(60) % 3
            path = write_csv(folder / "separable.csv", np.eye(3)[classes], classes)
        else:
            path = bundled(name, folder / f"{name}.csv")
        how = "--dimension", dimension, "--seed", seed, "--fraction", fraction
        return read_report(folder / "out", "--data", path, "--label", "target", *how)

    return read


REPORTS = [("iris", 2, 3), ("iris", 1, 0), ("diabetes", 2, 0), ("separable", 2, 0)]


@pytest.mark.parametrize("which", REPORTS, ids=lambda which: f"{which[0]}-{which[1]}")
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


def test_a_quantity_taken_for_classes_is_doubted_and_no_head_is_said_to_keep_its_values_apart(report_of):
    """Disease progression, of 214 values: 192 components, which two dimensions cannot tell apart."""
    reading = report_of("diabetes", 2, 0)
    (note,) = reading.json["notes"]
    assert "214 different numbers in 442 rows" in note
    assert note in reading.page.text
    claims = reading.claims
    for name in ("frustrated-together", "frustrated-head-apart"):
        assert claims[name]["verdict"] == "did not hold here"
        assert "192" in claims[name]["theory"]
    assert claims["frustrated-head-apart"]["outlook"] == "open"
    assert claims["frustrated-slow-time"]["verdict"] == "not tested"
    assert claims["frustrated-slow-time"]["outlook"] == "fails"
    for wrong in ("frustrated samples, 4.98% of all, bring all labels", "keeps the labels with frustrated samples apart"):
        assert wrong not in reading.everything


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
    (run,) = perform(reports.plans(data, 0.1, 129)[:1], 1, 129, lambda plan, share: None)
    (claim,) = claims_of([run])
    assert run.collapsed
    assert (claim.verdict, claim.outlook, claim.fault) == (Verdict.FAILED, Outlook.FAILS, False)
    assert claim.measured == pytest.approx(claim.predicted, rel=1e-6)
    assert "drawn at random may fall close" in claim.theory


# -- what was not tested -----------------------------------------------------------------------------------------------


@pytest.fixture
def read(gaussian, runs, tmp_path):
    """Reads a report of the five runs on the small data set, some of them changed."""

    def changed(*others, derivations=None, **options):
        found = {**runs, **{run.name: run for run in others}}
        made = reports.Report(gaussian, 5, 0.1, 0, (verified(),) if derivations is None else derivations, tuple(found.values()))
        return read_report(tmp_path / "out", "--data", "digits", made=made, **options)

    return changed


def test_a_run_that_ends_too_early_tests_neither_collapse_nor_its_time(report_of, tmp_path):
    path = bundled("iris", tmp_path / "iris.csv")
    how = "--data", path, "--label", "target", "--dimension", 2
    reading = read_report(tmp_path / "out", *how, perform=partial(perform, horizon=20.0))
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
    reading = read_report(tmp_path / "out", *how, perform=partial(perform, horizon=5.0))
    claim = reading.claims["frustrated-head-apart"]
    assert (claim["verdict"], claim["outlook"], claim["fault"]) == ("not tested", "fails", False)
    assert "still moves" in claim["evidence"]
    assert reading.status == 0


def test_derivations_without_steps_are_not_said_to_be_checked(read):
    reading = read(derivations=())
    assert reading.claims["checks"]["verdict"] == "not tested"
    assert_all_forms_agree(reading)


# -- claims that fail though theory does not foresee it ----------------------------------------------------------------


def with_path_of(run, other):
    """A run whose labels moved as those of another."""
    path = other.trajectory
    measured = path.decay_time(*window(run.coupling)) if run.measured_slow is not None else None
    return replace(run, trajectory=path, measured_slow=measured)


def with_end(run, survivors, head):
    """A run with a head that ends at a state of modes that were put there: vectors (d,) by the number of a mode."""
    c, path = run.coupling, run.trajectory
    modes = Modes.of(c)
    vectors = np.zeros((len(head), modes.vectors.shape[1]))
    for mode, vector in survivors.items():
        vectors[:, mode] = vector
    own = np.sqrt(c.total_weight) * vectors @ np.linalg.pinv(modes.vectors)
    M, Y = np.split(own, [len(c.counts)], axis=1)
    end = {name: np.zeros_like(block) for name, block in path.end.items()}
    end |= {"W": head, "Y": Y} | ({"M": M} if "M" in end else {"X": M[:, c.type_of]})
    return replace(run, trajectory=replace(path, end=end))


def delayed(run):
    """Accuracy that rises in the second half of the run alone."""
    path = run.trajectory
    late = np.where(path.times < path.times[-1] / 2, path.accuracy.min(), path.accuracy.max())
    return replace(run, trajectory=replace(path, accuracy=late))


def close_at_the_end(run):
    """Labels measured to be together, though the modes of the state hold them apart."""
    gaps = run.trajectory.min_separation.copy()
    gaps[-1] = 1e-6 * gaps[0]
    return replace(run, trajectory=replace(run.trajectory, min_separation=gaps))


def on_modes(run, names, size=1.0):
    """At rest on the modes of some numbers, one direction for each."""
    d, mu = run.trajectory.end["W"].shape[0], Modes.of(run.coupling).correlations
    head = np.diag([*mu[list(names)], *[0.5] * (d - len(names))])
    return with_end(run, dict(zip(names, size * np.eye(d), strict=False)), head)


def stuck(run):
    """Without velocity, where a mode and that of the opposite correlation cancel in a direction that the head forgets."""
    d, few = run.trajectory.end["W"].shape[0], run.coupling.labels
    axes = np.eye(d)
    return with_end(run, {0: axes[0], 1: axes[1], few + 1: axes[1]}, np.diag([1.0, *[0.0] * (d - 1)]))


VIOLATIONS = {
    "labels of one label each that come together": (
        lambda runs: with_path_of(runs["clean"], runs["frustrated"]),
        {"clean-apart": "Two labels came close to each other here"},
    ),
    "frustrated labels that stay apart": (
        lambda runs: with_path_of(runs["frustrated"], runs["clean"]),
        {
            "frustrated-together": "did not bring all labels to one point here",
            "frustrated-slow-time": "labels did not come together on the slow time scale",
        },
    ),
    "a decay that is three percent off": (
        lambda runs: replace(runs["frustrated"], measured_slow=1.03 * runs["frustrated"].predicted_slow),
        {"frustrated-slow-time": "labels did not come together on the slow time scale"},
    ),
    "a decay that was found infinite": (
        lambda runs: replace(runs["encoder"], measured_slow=np.inf),
        {"encoder-slow-time": "labels did not come together on the slow time scale"},
    ),
    "accuracy that is gained when labels are lost": (
        lambda runs: delayed(runs["frustrated"]),
        {"frustrated-gain": "accuracy was not gained before the labels come together"},
    ),
    "labels that come together though their modes are apart": (
        lambda runs: close_at_the_end(runs["encoder-head"]),
        {"encoder-head-apart": LOST},
    ),
    "rest in a state that theory calls unstable": (
        lambda runs: on_modes(runs["encoder-head"], [0, 2]),
        {"encoder-head-end": "came to rest in a state that is not stable"},
    ),
    "rest in a state whose modes are none of the head": (
        lambda runs: stuck(runs["frustrated-head"]),
        {"frustrated-head-eigenvalues": "did not become canonical correlations"},
    ),
}


@pytest.mark.parametrize(("change", "denied"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_what_theory_does_not_foresee_is_said_and_is_a_failure(read, runs, change, denied):
    before = {claim.name: claim.sentence for claim in claims_of(runs.values())}
    reading = read(change(runs))
    assert_all_forms_agree(reading)
    assert reading.status == 1
    faults = {name for name, claim in reading.claims.items() if claim["fault"]}
    assert set(denied) <= faults
    for name, sentence in denied.items():
        claim = reading.claims[name]
        assert claim["verdict"] == "did not hold here"
        assert claim["theory"].endswith("The run contradicts this.")
        assert all(sentence in text for text in (claim["sentence"], reading.page.text, reading.tex, reading.words))
        assert before[name] not in reading.everything
    assert "theory is contradicted by: " in reading.words.splitlines()[-1]
    assert all(name in reading.words.splitlines()[-1] for name in faults)


def test_the_five_runs_as_they_are_contradict_nothing(read):
    reading = read()
    assert_all_forms_agree(reading)
    assert reading.status == 0
    assert reading.words.splitlines()[-1].endswith("none contradicts the theory")


def test_an_infinite_decay_time_is_no_number_in_json_and_reads_as_infinite(read, runs):
    reading = read(replace(runs["encoder"], measured_slow=np.inf))
    claim = reading.claims["encoder-slow-time"]
    assert claim["measured"] is None
    assert claim["evidence"].startswith("Measured inf")
    assert "outside the stated error" in claim["evidence"]


def test_a_step_that_fails_its_check_denies_the_sentence_on_checks(read):
    false = false_derivation()
    reading = read(derivations=((false, false.verify()),))
    assert_all_forms_agree(reading)
    assert reading.status == 1
    assert reading.claims["checks"]["sentence"] == "A step of the derivations does not agree with what was found without it."
    assert "every step of the derivations agrees" not in reading.everything.lower()


# -- wrong predictions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("split", "said"), [((2, 0), "holds"), ((0, 0), "fails")], ids=["top modes", "nothing"])
def test_a_wrong_prediction_of_what_survives_is_a_failure(report_of, tmp_path, monkeypatch, split, said):
    """Of the encoder on iris: the run that loses its labels, foreseen to keep them, and one that keeps them, to lose them."""
    made = report_of("iris", 2, 3 if said == "holds" else 0).made
    monkeypatch.setattr(heads, "foreseen_of", lambda coupling, kept, head: split)
    reading = read_report(tmp_path / "out", "--data", "digits", made=replace(made))
    assert_all_forms_agree(reading)
    claim = reading.claims["encoder-head-apart"]
    assert reading.status == 1
    assert (claim["outlook"], claim["fault"]) == (said, True)
    assert claim["verdict"] == ("did not hold here" if said == "holds" else "held")
    assert (LOST if said == "holds" else KEPT) in claim["sentence"]


def test_a_wrong_prediction_of_where_labels_rest_is_a_failure(read, monkeypatch):
    """Off by a millionth, where linear algebra is exact to rounding."""
    right = embeddings.smallest_distance
    monkeypatch.setattr(embeddings, "smallest_distance", lambda labels: (1 + 1e-6) * right(labels))
    reading = read()
    claim = reading.claims["clean-apart"]
    assert reading.status == 1
    assert (claim["verdict"], claim["fault"]) == ("held", True)
    assert "outside the stated error" in claim["evidence"]


def test_a_wrong_slow_time_is_a_failure(gaussian, tmp_path):
    """The labels of the encoder against a prediction that is a tenth too long."""

    def wrong(*given, **options):
        for run in perform(*given, **options):
            yield replace(run, measured_slow=run.measured_slow and run.measured_slow / 1.1)

    path = bundled("iris", tmp_path / "iris.csv")
    reading = read_report(tmp_path / "out", "--data", path, "--label", "target", "--dimension", 2, perform=wrong)
    assert reading.status == 1
    assert reading.claims["encoder-slow-time"]["fault"]


def test_modes_that_survive_give_back_the_labels_of_a_run_at_rest(runs):
    for name in HEADS:
        run = runs[name]
        end = Resting.of(run)
        lost = np.abs(end.labels_of_survivors(run.coupling) - run.trajectory.labels[-1]).max()
        assert lost < 1e-3 * np.abs(run.trajectory.labels[-1]).max()
