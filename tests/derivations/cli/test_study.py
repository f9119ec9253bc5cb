"""``collapse study`` and ``collapse check``: what is written, what is printed, and what is refused."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

pytest.importorskip("matplotlib")

from derivations.cli import main

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
        for kind in ("svg", "pdf")
    ),
}


def run(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    (folder / "pitchfork.toml").write_text(MODEL, encoding="utf-8")
    result = run("study", folder / "pitchfork.toml", "--out", folder / "out", "--set", "r=1/3")
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
