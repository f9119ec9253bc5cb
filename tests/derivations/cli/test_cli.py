"""The command: help, version, and how every part of it says that it cannot."""

import re
from importlib.metadata import version

import pytest

from derivations import catalogue, names
from derivations.cli import main
from derivations.cli.common import spell_options
from tests.derivations.cli.common import assert_refused, collapse, derivation_of, in_a_new_process, write_table, x
from tests.derivations.documents.test_publish import tree

# -- help and lists ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_the_commands(here, flag):
    result = collapse(flag)
    assert result.exit_code == 0
    assert {"report", "derive"} <= set(re.findall(r"^  (\w+)  ", result.stdout, flags=re.M))
    assert tree(here) == {}


@pytest.mark.parametrize("command", sorted(main.modules))
def test_each_command_explains_itself_and_its_options(here, command):
    result = collapse(command, "--help")
    assert result.exit_code == 0
    assert "--out" in result.stdout or command == "check"  # which writes nothing
    assert all(option.help for option in main.get_command(None, command).params if option.param_type_name == "option")
    assert tree(here) == {}


def test_the_version_is_that_of_the_distribution():
    assert version("collapse-theory") in collapse("--version").stdout


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
    assert_refused(result)
    assert result.stderr.endswith("--help\n")
    assert tree(here) == {}


def test_a_missing_package_is_named_with_what_to_install(here):
    write_table(here / "good.csv")
    before = tree(here)
    result = in_a_new_process("report", "--data", "good.csv", hidden=["pandas"])
    assert_refused(result)
    assert "pandas" in result.stderr
    assert "pip install 'collapse-theory[report]'" in result.stderr
    assert tree(here) == before


def test_an_out_that_is_a_file_is_bad_input(here):
    (here / "file").write_text("a file")
    result = collapse("derive", "embedding", "--out", "file")
    assert result.exit_code == 2
    assert "file" in result.stderr
    assert "Traceback" not in result.stderr
    assert tree(here) == {"file": b"a file"}


def test_options_are_spelled_as_they_are_typed_and_what_came_is_quoted_as_it_came():
    options = {"seed": "--seed", "lam": "--lambda", "--lambda": "--lambda"}
    said = spell_options("expected a whole seed=..., got seed=1; or lam=2; give seed='3' or lambda=0.5, or other=1", options)
    assert said == "expected a whole --seed, got seed=1; or lam=2; give --seed 3 or --lambda 0.5, or other=1"
