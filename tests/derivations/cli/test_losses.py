"""``collapse losses``: the table of what frustration collapses, with and without runs."""

from pathlib import Path

import pytest

from derivations.survival import survival_rows, table
from tests.derivations.cli.common import collapse, in_a_new_process, strictly
from tests.derivations.documents.test_publish import tree


@pytest.fixture
def one_row(monkeypatch):
    """The quickest row stands for all."""
    monkeypatch.setattr(table, "survival_rows", lambda: survival_rows()[:1])


def test_closed_forms_are_printed_at_once_and_nothing_is_written(here):
    done = collapse("losses")
    assert (done.exit_code, done.stderr, tree(here)) == (0, "", {})
    found = strictly(collapse("losses", "--json").stdout)["losses"]
    assert [(row["loss"], row["setting"]) for row in found] == [(row.loss, row.setting) for row in survival_rows()]
    assert all(row["title"] in done.stdout for row in found)


def test_runs_stand_beside_and_the_figure_is_written(here, one_row):
    done = collapse("losses", "--simulate", "--out", "made")
    assert done.exit_code == 0, done.output
    assert {path.name for path in Path("made").iterdir()} == {"survival.svg", "survival.pdf"}
    assert "simulated at 5 fractions" in done.stdout


def test_runs_as_json_write_nothing(here, one_row):
    done = collapse("losses", "--simulate", "--json", "--seed", 3)
    (found,) = strictly(done.stdout)["losses"]
    assert (found["simulated"]["seed"], len(found["simulated"]["simulated"]), tree(here)) == (3, 5, {})


def test_the_figure_needs_its_extra():
    done = in_a_new_process("losses", "--simulate", hidden=["matplotlib"])
    assert done.returncode == 2
    assert "[report]" in done.stderr
