"""The command: what it prints, what it writes, where, and how it says that it cannot."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from sympy import symbols

from derivations import Derivation, Line, Step, catalogue, names
from derivations import report as reports
from derivations.checks import Identity
from derivations.cli import PRINTED_MODES, main
from tests.derivations.documents.test_publish import tree
from tests.derivations.pages import (
    Page,
    assert_mathematics_is_rendered,
    fetched,
    in_browser,
    needs_chromium,
    needs_pdflatex,
)
from tests.theory.oracles import dense_modes, dense_operator
from theory import Coupling

x, y = symbols("x y", real=True)
RUNS = ["clean", "frustrated", "frustrated-head", "encoder", "encoder-head"]
FIGURES = {f"{name}.{kind}" for name in ("curves", "head-eigenvalues") for kind in ("pdf", "svg")}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Every command runs in a folder of its own."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def collapse(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(main, list(map(str, arguments)))


def in_a_new_process(*arguments, hidden=()):
    """Run the command as a user does, with some packages as good as not installed."""
    code = f"import sys; sys.modules.update(dict.fromkeys({list(hidden)})); from derivations.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def strictly(text):
    """JSON without the extensions of Python's reader."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def write_table(path, classes=("cat", "dog"), each=20):
    """A CSV file of overlapping classes in three dimensions."""
    rng = np.random.default_rng(1)
    values = {kind: rng.standard_normal((each, 3)) + 1.5 * k for k, kind in enumerate(classes)}
    rows = [f"{a},{b},{c},{kind}" for kind, features in values.items() for a, b, c in features]
    Path(path).write_text("\n".join(["a,b,c,label", *rows]) + "\n")
    return path


def assert_refused(result, status=2):
    """One line on standard error that says what was expected, nothing on standard output, no traceback."""
    code = result.exit_code if hasattr(result, "exit_code") else result.returncode
    assert code == status, result.stderr
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("collapse: ")
    assert "Traceback" not in line


def derivation_of(left, right, name):
    """One step that claims that left is right, and checks just that."""

    def check(before, after):
        return Identity(((after[0].left, after[0].right),))

    return Derivation(name, f"Something {name}", "s", (Step("claim", "s", "r", (Line(left, right),), check=check),))


def false_derivation():
    return derivation_of(x, y, "false")


@pytest.fixture
def quick_catalogue(monkeypatch):
    """A catalogue whose derivations are true and short."""
    monkeypatch.setattr(catalogue, "derive", lambda name: derivation_of(x + x, 2 * x, name))


# -- help and lists ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_the_commands(here, flag):
    result = collapse(flag)
    assert result.exit_code == 0
    assert {"report", "derive"} <= set(re.findall(r"^  (\w+)  ", result.stdout, flags=re.M))
    assert tree(here) == {}


@pytest.mark.parametrize("command", sorted(main.commands))
def test_each_command_explains_itself_and_its_options(here, command):
    result = collapse(command, "--help")
    assert result.exit_code == 0
    assert "--out" in result.stdout
    assert all(option.help for option in main.commands[command].params if option.param_type_name == "option")
    assert tree(here) == {}


def test_report_help_tells_every_option():
    shown = collapse("report", "--help").stdout
    for option in ("--data", "--label", "--fraction", "--dimension", "--decay", "--level", "--json", "--seed", "--out"):
        assert option in shown
    assert "digits" in shown


def test_the_version_is_that_of_the_distribution():
    assert version("collapse-theory") in collapse("--version").stdout


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


# -- bad input --------------------------------------------------------------------------------------------------------

BAD = {
    "unknown derivation": (["derive", "nonsense"], "nonsense"),
    "unknown among known ones": (["derive", "embedding", "nonsense"], "nonsense"),
    "unknown beside all": (["derive", "all", "nonsense"], "nonsense"),
    "no derivation": (["derive"], "derivation"),
    "missing model file": (["derive", "--spec", "missing.toml"], "missing.toml"),
    "missing file": (["report", "--data", "missing.csv"], "missing.csv"),
    "bad csv": (["report", "--data", "bad.csv"], "row 3"),
    "ragged csv": (["report", "--data", "ragged.csv"], "ragged.csv"),
    "no label column": (["report", "--data", "good.csv", "--label", "kind"], "kind"),
    "one class": (["report", "--data", "one.csv"], "two classes"),
    "fraction 7": (["report", "--data", "good.csv", "--fraction", 7], "7"),
    "fraction of nobody": (["report", "--data", "good.csv", "--fraction", 0.001], "0.001"),
    "fraction nan": (["report", "--data", "good.csv", "--fraction", "nan"], "nan"),
    "negative decay": (["report", "--data", "good.csv", "--decay", -1], "-1"),
    "decay nan": (["report", "--data", "good.csv", "--decay", "nan"], "nan"),
}


def known_ones(name, derive=catalogue.derive):
    """Short derivations for the names there are, and what the catalogue says to others."""
    return derivation_of(x + x, 2 * x, name) if name in names() else derive(name)


@pytest.fixture
def bad_files(here):
    write_table(here / "good.csv")
    (here / "bad.csv").write_text("a,label\n1,x\noops,y\n")
    (here / "ragged.csv").write_text("a,label\n1,x,3\n2,y,4\n")
    (here / "one.csv").write_text("a,label\n1,x\n2,x\n")
    (here / "damaged.npz").write_bytes(b"PK\x03\x04 and nothing else")


@pytest.mark.usefixtures("bad_files", "without_drawings")
@pytest.mark.parametrize(("arguments", "named"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_one_line_and_nothing_is_written(here, monkeypatch, arguments, named):
    monkeypatch.setattr(catalogue, "derive", known_ones)
    before = tree(here)
    result = collapse(*arguments, "--out", here / "out")
    assert_refused(result)
    assert named in result.stderr
    assert tree(here) == before


@pytest.mark.usefixtures("bad_files")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["derive", "nonsense"], "nonsense"), (["report", "--data", "damaged.npz"], "damaged.npz")],
    ids=["unknown derivation", "damaged npz"],
)
def test_a_user_sees_one_line_and_no_traceback(here, arguments, named):
    before = tree(here)
    result = in_a_new_process(*arguments)
    assert_refused(result)
    assert named in result.stderr
    assert tree(here) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["report", "--dimension", "0"],
        ["report", "--seed", "-1"],
        ["derive", "embedding", "--format", "docx"],
        ["report", "--nonsense"],
    ],
    ids="-".join,
)
def test_a_wrong_option_is_refused_without_a_traceback(here, arguments):
    result = collapse(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr
    assert tree(here) == {}


def test_a_missing_package_is_named_with_what_to_install(here):
    write_table(here / "good.csv")
    before = tree(here)
    result = in_a_new_process("report", "--data", "good.csv", hidden=["pandas"])
    assert_refused(result)
    assert "pandas" in result.stderr
    assert "pip install 'collapse-theory[report]'" in result.stderr
    assert tree(here) == before


# -- folders that cannot be written -----------------------------------------------------------------------------------


@pytest.mark.parametrize("out", ["file/out", "file/deep/out"])
def test_derivations_that_cannot_be_written_say_so_in_one_line(here, monkeypatch, out):
    (here / "file").write_text("a file")
    monkeypatch.setattr(catalogue, "derive", lambda name: false_derivation())
    assert_refused(collapse("derive", "embedding", "--out", out), status=3)
    assert tree(here) == {"file": b"a file"}


def test_a_report_that_cannot_be_written_says_so_before_it_works(here, monkeypatch):
    write_table(here / "good.csv")
    (here / "file").write_text("a file")
    before = tree(here)
    monkeypatch.setattr(reports, "names", tuple)
    assert_refused(collapse("report", "--data", "good.csv", "--dimension", 2, "--out", "file/out"), status=3)
    assert tree(here) == before


def test_an_out_that_is_a_file_is_bad_input(here):
    (here / "file").write_text("a file")
    result = collapse("derive", "embedding", "--out", "file")
    assert result.exit_code == 2
    assert "file" in result.stderr
    assert "Traceback" not in result.stderr
    assert tree(here) == {"file": b"a file"}


# -- report -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """A report on a small table, as JSON: the folder it ran in, and what it printed."""
    folder = tmp_path_factory.mktemp("report")
    write_table(folder / "pets.csv")
    started = Path.cwd()
    os.chdir(folder)
    try:
        how = "--fraction", 0.1, "--dimension", 3, "--out", "made", "--json"
        result = collapse("report", "--data", "pets.csv", *how)
    finally:
        os.chdir(started)
    assert result.exit_code == 0, result.stderr
    return folder, result


def test_a_report_writes_its_files_below_out_and_nothing_else(reported):
    folder, result = reported
    documents = {"report.html", "report.tex"}
    expected = {f"made/{name}" for name in FIGURES | documents}
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
    assert list(found["steps"]) == list(names())
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
    assert all(f"derive and check: {name}" in shown for name in names())
    assert shown.count("simulate: ") == len(RUNS)


def test_the_page_of_a_report_fetches_nothing_and_shows_everything(reported, checked):
    folder, result = reported
    source = (folder / "made" / "report.html").read_text(encoding="utf-8")
    page = Page(source)
    assert fetched(source) == []
    assert page.count("svg") == 2
    assert "40 samples, 3 inputs, 2 classes" in page.text
    assert "10% of the samples" in page.text
    statuses = [page.text_in(k) for k in page.with_class("status")]
    assert statuses == ["passed"] * sum(len(derivation.steps) for derivation, _ in checked.values())
    for run in strictly(result.stdout)["runs"]:
        assert run["remark"] in page.text


def test_anchors_of_a_report_lead_somewhere(reported):
    page = Page((reported[0] / "made" / "report.html").read_text(encoding="utf-8"))
    targets = {attributes.get("id") for _, attributes, _ in page.elements}
    anchors = [attributes["href"] for tag, attributes, _ in page.elements if tag == "a" and "href" in attributes]
    assert anchors
    assert {anchor for anchor in anchors if anchor.removeprefix("#") not in targets} == set()


@needs_chromium
def test_a_browser_renders_all_mathematics_of_a_report(reported, tmp_path):
    assert_mathematics_is_rendered(in_browser(reported[0] / "made" / "report.html", tmp_path / "profile"))


@pytest.fixture
def made_before(gaussian, runs, monkeypatch, without_drawings):
    """Lets the command write a report that is already there, of the five runs and no derivations, changed as asked."""
    monkeypatch.setenv("PATH", "")

    def change(**changes):
        made = replace(reports.Report(gaussian, 5, 0.1, 0, (), tuple(runs.values())), **changes)
        monkeypatch.setattr(reports, "make_report", lambda *_, **__: made)

    return change


def test_a_report_without_a_tex_engine_has_everything_but_the_pdf(here, made_before):
    write_table(here / "pets.csv")
    made_before()
    result = collapse("report", "--data", "pets.csv")
    assert result.exit_code == 0, result.stderr
    assert {p.name for p in (here / "collapse-out").iterdir()} == {*FIGURES, "report.html", "report.tex"}


def test_a_time_that_was_found_infinite_is_null_in_json(here, made_before, runs):
    """Labels that do not come together in the window have an infinite decay time, which contradicts a finite prediction."""
    write_table(here / "pets.csv")
    made_before(runs=(replace(runs["frustrated"], measured_slow=float("inf")), *list(runs.values())[1:]))
    result = collapse("report", "--data", "pets.csv", "--json")
    assert result.exit_code == 1
    said = strictly(result.stdout)
    (run, *_) = said["runs"]
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


# -- spectrum ---------------------------------------------------------------------------------------------------------

JOINED = np.array([[1, 0, 0]] * 4 + [[0, 1, 0]] * 4 + [[0, 0, 1]] * 4 + [[0.5, 0.5, 0], [0, 0.25, 0.75]])
APART = np.array([[1, 0, 0], [0, 2, 0], [0, 0, 1], [0, 0, 1]])
KEYS = {"mu", "frustration", "rates", "components", "classifiable", "slow_time", "collapses"}


def write_couplings(J, path="couplings.csv"):
    """A table of couplings whose labels are a, b, ..."""
    header = ",".join(f"label {a}" for a in range(J.shape[1]))
    Path(path).write_text("\n".join([header, *(",".join(map(repr, row)) for row in J.astype(float).tolist())]) + "\n")
    return path


@pytest.mark.parametrize("mobility", ["degree", "uniform"])
def test_a_spectrum_as_json_is_that_of_dense_linear_algebra_and_writes_nothing(here, mobility):
    write_couplings(JOINED)
    before = tree(here)
    result = collapse("spectrum", "couplings.csv", "--json", "--mobility", mobility)
    assert (result.exit_code, result.stderr) == (0, "")
    found = strictly(result.stdout)
    assert set(found) == KEYS
    rates = np.linalg.eigvalsh(dense_operator(JOINED, mobility))[:3]
    np.testing.assert_allclose(found["mu"], dense_modes(JOINED), atol=1e-12)
    np.testing.assert_allclose(found["frustration"], 1 - dense_modes(JOINED) ** 2, atol=1e-12)
    np.testing.assert_allclose(found["rates"], rates, atol=1e-12)
    assert found["slow_time"] == pytest.approx(1 / rates[1])
    assert (found["components"], found["classifiable"], found["collapses"]) == (1, False, True)
    assert tree(here) == before


def test_the_slow_time_of_classifiable_couplings_is_null_in_json_and_they_do_not_collapse():
    found = strictly(collapse("spectrum", write_couplings(APART), "--json").stdout)
    assert (found["components"], found["classifiable"], found["collapses"]) == (3, True, False)
    assert found["slow_time"] is None
    np.testing.assert_allclose(found["rates"], 0, atol=1e-12)


def test_a_spectrum_as_json_needs_no_extra(here):
    write_couplings(JOINED)
    before = tree(here)
    result = in_a_new_process("spectrum", "couplings.csv", "--json", hidden=["matplotlib", "pandas", "sklearn"])
    assert (result.returncode, result.stderr) == (0, "")
    assert set(strictly(result.stdout)) == KEYS
    assert tree(here) == before


def test_a_spectrum_without_matplotlib_names_what_to_install(here):
    write_couplings(JOINED)
    before = tree(here)
    result = in_a_new_process("spectrum", "couplings.csv", hidden=["matplotlib"])
    assert_refused(result)
    assert "pip install 'collapse-theory[report]'" in result.stderr
    assert tree(here) == before


def test_a_spectrum_in_words_has_a_line_for_each_mode_and_its_figure_below_out(here):
    write_couplings(JOINED)
    result = collapse("spectrum", "couplings.csv", "--out", "made")
    assert (result.exit_code, result.stderr) == (0, "")
    assert set(tree(here)) == {"couplings.csv", "made", "made/spectrum.pdf", "made/spectrum.svg"}
    assert (here / "made" / "spectrum.pdf").read_bytes().startswith(b"%PDF")
    assert "<svg" in (here / "made" / "spectrum.svg").read_text()
    rows = [line.split() for line in result.stdout.splitlines() if re.match(r" +\d", line)]
    coupling = Coupling(JOINED)
    assert rows[0] == ["1", "1", "0", "0", "inf"]
    printed = np.array([[float(cell) for cell in row] for row in rows[1:]]).T
    expected = [[2, 3], coupling.modes()[1:], coupling.frustration()[1:], coupling.rates(3)[1:], 1 / coupling.rates(3)[1:]]
    np.testing.assert_allclose(printed, expected, rtol=1e-3)
    assert f"{coupling.slow_time():.6g}" in result.stdout
    assert set(map(str, (here / "made").resolve().iterdir())) <= set(result.stdout.splitlines())


def test_a_spectrum_in_words_says_that_classifiable_couplings_do_not_collapse():
    result = collapse("spectrum", write_couplings(APART))
    assert result.exit_code == 0, result.stderr
    assert "3 zero, one for each component" in result.stdout
    assert "infinite" in result.stdout


def test_a_long_spectrum_is_cut_in_words_and_whole_in_json():
    labels = PRINTED_MODES + 5
    write_couplings(np.vstack([np.eye(labels), np.roll(np.eye(labels), 1, axis=1)]))
    shown = collapse("spectrum", "couplings.csv").stdout
    assert sum(bool(re.match(r" +\d", line)) for line in shown.splitlines()) == PRINTED_MODES
    assert "and 5 more" in shown
    assert len(strictly(collapse("spectrum", "couplings.csv", "--json").stdout)["mu"]) == labels


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["words", "json"])
@pytest.mark.parametrize(
    ("content", "named"),
    [
        (None, "no file"),
        ("a,b\n1,0\n0,x\n", "'x' in column 'b', row 3"),
        ("a,b\n1,0\n0,-1\n", "'-1' in column 'b', row 3"),
        ("a,b\n1,0\nnan,1\n", "'nan' in column 'a', row 3"),
        ("a,b\n1,0\n0,0\n", "row 3"),
        ("1,0\n0,1\n", "header"),
        ("a,b\n1,0\n0\n", "1 in row 3"),
        ("a,a\n1,0\n0,1\n", "'a' again"),
        (b"\x89PNG\r\n\x1a\n\xff", "readable CSV"),
    ],
    ids=["missing", "text", "negative", "nan", "empty row", "no header", "ragged", "duplicate", "binary"],
)
def test_a_bad_table_of_couplings_is_refused_in_one_line_and_nothing_is_written(here, content, named, flags):
    if content is not None:
        (here / "bad.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    before = tree(here)
    result = collapse("spectrum", "bad.csv", *flags, "--out", "made")
    assert_refused(result)
    assert named in result.stderr
    assert tree(here) == before


def test_a_spectrum_that_cannot_be_written_says_so_in_one_line(here):
    write_couplings(JOINED)
    (here / "file").write_text("a file")
    before = tree(here)
    assert_refused(collapse("spectrum", "couplings.csv", "--out", "file/out"), status=3)
    assert tree(here) == before
