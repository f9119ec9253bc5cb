"""A bar is seen on a terminal, after some time, and nowhere else; it leaves nothing behind."""

import io
import threading
import time

import pytest

from theory import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def shown(monkeypatch):
    """What a terminal receives while work is done at once, after a delay."""

    def work(delay, terminal, pause=0.0):
        monkeypatch.setattr(progress, "DELAY", delay)
        monkeypatch.setattr("sys.stderr", terminal)
        with progress.progress_bar(4.0, "count sheep") as done:
            for k in range(5):
                time.sleep(pause)
                done(k)
        return terminal.getvalue()

    return work


def test_a_terminal_sees_what_is_done_and_how_much_of_it(shown):
    seen = shown(0, Terminal(), pause=0.15)  # a bar is drawn at most ten times a second
    assert "count sheep" in seen
    assert [f"{share}%|" in seen for share in (25, 50, 75, 100)] == [True] * 4
    assert seen.split("\r")[-1].strip() == ""


def test_work_that_is_soon_done_shows_nothing(shown):
    assert shown(progress.DELAY, Terminal()).strip() == ""


def test_what_is_no_terminal_receives_nothing(shown):
    assert shown(0, io.StringIO()) == ""


def test_a_bar_goes_when_the_work_fails(monkeypatch):
    monkeypatch.setattr(progress, "DELAY", 0)
    monkeypatch.setattr("sys.stderr", terminal := Terminal())

    def fails():
        with progress.progress_bar(1.0, "work") as done:
            done(0.5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert terminal.getvalue().split("\r")[-1].strip() == ""


def test_no_thread_runs_beside_the_work(shown):
    before = threading.active_count()
    shown(0, Terminal())
    assert threading.active_count() == before


def test_pieces_of_work_are_named_once_each_with_a_bar_on_a_terminal(monkeypatch):
    for terminal, barred in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(progress, "DELAY", 0)
        monkeypatch.setattr("sys.stderr", terminal)
        with progress.pieces() as done:
            for piece in ("shear", "dye"):
                for share in (0, 0.5, 1):
                    time.sleep(0.15)
                    done(piece, share)
        seen = terminal.getvalue()
        assert [line.strip() for line in seen.splitlines() if line.strip() in ("shear", "dye")] == ["shear", "dye"]
        assert ("dye  50%|" in seen) is barred
