"""Phase portraits: fixed points, separatrices and curves against what is known of the flows."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Symbol, symbols

from derivations.figures.study import phase_portrait
from derivations.figures.study.branches import Kind
from derivations.figures.study.plane_flow import PlaneFlow, rests_of
from derivations.figures.study.portrait import window_of
from derivations.studies.findings import Conserved
from tests.derivations.studied import findings_of, studied, x, y
from tests.strategies import small_integers
from theory import Flow


@cache
def portrait(name):
    return phase_portrait(studied(name))


def drawn(axis, gid):
    return [np.array(line.get_data()) for line in axis.lines if line.get_gid() == gid]


@pytest.mark.parametrize("name", ["one mode", "competition", "cycle", "cusp", "pitchfork"])
def test_all_fixed_points_are_drawn(name):
    findings = studied(name)
    (axis,) = portrait(name).axes
    expected = [[float(v.evalf()) for v in point.values()] for point in findings.points.at(findings.numbers)]
    found = [place[: len(findings.amplitudes.state), 0] for place in drawn(axis, "rest")]
    np.testing.assert_allclose(sorted(map(tuple, found)), sorted(map(tuple, expected)), atol=1e-9)
    low, high = np.array([axis.get_xlim(), axis.get_ylim()]).T
    assert all((low[: len(p)] <= p).all() and (p <= high[: len(p)]).all() for p in found)


def test_the_kinds_of_one_mode_have_their_marks():
    kinds = {rest.state.number: rest.kind for rest in rests_of(studied("one mode"))}
    assert kinds == {1: Kind.STABLE, 2: Kind.STABLE, 3: Kind.STABLE, 4: Kind.SADDLE, 5: Kind.SADDLE}


def test_separatrices_end_basins():
    findings = studied("one mode")
    (axis,) = portrait("one mode").axes
    separatrices = drawn(axis, "separatrix")
    assert len(separatrices) == 4
    rests = {r.state.number: r.place for r in rests_of(findings)}
    plane = PlaneFlow(findings, *window_of(findings, rests_of(findings)))
    for curve in (c for c in separatrices if c[0].mean() > 0):
        middle = curve[:, curve.shape[1] // 3]
        for side, number in ((-1, 1), (1, 2)):
            end = plane.curve(middle + side * np.array([0.03, 0.0]))[:, -1]
            np.testing.assert_allclose(end, rests[number], atol=0.02)


def test_curves_stay_on_what_is_conserved():
    (axis,) = portrait("product").axes
    curves = drawn(axis, "simulated")
    assert len(curves) == 9
    for across, up in curves:
        np.testing.assert_allclose(across**2 - up**2, across[0] ** 2 - up[0] ** 2, atol=1e-3)


def test_levels_of_an_integral_are_drawn_and_of_one_with_a_rate_its_zero():
    flow = Flow({x: -y - x, y: x - y})
    for rate, words in ((Integer(0), "conserved"), (Integer(-2), "invariant")):
        findings = findings_of(flow, {}, conserved=[Conserved(x**2 - y**2, rate)], time_limit=None)
        labels = [text.get_text() for text in phase_portrait(findings).legends[0].get_texts()]
        assert any(label.startswith(words) for label in labels)


def test_a_cycle_lies_within_the_window():
    (axis,) = portrait("cycle").axes
    assert axis.get_xlim()[0] < -2.05
    assert axis.get_xlim()[1] > 2.05
    assert axis.get_ylim()[1] > 2.7


def test_arrows_point_along_the_velocity():
    (axis,) = portrait("pitchfork").axes
    arrows = [line for line in axis.lines if line.get_gid() == "arrow"]
    assert len(arrows) > 8
    for line in arrows:
        place = float(line.get_xdata()[0])
        assert (line.get_marker() == ">") == (place / 2 - place**3 > 0)


def test_three_amplitudes_have_no_portrait():
    assert phase_portrait(studied("Lorenz")) is None


@given(
    data=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), small_integers), min_size=1, max_size=3),
    more=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), small_integers), min_size=0, max_size=3),
)
@settings(max_examples=4)  # a portrait takes a second
def test_any_cubic_flow_in_the_plane_is_drawn_with_finite_limits(data, more):
    flow = Flow(
        {s: sum((c * x**i * y**j for i, j, c in terms if i + j <= 3), Integer(0)) for s, terms in ((x, data), (y, more))}
    )
    figure = phase_portrait(findings_of(flow, {}, time_limit=5))
    (axis,) = figure.axes
    assert np.isfinite([*axis.get_xlim(), *axis.get_ylim()]).all()
    assert axis.get_xlim()[0] < axis.get_xlim()[1]
    assert axis.get_ylim()[0] < axis.get_ylim()[1]


@given(exponent=st.integers(-6, 6), sign=st.sampled_from(["positive", "negative", "real"]))
def test_phase_lines_show_points_of_any_size(exponent, sign):
    amplitude, size = Symbol("u", **{sign: True}), 10**exponent if exponent >= 0 else Integer(1) / 10**-exponent
    flow = Flow({amplitude: amplitude * (size - amplitude) * (1 + amplitude)})
    (axis,) = phase_portrait(findings_of(flow, {}, time_limit=None)).axes
    low, high = axis.get_xlim()
    assert all(low <= place[0, 0] <= high for place in drawn(axis, "rest"))


def test_names_that_no_formula_reader_takes_are_drawn_as_text():
    odd = symbols("a$b_c", real=True)
    figure = phase_portrait(findings_of(Flow({odd: odd - odd**3}), {}, time_limit=None))
    figure.draw_without_rendering()
