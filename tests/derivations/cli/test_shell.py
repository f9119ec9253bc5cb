"""The command among other commands: closed streams, pipes that end, signals."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-c", "from derivations.cli import run; run()")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="streams and signals of POSIX")


def processes_of_session(leader):
    """The processes that a command has left behind, where the system lists them in /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            _, _, behind = status.read_text().rpartition(")")
            state, _, _, session, *_ = behind.split()
            found += [status.parent.name] if int(session) == leader and state != "Z" else []
    return found


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_lead_nowhere(tmp_path, closed):
    (tmp_path / "mine.toml").write_text('state = ["x"]\nloss = "x**4/4 - x**2/2"\n')
    line = f'"$0" -c "$1" derive --spec mine.toml --out made {closed}'
    done = subprocess.run(["/bin/sh", "-c", line, sys.executable, COMMAND[2]], cwd=tmp_path, timeout=120, capture_output=True)
    assert done.returncode == 0
    assert [p.name for p in (tmp_path / "made").iterdir()] == ["mine.html"]


def test_a_reader_that_has_seen_enough_ends_it_quietly(tmp_path):
    line = '"$0" -c "$1" study --list --json | head -c 1; "$0" -c "$1" derive --list | head -n 1'
    done = subprocess.run(["/bin/sh", "-c", line, sys.executable, COMMAND[2]], cwd=tmp_path, timeout=120, capture_output=True)
    assert done.stderr == b""


def test_a_request_to_terminate_is_like_an_interruption(tmp_path):
    work = subprocess.Popen(
        [*COMMAND, "simulate", "embedding", "--until", "1e9", "--out", "made", "--method", "direct"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    time.sleep(8)
    if work.poll() is None:
        work.send_signal(signal.SIGTERM)
    _, said = work.communicate(timeout=60)
    assert work.returncode == 130, said
    assert "Traceback" not in said
    assert not processes_of_session(work.pid)
    assert not list(tmp_path.rglob(".collapse-*"))


def test_a_folder_that_is_gone_is_a_sentence(tmp_path):
    line = 'mkdir gone; cd gone; rmdir ../gone; exec "$0" -c "$1" derive embedding --out x'
    done = subprocess.run(["/bin/sh", "-c", line, sys.executable, COMMAND[2]], cwd=tmp_path, timeout=120, capture_output=True)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    assert done.stderr.startswith(b"collapse: could not finish: ")
