"""Model files: what they say is what is derived, what they say wrong is named with its place, and nothing is evaluated."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import Rational, Symbol

from derivations.catalogue.model import derive_model
from derivations.spec import load_model, parse_expression
from theory import InputError, Loss, sg

MODEL = """\
state = ["x", "y", "w"]
loss = "(w*x - sg(y))**2/2 + (w*y - sg(x))**2/2"
[parameters]
gamma = "positive"
kappa = "nonnegative"
phi = "(0, 1)"
[mobility]
w = "gamma"
[decay]
w = "kappa"
"""
X, Y = Symbol("x", real=True), Symbol("y", real=True)


def test_a_model_file_is_the_loss_that_it_spells(write):
    loss = load_model(write(MODEL))
    x, y, w = loss.state
    gamma, kappa, _phi = loss.parameters
    by_hand = Loss((w * x - sg(y)) ** 2 / 2 + (w * y - sg(x)) ** 2 / 2, (x, y, w), {w: gamma}, {w: kappa})
    assert dict(loss.stop_gradient_flow().velocity) == dict(by_hand.stop_gradient_flow().velocity)
    assert gamma.is_positive
    assert kappa.is_nonnegative


def test_intervals_become_bounds(write):
    loss = load_model(write(MODEL.replace('"(0, 1)"', '"(-1.5, 2)"')))
    phi = loss.parameters[-1]
    assert set(loss.assumptions) == {phi > Rational(-3, 2), phi < 2}


expressions = st.recursive(
    st.sampled_from(["x", "y"]) | st.integers(0, 99).map(str) | st.decimals(0, 9, places=2).map(str),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, st.sampled_from(["x", "7", "(x + 3)"])).map(lambda t: f"{t[0]} / {t[1]}"),
        st.tuples(inner, st.integers(0, 3)).map(lambda t: f"({t[0]})**{t[1]}"),
        inner.map(lambda e: f"-({e})"),
        st.tuples(st.sampled_from(["sin", "exp", "tanh"]), inner).map(lambda t: f"{t[0]}({t[1]})"),
    ),
    max_leaves=6,
)


@given(expressions)
def test_expressions_mean_what_they_mean_in_sympy(text):
    # SymPy's own parser is the oracle here; it sees only text that this test makes.
    local = {"x": X, "y": Y}
    assert sympy.simplify(parse_expression(text, local) - sympy.sympify(text, locals=local, rational=True)) == 0


@given(st.integers(1, 5), st.integers(1, 3))
def test_powers_bind_tighter_than_signs_and_to_the_right(base, exponent):
    assert parse_expression(f"-{base}**2", {}) == -(base**2)
    assert parse_expression(f"{base}**-{exponent}", {}) == Rational(1, base**exponent)
    assert parse_expression("2**3**2", {}) == 2**9
    assert parse_expression(f"x^{exponent}", {"x": X}) == X**exponent


def test_many_terms_are_read_at_once(write):
    """In one sum, whose terms are not gone through again with each that comes; brackets around one part are no depth."""
    loss, plain = (
        load_model(write(MODEL.replace("w*x", "+".join(f"{k}*w*x" for k in range(1, 4000))))),
        load_model(write(MODEL)),
    )
    x, _, w = plain.state
    assert loss.expression == plain.expression.subs(w * x, 3999 * 2000 * w * x)
    assert load_model(write(MODEL.replace("w*x", "(" * 3000 + "w*x" + ")" * 3000))).expression == plain.expression


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('w = "kappa"', 'w = "kapa"'), r"declared names .*got kapa at line 10, column 6 of model\.toml"),
        (("sg(y)", "foo(y)"), r"functions sg.*got foo at line 2, column 16 of model\.toml"),
        (("sg(y))", "sg(y)"), r"expected a formula, got its end at line 2, column 47"),
        (("w*x", "w * ,"), r"expected a formula, got ',' at line 2, column 14"),
        (('"nonnegative"', '"absolute"'), r"a domain for kappa.*got 'absolute'"),
        (('"(0, 1)"', '"(1, 0)"'), r"a domain for phi"),
        (("state", "stat"), r"the keys state.*got stat"),
        (('["x", "y", "w"]', '["x", "x"]'), r"each state variable once"),
        (('["x", "y", "w"]', '"x"'), r"state as a list of names"),
        (('["x", "y", "w"]', '["x", "y", "w", "gamma"]'), r"names that are state or parameter, got gamma"),
        (('[mobility]\nw = "gamma"', '[mobility]\nz = "gamma"'), r"a mobility of a state variable.*got z"),
        (('w = "gamma"', "w = 2"), r"a formula in quotes for w.*write \"2\""),
        (("**2/2 +", "**99 +"), r"powers up to 64, got 99"),
        (("loss =", "loss"), r"expected TOML in model\.toml"),
        (("w*x", "-" * 5000 + "x"), r"at most 100 parts within each other, got one of 5,00. at line 2, column 9"),
        (("w*x", "sin(" * 300 + "x" + ")" * 300), r"at most 100 parts within each other"),
        (("w*x", "+".join(["x"] * 60_000)), r"at most 100,000 characters, got one of 120,0.. at line 2, column 9"),
        (("w*x", "7" * 2000), r"numbers of at most 1000 digits, got 7{40}… \(2,000 characters\) at line 2, column"),
        (("w*x", "z" * 2000), r"declared names .*got z{40}… \(2,000 characters\) at line 2"),
        (("w*x", "w/(x - x)"), r"divide by nothing that is zero"),
    ],
    ids=lambda v: v[1] if isinstance(v, tuple) else "",
)
def test_what_is_wrong_is_named_with_its_place(write, change, message):
    with pytest.raises(InputError, match=message):
        load_model(write(MODEL.replace(*change)))


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("sg(x*y)**2", r"model\.toml that can learn x, y, got sg\(x\*y\), which removes every gradient; stop less of it"),
        ("(sg(x) - sg(y))**2", r"got sg\(x\) and sg\(y\), which removes every gradient"),
        ("3", r"got a constant loss; write it with the state"),
    ],
)
def test_a_loss_that_cannot_learn_is_refused_with_what_stops_it(write, loss, message):
    with pytest.raises(InputError, match=message):
        load_model(write(f'state = ["x", "y"]\nloss = "{loss}"\n[decay]\nx = "1"\n'))


def test_a_loss_that_leaves_one_variable_a_gradient_is_read(write):
    assert load_model(write('state = ["x", "y"]\nloss = "x*sg(y)"\n')).learns


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"a model file.*nowhere\.toml.*no file"):
        load_model(tmp_path / "nowhere.toml")


CODE = ["__import__('os').system('true')", "x.__class__", "lambda: 0", "x[0]", "x; y", "[x]", "x if y else x", "'x'"]


@pytest.mark.parametrize("text", CODE)
def test_text_is_never_code(text):
    with pytest.raises(InputError):
        parse_expression(text, {"x": X, "y": Y})


def test_the_derivation_of_a_model_file_is_checked(write):
    derivation = derive_model(load_model(write(MODEL)), "model")
    assert [step.name for step in derivation.steps] == ["gradient_flow", "stop_gradient_flow", "deleted", "curl"]
    assert derivation.verify().passed


def test_first_integrals_of_a_model_are_shown(write):
    text = 'state = ["v", "w"]\nloss = "w**2*v**2/2 - w*v*sg(v)"\n'
    derivation = derive_model(load_model(write(text)), "one mode")
    line, still = derivation["first_integrals"].after
    assert still.right == 0
    v, w = sorted(line.right.free_symbols, key=str)
    assert (line.right - (v**2 - w**2)).expand() == 0
    assert derivation.verify().passed


def test_quantities_with_a_rate_of_a_model_are_shown(write):
    text = (
        'state = ["v", "w"]\nloss = "w**2*v**2/2 - w*v*sg(v)"\n[decay]\nv = "eta"\nw = "eta"\n[parameters]\neta = "positive"\n'
    )
    derivation = derive_model(load_model(write(text)), "one mode", time_limit=None)
    line, moved = derivation["first_integrals"].after
    (eta,) = moved.right.free_symbols - {line.left}
    assert moved.right == -2 * eta * line.left
    assert derivation.verify().passed


def test_a_wrong_line_of_a_model_derivation_fails(write):
    from dataclasses import replace

    for step in derive_model(load_model(write(MODEL)), "model").steps:
        for number, line in enumerate(step.after):
            if line.right != 0:
                wrong = (*step.after[:number], replace(line, right=-line.right), *step.after[number + 1 :])
                assert replace(step, after=wrong).verify().outcome.status.value == "failed", (step.name, line.left)
