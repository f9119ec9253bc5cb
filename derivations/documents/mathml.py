"""Mathematics of a page as MathML, so that it is read without scripts: KaTeX, run in an engine when the page is made.

>>> page = set_mathematics('<p><span class="math">x^2</span></p>')
>>> "<msup>" in page, 'class="math"' in page
(True, True)

When it fails: what KaTeX does not know stands as it was written, in an element of the class ``katex-error``.
"""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import Any

from derivations.documents.html import katex_js

MATHEMATICS = re.compile(r'<(span|div) class="(math(?: display)?(?: result)?)">(.*?)</\1>', re.DOTALL)
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


@cache
def _engine() -> Any:
    """A JavaScript engine that has read KaTeX."""
    from py_mini_racer import MiniRacer

    engine = MiniRacer()
    engine.eval(str(katex_js()))
    return engine
