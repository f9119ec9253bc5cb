"""Pages: what is written comes out, as it was written, with nothing fetched."""

import json
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import Derivation, Line, Step, names
from derivations.checks import Identity
from derivations.documents import html, mathml
from derivations.documents.view import number_steps
from derivations.typeset.display import display
from tests.derivations.documents.common import NASTY_NAMES, own, toy, viewed, x, y
from tests.derivations.pages import (
    Page,
    assert_mathematics_is_rendered,
    excess_in_browser,
    fetched,
    in_browser,
    needs_chromium,
)

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


def assert_untouched(page):
    """No element but those of the template: one script, nothing that runs or fetches."""
    assert page.count("script") == 1
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
    assert_untouched(page)
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
        steps = number_steps(derivation.view(verification)).steps
        # what a step leads to stands first, and where it comes from is folded away
        assert page.formulas == [shown for step in steps for _, shown in (*step.parts[-1:], *step.parts[:-1])]
        assert {display(step.after) for step in derivation.steps} <= set(page.formulas)


def test_a_failed_step_is_shown_as_failed():
    claim = Step("one", "s", "r", (Line(x, y),), check=lambda before, after: Identity(((x, after[0].right),)))
    made = Derivation("toy", "A toy", "s", (claim,))
    page = Page(made.to_html(made.verify()))
    assert [page.text_in(k) for k in page.with_class("status")] == ["failed"]
    assert "x differs from y" in page.text
    assert r"\textbf{failed}" in made.to_latex(made.verify())


def test_a_page_fetches_nothing(checked):
    for derivation, verification in checked.values():
        assert fetched(derivation.to_html(verification)) == []


@pytest.mark.parametrize("name", names())
def test_all_mathematics_of_a_page_is_there_without_scripts(checked, name):
    derivation, verification = checked[name]
    page = Page(derivation.to_html(verification))
    assert_mathematics_is_rendered(page)
    assert "katex.render" not in "".join(text for _, text in page.texts)


LONG = ("first_layer_w", "second_layer_w")


def test_mathematics_of_ones_own_loss_is_there_without_scripts():
    assert_mathematics_is_rendered(Page(own(*LONG).to_html()))


@needs_chromium
def test_without_an_engine_a_browser_sets_the_mathematics_and_the_page_says_so(tmp_path, monkeypatch):
    made = own(*LONG)
    whole = Page(made.to_html())
    monkeypatch.setattr(mathml, "is_engine_there", lambda: False)
    source = made.to_html()
    assert Page(source).count("math") == 0
    assert "[report]" in Page(source).text
    assert "[report]" not in whole.text
    (tmp_path / "page.html").write_text(source, encoding="utf-8")
    page = in_browser(tmp_path / "page.html", tmp_path / "profile")
    assert_mathematics_is_rendered(page)
    assert page.formulas == whole.formulas


@needs_chromium
@pytest.mark.parametrize("name", ["stop_gradient", "weight_decay"])
def test_a_derivation_is_not_wider_than_a_small_screen(checked, name, tmp_path):
    derivation, verification = checked[name]
    assert excess_in_browser(derivation.to_html(verification), tmp_path, 400) <= 0


@needs_chromium
def test_both_sides_of_a_display_meet_at_its_sign(tmp_path):
    """Left sides end where right sides begin, in a browser that reads no alignment of columns by itself."""
    told = """<script>
    const cells = Array.from(document.querySelectorAll("mtd > mstyle"), (one) => one.getBoundingClientRect());
    document.body.setAttribute("data-edges", JSON.stringify(cells.map((one, k) => k % 2 ? one.left : one.right)));
    </script>"""
    page = html.result_page("a", r"\begin{aligned} x &= y \\ x + x + x + x &= z \end{aligned}")
    (tmp_path / "page.html").write_text(page.replace("</body>", told + "</body>"), encoding="utf-8")
    shown = in_browser(tmp_path / "page.html", tmp_path / "profile")
    (edges,) = (json.loads(found["data-edges"]) for tag, found, _ in shown.elements if tag == "body")
    assert len(edges) == 4
    assert max(edges) - min(edges) < 1


def test_anchors_of_a_derivation_lead_somewhere(checked):
    for derivation, verification in checked.values():
        page = Page(derivation.to_html(verification))
        targets = {attributes.get("id") for _, attributes, _ in page.elements}
        anchors = {attributes["href"].removeprefix("#") for tag, attributes, _ in page.elements if tag == "a"}
        assert len(anchors) == len(derivation.steps)
        assert anchors <= targets
