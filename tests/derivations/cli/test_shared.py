"""What all commands share: JSON without files, quiet runs, pictures by kind, tables, and verdicts with their status."""

import numpy as np
import pytest

from derivations.cli import main
from derivations.cli.dmft_columns import Computed
from tests.derivations.cli.common import assert_refused, collapse, strictly, write_table
from tests.derivations.documents.test_publish import tree
from theory import Trajectory

SMALL = ("--classes", 4, "--samples", 80, "--fraction", 0.25, "--dimension", 3)
RUNS = {
    "simulate": ("simulate", "embedding", *SMALL),
    "spectrum": ("spectrum", "table.csv", "--drop", "label"),
    "diagnose": ("diagnose", "table.csv"),
    "dmft": ("dmft", "band", "--pure", 2, "--links", 4, "--points", 3),
}


@pytest.fixture
def table(here):
    rng = np.random.default_rng(0)
    rows = [",".join(map(str, (*rng.uniform(0.1, 1, 3).round(3) + np.eye(3)[k % 3], k % 3))) for k in range(60)]
    (here / "table.csv").write_text("\n".join(["a,b,c,label", *rows]))
    return here


@pytest.mark.parametrize("command", RUNS)
def test_json_writes_no_files_unless_their_folder_is_named(table, command):
    before = tree(table)
    result = collapse(*RUNS[command], "--json")
    assert strictly(result.stdout)["files"] == []
    assert tree(table) == before


def test_pictures_are_of_the_kind_that_is_asked_for(table):
    named = strictly(collapse(*RUNS["spectrum"], "--json", "--out", "made", "--format", "png").stdout)["files"]
    assert [path.rsplit("/")[-1] for path in named] == ["spectrum.png"]
    assert (table / "made/spectrum.png").read_bytes().startswith(b"\x89PNG")


def test_a_quiet_run_says_nothing_and_writes_its_files(table):
    result = collapse(*RUNS["spectrum"], "--quiet", "--out", "made")
    assert (result.exit_code, result.output) == (0, "")
    assert (table / "made/spectrum.svg").exists()
    assert collapse(*RUNS["spectrum"], "--out", "made").output != ""


def test_options_are_alike_in_all_commands():
    for name in main.modules:
        options = {option for parameter in main.get_command(None, name).params for option in parameter.opts}
        assert {"--json", "--quiet"} <= options, name


def test_every_wrong_option_is_one_sentence(here):
    for wrong in (
        ["simulate", "embedding", "--head", "nose"],
        ["report", "--nonsense"],
        ["nonsense"],
        ["dmft", "band", "--lambda", -1],
    ):
        assert_refused(collapse(*wrong))


def test_a_fraction_that_is_suggested_is_taken(here):
    refused = collapse("simulate", "embedding", "--samples", 1000, "--fraction", 0.013333, "--json")
    assert_refused(refused)
    given = refused.stderr.split("; use ")[1].split(" or ")[0].replace(",", "").split()
    assert {word for word in given if word.startswith("--")} == {"--samples", "--fraction"}
    assert collapse("simulate", "embedding", *given, "--json").exit_code == 0


def test_the_encoder_of_a_table_is_simulated_and_held_against_theory(table):
    found = strictly(collapse("simulate", "embedding", "--data", "table.csv", "--dimension", 2, "--json").stdout)
    assert "60 samples, 3 inputs, 3 classes" in found["coupling"]
    assert [claim["verdict"] for claim in found["claims"]][:2] == ["held", "held"]


def test_a_run_that_contradicts_the_theory_is_a_failure(here, monkeypatch):
    kept = Trajectory.decay_time
    monkeypatch.setattr(Trajectory, "decay_time", lambda self, *window: 1.5 * kept(self, *window))
    result = collapse("simulate", "embedding", *SMALL, "--json")
    assert result.exit_code == 1
    assert [claim["name"] for claim in strictly(result.stdout)["claims"] if claim["fault"]]


def test_deviations_that_finite_size_does_not_explain_are_a_failure(here, monkeypatch):
    asked = ("dmft", "response", "--check", "--pure", 2, "--links", 4, "--points", 4, "--classes", 40, "--json")
    found = collapse(*asked)
    assert found.exit_code == 0
    assert strictly(found.stdout)["verdict"].startswith("held")
    theory = Computed.__init__

    def off(self, found, columns, at, theory_of, *rest):
        theory(self, found, columns, at, {name: (1.1 * v, e) for name, (v, e) in theory_of.items()}, *rest)

    monkeypatch.setattr(Computed, "__init__", off)
    failed = collapse(*asked)
    assert failed.exit_code == 1
    assert strictly(failed.stdout)["verdict"].startswith("did not hold here")


def test_tables_of_any_kind_are_diagnosed_alike(here):
    write_table(here / "t.csv")
    text = (here / "t.csv").read_text().replace(",", ";").replace(".", ",")
    (here / "t.tsv").write_text(text.replace(";", "\t"))
    one, other = (strictly(collapse("diagnose", name, "--json").stdout) for name in ("t.csv", "t.tsv"))
    assert one["mu"] == other["mu"]
