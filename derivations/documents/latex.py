"""LaTeX documents, and PDF where a TeX engine is found."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from derivations.documents.view import DOLLAR, DerivationView, PaperView
from theory.errors import UnfinishedError

if TYPE_CHECKING:
    from jinja2 import Environment

_SPECIAL = {
    DOLLAR: r"\$", "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "–": "--",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}",
    "ł": r"\l{}", "Ł": r"\L{}",
} | {c: "\\" + c for c in "&%$#_{}"}  # fmt: skip
_ACCENTS = dict(zip("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327", "`'^~=u.\"rHvc", strict=True))


def escape_latex(text: str) -> str:
    """Plain text for LaTeX, in ASCII; what TeX's base fonts do not have becomes a question mark."""
    return "".join(_escape_letter(c) for c in str(text))


def _escape_letter(c: str) -> str:
    if c in _SPECIAL or (c.isascii() and c.isprintable()):
        return _SPECIAL.get(c, c)
    base, accents = unicodedata.normalize("NFD", c)[:1], unicodedata.normalize("NFD", c)[1:]
    return rf"\{_ACCENTS[accents]}{{{base}}}" if base.isascii() and accents in _ACCENTS else "?"


def render_prose(text: str) -> str:
    """Text with mathematics between dollars, the rest escaped."""
    parts = re.split(r"(\$[^$]*\$)", str(text))
    return "".join(
        part if part.startswith("$") and part.endswith("$") and len(part) > 1 else escape_latex(part) for part in parts
    )


LINK = re.compile(r"\[([#@][\w-]+)\]")  # to an equation by its label, or to a source by its key


def link_prose(text: str, marks: Collection[str]) -> str:
    """The same with links: ``[#label]`` to an equation, and ``[@key]`` to a source, of those that there are."""
    parts = LINK.split(str(text))
    return "".join(
        rf"\{'eqref' if part[0] == '#' else 'cite'}{{{part[1:]}}}"
        if place % 2 and part in marks
        else render_prose(f"[{part}]" if place % 2 else part)
        for place, part in enumerate(parts)
    )


def latex_environment() -> Environment:
    """Templates whose tags do not clash with LaTeX."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    env = Environment(
        loader=PackageLoader("derivations.documents"),
        block_start_string=r"\BLOCK{",
        block_end_string="}",
        variable_start_string=r"\VAR{",
        variable_end_string="}",
        comment_start_string=r"\#{",
        comment_end_string="}",
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,
    )
    env.filters |= {"prose": render_prose, "escape": escape_latex, "linked": link_prose}
    return env


def derivation_section(derivation: DerivationView) -> str:
    """A section to be included in a document that defines ``\\fit`` (see :func:`latex_document`)."""
    return latex_environment().get_template("derivation.tex.j2").render(derivation=derivation)


def latex_document(title: str, derivations: Sequence[DerivationView]) -> str:
    """A complete LaTeX document of derivations."""
    return latex_environment().get_template("document.tex.j2").render(title=title, derivations=derivations)


def paper_source(paper: PaperView) -> str:
    """The LaTeX of a paper, which includes its figures as PDF."""
    return latex_environment().get_template("paper.tex.j2").render(title=paper.title, paper=paper, marks=paper.marks)


def compile_pdf(source: Path) -> Path | None:
    """The PDF of a LaTeX file, beside it; None where no TeX engine is installed.

    Raises
    ------
    UnfinishedError
        where the engine reports an error, with its first lines.
    """
    engine = shutil.which("pdflatex")
    if engine is None:
        return None
    source = source.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        command = [engine, "-interaction=nonstopmode", "-halt-on-error", f"-output-directory={scratch}", source.name]
        for _ in range(2):
            run = subprocess.run(command, cwd=source.parent, capture_output=True, text=True, errors="replace", check=False)
            if run.returncode:
                errors = [line for line in run.stdout.splitlines() if line.startswith("!")]
                raise UnfinishedError(f"pdflatex failed on {source.name}: {' '.join(errors[:2]) or 'see its log'}")
        return Path(shutil.move(Path(scratch) / f"{source.stem}.pdf", source.with_suffix(".pdf")))
