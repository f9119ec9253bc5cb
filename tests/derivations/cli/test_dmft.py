"""``collapse dmft``: tables and figures of the theory, simulations beside it, and input that is refused."""

import csv
import json

import mpmath
import numpy as np
import pytest
from click.testing import CliRunner

from derivations.agreement import critical_head_decay
from derivations.cli import main
from theory import Coupling
from theory.dmft import Band, LabelResponse, MeanFieldHead, WideHead, outlier_mass

FEW = ("--pure", 2, "--links", 4, "--points", 5)
CHECK = ("--check", "--classes", 60)


def collapse(*arguments):
    return CliRunner().invoke(main, ["dmft", *map(str, arguments), "--out", "made"])


def told(*arguments):
    done = collapse(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize("what", ["response", "variance", "band", "head"])
def test_table_and_figure_are_written_and_told_of(here, what):
    found = told(what, *FEW)
    names = {f"dmft-{what}.{kind}" for kind in ("csv", "svg", "pdf")}
    assert {path.name for path in (here / "made").iterdir()} == names == {path.rsplit("/")[-1] for path in found["files"]}
    with (here / "made" / f"dmft-{what}.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert {name: [float(row[name]) for row in rows] for name in rows[0]} == found["columns"]
    assert len(rows) == 5


def test_numbers_are_those_of_the_library():
    labels = LabelResponse("regular", 2, 4)
    found = told("variance", *FEW)["columns"]
    assert found["variance"] == labels.variance(found["time"]).tolist()
    found = told("response", *FEW)["columns"]
    np.testing.assert_allclose(found["response"], labels.response(found["s"]).real, rtol=1e-12)
    found = told("band", *FEW)
    assert tuple(found["edges"]) == Band("regular", 2, 4).edges


def test_poisson_pairs_are_those_of_the_exact_cavity_unless_the_closure_is_named():
    asked = ("variance", "--ensemble", "poisson", "--pure", 3, "--until", 10, "--points", 2)
    exact, closed = told(*asked), told(*asked, "--closure", "large-c")
    assert (exact["closure"], closed["closure"]) == ("cavity", "large-c")
    assert exact["columns"]["variance"] == LabelResponse("poisson", 3, 6).variance(exact["columns"]["time"]).tolist()
    assert closed["columns"]["variance"][-1] > 1.9 * exact["columns"]["variance"][-1]


@pytest.mark.parametrize(("arguments", "named"), [(["band"], "--closure large-c"), (["response", "--digits", 30], "large-c")])
def test_what_the_poisson_cavity_cannot_do_says_which_closure_to_name(arguments, named):
    done = collapse(*arguments, "--ensemble", "poisson")
    assert done.exit_code == 2
    assert named in done.stderr


def test_head_has_its_steady_states_its_ageing_and_its_critical_decays():
    found = told(
        "head", *FEW, "--gamma", 2, "--lambda", 0.05, "--kappa", 0.02, "--start", 0.7, "--dimension", 4, "--classes", 80
    )
    band = Band("regular", 2, 4)
    rates = {"gamma": 2.0, "lam": 0.05, "kappa": 0.02, "w0": 0.7}
    head, turned = (MeanFieldHead(band, **rates, outlier=mass) for mass in (0.0, outlier_mass(band, 4, 80)))
    times = found["columns"]["time"]
    assert found["columns"]["head"] == head.trajectory(times).head.tolist()
    assert found["columns"]["largest"] == turned.trajectory(times).head.tolist()
    assert [state["head"] for state in found["steady_states"]] == [state.head for state in head.steady_states()]
    assert (found["limit"], found["ageing"]) == head.ageing()
    assert found["critical_decay"] == head.critical_decay
    assert found["critical_head_decay"] == 0.05 * critical_head_decay(head.edge, 0.05)[0]


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (
            ["--ensemble", "poisson", "--closure", "large-c", "--links", 20],
            {"edge", "critical_decay", "limit", "critical_head_decay"},
        ),
        (["--links", 4, "--lambda", 0.3, "--kappa", 0.1], {"limit", "critical_head_decay"}),
        (["--links", 2, "--lambda", 0.1, "--kappa", 0.1], {"critical_head_decay"}),
        (["--links", 4], {"steady_states", "critical_head_decay"}),
    ],
    ids=["no edge", "no state", "edge at one", "no decay"],
)
def test_head_says_nothing_of_what_does_not_exist(arguments, absent):
    assert not absent & told("head", "--pure", 4, "--points", 3, *arguments).keys()


WIDE = ("wide", "--spread", 0.4, "--gamma", 0.1, "--points", 3, "--until", 2)


def test_wide_heads_are_those_of_the_library(here):
    found = told(*WIDE, "--lambda", 0.05, "--kappa", 0.1)
    head = WideHead.of(Coupling.uniform(3, 30, 0.2), spread=0.4, gamma=0.1, lam=0.05, kappa=0.1)
    curve = head.trajectory([0.0, 1.0, 2.0])
    np.testing.assert_allclose(found["columns"]["variance"], curve.label_variance, rtol=1e-9)
    np.testing.assert_allclose(found["columns"]["loss"], curve.loss, rtol=1e-9)
    assert found["steady_states"][0]["variance"] == head.steady_states()[1][0].variance
    assert (found["modes"], found["modes_over_dimension"]) == (33, 33 / 256)


def test_wide_heads_of_a_table_are_held_against_simulations(here):
    (here / "J.csv").write_text("a,b\n1,0\n0,1\n0.5,0.5\n")
    found = told(*WIDE, "--coupling", "J.csv", "--dimension", 64, "--check")
    assert found["verdict"].startswith("held")
    assert np.all(np.array(found["columns"]["standard_error"]) > 0)
    assert np.all(np.array(found["columns"]["loss_standard_error"]) > 0)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["wide", "--links", 4], "--links"),
        (["variance", "--spread", 1], "--spread"),
        (["wide", "--coupling", "absent.csv"], "absent.csv"),
        (["wide", "--dimension", 20], "33 modes in 20 dimensions"),
        (["wide", "--spread", "nan"], "--spread"),
    ],
)
def test_options_of_another_kind_and_crowded_dimensions_are_refused(here, arguments, named):
    done = collapse(*arguments)
    assert done.exit_code == 2
    assert named in done.stderr
    assert not (here / "made").exists()


def test_simulated_heads_are_laid_beside_the_theory():
    found = told("head", *FEW, "--until", 4, *CHECK, "--dimension", 3)["columns"]
    for name, points in (("head", ""), ("largest", "largest_")):
        sampled, error = (np.array(found[points + what]) for what in ("sampled", "standard_error"))
        assert np.all(np.abs(sampled - found[name]) < 5 * error + 3 / 60)
        assert np.all(error > 0)


def test_all_digits_asked_for_are_printed():
    found = told("variance", *FEW, "--digits", 40)["columns"]
    with mpmath.workdps(40):
        precise = LabelResponse("regular", 2, 4, digits=40).variance(found["time"][-1])
        assert abs(mpmath.mpf(found["variance"][-1]) - precise) < mpmath.mpf(10) ** -40


@pytest.mark.parametrize("ensemble", ["regular", "poisson"])
def test_sampled_couplings_are_laid_beside_the_theory(ensemble):
    found = told("variance", *FEW, "--ensemble", ensemble, "--until", 1, *CHECK)["columns"]
    theory, sampled, error = (np.array(found[name]) for name in ("variance", "sampled", "standard_error"))
    assert np.all(np.abs(sampled - theory) < 5 * error + 2 / 60)
    assert np.all(error > 0)


def test_sampled_responses_and_bands_are_those_of_theory_up_to_one_mode_of_many():
    found = told("response", *FEW, "--until", 5, *CHECK)["columns"]
    late = np.array(found["s"]) > 0.5
    np.testing.assert_allclose(np.array(found["sampled"])[late], np.array(found["response"])[late], rtol=0.01)
    found = told("band", *FEW, *CHECK)
    assert found["sampled_mean"] == pytest.approx(found["mean"], abs=2 / 60)
    assert found["sampled_second_moment"] == pytest.approx(found["second_moment"], abs=2 / 60)


def test_modes_that_grow_in_the_large_c_closure_are_passed_on_the_right():
    found = told("response", "--ensemble", "poisson", "--closure", "large-c", "--links", 20, "--points", 3)
    assert found["abscissa"] > 0
    assert min(found["columns"]["s"]) > found["abscissa"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["variance", "--links", -1],
        ["variance", "--links", 2.5],
        ["variance", "--pure", 0],
        ["variance", "--pure", "nan"],
        ["response", "--weight", 0],
        ["response", "--digits", 10],
        ["response", "--until", 0],
        ["response", "--until", "inf"],
        ["band", "--ensemble", "poisson"],
        ["band", "--ensemble", "poisson", "--closure", "cavity"],
        ["response", "--ensemble", "poisson", "--digits", 30],
        ["band", "--links", 3, "--closure", "large-c"],
        ["variance", "--pure", 1.5, "--check"],
        ["variance", "--links", 3, "--check", "--classes", 5],
        ["head", "--gamma", 0],
        ["head", "--lambda", -0.1],
        ["head", "--kappa", "nan"],
        ["head", "--start", "inf"],
        ["head", "--ensemble", "poisson"],
        ["head", "--ensemble", "poisson", "--closure", "cavity"],
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(here, arguments):
    done = collapse(*arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("collapse: expected ")
    assert len(done.stderr.splitlines()) == 1
    assert not list(here.iterdir())


def test_precision_too_low_for_the_inverse_is_said_and_writes_nothing(here):
    done = collapse("variance", "--ensemble", "poisson", "--closure", "large-c", "--links", 20, "--until", 3000, "--points", 3)
    assert done.exit_code == 3
    assert "could not finish" in done.stderr
    assert not list(here.iterdir())


def test_a_remedy_names_options_as_they_are_typed():
    done = collapse("band", "--ensemble", "poisson")
    assert "give --closure large-c, which" in done.stderr
    assert "=" not in done.stderr
