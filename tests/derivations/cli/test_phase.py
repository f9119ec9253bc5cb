"""``collapse phase``: files, resuming, interruption, and input that is refused."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from derivations.cli import main
from derivations.phases import Outcomes, Phase, StartOutcomes, Turning, diagrams
from derivations.phases.regions import CODES, start_codes

xarray = pytest.importorskip("xarray")
SMALL = ("phase", "start", "--grid", 4, "--out", "made")
FILES = {"phase-start.nc", "phase-start.pdf", "phase-start.svg"}


@pytest.fixture
def columns(monkeypatch):
    """Outcomes by the closed form, and the columns that were asked for; ``stop`` interrupts at one of them."""

    class Asked(list):
        stop = None

    asked = Asked()

    def fates(self, w_0, v_0):
        if len(asked) == asked.stop:
            raise KeyboardInterrupt
        asked.append(float(w_0[0]))
        return {"outcome": start_codes(w_0, v_0, np.sqrt(1 - self.fraction)).astype(np.int8)}

    monkeypatch.setattr(StartOutcomes, "__call__", fates)
    monkeypatch.setattr(diagrams, "TOGETHER", 1)  # a chunk is one column
    return asked


def collapse(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_cells_and_figure_are_written_and_what_was_found_is_said(here, columns):
    done = collapse(*SMALL)
    assert done.exit_code == 0, done.output
    assert {path.name for path in (here / "made").iterdir()} == FILES | {"phase-chunks"}
    assert "16 cells simulated" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("verdict: held: ")
    with xarray.open_dataset(here / "made" / "phase-start.nc", engine="scipy") as found:
        assert dict(found.sizes) == {"w_0": 4, "v_0": 4}
        assert found["outcome"].attrs["flag_meanings"].split() == [phase.value for phase in Phase]


def test_json_is_one_object_and_counts_every_cell(columns):
    done = collapse(*SMALL, "--json")
    told = json.loads(done.stdout)
    assert sum(told["outcomes"].values()) == told["cells"] == 16
    assert told["within_one_cell"] is True
    assert {path.rsplit("/")[-1] for path in told["files"]} == FILES


def test_what_was_interrupted_says_so_keeps_its_chunks_and_goes_on(here, columns):
    columns.stop = 3
    cut = collapse(*SMALL)
    assert cut.exit_code == 130
    assert "kept: finished chunks in" in cut.stderr
    assert {path.name for path in (here / "made").iterdir()} == {"phase-chunks"}
    columns.stop = None
    assert collapse(*SMALL).exit_code == 0
    assert len(columns) == len(set(columns)) == 4


def test_finished_chunks_are_used_unless_that_is_not_wanted(columns):
    collapse(*SMALL)
    collapse(*SMALL)
    assert len(columns) == 4
    collapse(*SMALL, "--no-resume")
    assert len(columns) == 8


def test_a_damaged_chunk_is_told_of_and_computed_anew(here, columns):
    collapse(*SMALL)
    victim = next((here / "made" / "phase-chunks").iterdir())
    victim.write_bytes(b"not a chunk")
    again = collapse(*SMALL)
    assert again.exit_code == 0
    assert "damaged" in again.stderr
    assert len(columns) == 5


def test_outcomes_that_are_not_where_the_closed_form_has_them_are_a_failed_check(monkeypatch, columns):
    monkeypatch.setattr(StartOutcomes, "__call__", lambda self, w_0, v_0: {"outcome": np.full(len(w_0), 2, dtype=np.int8)})
    done = collapse(*SMALL)
    assert done.exit_code == 1
    assert "NOT within one cell" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["phi-lambda", "--classes", 1],
        ["phi-lambda", "--grid", 1],
        ["phi-lambda", "--grid", 600],
        ["phi-lambda", "--at", -1],
        ["phi-kappa", "--across", 0.5, 0.2],
        ["phi-kappa", "--up", 0, 0.2],
        ["start", "--fraction", 0.3333],
        ["start", "--head-decay", 0.1],
        ["start", "--decay", -0.1],
        ["start", "--up", 0.5, 1],
        ["start", "--across", "nan", 1],
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(here, arguments):
    done = collapse("phase", *arguments, "--out", "made")
    assert done.exit_code == 2
    assert done.stderr.startswith("collapse: expected ")
    assert len(done.stderr.splitlines()) == 1
    assert not list(here.iterdir())


def test_cells_that_rotate_are_divided_by_what_labels_do(here, monkeypatch):
    kinds = {"labels apart": 3, "labels close at times": 2, "labels together": 1}
    codes = np.repeat([list(Turning).index(Turning(kind)) for kind in kinds], [*kinds.values()])

    def all_rotate(self, **values):
        rotating = np.full(len(values["phi"]), CODES[Phase.ROTATING], dtype=np.int8)
        return {"outcome": rotating, "turning": np.resize(codes, len(rotating)).astype(np.int8)}

    monkeypatch.setattr(Outcomes, "__call__", all_rotate)
    done = collapse("phase", "phi-lambda", "--grid", 6, "--out", "made", "--json")
    assert json.loads(done.stdout)["turning"] == {kind: 6 * count for kind, count in kinds.items()}
