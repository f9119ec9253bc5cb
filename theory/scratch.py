"""Sets of files that appear together: built in a scratch folder, then moved by a list that outlives the process.

While the files are built, nothing of the folder is touched.  Then ``moves.json`` is written beside them, and each is moved by
one rename.  A process that is killed before leaves the old set; one that is killed between two renames leaves the list of what
belongs together, and the next run that writes there moves the rest.  A lock, which the system drops with its process, tells
what a living run is building from what a dead one left.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

PREFIX, MOVES = ".collapse-", "moves.json"


@contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """A hidden folder in ``place``, locked as long as this process lives; removed at the end."""
    os.stat(place)  # an error of the system where it is not there: the lock would make it
    scratch = place / f"{PREFIX}{uuid4().hex}"
    with FileLock(_lock_of(scratch)):
        try:
            scratch.mkdir()
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            _lock_of(scratch).unlink(missing_ok=True)


def move_together(scratch: Path, out: Path, stale: Iterable[str] = ()) -> list[Path]:
    """All files of a scratch folder into ``out``, in the place of those of their names.

    Files of an earlier set that are ``stale`` are removed with it.
    """
    names = sorted(path.name for path in scratch.iterdir() if path.is_file())
    out.mkdir(parents=True, exist_ok=True)
    into = os.path.relpath(out.resolve(), scratch.parent.resolve())
    _write_durably(scratch / MOVES, json.dumps({"into": into, "files": names, "remove": sorted({*stale} - {*names})}))
    _finish_moves(scratch)
    return [out / name for name in names]


def clear_dead_runs(place: Path) -> None:
    """Finish the moves that dead runs had begun in a folder, and remove what they were building."""
    for lock in place.glob(f"{PREFIX}*.lock"):
        scratch = lock.with_suffix("")
        # Another process may clear the same, or may not be let to.
        with suppress(Timeout, OSError), FileLock(lock, blocking=False):
            if (scratch / MOVES).exists():
                _finish_moves(scratch)
            shutil.rmtree(scratch, ignore_errors=True)
            lock.unlink(missing_ok=True)


def _finish_moves(scratch: Path) -> None:
    """The moves of a list, which reaches nothing but plain names in or below the folder that it stands in."""
    moves, place = json.loads((scratch / MOVES).read_text(encoding="utf-8")), scratch.parent.resolve()
    out = (place / moves["into"]).resolve()
    if not out.is_relative_to(place) or any(name != Path(name).name for name in (*moves["files"], *moves["remove"])):
        raise OSError(f"{scratch / MOVES} is no list of this program's")
    for name in moves["remove"]:
        (out / name).unlink(missing_ok=True)
    for name in moves["files"]:
        if (scratch / name).exists():  # not moved before
            os.replace(scratch / name, out / name)


def _lock_of(scratch: Path) -> Path:
    return scratch.with_name(f"{scratch.name}.lock")


def _write_durably(path: Path, text: str) -> None:
    """A file that is there whole or not at all, on the disk before anything else happens."""
    begun = path.with_suffix(".begun")
    with begun.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(begun, path)
