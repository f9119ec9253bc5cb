"""``collapse derive``: what it prints and writes, of the catalogue and of models of files, and how it says that it cannot."""

import re
from dataclasses import replace

import pytest

from derivations import catalogue, names
from tests.derivations.cli.common import (
    assert_refused,
    collapse,
    derivation_of,
    false_derivation,
    in_a_new_process,
    strictly,
    x,
)
from tests.derivations.documents.test_publish import tree
from tests.derivations.pages import Page, needs_pdflatex


@pytest.fixture
def quick_catalogue(monkeypatch):
    """A catalogue whose derivations are true and short."""
    monkeypatch.setattr(catalogue, "derive", lambda name: derivation_of(x + x, 2 * x, name))


def test_the_list_has_a_line_for_each_derivation_and_needs_no_extra(here, checked):
    result = in_a_new_process("derive", "--list", hidden=["pandas", "matplotlib", "sklearn"])
    assert (result.returncode, result.stderr) == (0, "")
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(names())
    assert all(derivation.title in result.stdout for derivation, _ in checked.values())
    assert tree(here) == {}


# -- derive -----------------------------------------------------------------------------------------------------------


def test_json_is_all_that_is_printed_and_nothing_is_written(here, checked):
    result = collapse("derive", "embedding", "--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    (found,) = strictly(result.stdout)
    assert found["derivation"] == "embedding"
    assert found["passed"] is True
    assert [row["step"] for row in found["steps"]] == [step.name for step in checked["embedding"][0].steps]
    assert {row["status"] for row in found["steps"]} == {"passed"}
    assert tree(here) == {}


def test_a_page_is_written_below_out_and_nothing_elsewhere(here, checked):
    (here / "mine.txt").write_text("mine")
    result = collapse("derive", "embedding", "--format", "html", "--out", here / "made")
    assert result.exit_code == 0, result.stderr
    assert set(tree(here)) == {"mine.txt", "made", "made/embedding.html"}
    assert result.stdout.splitlines() == [str((here / "made" / "embedding.html").resolve())]
    assert result.stderr.splitlines()[0] == "embedding"
    assert all(step.name in result.stderr for step in checked["embedding"][0].steps)


@pytest.mark.usefixtures("quick_catalogue")
@pytest.mark.parametrize("kind", ["html", "tex"])
def test_all_derivations_go_to_the_default_folder(here, kind):
    result = collapse("derive", "all", "--format", kind)
    assert result.exit_code == 0, result.stderr
    assert set(tree(here)) == {"collapse-out", *(f"collapse-out/{name}.{kind}" for name in names())}


@needs_pdflatex
@pytest.mark.usefixtures("quick_catalogue")
def test_a_pdf_comes_with_its_source(here):
    result = collapse("derive", "embedding", "--format", "pdf", "--out", "made")
    assert result.exit_code == 0, result.stderr
    assert set(tree(here)) == {"made", "made/embedding.pdf", "made/embedding.tex"}
    assert (here / "made" / "embedding.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("quick_catalogue")
def test_without_a_tex_engine_a_pdf_cannot_be_finished(here, monkeypatch):
    monkeypatch.setenv("PATH", "")
    result = collapse("derive", "embedding", "--format", "pdf", "--out", "deep/made")
    assert_refused(result, status=3)
    assert "pdflatex" in result.stderr
    assert tree(here) == {}


def test_a_failing_check_gives_status_one_and_says_so(here, monkeypatch):
    monkeypatch.setattr(catalogue, "derive", lambda name: false_derivation())
    result = collapse("derive", "embedding", "--format", "json")
    assert result.exit_code == 1
    (found,) = strictly(result.stdout)
    assert found["passed"] is False
    assert found["steps"][0]["detail"] == "x differs from y"


def test_a_failing_check_is_written_down(here, monkeypatch):
    monkeypatch.setattr(catalogue, "derive", lambda name: false_derivation())
    result = collapse("derive", "embedding", "--format", "html")
    assert result.exit_code == 1
    assert re.search(r"claim +failed", result.stderr)
    page = Page((here / "collapse-out" / "false.html").read_text())
    assert [page.text_in(k) for k in page.with_class("status")] == ["failed"]


def test_a_step_without_a_check_gives_status_one(monkeypatch):
    unchecked = replace(false_derivation(), steps=(replace(false_derivation().steps[0], check=None),))
    monkeypatch.setattr(catalogue, "derive", lambda name: unchecked)
    result = collapse("derive", "embedding", "--format", "json")
    assert result.exit_code == 1
    assert strictly(result.stdout)[0]["steps"][0]["status"] == "unchecked"


# -- a model file of one's own ----------------------------------------------------------------------------------------


MODEL = """
state = ["x", "y", "w"]
loss = "(w*x - sg(y))**2/2 + (w*y - sg(x))**2/2"
[parameters]
gamma = "positive"
[mobility]
w = "gamma"
"""


def test_the_flows_of_a_model_file_are_derived(here):
    (here / "mine.toml").write_text(MODEL)
    result = collapse("derive", "--spec", "mine.toml", "--format", "json")
    assert result.exit_code == 0, result.stderr
    (found,) = strictly(result.stdout)
    assert (found["derivation"], found["passed"]) == ("mine", True)
    assert {"gradient_flow", "stop_gradient_flow", "deleted"} <= {row["step"] for row in found["steps"]}


@pytest.mark.usefixtures("quick_catalogue")
def test_a_model_file_named_like_a_derivation_takes_the_place_of_none(here):
    (here / "embedding.toml").write_text(MODEL)
    result = collapse("derive", "embedding", "--spec", "embedding.toml", "--format", "tex", "--out", "made")
    assert result.exit_code == 2 or len(list((here / "made").iterdir())) == 2


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (MODEL.replace('"gamma"', '"kappa"'), "kappa"),
        (MODEL.replace("sg(y)", "__import__('os').system('touch owned')"), "formula"),
        (MODEL.replace("sg(y)", "eval(y)"), "eval"),
        (MODEL.replace("state", "stat"), "stat"),
        ("state = [", "TOML"),
        ("", "state"),
    ],
    ids=["undeclared", "python", "unknown-function", "unknown-key", "no-toml", "empty"],
)
def test_a_bad_model_file_is_refused(here, text, named):
    (here / "bad.toml").write_text(text)
    before = tree(here)
    result = collapse("derive", "--spec", "bad.toml")
    assert_refused(result)
    assert named in result.stderr
    assert tree(here) == before


# -- folders that cannot be written -----------------------------------------------------------------------------------


@pytest.mark.parametrize("out", ["file/out", "file/deep/out"])
def test_derivations_that_cannot_be_written_say_so_in_one_line(here, monkeypatch, out):
    (here / "file").write_text("a file")
    monkeypatch.setattr(catalogue, "derive", lambda name: false_derivation())
    assert_refused(collapse("derive", "embedding", "--out", out), status=3)
    assert tree(here) == {"file": b"a file"}


def test_a_model_that_takes_too_long_is_stopped_and_nothing_is_written(here):
    powers = 'state = ["x"]\nloss = "(a*x + x**2 + 1)**64 + (a + x + 1)**63*(x + 2*a)**60"\n[parameters]\na = "positive"\n'
    (here / "long.toml").write_text(powers)
    result = collapse("derive", "--spec", "long.toml", "--time-limit", "1", "--out", "made")
    assert result.exit_code == 3
    assert "stopped at the time limit of 1 s" in result.stderr
    assert not list(here.glob("made/*"))
