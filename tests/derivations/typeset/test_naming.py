"""Names for long parts and for roots: everything fits, nothing is lost, and no name means two things."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sympy import (
    Abs,
    Add,
    CRootOf,
    Expr,
    I,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Rational,
    Sum,
    Symbol,
    Trace,
    count_ops,
    sqrt,
    symbols,
)

from derivations import Line
from derivations.typeset.any_root import AnyRoot
from derivations.typeset.breaking import fits, latex_pieces, visible_width
from derivations.typeset.display import LINE_WIDTH, display
from derivations.typeset.grouping import group_terms
from derivations.typeset.naming import Parts, restore_names, shorten_expression
from derivations.typeset.rows import Row
from tests.derivations.documents.common import w
from tests.derivations.formulas import SYMBOLS, a, assert_same_value, assert_within_the_line, b, rows_of, wide_expressions, x, y
from tests.derivations.latex_reader import read

z = symbols("z", real=True)
alpha, beta, kappa, lam, mu, rho = symbols("alpha beta kappa lambda mu rho", positive=True)

# -- parts ------------------------------------------------------------------------------------------------------------


@given(wide_expressions(), st.integers(14, 40), st.booleans())
@example(sqrt(a) * sqrt(b) * (x + y + 1) * (x + 2 * y - 1) / 2, 14, True)  # whose root evaluation would split again
@example(a + (a - 3) * (a + b), 14, False)  # whose product fits without the sign before it
def test_names_make_any_expression_fit_and_can_be_put_back(expression, room, group):
    shown = group_terms(expression) if group else expression
    short, definitions = shorten_expression(shown, room, Parts("q"))
    assert restore_names(short, definitions) == shown
    known = expression.free_symbols
    for name, definition in definitions:
        assert all(visible_width(piece) <= room for piece in latex_pieces(definition, room))
        assert definition.free_symbols <= known
        assert name not in known
        known = known | {name}
    assert all(visible_width(piece) <= room for piece in latex_pieces(short, room))
    assert short.free_symbols <= known
    assert bool(definitions) == (not fits(shown, room))


def test_a_part_that_occurs_often_is_named_once():
    part = sqrt(mu**2 - 4 * lam + alpha * beta)
    expression = (alpha + part) * (beta + part) / (kappa + part) ** 2
    short, definitions = shorten_expression(expression, 30, Parts("q"))
    assert [definition for _, definition in definitions] == [part]
    assert count_ops(short) < count_ops(expression)


def formula_of(rows: list[str]) -> Expr:
    """The last formula of a display of rows, with the definitions before it put in."""
    joined = re.sub(r"\s&\\quad", "", " ".join(rows).replace(r"\bigl", r"\left").replace(r"\bigr", r"\right"))
    joined = joined.replace(r"\Bigl", r"\left").replace(r"\Bigr", r"\right").replace(r"\cdot", "")
    sides = re.split(r"(\w+(?:_\{\d+\})?) &= ", joined)[1:]
    meant: dict[Symbol, Expr] = {}
    for name, formula in zip(sides[::2], sides[1::2], strict=True):
        found = read(formula).subs(meant)
        meant[Symbol(re.sub("[{}]", "", name))] = found
    return found


@given(wide_expressions().filter(lambda e: not e.has(I, Abs)))
@example(3 * a + sqrt(2) * (-x) ** Rational(3, 2) / 4)  # whose factors bring numbers of their own
def test_what_is_displayed_reads_back_with_its_value(expression):
    rows = rows_of(display([Row("L", expression)]))
    plain_symbols = {Symbol(s.name): s for s in SYMBOLS}
    assert_same_value(formula_of(rows).xreplace(plain_symbols), expression)
    assert_within_the_line(rows)


@pytest.mark.parametrize("taken", [Symbol("q"), Symbol("q_7"), Symbol("Q_1")], ids=str)
def test_names_do_not_clash_with_symbols_or_names_of_the_display(taken):
    long = Add(*(Symbol(f"alpha_{k}") * a**k for k in range(20))) ** 2
    assert "q_{1}" in display([Row(x, long)])
    assert r"p_{1}" in display([Row(x, long + taken)])
    assert r"p_{1}" in display([Row(r"\dot{q}", long)])


# -- roots ---------------------------------------------------------------------------------------------------------------


def test_roots_are_told_apart():
    quintic = x**5 - 5 * x + 1
    assert r"\text{ be the real roots no. 1 to 3 of } \rho^{5} - 5 \rho + 1 = 0" in display(
        [Row(y, Add(*(CRootOf(quintic, k) for k in range(3))))]
    )
    assert r"\text{ be the real root no. 2 of }" in display([Row(y, CRootOf(quintic, 1))])
    assert r"\text{ be the real root of }" in display([Row(y, CRootOf(x**5 + x + 3, 0))])
    assert r"\text{ near } {-0.475 - 1.13 i}" in display([Row(y, CRootOf(x**5 + x + 3, 1))])


def test_roots_of_polynomials_with_roots_are_introduced_in_order_and_by_letters_that_are_free():
    inner = AnyRoot(z**3 + a * z + b, z)
    shown = rows_of(display([Row(rho, inner + AnyRoot(z**2 - inner - rho, z))]))
    assert shown == [
        r"&\text{let } \xi_{1} \text{ be any root of } \xi^{3} + a \xi + b = 0",
        r"&\text{let } \xi_{2} \text{ be any root of } \xi^{2} - \xi_{1} - \rho = 0",
        r"\rho &= \xi_{1} + \xi_{2}",
    ]


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
    short, definitions = shorten_expression(expression, 50, Parts("q"))
    assert definitions
    assert restore_names(short, definitions) == expression


def test_names_hold_no_variable_of_a_sum():
    inside = Add(*(Symbol(f"c_{k}") ** w for k in range(30)))
    assert shorten_expression(Sum(inside, (w, 1, 5)), 50, Parts("q")) == (Sum(inside, (w, 1, 5)), [])
