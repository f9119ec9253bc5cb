"""Documents: what is written comes out, as it was written, and nothing sticks out."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.documents import html, latex
from derivations.typeset.display import display
from tests.derivations.documents.common import NASTY_NAMES, own, toy, viewed
from tests.derivations.pages import needs_pdflatex, overfull, pages_of, run_pdflatex

NASTY = r"50%_x & <script>alert(1)</script> #1 {a} \b ~ ^ 'q' \"q\" --"
MATHS = ["$5 and $6", "$x_1_2$", r"$\undefined$", "$", "a$b$c$d"]


# -- prose ------------------------------------------------------------------------------------------------------------


PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
WITHOUT_DOLLARS = PRINTABLE.map(lambda text: text.replace("$", ""))
ESCAPES = {
    r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^",
    r"\textless{}": "<", r"\textgreater{}": ">", r"\textbar{}": "|",
    r"\&": "&", r"\%": "%", r"\$": "$", r"\#": "#", r"\_": "_", r"\{": "{", r"\}": "}",
}  # fmt: skip

MEANT_OTHERWISE = set(r"\&%$#_{}~^" + "<>|")  # by TeX, or by the encoding of its base fonts


def as_typeset(text):
    """What TeX sets for escaped text; what is not escaped and would come out as something else is an error."""
    shown = ""
    while text:
        found = next((e for e in ESCAPES if text.startswith(e)), None)
        assert found or text[0] not in MEANT_OTHERWISE
        shown, text = shown + (ESCAPES[found] if found else text[0]), text[len(found or " ") :]
    return shown


@given(PRINTABLE)
def test_escaped_text_is_set_as_it_was_written(text):
    assert as_typeset(latex.escape_latex(text)) == text


@given(WITHOUT_DOLLARS)
def test_prose_escapes_everything_outside_dollars_for_latex(text):
    assert as_typeset(latex.render_prose(text)) == text


@given(WITHOUT_DOLLARS, WITHOUT_DOLLARS.filter(bool), WITHOUT_DOLLARS)
def test_prose_keeps_mathematics_for_latex_as_it_is(before, inside, after):
    found = latex.render_prose(f"{before}${inside}${after}")
    start, end = latex.render_prose(before), latex.render_prose(after)
    assert found == f"{start}${inside}${end}"


@given(WITHOUT_DOLLARS, WITHOUT_DOLLARS)
def test_a_single_dollar_is_a_dollar(before, after):
    assert as_typeset(latex.render_prose(f"{before}${after}")) == f"{before}${after}"
    assert unescape(str(html.render_prose(f"{before}${after}"))) == f"{before}${after}"


# -- names from users, in documents -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*NASTY_NAMES, NASTY])
@pytest.mark.parametrize("where", ["title", "statement", "detail"])
def test_text_from_users_comes_out_literally_in_a_document(where, text):
    source = latex.latex_document("All", [viewed(toy(**{where: text}))])
    assert latex.escape_latex(text) in source


@needs_pdflatex
@pytest.mark.parametrize("where", ["name", "title", "step", "statement", "detail"])
def test_a_document_compiles_whatever_users_call_things(where, tmp_path):
    status, log = run_pdflatex(latex.latex_document("All", [viewed(toy(**{where: NASTY}))]), tmp_path)
    assert status == 0, re.findall(r"! .{0,80}", log)
    assert pages_of(log) == 1


@needs_pdflatex
@pytest.mark.parametrize(
    "title", ["größte φ 数据 😀 tab\there", "".join(map(chr, range(0xA0, 0x180)))], ids=["many scripts", "all of Latin"]
)
def test_a_document_compiles_in_any_script(title, tmp_path):
    status, log = run_pdflatex(latex.latex_document(title, [viewed(toy())]), tmp_path)
    assert status == 0, re.findall(r"! .{0,80}", log)


def test_letters_with_accents_are_set_as_themselves_and_not_as_question_marks():
    assert "?" not in latex.escape_latex("größte Émile Łódź naïve Åse Žižek œuvre")


def heading_of(source):
    """What stands in \\title{...}."""
    start = source.index(r"\title{") + len(r"\title{")
    return source[start : source.index("}\n\\date", start)]


@pytest.mark.parametrize("name", [NASTY, *MATHS])
def test_the_name_of_a_data_set_comes_out_literally_in_a_document(report_on, name):
    assert as_typeset(heading_of(report_on(name, "report.tex"))) == f"Representation collapse: {name}"


# -- all derivations --------------------------------------------------------------------------------------------------


@needs_pdflatex
def test_a_document_of_all_derivations_compiles_and_nothing_sticks_out(checked, tmp_path):
    status, log = run_pdflatex(latex.latex_document("All derivations", list(map(viewed, checked.values()))), tmp_path, times=2)
    assert status == 0, re.findall(r"! .{0,80}", log)
    assert pages_of(log) >= len(checked)
    assert [points for points in overfull(log) if points > 2] == []
    assert "undefined" not in log


def test_a_document_shows_every_step_with_what_its_check_found(checked):
    for derivation, verification in checked.values():
        source = derivation.to_latex(verification)
        assert source.count(r"\textbf{passed}") == len(derivation.steps)
        for step in derivation.steps:
            assert display(step.after) in source
            assert all(display(lines) in source for _, lines in step.parts)


LONG = ("first_layer_w", "second_layer_w")
SPELLINGS = [("x", "y"), ("theta", "alpha_beta"), ("x_1", "x_2"), LONG, ("φ", "größe")]


@needs_pdflatex
@pytest.mark.parametrize("spelled", SPELLINGS[1:], ids="-".join)
def test_a_document_of_ones_own_loss_compiles(spelled, tmp_path):
    made = own(*spelled)
    status, log = run_pdflatex(latex.latex_document(made.title, [made.view()]), tmp_path)
    assert status == 0, re.findall(r"! .{0,80}", log)
