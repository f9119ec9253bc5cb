"""Chunks of a sweep in a folder, each under the hash of all that defines it.

A file holds the hash of its content, then the content, and appears at once or not at all: one that is cut short or altered is
not trusted.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     store = Store(Path(folder), "of an example", True, print)
...     part = {"a": np.arange(2)}
...     store.write(part, {"square": ((), np.arange(2) ** 2)})
...     store.read(part)["square"][1].tolist()
[0, 1]

When it fails: a function is known by its text; what it reaches beside its arguments has to be named in a key.
"""

from __future__ import annotations

import inspect
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from theory.errors import InputError

Columns = dict[str, tuple[tuple[str, ...], NDArray]]
VERSIONS = ("collapse-theory", "numpy", "scipy", "sympy")
DIGEST = sha256().digest_size
DIMENSIONS = "dimensions of "


@dataclass(frozen=True)
class Store:
    """Chunks in a folder, each in a file named by the hash of what defines it: the hash of its content, then the content."""

    folder: Path
    identity: str
    resume: bool
    notice: Callable[[str], None]

    def path(self, part: Mapping[str, NDArray]) -> Path:
        name = sha256(self.identity.encode())
        for parameter, values in part.items():
            name.update(f"{parameter} {values.dtype.str} ".encode() + values.tobytes())
        return self.folder / f"{name.hexdigest()[:40]}.chunk"

    def read(self, part: Mapping[str, NDArray]) -> Columns | None:
        path = self.path(part)
        if not self.resume or not path.exists():
            return None
        content = path.read_bytes()
        if sha256(content[DIGEST:]).digest() != content[:DIGEST]:
            self.notice(f"the kept chunk {path.name} is damaged; it is computed anew")
            return None
        with np.load(BytesIO(content[DIGEST:]), allow_pickle=False) as arrays:
            names = [name for name in arrays.files if not name.startswith(DIMENSIONS)]
            return {name: (tuple(map(str, arrays[DIMENSIONS + name])), arrays[name]) for name in names}

    def write(self, part: Mapping[str, NDArray], columns: Columns) -> None:
        arrays = {name: array for name, (_, array) in columns.items()}
        arrays |= {DIMENSIONS + name: np.array(extra, dtype=str) for name, (extra, _) in columns.items()}
        np.savez(buffer := BytesIO(), allow_pickle=False, **arrays)
        content = buffer.getvalue()
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=self.folder, prefix=".chunk-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(sha256(content).digest() + content)
            os.replace(scratch, self.path(part))
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise


def identity_of(what: Callable, key: str | None) -> str:
    """What defines the function: its own word for it, or its text; and the versions of what it is made with."""
    versions = " ".join(f"{name} {version(name)}" for name in VERSIONS)
    own = getattr(what, "identity", None)
    if own is None:
        own = function_text(what, key)
    return f"{versions}\n{key or ''}\n{own}"


def function_text(function: Callable, key: str | None) -> str:
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        text = ""
    closed = not text or getattr(function, "__closure__", None) or getattr(function, "__defaults__", None)
    if closed and key is None:
        raise InputError(
            "a key for a function that is more than its text", repr(function), 'name what it closes over: key="..."'
        )
    return f"{getattr(function, '__module__', '')} {getattr(function, '__qualname__', '')}\n{text}"
