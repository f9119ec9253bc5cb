"""Bifurcation diagrams: branches, styles and marks against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Rational, sqrt, symbols

from derivations.figures.study import bifurcation_diagram, certify_branches
from derivations.figures.study.branches import Kind, branches
from derivations.figures.study.diagram import diagram_of
from tests.derivations.studied import beta, findings_of, h, lam, m, mu, r, rho, sigma, studied, x
from tests.strategies import small_integers
from theory import Flow


def test_branches_of_one_mode_are_its_closed_forms_and_meet_at_the_fold():
    diagram = diagram_of(studied("one mode"))
    assert diagram.parameter == lam
    assert {c.formula for c in diagram.critical} == {mu**2 / 4}
    for branch in diagram.branches[1:]:
        there = branch.kinds != Kind.ABSENT
        np.testing.assert_array_equal(there, branch.along < 0.25)
        upper = branch.state.number in (2, 3)
        root = np.sqrt(1 - 4 * branch.along[there])
        head = (1 + root) / 2 if upper else (1 - root) / 2
        np.testing.assert_allclose(branch.values[1, there], head, rtol=1e-9)
        np.testing.assert_allclose(branch.values[0, there] ** 2, 0.2 * head / (1 - head), rtol=1e-9)
        assert set(branch.kinds[there]) == {Kind.STABLE if upper else Kind.SADDLE}
    for critical in diagram.critical:
        np.testing.assert_allclose(np.abs(critical.place), [np.sqrt(0.2), 0.5], rtol=1e-4)


def test_lines_are_solid_where_stable_and_dashed_where_not():
    figure = bifurcation_diagram(studied("one mode"))
    assert len(figure.axes) == 2
    for axis in figure.axes:
        solid = {line.get_gid() for line in axis.lines if line.get_gid() and line.get_linestyle() == "-"}
        dashed = {line.get_gid() for line in axis.lines if line.get_gid() and line.get_linestyle() == "--"}
        assert solid == {"state 1 stable", "state 2 stable", "state 3 stable"}
        assert dashed == {"state 4 saddle", "state 5 saddle"}
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert any("saddle-node" in t and r"\mu" in t and "0.25" in t for t in words)


@pytest.mark.parametrize(
    ("name", "parameter", "expected"),
    [
        ("Lorenz", rho, [("pitchfork", 1.0), ("Hopf", 10 * (10 + 8 / 3 + 3) / (10 - 8 / 3 - 1))]),
        ("pitchfork", None, [("pitchfork", 0.0)]),
        ("cusp", h, [("saddle-node", -2 / (3 * np.sqrt(3))), ("saddle-node", 2 / (3 * np.sqrt(3)))]),
        ("competition", None, [("transcritical", 1.0)]),
    ],
)
def test_critical_numbers_are_marked(name, parameter, expected):
    diagram = diagram_of(studied(name), parameter)
    found = {(c.bifurcation.kind.value, round(c.number, 9)) for c in diagram.critical}
    assert found == {(kind, round(number, 9)) for kind, number in expected}
    assert all(diagram.across.contains(number) for _, number in expected)
    figure = bifurcation_diagram(studied(name), parameter)
    for axis in figure.axes:
        drawn = {round(float(line.get_xdata()[0]), 9) for line in axis.lines if len(line.get_xdata()) == 1}
        assert drawn == {number for _, number in found}
        low, high = axis.get_ylim()
        assert all(low <= line.get_ydata()[0] <= high for line in axis.lines if len(line.get_xdata()) == 1)


def test_the_threshold_of_convection_is_a_formula():
    found = {c.formula for c in diagram_of(studied("Lorenz"), rho).critical}
    expected = sigma * (sigma + beta + 3) / (sigma - beta - 1)
    assert any((formula - expected).simplify() == 0 for formula in found)


def test_a_root_without_closed_form_is_drawn_as_all_its_branches_with_its_folds_in_closed_form():
    diagram = diagram_of(studied("cusp"), h)
    assert {abs(c.formula.subs(r, 4)) for c in diagram.critical} == {2 * sqrt(3) * 8 / 9}
    for critical in diagram.critical:
        np.testing.assert_allclose(critical.place, -np.sign(critical.number) / np.sqrt(3), rtol=1e-4)
    at = np.argmin(np.abs(diagram.branches[0].along - 0.1))
    number = diagram.branches[0].along[at]
    roots = sorted(b.values[0, at] for b in diagram.branches if b.kinds[at] != Kind.ABSENT)
    np.testing.assert_allclose(roots, np.sort(np.roots([1, 0, -1, -number]).real), atol=1e-9)
    kinds = [b.kinds[at] for b in sorted(diagram.branches, key=lambda b: b.values[0, at]) if b.kinds[at]]
    assert kinds == [Kind.STABLE, Kind.UNSTABLE, Kind.STABLE]


def test_families_are_a_line_where_an_amplitude_is_fixed_and_hatched_where_it_is_not():
    figure = bifurcation_diagram(studied("no decay"))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert any("state 1: family" in label for label in labels)
    assert any("state 2: family" in label for label in labels)
    for axis in figure.axes:
        assert len([c for c in axis.collections if c.get_hatch()]) == 1
        (line,) = (line for line in axis.lines if line.get_linewidth() > 3)
        low, high = axis.get_ylim()
        assert all(low < value < high for value in line.get_ydata())


def test_changes_that_no_closed_form_explains_are_marked_as_numerical():
    findings = studied("pitchfork")
    bare = replace(findings, states=tuple(replace(state, stability=None) for state in findings.states))
    assert not diagram_of(findings, m).unexplained
    (change,) = diagram_of(bare, m).unexplained
    assert abs(change.number) < 0.01
    figure = bifurcation_diagram(bare, m)
    assert [line.get_gid() for line in figure.axes[0].lines].count("numeric change") == 1
    assert any("numerically" in text.get_text() for text in figure.legends[0].get_texts())


def test_without_parameters_there_is_no_diagram():
    assert bifurcation_diagram(studied("turning")) is None


def test_what_is_marked_as_proved_is_stable():
    findings = studied("one mode")
    figure = bifurcation_diagram(findings, lam, certificates=certify_branches(findings, lam, time_limit=None))
    proved = [line for line in figure.axes[1].lines if line.get_gid() == "certified"]
    assert len(proved) == 3
    shown = [np.isfinite(line.get_ydata()) for line in proved]
    assert all(line.get_xdata()[s].max() <= 0.25 for line, s in zip(proved[1:], shown[1:], strict=True))
    assert all(s.mean() > 0.3 for s in shown)


def polynomials(state):
    """Cubic polynomials in the state, some of whose coefficients are a parameter."""
    p = symbols("p", real=True)
    monomials = [1, *state, *(a * b for a in state for b in state), *(s**3 for s in state)]
    coefficients = st.lists(st.one_of(st.just(0), small_integers, st.just(p)), min_size=len(monomials), max_size=len(monomials))
    return coefficients.map(lambda chosen: sum(c * q for c, q in zip(chosen, monomials, strict=True)) - p * state[0])


@given(velocity=polynomials((x,)), number=st.fractions(-3, 3, max_denominator=8))
def test_any_cubic_flow_is_drawn_with_finite_limits_and_all_its_points(velocity, number):
    p = symbols("p", real=True)
    flow = Flow({x: velocity})
    if p not in flow.parameters:
        return
    findings = findings_of(flow, {p: Rational(number.numerator, number.denominator)}, time_limit=None)
    diagram = diagram_of(findings, p)
    figure = bifurcation_diagram(findings, p)
    if diagram is None:
        assert figure is None
        return
    for axis in figure.axes:
        assert np.isfinite([*axis.get_xlim(), *axis.get_ylim()]).all()
        assert axis.get_xlim()[0] < axis.get_xlim()[1]
    for at in (7, 150, 333):
        exact = Rational(float(diagram.across.grid(401)[at])).limit_denominator(50)
        if exact == 0:  # where a flow that the parameter multiplies rests everywhere
            continue
        expected = sorted(float(point[x].evalf()) for point in findings.points.at({p: exact}))
        here = diagram_of_number(findings, p, exact)
        np.testing.assert_allclose(here, expected, atol=1e-6)


def diagram_of_number(findings, parameter, number):
    """The values of all branches at one number."""
    found = branches(findings, parameter, np.array([float(number)]))
    return sorted({round(float(b.values[0, 0]), 9) for b in found if b.kinds[0] != Kind.ABSENT})
