"""Equations between numbers that are put into a model: it moves as before wherever they hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Eq, MatrixSymbol, Q, Symbol, Trace, symbols

from derivations import study
from derivations.analysis.modes.equations import without_equations
from theory import Flow, InputError, Loss
from theory.evaluate import Point, evaluate
from theory.statements import together

x, y = symbols("x y", real=True)
a, b, k = symbols("a b k", positive=True)
h = symbols("h", real=True)
d, n = symbols("d n", integer=True, positive=True)
W, S = MatrixSymbol("W", d, n), MatrixSymbol("S", d, n)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
FLOW = Flow({x: k - a * x + h * y, y: b * x**2 - y})
EQUATIONS = {  # each with what it gives one symbol, in numbers
    Eq(a, 2 * b): (a, lambda at: 2 * at[b]),
    Eq(a**2, k): (k, lambda at: at[a] ** 2),
    Eq(h**2, a): (a, lambda at: at[h] ** 2),
    Eq(1 / a, b + k): (a, lambda at: 1 / (at[b] + at[k])),
    Eq(a**2 + a * b, 2 * k): (k, lambda at: (at[a] ** 2 + at[a] * at[b]) / 2),
    Eq(h * a + b, k): (h, lambda at: (at[k] - at[b]) / at[a]),
}


@given(st.sampled_from(list(EQUATIONS)), st.lists(st.floats(0.3, 3), min_size=6, max_size=6))
def test_a_flow_moves_as_before_where_the_equation_holds(equation, numbers):
    found, put = without_equations(Flow(FLOW.velocity, assumptions=(equation,)))
    assert not {*put} & {*found.parameters}
    given_up, value = EQUATIONS[equation]
    at = dict(zip((x, y, a, b, k, h), numbers, strict=True))
    at[given_up] = value(at)
    assert all(fact.xreplace(at) == True for fact in found.assumptions)  # noqa: E712  a relation of SymPy
    for z, velocity in FLOW.velocity.items():
        assert abs(evaluate(velocity, Point(at)) - evaluate(found.velocity[z], Point(at))) < 1e-9


def test_what_is_known_of_a_sign_is_assumed_of_what_is_put_in():
    found, put = without_equations(Flow(FLOW.velocity, assumptions=(Eq(a, 2 * b - 2 * k), Eq(b, 3 * h))))
    assert put == {a: 6 * h - 2 * k, b: 3 * h}
    assert set(found.assumptions) == {3 * h - k > 0, h > 0}


@pytest.mark.parametrize(
    ("equation", "value"),
    [
        (Eq(Symbol("a", positive=True), 2 * Symbol("b", real=True) ** 2), lambda p, s: 2 * p @ p),
        (Eq(Symbol("a", positive=True), 3 * k), lambda p, s: 3 * 0.7 * np.eye(4)),
        (Eq(Symbol("a", positive=True), k + Symbol("s", nonnegative=True) ** 2), lambda p, s: 0.7 * np.eye(4) + s.T @ s),
    ],
)
def test_an_eigenvalue_is_put_in_as_a_polynomial_of_matrices(equation, value):
    known = (Q.symmetric(A), Q.positive_definite(A), Q.symmetric(B), together(A, B, S))
    loss = Loss(Trace(W * A * W.T) / 2 + Trace(W * B * S.T), (W,), mobility={W: k}, assumptions=known)
    found, _ = without_equations(loss.with_parts(assumptions=(*known, equation)))
    assert not found.gradient_flow().velocity[W].has(A)
    rng = np.random.default_rng(0)
    (left, _), (right, _) = (np.linalg.qr(rng.standard_normal((size, size))) for size in (3, 4))
    p, s = right @ np.diag(rng.uniform(-1, 1, 4)) @ right.T, left @ np.eye(3, 4) * rng.uniform(0.5, 1) @ right.T
    at = {W: rng.standard_normal((3, 4)), B: p, S: s, k: 0.7, d: 3, n: 4}
    one = evaluate(loss.gradient_flow().velocity[W], Point({**at, A: value(p, s)}))
    assert np.abs(np.array(one - evaluate(found.gradient_flow().velocity[W], Point(at)), float)).max() < 1e-12


@pytest.mark.parametrize(
    ("equation", "words"),
    [
        (Eq(h**2 + Symbol("g", real=True) ** 2, 1), "gives one parameter or eigenvalue"),
        (Eq(x, a), "which has the state x"),
        (Eq(n, 3), "write sizes in the shapes"),
        (Eq(a * b + k, -1, evaluate=False), "gives one parameter or eigenvalue"),
    ],
)
def test_an_equation_that_gives_no_symbol_is_one_sentence(equation, words):
    with pytest.raises(InputError, match=words):
        without_equations(Flow({**FLOW.velocity, W: n * W}, assumptions=(equation,)))


def test_equations_that_contradict_each_other_are_one_sentence():
    both = (Eq(a, 2 * h), Eq(a, 3 * h))
    with pytest.raises(InputError, match="facts that can hold"):
        without_equations(Flow(FLOW.velocity, assumptions=both))


def test_a_study_says_what_is_put_in_and_takes_no_number_for_it():
    flow = Flow({x: a * x - x**3}, assumptions=(Eq(a, 2 * b),))
    made = study(flow, simulated=False, time_limit=None)
    assert made.to_dict()["stands_for"] == {"a": "2*b"}
    assert made.verification.passed
    with pytest.raises(InputError, match="a = 2\\*b"):
        study(flow, numbers={"a": 1}, simulated=False, time_limit=None)
