"""Certificates: never contradicted at any parameter, refined by subdivision, and silent where nothing can be proved."""

import json
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import CRootOf, Rational, Symbol, sqrt, symbols

from derivations import certify, fixed_points
from derivations.analysis.linearisation.balls import algebraic_ball, compile_balls, interval_ball
from derivations.analysis.linearisation.certify import CellStatus
from theory import Flow, InputError

v, w, x, y = symbols("v w x y", real=True)
a, b = symbols("a b", real=True)
gamma, kappa, lam, mu, epsilon = symbols("gamma kappa lambda mu epsilon", positive=True)


def one_mode():
    """Section 4.2 of the notes."""
    return Flow({v: -w * (w - mu) * v - lam * v, w: -gamma * (w - mu) * v**2 - kappa * w})


def survivors(flow):
    return [p for p in fixed_points(flow, time_limit=None) if p.values[v] != 0]


@st.composite
def boxes(draw, parameters, low, high):
    """A box and some points inside it, with exact coordinates."""
    box, inside = {}, []
    for p in parameters:
        ends = sorted(draw(st.tuples(*(2 * [st.fractions(low, high, max_denominator=50)]))))
        box[p] = tuple(ends)
    for share in draw(st.lists(st.fractions(0, 1, max_denominator=9), min_size=3, max_size=3)):
        inside.append({p: lo + (hi - lo) * share for p, (lo, hi) in box.items()})
    return box, inside


@settings(max_examples=12)
@given(boxes((lam, mu, gamma, kappa), Fraction(1, 20), 2), st.integers(0, 3))
def test_certificates_are_not_contradicted_by_dense_eigenvalues(drawn, which):
    box, inside = drawn
    flow = one_mode()
    point = survivors(flow)[which]
    found = certify(flow, point, box, depth=3, time_limit=None).status
    for at in inside:
        number = {p: Rational(q.numerator, q.denominator) for p, q in at.items()}
        exists = number[mu] ** 2 >= 4 * number[lam]
        if found is CellStatus.PROVED_ABSENT:
            assert not exists
        elif found is not CellStatus.UNDECIDED:
            assert exists
            values = {s: e.subs(number) for s, e in point.values.items()}
            jacobian = np.array(flow.jacobian().subs(values).subs(number).evalf().tolist(), dtype=float)
            assert (np.linalg.eigvals(jacobian).real.max() < 0) == (found is CellStatus.PROVED_STABLE)


@settings(max_examples=15)
@given(boxes((a, b), -3, 3))
def test_linear_flows_are_proved_only_where_trace_and_determinant_say_so(drawn):
    box, inside = drawn
    flow = Flow({x: a * x + y, y: -x + b * y + x * y})
    found = certify(flow, {x: 0, y: 0}, box, time_limit=None).status
    verdicts = {bool(at[a] + at[b] < 0 and at[a] * at[b] + 1 > 0) for at in inside}
    if found in (CellStatus.PROVED_STABLE, CellStatus.PROVED_UNSTABLE):
        assert verdicts == {found is CellStatus.PROVED_STABLE}


def test_subdivision_decides_more_and_never_otherwise():
    flow, box = Flow({x: (a**2 - a - 1) * x}), {a: ("-0.6", "1.6")}
    coarse, fine = (certify(flow, {x: 0}, box, depth=d, time_limit=None).status for d in (0, 6))
    assert coarse is CellStatus.UNDECIDED
    assert fine is CellStatus.PROVED_STABLE


def test_a_grid_is_decided_beside_the_boundary_and_undecided_on_it():
    flow = Flow({x: a * x - x**3})
    found = certify(flow, {x: 0}, {a: (-1, 1)}, cells={a: 5}, time_limit=None)
    assert found.codes.tolist() == [0, 0, 3, 1, 1]
    assert found.share(CellStatus.UNDECIDED) == Fraction(1, 5)
    assert found.status is CellStatus.UNDECIDED
    assert json.loads(found.to_json())["codes"] == [0, 0, 3, 1, 1]


@pytest.mark.parametrize("box", [(-1, 0), (0, 1), (0, 0)], ids=str)
def test_a_box_that_touches_the_boundary_is_never_proved(box):
    found = certify(Flow({x: a * x - x**3}), {x: 0}, {a: box}, time_limit=None)
    assert found.status is CellStatus.UNDECIDED


def test_stability_is_transverse_to_a_family():
    flow = Flow({v: -w * (w - mu) * v, w: -gamma * (w - mu) * v**2})
    family = next(p for p in fixed_points(flow, time_limit=None) if p.values[w] == mu)
    assert certify(flow, family, {v: (1, 2), gamma: (1, 2)}, time_limit=None).status is CellStatus.PROVED_STABLE
    assert certify(flow, family, {v: (-1, 1), gamma: (1, 2)}, time_limit=None).status is CellStatus.UNDECIDED


def test_a_root_without_closed_form_is_given_like_a_parameter():
    """FitzHugh 1961: on the outer branches the point is stable where the slope of the cubic is steep enough."""
    flow = Flow({v: v - v**3 / 3 - w + a, w: epsilon * (v + b - kappa * w)})
    (point,) = (p for p in fixed_points(flow, time_limit=None) if p.roots)
    outer = certify(flow, point, {v: ("1.1", 2), epsilon: ("0.05", "0.1"), kappa: ("0.5", "0.8")}, time_limit=None)
    middle = certify(flow, point, {v: ("-0.5", "0.5"), epsilon: ("0.05", "0.1"), kappa: ("0.5", "0.8")}, time_limit=None)
    assert (outer.status, middle.status) == (CellStatus.PROVED_STABLE, CellStatus.PROVED_UNSTABLE)


# -- balls -------------------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.fractions(-3, 3, max_denominator=99), st.fractions(0, 2, max_denominator=99), st.fractions(0, 1, max_denominator=99))
def test_a_ball_contains_every_value_over_its_interval(low, width, share):
    s = Symbol("s")
    (ball,) = compile_balls([(s**2 / 3 - s + Rational(1, 7)) / (s**2 + 1)], (s,))(interval_ball(low, low + width))
    at = low + width * share
    exact = (at**2 / 3 - at + Fraction(1, 7)) / (at**2 + 1)
    assert ball.contains(arb(fmpq(exact.numerator, exact.denominator)))


def test_algebraic_numbers_and_impossible_roots():
    s = Symbol("s")
    root = CRootOf(s**5 - s - 1, 0)
    assert abs(float(algebraic_ball(root)) - float(root)) < 1e-12
    (ball,) = compile_balls([sqrt(s)], (s,))(interval_ball(Fraction(-1), Fraction(1)))
    assert not ball.is_finite()


# -- bad input ---------------------------------------------------------------------------------------------------------

GOOD = {lam: ("0.01", "0.02"), mu: (1, 1), gamma: (1, 1), kappa: (1, 1)}


def test_the_input_that_others_spoil_is_good():
    assert certify(one_mode(), survivors(one_mode())[0], GOOD, time_limit=None).status is CellStatus.PROVED_STABLE


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({lam: (1, 0)}, "ends in order"),
        ({lam: ("a", 1)}, "exact numbers"),
        ({lam: "01"}, "exact numbers"),
        ({lam: (1,)}, "exact numbers"),
        ({lam: (-1, 1)}, "within the assumptions"),
        ({Symbol("nu"): (0, 1)}, "parameters of the flow"),
        ({lam: (0, float("nan"))}, "exact numbers"),
    ],
    ids=str,
)
def test_boxes_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        certify(one_mode(), survivors(one_mode())[0], {**GOOD, **changes}, time_limit=None)


def test_a_missing_parameter_and_a_point_that_is_not_fixed_are_named():
    with pytest.raises(InputError, match="lambda"):
        certify(one_mode(), survivors(one_mode())[0], {mu: (0, 1)}, time_limit=None)
    with pytest.raises(InputError, match="fixed point"):
        certify(one_mode(), {v: 1, w: 0}, GOOD, time_limit=None)


@pytest.mark.parametrize("cells", [{lam: 0}, {lam: 1.5}, {Symbol("nu"): 2}], ids=str)
def test_cells_that_make_no_sense_are_refused(cells):
    with pytest.raises(InputError):
        certify(one_mode(), survivors(one_mode())[0], GOOD, cells=cells, time_limit=None)


# -- zero modes, assumptions, points that are given ---------------------------------------------------------------------


def status(velocity, point, box, assumptions=(), **options):
    flow = velocity if isinstance(velocity, Flow) else Flow(velocity, assumptions=assumptions)
    return certify(flow, point, box, time_limit=None, **options).status


def test_a_zero_mode_that_nothing_explains_is_never_proved_stable():
    assert status({x: x**3, y: -a * y}, {x: 0, y: 0}, {a: (1, 2)}) is CellStatus.UNDECIDED
    assert status({x: x**3, y: a * y}, {x: 0, y: 0}, {a: (1, 2)}) is CellStatus.PROVED_UNSTABLE
    assert status({x: -(x**3), y: -y}, {x: 0, y: 0}, {}) is CellStatus.UNDECIDED


def test_stability_is_transverse_to_a_symmetry():
    rest = a - x**2 - y**2
    circle = {x: Rational(3, 5) * sqrt(a), y: Rational(4, 5) * sqrt(a)}
    assert status({x: x * rest, y: y * rest}, circle, {a: (1, 2)}) is CellStatus.PROVED_STABLE
    assert status({x: -x * rest, y: -y * rest}, circle, {a: (1, 2)}) is CellStatus.PROVED_UNSTABLE


def test_points_are_given_by_radicals_and_algebraic_numbers():
    assert status({x: a * (2 - x**2)}, {x: sqrt(2)}, {a: (1, 2)}) is CellStatus.PROVED_STABLE
    assert status({x: a * (2 - x**2)}, {x: -sqrt(2)}, {a: (1, 2)}) is CellStatus.PROVED_UNSTABLE
    assert status({x: a * (1 + x - x**3)}, {x: CRootOf(y**3 - y - 1, 0)}, {a: (1, 2)}) is CellStatus.PROVED_STABLE
    assert status({x: a - x**2}, {x: sqrt(a)}, {a: (1, 2)}) is CellStatus.PROVED_STABLE
    assert status({x: a - x**2}, {x: sqrt(a)}, {a: (-2, 1)}) is CellStatus.UNDECIDED
    assert status({x: a - x**2}, {x: sqrt(a)}, {a: (0, 1)}) is CellStatus.UNDECIDED
    assert status({x: a - x**2}, {x: sqrt(a)}, {a: (-2, -1)}) is CellStatus.PROVED_ABSENT


def test_where_a_point_does_not_exist_it_is_absent():
    upper = next(p for p in fixed_points(Flow({x: a - x**2}), time_limit=None) if p.values[x] == sqrt(a))
    found = certify(Flow({x: a - x**2}), upper, {a: (-1, 1)}, cells={a: 4}, time_limit=None)
    assert [c.status for c in found.cells] == [
        CellStatus.PROVED_ABSENT,
        CellStatus.UNDECIDED,
        CellStatus.UNDECIDED,
        CellStatus.PROVED_STABLE,
    ]
    assert [c.box[a] for c in found.cells][1] == (Fraction(-1, 2), 0)


def test_nothing_is_proved_outside_the_assumptions():
    flow = {x: (a - b) * x}
    assert status(flow, {x: 0}, {a: (0, 1), b: (2, 3)}, assumptions=(a < b,)) is CellStatus.PROVED_STABLE
    assert status(flow, {x: 0}, {a: (2, 3), b: (0, 1)}, assumptions=(a < b,)) is CellStatus.PROVED_ABSENT
    assert status(flow, {x: 0}, {a: (0, 1), b: (1, 2)}, assumptions=(a < b,)) is CellStatus.UNDECIDED


def test_a_box_that_touches_zero_is_not_proved_for_a_positive_parameter():
    flow, (point, *_) = one_mode(), survivors(one_mode())
    assert status(flow, point, {**GOOD, gamma: ("0.001", 1)}) is CellStatus.PROVED_STABLE
    assert status(flow, point, {**GOOD, gamma: (0, 1)}) is CellStatus.UNDECIDED  # the amplitude is infinite at zero


def test_halving_is_spent_on_what_matters():
    flow = Flow({x: (a**2 - a - 1) * x + b * x**2})
    assert status(flow, {x: 0}, {b: (-1000, 1000), a: ("-0.6", "1.6")}) is CellStatus.PROVED_STABLE


def test_numbers_are_read_as_they_are_written():
    found = certify(Flow({x: a * x}), {x: 0}, {a: (-0.3, "-0.1")}, time_limit=None)
    assert found.box == {a: (Fraction(-3, 10), Fraction(-1, 10))}


@settings(max_examples=10)
@given(boxes((v, epsilon, kappa), Fraction(1, 20), 2))
def test_a_cubic_root_in_the_box_is_not_contradicted_by_dense_eigenvalues(drawn):
    box, inside = drawn
    flow = Flow({v: v - v**3 / 3 - w + a, w: epsilon * (v + b - kappa * w)})
    (point,) = fixed_points(flow, time_limit=None)
    found = certify(flow, point, box, depth=4, time_limit=None).status
    for at in inside:
        jacobian = [[1 - at[v] ** 2, -1], [at[epsilon], -at[epsilon] * at[kappa]]]
        left = np.linalg.eigvals(np.array(jacobian, dtype=float)).real.max()
        if found is not CellStatus.UNDECIDED:
            assert (left < 0) == (found is CellStatus.PROVED_STABLE)


@settings(max_examples=8)
@given(boxes((a, b, epsilon), Fraction(1, 10), 2), st.lists(st.integers(-2, 2), min_size=9, max_size=9))
def test_three_modes_are_not_contradicted_by_dense_eigenvalues(drawn, entries):
    box, inside = drawn
    z = Symbol("z", real=True)
    rows = [entries[3 * i : 3 * i + 3] for i in range(3)]
    rates = (a - 2, -b, -a * epsilon - 1)
    state = (x, y, z)
    velocity = {s: rates[i] * s + sum(c * q for c, q in zip(rows[i], state, strict=True)) + s**2 for i, s in enumerate(state)}
    found = certify(Flow(velocity), dict.fromkeys(state, 0), {**box}, depth=3, cells={a: 2}, time_limit=None)
    for at in inside:
        jacobian = np.array(rows, dtype=float) + np.diag([float(at[a]) - 2, -float(at[b]), -float(at[a] * at[epsilon]) - 1])
        largest = np.linalg.eigvals(jacobian).real.max()
        for cell in found.cells:
            if cell.box[a][0] <= at[a] <= cell.box[a][1] and cell.status is not CellStatus.UNDECIDED:
                assert (largest < 0) == (cell.status is CellStatus.PROVED_STABLE)


@pytest.mark.parametrize(
    ("box", "options", "sentence"),
    [
        ([a], {}, "a dict from symbol"),
        ({"a": (0, 1)}, {}, "a dict from symbol"),
        ({a: (0, 1)}, {"depth": -1}, "halvings"),
        ({a: (0, 1)}, {"depth": 1.5}, "halvings"),
        ({a: (0, 1)}, {"cells": {a: True}}, "number of cells"),
        ({a: ("__import__('os')", 1)}, {}, "exact numbers"),
        ({a: (0, float("inf"))}, {}, "exact numbers"),
    ],
    ids=str,
)
def test_requests_that_make_no_sense_are_refused(box, options, sentence):
    with pytest.raises(InputError, match=sentence):
        certify(Flow({x: a * x}), {x: 0}, box, time_limit=None, **options)
