"""Pages and documents: what is written comes out, as it was written, with nothing fetched and nothing over the line."""

import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Add, Basic, BlockMatrix, MatAdd, MatMul, MatrixExpr, MatrixSymbol, Rational, Sum, Symbol, Trace, sqrt, symbols

from derivations import Derivation, Line, Step, names
from derivations import report as reports
from derivations.catalogue.model import derive_model
from derivations.checks import Identity, Outcome, Status
from derivations.documents import html, latex
from derivations.engine import Checked, Verification
from derivations.typeset.display import LINE_WIDTH, display, tex, visible_width
from derivations.typeset.naming import Parts, restored, shortened
from tests.derivations.latex_reader import read
from tests.derivations.pages import (
    Page,
    assert_mathematics_is_rendered,
    fetched,
    in_browser,
    needs_chromium,
    needs_pdflatex,
    overfull,
    pages_of,
    run_pdflatex,
)
from tests.strategies import (
    SCALARS,
    X,
    marked_losses,
    matrix_polynomials,
    rationals,
    scalar_losses,
    scalar_polynomials,
    trace_polynomials,
)
from theory import Loss, sg

x, y, w = SCALARS
NASTY = r"50%_x & <script>alert(1)</script> #1 {a} \b ~ ^ 'q' \"q\" --"
NASTY_NAMES = [
    "50%_x", "a & b", "<script>alert(1)</script>", "#1", "{", "}", r"\undefined", "~", "^", r"\input{x}", "a_b_c",
    '"quoted" <b>',
]  # fmt: skip
MATHS = ["$5 and $6", "$x_1_2$", r"$\undefined$", "$", "a$b$c$d"]


def toy(name="toy", title="A toy", step="one", statement="It follows.", detail=""):
    """A derivation of one step, and what its check found."""
    line = Line("L", x + y)
    made = Derivation(
        name, title, statement, (Step(step, statement, statement, (line,), assumptions=(statement,)),), (statement,)
    )
    return made, Verification(name, (Checked(step, Outcome(Status.FAILED, "error", detail or statement), 0.1),))


def viewed(made):
    """What documents see of a derivation with its verification."""
    derivation, verification = made
    return derivation.view(verification)


def shown_lines(derivation):
    return [line for step in derivation.steps for line in (*step.before, *step.after)]


def formulas(derivation):
    sides = [side for line in shown_lines(derivation) for side in (line.left, line.right)]
    return [side for side in sides if isinstance(side, Basic)]


# -- expressions ------------------------------------------------------------------------------------------------------


def assert_well_formed(text):
    """Braces and \\left ... \\right nest, and nothing of Python's spelling is left."""
    depth = 0
    for token in re.findall(r"\\.|[{}]", text):
        depth += {"{": 1, "}": -1}.get(token, 0)
        assert depth >= 0
    assert depth == 0
    assert len(re.findall(r"\\left\b", text)) == len(re.findall(r"\\right\b", text))
    assert len(re.findall(r"\\begin\b", text)) == len(re.findall(r"\\end\b", text))
    assert not re.search(r"\*|Trace|None|MatrixSymbol|sqrt\(|Sum\(", text)
    assert "+ -" not in text


@pytest.mark.parametrize("name", names())
def test_every_formula_of_the_catalogue_is_well_formed(checked, name):
    for formula in formulas(checked[name][0]):
        assert_well_formed(tex(formula))
    for line in shown_lines(checked[name][0]):
        assert_well_formed(display((line,)))


@given(st.one_of(matrix_polynomials(), trace_polynomials(), scalar_losses(), marked_losses(), scalar_polynomials()))
def test_any_expression_is_well_formed(expression):
    assert_well_formed(tex(expression))


def test_the_reader_of_these_tests_reads_latex():
    a, b, eta_x, phi = symbols("a b eta_x phi")
    assert read(r"- \tfrac{1}{2} \eta_{x} \left(a - b\right)^{2}") == -eta_x * (a - b) ** 2 / 2
    assert read(r"\frac{a + 1}{2 b} - \sqrt{1 - \varphi} a^{- 2}") == (a + 1) / (2 * b) - sqrt(1 - phi) / a**2


def without_assumptions(expression):
    return expression.xreplace({s: Symbol(s.name) for s in expression.free_symbols})


def assert_reads_back(expression):
    assert (read(tex(expression)) - without_assumptions(expression)).equals(0)


def plain_scalars(derivation):
    """The scalar formulas of a derivation that have neither traces nor sums over entries."""
    scalars = [f for f in formulas(derivation) if not isinstance(f, MatrixExpr)]
    return [with_letters(f) for f in scalars if not f.atoms(MatrixSymbol) and not f.has(Sum)]


def with_letters(formula):
    """Symbols whose names are LaTeX stand as they are named; here they have letters."""
    named = sorted((s for s in formula.free_symbols if set(s.name) & set("\\{")), key=str)
    return formula.xreplace({s: Symbol(f"l_{k}") for k, s in enumerate(named)})


@pytest.mark.parametrize("name", names())
def test_scalar_formulas_of_the_catalogue_read_back_as_themselves(checked, name):
    found = plain_scalars(checked[name][0])
    assert found or name == "embedding"  # which is about matrices alone
    for formula in found:
        assert_reads_back(formula)


@given(scalar_polynomials(), scalar_polynomials(), rationals)
def test_scalar_formulas_read_back_as_themselves(p, q, number):
    for formula in (
        p,
        -p,
        number * p - q,
        p / (1 + q**2),
        -number / p if p != 0 else p,
        sqrt(1 + p**2) * q / 2,
        (p + q) ** 2 / -2,
    ):
        assert_reads_back(formula)


def test_factors_of_a_half_stand_in_front():
    assert tex(x / 2) == r"\tfrac{1}{2} x"
    assert tex(-x * y / 2) == r"- \tfrac{1}{2} x y"
    assert tex(Rational(1, 2) / x) == r"\frac{1}{2 x}"


# -- displays ---------------------------------------------------------------------------------------------------------

LONG_NAMES = st.text("abcdefgh", min_size=1, max_size=30)


def rows_of(shown):
    first, *rows, last = shown.split("\n")
    assert (first, last) == (r"\begin{aligned}", r"\end{aligned}")
    return [row.removesuffix(r" \\") for row in rows]


@st.composite
def long_sums(draw):
    """A sum of many products with long names, of scalars or of matrices."""
    term = st.tuples(LONG_NAMES, st.sampled_from([1, -1, 2, Rational(-1, 2)]))
    lengths = draw(st.lists(term, min_size=1, max_size=12))
    if draw(st.booleans()):
        return Add(*(factor * Symbol(f"{name}{k}") for k, (name, factor) in enumerate(lengths)))
    terms = [factor * MatrixSymbol(f"{name}{k}", 2, 2) for k, (name, factor) in enumerate(lengths)]
    return MatAdd(*terms, evaluate=False) if len(terms) > 1 else terms[0]


@given(long_sums(), st.sampled_from(["L", r"\dot{X}", "a" * 20]))
def test_a_row_with_more_than_one_term_fits_on_the_line(expression, left):
    for row in rows_of(display((Line(left, expression),))):
        terms = re.split(r" (?=[+-] )", re.sub(r"^.*?&(=|\\quad) ", "", row).removeprefix("+ ").removeprefix("- "))
        assert len(terms) == 1 or visible_width(row) <= LINE_WIDTH


@given(long_sums())
def test_breaking_a_sum_loses_no_term_and_no_sign(expression):
    rows = rows_of(display((Line("L", expression),)))
    joined = " ".join(row.removeprefix(r"&\quad ") for row in rows)
    terms = [tex(t) for t in expression.args] if isinstance(expression, Add | MatAdd) else [tex(expression)]
    signed = re.split(r" (?=[+-] )", joined.removeprefix("L &= "))
    assert sorted(t.removeprefix("+ ") for t in signed) == sorted(terms)


def test_breaking_a_product_keeps_the_brackets_of_its_shorter_sum():
    long = Add(*(Symbol(f"{name * 12}") for name in "abcdefgh"))
    first, *_ = rows_of(display((Line("L", (x + y) * long),)))
    assert first.startswith(r"L &= \left(x + y\right) \bigl(")


@given(st.lists(long_sums(), min_size=1, max_size=3), st.sampled_from(["=", r"\simeq", r"\to"]))
def test_each_line_has_its_own_left_side_and_relation(expressions, relation):
    lines = tuple(Line(f"L_{k}", e, relation) for k, e in enumerate(expressions))
    heads = [row for row in rows_of(display(lines)) if not row.startswith(r"&\quad")]
    assert [head.split(f" &{relation} ")[0] for head in heads] == [line.left for line in lines]


def test_left_sides_may_be_expressions():
    assert display((Line(x**2, y),)) == "\\begin{aligned}\nx^{2} &= y\n\\end{aligned}"


def test_lines_of_a_derivation_are_not_regrouped():
    assert rows_of(display((Line("L", x / 2 + y / 2),))) == [r"L &= \tfrac{1}{2} x + \tfrac{1}{2} y"]


def long_matrices(names):
    return MatAdd(*(MatrixSymbol(f"{name}_{k}", 2, 2) for name in names for k in range(10)))


@pytest.mark.parametrize(
    "expression",
    [
        long_matrices("AB") * long_matrices("CD"),
        MatMul(*(MatrixSymbol(f"A_{k}", 2, 2) for k in range(60))),
        x * Trace(long_matrices("AB") * long_matrices("CD")) ** 2 + y,
        long_matrices("AB").T * long_matrices("CD") - long_matrices("CD"),
        Sum(x * Add(*(Symbol(f"c_{k}") ** 2 for k in range(30))) * w, (w, 1, 5)),
    ],
    ids=["product", "many factors", "trace", "sum", "sum over an index"],
)
def test_long_parts_of_matrices_and_sums_are_named_too(expression):
    rows = rows_of(display((Line("L", expression),)))
    assert all(visible_width(row) <= LINE_WIDTH for row in rows)
    assert re.search(r"Q_\{1\} &= |q_\{1\} &= ", rows[0])
    short, definitions = shortened(expression, 50, Parts("q"))
    assert definitions
    assert restored(short, definitions) == expression


def test_names_hold_no_variable_of_a_sum():
    inside = Add(*(Symbol(f"c_{k}") ** w for k in range(30)))
    assert shortened(Sum(inside, (w, 1, 5)), 50, Parts("q")) == (Sum(inside, (w, 1, 5)), [])


def test_a_matrix_in_a_row_is_as_wide_as_its_widest_row():
    narrow, wide = BlockMatrix([[X], [X]]), BlockMatrix([[X, X, X, X]])
    assert visible_width(tex(narrow)) < visible_width(tex(X)) + 5
    assert visible_width(tex(wide)) > 4 * visible_width(tex(X))


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
    assert as_typeset(latex.escape(text)) == text


@given(WITHOUT_DOLLARS)
def test_prose_escapes_everything_outside_dollars_for_latex(text):
    assert as_typeset(latex.prose(text)) == text


@given(WITHOUT_DOLLARS, WITHOUT_DOLLARS.filter(bool), WITHOUT_DOLLARS)
def test_prose_keeps_mathematics_for_latex_as_it_is(before, inside, after):
    found = latex.prose(f"{before}${inside}${after}")
    start, end = latex.prose(before), latex.prose(after)
    assert found == f"{start}${inside}${end}"


@given(WITHOUT_DOLLARS, WITHOUT_DOLLARS)
def test_a_single_dollar_is_a_dollar(before, after):
    assert as_typeset(latex.prose(f"{before}${after}")) == f"{before}${after}"
    assert unescape(str(html.prose(f"{before}${after}"))) == f"{before}${after}"


@given(st.text(max_size=40).map(lambda text: text.replace("$", "")))
def test_prose_without_mathematics_adds_no_element_to_a_page(text):
    shown = str(html.prose(text))
    assert not re.search("[<>\"']", shown)
    assert unescape(shown) == unescape(str(html.escape(text)))


@given(WITHOUT_DOLLARS, WITHOUT_DOLLARS, WITHOUT_DOLLARS)
def test_mathematics_in_prose_is_handed_to_katex_literally(before, inside, after):
    page = Page(str(html.prose(f"{before}${inside}${after}")))
    assert [element[:2] for element in page.elements] == [("span", {"class": "math"})]
    assert page.text_in(0) == inside
    assert page.text == before + inside + after


# -- names from users, in pages ---------------------------------------------------------------------------------------


def assert_untouched(page):
    """No element but those of the template: two scripts, nothing that runs or fetches."""
    assert page.count("script") == 2
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


@pytest.fixture
def report_on(gaussian, runs, tmp_path, monkeypatch, without_drawings):
    """Writes a report of the five runs on a data set of a name, without derivations and TeX; reads a file of it."""
    monkeypatch.setattr(latex, "compile_pdf", lambda source: None)

    def written(name, file):
        made = reports.Report(replace(gaussian, name=name), 5, 0.1, 0, (), tuple(runs.values()))
        reports.write_report(made, tmp_path / "out", progress=lambda *_: None)
        return (tmp_path / "out" / file).read_text(encoding="utf-8")

    return written


@pytest.mark.parametrize("name", [NASTY, *MATHS])
def test_the_name_of_a_data_set_comes_out_literally_on_a_page(report_on, name):
    page = Page(report_on(name, "report.html"))
    assert_untouched(page)
    headings = [page.text_in(k) for k, (tag, _, _) in enumerate(page.elements) if tag in ("h1", "title")]
    assert headings == [f"Representation collapse: {name}"] * 2


# -- names from users, in documents -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*NASTY_NAMES, NASTY])
@pytest.mark.parametrize("where", ["title", "statement", "detail"])
def test_text_from_users_comes_out_literally_in_a_document(where, text):
    source = latex.document("All", [viewed(toy(**{where: text}))])
    assert latex.escape(text) in source


@needs_pdflatex
@pytest.mark.parametrize("where", ["name", "title", "step", "statement", "detail"])
def test_a_document_compiles_whatever_users_call_things(where, tmp_path):
    status, log = run_pdflatex(latex.document("All", [viewed(toy(**{where: NASTY}))]), tmp_path)
    assert status == 0, re.findall(r"! .{0,80}", log)
    assert pages_of(log) == 1


@needs_pdflatex
@pytest.mark.parametrize(
    "title", ["größte φ 数据 😀 tab\there", "".join(map(chr, range(0xA0, 0x180)))], ids=["many scripts", "all of Latin"]
)
def test_a_document_compiles_in_any_script(title, tmp_path):
    status, log = run_pdflatex(latex.document(title, [viewed(toy())]), tmp_path)
    assert status == 0, re.findall(r"! .{0,80}", log)


def test_letters_with_accents_are_set_as_themselves_and_not_as_question_marks():
    assert "?" not in latex.escape("größte Émile Łódź naïve Åse Žižek œuvre")


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
    status, log = run_pdflatex(latex.document("All derivations", list(map(viewed, checked.values()))), tmp_path, times=2)
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
            assert not step.before or display(step.before) in source


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
        assert shown == [display(lines) for step in derivation.steps for lines in (step.before, step.after) if lines]


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
    displays = sum(bool(lines) for step in derivation.steps for lines in (step.before, step.after))
    assert len(page.with_class("katex-display")) == displays


# -- derivations of a loss of one's own -------------------------------------------------------------------------------


def own(*spelled):
    """The derivation of a loss whose variables have these names."""
    a, b = symbols(spelled, real=True)
    rate = Symbol("rate_of_change", positive=True)
    return derive_model(Loss((a - sg(b)) ** 2 / 2 + a**2 * b**2, state=(a, b), mobility={a: rate}), "own")


LONG = ("first_layer_w", "second_layer_w")
SPELLINGS = [("x", "y"), ("theta", "alpha_beta"), ("x_1", "x_2"), LONG, ("φ", "größe")]


@needs_pdflatex
@pytest.mark.parametrize("spelled", SPELLINGS[1:], ids="-".join)
def test_a_document_of_ones_own_loss_compiles(spelled, tmp_path):
    made = own(*spelled)
    status, log = run_pdflatex(latex.document(made.title, [made.view()]), tmp_path)
    assert status == 0, re.findall(r"! .{0,80}", log)


@needs_chromium
def test_a_browser_renders_ones_own_loss(tmp_path):
    (tmp_path / "page.html").write_text(own(*LONG).to_html(), encoding="utf-8")
    assert_mathematics_is_rendered(in_browser(tmp_path / "page.html", tmp_path / "profile"))


@pytest.mark.parametrize("spelled", SPELLINGS, ids="-".join)
def test_a_variable_is_spelled_alike_on_both_sides(spelled):
    for block, line in zip(symbols(spelled, real=True), own(*spelled).steps[0].after, strict=True):
        assert re.sub(r"[\s{}]", "", tex(block)) in re.sub(r"[\s{}]", "", str(line.left))
