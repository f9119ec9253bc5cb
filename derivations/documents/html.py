"""HTML pages that open without a network: everything is inside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from derivations.documents import mathml
from derivations.documents.view import DOLLAR, DerivationView, PaperView, number_steps

if TYPE_CHECKING:
    from jinja2 import Environment


def render_prose(text: str) -> Markup:
    """Text with mathematics between dollars, which KaTeX sets."""
    parts = re.split(r"\$([^$]*)\$", str(text))
    inline = (Markup('<span class="math">{}</span>').format(p) if i % 2 else escape(p) for i, p in enumerate(parts))
    return Markup(Markup("").join(inline).replace(DOLLAR, "$"))


LINK = re.compile(r"\[([#@][\w-]+)\]")  # to an equation by its label, or to a source by its key


def link_prose(text: str, marks: Mapping[str, str]) -> Markup:
    """The same with links: ``[#label]`` to an equation, and ``[@key]`` to a source, shown as their marks."""
    parts = LINK.split(str(text))
    linked = (
        Markup('<a href="#{}">{}</a>').format(part.removeprefix("#").replace("@", "source-"), marks[part])
        if place % 2 and part in marks
        else render_prose(f"[{part}]" if place % 2 else part)
        for place, part in enumerate(parts)
    )
    return Markup("").join(linked)


def render_page(template: str, **context: Any) -> str:
    """A self-contained page that reads without scripts, but where the extra [report] is missing: KaTeX stands in it then."""
    page = _environment().get_template(template).render(**context, scripted=not mathml.is_engine_there())
    return mathml.set_mathematics(page) if mathml.is_engine_there() else page


def _environment() -> Environment:
    """Templates that escape what is put into them."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    env = Environment(
        loader=PackageLoader("derivations.documents"),
        autoescape=select_autoescape(["html.j2", "html"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    env.filters |= {"prose": render_prose, "linked": link_prose}
    env.globals |= {"katex_js": Markup(mathml.katex_js())}
    return env


def derivation_page(derivation: DerivationView) -> str:
    """A self-contained page of one derivation."""
    return render_page("derivation.html.j2", title=derivation.title, derivation=number_steps(derivation))


def paper_page(paper: PaperView, folder: Path) -> str:
    """A self-contained page of a paper, whose figures stand in a folder as SVG."""
    shown = [figure for section in paper.sections for figure in section.figures]
    figures = {figure.name: _read_svg(folder / f"{figure.name}.svg", figure.alt) for figure in shown}
    return render_page("paper.html.j2", title=paper.title, paper=paper, marks=paper.marks, figures=figures)


def _read_svg(path: Path, alt: str) -> Markup:
    """A picture without its XML head, to stand inside a page; ``alt`` is read to those who do not see it."""
    text = path.read_text(encoding="utf-8")
    return Markup(text[text.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{escape(alt)}"', 1))


def derivation_fragment(derivation: DerivationView) -> str:
    """A part of a notebook, whose mathematics the notebook sets."""
    shown = [f"<h3>{_escape_prose(derivation.title)}</h3><p>{_escape_prose(derivation.summary)}</p>"]
    for step in derivation.steps:
        shown.append(
            f"<h4>{escape(step.title)}</h4><p>{_escape_prose(step.statement)} <em>{_escape_prose(step.reason)}</em></p>"
        )
        shown += [f"<div>{words} $\\displaystyle {escape(part)}$</div>" for words, part in step.parts]
    return "\n".join(shown)


def _escape_prose(text: str) -> str:
    return str(escape(text))


def result_page(title: str, display: str) -> str:
    """A self-contained page of one display."""
    return render_page("result.html.j2", title=title, display=display)
