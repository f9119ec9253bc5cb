"""What a reader sees: pages through an HTML parser and a browser, documents through a TeX engine."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PDFLATEX = shutil.which("pdflatex")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
needs_pdflatex = pytest.mark.skipif(PDFLATEX is None, reason="no pdflatex is installed")

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
OFFLINE = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Page(HTMLParser):
    """The elements of a page, each a tuple (tag, attributes, place of its parent), and the text that a reader sees."""

    def __init__(self, source: str):
        super().__init__()
        self.elements: list[tuple[str, dict, int | None]] = []
        self.texts: list[tuple[int | None, str]] = []
        self._open: list[int] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), self._open[-1] if self._open else None))
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), self._open[-1] if self._open else None))

    def handle_endtag(self, tag):
        while self._open and self.elements[self._open.pop()][0] != tag:
            pass

    def handle_data(self, data):
        self.texts.append((self._open[-1] if self._open else None, data))

    def lineage(self, place: int | None) -> list[int]:
        """An element and those that it stands in."""
        found = []
        while place is not None:
            found.append(place)
            place = self.elements[place][2]
        return found

    def count(self, tag: str) -> int:
        return sum(element[0] == tag for element in self.elements)

    def with_class(self, name: str) -> list[int]:
        """The places of the elements of a class."""
        classes = [(attributes.get("class") or "").split() for _, attributes, _ in self.elements]
        return [place for place, found in enumerate(classes) if name in found]

    def text_in(self, place: int) -> str:
        return "".join(text for parent, text in self.texts if place in self.lineage(parent))

    @property
    def formulas(self) -> list[str]:
        """The LaTeX of the displays, as it is kept beside what is set."""
        sources = [place for place, (tag, _, _) in enumerate(self.elements) if tag == "annotation"]
        shown = set(self.with_class("display"))
        return [self.text_in(place) for place in sources if shown & set(self.lineage(place))]

    @property
    def text(self) -> str:
        """What is shown: all text outside styles and scripts."""
        hidden = {k for k, (tag, _, _) in enumerate(self.elements) if tag in ("style", "script")}
        return "".join(text for parent, text in self.texts if parent not in hidden)


def fetched(source: str) -> list[str]:
    """Addresses that a browser would fetch for a page: of src, href and url(...), without anchors in the page."""
    attributes = [
        value
        for _, found, _ in Page(source).elements
        for name, value in found.items()
        if name in ("src", "href", "xlink:href", "srcset", "data", "poster") and value
    ]
    styled = re.findall(r"url\(\s*['\"]?([^'\")\s]*)", source)
    imported = re.findall(r"@import\s+['\"]([^'\"]*)", source)
    return [address for address in (*attributes, *styled, *imported) if not address.startswith(("#", "data:"))]


def in_browser(page: Path, profile: Path, *options: str) -> Page:
    """The page after its scripts have run, in a browser without a network."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *OFFLINE, f"--user-data-dir={profile}", *options, "--dump-dom", page.resolve().as_uri()]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return Page(run.stdout)


def assert_mathematics_is_rendered(page: Page) -> None:
    """Every element for mathematics holds MathML, and no error."""
    mathematics, errors = page.with_class("math"), page.with_class("katex-error")
    assert mathematics
    within = {above for place, (tag, _, _) in enumerate(page.elements) if tag == "math" for above in page.lineage(place)}
    assert [page.text_in(k) for k in mathematics if k not in within] == []
    assert [page.elements[k][1].get("title") for k in errors] == []


def excess_in_browser(source: str, folder: Path, width: int, selector: str = "html") -> int:
    """By how much what stands in an element is wider than it, the widest of a page, in a frame: no window is as narrow."""
    told = f"""<iframe width="{width}" height="800" style="border: 0" srcdoc="{escape(source)}" onload="
    const wide = (one) => one.scrollWidth - one.clientWidth;
    const found = Array.from(this.contentDocument.querySelectorAll('{selector}'), wide);
    document.body.dataset.excess = Math.max(...found) + '/' + this.contentWindow.innerWidth"></iframe>"""
    (folder / "page.html").write_text(f"<!DOCTYPE html><meta charset='utf-8'><body>{told}</body>", encoding="utf-8")
    page = in_browser(folder / "page.html", folder / "profile")
    (excess,) = (found["data-excess"] for tag, found, _ in page.elements if tag == "body")
    most, taken = map(int, excess.split("/"))
    assert taken == width
    return most


def run_pdflatex(source: str, folder: Path, times: int = 1) -> tuple[int, str]:
    """The exit status and the log of the last TeX run over a document."""
    assert PDFLATEX is not None
    (folder / "document.tex").write_text(source, encoding="utf-8")
    command = [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    for _ in range(times):
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
        if run.returncode:
            break
    # TeX breaks the lines of its log after 79 characters
    return run.returncode, (folder / "document.log").read_text(encoding="utf-8", errors="replace").replace("\n", " ")


def overfull(log: str) -> list[float]:
    """By how many points boxes stick out over the line."""
    return [float(points) for points in re.findall(r"Overfull \\hbox\s+\(([\d.]+)pt", log)]


def pages_of(log: str) -> int:
    found = re.search(r"Output written on document\.pdf \((\d+) pages?", log)
    return int(found[1]) if found else 0
