"""What all figures share: legends beside the data, letters of panels, fonts to be searched, colours that differ in grey."""

import re
from itertools import combinations

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from derivations import figures
from derivations.claims.advice import ratio_for_all
from derivations.figures.legends import clear_legends, covers_data
from derivations.figures.style import COLOURS, STYLE, letter_panels, save_figure

CORNERS = ("lower left", "upper right")


def covered(figure):
    """The axes whose legend lies over data."""
    figure.draw_without_rendering()
    return [axis for axis in figure.axes if axis.get_legend() is not None and covers_data(axis, axis.get_legend())]


def drawing(corner, full):
    with rc_context(STYLE):
        figure = Figure(figsize=(5, 3))
        axis = figure.subplots()
        x = np.linspace(0, 1, 200)
        axis.plot(x, np.sin(60 * x) if full else x * 0, label="a line with a name")
        axis.set(xlabel="x", title="a title", ylim=(-1.0, 1.0))
        axis.legend(loc=corner)
        return figure


@pytest.mark.parametrize("corner", CORNERS)
def test_a_legend_over_data_goes_below_the_axes(corner):
    figure = drawing(corner, full=True)
    assert covered(figure)
    clear_legends(figure)
    assert covered(figure) == []
    (axis,) = figure.axes
    assert axis.get_legend().get_window_extent().y1 < axis.bbox.y0


def test_a_legend_beside_the_data_stays():
    figure = drawing("upper left", full=False)
    before = figure.axes[0].get_legend()._loc
    clear_legends(figure)
    assert figure.axes[0].get_legend()._loc == before


def test_panels_have_letters_and_a_single_one_has_none():
    with rc_context(STYLE):
        several, single = Figure(), Figure()
        for place, axis in enumerate(several.subplots(1, 3)):
            axis.set_title(f"title {place}")
        single.subplots().set_title("alone")
    for figure in (several, several, single):
        letter_panels(figure)
    assert [axis.get_title(loc="left") for axis in several.axes] == ["(a) title 0", "(b) title 1", "(c) title 2"]
    assert single.axes[0].get_title(loc="left") == "alone"


def test_fonts_are_embedded_as_truetype(tmp_path):
    save_figure(drawing("upper left", full=False), tmp_path, "drawing")
    source = (tmp_path / "drawing.pdf").read_bytes()
    assert re.search(rb"/Subtype\s*/Type3\b", source) is None
    assert b"/CIDFontType2" in source


def test_colours_of_runs_differ_in_grey():
    weights = np.array([0.2126, 0.7152, 0.0722])
    shades = {COLOURS[name] for name in ("clean", "frustrated", "frustrated-head")}
    levels = [float(weights @ np.array(to_rgb(shade)) ** 2.2) for shade in shades]
    assert all(abs(a - b) > 0.1 for a, b in combinations(levels, 2))


@pytest.fixture(scope="module")
def drawn(gaussian, runs, compared):
    """The figures of a report, of couplings of few classes."""
    beside = compared
    pairs = [("ape", "bee", 2.0), ("ape", "cat", 3.0)]
    clean, frustrated, head, encoder, encoder_head = runs.values()
    return {
        "solution": figures.solution(beside.stepped),
        "contraction": figures.contraction(clean, frustrated, pairs),
        "time_scales": figures.time_scales(clean, frustrated, beside.stepped, head),
        "prevention": figures.prevention(head, beside.advised, encoder.coupling, gaussian.class_names),
        "couplings": figures.couplings(beside.couplings),
        "teacher": figures.teacher(encoder, encoder_head, beside.teacher),
    }


def test_no_legend_of_a_report_lies_over_data(drawn):
    for name, figure in drawn.items():
        clear_legends(figure)
        assert covered(figure) == [], name


def test_runs_have_their_places_in_the_plane_of_the_decays(drawn, runs, compared):
    """The one without decays at the origin, and the one that was advised where all modes are kept."""
    plane = drawn["prevention"].axes[2]
    lines = {line.get_label(): np.array(line.get_data()) for line in plane.lines}
    np.testing.assert_array_equal(lines["this run"], np.zeros((2, 1)))
    (decay,), (head_decay,) = lines["advised"]
    assert (decay, head_decay) == (compared.advised.advice.decay,) * 2
    decays, least = lines["embeddings: all kept above"]
    assert head_decay > np.interp(decay, decays, least)
    modes = runs["frustrated-head"].coupling.modes()
    np.testing.assert_allclose(least[1:], [decay * ratio_for_all(modes, decay) for decay in decays[1:]])
    (left, right), (low, high) = plane.get_xlim(), plane.get_ylim()
    assert left < 0 < decay < right
    assert low < 0 < head_decay < high


def test_theory_in_a_report_is_dashed_and_black(drawn):
    """The closed form of the accuracy lies on that of the time steps, whose line is drawn in a colour."""
    accuracy = drawn["time_scales"].axes[1]
    lines = {line.get_label(): line for line in accuracy.lines}
    closed, stepped = lines["some with two, closed form"], lines["some with two, in time steps"]
    np.testing.assert_allclose(closed.get_ydata(), stepped.get_ydata(), atol=0.02)
    assert closed.get_color() == "black"
    assert closed.get_linestyle() == "--"
