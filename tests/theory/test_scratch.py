"""Sets of files after kills: whole, or with the list by which the next run makes them whole; nothing hidden stays."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from derivations.documents.publish import publish_files
from theory.scratch import MOVES, PREFIX, clear_dead_runs, scratch_folder

OLD, NEW = {f"{k}.txt": f"old {k}" for k in range(40)}, {f"{k}.txt": f"new {k}" for k in range(60)}

WRITER = """
import sys, time
from pathlib import Path
from derivations.documents.publish import publish_files

def build(scratch):
    for k in range(60):
        (scratch / f"{k}.txt").write_text(f"new {k}")
    print("built", flush=True)
    time.sleep(float(sys.argv[2]))

publish_files(Path(sys.argv[1]), build, stale=["stale.txt"])
"""


def write_old(out):
    out.mkdir()
    for name, text in OLD.items():
        (out / name).write_text(text)
    (out / "stale.txt").write_text("of the old set")
    (out / "mine.txt").write_text("mine")


def contents(out):
    return {p.name: p.read_text() for p in out.iterdir() if p.is_file() and not p.name.startswith(".") and p.name != "mine.txt"}


def hidden(folder):
    return [p.name for p in folder.rglob(f"{PREFIX}*")]


def killed_writer(out, pause, delay):
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(out), str(pause)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout.readline() == "built\n"
    time.sleep(delay)
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    writer.stdout.close()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("delay", [0.0, 0.001, 0.002, 0.004, 0.008, 0.5])
def test_after_a_kill_the_set_is_whole_once_somebody_writes_again(tmp_path, delay):
    out = tmp_path / "out"
    write_old(out)
    killed_writer(out, 0.001, delay)
    listed = [json.loads(p.read_text())["files"] for p in out.glob(f"{PREFIX}*/{MOVES}")]
    assert contents(out) in (OLD | {"stale.txt": "of the old set"}, NEW) or sorted(NEW) in map(sorted, listed)
    publish_files(out, lambda scratch: (scratch / "other.txt").write_text("other"))
    found = contents(out)
    assert found.pop("other.txt") == "other"
    assert found in (OLD | {"stale.txt": "of the old set"}, NEW)
    assert (out / "mine.txt").read_text() == "mine"
    assert not hidden(tmp_path)


DYING = """
import os, sys
rename, left = os.replace, [20]

def dies(source, target):
    if not str(target).endswith("moves.json"):
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)
    rename(source, target)

os.replace = dies
"""


def test_moves_that_were_begun_are_finished(tmp_path):
    """Stopped after a number of renames, as by a kill: no code of the dying run is run again."""
    out = tmp_path / "out"
    write_old(out)
    died = subprocess.run([sys.executable, "-c", DYING + WRITER, str(out), "0"], check=False, capture_output=True)
    assert died.returncode == 9
    mixed = contents(out)
    assert mixed != NEW
    assert any(text.startswith("new") for text in mixed.values())
    assert len(hidden(out)) == 2
    clear_dead_runs(out)
    assert contents(out) == NEW
    assert not hidden(tmp_path)


def test_a_living_run_is_left_alone(tmp_path):
    with scratch_folder(tmp_path) as scratch:
        (scratch / "half.txt").write_text("half")
        clear_dead_runs(tmp_path)
        assert (scratch / "half.txt").read_text() == "half"
    assert not hidden(tmp_path)


def test_what_dead_runs_left_beside_a_folder_that_was_not_there_yet_is_cleared(tmp_path):
    out = tmp_path / "deep" / "out"
    killed_writer(out, 60, 0.0)
    assert hidden(tmp_path)
    publish_files(tmp_path / "deep", lambda scratch: (scratch / "a.txt").write_text("a"))
    assert not hidden(tmp_path)
    assert not out.exists()


@pytest.mark.parametrize(
    "moves",
    [
        {"into": "../elsewhere", "files": ["a.txt"], "remove": []},
        {"into": ".", "files": ["../a.txt"], "remove": []},
        {"into": ".", "files": [], "remove": ["../elsewhere/mine.txt"]},
    ],
)
def test_a_list_from_elsewhere_moves_and_removes_nothing(tmp_path, moves):
    """A folder that somebody else has prepared, with a lock that nobody holds."""
    scratch, elsewhere = tmp_path / "out" / f"{PREFIX}x", tmp_path / "elsewhere"
    scratch.mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "mine.txt").write_text("mine")
    (scratch / "a.txt").write_text("theirs")
    (scratch / MOVES).write_text(json.dumps(moves))
    (tmp_path / "out" / f"{PREFIX}x.lock").touch()
    clear_dead_runs(tmp_path / "out")
    assert [p.name for p in elsewhere.iterdir()] == ["mine.txt"]
    assert (elsewhere / "mine.txt").read_text() == "mine"
    assert not (tmp_path / "a.txt").exists()
