"""Results display in every form whatever the length of their numbers and expressions, and JSON holds them whole."""

import json
import shutil
import subprocess
import sys
from fractions import Fraction
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Add,
    And,
    Basic,
    CRootOf,
    Eq,
    Float,
    Function,
    Ge,
    Gt,
    I,
    Integer,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Mul,
    Ne,
    Order,
    Piecewise,
    Poly,
    Pow,
    Rational,
    Sum,
    Symbol,
    Trace,
    Transpose,
    exp,
    parse_expr,
    sin,
    sqrt,
    symbols,
)

import derivations
from derivations import Derivation, Line, Step
from derivations.analysis.conserved import first_integrals
from derivations.analysis.expansions.time_scales import time_scales
from derivations.analysis.linearisation.certify import certify
from derivations.analysis.linearisation.kinds import BifurcationKind
from derivations.analysis.linearisation.lyapunov import quadratic_lyapunov
from derivations.analysis.linearisation.stability import stability
from derivations.analysis.maps.fluctuations import fluctuations
from derivations.analysis.maps.steps import step_edge
from derivations.analysis.points.fixed_points import fixed_points
from derivations.documents import html
from derivations.typeset.any_root import AnyRoot
from derivations.typeset.display import display
from derivations.typeset.rows import Row
from derivations.typeset.shown import Shown
from tests.derivations.formulas import rows_of
from theory import Flow, Loss
from theory.abridging import brief, text_of
from theory.errors import InputError, UnfinishedError
from theory.latex import tex
from theory.printing import exact_text, plain

x, y, z = symbols("x y z", real=True)
a, b = symbols("a b", positive=True)
HUGE = Integer(10) ** 6000 + 7
NAMED = Integer(10) ** 45 + 7  # of so many digits that it has a name
PAGE = 6000  # characters of plain text, or of LaTeX for what stands on a row
NODE = shutil.which("node")
KATEX = Path(html.__file__).parent / "katex" / "katex.min.js"
CHECK = """
const katex = require(process.argv[1]);
const shown = JSON.parse(require("fs").readFileSync(0, "utf-8"));
for (const text of shown) katex.renderToString(text, { displayMode: true, throwOnError: true });
process.stdout.write(String(shown.length));
"""


class Listed(Shown):
    """A result of given expressions."""

    def __init__(self, *held: Basic):
        self.held = held

    def rows(self):
        return [
            Row(symbols("result"), e) if not e.is_Boolean and not e.is_Relational else Row(e, words="if") for e in self.held
        ]

    def to_dict(self):
        return {"held": [exact_text(e) for e in self.held]}


def displays(result: Shown) -> list[str]:
    """Every form of a result that a person reads."""
    return [str(result), repr(result), result.to_latex(), result._repr_latex_(), result._repr_html_()]


def assert_displays(result: Shown) -> None:
    _, _, latex, _, in_notebook = forms = displays(result)
    for shown in forms:
        assert shown
        assert max(map(len, shown.split("\n"))) < PAGE * 3
    assert latex in unescape(result.to_html())
    assert latex in unescape(in_notebook)
    assert json.loads(result.to_json()) == result.to_dict()


def read(text: str, *names: Basic) -> Basic:
    return parse_expr(text, {s.name: s for s in (x, y, z, a, b, *names)})


def assert_katex_sets(shown: list[str]) -> None:
    if NODE is None:
        pytest.skip("no node is installed")
    run = subprocess.run([NODE, "-e", CHECK, str(KATEX)], input=json.dumps(shown), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout == str(len(shown))


# -- numbers of any length ------------------------------------------------------------------------------------------------


NUMBERS = st.one_of(
    st.builds(
        lambda k, n, sign: sign * (Integer(10) ** k + n), st.integers(30, 9000), st.integers(0, 10**9), st.sampled_from([1, -1])
    ),
    st.integers(-(10**50), 10**50).map(Integer),
)


def root(number: Basic) -> Basic:
    """A square root that is not simplified, for which its number would be factored."""
    return Pow(number, Rational(1, 2), evaluate=False)


RATIONALS = st.builds(lambda p, q: p / q if q != 0 else p, NUMBERS, NUMBERS)
FORMS = [
    lambda n, m: n,
    lambda n, m: n * x - m * y,
    lambda n, m: x**2 * n / (m * y + n),
    lambda n, m: Add(Mul(-n, root(abs(m) + 1), x, evaluate=False), y, evaluate=False),
    lambda n, m: Mul(root(abs(n)), x, evaluate=False),
    lambda n, m: x ** abs(m) + n,
    lambda n, m: a ** Rational(1, abs(m.q) + 1) * n,
    lambda n, m: exp(n * x) * (y - m) ** 2,
    lambda n, m: n * I * x + m,
    lambda n, m: (a + n) * Float("0.25"),
    lambda n, m: Piecewise((n * x, Gt(y, m, evaluate=False)), (m, True)),
    lambda n, m: Sum(n * x**a, (a, 1, abs(m.p) + 1)),
    lambda n, m: Function("f")(n, x),
    lambda n, m: AnyRoot(z**3 + n * z + a, z),
    lambda n, m: Add(n * x, Order(x**2), evaluate=False),
    lambda n, m: Gt(n * x, m * y, evaluate=False),
    lambda n, m: And(Gt(x, n * y, evaluate=False), Ge(y, m * a, evaluate=False), evaluate=False),
    lambda n, m: Eq(n * x + y, m, evaluate=False),
    lambda n, m: Ne(n * x, m, evaluate=False),
]


@settings(max_examples=60, deadline=None)
@given(RATIONALS, RATIONALS, st.sampled_from(FORMS))
def test_numbers_of_any_length_are_displayed_and_json_holds_them(n, m, form):
    expression = form(n, m)
    result = Listed(expression)
    assert_displays(result)
    for primitive in (plain, tex, brief, text_of):
        assert primitive(expression)
    assert len(brief(expression)) < 1000


@settings(max_examples=60, deadline=None)
@given(RATIONALS, RATIONALS, st.sampled_from([*FORMS[:3], *FORMS[5:8]]))
def test_json_reads_back_without_a_limit(n, m, form):
    """Fractions may come back extended by a number: at a number for y they are the same term."""
    expression = form(n, m)
    assert read(exact_text(expression)).subs(y, Rational(5, 7)) == expression.subs(y, Rational(5, 7))


def test_the_limit_of_python_is_left_as_it_is():
    before = sys.get_int_max_str_digits()
    assert_displays(Listed(HUGE * x))
    assert sys.get_int_max_str_digits() == before
    with pytest.raises(ValueError, match="Exceeds the limit"):
        str(HUGE)


def test_a_long_number_is_named_once_with_its_ends_and_its_length():
    shown = str(Listed(HUGE * x, y - HUGE))
    assert shown.splitlines() == [
        "result = N_1*x",
        "result = y - N_1",
        "where N_1 = 10000000000000000000…00000000000000000007 (6001 digits)",
    ]
    latex = Listed(HUGE * x, y - HUGE).to_latex()
    assert latex.count(r"\text{ (6001 digits)}") == 1
    assert rows_of(latex)[-2:] == [r"\mathrm{result} &= N_{1} x", r"\mathrm{result} &= y - N_{1}"]


def test_numbers_that_fit_are_written_in_full():
    digits = "1234567890" * 20
    assert f"N_1 = {digits}" in str(Listed(Integer(int(digits)) * x))
    assert "".join(c for c in Listed(Integer(int(digits)) * x).to_latex() if c.isdigit()).count(digits) == 1
    assert str(Listed(10**39 * x)) == f"result = {10**39}*x"


def test_names_are_not_those_of_the_symbols():
    n, q = symbols("N_1 q_1")
    assert "M_1*N_1" in str(Listed(HUGE * n + q))
    assert "M_{1}" in Listed(HUGE * n + q).to_latex()


def test_what_is_approximate_stays_so():
    assert "~" in str(Listed(Float("0.3") * HUGE * x))
    assert "=" not in str(Listed(Mul(HUGE, Float("0.3"), x, evaluate=False))).splitlines()[0]
    assert r"\simeq" in Listed(Mul(HUGE, Float("0.3"), x, evaluate=False)).to_latex()
    assert "~" in str(Listed(Float("1.23", 5000) * x))
    assert len(str(Listed(Float("1.23", 5000) * x))) < 100


# -- expressions of any length --------------------------------------------------------------------------------------------


def many_terms(count: int) -> Basic:
    """A polynomial in eight variables."""
    xs = symbols("x0:8")

    def term(k: int) -> Basic:
        powers = [k >> (3 * i) & 7 for i in range(8)]
        return Mul(Integer(2 * k + 3), *(Pow(s, e) for s, e in zip(xs, powers, strict=True) if e), evaluate=False)

    return Add(*(term(k) for k in range(1, count + 1)), evaluate=False)


@given(
    st.integers(30, 500),
    st.sampled_from(
        [lambda e: e, lambda e: x * e, lambda e: sqrt(e), lambda e: 1 / (1 + e), lambda e: Gt(x * e, 0, evaluate=False)]
    ),
)
def test_expressions_of_any_length_are_displayed_in_parts(count, form):
    assert_displays(Listed(form(many_terms(count))))


def test_a_part_that_is_not_written_out_says_how_long_it_is():
    written = str(Listed(many_terms(20000)))
    (left_over,) = (line for line in written.splitlines() if "not written out" in line)
    assert " is a sum of " in left_over
    shown = sum(line.count(" + ") + 1 for line in written.splitlines()[1:] if "not written out" not in line)
    assert shown + int(left_over.split("a sum of ")[1].split()[0]) == 20000


def test_ten_thousand_terms_are_displayed():
    long = Listed(many_terms(10_000))
    for form in (str, repr, Listed.to_latex, Listed.to_html, Listed.to_json):
        assert form(long)
    assert long.to_json().count(" + ") == 9_999


@pytest.mark.parametrize("depth", [30, 90, 150, 300])
def test_deep_expressions_are_displayed(depth):
    deep = x
    for k in range(depth):
        deep = Pow(Add(y, Mul(k + 2, deep, evaluate=False), evaluate=False), -1, evaluate=False)
    assert_displays(Listed(deep))


def test_roots_of_long_polynomials_are_displayed():
    long = CRootOf(Poly(x**7 - HUGE * x + 3, x), 0)
    dense = CRootOf(Poly([3 * k**9 - 77 for k in range(60)], x), 0)
    assert_displays(Listed(long, dense, HUGE * long + dense, AnyRoot(many_terms(1200) + z**9, z)))


def test_long_matrix_sums_are_split_within_traces_and_transposes():
    A, B = MatrixSymbol("A", 3, 3), MatrixSymbol("B", 3, 3)
    long = MatAdd(*(MatMul(k + 2, *[A, B] * (k % 7 + 1), *[B] * (k % 5)) for k in range(150)))
    for made in (long, Trace(long), x * Trace(long) + y, Transpose(long), Sum(many_terms(150), (a, 1, 3))):
        assert_displays(Listed(made))
    assert str(Listed(Trace(long))).startswith("result = Trace(Q_1)\n")


# -- LaTeX ------------------------------------------------------------------------------------------------------------------


def test_katex_sets_every_display():
    shown = [Listed(form(HUGE + 1, -(HUGE**2) / (HUGE + 2))).to_latex() for form in FORMS]
    shown += [Listed(many_terms(count)).to_latex() for count in (20, 200, 2000)]
    shown += [tex(form(HUGE, 1 / HUGE)) for form in FORMS[:8]]
    shown.append(Flow({x: HUGE * x - y, y: many_terms(3000) - y})._repr_latex_().strip("$"))
    assert_katex_sets(shown)


def test_no_row_is_longer_than_the_line():
    from tests.derivations.formulas import assert_within_the_line

    assert_within_the_line(rows_of(display([Row(x, HUGE * x), Row(x, Integer(10) ** 250), Row(y, many_terms(3000))])))


# -- results of every kind --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hindmarsh_rose():
    """Hindmarsh and Rose (1984) at their numbers, the current symbolic."""
    current = Symbol("I", real=True)
    slow = Rational(4) * (x + Rational(8, 5)) - z
    flow = Flow({x: y - x**3 + 3 * x**2 - z + current, y: 1 - 5 * x**2 - y, z: slow / 1000})
    (point,) = fixed_points(flow, time_limit=None)
    return stability(flow, point, time_limit=None)


def test_stability_of_hindmarsh_rose_is_displayed(hindmarsh_rose):
    assert_displays(hindmarsh_rose)
    (hopf,) = hindmarsh_rose.bifurcations
    assert hopf.kind is BifurcationKind.HOPF
    assert_displays(hopf)
    assert_katex_sets([hindmarsh_rose.to_latex(), hopf.to_latex()])
    told = hopf.to_dict()
    current = Symbol("I", real=True)
    assert len(told["coefficient"]) > 4300
    coefficient = read(told["coefficient"], current)
    assert coefficient.subs({x: Rational(1, 3), current: 2}) == hopf.coefficient.subs({x: Rational(1, 3), current: 2})


@pytest.fixture(scope="module")
def long_results():
    """Results of every call about flows whose numbers have thousands of digits."""
    flow = Flow({x: x * (HUGE - a * x), y: -HUGE * y})
    points = fixed_points(flow, time_limit=None)
    stable = next(p for p in points if p.values[x] != 0)
    simple = Flow({x: -a * HUGE * x, y: -y})
    named = Flow({x: -a * NAMED * x, y: -y})
    origin = {x: Integer(0), y: Integer(0)}
    loss = Loss(HUGE * (x - a) ** 2 / 2, state=(x,))
    return [
        points,
        *points,
        *(stability(flow, p, time_limit=None) for p in points),
        quadratic_lyapunov(flow, stable, time_limit=None),
        certify(simple, origin, {a: (Fraction(1, int(HUGE)), int(HUGE))}, time_limit=None),
        time_scales(named, origin, a, time_limit=None),
        first_integrals(Flow({x: HUGE * y, y: -x}), 2, time_limit=None),
        step_edge(named, origin, time_limit=None),
        fluctuations(named, origin, [[NAMED, 0], [0, 1]], time_limit=None),
        loss.gradient_flow(),
    ]


def test_every_result_about_long_numbers_is_displayed(long_results):
    for result in long_results:
        if isinstance(result, Shown):
            assert_displays(result)
        else:
            assert str(result)
            assert repr(result)
            assert result._repr_latex_()
    assert_katex_sets([r.to_latex() for r in long_results if isinstance(r, Shown)])


def test_derivations_display_long_formulas():
    line = Line("L", HUGE * x + many_terms(2000))
    made = Derivation("long", "A long one", "With long numbers.", (Step("one", "It is.", "So.", (line,)),))
    assert "6001 digits" in str(made)
    assert made.to_latex()
    assert made.to_html()
    assert "6001 digits" in made._repr_html_()
    assert repr(made)
    assert repr(line)
    assert json.loads(made.to_json()) == made.to_dict()
    assert str(made.verify())
    assert repr(made.verify())
    assert json.loads(made.verify().to_json())


def test_catalogued_derivations_have_every_form():
    for name in derivations.names()[:3]:
        made = derivations.derive(name)
        assert str(made)
        assert json.loads(made.to_json())["name"] == name
        assert made._repr_html_()
        assert repr(made)


# -- messages ---------------------------------------------------------------------------------------------------------------


def test_messages_about_long_expressions_are_sentences():
    with pytest.raises(InputError, match="digits") as refused:
        fixed_points(Flow({x: sin(HUGE * x) + many_terms(2000)}), time_limit=None)
    assert len(str(refused.value)) < 1000
    assert len(str(InputError("a" * 10**6, "b" * 10**6, "c"))) < 3000
    assert len(str(UnfinishedError("a" * 10**6))) < 3000


def test_a_point_that_is_none_is_refused_whatever_its_numbers():
    flow = Flow({x: a - x})
    for call in (stability, quadratic_lyapunov):
        with pytest.raises(InputError):
            call(flow, {x: HUGE}, time_limit=None)
    with pytest.raises(InputError):
        time_scales(flow, {x: HUGE}, a, time_limit=None)
