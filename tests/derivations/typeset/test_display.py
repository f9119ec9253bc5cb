"""Formulas as they are set: well formed, read back as themselves, and nothing over the line."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import (
    Add,
    Basic,
    BlockMatrix,
    Integral,
    MatAdd,
    MatrixExpr,
    MatrixSymbol,
    Piecewise,
    Rational,
    Sum,
    Symbol,
    sqrt,
    symbols,
)

from derivations import Line, derive, names
from derivations.typeset.display import LINE_WIDTH, display, tex, visible_width
from derivations.typeset.grouping import group_terms
from derivations.verification import NO_CHECK
from tests.derivations.documents.common import own, x, y
from tests.derivations.formulas import rows_of
from tests.derivations.latex_reader import read
from tests.strategies import (
    X,
    marked_losses,
    matrix_polynomials,
    rationals,
    scalar_losses,
    scalar_polynomials,
    trace_polynomials,
)
from theory.printing import AsWritten
from theory.stopgrad import MARKERS


def shown_lines(derivation):
    return [line for step in derivation.steps for line in (*step.premises, *step.after)]


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


NOT_BY_HAND = {
    "a fraction in brackets": r"\\left\(- ?\\t?frac\{\d+\}\{\d+\}\\right\)|\\left\(\\t?frac\{\d+\}\{\d+\}\\right\)",
    "a column with a second index": r"_\{[a-z],0\}|_\{[a-z]+,[a-z]0\}",
    "a factor that begins with a minus": r"\\left\(- [^()]*\\right\) \\(left|operatorname)",
    "one fraction in front of both terms": r"= (- )?\\tfrac\{1\}\{(\d)\}( \S+)? [-+] \\tfrac\{1\}\{\2\}( \S+)?( \\\\)?$",
    "an identity of one row": r"\^\{T\} (e|v_\{k\}) &= \\mathbb",
    "a word in italics": r"(?<![\\a-zA-Z])(?<!mathrm\{)(?<!text\{)(delta|temperature|alpha|mu)(?![a-zA-Z])",
}


SEEN_ONCE = [
    ("a fraction in brackets", r"L &= \left(\frac{1}{4}\right) \bigl(x"),
    ("a column with a second index", r"y_{a,0} - y_{b,0}"),
    ("a factor that begins with a minus", r"\dot{v} &= \left(- W^{T}\right) \left(W v - v\right)"),
    ("one fraction in front of both terms", r"\lambda_{c} &= \tfrac{1}{4} - \tfrac{1}{4} \psi"),
    ("one fraction in front of both terms", r"w_{+} &= \tfrac{1}{2} \mu + \tfrac{1}{2} \alpha"),
    ("an identity of one row", r"e^{T} e &= \mathbb{I}"),
    ("a word in italics", r"\frac{K}{m temperature}"),
    ("a word in italics", r"delta_{kl}^{-} &= 0"),
]


@pytest.mark.parametrize(("what", "shown"), SEEN_ONCE)
def test_what_nobody_writes_is_found_where_it_stands(what, shown):
    assert re.search(NOT_BY_HAND[what], shown, re.MULTILINE)


def letters_of(derivation):
    """Numbers and matrices by the letters in which they are shown."""
    found = {}
    for formula in formulas(derivation):
        for letter in formula.atoms(Symbol, MatrixSymbol):
            found.setdefault(tex(letter), set()).add(isinstance(letter, MatrixSymbol))
    return found


@pytest.mark.parametrize("name", names())
def test_displays_of_the_catalogue_read_as_a_person_writes_them(name):
    for step in derive(name).steps:
        for _, shown in step.view(NO_CHECK).parts:
            for what, pattern in NOT_BY_HAND.items():
                assert not re.search(pattern, shown, re.MULTILINE), (what, step.name, shown)


@pytest.mark.parametrize("name", names())
def test_a_letter_is_a_number_or_a_matrix_in_a_derivation(name):
    entries = {"\\text{entry}"}
    assert {letter for letter, kinds in letters_of(derive(name)).items() if len(kinds) > 1} <= entries


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


def in_letters(expression):
    """An expression with letters for symbols whose names are LaTeX already."""
    named = sorted((s for s in expression.atoms(Symbol) if re.search(r"[\\ {/(^]|^temperature$", s.name)), key=str)
    return expression.xreplace({s: Symbol(f"l_{number}") for number, s in enumerate(named)})


def plain_scalars(derivation):
    """The scalar formulas of a derivation that have neither traces nor sums over entries nor integrals, cases, markers."""
    scalars = [in_letters(f) for f in formulas(derivation) if not isinstance(f, MatrixExpr)]
    return [f for f in scalars if not f.atoms(MatrixSymbol) and not f.has(Sum, Integral, Piecewise, *MARKERS)]


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
    rows = rows_of(display((Line("L", expression, r"\simeq"),)))
    joined = " ".join(row.removeprefix(r"&\quad ") for row in rows)
    summed = isinstance(expression, Add | MatAdd)
    terms = [tex(group_terms(t)) for t in (expression.args if summed else [expression])]
    signed = re.split(r" (?=[+-] )", joined.removeprefix(r"L &\simeq "))
    assert sorted(t.removeprefix("+ ") for t in signed) == sorted(terms)


@given(st.lists(long_sums(), min_size=1, max_size=3), st.sampled_from(["=", r"\simeq", r"\to"]))
def test_each_line_has_its_own_left_side_and_relation(expressions, relation):
    lines = tuple(Line(f"L_{k}", e, relation) for k, e in enumerate(expressions))
    heads = [row for row in rows_of(display(lines)) if not row.startswith(r"&\quad")]
    assert [head.split(f" &{relation} ")[0] for head in heads] == [line.left for line in lines]


def test_left_sides_may_be_expressions():
    assert display((Line(x**2, y),)) == "\\begin{aligned}\nx^{2} &= y\n\\end{aligned}"


def test_exact_lines_are_grouped_and_approximations_keep_their_terms():
    halves = x / 2 + y / 2
    assert rows_of(display((Line("L", halves),))) == [r"L &= \frac{x + y}{2}"]
    assert rows_of(display((Line("L", halves, r"\simeq"),))) == [r"L &\simeq \tfrac{1}{2} x + \tfrac{1}{2} y"]


def test_a_sum_in_an_order_of_its_own_keeps_it():
    cubic = AsWritten(y**3, -2 * x * y**2, x**2 * y, evaluate=False)
    assert rows_of(display((Line("L", cubic),))) == [r"L &= y^{3} - 2 x y^{2} + x^{2} y"]


def test_a_matrix_in_a_row_is_as_wide_as_its_widest_row():
    narrow, wide = BlockMatrix([[X], [X]]), BlockMatrix([[X, X, X, X]])
    assert visible_width(tex(narrow)) < visible_width(tex(X)) + 5
    assert visible_width(tex(wide)) > 4 * visible_width(tex(X))


LONG = ("first_layer_w", "second_layer_w")
SPELLINGS = [("x", "y"), ("theta", "alpha_beta"), ("x_1", "x_2"), LONG, ("φ", "größe")]


@pytest.mark.parametrize("spelled", SPELLINGS, ids="-".join)
def test_a_variable_is_spelled_alike_on_both_sides(spelled):
    for block, line in zip(symbols(spelled, real=True), own(*spelled).steps[0].after, strict=True):
        assert re.sub(r"[\s{}]", "", tex(block)) in re.sub(r"[\s{}]", "", str(line.left))


def test_breaking_a_product_keeps_the_brackets_of_its_shorter_sum():
    long = Add(*(Symbol(f"{name * 12}") for name in "abcdefgh"))
    first, *_ = rows_of(display((Line("L", (x + y) * long),)))
    assert first.startswith(r"L &= \left(x + y\right) \bigl(")


def test_breaking_a_product_of_matrices_keeps_their_order():
    """A sum in the middle stays there, with what stands on either side."""
    A, B, C, D = (MatrixSymbol(name, 3, 3) for name in "ABCD")
    inner = [A * B * C * D * part for part in (A * B, B * C * D, D * C * B * A, C * D * B * A)]
    shown = "".join(rows_of(display([Line(D, A * B * sum(inner[1:], inner[0]) * C * A.T)])))
    assert len(shown) > LINE_WIDTH
    assert re.search(r"= A B \\bigl\(.*\\bigr\) C A\^\{T\}", shown)
