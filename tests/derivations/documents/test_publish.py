"""Files appear at once or not at all, and nothing is left beside them."""

import errno
import os
from pathlib import Path

import pytest
from sympy import Symbol

from derivations import Derivation, Line, Step
from derivations.documents.publish import publish_files, write_derivations
from theory.errors import UnfinishedError


def tree(folder):
    """Every path below a folder, with the contents of files."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def two_files(scratch):
    (scratch / "a.txt").write_text("new a")
    (scratch / "b.txt").write_text("new b")


def fails_after_writing(scratch):
    two_files(scratch)
    raise UnfinishedError("no more")


@pytest.mark.parametrize("deep", ["out", "deep/er/out"])
def test_what_is_built_is_there_and_nothing_else(tmp_path, deep):
    files = publish_files(tmp_path / deep, two_files)
    assert files == [(tmp_path / deep).resolve() / name for name in ("a.txt", "b.txt")]
    assert {name: content for name, content in tree(tmp_path).items() if content is not None} == {
        f"{deep}/a.txt": b"new a",
        f"{deep}/b.txt": b"new b",
    }


def test_other_files_of_the_folder_stay(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text("old a")
    (tmp_path / "out" / "mine.txt").write_text("mine")
    publish_files(tmp_path / "out", two_files)
    assert tree(tmp_path / "out") == {"a.txt": b"new a", "b.txt": b"new b", "mine.txt": b"mine"}


@pytest.mark.parametrize("error", [UnfinishedError("x"), OSError("disk full"), KeyboardInterrupt()], ids=repr)
def test_nothing_changes_when_building_fails(tmp_path, error):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text("old a")
    before = tree(tmp_path)

    def build(scratch):
        two_files(scratch)
        raise error

    with pytest.raises(type(error)):
        publish_files(tmp_path / "out", build)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("deep", ["out", "deep/er/out"])
def test_no_folder_is_left_when_building_fails(tmp_path, deep):
    with pytest.raises(UnfinishedError):
        publish_files(tmp_path / deep, fails_after_writing)
    assert tree(tmp_path) == {}


def test_work_in_progress_is_not_seen_in_the_folder(tmp_path):
    seen = []

    def build(scratch):
        two_files(scratch)
        seen.append({p: c for p, c in tree(tmp_path / "out").items() if not p.startswith(".collapse-")})

    (tmp_path / "out").mkdir()
    publish_files(tmp_path / "out", build)
    assert seen == [{}]


def test_a_file_where_the_folder_should_be_is_left_alone(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OSError, match="out"):
        publish_files(tmp_path / "out", two_files)
    assert tree(tmp_path) == {"out": b"a file"}


def test_a_relative_folder_is_meant_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    publish_files(Path("out"), two_files)
    assert set(tree(tmp_path)) == {"out", "out/a.txt", "out/b.txt"}


def test_a_folder_that_is_a_disk_of_its_own_takes_files(tmp_path, monkeypatch):
    """A mounted folder: a rename from outside it crosses devices."""
    out, rename = tmp_path / "out", os.replace
    out.mkdir()

    def within_a_device(source, target):
        if Path(source).resolve().is_relative_to(out) != Path(target).resolve().is_relative_to(out):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(source, target)

    for move in ("replace", "rename"):
        monkeypatch.setattr(os, move, within_a_device)
    publish_files(out, two_files)
    assert tree(tmp_path) == {"out": None, "out/a.txt": b"new a", "out/b.txt": b"new b"}


@pytest.mark.parametrize("kind", ["html", "tex"])
def test_each_derivation_has_a_file_of_its_name(tmp_path, kind):
    def toy(name):
        made = Derivation(name, name, name, (Step("one", "s", "r", (Line("L", Symbol("x")),)),))
        return made.view(made.verify())

    files = write_derivations([toy("first"), toy("second")], kind, tmp_path / "out")
    assert [f.name for f in files] == [f"first.{kind}", f"second.{kind}"]
    assert set(tree(tmp_path / "out")) == {f"first.{kind}", f"second.{kind}"}
