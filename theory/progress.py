"""Progress on the terminal: a bar for work that takes more than two seconds, and none where no one is watching.

>>> with progress_bar(3, "count") as done:
...     for k in range(3):
...         done(k + 1)

When it fails: a bar moves only where the work says how far it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from threading import Event, RLock, Thread
from typing import TypeAlias

Tell: TypeAlias = Callable[[str, float], None]  # is told a piece of work by name, and the share of it that is done
DELAY = 2.0  # seconds before a bar appears
TICK = 1.0  # seconds between two looks at it
QUIET = ContextVar("QUIET", default=False)  # whether nothing is shown
FORMAT = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"


def tell_nobody(_piece: str, _share: float) -> None:
    """Progress that nobody looks at."""


@contextmanager
def progress_bar(total: float, what: str) -> Iterator[Callable[[float], None]]:
    """A bar on standard error, where that is a terminal; it goes when the work is done.

    Parameters
    ----------
    total
        amount of the work.
    what
        is done, in a few words.

    Yields
    ------
    A function to be called with the amount that is done so far.
    """
    from tqdm import tqdm

    class Bar(tqdm):
        monitor_interval = 0  # it is kept alive below
        _lock = RLock()  # one terminal, one process: none that other processes could wait for

    disable = True if QUIET.get() else None  # None: where standard error is no terminal
    how = {"leave": False, "miniters": 0, "bar_format": FORMAT}
    with Bar(total=total, desc=what, delay=DELAY, disable=disable, **how) as shown, _kept_alive(shown):
        yield lambda done: _advance_bar(shown, done)


@contextmanager
def _kept_alive(shown) -> Iterator[None]:
    """Let a bar appear, and its time go on, where the work says nothing for long."""
    if shown.disable:
        yield
        return
    ended = Event()

    def tick() -> None:
        waited = DELAY
        while not ended.wait(waited):
            shown.update(0)
            waited = TICK

    thread = Thread(target=tick, daemon=True)
    try:  # from before the start, where an interruption would leave it alone
        thread.start()
        yield
    finally:
        ended.set()
        if thread.ident is not None:
            thread.join()


@contextmanager
def pieces() -> Iterator[Tell]:
    """Work in pieces, one after the other: the name of each on a line of standard error, and a bar below it.

    Yields
    ------
    A function to be called with the name of the piece and the share of it that is done.
    """
    move: dict[str, Callable[[float], None]] = {}  # of the piece under way
    with ExitStack() as bars:

        def tell(piece: str, share: float) -> None:
            if piece not in move:
                bars.close()
                move.clear()
                if not QUIET.get():
                    print(piece, file=sys.stderr, flush=True)
                move[piece] = bars.enter_context(progress_bar(1.0, piece))
            move[piece](share)

        yield tell


def _advance_bar(shown, done: float) -> None:
    shown.update(done - shown.n)
