"""``collapse report``: its files, its page, its JSON and its words."""

from dataclasses import replace

import pytest

from derivations import report as reports
from derivations.catalogue import names_of_the_model
from derivations.report import making
from tests.derivations.cli.common import assert_refused, collapse, false_derivation, strictly, write_table
from tests.derivations.documents.test_publish import tree
from tests.derivations.pages import (
    Page,
    assert_mathematics_is_rendered,
    excess_in_browser,
    fetched,
    needs_chromium,
    needs_pdflatex,
)
from tests.derivations.reading import nothing_beside

RUNS = ["clean", "frustrated", "frustrated-head", "encoder", "encoder-head"]
AGAIN = 3  # derivations that are verified for the report
NAMES = ("solution", "contraction", "time-scales", "prevention", "couplings", "teacher")
FIGURES = {f"{name}.{kind}" for name in NAMES for kind in ("pdf", "svg")}


def test_report_help_tells_every_option():
    shown = collapse("report", "--help").stdout
    for option in ("--data", "--label", "--fraction", "--dimension", "--decay", "--level", "--json", "--seed", "--out"):
        assert option in shown
    assert "digits" in shown


def test_a_report_that_cannot_be_written_says_so_before_it_works(here, monkeypatch):
    write_table(here / "good.csv")
    (here / "file").write_text("a file")
    before = tree(here)
    monkeypatch.setattr(making, "names_of_the_model", tuple)
    assert_refused(collapse("report", "--data", "good.csv", "--dimension", 2, "--out", "file/out"), status=3)
    assert tree(here) == before


# -- report -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reported(tmp_path_factory, checked):
    """A report on a small table, as JSON: the folder it ran in, and what it printed.

    The first derivations are verified in processes of their own as in all reports, the others not a second time.
    """
    known = [(name, lambda name=name: checked[name][1]) for name in names_of_the_model()]
    start_checks = making._start_checks
    folder = tmp_path_factory.mktemp("report")
    write_table(folder / "pets.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(making, "CLASSES", 16)
        patch.setattr(making, "names_of_the_model", lambda: names_of_the_model()[:AGAIN])
        patch.setattr(making, "_start_checks", lambda level: [*start_checks(level), *known[AGAIN:]])
        how = "--fraction", 0.1, "--dimension", 3, "--out", "made", "--format", "png", "--json"
        result = collapse("report", "--data", "pets.csv", *how)
    assert result.exit_code == 0, result.stderr
    return folder, result


def test_a_report_writes_its_files_below_out_and_nothing_else(reported):
    folder, result = reported
    documents = {"report.html", "report.tex", "report.bib"}
    slides = {f"{name}.png" for name in NAMES}
    expected = {f"made/{name}" for name in FIGURES | slides | documents}
    assert set(tree(folder)) - {"made/report.pdf"} == {"pets.csv", "made", *expected}
    assert set(strictly(result.stdout)["files"]) == {
        str((folder / "made").resolve() / p.name) for p in (folder / "made").iterdir()
    }


@needs_pdflatex
def test_a_report_comes_as_a_pdf_where_there_is_a_tex_engine(reported):
    folder, _ = reported
    assert (folder / "made" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_report_prints_one_json_object_and_nothing_else(reported, checked):
    found = strictly(reported[1].stdout)
    assert found["data"] == "pets.csv"
    assert found["passed"] is True
    assert list(found["steps"]) == list(names_of_the_model())
    for name, steps in found["steps"].items():
        assert list(steps) == [step.name for step in checked[name][0].steps]
        assert set(steps.values()) == {"passed"}
    assert [run["name"] for run in found["runs"]] == RUNS


def test_infinite_times_are_null_in_json_and_do_not_collapse(reported):
    runs = {run["name"]: run for run in strictly(reported[1].stdout)["runs"]}
    assert runs["clean"]["slow_time_predicted"] is runs["clean"]["slow_time_measured"] is runs["clean"]["ratio"] is None
    assert runs["clean"]["collapses"] is False
    for name in ("frustrated", "encoder"):
        assert runs[name]["collapses"] is True
        assert runs[name]["ratio"] == pytest.approx(1, rel=0.03)
        times = runs[name]["slow_time_measured"], runs[name]["slow_time_predicted"]
        assert times[0] / times[1] == pytest.approx(runs[name]["ratio"])
    assert {runs[name]["collapses"] for name in ("frustrated-head", "encoder-head")} == {False}


def test_progress_of_a_report_goes_to_standard_error(reported):
    shown = reported[1].stderr
    assert all(f"derive and check: {name}" in shown for name in names_of_the_model())
    assert shown.count("simulate: ") == len(RUNS) + 2  # one in time steps, and one with what is advised
    assert "draw couplings and teachers" in shown


def test_the_page_of_a_report_fetches_nothing_and_shows_everything(reported, checked):
    folder, result = reported
    source = (folder / "made" / "report.html").read_text(encoding="utf-8")
    page = Page(source)
    assert fetched(source) == []
    assert page.count("svg") == len(NAMES)
    assert "40 samples, 3 inputs, 2 classes" in page.text
    assert "10% of the samples" in page.text
    statuses = [page.text_in(k) for k in page.with_class("status")]
    assert statuses == ["passed"] * sum(len(checked[name][0].steps) for name in names_of_the_model())
    for claim in strictly(result.stdout)["claims"]:
        assert claim["sentence"] in page.text


def test_anchors_of_a_report_lead_somewhere(reported):
    page = Page((reported[0] / "made" / "report.html").read_text(encoding="utf-8"))
    targets = {attributes.get("id") for _, attributes, _ in page.elements}
    anchors = [attributes["href"] for tag, attributes, _ in page.elements if tag == "a" and "href" in attributes]
    assert anchors
    assert {anchor for anchor in anchors if anchor.removeprefix("#") not in targets} == set()


def test_mathematics_of_a_report_is_there_without_scripts(reported):
    page = Page((reported[0] / "made" / "report.html").read_text(encoding="utf-8"))
    assert_mathematics_is_rendered(page)
    text = "".join(page.texts[k][1] for k in range(len(page.texts)))
    assert "[#" not in text


@needs_chromium
def test_a_report_is_not_wider_than_a_small_screen(reported, tmp_path):
    source = (reported[0] / "made" / "report.html").read_text(encoding="utf-8")
    assert excess_in_browser(source, tmp_path, 400) <= 0
    assert excess_in_browser(source, tmp_path, 400, ".table") <= 0


def test_pictures_of_a_report_are_told_in_words(reported):
    page = Page((reported[0] / "made" / "report.html").read_text(encoding="utf-8"))
    pictures = [found for tag, found, _ in page.elements if tag == "svg"]
    assert all(found["role"] == "img" and len(found["aria-label"]) > 20 for found in pictures)


@pytest.fixture
def made_before(gaussian, runs, monkeypatch, without_drawings):
    """Lets the command write a report that is already there, of the five runs and no derivations, changed as asked."""
    monkeypatch.setenv("PATH", "")

    def change(**changes):
        made = replace(reports.Report(gaussian, 5, 0.1, 0, (), tuple(runs.values()), nothing_beside(runs.values())), **changes)
        monkeypatch.setattr(reports, "make_report", lambda *_, **__: made)

    return change


def test_a_report_without_a_tex_engine_has_everything_but_the_pdf(here, made_before):
    write_table(here / "pets.csv")
    made_before()
    result = collapse("report", "--data", "pets.csv")
    assert result.exit_code == 0, result.stderr
    assert {p.name for p in (here / "collapse-out").iterdir()} == {
        *(name for name in FIGURES if not name.startswith("couplings")),
        *("report.html", "report.tex", "report.bib"),
    }


def test_a_time_that_was_found_infinite_is_null_in_json(here, made_before, runs):
    """Labels that do not come together in the window have an infinite decay time, which contradicts a finite prediction."""
    write_table(here / "pets.csv")
    changed = {**runs, "frustrated": replace(runs["frustrated"], measured_slow=float("inf"))}
    made_before(runs=tuple(changed.values()))
    result = collapse("report", "--data", "pets.csv", "--json")
    assert result.exit_code == 1
    said = strictly(result.stdout)
    (run,) = (run for run in said["runs"] if run["name"] == "frustrated")
    assert run["slow_time_measured"] is run["ratio"] is None
    assert [claim["measured"] for claim in said["claims"] if claim["fault"]] == [None]


def test_a_report_with_a_failing_check_gives_status_one_and_is_written(here, made_before):
    write_table(here / "pets.csv")
    made_before(derivations=((false_derivation(), false_derivation().verify()),))
    result = collapse("report", "--data", "pets.csv")
    assert result.exit_code == 1
    assert "0 of 1 steps passed" in result.stdout
    assert "claim: failed: x differs from y" in result.stdout
    page = Page((here / "collapse-out" / "report.html").read_text(encoding="utf-8"))
    assert [page.text_in(k) for k in page.with_class("status")] == ["failed"]


def test_a_report_in_words_has_a_line_for_each_run_and_each_file(here, made_before, runs):
    write_table(here / "pets.csv")
    made_before()
    shown = collapse("report", "--data", "pets.csv").stdout
    for run in runs.values():
        (line,) = (line for line in shown.splitlines() if line.startswith(run.title + " "))
        assert ("inf" in line) == (run.name == "clean")
    assert set(map(str, (here / "collapse-out").resolve().iterdir())) <= set(shown.splitlines())
