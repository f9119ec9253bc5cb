"""Results as people read them: within the line, in LaTeX that compiles, and never approximate where they look exact."""

import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Add, CRootOf, Float, Ne, Or, parse_expr, symbols

from derivations.analysis.conserved import first_integrals
from derivations.analysis.expansions.time_scales import time_scales
from derivations.analysis.linearisation.certify import certify
from derivations.analysis.linearisation.lyapunov import quadratic_lyapunov
from derivations.analysis.linearisation.stability import stability
from derivations.analysis.modes.ansatz import whole_model_ansatz
from derivations.analysis.modes.reduction import reduce_to_modes
from derivations.analysis.points.fixed_points import fixed_points
from derivations.documents import html
from derivations.documents.mathml import katex_js
from derivations.typeset.any_root import AnyRoot
from derivations.typeset.display import display
from derivations.typeset.rows import Row, conditions_row, rows_text
from derivations.typeset.shown import Shown
from tests.derivations.formulas import (
    SYMBOLS,
    a,
    assert_same_value,
    assert_within_the_line,
    b,
    c,
    expressions,
    long_formulas,
    rows_of,
    x,
    y,
)
from tests.derivations.pages import assert_mathematics_is_rendered, in_browser, needs_chromium, needs_pdflatex, overfull
from tests.derivations.pages import run_pdflatex as compiled
from theory import Flow, models

z, u, v, w, epsilon, offset = symbols("z u v w epsilon I", real=True)
alpha, beta, gamma, kappa, lam, mu, nu, rho, sigma = symbols("alpha beta gamma kappa lambda mu nu rho sigma", positive=True)

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


@pytest.fixture(scope="module")
def everything(results):
    """Results of every kind."""
    one, lorenz = results["one mode"], results["Lorenz"]
    upper, origin = one[1], {x: 0, y: 0, z: 0}
    several = [stability(found.flow, point, time_limit=None) for found in (one, lorenz) for point in found]
    several += [time_scales(one.flow, upper, small, time_limit=None) for small in (lam, kappa)]
    several += [quadratic_lyapunov(one.flow, upper, time_limit=None), quadratic_lyapunov(lorenz.flow, origin, time_limit=None)]
    several += [certify(one.flow, upper, {lam: ("0.01", "0.2"), mu: (1, 1), gamma: (1, 1), kappa: (1, 2)}, time_limit=None)]
    several += [first_integrals(Flow({x: -y, y: x}), 4, time_limit=None)]
    several += [reduce_to_modes(models.projection_head().stop_gradient_flow(), whole_model_ansatz(), time_limit=None)]
    return [*results.values(), *several]


def test_each_polynomial_is_written_once(results):
    shown = results["no radicals"].to_latex()
    assert "CRootOf" not in shown
    roots = set().union(*(e.atoms(CRootOf) for p in results["no radicals"] for e in p.values.values()))
    assert shown.count(r"\text{let }") == len({r.expr for r in roots})
    assert len(set(re.findall(r"\\rho_\{\d+\}", shown))) == len(roots)


# -- displays ---------------------------------------------------------------------------------------------------------

NASTY = r"50%_x & {a} \b ~ ^ # $ < > größe"
OTHERS = [
    [Row(NASTY), Row("many words " * 30)],
    [Row(x, 1 + a, words="if"), *conditions_row([x > 0, Ne(y * a, 1), Or(x > 0, y > 1)])],
    [Row(y, AnyRoot(z**3 + a * z + b, z)), Row(y, Add(*(CRootOf(x**5 - 5 * x + 1, k) for k in range(5))))],
    [Row(y, Float("0.25") * a), Row(y, x, ">="), Row(r"\dot{x}", y, r"\simeq"), Row(x**2 + y**2 + z**2 + a * b * c, a)],
]


def test_no_row_of_a_result_is_wider_than_the_line(everything):
    for rows in [*(r.rows() for r in everything), *OTHERS]:
        assert_within_the_line(rows_of(display(rows)))


def document(shown: list[str]) -> str:
    """A document with lines of twelve centimetres."""
    head = r"\documentclass{article}\usepackage[textwidth=12cm,textheight=60cm,paperheight=70cm]{geometry}\usepackage{amsmath}"
    return head + r"\begin{document}\noindent " + "\n\n\\noindent ".join(shown) + r"\end{document}"


@needs_pdflatex
def test_results_and_long_formulas_compile_and_stand_within_twelve_centimetres(everything, tmp_path):
    long = [display([Row(x, e)]) for e in long_formulas(40)]
    assert sum("q_{1}" in shown for shown in long) > 10
    shown = [r._repr_latex_() for r in everything]
    shown += [rf"$\displaystyle {t}$" for t in (*map(display, OTHERS), *long)]
    status, log = compiled(document(shown), tmp_path)
    assert status == 0, re.findall(r"! .{0,80}", log)
    assert overfull(log) == []


@needs_chromium
def test_a_browser_renders_results(everything, tmp_path):
    shown = [r.to_latex() for r in everything] + [display(rows) for rows in OTHERS]
    shown += [display([Row(x, e)]) for e in long_formulas(10)]
    displays = "".join(f'<div class="math">{html.escape(t)}</div>' for t in shown)
    render = 'for (const n of document.querySelectorAll(".math")) katex.render(n.textContent, n, {throwOnError: false});'
    source = f"<!DOCTYPE html><meta charset='utf-8'>{displays}<script>{katex_js()}</script><script>{render}</script>"
    (tmp_path / "page.html").write_text(source, encoding="utf-8")
    page = in_browser(tmp_path / "page.html", tmp_path / "profile")
    assert len(page.with_class("katex")) == len(shown)
    assert_mathematics_is_rendered(page)


# -- exact and approximate, plain text, JSON --------------------------------------------------------------------------


@given(expressions(), st.sampled_from([Float("0.3"), Float(2)]))
def test_what_holds_floating_point_numbers_is_never_shown_as_equal(expression, number):
    assume(expression.free_symbols)
    exact, approximate = Row("L", expression), Row("L", expression + number * z)
    assert "&=" in display([exact])
    assert "\\simeq" not in display([exact])
    assert rows_of(display([approximate]))[-1].count("=") == 0
    assert (str(exact)[:4], str(approximate)[:4]) == ("L = ", "L ~ ")


@given(expressions())
def test_rows_in_plain_text_read_back(expression):
    left, right = str(Row(x, expression)).split(" = ")
    assert left == "x"
    assert_same_value(parse_expr(right, {s.name: s for s in SYMBOLS}), expression)


def test_conditions_follow_if_and_and():
    assert rows_text(conditions_row([x > 0, Or(x > 0, y > 1), Ne(y, 0)])) == "if x > 0\nand (x > 0) | (y > 1)\nand y != 0"
    assert rows_of(display(conditions_row([mu**2 - 4 * lam >= 0]))) == [r"&\text{if } \mu^{2} - 4 \lambda \ge 0"]


def test_every_result_is_text_and_json(everything):
    for found in everything:
        assert json.loads(found.to_json()) == found.to_dict()
        assert str(found)


def test_values_of_points_are_text_that_reads_back(results):
    for found in results.values():
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
