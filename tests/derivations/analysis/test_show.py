"""Results as people read them: of the same value, grouped, within the line, and never approximate where they look exact."""

import json
import re
from random import Random

import mpmath
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import (
    Abs,
    Add,
    CRootOf,
    Expr,
    Float,
    I,
    Mul,
    Ne,
    O,
    Or,
    Rational,
    Symbol,
    count_ops,
    lambdify,
    nan,
    oo,
    parse_expr,
    sqrt,
    symbols,
    zoo,
)

from derivations.analysis.algebraic import AnyRoot
from derivations.analysis.fixed_points import fixed_points
from derivations.analysis.show import Row, Shown, conditions_row, text
from derivations.rendering import html
from derivations.rendering.breaking import LINE_WIDTH, fits, visible_width
from derivations.rendering.grouping import grouped
from derivations.rendering.naming import Parts, restored, shortened
from derivations.rendering.tex import display_rows, tex
from tests.derivations.latex_reader import read
from tests.derivations.pages import assert_mathematics_is_rendered, in_browser, needs_chromium, needs_pdflatex, overfull
from tests.derivations.pages import run_pdflatex as compiled
from theory import Flow

x, y, z, u, v, w = symbols("x y z u v w", real=True)
a, b, c = symbols("a b c", positive=True)
alpha, beta, gamma, kappa, lam, mu, nu, rho, sigma = symbols("alpha beta gamma kappa lambda mu nu rho sigma", positive=True)
epsilon, offset = symbols("epsilon I", real=True)
SYMBOLS = (a, b, c, x, y)

FLOWS = {
    "one mode": {v: -w * (w - mu) * v - lam * v, w: -gamma * (w - mu) * v**2 - kappa * w},
    "two modes": {
        v: -w * (w - mu) * v - lam * v,
        u: -w * (w - nu) * u - lam * u,
        w: -gamma * (w - mu) * v**2 - gamma * (w - nu) * u**2 - kappa * w,
    },
    "FitzHugh-Nagumo": {v: v - v**3 / 3 - w + offset, w: epsilon * (v + x - y * w)},
    "Lorenz": {x: sigma * (y - x), y: x * (rho - z) - y, z: x * y - beta * z},
    "May-Leonard": {
        x: x * (1 - x - alpha * y - beta * z),
        y: y * (1 - beta * x - y - alpha * z),
        z: z * (1 - alpha * x - beta * y - z),
    },
    "no radicals": {x: x**2 * y - 1, y: x + y**3 - 3 * x * y - 1},
}


@pytest.fixture(scope="module")
def results():
    return {name: fixed_points(Flow(velocity), time_limit=None) for name, velocity in FLOWS.items()}


# -- expressions to show ----------------------------------------------------------------------------------------------


def expressions(terms=3, leaves=10):
    """Rational expressions with square roots, some of negative or unknown sign."""
    numbers = st.sampled_from([Rational(p, q) for p in (-3, -1, 1, 2, 10) for q in (1, 2, 3)])

    def larger(inner):
        parts = st.lists(inner, min_size=2, max_size=terms)
        return st.one_of(
            parts.map(lambda p: Add(*p)),
            parts.map(lambda p: Add(*p)),
            parts.map(lambda p: Mul(*p)),
            st.tuples(inner, st.sampled_from([-1, 2, 3, -2, Rational(1, 2), Rational(-1, 2), Rational(3, 2)])).map(
                lambda p: p[0] ** p[1] if p[0] != 0 else p[0]
            ),
        )

    grown = st.recursive(st.one_of(st.sampled_from(SYMBOLS), numbers), larger, max_leaves=leaves)
    return grown.filter(lambda e: not e.has(zoo, nan, oo))


@st.composite
def wide_expressions(draw):
    """Such expressions that hardly fit on a line."""
    parts = draw(st.lists(expressions(terms=4), min_size=4, max_size=8))
    shape = draw(
        st.sampled_from(
            [
                lambda p: Add(*p),
                lambda p: Mul(*(q + k for k, q in enumerate(p))),
                lambda p: Add(*p) / (1 + Add(*(q**2 for q in p))),
                lambda p: sqrt(1 + Add(*p) ** 2) * (a + p[0]) / 3 - p[1],
            ]
        )
    )
    found = shape(parts)
    assume(not found.has(zoo, nan, oo))
    return found


def value(expression: Expr, seed: int):
    """The number of an expression at a random point, which may be complex."""
    rng = Random(seed)
    point = {s: mpmath.mpf(rng.randint(100, 900)) / 271 * (1 if s.is_positive else rng.choice([1, -1])) for s in SYMBOLS}
    with mpmath.workdps(60):
        return mpmath.mpmathify(lambdify(SYMBOLS, expression, "mpmath")(*point.values()))


def assert_same_value(found, meant, seed=0):
    try:
        first, second = value(found, seed), value(meant, seed)
    except ZeroDivisionError:
        assume(False)
    with mpmath.workdps(60):
        assert abs(first - second) <= mpmath.mpf(10) ** -30 * (1 + abs(second))


def rows_of(shown: str) -> list[str]:
    first, *rows, last = shown.split("\n")
    assert (first, last) == (r"\begin{aligned}", r"\end{aligned}")
    return [re.sub(r" \\\\(\[0\.6em\])?$", "", row) for row in rows]


def assert_within_the_line(rows):
    """The columns left and right of the relations, each as wide as its widest entry, stand on a line together."""
    cells = [row.split("&", 1) for row in rows]
    lefts, rights = ([visible_width(cell[k]) for cell in cells] for k in (0, 1))
    assert max(lefts) + max(rights) <= LINE_WIDTH


def long_formulas(count: int) -> list[Expr]:
    """Long sums, products, fractions and roots, nested at random."""
    rng, letters = Random(1), symbols("alpha beta gamma delta theta omega a b c m W_1 X v_12 tau", positive=True)

    def grown(depth):
        if depth == 0:
            return rng.choice(letters) ** rng.choice([1, 1, 2, 3]) * Rational(rng.randint(-9, 9) or 1, rng.choice([1, 1, 2, 7]))
        parts = [grown(depth - 1) for _ in range(rng.randint(2, 7))]
        kind = rng.choice(["sum", "sum", "product", "fraction", "root"])
        if kind == "product":
            return Mul(*parts)
        if kind == "fraction":
            return Add(*parts) / Add(1, *(p**2 for p in parts[:3]))
        return sqrt(Add(*parts)) if kind == "root" else Add(*parts)

    return [grown(rng.choice([1, 2, 2, 3])) for _ in range(count)]


# -- grouping ---------------------------------------------------------------------------------------------------------


@given(expressions(), st.integers(0, 2**32))
def test_grouping_keeps_the_value(expression, seed):
    shown = grouped(expression)
    assert_same_value(shown, expression, seed)
    assert_same_value(grouped(shown), expression, seed)


@given(expressions(), st.integers(0, 2**32))
def test_collecting_keeps_the_value(expression, seed):
    assert_same_value(grouped(expression, (x,)), expression, seed)
    assert_same_value(grouped(expression, (x, y)), expression, seed)


@given(expressions())
def test_no_factor_begins_with_a_minus(expression):
    shown = tex(grouped(expression))
    assert not re.search(r"\\left\(- (?!.*\\right\)\^\{\\frac)", shown)


ROOT = sqrt(mu**2 - 4 * lam)
AS_A_PERSON_WRITES = [
    (-v * w * (w - mu), r"v w \left(\mu - w\right)"),
    (-v * w * (w - mu) / 2, r"\tfrac{1}{2} v w \left(\mu - w\right)"),
    ((x - 1) / (1 - x * y), r"\frac{x - 1}{1 - x y}"),
    (-(x - 1) / (x + y) ** 2, r"\frac{1 - x}{\left(x + y\right)^{2}}"),
    (x * (-y - z), r"- x \left(y + z\right)"),
    ((-x - y + z) ** 2, r"\left(x + y - z\right)^{2}"),
    (-x - y, "- x - y"),
    (mu / 2 + ROOT / 2, r"\tfrac{1}{2} \left(\mu + \sqrt{\mu^{2} - 4 \lambda}\right)"),
    (-mu / 2 + ROOT / 2, r"\tfrac{1}{2} \left(\sqrt{\mu^{2} - 4 \lambda} - \mu\right)"),
    (x / 2 + y, r"\tfrac{1}{2} x + y"),
    (x / 2 + y / 4, r"\tfrac{1}{4} \left(2 x + y\right)"),
    (3 * x + 6 * y, r"3 \left(x + 2 y\right)"),
    (x**2 * y - x * y**2, r"x y \left(x - y\right)"),
    (x / (y + z) + w / (y + z), r"\frac{w + x}{y + z}"),
    (sqrt(kappa) / (sqrt(gamma) * sqrt(lam)), r"\sqrt{\frac{\kappa}{\gamma \lambda}}"),
    (1 / (sqrt(gamma) * sqrt(lam)), r"\frac{1}{\sqrt{\gamma \lambda}}"),
    (sqrt(beta) * sqrt(rho - 1), r"\sqrt{\beta \left(\rho - 1\right)}"),
    (sqrt(x) * sqrt(y), r"\sqrt{x} \sqrt{y}"),  # which is no root of the product where both are negative
    (
        sqrt(kappa) * (mu / 2 + ROOT / 2) / (sqrt(gamma) * sqrt(lam)),
        r"\tfrac{1}{2} \sqrt{\frac{\kappa}{\gamma \lambda}} \left(\mu + \sqrt{\mu^{2} - 4 \lambda}\right)",
    ),
]


@pytest.mark.parametrize(("expression", "shown"), AS_A_PERSON_WRITES, ids=[str(e) for e, _ in AS_A_PERSON_WRITES])
def test_terms_are_grouped_as_a_person_would(expression, shown):
    assert tex(grouped(expression)) == shown


def test_polynomials_are_collected_highest_power_first_and_series_lowest_first():
    polynomial = y * v**3 - 3 * y * v - 3 * offset * y + 3 * x + 3 * v
    assert tex(grouped(polynomial, (v,))) == r"v^{3} y + 3 v \left(1 - y\right) + 3 \left(x - I y\right)"
    series = mu + epsilon * (alpha + beta) - epsilon**2 * alpha * beta + O(epsilon**3)
    assert tex(grouped(series.expand(), (epsilon,))) == (
        r"\mu + \epsilon \left(\alpha + \beta\right) - \alpha \beta \epsilon^{2} + O\left(\epsilon^{3}\right)"
    )


# -- names ------------------------------------------------------------------------------------------------------------


@given(wide_expressions(), st.integers(14, 40), st.booleans())
def test_names_make_any_expression_fit_and_can_be_put_back(expression, room, group):
    shown = grouped(expression) if group else expression
    short, definitions = shortened(shown, room, Parts("q"))
    assert restored(short, definitions) == shown
    known = expression.free_symbols
    for name, definition in definitions:
        assert fits(definition, room)
        assert definition.free_symbols <= known
        assert name not in known
        known = known | {name}
    assert fits(short, room)
    assert short.free_symbols <= known
    assert bool(definitions) == (not fits(shown, room))


def test_a_part_that_occurs_often_is_named_once():
    part = sqrt(mu**2 - 4 * lam + alpha * beta)
    expression = (alpha + part) * (beta + part) / (kappa + part) ** 2
    short, definitions = shortened(expression, 30, Parts("q"))
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
def test_what_is_displayed_reads_back_with_its_value(expression):
    rows = rows_of(display_rows([Row("L", expression)]))
    plain_symbols = {Symbol(s.name): s for s in SYMBOLS}
    assert_same_value(formula_of(rows).xreplace(plain_symbols), expression)
    assert_within_the_line(rows)


@pytest.mark.parametrize("taken", [Symbol("q"), Symbol("q_7"), Symbol("Q_1")], ids=str)
def test_names_do_not_clash_with_symbols_or_names_of_the_display(taken):
    long = Add(*(Symbol(f"alpha_{k}") * a**k for k in range(20))) ** 2
    assert "q_{1}" in display_rows([Row(x, long)])
    assert r"p_{1}" in display_rows([Row(x, long + taken)])
    assert r"p_{1}" in display_rows([Row(r"\dot{q}", long)])


# -- roots ------------------------------------------------------------------------------------------------------------


def test_each_polynomial_is_written_once(results):
    shown = results["no radicals"].to_latex()
    assert "CRootOf" not in shown
    roots = set().union(*(e.atoms(CRootOf) for p in results["no radicals"] for e in p.values.values()))
    assert shown.count(r"\text{let }") == len({r.expr for r in roots})
    assert len(set(re.findall(r"\\rho_\{\d+\}", shown))) == len(roots)


def test_roots_are_told_apart():
    quintic = x**5 - 5 * x + 1
    assert r"\text{ be the real roots no. 1 to 3 of } \rho^{5} - 5 \rho + 1 = 0" in display_rows(
        [Row(y, Add(*(CRootOf(quintic, k) for k in range(3))))]
    )
    assert r"\text{ be the real root no. 2 of }" in display_rows([Row(y, CRootOf(quintic, 1))])
    assert r"\text{ be the real root of }" in display_rows([Row(y, CRootOf(x**5 + x + 3, 0))])
    assert r"\text{ near } {-0.475 - 1.13 i}" in display_rows([Row(y, CRootOf(x**5 + x + 3, 1))])


def test_roots_of_polynomials_with_roots_are_introduced_in_order_and_by_letters_that_are_free():
    inner = AnyRoot(z**3 + a * z + b, z)
    shown = rows_of(display_rows([Row(rho, inner + AnyRoot(z**2 - inner - rho, z))]))
    assert shown == [
        r"&\text{let } \xi_{1} \text{ be any root of } \xi^{3} + a \xi + b = 0",
        r"&\text{let } \xi_{2} \text{ be any root of } \xi^{2} - \xi_{1} - \rho = 0",
        r"\rho &= \xi_{1} + \xi_{2}",
    ]


# -- displays ---------------------------------------------------------------------------------------------------------

NASTY = r"50%_x & {a} \b ~ ^ # $ < > größe"
OTHERS = [
    [Row(NASTY), Row("many words " * 30)],
    [Row(x, 1 + a, words="if"), *conditions_row([x > 0, Ne(y * a, 1), Or(x > 0, y > 1)])],
    [Row(y, AnyRoot(z**3 + a * z + b, z)), Row(y, Add(*(CRootOf(x**5 - 5 * x + 1, k) for k in range(5))))],
    [Row(y, Float("0.25") * a), Row(y, x, ">="), Row(r"\dot{x}", y, r"\simeq"), Row(x**2 + y**2 + z**2 + a * b * c, a)],
]


def test_no_row_of_a_result_is_wider_than_the_line(results):
    for rows in [*(r.rows() for r in results.values()), *OTHERS]:
        assert_within_the_line(rows_of(display_rows(rows)))


def document(shown: list[str]) -> str:
    """A document with lines of twelve centimetres."""
    head = r"\documentclass{article}\usepackage[textwidth=12cm,textheight=60cm,paperheight=70cm]{geometry}\usepackage{amsmath}"
    return head + r"\begin{document}\noindent " + "\n\n\\noindent ".join(shown) + r"\end{document}"


@needs_pdflatex
def test_results_and_long_formulas_compile_and_stand_within_twelve_centimetres(results, tmp_path):
    long = [display_rows([Row(x, e)]) for e in long_formulas(40)]
    assert sum("q_{1}" in shown for shown in long) > 10
    shown = [r._repr_latex_() for r in results.values()]
    shown += [rf"$\displaystyle {t}$" for t in (*map(display_rows, OTHERS), *long)]
    status, log = compiled(document(shown), tmp_path)
    assert status == 0, re.findall(r"! .{0,80}", log)
    assert overfull(log) == []


@needs_chromium
def test_a_browser_renders_results(results, tmp_path):
    shown = [r.to_latex() for r in results.values()] + [display_rows(rows) for rows in OTHERS]
    shown += [display_rows([Row(x, e)]) for e in long_formulas(10)]
    displays = "".join(f'<div class="math">{html.escape(t)}</div>' for t in shown)
    render = 'for (const n of document.querySelectorAll(".math")) katex.render(n.textContent, n, {throwOnError: false});'
    source = f"<!DOCTYPE html><meta charset='utf-8'>{displays}<script>{html.katex_js()!s}</script><script>{render}</script>"
    (tmp_path / "page.html").write_text(source, encoding="utf-8")
    page = in_browser(tmp_path / "page.html", tmp_path / "profile")
    assert len(page.with_class("katex")) == len(shown)
    assert_mathematics_is_rendered(page)


# -- exact and approximate, plain text, JSON --------------------------------------------------------------------------


@given(expressions(), st.sampled_from([Float("0.3"), Float(2)]))
def test_what_holds_floating_point_numbers_is_never_shown_as_equal(expression, number):
    assume(expression.free_symbols)
    exact, approximate = Row("L", expression), Row("L", expression + number * z)
    assert "&=" in display_rows([exact])
    assert "\\simeq" not in display_rows([exact])
    assert rows_of(display_rows([approximate]))[-1].count("=") == 0
    assert (str(exact)[:4], str(approximate)[:4]) == ("L = ", "L ~ ")


@given(expressions())
def test_rows_in_plain_text_read_back(expression):
    left, right = str(Row(x, expression)).split(" = ")
    assert left == "x"
    assert_same_value(parse_expr(right, {s.name: s for s in SYMBOLS}), expression)


def test_conditions_follow_if_and_and():
    assert text(conditions_row([x > 0, Or(x > 0, y > 1), Ne(y, 0)])) == "if x > 0\nand (x > 0) | (y > 1)\nand y != 0"
    assert rows_of(display_rows(conditions_row([mu**2 - 4 * lam >= 0]))) == [r"&\text{if } \mu^{2} - 4 \lambda \ge 0"]


def test_results_are_text_and_json(results):
    for found in results.values():
        assert json.loads(found.to_json()) == found.to_dict()
        for point, told in zip(found, found.to_dict()["points"], strict=True):
            names = {s.name: s for s in (*found.flow.state, *found.flow.parameters)}
            for block, shown in told["values"].items():
                readable = shown.replace("lambda", "rate")  # which Python does not take for a name
                assert parse_expr(readable, names | {"rate": lam}) == point.values[names[block]]
                assert shown in str(found) or names[block] in (*point.free, *point.roots)


def test_numbers_that_json_has_not_are_refused():
    class Endless(Shown):
        def to_dict(self):
            return {"value": float("inf")}

    with pytest.raises(ValueError, match="not JSON compliant"):
        Endless().to_json()
