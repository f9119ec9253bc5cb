"""Phase planes: colours of cells, and boundaries where closed forms have them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import rgb_to_hsv, to_rgb
from PIL import Image

from derivations.figures.study import phase_plane
from derivations.figures.study.planes import cell_colours, cell_edges, solved_for
from derivations.figures.study.shades import shade_of
from derivations.studies.cells import Boundary, PhasePlane
from tests.derivations.studied import lam, mu, studied


def plane_of(xs, ys):
    states = studied("one mode").states[1:]
    boundaries = tuple(
        Boundary(f"{b.kind.value} of state {s.number}", lam, mu, b.critical.lhs - b.critical.rhs, b.conditions, {})
        for s in states
        for b in s.stability.bifurcations
    )
    across, up = np.meshgrid(xs, ys)
    labels = ("state 1", "state 2", "blew up")
    return PhasePlane(lam, mu, xs, ys, (across < up**2 / 4).astype(int), labels, boundaries, {})


@pytest.mark.parametrize("xs", [np.linspace(0.02, 0.5, 13), np.geomspace(0.01, 1, 13)])
def test_boundaries_lie_where_the_closed_form_has_them_and_are_named_once(xs):
    plane = plane_of(xs, np.linspace(0.5, 1.5, 11))
    figure = phase_plane(plane)
    (axis,) = figure.axes
    paths = [p.vertices for c in axis.collections for p in c.get_paths() if c.get_array() is None or len(c.get_array()) == 1]
    drawn = np.concatenate([v for v in paths if len(v)])
    np.testing.assert_allclose(drawn[:, 0], drawn[:, 1] ** 2 / 4, atol=2e-3)
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words[:2] == ["state 1 (simulated)", "state 2 (simulated)"]
    assert len(words) == 3
    assert words[2].startswith("saddle-node of states 2, 3, 4, 5")
    assert r"\mu" in words[2]
    assert axis.get_xscale() == ("linear" if np.isclose(xs[1] - xs[0], xs[2] - xs[1]) else "log")


@given(st.lists(st.floats(0.01, 5), min_size=2, max_size=9), st.booleans())
def test_edges_lie_around_centres(steps, geometric):
    centres = np.cumsum(steps)
    edges = cell_edges(np.exp(np.linspace(-1, 2, len(steps))) if geometric else centres)
    centres = np.exp(np.linspace(-1, 2, len(steps))) if geometric else centres
    assert len(edges) == len(centres) + 1
    assert (edges[:-1] < centres).all()
    assert (centres < edges[1:]).all()


def test_cells_of_different_labels_differ_in_grey_and_keep_the_hue_of_their_state():
    labels = ("state 1", "state 9", "state 1 or state 2", "no rest", "blow up", "rest elsewhere")
    colours = cell_colours(labels)
    greys = [Image.new("RGB", (1, 1), tuple(round(255 * c) for c in one)).convert("L").getpixel((0, 0)) for one in colours]
    assert min(np.diff(sorted(greys))) > 10
    hues = [rgb_to_hsv(one)[0] for one in colours[:3]]
    np.testing.assert_allclose(hues, rgb_to_hsv(to_rgb(shade_of(1)))[0])


def test_a_boundary_is_solved_for_what_it_is_linear_in():
    assert solved_for(4 * lam - mu**2, (mu, lam)) == (lam, mu**2 / 4)
    assert solved_for(lam**2 - mu**2, (mu, lam)) is None
