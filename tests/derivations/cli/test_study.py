"""``collapse study`` and ``collapse check``: what is written, what is printed, and what is refused."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

pytest.importorskip("matplotlib")

from derivations.cli import main
from tests.derivations.pages import (
    Page,
    assert_mathematics_is_rendered,
    excess_in_browser,
    fetched,
    needs_chromium,
    needs_pdflatex,
    overfull,
    run_pdflatex,
)

MODEL = """
title = "A pitchfork with a slow variable"
source = "a textbook"
state = ["x", "y"]
[velocity]
x = "r*x - x**3"
y = "-a*y + x**2"
[parameters]
r = "real"
a = "positive"
[study]
small = "a"
plane = ["r", "a"]
numbers = {r = "1/2", a = 1}
"""
FILES = {
    *("study.html", "study.tex", "study.json", "test_study.py", "model.toml"),
    *(
        f"{name}.{kind}"
        for name in ("bifurcation-diagram", "phase-portrait", "phase-plane", "runs", "rates")
        for kind in ("svg", "pdf", "png")
    ),
}


def run(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    (folder / "pitchfork.toml").write_text(MODEL, encoding="utf-8")
    result = run("study", folder / "pitchfork.toml", "--out", folder / "out", "--set", "r=1/3", "--format", "png")
    assert result.exit_code == 0, result.output
    return folder, result.output


def test_all_files_are_written(written):
    folder, _ = written
    names = {path.name for path in (folder / "out").iterdir()}
    assert names - {"study.pdf"} == FILES
    assert (folder / "out" / "model.toml").read_text(encoding="utf-8") == MODEL


def test_the_paper_shows_what_was_found(written):
    folder, _ = written
    for name in ("study.html", "study.tex"):
        text = (folder / "out" / name).read_text(encoding="utf-8")
        for words in (
            "A pitchfork with a slow variable",
            "There are three states at rest",
            "Theory over simulation",
            "itchfork bifurcation",
        ):
            assert words in text, (name, words)


def test_the_page_reads_without_scripts_and_tells_its_pictures(written):
    source = (written[0] / "out" / "study.html").read_text(encoding="utf-8")
    page = Page(source)
    assert_mathematics_is_rendered(page)
    assert fetched(source) == []
    pictures = [found for tag, found, _ in page.elements if tag == "svg"]
    assert len(pictures) == sum(name.endswith(".svg") for name in FILES)
    assert all(found["role"] == "img" and len(found["aria-label"]) > 20 for found in pictures)
    numbers = [page.text_in(k) for k in page.with_class("number")]
    assert numbers == [str(k) for k in range(1, len(numbers) + 1)]


@needs_chromium
def test_the_page_and_its_table_are_not_wider_than_a_small_screen(written, tmp_path):
    source = (written[0] / "out" / "study.html").read_text(encoding="utf-8")
    assert excess_in_browser(source, tmp_path, 400) <= 0
    assert excess_in_browser(source, tmp_path, 400, ".table") <= 0


@needs_pdflatex
def test_nothing_of_the_paper_sticks_out(written):
    out = written[0] / "out"
    status, log = run_pdflatex((out / "study.tex").read_text(encoding="utf-8"), out, times=2)
    for left in out.glob("document.*"):
        left.unlink()
    assert status == 0
    assert [points for points in overfull(log) if points > 1] == []
    assert "undefined" not in log


def test_numbers_of_the_command_line_are_exact_and_win(written):
    folder, _ = written
    found = json.loads((folder / "out" / "study.json").read_text(encoding="utf-8"))
    assert found["numbers"] == {"r": "1/3", "a": "1"}
    assert found["agreement"]["holds"] is True
    assert {row["status"] for row in found["checks"]} == {"passed"}


def test_the_test_file_runs_by_itself(written):
    folder, _ = written
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", "test_study.py"]
    ended = subprocess.run(command, cwd=folder / "out", capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_a_table_is_printed(written):
    _, printed = written
    assert "steps passed their check" in printed
    assert "closed form" in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["study"], "a model file or the name of a published model"),
        (["study", "none"], "a model file or one of"),
        (["study", "MODEL", "--set", "q=1"], "a parameter among a, r"),
        (["study", "MODEL", "--set", "r"], "NAME=VALUE with an exact number"),
        (["study", "MODEL", "--set", "r=__import__('os')"], "NAME=VALUE with an exact number"),
        (["study", "MODEL", "--set", "r=1", "--set", "r=2"], "each parameter once"),
        (["study", "MODEL", "--small", "q"], "a parameter among a, r"),
        (["study", "MODEL", "--plane", "r", "r"], "two parameters of the plane"),
        (["study", "MODEL", "--time-limit", "0"], "positive seconds"),
        (["check", "MODEL", "--small", "q"], "a parameter among a, r"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(tmp_path, arguments, words):
    model = tmp_path / "m.toml"
    model.write_text(MODEL, encoding="utf-8")
    given = [str(model) if word == "MODEL" else word for word in arguments]
    out = ["--out", str(tmp_path / "out")] if given[0] == "study" else []
    result = run(*given, *out)
    assert result.exit_code == 2, result.output
    (line,) = (line for line in result.output.splitlines() if line.startswith("collapse:"))
    assert words in line
    assert not (tmp_path / "out").exists()


def test_a_flow_that_blows_up_is_one_sentence_and_writes_nothing(tmp_path):
    model = tmp_path / "m.toml"
    model.write_text('state = ["x"]\n[velocity]\nx = "x**2 + x**4"\n', encoding="utf-8")
    result = run("study", model, "--out", tmp_path / "out")
    assert result.exit_code in (0, 3), result.output
    if result.exit_code == 3:
        assert not (tmp_path / "out").exists()


def test_published_models_are_listed():
    result = run("study", "--list")
    assert result.exit_code == 0
    assert "direct_predictor" in result.output
    assert "2102.06810" in result.output


def test_derivations_are_checked_by_name():
    result = run("check", "embedding", "--json")
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)["checked"]
    assert found["passed"] is True
