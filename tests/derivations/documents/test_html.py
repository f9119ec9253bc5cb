"""Pages: what is written comes out, as it was written, with nothing fetched."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import Derivation, Line, Step, names
from derivations.checks import Identity
from derivations.documents import html
from derivations.typeset.display import display
from tests.derivations.documents.common import NASTY_NAMES, own, toy, viewed, x, y
from tests.derivations.pages import Page, assert_mathematics_is_rendered, fetched, in_browser, needs_chromium

NASTY = r"50%_x & <script>alert(1)</script> #1 {a} \b ~ ^ 'q' \"q\" --"
MATHS = ["$5 and $6", "$x_1_2$", r"$\undefined$", "$", "a$b$c$d"]


# -- prose ------------------------------------------------------------------------------------------------------------


PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
WITHOUT_DOLLARS = PRINTABLE.map(lambda text: text.replace("$", ""))


@given(st.text(max_size=40).map(lambda text: text.replace("$", "")))
def test_prose_without_mathematics_adds_no_element_to_a_page(text):
    shown = str(html.render_prose(text))
    assert not re.search("[<>\"']", shown)
    assert unescape(shown) == unescape(str(html.escape(text)))


@given(WITHOUT_DOLLARS, WITHOUT_DOLLARS, WITHOUT_DOLLARS)
def test_mathematics_in_prose_is_handed_to_katex_literally(before, inside, after):
    page = Page(str(html.render_prose(f"{before}${inside}${after}")))
    assert [element[:2] for element in page.elements] == [("span", {"class": "math"})]
    assert page.text_in(0) == inside
    assert page.text == before + inside + after


# -- names from users, in pages ---------------------------------------------------------------------------------------


def assert_untouched(page, scripts=2):
    """No element but those of the template: so many scripts, nothing that runs or fetches."""
    assert page.count("script") == scripts
    assert page.count("b") == page.count("img") == page.count("iframe") == 0
    assert not [name for _, attributes, _ in page.elements for name in attributes if name.startswith("on")]


@pytest.mark.parametrize("text", [*NASTY_NAMES, NASTY])
@pytest.mark.parametrize("where", ["name", "title", "step", "statement", "detail"])
def test_text_from_users_comes_out_literally_on_a_page(where, text):
    page = Page(html.derivation_page(viewed(toy(**{where: text}))))
    assert_untouched(page)
    if where == "name":
        assert text in [attributes.get("id") for _, attributes, _ in page.elements]
    elif where == "step":
        assert text.replace("_", " ").capitalize() in page.text
    else:
        assert text in page.text


@pytest.mark.parametrize("name", [NASTY, *MATHS])
def test_the_name_of_a_data_set_comes_out_literally_on_a_page(report_on, name):
    page = Page(report_on(name, "report.html"))
    assert_untouched(page, scripts=1)
    headings = [page.text_in(k) for k, (tag, _, _) in enumerate(page.elements) if tag in ("h1", "title")]
    assert headings == [f"Representation collapse: {name}"] * 2


@pytest.mark.parametrize("name", names())
def test_without_a_verification_every_step_is_shown_as_unchecked(checked, name):
    derivation, _ = checked[name]
    assert derivation.to_latex().count(r"\textbf{unchecked}") == len(derivation.steps)
    page = Page(derivation.to_html())
    assert [page.text_in(k) for k in page.with_class("status")] == ["unchecked"] * len(derivation.steps)


def test_a_page_shows_every_step_with_what_its_check_found(checked):
    for derivation, verification in checked.values():
        page = Page(derivation.to_html(verification))
        assert [page.text_in(k) for k in page.with_class("status")] == [r.outcome.status.value for r in verification]
        shown = [page.text_in(k) for k in page.with_class("display")]
        assert shown == [display(lines) for step in derivation.steps for _, lines in step.parts]


def test_a_failed_step_is_shown_as_failed():
    claim = Step("one", "s", "r", (Line(x, y),), check=lambda before, after: Identity(((x, after[0].right),)))
    made = Derivation("toy", "A toy", "s", (claim,))
    page = Page(made.to_html(made.verify()))
    assert [page.text_in(k) for k in page.with_class("status")] == ["failed"]
    assert "x differs from y" in page.text
    assert r"\textbf{failed}" in made.to_latex(made.verify())


def test_a_page_fetches_nothing(checked):
    for derivation, verification in checked.values():
        source = derivation.to_html(verification)
        assert fetched(source) == []
        fonts = re.findall(r"@font-face\{[^}]*\}", source)
        assert len(fonts) >= 20
        assert all("url(data:font/woff2;base64," in font for font in fonts)


@needs_chromium
@pytest.mark.parametrize("name", names())
def test_a_browser_renders_all_mathematics_of_a_page(checked, name, tmp_path):
    derivation, verification = checked[name]
    (tmp_path / "page.html").write_text(derivation.to_html(verification), encoding="utf-8")
    page = in_browser(tmp_path / "page.html", tmp_path / "profile")
    assert_mathematics_is_rendered(page)
    displays = sum(len(step.parts) for step in derivation.steps)
    assert len(page.with_class("katex-display")) == displays


LONG = ("first_layer_w", "second_layer_w")


@needs_chromium
def test_a_browser_renders_ones_own_loss(tmp_path):
    (tmp_path / "page.html").write_text(own(*LONG).to_html(), encoding="utf-8")
    assert_mathematics_is_rendered(in_browser(tmp_path / "page.html", tmp_path / "profile"))
