"""Mathematics of a page as MathML, so that it is read without scripts: KaTeX, run in an engine when the page is made.

>>> page = set_mathematics('<p><span class="math">x^2</span></p>')
>>> "<msup>" in page, 'class="math"' in page
(True, True)

When it fails: what KaTeX does not know stands as it was written, in an element of the class ``katex-error``.
"""

from __future__ import annotations

import atexit
import re
from functools import cache
from html import unescape
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

MATHEMATICS = re.compile(r'<(span|div) class="(math(?: display)?)">(.*?)</\1>', re.DOTALL)
RENDER = """(list => list.map(([source, display]) => katex.renderToString(
    source, { displayMode: display, throwOnError: false, output: "mathml" })))"""


def set_mathematics(page: str) -> str:
    """The page with each element of the class ``math`` holding MathML."""
    wanted = dict.fromkeys((unescape(source), "display" in kind) for _, kind, source in MATHEMATICS.findall(page))
    found = dict(zip(wanted, _engine().call(RENDER, [list(one) for one in wanted]), strict=True))

    def place(match: re.Match) -> str:
        tag, kind, source = match.groups()
        return f'<{tag} class="{kind}">{found[unescape(source), "display" in kind]}</{tag}>'

    return MATHEMATICS.sub(place, page)


def is_engine_there() -> bool:
    """Whether mathematics can be set when a page is made."""
    return find_spec("py_mini_racer") is not None


@cache
def katex_js() -> str:
    """The script of KaTeX."""
    return files("derivations.documents").joinpath("katex", "katex.min.js").read_text(encoding="utf-8")


@cache
def _engine() -> Any:
    """A JavaScript engine that has read KaTeX."""
    from py_mini_racer import MiniRacer

    engine = MiniRacer()
    atexit.register(engine.close)  # left to the end of the interpreter, its thread would be waited for without end
    engine.eval(katex_js())
    return engine
