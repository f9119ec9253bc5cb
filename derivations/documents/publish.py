"""Files written at once or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from derivations.documents import html, latex
from derivations.documents.view import DerivationView, PaperView
from theory.errors import InputError, UnfinishedError
from theory.progress import Tell
from theory.scratch import clear_dead_runs, move_together, scratch_folder


def publish_files(out: Path, build: Callable[[Path], None], stale: Iterable[str] = ()) -> list[Path]:
    """Let ``build`` make files in a scratch folder on the disk of ``out``, then move them into ``out`` together;
    ``stale`` files, which belong to an earlier set, go at the same time.

    Nothing is left behind, and nothing of ``out`` is touched, when ``build`` raises.  What runs that were killed have left is
    cleared, and moves that they had begun are finished (:mod:`theory.scratch`).
    """
    out = require_writable(out)
    # a rename stays on one disk: the scratch folder is hidden in ``out`` itself where that exists
    for place in {_existing_part(out), _existing_part(out.parent)}:
        clear_dead_runs(place)
    with scratch_folder(_existing_part(out)) as scratch:
        build(scratch)
        return move_together(scratch, out, stale)


def require_writable(out: Path) -> Path:
    """The absolute path of a folder that files can be written into, or that can be made; an OSError otherwise."""
    out = out.resolve()
    stands = _existing_part(out)
    if not stands.is_dir() or not os.access(stands, os.W_OK):
        raise OSError(f"{stands} is no folder that can be written to")
    return out


def _existing_part(path: Path) -> Path:
    """The path itself, or the nearest of its parents that exists."""
    return path if path.exists() else _existing_part(path.parent)


def write_derivations(derivations: Sequence[DerivationView], kind: str, out: Path) -> list[Path]:
    """One page each (html), or one document each (tex, pdf).

    Raises
    ------
    InputError
        for two of one name.
    UnfinishedError
        for a PDF without a TeX engine.
    """
    names = [derivation.name for derivation in derivations]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise InputError("derivations with names of their own", f"{repeated[0]} twice", "rename the model file")

    def build(scratch: Path) -> None:
        for derivation in derivations:
            _write_document(derivation, scratch / f"{derivation.name}.{kind}")

    return publish_files(out, build)


def write_document(derivation: DerivationView, path: Path) -> Path:
    """One derivation as a file whose ending says its kind, and nothing else.

    Raises
    ------
    UnfinishedError
        for a PDF without a TeX engine.
    """

    def build(scratch: Path) -> None:
        _write_document(derivation, scratch / path.name)
        if path.suffix == ".pdf":
            (scratch / path.name).with_suffix(".tex").unlink()

    return publish_files(path.parent, build)[0]


def write_paper(paper: PaperView, source: Path, tell: Tell) -> None:
    """A paper as page, LaTeX and, with a TeX engine, PDF, beside its figures."""
    tell("write the page", 0.0)
    source.with_suffix(".html").write_text(html.paper_page(paper, source.parent), encoding="utf-8")
    source.write_text(latex.paper_source(paper), encoding="utf-8")
    tell("write the page", 1.0)
    tell("compile the paper", 0.0)
    latex.compile_pdf(source)
    tell("compile the paper", 1.0)


def _write_document(derivation: DerivationView, path: Path) -> None:
    """A page, a LaTeX document, or a PDF with its source beside it."""
    if path.suffix == ".html":
        path.write_text(html.derivation_page(derivation), encoding="utf-8")
        return
    source = path.with_suffix(".tex")
    source.write_text(latex.latex_document(derivation.title, [derivation]), encoding="utf-8")
    if path.suffix == ".pdf" and latex.compile_pdf(source) is None:
        raise UnfinishedError("no TeX engine (pdflatex) is installed; ask for tex or html")
