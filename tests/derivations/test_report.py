"""Reports on runs that contradict the theory: what failed is denied wherever it stands, and the command fails.

Each claim is contradicted in turn: by labels that moved as those of other data, by states and measurements that were put there,
and by wrong predictions of runs that are as they are.
"""

from dataclasses import replace

import numpy as np
import pytest

from derivations.claims import claims_of, embeddings, heads
from derivations.dimensional.starts import CouplingModes
from derivations.experiment import measuring_window, perform_runs
from tests.derivations.cli.common import false_derivation
from tests.derivations.reading import KEPT, LOST, assert_all_forms_agree, bundled, read_report

# -- claims that fail though theory does not foresee it ----------------------------------------------------------------


def with_path_of(run, other):
    """A run whose labels moved as those of another."""
    path = other.trajectory
    measured = path.decay_time(*measuring_window(run.coupling)) if run.measured_slow is not None else None
    return replace(run, trajectory=path, measured_slow=measured)


def with_end(run, survivors, head):
    """A run with a head that ends at a state of modes that were put there: vectors (d,) by the number of a mode."""
    c, path = run.coupling, run.trajectory
    modes = CouplingModes.of(c)
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
    d, mu = run.trajectory.end["W"].shape[0], CouplingModes.of(run.coupling).correlations
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


def shifted_labels(stepped):
    """The labels of a run in time steps, off by a thousandth at one time, at any tolerance."""
    labels = stepped.trajectory.labels.copy()
    labels[-2] += 1e-3
    shifted = replace(stepped.trajectory, labels=labels)
    return replace(stepped, trajectory=shifted, follow=lambda **_: shifted)


def wider_at_the_end(advised):
    """Labels that rest a hundredth further apart."""
    path = advised.trajectory
    labels = path.labels.copy()
    labels[-2:] *= 1.01
    return replace(advised, trajectory=replace(path, labels=labels))


BESIDE = {
    "C1": ("stepped", shifted_labels, "frustrated-solution", "did not move along the sum over modes"),
    "C4": ("advised", wider_at_the_end, "simplex", "did not come to rest at the distances"),
    "C5": ("couplings", lambda found: replace(found, theory=0.5 * found.theory), "couplings", "did not shrink as the average"),
    "C6": ("teacher", lambda found: replace(found, predicted=found.predicted - 0.2), "teacher", "was not frustrated as much"),
}


def test_what_is_drawn_beside_the_runs_agrees_with_theory(read, compared):
    reading = read(beside={name: getattr(compared, name) for name, *_ in BESIDE.values()})
    assert_all_forms_agree(reading)
    assert reading.status == 0
    assert {reading.claims[name]["verdict"] for _, _, name, _ in BESIDE.values()} == {"held"}
    assert {claim["topic"] for claim in reading.claims.values()} == {"", "C1", "C2", "C3", "C4", "C5", "C6"}


@pytest.mark.parametrize("topic", BESIDE)
def test_what_is_drawn_beside_the_runs_and_contradicts_theory_is_a_failure(read, compared, topic):
    piece, change, name, denied = BESIDE[topic]
    reading = read(beside={piece: change(getattr(compared, piece))})
    assert_all_forms_agree(reading)
    assert reading.status == 1
    claim = reading.claims[name]
    assert (claim["topic"], claim["verdict"], claim["fault"]) == (topic, "did not hold here", True)
    assert all(denied in text for text in (claim["sentence"], reading.page.text, reading.tex, reading.words))


def test_an_accuracy_at_the_end_that_is_not_that_of_the_slow_modes_is_a_failure(read, runs):
    run = runs["frustrated"]
    lost = run.trajectory.accuracy.copy()
    lost[-1] = 0.5
    reading = read(replace(run, trajectory=replace(run.trajectory, accuracy=lost)))
    assert reading.status == 1
    claim = reading.claims["frustrated-decoding"]
    assert (claim["topic"], claim["verdict"], claim["fault"]) == ("C3", "did not hold here", True)
    assert "did not tell as many classes as the slow modes do" in reading.page.text


def test_labels_that_an_advised_run_loses_are_said_to_be_lost(read, compared):
    """One mode without length is left to the start: it did not hold here, and nothing contradicts the theory."""
    path = compared.advised.trajectory
    flat = path.labels.copy()
    flat[-2:] = flat[-2:].mean(axis=2, keepdims=True)
    reading = read(beside={"advised": replace(compared.advised, trajectory=replace(path, labels=flat))})
    claim = reading.claims["simplex"]
    assert (claim["verdict"], claim["fault"], reading.status) == ("did not hold here", False, 0)
    assert "2 of 3 modes were lost" in claim["evidence"]


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
    right = embeddings.min_separation
    monkeypatch.setattr(embeddings, "min_separation", lambda labels: (1 + 1e-6) * right(labels))
    reading = read()
    claim = reading.claims["clean-apart"]
    assert reading.status == 1
    assert (claim["verdict"], claim["fault"]) == ("held", True)
    assert "outside the stated error" in claim["evidence"]


def test_a_wrong_slow_time_is_a_failure(gaussian, tmp_path):
    """The labels of the encoder against a prediction that is a tenth too long."""

    def wrong(*given, **options):
        for run in perform_runs(*given, **options):
            yield replace(run, measured_slow=run.measured_slow and run.measured_slow / 1.1)

    path = bundled("iris", tmp_path / "iris.csv")
    reading = read_report(tmp_path / "out", "--data", path, "--label", "target", "--dimension", 2, perform_runs=wrong)
    assert reading.status == 1
    assert reading.claims["encoder-slow-time"]["fault"]
