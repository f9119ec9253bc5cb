"""HTML pages that open without a network: stylesheet, fonts and KaTeX are inside."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from derivations.documents.view import DOLLAR, DerivationView

if TYPE_CHECKING:
    from jinja2 import Environment


def render_prose(text: str) -> Markup:
    """Text with mathematics between dollars, which KaTeX renders in the browser."""
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


def page_environment() -> Environment:
    """Templates that escape what is put into them."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    env = Environment(
        loader=PackageLoader("derivations.documents"),
        autoescape=select_autoescape(["html.j2", "html"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    env.filters |= {"prose": render_prose, "linked": link_prose}
    env.globals |= {"katex_css": katex_css(), "katex_js": katex_js()}
    return env


def derivation_page(derivation: DerivationView) -> str:
    """A self-contained page of one derivation."""
    return page_environment().get_template("page.html.j2").render(title=derivation.title, derivations=[derivation])


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
    return page_environment().get_template("result.html.j2").render(title=title, display=display)


@cache
def katex_js() -> Markup:
    return Markup(_read_katex("katex.min.js").decode())


@cache
def katex_css() -> Markup:
    """KaTeX's stylesheet with its fonts inside."""
    css = _read_katex("katex.min.css").decode()

    def embed_font(match: re.Match) -> str:
        font = base64.b64encode(_read_katex(f"fonts/{match[1]}.woff2")).decode()
        return f'src:url(data:font/woff2;base64,{font}) format("woff2")'

    return Markup(re.sub(r'src:url\(fonts/([\w-]+)\.woff2\) format\("woff2"\)[^;}]*', embed_font, css))


def _read_katex(name: str) -> bytes:
    return files("derivations.documents").joinpath("katex", *name.split("/")).read_bytes()
